"""Laws 10, 11 and 15: what crashes, other people and secrets must not lead to."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.conformance import cast, faults
from reconciler.conformance.harness import MARKER, Harness
from reconciler.conformance.judge import holds, picture, same
from reconciler.conformance.laws_writing import NOT_DONE, all_done, walks
from reconciler.conformance.reconcile import Walk
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import ProviderError
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, RecordSet, Resource, User
from reconciler.provider import Scope

NOBODY = "f0000000-0000-4000-8000-00000000dead"


def law_10(harness: Harness) -> None:
    """A lost reply or a batch delivered twice does no harm: apply again, same end state, nothing twice."""
    for walk in walks(harness):
        kinds = walk.provider.kinds
        for sample in cast.samples(harness, walk.scope, kinds, "create"):
            walk.reach(sample.needs)
            _again(walk, walk.changes((*sample.needs, sample.one)), f"a {sample.kind}, created", lost=True)
        changed = list(cast.samples(harness, walk.scope, kinds, "create", "update"))
        _again(walk, _turned(walk, changed), "all of them, updated")
        for sample in changed:
            walk.wanted.clear()
            _again(walk, walk.changes((sample.one,)), f"a {sample.kind}, turned back", lost=True)
        gone = [one.one for one in cast.samples(harness, walk.scope, kinds, "create", "delete")]
        walk.wanted = dict.fromkeys(one.key for one in gone)
        _again(walk, walk.changes(()), "all of them, deleted")


def _turned(walk: Walk, samples: Sequence[cast.Sample]) -> list[Change]:
    walk.wanted.clear()
    return walk.changes(tuple(sample.two for sample in samples))


def _again(walk: Walk, batch: Sequence[Change], what: str, *, lost: bool = False) -> None:
    """The process dies after the write, or never hears of it; the next one still has the old `before`."""
    if not batch:
        return
    injects = lost and faults.LOST_REPLY.name in walk.harness.faults
    with walk.harness.inject(faults.LOST_REPLY) if injects else contextlib.nullcontext():
        first = list(walk.provider.apply(batch))
    allowed = faults.LOST_REPLY.outcomes if injects else {Status.DONE}
    same({one.status for one in first} - allowed, set(), f"law 10: {what}, outcomes {first}")
    truth, mark = picture(walk.harness.truth(walk.scope), walk.provider.kinds), walk.harness.mark(walk.scope)
    walk.provider = cast.writer(walk.harness) or walk.provider
    all_done(walk.apply(batch), batch, f"law 10: {what} again")
    same(picture(walk.harness.truth(walk.scope), walk.provider.kinds), truth, f"law 10: {what} again, there is")
    same(walk.harness.mark(walk.scope), mark, f"law 10: {what} again, it wrote again")
    holds(all(_there(walk, change) for change in batch), f"law 10: {what} twice, and it is not there")


def _there(walk: Walk, change: Change) -> bool:
    there = picture(walk.truth(), walk.provider.kinds).get(walk.inward(change.key))
    return bool(there) == (change.after is not None)


def law_10_partial(harness: Harness) -> None:
    """One impossible change in the middle stops itself alone (or, where a batch is atomic, all), and says so."""
    for walk in walks(harness):
        kinds = walk.provider.kinds
        possible = [one for one in cast.samples(harness, walk.scope, kinds, "create", "update") if not one.needs]
        if len(possible) < 2:
            continue
        good = walk.changes(tuple(sample.one for sample in possible))
        batch = [good[0], _impossible(possible[-1]), *good[1:]]
        outcomes = walk.apply(batch)
        same([one.key for one in outcomes], [one.key for one in batch], "law 10: one outcome for each change, in order")
        _told_truly(walk, batch, outcomes)
        holds(outcomes[1].status in NOT_DONE and outcomes[1].detail, f"law 10: the impossible gave {outcomes[1]}")
        _others([*outcomes[:1], *outcomes[2:]], kinds[possible[0].kind].atomic, "law 10: beside the impossible")
        all_done(walk.apply(good), good, "law 10: applied again without the impossible")


def _impossible(sample: cast.Sample) -> Change:
    """An update of what never was."""
    key = sample.one.key._replace(name="never-was")
    before, after = (_nobody(replace(one, key=key)) for one in (sample.two, sample.one))
    return Change(key, before, after)


def _nobody(resource: Resource) -> Resource:
    if isinstance(resource, User):
        return replace(resource, remote_id=NOBODY, upn=f"never-was@{resource.key.scope}")
    return replace(resource, remote_id=NOBODY) if isinstance(resource, Licenses | Group) else resource


def _told_truly(walk: Walk, batch: Sequence[Change], outcomes: Sequence[Outcome]) -> None:
    """Done is what is there, not done is what is not."""
    for change, outcome in zip(batch, outcomes, strict=True):
        done = outcome.status == Status.DONE
        same(_there(walk, change), done, f"law 10: {change.key.address} is really there, told {outcome.status}")


def _others(outcomes: Sequence[Outcome], atomic: bool, where: str) -> None:
    undone = [one for one in outcomes if one.status != Status.DONE]
    if not (atomic and len(undone) == len(outcomes)):
        same(undone, [], f"{where}, the others were not done")


def law_11(harness: Harness) -> None:
    """What we do not own is untouched, and reported."""
    for walk in walks(harness):
        foreign = list(harness.foreign(walk.scope))
        holds(foreign, "law 11: the harness gives nothing foreign")
        for resource in foreign:
            harness.edit(resource.key, resource)
        truth = harness.truth(walk.scope)
        wanted = {one.key: truth[one.key] for one in foreign}
        _reported(walk, wanted, "at first")
        for sample in cast.samples(harness, walk.scope, walk.provider.kinds, "create"):
            walk.reach((*sample.needs, sample.one))
            if "update" in walk.provider.kinds[sample.kind].verbs and sample.one.key == sample.two.key:
                walk.apply(walk.changes((*sample.needs, sample.two)))
            _reported(walk, wanted, f"after work on a {sample.kind}")
            if "delete" in walk.provider.kinds[sample.kind].verbs:
                walk.apply(walk.changes(sample.needs))
            _reported(walk, wanted, f"after the end of a {sample.kind}")


def _reported(walk: Walk, wanted: dict[Key, Resource], when: str) -> None:
    truth = walk.harness.truth(walk.scope)
    same({key: truth.get(key) for key in wanted}, wanted, f"law 11: what is foreign, {when}")
    seen = walk.provider.observe(walk.scope).resources
    same(wanted.keys() - seen.keys(), set(), f"law 11: foreign and not reported, {when}")


def law_11_concurrent(harness: Harness) -> None:
    """What somebody else changed between the reading and the write is left so; the other changes are made."""
    for walk in walks(harness):
        kinds = walk.provider.kinds
        samples = list(cast.samples(harness, walk.scope, kinds, "create", "update"))
        if not samples:
            continue
        needed = {one.key: one for sample in samples for one in sample.needs}
        walk.reach(tuple((needed | {sample.one.key: sample.one for sample in samples}).values()))
        changes = walk.changes(tuple((needed | {sample.two.key: sample.two for sample in samples}).values()))
        moved = changes[len(changes) // 2]
        harness.edit(moved.key, _by_hand(harness.truth(walk.scope)[moved.key]))
        before = harness.truth(walk.scope)[moved.key]
        outcomes = walk.apply(changes)
        told = next(one for one in outcomes if one.key == moved.key)
        same(told.status, Status.REFUSED, f"law 11: it changed meanwhile, and the outcome was {told}")
        same(harness.truth(walk.scope)[moved.key], before, "law 11: somebody else's change")
        others = [one for one in outcomes if one.key != moved.key]
        _others(others, kinds[moved.key.kind].atomic, "law 11: beside what had changed")


def _by_hand(resource: Resource) -> Resource:
    """What somebody else made of it."""
    match resource:
        case RecordSet():
            return replace(resource, ttl=resource.ttl + 60)
        case User() | Group():
            return replace(resource, display_name="By hand")
        case _:
            raise AssertionError(f"no hand edit is known for {resource.key.kind}")


def law_15(harness: Harness) -> None:
    """Secrets are in no repr, outcome, diagnostic, error, log or output."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            for scope in harness.scopes:
                for text in _everything_said(harness, scope):
                    said.write(text)
    finally:
        logging.getLogger().removeHandler(handler)
    where = said.getvalue().partition(MARKER)
    holds(not where[1], f"law 15: a secret was shown: {where[0][-300:]}***")


def _everything_said(harness: Harness, scope: Scope) -> Iterator[str]:
    provider = harness.open()
    yield repr(provider)
    yield str(provider)
    wanted = [sample.one for sample in cast.every(harness, scope)]
    yield repr(list(provider.refusals(wanted)))
    yield repr(provider.observe(scope))
    for fault in (*faults.TABLE, *faults.PARTIAL_READS):
        if fault.name in harness.faults:
            with harness.inject(fault), contextlib.suppress(AssertionError):
                try:
                    provider.observe(scope)
                except ProviderError as problem:
                    yield f"{problem!r} {problem} {vars(problem)}"
    for walk in (one for one in walks(harness) if one.scope == scope):
        for sample in cast.samples(harness, scope, provider.kinds, "create"):
            walk.reach(sample.needs)
            for faulty in (faults.TABLE[4].writing(), None):
                injects = faulty and faulty.name in harness.faults
                with harness.inject(faulty) if faulty and injects else contextlib.nullcontext():
                    changes = walk.changes((*sample.needs, sample.one))
                    yield repr(changes) + repr(walk.apply(changes))
    yield repr(harness.mark(scope)) + repr(harness.truth(scope))
