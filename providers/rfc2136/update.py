"""Changes as UPDATE messages: a prerequisite for every record set, deletions and additions in an order that works.

A name's changes stay together in one message. What does not fit into one is split between names: additions first, the
addresses before the hosts that need them, then changes, then removals, so that no answer is missing in between.
Several messages are not atomic together.
Source: RFC 2136 sections 2.4, 2.5 and 3.4.2; BIND 9.18 and Knot 3.2 for the order of a CNAME's and the apex NS' parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.tsig
import dns.update

from providers.rfc2136.exchange import LONGEST
from providers.rfc2136.reading import Reading, rdata_of
from reconciler.model import names
from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource

#: Octets of a message for what is not a change: head, zone, the SOA's prerequisite, signature.
_RESERVE = 2048
#: Octets that the changes of one message may take.
MOST = LONGEST - _RESERVE
#: Octets of a record besides its name's own labels and its value: a pointer to the zone, and the fixed fields.
_FIXED = 12
#: Octets of a record set that can still be replaced in one message, where old and new stand beside each other.
ROOM = MOST // 2
ADDRESSES = frozenset({"A", "AAAA"})
#: Where a type's value names a host: its place among the words.
TARGETS = {"CNAME": 0, "NS": 0, "PTR": 0, "MX": 1, "SRV": 3, "SVCB": 1, "HTTPS": 1}
#: Types whose owner, and whose target, BIND wants to be a host name.
_HOST_OWNERS, _HOST_TARGETS = frozenset({"A", "AAAA", "MX"}), frozenset({"MX", "NS", "SRV"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?")
_ADD, _CHANGE, _REMOVE = range(3)

Step = tuple[str, int, dns.rdata.Rdata | str]  # add or delete, TTL, a value or the type of a whole set


@dataclass(slots=True)
class Unit:
    """All changes of one name, and what they are in a message. `size` is never less than what it takes, in octets."""

    name: str
    changes: list[Change]
    prerequisites: list[tuple[str, list[dns.rdata.Rdata]]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    size: int = 0

    @property
    def sort(self) -> int:
        if all(one.after is None for one in self.changes):
            return _REMOVE
        return _ADD if all(one.before is None for one in self.changes) else _CHANGE


def messages(changes: Sequence[Change], reading: Reading) -> Iterator[list[Unit]]:
    """The units of one message after the other, in the order to send them."""
    gathered: list[Unit] = []
    size = 0
    for unit in ordered(units(changes, reading)):
        if gathered and size + unit.size > MOST:
            yield gathered
            gathered, size = [], 0
        gathered.append(unit)
        size += unit.size
    if gathered:
        yield gathered


def units(changes: Iterable[Change], reading: Reading) -> list[Unit]:
    """One for each name, in the order in which the names are first met."""
    found: dict[str, Unit] = {}
    for one in changes:
        found.setdefault(one.key.name, Unit(one.key.name, [])).changes.append(one)
    for unit in found.values():
        _fill(unit, reading)
    return list(found.values())


def ordered(given: Sequence[Unit]) -> list[Unit]:
    """Additions, changes, removals; a host's address before the records that name it, and after them on removal."""
    coming = sorted((one for one in given if one.sort != _REMOVE), key=lambda one: one.sort)
    going = sorted(
        (one for one in given if one.sort == _REMOVE),
        key=lambda one: any(change.key.kind in ADDRESSES for change in one.changes),
    )
    return [*_needed_first(coming), *going]


def _needed_first(given: Sequence[Unit]) -> Iterator[Unit]:
    makes = {one.name: one for one in given if any(_makes_host(change) for change in one.changes)}
    begun: set[str] = set()
    for first in given:
        waiting = [(first, False)]
        while waiting:
            unit, ready = waiting.pop()
            if ready:
                yield unit
            elif unit.name not in begun:
                begun.add(unit.name)
                waiting.append((unit, True))
                waiting += [(makes[name], False) for name in _targets(unit) if name in makes]


