"""Takes tenant resources apart into slots, folds slots back into whole resources, and binds spec users to live ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.key import ALIAS, Key
from reconciler.model.resource import Group, Licenses, Resource, SignIn, TenantDomain, User
from reconciler.model.value import Value

#: Slot part -> field of `User`.
USER_FIELDS = {
    "upn": "upn",
    "displayName": "display_name",
    "givenName": "given_name",
    "surname": "surname",
    "usageLocation": "usage_location",
    "phone": "phone",
    "department": "department",
    "jobTitle": "job_title",
    "manager": "manager",
    "mail": "mail",
}

LICENSED, PLAN_OFF = "direct", "off"
PRESENT, BLOCKED = "present", "blocked"


def parts(resource: Resource) -> dict[str, Value]:
    """Take a live tenant resource apart; a soft-deleted user has no parts, as if it did not exist."""
    if isinstance(resource, User):
        return _user_parts(resource)
    if isinstance(resource, Licenses):
        off = dict.fromkeys(resource.disabled, PLAN_OFF)
        return {**dict.fromkeys(resource.direct, LICENSED), **off}
    if isinstance(resource, TenantDomain):
        flags = {"verified": resource.verified, "default": resource.default}
        services = {f"services/{one}": PRESENT for one in resource.services}
        return {"": PRESENT, **{name: True for name, value in flags.items() if value}, **services}
    if isinstance(resource, SignIn):
        return {"defaults": resource.defaults}
    if isinstance(resource, Group):
        members = {f"members/{one}": PRESENT for one in resource.members}
        named = {"displayName": resource.display_name, "groupKind": resource.group_kind}
        return {"": PRESENT, **named, **members}
    return {}


def _user_parts(user: User) -> dict[str, Value]:
    if user.deleted:
        return {}
    found: dict[str, Value] = {"": PRESENT if user.enabled else BLOCKED}
    for part, name in USER_FIELDS.items():
        value: Value = getattr(user, name)
        if value:
            found[part] = value
    return found | {f"{ALIAS}{one}": PRESENT for one in user.aliases}


def fold(key: Key, live: Resource | None, writes: Mapping[str, Value | None]) -> Resource | None:
    """The whole resource after the writes; what they do not name stays.

    Args:
        live: as re-read; a soft-deleted user is restored by a write of its existence.
        writes: by slot part; none clears the slot. Members of groups are object ids here.

    Returns:
        None when the resource shall not exist (a user: soft-deleted).
    """
    if key.kind == "user":
        return _fold_user(key, live if isinstance(live, User) else None, writes)
    if key.kind == "licenses":
        return _fold_licenses(key, live if isinstance(live, Licenses) else None, writes)
    if key.kind == "domain":
        return _fold_domain(key, live if isinstance(live, TenantDomain) else TenantDomain(key), writes)
    if key.kind == "sign-in":
        return replace(live if isinstance(live, SignIn) else SignIn(key), defaults=bool(writes.get("defaults")))
    return _fold_group(key, live if isinstance(live, Group) else None, writes)


def _fold_user(key: Key, live: User | None, writes: Mapping[str, Value | None]) -> User | None:
    if "" in writes and writes[""] is None:
        return None
    user = live or User(key, upn="", display_name="")
    fields: dict[str, object] = {}
    aliases = set(user.aliases)
    for part, value in writes.items():
        if part.startswith(ALIAS):
            (aliases.add if value else aliases.discard)(part.removeprefix(ALIAS))
        elif part:
            fields[USER_FIELDS[part]] = "" if value is None else value
        else:
            fields["enabled"] = value == PRESENT
            fields["deleted"] = False
    user = replace(user, key=key, aliases=tuple(sorted(aliases)), **fields)  # type: ignore[arg-type]
    return replace(user, mail=user.mail if user.mail in aliases - {user.upn} else "")


def _fold_domain(key: Key, domain: TenantDomain, writes: Mapping[str, Value | None]) -> TenantDomain:
    services = set(domain.services)
    for part, value in writes.items():
        kind, _, service = part.partition("/")
        if kind == "services":
            (services.add if value else services.discard)(service)
    flags = {part: bool(writes[part]) for part in ("verified", "default") if part in writes}
    return replace(domain, key=key, services=tuple(sorted(services)), **flags)  # type: ignore[arg-type]


def _fold_licenses(key: Key, live: Licenses | None, writes: Mapping[str, Value | None]) -> Licenses:
    """A plan that is off goes with its product."""
    held = live or Licenses(key, remote_id="")
    kept = {*held.direct, *held.disabled}
    kept = (kept | {part for part, value in writes.items() if value}) - {p for p, value in writes.items() if not value}
    direct = {part for part in kept if "/" not in part}
    disabled = {part for part in kept - direct if part.partition("/")[0] in direct}
    return replace(held, key=key, direct=tuple(sorted(direct)), disabled=tuple(sorted(disabled)))


def _fold_group(key: Key, live: Group | None, writes: Mapping[str, Value | None]) -> Group:
    group = live or Group(key, display_name=key.name)
    members = set(group.members)
    for part, value in writes.items():
        kind, _, member = part.partition("/")
        if kind == "members":
            (members.add if value else members.discard)(member)
        elif kind == "displayName":
            group = replace(group, display_name=str(value))
        elif kind == "groupKind":
            group = replace(group, group_kind=str(value))
    return replace(group, key=key, members=tuple(sorted(members)))
