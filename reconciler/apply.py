"""Carries out a plan, stage by stage; never raises for a failed step.

Each batch is re-read right before it is written, folded into whole resources, journalled as begun, written, and
journalled as ended. What cannot be done now is said, and the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler import folding, gates, ledger
from reconciler.binding import Binding
from reconciler.clock import Clock
from reconciler.diff import Row
from reconciler.journal import Journal
from reconciler.ledger import Ledger
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import ProviderError
from reconciler.model.key import Key, Slot, parse_slot
from reconciler.model.resource import RecordSet, Resource, User
from reconciler.model.route import Facts, Want
from reconciler.model.value import Secret, Unknown, Value
from reconciler.plan import KIND_ORDER, Act, Leg, Plan
from reconciler.provider import Readiness, Reader, Scope, Writer
from reconciler.verdict import Verdict


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one act; `detail` is one line for a person, empty when done."""

    act: Act
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A closed gate of a stage, or a change that its system has accepted and not yet made."""

    subject: str
    stage: str
    state: gates.GateState


@dataclass(slots=True)
class Report:
    """What one pass over a plan did.

    Attributes:
        again: something became known or possible by this pass; planning anew may go further.
        interrupted: a person asked to stop.
    """

    results: list[StepResult] = field(default_factory=list)
    awaited: list[Awaited] = field(default_factory=list)
    again: bool = False
    wrote: bool = False
    interrupted: bool = False


@dataclass(slots=True)
class Hands:
    """What apply works with; all of one customer.

    Attributes:
        provider_of: the provider's name for a resource.
        approved: why an act is not approved; empty when it is.
        password: makes and durably keeps a password for (spec id, upn).
        stop: a person asked to stop; looked at between batches.
        beat: called between batches, keeps the lease; raises when it is lost.
        say: one line of progress.
    """

    providers: Mapping[str, Reader]
    provider_of: Callable[[Key], str]
    binding: Binding
    journal: Journal
    clock: Clock
    known: Ledger
    facts: Facts
    approved: Callable[[Act], str]
    password: Callable[[str, str], Secret]
    stop: Callable[[], bool] = lambda: False
    beat: Callable[[], None] = lambda: None
    say: Callable[[str], None] = lambda text: None

    def note(self, kind: str, payload: Mapping[str, object]) -> None:
        """Journal an entry and fold it."""
        self.known = ledger.extend(self.known, [self.journal.append(kind, payload)])

    def ready(self, key: Key) -> Readiness:
        """Ask a resource's provider."""
        return self.providers[self.provider_of(key)].ready(self.binding.key(key))

    def read(self, name: str, scope: Scope) -> dict[Key, Resource]:
        """One scope now, under the spec's names.

        Raises:
            ProviderError: it cannot be read whole.
        """
        return self.binding.inward(self.providers[name].observe(scope).resources)


def run(plan: Plan, hands: Hands) -> Report:
    """Go once over every route, as far as it goes now."""
    report = Report()
    for leg in plan.legs:
        _Pass(leg, hands, report).walk()
        if report.interrupted:
            break
    return report


def recover(hands: Hands, scope_of: Callable[[Key], Scope]) -> None:
    """Find out what became of every step begun without an end, before anything else happens.

    Raises:
        ProviderError: a system cannot be asked; nothing may be applied.
    """
    begun = hands.known.open
    seen: dict[Scope, dict[Key, Resource]] = {}
    outcomes = []
    for one in begun:
        slot = parse_slot(one.address)
        name, scope = hands.provider_of(slot.key), scope_of(slot.key)
        _wait_for_delay(hands, name, slot, one)
        if scope not in seen:
            seen[scope] = hands.read(name, scope)
        now = folding.parts(seen[scope].get(slot.key)).get(slot.part)
        found = ledger.recorded(slot, now) == one.after
        live = seen[scope].get(slot.key)
        remote = live.remote_id if found and isinstance(live, User) else ""
        outcomes.append(
            {"id": one.id, "status": "found" if found else "not_found", "recovered": True, "remote_id": remote}
        )
    if outcomes:
        hands.note("end", {"outcomes": outcomes})


