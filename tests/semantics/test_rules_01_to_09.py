"""Rules 1 to 9 of the route, one after the other; each has a law that fails when the rule is broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler import position
from reconciler.apply import run
from reconciler.model.change import Status
from reconciler.model.key import Slot
from reconciler.model.route import Route, Stage, Task, Wait, Want
from reconciler.model.value import Value
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
    TXT,
    VENDOR,
    WINDOW,
    WWW,
    ZONE,
    company,
    ids,
    migration,
    moving,
    pinned,
    senders,
    spf,
    steady,
    term,
)  # fmt: skip


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


@pytest.mark.parametrize(
    ("slot", "value", "changed"),
    [
        (Slot(AUTO, ""), ("autodiscover.outlook.com.",), "autodiscover.old.example."),
        (Slot(TXT, "ms-verification"), "MS=ms1", "MS=ms2"),
    ],
    ids=["autodiscover", "verification"],
)
def test_rule_09_what_else_blocks(slot: Slot, value: Value, changed: str) -> None:
    """Autodiscover and the verification text are what mail hangs on, too."""
    later = Stage("deliver", {Slot(WWW, ""): Want(("192.0.2.1",))}, (Task("go", "say go"),))
    world = company(Route("r", ZONE, "dns", (Stage("prepare", {slot: Want(value)}), later, Stage("retire"))))
    world.approve()
    world.apply()
    world.put(slot.key, changed)
    (act,) = world.plan().acts
    assert act.refusal == f"drift comes first: {slot.address}"


def test_rule_09_other_drift_stops_nothing() -> None:
    """A web server's address that somebody changed is reported, and mail goes on."""
    world, route = moving()
    world.approve()
    world.walk(route, "deliver")
    world.put(WWW, "203.0.113.1")
    world.walk(route)
    assert world.ended(route, "settle")
    assert world.values(WWW) == ("203.0.113.1",)
