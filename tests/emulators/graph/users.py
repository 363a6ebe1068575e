"""Users: made, changed, deleted softly; their managers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from tests.emulators.graph import fields, listing
from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import DENIED, Refusal, bad, conflict, missing
from tests.emulators.graph.tenants import Data, Thing, addresses, alive

PATH = "/users"
#: The permission that a new password for an old user needs.
RESET = "User-PasswordProfile.ReadWrite.All"
_UPN = re.compile(r"[A-Za-z0-9'._!#^~-]{0,63}[A-Za-z0-9'_!#^~-]@[A-Za-z0-9.-]+")
_NEEDED = ("accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile")
_LENGTHS = {"displayName": 256, "givenName": 64, "surname": 64, "department": 64, "jobTitle": 128, "mobilePhone": 64}
#: What may be written of a user who is mastered on premises.
_CLOUD = frozenset({"usageLocation", "passwordPolicies"})


def stamp(moment: datetime) -> str:
    """An instant as Graph writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def found(call: Call, name: str, kind: str = "user") -> tuple[Thing, Data]:
    """An object by id, a user by user principal name too, as one replica shows it.

    Raises:
        Refusal: the replica has none.
    """
    tenant = call.tenant
    thing = tenant.of(kind).get(name) or tenant.of(kind).get(name.lower())
    if thing is None and kind == "user" and "@" in name:
        owner = tenant.owners.get(name.lower())
        upn = owner.data.get("userPrincipalName", "") if owner and owner.data else ""
        thing = owner if upn.lower() == name.lower() else None
    data = tenant.shown(thing) if thing is not None else None
    if thing is None or data is None or not alive(data) or not alive(thing.data):
        if thing is not None and data is not None and alive(data) and call.sort == "user":
            return thing, data  # deleted already, shown still
        raise missing(name)
    return thing, data


def state(thing: Thing) -> Data:
    """What is really held."""
    assert thing.data is not None
    return thing.data


def users(call: Call) -> Reply:
    """List users."""
    return listing.listed(call, "user", PATH)


def user(call: Call) -> Reply:
    """Read one."""
    _, data = found(call, call.names[0])
    names, expanded = fields.selected(call, "user"), fields.expansion(call, "user")
    return Reply(200, fields.shown(call.tenant, data, names, expanded))


def create(call: Call) -> Reply:
    """Make a user."""
    sent, tenant = call.body, call.tenant
    for name in _NEEDED:
        if sent.get(name) is None:
            raise bad(f"A value is required for property '{name}' of resource 'User'.")
    if not (sent["passwordProfile"] or {}).get("password"):
        raise bad("A value is required for property 'passwordProfile' of resource 'User'.")
    data = {"id": tenant.guid(), "userType": "Member", "createdDateTime": stamp(tenant.now())}
    data = _changed(call, data, sent)
    domain = tenant.verified(sent["userPrincipalName"])
    if domain is not None and domain.fresh:
        domain.fresh -= 1
        raise bad("One or more property values specified are invalid.")
    if domain is not None and domain.federated and not sent.get("onPremisesImmutableId"):
        raise bad("A value is required for property 'onPremisesImmutableId' of a federated user.")
    thing = Thing(data["id"], "user", 0)
    tenant.users[thing.id] = thing
    _password(call, thing.id)
    tenant.write(thing, data)
    shown = fields.shown(tenant, data, fields.USER)
    return Reply(201, {"@odata.context": f"{call.server.endpoint}/$metadata#users/$entity", **shown}, object=thing.id)


def update(call: Call) -> Reply:
    """Change a user."""
    thing, _ = found(call, call.names[0])
    before = state(thing)
    if before.get("onPremisesSyncEnabled") and call.body.keys() - _CLOUD:
        what = "Unable to update the specified properties for on-premises mastered Directory Sync objects"
        raise bad(f"{what} or objects currently undergoing migration.")
    granted = call.token.permissions
    if "passwordProfile" in call.body and granted is not None and RESET not in granted:
        raise Refusal(403, DENIED, "Insufficient privileges to complete the operation.")
    data = _changed(call, before, call.body)
    _password(call, thing.id)
    call.tenant.write(thing, data)
    return Reply(object=thing.id)


def delete(call: Call) -> Reply:
    """Delete softly: everything is kept, the user principal name is set aside."""
    thing, _ = found(call, call.names[0])
    data, now = state(thing), call.tenant.now()
    upn = thing.id.replace("-", "") + data["userPrincipalName"]
    call.tenant.write(thing, {**data, "userPrincipalName": upn, "deletedDateTime": stamp(now), "_deleted": now})
    return Reply(object=thing.id)


def revoke(call: Call) -> Reply:
    """End the user's sessions."""
    thing, _ = found(call, call.names[0])
    call.tenant.sessions[thing.id] += 1
    return Reply(200, {"value": True}, object=thing.id)


