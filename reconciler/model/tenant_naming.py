"""The names a tenant file hands out: they come from its seed, so that nobody can work them out from the domain.

Source of shapes: Microsoft Graph v1.0 `domainDnsRecord` and its samples (2026-08-20); MX hosts under mx.microsoft:
Message Center, 2025-04-04; device records: Microsoft Intune, "Enroll Windows devices" (2025).
"""

from __future__ import annotations

import hashlib
import hmac

from reconciler.model.resource import ServiceRecord

_MAIL, _TEAMS, _DEVICES = "Email", "OfficeCommunicationsOnline", "Intune"


def verification(seed: str, domain: str) -> str:
    """The TXT value that proves the domain: `MS=ms` and eight digits."""
    return f"MS=ms{int(_token(seed, domain, 'verification'), 16) % 10**8:08d}"


def mail_host(seed: str, domain: str) -> str:
    """The MX host, `<token>.<letter>-v1.mx.microsoft.`."""
    token = _token(seed, domain, "mx")
    return f"{token[:12]}.{chr(ord('a') + int(token[12:20], 16) % 26)}-v1.mx.microsoft."


def service_records(seed: str, domain: str) -> tuple[ServiceRecord, ...]:
    """What the tenant wants in the DNS of a verified domain; values in normal form."""
    sip = "sipdir.online.lync.com."
    return (
        ServiceRecord("@", "MX", f"0 {mail_host(seed, domain)}", _MAIL),
        ServiceRecord("@", "TXT", "v=spf1 include:spf.protection.outlook.com -all", _MAIL),
        ServiceRecord("autodiscover", "CNAME", "autodiscover.outlook.com.", _MAIL),
        ServiceRecord("_sip._tls", "SRV", f"100 1 443 {sip}", _TEAMS),
        ServiceRecord("_sipfederationtls._tcp", "SRV", "100 1 5061 sipfed.online.lync.com.", _TEAMS),
        ServiceRecord("sip", "CNAME", sip, _TEAMS),
        ServiceRecord("lyncdiscover", "CNAME", "webdir.online.lync.com.", _TEAMS),
        ServiceRecord("enterpriseregistration", "CNAME", "enterpriseregistration.windows.net.", _DEVICES),
        ServiceRecord("enterpriseenrollment", "CNAME", "enterpriseenrollment-s.manage.microsoft.com.", _DEVICES),
    )


def _token(seed: str, domain: str, purpose: str) -> str:
    return hmac.new(seed.encode(), f"{purpose} {domain}".encode(), hashlib.sha256).hexdigest()
