"""Finishes accounts, groups and contacts of one customer, and finds what does not fit together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.model.diagnostic import Diagnostic, Origin, error, warning
from reconciler.spec.accounts import Account
from reconciler.spec.customer import Absence, CustomerSpec
from reconciler.spec.people import Contact
from reconciler.spec.scalars import nearest, show
from reconciler.spec.workspace import Workspace
from reconciler.spec.written import put

Place = Callable[[int, str], Origin]
MAILBOXES = ("person", "shared")


def settle_accounts(spec: CustomerSpec, workspace: Workspace, place: Place, found: list[Diagnostic]) -> None:
    """Fill in what accounts leave to defaults, and check each."""
    location = spec.users.usage_location or _country(spec) or workspace.defaults.usage_location
    licenses = spec.users.licenses or (tuple(spec.licenses) if len(spec.licenses) == 1 else None)
    homes = _homes(spec)
    addresses: dict[str, Account] = {}
    ids: dict[str, Account] = {}
    for index, one in enumerate(spec.accounts or ()):
        person = one.kind == "person"
        put(one, id=one.id or one.address)
        if one.kind in MAILBOXES and one.usage_location is None:
            put(one, usage_location=location)
        if person and one.licenses is None:
            put(one, licenses=licenses)
        if addresses.setdefault(one.address, one) is not one:
            found.append(_again(addresses[one.address], f"the address {one.address}", place(index, "address")))
        elif ids.setdefault(one.id, one) is not one:
            found.append(_again(ids[one.id], f"the id {show(one.id)}", place(index, "id")))
        for summary, field, remedy in _mistakes(one, homes, spec):
            found.append(error("spec/account", summary, remedy=remedy, origin=place(index, field)))
    if len(spec.licenses) > 1:
        found.extend(_unlicensed(spec))
    for index, one in enumerate(spec.accounts or ()):
        for field, text in _strangers(one, homes, addresses):
            what = f"{one.address}: {text} is on a domain of this customer, and no account here"
            remedy = "correct it, or add the account; leave it if somebody else makes that address"
            found.append(warning("spec/no-account", what, "", remedy, origin=place(index, field)))
        for text in (*one.full_access, *one.send_as):
            other = addresses.get(text)
            if other is not None and other.kind not in ("person", "alias"):
                what = f"{text} is a {other.kind}, and no person who may open or send as {one.address}"
                found.append(error("spec/account", what, remedy="name a person", origin=one.origin))
        if one.kind == "alias" and len(one.targets) == 1:
            _alias(one, addresses, place(index, "goes_to"), found)


def _unlicensed(spec: CustomerSpec) -> Iterator[Diagnostic]:
    """Several products and no default: who names none gets none, which `;` alone says on purpose."""
    some = [one for one in spec.accounts or () if one.kind == "person" and one.licenses is None]
    if some:
        names = [one.address for one in some[:3]] + ([f"{len(some) - 3} more"] if some[3:] else [])
        whom = " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])
        what = f"{whom} {'get' if some[1:] else 'gets'} no licence"
        why = f"`licenses` lists {len(spec.licenses)} products, and none of them is everybody's."
        none = "`;`" if some[0].origin.file.endswith(".csv") else "`licenses: []`"
        remedy = f"write `users: {{licenses: [...]}}`, or {none} for none"
        yield warning("spec/no-licence", what, why, remedy, origin=some[0].origin)


def _strangers(one: Account, homes: set[str], addresses: dict[str, Account]) -> Iterator[tuple[str, str]]:
    """Addresses that somebody would have to make, and no account does; an alias has errors of its own. With fields."""
    passes = one.kind == "list" or (one.kind == "forward" and len(one.targets) == 1)
    named = {"goes_to": one.targets if passes else (), "full_access": one.full_access, "send_as": one.send_as}
    for field, texts in named.items():
        for text in dict.fromkeys(texts):
            if text not in addresses and text.rpartition("@")[2] in homes:
                yield field, text


def _homes(spec: CustomerSpec) -> set[str]:
    """Where this customer's addresses can be."""
    return {*spec.domains, *([spec.tenant] if spec.tenant else [])}


def _country(spec: CustomerSpec) -> str | None:
    return spec.customer.address.country if spec.customer and spec.customer.address else None


def _again(first: Account, what: str, origin: Origin) -> Diagnostic:
    return error("spec/twice", f"{what} again", f"The first one is at {first.origin}.", "keep one", origin=origin)


