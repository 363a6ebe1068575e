"""Where a route stands: its cursor, and what keeps it from going on at all.

Source: rules 1, 10 and 14 of the route.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from reconciler import diff
from reconciler.ledger import Ledger, Move
from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.model.key import Slot
from reconciler.model.route import BEFORE, Route, Want
from reconciler.model.value import Unknown, Value

Fold = Mapping[Slot, Value | Unknown | None]


def cursor(route: Route, known: Ledger) -> int:
    """Index of the last ended stage; empty stages after it have ended too. -1 before the first."""
    index = known.stage_of(route.id, [stage.name for stage in route.stages])
    stages = route.stages
    while 0 <= index < len(stages) - 1 and not stages[index + 1].wants and not stages[index + 1].gates:
        index += 1
    return index


def halt(route: Route, world: diff.World, known: Ledger) -> str:
    """Why nothing of a route may be done, for a person; empty when it may."""
    if route.id in known.rolling_back:
        return "a rollback has begun and not ended: run `reconciler rollback` again"
    for move in _unsettled(known):
        if move[0] != route.id and move[1].subject == route.subject:
            return _left(move[1])
    if route.baseline is None or known.begun(route.id) or _equal(fold(route, -1, world), world):
        return ""
    stage = proposal(route, world)
    seen = "it looks like the end of none of its stages: find out where it stands, then `confirm stage NAME`"
    if stage:
        seen = f"it looks as if `{stage}` had ended: `reconciler confirm stage {stage}`"
    return f"nothing is known of this migration's past, and live is not what `migration.from` recorded; {seen}"


def proposal(route: Route, world: diff.World) -> str:
    """The one stage whose whole fold over `migration.from` equals live; empty when none or several do.

    Of stages that leave the same (a wait, a task) it is the first: what comes after it starts again.
    """
    folds = [(index, fold(route, index, world)) for index in range(len(route.stages))]
    same = [list(some) for _, some in groupby(folds, key=lambda one: one[1])]
    found = [some[0][0] for some in same if _equal(some[0][1], world)]
    return route.stages[found[0]].name if len(found) == 1 else ""


def fold(route: Route, stage: int, world: diff.World) -> Fold:
    """Every DNS slot the route touches as it should be after a stage, over what `migration.from` recorded.

    A slot that was not recorded was absent; a TTL that was not recorded is left out until a stage asks for one.
    """
    recorded = route.baseline or {}
    found: dict[Slot, Value | Unknown | None] = {}
    for key, asks in diff.asked(route, world).items():
        if key.system != "dns":
            continue
        for _, slot, _ in asks:
            if slot.part != "ttl" or slot in recorded:
                found[slot] = recorded.get(slot)
        for index, slot, want in asks:
            if index <= stage:
                _take(found, slot, want, recorded)
    return found


def _take(found: dict[Slot, Value | Unknown | None], slot: Slot, want: Want, recorded: Fold) -> None:
    if want.value is None and want.only is not None and found.get(slot) != want.only:
        return
    family = slot.part.partition("/")[0] + "/"
    if want.seed and any(one.key == slot.key and one.part.startswith(family) for one in recorded):
        return
    before = isinstance(want.value, Unknown) and want.value.source.startswith(BEFORE)
    found[slot] = recorded.get(slot) if before else want.value


def _equal(expected: Fold, world: diff.World) -> bool:
    live = {key: world.parts(key) for key in {slot.key for slot in expected}}
    return all(_fits(slot, value, live[slot.key], world) for slot, value in expected.items())


def _fits(slot: Slot, value: Value | Unknown | None, parts: diff.Parts, world: diff.World) -> bool:
    if slot.part == "ttl" and not parts:
        return True
    now = parts.get(slot.part)
    named = world.named(value)
    if isinstance(value, Unknown) and named is None:
        return now is not None and value.constraint.allows(now)
    return now == named


def lowered(routes: Iterable[Route], known: Ledger) -> dict[str, Value]:
    """Facts for `ttl_before`: as journalled before the lowering, else as `migration.from` recorded (rule 14)."""
    found: dict[str, Value] = {}
    for route in routes:
        for slot, source in _restored(route):
            owned = known.owned.get(slot.address)
            value: Value | None = owned.source_value if owned and owned.source == source else None
            if value is None:
                value = known.before_lowering(slot.key.address, route.id)
            if value is None and route.baseline:
                value = route.baseline.get(slot)
            if value is not None:
                found[source] = value
    return found


def _restored(route: Route) -> Iterator[tuple[Slot, str]]:
    for stage in route.stages if route.baseline is not None else ():
        for slot, want in stage.wants.items():
            if isinstance(want.value, Unknown) and want.value.source.startswith(BEFORE):
                yield slot, want.value.source


def abandoned(routes: Sequence[Route], known: Ledger) -> list[Diagnostic]:
    """An error for each migration that has begun, has not settled, and is no longer in the spec as it was (rule 10)."""
    given = {route.id for route in routes}
    places = {route.subject: route.origin for route in routes}
    return [
        error("route/left", f"{move.subject}: {_left(move)}", origin=places.get(move.subject, Origin()))
        for route, move in _unsettled(known)
        if route not in given
    ]


def _unsettled(known: Ledger) -> Iterator[tuple[str, Move]]:
    return ((route, move) for route, move in known.moves.items() if not known.settled(route))


def _left(move: Move) -> str:
    return (
        f"the migration of {move.subject} has begun and not settled, and `migration.from` was removed or changed: "
        "put it back, or `reconciler rollback`, or `reconciler confirm stage settle`"
    )
