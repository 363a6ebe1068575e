"""Which calls there are: the path, how they are counted, what they may ask for, and who may make them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.emulators.graph import deleted, delta, domains, groups, licenses, organization, users
from tests.emulators.graph.call import Call, Reply

_NONE: frozenset[str] = frozenset()
_SELECT = frozenset({"$select"})
_ONE = frozenset({"$select", "$expand"})
_LIST = frozenset({"$select", "$expand", "$filter", "$top", "$count", "$skiptoken"})
_GONE = frozenset({"$select", "$filter", "$top", "$count", "$skiptoken"})
_PAGES = frozenset({"$select", "$top", "$skiptoken"})
_DELTA = frozenset({"$select", "$top", "$deltatoken", "$skiptoken"})

_DIRECTORY = frozenset({"Directory.ReadWrite.All"})
_READS = _DIRECTORY | {"Directory.Read.All"}
_USERS = _DIRECTORY | {"User.ReadWrite.All"}
_GROUPS = _DIRECTORY | {"Group.ReadWrite.All"}

#: Application permissions, any of which is enough. Source: Microsoft Graph v1.0 reference, each call (read 2026-08).
NEEDED: dict[str, frozenset[str]] = {
    "domains": _READS | {"Domain.Read.All", "Domain.ReadWrite.All"},
    "domains!": frozenset({"Domain.ReadWrite.All"}),
    "users": _READS | _USERS | {"User.Read.All"},
    "users!": _USERS,
    "sessions!": _USERS | {"User.RevokeSessions.All"},
    "deleted": _READS | _USERS | {"User.Read.All", "User.DeleteRestore.All"},
    "restore!": _USERS | {"User.DeleteRestore.All"},
    "licenses!": _USERS | {"LicenseAssignment.ReadWrite.All"},
    "skus": _READS | {"LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All", "Organization.Read.All"},
    "organization": _READS | _USERS | {"Organization.Read.All", "User.Read.All"},
    "groups": _READS | _GROUPS | {"Group.Read.All", "GroupMember.Read.All"},
    "groups!": _GROUPS,
    "members!": _GROUPS | {"GroupMember.ReadWrite.All"},
    "policies": frozenset({"Policy.Read.All"}),
    "policies!": frozenset({"Policy.ReadWrite.SecurityDefaults"}),
}

Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A call that was found; `names`: what stood for each variable."""

    sort: str
    handler: Handler
    options: frozenset[str]
    permission: str
    names: tuple[str, ...] = ()


def _nothing(call: Call) -> Reply:
    raise AssertionError("a batch is taken apart elsewhere")


