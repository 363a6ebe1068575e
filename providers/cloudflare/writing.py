"""One batch of changes carried out on one zone: read, judged, written, read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from providers.cloudflare import edits, limits
from providers.cloudflare.answers import NotSent, Stale
from providers.cloudflare.api import Api
from providers.cloudflare.reading import State, Zone
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import Moved, ProviderError, TimedOut, Transient, Unavailable
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.wire import records

#: A zone that was changed between our reading and our writing is read and written once more, then left.
ROUNDS = 2


class Writing:
    """One batch on its way."""

    def __init__(self, provider: str, zone: str, read: Callable[[], tuple[Zone, State]], api: Api) -> None:
        """Args: `read`: gives the zone as it is now. `api`: of the identity that writes."""
        self._provider, self._zone, self._read, self._api = provider, zone, read, api
        self._outcomes: dict[Key, Outcome] = {}

    def carry_out(self, batch: Sequence[Change]) -> list[Outcome]:
        """One outcome for each change, in the order given; raises nothing."""
        wished = [replace(one, after=one.after and limits.normal(one.after)) for one in batch]
        try:
            zone, state = self._read()
        except ProviderError as problem:  # nothing was written, whatever it is
            return [_failed(one, problem) for one in wished]
        for round_ in range(1, ROUNDS + 1):
            self._outcomes |= self._judged([one for one in wished if one.key not in self._outcomes], state)
            rest = [one for one in wished if one.key not in self._outcomes]
            if not rest:
                break
            after = self._write(rest, zone, state, last=round_ == ROUNDS)
            if after is None:
                break
            state = after
        return [self._outcomes[one.key] for one in wished]

    def _judged(self, wished: Sequence[Change], state: State) -> dict[Key, Outcome]:
        """What is clear without a write."""
        found = {one.key: _left_alone(one.key, state.locked[one.key]) for one in wished if one.key in state.locked}
        free = [one for one in wished if one.key not in found]
        touched = {one.key for one in free}
        stands: dict[Key, Resource] = {key: RecordSet(key, limits.AUTO, ("",)) for key in state.locked}
        stands |= state.sets
        # A CNAME of the zone's own name is answered with addresses: unlike others it may stand beside anything.
        alias = Key("dns", self._zone, "CNAME", "@")
        if alias not in touched:
            stands.pop(alias, None)
        found |= records.judged(free, stands, self._zone, _unholdable)
        going = [one for one in free if one.key not in found]
        after = {*stands, *(one.key for one in going)} - {one.key for one in going if one.after is None}
        names = {one.key.name for one in going}
        clashes = dict(limits.beside((key for key in after if key.name in names), whole=True))
        why = {key.name: reason for key, reason in clashes.items()}
        return found | {
            one.key: Outcome(one.key, Status.FAILED, why[one.key.name]) for one in going if one.key.name in why
        }

    def _write(self, rest: Sequence[Change], zone: Zone, state: State, *, last: bool) -> State | None:
        """Write what is left and read it back.

        Returns:
            The zone as it is now where some of it is to be judged and written again; else none.
        """
        units = edits.units(rest, state.records)
        for unit in (one for one in units if one.size > zone.most):
            detail = f"it takes {unit.size} operations at one name, and one call carries {zone.most}"
            self._outcomes |= {one.key: Outcome(one.key, Status.FAILED, detail) for one in unit.changes}
        packs = list(edits.packed([one for one in units if one.size <= zone.most], zone.most))
        made: list[Change] = []
        for place, pack in enumerate(packs):
            changes = [change for unit in pack for change in unit.changes]
            try:
                self._api.post(f"/zones/{zone.id}/dns_records/batch", edits.body(pack))
            except ProviderError as problem:
                untried = [change for later in packs[place + 1 :] for unit in later for change in unit.changes]
                return self._after(made, changes, untried, problem, last=last)
            made += changes
        self._read_back(made)
        return None

    def _read_back(self, made: Sequence[Change]) -> State | None:
        """What became of changes that the system said it made; the zone as it is now, if it can be read."""
        if not made:
            return None
        try:
            _, state = self._read()
        except ProviderError as problem:
            detail = f"it was taken and could not be read back: {problem}"
            self._outcomes |= {one.key: _unknown(one, problem, detail) for one in made}
            return None
        self._outcomes |= records.read_back(made, state.sets)
        return state

    def _after(
        self,
        made: Sequence[Change],
        hit: Sequence[Change],
        untried: Sequence[Change],
        problem: ProviderError,
        *,
        last: bool,
    ) -> State | None:
        """A call failed: say so of its changes, unless what is there now says otherwise."""
        stale = isinstance(problem, Stale)
        unsure = isinstance(problem, TimedOut | Unavailable) and not isinstance(problem, NotSent)
        state = self._read_back(made)
        if state is None and (stale or unsure):
            try:
                _, state = self._read()
            except ProviderError:
                state = None
        if stale and state is not None and not last:
            return state
        if stale and state is not None:
            self._outcomes |= self._judged(hit, state)
        elif unsure and state is not None:
            there = {one.key for one in hit if records.same(state.sets.get(one.key), one.after)}
            self._outcomes |= {key: Outcome(key, Status.DONE) for key in there}
        blind = unsure and state is None
        for one in hit:
            if one.key not in self._outcomes:
                self._outcomes[one.key] = (
                    _unknown(one, problem, str(problem)) if blind else records.failed(one, problem)
                )
        for one in untried:
            self._outcomes[one.key] = _failed(one, problem, "not tried, since a part before it failed: ")
        return None


def _unholdable(change: Change) -> str:
    return "" if change.after is None else next((one.summary for one in limits.refusals([change.after])), "")


def _left_alone(key: Key, reason: str) -> Outcome:
    return Outcome(key, Status.FAILED, f"left to its owner: {reason}")


def _failed(change: Change, problem: ProviderError, prefix: str = "") -> Outcome:
    """Nothing was written, so nothing is unknown."""
    wait = problem.retry_after if isinstance(problem, Transient) else 0.0
    status = Status.REFUSED if isinstance(problem, Moved) else Status.FAILED
    return Outcome(change.key, status, f"{prefix}{problem}", request_id=problem.request_id, retry_after=wait)


def _unknown(change: Change, problem: ProviderError, detail: str) -> Outcome:
    wait = problem.retry_after if isinstance(problem, Transient) else 0.0
    return Outcome(change.key, Status.UNKNOWN, detail, request_id=problem.request_id, retry_after=wait)
