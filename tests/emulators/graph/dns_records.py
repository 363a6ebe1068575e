"""The DNS records that a tenant asks for, and the look whether the one that proves a domain is there.

What is in them comes from the tenant's seed: who works them out from the domain's name gets them wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import dns.exception
import dns.resolver

from tests.emulators.graph.tenants import Data, Domain, Tenant

#: Asked by `verify`: name and type give texts; or the address of a DNS server.
Resolver = Callable[[str, str], list[str]] | tuple[str, int]

_MAIL, _TEAMS, _DEVICES = "Email", "OfficeCommunicationsOnline", "Intune"


def chance(tenant: Tenant, domain: str, purpose: str) -> random.Random:
    """The same for the same tenant, domain and purpose, and for nothing else."""
    return random.Random(f"{tenant.seed} {domain} {purpose}")


def proof(tenant: Tenant, domain: str) -> str:
    """The number in the texts that prove the domain."""
    return f"ms{chance(tenant, domain, 'proof').randrange(10**8):08d}"


def verification(tenant: Tenant, domain: str) -> list[Data]:
    """A TXT record and, as another way, an MX record."""
    number = proof(tenant, domain)
    txt = {"text": f"MS={number}", "ttl": 3600}
    mx = {"mailExchange": f"{number}.msv1.invalid", "preference": 32767, "ttl": 3600}
    return [_record(tenant, domain, "Txt", None, **txt), _record(tenant, domain, "Mx", None, **mx)]


def mail_host(tenant: Tenant, domain: str) -> str:
    """The MX host, under one of Microsoft's two roofs."""
    drawn = chance(tenant, domain, "mx")
    token = f"{drawn.getrandbits(48):012x}"
    if drawn.random() < 0.5:
        return f"{domain.replace('.', '-')}0{token[:4]}.mail.protection.outlook.com"
    return f"{token}.{drawn.choice('abcdefgh')}-v1.mx.microsoft"


def service(tenant: Tenant, domain: Domain) -> list[Data]:
    """What the supported services of a verified domain need; labels are absolute, without a final dot."""
    if not domain.verified:
        return []
    name, made = domain.name, []
    drawn = chance(tenant, name, "oddities")
    spf = "v=spf1 include:spf.protection.outlook.com -all"
    spf = spf.replace("include:", "include: ") if drawn.random() < 0.3 else spf
    for one in (one for one in domain.services if one in {_MAIL, _TEAMS, _DEVICES}):
        if one in domain.unavailable:
            text = {"description": "The records of this service cannot be named now."}
            made.append(_record(tenant, name, "Unavailable", one, **text))
        elif one == _MAIL:
            mx = {"mailExchange": mail_host(tenant, name), "preference": 0}
            made.append(_record(tenant, name, "Mx", one, **mx))
            made.append(_record(tenant, name, "Txt", one, text=spf))
            made.append(_alias(tenant, name, "autodiscover", "autodiscover.outlook.com", one))
        elif one == _TEAMS:
            within = drawn.random() < 0.3
            made += (
                _alias(tenant, name, "sip", "sipdir.online.lync.com", one),
                _alias(tenant, name, "lyncdiscover", "webdir.online.lync.com", one),
                _srv(tenant, name, ("_sip", "_tls", 443, "sipdir.online.lync.com"), within),
                _srv(tenant, name, ("_sipfederationtls", "_tcp", 5061, "sipfed.online.lync.com"), within),
            )
        else:
            made += (
                _alias(tenant, name, "enterpriseregistration", "enterpriseregistration.windows.net", one),
                _alias(tenant, name, "enterpriseenrollment", "enterpriseenrollment-s.manage.microsoft.com", one),
            )
    if domain.services and drawn.random() < 0.2:
        what = "Not known yet."
        made.append(_record(tenant, name, "Unavailable", "Yammer", description=what, isOptional=True))
    return made


def proven(resolver: Resolver | None, tenant: Tenant, domain: str) -> bool:
    """Whether DNS shows the text or its MX alternative."""
    number = proof(tenant, domain)
    texts = [one.replace('"', "").strip() for one in _asked(resolver, domain, "TXT")]
    if f"MS={number}".lower() in (one.lower() for one in texts):
        return True
    hosts = (one.rpartition(" ")[2].rstrip(".").lower() for one in _asked(resolver, domain, "MX"))
    return f"{number}.msv1.invalid" in hosts


def _asked(resolver: Resolver | None, name: str, kind: str) -> list[str]:
    if resolver is None:
        return []
    if callable(resolver):
        return resolver(name, kind)
    asking = dns.resolver.Resolver(configure=False)
    asking.nameservers, asking.port, asking.lifetime = [resolver[0]], resolver[1], 2.0
    try:
        return [one.to_text() for one in asking.resolve(f"{name}.", kind, raise_on_no_answer=False)]
    except dns.exception.DNSException:
        return []


def _alias(tenant: Tenant, domain: str, label: str, target: str, of: str) -> Data:
    return _record(tenant, domain, "CName", of, label=f"{label}.{domain}", canonicalName=target)


def _srv(tenant: Tenant, domain: str, what: tuple[str, str, int, str], within: bool) -> Data:
    name, protocol, port, target = what
    label = f"{name}.{protocol}.{domain}" if within else domain
    numbers = {"priority": 100, "weight": 1, "port": port}
    return _record(
        tenant, domain, "Srv", _TEAMS, label=label, service=name, protocol=protocol, nameTarget=target, **numbers
    )


def _record(tenant: Tenant, domain: str, kind: str, of: str | None, **more: Any) -> Data:
    subtype = {"CName": "Cname"}.get(kind, kind)
    label = more.pop("label", domain)
    identity = chance(tenant, domain, f"record {kind} {of} {label} {more.get('service')}").getrandbits(64)
    made = {"@odata.type": f"#microsoft.graph.domainDns{subtype}Record", "id": f"{identity:016x}", "label": label}
    made |= {"isOptional": False, "recordType": kind if kind != "Unavailable" else None, "ttl": 3600}
    return made | {"supportedService": of or _MAIL} | more
