"""Turns a customer's spec and the facts into routes: each domain's stages, as deltas over slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from types import MappingProxyType

from reconciler import accounts, domains, standing_spf
from reconciler.ledger import Owned
from reconciler.mail.wants import join
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.key import ALIAS, VERIFICATION, Key, Slot
from reconciler.model.route import DATED, SIGN, STAGES, Facts, Gate, Route, Stage, Wait, Want
from reconciler.model.value import Unknown, Value
from reconciler.recordset import replaced
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DomainSpec
from reconciler.zones import Zones

NOTHING: Mapping[str, Owned] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Desired:
    """What should be true, and how to get there.

    Attributes:
        routes: one for each domain in the spec's order, then the tenant's own if it has any wish.
        diagnostics: what the author should know or mend; an error stops the customer's apply.
    """

    routes: tuple[Route, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def desired(
    customer: CustomerSpec,
    facts: Facts,
    today: date,
    zones: Zones,
    ours: Mapping[str, Owned] = NOTHING,
    *,
    begun: frozenset[str] = frozenset(),
) -> Desired:
    """Build every route of a customer; what ends `today` or ended before is asked for no more, only taken away.

    Args:
        ours: what we wrote or adopted, by address.
        begun: addresses of what we began to write, and do not know whether it came so far.
        zones: what was read of the customer's zones; what must be known of other names is open there afterwards.
    """
    found: list[Diagnostic] = []
    people = accounts.wishes(
        customer, facts, begun | {address for address, one in ours.items() if _aliased(address, one)}
    )
    found += people.diagnostics
    shared = _Shared()
    builders = []
    for name, domain in customer.domains.items():
        route = _Builder(customer, domain, found, today, shared)
        wishes = [*domains.wishes(customer, domain, facts, zones, found, ours=ours)]
        route.add(wishes)
        asked = [one for one, _ in wishes]
        pins, unpinned = standing_spf.pins(standing_spf.home(name, zones), asked, facts, zones, ours)
        found += unpinned
        route.add((one, None) for one in [*pins, *people.by_domain.get(name, ())])
        builders.append(route)
    if people.own and customer.tenant:
        own = _Builder(customer, None, found, today, shared)
        own.add((one, None) for one in people.own)
        builders.append(own)
    return Desired(tuple(one.build() for one in builders), tuple(found))


def _aliased(address: str, one: Owned) -> bool:
    """A further address of somebody, and we wrote it."""
    return one.how == "written" and address.partition("#")[2].startswith(ALIAS)


def tenant_route(customer: CustomerSpec) -> Route:
    """The tenant's own route without a wish, so that what left the spec there is seen on it."""
    return _Builder(customer, None, [], date.min, _Shared()).build()


@dataclass(slots=True)
class _Shared:
    """What the routes of a customer ask of one slot: two domains may keep their SPF in one record.

    Attributes:
        asked: the first wish for each slot, and whose it is. `lasting`: slots that somebody wants without an end.
    """

    asked: dict[Slot, tuple[object, Want]] = field(default_factory=dict)
    lasting: set[Slot] = field(default_factory=set)


