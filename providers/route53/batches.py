"""Changes as the host takes them: the exact old set deleted, the new one created, in batches within its limits.

All changes of a name go in one batch, which takes effect whole or not at all; so a CNAME that becomes an A, or an SPF
text that changes, is never half done.
Source: Amazon Route 53 API Reference, ChangeResourceRecordSets; Developer Guide, "Quotas" (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.route53 import text
from providers.route53.reading import Native, Reading
from reconciler.model.change import Change
from reconciler.model.resource import RecordSet

#: Values, and characters in them, that one batch may carry; an UPSERT counts twice.
VALUES, CHARACTERS = 1000, 32_000


@dataclass(slots=True)
class Unit:
    """All changes of one name, and what is sent for them."""

    changes: list[Change] = field(default_factory=list)
    deletes: list[dict[str, Any]] = field(default_factory=list)
    creates: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rank(self) -> int:
        """What only adds goes first, what only removes last: never fewer answers than needed."""
        return 1 if self.deletes and self.creates else (2 if self.deletes else 0)

    @property
    def size(self) -> tuple[int, int]:
        """Values and characters, as the host counts them."""
        values = characters = 0
        for one in (*self.deletes, *self.creates):
            texts = [record["Value"] for record in one["ResourceRecordSet"]["ResourceRecords"]]
            times = 2 if one["Action"] == "UPSERT" else 1
            values += times * len(texts)
            characters += times * sum(map(len, texts))
        return values, characters

    @property
    def fits(self) -> bool:
        """Whether a batch can carry it at all."""
        values, characters = self.size
        return values <= VALUES and characters <= CHARACTERS


def units(changes: Iterable[Change], held: Reading) -> list[Unit]:
    """One for each name, what only adds first and what only removes last, else in the order given."""
    found: dict[str, Unit] = {}
    for change in changes:
        unit = found.setdefault(change.key.name, Unit())
        unit.changes.append(change)
        old = held.native.get(change.key)
        new = _native(change.after, old) if isinstance(change.after, RecordSet) else None
        if change.key[2:] == ("NS", "@") and new:
            unit.creates.append({"Action": "UPSERT", "ResourceRecordSet": new})  # it can be neither deleted nor created
            continue
        if old:
            unit.deletes.append({"Action": "DELETE", "ResourceRecordSet": old})
        if new:
            unit.creates.append({"Action": "CREATE", "ResourceRecordSet": new})
    return sorted(found.values(), key=lambda unit: unit.rank)


def packed(wanted: Sequence[Unit]) -> Iterator[list[Unit]]:
    """The units in the fewest batches that keep their order; each of them fits."""
    batch: list[Unit] = []
    values = characters = 0
    for unit in wanted:
        more, longer = unit.size
        if batch and (values + more > VALUES or characters + longer > CHARACTERS):
            yield batch
            batch, values, characters = [], 0, 0
        batch.append(unit)
        values, characters = values + more, characters + longer
    if batch:
        yield batch


def sent(batch: Iterable[Unit]) -> list[Any]:
    """A batch as the host takes it: it looks at the changes one after the other, so all deletions stand first."""
    held = list(batch)
    return [*(one for unit in held for one in unit.deletes), *(one for unit in held for one in unit.creates)]


def _native(wished: RecordSet, old: Native | None) -> dict[str, Any]:
    """A record set as it is sent; values that stay keep the spelling in which they were read."""
    kind = wished.key.kind
    spelt = {text.value(kind, one["Value"]): one["Value"] for one in old["ResourceRecords"]} if old else {}
    values = [spelt.get(value) or text.native_value(kind, value) for value in wished.values]
    return {
        "Name": old["Name"] if old else text.native_name(wished.key.name, wished.key.scope),
        "Type": kind,
        "TTL": wished.ttl,
        "ResourceRecords": [{"Value": value} for value in values],
    }
