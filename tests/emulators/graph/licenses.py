"""Licences: who may hold which, for how many there are seats, and what comes through a group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.emulators.graph import users
from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import bad, missing
from tests.emulators.graph.tenants import Data, Plan, Product, Tenant, Thing, alive, held

USABLE = frozenset({"Enabled", "Warning"})
_TEXTS = {
    "CountViolation": "Subscription with SKU {sku} does not have any available licenses.",
    "MutuallyExclusiveViolation": "License assignment failed because service plans are mutually exclusive: {sku}.",
    "DependencyViolation": "License assignment failed because service plans depend on others: {sku}.",
    "ProhibitedInUsageLocationViolation": "License assignment cannot be done for user with invalid usage location.",
}


def assign(call: Call) -> Reply:
    """Give and take in one call, all or nothing."""
    thing, _ = users.found(call, call.names[0])
    tenant, data = call.tenant, users.state(thing)
    adds, removes = arrays(call)
    checked(tenant, adds, removes)
    if adds and not data.get("usageLocation"):
        raise bad(_TEXTS["ProhibitedInUsageLocationViolation"])
    states = list(data.get("licenseAssignmentStates", ()))
    direct = {one["skuId"]: one for one in states if one["assignedByGroup"] is None}
    inherited = [one for one in states if one["assignedByGroup"] is not None]
    for sku in removes:
        if sku not in direct:  # what comes through a group is none that can be taken from the user
            raise bad("User does not have a corresponding license, or inherited it from a group.")
        del direct[sku]
    for one in adds:
        direct[one["skuId"]] = {**one, "assignedByGroup": None, "state": "Active", "error": "None"}
    wished = [*direct.values(), *inherited]
    error = fault(tenant, data, wished)
    if error:
        raise bad(_TEXTS[error].format(sku=", ".join(one["skuId"] for one in adds)))
    tenant.write(thing, given(call.server.mailboxes, tenant, data, wished))
    shown = {"id": thing.id, "userPrincipalName": data["userPrincipalName"], "displayName": data.get("displayName")}
    return Reply(200, shown, object=thing.id)


def reprocess(call: Call) -> Reply:
    """Look once more at what comes through groups."""
    thing, _ = users.found(call, call.names[0])
    inherit(call.server.mailboxes, call.tenant, thing)
    return Reply(200, {"id": thing.id}, object=thing.id)


def details(call: Call) -> Reply:
    """What one user holds."""
    _, data = users.found(call, call.names[0])
    skus = [call.tenant.skus[one["skuId"]] for one in data.get("assignedLicenses", ())]
    listed = [{"id": one.sku_id, "skuId": one.sku_id, "skuPartNumber": one.part, "servicePlans": []} for one in skus]
    return Reply(200, {"value": listed})


def skus(call: Call) -> Reply:
    """Every product."""
    return Reply(200, {"value": [_picked(call, one) for one in call.tenant.skus.values()]})


def sku(call: Call) -> Reply:
    """One product."""
    found = call.tenant.skus.get(call.names[0].rpartition("_")[2])
    if found is None:
        raise missing(call.names[0])
    return Reply(200, _picked(call, found))


def arrays(call: Call) -> tuple[list[Data], list[str]]:
    """What is to be given and taken; both must be there."""
    adds, removes = call.body.get("addLicenses"), call.body.get("removeLicenses")
    if not isinstance(adds, list) or not isinstance(removes, list):
        raise bad("One or more parameters of the operation 'assignLicense' are missing.", wrong=True)
    return [{"skuId": one["skuId"].lower(), "disabledPlans": one.get("disabledPlans", [])} for one in adds], [
        one.lower() for one in removes
    ]


def checked(tenant: Tenant, adds: list[Data], removes: list[str]) -> None:
    """Refuse what no seat and no plan could help."""
    names = [one["skuId"] for one in adds]
    if len({*names, *removes}) < len(names) + len(removes):
        raise bad("The same license appears more than once in the request.")
    for one in adds:
        product = tenant.skus.get(one["skuId"])
        if product is None or product.applies != "User":
            raise bad(f"License {one['skuId']} does not correspond to a valid company License.")
        if product.status not in USABLE:
            raise bad(f"License {one['skuId']} cannot be assigned: the subscription is {product.status}.")
        if not {*one["disabledPlans"]} <= {plan.id for plan in product.plans}:
            raise bad("One or more of the disabled plans are not part of the license.")


def fault(tenant: Tenant, data: Data, states: Iterable[Data]) -> str:
    """The error that these licences together would be; empty when they can be."""
    active = [one for one in states if one["state"] == "Active"]
    before = {one["skuId"] for one in data.get("assignedLicenses", ())} if alive(data) else set()
    for sku_id in {one["skuId"] for one in active} - before:
        if tenant.consumed[sku_id] + 1 > seats(tenant.skus[sku_id]):
            return "CountViolation"
    names = {plan.name for plan in _plans(tenant, active)}
    if any(one in names and other in names for one, other in tenant.conflicts):
        return "MutuallyExclusiveViolation"
    if any(one in names and base not in names for one, base in tenant.needs):
        return "DependencyViolation"
    return ""


def seats(product: Product) -> int:
    """How many may hold it."""
    return product.enabled + product.warning


def given(mailboxes: bool, tenant: Tenant, data: Data, states: Iterable[Data]) -> Data:
    """The user with these licences; a mailbox brings the first address."""
    listed = list(states)
    made = {**data, **held(listed)}
    exchange = any(plan.name.startswith("EXCHANGE_S") for plan in _plans(tenant, listed))
    if mailboxes and exchange and not data.get("proxyAddresses"):
        made |= {"mail": data["userPrincipalName"], "proxyAddresses": [f"SMTP:{data['userPrincipalName']}"]}
    return made


def inherit(mailboxes: bool, tenant: Tenant, thing: Thing) -> None:
    """Give a user what its groups have; of a group all or nothing."""
    data = thing.data
    if data is None or not alive(data):
        return
    states = [one for one in data.get("licenseAssignmentStates", ()) if one["assignedByGroup"] is None]
    for group in tenant.order["group"]:
        licensed = group.data.get("assignedLicenses", ()) if group.data else ()
        if not licensed or group.data is None or thing.id not in group.data["_members"]:
            continue
        wished = [{**one, "assignedByGroup": group.id, "state": "Active", "error": "None"} for one in licensed]
        error = fault(tenant, data, [*states, *wished])
        if error:
            wished = [{**one, "state": "Error", "error": error} for one in wished]
        states += wished
    if states != data.get("licenseAssignmentStates", []):
        tenant.write(thing, given(mailboxes, tenant, data, states))


def _plans(tenant: Tenant, states: Iterable[Data]) -> Iterator[Plan]:
    for one in states:
        for plan in tenant.skus[one["skuId"]].plans if one.get("state", "Active") == "Active" else ():
            if plan.id not in one["disabledPlans"]:
                yield plan


def _picked(call: Call, one: Product) -> Data:
    tenant = call.tenant
    units = {"enabled": one.enabled, "suspended": one.suspended, "warning": one.warning, "lockedOut": one.locked}
    plans = [
        {
            "servicePlanId": plan.id,
            "servicePlanName": plan.name,
            "provisioningStatus": "Success",
            "appliesTo": plan.applies,
        }
        for plan in one.plans
    ]
    whole = {
        "id": f"{tenant.id}_{one.sku_id}",
        "skuId": one.sku_id,
        "skuPartNumber": one.part,
        "appliesTo": one.applies,
        "capabilityStatus": one.status,
        "consumedUnits": tenant.consumed[one.sku_id],
        "prepaidUnits": units,
        "servicePlans": plans,
        "subscriptionIds": [sub["id"] for sub in tenant.subscriptions if sub["skuId"] == one.sku_id],
        "accountId": tenant.id,
        "accountName": tenant.display_name,
    }
    names = call.asked.get("$select", "")
    return {name: whole[name] for name in names.split(",") if name in whole} if names else whole
