"""The eighteen rules of the route, one after the other; each has a law that fails when the rule is broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler import gates, plan, position
from reconciler.apply import run
from reconciler.model.change import Status
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import Route, Stage, Task, Wait, Want
from reconciler.plan import Plan
from reconciler.verdict import Verdict
from tests.semantics.company import (
    AUTO,
    DOMAIN,
    MX,
    MX_FACT,
    NEW,
    OLD,
    OLD_A,
    OTHER,
    SPF,
    TENANT_MX,
    TXT,
    VENDOR,
    WINDOW,
    WWW,
    ZONE,
    company,
    migration,
    moving,
    senders,
    spf,
    steady,
    term,
)  # fmt: skip
from tests.semantics.world import System

STAGES = ("claim", "lower", "prepare", "freeze", "deliver", "hold", "retire", "settle")


def ids(made: Plan) -> set[str]:
    """Every step of a plan."""
    return {act.id for act in made.acts}


def refused(made: Plan) -> list[str]:
    """Addresses of refused steps."""
    return [act.slot.address for act in made.acts if act.refusal]


def test_rule_01_untouched_zone_begins_at_the_beginning() -> None:
    """Without a journal a zone that is exactly `migration.from` is at the first stage, whatever else equals it."""
    world, route = moving()
    assert not position.halt(route, world.world(), world.known)
    assert [act.slot.address for act in world.plan().acts if not act.refusal][:2] == [
        DOMAIN.address,
        f"{MX.address}#ttl",
    ]


def test_rule_01_nothing_is_applied_where_the_past_is_not_known() -> None:
    """Without a journal, a zone midway is not touched, nor adopted, until a person says where it is."""
    world, route = moving()
    world.approve()
    world.walk(route, "deliver")
    world.lose_journal()
    writes = len(world.writes)
    world.approve()
    report = world.apply()
    assert {one.status for one in report.results} <= {Status.REFUSED}
    assert "deliver" in world.plan().legs[0].halt
    assert (len(world.writes), world.known.owned) == (writes, {})


def test_rule_01_proposal_is_unique_or_none() -> None:
    """A zone that no stage leaves so gets no proposal, and one that two different stages leave so neither."""
    world, route = moving()
    world.put(MX, "10 mx.stranger.example.")
    assert position.proposal(route, world.world()) == ""
    lowered = Stage("lower", {Slot(MX, "ttl"): Want(300)})
    up, down = Stage("up", {Slot(MX, "ttl"): Want(600)}), Stage("down", {Slot(MX, "ttl"): Want(300)})
    twice = replace(route, stages=(lowered, up, down))
    world.put(MX, *OLD, ttl=300)
    assert position.proposal(twice, world.world()) == ""
    assert "NAME" in position.halt(twice, world.world(), world.known)


def test_rule_02_spent_step_needs_a_new_approval() -> None:
    """A step that was done once under an approval is not done again under it."""
    world = company(steady("mailer"))
    world.approve()
    world.apply()
    world.put(WWW)
    report = world.apply()
    assert [(one.act.slot.key, one.status) for one in report.results] == [(WWW, Status.REFUSED)]
    assert not world.values(WWW)
    world.approve()
    world.apply()
    assert world.values(WWW) == ("192.0.2.1",)


def test_rule_02_step_that_somebody_else_did_is_spent_too() -> None:
    """An approved step that was found done is not done a year later under the same approval."""
    world = company(steady("mailer"))
    world.approve()
    world.put(WWW, "192.0.2.1")
    world.apply()
    world.put(WWW)
    world.apply()
    assert not world.values(WWW)


def test_rule_02_step_found_done_right_before_the_write_is_spent() -> None:
    """The same when somebody did it between the plan and the write."""
    world = company(steady("mailer"))
    world.approve()
    made, hands = world.plan(), world.hands()
    world.put(WWW, "192.0.2.1")

    report = run(made, hands)
    assert {one.status for one in report.results} == {Status.DONE}
    assert not [change for change in world.writes if change.key == WWW]
    world.put(WWW)
    world.apply()
    assert not world.values(WWW)


def test_rule_02_rollback_voids_the_approval_and_sets_the_cursor_back() -> None:
    """After a rollback nothing of the route is approved, and its cursor is where the rollback went."""
    world, route = moving()
    world.approve()
    world.walk(route, "deliver")
    world.roll_back(route, "lower")
    assert position.cursor(route, world.known) == 1
    assert route.id not in world.known.approved


def test_rule_03_rollback_is_approved_with_the_route() -> None:
    """Whoever approves a migration has approved going back, at any hour."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, "settle")
    report = world.set_back(route)
    assert {one.status for one in report.results} == {Status.DONE}
    assert world.values(MX) == OLD


