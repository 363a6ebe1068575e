"""The text of one script for Exchange Online, from its public JSON: to be reviewed, run by a person, run again.

Whatever a customer's names hold, each of them is one string of the script: see `reconciler.model.powershell`. In
comments only letters, digits and a few signs of them are left. The same JSON gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from reconciler.documents import exchange_powershell
from reconciler.documents.words import Words
from reconciler.model.powershell import listed, literal
from reconciler.scripting import PERSON

Script = Mapping[str, Any]
#: What stands in a comment as it is, beside letters and digits.
_PLAIN = frozenset(" @._-+&")
#: Characters that the unique name of an object in Exchange has at most. Source: New-DistributionGroup -Name.
NAME = 64
_RELAYS = {"authoritative": "Authoritative", "internal-relay": "InternalRelay"}
_CALLS = {
    "name": "Set-Shown",
    "alias": "Add-FurtherAddress",
    "no-alias": "Remove-FurtherAddress",
    PERSON: "Remove-FurtherAddress",
    "member": "Add-ListMember",
    "no-member": "Remove-ListMember",
    "full-access": "Add-FullAccess",
    "no-full-access": "Remove-FullAccess",
    "send-as": "Add-SendAs",
    "no-send-as": "Remove-SendAs",
}


def text(script: Script) -> str:
    """The whole script.

    Raises:
        ValueError: a value may not stand in it.
    """
    tenant = script["tenant"]
    parts = [
        "\n".join(_head(script)),
        exchange_powershell.BEGIN.rstrip("\n"),
        "\n".join(_call(step) for step in script["steps"]),
        exchange_powershell.END.rstrip("\n"),
    ]
    known = (
        f"$Tenant = {literal(tenant)}\n$Addresses = {listed(script['look']['addresses'])}\n"
        f"$Domains = {listed(script['look']['domains'])}"
    )
    evidence = literal(f"{tenant}.json")
    start = (
        "#Requires -Version 5.1\n#Requires -Modules ExchangeOnlineManagement\n[CmdletBinding(SupportsShouldProcess)]\n"
        f"param([string] $Evidence = (Join-Path $PSScriptRoot {evidence}))\n\n{exchange_powershell.ENCODING}\n{known}"
    )
    return "\n\n".join([parts[0], start, *parts[1:]]) + "\n"


def _head(script: Script) -> Iterator[str]:
    """What a reviewer reads first."""
    words = Words(str(script["language"]))
    yield f"# {words('script.title', stage=_said(script['stage']), tenant=_said(script['tenant']))}"
    yield f"# {words('script.for', customer=_said(script['customer']))}"
    for name in ("script.safe", "script.how", "script.look", "script.saved"):
        yield f"# {words(name, tenant=_said(script['tenant']))}"
    yield "#"
    for step in script["steps"]:
        what = words(f"do.{step['do']}", of=_said(step["of"]), value=_said(step["value"]))
        yield f"# {_said(step['id'])}: {what}"


def _said(text: str) -> str:
    """Fit for a comment: on one line, and nothing that could mean something to PowerShell."""
    return "".join(one if one.isalnum() or one in _PLAIN else "?" for one in str(text))


def _call(step: Mapping[str, str]) -> str:
    of, value = step["of"], step["value"]
    do = step["do"]
    if do in ("mailbox", "list"):
        made = "Add-SharedMailbox" if do == "mailbox" else "Add-List"
        call = f"{made} {literal(of)} {literal(_name(of))} {literal(value)}"
    elif do in ("dkim", "sign"):
        call = f"{'Add-Signing' if do == 'dkim' else 'Enable-Signing'} {literal(of)}"
    elif do == "relay":
        call = f"Set-Relay {literal(of)} {literal(_RELAYS[value])}"
    else:
        call = f"{_CALLS[do]} {literal(of)} {literal(value)}"
    return f"Step {literal(step['id'])} {{ {call} }}"


def _name(address: str) -> str:
    """Unique in its tenant, since the address is."""
    if len(address) <= NAME:
        return address
    return f"{address[: NAME - 9]}-{sha256(address.encode()).hexdigest()[:8]}"