def _wait_for_delay(hands: Hands, name: str, slot: Slot, begun: ledger.Begun) -> None:
    capability = hands.providers[name].kinds.get(slot.key.kind)
    delay = capability.delay if capability else 0.0
    passed = (hands.clock.now() - begun.time).total_seconds()
    if passed < delay:
        hands.clock.sleep(delay - passed)


class _Pass:
    """One pass along one route."""

    def __init__(self, leg: Leg, hands: Hands, report: Report) -> None:
        self.leg, self.hands, self.report = leg, hands, report
        self.by_stage: dict[int, list[Act]] = {}
        for act in leg.acts:
            self.by_stage.setdefault(act.stage, []).append(act)
        self.moved = False
        self.ended: list[str] = []

    def walk(self) -> None:
        for index in range(len(self.leg.route.stages)):
            if not self._stage(index):
                break
            if self.hands.stop():
                self.report.interrupted = True
                break
        for act in self.leg.acts:
            if act.refusal and act.stage in self.by_stage and not any(one.act is act for one in self.report.results):
                self.report.results.append(StepResult(act, Status.REFUSED, act.refusal))

    def _stage(self, index: int) -> bool:
        """Carry out one stage; tells whether the next may begin."""
        stage, acts = self.leg.route.stages[index], self.by_stage.get(index, [])
        new = index > self.leg.cursor
        if new and not self._open(index):
            return False
        if self.moved and any(self._unnamed(act) for act in acts):
            # Planned anew, the value may be known: one stage stays one batch.
            self.report.again = True
            return False
        self._keep_books(index)
        results = list(self._acts(acts)) if acts else []
        self.report.results += results
        done = all(one.status is Status.DONE for one in results)
        settled = not self.leg.unsettled(index) and done and len(results) == len(acts)
        if new and settled:
            if acts or self._holds(index):
                self.hands.note(
                    "stage", {"route": self.leg.route.id, "stage": stage.name, "subject": self.leg.route.subject}
                )
                self.moved = True
        return settled

    def _holds(self, index: int) -> bool:
        """The stage has something of its own; one that has not ends without an entry."""
        stage = self.leg.route.stages[index]
        return bool(stage.wants or stage.gates)

    def _open(self, index: int) -> bool:
        route = self.leg.route
        if self.leg.blocks:
            return False
        watch = gates.Watch(self.hands.clock.now(), self.hands.known, self.hands.facts, self.hands.ready)
        closed = [state for state in gates.look(route, index, watch) if not state.open]
        self.report.awaited += [Awaited(route.subject, route.stages[index].name, state) for state in closed]
        return not closed

    def _keep_books(self, index: int) -> None:
        """Adopting and forgetting write nothing but the journal."""
        stage = self.leg.route.stages[index].name
        adopted = [
            ledger.noted(row.slot, row.before, route=self.leg.route.id, stage=stage, **self._meta(row.slot, row.want))
            for row in self.leg.rows
            if row.stage == index and row.verdict is Verdict.ADOPT and row.before is not None
        ]
        forgotten = [row.slot.address for row in self.leg.rows if row.stage == index and row.verdict is Verdict.FORGET]
        if adopted:
            self.hands.note("adopt", {"slots": adopted})
        if forgotten:
            self.hands.note("forget", {"addresses": forgotten})
        self.moved = self.moved or bool(adopted or forgotten)

    def _meta(self, slot: Slot, want: Want | None) -> dict[str, object]:
        if want is None:
            return {}
        meta: dict[str, object] = {}
        if want.manage != "full" or self.hands.known.owned.get(slot.address):
            meta |= {"manage": str(want.manage), "protect": want.protect, "owner": want.owner}
        elif want.protect or want.owner:
            meta |= {"protect": want.protect, "owner": want.owner}
        if isinstance(want.value, Unknown):
            meta["source"] = want.value.source
        if slot.key.kind in ("user", "group") and slot.part == "":
            meta["remote_id"] = self.hands.binding.remote.get((slot.key.kind, slot.key.name), "")
        return meta

    def _acts(self, acts: Sequence[Act]) -> Iterator[StepResult]:
        ready: list[Act] = []
        for act in acts:
            reason = act.refusal or self.hands.approved(act)
            if reason:
                yield StepResult(act, Status.REFUSED, reason)
            elif unnamed := self._unnamed(act):
                yield StepResult(act, Status.WAITING, f"{unnamed.constraint.text}: not named yet")
            elif stranger := self._stranger(act):
                self.report.again = self.report.again or self.moved
                yield StepResult(act, Status.WAITING, f"waits for the account of {stranger}")
            else:
                ready.append(act)
        for (name, scope, _), batch in _batches(ready, self.hands.provider_of):
            if self.hands.stop():
                self.report.interrupted = True
                return
            yield from _Batch(self, name, scope).carry_out(batch)

    def _unnamed(self, act: Act) -> Unknown | None:
        """The value an act waits for; none when it is plain, or named."""
        after = act.row.after
        return after if isinstance(after, Unknown) and after.source not in self.hands.facts else None

    def _stranger(self, act: Act) -> str:
        """A member of a group who does not exist yet; empty when nobody is missing."""
        if act.slot.key.kind != "group":
            return ""
        parts = [part for part in (act.slot.part, *act.row.carried) if part.startswith("members/")]
        names = [part.removeprefix("members/") for part in parts]
        return next((name for name in names if ("user", name) not in self.hands.binding.remote), "")


