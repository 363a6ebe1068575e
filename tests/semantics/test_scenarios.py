"""The eleven scenarios: what happens to a company over days, crashes, hand edits and spec edits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler import position
from reconciler.model.change import Status
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet, Resource
from reconciler.model.route import Route, Stage, Task, Want
from tests.semantics.company import (
    MX,
    MX_FACT,
    NEW,
    OLD,
    OLD_A,
    OTHER,
    SPF,
    STAGES,
    TENANT,
    TXT,
    VENDOR,
    WWW,
    ZONE,
    company,
    ids,
    migration,
    moving,
    spf,
    steady,
    term,
)  # fmt: skip
from tests.semantics.world import Crash, System, World, snapshot


def finished(*names: str) -> dict[Key, Resource]:
    """What is live when nothing went wrong."""
    world, route = moving(*names)
    world.approve()
    world.walk(route)
    assert world.ended(route, "settle")
    return world.live


def records(world: World) -> dict[Key, tuple[int, set[str]]]:
    """What DNS says, whatever the order of SPF's terms."""
    sets = [one for one in world.live.values() if isinstance(one, RecordSet)]
    return {one.key: (one.ttl, {" ".join(sorted(text.split())) for text in one.values}) for one in sets}


def quiet(world: World) -> bool:
    """Nothing to do, to adopt or to forget."""
    return not any(world.plan().counts().values())


def test_1_first_run_on_a_foreign_zone() -> None:
    """It adopts what is right already, merges SPF, leaves the vendor's TXT, and has nothing to do the second time."""
    world = company(steady("mailer", "spf.old"))
    world.put(WWW, "192.0.2.1")
    assert world.plan().counts() == {"add": 1, "change": 0, "destroy": 0, "adopt": 3, "forget": 0}
    world.approve()
    world.apply()
    assert spf(world) == "v=spf1 include:spf.old.example ip4:198.51.100.9 include:mailer.example -all"
    assert VENDOR in world.values(TXT)
    assert len(world.writes) == 1
    assert quiet(world)


def test_2_migration_over_days() -> None:
    """Planned again after every stage and wait, the rest is a subset of what was approved; in the end it is empty."""
    world, route = moving("mailer")
    world.approve()
    approved = ids(world.plan())
    for stage in STAGES:
        world.walk(route, stage)
        assert ids(world.plan()) <= approved
        approved = ids(world.plan())
        assert position.cursor(route, world.known) == STAGES.index(stage)
    assert approved == set()
    assert quiet(world)
    assert world.values(MX) == NEW
    assert spf(world) == "v=spf1 ip4:198.51.100.9 include:mailer.example include:new.example -all"
    assert VENDOR in world.values(TXT)


def crashed(where: Callable[[World, int], None], at: int) -> tuple[World, bool]:
    """A migration killed once at one position, then run again to its end; tells whether the position was reached."""
    world, route = moving("mailer")
    world.approve()
    where(world, at)
    died = False
    for _ in range(3):
        try:
            world.walk(route)
            break
        except Crash:
            died = True
    return world, died


def before_entry(world: World, at: int) -> None:
    world.journal.crash_at = at


def after_entry(world: World, at: int) -> None:
    world.journal.crash_at, world.journal.safe = at, True


def before_effect(world: World, at: int) -> None:
    world.systems[ZONE].crash_at = at


def answer_lost(world: World, at: int) -> None:
    world.systems[ZONE].lose_at = at


@pytest.mark.parametrize("where", [before_entry, after_entry, before_effect, answer_lost])
def test_3_crash_at_every_position(where: Callable[[World, int], None]) -> None:
    """Killed before or after any line of the journal or any effect: the same end, and every write once."""
    expected, at, died = finished("mailer"), 0, True
    while died:
        at += 1
        world, died = crashed(where, at)
        assert world.live == expected, at
        changes = [(change.key, change.before, change.after) for change in world.writes]
        assert len(set(changes)) == len(changes), at
        assert quiet(world), at
        assert not world.known.open
    assert at > 4


