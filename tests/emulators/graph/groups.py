"""Groups: made once for each unique name, their members, their licences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.emulators.graph import fields, licenses, listing, users
from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import Refusal, bad, conflict, missing
from tests.emulators.graph.tenants import Data, Tenant, Thing, alive

if TYPE_CHECKING:
    from tests.emulators.graph.server import GraphServer

PATH = "/groups"
#: Members that one request can add.
BIND, MOST = "members@odata.bind", 20
_NEEDED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
_FIXED = ("groupTypes", "mailEnabled", "securityEnabled")


def groups(call: Call) -> Reply:
    """List groups."""
    return listing.listed(call, "group", PATH)


def group(call: Call) -> Reply:
    """Read one."""
    return _shown(call, users.found(call, call.names[0], "group")[1])


def by_name(call: Call) -> Reply:
    """Read the one with a unique name."""
    thing = _named(call.tenant, _unique(call))
    if thing is None:
        raise missing(call.names[0])
    return _shown(call, users.found(call, thing.id, "group")[1])


def create(call: Call) -> Reply:
    """Make one, whatever else there is."""
    return _made(call, {})


def upsert(call: Call) -> Reply:
    """Change the one with a unique name, or make it where that is allowed."""
    name = _unique(call)
    thing = _named(call.tenant, name)
    if thing is not None:
        return _changed(call, thing)
    if "create-if-missing" not in call.headers.get("prefer", "").lower():
        raise missing(name)
    return _made(call, {"uniqueName": name})


def update(call: Call) -> Reply:
    """Change one."""
    return _changed(call, users.found(call, call.names[0], "group")[0])


def delete(call: Call) -> Reply:
    """Delete softly; what Exchange keeps goes for good."""
    thing, _ = users.found(call, call.names[0], "group")
    data, now = users.state(thing), call.tenant.now()
    kept = not data["mailEnabled"] or "Unified" in data["groupTypes"]
    gone = {**data, "deletedDateTime": users.stamp(now), "_deleted": now} if kept else None
    call.tenant.write(thing, gone)
    _licensed(call, data.get("_members", ()))
    return Reply(object=thing.id)


def members(call: Call) -> Reply:
    """A page of members."""
    thing, data = users.found(call, call.names[0], "group")
    found = [one for one in map(call.tenant.thing, data["_members"]) if one is not None and alive(one.data)]
    start, top = listing.resumed(call), call.top
    names = fields.selected(call, "user")
    made: Data = {"@odata.context": f"{call.server.endpoint}/$metadata#directoryObjects"}
    if start + top < len(found):
        made["@odata.nextLink"] = listing.next_link(call, f"{PATH}/{thing.id}/members", start + top)
    chunk = [one.data for one in found[start : start + top]]
    made["value"] = [fields.typed(call.tenant, one, names) for one in chunk if one is not None]
    return Reply(200, made)


def add(call: Call) -> Reply:
    """Add one member."""
    thing, _ = users.found(call, call.names[0], "group")
    _changeable(thing, members=True)
    _write_members(call, thing, users.state(thing), [call.body.get("@odata.id")])
    return Reply(object=thing.id)


def remove(call: Call) -> Reply:
    """Take one member away."""
    thing, _ = users.found(call, call.names[0], "group")
    _changeable(thing, members=True)
    data, member = users.state(thing), call.names[1]
    if member not in data["_members"]:
        raise missing(member)
    rest = tuple(one for one in data["_members"] if one != member)
    call.tenant.write(thing, {**data, "_members": rest})
    _licensed(call, [member])
    return Reply(object=thing.id)


def assign(call: Call) -> Reply:
    """Give licences to a group; its members get them later."""
    thing, _ = users.found(call, call.names[0], "group")
    data = users.state(thing)
    adds, removes = licenses.arrays(call)
    licenses.checked(call.tenant, adds, removes)
    held = {one["skuId"]: one for one in data.get("assignedLicenses", ())}
    if not {*removes} <= held.keys():
        raise bad("Group does not have a corresponding license.")
    left = [one for sku, one in held.items() if sku not in removes and sku not in {new["skuId"] for new in adds}]
    processing = {"licenseProcessingState": {"state": "QueuedForProcessing"}}
    call.tenant.write(thing, {**data, "assignedLicenses": [*left, *adds], **processing})
    call.tenant.jobs.append((call.tenant.requests + call.server.licensing, thing.id))
    return Reply(202, {"id": thing.id}, object=thing.id)


def errors(call: Call) -> Reply:
    """Members to whom the group's licences could not be given."""
    thing, data = users.found(call, call.names[0], "group")
    found = []
    for one in (call.tenant.users.get(member) for member in data["_members"]):
        states = one.data.get("licenseAssignmentStates", ()) if one and one.data else ()
        if one and one.data and any(s["assignedByGroup"] == thing.id and s["state"] == "Error" for s in states):
            found.append(fields.typed(call.tenant, one.data, fields.USER))
    return Reply(200, {"value": found})


