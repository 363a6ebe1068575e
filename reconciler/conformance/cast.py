"""Who plays in the laws: ordinary resources of each kind that an adapter declares, and bystanders beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.conformance import states, states_dns, states_exchange, states_tenant
from reconciler.conformance.harness import Harness, Provider
from reconciler.conformance.states import State
from reconciler.model.key import Key
from reconciler.model.resource import (
    AcceptedDomain,
    Group,
    Licenses,
    Mailbox,
    MailList,
    RecordSet,
    Resource,
    Signing,
    TenantDomain,
    User,
)
from reconciler.provider import Capabilities, Reader, Scope, Writer

#: Object ids of the bystanders, as a system would hand them out.
_IDS = {"user": "b0000000-0000-4000-8000-000000000001", "group": "b0000000-0000-4000-8000-000000000002"}


@dataclass(frozen=True, slots=True)
class Sample:
    """An ordinary resource of one kind: what must be there first, itself, and itself otherwise."""

    kind: str
    needs: State
    one: Resource
    two: Resource


def writer(harness: Harness) -> Provider | None:
    """A new provider, if it can write.

    Returns:
        None for a reader.

    Raises:
        AssertionError: it declares verbs and cannot write.
    """
    provider = harness.open()
    if isinstance(provider, Writer):
        return provider
    if any(capabilities.verbs for capabilities in provider.kinds.values()):
        raise AssertionError("law 1: it declares verbs, but has no apply")
    return None


def samples(harness: Harness, scope: Scope, kinds: Mapping[str, Capabilities], *verbs: str) -> Iterator[Sample]:
    """One sample for each of these kinds of the scope's system that has all these verbs and needs no person.

    Those that are to be updated are two states of one resource; a domain is not among them, since what it can become
    needs a proof: its stories tell it.
    """
    for sample in every(harness, scope):
        able = kinds[sample.kind] if sample.kind in kinds else Capabilities(verbs=frozenset())
        turns = sample.one.key == sample.two.key or "update" not in verbs
        if able.verbs and able.verbs >= set(verbs) and not able.delegated and turns:
            yield sample


def every(harness: Harness, scope: Scope) -> Iterator[Sample]:
    """One sample for each kind that the scope's system could have."""
    if scope.system == "dns":
        plain = {kind: (states_dns.NEEDS.get(kind, ()), one, two) for kind, (one, two) in states_dns.PLAIN.items()}
    else:
        table = states_exchange.PLAIN if scope.system == "exchange" else states_tenant.PLAIN
        plain = dict(table)  # type: ignore[arg-type]
    for kind, (needs, one, two) in plain.items():
        placed = [states.placed(resource, scope, harness.skus) for resource in (*needs, one, two)]
        yield Sample(kind, tuple(placed[:-2]), placed[-2], placed[-1])


def bystanders(harness: Harness, provider: Reader, scope: Scope) -> list[Resource]:
    """A resource of each declared kind, not mentioned by any sample, as the system itself would hold it."""
    played = [sample for sample in every(harness, scope) if sample.kind in provider.kinds]
    found = {one.key: one for sample in played for one in map(_aside, (*sample.needs, sample.one))}
    return sorted(found.values(), key=lambda one: (isinstance(one, Licenses | Group) or one.key.kind == "DS", one.key))


def _aside(resource: Resource) -> Resource:
    key = resource.key
    match resource:
        case RecordSet():
            return replace(resource, key=key._replace(name=key.name.replace("plain", "bystander")))
        case TenantDomain():
            return replace(resource, key=key._replace(name="bystander.example"))
        case User():
            upn = f"bystander@{key.scope}"
            return replace(resource, key=_named(key, "user"), remote_id=_IDS["user"], upn=upn, display_name="Bystander")
        case Licenses():
            return replace(resource, key=_named(key, "user"), remote_id=_IDS["user"])
        case Group():
            members = (_IDS["user"],)
            return replace(
                resource, key=_named(key, "group"), remote_id=_IDS["group"], display_name="Bystanders", members=members
            )
        case Mailbox() | MailList():
            return replace(resource, key=key._replace(name=f"bystander-{key.kind}@suite.example"))
        case Signing() | AcceptedDomain():
            return replace(resource, key=key._replace(name="bystander.example"))
        case _:
            return resource


def _named(key: Key, kind: str) -> Key:
    return key._replace(name=_IDS[kind])


def plant(harness: Harness, provider: Reader, scope: Scope) -> list[Resource]:
    """Put the bystanders in, behind the adapter's back."""
    planted = bystanders(harness, provider, scope)
    for resource in planted:
        harness.edit(resource.key, resource)
    return planted
