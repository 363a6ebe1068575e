"""What a tenant does with a change to its document: it acts, or says why not, as Microsoft 365 does.

Each function changes the document in place or raises `Said`; a document that was being changed then is worth nothing.
Addresses and names are in normal form. Source of each rule: Microsoft Graph v1.0 metadata and documentation, 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model import tenant_document, tenant_naming, tenant_rules
from reconciler.model.change import Status
from reconciler.model.resource import Group, Licenses, SignIn, TenantDomain, User
from reconciler.model.tenant_document import Entry

#: Status of a product whose seats can be given out; Warning: expired, in grace.
ASSIGNABLE = ("Enabled", "Warning")


class Said(Exception):
    """The tenant's answer to a change that it does not make."""

    def __init__(self, status: Status, detail: str) -> None:
        """The detail is one line for a person."""
        self.status, self.detail = status, detail
        super().__init__(detail)


def failed(detail: str) -> Said:
    """The tenant says no."""
    return Said(Status.FAILED, detail)


def refused(detail: str) -> Said:
    """It is not even tried."""
    return Said(Status.REFUSED, detail)


def live(document: Entry) -> Iterator[Entry]:
    """Users who are not deleted."""
    return (one for one in document.get("users", ()) if not one.get("deleted", False))


# Domains


def add_domain(document: Entry, after: TenantDomain) -> TenantDomain:
    """Add a domain, with a verification text; one below a verified domain is verified at once."""
    name, seed = after.key.name, document["seed"]
    if name in document.get("elsewhere", ()):
        raise refused(f"{name} is verified in another tenant: remove it there first")
    entry: Entry = {"name": name, "verified": False, "verification": tenant_naming.verification(seed, name)}
    domains = document.setdefault("domains", [])
    if any(_verified(one) and name.endswith("." + one["name"]) for one in domains):
        _verify(document, entry)
    domains.append(entry)
    return tenant_document.domain_of(after.key.scope, entry, seed)


def change_domain(document: Entry, present: TenantDomain, after: TenantDomain, sees: bool) -> None:
    """Verify a domain, make it the default, or both; `sees`: its verification text is found in DNS."""
    entry = tenant_document.entry_of(document, "domain", after.key.name) or {}
    if (present.verified and not after.verified) or (present.default and not after.default):
        raise refused("a domain stays verified, and stays the default until another one is")
    if after.verified and not present.verified:
        if not sees:
            raise Said(Status.WAITING, unseen(present))
        _verify(document, entry)
    if after.verified and present.verified and after.services != present.services:
        others = {*entry.get("services", ())} - {*tenant_rules.SERVICES}
        entry["services"] = sorted({*others, *after.services})
    if after.default and not present.default:
        if not after.verified:
            raise failed("only a verified domain can be the default")
        for other in document["domains"]:
            other.pop("default", None)
        entry["default"] = True


def unseen(domain: TenantDomain) -> str:
    """What is awaited before the domain can be verified."""
    return f"the tenant does not see TXT {domain.verification} at {domain.key.name} yet"


def _verify(document: Entry, entry: Entry) -> None:
    named = tenant_naming.service_records(document["seed"], entry["name"])
    entry["verified"] = True
    entry.setdefault("services", list(tenant_document.USUAL_SERVICES))
    entry.setdefault("records", [tenant_document.record_entry(record) for record in named])


def _verified(entry: Entry) -> bool:
    return bool(entry.get("verified", entry.get("initial", False)))


# Users and licences


def create_user(document: Entry, after: User, identity: str, password_hash: str) -> None:
    """Add a user, who must change the password at the first sign-in."""
    _free_addresses(document, after, frozenset((after.upn, *after.aliases)))
    entry: Entry = {"id": identity, "upn": after.upn, "display_name": after.display_name}
    _known_people(document, {after.manager} - {""})
    _patch(entry, User(after.key, after.upn, after.display_name), after)
    entry |= {"enabled": after.enabled, "password_hash": password_hash, "force_change": True}
    document.setdefault("users", []).append(entry)


def _free_addresses(document: Entry, user: User, wanted: frozenset[str]) -> None:
    """Each new address lies in a verified domain and is not in use."""
    verified = {one["name"] for one in document.get("domains", ()) if _verified(one)}
    for address in sorted(wanted):
        if tenant_rules.address_domain(address) not in verified:
            raise failed(f"the domain of {address} is not verified in this tenant")
    for other in live(document):
        taken = wanted & {address.lower() for address in (other["upn"], *other.get("aliases", ()))}
        if taken:
            target = "userPrincipalName" if user.upn in taken else "proxyAddresses"
            raise failed(f"ObjectConflict: {target} {min(taken)} is taken")


