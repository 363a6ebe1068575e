"""What to read for a customer: a zone for each domain, and the tenant."""

from __future__ import annotations

from reconciler.provider import Scope
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.workspace import Workspace


def scopes(customer: CustomerSpec, workspace: Workspace) -> tuple[tuple[str, Scope], ...]:
    """Provider names and what each shall read, zones first, in the spec's order; no zone of a host one can only ask."""
    found = [(one.dns, Scope("dns", name)) for name, one in customer.domains.items() if isinstance(one.dns, str)]
    provider = customer.tenants or workspace.defaults.tenants
    if customer.tenant and provider and _asks_tenant(customer):
        found.append((provider, Scope("tenant", customer.tenant)))
    return tuple(found)


def _asks_tenant(customer: CustomerSpec) -> bool:
    """Something the tenant knows is mentioned."""
    domains = customer.domains.values()
    by_domain = any((one.mail and one.mail.service == "microsoft365") or one.teams or one.devices for one in domains)
    by_domain = by_domain or any(one.default or one.retire_verification for one in domains)
    return by_domain or customer.accounts is not None or bool(customer.groups or customer.licenses or customer.absent)
