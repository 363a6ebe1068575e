"""Domains: added, proven, given services, made the default, removed."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.emulators.graph import dns_records, fields, listing
from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import bad, conflict, missing
from tests.emulators.graph.tenants import Data, Domain, Tenant, addresses, alive

#: Services that a client can add and remove.
CHANGEABLE = frozenset({"Email", "OfficeCommunicationsOnline", "Yammer"})
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")


def shown(tenant: Tenant, one: Domain) -> Data:
    """A domain as Graph shows it."""
    return {
        "id": one.name,
        "authenticationType": "Federated" if one.federated else "Managed",
        "availabilityStatus": None,
        "isAdminManaged": not one.managed,
        "isDefault": one.default,
        "isInitial": one.initial,
        "isRoot": one.root,
        "isVerified": one.verified,
        "supportedServices": list(one.services),
        "passwordValidityPeriodInDays": 2147483647 if one.verified else None,
        "passwordNotificationWindowInDays": 14 if one.verified else None,
        "state": one.state,
    }


def domains(call: Call) -> Reply:
    """List them all."""
    listed = [_picked(call, one) for one in call.tenant.domains.values()]
    return Reply(200, {"@odata.context": f"{call.server.endpoint}/$metadata#domains", "value": listed})


def domain(call: Call) -> Reply:
    """Read one."""
    return Reply(200, _picked(call, _found(call)))


def create(call: Call) -> Reply:
    """Add one; below a verified one it is verified at once."""
    name, tenant = str(call.body.get("id", "")).lower(), call.tenant
    if not _NAME.fullmatch(name) or name.endswith(".onmicrosoft.com"):
        raise bad("The specified domain name is not valid.")
    if name in tenant.domains:
        raise conflict("id")
    above = [one for one in tenant.domains.values() if one.verified and name.endswith(f".{one.name}")]
    made = tenant.domains[name] = Domain(name)
    if above:
        _prove(call, made)
    return Reply(201, shown(tenant, made), object=name)


def update(call: Call) -> Reply:
    """Make it the default, or change its services."""
    one, sent = _found(call), call.body
    if not one.verified:
        raise bad("Only verified domains can be updated.")
    if "isDefault" in sent and (sent["isDefault"] is not True or one.federated):
        raise bad("The default domain is changed by setting another managed one.")
    wished = sent.get("supportedServices")
    if wished is not None and set(wished) ^ set(one.services) <= CHANGEABLE:
        one.services = tuple(dict.fromkeys(wished))
    elif wished is not None:
        raise bad("Only Email, OfficeCommunicationsOnline and Yammer can be added or removed.")
    if sent.get("isDefault"):
        for other in call.tenant.domains.values():
            other.default = other is one
    return Reply(object=one.name)


def delete(call: Call) -> Reply:
    """Remove one that nothing refers to."""
    one = _found(call)
    if one.initial or one.default:
        raise bad("The initial domain and the default domain cannot be removed.")
    if _references(call.tenant, one.name):
        raise bad("Domain deletion failed: objects still refer to it.")
    del call.tenant.domains[one.name]
    return Reply(object=one.name)


def verify(call: Call) -> Reply:
    """Look for the proof in DNS."""
    one, server = _found(call), call.server
    if one.verified:
        raise bad("The domain is already verified.")
    elsewhere = any(one.name in other.domains and other.domains[one.name].verified for other in server.others(call))
    if elsewhere:
        raise bad("Domain verification failed: it is in use in another organisation.")
    now = call.tenant.now()
    if one.seen is None and dns_records.proven(server.resolver, call.tenant, one.name):
        one.seen = now
    if one.seen is None or now < one.seen + timedelta(seconds=server.verify_delay):
        raise bad("Domain verification failed: the record was not found.")
    _prove(call, one)
    one.root = not any(other.verified and one.name.endswith(f".{other.name}") for other in call.tenant.domains.values())
    return Reply(200, {**shown(call.tenant, one), "availabilityStatus": "AvailableImmediately"}, object=one.name)


def force_delete(call: Call) -> Reply:
    """Remove one with all that refers to it: names go back to the initial domain, users are disabled."""
    one, tenant = _found(call), call.tenant
    if one.initial or one.default:
        raise bad("The initial domain and the default domain cannot be removed.")
    for kind in ("user", "group"):
        for thing in [*tenant.order[kind]]:
            data = thing.data
            if data is not None and any(address.endswith(f"@{one.name}") for address in addresses(data)):
                tenant.write(thing, _moved(data, one.name, tenant.initial, bool(call.body.get("disableUserAccounts"))))
    del tenant.domains[one.name]
    return Reply(object=one.name)


def _moved(data: Data, old: str, new: str, disable: bool) -> Data:
    moved = dict(data)
    for name in ("userPrincipalName", "mail"):
        if (moved.get(name) or "").lower().endswith(f"@{old}"):
            moved[name] = f"{moved[name].rpartition('@')[0]}@{new}"
    ours = [one for one in data.get("proxyAddresses", ()) if not one.lower().endswith(f"@{old}")]
    off = {"accountEnabled": False} if disable and "userPrincipalName" in data else {}
    return {**moved, "proxyAddresses": ours, **off}


def promote(call: Call) -> Reply:
    """Make a verified subdomain a root."""
    one = _found(call)
    if not one.verified or one.root:
        raise bad("Only a verified subdomain can be promoted.")
    one.root = True
    return Reply(200, {"value": True}, object=one.name)


def proofs(call: Call) -> Reply:
    """The records that prove it."""
    return Reply(200, {"value": dns_records.verification(call.tenant, _found(call).name)})


def records(call: Call) -> Reply:
    """The records that its services need."""
    return Reply(200, {"value": dns_records.service(call.tenant, _found(call))})


def references(call: Call) -> Reply:
    """What refers to it, page by page."""
    one = _found(call)
    found, start, top = _references(call.tenant, one.name), listing.resumed(call), call.top
    made: Data = {"value": [fields.typed(call.tenant, data, ("id", "displayName")) for data in found[start:][:top]]}
    if start + top < len(found):
        made["@odata.nextLink"] = listing.next_link(call, f"/domains/{one.name}/domainNameReferences", start + top)
    return Reply(200, made)


def root(call: Call) -> Reply:
    """The root above it."""
    name = _found(call).name
    above = [one for one in call.tenant.domains.values() if one.root and f".{name}".endswith(f".{one.name}")]
    if not above:
        raise missing(name)
    return Reply(200, shown(call.tenant, max(above, key=lambda one: len(one.name))))


def _found(call: Call) -> Domain:
    one = call.tenant.domains.get(call.names[0].lower())
    if one is None:
        raise missing(call.names[0])
    return one


def _prove(call: Call, one: Domain) -> None:
    one.verified, one.services, one.fresh = True, call.server.services_at_verify, call.server.fresh


def _picked(call: Call, one: Domain) -> Data:
    whole = shown(call.tenant, one)
    names = call.asked.get("$select", "")
    return {name: whole[name] for name in names.split(",") if name in whole} if names else whole


def _references(tenant: Tenant, name: str) -> list[Data]:
    things = [*tenant.order["user"], *tenant.order["group"]]
    alive_ones = [one.data for one in things if one.data is not None and alive(one.data)]
    return [data for data in alive_ones if any(one.endswith(f"@{name}") for one in addresses(data))]
