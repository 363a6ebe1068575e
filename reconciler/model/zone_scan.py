r"""Reading a zone file: its record sets in normal form, and where each record stands in the text.

An own line scanner: one regular expression reads ordinary one-line records, everything else goes through the
tokens. The text is Unicode with surrogateescape for octets that are no UTF-8, and with its line ends as they are.
Mistakes are collected, never raised: a file is shown all of them at once.
Source: RFC 1035 section 5.1, RFC 2308 section 4, RFC 2181 sections 5.2 and 10.1, RFC 4034 section 2.5 (beside a CNAME).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from sys import intern

from reconciler.model import names, rdata
from reconciler.model.diagnostic import Origin, error, warning
from reconciler.model.zone import Record, Scan
from reconciler.model.zone_check import settle
from reconciler.model.zone_entry import LONGEST_TTL, Entry, Fields, Token, plain, read_entry, read_fields, seconds

_RECORD = re.compile(
    r"""
    (?: (@|[A-Za-z0-9_*.-]++) [ \t]++ | [ \t]++ )                           # 1 owner, or the one before
    (?: ([0-9]{1,10}) [ \t]++ (?:(?:IN|in)[ \t]++)?                         # 2 TTL, perhaps before the class
      | (?:IN|in) [ \t]++ (?: ([0-9]{1,10}) [ \t]++ )? )?                   # 3 TTL behind the class
    ([A-Za-z]{1,5}) [ \t]++                                                 # 4 type
    (?: "([^"\\\r\n]*+)" | ([A-Za-z0-9_*.:/-]++(?:[ \t]++[A-Za-z0-9_*./-]++){0,3}) )   # 5 one string, 6 plain words
    [ \t]*+ (?:;[^\n]*+)? (?:\r?\n|\Z)
    """,
    re.VERBOSE,
)
_SKIP = re.compile(r"[ \t]*+(?:;[^\n]*+)?(?:\r?\n|\Z)")
_FAST = {spelling: (kind, read) for kind, read in rdata.FAST.items() for spelling in (kind, kind.lower())}
_SERIAL = re.compile(r"[0-9]{1,10}")


def scan(text: str, zone: str, file: str = "") -> Scan:
    """Read a whole zone file.

    Args:
        text: with its line ends as they are.
        zone: lower case, A-labels, no final dot.
        file: as the user would type it, for diagnostics.
    """
    return _Scanner(text, zone, file).run()


class _Scanner:
    __slots__ = ("default", "file", "last", "lines", "lost", "origin", "owners", "scan", "text", "unclear", "zone")

    def __init__(self, text: str, zone: str, file: str) -> None:
        self.text, self.zone, self.file = text, zone, file
        self.scan = Scan(zone, text)
        self.lines: list[int] = []  # offsets of line ends, made when the first finding needs them
        self.last: str | None = None  # owner of the record before
        self.lost = False  # that owner could not be read, and was complained about
        self.default = -1  # TTL of records that write none; -1: not known yet
        self.unclear = False  # servers do not agree on that TTL
        self.set_origin(0, f"{zone}.")

    def run(self) -> Scan:
        self.check_octets()
        at, end = 0, len(self.text)
        match, text = _RECORD.match, self.text
        while at < end:
            found = match(text, at)
            at = found.end() if found and self.ordinary(found) else self.other(at)
        self.finish()
        return self.scan

    def check_octets(self) -> None:
        at = self.text.find("\0")
        if at >= 0:
            self.complain("zone/damaged", "the file holds NUL octets", at, detail="It was damaged, by a crash perhaps.")
        if self.text.startswith("\ufeff"):
            self.complain("zone/damaged", "the file begins with a byte order mark", 0, remedy="Save it without one.")

    def set_origin(self, at: int, origin: str) -> None:
        self.origin = origin
        self.owners: dict[str, str] = {}
        self.scan.origins.append((at, origin))

    def ordinary(self, found: re.Match[str]) -> bool:
        """Read a record that the one regular expression knows; false when it has to be looked at more closely."""
        owner, before, behind, spelling, string, words = found.groups()
        name = self.last if owner is None else self.owners.get(owner)
        if name is None:
            if owner is None:
                return False
            try:
                name = self.owner_name(owner)
            except ValueError:
                return False
        if string is None:
            kind, read = _FAST.get(spelling, ("", None))
            value = read(words, self.origin) if read else None
            if value is None:
                return False
        elif spelling == "TXT" and len(string) <= 255 and string.isascii():
            kind, value = "TXT", string
        else:
            return False
        number = before or behind
        ttl = int(number) if number else self.default
        if ttl > LONGEST_TTL or (self.unclear and not number):
            return False
        self.last, self.lost = name, False
        start, end = found.span()
        self.scan.records.append(Record(name, kind, ttl, value, start, end))
        return True

    def other(self, at: int) -> int:
        """Read what is no ordinary record; tells where the next entry starts."""
        skipped = _SKIP.match(self.text, at)
        if skipped:
            return skipped.end()
        entry = read_entry(self.text, at)
        if entry.problem:
            self.complain("zone/unreadable", entry.problem, entry.at)
        elif entry.tokens and entry.tokens[0].text.startswith("$") and not entry.blank:
            self.directive(entry)
        elif entry.tokens:
            self.record(entry)
        return entry.end

    def directive(self, entry: Entry) -> None:
        word, at = entry.tokens[0].text.upper(), entry.start
        values = [token.text for token in entry.tokens[1:]]
        if word in {"$INCLUDE", "$GENERATE"}:
            remedy = "Write its records into this file, or keep the zone elsewhere."
            self.complain("zone/directive", f"{word} is not understood", at, remedy=remedy)
        elif word not in {"$ORIGIN", "$TTL"}:
            self.complain("zone/directive", f"unknown directive {_shown(word)}", at)
        elif len(values) != 1:
            self.complain("zone/directive", f"{word} takes one value", at)
        else:
            try:
                if word == "$TTL":
                    self.default, self.unclear = seconds(values[0]), False
                else:
                    self.set_origin(entry.end, names.absolute(values[0], self.origin))
            except ValueError as problem:
                self.complain("zone/directive", f"{word}: {problem}", at)

    def record(self, entry: Entry) -> None:
        try:
            name = self.owner_of(entry)
            if name is None:
                return
            fields = read_fields(entry)
            ttl = self.default if fields.ttl is None else seconds(fields.ttl.text)
            kind = intern(rdata.type_name(fields.kind.text))
            record = Record(name, kind, ttl, self.value(kind, fields), entry.start, entry.end)
        except ValueError as problem:
            self.complain("zone/unreadable", str(problem), entry.tokens[0].start)
            return
        if fields.ttl is None and self.unclear:
            self.warn_unclear(record)
        self.scan.records.append(self.begin_authority(record, fields) if kind == "SOA" else record)

    def owner_of(self, entry: Entry) -> str | None:
        """The relative name of a record; none when its owner was complained about already."""
        if not entry.blank:
            self.last, self.lost = None, True
            self.last = self.owner_name(entry.tokens[0].text)
            self.lost = False
        elif self.last is None and not self.lost:
            self.lost = True
            raise ValueError("the first record needs an owner name")
        return self.last

    def owner_name(self, owner: str) -> str:
        name = intern(names.relative(names.absolute(owner, self.origin), self.zone))
        self.owners[owner] = name
        return name

    def value(self, kind: str, fields: Fields) -> str:
        text = plain(fields.value)
        if kind == "SOA":
            return self.authority(fields.value)
        if kind == "TXT" and not text.startswith("\\#"):
            strings = rdata.txt_strings(text)
            if any(len(string) > 255 for string in strings):
                raise ValueError("a TXT string has more than 255 octets: split it into several")
            return b"".join(strings).decode("utf-8", "surrogateescape")
        value = rdata.canonical_at(kind, text, self.origin)
        return rdata.txt_from_presentation(value) if kind == "TXT" else value

    def authority(self, tokens: Sequence[Token]) -> str:
        if len(tokens) != 7 or not _SERIAL.fullmatch(tokens[2].text) or int(tokens[2].text) > 2**32 - 1:
            raise ValueError("the SOA needs two names, a serial from 0 to 4294967295 and four times")
        hosts = [names.absolute(token.text, self.origin) for token in tokens[:2]]
        times = [str(seconds(token.text)) for token in tokens[3:]]
        return " ".join([*hosts, str(int(tokens[2].text)), *times])

    def begin_authority(self, record: Record, fields: Fields) -> Record:
        """Take in the SOA: without a $TTL before it, its minimum is the TTL of records that write none."""
        if record.name != "@":
            self.complain("zone/soa", f"the SOA stands at {record.name}, not at the zone's own name", record.start)
        if self.scan.soa is not None:
            self.complain("zone/soa", "a second SOA", record.start)
            return record
        if self.default < 0:
            self.default = int(record.value.rpartition(" ")[2])
            record = record._replace(ttl=record.ttl if fields.ttl else self.default)
            self.unclear = record.ttl != self.default
        self.scan.soa, self.scan.serial = record, int(fields.value[2].text)
        return record

    def warn_unclear(self, record: Record) -> None:
        self.unclear = False
        summary = f"no $TTL: the SOA's minimum, {self.default}, is taken for records without a TTL"
        detail = "Some servers take the TTL last written instead (RFC 1035)."
        place = self.place(record.start)
        found = warning("zone/ttl-unclear", summary, detail, "Write a $TTL before the first record.", origin=place)
        self.scan.diagnostics.append(found)

    def finish(self) -> None:
        if self.scan.soa is None:
            self.complain("zone/soa", "the file holds no SOA that can be read", 0)
        early = max(self.default, 0) if self.scan.soa is None else int(self.scan.soa.value.rpartition(" ")[2])
        if any(one.ttl < 0 for one in self.scan.records):  # written before the SOA and without a $TTL
            self.scan.records = [one._replace(ttl=early) if one.ttl < 0 else one for one in self.scan.records]
        settle(self.scan, self.place)

    def complain(self, rule: str, summary: str, at: int, detail: str = "", remedy: str = "") -> None:
        self.scan.diagnostics.append(error(rule, summary, detail, remedy, origin=self.place(at)))

    def place(self, at: int) -> Origin:
        if not self.lines:
            self.lines = [found.start() for found in re.finditer("\n", self.text)] or [len(self.text)]
        line = bisect_left(self.lines, at)
        start = self.lines[line - 1] + 1 if line else 0
        return Origin(self.file, line + 1, at - start + 1)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
