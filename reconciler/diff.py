"""Three-way comparison along one route: the fold at the cursor and each later stage, the ledger, and live.

Wishes up to the cursor are compared with live; each later stage with what the one before leaves. A wish that does not
exist without its resource (a TTL, an attribute of a user) travels with the act that makes the resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from reconciler import folding, recordset
from reconciler.ledger import Owned
from reconciler.model.key import TRAITS, VERIFICATION, Key, Slot
from reconciler.model.resource import RecordSet, Resource, User
from reconciler.model.route import Facts, Route, Want
from reconciler.model.value import Unknown, Value
from reconciler.verdict import ACTS, OFF, Judgement, Known, Verdict, judge, recorded_so, settled

Parts = dict[str, Value]
#: Why something is written that others changed.
WRITTEN_BACK = "drift, written back"
#: Longer than any TTL can be (RFC 2181, section 8).
LONGEST_TTL = 2**31
NOTHING: Mapping[str, Want] = MappingProxyType({})
#: Kinds that are there with what they belong to.
ALWAYS = frozenset({"licenses", "sign-in", "accepted-domain"})
#: What no later stage of the route may touch.
STUCK = (Verdict.DRIFT, Verdict.CONFLICT, Verdict.PENDING, Verdict.OBSERVED)
WISHED = Judgement(Verdict.SAME, "as wished", None)


class Row(NamedTuple):
    """One slot at one stage of a route.

    Attributes:
        stage: index in the route's stages.
        before: live, or as the stages before leave it; none = absent.
        after: none = absent. What its owner names stays a symbol, known or not; `named` is what it turned out to be.
        carried: wishes that do not exist without the resource and are written with it, by slot part.
        ttl: what the stage asks for the record set's TTL; none = nothing, or not a record set.
        beside: values of a shared record set that a TTL change touches though nobody asked.
    """

    slot: Slot
    stage: int
    verdict: Verdict
    reason: str
    before: Value | None
    after: Value | Unknown | None
    want: Want | None = None
    named: Value | None = None
    carried: Mapping[str, Want] = NOTHING
    ttl: Value | None = None
    beside: tuple[str, ...] = ()

    @property
    def target(self) -> Value | None:
        """The plain value to be written; none = absent, or not named yet."""
        return self.named if isinstance(self.after, Unknown) else self.after

    @property
    def acts(self) -> bool:
        """This row leads to a write."""
        return self.verdict in ACTS


@dataclass(frozen=True, slots=True)
class World:
    """What the comparison knows besides the route.

    Attributes:
        owned: the ledger's slots, by address.
        fix_drift: rows where the world moved are written back.
        authoritative: zones in which everything that no spec mentions is to go.
        accepted: addresses whose drift the spec accepts: it is reported, and left as it is.
        locked: what is there and must be left to its owner, with the reason.
        loose: zones whose hosts set TTLs as they like: one is asked for with its values, and is never a difference.
        asked: addresses that a person was asked for and that are not done yet.
    """

    resources: Mapping[Key, Resource]
    owned: Mapping[str, Owned]
    facts: Facts
    fix_drift: bool = False
    authoritative: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    locked: Mapping[Key, str] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()

    def parts(self, key: Key) -> Parts:
        """A live resource taken apart; empty when it does not exist."""
        return folding.parts(self.resources.get(key))

    def named(self, value: Value | Unknown | None) -> Value | None:
        """A plain value; none for one that is absent, or not named yet."""
        return self.facts.get(value.source) if isinstance(value, Unknown) else value


#: Index of the stage, slot, wish.
Asks = list[tuple[int, Slot, Want]]


def compare(route: Route, cursor: int, world: World, covers: Callable[[Key], bool]) -> list[Row]:
    """Every row of a route, grouped by resource; the caller sorts.

    Args:
        cursor: index of the last ended stage; -1 before the first.
        covers: whether a key, when it is not in the world, surely does not exist; others get no row.
    """
    asks = asked(route, world)
    return [row for key, wanted in asks.items() if covers(key) for row in _Walk(route, cursor, world, key).rows(wanted)]


def asked(route: Route, world: World) -> dict[Key, Asks]:
    """What a route asks of each resource, stage by stage."""
    asks: dict[Key, Asks] = {}
    for index, stage in enumerate(route.stages):
        for slot, want in stage.wants.items():
            asks.setdefault(slot.key, []).append((index, slot, want))
    for key, wanted in asks.items():
        heard = [one for one in wanted if one[1].part != "ttl"] if _hidden(key, wanted, world) else wanted
        if len(heard) > 2 and key.system == "dns":  # two TTLs of one record set at least, and one value
            heard = _shared_ttl(heard, world)
        asks[key] = heard
    return asks


def _hidden(key: Key, asks: Asks, world: World) -> bool:
    """The host of a proxied record set names a TTL of its own: nobody's wish for one is heard."""
    live = world.resources.get(key)
    if not isinstance(live, RecordSet) or not live.proxied:
        return False
    return all(want.value is not False for _, slot, want in asks if slot.part == "proxied")


