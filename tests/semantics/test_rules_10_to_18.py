"""Rules 10 to 18 of the route, and its waits; rule 16 is in test_people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler import gates, plan, position
from reconciler.model.change import Status
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import Route, Stage, Wait, Want
from tests.semantics.company import (
    AUTO,
    DOMAIN,
    MX,
    NEW,
    OLD,
    SPF,
    STAGES,
    TENANT_MX,
    TXT,
    VENDOR,
    WINDOW,
    WWW,
    ZONE,
    company,
    ids,
    moving,
    pinned,
    senders,
    spf,
    steady,
    term,
)  # fmt: skip
from tests.semantics.world import System


@pytest.mark.parametrize("stage", STAGES[1:-1])
def test_rule_10_migration_block_may_not_go_midway(stage: str) -> None:
    """Removing `migration.from` after a stage stops the domain until it is back, rolled back or said to be settled."""
    world, route = moving()
    world.approve()
    world.walk(route, stage)
    before = len(world.writes)
    world.routes = [
        Route("after", ZONE, "microsoft365", (Stage("deliver", {Slot(MX, ""): Want(TENANT_MX)}), Stage("retire")))
    ]
    world.approve()
    world.apply()
    assert len(world.writes) == before
    assert "migration.from" in world.plan().legs[0].halt
    assert [one.rule for one in position.abandoned(world.routes, world.known)] == ["route/left"]
    world.routes = [route]
    assert not world.plan().legs[0].halt


def test_rule_10_settled_migration_may_go() -> None:
    """After `settle` the block may be removed, and the plan is empty."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route)
    after = {Slot(MX, ""): Want(TENANT_MX)}
    kept = {Slot(WWW, ""): Want(("192.0.2.1",)), **senders("new", "mailer")}
    claim = Stage("claim", {Slot(DOMAIN, ""): Want("present")})
    world.routes = [
        Route("after", ZONE, "microsoft365", (claim, Stage("prepare", kept), Stage("deliver", after), Stage("retire")))
    ]
    made = world.plan()
    assert not made.acts
    assert not made.legs[0].halt
    assert position.abandoned(world.routes, world.known) == []


@pytest.mark.parametrize("way", ["rollback", "confirm"])
def test_rule_10_ways_out(way: str) -> None:
    """A rollback, or a person's word that it is settled, lets the block go."""
    world, route = moving()
    world.approve()
    world.walk(route, "deliver")
    if way == "rollback":
        world.roll_back(route)
    else:
        world.confirm(route, stage="settle")
    world.routes = [steady()]
    assert not world.plan().legs[0].halt


def test_rule_11_lowering_a_ttl_owns_no_values() -> None:
    """The old MX is not ours because we lowered its TTL, and is not deleted when the spec forgets it."""
    world, route = moving()
    world.approve()
    world.walk(route, "lower")
    assert Slot(MX, "").address not in world.known.owned
    world.confirm(route, stage="settle")
    world.routes = [steady()]
    assert MX not in {act.slot.key for act in world.plan().acts}
    assert Slot(MX, "") in world.plan().unmanaged


@pytest.mark.parametrize("ours", [False, True])
def test_rule_11_pin_keeps_the_ownership_of_its_term(ours: bool) -> None:
    """A pin of a term that nobody of us wrote stays when the spec forgets it; that of our own term leaves with it."""
    world = company(
        Route("pin", ZONE, "dns", (Stage("prepare", {term("mx"): Want("mx")} if ours else {}), Stage("retire")))
    )
    world.put(TXT, "v=spf1 -all" if ours else "v=spf1 mx -all", VENDOR)
    world.approve()
    world.apply()
    world.routes = [replace(pinned("198.51.100.1"), id="second")]
    world.approve()
    world.apply()
    assert spf(world) == "v=spf1 ip4:198.51.100.1 -all"
    world.routes = [steady()]
    world.approve()
    world.apply()
    assert ("ip4:198.51.100.1" in spf(world)) is not ours


