"""What the account holds: hosted zones with their record sets, protections and changes on their way."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.emulators.route53 import names
from tests.emulators.route53.names import Labels

Identity = tuple[Labels, str, str]  # name, type, set identifier
#: Fields that choose between the sets of one name and type.
POLICIES = frozenset(
    "Weight Region Failover GeoLocation GeoProximityLocation MultiValueAnswer CidrRoutingConfig".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class RecordSet:
    """One record set; `fields` are all further elements as they came, nested ones as pairs."""

    name: Labels
    type: str
    identifier: str = ""
    ttl: int | None = None
    values: tuple[str, ...] = ()
    fields: tuple[tuple[str, object], ...] = ()

    @property
    def identity(self) -> Identity:
        return self.name, self.type, self.identifier

    @property
    def policies(self) -> frozenset[str]:
        return POLICIES & dict(self.fields).keys()

    @property
    def alias(self) -> dict[str, str]:
        target = dict(self.fields).get("AliasTarget", ())
        return dict(target) if isinstance(target, tuple) else {}

    def equals(self, other: RecordSet) -> bool:
        """What a DELETE must hold: the same values in any order, TTL and routing fields."""
        return (self.ttl, sorted(self.values), sorted(self.fields, key=str)) == (
            other.ttl,
            sorted(other.values),
            sorted(other.fields, key=str),
        )


@dataclass
class Zone:
    """One hosted zone; `protected` holds comments by name and type, `unloved` values that the host does not take."""

    id: str
    name: Labels
    private: bool
    reference: str
    sets: dict[Identity, RecordSet] = field(default_factory=dict)
    protected: dict[tuple[Labels, str], str] = field(default_factory=dict)
    unloved: set[str] = field(default_factory=set)
    busy_until: datetime | None = None

    def put(self, one: RecordSet) -> None:
        """Change it behind everybody's back."""
        self.sets[one.identity] = one

    def listed(self) -> list[RecordSet]:
        """In the order of a listing."""
        return sorted(self.sets.values(), key=place)


def place(one: RecordSet) -> tuple[str, str, str]:
    """Where a set stands in a listing."""
    return names.order(one.name), one.type, one.identifier


class State:
    """The account.

    Attributes:
        writes: batches that took effect.
        insync_after: seconds until a change is on all servers; `busy_for`: until the zone takes the next one.
    """

    def __init__(self, clock: Callable[[], datetime], insync_after: float = 0.0) -> None:
        self.clock, self.insync_after, self.busy_for = clock, insync_after, 0.0
        self.zones: dict[str, Zone] = {}
        self.changes: dict[str, datetime] = {}
        self.writes = 0
        self._count = itertools.count(1)

    def make(self, name: str, *, private: bool = False, reference: str = "") -> Zone:
        """A hosted zone with what it cannot be without."""
        number = next(self._count)
        labels = names.parse(name)
        zone = Zone(f"Z{number:020d}", labels, private, reference or f"made-{number}")
        servers = tuple(f"ns-{one}.awsdns-0{one}.example." for one in range(1, 5))
        soa = f"{servers[0]} awsdns-hostmaster.amazon.example. 1 7200 900 1209600 86400"
        zone.put(RecordSet(labels, "NS", ttl=172800, values=servers))
        zone.put(RecordSet(labels, "SOA", ttl=900, values=(soa,)))
        self.zones[zone.id] = zone
        return zone

    def changed(self, zone: Zone) -> str:
        """Note that a batch took effect; gives the change's id."""
        self.writes += 1
        zone.busy_until = self.clock() + timedelta(seconds=self.busy_for)
        made = f"C{next(self._count):020d}"
        self.changes[made] = self.clock()
        return made

    def status(self, change: str) -> str:
        """PENDING, then INSYNC."""
        there = self.clock() >= self.changes[change] + timedelta(seconds=self.insync_after)
        return "INSYNC" if there else "PENDING"
