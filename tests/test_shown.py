"""A stage that waits until the world sees something asks every authoritative server of the zone, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconciler import gates, ledger
from reconciler.ledger import Owned
from reconciler.model.key import VERIFICATION, Key, Slot
from reconciler.model.route import Route, Stage, Wait
from reconciler.provider import Readiness
from reconciler.session import public
from reconciler.session.opened import Session
from tests.emulators.dns_server import DnsServer, Fault, Trouble
from tests.semantics.world import START
from tests.spec.folders import write

ZONE = "acme.example"
TEXT = "MS=ms12345678"
SLOT = Slot(Key("dns", ZONE, "TXT", "@"), VERIFICATION)


class World:
    """A resolver, and two authoritative servers that show the text."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        names = {"ns1.acme.example": "192.0.2.1", "ns2.acme.example": "192.0.2.2"}
        self.finder = stack.enter_context(DnsServer({(ZONE, "NS"): [f"{name}." for name in names]}))
        self.finder.add({(name, "A"): [address] for name, address in names.items()})
        self.servers = [
            stack.enter_context(DnsServer({(ZONE, "TXT"): [TEXT, "vendor=1"], (ZONE, "SOA"): ["a. b. 1 2 3 4 5"]}))
            for _ in names
        ]
        for one in self.servers:
            one.recursive = False
        places = {
            address: f"127.0.0.1:{one.address[1]}" for address, one in zip(names.values(), self.servers, strict=True)
        }
        self.folder, self.places = folder, places

    def session(self, authoritative: object) -> Session:
        resolver = f"{{servers: ['127.0.0.1:{self.finder.address[1]}'], authoritative: {authoritative}}}"
        text = f"providers: {{}}\nresolver: {resolver}\n"
        write(self.folder, {"workspace.yaml": text})
        return Session(self.folder)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Everything shows the text."""
    with ExitStack() as stack:
        yield World(tmp_path, stack)


def test_all_show_it(world: World) -> None:
    """Then nothing is awaited; a text of others beside it makes no difference."""
    assert public.shown(world.session(world.places), SLOT, TEXT) == Readiness(True)


def test_others_of_its_class_stand_beside_it(world: World) -> None:
    """Another tenant's text is of the same class; ours is there all the same."""
    for one in world.servers:
        one.add({(ZONE, "TXT"): [TEXT, "MS=ms87654321"]})
    assert public.shown(world.session(world.places), SLOT, TEXT).ready


def test_one_is_behind(world: World) -> None:
    """It is named."""
    world.servers[1].add({(ZONE, "TXT"): ["vendor=1"]})
    found = public.shown(world.session(world.places), SLOT, TEXT)
    assert not found.ready
    assert found.detail.startswith("ns2.acme.example (192.0.2.2) does not show")


def test_one_says_nothing(world: World) -> None:
    """Who is silent may still show the old thing."""
    world.servers[0].faults[ZONE] = Fault(Trouble.REFUSED)
    found = public.shown(world.session(world.places), SLOT, TEXT)
    assert not found.ready
    assert "ns1.acme.example (192.0.2.1) does not say" in found.detail


def test_no_such_zone(world: World) -> None:
    """Not delegated yet: nobody in the world can see it."""
    slot = Slot(SLOT.key._replace(scope="other.example"), VERIFICATION)
    assert "other.example" in public.shown(world.session(world.places), slot, TEXT).detail


def test_nobody_may_be_asked(world: World) -> None:
    """Without a word in the workspace the provider's own is enough, and no authoritative server is asked."""
    assert public.shown(world.session("false"), SLOT, TEXT).ready
    assert not any(one.log for one in world.servers)


def test_gate_waits_for_the_world() -> None:
    """The provider is ready; the world is not: the gate stays shut and says who is behind."""
    wait = Wait("seen", "everybody sees it", (SLOT,))
    route = Route("r", ZONE, "dns", (Stage("verify", {}, (wait,)),))
    known = ledger.Ledger(owned={SLOT.address: Owned(TEXT)})
    asked: list[tuple[Slot, object]] = []

    def shown(slot: Slot, value: object) -> Readiness:
        asked.append((slot, value))
        return Readiness(False, "ns2 is behind")

    (state,) = gates.look(route, 0, gates.Watch(START, known, {}, lambda _: Readiness(True), shown))
    assert (state.open, state.text, asked) == (False, "ns2 is behind", [(SLOT, TEXT)])
    (state,) = gates.look(route, 0, gates.Watch(START, known, {}, lambda _: Readiness(True)))
    assert state.open


def test_address_that_nobody_here_reaches(world: World) -> None:
    """It is left out where another address of the same server was asked; a server that has no other is awaited."""
    session = world.session(world.places)
    world.finder.add({("ns2.acme.example", "AAAA"): ["2001:db8::2"]})
    assert public.shown(session, SLOT, TEXT).ready
    world.finder.add(
        {(ZONE, "NS"): ["ns1.acme.example.", "ns3.acme.example."], ("ns3.acme.example", "A"): ["192.0.2.3"]}
    )
    found = public.shown(world.session(world.places), SLOT, TEXT)
    assert not found.ready
    assert "ns3.acme.example" in found.detail
