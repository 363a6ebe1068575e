"""A hosted zone as it is read: record sets of ours to plan on, and what must be left to its owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.route53 import text
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet

#: A record set as boto3 gives and takes it.
Native = Mapping[str, Any]

#: What makes one of several sets of a name and type, by the field that says so, in the vendor's words.
#: Source: Amazon Route 53 API Reference, ResourceRecordSet (2026-11).
ROUTED = {
    "Weight": "weighted",
    "Region": "latency",
    "Failover": "failover",
    "GeoLocation": "geolocation",
    "GeoProximityLocation": "geoproximity",
    "MultiValueAnswer": "multivalue",
    "CidrRoutingConfig": "IP-based",
    "SetIdentifier": "routed",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """All of one zone but its SOA.

    Attributes:
        native: the sets of `sets` as they were read, to be sent back verbatim.
    """

    sets: Mapping[Key, RecordSet]
    locked: Mapping[Key, str]
    native: Mapping[Key, Native]


def read(zone: str, listed: Iterable[Native]) -> Reading:
    """Sort what a zone's pages listed.

    Raises:
        ValueError: this is another zone: a name lies outside, or its own name has no SOA.
    """
    grouped: dict[Key, list[Native]] = {}
    for one in listed:
        grouped.setdefault(Key("dns", zone, one["Type"], text.key_name(one["Name"], zone)), []).append(one)
    if grouped.pop(Key("dns", zone, "SOA", "@"), None) is None:
        raise ValueError(f"it has no SOA at {zone}")
    sets: dict[Key, RecordSet] = {}
    locked: dict[Key, str] = {}
    native: dict[Key, Native] = {}
    for key, held in grouped.items():
        reason = _owner(held)
        if not reason:
            try:
                sets[key] = _record_set(key, held[0])
                native[key] = held[0]
            except ValueError as problem:
                reason = f"it holds what cannot be understood: {problem}"
        if reason:
            locked[key] = reason
    return Reading(sets, locked, native)


def _record_set(key: Key, held: Native) -> RecordSet:
    values = {text.value(key.kind, one["Value"]) for one in held.get("ResourceRecords", ())}
    if not values or "TTL" not in held:
        raise ValueError("no values, or no TTL")
    return RecordSet(key, held["TTL"], tuple(sorted(values)))


def _owner(held: Sequence[Native]) -> str:
    """Why these sets of one name and type are not ours to plan on; empty for one simple set."""
    first = held[0]
    if any(one.get("TrafficPolicyInstanceId") for one in held):
        return "made by a traffic policy"
    word = next((word for field, word in ROUTED.items() if field in first), "" if len(held) == 1 else "routed")
    if word:
        return f"{len(held)} {word} set{'s' if len(held) > 1 else ''}"
    if "AliasTarget" in first:
        return f"an alias of {first['AliasTarget']['DNSName']}"
    return "tied to a health check" if first.get("HealthCheckId") else ""