def catch_up(server: GraphServer, tenant: Tenant) -> None:
    """Give members what their groups have had for long enough."""
    if not tenant.jobs or tenant.jobs[0][0] > tenant.requests:
        return
    due = [name for at, name in tenant.jobs if at <= tenant.requests]
    tenant.jobs = [(at, name) for at, name in tenant.jobs if at > tenant.requests]
    for name in due:
        group = tenant.groups.get(name)
        data = group.data if group else None
        concerned = (name,) if group is None else data["_members"] if data else ()
        for thing in [tenant.users[one] for one in concerned if one in tenant.users]:
            licenses.inherit(server.mailboxes, tenant, thing)
        if group is not None and data is not None:
            tenant.write(group, {**data, "licenseProcessingState": {"state": "ProcessingComplete"}})


def _shown(call: Call, data: Data) -> Reply:
    names, expanded = fields.selected(call, "group"), fields.expansion(call, "group")
    return Reply(200, fields.shown(call.tenant, data, names, expanded))


def _unique(call: Call) -> str:
    """The unique name in the path, where a quote is written twice."""
    return call.names[0].replace("''", "'")


def _named(tenant: Tenant, name: str) -> Thing | None:
    listed = tenant.order["group"]
    return next((one for one in listed if one.data and one.data.get("uniqueName") == name), None)


def _made(call: Call, more: Data) -> Reply:
    sent, tenant = call.body, call.tenant
    for name in _NEEDED:
        if sent.get(name) is None:
            raise bad(f"A value is required for property '{name}' of resource 'Group'.")
    unified = "Unified" in sent.get("groupTypes", ())
    if sent["mailEnabled"] != unified or not (unified or sent["securityEnabled"]):
        raise bad("The service does not currently support writes of mail-enabled groups.")
    data: Data = {"id": tenant.guid(), "groupTypes": [], "_members": (), "createdDateTime": users.stamp(tenant.now())}
    data |= {name: one for name, one in sent.items() if name != BIND and one is not None} | more
    _text(sent)
    if unified:
        data["mail"] = f"{data['mailNickname']}@{tenant.main.name}"
        data["proxyAddresses"] = [f"SMTP:{data['mail']}"]
        if data["mail"].lower() in tenant.owners:
            raise conflict("mailNickname")
    data["_members"] = _new_members(call, (), sent.get(BIND, []))
    thing = Thing(data["id"], "group", 0)
    tenant.groups[thing.id] = thing
    tenant.write(thing, data)
    return Reply(201, fields.shown(tenant, data, fields.GROUP), object=thing.id)


def _changed(call: Call, thing: Thing) -> Reply:
    _changeable(thing)
    data, sent = users.state(thing), call.body
    _text(sent)
    for name in _FIXED:
        if name in sent and sent[name] != data.get(name):
            raise bad(f"Property '{name}' of a group cannot be changed.")
    binds = sent.get(BIND)
    made = {**data, **{name: one for name, one in sent.items() if name != BIND}}
    made = {name: one for name, one in made.items() if one is not None}
    if binds is None:
        call.tenant.write(thing, made)
    else:
        _changeable(thing, members=True)
        _write_members(call, thing, made, binds)
    return Reply(object=thing.id)


def _write_members(call: Call, thing: Thing, data: Data, links: list[Any]) -> None:
    before = data["_members"]
    wished = _new_members(call, before, links)
    call.tenant.write(thing, {**data, "_members": wished})
    if data.get("assignedLicenses"):
        call.tenant.jobs.append((call.tenant.requests + call.server.licensing, thing.id))


def _new_members(call: Call, before: tuple[str, ...], links: list[Any]) -> tuple[str, ...]:
    if len(links) > MOST:
        raise bad(f"The number of object references exceeds {MOST}.", wrong=True)
    added = [users.reference(call, one) for one in links]
    for one in added:
        thing = call.tenant.thing(one)
        data = call.tenant.shown(thing) if thing is not None else None
        if data is None or not alive(data) or thing is None or not alive(thing.data):
            raise missing(one)
        if one in before or added.count(one) > 1:
            raise bad("One or more added object references already exist for the following modified properties.")
    return (*before, *added)


def _licensed(call: Call, concerned: Any) -> None:
    """Whoever left a group loses what came through it, later."""
    for one in concerned:
        call.tenant.jobs.append((call.tenant.requests + call.server.licensing, one))


def _changeable(thing: Thing, *, members: bool = False) -> None:
    data = users.state(thing)
    if data["mailEnabled"] and "Unified" not in data["groupTypes"]:
        raise bad("Cannot Update a mail-enabled security groups and or distribution list.")
    if data.get("onPremisesSyncEnabled"):
        raise bad("Unable to update the specified properties for on-premises mastered Directory Sync objects.")
    if members and "DynamicMembership" in data["groupTypes"]:
        raise Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _text(sent: Data) -> None:
    for name, value in sent.items():
        if value == "" or (name == "displayName" and (value is None or len(value) > 256)):
            raise bad(f"Invalid value specified for property '{name}' of resource 'Group'.", wrong=value == "")
