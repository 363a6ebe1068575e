"""Reads every scope through its provider, in parallel, and keeps what was read as one picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

from reconciler.model.errors import ProviderError, Transient
from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.patience import Patience
from reconciler.provider import Observation, Reader, Scope

PARALLEL = 32


@dataclass(frozen=True, slots=True)
class Read:
    """One scope's reading, or why there is none."""

    provider: str
    scope: Scope
    observation: Observation | None = None
    problem: ProviderError | None = None

    @property
    def error(self) -> str:
        """Why it could not be read, for a person; empty when it was."""
        return str(self.problem) if self.problem else ""


@dataclass(frozen=True, slots=True)
class Live:
    """All that was read for one customer.

    Attributes:
        resources: by key, of every complete reading.
        reads: in the order asked.
        locked: what is there and must be left to its owner, with the reason.
        seen: every complete reading, by system and scope.
    """

    resources: Mapping[Key, Resource] = field(default_factory=dict)
    reads: tuple[Read, ...] = ()
    locked: Mapping[Key, str] = field(default_factory=dict)
    seen: Mapping[tuple[str, str], Observation] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Every scope was read whole."""
        return all(read.observation is not None for read in self.reads)

    def covers(self, key: Key) -> bool:
        """Tell whether `key`, when it is not in `resources`, surely does not exist."""
        found = self.seen.get((key.system, key.scope))
        return found is not None and found.covers(key)


def observe(providers: Mapping[str, Reader], scopes: Iterable[tuple[str, Scope]], patience: Patience) -> Live:
    """Read every scope; one that cannot be read is kept as an error, never as emptiness.

    Systems elsewhere are read side by side, and what is kept on this machine meanwhile. Those that ask for patience
    are read again, together, once they said that they may be.
    """
    asked = tuple(scopes)
    elsewhere = [one for one in asked if not is_local(providers[one[0]])]
    reading = {one: _pool().submit(_read, providers, *one) for one in elsewhere}
    reads = {one: _read(providers, *one) for one in asked if one not in reading}
    reads |= {one: future.result() for one, future in reading.items()}
    tried = 1
    while late := _late(elsewhere, reads, patience, tried):
        first = next(iter(late))
        if not patience.wait(max(late.values()), str(reads[first].problem)):
            break
        reading = {one: _pool().submit(_read, providers, *one) for one in late}
        reads |= {one: future.result() for one, future in reading.items()}
        tried += 1
    return gather(reads[one] for one in asked)


def _late(
    asked: Iterable[tuple[str, Scope]], reads: Mapping[tuple[str, Scope], Read], patience: Patience, tried: int
) -> dict[tuple[str, Scope], float]:
    """What is worth reading again, and the seconds to wait before."""
    found: dict[tuple[str, Scope], float] = {}
    for one in asked:
        problem = reads[one].problem
        seconds = patience.again(problem, tried) if isinstance(problem, Transient) else None
        if seconds is not None:
            found[one] = seconds
    return found


def is_local(provider: Reader) -> bool:
    """It is kept on this machine: reading it waits for nobody."""
    return bool(provider.kinds) and all(kind.local for kind in provider.kinds.values())


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """One pool for all customers: starting threads for each costs more than a small reading."""
    return ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="observe")


def gather(reads: Iterable[Read]) -> Live:
    """Put readings together."""
    kept = tuple(reads)
    seen: dict[tuple[str, str], Observation] = {}
    resources: dict[Key, Resource] = {}
    locked: dict[Key, str] = {}
    for read in kept:
        if read.observation is not None:
            resources.update(read.observation.resources)
            locked.update(read.observation.locked)
            seen[read.scope.system, read.scope.name] = read.observation
    return Live(resources, kept, locked, seen)


def _read(providers: Mapping[str, Reader], name: str, scope: Scope) -> Read:
    try:
        return Read(name, scope, providers[name].observe(scope))
    except ProviderError as problem:
        return Read(name, scope, problem=problem)