_D, _U, _G, _X = "/domains/*", "/users/*", "/groups/*", "/directory/deletedItems"
_TABLE: tuple[tuple[str, str, str, Handler, frozenset[str], str], ...] = (
    ("POST", "/$batch", "batch", _nothing, _NONE, "users"),
    ("GET", "/domains", "domains", domains.domains, _SELECT, "domains"),
    ("POST", "/domains", "domain.create", domains.create, _NONE, "domains!"),
    ("GET", _D, "domain", domains.domain, _SELECT, "domains"),
    ("PATCH", _D, "domain.update", domains.update, _NONE, "domains!"),
    ("DELETE", _D, "domain.delete", domains.delete, _NONE, "domains!"),
    ("POST", f"{_D}/verify", "domain.verify", domains.verify, _NONE, "domains!"),
    ("POST", f"{_D}/promote", "domain.promote", domains.promote, _NONE, "domains!"),
    ("POST", f"{_D}/forceDelete", "domain.forceDelete", domains.force_delete, _NONE, "domains!"),
    ("GET", f"{_D}/verificationDnsRecords", "domain.proofs", domains.proofs, _NONE, "domains"),
    ("GET", f"{_D}/serviceConfigurationRecords", "domain.records", domains.records, _NONE, "domains"),
    ("GET", f"{_D}/domainNameReferences", "domain.references", domains.references, _PAGES, "domains"),
    ("GET", f"{_D}/rootDomain", "domain.root", domains.root, _NONE, "domains"),
    ("GET", "/users", "users", users.users, _LIST, "users"),
    ("POST", "/users", "user.create", users.create, _NONE, "users!"),
    ("GET", "/users/delta", "users.delta", delta.users, _DELTA, "users"),
    ("GET", _U, "user", users.user, _ONE, "users"),
    ("PATCH", _U, "user.update", users.update, _NONE, "users!"),
    ("DELETE", _U, "user.delete", users.delete, _NONE, "users!"),
    ("GET", f"{_U}/manager", "manager", users.manager, _SELECT, "users"),
    ("PUT", f"{_U}/manager/$ref", "manager.set", users.set_manager, _NONE, "users!"),
    ("DELETE", f"{_U}/manager/$ref", "manager.clear", users.clear_manager, _NONE, "users!"),
    ("POST", f"{_U}/revokeSignInSessions", "sessions.revoke", users.revoke, _NONE, "sessions!"),
    ("POST", f"{_U}/assignLicense", "licenses.assign", licenses.assign, _NONE, "licenses!"),
    ("POST", f"{_U}/reprocessLicenseAssignment", "licenses.reprocess", licenses.reprocess, _NONE, "licenses!"),
    ("GET", f"{_U}/licenseDetails", "licenses.details", licenses.details, _NONE, "users"),
    ("GET", "/subscribedSkus", "skus", licenses.skus, _SELECT, "skus"),
    ("GET", "/subscribedSkus/*", "sku", licenses.sku, _SELECT, "skus"),
    ("GET", "/directory/subscriptions", "subscriptions", organization.subscriptions, _SELECT, "skus"),
    ("GET", f"{_X}/microsoft.graph.user", "deleted.users", deleted.users, _GONE, "deleted"),
    ("GET", f"{_X}/graph.user", "deleted.users", deleted.users, _GONE, "deleted"),
    ("GET", f"{_X}/microsoft.graph.group", "deleted.groups", deleted.groups, _GONE, "groups"),
    ("GET", f"{_X}/graph.group", "deleted.groups", deleted.groups, _GONE, "groups"),
    ("GET", f"{_X}/*", "deleted", deleted.item, _SELECT, "deleted"),
    ("DELETE", f"{_X}/*", "purge", deleted.purge, _NONE, "restore!"),
    ("POST", f"{_X}/*/restore", "restore", deleted.restore, _NONE, "restore!"),
    ("GET", "/groups", "groups", groups.groups, _LIST, "groups"),
    ("POST", "/groups", "group.create", groups.create, _NONE, "groups!"),
    ("PATCH", "/groups(uniqueName='*')", "group.upsert", groups.upsert, _NONE, "groups!"),
    ("GET", "/groups(uniqueName='*')", "group", groups.by_name, _ONE, "groups"),
    ("GET", _G, "group", groups.group, _ONE, "groups"),
    ("PATCH", _G, "group.update", groups.update, _NONE, "groups!"),
    ("DELETE", _G, "group.delete", groups.delete, _NONE, "groups!"),
    ("POST", f"{_G}/assignLicense", "group.licenses.assign", groups.assign, _NONE, "licenses!"),
    ("GET", f"{_G}/membersWithLicenseErrors", "group.licenses.errors", groups.errors, _NONE, "groups"),
    ("GET", f"{_G}/members", "members", groups.members, _PAGES, "groups"),
    ("POST", f"{_G}/members/$ref", "member.add", groups.add, _NONE, "members!"),
    ("DELETE", f"{_G}/members/*/$ref", "member.remove", groups.remove, _NONE, "members!"),
    ("GET", "/organization", "organization", organization.organization, _SELECT, "organization"),
    ("GET", f"{organization.DEFAULTS}", "security.defaults", organization.defaults, _SELECT, "policies"),
    ("PATCH", f"{organization.DEFAULTS}", "security.defaults.update", organization.set_defaults, _NONE, "policies!"),
    ("GET", "/identity/conditionalAccess/policies", "conditional.access", organization.access, _SELECT, "policies"),
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\*", "([^/]+)"))


_ROUTES: dict[str, list[tuple[re.Pattern[str], Route]]] = {}
for _method, _path, _sort, _handler, _options, _permission in _TABLE:
    _entry = (_pattern(_path), Route(_sort, _handler, _options, _permission))
    _ROUTES.setdefault(f"{_method} {_path.count('/')}", []).append(_entry)
_BRACKETS = re.compile(r"(?<=[A-Za-z])\('([^/]*)'\)")


def plain(path: str) -> str:
    """A path with names in brackets turned into steps: /users('x') is /users/x; unique names stay."""
    return _BRACKETS.sub(r"/\1", path.replace("%27", "'").replace("%28", "(").replace("%29", ")")).replace("()", "")


def find(method: str, path: str) -> Route | None:
    """The call of a path without query; none when there is no such call."""
    for pattern, route in _ROUTES.get(f"{method} {path.count('/')}", ()):
        found = pattern.fullmatch(path)
        if found is not None:
            return Route(route.sort, route.handler, route.options, route.permission, found.groups())
    return None