@pytest.mark.parametrize("stage", STAGES)
def test_4_journal_deleted(stage: str) -> None:
    """After each stage: nothing is applied, one stage is proposed, and confirming it leads to the same end."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    world.lose_journal()
    writes = len(world.writes)
    world.approve()
    if stage == "claim":  # live is exactly what was recorded: the route begins again and finds its first stage done
        world.walk(route)
        assert world.live == finished("mailer")
        return
    world.apply()
    assert len(world.writes) == writes
    proposed = position.proposal(route, world.world())
    assert proposed == {"freeze": "prepare", "hold": "deliver"}.get(stage, stage)
    world.confirm(route, stage=proposed)
    at = world.clock.now()
    world.approve()
    world.walk(route)
    assert world.live == finished("mailer")
    if proposed in ("lower", "prepare", "deliver"):
        assert (world.clock.now() - at).total_seconds() >= 3600, "waits start again"
    if proposed in ("lower", "prepare"):
        assert world.known.confirmed[route.id] == {"freeze"}, "tasks start again"
    assert quiet(world)


@pytest.mark.parametrize("stage", STAGES)
def test_4_journal_deleted_and_nothing_confirmed(stage: str) -> None:
    """Without its journal a run deletes nothing, whatever the stage."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    world.lose_journal()
    world.routes = [steady()]
    assert not [act for act in world.plan().acts if act.effect == "destroy"]


AFTER_DELIVER = ("deliver", "hold", "retire")


@pytest.mark.parametrize("stage", AFTER_DELIVER)
def test_5_third_party_puts_mx_back(stage: str) -> None:
    """Blocked by name: the old server is not taken out of SPF while mail goes there."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    there = spf(world)
    world.put(MX, *OLD, ttl=300)
    world.walk(route)
    assert spf(world) == there
    assert not world.ended(route, "settle")
    assert world.plan().legs[0].blocks == (MX.address,)


@pytest.mark.parametrize("stage", ["lower", "prepare", "deliver", "retire"])
def test_5_third_party_raises_the_ttl(stage: str) -> None:
    """Stopped: a switch under a long TTL is a long outage."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    world.put(MX, *world.values(MX), ttl=86400)
    world.walk(route)
    assert world.known.ended[route.id][-1] == stage
    assert world.plan().legs[0].blocks == (f"{MX.address}#ttl",)


@pytest.mark.parametrize("stage", STAGES)
def test_5_third_party_adds_a_vendor_txt(stage: str) -> None:
    """It survives, and stops nothing."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    found = world.live[TXT]
    assert isinstance(found, RecordSet)
    world.put(TXT, *found.values, "another-vendor=2", ttl=found.ttl)
    world.walk(route)
    assert world.ended(route, "settle")
    assert {VENDOR, "another-vendor=2"} < set(world.values(TXT))


@pytest.mark.parametrize("stage", STAGES)
def test_5_third_party_adds_an_spf_term(stage: str) -> None:
    """It survives, is reported, and stops nothing."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    found = world.live[TXT]
    assert isinstance(found, RecordSet)
    world.put(TXT, VENDOR, spf(world).replace(" -all", " include:foreign.example -all"), ttl=found.ttl)
    world.walk(route)
    assert world.ended(route, "settle")
    assert "include:foreign.example" in spf(world)
    assert term("include:foreign.example") in world.plan().unmanaged


