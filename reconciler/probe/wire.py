"""One question as DNS sends it, and what a reply to it says in the product's normal form; no socket is touched here.

dnspython reads names and values. The records around them are walked here: each is looked at once, however a hostile
zone made them, and values that nobody asked for are not looked at.
Source: RFC 1035 section 4 (messages), RFC 2181 section 8 (TTL), RFC 2308 section 2 (NXDOMAIN, NODATA, referrals),
RFC 6891 (EDNS), RFC 5452 section 9 (which replies belong to a question), RFC 4035 section 3.2 and RFC 6840 section 5.7
(AD and CD).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

import dns.exception
import dns.flags
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from reconciler.model import names, rdata
from reconciler.model.answer import Answer, Question, Status

#: Largest reply over UDP that is asked for, in octets: what every IPv6 path carries whole, 1280 (RFC 8200 section 5),
#: without the headers of IPv6 and UDP.
UDP_SIZE = 1232
#: So many aliases are followed, as resolvers do.
MOST_ALIASES = 16
#: So many values one name and type may have; a zone that has more wants to keep somebody busy.
MOST_VALUES = 1000

_EDNS = struct.pack("!BHHIH", 0, dns.rdatatype.OPT, UDP_SIZE, 0, 0)
_HEAD = 12
#: Bits of the third octet (reply or not, kind of question, with authority, cut short) and of the fourth (recursion,
#: proven by DNSSEC, result).
_OPCODE, _REPLY, _OWN, _TRUNCATED, _RECURSIVE, _AUTHENTIC, _CODE = 0xF8, 0x80, 0x04, 0x02, 0x80, 0x20, 0x0F
_ANSWER, _AUTHORITY = 0, 1

Labels = tuple[bytes, ...]


class Stray(Exception):
    """What came is no reply to the question: another number, another question, or no reply at all."""


class Truncated(Exception):
    """The reply did not fit: it has to be asked for over TCP."""


class Unusable(Exception):
    """This server does not help; the message says why, for people. Another one may.

    Attributes:
        code: as `Answer.code`.
    """

    def __init__(self, message: str, code: str = "unreadable") -> None:
        """Say why."""
        self.code = code
        super().__init__(message)


class How(Enum):
    """How a question is put, and what counts as an answer."""

    RESOLVE = "resolve"  # to a resolver, which looks it up and says whether DNSSEC proves it
    UNCHECKED = "unchecked"  # to a resolver, which is not to check DNSSEC
    OWN = "own"  # to a name server about its own zone; it has to answer with authority
    PARENT = "parent"  # to a name server of the zone above: NS records by which it refers to the zone below it

    @property
    def direct(self) -> bool:
        """To a name server, not to a resolver."""
        return self in (How.OWN, How.PARENT)


_FLAGS = {
    How.RESOLVE: dns.flags.RD | dns.flags.AD,
    How.UNCHECKED: dns.flags.RD | dns.flags.CD,
    How.OWN: 0,
    How.PARENT: 0,
}


class _Record(NamedTuple):
    """One record of a reply; its value lies at `at`, in `length` octets."""

    section: int
    owner: Labels
    kind: int
    class_: int
    ttl: int
    at: int
    length: int


class Query:
    """One question on the wire, with a number drawn by chance.

    Attributes:
        wire: the octets to send, without the length that TCP puts before them.

    Raises:
        ValueError: the name cannot be put on the wire, or the type is unknown; the reason in words.
    """

    def __init__(self, question: Question, how: How = How.RESOLVE) -> None:
        self._how = how
        self._kind = rdata.type_name(question.type)
        self._number = dns.rdatatype.from_text(self._kind)
        self._labels = names.labels(question.name or ".")
        self._name = b"".join(bytes([len(label)]) + label for label in self._labels) + b"\0"
        self._type = struct.pack("!HH", self._number, dns.rdataclass.IN)
        head = os.urandom(2) + struct.pack("!HHHHH", _FLAGS[how], 1, 0, 0, 1)
        self.wire = head + self._name + self._type + _EDNS

    def read(self, wire: bytes) -> Answer:
        """What a reply says.

        Raises:
            Stray: it is none to this question.
            Truncated: it did not fit.
            Unusable: the server did not answer the question.
        """
        self._check(wire)
        if wire[2] & _TRUNCATED:
            raise Truncated
        try:
            return self._answer(wire, list(_records(wire, _HEAD + len(self._name) + len(self._type))))
        except (dns.exception.DNSException, struct.error):
            raise Unusable("the reply cannot be read") from None

    def _check(self, wire: bytes) -> None:
        """The number and the question are ours; a server that only reports an error may leave the question out."""
        if wire[:2] != self.wire[:2] or len(wire) < _HEAD or wire[2] & _OPCODE != _REPLY:
            raise Stray
        if wire[4:6] == b"\0\0" and wire[3] & _CODE:
            raise _error(wire[3] & _CODE)
        end = _HEAD + len(self._name)
        same = wire[_HEAD:end].lower() == self._name and wire[end : end + 4] == self._type
        if wire[4:6] != b"\0\1" or not same:
            raise Stray

    def _answer(self, wire: bytes, records: list[_Record]) -> Answer:
        high = next((one.ttl >> 24 for one in records if one.kind == dns.rdatatype.OPT), 0)  # RFC 6891 section 6.1.3
        code = wire[3] & _CODE | high << 4
        if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise _error(code)
        sections = (_ANSWER, _AUTHORITY) if self._how is How.PARENT else (_ANSWER,)
        answers: dict[tuple[Labels, int], list[_Record]] = {}
        for one in records:
            if one.section in sections and one.class_ == dns.rdataclass.IN:
                answers.setdefault((one.owner, one.kind), []).append(one)
        if self._how.direct:
            return self._itself(wire, answers, code)
        name, ttl = self._labels, 2**31 - 1
        for _ in range(MOST_ALIASES):
            mine = answers.get((name, self._number))
            if mine or not (aliases := answers.get((name, dns.rdatatype.CNAME))):
                break
            name = _target(wire, aliases[0])
            ttl = min(ttl, aliases[0].ttl)
        else:
            why = "its CNAME records lead in a circle, or through too many names"
            return Answer(Status.FAILED, detail=why, code="unreadable")
        alias = names.written(name) if name != self._labels else ""
        if mine:
            if code == dns.rcode.NXDOMAIN:
                raise Unusable("the reply contradicts itself")
            return self._found(wire, mine, ttl, alias)
        if code == dns.rcode.NXDOMAIN:
            return Answer(Status.NXDOMAIN, alias=alias, authentic=_authentic(wire))
        _check_denial(wire, records, name)
        return Answer(Status.EMPTY, alias=alias, authentic=_authentic(wire))

    def _itself(self, wire: bytes, answers: dict[tuple[Labels, int], list[_Record]], code: int) -> Answer:
        """What stands at the name itself; where an alias leads is told, and not gone after."""
        mine = answers.get((self._labels, self._number))
        if not wire[2] & _OWN and not (mine and self._how is How.PARENT):
            raise Unusable("lame: it does not answer for this zone", "lame")
        if mine:
            return self._found(wire, mine, mine[0].ttl, "")
        if aliases := answers.get((self._labels, dns.rdatatype.CNAME)):
            return Answer(Status.EMPTY, alias=names.written(_target(wire, aliases[0])))
        return Answer(Status.NXDOMAIN if code == dns.rcode.NXDOMAIN else Status.EMPTY)

    def _found(self, wire: bytes, records: list[_Record], ttl: int, alias: str) -> Answer:
        if len(records) > MOST_VALUES:
            why = f"it has {len(records)} records; more than {MOST_VALUES} are not read"
            return Answer(Status.FAILED, detail=why, code="unreadable")
        try:
            values = {self._value(wire, one) for one in records}
        except ValueError as problem:
            raise Unusable(f"a record cannot be read: {problem}") from None
        ttl = min(ttl, *(one.ttl for one in records))
        return Answer(Status.FOUND, tuple(sorted(values)), ttl, alias, authentic=_authentic(wire))

    def _value(self, wire: bytes, record: _Record) -> str:
        found = dns.rdata.from_wire(dns.rdataclass.IN, self._number, wire, record.at, record.length)
        if self._kind == "TXT":
            strings: tuple[bytes, ...] = getattr(found, "strings", ())
            return b"".join(strings).decode("utf-8", "surrogateescape")
        return rdata.canonical_at(self._kind, found.to_text(), ".")


def _records(wire: bytes, at: int) -> Iterator[_Record]:
    """The records of a reply, from behind the question on."""
    for section, count in enumerate(struct.unpack("!HHH", wire[6:_HEAD])):
        for _ in range(count):
            owner, size = dns.name.from_wire(wire, at)
            kind, class_, ttl, length = struct.unpack_from("!HHIH", wire, at + size)
            at += size + 10
            yield _Record(section, _labels(owner), kind, class_, _seconds(kind, ttl), at, length)
            at += length
    if at > len(wire):
        raise dns.exception.FormError


def _target(wire: bytes, alias: _Record) -> Labels:
    name, size = dns.name.from_wire(wire, alias.at)
    if size != alias.length:
        raise dns.exception.FormError
    return _labels(name)


def _seconds(kind: int, ttl: int) -> int:
    """A TTL with its highest bit set counts as 0; the field means something else for EDNS."""
    return ttl if ttl < 2**31 or kind == dns.rdatatype.OPT else 0


def _check_denial(wire: bytes, records: list[_Record], name: Labels) -> None:
    """A server that does not look things up for others, and shows no authority, has only pointed elsewhere.

    To take that for "no records" would be a lie.
    """
    if wire[3] & _RECURSIVE:
        return
    soas = (one.owner for one in records if one.section == _AUTHORITY and one.kind == dns.rdatatype.SOA)
    if not any(name[len(name) - len(apex) :] == apex for apex in soas if len(apex) <= len(name)):
        raise Unusable("it only refers to other servers: it is no resolver", "lame")


def _labels(name: dns.name.Name) -> Labels:
    return tuple(label.lower() for label in name.labels[:-1])


def _authentic(wire: bytes) -> bool:
    return bool(wire[3] & _AUTHENTIC)


def _error(code: int) -> Unusable:
    text = dns.rcode.to_text(dns.rcode.Rcode.make(code))
    return Unusable(text, text)
