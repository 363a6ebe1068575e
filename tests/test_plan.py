"""Steps: their order inside a stage, what a refusal takes with it, and what the plan says of itself."""

from __future__ import annotations

import pytest

from reconciler import plan
from reconciler.binding import Binding
from reconciler.model.key import Key, Slot
from reconciler.model.resource import User
from reconciler.model.route import Route, Stage, Want
from reconciler.plan import digest, gate_chain, request_id, restore_id, rollback_ids
from tests.semantics.company import MX, NEW, OLD, TXT, WWW, ZONE, company, migration, moving, steady, term
from tests.semantics.world import System, World, domain


def cname(name: str, target: str) -> tuple[Slot, Want]:
    """A wish for a CNAME inside the zone."""
    return Slot(Key("dns", ZONE, "CNAME", name), ""), Want((f"{target}.{ZONE}.",))


def route(*stages: Stage) -> Route:
    """A route of stages."""
    return Route("r", ZONE, "dns", (*stages, Stage("retire")))


def test_counts_line() -> None:
    """Adds, changes and destroys are counted as seen from live; adopting and forgetting apart."""
    world, _ = moving("mailer")
    assert world.plan().counts() == {"add": 4, "change": 5, "destroy": 2, "adopt": 1, "forget": 0}


def test_loop_is_refused_by_name() -> None:
    """Names that point at each other are refused together, and nothing else of the stage is lost from the plan."""
    wants = dict([cname("a", "b"), cname("b", "a"), (Slot(WWW, ""), Want(("192.0.2.1",)))])
    world = World({ZONE: System()}, [route(Stage("prepare", wants))])
    made = world.plan()
    assert {act.slot.key.name: bool(act.refusal) for act in made.acts} == {"a": True, "b": True, "www": False}


def test_what_a_refused_step_takes_with_it() -> None:
    """A stage that cannot be finished refuses every later one of its route, by name."""
    ns = Key("dns", ZONE, "NS", "@")
    first = Stage("prepare", {Slot(ns, ""): Want(("ns.new.example.",), overwrite=True)})
    world = company(route(first, Stage("deliver", {Slot(MX, ""): Want(NEW, overwrite=True)})))
    _, later = world.plan().acts
    assert "prepare cannot be finished" in later.refusal
    assert Slot(ns, "").address in later.refusal


def test_conflict_holds_later_stages() -> None:
    """A slot with something else in it, which may not be taken, stops what builds on it."""
    first = Stage("prepare", {Slot(MX, ""): Want(NEW)})
    world = company(route(first, Stage("deliver", {Slot(WWW, ""): Want(("192.0.2.1",))})))
    assert [bool(act.refusal) for act in world.plan().acts] == [True]
    world.approve()
    world.apply()
    assert world.values(MX) == OLD
    assert not world.values(WWW)


def test_accepted_drift_holds_nothing() -> None:
    """What the spec accepts with a name and a date stops no stage."""
    world, move = moving("mailer")
    world.approve()
    world.walk(move, "deliver")
    world.put(MX, *OLD, ttl=300)
    assert world.plan().legs[0].blocks
    world.accepted = frozenset({MX.address})
    assert not world.plan().legs[0].blocks


def test_ids_do_not_depend_on_the_order_of_gates_elsewhere() -> None:
    """The chain of a stage covers its own gates and all before it, never those behind."""
    whole, without = gate_chain(migration()), gate_chain(migration(task=False))
    assert whole[:3] == without[:3] == ["", "", ""]
    assert all(one != other for one, other in zip(whole[3:], without[3:], strict=True))


def test_every_step_has_its_own_id() -> None:
    """No two steps of a plan, nor a step and its rollback, share an id."""
    world, move = moving("mailer", "shop")
    ids = [act.id for act in world.plan().acts] + list(rollback_ids(move))
    assert len(set(ids)) == len(ids)
    assert restore_id(MX.address, "deliver") in rollback_ids(move)


