"""Which permission a call of Graph asks an app for at least.

Source: Microsoft Graph documentation, the table "Permissions" on the page of each call, column Application, least
privileged; Microsoft Graph permissions reference; 2026-11. It serves a hint alone: nothing is decided on it.
"""

from __future__ import annotations

import re

#: What a path looks like; what reading it needs; what writing needs. The first that fits counts.
_TABLE = tuple(
    (re.compile(pattern, re.IGNORECASE), reads, writes)
    for pattern, reads, writes in (
        (r"/organization\b", "Organization.Read.All", "Organization.ReadWrite.All"),
        (
            r"/domains/[^/]+/federationConfiguration\b",
            "Domain-InternalFederation.Read.All",
            "Domain-InternalFederation.ReadWrite.All",
        ),
        (r"/domains\b", "Domain.Read.All", "Domain.ReadWrite.All"),
        (r"/subscribedSkus\b", "LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All"),
        (
            r"/(users|groups)/[^/]+/(assignLicense|reprocessLicenseAssignment|licenseDetails)\b",
            "LicenseAssignment.Read.All",
            "LicenseAssignment.ReadWrite.All",
        ),
        (
            r"/users/[^/]+/authentication\b",
            "UserAuthenticationMethod.Read.All",
            "UserAuthenticationMethod.ReadWrite.All",
        ),
        (r"/users\b", "User.Read.All", "User.ReadWrite.All"),
        (r"/groups/[^/]+/members\b", "GroupMember.Read.All", "GroupMember.ReadWrite.All"),
        (r"/groups\b", "Group.Read.All", "Group.ReadWrite.All"),
        (r"/directory/deletedItems/microsoft\.graph\.group\b", "Group.Read.All", "Group.ReadWrite.All"),
        (r"/directory/deletedItems\b", "User.Read.All", "User.DeleteRestore.All"),
        (r"/directory/subscriptions\b", "Organization.Read.All", ""),
        (
            r"/policies/identitySecurityDefaultsEnforcementPolicy\b",
            "Policy.Read.All",
            "Policy.ReadWrite.SecurityDefaults",
        ),
        (r"/identity/conditionalAccess\b", "Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"),
        (r"/reports/authenticationMethods\b", "AuditLog.Read.All", ""),
        (r"/auditLogs\b", "AuditLog.Read.All", ""),
    )
)


def needed(method: str, url: str) -> str:
    """The application permission that is likely missing; empty when none can be named.

    Args:
        url: a path, with or without an endpoint before it.
    """
    path = url.split("?", 1)[0]
    for pattern, reads, writes in _TABLE:
        if pattern.search(path):
            return reads if method == "GET" else writes
    return ""
