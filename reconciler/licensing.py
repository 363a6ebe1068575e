"""What speaks against licences: seats that run out, products that exclude each other, errors the tenant shows. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from reconciler import products
from reconciler.accounts import sku_source
from reconciler.diff import Row
from reconciler.model.diagnostic import Diagnostic, Origin, error, warning
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Licenses, Resource, Sku, User
from reconciler.model.route import Facts
from reconciler.spec.accounts import Account
from reconciler.spec.customer import CustomerSpec, LicenseSpec
from reconciler.spec.scalars import nearest
from reconciler.verdict import REMOVALS

#: Part numbers, and the service plans that are off as `SKU/PLAN`.
Holding = tuple[frozenset[str], frozenset[str]]
#: So many people are named in one sentence.
NAMED = 5
#: Service plans of Exchange, and those of them that stand beside a mailbox. Source: Microsoft Entra, "Product names
#: and service plan identifiers for licensing", read 2026-11.
EXCHANGE, NO_MAILBOX = "EXCHANGE_S_", ("EXCHANGE_S_FOUNDATION", "EXCHANGE_S_ARCHIVE")


def findings(
    customer: CustomerSpec, resources: Mapping[Key, Resource], facts: Facts, ours: Container[str] = ()
) -> Iterator[Diagnostic]:
    """One finding for each product or each mistake, with the people it is about.

    Args:
        resources: under the spec's names.
        facts: the part numbers of products as authors name them.
        ours: addresses of slots that are ours: a licence among them goes when the spec no longer names it.
    """
    skus = {key.name: one for key, one in resources.items() if isinstance(one, Sku)}
    for name, licence in customer.licenses.items():
        sku = skus.get(str(facts.get(sku_source(str(customer.tenant), name))))
        if sku is not None:
            yield from _state(name, sku, licence.origin)
            yield from _plans(name, sku, licence)
    people = [one for one in customer.accounts or () if one.kind == "person"]
    yield from _errors(customer, people, resources)
    holdings = {one.id: _holding(customer, one, resources, facts, ours) for one in people if one.licenses}
    yield from _clashes(people, holdings, skus)


def _state(name: str, sku: Sku, origin: Origin) -> Iterator[Diagnostic]:
    """A subscription that nobody has paid for, told before its seats are gone."""
    called = f"{name} ({sku.key.name})" if name != sku.key.name else name
    until = f" until {sku.renews}" if sku.renews else ""
    if sku.status == "Warning" or (sku.warning and sku.status == "Enabled"):
        what = f"{sku.warning} seats of {called} have expired and still work{until}"
        yield warning("licences/expired", what, remedy="have the subscription renewed", origin=origin)
    elif sku.status != "Enabled":
        what = f"{called} is {sku.status.lower()}: none of its {sku.suspended or sku.enabled} seats can be given"
        yield warning("licences/suspended", what, remedy="have the subscription paid or renewed", origin=origin)


def _plans(name: str, sku: Sku, licence: LicenseSpec) -> Iterator[Diagnostic]:
    """A service plan that the product does not have; where its plans are not known, nobody can say."""
    for plan in licence.disabled_plans if sku.plans else ():
        if plan not in sku.plans:
            what = f"{name} ({sku.key.name}) has no service plan {plan}"
            yield error("licences/plan", what, remedy=nearest(plan, sku.plans), origin=licence.origin)


def mailboxes(rows: Iterable[Row], resources: Mapping[Key, Resource]) -> Iterator[Diagnostic]:
    """A warning for each person whose last product with a mailbox is taken.

    Args:
        rows: of all routes; those that write nothing are passed over. `resources`: under the spec's names.

    Source: Microsoft 365, "Delete or restore user mailboxes in Exchange Online", read 2026-11: 30 days after the
    licence is taken, the mailbox is gone.
    """
    moved: dict[Key, list[Row]] = {}
    for row in rows:
        if row.acts and row.slot.key.kind == "licenses":
            moved.setdefault(row.slot.key, []).append(row)
    for key, some in moved.items():
        held = resources.get(key)
        if not isinstance(held, Licenses) or not any(row.verdict in REMOVALS for row in some):
            continue
        gone = {row.slot.part for row in some if row.verdict in REMOVALS}
        new = {row.slot.part for row in some} - gone
        before, off = {*held.direct, *held.inherited}, {*held.disabled}
        after = ({*held.direct} - gone) | {part for part in new if "/" not in part} | {*held.inherited}
        if _mailbox(before, off, key, resources) and not _mailbox(after, (off - gone) | new, key, resources):
            user = resources.get(key._replace(kind="user"))
            whom = user.upn if isinstance(user, User) else key.name
            what = f"{whom} loses the last product with a mailbox: the mailbox goes with it after 30 days"
            remedy = "keep a product with Exchange if the mail is still needed"
            origin = next((row.want.origin for row in some if row.want), Origin())
            yield warning("licences/mailbox", what, remedy=remedy, origin=origin)


def _mailbox(parts: Iterable[str], off: Container[str], key: Key, resources: Mapping[Key, Resource]) -> bool:
    """Whether one of the products brings Exchange; its foundation and its archive hold no mailbox of their own."""
    for part in parts:
        sku = resources.get(key._replace(kind="sku", name=part))
        for plan in sku.plans if isinstance(sku, Sku) else ():
            if plan.startswith(EXCHANGE) and not plan.startswith(NO_MAILBOX) and f"{part}/{plan}" not in off:
                return True
    return False


def _errors(
    customer: CustomerSpec, people: Iterable[Account], resources: Mapping[Key, Resource]
) -> Iterator[Diagnostic]:
    for one in people:
        held = resources.get(Key("tenant", str(customer.tenant), "licenses", one.id))
        for told in held.errors if isinstance(held, Licenses) else ():
            part, _, reason = told.partition(": ")
            what = f"{one.address} does not get all of {part}: {reason}"
            remedy = REMEDIES.get(reason, "look at the account's licences in the admin centre")
            yield warning("licences/error", what, remedy=remedy, origin=one.origin)


#: Source: Microsoft Graph v1.0, `licenseAssignmentState.error`, and Microsoft Entra, "Identify and resolve license
#: assignment problems for a group", read 2026-11.
REMEDIES = {
    "CountViolation": "buy a seat, or take one from somebody",
    "MutuallyExclusiveViolation": "list one of the plans that exclude each other under `disabled_plans`",
    "DependencyViolation": "add the product that it needs, or list the plan under `disabled_plans`",
    "ProhibitedInUsageLocationViolation": "set the usage location; some services are not sold everywhere",
    "UniquenessViolation": "another account has one of the addresses: find it in Exchange",
}


def _clashes(
    people: Iterable[Account], holdings: Mapping[str, Holding], skus: Mapping[str, Sku]
) -> Iterator[Diagnostic]:
    """Products that one person would hold and cannot; people with the same products are told together."""
    by_holding: dict[Holding, list[Account]] = {}
    for one in people:
        if one.id in holdings:
            by_holding.setdefault(holdings[one.id], []).append(one)
    for (parts, off), some in by_holding.items():
        held = {
            part: frozenset(plan for plan in skus[part].plans if f"{part}/{plan}" not in off)
            for part in sorted(parts)
            if part in skus
        }
        names = ", ".join(one.address for one in some[:NAMED]) + (
            f" and {len(some) - NAMED} more" if some[NAMED:] else ""
        )
        for told in products.clashes(held):
            why = "The tenant refuses such licences, or gives only a part of them."
            yield warning("licences/clash", f"{names}: {told}", why, origin=some[0].origin)


def _holding(
    customer: CustomerSpec, one: Account, resources: Mapping[Key, Resource], facts: Facts, ours: Container[str]
) -> Holding:
    tenant = str(customer.tenant)
    key = Key("tenant", tenant, "licenses", one.id)
    held = resources.get(key)
    parts, off = set[str](), set[str]()
    if isinstance(held, Licenses):
        parts = {part for part in held.direct if Slot(key, part).address not in ours} | {*held.inherited}
        off = {*held.disabled}
    for name in one.licenses or ():
        part = facts.get(sku_source(tenant, name))
        if isinstance(part, str):
            parts.add(part)
            off |= {f"{part}/{plan}" for plan in customer.licenses[name].disabled_plans}
    for absence in customer.absent:
        if absence.user == one.address and absence.license:
            parts.discard(str(facts.get(sku_source(tenant, absence.license))))
    return frozenset(parts), frozenset(off)
