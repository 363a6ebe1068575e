"""Laws 1 to 4 and 13: what can be said of an adapter without a write."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import replace

from reconciler.conformance import cast, states_dns, states_exchange, states_tenant
from reconciler.conformance.harness import Harness
from reconciler.conformance.judge import attributes, computed_of, holds, same
from reconciler.conformance.offline import closed_world, import_alone
from reconciler.model.change import Change, Status
from reconciler.model.diagnostic import Severity
from reconciler.model.resource import RecordSet, Resource
from reconciler.model.value import Secret
from reconciler.provider import Capabilities, Reader, Scope, Writer

TRANSITIONS = (*states_dns.TRANSITIONS, *states_tenant.TRANSITIONS, *states_exchange.TRANSITIONS)
VERBS = frozenset({"create", "update", "delete"})
_KIND = re.compile(r"[A-Z][A-Z0-9-]*|domain|user|licenses|group|sku|sign-in|mailbox|list|dkim|accepted-domain")


def law_1(harness: Harness) -> None:
    """The class meets the protocol and declares its kinds."""
    module, _, name = harness.target.partition(":")
    adapter = getattr(importlib.import_module(module), name)
    holds(_takes(adapter, "name", "options", "folder"), f"law 1: {name} is not made from (name, options, folder)")
    provider = harness.open()
    holds(isinstance(provider, Reader), f"law 1: {name} is no Reader")
    for protocol in (Reader, Writer) if isinstance(provider, Writer) else (Reader,):
        for method in (one for one in vars(protocol) if not one.startswith("_") and one != "kinds"):
            wanted = list(inspect.signature(getattr(protocol, method)).parameters)[1:]
            holds(_takes(getattr(provider, method), *wanted), f"law 1: {method} does not take {wanted}")
    holds(provider.kinds, "law 1: it declares no kind")
    for kind, capabilities in provider.kinds.items():
        _declared_well(kind, capabilities)
    cast.writer(harness)


def _takes(call: object, *names: str) -> bool:
    try:
        inspect.signature(call).bind(**dict.fromkeys(names))  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def _declared_well(kind: str, capabilities: Capabilities) -> None:
    holds(_KIND.fullmatch(kind), f"law 1: {kind!r} is no kind")
    holds(isinstance(capabilities, Capabilities), f"law 1: {kind} is declared by {capabilities!r}")
    holds(capabilities.verbs <= VERBS, f"law 1: {kind} declares verbs that do not exist: {sorted(capabilities.verbs)}")
    holds(capabilities.batch >= 1 and capabilities.delay >= 0, f"law 1: {kind} declares a batch or delay below nothing")


def law_2(harness: Harness) -> None:
    """Importing the adapter opens nothing and reads no environment."""
    problem = import_alone(harness.target.partition(":")[0])
    holds(not problem, f"law 2: {problem}")


def law_3(harness: Harness) -> None:
    """`refusals` and `normalise` are offline."""
    provider = harness.open()
    resources = list(_resources(harness, provider))
    _ask(provider, resources)  # once with the world open: the adapter may import late
    before = harness.calls()
    with closed_world() as tried:
        _ask(provider, resources)
    same(tried, [], "law 3: asked offline, it tried")
    same(harness.calls(), before, "law 3: asked offline, it called the system")


def _ask(provider: Reader, resources: list[Resource]) -> None:
    list(provider.refusals(resources))
    for resource in resources:
        if resource.key.kind in provider.kinds:
            provider.normalise(resource)


def law_4(harness: Harness) -> None:
    """`normalise` is idempotent and keeps what is plain; what `observe` returns is normal already."""
    provider = harness.open()
    for scope in harness.scopes:
        _plain_stays(harness, provider, scope)
    for resource in _resources(harness, provider):
        if refused(provider, [resource]):
            continue
        normal = provider.normalise(resource)
        same(normal.key, resource.key, "law 4: normalise changed the key")
        same(provider.normalise(normal), normal, "law 4: normalising twice is not normalising once")
        if isinstance(resource, RecordSet):
            shuffled = replace(resource, values=(*reversed(resource.values), resource.values[0]))
            same(provider.normalise(shuffled), normal, "law 4: order and repeats of values make a difference")
    for scope in harness.scopes:
        cast.plant(harness, provider, scope)
        for resource in provider.observe(scope).resources.values():
            if resource.key.kind in provider.kinds:
                same(provider.normalise(resource), resource, "law 4: what is observed is not in normal form")


def _plain_stays(harness: Harness, provider: Reader, scope: Scope) -> None:
    for sample in cast.every(harness, scope):
        if sample.kind in provider.kinds:
            computed = computed_of(provider.kinds, sample.kind)
            normal = attributes(provider.normalise(sample.one), computed)
            same(normal, attributes(sample.one, computed), f"law 4: normalise changed a plain {sample.kind}")


def law_13(harness: Harness) -> None:
    """What is declared is not refused, what is not declared is refused offline and never written."""
    provider = harness.open()
    for scope in harness.scopes:
        for sample in cast.every(harness, scope):
            verbs = provider.kinds[sample.kind].verbs if sample.kind in provider.kinds else frozenset()
            said = refused(provider, [sample.one])
            if verbs & {"create", "update"}:
                same(said, [], f"law 13: it declares {sample.kind} and refuses a plain one")
            else:
                holds(said, f"law 13: it does not declare {sample.kind} and refuses none")
        _verbs(harness, scope)


def refused(provider: Reader, resources: list[Resource]) -> list[str]:
    """What the provider refuses of these, in its words."""
    return [str(one) for one in provider.refusals(resources) if one.severity == Severity.ERROR]


def _verbs(harness: Harness, scope: Scope) -> None:
    """A verb that a kind does not declare is refused without a write."""
    provider = cast.writer(harness)
    if provider is None:
        return
    planted = {one.key.kind: one for one in cast.plant(harness, provider, scope)}
    for sample in cast.every(harness, scope):
        verbs = provider.kinds[sample.kind].verbs if sample.kind in provider.kinds else frozenset()
        there, mark = planted.get(sample.kind), harness.mark(scope)
        batch: list[Change] = []
        if "create" not in verbs and sample.kind != "licenses":
            batch.append(Change(sample.one.key, None, sample.one, password=Secret("x")))
        if there and "delete" not in verbs:
            batch.append(Change(there.key, there, None))
        for outcome in provider.apply(batch) if batch else ():
            holds(outcome.status in {Status.REFUSED, Status.FAILED}, f"law 13: it tried an undeclared verb: {outcome}")
        same(harness.mark(scope), mark, f"law 13: it wrote with a verb that {sample.kind} does not declare")


def _resources(harness: Harness, provider: Reader) -> Iterator[Resource]:
    for scope in harness.scopes:
        for transition in (one for one in TRANSITIONS if one.system == scope.system):
            for state in transition.at(scope, harness.skus):
                yield from (one for one in state if one.key.kind in provider.kinds)
