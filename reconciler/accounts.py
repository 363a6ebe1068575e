"""Turns the spec's accounts, licences and groups into wishes over tenant slots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler import mailboxes
from reconciler.model.diagnostic import Diagnostic, Origin, error, info, warning
from reconciler.model.key import ALIAS, Key, Slot
from reconciler.model.route import Facts, Want
from reconciler.model.value import Value
from reconciler.spec.accounts import Account
from reconciler.spec.customer import Absence, CustomerSpec
from reconciler.tenant import BLOCKED, LICENSED, PLAN_OFF, PRESENT

Ask = tuple[str, Slot, Want]
STAGE = "accounts"
#: The rule that only what the tenant says can break.
UNKNOWN_SKU = "accounts/sku"


@dataclass(slots=True)
class Wishes:
    """The tenant's part of a spec.

    Attributes:
        by_domain: wishes that follow the route of the user's domain.
        own: wishes of the tenant's own route.
    """

    by_domain: dict[str, list[Ask]] = field(default_factory=dict)
    own: list[Ask] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def home(self, customer: CustomerSpec, address: str) -> list[Ask]:
        """Where the wishes for an address are gathered."""
        domain = address.partition("@")[2]
        return self.by_domain.setdefault(domain, []) if domain in customer.domains else self.own


def wishes(customer: CustomerSpec, facts: Facts, written: Container[str] = ()) -> Wishes:
    """Every wish over users, licences and groups; empty when the spec mentions none.

    Args:
        written: addresses of slots that we wrote, or began to.
    """
    made = Wishes()
    if not customer.tenant:
        return made
    aliases: dict[str, list[str]] = {}
    for account in customer.accounts or ():
        for goal in account.targets if account.kind == "alias" else ():
            aliases.setdefault(goal, []).append(account.address)
    homes = {one: goal for goal, some in aliases.items() for one in some}
    for account in customer.accounts or ():
        if account.kind == "person":
            further = tuple(sorted(aliases.get(account.address, ())))
            made.home(customer, account.address).extend(_person(customer, account, further, facts, made.diagnostics))
            made.home(customer, account.address).extend(_first_address(customer, account, facts, written))
        elif customer.exchange and account.kind in mailboxes.KINDS:
            further = tuple(sorted(aliases.get(account.address, ())))
            made.home(customer, account.address).extend(mailboxes.wishes(customer, account, further, homes))
    made.own += _groups(customer, made.diagnostics)
    if customer.sign_in.security_defaults is not None:
        slot = Slot(Key("tenant", customer.tenant, "sign-in", "@"), "defaults")
        made.own.append(
            (STAGE, slot, Want(customer.sign_in.security_defaults, customer.sign_in.origin, overwrite=True))
        )
    for one in customer.absent:
        made.home(customer, one.user or "").extend(_absence(customer, one, facts, made.diagnostics))
    made.diagnostics += [*_by_hand(customer), *_renamed(customer, aliases)]
    made.diagnostics += [*_paid(customer, facts), *_other_addresses(customer, facts, written)]
    return made


def _person(
    customer: CustomerSpec, account: Account, aliases: tuple[str, ...], facts: Facts, found: list[Diagnostic]
) -> Iterator[Ask]:
    tenant = str(customer.tenant)
    key = Key("tenant", tenant, "user", account.id)
    values: tuple[tuple[str, Value | None], ...] = (
        ("", BLOCKED if account.blocked else PRESENT),
        ("upn", account.address),
        ("displayName", account.name or account.address),
        ("givenName", account.given_name),
        ("surname", account.surname),
        ("usageLocation", account.usage_location),
        ("phone", account.phone),
        ("department", account.department),
        ("jobTitle", account.job_title),
        *((f"{ALIAS}{one}", PRESENT) for one in aliases),
        ("manager", _manager(customer, account, found)),
    )
    for part, value in values:
        if value:
            yield STAGE, Slot(key, part), _wish(account, part, value)
    skus = account.licenses or ()
    if skus and not account.usage_location:
        summary = f"{account.address} gets a licence but has no usage location"
        remedy = "set users.usage_location, or customer.address.country"
        found.append(error("accounts/usage-location", summary, remedy=remedy, origin=account.origin))
        return
    held = Key("tenant", tenant, "licenses", account.id)
    for name in skus:
        part = _sku(customer, name, account.origin, facts, found)
        if part:
            yield STAGE, Slot(held, part), Want(LICENSED, account.origin, manage=account.manage)
            for plan in customer.licenses[name].disabled_plans:
                yield STAGE, Slot(held, f"{part}/{plan}"), Want(PLAN_OFF, account.origin, manage=account.manage)


def mail_source(tenant: str, name: str) -> str:
    """The fact that holds the address under which somebody's mail goes out, where it is not the sign-in name."""
    return f"tenant/{tenant}#mail/{name}"


