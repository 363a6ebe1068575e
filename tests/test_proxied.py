"""Whether a DNS host proxies a record set: kept unless the spec names it, and with a TTL that is the host's."""

from __future__ import annotations

from dataclasses import replace

from reconciler import recordset
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import Route, Stage, Want
from reconciler.model.value import Value
from reconciler.verdict import Verdict
from tests.semantics.world import System, World

ZONE = "shop.example"
WWW = Key("dns", ZONE, "A", "www")
LIVE = RecordSet(WWW, 1, ("192.0.2.1",), proxied=True)


def world(live: RecordSet | None, **parts: Value) -> World:
    """A zone that holds one record set or nothing, and a spec that asks for some parts of it."""
    slots = {name: Slot(WWW, "" if name == "values" else name) for name in parts}
    wants = {slots[name]: Want(value, overwrite=name == "values") for name, value in parts.items()}
    made = World({ZONE: System([live] if live else [])}, [Route("r", ZONE, "dns", (Stage("prepare", wants),))])
    made.approve()
    return made


def after(made: World) -> RecordSet:
    """What is there once all was applied; then nothing is left to do."""
    made.apply()
    assert not made.plan().acts
    held = made.systems[ZONE].resources[WWW]
    assert isinstance(held, RecordSet)
    return held


def test_unmentioned_is_kept() -> None:
    """A value changes; the proxy stays on."""
    assert after(world(LIVE, values=("192.0.2.2",))) == replace(LIVE, values=("192.0.2.2",))


def test_ttl_of_what_is_proxied_is_the_hosts() -> None:
    """A wish for one is no difference, for ever."""
    made = world(LIVE, values=("192.0.2.1",), ttl=3600)
    assert not made.plan().acts
    assert after(made) == LIVE


def test_turned_off_by_name() -> None:
    """Then the wish for a TTL is heard again."""
    made = world(LIVE, values=("192.0.2.1",), ttl=3600, proxied=False)
    assert [act.slot.part for act in made.plan().acts] == ["proxied", "ttl"]
    assert after(made) == RecordSet(WWW, 3600, ("192.0.2.1",), proxied=False)


def test_turned_on_by_name() -> None:
    """One act, without a word about values or TTL."""
    made = world(replace(LIVE, proxied=False), proxied=True)
    assert [(act.slot.part, act.action) for act in made.plan().acts] == [("proxied", "update")]
    assert after(made).proxied


def test_made_with_its_values() -> None:
    """It does not exist without them: one act."""
    made = world(None, values=("192.0.2.1",), proxied=True)
    assert [act.slot.part for act in made.plan().acts] == [""]
    assert after(made).proxied


def test_line_that_goes_changes_nothing() -> None:
    """What nobody asks for any more stays as it is."""
    made = world(replace(LIVE, proxied=False), values=("192.0.2.1",), proxied=True)
    after(made)
    made.routes = world(None, values=("192.0.2.1",)).routes
    assert {row.verdict for leg in made.plan().legs for row in leg.rows} == {Verdict.SAME}
    assert after(made).proxied


def test_it_is_nobodys_by_itself() -> None:
    """Unmanaged are values, not what is said of them."""
    plan = world(LIVE).plan()
    assert [slot.part for slot in plan.unmanaged] == [""]


def test_parts_and_fold() -> None:
    """A host that proxies nothing has no such part."""
    plain = RecordSet(WWW, 300, ("192.0.2.1",))
    assert recordset.parts(plain) == {"": plain.values, "ttl": 300}
    assert recordset.parts(LIVE) == {"": LIVE.values, "ttl": 1, "proxied": True}
    assert recordset.fold(WWW, plain, {"ttl": 60}) == replace(plain, ttl=60)
    assert recordset.fold(WWW, LIVE, {"": None}) is None
