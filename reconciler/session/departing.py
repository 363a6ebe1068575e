"""Domains that a person is to take out of a tenant."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.errors import ProviderError
from reconciler.model.key import Key
from reconciler.model.resource import Resource, TenantDomain, User
from reconciler.provider import Reader, Referrer
from reconciler.session.places import Places
from reconciler.spec.customer import CustomerSpec


def leaving(customer: CustomerSpec, places: Places, resources: Mapping[Key, Resource]) -> list[Diagnostic]:
    """Domains that a person is to take out of the tenant, and what still refers to them."""
    found = []
    for one in customer.absent:
        key = Key("tenant", customer.tenant or "", "domain", one.domain or "")
        if not isinstance(resources.get(key), TenantDomain):
            continue
        try:
            counts = _references(places.providers[places.provider_of(key)], key, resources)
            some = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(counts.items())]
            told = f"what refers to it: {', '.join(some) or 'nothing'}"
            remedy = "give those other addresses first" if counts else "take it out in the admin centre, under Domains"
        except ProviderError as problem:
            told, remedy = f"what refers to it could not be counted: {problem}", "let it be counted, and plan again"
        what = f"{key.name} is still in {key.scope}; {told}"
        why = "That cannot be undone, so a person does it."
        found.append(warning("tenant/domain-leaves", what, why, remedy, origin=one.origin, address=key.address))
    return found


def _references(provider: Reader, key: Key, resources: Mapping[Key, Resource]) -> Mapping[str, int]:
    """What refers to a domain, as the tenant says; else how many users that were read have an address there."""
    if isinstance(provider, Referrer):
        return provider.references(key)
    users = [one for one in resources.values() if isinstance(one, User)]
    some = [one for one in users if any(text.endswith(f"@{key.name}") for text in (one.upn, *one.aliases))]
    return {"user": len(some)} if some else {}
