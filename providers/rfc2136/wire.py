"""Records of a message as they lie on the wire: one quick walk, names read once each.

A zone of 10,000 records is read here without an object for each: names and the common types go straight to the texts
that keys and values hold; the rest goes to dnspython.
Source: RFC 1035 sections 3.2, 3.3 and 4.1; RFC 2181 section 8 (TTL).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import NamedTuple

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from reconciler.model import names, rdata

HEAD = 12
ANSWER, AUTHORITY, ADDITIONAL = 1, 2, 3

_FIXED = struct.Struct("!HHIH")
_MX = struct.Struct("!H")
_SRV = struct.Struct("!HHH")
_COUNTS = struct.Struct("!HHHH")
#: Characters of a label that are written as they are.
_PLAIN = b"!#%&'*+,/0123456789:<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~-"
#: Longest name, in octets. Source: RFC 1035 section 2.3.4.
_LONGEST = 255


class Malformed(Exception):
    """It is no DNS message."""


class Record(NamedTuple):
    """One record. Its owner's name begins at `owner`, the record's head behind that name, its value at `at`."""

    section: int
    owner: int
    kind: int
    class_: int
    ttl: int
    at: int
    length: int


class Message:
    """One message, and the names in it that were read so far."""

    def __init__(self, wire: bytes) -> None:
        """Walk over it; no name and no value is read.

        Raises:
            Malformed: it ends too early, or too late.
        """
        self.wire = wire
        self.records: list[Record] = []
        self._names: dict[int, tuple[str, int]] = {}
        try:
            self._walk()
        except (IndexError, struct.error):
            raise Malformed from None

    def _walk(self) -> None:
        wire, at = self.wire, HEAD
        questions, *counts = _COUNTS.unpack_from(wire, 4)
        for _ in range(questions):
            at = _after_name(wire, at) + 4
        unpack, add = _FIXED.unpack_from, self.records.append
        for section, count in enumerate(counts, start=ANSWER):
            for _ in range(count):
                owner, at = at, _after_name(wire, at)
                kind, class_, ttl, length = unpack(wire, at)
                at += 10
                add(Record(section, owner, kind, class_, ttl if ttl < 2**31 else 0, at, length))
                at += length
        if at != len(wire):
            raise Malformed

    def name(self, at: int) -> str:
        """The name that begins there, absolute, lower case, in presentation form.

        Raises:
            Malformed: it is none.
        """
        known = self._names.get(at)
        return known[0] if known else self._read_name(at)

    def _read_name(self, start: int) -> str:
        """Names that share an ending share its text; a pointer leads backwards alone, so every name ends."""
        wire, found = self.wire, []
        at, limit, text, size = start, start, ".", 1
        while True:
            length = wire[at]
            if length >= 0xC0:
                target = (length & 0x3F) << 8 | wire[at + 1]
                if target >= limit:
                    raise Malformed
                found.append((at, ""))
                at = limit = target
            elif length > 63:
                raise Malformed
            elif length:
                found.append((at, _label(wire[at + 1 : at + 1 + length])))
                at += length + 1
            if not length or at in self._names:
                text, size = self._names.get(at, (text, size))
                break
        for place, label in reversed(found):
            if label:
                text = f"{label}." if text == "." else f"{label}.{text}"
                size += _size(wire, place)
            if size > _LONGEST:
                raise Malformed
            self._names[place] = text, size
        return text

    def value(self, kind: int, at: int, length: int) -> str:
        """The canonical text of a value.

        Raises:
            Malformed: it is none of this type. ValueError: the same, in words.
        """
        end = at + length
        if end > len(self.wire):
            raise Malformed
        read = _READERS.get(kind)
        if read is not None:
            return read(self, at, end)
        try:
            found = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.RdataType.make(kind), self.wire, at, length)
        except dns.exception.DNSException:
            raise Malformed from None
        return rdata.canonical_at(kind_text(kind), found.to_text(), ".")

    def _a(self, at: int, end: int) -> str:
        return self._address(socket.AF_INET, at, end, 4)

    def _aaaa(self, at: int, end: int) -> str:
        return rdata.canonical_at("AAAA", self._address(socket.AF_INET6, at, end, 16), ".")

    def _address(self, family: int, at: int, end: int, size: int) -> str:
        if end - at != size:
            raise Malformed
        return socket.inet_ntop(family, self.wire[at:end])

    def _host(self, at: int, end: int) -> str:
        if _after_name(self.wire, at) != end:
            raise Malformed
        return self.name(at)

    def _mx(self, at: int, end: int) -> str:
        (preference,) = _MX.unpack_from(self.wire, at)
        return f"{preference} {self._host(at + 2, end)}"

    def _srv(self, at: int, end: int) -> str:
        priority, weight, port = _SRV.unpack_from(self.wire, at)
        return f"{priority} {weight} {port} {self._host(at + 6, end)}"

    def _txt(self, at: int, end: int) -> str:
        wire, strings = self.wire, []
        while at < end:
            start, at = at + 1, at + 1 + wire[at]
            strings.append(wire[start:at])
        if at != end or not strings:
            raise Malformed
        return b"".join(strings).decode("utf-8", "surrogateescape")


_READERS: dict[int, Callable[[Message, int, int], str]] = {
    dns.rdatatype.A: Message._a,
    dns.rdatatype.AAAA: Message._aaaa,
    dns.rdatatype.CNAME: Message._host,
    dns.rdatatype.MX: Message._mx,
    dns.rdatatype.NS: Message._host,
    dns.rdatatype.PTR: Message._host,
    dns.rdatatype.SRV: Message._srv,
    dns.rdatatype.TXT: Message._txt,
}


def kind_text(kind: int) -> str:
    """A type as keys hold it."""
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(kind))


def _after_name(wire: bytes, at: int) -> int:
    while True:
        length = wire[at]
        if length == 0:
            return at + 1
        if length >= 0xC0:
            return at + 2
        at += length + 1


def _size(wire: bytes, at: int) -> int:
    return wire[at] + 1


def _label(octets: bytes) -> str:
    if not octets.translate(None, _PLAIN):
        return octets.decode("ascii").lower()
    return names.written((octets.lower(),))