def manager(call: Call) -> Reply:
    """Read the manager."""
    _, data = found(call, call.names[0])
    other = call.tenant.users.get(data.get("_manager", ""))
    if other is None or other.data is None or not alive(other.data):
        raise missing("manager")
    return Reply(200, fields.typed(call.tenant, other.data, fields.selected(call, "user")))


def set_manager(call: Call) -> Reply:
    """Give a manager."""
    thing, _ = found(call, call.names[0])
    other, _ = found(call, reference(call, call.body.get("@odata.id")))
    _own(thing)
    call.tenant.write(thing, {**state(thing), "_manager": other.id})
    return Reply(object=thing.id)


def clear_manager(call: Call) -> Reply:
    """Take the manager away."""
    thing, _ = found(call, call.names[0])
    _own(thing)
    before = state(thing)
    if "_manager" not in before:
        raise missing("manager")
    data = {name: one for name, one in before.items() if name != "_manager"}
    call.tenant.write(thing, {**data, "_managed": before["_manager"]})
    return Reply(object=thing.id)


def reference(call: Call, link: object) -> str:
    """The object that a link names."""
    text = str(link)
    for base in ("https://graph.microsoft.com/v1.0", call.server.endpoint):
        for place in ("/users/", "/directoryObjects/"):
            if text.startswith(base + place) and "/" not in text.removeprefix(base + place):
                return text.removeprefix(base + place)
    raise bad(f"Invalid URL format specified in payload: {text}", wrong=True)


def _own(thing: Thing) -> None:
    if state(thing).get("onPremisesSyncEnabled"):
        raise bad("Unable to update the specified properties for on-premises mastered Directory Sync objects.")


def _password(call: Call, identity: str) -> None:
    profile = call.body.get("passwordProfile")
    if profile and profile.get("password"):
        call.tenant.passwords.setdefault(identity, []).append(profile["password"])


def _changed(call: Call, before: Data, sent: Data) -> Data:
    """The state after a write, all of it or none.

    Raises:
        Refusal: something in it is not possible.
    """
    data = dict(before)
    for name, value in sent.items():
        _valid(name, value, before)
        if name == "passwordProfile":
            continue
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value
    upn = data["userPrincipalName"]
    if upn != before.get("userPrincipalName"):
        if not _UPN.fullmatch(upn):
            raise bad("Property userPrincipalName is invalid.")
        if call.tenant.verified(upn) is None:
            raise bad("The domain portion of the userPrincipalName property is invalid: use a verified domain.")
        _free(call, upn, before.get("id", ""), "userPrincipalName")
    if sent.get("mail") and sent["mail"] != before.get("mail"):
        mail = sent["mail"]
        if "@" not in mail or not mail.isascii():
            raise bad("Property mail is invalid.")
        if data.get("userType") != "Guest" and call.tenant.verified(mail) is None:
            raise bad("The specified mail address is not on a verified domain.")
        _free(call, mail, before.get("id", ""), "proxyAddresses")
        data["proxyAddresses"] = primary(before.get("proxyAddresses", []), mail)
    return data


def primary(proxies: list[str], mail: str) -> list[str]:
    """The addresses with this one as the first; those that were there stay."""
    others = [f"smtp:{one.partition(':')[2]}" for one in proxies if one.partition(":")[2].lower() != mail.lower()]
    return [f"SMTP:{mail}", *others]


def _free(call: Call, address: str, identity: str, target: str) -> None:
    owner = call.tenant.owners.get(address.lower())
    if owner is not None and owner.id != identity:
        raise conflict(target)


def _valid(name: str, value: Any, before: Data) -> None:
    text = f"Invalid value specified for property '{name}' of resource 'User'."
    if value == "":
        raise bad(text, wrong=True)
    if name == "proxyAddresses":
        raise bad("Property 'proxyAddresses' is read-only and cannot be set.", wrong=True)
    if name in {"displayName", "userPrincipalName", "accountEnabled", "mailNickname"} and value is None:
        raise bad(text)
    if name == "usageLocation" and (
        (value is None and before.get(name)) or (value is not None and not re.fullmatch("[A-Z]{2}", str(value)))
    ):
        raise bad(text)
    if name == "businessPhones" and (not isinstance(value, list) or len(value) > 1):
        raise bad(text)
    if isinstance(value, str) and len(value) > _LENGTHS.get(name, 1000):
        raise bad(text)
    if name == "passwordProfile" and value and len(value.get("password") or "long enough") < 8:
        raise bad("The specified password does not comply with password complexity requirements.")


def taken(call: Call, thing: Thing, upn: str) -> str:
    """Which of its addresses somebody else has by now; empty when none."""
    for one in addresses({**state(thing), "userPrincipalName": upn}):
        owner = call.tenant.owners.get(one)
        if owner is not None and owner is not thing:
            return "userPrincipalName" if one == upn.lower() else "proxyAddresses"
    return ""
