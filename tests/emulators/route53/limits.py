"""The account's limits since 2026-07-30: token buckets, one for all calls and one for each action."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

#: Tokens, and tokens a second. Those of an action are the vendor's defaults; creating zones is dearer.
ALL = OTHER = (50.0, 10.0)
ACTIONS = {"CreateHostedZone": (40.0, 2.0), "DeleteHostedZone": (40.0, 5.0)}


class Bucket:
    """Tokens that come back with time."""

    def __init__(self, size: float, rate: float, clock: Callable[[], datetime]) -> None:
        self._size, self._rate, self._clock = size, rate, clock
        self._held, self._seen = size, clock()

    def full_enough(self) -> bool:
        """Tell whether a token is there."""
        now = self._clock()
        self._held = min(self._size, self._held + self._rate * (now - self._seen).total_seconds())
        self._seen = now
        return self._held >= 1

    def take(self) -> None:
        """Use one."""
        self._held -= 1


class Limits:
    """What the account may ask.

    Attributes:
        refused: calls that were over a limit.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._all = Bucket(*ALL, clock)
        self._each: dict[str, Bucket] = {}
        self.refused = 0

    def admits(self, action: str) -> bool:
        """Tell whether one call more is allowed, and count it."""
        one = self._each.setdefault(action, Bucket(*ACTIONS.get(action, OTHER), self._clock))
        if self._all.full_enough() and one.full_enough():
            self._all.take()
            one.take()
            return True
        self.refused += 1
        return False
