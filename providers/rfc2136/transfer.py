"""A whole zone by AXFR: all bytes are taken from the socket first, then read.

A server may cut off who reads while it sends (Knot after 500 ms), so nothing but the walk that finds the last SOA is
done in between.
Source: RFC 5936 (AXFR), RFC 8945 section 5.3.1 (signatures of several messages).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig

from providers.rfc2136 import exchange
from providers.rfc2136.exchange import Distrusted, Servers, Stream
from providers.rfc2136.reading import Reading, gathered
from providers.rfc2136.wire import ADDITIONAL, ANSWER, HEAD, Malformed, Message, Record
from reconciler.model.errors import Forbidden, Invalid, NotFound, ProviderError, Transient, Unavailable

#: Octets of a zone; whoever sends more wants to fill our memory.
MOST = 1 << 29
#: So many messages in a row may come unsigned. Source: RFC 8945 section 5.3.1.
_UNSIGNED = 99
_QR = 0x80


def transfer(servers: Servers, zone: str, key: dns.tsig.Key | None) -> Reading:
    """Read a zone from the first server that hands it over.

    Raises:
        ProviderError: none did, or not whole.
    """
    problem: Transient | None = None
    for stream in servers.streams():
        try:
            messages = _messages(servers.provider, stream, zone, key)
        except Transient as met:
            problem = met
            continue
        except NotFound as met:
            raise _why_not(servers, zone, met) if key is None else met from None
        servers.prefer(stream.place)
        return gathered(servers.provider, zone, messages)
    raise problem or Unavailable(servers.provider, "there is no server to ask")


def serial(servers: Servers, zone: str, key: dns.tsig.Key | None) -> int | None:
    """The serial that a server shows now; none when its answer holds none.

    Raises:
        ProviderError: it could not be asked, or does not serve the zone.
    """
    query = dns.message.make_query(dns.name.from_text(f"{zone}."), dns.rdatatype.SOA, flags=0)
    if key is not None:
        query.use_tsig(key)
    for rrset in servers.ask(query).answer:
        if rrset.rdtype == dns.rdatatype.SOA:
            return int(getattr(rrset[0], "serial", 0))
    return None


def _why_not(servers: Servers, zone: str, met: NotFound) -> ProviderError:
    """NOTAUTH may mean no such zone, or no key (Knot): whether the zone is served tells."""
    try:
        known = serial(servers, zone, None) is not None
    except ProviderError:
        return met
    if not known:
        return met
    return Forbidden(servers.provider, f"the server does not hand over {zone} without a key (NOTAUTH)")


def _messages(provider: str, stream: Stream, zone: str, key: dns.tsig.Key | None) -> list[Message]:
    """All messages of the transfer, their signatures checked."""
    query = dns.message.make_query(dns.name.from_text(f"{zone}."), dns.rdatatype.AXFR, flags=0)
    if key is not None:
        query.use_tsig(key)
    stream.send(query.to_wire())
    end = _End(zone)
    found: list[Message] = []
    size = 0
    while not end.reached:
        wire = stream.receive()
        if not found:
            _accept(provider, wire, query)
        try:
            message = Message(wire)
        except Malformed:
            raise Invalid(provider, f"{stream.place} sent what is no DNS message") from None
        _belongs(provider, message, query, zone)
        found.append(message)
        end.look(provider, message)
        size += len(wire)
        if size > MOST:
            raise Invalid(provider, f"{stream.place} sent more than {MOST} octets of {zone}")
    if key is not None:
        with exchange.signatures(provider):
            _check_signatures(provider, found, key, query.mac)
    return found


def _accept(provider: str, wire: bytes, query: dns.message.Message) -> None:
    """The first message says whether there is a transfer at all."""
    if len(wire) >= HEAD and wire[3] & 0xF:
        answer = exchange.read(provider, wire, query)
        exchange.check(provider, answer)


def _belongs(provider: str, message: Message, query: dns.message.Message, zone: str) -> None:
    head = message.wire
    if int.from_bytes(head[:2], "big") != query.id or not head[2] & _QR:
        raise Unavailable(provider, "the answer belongs to another question")
    if head[3] & 0xF:
        code = dns.rcode.to_text(dns.rcode.Rcode.make(head[3] & 0xF))
        raise Unavailable(provider, f"the transfer of {zone} broke off with {code}")


class _End:
    """Looks for the second SOA, which ends a transfer."""

    def __init__(self, zone: str) -> None:
        self._zone = f"{zone}."
        self._begun = self.reached = False

    def look(self, provider: str, message: Message) -> None:
        answers = [one for one in message.records if one.section == ANSWER]
        if not self._begun:
            if not answers or not self._is_soa(message, answers[0]):
                raise Invalid(provider, f"the transfer of {self._zone} does not begin with its SOA")
            self._begun = True
            answers = answers[1:]
        kinds = [one.kind for one in answers]
        if dns.rdatatype.SOA in kinds:
            if kinds.index(dns.rdatatype.SOA) < len(kinds) - 1 or not self._is_soa(message, answers[-1]):
                raise Invalid(provider, f"the transfer of {self._zone} does not end with its SOA")
            self.reached = True

    def _is_soa(self, message: Message, record: Record) -> bool:
        try:
            return record.kind == dns.rdatatype.SOA and message.name(record.owner) == self._zone
        except (Malformed, IndexError):
            return False


#: dnspython has no types for it.
_validated: Callable[..., dns.tsig.HMACTSig | dns.tsig.GSSTSig | None] = dns.tsig.validate


def _check_signatures(provider: str, messages: list[Message], key: dns.tsig.Key, request_mac: bytes | None) -> None:
    """The first and the last message are signed, and no long row between them is not."""
    context: dns.tsig.HMACTSig | dns.tsig.GSSTSig | None = None
    unsigned = 0
    for at, message in enumerate(messages):
        last = message.records[-1] if message.records else None
        if last is None or last.section != ADDITIONAL or last.kind != dns.rdatatype.TSIG:
            unsigned += 1
            if at in (0, len(messages) - 1) or unsigned > _UNSIGNED or context is None:
                raise Distrusted(provider, "the answer is not signed")
            context.update(message.wire)  # type: ignore[no-untyped-call]
            continue
        unsigned = 0
        wire = message.wire
        try:
            owner, _ = dns.name.from_wire(wire, last.owner)
            signature = dns.rdata.from_wire(dns.rdataclass.ANY, dns.rdatatype.TSIG, wire, last.at, last.length)
            now = int(time.time())
            context = _validated(wire, key, owner, signature, now, request_mac, last.owner, context, True)
        except dns.exception.DNSException as problem:
            if isinstance(problem, dns.exception.FormError | dns.name.BadLabelType | dns.name.BadPointer):
                raise Distrusted(provider, "the server's signature cannot be read") from None
            raise