def change_user(document: Entry, present: User, after: User) -> None:
    """Write what differs; blocking revokes the sessions, and a soft-deleted user is restored with all it had."""
    entry = _own_user(document, present)
    if present.usage_location and not after.usage_location:
        raise failed("a usage location, once set, can be changed but not cleared")
    kept = frozenset() if present.deleted else frozenset((present.upn, *present.aliases))
    _free_addresses(document, after, frozenset((after.upn, *after.aliases)) - kept)
    _known_people(document, {after.manager} - {present.manager, ""})
    _patch(entry, present, after)
    if present.enabled and not after.enabled:
        entry["sessions_revoked"] = entry.get("sessions_revoked", 0) + 1
    for name in ("deleted", "deleted_at") if present.deleted else ():
        entry.pop(name, None)


def delete_user(document: Entry, present: User, now: str) -> None:
    """Soft-delete: everything is kept for a restore, only the seats are free at once."""
    _own_user(document, present).update(deleted=True, deleted_at=document.get("now", now))


def _own_user(document: Entry, present: User) -> Entry:
    if present.synced:
        raise refused("mastered on premises: change it in Active Directory")
    if present.guest:
        raise refused("a guest is mastered where they come from")
    return tenant_document.entry_of(document, "user", present.remote_id) or {}


def _patch(entry: Entry, present: User, after: User) -> None:
    """Write the attributes that differ, and no other."""
    for name in tenant_document.WRITABLE:
        value = getattr(after, name)
        if value != getattr(present, name):
            entry[name] = list(value) if isinstance(value, tuple) else value


def assign(document: Entry, present: Licenses, after: Licenses) -> None:
    """One call with additions and removals, all or nothing; inherited licences belong to their group."""
    user = tenant_document.entry_of(document, "licenses", present.remote_id) or {}
    added = sorted({*after.direct} - {*present.direct})
    if user.get("deleted", False):
        raise failed("the user is deleted: restore it first")
    if added and not user.get("usage_location"):
        raise failed("a usage location must be set before a licence")
    user["licenses"], user["disabled_plans"] = list(after.direct), list(after.disabled)
    in_use = tenant_document.consumed(document)
    for part in added:
        sku = tenant_document.entry_of(document, "sku", part)
        if sku is None:
            raise failed(f"the tenant has no product {part}")
        unknown = {one for one in after.disabled if one.startswith(f"{part}/")}
        unknown -= {f"{part}/{plan}" for plan in sku.get("plans", ())}
        if unknown:
            raise failed(f"{part} has no service plan {min(unknown).partition('/')[2]}")
        if sku.get("status", "Enabled") not in ASSIGNABLE:
            raise failed(f"{part} cannot be assigned: its status is {sku['status']}")
        seats = sku.get("enabled", 0) + sku.get("warning", 0)
        if in_use[part] > seats:
            raise failed(f"CountViolation: no free seat of {part}, {in_use[part] - 1} of {seats} are in use")


# Groups


def create_group(document: Entry, after: Group, identity: str) -> None:
    """Add a group; its unique name, for ever, is the name under which it was asked for."""
    _known_members(document, frozenset(after.members))
    entry: Entry = {"id": identity, "display_name": after.display_name, "kind": after.group_kind}
    entry |= {"unique_name": after.key.name, "members": list(after.members)}
    document.setdefault("groups", []).append(entry)


def change_group(document: Entry, present: Group, after: Group) -> None:
    """Write name and members."""
    if present.group_kind not in tenant_rules.GROUP_KINDS or present.group_kind != after.group_kind:
        raise refused(f"a group of kind {present.group_kind} keeps its kind, and Exchange keeps other kinds")
    _known_members(document, frozenset(after.members) - frozenset(present.members))
    entry = tenant_document.entry_of(document, "group", present.remote_id) or {}
    entry |= {"display_name": after.display_name, "members": list(after.members)}


def _known_people(document: Entry, people: set[str]) -> None:
    unknown = people - {one["id"] for one in live(document)}
    if unknown:
        raise failed(f"there is no user {min(unknown)} to be a manager")


def _known_members(document: Entry, members: frozenset[str]) -> None:
    unknown = members - {one["id"] for one in (*live(document), *document.get("groups", ()))}
    if unknown:
        raise failed(f"there is no object {min(unknown)} to be a member")


# Sign-in


def protect(document: Entry, after: SignIn) -> None:
    """Put the security defaults on or off; they and enforced conditional access exclude each other."""
    if after.defaults and document.get("policies"):
        raise failed("security defaults cannot be on while conditional access policies are")
    document["security_defaults"] = after.defaults
