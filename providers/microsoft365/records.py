"""The DNS records that a tenant asks for, in our form.

Labels may be absolute or relative, with or without a final dot; the name of an SRV record may hold service and protocol
or leave them to their own fields, with or without underscores.
Source: Microsoft Graph v1.0 metadata of 2026-08-20, `domainDnsRecord` and its five subtypes; RFC 2782 (SRV names).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from providers.microsoft365.answers import line
from providers.microsoft365.told import Entry, Told
from reconciler.model import names, rdata
from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.resource import ServiceRecord

#: The record type by what a record says of itself; the last has no record.
_TYPES: Mapping[str, str] = {"txt": "TXT", "mx": "MX", "cname": "CNAME", "srv": "SRV", "unavailable": ""}
_TTL = 3600
#: Microsoft's own sample of an SPF text has a blank after the colon; no SPF text can.
_STRAY = re.compile(": +")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of records says.

    Attributes:
        findings: services of which the tenant cannot name the records now.
    """

    records: tuple[ServiceRecord, ...]
    findings: tuple[Diagnostic, ...] = ()

    @property
    def verification(self) -> str:
        """Of records that prove the domain: the text that stands at the domain itself; empty when there is none."""
        texts = [one.value for one in self.records if (one.type, one.name) == ("TXT", "@")]
        return min(texts, key=lambda text: not text.upper().startswith("MS="), default="")


def asked(provider: str, domain: str, address: str, listed: Iterable[Entry]) -> Asked:
    """Read the records of one domain.

    Args:
        domain: lower case, without a final dot. address: of the domain, for findings.

    Raises:
        Invalid: one cannot be understood, or is outside the domain.
    """
    records: list[ServiceRecord] = []
    findings: list[Diagnostic] = []
    for entry in listed:
        told = Told(provider, f"a DNS record that {domain} asks for", entry)
        kind = _kind(told)
        if kind:
            records.append(_record(told, domain, kind))
            continue
        service = line(told.text("supportedService")) or "a service"
        summary = f"the tenant cannot name the DNS records of {domain} for {service}"
        remedy = "Plan again later; they are not planned until it can."
        detail = line(told.text("description"))
        findings.append(warning("tenant/records-unavailable", summary, detail, remedy, address=address))
    return Asked(tuple(records), tuple(findings))


def _kind(told: Told) -> str:
    subtype = told.text("@odata.type").lower().rpartition(".domaindns")[2].removesuffix("record")
    kind = _TYPES.get(subtype or told.text("recordType").lower())
    if kind is None:
        raise told.wrong("@odata.type", "a kind of DNS record that is known")
    return kind


def _record(told: Told, domain: str, kind: str) -> ServiceRecord:
    owner = _owner(told, domain)
    if kind == "TXT":
        value = told.word("text")
        if value.lower().startswith("v=spf1"):
            value = _STRAY.sub(":", value)
    elif kind == "MX":
        value = f"{told.count('preference')} {_host(told, 'mailExchange')}"
    elif kind == "CNAME":
        value = _host(told, "canonicalName")
    else:
        owner = _srv_owner(told, owner)
        numbers = " ".join(str(told.count(name)) for name in ("priority", "weight", "port"))
        value = f"{numbers} {_host(told, 'nameTarget')}"
    try:
        owner, value = names.relative(names.fqdn(owner, domain), domain), rdata.canonical(kind, value)
    except ValueError as problem:
        raise told.wrong(f"{kind} {line(owner)}", f"a record ({line(problem)})") from None
    optional = told.flag("isOptional", default=False)
    return ServiceRecord(owner, kind, value, told.text("supportedService"), told.count("ttl") or _TTL, optional)


def _owner(told: Told, domain: str) -> str:
    label = told.text("label").lower()
    bare = label.rstrip(".")
    if bare in ("", "@", domain):
        return "@"
    if bare.endswith(f".{domain}"):
        return bare[: -len(domain) - 1]
    if label != bare:
        raise told.wrong("label", f"a name in {domain}")
    return bare


def _srv_owner(told: Told, owner: str) -> str:
    """The name with `_service._protocol` before it, whichever of the fields hold these."""
    service, protocol = (told.word(name).lower().strip("._") for name in ("service", "protocol"))
    parts = [] if owner == "@" else owner.split(".")
    if [one.lstrip("_") for one in parts[:2]] == [service, protocol]:
        parts = parts[2:]
    return ".".join((f"_{service}", f"_{protocol}", *parts))


def _host(told: Told, name: str) -> str:
    return told.word(name).rstrip(".") + "."