@pytest.mark.parametrize("stage", ["prepare", "deliver", "hold", "retire"])
def test_5_third_party_moves_all_forward(stage: str) -> None:
    """Seen: what stands behind it no longer runs, so our senders are missing, and the route stops."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    found = world.live[TXT]
    assert isinstance(found, RecordSet)
    words = spf(world).removesuffix(" -all").split(" ")
    world.put(TXT, VENDOR, " ".join([words[0], "-all", *words[1:]]), ttl=found.ttl)
    world.walk(route)
    assert not world.ended(route, "settle")
    assert term("include:mailer.example").address in world.plan().legs[0].blocks


@pytest.mark.parametrize("stage", STAGES)
def test_6_sender_added_removed_and_added_again(stage: str) -> None:
    """At any stage a sender comes, goes and comes again, each time approved, and the migration goes on."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    for names in (("mailer", "shop"), ("mailer",), ("mailer", "shop")):
        world.routes = [replace(migration(*names), baseline=route.baseline)]
        world.approve()
        world.until = stage if stage == "claim" else "lower"
        world.apply()
        world.until = ""
    world.walk(world.routes[0])
    assert world.live == finished("mailer", "shop") or sorted(spf(world).split()) == sorted(
        ["v=spf1", "ip4:198.51.100.9", "include:mailer.example", "include:new.example", "include:shop.example", "-all"]
    )
    assert quiet(world)


@pytest.mark.parametrize("stage", STAGES[:4])
@pytest.mark.parametrize("what", ["window", "task", "check"])
def test_6_window_task_or_assert_removed(stage: str, what: str) -> None:
    """Without a new approval mail does not move under a route with less to hold it back."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, stage)
    world.routes = [replace(migration("mailer", **{what: False}), baseline=route.baseline)]  # type: ignore[arg-type]
    world.walk(world.routes[0])
    assert world.values(MX) == OLD
    world.approve()
    world.walk(world.routes[0])
    assert world.values(MX) == NEW


def test_7_ttl_shared_by_spf_and_a_vendor_token() -> None:
    """Two wishes for one TTL are no drift for ever: the smaller holds, and the plan names who shares it."""
    world, route = moving("mailer")
    token = Slot(TXT, "other:5b9d4c0a3e21")
    wish = {Slot(TXT, "ttl"): Want(900, owner="records")}
    prepare = replace(route.stages[2], wants={**route.stages[2].wants, **wish})
    route = replace(route, stages=(*route.stages[:2], prepare, *route.stages[3:]))
    world.routes = [route]
    lowering = next(act for act in world.plan().acts if act.slot == Slot(TXT, "ttl"))
    assert any(part.startswith("other:") for part in lowering.row.beside), token
    world.approve()
    world.walk(route)
    found = world.live[TXT]
    assert isinstance(found, RecordSet)
    assert found.ttl == 900
    assert quiet(world)


def test_8_tenant_names_its_mx_late_and_differently() -> None:
    """Named late, or another before it is written: applied. Another long after: refused."""
    world, route = moving()
    del world.facts[MX_FACT]
    world.approve()
    world.walk(route)
    assert world.values(MX) == OLD
    world.facts[MX_FACT] = OTHER
    world.walk(route)
    assert world.values(MX) == OTHER
    world.facts[MX_FACT] = NEW
    report = world.apply()
    assert [one.status for one in report.results] == [Status.REFUSED]
    assert world.values(MX) == OTHER


def test_10_two_domains_at_different_stages() -> None:
    """Each goes its own way, and in the end both have arrived."""
    world, first = moving("mailer")
    world.approve()
    world.walk(first, "freeze")
    other = Key("dns", "two.example", "MX", "@")

    world.systems["two.example"] = System([RecordSet(other, 3600, OLD)])
    stages = (
        Stage("lower", {Slot(other, "ttl"): Want(300)}),
        Stage("deliver", {Slot(other, ""): Want(NEW)}, (Task("go", "say go"),)),
        Stage("retire"),
    )
    second = Route(
        "two", "two.example", "microsoft365", stages, baseline={Slot(other, ""): OLD, Slot(other, "ttl"): 3600}
    )
    world.routes = [first, second]
    world.walk(first)
    assert world.values(MX) == NEW
    assert (world.values(other), world.known.ended.get("two")) == (OLD, None)
    world.approve()
    world.apply()
    world.confirm(second, task="go")
    world.apply()
    assert world.values(other) == NEW
    assert quiet(world)


def test_10_second_migration_two_years_later() -> None:
    """The same domain moves again: another route, from its own beginning, under its own approval."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route)
    world.clock.sleep(2 * 365 * 86400)
    back = Stage("deliver", {Slot(MX, ""): Want(("5 mx.third.example.",))}, (Task("freeze", "stop"),))
    again = Route(
        "again", ZONE, "third", (Stage("lower", {Slot(MX, "ttl"): Want(60)}), back, Stage("retire")), baseline={}
    )
    again = replace(again, baseline=snapshot(world, again))
    world.routes = [again]
    assert position.cursor(again, world.known) == -1
    assert not world.plan().legs[0].halt
    world.apply()
    assert world.values(MX) == NEW
    world.approve()
    world.apply()
    assert world.values(MX) == NEW, "the task of the first migration does not count"
    world.confirm(again, task="freeze")
    world.apply()
    assert world.values(MX) == ("5 mx.third.example.",)


