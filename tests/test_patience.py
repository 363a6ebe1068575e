"""Waiting for a system that says: not now. The clock is turned by the waiting itself."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from reconciler.apply import run
from reconciler.live import observe
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import AuthFailed, ProviderError, RateLimited, TimedOut, Unavailable
from reconciler.patience import LONGEST, TRIES, TRIES_UNWELL, Patience
from reconciler.provider import Observation, Scope
from tests.semantics.company import TXT, WWW, ZONE, company, steady
from tests.semantics.world import START, Clock, System, World

SCOPE = Scope("dns", ZONE)


class Busy(System):
    """Answers with these errors first, to readings; counts how often it was read."""

    def __init__(self, *problems: ProviderError) -> None:
        super().__init__()
        self.problems, self.reads = list(problems), 0

    def observe(self, scope: Scope) -> Observation:
        self.reads += 1
        if self.problems:
            raise self.problems.pop(0)
        return super().observe(scope)


def limited(seconds: float = 0.0) -> RateLimited:
    return RateLimited("fake", "too many calls", retry_after=seconds)


@pytest.mark.parametrize(
    ("problems", "read", "waited", "reads"),
    [
        ([limited(17), limited(290)], True, 307, 3),
        ([limited()] * 3, True, 1 + 2 + 4, 4),
        ([limited(LONGEST + 1)], False, 0, 1),
        ([limited(1)] * TRIES, False, TRIES - 1, TRIES),
        ([Unavailable("fake", "down")], True, 1, 2),
        ([Unavailable("fake", "down")] * 9, False, 1 + 2, TRIES_UNWELL),
        ([TimedOut("fake", "late"), limited(5)], True, 1 + 5, 3),
        ([AuthFailed("fake", "no")], False, 0, 1),
    ],
)
def test_reading_again(problems: list[ProviderError], read: bool, waited: float, reads: int) -> None:
    """As long as the system asked, else longer and longer; only what may pass, and not for ever."""
    clock, system = Clock(), Busy(*problems)
    found = observe({"fake": system}, [("fake", SCOPE)], Patience(clock))
    assert found.complete is read
    assert (clock.now() - START).total_seconds() == waited
    assert system.reads == reads


def test_only_what_was_late_is_read_again() -> None:
    """The others keep what was read; all that are late wait together, once."""
    clock = Clock()
    systems = {"a": Busy(), "b": Busy(limited(30)), "c": Busy(limited(20))}
    asked = [(name, Scope("dns", f"{name}.example")) for name in systems]
    assert observe(systems, asked, Patience(clock)).complete
    assert {name: one.reads for name, one in systems.items()} == {"a": 1, "b": 2, "c": 2}
    assert (clock.now() - START).total_seconds() == 30


def test_person_who_stops_is_heard_while_it_waits() -> None:
    """After the next glance; the lease is kept till then, and it was said what is waited for."""
    clock, said, beats = Clock(), list[str](), list[int]()
    patience = Patience(
        clock, say=said.append, stop=lambda: (clock.now() - START).total_seconds() >= 20, beat=lambda: beats.append(1)
    )
    assert not observe({"fake": Busy(limited(600))}, [("fake", SCOPE)], patience).complete
    assert (clock.now() - START).total_seconds() == 20
    assert len(beats) == 4
    assert said == ["waits 600 s: fake: too many calls"]


class Late(System):
    """Takes one change of each call, and lets the others come again."""

    seconds = 40.0

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        self.calls.append(len(batch))
        later = [Outcome(one.key, Status.FAILED, "too many calls", retry_after=self.seconds) for one in batch[1:]]
        return [*super().apply(batch[:1]), *later]


def late(seconds: float = 40.0) -> tuple[World, Late]:
    world, system = company(steady("mailer")), Late()
    system.resources, system.seconds = world.systems[ZONE].resources, seconds
    world.systems[ZONE] = system
    world.approve()
    return world, system


def test_changes_that_may_come_again_come_again() -> None:
    """Those alone, after the time the system asked for; the journal sees one begin and one end."""
    world, system = late()
    report = run(world.plan(), world.hands())
    assert {one.status for one in report.results} == {Status.DONE}
    assert system.calls == [2, 1]
    assert (world.clock.now() - START).total_seconds() == 40
    assert [entry.type for entry in world.journal.entries].count("begin") == 1


def test_changes_that_may_come_again_much_later_failed() -> None:
    """Nobody sits for hours before a screen: it is told, and the next run goes on."""
    world, system = late(LONGEST + 1)
    report = run(world.plan(), world.hands())
    assert sorted(one.status for one in report.results) == [Status.DONE, Status.FAILED]
    assert system.calls == [2]


def test_what_was_read_a_moment_ago_is_read_no_more() -> None:
    """Once; the batch after it looks again, since the first has changed things."""
    world = company(steady("mailer"))
    world.approve()
    system = Busy()
    system.resources = world.systems[ZONE].resources
    world.systems[ZONE] = system
    made, hands = world.plan(), world.hands()
    hands.fresh = {(ZONE, SCOPE): dict(system.resources)}
    run(made, hands)
    assert system.reads == 0
    assert not hands.fresh


def test_what_changed_since_a_fresh_reading_is_refused_by_the_system() -> None:
    """The reading is a moment old; what somebody changed in that moment stays as it is."""
    world = company(steady("mailer"))
    world.approve()
    made, hands = world.plan(), world.hands()
    hands.fresh = {(ZONE, SCOPE): dict(world.systems[ZONE].resources)}
    world.put(WWW, "203.0.113.5")
    results = {one.act.slot.key: one.status for one in run(made, hands).results}
    assert results == {WWW: Status.REFUSED, TXT: Status.DONE}
    assert world.values(WWW) == ("203.0.113.5",)


def test_journal_that_is_lost_ends_a_wait() -> None:
    """Whoever lost the lease must not write, however long the system made him wait."""

    class Lost(Exception):
        pass

    def beat() -> None:
        if world.clock.now() > START:
            raise Lost

    world, _ = late()
    hands = world.hands()
    hands.patience = replace(hands.patience, beat=beat)
    with pytest.raises(Lost):
        run(world.plan(), hands)


class Showing(Late):
    """Took the others too, and shows them the next time it is asked."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [
            replace(one, status=Status.WAITING, detail="taken, not shown yet") if one.retry_after else one
            for one in super().apply(batch)
        ]


