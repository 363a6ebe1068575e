r"""How Route 53 writes names and values: as zone files do, but with escapes of three OCTAL digits.

Everything but a-z 0-9 - _ comes back in names as `\ooo`, whatever was sent: `*` is `\052`. Zone files and the keys of
this product hold decimal digits there. Inside a value only what a zone file would escape is escaped.
Source: Amazon Route 53 Developer Guide, "DNS domain name format" and "Supported DNS record types" (2026-11).
"""

from __future__ import annotations

import re

from reconciler.model import names, rdata

_ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")


def key_name(native: str, zone: str) -> str:
    """The name of a record set as keys hold it.

    Raises:
        ValueError: it cannot be read, or lies outside the zone.
    """
    return names.relative(_decimal(native), zone)


def labels(native: str) -> tuple[bytes, ...]:
    """The labels of a name as Route 53 gives it.

    Raises:
        ValueError: it cannot be read.
    """
    return names.labels(_decimal(native))


def native_name(name: str, zone: str) -> str:
    """A key's name as Route 53 stores it: absolute, lower case, escaped, with final dot."""
    parts = names.labels(names.fqdn(name, zone))
    return "".join("".join(map(_character, label)) + "." for label in parts)


def value(kind: str, native: str) -> str:
    """One value in normal form; a target without final dot is absolute all the same.

    Raises:
        ValueError: it cannot be read.
    """
    text = _decimal(native)
    if kind == "TXT":
        return rdata.txt_from_presentation(text)
    return rdata.canonical_at(kind, text, ".")


def native_value(kind: str, text: str) -> str:
    """A value in normal form as it is sent.

    Raises:
        ValueError: a TXT value that no record can hold.
    """
    return _octal(rdata.txt_to_presentation(text) if kind == "TXT" else text)


def _decimal(native: str) -> str:
    return _ESCAPE.sub(_as_decimal, native) if "\\" in native else native


def _as_decimal(found: re.Match[str]) -> str:
    digits = found[1]
    return f"\\{int(digits, 8):03d}" if len(digits) == 3 and not set(digits) & set("89") else found[0]


def _octal(text: str) -> str:
    return _ESCAPE.sub(_as_octal, text) if "\\" in text else text


def _as_octal(found: re.Match[str]) -> str:
    return f"\\{int(found[1]):03o}" if len(found[1]) == 3 else found[0]


def _character(octet: int) -> str:
    return chr(octet) if octet in _PLAIN else f"\\{octet:03o}"