def test_10_second_migration_away_from_what_somebody_else_set_up() -> None:
    """What its own snapshot recorded is taken over, though the first migration had written something else there."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route)
    world.put(MX, "7 mx.theirs.example.")
    stages = (Stage("deliver", {Slot(MX, ""): Want(("5 mx.third.example.",))}), Stage("retire"))
    again = Route("again", ZONE, "third", stages, baseline={Slot(MX, ""): ("7 mx.theirs.example.",)})
    world.routes = [again]
    world.approve()
    world.apply()
    assert world.values(MX) == ("5 mx.third.example.",)


@pytest.mark.parametrize("stage", STAGES)
def test_11_rollback_after_each_stage(stage: str) -> None:
    """DNS is as before, and the pipeline's next run writes nothing without a new approval."""
    world, route = moving("mailer")
    before = records(world)
    world.approve()
    world.walk(route, stage)
    report = world.roll_back(route)
    assert all(one.status is Status.DONE for one in report.results)
    assert records(world) == before
    writes = len(world.writes)
    world.walk(route)
    assert len(world.writes) == writes
    assert position.cursor(route, world.known) <= STAGES.index("claim")
    world.approve()
    world.walk(route)
    assert world.values(MX) == NEW


def test_11_what_others_changed_stays() -> None:
    """A rollback restores what the route wrote last, and nothing over somebody else's hand."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, "retire")
    world.put(WWW, "203.0.113.7")
    world.put(TXT, spf(world), VENDOR, "late=1", ttl=300)
    world.roll_back(route)
    assert world.values(WWW) == ("203.0.113.7",)
    assert set(world.values(TXT)) == {VENDOR, "late=1", spf(world)}
    assert sorted(spf(world).split()) == sorted(SPF.split())
    assert world.values(MX) == OLD
    assert world.values(OLD_A) == ("198.51.100.9",)


def test_11_rollback_killed_in_the_middle() -> None:
    """Nothing else may happen before it is finished, and finishing it ends as if nobody had killed it."""
    world, route = moving("mailer")
    before = records(world)
    world.approve()
    world.walk(route, "settle")
    world.systems[ZONE].crash_at = 3
    with pytest.raises(Crash):
        world.roll_back(route)
    world.approve()
    world.apply()
    assert "rollback" in world.plan().legs[0].halt
    world.roll_back(route)
    assert records(world) == before


def test_11_rollback_to_a_stage_keeps_what_came_before_it() -> None:
    """Going back to `prepare` puts the MX back and leaves the lowered TTL and the new senders."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, "deliver")
    world.roll_back(route, "prepare")
    found = world.live[MX]
    assert isinstance(found, RecordSet)
    assert (found.values, found.ttl) == (OLD, 300)
    assert "include:mailer.example" in spf(world)
    assert position.cursor(route, world.known) == STAGES.index("prepare")
    assert TENANT in world.systems