def _makes_host(change: Change) -> bool:
    return change.after is not None and (change.key.kind in ADDRESSES or change.key.kind == "CNAME")


def _targets(unit: Unit) -> Iterator[str]:
    for change in unit.changes:
        yield from hosts(change.after)


def hosts(resource: Resource | None) -> Iterator[str]:
    """The names of the zone, as keys hold them, that a record set's values point at."""
    if not isinstance(resource, RecordSet) or resource.key.kind not in TARGETS:
        return
    for value in resource.values:
        words = value.split(" ")
        try:
            yield names.relative(words[TARGETS[resource.key.kind]], resource.key.scope)
        except (ValueError, IndexError):
            continue


def update(
    zone: str, key: dns.tsig.Key | None, given: Iterable[Unit], soa: dns.rdata.Rdata | None
) -> dns.update.UpdateMessage:
    """One message.

    Args:
        soa: the zone must still have it: nothing else was changed either, no TTL (which no other prerequisite
            compares). None = only the record sets of the units must be as they were read.
    """
    apex = dns.name.from_text(f"{zone}.")
    found = dns.update.UpdateMessage(apex)
    if key is not None:
        found.use_tsig(key)
    if soa is not None:
        found.present(apex, soa)
    for unit in given:
        owner = _owner(unit.name, zone)
        for kind, values in unit.prerequisites:
            if values:
                found.present(owner, *values)
            else:
                found.absent(owner, kind)
        for verb, ttl, what in unit.steps:
            if verb == "add":
                found.add(owner, ttl, what)
            else:
                found.delete(owner, what)
    return found


def rdata_from(kind: str, value: str) -> dns.rdata.Rdata:
    """A canonical value in the form that is sent.

    Raises:
        ValueError, dns.exception.DNSException: it is no value of this type.
    """
    if kind == "TXT":
        octets = value.encode("utf-8", "surrogateescape")
        strings = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, strings)
    return dns.rdata.from_text(dns.rdataclass.IN, kind, value, origin=dns.name.root, relativize=False)


def octets(kind: str, values: Sequence[str]) -> int:
    """What these values take in a message, without the labels of their name; roughly, and too much, where it is little.

    No value takes more than four octets for each character of its text, but for the sixteen of an address.
    """
    rough = sum(_FIXED + 16 + 4 * len(one) for one in values)
    return rough if rough < ROOM else sum(_FIXED + len(rdata_from(kind, one).to_wire() or b"") for one in values)


def _owner(name: str, zone: str) -> dns.name.Name:
    return dns.name.from_text(names.fqdn(name, zone), idna_codec=None)


def _fill(unit: Unit, reading: Reading) -> None:
    """Deletions before additions, since a CNAME and other data refuse each other; only for the apex NS the other way
    round, since the last of them stays, whatever is deleted."""
    gone: list[Step] = []
    come: list[Step] = []
    for one in unit.changes:
        unit.prerequisites.append((one.key.kind, reading.spelled(one.key)))
        if one.key.kind == "NS" and one.key.name == "@":
            come += _apex_ns(one, reading)
        else:
            deleted, added = _steps(one, reading)
            gone += deleted
            come += added
    unit.steps = gone + come
    owner = sum(len(label) + 1 for label in names.labels(unit.name)) if unit.name != "@" else 0
    sent: list[object] = []
    for _, values in unit.prerequisites:
        sent += values or [None]
    sent += [what for _, _, what in unit.steps]
    sizes = (len(one.to_wire() or b"") for one in sent if isinstance(one, dns.rdata.Rdata))
    unit.size = len(sent) * (owner + _FIXED) + sum(sizes)


def _steps(change: Change, reading: Reading) -> tuple[list[Step], list[Step]]:
    """What is deleted, and what is added; single values only where the set goes on with its TTL."""
    kind, after = change.key.kind, change.after
    held = reading.held.get(change.key)
    stored = _stored(change.key, reading)
    if not isinstance(after, RecordSet):
        return [("delete", 0, kind)] if stored else [], []
    kept = {value for value, _ in stored} & set(after.values)
    if held is None or held.ttl != after.ttl or not kept:
        return [("delete", 0, kind)] if stored else [], _added(after, after.values)
    gone: list[Step] = [("delete", 0, spelled) for value, spelled in stored if value not in kept]
    return gone, _added(after, (one for one in after.values if one not in kept))