def _first_address(customer: CustomerSpec, account: Account, facts: Facts, written: Container[str]) -> Iterator[Ask]:
    """An alias of ours is the first address only for the moment in which it is added; it stays so if that is cut off.

    Somebody else's first address is somebody's wish.
    """
    key = Key("tenant", str(customer.tenant), "user", account.id)
    mail = facts.get(mail_source(key.scope, account.id))
    if isinstance(mail, str) and Slot(key, f"{ALIAS}{mail}").address in written:
        yield STAGE, Slot(key, "mail"), Want(None, account.origin, manage=account.manage, only=mail)


def _other_addresses(customer: CustomerSpec, facts: Facts, written: Container[str]) -> Iterator[Diagnostic]:
    """Who writes under another address than the spec's; nobody changes that."""
    tenant, people = str(customer.tenant), [one for one in customer.accounts or () if one.kind == "person"]
    told = [(one, mail) for one in people if isinstance(mail := facts.get(mail_source(tenant, one.id)), str)]
    told = [(one, mail) for one, mail in told if not [*_first_address(customer, one, facts, written)]]
    if told:
        names = ", ".join(f"that of {one.address} as {mail}" for one, mail in told[:3])
        more = f", and {len(told) - 3} more" if len(told) > 3 else ""
        summary = f"mail goes out under another address than the spec's: {names}{more}"
        yield info("accounts/first-address", summary, "It is left as it is.", origin=told[0][0].origin)


def _manager(customer: CustomerSpec, account: Account, found: list[Diagnostic]) -> str:
    """The spec id of who leads a person; empty for nobody."""
    if not account.manager:
        return ""
    whom = next((one for one in customer.accounts or () if one.address == account.manager), None)
    if whom is None or whom.kind != "person" or whom is account:
        what = f"{account.address} has a manager {account.manager} that is no other person of the accounts"
        found.append(error("accounts/manager", what, remedy="add the account first", origin=account.origin))
    return whom.id if whom else ""


def _wish(account: Account, part: str, value: Value) -> Want:
    """A name that nobody wrote is only for an account that is to be made; an address that moves may be taken over."""
    seed = part == "displayName" and not account.name
    overwrite = account.adopt is not None or (part == "upn" and account.renamed_from is not None)
    return Want(value, account.origin, seed, overwrite, account.manage, account.protect)


def sku_source(tenant: str, name: str) -> str:
    """The fact that holds the part number of a product as authors name it."""
    return f"tenant/{tenant}#sku/{name.casefold()}"


def choices_source(tenant: str) -> str:
    """The fact that lists every part number of a tenant, for people."""
    return f"tenant/{tenant}#skus"


def _sku(customer: CustomerSpec, name: str, origin: Origin, facts: Facts, found: list[Diagnostic]) -> str:
    part = facts.get(sku_source(str(customer.tenant), name))
    if isinstance(part, str):
        return part
    choices = (
        ", ".join(part)
        if isinstance(part, tuple)
        else str(facts.get(choices_source(str(customer.tenant)), "none is subscribed"))
    )
    what = "names several products" if isinstance(part, tuple) else "is not subscribed"
    diagnostic = error(
        UNKNOWN_SKU,
        f"licence {name!r} {what} in {customer.tenant}",
        remedy=f"use one of: {choices}",
        origin=customer.licenses[name].origin if name in customer.licenses else origin,
    )
    if diagnostic not in found:
        found.append(diagnostic)
    return ""


