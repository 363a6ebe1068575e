"""Editing a zone file by line: what is not changed stays octet for octet, comments, layout and line ends too.

A removed value takes its own lines; an added one stands behind the last line of its set, else of its owner, else of
the zone; a changed TTL touches that field alone. The serial goes up in whatever way it is written. The result is read
again and must hold exactly what was wished.
Source: RFC 1982 section 3 (serial arithmetic), RFC 1912 section 2.2 (YYYYMMDDnn).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from reconciler.model import names
from reconciler.model.key import Key
from reconciler.model.rdata import txt_to_presentation
from reconciler.model.resource import RecordSet
from reconciler.model.zone import Record, Scan
from reconciler.model.zone_entry import read_entry, read_fields
from reconciler.model.zone_scan import scan

_SERIALS = 2**32


class _Piece(NamedTuple):
    """Replace what stands from `start` to `end`; both are the same for an insertion."""

    start: int
    end: int
    text: str


def edit(text: str, zone: str, wanted: Mapping[Key, RecordSet | None], today: date) -> str:
    """The text with some record sets as wished, the others as they are.

    Args:
        text: a zone file without errors.
        zone: lower case, A-labels, no final dot.
        wanted: by key, in normal form; none removes the set. What holds already is left alone.
        today: for a serial that is a date.

    Returns:
        The same text when nothing had to change, serial included.

    Raises:
        ValueError: the file has errors, or the result would not hold what was wished: a bug, or a wish that a zone
            file cannot hold.
    """
    missing = "" if text.endswith("\n") else "\r\n" if "\r\n" in text else "\n"
    old = scan(text + missing, zone)
    if old.errors:
        raise ValueError(f"the file has errors: {old.errors[0]}")
    changed = {key: after for key, after in wanted.items() if old.sets.get(key) != after}
    if not changed:
        return text
    work = _Work(old)
    for key, after in changed.items():
        work.change(key, after)
    work.name_orphans()
    work.raise_serial(today)
    new = work.spliced().removesuffix(missing)
    _verify(old, scan(new, zone), changed)
    return new


def next_serial(old: int, today: date) -> int:
    """A serial that secondaries take for newer: today's date with 01 if the old one is a date and that is newer."""
    dated = int(f"{today:%Y%m%d}01")
    if _is_date(old // 100) and 0 < (dated - old) % _SERIALS < _SERIALS // 2:
        return dated
    return (old + 1) % _SERIALS or 1


def _is_date(number: int) -> bool:
    year, rest = divmod(number, 10000)
    try:
        return date(year, *divmod(rest, 100)).year >= 1980
    except ValueError:
        return False


class _Work:
    """The pieces of one edit, gathered before the text is touched once."""

    def __init__(self, old: Scan) -> None:
        self.old = old
        self.text = old.text
        self.pieces: list[_Piece] = []
        self.gone: set[int] = set()  # starts of removed records
        self.added: dict[int, str] = {}  # owner of the last line added behind a record, by the record's end
        self.sets: dict[tuple[str, str], list[Record]] = {}
        self.owners: dict[str, Record] = {}
        for record in old.records:
            self.sets.setdefault(record[:2], []).append(record)
            self.owners[record.name] = record

    def change(self, key: Key, after: RecordSet | None) -> None:
        present = self.sets.get((key.name, key.kind), [])
        values = after.values if after else ()
        kept = [one for one in present if one.value in values]
        for one in present:
            if one.value not in values:
                self.gone.add(one.start)
                self.pieces.append(_Piece(one.start, one.end, ""))
        if after is None:
            return
        held = {one.value for one in kept}
        new = [value for value in values if value not in held]
        was = min((one.ttl for one in present), default=after.ttl)
        if was != after.ttl or min([one.ttl for one in kept] + [after.ttl] * bool(new)) != after.ttl:
            for one in kept:
                self.set_ttl(one, after.ttl)
        behind = present[-1] if present else self.owners.get(key.name, self.old.records[-1])
        for value in new:
            self.add(behind, key, after.ttl, value)

    def set_ttl(self, record: Record, ttl: int) -> None:
        if record.ttl == ttl:
            return
        fields = read_fields(read_entry(self.text, record.start))
        if fields.ttl:
            self.pieces.append(_Piece(fields.ttl.start, fields.ttl.end, str(ttl)))
        else:
            gap = "\t" if self.text[fields.second - 1] == "\t" else " "
            self.pieces.append(_Piece(fields.second, fields.second, f"{ttl}{gap}"))

    def add(self, behind: Record, key: Key, ttl: int, value: str) -> None:
        """A line of its own with everything written out, so that it depends on no line around it but the origin."""
        lines = self.text[behind.start : behind.end]
        gap = "\t" if "\t" in lines else " "
        ending = "\r\n" if lines.endswith("\r\n") else "\n"
        data = txt_to_presentation(value) if key.kind == "TXT" else value
        line = gap.join([self.owner_behind(behind, key.name), str(ttl), "IN", key.kind, data])
        self.pieces.append(_Piece(behind.end, behind.end, line + ending))
        self.added[behind.end] = key.name

    def owner_behind(self, record: Record, name: str) -> str:
        """How a name is written behind a record: as there, if that is its owner, else under the origin in force."""
        entry = read_entry(self.text, record.start)
        if record.name == name and not entry.blank:
            return entry.tokens[0].text
        return self.under_origin(record, name)

    def under_origin(self, record: Record, name: str) -> str:
        full, origin = names.fqdn(name, self.old.zone), self.old.origin_at(record.start)
        try:
            return names.relative(full, origin.removesuffix("."))
        except ValueError:
            return full

    def name_orphans(self) -> None:
        """Write out the owner of each record that took it from a line which is gone, or from one added in between."""
        current = ""
        for record in self.old.records:
            if record.start not in self.gone:
                if self.text[record.start] in " \t" and record.name != current:
                    owner = self.under_origin(record, record.name)
                    self.pieces.append(_Piece(record.start, record.start, owner))
                current = record.name
            current = self.added.get(record.end, current)

    def raise_serial(self, today: date) -> None:
        if self.old.soa is None:
            raise ValueError("the file has no SOA")
        serial = read_fields(read_entry(self.text, self.old.soa.start)).value[2]
        self.pieces.append(_Piece(serial.start, serial.end, str(next_serial(self.old.serial, today))))

    def spliced(self) -> str:
        """The new text; at one place, added lines come before an owner that is written out."""
        parts, at = [], 0
        for piece in sorted(self.pieces, key=lambda piece: piece[:2]):
            parts += [self.text[at : piece.start], piece.text]
            at = piece.end
        return "".join([*parts, self.text[at:]])


def _verify(old: Scan, new: Scan, changed: Mapping[Key, RecordSet | None]) -> None:
    wished = {key: one for key, one in {**old.sets, **changed}.items() if one is not None}
    if new.errors:
        raise ValueError(f"the edited file would have errors: {new.errors[0]}")
    if new.sets != wished:
        wrong = [key.address for key in wished.keys() | new.sets.keys() if wished.get(key) != new.sets.get(key)]
        raise ValueError(f"the edited file would not hold what was wished: {', '.join(sorted(wrong)[:5])}")
    if old.soa is None or new.soa is None or _but_serial(old.soa) != _but_serial(new.soa):
        raise ValueError("the edited file would have another SOA")


def _but_serial(soa: Record) -> list[object]:
    words = soa.value.split(" ")
    return [soa.name, soa.ttl, *words[:2], *words[3:]]
