"""The addresses that reports go to, as DMARC (`rua`, `ruf`) and TLS-RPT (`rua`) write them.

Source: RFC 9989, 4.6 and 4.8 (read where the module `dmarc` says); RFC 8460, 3 (read where `tls_rpt` says); RFC 6068,
2 (mailto); RFC 3986, 2 (what a URI may hold).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):([!-+\--:<-~]*)")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_SIZE = re.compile(r"![0-9]+[kmgtKMGT]?\Z")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?![0-9]+\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_AUTHORITY = re.compile(r"//(?:[^/?#@]*@)?([^/?#:@]+)(?::[0-9]*)?(?:[/?#]|\Z)")
#: What stays as it is in a mailto address: the rest has a meaning in a URI, in a list of them or in a tag list.
_KEPT = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~$'*+@")
#: The longest name DNS can hold, in written form without final dot (RFC 1035, 2.3.4).
LONGEST = 253


class ReportUri(NamedTuple):
    """One destination.

    Attributes:
        text: as written.
        scheme: lower case; empty when the text is no URI.
        address: of a `mailto:`, decoded; else empty.
        host: whom the reports reach, lower case; empty when the text names nobody.
        size: an outdated limit after the URI (`!10m`), as written; else empty.
    """

    text: str
    scheme: str
    address: str
    host: str
    size: str

    @property
    def forgotten(self) -> bool:
        """A bare mail address: `mailto:` is missing."""
        local, _, domain = self.text.rpartition("@")
        return not self.scheme and bool(local) and not {" ", ":"} & set(local) and bool(_host(domain))


def uris(value: str) -> list[ReportUri]:
    """The destinations in the value of a `rua` or `ruf` tag, in order; an empty piece is one that names nobody."""
    return [_uri(piece.strip(" \t")) for piece in value.split(",")]


def mailto(address: str) -> str:
    """The URI for a mail address; read again, its address is the same.

    A lone surrogate stands for the octet that it was decoded from.
    """
    octets = address.encode("utf-8", "surrogateescape")
    return "mailto:" + "".join(chr(octet) if octet in _KEPT else f"%{octet:02X}" for octet in octets)


def _uri(text: str) -> ReportUri:
    size = _SIZE.search(text)
    bare = text[: size.start()] if size else text
    match = _URI.fullmatch(bare)
    limit = size.group() if size else ""
    if match is None or "!" in bare:
        return ReportUri(text, "", "", "", limit)
    scheme, rest = match.group(1).lower(), match.group(2)
    if scheme == "mailto":
        address = _decoded(rest.partition("?")[0])
        local, at, domain = address.rpartition("@")
        host = _host(domain) if at and local else ""
        return ReportUri(text, scheme, address if host else "", host, limit)
    authority = _AUTHORITY.match(rest)
    return ReportUri(text, scheme, "", _host(authority.group(1)) if authority else "", limit)


def _host(text: str) -> str:
    low = text.lower()
    return low if len(low) <= LONGEST and _HOST.fullmatch(low) else ""


def _decoded(text: str) -> str:
    octets = _ESCAPE.sub(lambda match: bytes.fromhex(match.group(1).decode("ascii")), text.encode("ascii"))
    return octets.decode("utf-8", "surrogateescape")
