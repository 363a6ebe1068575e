"""The tenant itself: its name and domains, its subscriptions, its policies about signing in."""

from __future__ import annotations

from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import bad
from tests.emulators.graph.tenants import Data

DEFAULTS = "/policies/identitySecurityDefaultsEnforcementPolicy"


def organization(call: Call) -> Reply:
    """The one organisation that the token is for."""
    tenant = call.tenant
    verified = [
        {
            "capabilities": ", ".join(one.services) or "None",
            "isDefault": one.default,
            "isInitial": one.initial,
            "name": one.name,
            "type": "Federated" if one.federated else "Managed",
        }
        for one in tenant.domains.values()
        if one.verified
    ]
    whole: Data = {"id": tenant.id, "displayName": tenant.display_name, "countryLetterCode": tenant.country}
    whole |= {"tenantType": "AAD", "defaultUsageLocation": None, "verifiedDomains": verified}
    return Reply(200, {"value": [_picked(call, whole)]})


def subscriptions(call: Call) -> Reply:
    """What was bought, and until when."""
    return Reply(200, {"value": [_picked(call, one) for one in call.tenant.subscriptions]})


def defaults(call: Call) -> Reply:
    """Whether security defaults are on."""
    whole = {"id": "00000000-0000-0000-0000-000000000005", "displayName": "Security Defaults"}
    return Reply(200, _picked(call, {**whole, "isEnabled": call.tenant.security_defaults}))


def set_defaults(call: Call) -> Reply:
    """Turn security defaults on or off; never beside enabled conditional access."""
    wished = call.body.get("isEnabled")
    if not isinstance(wished, bool):
        raise bad("isEnabled must be true or false.")
    if wished and any(one["state"] == "enabled" for one in call.tenant.conditional_access):
        raise bad("Security defaults cannot be enabled while a Conditional Access policy is.")
    call.tenant.security_defaults = wished
    return Reply(object="security defaults")


def access(call: Call) -> Reply:
    """Conditional access policies."""
    return Reply(200, {"value": [_picked(call, one) for one in call.tenant.conditional_access]})


def _picked(call: Call, whole: Data) -> Data:
    names = call.asked.get("$select", "")
    return {name: whole.get(name) for name in names.split(",")} if names else whole
