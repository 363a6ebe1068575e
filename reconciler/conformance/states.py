"""Transitions as data: sequences of desired states that an adapter walks through, each reconciled twice.

A state is written without its zone or tenant and put into one by `Transition.at`. The tables are in `states_dns`,
`states_tenant` and `states_exchange`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, RecordSet, Resource, SignIn, TenantDomain, User
from reconciler.provider import Scope

State = tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Transition:
    """A story in states: what is wanted first, then, and last.

    Attributes:
        states: complete for the story: what an earlier state had and a later one has not is deleted. Never two equal
            ones in a row, so that each must change something.
    """

    name: str
    system: str
    states: tuple[State, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds it touches."""
        return frozenset(resource.key.kind for state in self.states for resource in state)

    def at(self, scope: Scope, skus: Sequence[str] = ()) -> tuple[State, ...]:
        """The states as they are wanted of one zone or tenant.

        Args:
            scope: where they shall be; the same for all resources.
            skus: what `SKU-1` and `SKU-2` stand for in this tenant.
        """
        return tuple(tuple(placed(one, scope, skus) for one in state) for state in self.states)


def placed(resource: Resource, scope: Scope, skus: Sequence[str] = ()) -> Resource:
    """Put a resource into a scope; addresses that end in `@` get the tenant's name."""
    key = resource.key._replace(scope=scope.name)
    match resource:
        case User():
            aliases = tuple(_whole(one, scope) for one in resource.aliases)
            upn, mail = _whole(resource.upn, scope), _whole(resource.mail, scope)
            return replace(resource, key=key, upn=upn, aliases=aliases, mail=mail)
        case Licenses():
            stands = {f"SKU-{number}": sku for number, sku in enumerate(skus, start=1)}
            return replace(resource, key=key, direct=tuple(sorted(stands.get(one, one) for one in resource.direct)))
        case _:
            return replace(resource, key=key)


def _whole(address: str, scope: Scope) -> str:
    return address + scope.name if address.endswith("@") else address


def records(kind: str, *values: str, name: str = "@", ttl: int = 3600) -> RecordSet:
    """A record set; values in normal form, in any order."""
    return RecordSet(Key("dns", "", kind, name), ttl, tuple(sorted(set(values))))


def user(name: str, upn: str = "", **attributes: object) -> User:
    """A user with a UPN in the tenant's initial domain, made from the spec's id unless given."""
    made = User(Key("tenant", "", "user", name), upn=upn or f"{name}@", display_name=name.title(), usage_location="MX")
    return replace(made, **attributes)  # type: ignore[arg-type]


def licenses(name: str, *direct: str) -> Licenses:
    """What a user, named by the spec's id, holds."""
    return Licenses(Key("tenant", "", "licenses", name), remote_id="", direct=tuple(sorted(direct)))


def group(name: str, *members: str, **attributes: object) -> Group:
    """A group; members by the spec's ids."""
    made = Group(Key("tenant", "", "group", name), display_name=name.title(), members=tuple(sorted(members)))
    return replace(made, **attributes)  # type: ignore[arg-type]


def domain(name: str, **attributes: object) -> TenantDomain:
    """A domain of the tenant."""
    return replace(TenantDomain(Key("tenant", "", "domain", name)), **attributes)  # type: ignore[arg-type]


def sign_in(**attributes: object) -> SignIn:
    """How sign-in to the tenant is protected."""
    return replace(SignIn(Key("tenant", "", "sign-in", "@")), **attributes)  # type: ignore[arg-type]
