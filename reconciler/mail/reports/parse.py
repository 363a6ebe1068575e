"""From one XML text to one report: strict about XML, mild about what a reporter leaves out.

Source: RFC 7489, appendix C (March 2015); RFC 9990, its XML schema (May 2026), which adds a namespace, np, testing and
discovery_method, and lets other elements stand between ours when they are in a namespace of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.mail.reports.report import Checked, Published, Refused, Report, Row

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

#: Characters of one field that is read; a domain has 253, a report id some 100.
_FIELD = 1000
#: Characters between one `<` and the next; a comment of a reporter has some hundreds.
_RUN = 65_536
#: Elements inside each other; the schema has 5, an extension may have more.
_DEPTH = 20
#: Different names of elements and attributes; the schemas have some 50.
_NAMES = 500
#: Elements in all; a report of 32 MiB has some 1,500,000.
_ELEMENTS = 2_000_000
#: Of one row; RFC 9990 asks for no more than 100 signatures.
_RESULTS = 200
#: Rows left out before the whole report counts as unreadable.
_LEFT_OUT = 1000
_CHUNK = 1024 * 1024
_YEAR = 366 * 86_400
_LAST_SECOND = 253_402_300_799  # of the year 9999

_REPORT = frozenset(
    {"report_metadata/org_name", "report_metadata/report_id", "report_metadata/date_range/begin"}
    | {"report_metadata/date_range/end"}
    | {f"policy_published/{tag}" for tag in ("domain", "p", "sp", "np", "adkim", "aspf", "testing", "discovery_method")}
)
_ROW = frozenset(
    {"record/row/source_ip", "record/row/count", "record/identifiers/header_from", "record/identifiers/envelope_from"}
    | {f"record/row/policy_evaluated/{name}" for name in ("disposition", "dkim", "spf")}
)
_RESULT = frozenset({"record/auth_results/dkim", "record/auth_results/spf"})
_FIELDS = _REPORT | _ROW | {f"{one}/{name}" for one in _RESULT for name in ("domain", "selector", "result")}

_NUMBER = re.compile(r"[0-9]{1,12}")
_WORD = re.compile(r"[a-z][a-z_-]{0,31}")
_DOMAIN = re.compile(r"[^\s\x00-\x1f\x7f@<>()\"',;:/\\]{1,253}")


def parse(text: str, file: str) -> tuple[Report, list[str]]:
    """Read one report.

    Returns:
        The report, and for the first rows that could not be read why; `left_out` of the report counts all of them.

    Raises:
        Refused: it is no well-formed XML, no report, made to hurt, or without what every report says.
    """
    from xml.parsers import expat

    _check(text)
    taken = _Taker()
    parser = expat.ParserCreate(intern=taken.names)
    parser.buffer_text = True
    parser.StartElementHandler = taken.start
    parser.EndElementHandler = taken.end
    parser.CharacterDataHandler = taken.characters
    try:
        _feed(parser, text)
    except expat.ExpatError as problem:
        what = f"is no well-formed XML: {expat.ErrorString(problem.code)} in line {problem.lineno:,}"
        raise Refused("xml", what, remedy="Save the attachment of the report's mail again.") from None
    return _report(taken, file)


def _check(text: str) -> None:
    """Refuse what would make the parser itself do too much; a parser stops only at the end of a chunk."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        why = "A report has none; it could name files of this machine or grow without end."
        raise Refused("xml", "holds a document type or entities", why)
    if any(run.end() - run.start() > _RUN for run in re.finditer(r"[^<]+", text)):
        raise Refused("xml", f"holds a tag or a text of more than {_RUN:,} characters")


def _feed(parser: XMLParserType, text: str) -> None:
    for at in range(0, len(text), _CHUNK):
        parser.Parse(text[at : at + _CHUNK], False)
    parser.Parse("", True)


class _Taker:
    """Takes from the parser's events the fields that are read, row by row.

    Attributes:
        names: every name of an element or attribute so far; the parser fills it.
        report: fields by path. `rows`, `problems`, `left_out`: as in the report.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.report: dict[str, str] = {}
        self.rows: list[Row] = []
        self.problems: list[str] = []
        self.left_out = 0
        self._elements = 0
        self._paths: list[str] = []
        self._foreign = 0
        self._space = ""
        self._prefix = ""
        self._text: list[str] | None = None
        self._length = 0
        self._row: dict[str, str] = {}
        self._result: dict[str, str] = {}
        self._results: dict[str, list[Checked]] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if len(self.names) > _NAMES:
            raise Refused("xml", f"uses more than {_NAMES} different names")
        self._elements += 1
        if self._elements > _ELEMENTS:
            raise Refused("xml", f"has more than {_ELEMENTS:,} elements")
        if len(self._paths) + self._foreign >= _DEPTH:
            raise Refused("xml", f"has more than {_DEPTH} elements inside each other")
        if not self._paths:
            self._root(name, attributes)
            return
        self._text = None
        if self._foreign or not self._ours(name, attributes):
            self._foreign += 1
            return
        path = f"{self._paths[-1]}/{name[len(self._prefix) :]}".removeprefix("/")
        self._paths.append(path)
        if path in _FIELDS:
            self._text, self._length = [], 0
        elif path == "record":
            self._row, self._results = {}, {one: [] for one in _RESULT}
        elif path in _RESULT:
            self._result = {}

    def characters(self, text: str) -> None:
        """Text; a field is kept up to one character more than it may have."""
        if self._text is not None and self._length <= _FIELD:
            self._text.append(text)
            self._length += len(text)

    def end(self, _name: str) -> None:
        """An element ends."""
        if self._foreign:
            self._foreign -= 1
            return
        path = self._paths.pop()
        if path in _FIELDS and self._text is not None:
            self._field(path, "".join(self._text).strip())
            self._text = None
        elif path in _RESULT:
            self._results[path].append(_checked(self._result, path))
        elif path == "record":
            self._record()

    def _root(self, name: str, attributes: Mapping[str, str]) -> None:
        prefix, colon, local = name.rpartition(":")
        if local != "feedback":
            raise Refused("format", f"is no DMARC aggregate report: its root is {name[:80]!r}, not 'feedback'")
        self._prefix = prefix + colon
        self._space = attributes.get("xmlns", "")
        self._paths.append("")

    def _ours(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Tell whether an element is in the root's namespace: the same prefix, and no other namespace declared."""
        same = name.startswith(self._prefix) and ":" not in name[len(self._prefix) :]
        return same and attributes.get("xmlns", self._space) == self._space

    def _field(self, path: str, text: str) -> None:
        if path in _REPORT:
            where = self.report
        elif path in _ROW:
            where = self._row
        else:
            where, path = self._result, path.rpartition("/")[2]
        # What is said twice is not known.
        where[path] = text if path not in where else "\n"

    def _record(self) -> None:
        try:
            if any(len(found) > _RESULTS for found in self._results.values()):
                raise ValueError(f"more than {_RESULTS} results of DKIM or SPF")
            self.rows.append(_row(self._row, self._results))
        except ValueError as problem:
            self.left_out += 1
            if len(self.problems) < 3:
                self.problems.append(str(problem))
            if self.left_out > _LEFT_OUT:
                raise Refused("format", f"has more than {_LEFT_OUT:,} rows that cannot be read") from None


