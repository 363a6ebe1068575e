"""The drift report as data: what is no longer as agreed, and whether the world moved or the spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from reconciler.diff import Row
from reconciler.model.key import Slot
from reconciler.model.route import Route, Wait
from reconciler.model.value import Value
from reconciler.plan import Leg, Plan
from reconciler.verdict import Verdict

#: Who moved; nobody where the two never agreed.
WORLD, SPEC, NOBODY = "world", "spec", ""

#: Verdicts that are drift, and who moved.
DIRECTION = {
    Verdict.DRIFT: WORLD,
    Verdict.MISSING: WORLD,
    Verdict.ORPHAN: WORLD,
    Verdict.OBSERVED: WORLD,
    Verdict.CONFLICT: NOBODY,
    Verdict.CREATE: SPEC,
    Verdict.UPDATE: SPEC,
    Verdict.DESTROY: SPEC,
    Verdict.OMITTED: SPEC,
}


class Accepted(Protocol):
    """A difference somebody answers for."""

    @property
    def address(self) -> str:
        """The slot's address."""
        ...

    @property
    def owner(self) -> str:
        """Who answers for it."""
        ...

    @property
    def until(self) -> date:
        """The last day on which it is accepted."""
        ...

    @property
    def reason(self) -> str:
        """Why it is so."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One slot that is not as agreed. `expected` and `actual`: none = absent, or not named yet."""

    row: Row
    kind: str
    direction: str
    expected: Value | None
    actual: Value | None
    first_seen: datetime
    accepted: Accepted | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """One customer's report.

    Attributes:
        outcome: `clean`, `drift`, or `inconclusive` when a source could not be read.
        unmanaged: live slots that are not ours, with their value and since when they have been seen.
        managed, seen: slots as agreed or drifted, and all slots read: the coverage.
    """

    outcome: str
    changed: tuple[Finding, ...]
    missing: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    unmanaged: tuple[tuple[Slot, Value | None, datetime], ...]
    managed: int
    seen: int

    @property
    def oldest(self) -> datetime | None:
        """Since when the oldest open drift has been seen; none when there is none."""
        return min((one.first_seen for one in (*self.changed, *self.missing)), default=None)


def report(
    made: Plan,
    *,
    unread: Sequence[str],
    accepted: Iterable[Accepted],
    value_of: Callable[[Slot], Value | None],
    seen_before: Mapping[str, datetime],
    now: datetime,
) -> Drift:
    """Sort a plan's rows into the report.

    Args:
        unread: sources that could not be read.
        value_of: live value of a slot.
        seen_before: by address, since when a finding has been seen; the others are new.
    """
    taken = {one.address: one for one in accepted if one.until >= now.date()}
    findings = [_finding(row, taken, seen_before, now) for leg in made.legs for row in _latest(leg, now)]
    open_ = [one for one in findings if one.accepted is None]
    unmanaged = tuple((slot, value_of(slot), seen_before.get(slot.address, now)) for slot in made.unmanaged)
    managed = len({row.slot for leg in made.legs for row in leg.rows if row.before is not None})
    outcome = "inconclusive" if unread or made.errored else "drift" if open_ else "clean"
    return Drift(
        outcome,
        tuple(one for one in open_ if one.kind == "changed"),
        tuple(one for one in open_ if one.kind == "missing"),
        tuple(one for one in findings if one.accepted is not None),
        unmanaged,
        managed,
        managed + len(unmanaged),
    )


def sightings(drift: Drift) -> dict[str, datetime]:
    """Since when each finding has been seen, to be kept for the next report."""
    findings = (*drift.changed, *drift.missing, *drift.ignored)
    found = {one.row.slot.address: one.first_seen for one in findings}
    return found | {slot.address: first for slot, _, first in drift.unmanaged}


def _latest(leg: Leg, now: datetime) -> list[Row]:
    """One row a slot: the first that is not settled, as live stands now; what waits for its day is as agreed."""
    due = _due(leg.route, now)
    first: dict[Slot, Row] = {}
    for row in leg.rows:
        if row.verdict in DIRECTION and row.stage < due:
            first.setdefault(row.slot, row)
    return list(first.values())


def _due(route: Route, now: datetime) -> int:
    """Index of the first stage whose day has not come; the number of stages when all have."""
    for index, stage in enumerate(route.stages):
        waits = (gate for gate in stage.gates if isinstance(gate, Wait) and gate.rule == "until")
        if any(wait.instant is not None and wait.instant > now for wait in waits):
            return index
    return len(route.stages)


def _finding(row: Row, taken: Mapping[str, Accepted], seen_before: Mapping[str, datetime], now: datetime) -> Finding:
    kind = "missing" if row.before is None else "changed"
    first = seen_before.get(row.slot.address, now)
    # No spec ever asks for two SPF records.
    direction = WORLD if row.slot.part == "spf" else DIRECTION[row.verdict]
    return Finding(row, kind, direction, row.named, row.before, first, taken.get(row.slot.address))
