"""Sets a route back: every record it touched gets its value from before, what others changed meanwhile stays.

A rollback is a leg like any other, with one stage for each that is set back, the last first; the route's approval
covers its steps. The caller journals `rollback` before and after it; its end sets the cursor back and voids the
route's approval. Accounts, licences and the tenant's domain stay: taking them away would lose mail, and of their
attributes the journal keeps only fingerprints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.diff import NOTHING, Row, World
from reconciler.ledger import Before, Ledger, recorded
from reconciler.model.key import Slot, parse_slot
from reconciler.model.route import Route, Stage, Want
from reconciler.model.value import Value
from reconciler.plan import ROLLBACK, Act, Leg, effect, restore_id
from reconciler.verdict import Verdict


def leg(route: Route, known: Ledger, world: World, stage: str = "") -> Leg:
    """What setting a route back would do now; without acts when all is as it was.

    Args:
        stage: the last that stays ended; empty = none.

    Returns:
        A leg whose rows of verdict OBSERVED are what stays though the route touched it, each with the reason.
    """
    names = [one.name for one in route.stages]
    back = list(reversed(names[names.index(stage) + 1 if stage else 0 :]))
    touched = known.touched(route.id)
    rows = []
    for address, before in touched.items():
        slot = parse_slot(address)
        if before.stage in back and not (slot.part == "ttl" and _travels(slot, before, world)):
            rows.append(_row(slot, back.index(before.stage), touched, known, world))
    acts = [
        Act(restore_id(row.slot.address, back[row.stage]), route.id, row.stage, effect(row), row)
        for row in sorted(rows, key=lambda one: (one.stage, one.slot.part == "ttl", one.slot))
        if row.acts
    ]
    stages = tuple(Stage(f"{ROLLBACK}{name}") for name in back)
    return Leg(replace(route, stages=stages, baseline=None), -1, tuple(rows), tuple(acts))


def _row(slot: Slot, stage: int, touched: Mapping[str, Before], known: Ledger, world: World) -> Row:
    parts, before = world.parts(slot.key), touched[slot.address]
    now, owned = parts.get(slot.part), known.owned.get(slot.address)
    verdict, reason = _verdict(slot, now, before.value, owned.value if owned else None)
    after = now if verdict is Verdict.OBSERVED else before.value
    carried = NOTHING
    if not parts:
        first = touched.get(Slot(slot.key, "ttl").address)
        carried = {"ttl": Want(first.value if first and first.value is not None else before.ttl)}
    return Row(slot, stage, verdict, reason, now, after, Want(after), after, carried)


def _verdict(slot: Slot, now: Value | None, before: Value | None, last: Value | None) -> tuple[Verdict, str]:
    seen = recorded(slot, now)
    if seen == before:
        return Verdict.SAME, "as it was"
    if slot.key.system != "dns":
        return Verdict.OBSERVED, "it stays: a rollback takes nothing from the tenant"
    if seen != last:
        return Verdict.OBSERVED, "changed by somebody else meanwhile: it stays"
    if before is None:
        return Verdict.DESTROY, "it was not there before"
    return (Verdict.CREATE if now is None else Verdict.UPDATE), "as it was before"


def _travels(slot: Slot, before: Before, world: World) -> bool:
    """A TTL that came with its record set goes with it; that of a set which is gone comes back with it."""
    return before.value is None or not world.parts(slot.key)
