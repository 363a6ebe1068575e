"""Turns one domain of the spec into wishes over DNS slots and the tenant's domain."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import date

from reconciler import authentication, collisions, standing_spf
from reconciler.mail import senders, services
from reconciler.mail.spf.terms import identity, is_spf, parse
from reconciler.mail.txt import txt_part
from reconciler.mail.wants import Asked, MailDomain, Row, record_wants
from reconciler.model.diagnostic import Diagnostic, error, warning
from reconciler.model.key import Key, Slot
from reconciler.model.route import Facts, Want
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DnsTable, DomainSpec, Record, Sender
from reconciler.spec.mail_policy import AS_IT_IS
from reconciler.zones import Zones

#: A wish, and the day on which it ends; none = never.
Dated = tuple[Asked, date | None]

SPF_ALL = {"fail": "-all", "softfail": "~all", "neutral": "?all"}


def wishes(
    customer: CustomerSpec,
    domain: DomainSpec,
    facts: Facts,
    zones: Zones,
    found: list[Diagnostic],
    *,
    ours: Container[str] = (),
) -> Iterator[Dated]:
    """Everything the spec asks of one domain; what is wrong with it goes to `found`.

    Args:
        ours: addresses of slots that are ours.
    """
    at = _mail_domain(customer, domain, zones)
    if domain.mail or domain.senders or domain.spf != AS_IT_IS:
        found += standing_spf.shared(domain.name, at.spf_key, zones, customer.domains, at.origin)
    lasting = list(_undated(at, customer, domain, facts=facts, zones=zones, found=found))
    listed = [asked for record in domain.records for asked in _record(domain, record)]
    found += collisions.found(at, domain, [*lasting, *listed], zones)
    switched = services.switched_on(at, facts, ours) if domain.mail and domain.mail.service == services.OWNER else ()
    for asked in [*lasting, *collisions.make_way(at, lasting, zones), *switched]:
        yield asked, None
    for sender in domain.senders:
        wants, problems = senders.sender_wants(
            senders.Sender(
                sender.name,
                addresses=(sender.address,) if sender.address else (),
                includes=(sender.include,) if sender.include else (),
                rows=_rows(sender.dns_table),
                origin=sender.origin,
            ),
            _sending(at, sender),
        )
        found += problems
        for asked in wants:
            yield asked, _end(asked[2], sender.until)
    for record in domain.records:
        found += _odd_spf(record)
        for asked in _record(domain, record):
            yield asked, _end(asked[2], record.until)


def _odd_spf(record: Record) -> Iterator[Diagnostic]:
    texts = [text for text in record.values if record.type == "TXT" and is_spf(text)]
    if len(texts) > 1:
        what = f"{record.name} would have two SPF records, and none of them counts (RFC 7208, section 4.5)"
        yield error("desired/two-spf", what, remedy="make them one text", origin=record.origin)
    denied = [one.text for text in texts for one in parse(text) if one.text[0] in "-~?" and not one.is_all]
    if denied:
        what = f"{denied[0]} works only before what it excludes, and terms of a record that is there keep their order"
        remedy = "read the plan's SPF text; list the terms in its way under `spf: {absent: [...]}` first"
        yield warning("desired/spf-order", what, remedy=remedy, origin=record.origin)


def _end(want: Want, day: date | None) -> date | None:
    """The end of an SPF record, and that there is one record only, outlive who asked."""
    return None if want.seed or want.value is None else day


def _sending(at: MailDomain, sender: Sender) -> MailDomain:
    return at if sender.ttl is None else replace(at, ttl=sender.ttl)


def _undated(
    at: MailDomain,
    customer: CustomerSpec,
    domain: DomainSpec,
    *,
    facts: Facts,
    zones: Zones,
    found: list[Diagnostic],
) -> Iterator[Asked]:
    if domain.mail and domain.mail.service == "microsoft365":
        yield from services.microsoft365(at)
        found += services.findings(at, facts)
    elif domain.mail and domain.mail.table:
        yield from services.table(at, _rows(domain.mail.table))
    if domain.default and customer.tenant:
        yield "accounts", Slot(Key("tenant", customer.tenant, "domain", domain.name), "default"), at.want(True)
    if domain.accepted and customer.tenant and customer.exchange:
        accepted = Slot(Key("exchange", customer.tenant, "accepted-domain", domain.name), "relay")
        yield "accounts", accepted, Want(domain.accepted, domain.origin, overwrite=True, manage=domain.manage)
    if domain.spf.all:
        overwrite = domain.spf.adopt is not None
        end = Want(SPF_ALL[domain.spf.all], domain.origin, overwrite=overwrite, manage=at.manage)
        # While mail moves the weaker end holds: the old servers are not all known.
        yield "retire" if domain.migration else "prepare", Slot(at.spf_key, "spf/all"), end
    yield from authentication.wishes(at, domain, customer.domains, zones, found)
    for text in domain.spf.absent:
        yield (
            "retire",
            Slot(at.spf_key, f"spf/{identity(text)}"),
            Want(None, domain.spf.origin, manage=domain.manage),
        )
    yield from _absences(domain, found)


def _rows(table: DnsTable | None) -> tuple[Row, ...]:
    records = table.records if table else ()
    return tuple(Row(one.name, one.type, value, one.ttl, one.origin) for one in records for value in one.values)


def _mail_domain(customer: CustomerSpec, domain: DomainSpec, zones: Zones) -> MailDomain:
    return MailDomain(
        name=domain.name,
        tenant=customer.tenant or "",
        teams=domain.teams,
        devices=domain.devices,
        ttl=domain.ttl,
        overwrite=bool(domain.mail and domain.mail.adopt),
        manage=domain.mail.manage if domain.mail else domain.manage,
        retire_verification=domain.retire_verification,
        gateway=bool(domain.mail and domain.mail.gateway == "keep"),
        replaces_gateway=bool(domain.mail and domain.mail.gateway == "replace"),
        exchange=customer.exchange is not None,
        origin=domain.mail.origin if domain.mail else domain.origin,
        spf=standing_spf.home(domain.name, zones),
    )


def _record(domain: DomainSpec, record: Record) -> Iterator[Asked]:
    ttl = record.ttl if record.ttl is not None else domain.ttl
    key = Key("dns", domain.name, record.type, record.name)
    if record.type != "TXT":
        want = Want(
            tuple(sorted(set(record.values))),
            record.origin,
            overwrite=record.adopt is not None,
            manage=record.manage,
            protect=record.protect,
        )
        yield "prepare" if record.type != "MX" else "deliver", Slot(key, ""), want
        if ttl is not None:
            yield "prepare" if record.type != "MX" else "deliver", Slot(key, "ttl"), Want(ttl, record.origin)
        if record.proxied is not None:
            yield "prepare", Slot(key, "proxied"), Want(record.proxied, record.origin)
        return
    at = MailDomain(
        domain.name,
        ttl=ttl,
        overwrite=record.adopt is not None,
        manage=record.manage,
        origin=record.origin,
    )
    rows = [Row(record.name, "TXT", value, ttl, record.origin) for value in record.values]
    for stage, slot, want in record_wants(at, "prepare", rows, owner="records", firm=True):
        yield stage, slot, replace(want, protect=record.protect)


#: Names whose TXT values are all of one class.
CLASS_OF = {"_dmarc": "dmarc", "_mta-sts": "mta-sts", "_smtp._tls": "tls-rpt"}


def _absences(domain: DomainSpec, found: list[Diagnostic]) -> Iterator[Asked]:
    for one in domain.absent:
        key = Key("dns", domain.name, one.type, one.name)
        if one.type != "TXT":
            only = (one.value,) if one.value is not None else None
            yield "retire", Slot(key, ""), Want(None, one.origin, manage=domain.manage, only=only)
            continue
        part = CLASS_OF.get(one.name, "") if one.value is None else txt_part(one.name, one.value)
        if part and part != "spf":
            # An MTA-STS record that is to go holds MX as long as it stands.
            yield (
                "prepare" if part == "mta-sts" else "retire",
                Slot(key, part),
                Want(None, one.origin, manage=domain.manage),
            )
        else:
            what = "an SPF record is not removed as a whole" if part else f"which TXT value of {one.name} must go?"
            remedy = "list its terms under `spf: {absent: [...]}`" if part else "write its `value`"
            found.append(error("desired/absent-txt", what, remedy=remedy, origin=one.origin))