def _groups(customer: CustomerSpec, found: list[Diagnostic]) -> Iterator[Ask]:
    people = {one.address: one.id for one in customer.accounts or () if one.kind == "person"}
    for name, group in customer.groups.items():
        key = Key("tenant", str(customer.tenant), "group", name)
        values = {"": PRESENT, "displayName": group.display_name or name, "groupKind": group.kind}
        for member in group.members:
            if member in people:
                values[f"members/{people[member]}"] = PRESENT
            else:
                summary = f"group {name} has a member {member} that is no person of the accounts"
                found.append(error("accounts/member", summary, remedy="add the account first", origin=group.origin))
        for part, value in values.items():
            yield STAGE, Slot(key, part), Want(value, group.origin, manage=group.manage, protect=group.protect)


def _absence(customer: CustomerSpec, one: Absence, facts: Facts, found: list[Diagnostic]) -> Iterator[Ask]:
    name = _named(customer, one.user or "")
    if one.user and one.license:
        part = _sku(customer, one.license, one.origin, facts, found)
        if part:  # beside the licences that are given, so that a swap is one change
            yield STAGE, Slot(Key("tenant", str(customer.tenant), "licenses", name), part), Want(None, one.origin)
    elif one.user:
        key = Key("tenant", str(customer.tenant), "user", name)
        slot = Slot(key, "")
        if one.state == "blocked":  # whoever left is shut out first; what is deleted goes last
            yield STAGE, slot, Want(BLOCKED, one.origin, overwrite=True)
        else:
            yield "retire", slot, Want(None, one.origin, overwrite=True)
    elif one.group:
        summary = f"group {one.group} cannot be deleted by this version"
        found.append(warning("accounts/group-absent", summary, remedy="delete it by hand", origin=one.origin))


def seats_source(tenant: str, part: str) -> str:
    """The fact that holds how many seats of a part number the tenant has."""
    return f"tenant/{tenant}#seats/{part}"


def _paid(customer: CustomerSpec, facts: Facts) -> Iterator[Diagnostic]:
    """What the spec says is paid for against what the tenant has."""
    tenant = str(customer.tenant)
    given = Counter(name for one in customer.accounts or () for name in one.licenses or ())
    for name, licence in customer.licenses.items():
        if given[name] > licence.seats:
            what, remedy = f"{given[name]} accounts have {name}, {licence.seats} seats are paid for", "correct seats"
            yield warning("accounts/seats-paid", what, remedy=f"{remedy}, or the accounts", origin=licence.origin)
        part = facts.get(sku_source(tenant, name))
        there = facts.get(seats_source(tenant, str(part)))
        if isinstance(part, str) and isinstance(there, int) and there != licence.seats:
            called = name if name.casefold() == part.casefold() else f"{name} ({part})"
            summary = f"{licence.seats} seats of {called} are paid for, the tenant has {there}"
            yield warning("accounts/seats", summary, remedy="correct seats, or ask the reseller", origin=licence.origin)


def unwanted(customer: CustomerSpec) -> list[str]:
    """Addresses named as absent that no account of the spec has, once each."""
    ours = {one.address for one in customer.accounts or ()}
    return list(dict.fromkeys(one.user for one in customer.absent if one.user and one.user not in ours))


def _named(customer: CustomerSpec, address: str) -> str:
    """The spec id of an address; the address itself when no account has it."""
    return next((one.id for one in customer.accounts or () if one.address == address), address)


def _renamed(customer: CustomerSpec, aliases: Mapping[str, list[str]]) -> Iterator[Diagnostic]:
    """Mail to an address that is given up comes back, unless it goes on as an alias."""
    for one in customer.accounts or ():
        old = one.renamed_from
        if old and old != one.address and old not in aliases.get(one.address, ()):
            what, remedy = f"mail to {old} will come back", f"add `{old}` as kind alias that goes to {one.address}"
            yield warning("accounts/address-given-up", what, remedy=remedy, origin=one.origin)


def _by_hand(customer: CustomerSpec) -> Iterator[Diagnostic]:
    for kind in () if customer.exchange else mailboxes.KINDS:
        some = [one for one in customer.accounts or () if one.kind == kind]
        if some:
            names = ", ".join(one.address for one in some[:3]) + (" ..." if len(some) > 3 else "")
            yield warning(
                "accounts/by-hand",
                f"{len(some)} of kind {kind} must be made in Exchange Online by hand: {names}",
                "Microsoft Graph cannot make them.",
                "Make them, or let the plan write a script: a provider of type `exchange`, and `exchange: NAME` here.",
                origin=some[0].origin,
            )
