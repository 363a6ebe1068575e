"""Turns a customer's spec and the facts into routes: each domain's stages, as deltas over slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from hashlib import sha256

from reconciler import accounts, domains, standing_spf
from reconciler.mail.wants import join
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.key import VERIFICATION, Key, Slot
from reconciler.model.route import STAGES, Facts, Gate, Route, Stage, Wait, Want
from reconciler.model.value import Unknown, Value
from reconciler.recordset import replaced
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DomainSpec
from reconciler.zones import Zones


@dataclass(frozen=True, slots=True)
class Desired:
    """What should be true, and how to get there.

    Attributes:
        routes: one for each domain in the spec's order, then the tenant's own if it has any wish.
        diagnostics: what the author should know or mend; an error stops the customer's apply.
    """

    routes: tuple[Route, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def desired(customer: CustomerSpec, facts: Facts, today: date, zones: Zones) -> Desired:
    """Build every route of a customer; what ends `today` or ended before is asked for no more, only taken away.

    Args:
        zones: what was read of the customer's zones; what must be known of other names is open there afterwards.
    """
    found: list[Diagnostic] = []
    people = accounts.wishes(customer, facts)
    found += people.diagnostics
    routes = []
    for name, domain in customer.domains.items():
        route = _Builder(customer, domain, found, today)
        wishes = [*domains.wishes(customer, domain, facts, zones, found)]
        route.add(wishes)
        pins, unpinned = standing_spf.pins(standing_spf.home(name, zones), [asked for asked, _ in wishes], facts, zones)
        found += unpinned
        route.add((asked, None) for asked in [*pins, *people.by_domain.get(name, ())])
        routes.append(route.build())
    if people.own and customer.tenant:
        own = _Builder(customer, None, found, today)
        own.add((asked, None) for asked in people.own)
        routes.append(own.build())
    return Desired(tuple(routes), tuple(found))


def tenant_route(customer: CustomerSpec) -> Route:
    """The tenant's own route without a wish, so that what left the spec there is seen on it."""
    return _Builder(customer, None, [], date.min).build()


class _Builder:
    """Collects the wishes of one route."""

    def __init__(self, customer: CustomerSpec, domain: DomainSpec | None, found: list[Diagnostic], today: date) -> None:
        self.customer, self.domain, self.found, self.today = customer, domain, found, today
        self.protect = domain is not None and domain.protect
        self.wants: dict[str, dict[Slot, Want]] = {stage: {} for stage in STAGES}
        self.asked: dict[Slot, Want] = {}
        self.ends: dict[Slot, tuple[date, Want]] = {}
        self.lasting: set[Slot] = set()

    def add(self, wishes: Iterable[domains.Dated]) -> None:
        """Take wishes in; two that contradict each other at one slot are an error at the second."""
        for (stage, slot, asked), day in wishes:
            want = replace(asked, protect=True) if self.protect and not asked.protect else asked
            if day is not None and slot.part != "ttl":
                self.ends[slot] = max((day, want), self.ends.get(slot, (day, want)), key=lambda one: one[0])
                if day <= self.today:
                    continue
            elif day is None and not want.seed:
                self.lasting.add(slot)
            other = self.asked.setdefault(slot, want)
            if other is want:
                self.wants[stage][slot] = want
            else:
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
        stages = [Stage(name, self.wants[name], tuple(self._gates(name))) for name in STAGES]
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

    def _dated(self) -> list[Stage]:
        days: dict[date, dict[Slot, Want]] = {}
        for slot, (day, want) in self.ends.items():
            if slot not in self.lasting:
                days.setdefault(day, {})[slot] = replace(want, value=None, seed=False, only=_plain(want.value))
        return [
            Stage(
                f"until {day}", wants, (Wait("until", f"{day} has come", instant=datetime.combine(day, time(), UTC)),)
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
