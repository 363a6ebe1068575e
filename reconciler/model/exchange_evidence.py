"""What a script for Exchange Online brings back, as one JSON document: what is there, and what became of each step.

The document is an object with `format` (`reconciler-exchange`), `version` (1), `tenant`, `taken` (UTC, ISO 8601),
`results` (`id`, `status` of `done`, `failed`, `detail`), `acceptedDomains` (`domain`, `type`), `dkim` (`domain`,
`enabled`, `selector1`, `selector2`), `sharedMailboxes` (`address`, `displayName`, `aliases`, `fullAccess`, `sendAs`),
`lists` (`address`, `displayName`, `members`), and last `complete` (true): half a file has none. More names may stand
in it. A list of one is taken as PowerShell writes it, with or without brackets; one of none may be null.
Source: ConvertTo-Json (learn.microsoft.com, read 2026-11): what lies deeper than its -Depth becomes the name of a type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.model import exact_json, powershell
from reconciler.model.key import Key
from reconciler.model.resource import AcceptedDomain, ExchangeResource, Mailbox, MailList, Signing

FORMAT = "reconciler-exchange"
RELAYS = {"authoritative": "authoritative", "internalrelay": "internal-relay"}
SELECTORS = ("selector1", "selector2")
_ADDRESS = re.compile(r"[^\s@\"(),:;<>\[\]\\/]+@[^\s@\"(),:;<>\[\]\\/]+")
_CUT = re.compile(r"System\.[A-Z]\w*(?:\.\w+)*(?:\[\])?|@\{.*\}", re.DOTALL)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Evidence:
    """One document, read.

    Attributes:
        taken: ISO 8601, UTC.
        results: by step id what went wrong, in Exchange's words; empty where it was done.
    """

    taken: str
    resources: Mapping[Key, ExchangeResource]
    results: Mapping[str, str]


def is_address(text: str) -> bool:
    """It can be looked up as an address: one `@`, no blank, no wildcard, no sign of another syntax."""
    return _ADDRESS.fullmatch(text) is not None and "*" not in text


def read(text: str, tenant: str) -> Evidence:
    """Read a document.

    Raises:
        ValueError: it is damaged, or not what the script prints for this tenant; the message is for a person.
    """
    if not text.strip():
        raise ValueError("it is empty")
    whole = exact_json.parse(text)
    if isinstance(whole, list) and len(whole) == 1:
        (whole,) = whole
    if not isinstance(whole, dict) or whole.get("format") != FORMAT or whole.get("version") != 1:
        raise ValueError("it is not what the script prints")
    if str(whole.get("tenant")).lower() != tenant:
        raise ValueError(f"it is of the tenant {str(whole.get('tenant'))[:_LONGEST]}, not of {tenant}")
    if whole.get("complete") is not True:
        raise ValueError("it ends before all was written")
    taken = _text(whole, "taken", "the document")
    if not _is_moment(taken):
        raise ValueError("`taken` is no moment in UTC")
    found: dict[Key, ExchangeResource] = {}
    for one in _resources(whole, tenant):
        if found.setdefault(one.key, one) is not one:
            raise ValueError(f"{one.key.name} stands there twice as {one.key.kind}")
    return Evidence(taken, found, dict(_results(whole)))


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    offset = moment.utcoffset()
    return offset is not None and not offset


def _resources(whole: Mapping[str, Any], tenant: str) -> Iterator[ExchangeResource]:
    for one in _rows(whole, "sharedMailboxes"):
        name = _address(one, "address", "sharedMailboxes")
        sets = [_addresses(one, part, name) for part in ("aliases", "fullAccess", "sendAs")]
        yield Mailbox(Key("exchange", tenant, "mailbox", name), _shown(one, name), *sets)
    for one in _rows(whole, "lists"):
        name = _address(one, "address", "lists")
        key = Key("exchange", tenant, "list", name)
        yield MailList(key, _shown(one, name), _addresses(one, "members", name))
    for one in _rows(whole, "dkim"):
        name = _text(one, "domain", "dkim").lower().removesuffix(".")
        hosts = [(selector, one.get(selector)) for selector in SELECTORS]
        targets = tuple((which, _host(host, name)) for which, host in hosts if host not in (None, ""))
        yield Signing(Key("exchange", tenant, "dkim", name), _flag(one, "enabled", name), targets)
    for one in _rows(whole, "acceptedDomains"):
        name = _text(one, "domain", "acceptedDomains").lower().removesuffix(".")
        relay = RELAYS.get(_text(one, "type", name).lower())
        if relay is not None:  # what relays to the outside is not ours to speak of
            yield AcceptedDomain(Key("exchange", tenant, "accepted-domain", name), relay)


def _shown(row: Mapping[str, Any], where: str) -> str:
    """A name for people, as Exchange has it; what no reviewer could see in it shows as a question mark."""
    name = _text(row, "displayName", where)
    return "".join("?" if powershell.problem(one) else one for one in name) if powershell.problem(name) else name


def _results(whole: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in _rows(whole, "results"):
        name, status = _text(one, "id", "results"), _text(one, "status", "results")
        if status not in ("done", "failed"):
            raise ValueError(f"results: {name[:_LONGEST]} is neither done nor failed")
        detail = one.get("detail")
        said = " ".join(detail.split())[:_LONGEST] if isinstance(detail, str) else ""
        yield name, "" if status == "done" else said or "Exchange gave no reason"


def _rows(whole: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    if name not in whole:
        raise ValueError(f"`{name}` is missing")
    rows = _listed(whole[name])
    for row in rows:
        if not isinstance(row, dict):
            raise ValueError(f"`{name}` holds {_said(row)}")
    return rows


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _said(value: object) -> str:
    if isinstance(value, str) and _CUT.fullmatch(value):
        return f"{value[:40]!r}: it was cut off at a -Depth that is too small"
    return f"{str(value)[:40]!r}, which is not what the script prints"


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value or _CUT.fullmatch(value):
        raise ValueError(f"{where[:_LONGEST]}: `{name}` is {_said(value)}")
    return value


def _flag(row: Mapping[str, Any], name: str, where: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{where[:_LONGEST]}: `{name}` is {_said(value)}")
    return value


def _address(row: Mapping[str, Any], name: str, where: str) -> str:
    value = _text(row, name, where).lower()
    if not is_address(value):
        raise ValueError(f"{where}: `{name}` is {_said(value)}")
    return value


def _addresses(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    """Sorted; who cannot be told by an address (an account that is gone, a system's own) is left out."""
    found = _listed(row.get(name))
    for one in found:
        if not isinstance(one, str) or _CUT.fullmatch(one):
            raise ValueError(f"{where[:_LONGEST]}: `{name}` holds {_said(one)}")
    return tuple(sorted({one.lower() for one in found if is_address(one)}))


def _host(value: object, where: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{1,254}", value):
        raise ValueError(f"{where[:_LONGEST]}: a DKIM target is {_said(value)}")
    return value.lower().removesuffix(".")
