"""Products of Microsoft 365: what they are called, and which of their service plans one user cannot hold together.

Pure. The data are `products.toml`, read once when first asked for:

- `product`: `sku` is the id, `part` the part number, `name` what people call it. For display alone: what a tenant has
  is read from the tenant, and neither names nor part numbers stay unique.
- `excludes`: `plans` of which one user holds at most one; `service` is what they bring.
- `needs`: a `plan` that works only beside a plan of `one_of`; `service` is what it brings.
- `source`, `date`: where a rule was read, and when. `sure`: `vendor` says so itself, or a `project` met it.

The rules are few, those with evidence: what breaks none of them may still be refused by the vendor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

#: By part number, the names of the service plans that are on.
Held = Mapping[str, frozenset[str]]

#: Products that a sentence names; the rest are counted.
NAMED = 4


class Excludes(NamedTuple):
    """Plans of which one user holds at most one."""

    service: str
    plans: tuple[str, ...]


class Needs(NamedTuple):
    """A plan that works only beside one of others."""

    service: str
    plan: str
    one_of: tuple[str, ...]


class Data(NamedTuple):
    """What the file says: names by id in lower case, and the rules in its order."""

    names: Mapping[str, str]
    excludes: tuple[Excludes, ...]
    needs: tuple[Needs, ...]


def name_of(sku_id: str) -> str:
    """What people call a product, by its id in any case; empty when it is not known."""
    return data().names.get(sku_id.lower(), "")


def clashes(held: Held) -> list[str]:
    """Why one user cannot hold these products together, one sentence for each rule they break; empty when they can.

    Plans are compared without case. Two products that bring the same plan are no clash, nor are two plans that one of
    the products brings together itself: the vendor then allows it. The order is that of the data.
    """
    rules = data()
    bringing = _bringing(held, rules)
    return [*_excluded(bringing, rules.excludes), *_unmet(bringing, rules.needs)]


@lru_cache(maxsize=1)
def data() -> Data:
    """The data file, read once."""
    import tomllib
    from importlib.resources import files

    return read(tomllib.loads((files("reconciler") / "products.toml").read_bytes().decode("utf-8")))


def read(tables: Mapping[str, Any]) -> Data:
    """The tables of the file as what they mean."""
    return Data(
        names={one["sku"]: one["name"] for one in tables["product"]},
        excludes=tuple(Excludes(one["service"], tuple(one["plans"])) for one in tables["excludes"]),
        needs=tuple(Needs(one["service"], one["plan"], tuple(one["one_of"])) for one in tables["needs"]),
    )


class _Brought(NamedTuple):
    """One plan: as the tenant spells it, and the part numbers that bring it, sorted."""

    spelled: str
    parts: dict[str, None]


def _bringing(held: Held, rules: Data) -> dict[str, _Brought]:
    """The plans that some rule is about, in capitals. Products are gone through once, whatever their number."""
    about = {plan for rule in rules.excludes for plan in rule.plans}
    about.update(plan for rule in rules.needs for plan in (rule.plan, *rule.one_of))
    found: dict[str, _Brought] = {}
    for part, plans in sorted(held.items()):
        for spelled, plan in sorted((plan, plan.upper()) for plan in plans if plan.upper() in about):
            found.setdefault(plan, _Brought(spelled, {})).parts[part] = None
    return found


def _excluded(bringing: Mapping[str, _Brought], rules: Iterable[Excludes]) -> Iterator[str]:
    for rule in rules:
        for one, other in combinations([bringing[plan] for plan in rule.plans if plan in bringing], 2):
            if one.parts.keys().isdisjoint(other.parts):
                both = f"{_listed(one.parts)} and {_listed(other.parts)} both bring {rule.service}"
                yield f"{both}, as plans that exclude each other: list {_off(one)}, or {_off(other)}"


def _unmet(bringing: Mapping[str, _Brought], rules: Iterable[Needs]) -> Iterator[str]:
    for rule in rules:
        plan = bringing.get(rule.plan)
        if plan and not any(one in bringing for one in rule.one_of):
            what = f"{_listed(plan.parts)}: {rule.service} needs {' or '.join(rule.one_of)}, which nothing here brings"
            yield f"{what}: add a product that does, or list {_off(plan)}"


def _off(plan: _Brought) -> str:
    return f"{plan.spelled} under `disabled_plans` of {_listed(plan.parts)}"


def _listed(parts: Mapping[str, None]) -> str:
    first = list(parts)[:NAMED]
    more = len(parts) - len(first)
    return ", ".join(first) + (f" and {more:,} more" if more else "")
