"""A tenant written down as one JSON document: what may stand in it, and the resources that it holds.

Shape: `organisation` {id, display_name, country}, `security_defaults` (null = how sign-in is protected is not known),
`policies` (names of conditional access policies that are enforced), `sees` (folder of the zone files that the
tenant's resolver reads), `seed` (its tokens come from it), `now` (its clock), `taken` (when the tenant was read of
which this is a copy), `elsewhere` (domains verified in other tenants), and the lists `domains`, `users`, `groups` and
`skus`, whose entries are described by the tables below. Unknown names are kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.model import rdata, tenant_naming, tenant_rules
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, ServiceRecord, SignIn, Sku, TenantDomain, User

Entry = dict[str, Any]
Check = tuple[Callable[[Any], bool], str]

_ID = re.compile(r"[A-Za-z0-9_.-]+")

TEXT: Check = (lambda value: type(value) is str and _sound(value), "a text")
WORD: Check = (lambda value: type(value) is str and value != "" and _sound(value), "a text that is not empty")
PATH: Check = (lambda value: WORD[0](value) and "\0" not in value, "the path of a folder")
FLAG: Check = (lambda value: type(value) is bool, "true or false")
KNOWN: Check = (lambda value: value is None or type(value) is bool, "true, false or null")
COUNT: Check = (lambda value: type(value) is int and 0 <= value < 2**31, "a whole number from 0")
OFFSET: Check = (lambda value: type(value) is int and -(2**31) < value < 2**31, "a whole number")
TEXTS: Check = (lambda value: type(value) is list and all(map(TEXT[0], value)), "a list of texts")
ID: Check = (lambda value: type(value) is str and _ID.fullmatch(value) is not None, "an id of letters, digits, . _ -")
SKU: Check = (lambda value: type(value) is str and tenant_rules.is_sku(value), "a part number")
DOMAIN: Check = (lambda value: type(value) is str and tenant_rules.is_domain(value), "a domain name in lower case")
ADDRESS: Check = (lambda value: WORD[0](value) and "@" in value, "an address")
ITEMS: Check = (lambda value: type(value) is list, "a list")

TOP: Mapping[str, Check] = {
    "sees": PATH, "seed": WORD, "now": WORD, "taken": WORD, "elsewhere": TEXTS,
    "security_defaults": KNOWN, "policies": TEXTS,
    "domains": ITEMS, "users": ITEMS, "groups": ITEMS, "skus": ITEMS,
}  # fmt: skip
ORGANISATION: Mapping[str, Check] = {"id": TEXT, "display_name": TEXT, "country": TEXT}
RECORD: Mapping[str, Check] = {
    "name": WORD, "type": WORD, "value": WORD, "service": WORD, "ttl": COUNT, "optional": FLAG,
}  # fmt: skip
#: By list: what an entry may hold. The first name is its identity; `NEEDED` says what else must be there.
ENTRIES: Mapping[str, Mapping[str, Check]] = {
    "domains": {
        "name": DOMAIN, "verified": FLAG, "default": FLAG, "initial": FLAG, "verification": TEXT, "records": ITEMS,
        "services": TEXTS, "federated": FLAG, "hosted": FLAG,
    },
    "users": {
        "id": ID, "upn": ADDRESS, "display_name": TEXT, "enabled": FLAG, "given_name": TEXT, "surname": TEXT,
        "usage_location": TEXT, "phone": TEXT, "department": TEXT, "job_title": TEXT, "aliases": TEXTS, "manager": TEXT,
        "mail": TEXT,
        "licenses": TEXTS, "inherited_licenses": TEXTS, "disabled_plans": TEXTS, "license_errors": TEXTS,
        "synced": FLAG, "guest": FLAG, "deleted": FLAG,
        "deleted_at": TEXT, "sessions_revoked": COUNT, "password_hash": TEXT, "force_change": FLAG,
    },
    "groups": {"id": ID, "display_name": TEXT, "kind": WORD, "members": TEXTS, "unique_name": TEXT},
    "skus": {
        "part_number": SKU, "sku_id": WORD, "product": TEXT, "enabled": COUNT, "warning": COUNT, "status": WORD,
        "suspended": COUNT, "plans": TEXTS, "renews": TEXT, "uncounted": OFFSET,
    },
}  # fmt: skip
NEEDED: Mapping[str, tuple[str, ...]] = {
    "domains": ("name",),
    "users": ("id", "upn", "display_name"),
    "groups": ("id", "display_name"),
    "skus": ("part_number", "sku_id"),
}


def _sound(text: str) -> bool:
    """No half of a surrogate pair, which no file or terminal can take."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def problems(document: Any, tenant: str) -> Iterator[str]:
    """All that is wrong with a document, each as `place: what is needed`; what it holds can be trusted when empty."""
    if type(document) is not dict:
        yield "an object is needed at the top"
        return
    yield from _wrong("", document, TOP, ("seed",))
    yield from _wrong_object("organisation", document.get("organisation", {}), ORGANISATION, ())
    for name, table in ENTRIES.items():
        entries = document.get(name, [])
        for number, entry in enumerate(entries if type(entries) is list else ()):
            yield from _wrong_object(f"{name}[{number}]", entry, table, NEEDED[name])
    yield from _wrong_records(document)
    yield from _doubled(document)
    yield from _wrong_initial(document, tenant)


