"""What the ledger says: read-only nouns, and the questions that need more than a look-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from reconciler.ledger.form import fingerprint
from reconciler.model.key import Slot
from reconciler.model.route import Manage
from reconciler.model.value import Value

#: The time of what has not been written yet.
NEVER = datetime.min.replace(tzinfo=UTC)


class Owned(NamedTuple):
    """A slot that is ours.

    Attributes:
        value: last written or adopted, in recorded form; the kind of `recorded`.
        how: `written` or `adopted`; a sender's removal takes only what we wrote.
        ttl: of the record set, in seconds; none when not known.
        protect: never delete, whatever the spec says now.
        owner: under whose name a term is kept (the SPF sender).
        source: the fact the value was last named by; empty when it never was.
        source_value: the value that fact last had here, written or adopted (rule 5).
    """

    value: Value
    how: str = "written"
    time: datetime = NEVER
    route: str = ""
    stage: str = ""
    ttl: int | None = None
    manage: Manage = Manage.FULL
    protect: bool = False
    owner: str = ""
    remote_id: str = ""
    source: str = ""
    source_value: Value | None = None

    @classmethod
    def of(cls, slot: Slot, value: Value) -> Owned:
        """A slot as it will be owned once `value` is written."""
        return cls(value if slot.key.system == "dns" else fingerprint(value))


class Begun(NamedTuple):
    """A step whose `begin` is journalled, with all that the entry says; `request_id` only while it waits."""

    id: str
    route: str
    stage: str
    address: str
    action: str
    before: Value | None
    before_ttl: int | None
    after: Value | None
    carried: tuple[tuple[str, Value, Mapping[str, Any]], ...]
    meta: Mapping[str, Any]
    time: datetime
    seq: int
    run: str
    request_id: str = ""


class Before(NamedTuple):
    """A slot before the first write on a route: what a rollback restores.

    Attributes:
        value: recorded form; none = it was absent.
        ttl: of the record set, in seconds; none when absent, or not DNS.
        stage: whose step wrote first.
        owned: what was ours then; none = it was not.
    """

    value: Value | None
    ttl: int | None
    stage: str
    owned: Owned | None


class TtlChange(NamedTuple):
    """A change to a record set that is live since `time`; TTLs in seconds, none = absent or not known."""

    time: datetime
    before: int | None
    after: int | None
    route: str


class Move(NamedTuple):
    """A migration that has begun.

    Attributes:
        subject: the domain that moves.
        settles: the stage whose end settles it; the spec may drop `migration.from` after it.
    """

    subject: str
    settles: str


class LastChange(NamedTuple):
    """The newest change that was read back."""

    address: str
    time: datetime


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the journal says, read only; equal for equal journals.

    Attributes:
        owned: by slot address.
        approved: by route: the step ids that may still be carried out.
        spent: by route: ids whose `end` is journalled since they were last approved (rule 2).
        ended: by route: stage names in the order in which they ended. `ended_at`: by route and stage name.
        confirmed: by route: tasks that a person has confirmed.
        open: steps begun whose outcome is not known; resolved before anything else happens (rule 8).
        waiting: by step id: asked for, and not yet seen (delegated systems, slow ones).
        rolling_back: by route: rollbacks begun and not ended, with the stage they go back to; nothing else may happen.
        remote: object id by the address of a user or group as the spec names it. `known`: the reverse.
        earlier: by object id: the names under which it was known before.
        ttl_history: by record set address, oldest first.
        touches: by route, by slot address; emptied by a rollback.
        moves: by route: migrations begun, settled or not; a rollback to before the first stage ends one (rule 10).
        taken: by route: when a person last said where it stands, so that what came before is not known.
        last_change: by route.
        places: the provider at which each zone is, by zone; one that moves stays at the old one until it has moved.
    """

    owned: Mapping[str, Owned] = field(default_factory=_none)
    approved: Mapping[str, frozenset[str]] = field(default_factory=_none)
    spent: Mapping[str, frozenset[str]] = field(default_factory=_none)
    ended: Mapping[str, tuple[str, ...]] = field(default_factory=_none)
    ended_at: Mapping[tuple[str, str], datetime] = field(default_factory=lambda: MappingProxyType({}))
    confirmed: Mapping[str, frozenset[str]] = field(default_factory=_none)
    open: tuple[Begun, ...] = ()
    waiting: Mapping[str, Begun] = field(default_factory=_none)
    rolling_back: Mapping[str, str] = field(default_factory=_none)
    remote: Mapping[str, str] = field(default_factory=_none)
    known: Mapping[str, str] = field(default_factory=_none)
    earlier: Mapping[str, frozenset[str]] = field(default_factory=_none)
    ttl_history: Mapping[str, tuple[TtlChange, ...]] = field(default_factory=_none)
    touches: Mapping[str, Mapping[str, Before]] = field(default_factory=_none)
    moves: Mapping[str, Move] = field(default_factory=_none)
    taken: Mapping[str, datetime] = field(default_factory=_none)
    last_change: Mapping[str, LastChange] = field(default_factory=_none)
    places: Mapping[str, str] = field(default_factory=_none)

    def stage_of(self, route: str, names: Sequence[str]) -> int:
        """The cursor as an index into the route's stages; -1 when none has ended.

        An empty stage ends without an entry: the caller counts those that follow.
        """
        ended = frozenset(self.ended.get(route, ()))
        return max((index for index, name in enumerate(names) if name in ended), default=-1)

    def begun(self, route: str) -> bool:
        """Something is journalled that was done on a route: written, ended, or said to have ended (rule 1)."""
        return route in self.ended or route in self.touches or route in self.spent

    def settled(self, route: str) -> bool:
        """A migration is over, by its own last stage or by a person's word."""
        return bool({"settle", self.moves[route].settles} & set(self.ended.get(route, ())))

    def touched(self, route: str) -> Mapping[str, Before]:
        """By slot address: what was there before the first write on this route."""
        return self.touches.get(route, MappingProxyType({}))

    def before_lowering(self, address: str, route: str | None = None) -> int | None:
        """The TTL to restore: what the record set had before it was lowered; none when it is not lowered (rule 14).

        Args:
            address: of the record set.
            route: count only what was lowered on this route; none = on any.
        """
        high: int | None = None
        for change in self.ttl_history.get(address, ()):
            if change.before is None or change.after is None:
                high = None
            elif change.after < change.before and route in (None, change.route):
                high = max(high or 0, change.before)
            elif high is not None and change.after >= high:
                high = None
        return high