def _mistakes(one: Account, homes: set[str], spec: CustomerSpec) -> Iterator[tuple[str, str, str]]:
    """What is wrong with one account: sentence, field, remedy."""
    home = one.address.rpartition("@")[2]
    if home not in homes:
        yield f"{one.address}: {home} is no domain of this customer", "address", nearest(home, homes)
    if one.kind in MAILBOXES and one.goes_to:
        remedy = "make it a forward, or leave goes_to empty"
        yield f"{one.address} is a {one.kind}, which goes nowhere else", "goes_to", remedy
    elif one.kind not in MAILBOXES and not one.goes_to:
        yield f"{one.address} is of kind {one.kind} and goes nowhere", "address", "write goes_to"
    elif one.kind in {"alias", "forward"} and len(one.targets) > 1:
        yield f"{one.address} goes to {len(one.targets)} addresses", "goes_to", "make it a list, or keep one"
    for field in ("full_access", "send_as"):
        if getattr(one, field) and one.kind != "shared":
            yield f"{one.address} is no shared mailbox, which alone has `{field}`", field, "remove it"
    if one.renamed_from == one.address:
        yield f"{one.address} was renamed from itself", "renamed_from", "write the address it had before"
    for name in one.licenses or ():
        if name not in spec.licenses:
            yield f"{one.address}: {name!r} is not among `licenses`", "licenses", nearest(name, spec.licenses)


def _alias(one: Account, addresses: dict[str, Account], origin: Origin, found: list[Diagnostic]) -> None:
    target = addresses.get(one.goes_to)
    if target is None:
        summary = f"{one.address} is an alias of {one.goes_to}, which is no account here"
        near = nearest(one.goes_to, [name for name, other in addresses.items() if other.kind in MAILBOXES])
        remedy = near if near.startswith("did") else "make it a forward, or add the account"
        found.append(error("spec/account", summary, remedy=remedy, origin=origin))
    elif target.kind not in MAILBOXES:
        summary = f"{one.address} is an alias of a {target.kind}"
        found.append(error("spec/account", summary, remedy="an alias belongs to a mailbox", origin=origin))


def settle_groups(spec: CustomerSpec, found: list[Diagnostic]) -> None:
    """Fill in names of groups and check where their members live."""
    homes = _homes(spec)
    for key, group in spec.groups.items():
        if not group.display_name:
            put(group, display_name=key)
        for member in group.members:
            home = member.rpartition("@")[2]
            if home not in homes:
                summary = f"group {show(key)}: {member} is on no domain of this customer"
                found.append(error("spec/member", summary, remedy=nearest(home, homes), origin=group.origin))


def check_absences(spec: CustomerSpec, found: list[Diagnostic]) -> None:
    """Find absences that say too little, too much, or the contrary of what is written elsewhere."""
    present = {one.address for one in spec.accounts or ()}
    for one in spec.absent:
        summary, remedy = _absence(one, spec, present)
        if summary:
            found.append(error("spec/absent", summary, remedy=remedy, origin=one.origin))


def _absence(one: Absence, spec: CustomerSpec, present: set[str]) -> tuple[str, str]:
    if [one.user, one.group, one.domain].count(None) != 2:
        return "an absence names a user, a group or a domain", "write one of `user`, `group` and `domain`"
    if one.user is None and (one.license is not None or one.state != "blocked"):
        return "only a user has a licence and a state", "remove them"
    if one.domain in spec.domains:
        return f"the domain {show(one.domain)} is absent here and present under `domains`", "keep one"
    if one.group in spec.groups:
        return f"the group {show(one.group)} is absent here and present under `groups`", "keep one"
    if one.license is not None and one.license not in spec.licenses:
        return f"{one.license!r} is not among `licenses`", nearest(one.license, spec.licenses)
    homes = _homes(spec)
    if one.user is not None and one.user.rpartition("@")[2] not in homes:
        return f"{one.user} is on no domain of this customer", nearest(one.user.rpartition("@")[2], homes)
    if one.license is None and one.user in present:
        return f"{one.user} is absent here and present under `accounts`", "keep one"
    return "", ""


def contacts(spec: CustomerSpec, workspace: Workspace) -> tuple[Contact, ...]:
    """Everybody who answers for this customer."""
    named = (spec.contacts.onsite_admin, spec.contacts.maintainer or workspace.defaults.maintainer)
    return (*(one for one in named if one), *spec.contacts.admins, *spec.contacts.support)


def check_contacts(spec: CustomerSpec, workspace: Workspace, found: list[Diagnostic]) -> None:
    """Warn when nobody could be reached while mail moves."""
    moving = {name for name, one in spec.domains.items() if one.migration}
    people = contacts(spec, workspace)
    if moving and people and all(one.email.rpartition("@")[2] in moving for one in people):
        summary = "every contact's address lies on a domain that moves"
        detail = "Nobody can be reached by mail if the move fails."
        remedy = "give one contact an address elsewhere"
        place = next((one.origin for one in people if one.origin.file == spec.origin.file), spec.origin)
        found.append(warning("spec/contacts", summary, detail, remedy, origin=place))
