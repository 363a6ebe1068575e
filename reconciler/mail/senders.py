"""Who else sends mail for a domain: from a spec's sender to SPF terms and records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.mail.catalogue import Vendor, known, vendor
from reconciler.mail.spf.terms import identity
from reconciler.mail.wants import Asked, MailDomain, Row, record_wants, spf_wants
from reconciler.model.diagnostic import Diagnostic, Origin, Severity, error, warning
from reconciler.model.key import Slot

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# The last label of an SPF domain must hold a letter (RFC 7208, 7.1).
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender of the spec.

    Attributes:
        name: of the catalogue, or any other when something below says how it sends.
        addresses: IPv4 or IPv6, each perhaps with a prefix length.
        includes: domains whose SPF record admits it.
        rows: the service's own list of records; takes the place of what the catalogue has beside SPF.
    """

    name: str
    addresses: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    origin: Origin = Origin()


def sender_wants(sender: Sender, domain: MailDomain) -> tuple[list[Asked], list[Diagnostic]]:
    """Ask for what a sender needs, all in `prepare`; its name owns the SPF terms.

    Returns:
        The wants, and what is wrong or doubtful: an error stands for a want that is missing here.
    """
    found: list[Diagnostic] = []
    service = vendor(slug(sender.name))
    if not (sender.addresses or sender.includes or sender.rows):
        found += _by_name(sender, service)
    terms = [service.term] if service and service.term else []
    terms += [made for text in sender.includes if (made := _include(text, sender, found))]
    terms += [made for text in sender.addresses if (made := _address(text, sender, found))]
    records = service.records if service else ()
    rows: Sequence[Row] = sender.rows or [Row(*record, origin=sender.origin) for record in records]
    asked = record_wants(domain, "prepare", rows, owner=sender.name)
    if terms:
        key = domain.spf_key
        asked += spf_wants(domain, key, dict.fromkeys(terms), owner=sender.name, origin=sender.origin)
        if domain.ttl is not None:
            asked.append(("prepare", Slot(key, "ttl"), domain.want(domain.ttl, origin=sender.origin)))
    return asked, found


def slug(name: str) -> str:
    """A sender's name as the catalogue has it: `Google Workspace` is `google-workspace`."""
    return "-".join(name.lower().split())


def _by_name(sender: Sender, service: Vendor | None) -> list[Diagnostic]:
    """What a name alone does not say."""
    if service is None:
        import difflib

        names = known()
        close = difflib.get_close_matches(slug(sender.name), names, n=3)
        meant = f"Did you mean {' or '.join(close)}?" if close else f"Known are: {', '.join(names)}."
        remedy = f"{meant} Else say how it sends: address, include or dns_table."
        return [_error("sender/unknown", f"nothing is known of the sender {sender.name!r}", remedy, sender)]
    if service.table:
        what = f"{sender.name} gives every account its own records: {service.table}"
        return [_error("sender/table", what, "Save the list it shows as CSV and name it in dns_table.", sender)]
    if service.advice:
        what = f"{sender.name} may show further records for the account: {service.advice}"
        remedy = "Save the list it shows as CSV and name it in dns_table."
        return [Diagnostic(Severity.INFO, "sender/own-records", what, remedy=remedy, origin=sender.origin)]
    return []


def _include(text: str, sender: Sender, found: list[Diagnostic]) -> str | None:
    host = text.lower().removesuffix(".")
    if _HOST.fullmatch(host) and len(host) <= 253:
        return identity(f"include:{host}")
    remedy = "Write the domain alone, without include: and v=spf1."
    found.append(_error("sender/include", f"{text!r} is no domain that SPF can include", remedy, sender))
    return None


def _address(text: str, sender: Sender, found: list[Diagnostic]) -> str | None:
    from ipaddress import ip_network

    try:
        network = ip_network(text, strict=False)
    except ValueError:
        network = None
    if network is None or not re.fullmatch(r"[0-9A-Fa-f.:]+(/[0-9]+)?", text):
        remedy = "Write it as 203.0.113.7, 203.0.113.0/28 or 2001:db8::25."
        found.append(_error("sender/address", f"{text!r} is no IP address", remedy, sender))
        return None
    if network.prefixlen == 0:
        remedy = "Write the addresses this sender really has."
        found.append(_error("sender/address", f"{text} lets the whole Internet send as the domain", remedy, sender))
        return None
    found += _doubts(text, network, sender)
    return identity(f"ip{network.version}:{network}")


def _doubts(text: str, network: IPv4Network | IPv6Network, sender: Sender) -> list[Diagnostic]:
    if network.is_global:
        return []
    why = "Receivers see the public address through which it leaves."
    remedy = "Ask the site for its public address."
    what = f"{text} is a private, documentation or otherwise reserved address"
    return [warning("sender/reserved-address", what, why, remedy, origin=sender.origin)]


def _error(rule: str, summary: str, remedy: str, sender: Sender) -> Diagnostic:
    return error(rule, summary, remedy=remedy, origin=sender.origin)
