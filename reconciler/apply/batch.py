"""Acts of one stage on one zone, or on one kind of one tenant: re-read, journalled, written, journalled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler import folding, gates, ledger, plan
from reconciler.apply.hands import Awaited, Hands, Report, StepResult
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import ProviderError
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet, Resource, User
from reconciler.model.route import Want
from reconciler.model.value import Unknown, Value
from reconciler.patience import Patience
from reconciler.plan import Act, Leg
from reconciler.provider import Scope, Writer


class Batch:
    """Writes the acts of one batch; `moved` once something was done."""

    def __init__(self, leg: Leg, hands: Hands, report: Report, name: str, scope: Scope) -> None:
        self.leg, self.hands, self.report, self.name, self.scope = leg, hands, report, name, scope
        self.moved = False

    def carry_out(self, acts: Sequence[Act]) -> Sequence[StepResult]:
        """Write them; what the system refused of a reading that was a moment old is looked at once more."""
        self.hands.patience.beat()
        provider = self.hands.providers[self.name]
        if not isinstance(provider, Writer):
            return [StepResult(act, Status.REFUSED, f"{self.name} can only be read") for act in acts]
        recent = (self.name, self.scope) in self.hands.fresh
        results = list(self._carried_out(provider, acts))
        refused = [one.act for one in results if one.status is Status.REFUSED]
        if not (recent and refused):
            return results
        return [*(one for one in results if one.act not in refused), *self._carried_out(provider, refused)]

    def _carried_out(self, provider: Writer, acts: Sequence[Act]) -> Iterator[StepResult]:
        try:
            live = self.hands.recent(self.name, self.scope)
        except ProviderError as problem:
            yield from (StepResult(act, Status.FAILED, str(problem)) for act in acts)
            return
        going: list[Act] = []
        refused: list[StepResult] = []
        for act in acts:
            result = self._look(act, folding.parts(live.get(act.slot.key)).get(act.slot.part))
            if result is None:
                going.append(act)
            else:
                refused += [result] if result.status is Status.REFUSED else []
                yield result
        if refused and self._stage_of(acts[0]) == plan.TOGETHER:
            yield from (StepResult(act, Status.REFUSED, plan.apart([refused[0].act.slot.address])) for act in going)
        elif going:
            yield from self._write(provider, going, live)

    def _look(self, act: Act, now: Value | None) -> StepResult | None:
        """The result of an act that need not, or must not, be carried out; none when it is to be."""
        row, after = act.row, act.row.target
        if isinstance(row.after, Unknown) and after is not None and not row.after.constraint.allows(after):
            text = f"{row.after.source} is {after}, which is not {row.after.constraint.text}"
            return StepResult(act, Status.REFUSED, text)
        if now == row.before:
            return None
        if now != after:
            return StepResult(act, Status.REFUSED, f"changed since it was planned: now {now!r}")
        self.hands.note("end", {"outcomes": [{"id": act.id, "status": "found", "route": act.route}]})
        if after is None:
            self.hands.note("forget", {"addresses": [act.slot.address]})
        else:
            meta = self.hands.meta(act.slot, row.want)
            noted = ledger.noted(act.slot, after, route=act.route, stage=self._stage_of(act), **meta)
            self.hands.note("adopt", {"slots": [noted]})
        return StepResult(act, Status.DONE, "already so")

    def _stage_of(self, act: Act) -> str:
        return self.leg.route.stages[act.stage].name

    def _write(self, provider: Writer, acts: Sequence[Act], live: Mapping[Key, Resource]) -> Iterator[StepResult]:
        writes: dict[Key, dict[str, Value | None]] = {}
        for act in acts:
            parts = writes.setdefault(act.slot.key, {})
            parts |= {part: self.hands.named(want.value) for part, want in act.row.carried.items()}
            parts[act.slot.part] = act.row.target
            asks = self.hands.delegated(act.slot.key)
            if asks and "ttl" in asks.computed and act.row.ttl is not None and act.row.target is not None:
                parts["ttl"] = act.row.ttl  # never a difference by itself, but whoever is at it may set it
        after = {key: folding.fold(key, live.get(key), parts) for key, parts in writes.items()}
        stage = self._stage_of(acts[0])
        steps = [self._step(act, live.get(act.slot.key), after[act.slot.key]) for act in acts]
        self.hands.note("begin", {**self.leg.route.entry(), "stage": stage, "steps": steps})
        for act in acts:
            self.hands.patience.say(f"{stage}: {act.action} {act.slot.address}")
        changes = [self._change(key, live.get(key), after[key], acts) for key in writes]
        try:
            answers = self._applied(provider, changes)
        except ProviderError as problem:
            self.report.wrote = True  # for all we know
            yield from _lost(acts, str(problem))
            return
        if len(answers) != len(changes):
            self.report.wrote = True
            yield from _lost(acts, f"{self.name} gave {len(answers)} answers to {len(changes)} changes")
            return
        outcomes = dict(zip(writes, answers, strict=True))
        self._end(acts, outcomes)
        for one, outcome in zip(changes, answers, strict=True):
            if outcome.status is Status.WAITING and self.hands.delegated(one.key):
                self.report.asked.append(one)
        for act in acts:
            yield self._result(act, outcomes[act.slot.key])

    def _applied(self, provider: Writer, changes: Sequence[Change]) -> list[Outcome]:
        """The provider's answers; what it could not take now is given to it again when it says that it can."""
        patience, tried = self.hands.patience, 1
        answers = list(provider.apply(changes))
        while len(answers) == len(changes):
            late = {at: one.retry_after for at, one in enumerate(answers) if _worth(one, tried, patience)}
            if not late:
                break
            if not patience.wait(max(late.values()), f"{self.name}: {answers[min(late)].detail}"):
                self.report.interrupted = True
                break
            again = list(provider.apply([changes[at] for at in late]))
            if len(again) != len(late):
                return again
            for at, outcome in zip(late, again, strict=True):
                answers[at] = outcome
            # As long as it takes some of them each time, it is only slow.
            tried = 1 if any(one.status is Status.DONE for one in again) else tried + 1
        return answers

    def _step(self, act: Act, live: Resource | None, after: Resource | None) -> dict[str, object]:
        carried = [
            ledger.noted(Slot(act.slot.key, part), value, **self.hands.meta(Slot(act.slot.key, part), want))
            for part, want in act.row.carried.items()
            if (value := self.hands.named(want.value)) is not None
        ]
        meta = self.hands.meta(act.slot, act.row.want)
        if after is None:
            meta["gone"] = True
        if isinstance(after, RecordSet):
            meta["ttl"] = after.ttl
        if act.row.want and act.row.want.pin and act.row.want.value is not None:
            meta["how"] = self._kept(act.slot, act.row.want)
        return ledger.step(
            act.id,
            act.slot,
            act.action,
            before=act.row.before,
            after=act.row.target,
            before_ttl=live.ttl if isinstance(live, RecordSet) else None,
            carried=carried,
            **meta,
        )

    def _kept(self, slot: Slot, want: Want) -> str:
        """How a pin is owned: as the term in whose place it stands, which is not ours if nobody of us wrote it."""
        replaced = self.hands.known.owned.get(slot._replace(part=f"spf/{want.pin}").address)
        return replaced.how if replaced else "adopted"

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
                self.hands.bind(act.slot.key, outcome.remote_id)
        self.hands.note("end", {"outcomes": ended})
        untouched = (Status.FAILED, Status.REFUSED)
        self.report.wrote |= any(one.status not in untouched for one in outcomes.values())
        self.moved = self.moved or any(one.status is Status.DONE for one in outcomes.values())

    def _result(self, act: Act, outcome: Outcome) -> StepResult:
        if outcome.status is Status.WAITING and not self.hands.delegated(act.slot.key):
            stage = self.leg.route.stages[act.stage]
            gate = gates.GateState(stage, False, outcome.detail, whom=self.scope.name)  # type: ignore[arg-type]
            self.report.awaited.append(Awaited(self.leg.route.subject, stage.name, gate))
        return StepResult(act, outcome.status, outcome.detail)


def _worth(outcome: Outcome, tried: int, patience: Patience) -> bool:
    """The system said when to come again; to apply a change twice does no harm."""
    if outcome.status not in (Status.FAILED, Status.UNKNOWN, Status.WAITING) or not outcome.retry_after:
        return False
    return patience.after(outcome.retry_after, tried) is not None


def _lost(acts: Sequence[Act], why: str) -> Iterator[StepResult]:
    """No answer, no outcome: the steps stay begun, and the next run looks."""
    return (StepResult(act, Status.UNKNOWN, f"{why}; the next run looks what became of it") for act in acts)
