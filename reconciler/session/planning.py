"""Makes one customer's plan: reads live, builds the routes, compares, lets policy judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler import (
    desired,
    diff,
    document,
    folding,
    gates,
    journal,
    ledger,
    legs,
    licensing,
    plan,
    policy,
    position,
    proof,
)
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import SpecError
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Resource
from reconciler.model.route import Route
from reconciler.model.value import Value
from reconciler.session import findings, requests, scripts
from reconciler.session.looking import Seen, see
from reconciler.session.opened import Session
from reconciler.session.places import Places
from reconciler.spec import digest
from reconciler.spec.customer import CustomerSpec
from reconciler.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Made:
    """A plan with all it was made from: what `apply`, `drift`, `status` and `tasks` need besides."""

    customer: CustomerSpec
    plan: plan.Plan
    document: dict[str, Any]
    seen: Seen
    asked: requests.Requests
    scripts: scripts.Scripts

    def value(self, slot: Slot) -> Value | None:
        """The live value of a slot; none = absent."""
        return self.seen.world.parts(slot.key).get(slot.part)


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is to be made.

    Attributes:
        fix_drift: rows where the world moved are written back.
        target: only acts whose address starts with one of these; empty = all.
        follow: a tenant that can tell what has changed since it was last read is asked only that.
    """

    fix_drift: bool = False
    target: tuple[str, ...] = ()
    follow: bool = False


def make(session: Session, customer: CustomerSpec, options: Options) -> Made:
    """Read the journal and live, and plan.

    Raises:
        SpecError: a provider cannot be opened, or a target matches nothing.
        Refused: the journal is damaged.
    """
    reading = journal.read(session.journal(customer.id))
    notes = [*reading.warnings, *findings.of_journal(reading.state, customer.id)]
    return make_from(session, customer, options, ledger.fold(reading.entries), notes)


def make_from(
    session: Session, customer: CustomerSpec, options: Options, known: ledger.Ledger, notes: Iterable[Diagnostic] = ()
) -> Made:
    """The same, with a ledger already folded."""
    seen = see(session, customer, known, fix_drift=options.fix_drift, follow=options.follow)
    made_legs, foreign = _compare(session, customer, seen)
    asked = requests.look(session, customer, seen, made_legs)
    found = [*notes, *seen.found, *_counted(customer, made_legs), *requests.findings(asked)]
    today = session.clock.now().date()
    found += [*findings.past(customer, today), *findings.devices(customer, today)]
    found += findings.other_ttls(made_legs, seen.world.loose)
    found += licensing.mailboxes((row for one in made_legs for row in one.rows), seen.world.resources)
    found += findings.acceptances(customer, (row for one in made_legs for row in one.rows), today)
    found += [*_unstorable(made_legs, seen.world, seen.places), *findings.halted(made_legs)]
    made_scripts = scripts.look(session, customer, seen, made_legs)
    found += made_scripts.found
    proven = _proven(session, customer, made_legs, seen)
    found += proven.diagnostics
    if session.answers.asker is None:
        found += findings.unseen(proven.proofs, customer)
    made_legs = _target(made_legs, options.target)
    lacking = findings.missing(customer, session.loaded.workspace, position.abandoned(seen.routes, known), seen.picture)
    whole = seen.picture.complete and not options.target
    made = plan.Plan(customer.id, made_legs, foreign, tuple(found), lacking, whole)
    paper = _paper(session, customer, made, seen, proven.proofs)
    paper["scripts"] = [
        {**one, "path": str(made_scripts.folder / one["name"]), "save_as": made_scripts.save_as}
        for one in made_scripts.scripts
    ]
    return Made(customer, made, paper, seen, asked, made_scripts)


def _proven(session: Session, customer: CustomerSpec, made: Sequence[plan.Leg], seen: Seen) -> proof.Proven:
    today = session.clock.now().date()
    return session.answers.settled(
        seen.zones,
        lambda zones: proof.prove(customer.domains, made, zones, today),
    )


def _counted(customer: CustomerSpec, made: Iterable[plan.Leg]) -> list[Diagnostic]:
    omitted = sum(row.verdict is Verdict.OMITTED for one in made for row in one.rows)
    born = sum(act.born for one in made for act in one.acts)
    return [*findings.acknowledged(customer, omitted), *findings.unsealed(customer, born)]