def _apex_ns(change: Change, reading: Reading) -> list[Step]:
    """Add, then delete one by one. Another TTL comes with a value that is new to the server, so all but one go first
    (Knot ignores the TTL of a value that it has; BIND takes it)."""
    after = change.after
    if not isinstance(after, RecordSet):
        return []
    held = reading.held.get(change.key)
    stored = _stored(change.key, reading)
    kept = [(value, spelled) for value, spelled in stored if value in after.values]
    gone: list[Step] = [("delete", 0, spelled) for value, spelled in stored if value not in after.values]
    if held is not None and held.ttl != after.ttl:
        again: list[Step] = [("delete", 0, spelled) for _, spelled in kept[1:]]
        return [*again, *_added(after, after.values), *gone]
    have = {value for value, _ in kept}
    return [*_added(after, (one for one in after.values if one not in have)), *gone]


def _stored(key: Key, reading: Reading) -> list[tuple[str, dns.rdata.Rdata]]:
    """Each stored value, canonical and as it is spelled."""
    return [
        (message.value(record.kind, record.at, record.length), rdata_of((message, record)))
        for message, record in reading.stored.get(key, ())
    ]


def _added(after: RecordSet, values: Iterable[str]) -> list[Step]:
    return [("add", after.ttl, rdata_from(after.key.kind, one)) for one in values]


def addressless(key: Key, held: Mapping[Key, Resource | None]) -> str:
    """Why BIND refuses the whole message for this record set; empty when it does not.

    Args:
        held: the zone as it shall be.

    Source: BIND 9.18, `check-mx` and the check of the apex NS at updates.
    """
    if key.kind in ADDRESSES and key not in held:
        nameservers = key._replace(kind="NS", name="@")
        lost = key.name in hosts(held.get(nameservers)) and addressless(nameservers, held)
        return "the zone's own NS needs this address" if lost else ""
    if key.kind != "MX" and (key.kind, key.name) != ("NS", "@"):
        return ""
    for host in hosts(held.get(key)):
        if host == "." or _delegated(host, key.scope, held):
            continue
        if key._replace(kind="CNAME", name=host) in held:
            return f"its host {names.fqdn(host, key.scope)} is a CNAME"
        places = [host, *_wildcards(host)]
        if not any(key._replace(kind=kind, name=one) in held for one in places for kind in ADDRESSES):
            return f"its host {names.fqdn(host, key.scope)} has no address in the zone"
    return ""


def unhostly(wished: Resource | None) -> str:
    """Why BIND refuses the whole message for a name that is no host name; empty when it does not.

    Source: BIND 9.18, `check-names`, whose default for a primary zone is `fail`; RFC 952, RFC 1123 section 2.1.
    """
    if not isinstance(wished, RecordSet):
        return ""
    kind, place = wished.key.kind, TARGETS.get(wished.key.kind, 0)
    checked = [wished.key.name.removeprefix("*.")] if kind in _HOST_OWNERS else []
    checked += [value.split(" ")[place] for value in wished.values] if kind in _HOST_TARGETS else []
    wrong = next((one for one in checked if one not in ("@", "*", ".") and not _HOST.fullmatch(one)), "")
    return f"{wrong} is no host name, which BIND stores only where check-names allows it" if wrong else ""


def _delegated(host: str, zone: str, held: Mapping[Key, Resource | None]) -> bool:
    return any(Key("dns", zone, "NS", one) in held for one in [host, *_above(host)] if one != "@")


def _above(host: str) -> list[str]:
    parts = host.split(".")
    return [".".join(parts[at:]) for at in range(1, len(parts))]


def _wildcards(host: str) -> list[str]:
    return ["*", *(f"*.{one}" for one in _above(host))] if host != "@" else []
