"""What this process made and was told it wrote, so that a reader that lags behind is not taken for the truth.

Graph shows a write only after a while, each of its servers in its own time: an object made a moment ago may be unknown,
or known as it was before. Source: hashicorp/terraform-provider-azuread, its waits for consistency (2026-08).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.key import Key
from reconciler.model.resource import Resource

#: What a resource is like, part by part; a part that is absent is nothing.
Pieces = Mapping[str, object]

#: Seconds after which a write that was taken and is not shown yet is looked for again.
LATE = 5.0
#: Seconds: no wait that the system did not ask for is longer.
LONGEST = 30.0
#: Former states that are kept of one object.
_KEPT = 16


@dataclass
class Progress:
    """How far one wish has come.

    Attributes:
        after: the wish.
        taken: parts that the system said it took; none = taken away.
        waited: it was looked for once, and was not shown.
        stale: how often a server showed a former state.
        primary: the address of a user that shall be the first one.
        owed: writes that no read can tell were made, and that are still to be made.
    """

    after: Resource | None
    taken: dict[str, object] = field(default_factory=dict)
    waited: bool = False
    stale: int = 0
    primary: str = ""
    owed: set[str] = field(default_factory=set)


class Memory:
    """Of one provider, for all its tenants; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[tuple[str, str, str], str] = {}
        self._made: set[tuple[str, str]] = set()
        self._verified: set[tuple[str, str]] = set()
        self._progress: dict[Key, Progress] = {}
        self._former: dict[tuple[str, str], list[Pieces]] = {}
        self._tries: Counter[Key] = Counter()

    def identity(self, tenant: str, kind: str, name: str) -> str:
        """The object id of what this process found or made under a name of the spec; empty when it did not."""
        return self._ids.get((tenant, kind, name), "")

    def named(self, tenant: str, kind: str, name: str, identity: str) -> None:
        """Keep an object id."""
        self._ids[tenant, kind, name] = identity

    def made(self, tenant: str, identity: str) -> None:
        """This process made, deleted or brought back that object."""
        self._made.add((tenant, identity.lower()))

    def is_fresh(self, tenant: str, identity: str) -> bool:
        """Whether a server may not know that object yet."""
        return (tenant, identity.lower()) in self._made

    def verified(self, tenant: str, domain: str) -> None:
        """That domain was verified in this run."""
        self._verified.add((tenant, domain))

    def is_new_domain(self, tenant: str, domain: str) -> bool:
        """Whether that domain was verified so lately that a server may not take it for verified."""
        return (tenant, domain) in self._verified

    def progress(self, key: Key, after: Resource | None) -> Progress:
        """How far this wish has come; another one for the same resource begins anew."""
        with self._lock:
            found = self._progress.get(key)
            if found is None or found.after != after:
                found = self._progress[key] = Progress(after)
            return found

    def settled(self, key: Key) -> None:
        """The wish has come true, or never will."""
        self._progress.pop(key, None)
        self._tries.pop(key, None)

    def was(self, kind: str, identity: str, pieces: Pieces) -> None:
        """An object was so before this process changed it."""
        with self._lock:
            former = self._former.setdefault((kind, identity), [])
            former.append(pieces)
            del former[:-_KEPT]

    def is_former(self, kind: str, identity: str, pieces: Pieces) -> bool:
        """Whether an object was so before this process changed it: a server that shows it lags behind."""
        return pieces in self._former.get((kind, identity), ())

    def wait(self, key: Key, said: float) -> float:
        """Seconds until the next try, above nothing; those that the system said, else more each time."""
        self._tries[key] += 1
        return said or min(2.0 ** (self._tries[key] - 1), LONGEST)
