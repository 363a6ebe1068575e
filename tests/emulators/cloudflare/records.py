"""The calls on records: create, change, replace, remove, many at once, list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tests.emulators.cloudflare.refusal import Refusal
from tests.emulators.cloudflare.zones import Record, Zone

T = TypeVar("T")
_VERBS = ("deletes", "patches", "puts", "posts")
TOO_MANY = 9207  # our choice
_FILTERS: Mapping[str, Callable[[str, str], bool]] = {
    "": lambda have, want: have == want,
    "exact": lambda have, want: have == want,
    "contains": lambda have, want: want in have,
    "startswith": lambda have, want: have.startswith(want),
    "endswith": lambda have, want: have.endswith(want),
}
_COLUMNS = ("name", "content", "comment")


def create(zone: Zone, sent: Mapping[str, Any]) -> Record:
    """POST."""
    record = zone.made(sent)
    zone.put(record)
    return record


def change(zone: Zone, identity: str, sent: Mapping[str, Any]) -> Record:
    """PATCH: what is left out stays."""
    old = zone.get(identity)
    zone.changeable(old)
    kept = {
        "name": old.name, "type": old.type, "content": old.content, "data": old.data, "priority": old.priority,
        "ttl": old.ttl, "proxied": old.proxied, "comment": old.comment, "tags": list(old.tags),
    }  # fmt: skip
    if sent.get("type", old.type) != old.type:
        raise Refusal(400, 9005, "The type of a record cannot be changed.")
    record = zone.made(kept | dict(sent), old)
    zone.put(record)
    return record


def overwrite(zone: Zone, identity: str, sent: Mapping[str, Any]) -> Record:
    """PUT: what is left out is reset."""
    old = zone.get(identity)
    zone.changeable(old)
    record = zone.made(sent, old)
    zone.put(record)
    return record


def batch(zone: Zone, sent: Mapping[str, Any]) -> dict[str, list[Record]]:
    """Deletes, patches, puts, posts; the first error undoes all."""
    operations = {verb: list(sent.get(verb) or ()) for verb in _VERBS}
    count = sum(map(len, operations.values()))
    if not 0 < count <= zone.most:
        raise Refusal(400, TOO_MANY, f"A batch holds 1 to {zone.most} operations, not {count}.")
    named = [one.get("id") for verb in ("deletes", "patches", "puts") for one in operations[verb]]
    if len(named) != len(set(named)):
        raise Refusal(400, 9005, "A batch names a record twice.")
    before = dict(zone.records)
    try:
        return {
            "deletes": [zone.remove(str(one.get("id"))) for one in operations["deletes"]],
            "patches": [change(zone, str(one.get("id")), _without_id(one)) for one in operations["patches"]],
            "puts": [overwrite(zone, str(one.get("id")), _without_id(one)) for one in operations["puts"]],
            "posts": [create(zone, one) for one in operations["posts"]],
        }
    except Refusal:
        zone.records = before
        raise


def _without_id(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name != "id"}


def listed(zone: Zone, asked: Mapping[str, str], cap: int) -> tuple[list[Record], dict[str, int]]:
    """A page of the records that pass all filters, and what is said of it.

    Args:
        cap: the most a page holds, whatever is asked.
    """
    return paged([one for one in zone.records.values() if _passes(one, asked)], asked, 100, cap)


def paged(found: Sequence[T], asked: Mapping[str, str], default: int, cap: int) -> tuple[list[T], dict[str, int]]:
    """The page that is asked for, and what is said of it."""
    size, page = min(int(asked.get("per_page", default)), cap), int(asked.get("page", 1))
    part = list(found[(page - 1) * size : page * size])
    pages = -(-len(found) // size)
    info = {"page": page, "per_page": size, "count": len(part), "total_count": len(found), "total_pages": pages}
    return part, info


def _passes(record: Record, asked: Mapping[str, str]) -> bool:
    if "type" in asked and record.type != asked["type"]:
        return False
    if "proxied" in asked and record.proxied != (asked["proxied"] == "true"):
        return False
    for parameter, want in asked.items():
        column, _, how = parameter.partition(".")
        if column in _COLUMNS and how in _FILTERS:
            have = str(getattr(record, column) or "")
            if not _FILTERS[how](have.lower(), want.lower()):
                return False
    return True
