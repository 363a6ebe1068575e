"""One pass over a plan: route by route, stage by stage, as far as it goes now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler import addresses, gates, ledger
from reconciler.apply.batch import Batch
from reconciler.apply.hands import Awaited, Hands, Report, StepResult
from reconciler.diff import Row
from reconciler.model.change import Status
from reconciler.model.value import Unknown
from reconciler.plan import KIND_ORDER, TOGETHER, Act, Ids, Leg, Plan, apart
from reconciler.provider import Reader, Scope
from reconciler.verdict import Verdict


def run(plan: Plan, hands: Hands) -> Report:
    """Go once over every route, as far as it goes now."""
    report = Report()
    for leg in plan.legs:
        _Pass(leg, hands, report).walk()
        if report.interrupted:
            break
    return report


class _Pass:
    """One pass along one route."""

    def __init__(self, leg: Leg, hands: Hands, report: Report) -> None:
        self.leg, self.hands, self.report = leg, hands, report
        self.by_stage: dict[int, list[Act]] = {}
        for act in leg.acts:
            self.by_stage.setdefault(act.stage, []).append(act)
        self.rows: dict[int, list[Row]] = {}
        for row in leg.rows:
            self.rows.setdefault(row.stage, []).append(row)
        self.moved = False
        self.unseen: set[int] = set()

    def walk(self) -> None:
        first = len(self.report.results)
        for index in () if self.leg.halt else range(len(self.leg.route.stages)):
            if not self._stage(index):
                break
            if self.hands.patience.stop() and any(later > index for later in self.by_stage):
                self.report.interrupted = True
                break
        said = {result.act.id for result in self.report.results[first:]}
        refused = [act for act in self.leg.acts if act.refusal and act.id not in said and self._due(act.stage)]
        self.report.results += [StepResult(act, Status.REFUSED, act.refusal) for act in refused]
        if self.leg.left_out and not self.report.interrupted:
            early = "an earlier stage comes first, and the target left it out"
            missed = [act for act in self.leg.acts if not act.refusal and act.id not in said]
            self.report.results += [StepResult(act, Status.SKIPPED, early) for act in missed]

    def _stage(self, index: int) -> bool:
        """Carry out one stage; tells whether the next may begin."""
        stage, acts = self.leg.route.stages[index], self.by_stage.get(index, [])
        new = index > self.leg.cursor
        if new and not self._open(index):
            return False
        if self.moved and any(unnamed(act) for act in acts):
            # Planned anew, the value may be known: one stage stays one batch.
            self.report.again = True
            return False
        self._keep_books(index)
        results = list(self._acts(acts)) if acts else []
        self.report.results += results
        done = len(results) == len(acts) and all(one.status is Status.DONE for one in results)
        if not new:
            return done
        settled = done and index not in self.leg.unsettled() and index not in self.leg.left_out
        settled = settled and index not in self.unseen
        if settled and (acts or stage.wants or stage.gates):
            self.hands.note("stage", {**self.leg.route.entry(), "stage": stage.name})
            self.moved = True
        return settled

    def _open(self, index: int) -> bool:
        route = self.leg.route
        if self.leg.blocks:
            return False
        closed = self._closed(index)
        self.report.awaited += [Awaited(route.subject, route.stages[index].name, state) for state in closed]
        return not closed

    def _closed(self, index: int) -> list[gates.GateState]:
        watch = gates.Watch(
            self.hands.clock.now(), self.hands.known, self.hands.facts, self.hands.ready, self.hands.shown
        )
        return [state for state in gates.look(self.leg.route, index, watch) if not state.open]

    def _due(self, index: int) -> bool:
        """What has a day of its own is missed by nobody before that day."""
        return not (self.leg.route.stages[index].dated and self._closed(index))

    def _keep_books(self, index: int) -> None:
        """Adopting and forgetting write nothing but the journal."""
        rows = self._spend(index)
        stage = self.leg.route.stages[index].name
        adopted = [
            ledger.noted(
                row.slot, row.before, route=self.leg.route.id, stage=stage, **self.hands.meta(row.slot, row.want)
            )
            for row in rows
            if row.verdict is Verdict.ADOPT and row.before is not None
        ]
        forgotten = [row.slot.address for row in rows if row.verdict is Verdict.FORGET]
        if adopted:
            self.hands.note("adopt", {"slots": adopted})
        if forgotten:
            self.hands.note("forget", {"addresses": forgotten})
        self.moved = self.moved or bool(adopted or forgotten)

    def _spend(self, index: int) -> Sequence[Row]:
        """A step that somebody else did is done: its approval must not outlive it (rule 2).

        Returns:
            The rows of the stage without those that a person was asked for and has not done whole.
        """
        rows = self.rows.get(index, [])
        route, known = self.leg.route.id, self.hands.known
        open_ = known.approved.get(route, frozenset()) | known.waiting.keys()
        if not open_:
            return rows
        ids = Ids(self.leg.route, known.owned)
        settled = {ids.of(row): row for row in rows if row.want is not None and row.verdict in SETTLED}
        half = {name: row for name, row in settled.items() if name in known.waiting and self._half(index, name, row)}
        there = (settled.keys() - half.keys()) & open_
        if there:
            outcomes = [{"id": one, "status": "found", "route": route} for one in sorted(there)]
            self.hands.note("end", {"outcomes": outcomes})
        return [row for row in rows if row not in half.values()] if half else rows

    def _half(self, index: int, step: str, row: Row) -> bool:
        """What was asked for is seen, but not at every server, or beside it something spoils it."""
        if not self.hands.delegated(row.slot.key):
            return False
        answer = self.hands.answer(self.hands.known.waiting[step])
        if answer.done or not answer.requested:
            return False
        stage = self.leg.route.stages[index]
        gate = gates.GateState(stage, False, answer.text, whom=row.slot.key.scope)  # type: ignore[arg-type]
        self.report.awaited.append(Awaited(self.leg.route.subject, stage.name, gate))
        self.unseen.add(index)
        return True

    def _acts(self, acts: Sequence[Act]) -> Iterator[StepResult]:
        ready: list[Act] = []
        reasons = {act.id: act.refusal or self.hands.approved(act) for act in acts}
        bad = [act.slot.address for act in acts if reasons[act.id]]
        if bad and self.leg.route.stages[acts[0].stage].name == TOGETHER:
            reasons = {name: reason or apart(bad) for name, reason in reasons.items()}
        reasons |= _unreplaced(acts, reasons)
        reasons |= _recordless(acts, reasons)
        by_hand = [act for act in acts if not reasons[act.id] and self._by_hand(act)]
        freed = {address for act in by_hand for address in addresses.given(act.row)}
        for act in acts:
            reason = reasons[act.id]
            if reason:
                yield StepResult(act, Status.REFUSED, reason)
            elif waits := unnamed(act):
                yield StepResult(act, Status.WAITING, f"{waits.constraint.text}: not named yet")
            elif asked := self._asked(act):
                yield StepResult(act, Status.WAITING, asked)
            elif self._by_hand(act):
                yield self._handed(act)
            elif act.slot.key.kind == "user" and (late := sorted(addresses.taken(act.row) & freed)):
                yield StepResult(act, Status.WAITING, f"waits until {late[0]} is taken from who has it")
            elif stranger := self._stranger(act):
                self.report.again = self.report.again or self.moved
                yield StepResult(act, Status.WAITING, f"waits for the account of {stranger}")
            else:
                ready.append(act)
        for (name, scope, _), whole in _batches(ready, self.hands):
            for batch in _pieces(whole, self.hands.providers[name]):
                if self.hands.patience.stop():
                    self.report.interrupted = True
                    return
                writer = Batch(self.leg, self.hands, self.report, name, scope)
                yield from writer.carry_out(batch)
                self.moved = self.moved or writer.moved

    def _asked(self, act: Act) -> str:
        """What a person was asked to do is not asked again; empty when nobody was."""
        begun = self.hands.known.waiting.get(act.id)
        if begun is None or not (self.hands.delegated(act.slot.key) or self._by_hand(act)):
            return ""
        answer = self.hands.answer(begun)
        request = f" ({begun.request_id})" if begun.request_id else ""
        return f"asked for on {begun.time:%Y-%m-%d}{request}, {answer.text}" if answer.requested else ""

    def _by_hand(self, act: Act) -> bool:
        return act.action == "destroy" and self.hands.by_hand(act.slot)

    def _handed(self, act: Act) -> StepResult:
        """A person is asked for what the provider cannot do; the next reading shows what became of it."""
        hands, stage = self.hands, self.leg.route.stages[act.stage].name
        meta = hands.meta(act.slot, act.row.want)
        step = ledger.step(act.id, act.slot, act.action, before=act.row.before, after=None, **meta)
        hands.note("begin", {**self.leg.route.entry(), "stage": stage, "steps": [step]})
        hands.note("end", {"outcomes": [{"id": act.id, "status": str(Status.WAITING)}]})
        self.report.wrote = True
        return StepResult(act, Status.WAITING, "a person is asked for it")

    def _stranger(self, act: Act) -> str:
        """A member of a group who does not exist yet; empty when nobody is missing."""
        if act.slot.key.kind != "group":
            return ""
        parts = [part for part in (act.slot.part, *act.row.carried) if part.startswith("members/")]
        names = [part.removeprefix("members/") for part in parts]
        return next((name for name in names if ("user", name) not in self.hands.binding.remote), "")


#: Verdicts of rows whose step is done, whoever did it.
SETTLED = frozenset({Verdict.ADOPT, Verdict.SAME, Verdict.FORGET, Verdict.AHEAD})


def unnamed(act: Act) -> Unknown | None:
    """The value an act waits for; none when it is plain, or named."""
    return act.row.after if isinstance(act.row.after, Unknown) and act.row.named is None else None


def _unreplaced(acts: Sequence[Act], reasons: Mapping[str, str]) -> dict[str, str]:
    """A term that is written out as addresses stays as long as one of them may not come."""
    pinned = [(act, act.row.want) for act in acts if act.row.want and act.row.want.pin]
    missing = {(act.slot.key, want.pin) for act, want in pinned if want.value is not None and reasons[act.id]}
    held = "not everything that is to stand in its place may come: plan again"
    return {
        act.id: held
        for act, want in pinned
        if want.value is None and (act.slot.key, want.pin) in missing and not reasons[act.id]
    }


def _recordless(acts: Sequence[Act], reasons: Mapping[str, str]) -> dict[str, str]:
    """Terms go into no SPF record that may not be made, or made one of several: writing them would do it."""
    made = {
        act.slot.key
        for act in acts
        if reasons[act.id] and (act.slot.part == "spf" or (act.slot.part == "spf/all" and act.row.before is None))
    }
    held = "the SPF record that it goes into may not be made so: plan again"
    return {
        act.id: held for act in acts if act.slot.key in made and act.slot.part.startswith("spf") and not reasons[act.id]
    }


def _batches(acts: Iterable[Act], hands: Hands) -> list[tuple[tuple[str, Scope, str], list[Act]]]:
    found: dict[tuple[str, Scope, str], list[Act]] = {}
    for act in acts:
        key = act.slot.key
        kind = "" if key.system == "dns" else KIND_ORDER[key.kind]
        found.setdefault((hands.provider_of(key), hands.scope_of(key), kind), []).append(act)
    return sorted(found.items(), key=lambda one: one[0][2])


def _pieces(acts: Sequence[Act], provider: Reader) -> Iterator[list[Act]]:
    """What one call carries: between two of them the lease is renewed and a stop is heard. Resources stay whole."""
    found = (provider.kinds.get(act.slot.key.kind) for act in acts)
    most = min((capability.batch for capability in found if capability), default=1)
    keys = list(dict.fromkeys(act.slot.key for act in acts))
    for start in range(0, len(keys), most):
        part = frozenset(keys[start : start + most])
        yield [act for act in acts if act.slot.key in part]
