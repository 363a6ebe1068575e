"""Finds what two customers claim at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.spec.customer import CustomerSpec


def clashes(customers: Iterable[CustomerSpec]) -> dict[str, list[Diagnostic]]:
    """Errors by customer: a domain, a tenant or an address under two of them is an error on both."""
    holders: dict[str, dict[str, Origin]] = {}
    for one in customers:
        for what, origin in _claims(one):
            holders.setdefault(what, {}).setdefault(one.id, origin)
    found: dict[str, list[Diagnostic]] = {}
    for what, places in holders.items():
        for name, origin in places.items() if len(places) > 1 else ():
            others = ", ".join(f"{other} ({place})" for other, place in places.items() if other != name)
            summary = f"{what} is under another customer too: {others}"
            diagnostic = error("spec/clash", summary, remedy="keep it under one", origin=origin)
            found.setdefault(name, []).append(diagnostic)
    return found


def _claims(one: CustomerSpec) -> Iterator[tuple[str, Origin]]:
    for name, domain in one.domains.items():
        yield f"the domain {name}", domain.origin
    if one.tenant:
        yield f"the tenant {one.tenant}", one.origin
    for account in one.accounts or ():
        yield f"the address {account.address}", account.origin