def test_ids_are_stable_over_versions() -> None:
    """An approval outlives an upgrade: these ids must never change by accident."""
    world = World({ZONE: System()}, [steady("mailer")])
    ids = {act.slot.address: act.id for act in world.plan().acts}
    assert ids[WWW.address] == "bc51c60192265d39"
    assert ids[term("include:mailer.example").address] == "2f84c0f27ccab8bf"
    assert request_id(["a"]) == "9a7804b6674b4695"


def test_digest_ignores_the_order_of_keys() -> None:
    """The same document in another key order is the same; another value is not."""
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


@pytest.mark.parametrize("named", [True, False])
def test_pins_of_one_term_have_ids_of_their_own(named: bool) -> None:
    """A term with two addresses behind it makes two steps, in whatever order they are written."""
    addresses = ["198.51.100.1", "198.51.100.2"]
    wants = {term(f"ip4:{one}"): Want(f"ip4:{one}", pin="mx") for one in (addresses if named else reversed(addresses))}
    world = company(route(Stage("prepare", wants)))
    assert len({act.id for act in world.plan().acts}) == 2
    assert plan.wanted(world.plan().legs[0].rows[0]).pin == "mx"
    assert TXT in {act.slot.key for act in world.plan().acts}


# Who leads whom

TENANT = "shop.onmicrosoft.com"


def person(name: str, manager: str = "") -> dict[Slot, Want]:
    """A wish for an account."""
    key = Key("tenant", TENANT, "user", name)
    wants = {Slot(key, ""): Want("present"), Slot(key, "upn"): Want(f"{name}@{TENANT}")}
    wants[Slot(key, "displayName")] = Want(name)
    return wants | ({Slot(key, "manager"): Want(manager)} if manager else {})


def people(*wants: dict[Slot, Want], live: tuple[User, ...] = ()) -> World:
    """A tenant whose spec asks for these accounts."""
    together = {slot: want for some in wants for slot, want in some.items()}
    route = Route("people", TENANT, "tenant", (Stage("accounts", together), Stage("retire")))
    names = {("user", one.key.name): one.key.name for one in live}
    world = World({TENANT: System([domain(TENANT, TENANT, verified=True), *live])}, [route])
    world.binding = Binding(TENANT, names, names)
    return world


def order(world: World) -> list[tuple[str, str]]:
    """Accounts and parts in the order of the plan."""
    return [(act.slot.key.name, act.slot.part) for act in world.plan().acts]


def test_manager_is_made_before() -> None:
    """Whatever the names; whoever is there already needs no step."""
    assert order(people(person("a", "b"), person("b", "c"), person("c"))) == [("c", ""), ("b", ""), ("a", "")]
    assert order(people(person("c", "b"), person("b", "a"), person("a"))) == [("a", ""), ("b", ""), ("c", "")]
    boss = User(Key("tenant", TENANT, "user", "z"), f"z@{TENANT}", "z", "z")
    assert order(people(person("a", "z"), person("z"), live=(boss,))) == [("a", "")]


def test_manager_of_somebody_who_is_there() -> None:
    """The new manager first, then the change; people who are there may lead each other."""
    ana, bea = (User(Key("tenant", TENANT, "user", one), f"{one}@{TENANT}", one, one) for one in ("a", "b"))
    assert order(people(person("a", "z"), person("z"), live=(ana,))) == [("z", ""), ("a", "manager")]
    both = people(person("a", "b"), person("b", "a"), live=(ana, bea))
    assert [(act.slot.key.name, act.refusal) for act in both.plan().acts] == [("a", ""), ("b", "")]
    new = people(person("a", "b"), person("b", "a"), live=(ana,))
    assert order(new) == [("b", ""), ("a", "manager")]
    assert not any(act.refusal for act in new.plan().acts)


@pytest.mark.parametrize("ring", [("a", "b"), ("a", "b", "c")])
def test_new_people_who_lead_each_other_are_refused(ring: tuple[str, ...]) -> None:
    """By name; others are made."""
    led = [person(one, ring[at - 1]) for at, one in enumerate(ring)]
    refused = {act.slot.key.name: act.refusal for act in people(*led, person("z")).plan().acts}
    assert not refused.pop("z")
    assert refused.keys() == {*ring}
    assert all(f"tenant/{TENANT}/user/{one}" in reason for one in ring for reason in refused.values())
