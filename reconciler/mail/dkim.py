"""DKIM (RFC 6376, 8301, 8463): key records, and who holds the names below `_domainkey`.

Merge rule: each selector is a name of its own, and what stands at a selector that nobody asked for is never touched.
At a selector that is asked for, all values are one slot of the class `dkim`: several keys at one name are undefined
(RFC 6376, 3.6.2.2), so a change leaves one. A CNAME takes the place of a TXT key only where the spec adopts it; its
signer must have left the selector before, and mail on its way needs the old key for about a week.

Source: RFC 6376, 3.2 (tag lists) and 3.6.1 (tags); RFC 8301, 3 (hashes, key sizes); RFC 8463, 4.2 (ed25519); RFC 8017,
A.1.1, and RFC 5280, 4.1 (how an RSA key is written). Their texts were not to be had; said from knowledge of them, and
checked against the grammar as verifiers in use quote it (read 2026-11).
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.mail.notebook import Notebook
from reconciler.mail.tags import TagList
from reconciler.mail.tags import read as read_tags
from reconciler.model.answer import Status

_BLANKS = " \t\r\n"
_NO_BLANKS = str.maketrans("", "", _BLANKS)
_SEQUENCE, _INTEGER, _BITS, _OBJECT = 0x30, 0x02, 0x03, 0x06
#: rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017, appendix C).
_RSA = bytes.fromhex("2a864886f70d010101")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key record; what a verifier ignores is kept in `list`.

    Attributes:
        key: base64 without blanks; empty = revoked.
        kind: `rsa`, `ed25519`, or what is written. `version`: `DKIM1`, or what is written.
        hashes, services, flags: as written, in order; empty = not said (all hashes, all services, no flag).
        notes: for people.
        list: the tags in the order written, and what is no tag.
    """

    key: str
    kind: str = "rsa"
    hashes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    notes: str = ""
    version: str = "DKIM1"
    list: TagList = field(default_factory=TagList, compare=False)

    @property
    def revoked(self) -> bool:
        """The key was there once and must not be used any more."""
        return self.list.get("p") is not None and not self.key

    @property
    def bits(self) -> int | None:
        """The size of the key; none when it is no key of its kind, or its kind is not known."""
        try:
            octets = binascii.a2b_base64(self.key, strict_mode=True)
        except (binascii.Error, ValueError):
            return None
        if self.kind == "ed25519":
            return 256 if len(octets) == 32 else None
        return rsa_bits(octets) if self.kind == "rsa" else None


class Delegation(NamedTuple):
    """Somebody else holds the names below `_domainkey`.

    Attributes:
        type: `NS` or `CNAME`.
        to: name servers, or the one target; without final dot.
    """

    type: str
    to: tuple[str, ...]


def text(record: KeyRecord) -> str:
    """The record's text: v, k where it is not rsa, h, s, t, n, p. It may be longer than 255 octets: that is cut when it
    is written.
    """
    lists = (("h", record.hashes), ("s", record.services), ("t", record.flags))
    tags = [f"v={record.version}", *([f"k={record.kind}"] if record.kind != "rsa" else [])]
    tags += [f"{name}={':'.join(values)}" for name, values in lists if values]
    return "; ".join([*tags, *([f"n={record.notes}"] if record.notes else []), f"p={record.key}"])


def read(value: str) -> KeyRecord:
    """Read a record leniently: it holds whatever can be told of any text. What is wrong is said by `dkim_lint`."""
    tags = read_tags(value, blanks=_BLANKS)
    kind, version = tags.get("k"), tags.get("v")
    return KeyRecord(
        (tags.get("p") or "").translate(_NO_BLANKS),
        "rsa" if kind is None else kind,
        _several(tags, "h"),
        _several(tags, "s"),
        _several(tags, "t"),
        tags.get("n") or "",
        "DKIM1" if version is None else version,
        tags,
    )


def rsa_bits(octets: bytes) -> int | None:
    """The size of an RSA key's modulus in bits; none when the octets are no RSA key.

    Args:
        octets: DER of a SubjectPublicKeyInfo, as signers publish it, or of a bare RSAPublicKey.
    """
    try:
        body, rest = _part(octets, _SEQUENCE)
        if not rest and body[:1] == bytes([_SEQUENCE]):
            algorithm, bits = _part(body, _SEQUENCE)
            if _part(algorithm, _OBJECT)[0] != _RSA:
                return None
            held, rest = _part(bits, _BITS)
            if held[:1] != b"\0":
                return None
            body, more = _part(held[1:], _SEQUENCE)
            rest += more
        modulus, exponent = _part(body, _INTEGER)
        rest += _part(exponent, _INTEGER)[1]
    except ValueError:
        return None
    if rest or not modulus or modulus[0] & 0x80:
        return None
    return int.from_bytes(modulus, "big").bit_length() or None


def delegated(domain: str, notebook: Notebook) -> Delegation | None:
    """Who else holds the names below `_domainkey`; none when nobody does, or it is not known (yet).

    A vendor that signs for a domain may have the whole name handed over, by NS or by CNAME: records that stand below it
    in the domain's own zone are then not seen by anybody.
    """
    name = f"_domainkey.{domain}"
    servers, alias = notebook.ask(name, "NS"), notebook.ask(name, "CNAME")
    if alias is not None and alias.status is Status.FOUND:
        return Delegation("CNAME", _bare(alias.values))
    # An alias is followed for other types too: those name servers are not of this name.
    if servers is not None and servers.status is Status.FOUND and not servers.alias:
        return Delegation("NS", _bare(servers.values))
    return None


def _bare(hosts: Sequence[str]) -> tuple[str, ...]:
    return tuple(host.removesuffix(".") for host in hosts)


def _several(tags: TagList, name: str) -> tuple[str, ...]:
    value = tags.get(name)
    return tuple(word.strip(_BLANKS) for word in value.split(":")) if value else ()


def _part(octets: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of one DER value and what follows it.

    Raises:
        ValueError: another tag, a length that is no DER or beyond the end.
    """
    if len(octets) < 2 or octets[0] != tag:
        raise ValueError("another tag")
    length, start = octets[1], 2
    if length & 0x80:
        size = length & 0x7F
        start += size
        length = int.from_bytes(octets[2:start], "big")
        # More than three octets of length cannot be in a TXT value, and DER writes the shortest form.
        if not 0 < size <= 3 or len(octets) < start or length < 0x80 or length >> 8 * (size - 1) == 0:
            raise ValueError("not a length")
    if len(octets) < start + length:
        raise ValueError("cut off")
    return octets[start : start + length], octets[start + length :]
