"""Laws 5, 12 and 14: reading whole or not at all, what errors say, and whether a change has taken effect."""

from __future__ import annotations

import time
from dataclasses import replace

from reconciler.conformance import cast, faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import Harness, Provider
from reconciler.conformance.judge import holds, picture, same
from reconciler.conformance.laws_writing import walks
from reconciler.conformance.reconcile import Walk
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import Forbidden, NotFound, ProviderError, RateLimited, Transient
from reconciler.model.resource import User
from reconciler.provider import Reader, Scope

#: Seconds within which `ready` answers; it asks once and does not wait.
AT_ONCE = 1.0
#: Seconds after which anybody may be asked again.
PAUSE = 600.0


def law_5(harness: Harness) -> None:
    """`observe` is complete for its scope, or raises."""
    provider = harness.open()
    for scope in harness.scopes:
        cast.plant(harness, provider, scope)
        observation = provider.observe(scope)
        truth = harness.truth(scope)
        same(observation.scope, scope, "law 5: the scope of the observation")
        found, there = picture(observation.resources, provider.kinds), picture(truth, provider.kinds)
        same(found.keys() ^ there.keys(), set(), "law 5: observed, but not there, or the other way round")
        same(found, there, "law 5: observed")
        _some_names(harness, provider, scope)
        for fault in faults.PARTIAL_READS:
            if fault.name in harness.faults:
                _raises(harness, provider, scope, fault, "law 5")
        if scope.system == "exchange":
            continue  # of a tenant of which nobody has brought anything yet nothing is known, and that is no error
        absent = replace(scope, name="absent.example" if scope.system == "dns" else "absent.onmicrosoft.com")
        problem = _error(provider, absent)
        # A tenant's credential opens that tenant alone: of any other it can only say that it is not the one.
        fitting = (NotFound, Forbidden) if scope.system == "tenant" else NotFound
        holds(isinstance(problem, fitting), f"law 5: a {scope.system} scope that does not exist gave {problem!r}")


def _some_names(harness: Harness, provider: Reader, scope: Scope) -> None:
    truth = harness.truth(scope)
    if scope.system == "dns":
        names = frozenset(sorted({key.name for key in truth})[:2])
        wanted = {key for key in truth if key.name in names}
    else:
        users = [one for one in truth.values() if isinstance(one, User)]
        names = frozenset(one.upn for one in users[:1])
        wanted = {one.key for one in users[:1]}
    seen = provider.observe(Scope(scope.system, scope.name, names))
    where = f"law 5: observed of the names {sorted(names)}"
    if scope.system == "tenant":  # it may read more, and must then say so
        found = {key for key in seen.resources if key.kind == "user"}
        holds(wanted <= found <= set(truth), f"{where}: {sorted(found)}")
        holds(
            not any(seen.covers(key) for key in set(truth) - set(seen.resources)), f"{where}: left out what it covers"
        )
        return
    same(set(seen.resources), wanted, where)
    nobody = provider.observe(Scope(scope.system, scope.name, frozenset({"nobody@absent.example"})))
    same(set(nobody.resources), set(), "law 5: observed of a name that is not there")


def law_12(harness: Harness) -> None:
    """Each answer becomes the right error, with key, request id and seconds to wait; no error leaves `apply`."""
    for fault in faults.TABLE:
        if fault.name not in harness.faults:
            continue
        for scope in harness.scopes:
            problem, played = _raises(harness, harness.open(), scope, fault, "law 12")
            holds(problem.provider, f"law 12: the error of {fault.name} names no provider")
            if played.request_id:  # else the adapter may have named the call itself
                same(problem.request_id, played.request_id, f"law 12: request id of {fault.name}")
            if isinstance(problem, Transient):
                same(problem.retry_after, played.retry_after, f"law 12: seconds to wait after {fault.name}")
            provider = cast.writer(harness)
            if provider:
                _failing_write(harness, provider, scope, fault.writing())


def law_12_storm(harness: Harness) -> None:
    """Too many calls, again and again: each is told as such, nothing is lost, and the first that passes does it all."""
    for fault in faults.STORMS:
        if fault.name in harness.faults:
            for scope in harness.scopes:
                _stormy_read(harness, scope, fault)
            for walk in walks(harness):
                _stormy_write(walk, fault.writing())


def _stormy_read(harness: Harness, scope: Scope, fault: Fault) -> None:
    provider = harness.open()
    with harness.inject(fault):
        problems = []
        for _ in range(fault.times):
            problems.append(_error(provider, scope))
            harness.clock.advance(fault.retry_after or PAUSE)
        holds(
            all(isinstance(one, RateLimited) for one in problems), f"law 12: reading in a {fault.name} gave {problems}"
        )
        holds(_error(provider, scope) is None, f"law 12: after a {fault.name} nothing could be read")


