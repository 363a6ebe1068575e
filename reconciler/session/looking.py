"""Reads live and says what is wished: all that one customer's plan starts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler import accounts, binding, desired, diff, ledger, licensing, live, tenant_guards
from reconciler.mail_guards import Policies
from reconciler.model.answer import Answer, Question
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.key import Key
from reconciler.model.resource import Resource, User
from reconciler.model.route import Route
from reconciler.model.value import Value
from reconciler.session import departing, findings, moving, policies, readings
from reconciler.session.facts import facts_of
from reconciler.session.moving import Moving
from reconciler.session.opened import Session
from reconciler.session.places import Places
from reconciler.spec import scope
from reconciler.spec.customer import CustomerSpec
from reconciler.zones import Zones


@dataclass(frozen=True, slots=True)
class Seen:
    """What a comparison starts from.

    Attributes:
        picture: every reading. `world`: the same under the spec's names, with the ledger and the facts.
        found: what the author should know or mend.
        moving: zones that the spec has at another DNS host than the journal.
    """

    places: Places
    picture: live.Live
    binding: binding.Binding
    known: ledger.Ledger
    facts: Mapping[str, Value]
    world: diff.World
    routes: tuple[Route, ...]
    found: tuple[Diagnostic, ...]
    policies: Policies
    moving: tuple[Moving, ...] = ()

    def zones(self, answers: Mapping[Question, Answer]) -> Zones:
        """What was read, as its servers would answer from it."""
        return _zones(answers, self.picture, self.world.resources)

    @property
    def partly(self) -> frozenset[str]:
        """The zones of which only some names were read."""
        return frozenset(_partly(self.picture))

    @property
    def complete(self) -> bool:
        """Everything was read, and nothing in the spec is wrong: only so may anything be removed."""
        return self.picture.complete and not any(one.severity is Severity.ERROR for one in self.found)


def _people(
    customer: CustomerSpec, bound: binding.Binding, known: ledger.Ledger, resources: Mapping[Key, Resource]
) -> list[Diagnostic]:
    """Who may be somebody else than the spec thinks."""
    found = [*findings.bound_licences(customer, known), *findings.left_behind(customer, known)]
    if customer.accounts is not None and customer.tenant:
        people = [one for one in customer.accounts if one.kind == "person"]
        others = {one.address for one in customer.accounts} - {one.address for one in people}
        # A shared mailbox has an account of its own, which nobody signs in with.
        live = [one for one in resources.values() if not (isinstance(one, User) and one.upn in others)]
        absent = {one.user for one in customer.absent if one.user and not one.license}
        found += binding.strangers(customer.tenant, people, bound, known, live, absent=absent)
    return found


def _read_tenant(picture: live.Live) -> bool:
    return any(read.observation is not None and read.scope.system == "tenant" for read in picture.reads)


def _founded(found: Iterable[Diagnostic], picture: live.Live) -> Iterable[Diagnostic]:
    """Of a tenant that was not read nobody can say which licences it has."""
    unread = any(read.observation is None and read.scope.system == "tenant" for read in picture.reads)
    return [one for one in found if not unread or one.rule != accounts.UNKNOWN_SKU]


def see(
    session: Session, customer: CustomerSpec, known: ledger.Ledger, *, fix_drift: bool, follow: bool = False
) -> Seen:
    """Look at every scope of a customer, bind its accounts, and build its routes.

    Args:
        follow: a tenant that can tell what has changed since it was last read is asked only that.

    Raises:
        SpecError: a provider cannot be opened.
    """
    workspace = session.loaded.workspace
    scopes = scope.scopes(customer, workspace, known.owned, known.remote)
    places = Places({name: session.provider(name) for name, _ in scopes}, scopes)
    picture, bound = readings.look(session, customer, known, places, follow=follow)
    resources = bound.inward(picture.resources)
    facts = facts_of(resources)
    today = session.clock.now().date()
    some = moving.moving(session, picture, known)
    ours = moving.there(bound.owned(known), some, resources)

    def zones_of(answers: Mapping[Question, Answer]) -> Zones:
        return _zones(answers, picture, resources)

    wished = session.answers.settled(
        zones_of,
        lambda zones: desired.desired(customer, facts, today, zones, ours, begun=_begun(known)),
    )
    found = [
        *findings.unread(picture),
        *findings.odd(picture),
        *findings.kept(picture),
        *_founded(wished.diagnostics, picture),
        *bound.diagnostics,
    ]
    found += _people(customer, bound, known, resources)
    if _read_tenant(picture):
        found += departing.leaving(customer, places, resources)
        found += [*tenant_guards.findings(customer, resources), *licensing.findings(customer, resources, facts, ours)]
    alone = frozenset(name for name, domain in customer.domains.items() if domain.authoritative)
    accepted = frozenset(one.address for one in customer.accepted_drift if one.until >= today)
    fix = fix_drift or workspace.policy.self_heal
    world = diff.World(
        resources, ours, facts, fix, alone, accepted, picture.locked, places.loose, _asked(known, places)
    )
    found += findings.outside(wished.routes, picture)
    shown = policies.fetched(session, customer, zones_of)
    routes = moving.staged(wished.routes, some)
    found += [*moving.findings(session, some, routes, picture), *moving.elsewhere(session, picture, some)]
    return Seen(places, picture, bound, known, facts, world, routes, tuple(found), shown, tuple(some))


def _begun(known: ledger.Ledger) -> frozenset[str]:
    """Of what a run that died had begun to write nobody knows how far it came."""
    return frozenset(one.address for one in known.open)


def _asked(known: ledger.Ledger, places: Places) -> frozenset[str]:
    """What a person was asked for, where one can only ask."""
    waiting = {one.address for one in known.waiting.values()}
    return frozenset(one for one in waiting if one.split("/")[1] in places.loose)


def _zones(answers: Mapping[Question, Answer], picture: live.Live, resources: Mapping[Key, Resource]) -> Zones:
    """What was read whole, and in part."""
    seen = [one.scope for one in picture.reads if one.scope.system == "dns" and one.observation is not None]
    whole = frozenset(one.name for one in seen if one.names is None)
    return Zones(answers, whole, resources, locked=picture.locked, partly=_partly(picture))


def _partly(picture: live.Live) -> dict[str, frozenset[str]]:
    """By zone of which only some names were read, those names."""
    seen = [one.scope for one in picture.reads if one.scope.system == "dns" and one.observation is not None]
    return {one.name: one.names for one in seen if one.names is not None}
