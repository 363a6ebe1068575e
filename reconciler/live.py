"""Reads every scope through its provider, in parallel, and keeps what was read as one picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

from reconciler.model.errors import ProviderError
from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.provider import Observation, Reader, Scope

PARALLEL = 10


@dataclass(frozen=True, slots=True)
class Read:
    """One scope's reading, or why there is none."""

    provider: str
    scope: Scope
    observation: Observation | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """All that was read for one customer.

    Attributes:
        resources: by key, of every complete reading.
        reads: in the order asked.
    """

    resources: Mapping[Key, Resource] = field(default_factory=dict)
    reads: tuple[Read, ...] = ()

    @property
    def complete(self) -> bool:
        """Every scope was read whole."""
        return all(read.observation is not None for read in self.reads)

    def covers(self, key: Key) -> bool:
        """Tell whether `key`, when it is not in `resources`, surely does not exist."""
        return any(read.observation is not None and read.observation.covers(key) for read in self.reads)


def observe(providers: Mapping[str, Reader], scopes: Iterable[tuple[str, Scope]]) -> Live:
    """Read every scope; one that cannot be read is kept as an error, never as emptiness.

    Systems elsewhere are read side by side, and what is kept on this machine meanwhile.
    """
    asked = tuple(scopes)
    elsewhere = {one: _pool().submit(_read, providers, *one) for one in asked if not _local(providers[one[0]])}
    here = {one: _read(providers, *one) for one in asked if one not in elsewhere}
    return gather(elsewhere[one].result() if one in elsewhere else here[one] for one in asked)


def _local(provider: Reader) -> bool:
    return bool(provider.kinds) and all(kind.local for kind in provider.kinds.values())


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """One pool for all customers: starting threads for each costs more than a small reading."""
    return ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="observe")


def gather(reads: Iterable[Read]) -> Live:
    """Put readings together."""
    kept = tuple(reads)
    resources: dict[Key, Resource] = {}
    for read in kept:
        if read.observation is not None:
            resources.update(read.observation.resources)
    return Live(resources, kept)


def _read(providers: Mapping[str, Reader], name: str, scope: Scope) -> Read:
    try:
        return Read(name, scope, providers[name].observe(scope))
    except ProviderError as error:
        return Read(name, scope, error=str(error))
