"""What one value of each type must look like, said in words that name the value, as Route 53 does."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

import dns.exception
import dns.name
import dns.rdata

from tests.emulators.route53 import names

TYPES = frozenset("SOA A TXT NS CNAME MX NAPTR PTR SRV SPF AAAA CAA DS TLSA SSHFP SVCB HTTPS".split())  # noqa: SIM905
_ROOT = dns.name.root
_ESCAPE = re.compile(r"\\([0-7]{3}|.)", re.DOTALL)


def wrong(kind: str, value: str) -> str:
    """What is wrong with a value; empty when nothing is."""
    if not value:
        return "Value is empty"
    try:
        if kind == "A":
            ipaddress.IPv4Address(value)
        elif kind == "AAAA":
            ipaddress.IPv6Address(value)
        elif kind in ("CNAME", "NS", "PTR"):
            names.parse(value)
        elif kind in ("TXT", "SPF"):
            list(strings(value))
        else:
            names.octets(value)
            dns.rdata.from_text("IN", kind, decimal(value), origin=_ROOT, relativize=False)
    except (ValueError, dns.exception.DNSException) as problem:
        return str(problem) or type(problem).__name__
    return ""


def strings(value: str) -> Iterator[bytes]:
    """The strings of a TXT value, each in quotes and of at most 255 octets."""
    at = 0
    while at < len(value):
        if value[at] == " " and at:
            at += 1
            continue
        if value[at] != '"':
            raise names.Broken("Value should be enclosed in quotation marks")
        end = at + 1
        while end < len(value) and value[end] != '"':
            end += 2 if value[end] == "\\" else 1
        if end >= len(value):
            raise names.Broken("a quotation mark is missing")
        held = bytes(octet for octet, _ in names.octets(value[at + 1 : end]))
        if len(held) > 255:
            raise names.Broken("CharacterStringTooLong (Value is too long)")
        yield held
        at = end + 1


def decimal(value: str) -> str:
    """A value with the escapes of a zone file in place of octal ones."""
    return _ESCAPE.sub(lambda found: f"\\{int(found[1], 8):03d}" if len(found[1]) == 3 else found[0], value)
