"""Zones and their records as Cloudflare lists them, and the record sets that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.cloudflare import values
from providers.cloudflare.api import Api
from reconciler.model import names
from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.errors import Invalid, NotFound, Unavailable
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet

#: Records asked for at once, the most there may be: one call gives one consistent picture.
PAGE = 5_000_000
#: Zones of one name are as many as accounts hold it; the most that a page has.
ZONES = 50
#: Operations in one batch call. Source: Cloudflare documentation, Batch record changes, 2026-11.
FREE, PAID = 200, 3500
_STATES = {
    "initializing": "is still being set up",
    "pending": "waits for its name servers to be changed at the registrar",
    "moved": "was left: its name servers are elsewhere",
}
_OTHERS = "more than one account has a zone {0}: give the option account, one of {1}"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as one token sees it.

    Attributes:
        most: operations that one batch call may carry.
        permissions: what the token may do with it; empty when it is not said.
        name_servers: hosts to which the parent must point, lower case, with the final dot.
    """

    id: str
    name: str
    status: str
    most: int
    permissions: tuple[str, ...]
    name_servers: tuple[str, ...] = ()

    def findings(self) -> Iterator[Diagnostic]:
        """What a person should know before trusting that the world sees this zone."""
        if self.status != "active":
            why = _STATES.get(self.status, f"is {self.status or 'in an unknown state'}")
            summary = f"the zone {self.name} {why} at Cloudflare"
            yield warning("cloudflare/zone-not-active", summary, "What is changed here is not what the world sees.")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: one value of a set.

    Attributes:
        tied: Email Routing made it and takes it away when it is disabled, edited or not.
    """

    id: str
    value: str
    ttl: int
    proxied: bool | None
    tied: bool


@dataclass(slots=True)
class State:
    """All of a zone at one moment: the sets, the records they are made of, and what is not ours to touch."""

    sets: dict[Key, RecordSet] = field(default_factory=dict)
    records: dict[Key, list[Record]] = field(default_factory=dict)
    locked: dict[Key, str] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)


def find(api: Api, provider: str, name: str, account: str) -> Zone:
    """The zone of exactly this name.

    Args:
        account: id of the account to look in; empty = all that the token sees.

    Raises:
        NotFound: there is none. Invalid: there are several.
    """
    parameters = {"account.id": account} if account else {}
    told = api.get("/zones", name=name, per_page=ZONES, **parameters)
    try:
        found = [one for one in told["result"] if one["name"] == name]
        if not found:
            raise NotFound(provider, f"the token sees no zone {name}")
        if len(found) > 1:
            accounts = sorted(f"{one['account']['id']} ({one['account'].get('name') or 'no name'})" for one in found)
            raise Invalid(provider, _OTHERS.format(name, ", ".join(accounts)))
        (one,) = found
        plan = one.get("plan") or {}
        free = (plan.get("legacy_id") or "free") == "free"
        permissions = tuple(one.get("permissions") or ())
        servers = tuple(sorted(f"{host.lower().rstrip('.')}." for host in one.get("name_servers") or ()))
        return Zone(one["id"], name, one.get("status") or "", FREE if free else PAID, permissions, servers)
    except (KeyError, TypeError, AttributeError):
        raise _unread(provider, "zones") from None


def read(api: Api, provider: str, zone: Zone) -> State:
    """All records of a zone, as sets.

    Raises:
        Unavailable: it was changed between two pages.
    """
    try:
        return _state(zone.name, list(_listed(api, provider, zone)))
    except (KeyError, TypeError, AttributeError):
        raise _unread(provider, f"records of {zone.name}") from None


def _listed(api: Api, provider: str, zone: Zone) -> Iterator[Mapping[str, Any]]:
    """The records of every page; a page that is not there is not asked for."""
    seen: set[str] = set()
    counts: set[int] = set()
    page = pages = 1
    while page <= pages:
        told = api.get(f"/zones/{zone.id}/dns_records", page=page, per_page=PAGE)
        info = told["result_info"]
        counts.add(info["total_count"])
        pages = info.get("total_pages") or -(-info["total_count"] // info["per_page"])
        seen.update(one["id"] for one in told["result"])
        yield from told["result"]
        page += 1
    if counts != {len(seen)}:
        raise Unavailable(provider, f"the zone {zone.name} was changed while it was read")


def _unread(provider: str, what: str) -> Invalid:
    return Invalid(provider, f"the list of {what} is not as the API describes it")


def _state(zone: str, listed: Sequence[Mapping[str, Any]]) -> State:
    state = State()
    for one in listed:
        key = Key("dns", zone, str(one["type"]), _relative(str(one["name"]), zone))
        meta = one.get("meta") or {}
        reason = _locked(meta)
        try:
            value = values.value_of(one)
        except (ValueError, KeyError, TypeError):
            value = ""
            reason = reason or f"a value that cannot be read as {key.kind}: {str(one.get('content'))[:100]!r}"
        if reason:
            state.locked.setdefault(key, reason)
        proxied = bool(one.get("proxied")) if key.kind in values.PROXIABLE else None
        record = Record(one["id"], value, int(one["ttl"]), proxied, bool(meta.get("email_routing")))
        state.records.setdefault(key, []).append(record)
    for key, records in state.records.items():
        if key not in state.locked:
            state.sets[key] = _set(key, records)
            state.findings += _mixed(key, records)
    return state


def _relative(name: str, zone: str) -> str:
    try:
        return names.relative(name, zone)
    except ValueError:
        raise KeyError(name) from None  # told as an answer that is not as described


def _locked(meta: Mapping[str, Any]) -> str:
    if not meta.get("read_only"):
        return ""
    if meta.get("email_routing"):
        return "kept by Cloudflare's Email Routing: unlock its records there first"
    return "kept by Cloudflare itself, read only"


def _set(key: Key, records: Sequence[Record]) -> RecordSet:
    """One TTL and one flag for all: the smallest, and proxied if one of them is."""
    ttl = min(one.ttl for one in records)
    proxied = any(one.proxied for one in records) if key.kind in values.PROXIABLE else None
    return RecordSet(key, ttl, tuple(sorted({one.value for one in records})), proxied)


def _mixed(key: Key, records: Sequence[Record]) -> Iterator[Diagnostic]:
    ttls = sorted({one.ttl for one in records})
    if len({one.proxied for one in records}) > 1:
        summary = f"{key.name} {key.kind}: some of its records are proxied and some are not"
        yield warning("cloudflare/mixed-proxied", summary, address=key.address)
    elif len(ttls) > 1:
        summary = f"{key.name} {key.kind}: its records have different TTLs: {', '.join(map(str, ttls))}"
        yield warning("cloudflare/mixed-ttl", summary, "The smallest is taken for all.", address=key.address)