def test_rule_12_each_domain_walks_alone() -> None:
    """A second domain begins at its own beginning, and its refused steps refuse nothing of the first."""
    world, first = moving()
    world.approve()
    world.walk(first, "deliver")
    mx = Key("dns", "two.example", "MX", "@")
    world.systems["two.example"] = System([RecordSet(mx, 3600, OLD)])
    wants = {Slot(mx, ""): Want(NEW, overwrite=True)}
    second = Route(
        "two",
        "two.example",
        "dns",
        (Stage("lower", {Slot(mx, "ttl"): Want(300)}), Stage("deliver", wants), Stage("retire")),
    )
    world.routes = [first, second]
    assert [leg.cursor for leg in world.plan().legs] == [4, -1]
    world.walk(first)
    assert world.ended(first, "settle")
    assert world.values(mx) == OLD
    assert not world.known.ended.get("two")


def test_rule_13_begin_holds_all_that_a_later_run_needs() -> None:
    """A begin says id, slot, value and TTL before, and the value that was meant; of tenants fingerprints only."""
    world, _ = moving()
    made = world.plan()
    world.approve(made)
    world.apply()
    steps = {
        one["address"]: one
        for entry in world.journal.entries
        if entry.type == "begin"
        for one in entry.payload["steps"]
    }
    ttl = steps[f"{TXT.address}#ttl"]
    assert (ttl["before"], ttl["after"], ttl["before_ttl"]) == (7200, 300, 7200)
    assert ttl["id"] in ids(made)
    assert steps[DOMAIN.address]["after"].startswith("sha256:")
    assert steps[WWW.address]["before"] is None


def test_rule_14_smallest_ask_holds() -> None:
    """Two owners of one record set's TTL get the smaller; when the migration lets go, the other's holds."""
    world, route = moving()
    vendor = Stage("prepare", {**route.stages[2].wants, Slot(TXT, "ttl"): Want(3600, owner="records")})
    route = replace(route, stages=(*route.stages[:2], vendor, *route.stages[3:]))
    world.routes = [route]
    world.approve()
    world.walk(route, "deliver")
    found = world.live[TXT]
    assert isinstance(found, RecordSet)
    assert found.ttl == 300
    world.walk(route)
    found = world.live[TXT]
    assert isinstance(found, RecordSet)
    assert found.ttl == 3600
    assert not world.plan().acts


def test_rule_14_restored_to_what_was_journalled() -> None:
    """The TTL goes back to what it was before we lowered it, not to what the snapshot of last month said."""
    world, route = moving()
    world.put(MX, *OLD, ttl=1800)
    world.routes = [route := replace(route, baseline={**(route.baseline or {}), Slot(MX, "ttl"): 1800})]
    world.approve()
    world.walk(route, "prepare")
    world.routes = [route := replace(route, baseline={**(route.baseline or {}), Slot(MX, "ttl"): 86400})]
    world.walk(route)
    found = world.live[MX]
    assert isinstance(found, RecordSet)
    assert found.ttl == 1800
    assert not world.plan().acts


def test_rule_14_ttl_does_not_exist_without_its_record_set() -> None:
    """Lowering the TTL of a record set that is not there is no step."""
    world = company(Route("r", ZONE, "dns", (Stage("lower", {Slot(AUTO, "ttl"): Want(300)}), Stage("retire"))))
    assert not world.plan().acts


def test_rule_14_ttl_comes_with_its_record_set() -> None:
    """What makes a record set gives it the TTL asked for, in the same write."""
    wants = {Slot(WWW, ""): Want(("192.0.2.1",)), Slot(WWW, "ttl"): Want(120)}
    world = company(Route("r", ZONE, "dns", (Stage("prepare", wants), Stage("retire"))))
    assert len(world.plan().acts) == 1
    world.approve()
    world.apply()
    assert world.live[WWW] == RecordSet(WWW, 120, ("192.0.2.1",))
    assert not any(world.plan().counts().values())


def test_rule_15_term_after_all_counts_as_absent() -> None:
    """A term that somebody moved behind `-all` no longer runs, and is missing."""
    world = company(steady("mailer"))
    world.approve()
    world.apply()
    world.put(TXT, "v=spf1 ip4:198.51.100.9 -all include:mailer.example include:spf.old.example", VENDOR)
    leg = world.plan().legs[0]
    assert term("include:mailer.example").address in leg.blocks
    assert [act.slot for act in leg.acts] == [term("include:mailer.example")]