def _row(fields: Mapping[str, str], results: Mapping[str, list[Checked]]) -> Row:
    evaluated = {name: fields.get(f"record/row/policy_evaluated/{name}", "") for name in ("disposition", "dkim", "spf")}
    count = fields.get("record/row/count", "")
    if not _NUMBER.fullmatch(count) or not int(count):
        raise ValueError(f"{count[:40]!r} is no count of messages")
    header_from = _domain(fields.get("record/identifiers/header_from", ""))
    if not header_from:
        raise ValueError("header_from is missing")
    return Row(
        address=_address(fields.get("record/row/source_ip", "")),
        count=int(count),
        disposition=_word(evaluated["disposition"]),
        dkim=evaluated["dkim"].lower() == "pass",
        spf=evaluated["spf"].lower() == "pass",
        header_from=header_from,
        envelope_from=_perhaps(fields.get("record/identifiers/envelope_from", "")),
        signatures=tuple(results["record/auth_results/dkim"]),
        checks=tuple(results["record/auth_results/spf"]),
    )


def _checked(fields: Mapping[str, str], path: str) -> Checked:
    selector = _perhaps(fields.get("selector", "")) if path.endswith("dkim") else ""
    return Checked(_perhaps(fields.get("domain", "")), _word(fields.get("result", "")), selector)


def _address(text: str) -> str:
    from ipaddress import IPv6Address, ip_address

    try:
        found = ip_address(text)
    except ValueError:
        found = None
    if found is None or "%" in text:
        raise ValueError(f"{text[:40]!r} is no IP address")
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(found)


def _domain(text: str) -> str:
    name = text.lower().removesuffix(".")
    if name and not _DOMAIN.fullmatch(name):
        raise ValueError(f"{text[:40]!r} is no domain")
    return name


def _perhaps(text: str) -> str:
    """A domain or a selector beside what a row must have; anything else counts as not said."""
    try:
        return _domain(text)
    except ValueError:
        return ""


def _word(text: str) -> str:
    """One of a list of words, in lower case; anything else counts as not said."""
    return text.lower() if _WORD.fullmatch(text.lower()) else ""


def _report(taken: _Taker, file: str) -> tuple[Report, list[str]]:
    said = taken.report
    reporter = _needed(said, "report_metadata/org_name")
    id_ = _needed(said, "report_metadata/report_id")
    begin, end = (_moment(said, name) for name in ("begin", "end"))
    if not begin <= end <= begin + _YEAR:
        raise Refused("format", f"says that it begins at {begin} and ends at {end}, which is no day and no month")
    try:
        domain = _domain(_needed(said, "policy_published/domain"))
    except ValueError as problem:
        raise Refused("format", f"is about no domain: {problem}") from None
    words = (_word(said.get(f"policy_published/{tag}", "")) for tag in ("p", "sp", "np", "adkim", "aspf"))
    late = (_word(said.get(f"policy_published/{tag}", "")) for tag in ("testing", "discovery_method"))
    published = Published(domain, *words, *late)
    if not taken.rows:
        raise Refused("format", "has no row that can be read", ". ".join(taken.problems))
    report = Report(file, reporter, id_, begin, end, published, tuple(taken.rows), taken.left_out)
    return report, taken.problems


def _needed(said: Mapping[str, str], path: str) -> str:
    text = said.get(path, "")
    if not text.strip() or len(text) > _FIELD:
        raise Refused(
            "format", f"has no {path.rpartition('/')[2]} that can be read", "Every report has one, and one only."
        )
    return " ".join(text.split())


def _moment(said: Mapping[str, str], name: str) -> int:
    text = _needed(said, f"report_metadata/date_range/{name}")
    if not _NUMBER.fullmatch(text) or int(text) > _LAST_SECOND:
        raise Refused("format", f"has {text[:40]!r} for its {name}, which is no time in seconds since 1970")
    return int(text)
