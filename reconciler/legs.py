"""The legs of a plan: every route compared with live, what nobody mentions added, policy applied. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from reconciler import diff, leftovers, mail_guards, plan, policy, position
from reconciler.ledger import Ledger
from reconciler.model.key import Key, Slot
from reconciler.model.route import Route


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds a plan back.

    Attributes:
        complete: every scope was read, and every file of the spec was loaded.
        policies: what the domains' web servers show as their MTA-STS policies.
        partly: zones of which only some names were read.
        growing: tenants whose provider cannot take an address away from a person, and nobody else is asked.
        mistaken: everything was read, and an error in the spec is what makes it not complete.
    """

    rules: policy.Rules = field(default_factory=policy.Rules)
    complete: bool = True
    policies: mail_guards.Policies = field(default_factory=dict)
    partly: frozenset[str] = frozenset()
    growing: frozenset[str] = frozenset()
    mistaken: bool = False


def _unread(route: Route, covers: Callable[[Key], bool]) -> str:
    """Why nothing can be said of a route; empty when its zone or tenant was read."""
    system = "tenant" if route.target == "tenant" else "dns"
    return "" if covers(Key(system, route.subject, "", "@")) else f"{route.subject} was not read"


def legs(
    routes: Sequence[Route], world: diff.World, known: Ledger, covers: Callable[[Key], bool], limits: Limits
) -> tuple[tuple[plan.Leg, ...], tuple[Slot, ...]]:
    """Compare everything.

    Args:
        covers: whether a key, when it is not in the world, surely does not exist; others get no row.

    Returns:
        A leg for each route, in order, and the live slots that are not ours.
    """
    if lowered := position.lowered(routes, known):
        world = replace(world, facts={**world.facts, **lowered})
    mentioned = leftovers.Mentioned.of(routes)
    cursors = {route.id: position.cursor(route, known) for route in routes}
    rows = {route.id: diff.compare(route, cursors[route.id], world, covers) for route in routes}
    for route, row in leftovers.owned_rows(routes, mentioned, world, covers):
        rows[route.id].append(row)
    foreign = tuple(leftovers.unmanaged(mentioned, world))
    for route, row in leftovers.foreign_rows(routes, foreign, world):
        rows[route.id].append(row)
    acting = [(number, row) for number, some in enumerate(rows.values()) for row in some if row.acts]
    case = policy.Case(
        [row for _, row in acting],
        world.resources,
        limits.complete,
        leftovers.emptied(routes, mentioned),
        {address for address, owned in known.owned.items() if owned.protect},
        {row.slot: (number, row.stage) for number, row in acting},
        limits.policies,
        world.locked,
        limits.partly,
        limits.growing,
        limits.mistaken,
    )
    made = [
        plan.leg(
            route,
            cursors[route.id],
            rows[route.id],
            world.owned,
            halt=position.halt(route, world, known) or _unread(route, covers),
        )
        for route in routes
    ]
    refused = policy.refusals(case, limits.rules)
    leaving = {row.slot for row in case.rows}
    return plan.with_refusals(made, refused), tuple(slot for slot in foreign if slot not in leaving)
