"""What apply works with, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from reconciler import gates, ledger
from reconciler.binding import Binding
from reconciler.clock import Clock
from reconciler.journal import Entry
from reconciler.ledger import Ledger
from reconciler.model.change import Status
from reconciler.model.errors import Transient
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Resource
from reconciler.model.route import Facts, Wait, Want
from reconciler.model.value import Secret, Unknown, Value
from reconciler.patience import Patience
from reconciler.plan import Act
from reconciler.provider import Reader, Readiness, Scope


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one act; `detail` is one line for a person, empty when done."""

    act: Act
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A closed gate of a stage, or a change that its system has accepted and not yet made."""

    subject: str
    stage: str
    state: gates.GateState

    @property
    def dated(self) -> bool:
        """Only a day of the spec is awaited, months ahead perhaps: nothing is left to be done now (rule 18)."""
        return isinstance(self.state.gate, Wait) and self.state.gate.rule == "until"


@dataclass(slots=True)
class Report:
    """What one pass over a plan did.

    Attributes:
        again: something became known or possible by this pass; planning anew may go further.
        interrupted: a person asked to stop.
    """

    results: list[StepResult] = field(default_factory=list)
    awaited: list[Awaited] = field(default_factory=list)
    again: bool = False
    wrote: bool = False
    interrupted: bool = False


class Book(Protocol):
    """What apply needs of a journal."""

    def append(self, kind: str, payload: Mapping[str, Any]) -> Entry:
        """Add one entry; it is safe when this returns."""
        ...


@dataclass(slots=True)
class Hands:
    """What apply works with; all of one customer.

    Attributes:
        provider_of: the provider's name for a resource.
        scope_of: what is read when a resource is looked at again.
        approved: why an act is not approved; empty when it is.
        password: makes and durably keeps a password for (spec id, upn).
        patience: stops when a person asks for it, keeps the lease (its `beat` raises when that is lost), and says one
            line of progress. A stop is heard between batches.
        fresh: what was read a moment ago and nobody of us has changed since, by provider and scope; taken out when it
            is used.
    """

    providers: Mapping[str, Reader]
    provider_of: Callable[[Key], str]
    scope_of: Callable[[Key], Scope]
    binding: Binding
    journal: Book
    known: Ledger
    facts: Facts
    approved: Callable[[Act], str]
    password: Callable[[str, str], Secret]
    patience: Patience
    fresh: dict[tuple[str, Scope], Mapping[Key, Resource]] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self.patience.clock

    def note(self, kind: str, payload: Mapping[str, object]) -> None:
        """Journal an entry and fold it."""
        self.known = ledger.extend(self.known, [self.journal.append(kind, payload)])

    def named(self, value: Value | Unknown | None) -> Value | None:
        """A plain value; none for one that is absent, or not named yet."""
        return self.facts.get(value.source) if isinstance(value, Unknown) else value

    def meta(self, slot: Slot, want: Want | None) -> dict[str, Any]:
        """What the ledger is to know of a slot besides its value; what is left out stays as it was known."""
        if want is None:
            return {}
        meta: dict[str, Any] = {}
        if want.manage != "full" or self.known.owned.get(slot.address):
            meta |= {"manage": str(want.manage), "protect": want.protect, "owner": want.owner}
        elif want.protect or want.owner:
            meta |= {"protect": want.protect, "owner": want.owner}
        if isinstance(want.value, Unknown):
            meta["source"] = want.value.source
        if slot.key.kind in ("user", "group") and slot.part == "":
            meta["remote_id"] = self.binding.remote.get((slot.key.kind, slot.key.name), "")
        return meta

    def bind(self, key: Key, remote_id: str) -> None:
        """Remember the object id of what was just made."""
        remote = {**self.binding.remote, (key.kind, key.name): remote_id}
        names = {**self.binding.names, (key.kind, remote_id): key.name}
        self.binding = replace(self.binding, remote=remote, names=names)

    def ready(self, key: Key) -> Readiness:
        """Ask a resource's provider."""
        return self.providers[self.provider_of(key)].ready(self.binding.key(key))

    def read(self, name: str, scope: Scope) -> dict[Key, Resource]:
        """One scope now, under the spec's names.

        Raises:
            ProviderError: it cannot be read whole.
        """
        tried = 1
        while True:
            try:
                return self.binding.inward(self.providers[name].observe(scope).resources)
            except Transient as problem:
                seconds = self.patience.again(problem, tried)
                if seconds is None or not self.patience.wait(seconds, str(problem)):
                    raise
                tried += 1

    def recent(self, name: str, scope: Scope) -> dict[Key, Resource]:
        """The same, or what was read a moment ago: a provider refuses what has changed since.

        Raises:
            ProviderError: it cannot be read whole.
        """
        fresh = self.fresh.pop((name, scope), None)
        return self.read(name, scope) if fresh is None else self.binding.inward(fresh)
