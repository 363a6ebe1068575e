"""What to read for a customer: a zone for each domain, and the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from reconciler.mail.catalogue import vendor
from reconciler.mail.clouds import TEAMS
from reconciler.mail.senders import slug
from reconciler.provider import Scope
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import AskSpec, DomainSpec
from reconciler.spec.migration import Snapshot
from reconciler.spec.workspace import Workspace

NONE: Mapping[str, str] = MappingProxyType({})
#: Before the address of a DNS host that one can only ask, in the name of what reads its zones.
ASKED = "manual:"
#: Names at which mail knowledge may want something of any domain, whatever its spec says.
USUAL = (
    *("@", "*", "_dmarc", "_mta-sts", "mta-sts", "_smtp._tls", "autodiscover", "_autodiscover._tcp", "msoid"),
    *("selector1._domainkey", "selector2._domainkey", "enterpriseregistration", "enterpriseenrollment"),
    *(name for _, name in TEAMS),
)


def scopes(
    customer: CustomerSpec, workspace: Workspace, owned: Iterable[str] = (), remote: Mapping[str, str] = NONE
) -> tuple[tuple[str, Scope], ...]:
    """Provider names and what each shall read, zones first, in the spec's order.

    Public DNS cannot be listed: of a zone whose host one can only ask, the names are read that the spec or the ledger
    may touch. A tenant may hold far more people than the spec knows: those are named that it may touch.

    Args:
        owned: addresses of what is ours.
        remote: object ids by the addresses of users and groups.
    """
    ours: dict[str, set[str]] = {}
    for address in owned:
        system, zone, _, name = address.partition("#")[0].split("/", 3)
        if system == "dns":
            ours.setdefault(zone, set()).add(name)
    found = [_zone(one, ours.get(name, set())) for name, one in customer.domains.items()]
    provider = customer.tenants or workspace.defaults.tenants
    if customer.tenant and provider and _asks_tenant(customer):
        found.append((provider, Scope("tenant", customer.tenant, frozenset(_people(customer, remote)))))
    if customer.tenant and customer.exchange:
        found.append((customer.exchange, Scope("exchange", customer.tenant, frozenset(_kept(customer, owned)))))
    return tuple(found)


def _kept(customer: CustomerSpec, owned: Iterable[str]) -> Iterator[str]:
    """Addresses and domains of which Exchange may keep something that the spec or the ledger may touch."""
    yield from customer.domains
    yield from (one.address for one in customer.accounts or () if one.kind in ("shared", "list", "forward"))
    start = f"exchange/{customer.tenant}/"
    yield from (one.partition("#")[0].split("/", 3)[3] for one in owned if one.startswith(start))


def _zone(domain: DomainSpec, ours: Iterable[str]) -> tuple[str, Scope]:
    if not isinstance(domain.dns, AskSpec):
        return domain.dns, Scope("dns", domain.name)
    return f"{ASKED}{domain.dns.ask}", Scope("dns", domain.name, frozenset([*USUAL, *_named(domain), *ours]))


def _people(customer: CustomerSpec, remote: Mapping[str, str]) -> Iterator[str]:
    """Everybody and everything in a tenant that the spec or the ledger may touch."""
    yield from (str(customer.tenant), *customer.domains)
    for account in customer.accounts or ():
        yield from (one for one in (account.address, account.id, account.renamed_from) if one)
    for absence in customer.absent:
        yield from (one for one in (absence.user, absence.domain) if one)
    for name, group in customer.groups.items():
        yield from (f"group/{name}", f"group/{group.display_name or name}")
    for address, object_id in remote.items():
        _, tenant, kind, name = address.split("/", 3)
        if tenant == customer.tenant:
            mark = "group/" if kind == "group" else ""
            yield from (f"{mark}{name}", f"{mark}{object_id}")


def _named(domain: DomainSpec) -> Iterator[str]:
    """Every owner name that the spec of a domain can touch, beside the usual ones."""
    yield from (f"{one.selector.lower()}._domainkey" for one in domain.dkim)
    yield from (one.name for one in domain.records)
    yield from (one.name for one in domain.absent)
    tables = [sender.dns_table for sender in domain.senders]
    tables += [domain.mail.table] if domain.mail else []
    yield from (record.name for table in tables if table for record in table.records)
    for sender in domain.senders:
        known = vendor(slug(sender.name))
        yield from (name for name, _, _ in (known.records if known else ()))
    snapshot = domain.migration.source.as_found if domain.migration else None
    yield from (record.name for record in (snapshot.records if isinstance(snapshot, Snapshot) else ()))


def _asks_tenant(customer: CustomerSpec) -> bool:
    """Something the tenant knows is mentioned."""
    domains = customer.domains.values()
    by_domain = any((one.mail and one.mail.service == "microsoft365") or one.teams or one.devices for one in domains)
    by_domain = by_domain or any(one.default or one.retire_verification for one in domains)
    mentioned = customer.groups or customer.licenses or customer.absent or customer.sign_in.mentioned
    return by_domain or customer.accounts is not None or bool(mentioned)
