"""Turns what tenants say of themselves into facts."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import accounts
from reconciler.mail import services
from reconciler.model.key import Key
from reconciler.model.resource import Resource, Sku, TenantDomain
from reconciler.model.value import Value


def facts_of(resources: Mapping[Key, Resource]) -> dict[str, Value]:
    """The records each domain asks for, and part numbers by part number and by product name, seats.

    A product name that several part numbers share gives a tuple of them.
    """
    facts: dict[str, Value] = {}
    products: dict[str, list[str]] = {}
    parts: dict[str, list[str]] = {}
    shown: dict[tuple[str, str], str] = {}
    for key, resource in resources.items():
        if isinstance(resource, TenantDomain):
            facts |= services.facts_of(resource)
        elif isinstance(resource, Sku):
            parts.setdefault(key.scope, []).append(key.name)
            facts[accounts.seats_source(key.scope, key.name)] = resource.enabled + resource.warning
            if resource.product:
                shown[key.scope, key.name] = f"{resource.product} ({key.name})"
                products.setdefault(accounts.sku_source(key.scope, resource.product), []).append(key.name)
    for source, names in products.items():
        facts[source] = names[0] if len(names) == 1 else tuple(sorted(names))
    for tenant, names in parts.items():
        facts[accounts.choices_source(tenant)] = ", ".join(sorted(shown.get((tenant, name), name) for name in names))
        facts |= {accounts.sku_source(tenant, name): name for name in names}
    return facts
