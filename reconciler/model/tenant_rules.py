"""What Microsoft 365 accepts of domains, users, licences and groups, and the form in which it shows them.

Source: Microsoft Entra, "User name policies" (UPN characters and lengths, read 2026-08); Microsoft Graph v1.0, `user`
and `group` (lengths of the other attributes, metadata of 2026-08-20).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import attrgetter

from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.resource import Group, Licenses, Resource, ServiceRecord, SignIn, Sku, TenantDomain, User

#: Kinds of group that can be created and changed; Exchange keeps the others.
GROUP_KINDS = ("microsoft365", "security")

#: Services that can be put on and off for a domain; a tenant lists others too.
SERVICES = ("Email", "OfficeCommunicationsOnline", "Yammer")

#: Longest text, in characters, by attribute of `User`.
LENGTHS = {"display_name": 256, "given_name": 64, "surname": 64, "department": 64, "job_title": 128, "phone": 64}

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_UPN = re.compile(r"[A-Za-z0-9'._!#^~-]{0,63}[A-Za-z0-9'_!#^~-]")
_ALIAS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
#: Some part numbers hold blanks and brackets. Source: Microsoft, product names for licensing (CSV of 2026-07).
_SKU = re.compile(r"[A-Za-z0-9_.-](?:[A-Za-z0-9_.() -]*[A-Za-z0-9_.)-])?")


def is_domain(name: str) -> bool:
    """Tell whether this is a full domain name in lower-case A-labels, without a final dot."""
    return len(name) <= 253 and _DOMAIN.fullmatch(name) is not None


def is_sku(name: str) -> bool:
    """Tell whether this can be a SKU's part number."""
    return _SKU.fullmatch(name) is not None


def address_domain(address: str) -> str:
    """The domain of a mail address or user principal name, lower case; empty when there is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def refusals(desired: Iterable[Resource]) -> Iterator[Diagnostic]:
    """What of this no tenant can hold, in the order given; needs no tenant to say so."""
    for resource in desired:
        for rule, summary, remedy in _faults(resource):
            yield error(f"tenant/{rule}", summary, remedy=remedy, address=resource.key.address)


_Fault = tuple[str, str, str]


def _faults(resource: Resource) -> Iterator[_Fault]:
    if isinstance(resource, User):
        yield from _user_faults(resource)
    elif isinstance(resource, Group):
        yield from _group_faults(resource)
    elif isinstance(resource, TenantDomain):
        if not is_domain(resource.key.name):
            yield "domain", f"{resource.key.name!r} is not a full domain name", "Write it as name.tld, in A-labels."
        for service in (one for one in resource.services if one not in SERVICES):
            yield "service", f"{service} cannot be put on for a domain", f"Use one of {', '.join(SERVICES)}."
    elif isinstance(resource, Licenses):
        for sku in (sku for sku in resource.direct if not is_sku(sku)):
            yield "license", f"{sku!r} is not a part number", "Use the part number the tenant lists."
        for one in resource.disabled:
            sku, _, plan = one.partition("/")
            if sku not in resource.direct or not is_sku(plan):
                yield "plan", f"{one!r} is no service plan of a licence that is given", "Write SKU/PLAN."
    elif isinstance(resource, SignIn):
        return
    elif isinstance(resource, Sku):
        yield "read-only", f"{resource.key.name} cannot be written", "Seats are bought from the reseller."
    else:
        yield "unsupported", f"a tenant holds no {resource.key.kind} records", "Write them to a DNS provider."


def _user_faults(user: User) -> Iterator[_Fault]:
    local, at, domain = user.upn.rpartition("@")
    if not at or not _UPN.fullmatch(local):
        what = "only A-Z a-z 0-9 ' . - _ ! # ^ ~ may stand before the @, 64 at most, and no full stop right before it"
        yield "upn", f"{user.upn!r} is not a user principal name", f"{what}."
    elif not is_domain(domain.lower()) or len(domain) > 48:
        yield "upn", f"{domain!r} in {user.upn!r} is not a domain of at most 48 characters", ""
    if not user.display_name.strip():
        yield "display-name", "a user needs a display name", ""
    for name, most in LENGTHS.items():
        if len(getattr(user, name)) > most:
            yield name.replace("_", "-"), f"{name} is longer than {most} characters", "Shorten it."
    if user.usage_location and not re.fullmatch("[A-Za-z]{2}", user.usage_location):
        yield "usage-location", f"{user.usage_location!r} is not a country of two letters", "Use ISO 3166: MX, ES."
    for alias in user.aliases:
        local, at, domain = alias.rpartition("@")
        if not at or not _ALIAS.fullmatch(local) or not is_domain(domain.lower()):
            yield "alias", f"{alias!r} is not a mail address", ""
    if user.deleted:
        yield "deleted", "a user cannot be asked for as deleted", "Ask for no such user."


def _group_faults(group: Group) -> Iterator[_Fault]:
    if not group.display_name.strip():
        yield "display-name", "a group needs a display name", ""
    if len(group.display_name) > 256:
        yield "display-name", "display_name is longer than 256 characters", "Shorten it."
    if group.group_kind not in GROUP_KINDS:
        what = f"Use one of {', '.join(GROUP_KINDS)}; Exchange keeps other groups."
        yield "group-kind", f"groups of kind {group.group_kind!r} cannot be written", what


def normal_form(resource: Resource) -> Resource:
    """The form in which a tenant shows it; idempotent, and leaves alone what no tenant holds."""
    if isinstance(resource, User):
        upn = resource.upn.lower()
        location = resource.usage_location.upper()
        aliases = addresses(resource.aliases, upn)
        mail = first_address(resource.mail, aliases)
        return replace(resource, upn=upn, usage_location=location, aliases=aliases, mail=mail)
    if isinstance(resource, Licenses):
        texts = {one: in_order(getattr(resource, one)) for one in ("direct", "inherited", "disabled", "errors")}
        return replace(resource, **texts)  # type: ignore[arg-type]
    if isinstance(resource, Group):
        return replace(resource, members=in_order(resource.members))
    if isinstance(resource, TenantDomain):
        return replace(resource, records=in_order_records(resource.records), services=in_order(resource.services))
    if isinstance(resource, SignIn):
        return replace(resource, policies=in_order(resource.policies))
    return resource


def addresses(aliases: Iterable[str], upn: str) -> tuple[str, ...]:
    """Aliases in lower case, sorted, without repeats and without the address that the user has anyway."""
    return in_order({alias.lower() for alias in aliases} - {upn.lower()})


def first_address(mail: str, aliases: Iterable[str]) -> str:
    """The alias under which mail goes out, in lower case; empty when it is none of these."""
    return mail.lower() if mail.lower() in aliases else ""


def in_order(texts: Iterable[str]) -> tuple[str, ...]:
    """Sorted, without repeats."""
    return tuple(sorted(set(texts)))


def in_order_records(records: Iterable[ServiceRecord]) -> tuple[ServiceRecord, ...]:
    """Sorted by name, type, value and what else they say, without repeats."""
    order = attrgetter("name", "type", "value", "service", "ttl", "optional")
    return tuple(sorted(set(records), key=order))
