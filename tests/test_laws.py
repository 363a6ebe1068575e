"""Laws of the pure core, from inputs to what an outsider can observe; never judged by the code under test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.apply import run
from reconciler.model.change import Status
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import Route, Stage, Want
from reconciler.model.value import Value
from tests.semantics.world import Crash, System, World
from tests.strategies import RULES, ZONE, Story, addresses, attributes, stories, ttls

TXT = Key("dns", ZONE, "TXT", "@")


def settle(world: World) -> None:
    """Approve and apply what there is."""
    world.approve()
    world.apply()


def asked(route: Route) -> dict[Slot, Want]:
    """What the spec asks for in the end: for each slot the last stage that names it."""
    return {slot: want for stage in route.stages for slot, want in stage.wants.items()}


def holds(seen: Mapping[Key, tuple[int, frozenset[str]]], slot: Slot, want: Want) -> bool:
    """Whether an outsider finds a wish fulfilled."""
    ttl, values = seen.get(slot.key, (None, frozenset[str]()))
    if slot.part == "ttl":
        return ttl in (None, want.value)
    if slot.part.startswith("spf/"):
        words = next((text.split() for text in values if "v=spf1" in text), [])
        return want.seed or (slot.part.removeprefix("spf/") in words) == (want.value is not None)
    return values == frozenset(want.value if isinstance(want.value, tuple) else ())


@given(stories)
def test_one_apply_converges(story: Story) -> None:
    """After one approved apply every wish is fulfilled, judged by the values an outsider reads."""
    world = story.world()
    world.approve()
    assert {one.status for one in world.apply().results} <= {Status.DONE}
    seen = attributes(world)
    wrong = [slot for slot, want in asked(story.route).items() if not holds(seen, slot, want)]
    assert not wrong


@given(stories)
def test_nothing_differs_from_itself(story: Story) -> None:
    """Once it is as wished, no run writes anything again, approved or not."""
    world = story.world()
    settle(world)
    writes, seen = len(world.writes), attributes(world)
    settle(world)
    assert (len(world.writes), attributes(world)) == (writes, seen)


@given(stories, st.randoms(use_true_random=False))
def test_order_of_the_input_does_not_matter(story: Story, random: st.random_module) -> None:  # type: ignore[valid-type]
    """Records and wishes in another order make the same steps, in the same order."""

    def shuffled(some: list[tuple[Slot, Want]]) -> dict[Slot, Want]:
        random.shuffle(some)  # type: ignore[attr-defined]
        return dict(some)

    stages = tuple(replace(one, wants=shuffled(list(one.wants.items()))) for one in story.route.stages)
    other = Story(list(reversed(story.zone)), replace(story.route, stages=stages))
    first, second = story.world().plan(), other.world().plan()
    assert [(act.id, act.slot) for act in first.acts] == [(act.id, act.slot) for act in second.acts]


@given(stories)
def test_unmentioned_is_neither_planned_nor_touched(story: Story) -> None:
    """What no wish names is in no step, and is the same after the run as before."""
    world = story.world()
    named = {slot for stage in story.route.stages for slot in stage.wants}
    whole = {slot.key for slot in named}
    assert {act.slot for act in world.plan().acts} <= named
    before = attributes(world)
    settle(world)
    after = attributes(world)
    assert {key: one for key, one in after.items() if key not in whole} == {
        key: one for key, one in before.items() if key not in whole
    }
    kept = {text for text in before.get(TXT, (0, frozenset[str]()))[1] if "v=spf1" not in text}
    assert kept <= after.get(TXT, (0, frozenset[str]()))[1]


@given(stories)
def test_incomplete_reading_never_deletes(story: Story) -> None:
    """When not everything could be read, every step that removes is refused."""
    world = story.world()
    settle(world)
    world.complete = False
    world.routes = [replace(story.route, stages=(Stage("prepare"), Stage("deliver"), Stage("retire")))]
    assert not [act for act in world.plan().acts if act.effect == "destroy" and not act.refusal]
    settle(world)
    assert not [change for change in world.writes if change.after is None and not _asked_absent(story, change.key)]


def _asked_absent(story: Story, key: Key) -> bool:
    return any(slot.key == key and want.value is None for one in story.route.stages for slot, want in one.wants.items())


@given(stories, st.integers(1, 6))
def test_half_a_plan_then_the_whole(story: Story, at: int) -> None:
    """Killed before any write and run again, it ends in the same place."""
    whole, half = story.world(), story.world()
    settle(whole)
    half.approve()
    half.systems[ZONE].crash_at = at
    try:
        half.apply()
    except Crash:
        half.apply()
    assert attributes(half) == attributes(whole)


@given(stories, addresses, ttls)
def test_apply_changes_nothing_beside_its_steps(story: Story, values: tuple[str, ...], ttl: int) -> None:
    """What somebody changes between plan and write is not written over: that step is refused, the others go on."""

    world = story.world()
    world.approve()
    made, hands = world.plan(), world.hands()
    key = Key("dns", ZONE, "A", "www")
    world.put(key, *values, ttl=ttl)
    run(made, hands)
    found = world.live.get(key)
    wishes = [stage.wants[slot].value for stage in story.route.stages for slot in stage.wants if slot == Slot(key, "")]
    expected = story_values(story, key) == values or values in wishes
    assert expected or (isinstance(found, RecordSet) and found.values == values)


def story_values(story: Story, key: Key) -> Value | None:
    """What the zone held in the beginning."""
    return next((one.values for one in story.zone if one.key == key), None)


@st.composite
def hosts_and_mail(draw: st.DrawFn) -> tuple[dict[Slot, Want], dict[Slot, list[Slot]]]:
    """Hosts that point at each other in a random permutation, and what each needs, from the input."""
    names = draw(st.permutations(["a", "b", "c", "d", "e"]))
    wants: dict[Slot, Want] = {}
    needs: dict[Slot, list[Slot]] = {}
    for at, name in enumerate(names):
        target = draw(st.none() | st.sampled_from(names[:at])) if at else None
        slot = Slot(Key("dns", ZONE, "CNAME" if target else "A", name), "")
        wants[slot] = Want((f"{target}.{ZONE}.",) if target else ("192.0.2.1",))
        if target:
            needs[slot] = [other for other in wants if other.key.name == target]
    mx = Slot(Key("dns", ZONE, "MX", "@"), "")
    host = draw(st.sampled_from(names))
    needs[mx] = [other for other in wants if other.key.name == host]
    wants[mx] = Want((f"10 {host}.{ZONE}.",))
    return dict(draw(st.permutations(list(wants.items())))), needs


@given(hosts_and_mail())
def test_nothing_is_made_before_what_it_needs(made: tuple[dict[Slot, Want], dict[Slot, list[Slot]]]) -> None:
    """A host stands before the records that name it, and leaves after them."""
    wants, needs = made
    world = World({ZONE: System()}, [Route("r", ZONE, "dns", (Stage("prepare", wants), Stage("retire")))], rules=RULES)
    place = {act.slot: at for at, act in enumerate(world.plan().acts)}
    assert len(place) == len(wants)
    assert all(place[other] < place[slot] for slot, others in needs.items() for other in others)
    settle(world)
    gone = {slot: Want(None) for slot in wants if slot.key.kind != "MX"}
    world.routes = [Route("r2", ZONE, "dns", (Stage("retire", gone),))]
    world.rules = replace(RULES)
    place = {act.slot: at for at, act in enumerate(world.plan().acts)}
    pairs = [(slot, other) for slot, others in needs.items() for other in others if slot in place]
    assert all(place[slot] < place[other] for slot, other in pairs)
