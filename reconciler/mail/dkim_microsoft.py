"""Microsoft 365's DKIM targets, as somebody gives them: judged, never derived.

Two forms are in use: `selector1-<domain with dashes>._domainkey.<tenant>.onmicrosoft.com`, and since May 2025
`selector1-<domain with dashes>._domainkey.<tenant>.<letter>-v1.dkim.mail.microsoft` with a letter that Microsoft
assigns. The part with dashes is not always the domain with dashes: Microsoft drops dashes that the domain has itself,
and may put a digit and a few more letters and digits at the end.

Source: Microsoft, "Set up DKIM to sign mail from your Microsoft 365 domain" (June 2025) and the help of
Get-DkimSigningConfig (August 2026); published zones for the part with dashes; all read 2026-11. For other clouds than
the worldwide one no form is confirmed: what ends as their tenants do is taken as the old form.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.mail.clouds import CLOUDS
from reconciler.mail.tags import plain, shown, some
from reconciler.model import exact_json
from reconciler.model.diagnostic import Diagnostic, Origin, error, warning

SELECTORS = ("selector1", "selector2")
_OLD = (".onmicrosoft.com", ".partner.onmschina.cn", *(cloud.tenants for cloud in CLOUDS if cloud.tenants))
_NEW = ".dkim.mail.microsoft"
#: Where the targets lie.
UNDER = tuple(end.removeprefix(".") for end in (_NEW, *_OLD))
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FORM = re.compile(rf"(selector[12])-({_LABEL})\._domainkey\.{_LABEL}((?:\.{_LABEL})*)")
_PARTITION = re.compile(r"\.[a-z0-9]-v1")
#: What may follow the domain in the part with dashes.
_SUFFIX = re.compile(r"(?:[0-9][a-z0-9]{0,7})?")
_LONGEST_SUFFIX = 8
_ASK = "ask the tenant: Get-DkimSigningConfig -Identity {0} | Format-List Selector1CNAME,Selector2CNAME"
#: Octets of a DNS label (RFC 1035, 2.3.4): what is longer than the rest of it is cut by Microsoft.
_LONGEST_LABEL = 63
_COMPARED = 24


def is_microsoft(target: str) -> bool:
    """Tell whether a target lies where Microsoft keeps DKIM keys; case and a final dot make no difference."""
    return target.lower().removesuffix(".").endswith((_NEW, *_OLD))


def microsoft_target(selector: str, domain: str, target: str, origin: Origin = Origin()) -> list[Diagnostic]:
    """What is wrong with the target given for a selector of a domain; nothing when it has one of the known forms.

    Args:
        selector: `selector1` or `selector2`.
        domain: the mail domain that it signs for, lower case, A-labels, without final dot.
        target: any case, with or without final dot.
    """
    where: dict[str, object] = {"origin": origin, "address": f"dns/{domain}/CNAME/{selector}._domainkey"}
    remedy = _ASK.format(domain)
    name = target.lower().removesuffix(".")
    said = f"the DKIM target {shown(target)}"
    if name.endswith(f".{domain}") and is_microsoft(name.removesuffix(f".{domain}")):
        what = f"{said} has {domain} at its end: whoever wrote it made the name relative"
        return [error("dkim/microsoft-relative", what, "", "write it with a final dot", **where)]
    match = _FORM.fullmatch(name)
    if match is None or not _known(match.group(3)):
        what = f"{said} is no target of Microsoft 365"
        why = (
            "Known are NAME._domainkey.TENANT.onmicrosoft.com and NAME._domainkey.TENANT.LETTER-v1.dkim.mail.microsoft."
        )
        return [error("dkim/microsoft-form", what, why, remedy, **where)]
    found = []
    if match.group(1) != selector:
        what = f"{said} belongs to {match.group(1)}, not to {plain(selector)}"
        found.append(error("dkim/microsoft-selector", what, "The two keys are not the same.", remedy, **where))
    if not _is_of(match.group(2), domain, len(match.group(1)) + 1):
        what = f"{said} is that of another domain than {domain}"
        why = f"Its first part holds {shown(match.group(2))}, where the domain stands with dashes for dots."
        found.append(error("dkim/microsoft-domain", what, why, remedy, **where))
    return found


def signing_config(text: str, domain: str, origin: Origin = Origin()) -> tuple[dict[str, str], list[Diagnostic]]:
    """The targets of a domain by selector, out of what `Get-DkimSigningConfig | ConvertTo-Json` prints.

    A target is there as it was given, without final dot, even where a finding speaks against it; one that the tenant
    does not name yet is missing. Nothing is derived.

    Args:
        text: one object, or a list of them (also as the `value` of an object).
        domain: lower case, A-labels, without final dot.
    """
    where: dict[str, object] = {"origin": origin, "address": f"dns/{domain}/CNAME/selector1._domainkey"}
    remedy = f"save what this prints: Get-DkimSigningConfig -Identity {domain} | ConvertTo-Json"
    try:
        rows = _rows(exact_json.parse(text.removeprefix("\ufeff")))
    except ValueError as problem:
        what = f"the DKIM signing configuration cannot be read: {plain(str(problem))[:200]}"
        return {}, [error("dkim/signing-config", what, "", remedy, **where)]
    mine = [row for row in rows if domain in _names(row)]
    if len(mine) != 1:
        others = [name for row in rows[:50] for name in _names(row)[:1]]
        what = f"the DKIM signing configuration has {len(mine)} entries for {domain}"
        why = f"It has: {some(others)}." if others else "It has no domain at all."
        return {}, [error("dkim/signing-config", what, why, remedy, **where)]
    row = mine[0]
    targets = {}
    found = []
    for selector in SELECTORS:
        value = row.get(f"{selector.capitalize()}CNAME")
        if isinstance(value, str) and value.strip():
            targets[selector] = value.strip().removesuffix(".")
            found += microsoft_target(selector, domain, targets[selector], origin)
        else:
            what = f"the tenant names no target for {selector} of {domain} yet"
            make = f"New-DkimSigningConfig -DomainName {domain} -Enabled $false, then read it again"
            found.append(warning("dkim/no-target", what, "", make, **where))
    if row.get("Enabled") is not True:
        status = row.get("Status")
        state = f" (status {plain(status)[:40]})" if isinstance(status, str) else ""
        what = f"Microsoft 365 does not sign mail of {domain} yet{state}"
        why = "It starts when it is told to, after it has seen both CNAME records; that takes minutes to four days."
        make = f"when both records stand: Set-DkimSigningConfig -Identity {domain} -Enabled $true"
        found.append(warning("dkim/not-signing", what, why, make, **where))
    return targets, found


def _known(rest: str) -> bool:
    """Tell whether what follows the tenant is the end of one of the two forms."""
    if rest.endswith(_NEW):
        return _PARTITION.fullmatch(rest.removesuffix(_NEW)) is not None
    return rest in _OLD


def _is_of(dashed: str, domain: str, taken: int) -> bool:
    for wanted in (domain.replace(".", "-"), domain.replace("-", "").replace(".", "-")):
        if dashed.startswith(wanted) and _SUFFIX.fullmatch(dashed[len(wanted) :]):
            return True
        # A name that does not fit into a label is cut somewhere: then only its start can be compared.
        if len(wanted) > _LONGEST_LABEL - taken - _LONGEST_SUFFIX and dashed[:_COMPARED] == wanted[:_COMPARED]:
            return True
    return False


def _rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict) and isinstance(value.get("value"), list):
        value = value["value"]
    return [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]


def _names(row: dict[str, Any]) -> list[str]:
    """What a row calls its domain, the best first, in lower case."""
    found = [row.get(key) for key in ("Domain", "Name", "Identity")]
    return list(dict.fromkeys(name.strip().lower().removesuffix(".") for name in found if isinstance(name, str)))
