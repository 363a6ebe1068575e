"""What Route 53 refuses in a zone that holds one address, as data: for the fake, and for other emulators.

Source: vendor documentation and public bug reports, collected 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ZONE = "example.com."
Native = dict[str, Any]


def plain(name: str, kind: str, *values: str, ttl: int = 300, **more: Any) -> Native:
    """A record set as boto3 takes it."""
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": one} for one in values], **more}


def alias(name: str, target: str, zone: str) -> Native:
    where = {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": False}
    return {"Name": name, "Type": "A", "AliasTarget": where}


A = plain("a.example.com", "A", "192.0.2.1")
LONG = "x" * 256
#: What is refused in a zone that holds A, and whom the message must name.
REFUSED: Mapping[str, tuple[Sequence[tuple[str, Native]], str]] = {
    "create what exists": ([("CREATE", plain("A.Example.com.", "A", "192.0.2.2"))], "name='a.example.com.', type='A'"),
    "delete what is not there": ([("DELETE", plain("b.example.com", "A", "192.0.2.1"))], "not found"),
    "delete other values": ([("DELETE", plain("a.example.com", "A", "192.0.2.9"))], "do not match"),
    "delete another TTL": ([("DELETE", plain("a.example.com", "A", "192.0.2.1", ttl=60))], "do not match"),
    "delete twice": ([("DELETE", A), ("DELETE", A)], "invalid set of changes"),
    "delete the SOA": ([("DELETE", plain(ZONE, "SOA", "x. y. 1 1 1 1 1", ttl=900))], "at least one SOA"),
    "delete the apex NS": ([("DELETE", plain(ZONE, "NS", "ns-1.awsdns-01.example.", ttl=172800))], "at least one NS"),
    "outside the zone": ([("CREATE", plain("a.fooexample.com", "A", "192.0.2.1"))], "not permitted in zone"),
    "CNAME beside A": ([("CREATE", plain("a.example.com", "CNAME", "b.example.net"))], "conflicting RRSet"),
    "CNAME listed before the deletion of A": (
        [("CREATE", plain("a.example.com", "CNAME", "b.example.net")), ("DELETE", A)],
        "conflicting RRSet",
    ),
    "CNAME at the apex": ([("CREATE", plain(ZONE, "CNAME", "b.example.net"))], "apex"),
    "two CNAMEs": ([("CREATE", plain("c.example.com", "CNAME", "b.example.net", "c.example.net"))], "more than one"),
    "weighted beside simple": (
        [("CREATE", plain("a.example.com", "A", "192.0.2.2", SetIdentifier="x", Weight=1))],
        "cannot be created as other RRSets exist",
    ),
    "weight without identifier": ([("CREATE", plain("w.example.com", "A", "192.0.2.2", Weight=1))], "SetIdentifier"),
    "value twice": ([("CREATE", plain("b.example.com", "A", "192.0.2.1", "192.0.2.1"))], "Duplicate"),
    "no address": ([("CREATE", plain("b.example.com", "A", "192.0.2.256"))], "192.0.2.256"),
    "no IPv6 address": ([("CREATE", plain("b.example.com", "AAAA", "192.0.2.1"))], "192.0.2.1"),
    "MX without preference": ([("CREATE", plain("b.example.com", "MX", "mail.example.net."))], "mail.example.net."),
    "TXT without quotes": ([("CREATE", plain("b.example.com", "TXT", "bare"))], "quotation"),
    "TXT of 256": ([("CREATE", plain("b.example.com", "TXT", f'"{LONG}"'))], "TooLong"),
    "TXT with a raw byte": ([("CREATE", plain("b.example.com", "TXT", '"ñ"'))], "octal"),
    "1,001 values": (
        [("CREATE", plain("b.example.com", "A", *(f"10.0.{n // 256}.{n % 256}" for n in range(1001))))],
        "records limit",
    ),
    "501 values upserted": (
        [("UPSERT", plain("b.example.com", "A", *(f"10.0.{n // 256}.{n % 256}" for n in range(501))))],
        "records limit",
    ),
    "32,001 characters": (
        [("CREATE", plain("b.example.com", "TXT", *(f'"{n:03d}{"x" * 248}"' for n in range(127))))],
        "characters limit",
    ),
    "alias of what is not there": ([("CREATE", alias("al.example.com", "none.example.com.", "Z"))], "not found"),
}


def toward(zone: str, changes: Sequence[tuple[str, Native]]) -> list[tuple[str, Native]]:
    """The same changes, their aliases toward this zone."""
    return [
        (action, one | {"AliasTarget": one["AliasTarget"] | {"HostedZoneId": zone}} if "AliasTarget" in one else one)
        for action, one in changes
    ]
