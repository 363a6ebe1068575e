"""Laws 6 to 9: what was written is what was wished, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.conformance import cast, states_dns, states_exchange, states_tenant
from reconciler.conformance.harness import Harness
from reconciler.conformance.judge import attributes, computed_of, holds, same, unasked
from reconciler.conformance.laws_offline import refused
from reconciler.conformance.reconcile import Walk
from reconciler.conformance.states import State, Transition
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.key import Key
from reconciler.model.resource import Resource, Sku, TenantDomain
from reconciler.provider import Scope

NOT_DONE = frozenset({Status.FAILED, Status.REFUSED, Status.WAITING, Status.SKIPPED})


def walks(harness: Harness) -> Iterator[Walk]:
    """A fresh provider on each scope; none for a reader, which has declared that it writes nothing."""
    for scope in harness.scopes:
        provider = cast.writer(harness)
        if provider:
            yield Walk(harness, provider, scope)


def transition(harness: Harness, story: Transition) -> str:
    """Laws 6 and 7 for one story: reconciled, it is as desired; reconciled again, there is nothing to do.

    Returns:
        Why the story cannot be told with this adapter, in its own words, offline; empty when it was told whole.
    """
    for walk in walks(harness):
        if walk.scope.system != story.system:
            continue
        before: list[object] = []
        for number, state in enumerate(story.at(walk.scope, harness.skus), start=1):
            said = refused(walk.provider, list(state))
            if said:
                return said[0]
            compared = _compared(walk, state)
            if compared != before:  # else nothing differs but what the system sets itself
                _state(walk, state, f"{story.name!r}, state {number}")
            before = compared
        return ""
    return _elsewhere(harness, story)


def _compared(walk: Walk, state: State) -> list[object]:
    """A state without what the system sets itself."""
    return [(one.key, attributes(walk.normal(one), computed_of(walk.provider.kinds, one.key.kind))) for one in state]


def _elsewhere(harness: Harness, story: Transition) -> str:
    """A story of a system that the adapter does not serve is refused, offline, in every state."""
    provider, scope = harness.open(), Scope(story.system, "elsewhere.example")
    why = ""
    for state in filter(None, story.at(scope, ("SKU-1", "SKU-2"))):
        said = refused(provider, list(state))
        holds(said, f"law 13: {story.name!r} is of another system, and is not refused")
        why = said[0]
    return why


def _state(walk: Walk, state: State, where: str) -> None:
    changes = walk.changes(state)
    holds(changes, f"law 7: {where}: the first plan is empty")
    if any(walk.provider.kinds[change.key.kind].delegated for change in changes):
        _delegated(walk, changes, where)
    _prove(walk, changes, where)
    changes = [one for one in changes if not _by_hand(walk, one, where)]
    all_done(walk.apply(changes), changes, f"law 6: {where}")
    _as_desired(walk, state, walk.live(), f"law 6: {where}: observed")
    _as_desired(walk, state, walk.truth(), f"law 6: {where}: really there")
    for resource in walk.provider.observe(walk.scope).resources.values():
        if resource.key.kind in walk.provider.kinds:
            same(walk.provider.normalise(resource), resource, f"law 4: {where}: observed, and not in normal form")
    same(walk.changes(state), [], f"law 7: {where}: the second plan")


def _as_desired(walk: Walk, state: State, found: dict[Key, Resource], where: str) -> None:
    desired = {one.key: walk.normal(one) for one in state}
    for key in walk.wanted:
        computed = computed_of(walk.provider.kinds, key.kind) | unasked(desired.get(key))
        wanted = attributes(desired.get(key), computed)
        same(attributes(found.get(key), computed), wanted, f"{where}: {key.address}")


def _delegated(walk: Walk, changes: Sequence[Change], where: str) -> None:
    """A person is asked, once, nothing is written; then the person does it, one by one, whom the suite plays.

    The request is named after the steps alone: a new process asks under the same name, other steps are another request.
    """
    mark = walk.harness.mark(walk.scope)
    first, others = (list(walk.provider.apply(some)) for some in (changes, [_other_steps(one) for one in changes]))
    walk.provider = cast.writer(walk.harness) or walk.provider
    second = list(walk.provider.apply(changes))
    same({one.status for one in first}, {Status.WAITING}, f"law 6: {where}: a person is asked")
    holds(
        all(one.request_id and one.detail for one in first), f"law 6: {where}: asked without a name or a word: {first}"
    )
    same([one.request_id for one in second], [one.request_id for one in first], f"law 10: {where}: asked twice")
    strange = {one.request_id for one in others} & {one.request_id for one in first}
    same(strange, set(), f"law 10: {where}: other steps, and the same request")
    same(walk.harness.mark(walk.scope), mark, f"law 6: {where}: a person is asked, and it wrote")
    for number, change in enumerate(changes, start=1):
        walk.harness.edit(change.key, change.after)
        told = [one.status for one in walk.provider.apply(changes)]
        wanted = [Status.DONE] * number + [Status.WAITING] * (len(changes) - number)
        same(told, wanted, f"law 6: {where}: {number} of {len(changes)} are done by hand")


def _other_steps(change: Change) -> Change:
    return replace(change, steps=tuple(f"{step}-other" for step in change.steps))


def _by_hand(walk: Walk, change: Change, where: str) -> bool:
    """What an attribute that only grows would lose stays; then a person takes it, whom the suite plays."""
    grows = walk.provider.kinds[change.key.kind].grows
    if not any({*getattr(change.before, one, ())} - {*getattr(change.after, one, ())} for one in grows):
        return False
    mark = walk.harness.mark(walk.scope)
    (outcome,) = walk.apply([change])
    holds(outcome.status in NOT_DONE, f"law 6: {where}: declared as what only grows, and taken from: {outcome}")
    same(walk.harness.mark(walk.scope), mark, f"law 6: {where}: it cannot do that, and wrote")
    walk.harness.edit(change.key, change.after)
    return True


def _prove(walk: Walk, changes: Sequence[Change], where: str) -> None:
    """A domain is verified once its proof is shown, not before."""
    for change in changes:
        before, after = change.before, change.after
        if isinstance(before, TenantDomain) and isinstance(after, TenantDomain) and after.verified > before.verified:
            (outcome,) = walk.apply([change])
            holds(outcome.status in NOT_DONE, f"law 6: {where}: verified without proof: {outcome}")
            there = walk.truth().get(change.key)
            holds(isinstance(there, TenantDomain) and not there.verified, f"law 6: {where}: without proof: {there}")
            walk.harness.prove(change.key)


def all_done(outcomes: Sequence[Outcome], batch: Sequence[Change], where: str) -> None:
    """Complain unless every change has its outcome, in order, and all are done."""
    same([one.key for one in outcomes], [one.key for one in batch], f"{where}: one outcome for each change, in order")
    same([one for one in outcomes if one.status != Status.DONE], [], f"{where}: not done")


TABLES = {
    "dns": states_dns.TRANSITIONS,
    "tenant": states_tenant.TRANSITIONS,
    "exchange": states_exchange.TRANSITIONS,
}


def law_6(harness: Harness) -> None:
    """After `apply`, the observed attributes equal the desired ones, and so does the truth."""
    for scope in harness.scopes:
        table = TABLES[scope.system]
        for story in table[:3]:
            transition(harness, story)


def law_7(harness: Harness) -> None:
    """The first plan is not empty, the second is."""
    for walk in walks(harness):
        for sample in cast.samples(harness, walk.scope, walk.provider.kinds, "create", "update"):
            walk.reach(sample.needs)
            for resource in (sample.one, sample.two):
                state = (*sample.needs, resource)
                changes = walk.changes(state)
                holds(changes, f"law 7: a plain {sample.kind}: the first plan is empty")
                walk.apply(changes)
                same(walk.changes(state), [], f"law 7: a plain {sample.kind}: the second plan")


def law_8(harness: Harness) -> None:
    """An update leaves everything else alone."""
    for walk in walks(harness):
        cast.plant(harness, walk.provider, walk.scope)
        for sample in cast.samples(harness, walk.scope, walk.provider.kinds, "update"):
            walk.reach((*sample.needs, sample.one))
            before = standing(walk, sample.one.key)
            changes = walk.changes((*sample.needs, sample.two))
            all_done(walk.apply(changes), changes, f"law 8: {sample.kind}")
            same(standing(walk, sample.one.key), before, f"law 8: beside an update of {sample.kind} there is")


def standing(walk: Walk, *but: Key) -> dict[Key, Resource]:
    """All that is really there, ids included, but these; without the counts that follow from others."""
    truth = {key: one for key, one in walk.truth().items() if key not in but}
    return {key: replace(one, consumed=0) if isinstance(one, Sku) else one for key, one in truth.items()}


def law_9(harness: Harness) -> None:
    """Deleting what is not there succeeds, and writes nothing."""
    for walk in walks(harness):
        for sample in cast.samples(harness, walk.scope, walk.provider.kinds, "create", "delete"):
            walk.reach((*sample.needs, sample.one))
            (gone,) = walk.changes(sample.needs)
            all_done(walk.apply([gone]), [gone], f"law 9: deleting a {sample.kind}")
            mark = harness.mark(walk.scope)
            never = Change(gone.key._replace(name="never-was"), None, None)
            for again in (gone, replace(gone, before=None), never):
                all_done(list(walk.provider.apply([again])), [again], f"law 9: deleting a {sample.kind} that is gone")
            same(harness.mark(walk.scope), mark, f"law 9: deleting a {sample.kind} that is gone wrote")
