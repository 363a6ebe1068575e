"""Reads whole zones and a tenant through the providers of the workspace, to be written down as a spec."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from reconciler import live
from reconciler.mail.discover import ALWAYS, Discovery, Found, discover
from reconciler.mail.discover import as_json as found_json
from reconciler.mail.sightings import DKIM
from reconciler.model import tenant_copy
from reconciler.model.diagnostic import Diagnostic, error, info, warning
from reconciler.model.errors import Refused, SpecError
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource, TenantDomain
from reconciler.provider import Reader, Scope
from reconciler.session import placing
from reconciler.session.opened import Session
from reconciler.session.ordering import Order
from reconciler.transcript.choice import Left
from reconciler.transcript.customer import Tenant, Transcript
from reconciler.transcript.people import People
from reconciler.transcript.zone import Zone, unkept
from reconciler.transcript.zone import snapshot as mail_records
from reconciler.zones import Zones


@dataclass(frozen=True, slots=True)
class Whole:
    """What was read.

    Attributes:
        odd: what looks wrong in it, and was read all the same; and what the copy is for.
        copy: the tenant as a document that stands in for it; empty without a tenant, where the tenant is such a
            document itself, and where none can hold it.
    """

    reads: tuple[live.Read, ...] = ()
    zones: tuple[Zone, ...] = ()
    tenant: Tenant | None = None
    odd: tuple[Diagnostic, ...] = ()
    copy: str = ""


def read(order: Order, session: Session, doing: Callable[[str], AbstractContextManager[object]]) -> Whole:
    """Read every zone and the tenant that an order names.

    Raises:
        SpecError: a provider cannot be opened, or something could not be read whole.
        Refused: a copy of the tenant is there already.
    """
    defaults = session.loaded.workspace.defaults
    tenants = order.tenants or defaults.tenants or ""
    asked = [(order.provider, Scope("dns", name)) for name in order.domains if order.provider]
    asked += [(tenants, Scope("tenant", order.tenant))] if order.tenant else []
    providers = {name: session.provider(name) for name, _ in asked}
    elsewhere = bool(order.tenant) and not _local(providers[tenants])
    if elsewhere and placing.stands(order.tenant_file, order.specs):
        raise Refused([placing.taken(order.tenant_file)])
    with doing(f"reading {', '.join(scope.name for _, scope in asked[:3])}{' ...' if len(asked) > 3 else ''}"):
        picture = live.observe(providers, asked, session.patience)
    unread = [
        error("import/unread", f"{one.scope.name} could not be read through {one.provider}", one.error)
        for one in picture.reads
        if one.observation is None
    ]
    if unread:
        raise SpecError(unread)
    people = {key: one for key, one in picture.resources.items() if key.system == "tenant"}
    tenant = Tenant(order.tenant, tenants, tenants == defaults.tenants, people) if order.tenant else None
    zones = tuple(_zone(order, one, tenant, order.provider == defaults.dns) for one in picture.reads if _is_zone(one))
    odd = tuple(found for one in picture.reads if one.observation for found in one.observation.findings)
    copy, told = _copy(order, people, session.clock.now().isoformat(timespec="seconds")) if elsewhere else ("", [])
    return Whole(picture.reads, zones, tenant, (*odd, *told), copy)


def _local(tenants: Reader) -> bool:
    """Tell whether tenants are kept on this machine: then there is nothing to copy."""
    return any(one.local for kind, one in tenants.kinds.items() if kind == "user")


def _copy(order: Order, people: Mapping[Key, Resource], taken: str) -> tuple[str, list[Diagnostic]]:
    """The tenant as a document, and what to tell of it."""
    try:
        copy = tenant_copy.render(people, order.tenant, taken)
    except ValueError as problem:
        what = f"no tenant file can stand in for {order.tenant}: {problem}"
        return "", [warning("import/no-copy", what, "Plans must ask the tenant itself.")]
    entry = f"`copies: {{type: tenantfile, directory: {placing.TENANTS}}}`"
    remedy = f"Write {entry} under `providers` in workspace.yaml and `tenants: copies` in customer.yaml."
    what = f"plans can be made without asking {order.tenant}: {order.tenant_file} holds what was read of it"
    return copy, [info("import/copy", what, "It holds what is personal, and no password.", remedy)]


def _is_zone(one: live.Read) -> bool:
    return one.scope.system == "dns"


def _zone(order: Order, one: live.Read, tenant: Tenant | None, implied: bool) -> Zone:
    domain = one.scope.name
    resources = one.observation.resources if one.observation else {}
    sets = {key: found for key, found in resources.items() if isinstance(found, RecordSet)}
    claim = tenant.resources.get(Key("tenant", order.tenant, "domain", domain)) if tenant else None
    return Zone(
        domain,
        order.provider,
        implied,
        sets,
        one.observation.locked if one.observation else {},
        _discovered(domain, sets),
        order.tenant,
        claim if isinstance(claim, TenantDomain) else None,
        order.only_mail,
    )


def _discovered(domain: str, sets: Mapping[Key, RecordSet]) -> Discovery:
    """Who stands behind the mail of a zone, every DKIM selector of it looked at."""
    selectors = [key.name.removesuffix(f".{DKIM}") for key in sets if key.name.endswith(f".{DKIM}")]
    found = discover(domain, Zones({}, {domain}, sets), [one for one in selectors if "." not in one])
    return replace(found, unseen=ALWAYS[:-1])  # the zone itself lists its subdomains


def snapshot(zone: Zone, date: str) -> tuple[Sequence[Found], str, Sequence[str], Sequence[Left]]:
    """What the snapshot of a zone's mail is made of, and what could not be kept in it."""
    return mail_records(zone), date, (f"as {zone.provider} shows them",), unkept(zone)


def as_json(zone: Zone, made: Transcript) -> dict[str, Any]:
    """One zone and what became of it, as the public document holds it."""
    entry = made.entries[zone.domain]
    shown = found_json(replace(zone.found, records=tuple(mail_records(zone))))
    return {
        **shown,
        "signed": None,  # the parent zone says it, and was not asked
        "provider": zone.provider,
        "complete": True,
        "managed": dict(sorted(Counter(key.kind for key in entry.asked).items())),
        "services": [{"name": name, "records": records} for name, records in sorted(entry.services.items())],
        "unmanaged": _left(entry.left),
    }


def tenant_json(tenant: Tenant | None, made: People | None) -> dict[str, Any] | None:
    """A tenant and what became of it, as the public document holds it; none when none was read."""
    if tenant is None or made is None:
        return None
    counts = {"person": made.persons, "alias": made.aliases, "license": made.licences, "group": made.groups}
    return {
        "name": tenant.name,
        "provider": tenant.provider,
        "managed": counts,
        "unmanaged": _left(made.left),
    }


def _left(left: Sequence[Left]) -> list[dict[str, str]]:
    return [{"name": one.name, "reason": one.reason} for one in left]
