"""What a zone file holds: its records with their places in the text, its record sets, and what is wrong with it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet


class Record(NamedTuple):
    """One record of the file.

    Attributes:
        name: relative to the zone, `@` for the apex.
        kind: its type in upper case.
        ttl: seconds, written or inherited.
        value: in normal form.
        start: offset of its first line.
        end: offset behind its last line's end.
    """

    name: str
    kind: str
    ttl: int
    value: str
    start: int
    end: int


@dataclass(slots=True)
class Scan:
    """A zone file that was read.

    Attributes:
        text: as it was given.
        records: in the order of the file, the SOA among them.
        sets: by key, without the SOA; incomplete when there are errors.
        origins: the offset from which an origin is in force, and the origin, absolute; ascending, the first at 0.
        soa: none only when that is one of the errors.
        serial: of the SOA; 0 without one.
        diagnostics: what is wrong, in the order found.
    """

    zone: str
    text: str
    records: list[Record] = field(default_factory=list)
    sets: dict[Key, RecordSet] = field(default_factory=dict)
    origins: list[tuple[int, str]] = field(default_factory=list)
    soa: Record | None = None
    serial: int = 0
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def errors(self) -> list[Diagnostic]:
        """The findings for which a server would not load the file, or would load something else than is written."""
        return [one for one in self.diagnostics if one.severity is Severity.ERROR]

    def origin_at(self, offset: int) -> str:
        """The origin in force at an offset."""
        return self.origins[bisect_right(self.origins, offset, key=lambda pair: pair[0]) - 1][1]
