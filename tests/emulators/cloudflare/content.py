"""What the emulator takes as a value of each type, and how it renders it; nothing here knows the adapter's codec.

Source: facts of the vendor's API by type; the codes 9005, 9006 and 9009 as peers met them.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.emulators.cloudflare.refusal import Refusal

#: By type the names in `data`, in the order in which the content shows them.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "CAA": ("flags", "tag", "value"),
    "DS": ("key_tag", "algorithm", "digest_type", "digest"),
    "HTTPS": ("priority", "target", "value"),
    "LOC": (
        "lat_degrees", "lat_minutes", "lat_seconds", "lat_direction",
        "long_degrees", "long_minutes", "long_seconds", "long_direction",
        "altitude", "size", "precision_horz", "precision_vert",
    ),
    "NAPTR": ("order", "preference", "flags", "service", "regex", "replacement"),
    "SMIMEA": ("usage", "selector", "matching_type", "certificate"),
    "SRV": ("priority", "weight", "port", "target"),
    "SSHFP": ("algorithm", "type", "fingerprint"),
    "SVCB": ("priority", "target", "value"),
    "TLSA": ("usage", "selector", "matching_type", "certificate"),
}  # fmt: skip
PLAIN = frozenset({"A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT"})
TYPES = PLAIN | FIELDS.keys()
PROXIABLE = frozenset({"A", "AAAA", "CNAME"})
#: The greatest number a field may hold; those not named are octets.
_LARGEST = {
    "priority": 65535, "weight": 65535, "port": 65535, "key_tag": 65535, "order": 65535, "preference": 65535,
    "lat_degrees": 90, "lat_minutes": 59, "lat_seconds": 59.999,
    "long_degrees": 180, "long_minutes": 59, "long_seconds": 59.999,
    "altitude": 42849672.95, "size": 90_000_000, "precision_horz": 90_000_000, "precision_vert": 90_000_000,
}  # fmt: skip
_HEX = frozenset({"certificate", "digest", "fingerprint"})
_QUOTED = {"NAPTR": ("flags", "service", "regex"), "CAA": ("value",)}
_HOSTS = frozenset({"target", "replacement"})
_TEXTS = frozenset({"tag", "value", "lat_direction", "long_direction"})
_LABEL = re.compile(r"[^\s\".\\]{1,63}")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_LONGEST = 2048
_WIRE = 4096


@dataclass(frozen=True, slots=True)
class Content:
    """A value as it is kept."""

    content: str
    data: Mapping[str, Any] | None = None
    priority: int | None = None


def taken(kind: str, sent: Mapping[str, Any]) -> Content:
    """The value in a create or change that names all it needs.

    Raises:
        Refusal: the vendor would not store it.
    """
    if kind in FIELDS:
        return _data(kind, sent)
    text = sent.get("content")
    if not isinstance(text, str) or not text:
        raise Refusal(400, 9005, f"Content for {kind} record must not be empty.")
    if kind == "MX":
        priority = _number("priority", sent.get("priority"), 9100)
        return Content("." if text == "." else host(text, 9009), priority=int(priority))
    return Content(_PLAIN[kind](text))


def host(text: object, code: int = 9005) -> str:
    """A host without its final dot."""
    name = text.removesuffix(".") if isinstance(text, str) else ""
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise Refusal(400, code, f"{text!r} is not a valid host name.")
    return name


def strings(text: str) -> list[str]:
    """The strings of a quoted TXT, still escaped."""
    found, at = [], 0
    while match := _STRING.match(text, at):
        found.append(match[1])
        at = match.end()
    if at < len(text):
        raise Refusal(400, 9005, "Content for TXT record has an open quote.")
    return found


def _a(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise Refusal(400, 9005, "Content for A record must be a valid IPv4 address.") from None


def _aaaa(text: str) -> str:
    try:
        if "%" not in text:
            return str(ipaddress.IPv6Address(text))
    except ValueError:
        pass
    raise Refusal(400, 9006, "Content for AAAA record must be a valid IPv6 address.")


def _txt(text: str) -> str:
    """As sent, but strings above 255 octets are split; without quotes it is kept so."""
    if len(text) > _LONGEST:
        raise Refusal(400, 9005, f"Content for TXT record exceeds {_LONGEST} characters.")
    if not text.startswith('"'):
        return text
    parts = strings(text)
    if not any(parts):
        raise Refusal(400, 9005, "Content for TXT record must not be empty.")
    return " ".join(f'"{piece}"' for part in parts for piece in _pieces(part))


def _pieces(escaped: str) -> list[str]:
    """At most 255 octets each, no escape cut in two."""
    units = re.findall(r"\\[0-9]{3}|\\.|.", escaped, re.DOTALL)
    pieces, size = [""], 0
    for unit in units:
        octets = 1 if unit[0] == "\\" else len(unit.encode())
        if size + octets > 255:
            pieces.append("")
            size = 0
        pieces[-1] += unit
        size += octets
    return pieces


def _key(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refusal(400, 9005, "Content for OPENPGPKEY record must be base64.") from None
    return text


_PLAIN: Mapping[str, Callable[[str], str]] = {
    "A": _a, "AAAA": _aaaa, "CNAME": host, "NS": host, "OPENPGPKEY": _key, "PTR": host, "TXT": _txt,
}  # fmt: skip


def _data(kind: str, sent: Mapping[str, Any]) -> Content:
    given = sent.get("data")
    if not isinstance(given, Mapping):
        raise Refusal(400, 9101, f"{kind} records need data.")
    if given.keys() != set(FIELDS[kind]):
        raise Refusal(400, 9101, f"data of {kind} must be {FIELDS[kind]}, not {sorted(given)}.")
    data = {field: _field(kind, field, given[field]) for field in FIELDS[kind]}
    words = [_rendered(kind, field, value) for field, value in data.items()]
    content = " ".join(words[1:] if kind == "SRV" else words).strip()
    return Content(content, data, int(data["priority"]) if kind == "SRV" else None)


def _field(kind: str, field: str, value: object) -> Any:
    if field in _HOSTS:
        return "." if value == "." else host(value)
    if field in _HEX:
        if not isinstance(value, str) or not re.fullmatch(r"([0-9A-Fa-f]{2})+", value) or len(value) > 2 * _WIRE:
            raise Refusal(400, 9101, f"{field} must be hexadecimal.")
        return value
    if field.endswith("direction") and value not in ("N", "S", "E", "W"):
        raise Refusal(400, 9101, f"{field} must be N, S, E or W.")
    if field in _TEXTS or field in _QUOTED.get(kind, ()):
        if not isinstance(value, str):
            raise Refusal(400, 9101, f"{field} must be a text.")
        return value
    return _number(field, value, 9101)


def _number(field: str, value: object, code: int) -> float:
    least = -100_000 if field == "altitude" else 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= _LARGEST.get(field, 255):
        raise Refusal(400, code, f"{field} must be a number in its range, not {value!r}.")
    return value


def _rendered(kind: str, field: str, value: Any) -> str:
    if field in _QUOTED.get(kind, ()):
        return f'"{value}"'
    if field.endswith("seconds"):
        return f"{value:.3f}"
    if kind == "LOC" and field in {"altitude", "size", "precision_horz", "precision_vert"}:
        return f"{value:.2f}m"
    return str(value)
