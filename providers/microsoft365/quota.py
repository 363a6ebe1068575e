"""How much one app may ask of one tenant: two buckets, and one answer to a refusal.

Source: Microsoft Graph documentation, Microsoft Graph service-specific throttling limits, Identity and access (2022):
for an app and a tenant of the smallest size 3,500 resource units in 10 s for reading and 3,000 writes in 150 s; reading
users costs 2 units, 1 less with `$select`; sources disagree on whether a 429 says when to come again.
"""

from __future__ import annotations

import threading

from reconciler.clock import Clock
from reconciler.wire.pace import Pace

#: Reads a second for ever, and at once: 1,000 + 10 x 60 = 1,600 in any window of 10 s, of about 2 units each.
READS, READS_AT_ONCE = 60.0, 1000
#: Writes a second for ever, and at once: 2,000 + 150 x 6 = 2,900 in any window of 150 s.
WRITES, WRITES_AT_ONCE = 6.0, 2000
#: Seconds to wait after a refusal that says no time, and after the ones that follow it.
WAITS = (5.0, 10.0, 20.0, 30.0)


class Quota:
    """The pace of one app in one tenant; threads may share it."""

    def __init__(self, provider: str, clock: Clock | None = None) -> None:
        self._reads = Pace(provider, READS, READS_AT_ONCE, clock)
        self._writes = Pace(provider, WRITES, WRITES_AT_ONCE, clock)
        self._lock = threading.Lock()
        self._refused = 0

    def take(self, *, write: bool) -> None:
        """Wait for this call's turn; an item of a batch is a call.

        Raises:
            RateLimited: the turn is far away.
        """
        (self._writes if write else self._reads).take()

    def refused(self, said: float | None) -> float:
        """The system refused a call as one too many.

        Args:
            said: seconds until the next, as it says; none = it does not, and the wait grows.

        Returns:
            Seconds, above nothing, for which nobody will ask.
        """
        with self._lock:
            wait = said or WAITS[min(self._refused, len(WAITS) - 1)]
            self._refused += 1
        self._reads.hold(wait)
        self._writes.hold(wait)
        return wait

    def answered(self) -> None:
        """The system did as asked: the next refusal is a first one."""
        with self._lock:
            self._refused = 0
