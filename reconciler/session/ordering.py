"""What an import is asked to begin, and whether it may."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import Refused, SpecError
from reconciler.session import placing
from reconciler.spec import load
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.scalars import nearest, show

WORKSPACE, CUSTOMER, BEFORE = load.WORKSPACE, load.CUSTOMER, "before.yaml"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be begun.

    Attributes:
        domains: lower case, A-labels, without final dot; at least one.
        customer: name of the customer's folder.
        specs: the folder of specs, which need not exist.
        servers: DNS servers that somebody named for this run; a new workspace gets them.
        provider: reads the zones, by its name in the workspace; empty = public DNS alone is asked.
        tenant: its initial domain; empty = none is read. `tenants`: its provider; empty = the workspace's default.
        only_mail: whatever is no record of mail is left out.
    """

    domains: tuple[str, ...]
    customer: str
    specs: Path
    servers: tuple[str, ...] = ()
    provider: str = ""
    tenant: str = ""
    tenants: str = ""
    only_mail: bool = False

    @property
    def folder(self) -> Path:
        """The customer's."""
        return self.specs / self.customer

    @property
    def tenant_file(self) -> Path:
        """Where a copy of the tenant stands, for plans that ask nobody."""
        return self.specs / placing.TENANTS / f"{self.tenant}.json"

    def snapshot(self, domain: str) -> str:
        """The name of the file that keeps a domain's mail records of today."""
        return BEFORE if len(self.domains) == 1 else f"before-{domain}.yaml"


def opened(order: Order) -> load.Loaded | None:
    """The specs that are there; none when there is no workspace yet.

    Raises:
        SpecError: the customer's name cannot be a folder's, the workspace is wrong, or lacks a provider asked for.
        Refused: the customer's folder is there already, or another customer has a domain or the tenant.
    """
    if not load.CUSTOMER_ID.fullmatch(order.customer):
        remedy = "use lower case letters, digits, dots and hyphens"
        raise SpecError(
            [error("spec/customer", f"{order.customer!r} is no name for a customer's folder", remedy=remedy)]
        )
    loaded = load.load(order.specs) if os.path.lexists(order.specs / WORKSPACE) else None
    if os.path.lexists(order.folder) and not _empty(order.folder):
        found = [order.folder / name for name in (CUSTOMER, BEFORE)]
        raise Refused([placing.taken(next((one for one in found if os.path.lexists(one)), order.folder))])
    claimed = [one for customer in loaded.customers for one in _claims(order, customer)] if loaded else []
    if claimed:
        raise Refused(claimed)
    wrong = _providers(order, loaded)
    if wrong:
        raise SpecError(wrong)
    return loaded


def _claims(order: Order, customer: CustomerSpec) -> list[Diagnostic]:
    """What another customer has of this order already."""
    remedy = f"Work on it with --customer {customer.id}, or take it out there."
    found = [(name, customer.domains[name].origin) for name in order.domains if name in customer.domains]
    found += [(order.tenant, customer.origin)] if order.tenant and customer.tenant == order.tenant else []
    return [
        error("import/claimed", f"{customer.id} has {what} already", remedy=remedy, origin=origin)
        for what, origin in found
    ]


def _providers(order: Order, loaded: load.Loaded | None) -> list[Diagnostic]:
    """Providers that are asked for and are not there."""
    if not order.provider and not order.tenant:
        return []
    if loaded is None:
        what = f"there is no {order.specs / WORKSPACE}, which would name the providers"
        remedy = "Write one: providers: {zones: {type: zonefile, directory: zones}}; or leave --provider out."
        return [error("import/no-workspace", what, remedy=remedy)]
    if not order.provider and loaded.workspace.defaults.dns is None:
        what = "nothing names who reads the domains, and people are planned with them"
        remedy = "Name a provider with --provider, or write defaults.dns in workspace.yaml."
        return [error("import/no-dns", what, remedy=remedy)]
    known = loaded.workspace.providers
    asked = [order.provider] if order.provider else []
    if order.tenant:
        if name := order.tenants or loaded.workspace.defaults.tenants:
            asked.append(name)
        else:
            remedy = "Name one with --tenants, or write defaults.tenants in workspace.yaml."
            return [error("import/no-tenants", "no provider of tenants is named", remedy=remedy)]
    return [
        error("spec/provider", f"there is no provider {show(name)} in workspace.yaml", remedy=nearest(name, known))
        for name in asked
        if name not in known
    ]


def _empty(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