def test_rule_15_term_leaves_with_its_last_sender() -> None:
    """A sender removed takes what we wrote for it, and leaves what we only found there."""
    world = company(steady("mailer", "spf.old"))
    world.approve()
    world.apply()
    world.routes = [steady("mailer")]
    world.approve()
    world.apply()
    assert "include:spf.old.example" in spf(world)
    world.routes = [steady()]
    world.approve()
    world.apply()
    assert "include:mailer.example" not in spf(world)


def test_rule_17_request_is_named_after_its_steps() -> None:
    """A vendor's new TXT beside ours does not ask a second time for the same."""
    world = company(steady("mailer"))
    world.systems[ZONE] = System(world.systems[ZONE].resources.values(), delegated=True)
    world.approve()
    report = world.apply()
    asked = len(world.systems[ZONE].asked)
    assert {one.status for one in report.results} == {Status.WAITING}
    world.put(TXT, SPF, VENDOR, "another-vendor=2", ttl=7200)
    world.apply()
    assert len(world.systems[ZONE].asked) == asked
    assert plan.request_id(["b", "a"]) == plan.request_id(("a", "b"))


def test_rule_17_what_was_asked_for_is_ours_once_it_is_there() -> None:
    """The person did what we asked: the step is done and spent, and its slot is ours."""
    world = company(Route("r", ZONE, "dns", (Stage("prepare", {Slot(WWW, ""): Want(("192.0.2.1",))}), Stage("retire"))))
    world.systems[ZONE] = System(world.systems[ZONE].resources.values(), delegated=True)
    world.approve()
    world.apply()
    world.put(WWW, "192.0.2.1")
    world.apply()
    assert world.known.owned[WWW.address].how == "written"
    assert not world.known.waiting
    assert not world.known.approved["r"]


def test_rule_18_dated_removal_is_on_the_route_from_the_beginning() -> None:
    """An `until` is approved with the rest, and nothing new appears on its day."""
    gate = Wait("until", "it is 1 January", instant=WINDOW + timedelta(days=30))
    dated = Stage("until 2027-01-01", {term("include:mailer.example"): Want(None)}, (gate,))
    route = replace(steady("mailer"), stages=(*steady("mailer").stages, dated))
    world = company(route)
    made = world.plan()
    assert [act.action for act in made.acts][-1] == "destroy"
    world.approve(made)
    world.apply()
    assert "include:mailer.example" in spf(world)
    world.clock.time = WINDOW + timedelta(days=31)
    assert ids(world.plan()) <= ids(made)
    world.apply()
    assert "include:mailer.example" not in spf(world)
    assert not world.plan().acts


def test_gates_wait_again_after_a_persons_word() -> None:
    """Where a person said which stage had ended, the TTL that was published before is waited for from then on."""
    world, route = moving()
    world.confirm(route, stage="freeze")
    state = gates.look(route, 4, gates.Watch(world.clock.now(), world.known, world.facts, world.systems[ZONE].ready))[0]
    assert state.until == world.clock.now() + timedelta(seconds=3600)
    unknown = replace(route, baseline={})
    state = gates.look(unknown, 4, gates.Watch(world.clock.now(), world.known, world.facts, world.systems[ZONE].ready))[
        0
    ]
    assert state.until == world.clock.now() + timedelta(seconds=172_800)


def test_oldest_answer_is_waited_for() -> None:
    """A second change under the lowered TTL does not shorten the wait for answers given before the lowering."""
    world, route = moving()
    world.approve()
    world.walk(route, "lower")
    lowered = world.clock.now()
    world.clock.time += timedelta(seconds=10)
    world.apply()
    watch = gates.Watch(world.clock.now(), world.known, world.facts, world.systems[ZONE].ready)
    wait = replace(route.stages[4], gates=(Wait("ttl", "", (Slot(TXT, ""),)),))
    state = gates.look(replace(route, stages=(wait,)), 0, watch)[0]
    assert state.until == lowered + timedelta(seconds=7200)
