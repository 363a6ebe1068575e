"""A company's mail in memory: strict systems, a clock that tests turn, a journal, and a migration with invented stages.

One `World` is one customer. `plan`, `approve`, `apply` do what the commands do, without specs and files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler import diff, ledger, legs, policy, rollback
from reconciler.apply import Hands, Report, recover, run
from reconciler.binding import Binding
from reconciler.journal.entry import Entry, check, compose
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import Unavailable
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet, Resource, TenantDomain, User
from reconciler.model.route import Route
from reconciler.model.value import Secret, Value
from reconciler.patience import Patience
from reconciler.plan import Plan, request_id, rollback_ids
from reconciler.provider import Capabilities, Observation, Readiness, Scope

START = datetime(2026, 11, 21, 20, tzinfo=UTC)
KINDS = ("A", "CNAME", "MX", "TXT", "NS", "domain", "user", "licenses", "group", "sku")


class Crash(Exception):
    """The process is gone: what was in its memory is lost."""


class Clock:
    """Turned by tests only."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Journal:
    """In memory; `crash_at` counts down the entries until the process dies, before or after the entry is safe."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.entries = clock, list[Entry]()
        self.crash_at, self.safe = -1, False

    def append(self, kind: str, payload: Mapping[str, Any]) -> Entry:
        check(kind, payload)
        self.crash_at -= 1
        if self.crash_at == 0 and not self.safe:
            raise Crash
        last = self.entries[-1] if self.entries else None
        seq, prev = (last.seq + 1, last.hash) if last else (1, "")
        _, entry = compose(kind, payload, seq=seq, prev=prev, time=self.clock.now(), run="run")
        self.entries.append(entry)
        if self.crash_at == 0:
            raise Crash
        return entry


class System:
    """One zone or tenant: refuses a change whose precondition does not hold, counts every write."""

    def __init__(self, resources: Iterable[Resource] = (), delegated: bool = False) -> None:
        self.resources = {one.key: one for one in resources}
        self.writes: list[Change] = []
        self.asked: list[Change] = []
        self.crash_at, self.lose_at, self.lose_answer = -1, -1, False
        self.kinds = {kind: Capabilities(batch=100, delegated=delegated, delay=60.0) for kind in KINDS}
        self.reads_fail = False

    def refusals(self, desired: Sequence[Resource]) -> tuple[()]:
        return ()

    def normalise(self, desired: Resource) -> Resource:
        return desired

    def observe(self, scope: Scope) -> Observation:
        if self.reads_fail:
            raise Unavailable("fake", "down")
        inside = {
            key: one for key, one in self.resources.items() if (key.system, key.scope) == (scope.system, scope.name)
        }
        return Observation(scope, inside)

    def ready(self, key: Key) -> Readiness:
        return Readiness(True)

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        outcomes = [self._one(change) for change in batch]
        self.lose_at -= 1
        if self.lose_at == 0:
            raise Crash
        if self.lose_answer:
            self.lose_answer = False
            raise Unavailable("fake", "no answer")
        return outcomes

    def _one(self, change: Change) -> Outcome:
        if self.kinds["A"].delegated:
            self.asked.append(change)
            return Outcome(change.key, Status.WAITING, "asked", request_id=request_id(change.steps))
        if self.resources.get(change.key) != change.before:
            return Outcome(change.key, Status.REFUSED, "changed meanwhile")
        self.crash_at -= 1
        if self.crash_at == 0:
            raise Crash
        self.writes.append(change)
        remote = ""
        if change.after is None:
            self.resources.pop(change.key)
        elif isinstance(change.after, User):
            remote = change.after.remote_id or f"object-{change.after.upn}"
            key = change.key._replace(name=remote)
            self.resources[key] = replace(change.after, key=key, remote_id=remote)
        else:
            self.resources[change.key] = change.after
        return Outcome(change.key, Status.DONE, remote_id=remote)


@dataclass
class World:
    """One customer: systems by scope, the routes of the spec, what the tenant names, and the journal."""

    systems: dict[str, System]
    routes: list[Route]
    facts: dict[str, Value] = field(default_factory=dict)
    rules: policy.Rules = field(default_factory=lambda: policy.Rules(max_destroy=5))
    clock: Clock = field(default_factory=Clock)
    binding: Binding = field(default_factory=lambda: Binding(""))
    authoritative: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    locked: Mapping[Key, str] = field(default_factory=dict)
    complete: bool = True
    until: str = ""

    def __post_init__(self) -> None:
        self.journal = Journal(self.clock)

    # What is there

    @property
    def known(self) -> ledger.Ledger:
        return ledger.fold(self.journal.entries)

    @property
    def live(self) -> dict[Key, Resource]:
        found: dict[Key, Resource] = {}
        for system in self.systems.values():
            found |= system.resources
        return self.binding.inward(found)

    @property
    def writes(self) -> list[Change]:
        return [change for system in self.systems.values() for change in system.writes]

    def values(self, key: Key) -> tuple[str, ...]:
        """The values of a record set; empty when it does not exist."""
        found = self.live.get(key)
        return found.values if isinstance(found, RecordSet) else ()

    def put(self, key: Key, *values: str, ttl: int = 3600) -> None:
        """Somebody else's hand."""
        if values:
            self.systems[key.scope].resources[key] = RecordSet(key, ttl, tuple(sorted(values)))
        else:
            self.systems[key.scope].resources.pop(key, None)

    # What the commands do

    def world(self, fix_drift: bool = False) -> diff.World:
        return diff.World(
            self.live,
            self.binding.owned(self.known),
            self.facts,
            fix_drift,
            self.authoritative,
            self.accepted,
            self.locked,
        )

    def plan(self, fix_drift: bool = False) -> Plan:
        covers: Callable[[Key], bool] = lambda key: key.scope in self.systems  # noqa: E731
        limits = legs.Limits(self.rules, self.complete)
        made, foreign = legs.legs(self.routes, self.world(fix_drift), self.known, covers, limits)
        return Plan("customer", made, foreign)

    def approve(self, made: Plan | None = None) -> None:
        """A person says yes to everything in the plan, rollback steps included."""
        for leg in (made or self.plan()).legs:
            ids = [act.id for act in leg.acts if not act.refusal]
            ids += rollback_ids(leg.route) if leg.route.baseline is not None else ()
            self.journal.append("approve", {"route": leg.route.id, "steps": ids, "by": "ana"})

    def apply(self, fix_drift: bool = False, passes: int = 20) -> Report:
        """Go on under what is approved, as far as it goes now; a person stops it after the stage `until`."""
        total = Report()
        if self.known.open:
            recover(self.hands())
        for _ in range(passes):
            hands = self.hands()
            report = run(self.plan(fix_drift), hands)
            self.binding = hands.binding
            total.results += report.results
            total.awaited = report.awaited
            total.wrote = total.wrote or report.wrote
            if not report.again:
                return total
        raise AssertionError("apply does not come to an end")

    def hands(self) -> Hands:
        hands: Hands = Hands(
            providers=dict(self.systems),
            provider_of=lambda key: key.scope if key.scope in self.systems else "",
            binding=self.binding,
            journal=self.journal,
            scope_of=lambda key: Scope(key.system, key.scope),
            known=self.known,
            facts=self.facts,
            patience=Patience(self.clock, stop=lambda: self.until in hands.known.ended.get(self.routes[0].id, ())),
            approved=lambda act: "" if act.id in hands.known.approved.get(act.route, ()) else "not approved",
            password=lambda user, upn: Secret("secret"),
        )
        return hands

    def roll_back(self, route: Route, stage: str = "") -> Report:
        """The command `rollback`."""
        entry = {"route": route.id, "stage": stage}
        self.journal.append("rollback", {**entry, "phase": "begin"})
        report = self.set_back(route, stage)
        self.journal.append("rollback", {**entry, "phase": "end"})
        return report

    def set_back(self, route: Route, stage: str = "") -> Report:
        back = rollback.leg(route, self.known, self.world(), stage)
        return run(Plan("customer", (back,)), self.hands())

    def confirm(self, route: Route, *, stage: str = "", task: str = "") -> None:
        """The command `confirm`."""
        what = {"stage": stage} if stage else {"task": task}
        self.journal.append("confirm", {**route.entry(), "by": "ana", **what})

    def lose_journal(self) -> None:
        """Deleted; approvals go with it."""
        self.journal = Journal(self.clock)

    # Walking on

    def walk(self, route: Route, until: str = "", limit: int = 60) -> None:
        """Apply, confirm what a person is asked for, let time pass; until a stage has ended, or nothing moves."""
        self.until = until
        for _ in range(limit):
            if not self.pass_time(route) or (until and self.ended(route, until)):
                self.until = ""
                return
        raise AssertionError("the route does not come to an end")

    def pass_time(self, route: Route) -> bool:
        """Let come what the route waits for; tells whether there was anything."""
        report = self.apply()
        for awaited in report.awaited:
            if awaited.state.until:
                self.clock.time = max(self.clock.time, awaited.state.until)
            elif awaited.state.kind == "task":
                self.confirm(route, task=awaited.state.gate.name)  # type: ignore[union-attr]
        return bool(report.awaited)

    def ended(self, route: Route, stage: str) -> bool:
        return stage in self.known.ended.get(route.id, ())


def snapshot(world: World, route: Route) -> dict[Slot, Value | None]:
    """What `import` would record as `migration.from`: every DNS slot the route touches, as it is now."""
    slots = {slot for stage in route.stages for slot in stage.wants if slot.key.system == "dns"}
    state = world.world()
    return {slot: state.parts(slot.key).get(slot.part) for slot in slots}


def domain(tenant: str, name: str, **state: Any) -> TenantDomain:
    return TenantDomain(Key("tenant", tenant, "domain", name), **state)
