r"""One canonical text for the value of each DNS record type, so that equal values are equal strings.

The common types have exact fast paths by plain text operations; whatever they do not surely understand goes to
dnspython, which is imported only then. A TXT value is decoded text and has a codec of its own, for the quoted strings
of zone files and of interfaces that speak them.
Source: RFC 1035 section 5.1 (presentation form), RFC 3597 section 5 (unknown types), RFC 5952 (IPv6 text).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from reconciler.model import names

if TYPE_CHECKING:
    import dns.rdata

#: The supported types; besides them any type is carried, under its mnemonic or as RFC 3597 `TYPE123`. SOA is read only.
TYPES = frozenset(
    "A AAAA CAA CNAME DS HTTPS LOC MX NAPTR NS PTR SRV SSHFP SVCB TLSA TXT".split()  # noqa: SIM905
)
#: Longest RDATA: its length is a 16-bit number (RFC 1035 section 3.2.1).
LONGEST = 65535

_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")
_IPV6 = re.compile(r"[0-9A-Fa-f:]{3,39}")
_HOST = re.compile(rf"@|{names.PLAIN}")
_MX = re.compile(rf"([0-9]{{1,5}})[ \t]+(@|{names.PLAIN})")
_SRV = re.compile(rf"([0-9]{{1,5}})[ \t]+([0-9]{{1,5}})[ \t]+([0-9]{{1,5}})[ \t]+(@|{names.PLAIN})")
#: Where a type's value names a host: the place among its words, from 0, or -1 for the last.
_TARGETS = {"CNAME": 0, "DNAME": 0, "NS": 0, "PTR": 0, "MX": 1, "SVCB": 1, "HTTPS": 1, "SRV": 3, "NAPTR": -1}
#: Words before the hexadecimal data, which is written without blanks.
_HEX_AFTER = {"SSHFP": 2, "TLSA": 3, "SMIMEA": 3, "DS": 3, "CDS": 3}
#: What a person is told instead of the library's words.
_FORMS = {
    "A": "an IPv4 address is four numbers from 0 to 255 without leading zeros",
    "AAAA": "an IPv6 address is needed",
    "MX": "a preference from 0 to 65535 and a host are needed (10 mail.example.net.)",
    "SRV": "priority, weight, port (0 to 65535 each) and a host are needed (100 1 443 sip.example.net.)",
    "CAA": 'flags, tag and a quoted value are needed (0 issue "ca.example")',
}
_ONE_LINE = re.compile(r'(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|\\[^\r\n]|[^"\\;()\r\n])*+')
_FOREIGN = re.compile(r"\\(.)|[^\x00-\x7f]", re.DOTALL)
_BLANKS = re.compile(r"([ \t]+)")


def canonical(kind: str, text: str) -> str:
    """The normal form of one value as the author of a spec or an adapter writes it.

    Args:
        kind: record type in upper case.
        text: presentation form, targets absolute; a missing final dot is added to a target of several labels. A TXT
            value is decoded text and comes back unchanged.

    Raises:
        ValueError: it is no value of this type, with the reason in words.
    """
    if kind == "TXT":
        return _checked_text(text)
    fast = FAST.get(kind)
    value = fast(text, "") if fast else None
    if value is not None:
        return value
    if not _ONE_LINE.fullmatch(text):
        raise ValueError(f"not a {kind} value: ; ( ) and line ends belong in quotes")
    return _by_library(kind, _with_absolute_target(kind, text), ".")


def canonical_at(kind: str, text: str, origin: str) -> str:
    """The normal form of one value as a zone file writes it: relative names end in `origin`, which is absolute.

    The text stands on one line, without comments and parentheses. Not for TXT.

    Raises:
        ValueError: it is no value of this type, with the reason in words.
    """
    fast = FAST.get(kind)
    value = fast(text, origin) if fast else None
    return _by_library(kind, text, origin) if value is None else value


def type_name(text: str) -> str:
    """A record type as keys hold it: upper case, its mnemonic where there is one (`TYPE15` is MX), else `TYPE123`.

    Raises:
        ValueError: no such type, or one that no zone can hold (ANY, OPT).
    """
    if not text.isascii():
        raise ValueError(f"{_shown(text)} is no record type")
    upper = text.upper()
    if upper in TYPES or upper == "SOA":
        return upper
    import dns.exception
    import dns.rdatatype

    try:
        number = dns.rdatatype.from_text(upper)
    except (dns.exception.DNSException, ValueError):
        raise ValueError(f"{_shown(text)} is no record type") from None
    if number == 0 or dns.rdatatype.is_metatype(number):
        raise ValueError(f"{_shown(text)} is a type that no zone can hold")
    return dns.rdatatype.to_text(number)


def txt_strings(text: str) -> list[bytes]:
    r"""The strings of a TXT value in presentation form: quoted or bare words, `\DDD` decimal, `\x` for x.

    Raises:
        ValueError: a quote is open, an escape is broken, or there is no string at all.
    """
    found = []
    at = 0
    while word := _WORD.match(text, at):
        at = word.end()
        if word.lastindex != _BLANK:
            found.append(_unescaped(word[word.lastindex or 0]))
    if not found or at < len(text):
        raise ValueError("not a TXT value: a string is missing, or a quote or an escape is open")
    return found


def txt_from_presentation(text: str) -> str:
    """A TXT value's decoded text: its strings joined, UTF-8 with surrogateescape for what is none.

    Raises:
        ValueError: it cannot be read.
    """
    return b"".join(txt_strings(text)).decode("utf-8", "surrogateescape")


def txt_to_presentation(text: str) -> str:
    """A decoded TXT value as quoted strings of at most 255 octets each; printable ASCII only.

    Raises:
        ValueError: it is too long for a record, or holds surrogates that stand for no octet.
    """
    if len(text) <= 255 and _NO_ESCAPE.fullmatch(text):
        return f'"{text}"'
    octets = _octets(text)
    parts = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
    return " ".join(f'"{"".join(map(_character, part))}"' for part in parts)


_WORD = re.compile(r'"((?:[^"\\\n]|\\[^\n])*)"|((?:[^ \t\r\n"\\]|\\[^\n])+)|([ \t]+)')
_BLANK = 3
_NO_ESCAPE = re.compile(r"[ !#-\[\]-~]+")
_ESCAPE = re.compile(rb"\\([0-9]{3}|.)", re.DOTALL)


def _unescaped(text: str) -> bytes:
    octets = text.encode("utf-8", "surrogateescape")
    return _ESCAPE.sub(_unescape, octets) if b"\\" in octets else octets


def _unescape(found: re.Match[bytes]) -> bytes:
    text = found.group(1)
    if not text.isdigit():
        return text
    if len(text) < 3 or int(text) > 255:
        raise ValueError(f"\\{text.decode()} is no octet: three digits are needed, the largest is \\255")
    return bytes([int(text)])


def _character(octet: int) -> str:
    if octet in b'"\\':
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


def _octets(text: str) -> bytes:
    try:
        octets = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError("not a TXT value: it holds characters that stand for no octet") from None
    if len(octets) + len(octets) // 255 + 1 > LONGEST:
        raise ValueError("not a TXT value: it is too long for a record")
    return octets


def _checked_text(text: str) -> str:
    if not text.isascii() or len(text) > 255:
        _octets(text)
    return text


def _a(text: str, _origin: str) -> str | None:
    return text if _IPV4.fullmatch(text) else None


def _aaaa(text: str, _origin: str) -> str | None:
    """Whole groups only; what may embed an IPv4 address is left to the library."""
    if not _IPV6.fullmatch(text):
        return None
    head, gap, tail = text.partition("::")
    left, right = head.split(":") if head else [], tail.split(":") if tail else []
    missing = 8 - len(left) - len(right)
    if missing < 0 or (missing == 0) == bool(gap):
        return None
    words = [*left, *["0"] * missing, *right]
    if not all(1 <= len(word) <= 4 for word in words):
        return None
    groups = [f"{int(word, 16):x}" for word in words]
    return None if groups[:5] == ["0"] * 5 else _shortened(groups)


def _shortened(groups: list[str]) -> str:
    """The first of the longest runs of zeros becomes `::` (RFC 5952 section 4.2)."""
    for size in range(8, 1, -1):
        for start in range(9 - size):
            if groups[start : start + size] == ["0"] * size:
                return f"{':'.join(groups[:start])}::{':'.join(groups[start + size :])}"
    return ":".join(groups)


def _host(text: str, origin: str) -> str | None:
    return _absolute(text, origin) if _HOST.fullmatch(text) else None


def _absolute(plain: str, origin: str) -> str | None:
    """A plain name with its final dot; without an origin, only what is surely a host name of several labels."""
    if plain == "@":
        return origin or None
    name = plain.lower()
    if name[-1] != ".":
        if origin:
            name = f"{name}.{origin}" if origin != "." else f"{name}."
        elif "." in name and not name.rpartition(".")[2].isdigit():
            name += "."
        else:
            return None
    return name if len(name) <= names.LONGEST else None


def _mx(text: str, origin: str) -> str | None:
    found = _MX.fullmatch(text)
    if found is None:
        return None
    preference, host = int(found[1]), _absolute(found[2], origin)
    return None if host is None or preference > 65535 else f"{preference} {host}"


def _srv(text: str, origin: str) -> str | None:
    found = _SRV.fullmatch(text)
    if found is None:
        return None
    priority, weight, port = int(found[1]), int(found[2]), int(found[3])
    host = _absolute(found[4], origin)
    return None if host is None or max(priority, weight, port) > 65535 else f"{priority} {weight} {port} {host}"


#: Exact fast paths: the value, or none when the library has to look. An empty origin stands for a spec's rules.
FAST: dict[str, Callable[[str, str], str | None]] = {
    "A": _a,
    "AAAA": _aaaa,
    "CNAME": _host,
    "MX": _mx,
    "NS": _host,
    "PTR": _host,
    "SRV": _srv,
}


def _with_absolute_target(kind: str, text: str) -> str:
    place = _TARGETS.get(kind)
    words = _BLANKS.split(text.strip(" \t"))  # words and, between them, blanks
    if place is None or 2 * place >= len(words) or words[0] == "\\#":
        return text
    at = 2 * place if place >= 0 else -1
    words[at] = names.target(words[at])
    return "".join(words)


def _by_library(kind: str, text: str, origin: str) -> str:
    import dns.exception
    import dns.name
    import dns.rdata

    try:
        base = dns.name.from_text(origin)
        rdata = dns.rdata.from_text("IN", kind, _decimal(text), origin=base, relativize=False)
        return _shaped(kind, _lowered(rdata).to_text())
    except (dns.exception.DNSException, ValueError) as problem:
        raise ValueError(f"{_shown(text)} is no {kind} value: {_FORMS.get(kind, problem)}") from None


def _lowered(rdata: dns.rdata.Rdata) -> dns.rdata.Rdata:
    """The same value with its names in lower case, and what else ignores case in one case."""
    import dns.name
    import dns.rdatatype

    slots = [slot for base in type(rdata).__mro__ for slot in getattr(base, "__slots__", ())]
    held = {slot: getattr(rdata, slot) for slot in slots}
    changed = {slot: value.canonicalize() for slot, value in held.items() if isinstance(value, dns.name.Name)}
    kind = dns.rdatatype.to_text(rdata.rdtype)
    if kind == "CAA":
        changed["tag"] = held["tag"].lower()
    if kind == "NAPTR":
        changed["flags"] = held["flags"].upper()
    return rdata.replace(**changed) if changed else rdata


def _decimal(text: str) -> str:
    r"""Characters outside ASCII as the `\DDD` of their octets: the library would read them as IDNA 2003."""
    return text if text.isascii() else _FOREIGN.sub(_as_decimal, text)


def _as_decimal(found: re.Match[str]) -> str:
    octets = (found[1] or found[0]).encode("utf-8", "surrogateescape")
    return found[0] if len(octets) == 1 and octets < b"\x80" else "".join(f"\\{octet:03d}" for octet in octets)


def _shaped(kind: str, text: str) -> str:
    """The library's text with hexadecimal data in one piece, and LOC with all its fields."""
    words = text.split(" ")
    if kind == "LOC" and len(words) == 9:
        return f"{text} 1.00m 10000.00m 10.00m"
    before = 2 if words[0] == "\\#" else _HEX_AFTER.get(kind)
    return text if before is None else " ".join([*words[:before], "".join(words[before:])]).rstrip()


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
