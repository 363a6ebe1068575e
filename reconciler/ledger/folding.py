"""Folds the journal's entries, one after the other, into a ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from reconciler.journal import Entry
from reconciler.ledger.state import Before, Begun, LastChange, Ledger, Move, Owned, TtlChange
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import Refused
from reconciler.model.route import Manage
from reconciler.model.value import Value

#: An `end` so marked: the change is there, its step is spent. `found`: seen by re-reading after a crash.
DONE = frozenset({"done", "found"})
#: An `end` so marked: nothing was changed, the step may be tried again. Anything else but `waiting` (`unknown`, a word
#: of a later version) leaves the step open, so that its outcome is looked for (rule 8).
NOT_DONE = frozenset({"failed", "refused", "skipped", "not_found"})
KNOWN = DONE | NOT_DONE | {"waiting"}

EMPTY = Ledger()


def fold(entries: Iterable[Entry]) -> Ledger:
    """The ledger of a journal.

    Raises:
        Refused: an entry's payload is not what its type says.
    """
    return extend(EMPTY, entries)


def extend(ledger: Ledger, entries: Iterable[Entry]) -> Ledger:
    """The ledger after further entries; the one given is not changed.

    Raises:
        Refused: as `fold`.
    """
    later = tuple(entries)
    if not later:
        return ledger
    folding = _Folding(ledger)
    for entry in later:
        try:
            folding.take(entry)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise Refused([_not_understood(entry, problem)]) from problem
    return folding.ledger()


def _not_understood(entry: Entry, problem: Exception) -> Diagnostic:
    return error(
        "ledger/entry",
        f"entry {entry.seq} of the journal ({entry.type}) cannot be understood",
        f"Its line is whole, but its content is not what this version writes ({type(problem).__name__}: {problem}).",
        "Use the version that wrote it, or restore the journal from a backup.",
    )


def _resource(address: str) -> str:
    return address.partition("#")[0]


def _licenses(user: str) -> str:
    """Of a user; a group keeps its own address."""
    return user.replace("/user/", "/licenses/", 1)


class _Folding:
    """The ledger while entries are taken in: the same content, not yet read only."""

    def __init__(self, start: Ledger) -> None:
        self.owned = dict(start.owned)
        self.approved = {route: set(ids) for route, ids in start.approved.items()}
        self.spent = {route: set(ids) for route, ids in start.spent.items()}
        self.ended = {route: list(names) for route, names in start.ended.items()}
        self.ended_at = dict(start.ended_at)
        self.confirmed = {route: set(tasks) for route, tasks in start.confirmed.items()}
        self.begun = {one.id: one for one in start.open}
        self.waiting = dict(start.waiting)
        self.rolling_back = dict(start.rolling_back)
        self.remote, self.known = dict(start.remote), dict(start.known)
        self.earlier = dict(start.earlier)
        self.ttl_history = {key: list(changes) for key, changes in start.ttl_history.items()}
        self.touches = {route: dict(slots) for route, slots in start.touches.items()}
        self.moves, self.taken = dict(start.moves), dict(start.taken)
        self.last_change = dict(start.last_change)
        self.places = dict(start.places)

    def ledger(self) -> Ledger:
        return Ledger(
            owned=MappingProxyType(self.owned),
            approved=_sealed(self.approved, frozenset),
            spent=_sealed(self.spent, frozenset),
            ended=_sealed(self.ended, tuple),
            ended_at=MappingProxyType(self.ended_at),
            confirmed=_sealed(self.confirmed, frozenset),
            open=tuple(self.begun.values()),
            waiting=MappingProxyType(self.waiting),
            rolling_back=MappingProxyType(self.rolling_back),
            remote=MappingProxyType(self.remote),
            known=MappingProxyType(self.known),
            earlier=MappingProxyType(self.earlier),
            ttl_history=_sealed(self.ttl_history, tuple),
            touches=_sealed(self.touches, MappingProxyType),
            moves=MappingProxyType(self.moves),
            taken=MappingProxyType(self.taken),
            last_change=MappingProxyType(self.last_change),
            places=MappingProxyType(self.places),
        )

    def take(self, entry: Entry) -> None:
        """Take one entry in; types that say nothing of slots or routes (`run`, `reveal`) change nothing."""
        handler = _HANDLERS.get(entry.type)
        if handler:
            handler(self, entry)

    def approve(self, entry: Entry) -> None:
        route, ids = entry.payload["route"], set(entry.payload["steps"])
        self.approved.setdefault(route, set()).update(ids)
        self.spent.get(route, set()).difference_update(ids)

    def adopt(self, entry: Entry) -> None:
        for address, value, meta in entry.payload["slots"]:
            route, stage = meta.get("route", ""), meta.get("stage", "")
            self._own(address, meta, Owned(_plain(value), "adopted", entry.time, route, stage))

    def forget(self, entry: Entry) -> None:
        for address in entry.payload["addresses"]:
            self.owned.pop(address, None)
            # A name given up may be given to another person later: it must not lead to the first one's account.
            self.known.pop(self.remote.pop(address, ""), None)

    def place(self, entry: Entry) -> None:
        self.places |= entry.payload["zones"]

    def begin(self, entry: Entry) -> None:
        self._move(entry)
        for one in entry.payload["steps"]:
            begun = _begun(one, entry)
            self.waiting.pop(begun.id, None)
            self.begun[begun.id] = begun

    def end(self, entry: Entry) -> None:
        for outcome in entry.payload["outcomes"]:
            id_, status = outcome["id"], outcome["status"]
            begun = self.begun.get(id_) or self.waiting.get(id_)
            if begun is None and status in DONE and "route" in outcome:
                self._spend(outcome["route"], id_)  # found already so, nothing written: approved for once all the same
            if begun is None or status not in KNOWN:
                continue
            self.begun.pop(id_, None)
            self.waiting.pop(id_, None)
            if status in DONE:
                self._done(begun, entry.time, outcome.get("remote_id", ""))
            elif status == "waiting":
                self.waiting[id_] = begun._replace(request_id=outcome.get("request_id") or begun.request_id)

    def stage(self, entry: Entry) -> None:
        self._move(entry)
        self._ended(entry.payload["route"], entry.payload["stage"], entry.time)

    def confirm(self, entry: Entry) -> None:
        payload = entry.payload
        if "stage" in payload:
            self._move(entry)
            self._ended(payload["route"], payload["stage"], entry.time)
            self.taken[payload["route"]] = entry.time
        if "task" in payload:
            self.confirmed.setdefault(payload["route"], set()).add(payload["task"])

    def rollback(self, entry: Entry) -> None:
        route, stage = entry.payload["route"], entry.payload["stage"]
        if entry.payload["phase"] == "begin":
            self.rolling_back[route] = stage
            return
        self.rolling_back.pop(route, None)
        ended = self.ended.pop(route, [])
        kept = ended[: ended.index(stage) + 1] if stage in ended else []
        if kept:
            self.ended[route] = kept
        for name in ended[len(kept) :]:
            self.ended_at.pop((route, name), None)
        self.approved.pop(route, None)
        self.confirmed.pop(route, None)
        self.taken.pop(route, None)
        if not kept:
            self.moves.pop(route, None)
        self._untouch(route, frozenset(kept))

    def _move(self, entry: Entry) -> None:
        payload = entry.payload
        if payload.get("settles"):
            self.moves[payload["route"]] = Move(payload["subject"], payload["settles"])

    def _ended(self, route: str, stage: str, time: datetime) -> None:
        names = self.ended.setdefault(route, [])
        if stage not in names:
            names.append(stage)
            self.ended_at[route, stage] = time

    def _untouch(self, route: str, kept: frozenset[str]) -> None:
        """What a rollback restored is ours only if it was before: else the old MX would be deleted by omission."""
        touches = self.touches.pop(route, {})
        for address, before in touches.items():
            if before.stage in kept:
                self.touches.setdefault(route, {})[address] = before
            elif before.owned is None:
                self.owned.pop(address, None)
            else:
                self.owned[address] = before.owned

    def _done(self, begun: Begun, time: datetime, remote_id: str) -> None:
        self._spend(begun.route, begun.id)
        self.last_change[begun.route] = LastChange(begun.address, time)
        written = [(begun.address, begun.before, begun.after, begun.meta)]
        written += [(address, None, value, meta) for address, value, meta in begun.carried]
        for address, before, after, meta in written:
            self._touch(address, before, begun)
            if after is None:
                self._gone(address, meta)
            else:
                how = meta.get("how", "written")
                self._own(address, meta, Owned(after, how, time, begun.route, begun.stage), remote_id)
        if begun.address.startswith("dns/"):
            self._note_ttl(begun, time)

    def _spend(self, route: str, step_id: str) -> None:
        self.approved.get(route, set()).discard(step_id)
        self.spent.setdefault(route, set()).add(step_id)

    def _touch(self, address: str, before: Value | None, begun: Begun) -> None:
        first = Before(before, begun.before_ttl, begun.stage, self.owned.get(address))
        self.touches.setdefault(begun.route, {}).setdefault(address, first)

    def _own(self, address: str, meta: Mapping[str, Any], new: Owned, remote_id: str = "") -> None:
        """Own a slot; what `meta` does not say stays as it was known."""
        old = self.owned.get(address)
        if old is None and not meta and not remote_id:
            self.owned[address] = new
            return
        if old and new.how == "adopted" and old.value == new.value:
            # What we wrote does not become found by being adopted again: a sender's removal must still take it.
            new = new._replace(how=old.how, time=old.time, route=old.route, stage=old.stage)
        known = old or new
        source = meta.get("source", "")
        object_id = remote_id or meta.get("remote_id", "")
        self.owned[address] = Owned(
            new.value,
            new.how,
            new.time,
            new.route,
            new.stage,
            meta.get("ttl", known.ttl),
            Manage(meta["manage"]) if "manage" in meta else known.manage,
            meta.get("protect", known.protect),
            meta.get("owner", known.owner),
            object_id or known.remote_id,
            source or known.source,
            new.value if source else known.source_value,
        )
        if object_id:
            self._bind(address, object_id)

    def _bind(self, address: str, object_id: str) -> None:
        """One name for one object, the newest: a name that moved on must not lead to the object it left."""
        key = address.partition("#")[0]
        if not address.startswith("tenant/") or key.split("/")[2] not in ("user", "group"):
            return
        was = self.known.get(object_id, key)
        if was != key:
            self.earlier[object_id] = self.earlier.get(object_id, frozenset()) | {was}
            self._rename(was, key, address)
            self.remote.pop(was, None)
        self.known.pop(self.remote.get(key, ""), None)
        self.remote[key], self.known[object_id] = object_id, key

    def _rename(self, was: str, key: str, newest: str) -> None:
        """What is ours of an account goes with it; what is known under its new name, but `newest`, was another's."""
        names = {was: key, _licenses(was): _licenses(key)}
        taken = {address: self.owned.pop(address) for address in list(self.owned) if _resource(address) in names}
        for address in [one for one in self.owned if one != newest and _resource(one) in names.values()]:
            del self.owned[address]
        for address, owned in taken.items():
            resource, mark, part = address.partition("#")
            self.owned.setdefault(f"{names[resource]}{mark}{part}", owned)

    def _gone(self, address: str, meta: Mapping[str, Any]) -> None:
        self.owned.pop(address, None)
        key, _, part = address.partition("#")
        if address.startswith("dns/"):
            if not part or meta.get("gone"):
                self.owned.pop(f"{key}#ttl", None)
        elif not part:
            for attribute in [one for one in self.owned if one.startswith(f"{key}#")]:
                del self.owned[attribute]

    def _note_ttl(self, begun: Begun, time: datetime) -> None:
        key, _, part = begun.address.partition("#")
        after = begun.after if part == "ttl" else begun.meta.get("ttl", begun.before_ttl)
        for address, value, _ in begun.carried:
            after = value if address == f"{key}#ttl" else after
        if begun.meta.get("gone") or (not part and begun.after is None):
            after = None
        before = begun.before if part == "ttl" else begun.before_ttl
        change = TtlChange(time, before, after, begun.route)  # type: ignore[arg-type]
        changes = self.ttl_history.setdefault(key, [])
        if change not in changes[-1:]:
            changes.append(change)


_HANDLERS: Mapping[str, Callable[[_Folding, Entry], None]] = {
    "approve": _Folding.approve,
    "adopt": _Folding.adopt,
    "forget": _Folding.forget,
    "begin": _Folding.begin,
    "end": _Folding.end,
    "stage": _Folding.stage,
    "confirm": _Folding.confirm,
    "place": _Folding.place,
    "rollback": _Folding.rollback,
}


def _begun(one: Mapping[str, Any], entry: Entry) -> Begun:
    return Begun(
        one["id"],
        entry.payload["route"],
        entry.payload["stage"],
        one["address"],
        one["action"],
        _plain(one["before"]),
        one["before_ttl"],
        _plain(one["after"]),
        tuple((address, _plain(value), meta) for address, value, meta in one.get("carried", ())),
        one.get("meta", {}),
        entry.time,
        entry.seq,
        entry.run,
    )


def _plain(value: Any) -> Any:
    """JSON knows no tuples: a list of values is one again."""
    return tuple(value) if type(value) is list else value


def _sealed(mapping: Mapping[str, Any], kind: Callable[[Any], Any]) -> Mapping[str, Any]:
    return MappingProxyType({name: kind(content) for name, content in mapping.items()})
