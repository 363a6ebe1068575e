"""What may go wrong between an adapter and its system, as data; the harness makes it happen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from reconciler.model.change import Status
from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    Moved,
    NotFound,
    ProviderError,
    RateLimited,
    TimedOut,
    Unavailable,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One call that goes wrong.

    Attributes:
        status: as HTTP counts them; 0 for an answer that never comes. A harness without HTTP plays what it declares.
        error: what `observe` must raise.
        outcomes: what `apply` may answer for the change that was hit.
        on: a call that reads, or one that writes.
        nth: which call of that sort is hit, from 1, counted from the injection on; the others pass.
        times: how many calls in a row are hit.
        effect: the call takes effect all the same and only its answer is lost.
        retry_after: seconds that the system asks to wait.
        request_id: the system's own name for the call.
    """

    name: str
    status: int
    error: type[ProviderError]
    outcomes: frozenset[Status] = frozenset({Status.FAILED})
    on: Literal["read", "write"] = "read"
    nth: int = 1
    times: int = 1
    effect: bool = False
    retry_after: float = 0.0
    request_id: str = "req-7d1f"

    def writing(self, nth: int = 1) -> Fault:
        """The same on a call that writes."""
        return replace(self, on="write", nth=nth)


_UNSURE = frozenset({Status.FAILED, Status.UNKNOWN})

#: Law 12: every answer a system may give instead of the one that was asked for.
#: Source: RFC 9110, sections 15.5 and 15.6; RFC 6585, section 4 (429); RFC 9110, section 10.2.3 (Retry-After, seconds).
TABLE = (
    Fault("401", 401, AuthFailed),
    Fault("403", 403, Forbidden),
    Fault("404", 404, NotFound),
    Fault("409", 409, Moved, frozenset({Status.REFUSED})),
    Fault("422", 422, Invalid),
    Fault("429", 429, RateLimited, retry_after=17.0),
    Fault("500", 500, Unavailable, _UNSURE),
    Fault("503", 503, Unavailable, _UNSURE, retry_after=5.0),
    Fault("timeout", 0, TimedOut, frozenset({Status.UNKNOWN}), request_id=""),
)

#: Law 5: the first part of a listing comes, the second does not.
SECOND_PAGE = Fault("page-two", 503, Unavailable, nth=2)

#: Law 5 for a system that is a file: it cannot be opened, or it ends in the middle.
UNREADABLE = Fault("unreadable", 0, ProviderError, request_id="")
TRUNCATED = Fault("truncated", 0, ProviderError, request_id="")

#: Law 10: the write takes effect, its answer is lost.
LOST_REPLY = Fault(
    "lost-reply", 0, TimedOut, frozenset({Status.DONE, Status.UNKNOWN}), "write", effect=True, request_id=""
)

#: Law 12: a system that is asked too often says so again and again, with the seconds to wait or without.
STORMS = (
    Fault("429-storm", 429, RateLimited, times=3, retry_after=17.0),
    Fault("429-storm-bare", 429, RateLimited, times=3),
)

#: What a listing may suffer.
PARTIAL_READS = (SECOND_PAGE, UNREADABLE, TRUNCATED)

#: Every fault the suite knows, by name.
NAMES = frozenset(fault.name for fault in (*TABLE, *STORMS, *PARTIAL_READS, LOST_REPLY))
