"""How often a system may be asked: one bucket for all threads that use one credential."""

from __future__ import annotations

import threading
from datetime import timedelta

from reconciler.clock import Clock, SystemClock
from reconciler.model.errors import RateLimited

#: Seconds a call waits for its turn. Longer waits belong to whoever can be interrupted: they are raised.
PATIENCE = 5.0


class Pace:
    """A token bucket that also listens to what the system says of its own limit."""

    def __init__(self, provider: str, rate: float, burst: int, clock: Clock | None = None) -> None:
        """The bucket is full.

        Args:
            provider: its name in the workspace, for errors.
            rate: calls a second that may go on for ever.
            burst: calls that may be made at once.
        """
        self._provider, self._rate, self._burst = provider, rate, burst
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._held = self._clock.now()
        # When the bucket was, or will be, empty by `burst` calls less than full.
        self._free = self._held - timedelta(seconds=burst / rate)

    def take(self) -> None:
        """Wait for this call's turn.

        Raises:
            RateLimited: the turn is more than `PATIENCE` away.
        """
        with self._lock:
            now = self._clock.now()
            start = max(self._free, now - timedelta(seconds=self._burst / self._rate))
            turn = max(start + timedelta(seconds=1 / self._rate), self._held)
            wait = (turn - now).total_seconds()
            if wait > PATIENCE:
                raise self._limited(wait)
            self._free = start + timedelta(seconds=1 / self._rate)
        if wait > 0:
            self._clock.sleep(wait)

    def hold(self, seconds: float) -> None:
        """The system said that nobody shall ask before so many seconds have passed."""
        with self._lock:
            self._held = max(self._held, self._clock.now() + timedelta(seconds=seconds))

    def left(self, calls: int, seconds: float) -> None:
        """The system said how many calls are left until its window ends in so many seconds."""
        if calls <= 0:
            self.hold(seconds)

    def _limited(self, wait: float) -> RateLimited:
        return RateLimited(self._provider, f"too many calls; the next may be made in {wait:.0f} s", retry_after=wait)
