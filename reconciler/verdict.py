"""The truth table: what one wish, what we wrote last and what is live mean together.

| spec     | ledger | live               | verdict  |
|----------|--------|--------------------|----------|
| value    | -      | absent             | CREATE   |
| value    | -      | equal              | ADOPT    |
| value    | -      | differs            | CONFLICT; UPDATE if it may be taken over |
| value    | yes    | equal to spec      | SAME     |
| value    | yes    | as ledger          | UPDATE (the spec moved) |
| value    | yes    | neither            | DRIFT (the world moved) |
| value    | yes    | absent             | MISSING (made again, counted as drift) |
| absent   | any    | present            | DESTROY  |
| absent   | any    | absent             | FORGET or SAME |
| unsaid   | yes    | as ledger          | OMITTED, or FORGET below `manage: full` |
| unsaid   | yes    | differs            | ORPHAN   |
| unsaid   | yes    | absent             | FORGET   |
| unsaid   | -      | present            | unmanaged |
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from reconciler.ledger import Owned, recorded
from reconciler.model.key import Slot
from reconciler.model.route import Manage, Want
from reconciler.model.value import Unknown, Value


class Verdict(StrEnum):
    """A row of the truth table, and three more.

    OBSERVED: it differs, and its `manage` level leaves it so. AHEAD: live is already what the next stage leaves.
    PENDING: nothing can be said before its owner names the value.
    """

    SAME = "same"
    ADOPT = "adopt"
    FORGET = "forget"
    CREATE = "create"
    UPDATE = "update"
    DESTROY = "destroy"
    MISSING = "missing"
    DRIFT = "drift"
    CONFLICT = "conflict"
    OMITTED = "omitted"
    ORPHAN = "orphan"
    OBSERVED = "observed"
    AHEAD = "ahead"
    PENDING = "pending"


#: Verdicts that lead to a write.
ACTS = frozenset({Verdict.CREATE, Verdict.UPDATE, Verdict.DESTROY, Verdict.MISSING, Verdict.OMITTED})
#: Those of them that take something away.
REMOVALS = frozenset({Verdict.DESTROY, Verdict.OMITTED})
#: Verdicts that say the world is not as agreed.
OFF = frozenset({Verdict.DRIFT, Verdict.MISSING, Verdict.CONFLICT, Verdict.ORPHAN})


class Judgement(NamedTuple):
    """A verdict, why, and the value that should be there (none = absent)."""

    verdict: Verdict
    reason: str
    value: Value | Unknown | None


class Known(NamedTuple):
    """What is known of one slot.

    Attributes:
        owned: what the ledger says we wrote or adopted; none = not ours.
        now: live, or as the stages before leave it; none = absent.
        facts_value: what an unknown value turned out to be; none = not named yet.
        baseline: what `migration.from` recorded; ignored unless `has_baseline`.
    """

    slot: Slot
    owned: Owned | None
    now: Value | None
    facts_value: Value | None = None
    baseline: Value | None = None
    has_baseline: bool = False


def judge(want: Want, known: Known) -> Judgement:
    """Look one wish up in the truth table, then hold it within its `manage` level."""
    if want.value is None:
        judgement = _absent(want, known)
    elif isinstance(want.value, Unknown) and known.facts_value is None:
        judgement = _unnamed(want, want.value, known)
    elif want.seed:
        judgement = _seed(want.value, known)
    else:
        value = known.facts_value if isinstance(want.value, Unknown) else want.value
        assert value is not None
        judgement = _plain(want, value, known)
    judgement = _managed(want.manage, judgement)
    if judgement.verdict is Verdict.SAME and judgement.value is not None:
        return settled(want, known.owned, judgement)
    return judgement


def settled(want: Want, owned: Owned | None, judgement: Judgement) -> Judgement:
    """What a slot is that holds what the spec wants: to be adopted, ours, or ours under other rules than before."""
    if owned is None:
        return Judgement(Verdict.ADOPT, "already as wished", judgement.value)
    # One without a route is only as an earlier stage will leave it.
    if owned.route and (owned.manage, owned.protect) != (want.manage, want.protect):
        return Judgement(Verdict.ADOPT, "ours, with another `manage` or `protect` than before", judgement.value)
    return judgement


def unsaid(known: Known, owned: Owned) -> Judgement:
    """What becomes of a slot that we own and no spec mentions."""
    if known.now is None:
        return Judgement(Verdict.FORGET, "it is gone", None)
    if recorded(known.slot, known.now) != owned.value:
        return Judgement(Verdict.ORPHAN, "no longer in the spec, but changed since we wrote it", None)
    if owned.manage != Manage.FULL:
        return Judgement(Verdict.FORGET, f"no longer in the spec; manage: {owned.manage} leaves it there", None)
    if known.slot.part.startswith("spf/") and owned.how == "adopted":
        return Judgement(Verdict.FORGET, "no longer in the spec; it was there before us and stays", None)
    return Judgement(Verdict.OMITTED, "no longer in the spec", None)


def _absent(want: Want, known: Known) -> Judgement:
    if known.now is None:
        return Judgement(Verdict.FORGET if known.owned else Verdict.SAME, "absent", None)
    if want.only is not None and known.now != want.only:
        return Judgement(Verdict.CONFLICT, "to be removed, but another value is there, or others beside it", None)
    return Judgement(Verdict.DESTROY, "the spec says absent", None)


def _unnamed(want: Want, value: Unknown, known: Known) -> Judgement:
    if known.owned:
        if known.now is None:
            return Judgement(Verdict.MISSING, "gone", value)
        if recorded(known.slot, known.now) == known.owned.value:
            return Judgement(Verdict.SAME, "as written", value)
        return Judgement(Verdict.DRIFT, "changed since we wrote it", value)
    if known.now is None:
        return Judgement(Verdict.CREATE, "new", value)
    if _may_take(want, known):
        return Judgement(Verdict.UPDATE, "takes over what is there", value)
    if value.constraint.allows(known.now):
        return Judgement(Verdict.PENDING, "what is there may be right; its owner has not named the value yet", value)
    return Judgement(Verdict.CONFLICT, "something else is there", value)


def _seed(value: Value | Unknown, known: Known) -> Judgement:
    if known.now is None:
        verdict, reason = (Verdict.MISSING, "gone") if known.owned else (Verdict.CREATE, "new")
        return Judgement(verdict, reason, value)
    if known.owned is None:
        return Judgement(Verdict.ADOPT, "kept as found", known.now)
    if recorded(known.slot, known.now) == known.owned.value:
        return Judgement(Verdict.SAME, "as found", known.now)
    return Judgement(Verdict.DRIFT, "changed since we found it", value)


def _plain(want: Want, value: Value, known: Known) -> Judgement:
    now, owned = known.now, known.owned
    if now == value:
        return Judgement(Verdict.SAME, "as wished", value)
    if owned is None:
        if now is None:
            return Judgement(Verdict.CREATE, "new", value)
        if _may_take(want, known):
            return Judgement(Verdict.UPDATE, "takes over what is there", value)
        return Judgement(Verdict.CONFLICT, "something else is there", value)
    if now is None:
        return Judgement(Verdict.MISSING, "gone", value)
    if recorded(known.slot, now) == owned.value:
        return Judgement(Verdict.UPDATE, "the spec moved", value)
    return Judgement(Verdict.DRIFT, "changed since we wrote it", value)


def _may_take(want: Want, known: Known) -> bool:
    return want.overwrite or recorded_so(known)


def recorded_so(known: Known) -> bool:
    """Live is what `migration.from` recorded: the migration may take it over."""
    return known.has_baseline and known.now == known.baseline


#: What each level leaves as it is.
BEYOND = {
    Manage.OBSERVE: ACTS | {Verdict.DRIFT, Verdict.CONFLICT},
    Manage.CREATE: ACTS - {Verdict.CREATE},
    Manage.UPDATE: frozenset({Verdict.DESTROY, Verdict.OMITTED}),
}


def _managed(level: Manage, judgement: Judgement) -> Judgement:
    if level is Manage.FULL or judgement.verdict not in BEYOND[level]:
        return judgement
    return judgement._replace(verdict=Verdict.OBSERVED, reason=f"{judgement.reason}; manage: {level} leaves it so")
