"""Which call a request is, and what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tests.emulators.cloudflare import records
from tests.emulators.cloudflare.refusal import Refusal
from tests.emulators.cloudflare.zones import Record, Token, Zone

_PATHS = (
    ("GET", "verify", "/user/tokens/verify"),
    ("GET", "zones", "/zones"),
    ("GET", "zone", "/zones/{zone_id}"),
    ("GET", "records", "/zones/{zone_id}/dns_records"),
    ("POST", "batch", "/zones/{zone_id}/dns_records/batch"),
    ("POST", "create", "/zones/{zone_id}/dns_records"),
    ("GET", "record", "/zones/{zone_id}/dns_records/{dns_record_id}"),
    ("PATCH", "change", "/zones/{zone_id}/dns_records/{dns_record_id}"),
    ("PUT", "overwrite", "/zones/{zone_id}/dns_records/{dns_record_id}"),
    ("DELETE", "delete", "/zones/{zone_id}/dns_records/{dns_record_id}"),
)
WRITES = frozenset({"batch", "create", "change", "overwrite", "delete"})
_ID = re.compile(r"[0-9a-f]{32}")
_TEXTS = ("name", "content", "comment")
_HOW = ("", ".exact", ".contains", ".startswith", ".endswith")
_ASKED = {
    "zones": frozenset({"name", "status", "account.id", "page", "per_page"}),
    "records": frozenset({"type", "proxied", "page", "per_page", *(f"{one}{how}" for one in _TEXTS for how in _HOW)}),
}
_FIELDS = frozenset({"name", "type", "ttl", "content", "data", "priority", "proxied", "comment", "tags", "settings"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API; `ids` as the path names them."""

    sort: str
    method: str
    path: str
    ids: Mapping[str, str]


class Cloud(Protocol):
    """What a call works on."""

    zones: dict[str, Zone]
    page_cap: int


def route(method: str, path: str) -> Call | None:
    """The call that a request is; none for one that does not exist."""
    for verb, sort, template in _PATHS:
        found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template), path)
        if found and verb == method:
            return Call(sort, method.lower(), template, found.groupdict())
    return None


def unknown(call: Call, asked: Mapping[str, str], sent: Mapping[str, Any]) -> Iterator[str]:
    """Parameters and fields that no client should send, or that are not played here."""
    yield from (f"{call.sort}: parameter {one}" for one in asked.keys() - _ASKED.get(call.sort, frozenset()))
    if call.sort != "batch":
        yield from (f"{call.sort}: field {one}" for one in sent.keys() - _FIELDS)
        return
    yield from (f"batch: {one}" for one in sent.keys() - {"deletes", "patches", "puts", "posts"})
    for verb, operations in sent.items():
        known = {"deletes": {"id"}, "posts": _FIELDS}.get(verb, _FIELDS | {"id"})
        yield from (f"{verb}: field {one}" for operation in operations for one in operation.keys() - known)


def carried_out(
    cloud: Cloud, call: Call, token: Token, asked: Mapping[str, str], sent: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Record]]:
    """The envelope, and the records that are in it.

    Raises:
        Refusal: the call is refused.
    """
    if call.sort == "verify":
        result = {"id": "0" * 32, "status": "active"}
        return _whole(result | ({"expires_on": token.expires_on} if token.expires_on else {})), []
    if call.sort == "zones":
        return _zones(cloud, token, asked), []
    zone = _zone(cloud, call, token)
    if call.sort == "zone":
        return _whole(zone.json(token)), []
    if call.sort in WRITES and not token.edits:
        raise Refusal(403, 10000, "Authentication error")
    if call.sort == "records":
        found, info = records.listed(zone, asked, cloud.page_cap)
        return _whole([one.json() for one in found]) | {"result_info": info}, found
    if call.sort == "batch":
        done = records.batch(zone, sent)
        shown = {verb: [one.json() for one in listed] for verb, listed in done.items()}
        return _whole(shown), [one for listed in done.values() for one in listed]
    return _single(zone, call, sent)


def _single(zone: Zone, call: Call, sent: Mapping[str, Any]) -> tuple[dict[str, Any], list[Record]]:
    identity = call.ids.get("dns_record_id", "")
    if call.sort != "create" and not _ID.fullmatch(identity):
        raise Refusal(400, 7003, "Could not route to that record, perhaps your object identifier is invalid?")
    if call.sort == "delete":
        return _whole({"id": zone.remove(identity).id}), []
    if call.sort == "create":
        record = records.create(zone, sent)
    elif call.sort == "change":
        record = records.change(zone, identity, sent)
    elif call.sort == "overwrite":
        record = records.overwrite(zone, identity, sent)
    else:
        record = zone.get(identity)
    return _whole(record.json()), [record]


def _zones(cloud: Cloud, token: Token, asked: Mapping[str, str]) -> dict[str, Any]:
    size = int(asked.get("per_page", 20))
    if not 5 <= size <= 50:
        raise Refusal(400, 1006, "per_page must be 5 to 50")
    found = [
        zone
        for zone in cloud.zones.values()
        if (token.accounts is None or zone.account in token.accounts)
        and asked.get("name", zone.name).lower() == zone.name
        and asked.get("account.id", zone.account) == zone.account
        and asked.get("status", zone.status) == zone.status
    ]
    shown, info = records.paged(found, asked, 20, 50)
    return _whole([zone.json(token) for zone in shown]) | {"result_info": info}


def _zone(cloud: Cloud, call: Call, token: Token) -> Zone:
    identity = call.ids["zone_id"]
    if not _ID.fullmatch(identity):
        raise Refusal(404, 7003, "Could not route to that zone, perhaps your object identifier is invalid?")
    zone = cloud.zones.get(identity)
    if zone is None or not zone.born or (token.accounts is not None and zone.account not in token.accounts):
        raise Refusal(403, 10000, "Authentication error")
    return zone


def _whole(result: object) -> dict[str, Any]:
    return {"result": result, "success": True, "errors": [], "messages": []}
