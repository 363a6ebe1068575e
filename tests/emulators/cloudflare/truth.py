"""What a zone of the emulator really holds, as record sets, and hands that change it past all rules of the API.

Values are taken apart and put together by dnspython and by what the emulator itself renders, never by the adapter.
"""

from __future__ import annotations

from typing import Any

import dns.rdata

from reconciler.model import names, rdata
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.emulators.cloudflare import content
from tests.emulators.cloudflare.zones import Record, Zone

_LAST_IS_HOST = frozenset({"CNAME", "MX", "NAPTR", "NS", "PTR", "SRV"})


def sets(zone: Zone) -> dict[Key, RecordSet]:
    """Every record set, in normal form; those of a proxied record are proxied."""
    found: dict[Key, list[Record]] = {}
    for one in zone.records.values():
        key = Key("dns", zone.name, one.type, names.relative(one.name, zone.name))
        found.setdefault(key, []).append(one)
    return {key: _set(key, records) for key, records in found.items()}


def edit(zone: Zone, key: Key, wished: RecordSet | None) -> None:
    """Put a set in the place of what is there; none removes. Comments and tags of what was there go."""
    name = names.fqdn(key.name, key.scope).removesuffix(".")
    zone.records = {one.id: one for one in zone.records.values() if (one.type, one.name) != (key.kind, name)}
    if wished is not None:
        add(zone, wished)


def add(zone: Zone, wished: RecordSet) -> None:
    """Put a set beside what is there."""
    name = names.fqdn(wished.key.name, wished.key.scope).removesuffix(".")
    head = {"name": name, "type": wished.key.kind, "ttl": wished.ttl, "proxied": bool(wished.proxied)}
    for value in wished.values:
        record = zone.made(head | sent(wished.key.kind, value))
        zone.records[record.id] = record


def sent(kind: str, value: str) -> dict[str, Any]:
    """A value in normal form as a client would send it."""
    if kind == "TXT":
        octets = value.encode("utf-8", "surrogateescape")
        return {"content": '"' + "".join(f"\\{octet:03d}" for octet in octets) + '"'}
    if kind not in content.FIELDS and kind != "MX":
        return {"content": value}
    one: Any = dns.rdata.from_text("IN", kind, value, relativize=False)
    if kind == "MX":
        return {"content": one.exchange.to_text(), "priority": one.preference}
    if kind == "CAA":
        return {"data": {"flags": one.flags, "tag": one.tag.decode(), "value": one.value.decode()}}
    if kind == "NAPTR":
        texts = {"flags": one.flags.decode(), "service": one.service.decode(), "regex": one.regexp.decode()}
        numbers = {"order": one.order, "preference": one.preference}
        return {"data": {**numbers, **texts, "replacement": one.replacement.to_text()}}
    fields = content.FIELDS[kind]
    words = [*value.split(" ", len(fields) - 1), ""][: len(fields)]
    return {"data": {field: _plain(field, word) for field, word in zip(fields, words, strict=True)}}


def _plain(field: str, word: str) -> Any:
    texts = {"target", "value", "certificate", "digest", "fingerprint", "lat_direction", "long_direction"}
    return word if field in texts else float(word.rstrip("m")) if "." in word else int(word)


def _set(key: Key, records: list[Record]) -> RecordSet:
    values = tuple(sorted({_value(one) for one in records}))
    proxied = any(one.proxied for one in records) if key.kind in content.PROXIABLE else None
    return RecordSet(key, min(one.ttl for one in records), values, proxied)


def _value(one: Record) -> str:
    text = one.content
    if one.type == "TXT":
        if not text.startswith('"'):
            return text
        strings: tuple[bytes, ...] = dns.rdata.from_text("IN", "TXT", text).strings  # type: ignore[attr-defined]
        return b"".join(strings).decode("utf-8", "surrogateescape")
    if one.type in {"MX", "SRV"}:
        text = f"{one.priority} {text}"
    if one.type in _LAST_IS_HOST and not text.endswith("."):
        text += "."
    if one.type in {"HTTPS", "SVCB"}:
        priority, host, *rest = text.split(" ", 2)
        text = " ".join((priority, host if host == "." else f"{host}.", *rest))
    return rdata.canonical(one.type, text)