def _wrong_object(place: str, entry: Any, table: Mapping[str, Check], needed: tuple[str, ...]) -> Iterator[str]:
    if type(entry) is dict:
        yield from _wrong(f"{place}.", entry, table, needed)
    else:
        yield f"{place}: an object is needed"


def _wrong(place: str, entry: Entry, table: Mapping[str, Check], needed: tuple[str, ...]) -> Iterator[str]:
    for name, value in entry.items():
        check = table.get(name)
        if check is not None and not check[0](value):
            yield f"{place}{name}: {check[1]} is needed"
    for name in needed:
        if name not in entry:
            yield f"{place}{name} is missing"


def _listed(document: Entry, name: str) -> Iterator[tuple[str, Entry]]:
    entries = document.get(name, [])
    for number, entry in enumerate(entries if type(entries) is list else ()):
        if type(entry) is dict:
            yield f"{name}[{number}]", entry


def _wrong_records(document: Entry) -> Iterator[str]:
    for place, domain in _listed(document, "domains"):
        records = domain.get("records", [])
        for number, record in enumerate(records if type(records) is list else ()):
            where = f"{place}.records[{number}]"
            yield from _wrong_object(where, record, RECORD, ("name", "type", "value", "service"))
            if type(record) is dict and WORD[0](record.get("type")) and WORD[0](record.get("value")):
                try:
                    rdata.canonical(rdata.type_name(record["type"]), record["value"])
                except ValueError as error:
                    yield f"{where}.value: {error}"


def _doubled(document: Entry) -> Iterator[str]:
    for name, table in ENTRIES.items():
        identity = next(iter(table))
        yield from _twice(identity, ((place, entry.get(identity)) for place, entry in _listed(document, name)))
    live = ((place, one) for place, one in _listed(document, "users") if one.get("deleted") is not True)
    yield from _twice("upn", ((place, str(one.get("upn", place)).lower()) for place, one in live))


def _twice(what: str, found: Iterator[tuple[str, Any]]) -> Iterator[str]:
    first: dict[str, str] = {}
    for place, value in found:
        if type(value) is str and first.setdefault(value, place) != place:
            yield f"{place}.{what}: {first[value]} has the same"


def _wrong_initial(document: Entry, tenant: str) -> Iterator[str]:
    for place, domain in _listed(document, "domains"):
        if domain.get("initial") is True and domain.get("name") != tenant:
            yield f"{place}: the initial domain must be {tenant}, the name of the file: is this another tenant's?"


#: What is on for a domain that was verified. Source: Microsoft Graph v1.0, sample of `domain` (2026-08).
USUAL_SERVICES = ("Email", "OfficeCommunicationsOnline")


def domain_of(tenant: str, entry: Entry, seed: str) -> TenantDomain:
    """One of `domains`; a verification text or records that are not written down are named from the seed."""
    name, initial = entry["name"], entry.get("initial", False)
    verified = bool(entry.get("verified", initial))
    records = entry.get("records")
    if records is None and verified and not initial:
        wanted = tenant_naming.service_records(seed, name)
    else:
        wanted = tuple(_record_of(record) for record in records or ())
    verification = entry.get("verification", "" if initial else tenant_naming.verification(seed, name))
    ordered = tenant_rules.in_order_records(wanted)
    services = entry.get("services", USUAL_SERVICES if verified else ())
    return TenantDomain(
        _key(tenant, "domain", name),
        verified,
        entry.get("default", False),
        verification,
        ordered,
        tenant_rules.in_order(services),
        entry.get("federated", False),
        entry.get("hosted", False),
    )


def _record_of(entry: Entry) -> ServiceRecord:
    kind = rdata.type_name(entry["type"])
    value = rdata.canonical(kind, entry["value"])
    options = {name: entry[name] for name in ("ttl", "optional") if name in entry}
    return ServiceRecord(entry["name"].lower(), kind, value, entry["service"], **options)


def record_entry(record: ServiceRecord) -> Entry:
    """How a service record is written down."""
    return {name: getattr(record, name) for name in RECORD}


#: Attributes of `User` that an entry holds under the same name and that can be written.
WRITABLE = (
    "upn", "display_name", "given_name", "surname", "usage_location", "enabled", "phone", "department", "job_title",
    "aliases", "manager", "mail",
)  # fmt: skip


