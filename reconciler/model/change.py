"""One change to one resource, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.model.value import Secret


@dataclass(frozen=True, slots=True)
class Change:
    """The whole resource before and after; the adapter merges nothing.

    Attributes:
        before: as the plan was made from it, or as read since; none = it does not exist. A precondition.
        after: as it shall be; none = delete it. A user is never deleted but soft-deleted.
        password: for a user that is created; none otherwise.
        steps: ids of the plan's steps that this change carries out.
    """

    key: Key
    before: Resource | None
    after: Resource | None
    steps: tuple[str, ...] = ()
    password: Secret | None = field(default=None, compare=False)


class Status(StrEnum):
    """What became of a change or step.

    `done`: read back and as wished. `failed`: the system said no. `refused`: we did not try. `waiting`: accepted or
    asked for, not yet in effect. `skipped`: something it needs did not happen. `unknown`: the answer was lost.
    """

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    WAITING = "waiting"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change.

    Attributes:
        detail: for a person, one line, no secret; empty when done.
        remote_id: of the resource, where the system has one.
        request_id: the remote system's own name for the call.
        retry_after: seconds; 0 when not worth retrying or not said.
    """

    key: Key
    status: Status
    detail: str = ""
    remote_id: str = ""
    request_id: str = ""
    retry_after: float = 0.0