@pytest.mark.parametrize(
    "changed",
    [migration(window=False), migration(task=False), migration(check=False)],
    ids=["window", "task", "assert"],
)
def test_rule_04_gates_are_part_of_what_was_approved(changed: Route) -> None:
    """Taking a window, a task or an assertion away changes every step behind it, and none before it."""
    world, route = moving()
    world.approve()
    before = {act.id: act.stage for act in world.plan().acts}
    world.routes = [replace(changed, baseline=route.baseline)]
    after = {act.id: act.stage for act in world.plan().acts}
    assert not {stage for id_, stage in after.items() if id_ in before and stage >= 4}
    assert {id_ for id_, stage in before.items() if stage < 3} <= set(after)


def test_rule_04_moved_window_is_another_step_and_passing_time_is_not() -> None:
    """An instant of the spec is hashed; one that is computed from the clock is not."""
    world, route = moving()
    before = ids(world.plan())
    world.clock.time += timedelta(days=1)
    assert ids(world.plan()) == before
    moved = Wait("until", "the window opens", instant=WINDOW + timedelta(days=7))
    stages = [replace(one, gates=(moved,)) if one.name == "deliver" else one for one in route.stages]
    world.routes = [replace(route, stages=tuple(stages))]
    assert len(ids(world.plan()) & before) == 5


def test_rule_04_create_and_update_are_one_effect() -> None:
    """Whether a write creates or updates is for live to decide: the step is the same."""
    world = company(
        Route("r", ZONE, "dns", (Stage("deliver", {Slot(MX, ""): Want(NEW, overwrite=True)}), Stage("retire")))
    )
    before = world.plan().acts
    world.put(MX)
    after = world.plan().acts
    assert ([one.action for one in before], [one.action for one in after]) == (["update"], ["create"])
    assert before[0].id == after[0].id


def test_rule_04_destroying_is_another_effect() -> None:
    """An absence has not the id of a write to the same slot."""
    write = Route("r", ZONE, "dns", (Stage("retire", {Slot(OLD_A, ""): Want(("192.0.2.1",), overwrite=True)}),))
    destroy = Route("r", ZONE, "dns", (Stage("retire", {Slot(OLD_A, ""): Want(None)}),))
    assert ids(company(write).plan()) != ids(company(destroy).plan())


def test_rule_05_value_of_the_tenant_is_hashed_by_its_source() -> None:
    """The step is the same before the tenant has named its MX, after, and when it names another in between."""
    world, _ = moving()
    made = []
    for named in (None, NEW, OTHER):
        world.facts.pop(MX_FACT, None)
        if named:
            world.facts[MX_FACT] = named
        made.append(ids(world.plan()))
    assert made[0] == made[1] == made[2]


def test_rule_05_another_value_after_it_was_written_is_another_step() -> None:
    """A tenant that names another MX a year later does not move mail under the old approval."""
    world, route = moving()
    world.approve()
    world.walk(route)
    world.facts[MX_FACT] = OTHER
    made = world.plan()
    assert [act.slot.key for act in made.acts] == [MX]
    assert not ids(made) & world.known.approved[route.id]
    assert not ids(made) & world.known.spent[route.id]
    world.apply()
    assert world.values(MX) == NEW


def test_rule_05_value_outside_the_constraint_is_refused() -> None:
    """What the tenant names must be what was approved: a host of the tenant."""
    world, route = moving()
    world.approve()
    world.facts[MX_FACT] = ("0 mx.evil.example.",)
    world.walk(route)
    assert world.values(MX) == OLD


def pinned(address: str) -> Route:
    """The old server, named by `mx` until now, gets its address into SPF before the MX moves."""
    wants = {term(f"ip4:{address}"): Want(f"ip4:{address}", pin="mx"), term("mx"): Want(None, only="mx")}
    return Route("pin", ZONE, "dns", (Stage("prepare", wants), Stage("retire")))


def test_rule_05_pin_is_hashed_by_the_term_it_replaces() -> None:
    """The address behind `mx` may change between approval and apply: it is still the pin of `mx`."""
    made = []
    for address in ("198.51.100.1", "198.51.100.2"):
        world = company(pinned(address))
        world.put(TXT, "v=spf1 mx -all", VENDOR)
        made.append(ids(world.plan()))
    assert made[0] == made[1]
    assert len(made[0]) == 2