class Silent(Showing):
    """It does not say when to come again."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [replace(one, retry_after=0.0) for one in super().apply(batch)]


def showing(seconds: float, system: Showing) -> tuple[World, Showing]:
    world = company(steady("mailer"))
    system.resources, system.seconds = world.systems[ZONE].resources, seconds
    world.systems[ZONE] = system
    world.approve()
    return world, system


def test_what_is_taken_and_not_shown_yet_is_asked_for_again() -> None:
    """As often as the system says; in the journal it ends once, done."""
    world, system = showing(40.0, Showing())
    report = run(world.plan(), world.hands())
    assert {one.status for one in report.results} == {Status.DONE}
    assert (system.calls, report.awaited) == ([2, 1], [])
    assert (world.clock.now() - START).total_seconds() == 40


@pytest.mark.parametrize("seconds", [0.0, LONGEST + 1], ids=["does not say when", "much later"])
def test_what_is_not_shown_for_long_is_awaited(seconds: float) -> None:
    """Nobody sits before a screen for it: the next run looks."""
    world, system = showing(seconds or 40.0, Silent() if not seconds else Showing())
    report = run(world.plan(), world.hands())
    assert sorted(one.status for one in report.results) == [Status.DONE, Status.WAITING]
    assert system.calls == [2]
    assert [one.state.text for one in report.awaited] == ["taken, not shown yet"]
    assert world.clock.now() == START