def _paper(
    session: Session, customer: CustomerSpec, made: plan.Plan, seen: Seen, proofs: Sequence[proof.Proof]
) -> dict[str, Any]:
    now = session.clock.now()
    watch = gates.Watch(
        now,
        seen.known,
        seen.facts,
        lambda key: seen.places.ready(key, seen.binding),
        lambda slot, value: seen.places.shown(session, slot, value),
    )
    spec = {"digest": digest.digest(customer), "files": [str(file) for file in customer.files]}
    policy_ = policy_digest(session)
    states = _gates(made.legs, watch)
    return document.plan(made, reads=seen.picture, spec=spec, policy=policy_, gates=states, proofs=proofs, now=now)


def policy_digest(session: Session) -> str:
    """Identity of the limits in force."""
    limits = session.loaded.workspace.policy
    return plan.digest({"policy": [limits.max_destroy, str(limits.max_share), limits.share_floor, limits.self_heal]})


def _compare(session: Session, customer: CustomerSpec, seen: Seen) -> tuple[tuple[plan.Leg, ...], tuple[Slot, ...]]:
    limits = session.loaded.workspace.policy
    rules = policy.Rules(limits.max_destroy, customer.destroy, limits.max_share, limits.share_floor)
    routes = _with_tenant(customer, seen.routes, seen.world)
    mistaken = seen.picture.complete and not seen.complete
    bounds = legs.Limits(rules, seen.complete, seen.policies, seen.partly, scripts.growing(seen.places), mistaken)
    return legs.legs(routes, seen.world, seen.known, seen.picture.covers, bounds)


def _with_tenant(customer: CustomerSpec, routes: Sequence[Route], world: diff.World) -> Sequence[Route]:
    """What left the spec in the tenant needs a route to be seen on, even when nothing else is wished there."""
    tenant = customer.tenant
    if not tenant or any(route.subject == tenant for route in routes):
        return routes
    ours = any(address.startswith((f"tenant/{tenant}/", f"exchange/{tenant}/")) for address in world.owned)
    return [*routes, desired.tenant_route(customer)] if ours else routes


def _unstorable(some_legs: Sequence[plan.Leg], world: diff.World, places: Places) -> list[Diagnostic]:
    """What a provider could not store, found before anything is written."""
    writes: dict[Key, dict[str, Value | None]] = {}
    for act in (act for one in some_legs for act in one.acts):
        parts = writes.setdefault(act.slot.key, {})
        parts |= {
            part: named for part, want in act.row.carried.items() if (named := world.named(want.value)) is not None
        }
        named = world.named(act.row.after)
        if named is not None or act.effect == "destroy":
            parts[act.slot.part] = named
    origins = {act.slot.key.address: act.row.want.origin for one in some_legs for act in one.acts if act.row.want}
    by_provider: dict[str, list[Resource]] = {}
    for key, parts in writes.items():
        after = folding.fold(key, world.resources.get(key), parts)
        if after is not None:
            by_provider.setdefault(places.provider_of(key), []).append(after)
    told = [one for name, some in by_provider.items() if name for one in places.providers[name].refusals(some)]
    return [replace(one, origin=origins.get(one.address, one.origin)) for one in told]


def _gates(some_legs: Iterable[plan.Leg], watch: gates.Watch) -> dict[tuple[str, int], list[gates.GateState]]:
    return {
        (one.route.id, index): gates.look(one.route, index, watch)
        for one in some_legs
        for index in range(one.cursor + 1, len(one.route.stages))
        if one.route.stages[index].gates
    }


def _target(given: tuple[plan.Leg, ...], targets: tuple[str, ...]) -> tuple[plan.Leg, ...]:
    """Keep only the acts asked for.

    Raises:
        SpecError: a target matches nothing.
    """
    if not targets:
        return given
    addresses = {row.slot.address for one in given for row in one.rows}
    lost = [target for target in targets if not any(address.startswith(target) for address in addresses)]
    if lost:
        raise SpecError(findings.lost_targets(lost))
    return tuple(_only(one, targets) for one in given)


def _only(one: plan.Leg, targets: tuple[str, ...]) -> plan.Leg:
    rows = tuple(row for row in one.rows if row.slot.address.startswith(targets))
    acts = tuple(act for act in one.acts if act.slot.address.startswith(targets))
    left_out = {row.stage for row in one.rows if not row.slot.address.startswith(targets)}
    return replace(one, rows=rows, acts=acts, left_out=left_out)
