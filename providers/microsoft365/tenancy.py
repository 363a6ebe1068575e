"""Whose token is it? One customer's must never touch another's tenant.

Source: Microsoft Graph documentation, organization resource type and verifiedDomain resource type (`isInitial`); Entra
documentation, Access token claims reference (`tid`); 2026-11.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from providers.microsoft365 import answers
from reconciler.model.errors import Forbidden, Invalid

#: What names the tenant of a token; also as an item of a batch.
ORGANIZATION = "/organization?$select=id,displayName,verifiedDomains"


def organization(provider: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one organization of an answer to `ORGANIZATION`.

    Raises:
        Invalid: there is none, or more than one.
    """
    listed = told.get("value")
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], Mapping):
        raise Invalid(provider, "the answer about the organization names not exactly one")
    return listed[0]


def check(provider: str, organization: Mapping[str, Any], tenant: str, token: str) -> None:
    """Hold the organization that a token opens against the tenant that is meant.

    Args:
        tenant: its initial domain.

    Raises:
        Forbidden: it is another tenant's token.
        Invalid: the organization names no initial domain.
    """
    domains = organization.get("verifiedDomains")
    initial = [
        str(one.get("name"))
        for one in (domains if isinstance(domains, list) else ())
        if isinstance(one, Mapping) and one.get("isInitial") is True
    ]
    if not initial:
        raise Invalid(provider, "the answer about the organization names no initial domain")
    own = str(organization.get("id") or "")
    name = answers.line(f"{organization.get('displayName') or own} (initial domain {initial[0]})")
    if initial[0].rstrip(".").lower() != tenant.rstrip(".").lower() or len(initial) > 1:
        raise Forbidden(
            provider,
            f"this credential belongs to tenant {name}, the spec is about {tenant}: nothing was read or written",
        )
    said = claim(token, "tid")
    if said and said.lower() != own.lower():
        raise Forbidden(
            provider,
            f"the token was made for tenant {answers.line(said)}, and the answer is of tenant {name}:"
            " nothing was read or written",
        )


def claim(token: str, name: str) -> str:
    """A text that a token says of itself; empty when it does not, or is none that can be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return ""
    try:
        told = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return ""
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, str) else ""
