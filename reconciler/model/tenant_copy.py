"""A tenant that was read, written down as the document that stands in for it (see `tenant_document`).

Nothing in it is derived: verification texts, records and services stand in it as they were shown. It holds no secret:
no password can be read from a tenant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from reconciler.model import exact_json, tenant_document
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, SignIn, Sku, TenantDomain, User
from reconciler.model.tenant_document import ENTRIES, Entry, record_entry

#: What tokens of domains that are added to the copy come from; those of the tenant itself come from nowhere but there.
SEED = "copy"
#: Attributes that are written down though they hold nothing.
_ALWAYS = frozenset({"display_name", "upn", "members", "sku_id", "enabled"})
_LISTS: Mapping[type, str] = {User: "users", Group: "groups", Sku: "skus"}


def render(resources: Mapping[Key, Resource], tenant: str, taken: str) -> str:
    """The text of the document; read back it holds the very same resources.

    Args:
        resources: all of the tenant, as its provider showed them.
        tenant: its initial domain.
        taken: when they were read, ISO 8601: what has it is a copy, and takes no changes.

    Raises:
        ValueError: no document can hold them; the message says what of them.
    """
    document = {"taken": taken, **_document(resources, tenant)}
    wrong = next(tenant_document.problems(document, tenant), "")
    if wrong:
        raise ValueError(wrong)
    again = tenant_document.resources(document, tenant)
    odd = sorted(key for key in {*resources, *again} if resources.get(key) != again.get(key))
    if odd:
        raise ValueError(f"{odd[0].address} would read differently")
    return exact_json.render(document)


def _document(resources: Mapping[Key, Resource], tenant: str) -> Entry:
    ordered = [resources[key] for key in sorted(resources)]
    held = {one.key.name: one for one in ordered if isinstance(one, Licenses)}
    in_use = _in_use(ordered, held)
    sign_in = next((one for one in ordered if isinstance(one, SignIn)), None)
    return {
        "seed": SEED,
        "security_defaults": sign_in.defaults if sign_in else None,
        "policies": list(sign_in.policies) if sign_in else [],
        "domains": [_domain(one, tenant) for one in ordered if isinstance(one, TenantDomain)],
        "users": [_user(one, held.get(one.key.name)) for one in ordered if isinstance(one, User)],
        "groups": [_group(one) for one in ordered if isinstance(one, Group)],
        "skus": [_sku(one, one.consumed - in_use[one.key.name]) for one in ordered if isinstance(one, Sku)],
    }


def _in_use(resources: Iterable[Resource], held: Mapping[str, Licenses]) -> Counter[str]:
    """Seats by part number as a document counts them."""
    found: Counter[str] = Counter()
    for one in resources:
        if isinstance(one, User) and not one.deleted and (licences := held.get(one.key.name)):
            found.update({*licences.direct, *licences.inherited})
    return found


def _domain(one: TenantDomain, tenant: str) -> Entry:
    return {
        "name": one.key.name,
        "initial": one.key.name == tenant,
        "verified": one.verified,
        "default": one.default,
        "verification": one.verification,
        "records": [record_entry(record) for record in one.records],
        "services": list(one.services),
        "federated": one.federated,
        "hosted": one.hosted,
    }


def _user(one: User, held: Licenses | None) -> Entry:
    entry = {"id": one.remote_id, **_named(one)}
    if held is None:
        return entry
    lists = {
        "licenses": held.direct,
        "inherited_licenses": held.inherited,
        "disabled_plans": held.disabled,
        "license_errors": held.errors,
    }
    return entry | {name: list(some) for name, some in lists.items() if some}


def _group(one: Group) -> Entry:
    return {"id": one.remote_id, **_named(one), "kind": one.group_kind}


def _sku(one: Sku, uncounted: int) -> Entry:
    entry = {"part_number": one.key.name, **_named(one)}
    return entry | ({"uncounted": uncounted} if uncounted else {})


def _named(one: User | Group | Sku) -> Entry:
    """Attributes that the document calls by the same name; of the further ones, those that hold something."""
    shown = {name: getattr(one, name, None) for name in ENTRIES[_LISTS[type(one)]]}
    kept = {name: value for name, value in shown.items() if value or (name in _ALWAYS and value is not None)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}
