"""Users and what they hold: all of them page by page, or those that are named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from providers.microsoft365.asking import is_id
from providers.microsoft365.shapes import Shapes
from providers.microsoft365.told import Entry
from reconciler.model import tenant_rules
from reconciler.model.key import Key
from reconciler.model.resource import Resource, User


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a scope, apart: `groups` are unique names, display names or ids; all but those in lower case."""

    addresses: tuple[str, ...]
    ids: tuple[str, ...]
    domains: tuple[str, ...]
    groups: tuple[str, ...]


def sorted_out(names: Iterable[str]) -> Names:
    """What each name is; one that can be nobody's in a tenant is left out."""
    kinds: dict[str, set[str]] = {"address": set(), "id": set(), "domain": set(), "group": set()}
    for name in names:
        kind, text = _kind(name)
        kinds[kind].add(text)
    return Names(*(tuple(sorted(kinds[one] - {""})) for one in ("address", "id", "domain", "group")))


def _kind(name: str) -> tuple[str, str]:
    lower = name.lower()
    if name.startswith("group/"):
        return "group", name.removeprefix("group/")
    if "@" in name:
        return "address", lower
    if is_id(name):
        return "id", lower
    return "domain", lower if tenant_rules.is_domain(lower) else ""


def people(shapes: Shapes, entries: Iterable[Entry], *, deleted: bool = False) -> Iterator[Resource]:
    """Each user with what they hold."""
    for entry in entries:
        yield shapes.user_of(entry, deleted=deleted)
        yield shapes.licenses_of(entry)


def among(found: Iterable[Resource], names: Names | None) -> Iterator[Resource]:
    """Those who are named, by id, name or another address, with what they hold; all without names."""
    addresses, ids = (frozenset(names.addresses), frozenset(names.ids)) if names else (frozenset(), frozenset())
    wanted = True
    for one in found:
        if isinstance(one, User) and names is not None:
            wanted = one.remote_id.lower() in ids or not addresses.isdisjoint((one.upn, *one.aliases))
        if wanted:
            yield one


def keyed(resources: Iterable[Resource]) -> dict[Key, Resource]:
    """By key."""
    return {one.key: one for one in resources}


def strangers(entries: Iterable[Entry], known: Mapping[Key, Resource], shapes: Shapes, most: int) -> list[str]:
    """Ids of some who were listed and are not known yet."""
    ids = (shapes.user_of(one).remote_id for one in entries)
    return [one for one in ids if shapes.key("user", one) not in known][:most]