def _shared_ttl(asks: Asks, world: World) -> Asks:
    """A record set has one TTL: at each stage the smallest of what each owner asked for last (rule 14)."""
    if sum(slot.part == "ttl" for _, slot, _ in asks) < 2:
        return asks
    latest: dict[str, Want] = {}
    found: Asks = []
    for index, slot, want in asks:
        if slot.part == "ttl":
            latest[want.owner] = want
            found.append((index, slot, min(latest.values(), key=lambda one: _seconds(one, world))))
        else:
            found.append((index, slot, want))
    return found


def _seconds(want: Want, world: World) -> int:
    value = world.named(want.value)
    return value if isinstance(value, int) else LONGEST_TTL


def travels(key: Key, part: str) -> bool:
    """Whether a wish does not exist without its resource, and is written with it.

    In Exchange only a name does: everything else is a step of its own there, so that each has a result of its own.
    """
    if key.system == "exchange":
        return part == "displayName"
    return part in TRAITS if key.system == "dns" else part != ""


def _in_order(wants: Mapping[str, Want]) -> list[str]:
    """Slot parts in a stable order: the end of an SPF record first, since its terms would make one; the TTL and
    the like last: they wait for what stands in the record set.
    """
    return sorted(wants, key=lambda part: (part in TRAITS, part != "spf/all", part))


def _told(verdict: Verdict, reason: str, want: Want | None, *, dated: bool) -> str:
    """The reason of an act where the truth table's would mislead."""
    if want is None or verdict not in ACTS:
        return reason
    if want.pin:
        return "written out as addresses" if want.value is None else "stands in for a term that moves"
    return "ends on its day" if dated and want.value is None else reason


