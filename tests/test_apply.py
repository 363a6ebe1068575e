"""Carrying out a plan: what goes wrong is said, nothing is raised, and nothing half known is called done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reconciler.apply import recover, run
from reconciler.binding import Binding
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet, User
from reconciler.model.route import Route, Stage, Want
from reconciler.provider import Observation, Reader, Readiness, Scope
from tests.semantics.company import TXT, WWW, ZONE, company, moving, spf, steady
from tests.semantics.world import System, World

TENANT = "shop.onmicrosoft.com"
AUTO = Key("dns", ZONE, "CNAME", "autodiscover")


class Silent(System):
    """Forgets to answer for its last change."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return list(super().apply(batch))[:-1]


class Refusing(System):
    """Says no to every change."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [Outcome(change.key, Status.FAILED, "no") for change in batch]


class ReadOnly:
    """A system of which nothing is known to write."""

    def __init__(self, system: System) -> None:
        self.kinds, self.observe, self.ready = system.kinds, system.observe, system.ready
        self.refusals, self.normalise = system.refusals, system.normalise


def test_answer_short_of_one_is_no_answer() -> None:
    """A system that does not answer for every change leaves all of them to be looked at."""
    world = company(steady("mailer"))
    world.systems[ZONE] = Silent(world.systems[ZONE].resources.values())
    world.approve()
    assert {one.status for one in world.apply().results} == {Status.UNKNOWN}
    assert {one.address for one in world.known.open} == {WWW.address, f"{TXT.address}#spf/include:mailer.example"}
    recover(world.hands())
    assert not world.known.open
    assert world.known.owned[WWW.address].how == "written"


def test_system_that_cannot_be_read_fails_its_steps() -> None:
    """Nothing is written where nothing can be read first."""
    world = company(steady("mailer"))
    world.approve()
    made = world.plan()
    world.systems[ZONE].reads_fail = True
    report = run(made, world.hands())
    assert {one.status for one in report.results} == {Status.FAILED}
    assert not report.wrote
    assert not world.known.open


def test_system_that_only_reads_refuses_its_steps() -> None:
    """A plan can be made for it, and not applied."""
    world = company(steady("mailer"))
    world.approve()
    hands = world.hands()
    reader: Reader = ReadOnly(world.systems[ZONE])
    hands.providers = {ZONE: reader}
    assert {one.status for one in run(world.plan(), hands).results} == {Status.REFUSED}


def test_person_who_stops_is_heard_between_stages() -> None:
    """What was begun is finished, and nothing more."""
    world, route = moving("mailer")
    world.approve()
    hands = world.hands()
    hands.patience = replace(hands.patience, stop=lambda: "claim" in hands.known.ended.get(route.id, ()))
    report = run(world.plan(), hands)
    assert report.interrupted
    assert hands.known.ended[route.id] == ("claim",)
    assert not world.known.open


def test_one_change_to_a_record_set_carries_all_its_steps() -> None:
    """Terms of one SPF record are written together, beside what others have there."""
    world = company(steady("mailer", "shop"))
    world.approve()
    world.apply()
    (change,) = [one for one in world.writes if one.key == TXT]
    assert len(change.steps) == 2
    assert "include:mailer.example include:shop.example" in spf(world)


def test_hand_edit_refuses_its_step_and_no_other() -> None:
    """Changed between the plan and the write: that step is refused, the others go on."""
    world = company(steady("mailer"))
    world.approve()
    made, hands = world.plan(), world.hands()
    world.put(WWW, "203.0.113.5")
    results = {one.act.slot.key: one.status for one in run(made, hands).results}
    assert results == {WWW: Status.REFUSED, TXT: Status.DONE}
    assert world.values(WWW) == ("203.0.113.5",)


def test_mail_moves_whole_or_not_at_all() -> None:
    """Changed between the plan and the write, in the stage that moves mail: nothing of that stage is written."""
    wants = {Slot(WWW, ""): Want(("192.0.2.77",)), Slot(AUTO, ""): Want(("auto.host.example.",))}
    world = company(Route("r", ZONE, "dns", (Stage("deliver", wants),)))
    world.approve()
    made, hands = world.plan(), world.hands()
    world.put(WWW, "203.0.113.5")
    report = run(made, hands)
    assert {one.status for one in report.results} == {Status.REFUSED}
    assert not report.wrote
    assert not world.values(AUTO)


def test_what_failed_was_not_written() -> None:
    """A system that says no to everything has changed nothing, and the run does not say that it did."""
    world = company(steady("mailer"))
    world.systems[ZONE] = Refusing(world.systems[ZONE].resources.values())
    world.approve()
    report = run(world.plan(), world.hands())
    assert {one.status for one in report.results} == {Status.FAILED}
    assert not report.wrote


def test_what_was_begun_where_nobody_reads_any_more_stays_open() -> None:
    """A zone that left the spec with a step unknown does not stop the others, nor is its step called done."""
    world = company(steady("mailer"))
    world.approve()
    world.systems[ZONE].lose_answer = True
    world.apply()
    del world.systems[ZONE]
    recover(world.hands())
    assert len(world.known.open) == 2


def test_user_and_licence_of_one_run() -> None:
    """What needs an account comes after it, and is written under the object id that it got."""
    user, licences = (Key("tenant", TENANT, kind, "ana") for kind in ("user", "licenses"))
    wants = {Slot(user, ""): Want("present"), Slot(user, "upn"): Want("ana@shop.example")}
    route = Route("t", TENANT, "tenant", (Stage("accounts", wants), Stage("retire")))
    world = World({TENANT: System()}, [route], binding=Binding(TENANT))
    world.approve()
    world.apply()
    (change,) = world.writes
    assert isinstance(change.after, User)
    assert change.after.upn == "ana@shop.example"
    assert change.password is not None
    assert world.binding.key(licences).name == "object-ana@shop.example"
    assert not world.plan().acts


def test_record_set_made_without_a_ttl_gets_the_one_asked_for_later() -> None:
    """A TTL asked for by a later stage is a step of its own, in the same run."""
    stages = (Stage("prepare", {Slot(WWW, ""): Want(("192.0.2.1",))}), Stage("deliver", {Slot(WWW, "ttl"): Want(60)}))
    world = company(Route("r", ZONE, "dns", (*stages, Stage("retire"))))
    world.approve()
    assert {one.status for one in world.apply().results} == {Status.DONE}
    assert world.live[WWW] == RecordSet(WWW, 60, ("192.0.2.1",))


def test_a_gate_asks_the_system_that_knows() -> None:
    """Readiness comes from the provider of the key, under the provider's own name for it."""
    world = company(steady())
    assert world.hands().ready(WWW) == Readiness(True)
    assert isinstance(world.systems[ZONE].observe(Scope("dns", ZONE)), Observation)
