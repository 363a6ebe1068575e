"""Guards that know tenants: what may not be done in one, and what in it speaks against the spec. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from reconciler import addresses
from reconciler.diff import Row
from reconciler.model.diagnostic import Diagnostic, error, warning
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Resource, SignIn, TenantDomain
from reconciler.spec.customer import CustomerSpec
from reconciler.verdict import REMOVALS

Refusals = Iterator[tuple[Slot, str]]


def refusals(rows: Iterable[Row], resources: Mapping[Key, Resource]) -> Refusals:
    """Every act that may not go ahead, with the reason for a person."""
    domains = {one.key: one for one in resources.values() if isinstance(one, TenantDomain)}
    hosted = {key.name: key.scope for key, one in domains.items() if one.hosted}
    federated = {key for key, one in domains.items() if one.federated}
    rows = list(rows)
    verified = {key for key, one in domains.items() if one.verified}
    verified |= {row.slot.key for row in rows if row.slot.key.kind == "domain" and row.slot.part == "verified"}
    tenants = {key.scope for key in domains}
    yield from _homeless((row for row in rows if row.slot.key.scope in tenants), verified)
    for row in rows:
        key, part = row.slot
        if key.system == "dns" and key.scope in hosted:
            what = f"Microsoft keeps the zone of {key.scope} itself, for {hosted[key.scope]}"
            yield row.slot, f"{what}: change it in its admin centre"
        elif key.kind == "domain" and part == "default" and key in federated:
            yield row.slot, f"{key.name} is federated, and such a domain cannot be the default one"
        elif key.kind == "user" and (home := _home(row)) and key._replace(kind="domain", name=home) in federated:
            what = f"{home} is federated: who signs in there is asked elsewhere"
            yield row.slot, f"{what}, so the account is made, or gets this address, at that system"
        elif key.kind == "sign-in" and row.target is True and (names := _policies(resources.get(key))):
            yield row.slot, f"conditional access is in force ({names}), and security defaults exclude it"


def _homeless(rows: Iterable[Row], verified: Container[Key]) -> Refusals:
    """An address needs a domain that the tenant has, or will have before its account is made."""
    for row in rows:
        if row.slot.key.kind != "user" or row.verdict in REMOVALS:
            continue
        homes = {one.rpartition("@")[2] for one in addresses.taken(row)} - {row.slot.key.scope}
        for home in sorted(homes):
            if row.slot.key._replace(kind="domain", name=home) not in verified:
                what = f"{home} is not verified in {row.slot.key.scope}"
                yield row.slot, f"{what}: write `mail: microsoft365` at that domain, or verify it first"


def _home(row: Row) -> str:
    """The domain of an address that a row gives to an account; empty when it gives none."""
    want = row.carried.get("upn")
    address = want.value if want and not row.slot.part else row.target if row.slot.part == "upn" else ""
    return str(address or "").rpartition("@")[2]


def _policies(found: Resource | None) -> str:
    return ", ".join(found.policies[:3]) if isinstance(found, SignIn) else ""


def findings(customer: CustomerSpec, resources: Mapping[Key, Resource]) -> Iterator[Diagnostic]:
    """What a tenant that was read says against the spec."""
    tenant = str(customer.tenant)
    sign_in = resources.get(Key("tenant", tenant, "sign-in", "@"))
    asked = customer.sign_in
    if asked.mentioned and not isinstance(sign_in, SignIn):
        what, remedy = f"how sign-in to {tenant} is protected could not be read", "give the permission it names"
        yield error("tenant/sign-in", what, "The spec asks for something there.", remedy, origin=asked.origin)
    elif asked.conditional_access and isinstance(sign_in, SignIn) and not sign_in.policies:
        what = f"{tenant} has no conditional access policy in force, and the spec requires one"
        why = "Security defaults are on." if sign_in.defaults else "Nothing asks anybody for a second factor."
        remedy = "have one made, with an emergency account left out of it, or take the line away"
        yield error("tenant/conditional-access", what, why, remedy, origin=asked.origin)
    for name, domain in customer.domains.items():
        found = resources.get(Key("tenant", tenant, "domain", name))
        if isinstance(found, TenantDomain) and found.hosted:
            what = f"Microsoft keeps the zone of {name} itself"
            remedy = "have its records changed in the admin centre, or move its name servers first"
            yield warning("tenant/hosted", what, "Nothing is written there.", remedy, origin=domain.origin)
