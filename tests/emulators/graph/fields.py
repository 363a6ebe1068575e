"""Which properties of an object are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.emulators.graph import contract
from tests.emulators.graph.call import Call
from tests.emulators.graph.refusal import bad, unsupported
from tests.emulators.graph.tenants import Data, Tenant

#: Shown without `$select`. Source: Microsoft Graph v1.0, "Get user", default set (read 2026-08).
USER = (
    "id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName",
)  # fmt: skip
GROUP = (
    "id", "displayName", "description", "groupTypes", "mail", "mailEnabled", "mailNickname", "securityEnabled",
    "membershipRule", "proxyAddresses", "uniqueName", "visibility", "createdDateTime", "onPremisesSyncEnabled",
)  # fmt: skip
DEFAULTS = {"user": USER, "group": GROUP}
LISTS = (
    "businessPhones", "proxyAddresses", "otherMails", "assignedLicenses", "licenseAssignmentStates", "imAddresses",
    "assignedPlans", "provisionedPlans", "groupTypes", "identities", "onPremisesProvisioningErrors",
)  # fmt: skip
EMPTY: dict[str, Any] = {name: [] for name in LISTS}
#: The most that `$expand` gives of a relation. Source: Microsoft Graph, "Customize responses with query parameters",
#: limits of $expand on directory objects (read 2026-08).
EXPANDED = 20
_EXPAND = re.compile(r"(manager|members)(?:\(\$select=([A-Za-z,]+)\))?")


def selected(call: Call, kind: str) -> tuple[str, ...]:
    """The properties that are asked for."""
    text = call.asked.get("$select", "")
    if not text:
        return DEFAULTS[kind]
    names = tuple(one.strip() for one in text.split(","))
    held = contract.at_hand()
    for name in names if held else ():
        if held is not None and name not in held.properties(kind):
            raise bad(f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.", wrong=True)
    return names if call.sort == "users.delta" else tuple(one for one in names if one != "manager")


def expansion(call: Call, kind: str) -> tuple[str, tuple[str, ...]] | None:
    """What is asked for beside the object, with its properties."""
    text = call.asked.get("$expand")
    if text is None:
        return None
    found = _EXPAND.fullmatch(text)
    if found is None or found[1] != {"user": "manager", "group": "members"}[kind]:
        raise bad(f"Parsing OData Select and Expand failed: {text}", wrong=True)
    if call.advanced:
        raise unsupported("$expand is not supported with advanced queries.", wrong=True)
    return found[1], tuple((found[2] or ",".join(DEFAULTS["user"])).split(","))


def shown(
    tenant: Tenant, data: Data, names: Iterable[str], expanded: tuple[str, tuple[str, ...]] | None = None
) -> Data:
    """An object as Graph shows it."""
    get, empty = data.get, EMPTY.get
    made = {name: get(name, empty(name)) for name in names}
    if "id" not in made:
        made = {"id": data["id"], **made}
    if expanded is None:
        return made
    relation, wanted = expanded
    if relation == "manager":
        other = tenant.users.get(data.get("_manager", ""))
        if other is not None and other.data is not None and "deletedDateTime" not in other.data:
            made["manager"] = typed(tenant, other.data, wanted)
    else:
        things = [tenant.thing(one) for one in data.get("_members", ())]
        alive = [one.data for one in things if one and one.data is not None and "deletedDateTime" not in one.data]
        made["members"] = [typed(tenant, one, wanted) for one in alive[:EXPANDED]]
    return made


def typed(tenant: Tenant, data: Data, names: Iterable[str]) -> Data:
    """An object among others of several types."""
    kind = "user" if "userPrincipalName" in data else "group"
    return {"@odata.type": f"#microsoft.graph.{kind}", **shown(tenant, data, names)}
