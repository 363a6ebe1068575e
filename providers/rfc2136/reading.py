"""A zone as it was read: record sets in normal form, and beside them each value as the server stores it."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from providers.rfc2136.wire import ANSWER, Malformed, Message, Record, kind_text
from reconciler.model import names
from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.errors import Invalid
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet

#: What a server makes itself when it signs: never shown, never planned. Source: RFC 4034, RFC 5155, RFC 7344.
OWN = frozenset({"SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "TYPE65534"})

#: A value as it came: the message it lies in, and where.
Stored = tuple[Message, Record]


@dataclass(frozen=True, slots=True)
class Reading:
    """One whole zone.

    Attributes:
        stored: as many values for each key as the server holds; the spelling is the server's.
        soa: as stored.
        small: it came in one message, so that asking for it again costs no more than asking for its serial.
        signed: its server signs it, perhaps a moment after it has taken a change.
    """

    zone: str
    held: Mapping[Key, RecordSet]
    stored: Mapping[Key, Sequence[Stored]]
    soa: Stored
    serial: int
    findings: tuple[Diagnostic, ...]
    small: bool
    signed: bool = False

    def spelled(self, key: Key) -> list[dns.rdata.Rdata]:
        """The values of a record set exactly as the server stores them, for prerequisites and deletions."""
        return [rdata_of(one) for one in self.stored.get(key, ())]


def rdata_of(stored: Stored) -> dns.rdata.Rdata:
    """A value in the form that dnspython sends."""
    message, record = stored
    return dns.rdata.from_wire(
        dns.rdataclass.IN, dns.rdatatype.RdataType.make(record.kind), message.wire, record.at, record.length
    )


def gathered(provider: str, zone: str, messages: Sequence[Message]) -> Reading:
    """The zone that a transfer's messages hold, from SOA to SOA.

    Raises:
        Invalid: a record cannot be read, the SOA changed on the way, or a name lies outside the zone.
    """
    try:
        return _gathered(provider, zone, messages)
    except (Malformed, ValueError, LookupError, struct.error, dns.exception.DNSException) as problem:
        reason = f": {problem}" if isinstance(problem, ValueError) else ""
        raise Invalid(provider, f"zone {zone} came with a record that cannot be read{reason}") from None


def _gathered(provider: str, zone: str, messages: Sequence[Message]) -> Reading:
    sets: dict[tuple[str, int], list[Stored]] = {}
    for message in messages:
        name = message.name
        for one in message.records:
            if one.section == ANSWER:
                if one.class_ != dns.rdataclass.IN:
                    raise Malformed
                sets.setdefault((name(one.owner), one.kind), []).append((message, one))
    first, last = sets.pop((f"{zone}.", dns.rdatatype.SOA))
    if rdata_of(first) != rdata_of(last):
        raise Invalid(provider, f"zone {zone}: the transfer begins with another SOA than it ends with")
    return _Gathering(provider, zone).reading(sets, first, small=len(messages) == 1)


class _Gathering:
    def __init__(self, provider: str, zone: str) -> None:
        self._provider, self._zone = provider, zone
        self._owners: dict[str, str] = {}
        self._kinds: dict[int, str] = {}
        self._findings: list[Diagnostic] = []

    def reading(self, sets: Mapping[tuple[str, int], list[Stored]], soa: Stored, *, small: bool) -> Reading:
        held: dict[Key, RecordSet] = {}
        stored: dict[Key, list[Stored]] = {}
        signed = False
        for (owner, number), values in sets.items():
            kind = self._kinds.get(number) or self._kinds.setdefault(number, kind_text(number))
            name = self._owners.get(owner) or self._owners.setdefault(owner, self._relative(owner))
            signed = signed or kind in ("RRSIG", "DNSKEY")
            if kind not in OWN:
                key = Key("dns", self._zone, kind, name)
                held[key] = self._set(key, number, values)
                stored[key] = values
        serial = int(getattr(rdata_of(soa), "serial", 0))
        return Reading(self._zone, held, stored, soa, serial, tuple(self._findings), small, signed)

    def _relative(self, owner: str) -> str:
        try:
            return names.relative(owner, self._zone)
        except ValueError as problem:
            raise Invalid(self._provider, f"zone {self._zone}: {problem}") from None

    def _set(self, key: Key, number: int, stored: list[Stored]) -> RecordSet:
        if len(stored) == 1:
            message, record = stored[0]
            return RecordSet(key, record.ttl, (message.value(number, record.at, record.length),))
        values = {message.value(number, record.at, record.length) for message, record in stored}
        ttls = {record.ttl for _, record in stored}
        if len(values) < len(stored):
            summary = f"{key.name} {key.kind} is stored {len(stored)} times with {len(values)} different values"
            detail = "The server tells them apart by their spelling (the split of a TXT, the case of a CAA tag)."
            self._findings.append(warning("rfc2136/spelled-twice", summary, detail, address=key.address))
        if len(ttls) > 1:
            summary = f"{key.name} {key.kind} is stored with the TTLs {', '.join(map(str, sorted(ttls)))}"
            self._findings.append(warning("rfc2136/ttls", summary, "The lowest counts.", address=key.address))
        return RecordSet(key, min(ttls), tuple(sorted(values)))
