"""What a tenant of the emulator really holds, as our resources, and hands that change it past all rules of the API.

Users, licences and groups are known by object id, licences by part number. Nothing of the adapter is used here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from reconciler.model import tenant_rules
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, ServiceRecord, SignIn, Sku, TenantDomain, User
from tests.emulators.graph import dns_records
from tests.emulators.graph.tenants import KINDS, Data, Domain, Product, Tenant, Thing, alive, held
from tests.emulators.graph.users import primary, stamp

#: Attributes that are plain texts, by ours.
TEXTS = {
    "display_name": "displayName", "given_name": "givenName", "surname": "surname", "department": "department",
    "job_title": "jobTitle", "usage_location": "usageLocation",
}  # fmt: skip
#: Services of a domain that a hand verified without naming any.
ON = ("Email", "OfficeCommunicationsOnline")


def resources(tenant: Tenant) -> dict[Key, Resource]:
    """Everything, in normal form; users who are deleted softly are marked so, groups who are deleted are left out."""
    found: list[Resource] = [domain(tenant, one) for one in tenant.domains.values()]
    for thing in tenant.users.values():
        if thing.data is not None:
            found += (user(tenant, thing.data), licenses(tenant, thing.data))
    found += (group(tenant, one.data) for one in tenant.order["group"] if one.data is not None)
    found += (sku(tenant, one) for one in tenant.skus.values())
    enforced = (one["displayName"] for one in tenant.conditional_access if one["state"] == "enabled")
    found.append(SignIn(_key(tenant, "sign-in", "@"), tenant.security_defaults, tuple(sorted(enforced))))
    return {one.key: one for one in found}


def domain(tenant: Tenant, one: Domain) -> TenantDomain:
    """A domain."""
    return TenantDomain(
        _key(tenant, "domain", one.name),
        one.verified,
        one.default,
        "" if one.initial else f"MS={dns_records.proof(tenant, one.name)}",
        tenant_rules.in_order_records(_records(tenant, one)),
        tuple(sorted(set(one.services) & set(tenant_rules.SERVICES))),
        one.federated,
        one.managed,
    )


def user(tenant: Tenant, data: Data) -> User:
    """A user."""
    upn = data["userPrincipalName"].lower()
    gone = not alive(data)
    upn = upn.removeprefix(data["id"].replace("-", "")) if gone else upn
    phones = data.get("businessPhones") or [""]
    texts = {ours: data.get(theirs) or "" for ours, theirs in TEXTS.items()}
    return User(
        _key(tenant, "user", data["id"]),
        upn,
        remote_id=data["id"],
        enabled=data.get("accountEnabled", True),
        phone=phones[0],
        aliases=tenant_rules.addresses(_mail_addresses(data), upn),
        manager=_manager(tenant, data),
        synced=bool(data.get("onPremisesSyncEnabled")),
        guest=data.get("userType") == "Guest",
        deleted=gone,
        mail=tenant_rules.first_address(_first(data), tenant_rules.addresses(_mail_addresses(data), upn)),
        **texts,
    )


def licenses(tenant: Tenant, data: Data) -> Licenses:
    """What a user holds."""
    states = data.get("licenseAssignmentStates", ())
    works = [(tenant.skus[one["skuId"]], one) for one in states if one["state"] == "Active"]
    direct = [(product, one) for product, one in works if one["assignedByGroup"] is None]
    off = (
        f"{product.part}/{plan.name}"
        for product, one in direct
        for plan in product.plans
        if plan.id in one["disabledPlans"]
    )
    wrong = (f"{tenant.skus[one['skuId']].part}: {one['error']}" for one in states if one["state"] == "Error")
    return Licenses(
        _key(tenant, "licenses", data["id"]),
        data["id"],
        tenant_rules.in_order(product.part for product, _ in direct),
        tenant_rules.in_order(product.part for product, one in works if one["assignedByGroup"] is not None),
        tenant_rules.in_order(off),
        tenant_rules.in_order(wrong),
    )


def group(tenant: Tenant, data: Data) -> Group:
    """A group; members who are deleted do not count."""
    members = (one for one in map(tenant.thing, data["_members"]) if one is not None and alive(one.data))
    kinds = {name: flags for name, flags in KINDS.items() if name != "dynamic"}
    kind = next(
        (name for name, flags in kinds.items() if flags["groupTypes"] == data["groupTypes"] and _like(flags, data)), ""
    )
    kind = "dynamic" if "DynamicMembership" in data["groupTypes"] else kind
    names = tenant_rules.in_order(one.id for one in members)
    return Group(_key(tenant, "group", data["id"]), data.get("displayName", ""), data["id"], kind, names)


def sku(tenant: Tenant, one: Product) -> Sku:
    """A product; its name for people is nothing that the tenant knows."""
    renewals = (sub.get("nextLifecycleDateTime") or "" for sub in tenant.subscriptions if sub["skuId"] == one.sku_id)
    return Sku(
        _key(tenant, "sku", one.part),
        one.sku_id,
        enabled=one.enabled,
        warning=one.warning,
        consumed=tenant.consumed[one.sku_id],
        status=one.status,
        suspended=one.suspended,
        plans=tenant_rules.in_order(plan.name for plan in one.plans),
        renews=min((day[:10] for day in renewals if day), default=""),
    )


def edit(tenant: Tenant, key: Key, wished: Resource | None) -> None:
    """Put a resource in the place of what is there; none removes for good. Every replica has it at once."""
    match wished:
        case TenantDomain():
            _put_domain(tenant, key.name, wished)
        case User():
            _put_user(tenant, wished.remote_id or key.name, wished)
        case Licenses():
            _put_licenses(tenant, tenant.users[wished.remote_id or key.name], wished)
        case Group():
            _put_group(tenant, wished.remote_id or key.name, wished)
        case SignIn():
            tenant.security_defaults = wished.defaults
            tenant.conditional_access = [policy(one) for one in wished.policies]
        case None:
            _remove(tenant, key)
        case _:
            raise AssertionError(f"nobody writes {key.kind} by hand")


def policy(name: str, state: str = "enabled") -> Data:
    """A conditional access policy that asks everybody for a second factor."""
    users = {"includeUsers": ["All"], "excludeUsers": []}
    conditions = {"users": users, "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"]}
    controls = {"operator": "OR", "builtInControls": ["mfa"]}
    identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"policy {name}"))
    return {"id": identity, "displayName": name, "state": state, "conditions": conditions, "grantControls": controls}


def _put_domain(tenant: Tenant, name: str, wished: TenantDomain) -> None:
    services = wished.services or (ON if wished.verified else ())
    more = {"federated": wished.federated, "managed": wished.hosted, "initial": name == tenant.initial}
    tenant.domain(name, wished.verified, default=wished.default, services=services, **more)


def _put_user(tenant: Tenant, identity: str, wished: User) -> None:
    thing = _place(tenant, "user", identity)
    old = thing.data or {"id": identity, "mailNickname": wished.upn.partition("@")[0]}
    data = {name: one for name, one in old.items() if name not in {"deletedDateTime", "_deleted", "_manager"}}
    data |= {"userPrincipalName": wished.upn, "accountEnabled": wished.enabled}
    data |= {theirs: getattr(wished, ours) or None for ours, theirs in TEXTS.items()}
    data |= {"businessPhones": [wished.phone] if wished.phone else [], "onPremisesSyncEnabled": wished.synced or None}
    data["userType"] = "Guest" if wished.guest else "Member"
    own = wished.upn.lower()
    kept = any(one.partition(":")[2].lower() == own for one in old.get("proxyAddresses", ()))
    first = [f"SMTP:{wished.upn}"] if kept or wished.aliases else []
    data["proxyAddresses"] = [*first, *(f"smtp:{one}" for one in wished.aliases)]
    if wished.mail:
        data["proxyAddresses"] = primary(data["proxyAddresses"], wished.mail)
        data["mail"] = wished.mail
    if wished.manager:
        data["_manager"] = wished.manager
    if wished.deleted:
        now, upn = tenant.now(), identity.replace("-", "") + wished.upn
        data |= {"userPrincipalName": upn, "deletedDateTime": stamp(now), "_deleted": now}
    _written(tenant, thing, data)


def _put_licenses(tenant: Tenant, thing: Thing, wished: Licenses) -> None:
    assert thing.data is not None
    off = set(wished.disabled)
    by_part = {one.part: one for one in tenant.skus.values()}
    states: list[Data] = []
    for part in wished.direct:
        product = by_part[part]
        plans = [plan.id for plan in product.plans if f"{part}/{plan.name}" in off]
        states.append({"skuId": product.sku_id, "disabledPlans": plans, "assignedByGroup": None})
    for part in wished.inherited:
        whose = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"group with {part}"))
        states.append({"skuId": by_part[part].sku_id, "disabledPlans": [], "assignedByGroup": whose})
    for text in wished.errors:
        part, _, error = text.partition(": ")
        state: Data = {"skuId": by_part[part].sku_id, "disabledPlans": [], "assignedByGroup": None}
        states.append({**state, "state": "Error", "error": error})
    _written(tenant, thing, {**thing.data, **held(states)})


def _put_group(tenant: Tenant, identity: str, wished: Group) -> None:
    thing = _place(tenant, "group", identity)
    nickname = "".join(char for char in wished.display_name if char.isalnum())
    data = {"id": identity, "mailNickname": nickname, **(thing.data or {}), **KINDS[wished.group_kind]}
    data |= {"displayName": wished.display_name, "_members": tuple(wished.members)}
    _written(tenant, thing, {name: one for name, one in data.items() if name != "deletedDateTime"})


def _place(tenant: Tenant, kind: str, identity: str) -> Thing:
    return tenant.of(kind).setdefault(identity, Thing(identity, kind, 0))


def _written(tenant: Tenant, thing: Thing, data: Data) -> None:
    tenant.late.pop(thing.id, None)
    tenant.write(thing, data, lag=0)


def _remove(tenant: Tenant, key: Key) -> None:
    if key.kind == "domain":
        tenant.domains.pop(key.name, None)
    elif key.kind == "sign-in":
        tenant.security_defaults, tenant.conditional_access = False, []
    elif key.kind == "licenses" and key.name in tenant.users:
        thing = tenant.users[key.name]
        if thing.data is not None:
            _written(tenant, thing, {**thing.data, **held([])})
    elif key.kind in {"user", "group"}:
        gone = tenant.of(key.kind).get(key.name)
        if gone is not None:
            tenant.late.pop(gone.id, None)
            tenant.write(gone, None, lag=0)


def _records(tenant: Tenant, one: Domain) -> Iterator[ServiceRecord]:
    for record in dns_records.service(tenant, one):
        label, kind = str(record["label"]), record["recordType"]
        if kind is None:
            continue
        name = "@" if label == one.name else label.removesuffix(f".{one.name}")
        if kind == "Mx":
            value = f"{record['preference']} {record['mailExchange']}."
        elif kind == "Txt":
            value = str(record["text"]).replace("include: ", "include:")
        elif kind == "CName":
            value = f"{record['canonicalName']}."
        else:
            value = f"{record['priority']} {record['weight']} {record['port']} {record['nameTarget']}."
            name = f"{record['service']}.{record['protocol']}"
        yield ServiceRecord(
            name, kind.upper(), value, record["supportedService"], record["ttl"], bool(record["isOptional"])
        )


def _mail_addresses(data: Data) -> list[str]:
    return [one[5:] for one in data.get("proxyAddresses", ()) if one.lower().startswith("smtp:")]


def _first(data: Data) -> str:
    return next((one[5:] for one in data.get("proxyAddresses", ()) if one.startswith("SMTP:")), "")


def _manager(tenant: Tenant, data: Data) -> str:
    other = tenant.users.get(data.get("_manager", ""))
    return other.id if other is not None and alive(other.data) else ""


def _like(flags: Data, data: Data) -> bool:
    if "Unified" in flags["groupTypes"]:
        return True
    return bool(flags["mailEnabled"] == data["mailEnabled"] and flags["securityEnabled"] == data["securityEnabled"])


def _key(tenant: Tenant, kind: str, name: str) -> Key:
    return Key("tenant", tenant.initial, kind, name)
