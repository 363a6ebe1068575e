"""A domain's walk: stages as deltas over slots, with what must hold before each.

Stages come from the spec and `migration.from` alone, never from progress, so that planning again goes on, never back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.diagnostic import Origin
from reconciler.model.key import Key, Slot
from reconciler.model.value import Constraint, Unknown, Value

#: The stages every plan walks, in order; a migration adds its own between them.
STAGES = ("claim", "prove", "verify", "accounts", "prepare", "deliver", "retire")
#: A stage of its own right before `retire`, on routes alone where something waits for it: Exchange may need days to see
#: the DKIM records. Mail has moved by then, and what retires is in nobody's way so long.
SIGN = "sign"


class Manage(StrEnum):
    """How much of a slot we may change.

    `observe`: nothing, report only. `create`: make it if it is missing. `update`: that and change it. `full`: that and
    delete it.
    """

    OBSERVE = "observe"
    CREATE = "create"
    UPDATE = "update"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Want:
    """What a stage asks of one slot.

    Attributes:
        value: none = absent.
        origin: who asked.
        seed: only for a slot that is empty; whatever is there otherwise is adopted as it is (an SPF `all`).
        overwrite: `adopt: overwrite`: a value that is not ours may be replaced.
        protect: never delete; the ledger remembers it after the line is gone.
        only: an absence that holds for this live value alone (a stage that removes what `migration.from` recorded).
        owner: under whose name a term is kept (the SPF sender). Of TTLs under several names the smallest holds; one
            name's later ask replaces its earlier one.
        place: of several SPF terms that one text asks for, which one this is: new ones are put in this order.
        pin: the SPF term in whose place this one stands (`mx`), and whose ownership it keeps; of an absence, that very
            term, which leaves only together with the coming of all that stand in its place; empty elsewhere.
    """

    value: Value | Unknown | None
    origin: Origin = Origin()
    seed: bool = False
    overwrite: bool = False
    manage: Manage = Manage.FULL
    protect: bool = False
    only: Value | None = None
    owner: str = ""
    place: int = 0
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Time or the world must come so far; a rule, never a stored instant.

    Attributes:
        rule: `seen` (every one of `slots` is visible where it must be), `ttl` (the TTL published before the last
            change of `slots` has passed since), `until` (`instant` has come; it is written in the spec), `hold`
            (`seconds` after the stage before ended).
        text: for a person.
    """

    rule: str
    text: str
    slots: tuple[Slot, ...] = ()
    instant: datetime | None = None
    seconds: int = 0

    def symbol(self) -> str:
        """What an approval covers: the rule, with instants of the spec, without computed ones."""
        when = self.instant.isoformat() if self.instant else str(self.seconds)
        return "|".join(("wait", self.rule, when, *(slot.address for slot in self.slots)))


@dataclass(frozen=True, slots=True)
class Assert:
    """A probe and what it must show, else stop.

    Attributes:
        probe: name of the fact to look at. `expect`: the value it must have.
    """

    probe: str
    expect: str
    text: str

    def symbol(self) -> str:
        """What an approval covers."""
        return "|".join(("assert", self.probe, self.expect))


@dataclass(frozen=True, slots=True)
class Task:
    """A person's word. `name` is stable in a route; `text` says what to do."""

    name: str
    text: str

    def symbol(self) -> str:
        """What an approval covers."""
        return "|".join(("task", self.name))


Gate = Wait | Assert | Task


#: How stages are named that take away what ends on a day.
DATED = "until "


@dataclass(frozen=True, slots=True)
class Stage:
    """A delta over named slots, and the gates before its first act."""

    name: str
    wants: Mapping[Slot, Want] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()

    @property
    def dated(self) -> bool:
        """It takes away what ends on a day of the spec; till then what it takes is wanted."""
        return self.name.startswith(DATED)


#: Where sources begin that the journal names, not a remote system.
BEFORE = "before/"


def ttl_before(key: Key) -> Unknown:
    """The TTL a record set had before its route lowered it: as journalled, else as `migration.from` recorded."""
    return Unknown(f"{BEFORE}{Slot(key, 'ttl').address}", Constraint("the TTL it had before it was lowered"))


@dataclass(frozen=True, slots=True)
class Route:
    """One domain's (or one tenant's) walk.

    Attributes:
        id: hash of domain, target service and `migration.from`.
        subject: the domain, or the tenant for its other objects.
        stages: in order; empty ones are kept.
        baseline: what `migration.from` recorded, by slot; none without a migration. An absent slot is recorded as none.
    """

    id: str
    subject: str
    target: str
    stages: tuple[Stage, ...]
    baseline: Mapping[Slot, Value | None] | None = None
    origin: Origin = Origin()

    def entry(self) -> dict[str, str]:
        """How the journal names it."""
        named = {"route": self.id, "subject": self.subject}
        return named | ({"settles": self.settles} if self.settles else {})

    @property
    def settles(self) -> str:
        """The stage whose end settles a migration: `settle`, or the last before it that is not empty; empty without."""
        if self.baseline is None:
            return ""
        names = [stage.name for stage in self.stages]
        until = names.index("settle") + 1 if "settle" in names else len(names)
        return next((one.name for one in reversed(self.stages[:until]) if one.wants or one.gates), "")


Facts = Mapping[str, Value]
