"""What was deleted within the last thirty days: listed, restored, purged."""

from __future__ import annotations

from tests.emulators.graph import fields, licenses, listing
from tests.emulators.graph import users as people
from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import conflict, missing
from tests.emulators.graph.tenants import KEPT, Data, Thing, alive

PATH = "/directory/deletedItems"


def users(call: Call) -> Reply:
    """Users that were deleted."""
    return _listed(call, "user")


def groups(call: Call) -> Reply:
    """Groups that were deleted."""
    return _listed(call, "group")


def item(call: Call) -> Reply:
    """One of them."""
    _, data = _found(call)
    kind = "user" if "userPrincipalName" in data else "group"
    names = (*fields.selected(call, kind), *(() if "$select" in call.asked else ("deletedDateTime",)))
    return Reply(200, fields.typed(call.tenant, data, names))


def restore(call: Call) -> Reply:
    """Give it back with everything it had, if its addresses are still free."""
    thing, _ = _found(call)
    tenant, data = call.tenant, people.state(thing)
    back = {name: one for name, one in data.items() if name not in {"deletedDateTime", "_deleted"}}
    if thing.kind == "user":
        upn = back["userPrincipalName"].removeprefix(thing.id.replace("-", ""))
        target = people.taken(call, thing, upn)
        if target:
            raise conflict(target)
        back = _seated(call, {**data, "userPrincipalName": upn})
        back = {name: one for name, one in back.items() if name not in {"deletedDateTime", "_deleted"}}
    tenant.write(thing, back)
    return Reply(200, fields.typed(tenant, back, fields.DEFAULTS[thing.kind]), object=thing.id)


def purge(call: Call) -> Reply:
    """Delete it for good."""
    thing, _ = _found(call)
    call.tenant.write(thing, None)
    return Reply(object=thing.id)


def _seated(call: Call, data: Data) -> Data:
    """The user with those of its licences for which there is still a seat."""
    states: list[Data] = []
    for one in data.get("licenseAssignmentStates", ()):
        product = call.tenant.skus[one["skuId"]]
        free = call.tenant.consumed[one["skuId"]] < licenses.seats(product) or one["state"] != "Active"
        states.append(one if free else {**one, "state": "Error", "error": "CountViolation"})
    return licenses.given(False, call.tenant, data, states) if states else data


def _listed(call: Call, kind: str) -> Reply:
    _expire(call)
    if "$select" not in call.asked:
        names = ",".join((*fields.DEFAULTS[kind], "deletedDateTime"))
        reply = listing.deleted(call, kind, f"{PATH}/microsoft.graph.{kind}", names)
    else:
        reply = listing.deleted(call, kind, f"{PATH}/microsoft.graph.{kind}", call.asked["$select"])
    return reply


def _found(call: Call) -> tuple[Thing, Data]:
    _expire(call)
    thing = call.tenant.thing(call.names[0])
    data = call.tenant.shown(thing) if thing is not None else None
    if thing is None or data is None or alive(data) or thing.data is None or alive(thing.data):
        raise missing(call.names[0])
    return thing, data


def _expire(call: Call) -> None:
    """Purge what was deleted too long ago."""
    now = call.tenant.now()
    for thing in (*call.tenant.users.values(), *call.tenant.groups.values()):
        if thing.data is not None and "_deleted" in thing.data and now - thing.data["_deleted"] >= KEPT:
            call.tenant.write(thing, None, lag=0)