def user_of(tenant: str, entry: Entry) -> User:
    """One of `users`, by object id."""
    get = entry.get
    upn = entry["upn"].lower()
    aliases = tenant_rules.addresses(get("aliases", ()), upn)
    return User(
        _key(tenant, "user", entry["id"]),
        upn,
        entry["display_name"],
        entry["id"],
        get("enabled", True),
        get("given_name", ""),
        get("surname", ""),
        get("usage_location", "").upper(),
        get("phone", ""),
        get("department", ""),
        get("job_title", ""),
        aliases,
        get("manager", ""),
        get("synced", False),
        get("guest", False),
        get("deleted", False),
        tenant_rules.first_address(get("mail", ""), aliases),
    )


def licenses_of(tenant: str, entry: Entry) -> Licenses:
    """The licences of one of `users`, by object id; a soft-deleted user keeps them."""
    direct = tenant_rules.in_order(entry.get("licenses", ()))
    inherited = tenant_rules.in_order(entry.get("inherited_licenses", ()))
    disabled = tenant_rules.in_order(entry.get("disabled_plans", ()))
    errors = tenant_rules.in_order(entry.get("license_errors", ()))
    return Licenses(_key(tenant, "licenses", entry["id"]), entry["id"], direct, inherited, disabled, errors)


def group_of(tenant: str, entry: Entry) -> Group:
    """One of `groups`, by object id."""
    members = tenant_rules.in_order(entry.get("members", ()))
    kind = entry.get("kind", "microsoft365")
    return Group(_key(tenant, "group", entry["id"]), entry["display_name"], entry["id"], kind, members)


def sku_of(tenant: str, entry: Entry, consumed: Counter[str]) -> Sku:
    """One of `skus`; seats in use are counted, not written down."""
    part, get = entry["part_number"], entry.get
    seats = (get("enabled", 0), get("warning", 0), consumed[part])
    return Sku(
        _key(tenant, "sku", part),
        entry["sku_id"],
        get("product", ""),
        *seats,
        get("status", "Enabled"),
        get("suspended", 0),
        tenant_rules.in_order(get("plans", ())),
        get("renews", ""),
    )


def sign_in_of(tenant: str, document: Entry) -> SignIn | None:
    """How sign-in is protected; none when nobody knows."""
    defaults = document.get("security_defaults", False)
    policies = tenant_rules.in_order(document.get("policies", ()))
    return None if defaults is None else SignIn(_key(tenant, "sign-in", "@"), defaults, policies)


def consumed(document: Entry) -> Counter[str]:
    """Seats in use by part number: one for each user who is not deleted, however the licence comes.

    A real tenant may count otherwise: by how much stands in `uncounted`, which may be below zero.
    """
    found = Counter({one["part_number"]: one.get("uncounted", 0) for one in document.get("skus", ())})
    for user in document.get("users", ()):
        if not user.get("deleted", False):
            found.update({*user.get("licenses", ()), *user.get("inherited_licenses", ())})
    return found


def resources(document: Entry, tenant: str) -> dict[Key, Resource]:
    """All of it, by key.

    Args:
        document: without `problems`.
        tenant: the scope of the keys.
    """
    found: list[Resource] = [domain_of(tenant, one, document["seed"]) for one in document.get("domains", ())]
    for entry in document.get("users", ()):
        found += (user_of(tenant, entry), licenses_of(tenant, entry))
    found += (group_of(tenant, one) for one in document.get("groups", ()))
    seats = consumed(document)
    found += (sku_of(tenant, one, seats) for one in document.get("skus", ()))
    sign_in = sign_in_of(tenant, document)
    found += [sign_in] if sign_in else []
    return {one.key: one for one in found}


#: By kind of resource: the list that holds it, and what identifies an entry there.
LISTS: Mapping[str, tuple[str, str]] = {
    "domain": ("domains", "name"),
    "user": ("users", "id"),
    "licenses": ("users", "id"),
    "group": ("groups", "id"),
    "sku": ("skus", "part_number"),
}


def entry_of(document: Entry, kind: str, name: str) -> Entry | None:
    """The entry behind a resource; none when there is none."""
    listed, identity = LISTS.get(kind, ("", ""))
    found: Iterator[Entry] = (one for one in document.get(listed, ()) if one[identity] == name)
    return next(found, None)


def resource_of(document: Entry, tenant: str, kind: str, name: str) -> Resource | None:
    """One resource by the name under which the tenant knows it; none when there is none."""
    if kind == "sign-in":
        return sign_in_of(tenant, document)
    entry = entry_of(document, kind, name)
    if entry is None:
        return None
    if kind == "domain":
        return domain_of(tenant, entry, document["seed"])
    if kind == "sku":
        return sku_of(tenant, entry, consumed(document))
    makers: Mapping[str, Callable[[str, Entry], Resource]] = {"user": user_of, "licenses": licenses_of}
    return makers.get(kind, group_of)(tenant, entry)


def _key(tenant: str, kind: str, name: str) -> Key:
    return Key("tenant", tenant, kind, name)
