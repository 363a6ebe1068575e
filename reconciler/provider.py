"""THE CONTRACT between the core and every remote system.

An adapter is one class with a constructor `(name, options, folder)` that meets `Reader`, and `Writer` if it can write.
Constructing it opens nothing and reads no environment. It is synchronous and never merges: a change is always a whole
resource. It raises only the errors of `reconciler.model.errors`; a change that could not be made is an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from reconciler.model.change import Change, Outcome
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do for one kind, as data.

    Attributes:
        verbs: of `create`, `update`, `delete`; empty = read only.
        batch: changes one `apply` may be handed; how many calls that takes is the adapter's business.
        atomic: a batch takes effect whole or not at all.
        delegated: a person makes the change; `apply` only asks.
        computed: attributes that the system sets itself, by the names of the resource's dataclass fields; never
            compared. A TTL among them is asked for along with values, and whatever is shown then is a fact.
        grows: attributes from which nothing can be taken away, by the names of the resource's dataclass fields.
        delay: seconds until a read surely shows a write.
        local: it is kept on this machine: reading it waits for nobody.
    """

    verbs: frozenset[str] = frozenset({"create", "update", "delete"})
    batch: int = 1
    atomic: bool = False
    delegated: bool = False
    computed: frozenset[str] = frozenset()
    grows: frozenset[str] = frozenset()
    delay: float = 0.0
    local: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What to read.

    Attributes:
        system: `dns`, `tenant` or `exchange`.
        name: the zone, or the tenant.
        names: only these resource names; none = the whole. Of a zone, owner names. Of a tenant: addresses, object ids,
            domains whose records are asked for, and groups as `group/NAME`; a name of the spec that nobody has there
            does no harm. A reading may hold more, and says so in its own scope.
    """

    system: str
    name: str
    names: frozenset[str] | None = None


#: Kinds of which a tenant may hold many; a reading of some names holds all of every other kind.
NAMED = frozenset({"user", "licenses", "group"})


@dataclass(frozen=True, slots=True)
class Observation:
    """A complete reading of one scope.

    Attributes:
        resources: by key, in normal form; users, licences and groups are keyed by remote id.
        version: the system's own mark of this state (a zone's serial), for people; may be empty.
        findings: what looks wrong in what was read and was read all the same; warnings only.
        locked: what is there, is not among `resources`, and must be left to its owner, with the reason for a person
            ("an alias of ...", "kept by Email Routing"). Never planned on.
        name_servers: the hosts to which the zone's parent must point, lower case, with the final dot; empty = those of
            the NS set at the zone's apex.
        taken: when it was read, ISO 8601, where this is a copy of a system that is elsewhere: plans are made over it,
            and nothing is applied.
    """

    scope: Scope
    resources: Mapping[Key, Resource]
    version: str = ""
    findings: tuple[Diagnostic, ...] = ()
    locked: Mapping[Key, str] = field(default_factory=dict)
    name_servers: tuple[str, ...] = ()
    taken: str = ""

    def covers(self, key: Key) -> bool:
        """Tell whether this reading can say that `key` does not exist."""
        if (key.system, key.scope) != (self.scope.system, self.scope.name):
            return False
        names = self.scope.names
        if names is None or (key.system == "tenant" and key.kind not in NAMED):
            return True
        return (f"group/{key.name}" if key.kind == "group" else key.name) in names


@dataclass(frozen=True, slots=True)
class Readiness:
    """Has the last change to a resource taken effect?

    Attributes:
        detail: what is awaited; empty when ready.
        retry_after: seconds after which it surely will have; 0 when nobody knows.
    """

    ready: bool
    detail: str = ""
    retry_after: float = 0.0


@runtime_checkable
class Reader(Protocol):
    """What `plan` and `drift` need."""

    @property
    def kinds(self) -> Mapping[str, Capabilities]:
        """By kind (`MX`, `user`, ...); a kind that is missing is not supported."""
        ...

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        """Offline: what of this the system cannot store; `apply` is never the first to find out."""
        ...

    def normalise(self, desired: Resource) -> Resource:
        """The form in which `observe` would report it; offline, idempotent."""
        ...

    def observe(self, scope: Scope) -> Observation:
        """Everything in the scope, in normal form.

        Raises:
            ProviderError: it could not be read whole; never a partial answer. `NotFound` when the zone or tenant does
                not exist.
        """
        ...

    def ready(self, key: Key) -> Readiness:
        """Tell whether the last change to `key` is visible where it must be; never blocks.

        Raises:
            ProviderError: it could not be asked.
        """
        ...


@runtime_checkable
class Writer(Protocol):
    """What `apply` needs besides."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        """Make the changes, in the order given, in the fewest calls, and read them back.

        All changes are of one zone or one tenant. A change whose `before` no longer holds is refused, not forced; one
        whose `after` already holds is done. Safe to repeat. Deleting what is not there succeeds. A change may name, by
        the spec's id, a user that an earlier change of the same batch makes.

        Returns:
            One outcome for each change, in the order given; it never raises a `ProviderError`: what went wrong is
            `failed`, a lost answer `unknown`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """What one identity may do with one scope.

    Attributes:
        identity: `plan`, which reads; `apply`, which writes, where that is another one.
        reads: it can read the scope. `writes`: it can write there; none = the system cannot say.
        detail: for a person, one line.
    """

    identity: str
    reads: bool
    writes: bool | None = None
    detail: str = ""


@runtime_checkable
class Inspector(Protocol):
    """What a provider that can tell more of its identities than "it was read" has besides."""

    def access(self, scope: Scope) -> Sequence[Access]:
        """Ask what each identity may do; nothing is changed.

        Raises:
            ProviderError: the system could not be asked.
        """
        ...


@runtime_checkable
class Witness(Protocol):
    """What a provider has besides that reads several servers for one answer."""

    def shown(self, keys: Sequence[Key]) -> Mapping[Key, Mapping[str, RecordSet | None]]:
        """What each server shows of each record set, by the server's name; none = it shows none.

        Raises:
            ProviderError: a server could not be asked.
        """
        ...


@runtime_checkable
class Follower(Protocol):
    """What a provider has besides whose system can tell what has changed since a reading."""

    def follow(self, before: Observation) -> Observation:
        """The same reading, brought up to date; `before` is one of its own, whatever process made it.

        Raises:
            ProviderError: it could not be read whole. `Moved` when the system does not remember that state any more:
                `observe` instead.
        """
        ...


@runtime_checkable
class Referrer(Protocol):
    """What a provider has besides whose system can tell what refers to a resource."""

    def references(self, key: Key) -> Mapping[str, int]:
        """How many objects refer to a domain of a tenant, by kind (`user`, `group`, ...); empty when none does.

        Raises:
            ProviderError: the system could not be asked.
        """
        ...


@runtime_checkable
class Recorder(Protocol):
    """What a provider has besides to which a person brings back what became of each step."""

    def results(self, scope: Scope) -> Mapping[str, str]:
        """By step id what went wrong, in the system's words; empty where it was done.

        Raises:
            ProviderError: what was brought back cannot be read.
        """
        ...


class Opener(Protocol):
    """How the registry makes a provider from the workspace's entry."""

    def __call__(self, name: str, options: Mapping[str, object], folder: Path) -> Reader:
        """Construct it; relative paths in `options` start at `folder`.

        Raises:
            SpecError: an option is missing, unknown or wrong.
        """
        ...
