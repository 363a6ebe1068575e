"""How often a system is asked: never more than it allows, never later than need be."""

from __future__ import annotations

import pytest

from reconciler.model.errors import RateLimited
from reconciler.wire.pace import PATIENCE, Pace
from tests.semantics.world import START, Clock


def passed(clock: Clock) -> float:
    """Seconds since the start."""
    return (clock.now() - START).total_seconds()


def test_bucket() -> None:
    """Full at first; then each call waits for its turn."""
    clock = Clock()
    pace = Pace("host", rate=2.0, burst=5, clock=clock)
    waits = []
    for _ in range(8):
        pace.take()
        waits.append(passed(clock))
    assert waits == [0, 0, 0, 0, 0, 0.5, 1.0, 1.5]


def test_bucket_fills_again() -> None:
    """Up to its size, however long nobody asks."""
    clock = Clock()
    pace = Pace("host", rate=2.0, burst=3, clock=clock)
    for _ in range(3):
        pace.take()
    clock.sleep(3600)
    began = passed(clock)
    for _ in range(4):
        pace.take()
    assert passed(clock) - began == 0.5


def test_no_window_holds_more_than_it_may() -> None:
    """The burst and the rate together: what a vendor's window is counted by."""
    clock = Clock()
    pace = Pace("host", rate=3.0, burst=300, clock=clock)
    times = []
    for _ in range(2000):
        pace.take()
        times.append(passed(clock))
    assert max(sum(start <= one < start + 300 for one in times) for start in times[:700:50]) <= 1200


def test_what_the_system_says_holds() -> None:
    """A short wait is waited; a long one is told to whoever can be interrupted, and then it may be asked again."""
    clock = Clock()
    pace = Pace("host", rate=100.0, burst=100, clock=clock)
    pace.hold(PATIENCE - 1)
    pace.take()
    assert passed(clock) == PATIENCE - 1
    pace.hold(290)
    with pytest.raises(RateLimited) as caught:
        pace.take()
    assert caught.value.retry_after == 290
    clock.sleep(290)
    pace.take()


def test_a_shorter_word_does_not_shorten_a_longer_one() -> None:
    """Two answers on their way side by side: the later end counts."""
    clock = Clock()
    pace = Pace("host", rate=100.0, burst=100, clock=clock)
    pace.hold(60)
    pace.hold(10)
    with pytest.raises(RateLimited) as caught:
        pace.take()
    assert caught.value.retry_after == 60


def test_nothing_left_in_the_window() -> None:
    """Then nobody asks until it ends; while something is left, everybody may."""
    clock = Clock()
    pace = Pace("host", rate=100.0, burst=100, clock=clock)
    pace.left(1, 120)
    pace.take()
    pace.left(0, 120)
    with pytest.raises(RateLimited):
        pace.take()
