"""A tenant's products as a spec lists them: by the names that people know, with the service plans that nobody has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler import products
from reconciler.mail.quoting import quoted
from reconciler.model.resource import Licenses, Sku
from reconciler.model.tenant_rules import is_sku
from reconciler.transcript.cells import unwritable
from reconciler.transcript.choice import Choice, Left, Line

#: By part number: addresses of those to whom the spec gives the product, with what they hold.
Holders = Mapping[str, Sequence[tuple[str, Licenses]]]
#: Seats beyond what a spec can count.
_MOST_SEATS = 1_000_000
#: So many people are named in one sentence.
NAMED = 3


def named(skus: Iterable[Sku], choice: Choice, left: list[Left]) -> dict[str, str]:
    """By part number the name of a product: as people call it where that is clear; what cannot be said is left."""
    listed = sorted(skus, key=lambda one: one.key.name)
    names = {one.key.name: one.product or products.name_of(one.sku_id) for one in listed}
    called = Counter(name.casefold() for name in names.values())
    parts = {part.casefold() for part in names}
    found: dict[str, str] = {}
    for one in listed:
        part, shown = one.key.name, names[one.key.name]
        clear = called[shown.casefold()] == 1 and shown.casefold() not in parts - {part.casefold()}
        name = shown if clear and not _unsayable(shown) else part
        reason = choice.why(f"license {part}")
        if one.enabled + one.warning > _MOST_SEATS or _unsayable(name):
            reason = "no spec can write its name or count its seats"
        if reason:
            left.append(Left(f"licence {part}", reason))
        else:
            found[part] = name
    return found


def _unsayable(name: str) -> bool:
    return bool(unwritable(name)) or ";" in name


def lines(names: Mapping[str, str], skus: Iterable[Sku], holders: Holders, left: list[Left]) -> Iterator[Line]:
    """A line for each product; a plan that is off for some of its people alone is left."""
    seats = {one.key.name: one.enabled + one.warning for one in skus}
    for part, name in names.items():
        off = ", ".join(quoted(plan) for plan in _off(part, holders.get(part, ()), left))
        plans = f", disabled_plans: [{off}]" if off else ""
        yield Line(f"  {quoted(name)}: {{seats: {seats[part]}{plans}}}", f"license {part}")


def _off(part: str, holders: Sequence[tuple[str, Licenses]], left: list[Left]) -> Iterator[str]:
    """Plans of a product that are off for everybody to whom the spec gives it."""
    whose: dict[str, list[str]] = {}
    for upn, held in holders:
        for one in held.disabled:
            product, _, plan = one.partition("/")
            if product == part:
                whose.setdefault(plan, []).append(upn)
    for plan, people in sorted(whose.items()):
        if len(people) == len(holders) and is_sku(plan):
            yield plan
        else:
            shown = ", ".join(people[:NAMED]) + (f" and {len(people) - NAMED} more" if people[NAMED:] else "")
            reason = "no spec can write its name"
            if len(people) < len(holders):
                reason = f"it is off for {len(people)} of the {len(holders)} who have the licence: {shown}"
            left.append(Left(f"service plan {plan} of licence {part}", reason))
