"""What a batch of changes must obey: looked at one by one on a copy, in the order sent; all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.emulators.route53 import names, values
from tests.emulators.route53.names import Labels
from tests.emulators.route53.state import Identity, RecordSet, Zone

VALUES, CHARACTERS, VALUE = 1000, 32_000, 4000


@dataclass(frozen=True)
class Change:
    """One change of a batch; `action` is CREATE, DELETE or UPSERT."""

    action: str
    set: RecordSet


class Draft:
    """The zone's sets while a batch is looked at."""

    def __init__(self, zone: Zone) -> None:
        self.zone, self.sets = zone, dict(zone.sets)
        self._named: dict[Labels, dict[Identity, RecordSet]] = {}
        for identity, one in self.sets.items():
            self._named.setdefault(one.name, {})[identity] = one

    def put(self, one: RecordSet) -> None:
        self.sets[one.identity] = self._named.setdefault(one.name, {})[one.identity] = one

    def drop(self, one: RecordSet) -> None:
        self.sets.pop(one.identity, None)
        self._named.get(one.name, {}).pop(one.identity, None)

    def at(self, name: Labels) -> list[RecordSet]:
        """All sets of a name."""
        return list(self._named.get(name, {}).values())

    def has(self, name: Labels, kind: str) -> bool:
        return any(one.type == kind for one in self.at(name))


def oversize(batch: Sequence[Change]) -> list[str]:
    """What is too much for one request; an UPSERT counts twice."""
    count = characters = 0
    for one in batch:
        times = 2 if one.action == "UPSERT" else 1
        count += times * len(one.set.values)
        characters += times * sum(map(len, one.set.values))
    found = [f"Number of records limit of {VALUES} exceeded."] if count > VALUES else []
    return found + ([f"Number of characters limit of {CHARACTERS} exceeded."] if characters > CHARACTERS else [])


def applied(zone: Zone, batch: Sequence[Change]) -> tuple[dict[Identity, RecordSet], list[str]]:
    """The zone's sets after the batch, and one message for each wrong change."""
    draft = Draft(zone)
    found = oversize(batch)
    deleted: set[Identity] = set()
    for one in batch:
        said = list(_wrong(draft, one))
        if one.action == "DELETE" and one.set.identity in deleted:
            said = [f"The request contains an invalid set of changes for a resource record set '{_both(one.set)}'"]
        found += said
        if one.action == "DELETE":
            deleted.add(one.set.identity)
            draft.drop(one.set)
        elif not said:
            draft.put(one.set)
    touched = sorted({one.set.name for one in batch})
    return draft.sets, found + list(_left_behind(draft, touched))


def _wrong(draft: Draft, change: Change) -> Iterator[str]:
    zone, one = draft.zone, change.set
    name = names.written(one.name)
    if not names.inside(one.name, zone.name):
        yield f"RRSet with DNS name {name} is not permitted in zone {names.written(zone.name)}"
        return
    if (one.name, one.type) in zone.protected:
        comment = zone.protected[one.name, one.type]
        yield f"Resource record set [name='{name}', type='{one.type}'] is protected: {comment}"
        return
    old = draft.sets.get(one.identity)
    shown = f"resource record set [name='{name}', type='{one.type}'{_identified(one)}]"
    if change.action == "DELETE":
        if one.name == zone.name and one.type in ("NS", "SOA"):
            yield f"A HostedZone must contain at least one {one.type} record for the zone itself: {_both(one)}"
        elif old is None:
            yield f"Tried to delete {shown} but it was not found"
        elif not old.equals(one):
            yield f"Tried to delete {shown} but the values provided do not match the current values"
        return
    if change.action == "CREATE" and old is not None:
        yield f"Tried to create {shown} but it already exists"
        return
    yield from _malformed(draft, one)
    yield from _beside(draft, one)


def _malformed(draft: Draft, one: RecordSet) -> Iterator[str]:
    if one.alias:
        yield from _bad_alias(draft, one)
        return
    if one.ttl is None or not one.values:
        yield f"Invalid request: Missing field 'TTL' or 'ResourceRecords' in {_both(one)}"
        return
    if len(one.policies) > 1 or bool(one.policies) != bool(one.identifier):
        yield f"Invalid request: a SetIdentifier needs one routing policy, and one alone, in {_both(one)}"
    if len(set(one.values)) < len(one.values):
        twice = next(value for value in one.values if one.values.count(value) > 1)
        yield f"Duplicate Resource Record: '{twice}'"
    for value in one.values:
        reason = "ARRDATAUnloved" if value in draft.zone.unloved else values.wrong(one.type, value)
        if reason:
            yield f"Invalid Resource Record: 'FATAL problem: ({reason}) encountered with '{value}''"


def _bad_alias(draft: Draft, one: RecordSet) -> Iterator[str]:
    if one.ttl is not None or one.values:
        yield f"Invalid request: an alias has no TTL and no values: {_both(one)}"
    target = one.alias.get("DNSName", "")
    if one.alias.get("HostedZoneId") == draft.zone.id and not draft.has(names.parse(target), one.type):
        yield f"Tried to create an alias that targets {target}, type {one.type}, but it was not found"


def _beside(draft: Draft, one: RecordSet) -> Iterator[str]:
    zone, name = draft.zone, names.written(one.name)
    if one.type == "CNAME" and one.name == zone.name:
        yield f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {names.written(zone.name)}"
    if one.type == "CNAME" and len(one.values) > 1:
        yield f"RRSet of type CNAME with DNS name {name} has more than one value"
    if one.type == "SOA" and one.name != zone.name:
        yield f"RRSet of type SOA with DNS name {name} is not permitted"
    for kept in draft.at(one.name):
        if kept.type != one.type and "CNAME" in (kept.type, one.type):
            yield (
                f"RRSet of type {one.type} with DNS name {name} is not permitted because a conflicting RRSet of type "
                f"{kept.type} with the same DNS name already exists in zone {names.written(zone.name)}"
            )
        elif kept.type == one.type and kept.identity != one.identity and kept.policies != one.policies:
            yield (
                f"RRSet with DNS name {name}, type {one.type}, SetIdentifier {one.identifier or 'null'} cannot be "
                f"created as other RRSets exist with the same name and type."
            )


def _left_behind(draft: Draft, touched: Sequence[Labels]) -> Iterator[str]:
    """What must not be at these names after the batch."""
    for name in touched:
        kinds = {one.type for one in draft.at(name)}
        if "CNAME" in kinds and len(kinds) > 1:
            yield f"RRSet of type CNAME with DNS name {names.written(name)} is not permitted beside others"
    for one in draft.sets.values():
        ours = one.alias.get("HostedZoneId") == draft.zone.id and _target(one) in touched
        if ours and not draft.has(_target(one), one.type):
            yield f"the alias {_both(one)} targets {names.written(_target(one))}, which would be gone"


def _target(one: RecordSet) -> Labels:
    return names.parse(one.alias.get("DNSName", "."))


def _both(one: RecordSet) -> str:
    return f"{one.type} {names.written(one.name)}"


def _identified(one: RecordSet) -> str:
    return f", set-identifier='{one.identifier}'" if one.identifier else ""