def _stormy_write(walk: Walk, fault: Fault) -> None:
    for sample in list(cast.samples(walk.harness, walk.scope, walk.provider.kinds, "create"))[:1]:
        walk.reach(sample.needs)
        (change,) = walk.changes((*sample.needs, sample.one))
        with walk.harness.inject(fault):
            for _ in range(fault.times):
                (outcome,) = _answered(walk.provider, change, fault)
                walk.harness.clock.advance(fault.retry_after or PAUSE)
                holds(outcome.status is Status.FAILED, f"law 12: a write in a {fault.name} gave {outcome}")
            (outcome,) = walk.apply([change])
        holds(outcome.status is Status.DONE, f"law 12: a write after a {fault.name} gave {outcome}")
        walk.harness.edit(change.key, None)  # as it was, for the next fault


def _failing_write(harness: Harness, provider: Provider, scope: Scope, fault: Fault) -> None:
    walk = Walk(harness, provider, scope)
    for sample in list(cast.samples(harness, scope, provider.kinds, "create"))[:1]:
        walk.reach(sample.needs)
        (change,) = walk.changes((sample.one,))
        with harness.inject(fault) as played:
            outcomes = _answered(provider, change, fault)
        same([one.key for one in outcomes], [change.key], f"law 12: keys of the outcomes after {fault.name}")
        (outcome,) = outcomes
        holds(outcome.status in fault.outcomes, f"law 12: a write answered by {fault.name} gave {outcome}")
        if played.request_id:
            same(outcome.request_id, played.request_id, f"law 12: request id of the outcome after {fault.name}")
        if played.retry_after or not issubclass(fault.error, Transient):  # else the adapter may name a wait of its own
            same(outcome.retry_after, played.retry_after, f"law 12: seconds to wait in the outcome after {fault.name}")
        holds(outcome.detail, f"law 12: the outcome after {fault.name} says nothing")
        harness.clock.advance(fault.retry_after)
        walk.reach((*sample.needs, sample.one))
        harness.edit(change.key, None)  # as it was, for the next fault


def _answered(provider: Provider, change: Change, fault: Fault) -> list[Outcome]:
    try:
        return list(provider.apply([change]))
    except ProviderError as problem:
        raise AssertionError(f"law 12: {fault.name} met a write and left apply as {problem!r}") from problem


def _raises(harness: Harness, provider: Reader, scope: Scope, fault: Fault, law: str) -> tuple[ProviderError, Fault]:
    with harness.inject(fault) as played:
        problem = _error(provider, scope)
    if not isinstance(problem, fault.error):
        raise AssertionError(f"{law}: reading met {fault.name} and gave {problem!r}, not {fault.error.__name__}")
    return problem, played


def _error(provider: Reader, scope: Scope) -> ProviderError | None:
    """The error of reading a scope; none when it could be read, as far as the adapter noticed."""
    try:
        provider.observe(scope)
    except ProviderError as problem:
        return problem
    return None


def law_14(harness: Harness) -> None:
    """`ready` goes from waiting to ready when the declared delay is over, and never blocks."""
    for walk in walks(harness):
        for sample in cast.samples(harness, walk.scope, walk.provider.kinds, "create"):
            _becomes_ready(walk, sample)


def _becomes_ready(walk: Walk, sample: cast.Sample) -> None:
    walk.reach(sample.needs)
    (change,) = walk.changes((*sample.needs, sample.one))
    (outcome,) = walk.apply([change])
    holds(outcome.status in {Status.DONE, Status.WAITING}, f"law 14: a plain {sample.kind} gave {outcome}")
    delay = walk.provider.kinds[sample.kind].delay
    awaited, detail = _asked(walk, sample)
    if delay and outcome.status == Status.DONE:
        holds(not awaited, f"law 14: {sample.kind} declares {delay} s and was ready at once")
    holds(awaited or detail, f"law 14: {sample.kind} is not ready and does not say what is awaited")
    walk.harness.prove(sample.one.key)
    walk.harness.clock.advance(delay)
    awaited, detail = _asked(walk, sample)
    holds(awaited, f"law 14: {sample.kind} is not ready after its declared {delay} s: {detail}")


def _asked(walk: Walk, sample: cast.Sample) -> tuple[bool, str]:
    began = time.monotonic()
    key = sample.one.key
    name = walk.bound.get((sample.kind, key.name), key.name)
    found = walk.provider.ready(key._replace(name=name))
    holds(time.monotonic() - began < AT_ONCE, f"law 14: ready({key.address}) blocked")
    return found.ready, found.detail