class _Batch:
    """Acts of one stage on one zone, or on one kind of one tenant."""

    def __init__(self, walk: _Pass, name: str, scope: Scope) -> None:
        self.walk, self.hands, self.name, self.scope = walk, walk.hands, name, scope

    def carry_out(self, acts: Sequence[Act]) -> Iterator[StepResult]:
        self.hands.beat()
        provider = self.hands.providers[self.name]
        if not isinstance(provider, Writer):
            yield from (StepResult(act, Status.REFUSED, f"{self.name} can only be read") for act in acts)
            return
        try:
            live = self.hands.read(self.name, self.scope)
        except ProviderError as problem:
            yield from (StepResult(act, Status.FAILED, str(problem)) for act in acts)
            return
        going: list[Act] = []
        for act in acts:
            stale = self._stale(act, folding.parts(live.get(act.slot.key)).get(act.slot.part))
            if stale is None:
                going.append(act)
            else:
                yield stale
        if going:
            yield from self._write(provider, going, live)

    def _after(self, row: Row) -> Value | None:
        return self.hands.facts[row.after.source] if isinstance(row.after, Unknown) else row.after

    def _stale(self, act: Act, now: Value | None) -> StepResult | None:
        after = self._after(act.row)
        if isinstance(act.row.after, Unknown) and after is not None and not act.row.after.constraint.allows(after):
            text = f"{act.row.after.source} is {after}, which is not {act.row.after.constraint.text}"
            return StepResult(act, Status.REFUSED, text)
        if now == after and now != act.row.before:
            if after is not None:
                noted = ledger.noted(act.slot, after, route=act.route, **self.walk._meta(act.slot, act.row.want))
                self.hands.note("adopt", {"slots": [noted]})
            return StepResult(act, Status.DONE, "already so")
        if now != act.row.before:
            return StepResult(act, Status.REFUSED, f"changed since it was planned: now {now!r}")
        return None

    def _write(self, provider: Writer, acts: Sequence[Act], live: Mapping[Key, Resource]) -> Iterator[StepResult]:
        writes: dict[Key, dict[str, Value | None]] = {}
        for act in acts:
            parts = writes.setdefault(act.slot.key, {})
            parts |= {part: self._carried(want) for part, want in act.row.carried.items()}
            parts[act.slot.part] = self._after(act.row)
        after = {key: folding.fold(key, live.get(key), parts) for key, parts in writes.items()}
        stage = self.walk.leg.route.stages[acts[0].stage].name
        steps = [self._step(act, live.get(act.slot.key), after[act.slot.key]) for act in acts]
        self.hands.note("begin", {"route": acts[0].route, "stage": stage, "steps": steps})
        self.walk.report.wrote = True
        for act in acts:
            self.hands.say(f"{stage}: {act.action} {act.slot.address}")
        changes = [self._change(key, live.get(key), after[key], acts) for key in writes]
        try:
            outcomes = dict(zip(writes, provider.apply(changes), strict=True))
        except ProviderError as problem:
            yield from (
                StepResult(act, Status.UNKNOWN, f"{problem}; the next run looks what became of it") for act in acts
            )
            return
        self._end(acts, outcomes)
        for act in acts:
            yield self._result(act, outcomes[act.slot.key])

    def _carried(self, want: Want) -> Value | None:
        return self.hands.facts.get(want.value.source) if isinstance(want.value, Unknown) else want.value

    def _step(self, act: Act, live: Resource | None, after: Resource | None) -> dict[str, object]:
        carried = [
            ledger.noted(Slot(act.slot.key, part), value, **self.walk._meta(Slot(act.slot.key, part), want))
            for part, want in act.row.carried.items()
            if (value := self._carried(want)) is not None
        ]
        meta = self.walk._meta(act.slot, act.row.want)
        if after is None:
            meta["gone"] = True
        if isinstance(after, RecordSet):
            meta["ttl"] = after.ttl
        return ledger.step(
            act.id,
            act.slot,
            act.action,
            before=act.row.before,
            after=self._after(act.row),
            before_ttl=live.ttl if isinstance(live, RecordSet) else None,
            carried=carried,
            **meta,
        )

    def _change(self, key: Key, before: Resource | None, after: Resource | None, acts: Sequence[Act]) -> Change:
        outward = self.hands.binding.outward
        password = None
        if before is None and isinstance(after, User):
            password = self.hands.password(key.name, after.upn)
        steps = tuple(act.id for act in acts if act.slot.key == key)
        return Change(self.hands.binding.key(key), outward(before), outward(after), steps, password)

    def _end(self, acts: Sequence[Act], outcomes: Mapping[Key, Outcome]) -> None:
        ended = []
        for act in acts:
            outcome = outcomes[act.slot.key]
            ended.append(
                {
                    "id": act.id,
                    "status": str(outcome.status),
                    "detail": outcome.detail,
                    "remote_id": outcome.remote_id,
                    "request_id": outcome.request_id,
                }
            )
            if outcome.status is Status.DONE and outcome.remote_id and act.slot.key.kind in ("user", "group"):
                self._bind(act.slot.key, outcome.remote_id)
        self.hands.note("end", {"outcomes": ended})
        self.walk.moved = self.walk.moved or any(one.status is Status.DONE for one in outcomes.values())

    def _bind(self, key: Key, remote_id: str) -> None:
        binding = self.hands.binding
        remote = {**binding.remote, (key.kind, key.name): remote_id}
        names = {**binding.names, (key.kind, remote_id): key.name}
        self.hands.binding = replace(binding, remote=remote, names=names)

    def _result(self, act: Act, outcome: Outcome) -> StepResult:
        if outcome.status is Status.WAITING:
            route = self.walk.leg.route
            gate = gates.GateState(route.stages[act.stage], False, outcome.detail, whom=self.scope.name)  # type: ignore[arg-type]
            self.walk.report.awaited.append(Awaited(route.subject, route.stages[act.stage].name, gate))
        return StepResult(act, outcome.status, outcome.detail)


def _batches(acts: Iterable[Act], provider_of: Callable[[Key], str]) -> list[tuple[tuple[str, Scope, str], list[Act]]]:
    found: dict[tuple[str, Scope, str], list[Act]] = {}
    for act in acts:
        key = act.slot.key
        kind = KIND_ORDER[key.kind] if key.system == "tenant" else ""
        found.setdefault((provider_of(key), Scope(key.system, key.scope), kind), []).append(act)
    return sorted(found.items(), key=lambda one: one[0][2])
