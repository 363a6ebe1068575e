"""Looks whether a gate is open: a wait, an assertion, a person's word. Rules are computed anew at every look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.ledger import Ledger
from reconciler.model.errors import ProviderError
from reconciler.model.key import Key, Slot
from reconciler.model.route import Assert, Facts, Gate, Route, Task, Wait
from reconciler.model.value import Value
from reconciler.provider import Readiness

#: Seconds to assume where nobody knows the TTL published before. Source: semantics of the route; two days, as TLDs use.
UNKNOWN_TTL = 172_800
#: Seconds for which a resolver may remember that there was nothing. Source: RFC 2308, section 5.
NEGATIVE_TTL = 10_800


@dataclass(frozen=True, slots=True)
class GateState:
    """One gate as it stands.

    Attributes:
        until: when it opens by the clock; none when that is not for a clock to say.
        whom: who or what is awaited.
    """

    gate: Gate
    open: bool
    text: str
    until: datetime | None = None
    whom: str = ""

    @property
    def kind(self) -> str:
        """`wait`, `assert` or `task`."""
        return type(self.gate).__name__.lower()


@dataclass(frozen=True, slots=True)
class Watch:
    """What gates are judged by.

    Attributes:
        ready: asks a resource's provider, and may raise ProviderError.
        shown: asks the world whether every server shows what we wrote in a slot of DNS.
    """

    now: datetime
    ledger: Ledger
    facts: Facts
    ready: Callable[[Key], Readiness]
    shown: Callable[[Slot, Value], Readiness] = lambda *_: Readiness(True)


def look(route: Route, stage: int, watch: Watch) -> list[GateState]:
    """Every gate of a stage, in order."""
    return [_state(gate, route, stage, watch) for gate in route.stages[stage].gates]


def _state(gate: Gate, route: Route, stage: int, watch: Watch) -> GateState:
    if isinstance(gate, Task):
        done = gate.name in watch.ledger.confirmed.get(route.id, frozenset())
        return GateState(gate, done, gate.text, whom="a person")
    if isinstance(gate, Assert):
        found = str(watch.facts.get(gate.probe, "nothing"))
        holds = found == gate.expect
        return GateState(gate, holds, gate.text if holds else f"{gate.text}: found {found}, not {gate.expect}")
    if gate.rule == "seen":
        return _seen(gate, watch)
    if gate.rule == "ttl":
        return _ttl(gate, route, watch)
    return _clock(gate, gate.instant, watch) if gate.rule == "until" else _hold(gate, route, stage, watch)


def _seen(gate: Wait, watch: Watch) -> GateState:
    for key in dict.fromkeys(slot.key for slot in gate.slots):
        try:
            ready = watch.ready(key)
        except ProviderError as problem:
            ready = Readiness(False, str(problem))
        if not ready.ready:
            return GateState(gate, False, ready.detail or gate.text, whom=key.scope)
    for slot in gate.slots:
        owned = watch.ledger.owned.get(slot.address)
        if slot.key.system == "dns" and owned is not None:
            seen = watch.shown(slot, owned.value)
            if not seen.ready:
                return GateState(gate, False, seen.detail, whom=slot.key.scope)
    return GateState(gate, True, gate.text)


def _ttl(gate: Wait, route: Route, watch: Watch) -> GateState:
    """Every answer ever given out has expired: an old one may outlive those given after it."""
    passed: list[datetime] = []
    taken = watch.ledger.taken.get(route.id)
    for key in dict.fromkeys(slot.key for slot in gate.slots):
        history = watch.ledger.ttl_history.get(key.address, ())
        passed += [one.time + timedelta(seconds=NEGATIVE_TTL if one.before is None else one.before) for one in history]
        if taken:
            # Somebody else's word: when the change was made, and over which TTL, is not known.
            before = (route.baseline or {}).get(Slot(key, "ttl"))
            passed.append(taken + timedelta(seconds=before if isinstance(before, int) else UNKNOWN_TTL))
    return _clock(gate, max(passed, default=None), watch)


def _hold(gate: Wait, route: Route, stage: int, watch: Watch) -> GateState:
    ended = [watch.ledger.ended_at.get((route.id, one.name)) for one in route.stages[:stage]]
    known = [when for when in ended if when is not None]
    if not known:
        return GateState(gate, False, gate.text, whom="the stage before")
    return _clock(gate, max(known) + timedelta(seconds=gate.seconds), watch)


def _clock(gate: Wait, instant: datetime | None, watch: Watch) -> GateState:
    return GateState(gate, instant is None or watch.now >= instant, gate.text, until=instant, whom="the clock")
