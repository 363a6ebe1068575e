"""How the suite compares and complains: by attribute values, never through the product's own diff.

Plain `assert` is not used, since Python can be told to leave it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from reconciler.model.key import Key
from reconciler.model.resource import Licenses, RecordSet, Resource, TenantDomain, User
from reconciler.provider import Capabilities

#: What says who a resource is, not what it is like.
IDENTITY = frozenset({"key", "remote_id"})
#: What follows from other resources: seats in use from licences.
COUNTED = frozenset({"consumed"})


def holds(condition: object, complaint: str) -> None:
    """Complain unless the condition is true.

    Raises:
        AssertionError: with the complaint.
    """
    if not condition:
        raise AssertionError(complaint)


def same(found: object, wanted: object, what: str) -> None:
    """Complain, showing both, unless they are equal.

    Raises:
        AssertionError: with what was compared, found and wanted.
    """
    holds(found == wanted, f"{what}:\n  found  {found!r}\n  wanted {wanted!r}")


def attributes(resource: Resource | None, computed: frozenset[str] = frozenset()) -> Mapping[str, object]:
    """What a resource is like, without who it is and what the system sets itself.

    Returns:
        Empty for what is not there: none, a soft-deleted user, a user's empty set of licences.
    """
    if resource is None or (isinstance(resource, User) and resource.deleted):
        return {}
    if isinstance(resource, Licenses) and not (resource.direct or resource.inherited):
        return {}
    ignored = IDENTITY | COUNTED | computed
    return {field.name: getattr(resource, field.name) for field in fields(resource) if field.name not in ignored}


def picture(resources: Mapping[Key, Resource], kinds: Mapping[str, Capabilities]) -> dict[Key, Mapping[str, object]]:
    """What every resource is like, by key; those that are as good as absent are left out."""
    seen = {key: attributes(one, computed_of(kinds, key.kind)) for key, one in resources.items()}
    return {key: value for key, value in seen.items() if value}


def computed_of(kinds: Mapping[str, Capabilities], kind: str) -> frozenset[str]:
    """The attributes of a kind that are never compared; none for a kind that is not declared."""
    return kinds[kind].computed if kind in kinds else frozenset()


def unasked(wished: Resource | None) -> frozenset[str]:
    """The attributes that a wish leaves as they are unless it says so.

    These are: whether a record set is proxied, and the services of a domain, which come with its verification.
    """
    if isinstance(wished, RecordSet) and wished.proxied is None:
        return frozenset({"proxied"})
    if isinstance(wished, TenantDomain) and not wished.services:
        return frozenset({"services"})
    return frozenset()