class _Walk:
    """Follows one resource through the stages; `now` is what the stages so far leave of it."""

    def __init__(self, route: Route, cursor: int, world: World, key: Key) -> None:
        self.route, self.cursor, self.world, self.key = route, cursor, world, key
        self.address = key.address
        self.now: Parts = world.parts(key)
        self.written: dict[str, Value | Unknown | None] = {}
        self.stuck: set[str] = set()
        self.described = False  # an account of the spec, not only somebody who must not be there

    def rows(self, asks: Asks) -> Iterable[Row]:
        return self._settled(asks) or self._walked(asks)

    def _settled(self, asks: Asks) -> list[Row]:
        """The common case in one go: each slot asked for once, plainly, and already so. Empty when it is another."""
        dns = self.key.system == "dns"
        ttl = {index: want.value for index, slot, want in asks if slot.part == "ttl"} if dns else {}
        rows: dict[str, Row] = {}
        for index, slot, want in asks:
            part, value = slot.part, want.value
            if value is None or isinstance(value, Unknown) or want.seed or part in rows or self.now.get(part) != value:
                return []
            verdict, reason, _ = settled(want, self._owned(slot), WISHED)
            ask = ttl.get(index)
            asked_ttl = None if isinstance(ask, Unknown) else ask
            rows[part] = Row(slot, index, verdict, reason, value, value, want, value, NOTHING, asked_ttl)
        return list(rows.values())

    def _walked(self, wishes: Asks) -> Iterable[Row]:
        asks = [(index, slot.part, want) for index, slot, want in wishes]
        self.described = any(part == "upn" for _, part, _ in asks)
        held = {part: (index, want) for index, part, want in asks if index <= self.cursor}
        following = self.cursor + 1
        if following < len(self.route.stages) and self.route.stages[following].dated:
            following = -1  # what goes on a day is missing till then, not ahead
        ahead = {part for index, part, want in asks if index == following and self._ahead(part, want, held)}
        by_stage: dict[int, dict[str, Want]] = {}
        for part, (index, want) in held.items():
            if part not in ahead:
                by_stage.setdefault(index, {})[part] = want
        for index, part, want in asks:
            if index > self.cursor:
                by_stage.setdefault(index, {})[part] = want
        for part in sorted(ahead):
            judgement = Judgement(Verdict.AHEAD, "as the next stage leaves it", self.now.get(part))
            yield self._row(Slot(self.key, part), held[part][0], judgement)
        for index in sorted(by_stage):
            yield from self._stage(index, by_stage[index])

    def _ahead(self, part: str, want: Want, held: Mapping[str, tuple[int, Want]]) -> bool:
        """Live is already what the next stage leaves, and no longer what the stage at the cursor does (rule 7)."""
        return part in held and self._is(part, want) and not self._is(part, held[part][1])

    def _is(self, part: str, want: Want) -> bool:
        if want.value is None:
            return part not in self.now
        return part in self.now and self.now[part] == self._named(part, want.value)

    def _named(self, part: str, value: Value | Unknown | None) -> Value | None:
        """As the world names it; a verification text stands beside those of other tenants, which stay."""
        named, there = self.world.named(value), self.now.get(part)
        if part != VERIFICATION or named is None or there is None:
            return named
        texts = {str(named), *(there if isinstance(there, tuple) else (str(there),))}
        return tuple(sorted(texts)) if len(texts) > 1 else named

    def _stage(self, index: int, wants: Mapping[str, Want]) -> Iterator[Row]:
        existed = self._exists()
        travelling = NOTHING
        if not existed:
            travelling = {part: want for part, want in wants.items() if self._travels(part, want)}
        ask = wants.get("ttl")
        ttl = ask.value if ask and not isinstance(ask.value, Unknown) else None
        fit = existed
        for part in _in_order(wants):
            if part in travelling or part in self.stuck or (part in TRAITS and not fit):
                continue
            want, slot = wants[part], Slot(self.key, part)
            row = self._row(slot, index, self._judge(index, slot, want), want)
            if travelling or ttl is not None:
                row = row._replace(carried=travelling, ttl=ttl)
            fit = fit and row.verdict is not Verdict.CONFLICT
            self._leave(row)
            yield row

    def _exists(self) -> bool:
        if self.key.system == "dns":
            return any(part not in TRAITS for part in self.now)
        return self.key.kind in ALWAYS or "" in self.now

    def _travels(self, part: str, want: Want) -> bool:
        return travels(self.key, part) and (part in TRAITS or want.value is not None)

    def _judge(self, index: int, slot: Slot, want: Want) -> Judgement:
        part, known = slot.part, self._known(slot, want)
        judgement = judge(want, known)
        if want.seed and part not in self.now and self._class_taken(part):
            judgement = Judgement(Verdict.SAME, "there is one already", None)
        if part in TRAITS and judgement.verdict is Verdict.CONFLICT:
            reason = "the TTL asked for" if part == "ttl" else "as the spec asks"
            judgement = judgement._replace(verdict=Verdict.UPDATE, reason=reason)
        if part == "ttl" and part in self.now and self.key.scope in self.world.loose:
            judgement = Judgement(Verdict.SAME, "its host sets it", self.now[part])
        if judgement.verdict is Verdict.DRIFT and index > self.cursor and recorded_so(known):
            judgement = judgement._replace(verdict=Verdict.UPDATE, reason="takes over what `migration.from` recorded")
        if (self.key.kind, part) == ("user", "") and part not in self.now and not self.described:
            judgement = Judgement(Verdict.SAME, "there is no such user", None)
        if part == VERIFICATION:
            judgement = self._beside_others(judgement)
        if judgement.verdict is Verdict.MISSING and self._deleted(part):
            # Somebody deleted this person: to make or restore an account is a person's decision.
            judgement = judgement._replace(verdict=Verdict.DRIFT)
        live = self.world.resources.get(self.key)
        if judgement.verdict is Verdict.CREATE and not part and isinstance(live, User):
            judgement = judgement._replace(reason="it was deleted, and is brought back with its mailbox")
        if judgement.verdict in OFF and slot.address in self.world.accepted:
            return judgement._replace(verdict=Verdict.OBSERVED, reason=f"{judgement.reason}; the spec accepts it")
        if self.world.asked:
            judgement = self._asked(slot, judgement)
        if judgement.verdict is Verdict.DRIFT and self.world.fix_drift:
            judgement = judgement._replace(verdict=Verdict.UPDATE, reason=WRITTEN_BACK)
        return judgement

    def _deleted(self, part: str) -> bool:
        """It is the account of a person who is not there any more, or what that person held."""
        if self.key.kind == "licenses":
            user = self.world.resources.get(self.key._replace(kind="user"))
            return not isinstance(user, User) or user.deleted
        return (self.key.kind, part) == ("user", "")

    def _asked(self, slot: Slot, judgement: Judgement) -> Judgement:
        """A person was asked for this slot and made it otherwise: the same is asked for still, nothing new."""
        asked = self.world.asked
        if slot.address in asked and judgement.verdict in (Verdict.CONFLICT, Verdict.DRIFT):
            return judgement._replace(verdict=Verdict.UPDATE, reason="asked for, and made otherwise")
        spf = slot.part.partition("/")[0] == "spf" and slot.address not in asked
        if spf and judgement.verdict in ACTS | OFF and any(one.startswith(f"{self.address}#spf/") for one in asked):
            # It is one text: whoever edits it makes one change after the other, and may have spoiled it meanwhile.
            return judgement._replace(verdict=Verdict.OBSERVED, reason="the open request comes first")
        return judgement

    def _beside_others(self, judgement: Judgement) -> Judgement:
        if judgement.verdict in (Verdict.CONFLICT, Verdict.PENDING):
            return judgement._replace(verdict=Verdict.UPDATE, reason="beside the text of another tenant")
        if judgement.verdict is Verdict.DESTROY and isinstance(self.now.get(VERIFICATION), tuple):
            return judgement._replace(verdict=Verdict.CONFLICT, reason="the text of another tenant stands beside ours")
        return judgement

    def _known(self, slot: Slot, want: Want) -> Known:
        baseline = self.route.baseline
        return Known(
            slot,
            self._owned(slot),
            self.now.get(slot.part),
            self._named(slot.part, want.value) if isinstance(want.value, Unknown) else None,
            baseline.get(slot) if baseline else None,
            baseline is not None and slot in baseline,
        )

    def _owned(self, slot: Slot) -> Owned | None:
        if slot.part in self.written:
            value = self.written[slot.part]
            return None if value is None else Owned.of(slot, self.now[slot.part])
        return self.world.owned.get(f"{self.address}#{slot.part}" if slot.part else self.address)

    def _class_taken(self, part: str) -> bool:
        family = part.partition("/")[0] + "/"
        return any(other.startswith(family) for other in self.now)

    def _row(self, slot: Slot, index: int, judgement: Judgement, want: Want | None = None) -> Row:
        part = slot.part
        beside: tuple[str, ...] = ()
        if part == "ttl" and judgement.verdict in ACTS:
            beside = tuple(
                sorted(
                    one for one in self.now if one not in TRAITS and Slot(self.key, one).address not in self.world.owned
                )
            )
        verdict, reason, after = judgement
        reason = _told(verdict, reason, want, dated=self.route.stages[index].dated)
        named = self.world.named(after)
        if part == "spf" and verdict is Verdict.DESTROY:
            reason = "two SPF records break both (RFC 7208, section 4.5); one keeps every term"
            named = recordset.merged(self.now["spf"])
        if (self.key.kind, part, verdict) == ("user", "mail", Verdict.DESTROY):
            reason = "an alias of ours became the first address when its write was cut off"
            named = self.now.get("upn")
        if want is not None and isinstance(want.value, Unknown) and verdict is not Verdict.ADOPT:
            after = want.value
        return Row(slot, index, verdict, reason, self.now.get(part), after, want, named, beside=beside)

    def _leave(self, row: Row) -> None:
        part = row.slot.part
        if row.verdict in STUCK:
            self.stuck.add(part)
        elif row.acts or row.verdict is Verdict.ADOPT:
            self._write(part, row.after if row.named is None else row.named)
            if row.verdict in (Verdict.CREATE, Verdict.MISSING):
                for other, want in row.carried.items():
                    self._write(other, want.value)
        if row.acts and self.key.system == "dns":
            self._set_ttl()

    def _set_ttl(self) -> None:
        """A TTL is there as long as its record set is, whether anybody asked for one or not."""
        if self._exists():
            self.now.setdefault("ttl", recordset.DEFAULT_TTL)
        else:
            for part in TRAITS:
                self.now.pop(part, None)
                self.written.pop(part, None)

    def _write(self, part: str, value: Value | Unknown | None) -> None:
        self.written[part] = value
        if value is None:
            self.now.pop(part, None)
        else:
            named = self.world.named(value)
            self.now[part] = (
                named if named is not None else f"<{value.source}>" if isinstance(value, Unknown) else value
            )
