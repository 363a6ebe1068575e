"""What a customer's plan lacks to be applied; it is shown all the same."""

from __future__ import annotations

from reconciler.model.diagnostic import Diagnostic, error
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.workspace import Workspace


def missing(customer: CustomerSpec, workspace: Workspace) -> tuple[Diagnostic, ...]:
    """What keeps a plan from being applied; empty when nothing does.

    Before a migration, and for a reseller's customer (one with a `customer` section), somebody must keep the system and
    somebody must be at the site. Source: Mitel CloudLink, customer onboarding: at least one maintainer and one onsite
    administrator, read 2026-11-21.
    """
    moving = [one for one in customer.domains.values() if one.migration]
    if customer.customer is None and not moving:
        return ()
    why = f"{moving[0].name} migrates" if moving else "this is a customer"
    roles = {one.role for one in customer.contacts.support}
    there = {
        "maintainer": bool(customer.contacts.maintainer or workspace.defaults.maintainer) or "maintainer" in roles,
        "onsite_admin": bool(customer.contacts.onsite_admin) or "onsite_admin" in roles,
    }
    return tuple(
        error(
            "spec/contacts",
            f"contacts: {role} is needed, since {why}",
            remedy=f"write contacts.{role} with name, email and phone",
            origin=customer.origin,
        )
        for role, named in there.items()
        if not named
    )
