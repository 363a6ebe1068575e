"""From changes of record sets to the fewest operations on records, in units that are never torn apart.

A unit is all that happens at one name. In one call Cloudflare carries out deletes, then patches, then posts, all or
nothing: so a CNAME and what takes its place trade places at one moment. A value that takes another's place is a patch
of that record: never do two SPF stand side by side, and its comment and tags stay. What Email Routing made stays tied
to it however it is edited: it is never patched, but deleted and made anew.
Source: Cloudflare documentation, Batch record changes and Email Routing, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.cloudflare import limits, values
from providers.cloudflare.reading import Record
from reconciler.model import names
from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource

_Operation = dict[str, Any]


@dataclass(slots=True)
class Unit:
    """All that happens at one name."""

    changes: list[Change] = field(default_factory=list)
    deletes: list[tuple[str, _Operation]] = field(default_factory=list)
    patches: list[tuple[str, _Operation]] = field(default_factory=list)
    posts: list[tuple[str, _Operation]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Its operations."""
        return len(self.deletes) + len(self.patches) + len(self.posts)

    @property
    def only_removes(self) -> bool:
        """Nothing is added or changed."""
        return not self.patches and not self.posts


def units(changes: Sequence[Change], held: Mapping[Key, Sequence[Record]]) -> list[Unit]:
    """One for each name, in the order of the changes; those that only remove come last."""
    found: dict[str, Unit] = {}
    for change in changes:
        unit = found.setdefault(change.key.name, Unit())
        unit.changes.append(change)
        _add(unit, change, held.get(change.key, ()))
    return sorted(found.values(), key=lambda unit: unit.only_removes)


def packed(listed: Sequence[Unit], most: int) -> Iterator[list[Unit]]:
    """Units that go in one call, in their order; none is larger than that."""
    pack: list[Unit] = []
    size = 0
    for unit in listed:
        if pack and size + unit.size > most:
            yield pack
            pack, size = [], 0
        pack.append(unit)
        size += unit.size
    if pack:
        yield pack


def body(pack: Sequence[Unit]) -> dict[str, list[_Operation]]:
    """What one call says: a DS leaves before its NS and comes after it."""
    deletes = sorted((one for unit in pack for one in unit.deletes), key=lambda one: one[0] != "DS")
    patches = [one for unit in pack for one in unit.patches]
    posts = sorted((one for unit in pack for one in unit.posts), key=lambda one: one[0] == "DS")
    said = {"deletes": deletes, "patches": patches, "posts": posts}
    return {verb: [operation for _, operation in listed] for verb, listed in said.items() if listed}


def _add(unit: Unit, change: Change, held: Sequence[Record]) -> None:
    """The operations of one change."""
    kind, after = change.key.kind, change.after
    if not isinstance(after, RecordSet):
        unit.deletes += ((kind, {"id": one.id}) for one in held)
        return
    gone = [one for one in held if one.value not in after.values]
    new = sorted(set(after.values) - {one.value for one in held})
    for old, value in _pairs(kind, [one for one in gone if not one.tied], new):
        unit.patches.append((kind, _patch(after, old, values.payload(kind, value))))
        gone.remove(old)
        new.remove(value)
    for one in held:
        if one.value in after.values and _otherwise(after, one, change.before):
            if one.tied:
                gone.append(one)
                new.append(one.value)
            else:
                unit.patches.append((kind, _patch(after, one, {})))
    unit.deletes += ((kind, {"id": one.id}) for one in gone)
    unit.posts += ((kind, _post(after, value, held)) for value in new)


def _otherwise(after: RecordSet, held: Record, before: Resource | None) -> bool:
    """Its value is kept, and something else is not as wished; a TTL of its own stays where nobody asks for another."""
    asked = not isinstance(before, RecordSet) or before.ttl != after.ttl
    return (asked and held.ttl != _ttl(after, held.proxied)) or _flips(after, held)


def _flips(after: RecordSet, held: Record) -> bool:
    return after.proxied is not None and after.proxied != held.proxied


def _ttl(after: RecordSet, held: bool | None) -> int:
    """What is proxied, by the wish or, where that is silent, as it stands, has the automatic TTL."""
    proxied = held if after.proxied is None else after.proxied
    return limits.AUTO if proxied else after.ttl


def _patch(after: RecordSet, held: Record, value: _Operation) -> _Operation:
    """What it leaves out stays: comment, tags, and whether it is proxied unless the wish says so."""
    flip = {"proxied": after.proxied} if _flips(after, held) else {}
    return {"id": held.id, **_head(after, _ttl(after, held.proxied)), **value, **flip}


def _post(after: RecordSet, value: str, held: Sequence[Record]) -> _Operation:
    """A further value of a proxied set is proxied like the others: else it would show what they hide."""
    kind = after.key.kind
    as_held = bool(held) and all(one.proxied for one in held)
    proxied = as_held if after.proxied is None else after.proxied
    flag = {"proxied": proxied} if kind in values.PROXIABLE else {}
    return {**_head(after, _ttl(after, as_held)), **values.payload(kind, value), **flag}


def _head(after: RecordSet, ttl: int) -> _Operation:
    name = names.fqdn(after.key.name, after.key.scope).removesuffix(".")
    return {"name": name, "type": after.key.kind, "ttl": ttl}


def _pairs(kind: str, gone: Sequence[Record], new: Sequence[str]) -> list[tuple[Record, str]]:
    """Which record becomes which value: first what is the same thing otherwise; texts only then."""
    found: list[tuple[Record, str]] = []
    waiting: dict[str, list[str]] = {}
    for value in reversed(new):
        waiting.setdefault(_sort(kind, value), []).append(value)
    left = []
    for one in sorted(gone, key=lambda one: one.value):
        same = waiting.get(_sort(kind, one.value))
        if same:
            found.append((one, same.pop()))
        else:
            left.append(one)
    if kind != "TXT":
        taken = {value for _, value in found}
        found += zip(left, (value for value in new if value not in taken), strict=False)
    return found


def _sort(kind: str, value: str) -> str:
    """What makes two values the same thing: a text's tag (`v=spf1`, `MS`), a mail host."""
    if kind == "MX":
        return value.rpartition(" ")[2]
    if kind != "TXT":
        return ""
    if value[:2].lower() == "v=":
        return value.replace(";", " ").split(" ", 1)[0].lower()
    tag, equals, _ = value.partition("=")
    return tag if equals else ""
