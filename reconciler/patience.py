"""How long to go on with a system that says: not now. Providers say it and never wait; whoever drives them does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.clock import Clock
from reconciler.model.errors import RateLimited, Transient

#: How often a system is asked in all that says it is asked too often, and one that does not answer well.
TRIES, TRIES_UNWELL = 8, 3
#: Seconds; a longer wait is for a person to decide. The longest window of a vendor we know is 5 minutes (Cloudflare,
#: 1,200 calls in 300 s, 2026-11).
LONGEST = 900.0
#: Seconds before the second try where the system did not say; each further wait is twice the one before.
FIRST = 1.0
#: Seconds after which a wait looks whether it is still wanted.
GLANCE = 5.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits for a system.

    Attributes:
        say: one line of progress.
        stop: a person asked to stop. `beat`: called every few seconds, keeps the lease.
    """

    clock: Clock
    say: Callable[[str], None] = lambda _: None
    stop: Callable[[], bool] = lambda: False
    beat: Callable[[], None] = lambda: None

    def again(self, problem: Transient, tried: int) -> float | None:
        """Seconds to wait before the next try; none = it is not worth it."""
        limited = isinstance(problem, RateLimited)
        if tried >= (TRIES if limited else TRIES_UNWELL):
            return None
        return self.after(problem.retry_after, tried)

    def after(self, asked: float, tried: int) -> float | None:
        """The same where only the wait that the system asked for is known, in seconds; 0 = it did not say."""
        if tried >= TRIES or asked > LONGEST:
            return None
        return asked or FIRST * 2.0 ** (tried - 1)

    def wait(self, seconds: float, why: str) -> bool:
        """Wait; false when a person does not want it any more."""
        if seconds > GLANCE:
            self.say(f"waits {seconds:.0f} s: {why}")
        while seconds > 0 and not self.stop():
            self.beat()
            self.clock.sleep(min(seconds, GLANCE))
            seconds -= GLANCE
        return not self.stop()
