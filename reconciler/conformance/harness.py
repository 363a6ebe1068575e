"""What an adapter's test must give, so that the suite can judge the adapter from behind its back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from reconciler.conformance.faults import Fault
from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.provider import Reader, Scope, Writer

#: The secret that law 15 looks for: put it into every option and credential that is one.
MARKER = "S3cret-4f6c1d-marker"


@dataclass
class FixedClock:
    """A clock that moves only when told, and that nobody may sleep on."""

    instant: datetime = field(default_factory=lambda: datetime(2026, 11, 21, 20, 0, tzinfo=UTC))

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self.instant

    def sleep(self, seconds: float) -> None:
        """Complain.

        Raises:
            AssertionError: always; a provider never blocks.
        """
        raise AssertionError(f"the provider slept {seconds} s")

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.instant += timedelta(seconds=seconds)


class Provider(Reader, Writer, Protocol):
    """An adapter that can read and write."""


class Harness(Protocol):
    """One adapter with one fresh, empty system behind it; the suite takes a new harness for every test.

    Attributes:
        target: the adapter's class as its entry point names it (`providers.memory:MemoryProvider`).
        scopes: the empty zone, the empty tenant, or both; each holds nothing but what it cannot be without.
        clock: the only clock the adapter sees.
        faults: names of the faults of `faults` that this harness can inject.
        skus: part numbers of two products with at least five free seats in the tenant; empty without a tenant.
    """

    target: str
    scopes: Sequence[Scope]
    clock: FixedClock
    faults: frozenset[str]
    skus: Sequence[str]

    def open(self) -> Reader:
        """A new provider on the system; called again, it is as if the process had been started again."""
        ...

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        """What is really there, read without the adapter; in normal form, users, licences and groups by object id."""
        ...

    def edit(self, key: Key, resource: Resource | None) -> None:
        """Change the truth behind the adapter's back; none removes."""
        ...

    def foreign(self, scope: Scope) -> Iterable[Resource]:
        """Resources such as others keep in a system like this, whatever the adapter makes of them; one at least."""
        ...

    def calls(self) -> int:
        """How often the system was asked anything so far; 0 for ever where it is a file."""
        ...

    def mark(self, scope: Scope) -> object:
        """Something that changes with every write that reaches the scope (its bytes, a count of writes)."""
        ...

    def prove(self, key: Key) -> None:
        """Show the world the proof that the tenant's domain `key` asks for; nothing without a tenant."""
        ...

    def inject(self, fault: Fault) -> AbstractContextManager[Fault]:
        """Let one call go wrong, or every one where the system is a file, until the block ends.

        Yields:
            The fault as it is really played: a file has no request id and names no wait.
        """
        ...