def test_rule_06_sender_added_to_a_finished_domain_is_published() -> None:
    """A wish that is new at or below the cursor is a step of its stage, not drift, and comes before later stages."""
    world, route = moving()
    world.approve()
    world.walk(route, "freeze")
    world.routes = [replace(migration("shop"), baseline=route.baseline)]
    leg = world.plan().legs[0]
    assert next((act.slot, act.stage) for act in leg.acts) == (term("include:shop.example"), 2)
    assert not leg.blocks
    world.approve()
    world.walk(world.routes[0])
    assert "include:shop.example" in spf(world)


def test_rule_06_the_spec_is_the_fold_at_the_cursor() -> None:
    """A TTL that was lowered on purpose is no difference, though the route ends with another."""
    world, route = moving()
    world.approve()
    world.walk(route, "prepare")
    rows = [row for row in world.plan().legs[0].rows if row.slot == Slot(MX, "ttl")]
    assert [row.verdict for row in rows] == [Verdict.SAME, Verdict.UPDATE]


def test_rule_07_what_the_next_stage_leaves_is_ahead() -> None:
    """A retired term found gone after a crash inside `retire` is not written back."""
    wants = senders("old")
    gone = Stage("retire", {term("include:old.example"): Want(None)})
    world = company(Route("r", ZONE, "dns", (Stage("prepare", wants), gone)))
    world.approve()
    known = world.known
    assert known.approved
    prepare_only = Route("r", ZONE, "dns", (Stage("prepare", wants), Stage("retire", gates=(Task("t", "t"),))))
    world.routes = [prepare_only]
    world.apply()
    world.routes = [Route("r", ZONE, "dns", (Stage("prepare", wants), gone))]
    world.put(TXT, SPF, VENDOR)
    verdicts = [row.verdict for row in world.plan().legs[0].rows if row.slot == term("include:old.example")]
    assert verdicts[0] is Verdict.AHEAD
    assert not world.plan().acts


def test_rule_08_every_begin_gets_an_outcome_first() -> None:
    """A lost answer is looked up, after the system's delay, before anything else is done."""
    world = company(steady("mailer"))
    world.approve()
    world.systems[ZONE].lose_answer = True
    report = world.apply()
    assert {one.status for one in report.results} == {Status.UNKNOWN}
    begun = world.clock.now()
    writes = len(world.writes)
    world.apply()
    assert world.clock.now() >= begun + timedelta(seconds=60)
    kinds = [entry.type for entry in world.journal.entries]
    assert kinds[kinds.index("begin") + 1] == "end"
    assert not world.known.open
    assert len(world.writes) == writes
    assert world.known.owned[Slot(WWW, "").address].how == "written"


@pytest.mark.parametrize("where", ["MX", "SPF", "TTL"])
def test_rule_09_drift_blocks_every_later_stage(where: str) -> None:
    """Drift in MX, SPF or a lowered TTL stops the route, by name, until it is repaired under a new approval."""
    world, route = moving("mailer")
    world.approve()
    world.walk(route, "deliver")
    if where == "MX":
        world.put(MX, *OLD, ttl=300)
    elif where == "SPF":
        world.put(TXT, SPF, VENDOR, ttl=300)
    else:
        world.put(MX, *NEW, ttl=86400)
    ended = world.known.ended[route.id]
    world.clock.time += timedelta(days=9)
    world.apply()
    leg = world.plan().legs[0]
    assert leg.blocks
    assert leg.blocks[0].startswith((MX if where != "SPF" else TXT).address)
    assert all(act.refusal for act in leg.acts if act.stage > leg.cursor)
    assert world.known.ended[route.id] == ended
    world.approve(world.plan(fix_drift=True))
    world.apply(fix_drift=True)
    world.approve()
    world.walk(route)
    assert world.values(MX) == NEW
    assert world.ended(route, "settle")


def test_rule_09_other_drift_stops_nothing() -> None:
    """A web server's address that somebody changed is reported, and mail goes on."""
    world, route = moving()
    world.approve()
    world.walk(route, "deliver")
    world.put(WWW, "203.0.113.1")
    world.walk(route)
    assert world.ended(route, "settle")
    assert world.values(WWW) == ("203.0.113.1",)


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
