"""What apply works with, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from reconciler import gates, ledger
from reconciler.binding import Binding
from reconciler.clock import Clock
from reconciler.journal import Entry
from reconciler.ledger import Begun, Ledger
from reconciler.model.change import Change, Status
from reconciler.model.errors import Transient
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Resource
from reconciler.model.route import Facts, Wait, Want
from reconciler.model.value import Secret, Unknown, Value
from reconciler.patience import Patience
from reconciler.plan import Act
from reconciler.provider import Capabilities, Reader, Readiness, Scope


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


class Answer(NamedTuple):
    """What became of a step that a person was asked for.

    Attributes:
        requested: a request that names it was written; else nobody was told of it, and it is asked for again.
        done: everything that its record set was asked for is there.
        text: one line for a person.
    """

    requested: bool = True
    done: bool = True
    text: str = "not seen yet"


@dataclass(slots=True)
class Report:
    """What one pass over a plan did.

    Attributes:
        asked: changes that a person was asked for just now.
        again: something became known or possible by this pass; planning anew may go further.
        interrupted: a person asked to stop.
    """

    results: list[StepResult] = field(default_factory=list)
    awaited: list[Awaited] = field(default_factory=list)
    asked: list[Change] = field(default_factory=list)
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
        shown: whether every server of a zone shows what was written in a slot.
        patience: stops when a person asks for it, keeps the lease (its `beat` raises when that is lost), and says one
            line of progress. A stop is heard between batches.
        fresh: what the plan was made from and nobody of us has changed since, by provider and scope; taken out when it
            is used.
        answer: what became of a step that a person was asked for.
        by_hand: a slot's provider cannot do what is to be done there, and a person is asked for it elsewhere.
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
    shown: Callable[[Slot, Value], Readiness] = lambda *_: Readiness(True)
    fresh: dict[tuple[str, Scope], Mapping[Key, Resource]] = field(default_factory=dict)
    answer: Callable[[Begun], Answer] = lambda _: Answer()
    by_hand: Callable[[Slot], bool] = lambda _: False

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self.patience.clock

    def delegated(self, key: Key) -> Capabilities | None:
        """What the provider of a resource can do where a person makes the change; none where it makes it itself."""
        name = self.provider_of(key)
        capability = self.providers[name].kinds.get(key.kind) if name else None
        return capability if capability and capability.delegated else None

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
        """Ask a resource's provider; what only needs a moment is asked again after it."""
        tried = 1
        while True:
            found = self.providers[self.provider_of(key)].ready(self.binding.key(key))
            seconds = self.patience.after(found.retry_after, tried) if found.retry_after else None
            if found.ready or seconds is None or not self.patience.wait(seconds, found.detail):
                return found
            tried += 1

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
        """The same, or what the plan was made from: a provider refuses what has changed since.

        Raises:
            ProviderError: it cannot be read whole.
        """
        fresh = self.fresh.pop((name, scope), None)
        return self.read(name, scope) if fresh is None else self.binding.inward(fresh)
