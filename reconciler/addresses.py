"""An address belongs to one account at a time: whoever is to have it waits until its holder gives it up. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.diff import Row
from reconciler.model.key import ALIAS, Key, Slot
from reconciler.model.resource import Resource, User
from reconciler.model.value import Unknown, Value

#: Number of its route, and of its stage: who comes earlier.
Place = tuple[int, int]


def taken(row: Row) -> set[str]:
    """Addresses, lower case, that an account has after a row's write and not before."""
    found = _addresses(row.slot.part, row.target) - _addresses(row.slot.part, row.before)
    return found.union(*(_addresses(part, want.value) for part, want in row.carried.items()))


def given(row: Row) -> set[str]:
    """Addresses, lower case, that an account has no more after a row's write."""
    return _addresses(row.slot.part, row.before) - _addresses(row.slot.part, row.target)


def refusals(
    rows: Iterable[Row], resources: Mapping[Key, Resource], places: Mapping[Slot, Place], refused: Collection[Slot]
) -> dict[Slot, str]:
    """Why accounts may not take an address yet, at each of their acts.

    Args:
        rows: those that would write something. `places`: of their slots.
        refused: what other guards stop.
    """
    users = [row for row in rows if row.slot.key.kind == "user"]
    if not users:
        return {}
    shown = {key: one.display_name for key, one in resources.items() if isinstance(one, User)}
    case = _Case(users, places, dict(_holders(resources)), shown)
    found: dict[Slot, str] = {}
    while more := dict(case.waiting({*refused, *found})):
        if more.keys() <= found.keys():
            break
        found = {**more, **found}
    return found


def _holders(resources: Mapping[Key, Resource]) -> Iterator[tuple[str, Key]]:
    for key, one in resources.items():
        if isinstance(one, User) and not one.deleted:
            yield from ((address.lower(), key) for address in (one.upn, *one.aliases))


@dataclass(frozen=True, slots=True)
class _Case:
    """`holders`: live accounts by address; `shown`: their names, for people."""

    users: Sequence[Row]
    places: Mapping[Slot, Place]
    holders: Mapping[str, Key]
    shown: Mapping[Key, str]

    def waiting(self, refused: Collection[Slot]) -> Iterator[tuple[Slot, str]]:
        givers = {(row.slot.key, address): row.slot for row in self.users for address in given(row)}
        for row in self.users:
            for address in sorted(taken(row)):
                holder = self.holders.get(address, row.slot.key)
                if holder == row.slot.key:
                    continue
                giver = givers.get((holder, address))
                reason = self._reason(row.slot, giver, refused)
                if reason:
                    what = f"{address} is still the address of {self.shown[holder]}{reason}"
                    yield from self._stopped(row.slot.key, what)
                if not giver:
                    # Who is who is not clear: nobody is blocked on such grounds.
                    what = f"{row.slot.key.name} asks for its address {address}: first give one of them another one"
                    yield from self._stopped(holder, what)

    def _reason(self, taker: Slot, giver: Slot | None, refused: Collection[Slot]) -> str:
        if giver is None:
            return ": give that account another one, or delete it, in a change of its own first"
        if giver in refused:
            return ", which may not give it up yet"
        if self.places[giver] > self.places[taker]:
            return ", which gives it up later in this plan: apply it, and plan again"
        return ""

    def _stopped(self, key: Key, reason: str) -> Iterator[tuple[Slot, str]]:
        return ((row.slot, reason) for row in self.users if row.slot.key == key)


def _addresses(part: str, value: Value | Unknown | None) -> set[str]:
    """The address that a slot of a user holds, with this value."""
    if part.startswith(ALIAS) and value:
        return {part.removeprefix(ALIAS)}
    return {value.lower()} if part == "upn" and isinstance(value, str) else set()
