"""The plan: ordered steps as data, each with an id that says what was approved.

A step's id hashes its effect, address, stage, symbolic after and every gate before it on its route; never a live value,
never a computed instant.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType

from reconciler import addresses, graph
from reconciler.diff import Row, travels
from reconciler.ledger import Owned
from reconciler.mail import services
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.key import Key, Slot
from reconciler.model.route import Route, Want
from reconciler.model.value import Unknown, Value
from reconciler.tenant import PRESENT
from reconciler.verdict import REMOVALS, Verdict

KIND_ORDER = {
    "domain": "0",
    "user": "1",
    "licenses": "2",
    "group": "3",
    "sign-in": "4",
    "mailbox": "5",
    "list": "6",
    "dkim": "7",
    "accepted-domain": "8",
}
#: What the stages of a rollback are called: this, and the stage whose writes it sets back.
ROLLBACK = "rollback/"
UNSETTLED = frozenset({Verdict.DRIFT, Verdict.CONFLICT, Verdict.PENDING})
#: Why nobody is licensed who is not there.
UNMADE = "the account that is to have it may not be made"
#: The stage that is carried out whole or not at all: half of it loses mail.
TOGETHER = "deliver"
NONE_DATED: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Act:
    """One change to one slot.

    Attributes:
        effect: `write` or `destroy`; whether a write creates or updates is for live to decide.
        refusal: why it may not go ahead; empty when it may.
    """

    id: str
    route: str
    stage: int
    effect: str
    row: Row
    refusal: str = ""

    @property
    def slot(self) -> Slot:
        """What it changes."""
        return self.row.slot

    @property
    def born(self) -> bool:
        """It makes a user, who needs a password."""
        return self.slot.key.kind == "user" and not self.slot.part and self.action == "create"

    @property
    def action(self) -> str:
        """`create`, `update` or `destroy`, as seen from live now."""
        if self.row.verdict in REMOVALS and self.row.named is None:  # of two SPF texts one stays, a user is blocked
            return "destroy"
        return "create" if self.row.before is None else "update"


@dataclass(frozen=True, slots=True)
class Leg:
    """One route in the plan.

    Attributes:
        cursor: index of the last stage whose end is journalled; -1 before the first.
        rows: of every slot, in the order they were compared.
        acts: in the order they will be carried out: by stage, inside a stage by what needs what.
        blocks: addresses whose drift comes first: no later stage may begin.
        halt: why nothing of this route may be done, adopting included; empty when it may.
        left_out: stages of which a target left something out: they cannot end.
    """

    route: Route
    cursor: int
    rows: tuple[Row, ...]
    acts: tuple[Act, ...]
    blocks: tuple[str, ...] = ()
    halt: str = ""
    left_out: Collection[int] = ()

    def unsettled(self) -> dict[int, list[str]]:
        """Addresses by stage that neither hold already nor will after its acts."""
        found: dict[int, list[str]] = {}
        for row in self.rows:
            if row.verdict in UNSETTLED:
                found.setdefault(row.stage, []).append(row.slot.address)
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one customer's run would do.

    Attributes:
        complete: every scope was read, and nothing was left out by a target.
        missing: what keeps it from being applied, for people; empty = applyable.
    """

    customer: str
    legs: tuple[Leg, ...]
    unmanaged: tuple[Slot, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    missing: tuple[str, ...] = ()
    complete: bool = True

    @property
    def errored(self) -> bool:
        """Something is wrong that the author or a provider must mend."""
        return any(one.severity is Severity.ERROR for one in self.diagnostics)

    @property
    def applyable(self) -> bool:
        """It may be applied as far as its steps are allowed."""
        return not self.missing and not self.errored

    @property
    def acts(self) -> list[Act]:
        """All acts, route by route."""
        return [act for leg in self.legs for act in leg.acts]

    def rows(self, *verdicts: Verdict) -> list[Row]:
        """The rows with one of the verdicts, route by route."""
        return [row for leg in self.legs for row in leg.rows if row.verdict in verdicts]

    def counts(self, dated: Mapping[str, int] = NONE_DATED) -> dict[str, int]:
        """By verb, in the order of the counts line; refused acts are counted too.

        Args:
            dated: by route, the first stage whose day has not come: what is done then is nothing to do now.
        """
        actions = [act.action for act in self.acts if act.stage < dated.get(act.route, act.stage + 1)]
        named = {"add": "create", "change": "update", "destroy": "destroy"}
        found = {name: actions.count(action) for name, action in named.items()}
        bookkeeping = {"adopt": Verdict.ADOPT, "forget": Verdict.FORGET}
        return found | {name: len(self.rows(verdict)) for name, verdict in bookkeeping.items()}


def leg(
    route: Route,
    cursor: int,
    rows: Sequence[Row],
    owned: Mapping[str, Owned],
    *,
    halt: str = "",
) -> Leg:
    """Turn a route's rows into acts with ids.

    Args:
        owned: the ledger's slots, by address.
        halt: why nothing of it may be done.
    """
    ids = Ids(route, owned)
    acts = [Act(ids.of(row), route.id, row.stage, effect(row), row) for row in rows if row.acts]
    blocks = tuple(row.slot.address for row in rows if _blocks(row, route, cursor))
    return Leg(route, cursor, tuple(rows), tuple(_ordered(acts)), blocks, halt)


def effect(row: Row) -> str:
    """What a row does, or would do had nobody else done it: `write` or `destroy`."""
    return "destroy" if row.verdict in REMOVALS or (row.want and row.want.value is None) else "write"


class Ids:
    """Names the steps of one route.

    An id does not depend on how far the work has come: of a tenant's resource it covers all that its stage asks of it,
    carried or not; a pin is known by the term in whose place it stands.
    """

    def __init__(self, route: Route, owned: Mapping[str, Owned]) -> None:
        self.route, self.owned, self.chain = route, owned, gate_chain(route)
        self.beside: dict[int, dict[Key, dict[str, Want]]] = {}

    def of(self, row: Row) -> str:
        """The id of the step that this row is, or would be had nobody else done it."""
        slot, stage = row.slot, self.route.stages[row.stage]
        if row.want and row.want.pin and row.want.value is not None:
            after: dict[str, object] = {"": ["pin", row.want.pin, self._place(row)]}
            slot = slot._replace(part=f"spf/pin({row.want.pin})")
        else:
            value = row.want.value if row.want and isinstance(row.want.value, Unknown) else row.after
            after = {"": self._symbol(slot, value)}
        if slot.key.system != "dns" and slot.part == "":
            asked = self._asked(row.stage, slot.key)
            carried = sorted((part, want) for part, want in asked.items() if travels(slot.key, part))
            after |= {part: self._symbol(Slot(slot.key, part), want.value) for part, want in carried if part}
        if row.ttl is not None:
            after["ttl"] = row.ttl
        return _hash(effect(row), slot.address, stage.name, after, self.chain[row.stage])

    def _asked(self, stage: int, key: Key) -> dict[str, Want]:
        if stage not in self.beside:
            by_key = self.beside[stage] = {}
            for slot, want in self.route.stages[stage].wants.items():
                by_key.setdefault(slot.key, {})[slot.part] = want
        return self.beside[stage].get(key, {})

    def _place(self, row: Row) -> int:
        """Which of several pins of one term this is."""
        assert row.want is not None
        asked = self._asked(row.stage, row.slot.key)
        return sorted(part for part, want in asked.items() if want.pin == row.want.pin).index(row.slot.part)

    def _symbol(self, slot: Slot, value: Value | Unknown | None) -> object:
        """A value its owner names is its source and constraint, known or not, and what was last written from it."""
        if not isinstance(value, Unknown):
            return value
        owned = self.owned.get(slot.address)
        last = owned.source_value if owned else None
        return ["named by", value.source, value.constraint.text, value.constraint.prefix, *value.constraint.under, last]


def gate_chain(route: Route) -> list[str]:
    """For each stage, the hash of every gate up to and including its own."""
    chain: list[str] = []
    last = ""
    for stage in route.stages:
        for gate in stage.gates:
            last = sha256(f"{last}\n{gate.symbol()}".encode()).hexdigest()
        chain.append(last)
    return chain


def rollback_ids(route: Route) -> tuple[str, ...]:
    """Ids of the steps that would set back what each stage wrote; approving a route approves them."""
    return tuple(restore_id(slot.address, stage.name) for stage in route.stages for slot in stage.wants)


def in_service_ids(one: Leg) -> dict[str, list[str]]:
    """Ids of the steps that put the services of a domain on, by the step that verifies it.

    They come on with the verification, and are approved with it; they are steps of their own only where whoever
    verified died in between.
    """
    ids = Ids(one.route, {})
    found: dict[str, list[str]] = {}
    for act in one.acts:
        key, part = act.slot
        if key.kind == "domain" and part == "verified":
            slots = [Slot(key, f"services/{service}") for service in services.SWITCHED]
            rows = [Row(slot, act.stage, Verdict.CREATE, "", None, PRESENT, Want(PRESENT)) for slot in slots]
            found[act.id] = [ids.of(row) for row in rows]
    return found


def restore_id(address: str, stage: str) -> str:
    """Id of the step that sets a slot back to what it was before `stage`."""
    return _hash("restore", address, f"{ROLLBACK}{stage}")


def request_id(steps: Iterable[str]) -> str:
    """Name of what another person is asked to do: the same for the same steps, whatever stands beside them."""
    return _hash("request", *sorted(steps))


def digest(document: Mapping[str, object]) -> str:
    """Identity of a public document, whatever its key order: `sha256:` and 64 hex digits."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _hash(*pieces: object) -> str:
    return sha256(json.dumps(pieces, sort_keys=True).encode()).hexdigest()[:16]


def _blocks(row: Row, route: Route, cursor: int) -> bool:
    """Drift at or below the cursor where mail would suffer stops the route."""
    if row.stage > cursor or row.verdict not in (Verdict.DRIFT, Verdict.MISSING, Verdict.CONFLICT):
        return False
    key, part = row.slot
    if part == "ttl":
        return any(row.slot in stage.wants for stage in route.stages[cursor + 1 :])
    family = part.partition("/")[0]
    return key.kind == "MX" or family in ("spf", "ms-verification") or "autodiscover" in key.name


def _ordered(acts: Iterable[Act]) -> Iterator[Act]:
    by_stage: dict[int, list[Act]] = {}
    for act in acts:
        by_stage.setdefault(act.stage, []).append(act)
    for stage in sorted(by_stage):
        batch = {act.slot: act for act in by_stage[stage]}
        given = {slot.key for slot, act in batch.items() if act.action != "destroy"}
        rank = {slot: _rank(act, given) for slot, act in batch.items()}
        try:
            yield from (batch[slot] for slot in graph.order(batch, _needs(batch), rank.__getitem__))
        except graph.Loop as loop:
            reason = f"these point at each other: {', '.join(slot.address for slot in batch if slot in loop.nodes)}"
            for slot in sorted(batch, key=rank.__getitem__):
                yield _with(batch[slot], reason if slot in loop.nodes else "")


def _rank(act: Act, given: Collection[Key]) -> tuple[object, ...]:
    """Additions before removals; but who gives a licence up for none goes first, so that the seat is free."""
    verb = {"create": 1, "update": 2, "destroy": 3}[act.action]
    if act.slot.key.kind == "licenses" and act.slot.key not in given:
        verb = 0
    return (KIND_ORDER.get(act.slot.key.kind, "9"), verb, act.slot.key, wanted(act.row).place, act.slot.part)


def _needs(batch: Mapping[Slot, Act]) -> dict[Slot, list[Slot]]:
    """A host before the records that name it, reversed when both leave; an old CNAME (or what it displaces) first."""
    hosts: dict[str, list[Slot]] = {}
    names: dict[tuple[str, str], list[Slot]] = {}
    for slot in batch:
        if slot.key.system == "dns":
            names.setdefault((slot.key.scope, slot.key.name), []).append(slot)
            if slot.key.kind in ("A", "AAAA", "CNAME"):
                hosts.setdefault(_host(slot.key), []).append(slot)
    needs = _addresses(batch)
    for slot, act in batch.items():
        if slot.key.kind == "user":
            needs.setdefault(slot, []).extend(_manager(act, batch))
        if slot.key.system != "dns":
            continue
        leaves = act.effect == "destroy"
        for other in names[slot.key.scope, slot.key.name] if len(batch) > 1 else ():
            if not leaves and batch[other].effect == "destroy" and other.key != slot.key:
                needs.setdefault(slot, []).append(other)
        for host in _targets(act.row.before if leaves else act.row.after):
            for other in hosts.get(host, ()):
                if (batch[other].effect == "destroy") == leaves and other.key != slot.key:
                    needs.setdefault(other if leaves else slot, []).append(slot if leaves else other)
    return needs


def _addresses(batch: Mapping[Slot, Act]) -> dict[Slot, list[Slot]]:
    """Who gives an address up goes before who takes it."""
    users = [(slot, act.row) for slot, act in batch.items() if slot.key.kind == "user"]
    if len(users) < 2:
        return {}
    givers = {address: slot for slot, row in users for address in addresses.given(row)}
    return {
        slot: [
            giver
            for one in sorted(addresses.taken(row))
            if (giver := givers.get(one)) is not None and giver.key != slot.key
        ]
        for slot, row in users
    }


def _manager(act: Act, batch: Mapping[Slot, Act]) -> Iterator[Slot]:
    """Who leads a person is made before."""
    want = act.row.carried.get("manager")
    name = want.value if want else act.row.after if act.slot.part == "manager" else None
    first = Slot(act.slot.key._replace(name=str(name)), "")
    if name and first in batch and first != act.slot:
        yield first


def _host(key: Key) -> str:
    return f"{key.scope}." if key.name == "@" else f"{key.name}.{key.scope}."


def _targets(value: Value | Unknown | None) -> Iterator[str]:
    for one in value if isinstance(value, tuple) else ():
        last = one.rpartition(" ")[2]
        if last.endswith("."):
            yield last


def with_refusals(legs: Iterable[Leg], refused: Mapping[Slot, str]) -> tuple[Leg, ...]:
    """Mark refused acts, and every act of a later stage of the same route."""
    return tuple(_refuse(one, refused) for one in legs)


def _refuse(one: Leg, refused: Mapping[Slot, str]) -> Leg:
    stopped = one.halt
    acts: list[Act] = []
    unsettled = one.unsettled()
    for index, stage in enumerate(one.route.stages):
        here = [act for act in one.acts if act.stage == index]
        if index > one.cursor and one.blocks and not stopped:
            stopped = f"drift comes first: {', '.join(one.blocks)}"
        marked = [_with(act, stopped or refused.get(act.slot, "")) for act in here]
        unmade = {act.slot.key for act in marked if act.born and act.refusal}
        marked = [
            _with(act, UNMADE) if act.slot.key._replace(kind="user") in unmade and not act.refusal else act
            for act in marked
        ]
        odd = unsettled.get(index, []) if index > one.cursor else []
        bad = [act.slot.address for act in marked if act.refusal]
        if stage.name == TOGETHER and (odd or bad):
            marked = [_with(act, apart([*bad, *odd])) for act in marked]
        acts += marked
        if not stopped and (odd or bad):
            stopped = f"stage {stage.name} cannot be finished: {', '.join([*bad, *odd][:3])}"
    return replace(one, acts=tuple(acts))


def apart(addresses: Sequence[str]) -> str:
    """Why nothing of the stage that moves mail goes ahead."""
    return f"MX and what follows it move together: {', '.join(addresses[:3])}"


def _with(act: Act, refusal: str) -> Act:
    return replace(act, refusal=refusal) if refusal and not act.refusal else act


def wanted(row: Row) -> Want:
    """The wish behind a row; an omission has an empty one."""
    return row.want or Want(None)