class _Builder:
    """Collects the wishes of one route."""

    def __init__(
        self,
        customer: CustomerSpec,
        domain: DomainSpec | None,
        found: list[Diagnostic],
        today: date,
        shared: _Shared,
    ) -> None:
        self.customer, self.domain, self.found, self.today, self.shared = customer, domain, found, today, shared
        self.protect = domain is not None and domain.protect
        self.wants: dict[str, dict[Slot, Want]] = {stage: {} for stage in (*STAGES, SIGN)}
        self.ends: dict[Slot, tuple[date, Want]] = {}

    def add(self, wishes: Iterable[domains.Dated]) -> None:
        """Take wishes in; two that contradict each other at one slot are an error at the second."""
        for (stage, slot, asked), day in wishes:
            want = replace(asked, protect=True) if self.protect and not asked.protect else asked
            if day is not None and slot.part != "ttl":
                self.ends[slot] = max((day, want), self.ends.get(slot, (day, want)), key=lambda one: one[0])
                if day <= self.today:
                    continue
            elif day is None and not want.seed:
                self.shared.lasting.add(slot)
            whose, other = self.shared.asked.setdefault(slot, (self, want))
            if other is want:
                self.wants[stage][slot] = want
            elif whose is self or other.seed != want.seed or _contradict(slot, other, want):
                self._beside(stage, slot, want, other)

    def _beside(self, stage: str, slot: Slot, want: Want, first: Want) -> None:
        """One slot asked for more than once, by another line or at another stage."""
        there = self.wants[stage].get(slot)
        joined = join(there, want, slot.part) if there else want
        other = there or first
        if joined is None or _contradict(slot, other, want):
            self.found.append(_twice(slot, other, want))
        else:
            self.wants[stage][slot] = joined

    def build(self) -> Route:
        """The route, its stages in order, dated removals last."""
        target = self.domain.mail.service if self.domain and self.domain.mail else "dns" if self.domain else "tenant"
        subject = self.domain.name if self.domain else str(self.customer.tenant)
        self._make_way()
        names = [one for stage in STAGES for one in ((SIGN, stage) if stage == "retire" else (stage,))]
        names = [one for one in names if one != SIGN or self.wants[SIGN]]
        stages = [Stage(name, self.wants[name], tuple(self._gates(name))) for name in names]
        stages += self._dated()
        identity = sha256("|".join((subject, target, "")).encode()).hexdigest()[:16]
        origin = self.domain.origin if self.domain else self.customer.origin
        return Route(identity, subject, target, tuple(stages), origin=origin)

    def _make_way(self) -> None:
        """A record set that is to go leaves in the stage of the one that cannot stand beside it at its name."""
        leaving = [slot for slot, want in self.wants["retire"].items() if want.value is None and not slot.part]
        for stage in STAGES if leaving else ():
            kinds: dict[Key, set[str]] = {}
            for slot, want in self.wants[stage].items():
                if want.value is not None and slot.key.system == "dns":
                    kinds.setdefault(slot.key._replace(kind=""), set()).add(slot.key.kind)
            for slot in leaving:
                if slot in self.wants["retire"] and replaced(slot.key, kinds.get(slot.key._replace(kind=""), ())):
                    self.wants[stage][slot] = self.wants["retire"].pop(slot)

    def _gates(self, stage: str) -> Iterator[Gate]:
        if stage == "verify" and self.wants["verify"]:
            seen = tuple(slot for name in ("prove", "claim") for slot in self.wants[name] if slot.part != "ttl")
            yield Wait("seen", "the tenant and every server of the zone show the verification text", seen)
        if stage == SIGN and self.wants[SIGN]:
            wanted = (slot for slot in self.wants["prepare"] if not slot.part and slot.key.kind == "CNAME")
            keys = tuple(slot for slot in wanted if slot.key.name.endswith("._domainkey"))
            yield Wait("seen", "every server of the zone shows the DKIM records", keys)

    def _dated(self) -> list[Stage]:
        days: dict[date, dict[Slot, Want]] = {}
        for slot, (day, want) in self.ends.items():
            if slot not in self.shared.lasting:
                days.setdefault(day, {})[slot] = replace(want, value=None, seed=False, only=_plain(want.value))
        return [
            Stage(
                f"{DATED}{day}", wants, (Wait("until", f"{day} has come", instant=datetime.combine(day, time(), UTC)),)
            )
            for day, wants in sorted(days.items())
        ]


def _plain(value: Value | Unknown | None) -> Value | None:
    """What leaves on its day is what the line asked for, and nothing that somebody else has put there."""
    return None if isinstance(value, Unknown) else value


def _contradict(slot: Slot, first: Want, second: Want) -> bool:
    """Two lines never want different values of one slot; what is wanted by one is not absent by another."""
    if slot.part == "ttl" or first.seed or second.seed or first.value == second.value:
        return False
    gone, kept = (first, second) if first.value is None else (second, first)
    if gone.value is not None:
        return True
    return slot.part != VERIFICATION and gone.only in (None, kept.value)


def _twice(slot: Slot, first: Want, second: Want) -> Diagnostic:
    summary = f"two lines of the spec ask different things of {slot.address}"
    remedy = f"keep one of them; the other is at {first.origin} ({first.origin.rule})"
    return error("desired/twice", summary, remedy=remedy, origin=second.origin, address=slot.address)
