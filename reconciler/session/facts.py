"""Turns what tenants say of themselves into facts."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import accounts, products
from reconciler.mail import services
from reconciler.model.key import Key
from reconciler.model.resource import Resource, Signing, Sku, TenantDomain, User
from reconciler.model.value import Value


def facts_of(resources: Mapping[Key, Resource]) -> dict[str, Value]:
    """The records each domain asks for, and part numbers by part number, by id and by product name, seats, and
    the addresses under which people write who sign in with another one.

    A product name that several part numbers share gives a tuple of them.
    """
    facts: dict[str, Value] = {}
    called: dict[str, list[str]] = {}
    ids: dict[str, Value] = {}
    parts: dict[str, list[str]] = {}
    shown: dict[tuple[str, str], str] = {}
    for key, resource in resources.items():
        if isinstance(resource, TenantDomain):
            facts |= services.facts_of(resource)
        elif isinstance(resource, Signing):
            domain = Key("tenant", key.scope, "domain", key.name).address
            facts |= {f"{domain}#CNAME/{which}._domainkey": (f"{host}.",) for which, host in resource.targets}
        elif isinstance(resource, User):
            if resource.mail and not resource.deleted:
                facts[accounts.mail_source(key.scope, key.name)] = resource.mail
        elif isinstance(resource, Sku):
            parts.setdefault(key.scope, []).append(key.name)
            facts[accounts.seats_source(key.scope, key.name)] = resource.enabled + resource.warning
            ids.setdefault(accounts.sku_source(key.scope, resource.sku_id), key.name)
            product = resource.product or products.name_of(resource.sku_id)
            if product:
                shown[key.scope, key.name] = f"{product} ({key.name})"
                called.setdefault(accounts.sku_source(key.scope, product), []).append(key.name)
    facts |= ids
    for source, names in called.items():
        facts[source] = names[0] if len(names) == 1 else tuple(sorted(names))
    for tenant, names in parts.items():
        facts[accounts.choices_source(tenant)] = ", ".join(sorted(shown.get((tenant, name), name) for name in names))
        facts |= {accounts.sku_source(tenant, name): name for name in names}
    return facts
