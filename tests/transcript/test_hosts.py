"""What only some DNS hosts have: records that belong to somebody else, and those that are proxied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet, Resource, User
from reconciler.provider import Capabilities, Observation, Reader, Readiness, Scope
from reconciler.session.importing import Sources, begin, put
from reconciler.session.opened import Session
from reconciler.session.ordering import opened
from reconciler.session.planning import Options, make
from reconciler.session.rehearsing import settled
from reconciler.transcript.choice import PERSONAL, Choice, Left, Line, Trouble
from reconciler.transcript.customer import Reading, Tenant
from tests.transcript.imported import TENANT, Shop, assert_still, lost
from tests.transcript.zones import ZONE, plain


class Host:
    """A DNS host that shows what it was given, and counts how often it is asked."""

    def __init__(self, sets: Iterable[RecordSet], locked: Mapping[Key, str]) -> None:
        self.kinds = {kind: Capabilities(local=True) for kind in ("A", "CNAME", "MX", "NS", "TXT")}
        self.resources: dict[Key, Resource] = {one.key: one for one in sets}
        self.locked, self.calls = locked, 0

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        return ()

    def normalise(self, desired: Resource) -> Resource:
        return desired

    def observe(self, scope: Scope) -> Observation:
        self.calls += 1
        return Observation(scope, self.resources, locked=self.locked)

    def ready(self, key: Key) -> Readiness:
        return Readiness(True)


class At(Session):
    """A session whose every provider is this host."""

    def __init__(self, shop: Shop, host: Host, names: Sequence[str] | None = None) -> None:
        super().__init__(shop.specs, names)
        self.host = host

    def provider(self, name: str) -> Reader:
        return self.host


def test_locked_and_proxied(tmp_path: Path) -> None:
    """What is kept by somebody else is named with his reason; who is proxied stays so, and says no TTL."""
    sets = plain([("@", "MX", "10 mx.example."), ("www", "A", "192.0.2.1"), ("api", "A", "192.0.2.2")])
    sets = [
        RecordSet(
            one.key, 1 if one.key.name == "www" else one.ttl, one.values, {"www": True, "api": False}.get(one.key.name)
        )
        for one in sets
    ]
    locked = {
        Key("dns", ZONE, "A", "shop"): "an alias of a load balancer",
        Key("dns", ZONE, "MX", "in"): "Email Routing",
    }
    shop, host = Shop(tmp_path), Host(sets, locked)
    session, order = At(shop, host, []), shop.order()
    paper = put(order, begin(order, opened(order), Sources(session.clock.now(), session=session), following=""))
    assert host.calls == 1
    assert [(one["name"], one["reason"]) for one in paper["domains"][0]["unmanaged"]] == [
        ("NS @", "it belongs to the zone's host"),
        ("MX in", "Email Routing"),
        ("A shop", "an alias of a load balancer"),
    ]
    assert '- {name: "www", type: A, proxied: true, values: ["192.0.2.1"]}' in shop.text
    assert '- {name: "api", type: A, ttl: 300, values: ["192.0.2.2"]}' in shop.text
    later = At(shop, host)
    made = make(later, later.loaded.customers[0], Options())
    assert_still(made)
    assert lost(sets, made, paper["domains"][0]["unmanaged"]) == []


@pytest.mark.parametrize(("kind", "name"), [("CNAME", "@"), ("CNAME", "www"), ("CNAME", "autodiscover")])
def test_what_no_zone_file_has(tmp_path: Path, kind: str, name: str) -> None:
    """Hosts that flatten: a CNAME at the apex, or beside an address, is none that a spec can hold."""
    sets = [
        *plain([("www", "A", "192.0.2.1"), ("autodiscover", "A", "192.0.2.1")]),
        RecordSet(Key("dns", ZONE, kind, name), 300, ("x.example.",)),
    ]
    shop = Shop(tmp_path)
    host, order = Host(sets, {}), shop.order()
    session = At(shop, host, [])
    paper = put(order, begin(order, opened(order), Sources(session.clock.now(), session=session), following=""))
    later = At(shop, host)
    made = make(later, later.loaded.customers[0], Options())
    assert_still(made)
    assert f"CNAME {name}" in [one["name"] for one in paper["domains"][0]["unmanaged"]]
    assert lost(sets, made, paper["domains"][0]["unmanaged"]) == []


def test_what_is_given_up() -> None:
    """The subject of the line; without one everything but plain records; and at last nothing more."""
    files = {"customer.yaml": [Line("domains:"), Line("x", "shop.example mail")]}
    at_line = [Trouble("customer.yaml", 2, None, "why")]
    nowhere = [Trouble("customer.yaml", 1, None, "why"), Trouble("other", 9, None, "why")]
    first = Choice().without(at_line, files)
    assert first is not None
    assert (first.takes("shop.example mail"), first.takes("shop.example dmarc")) == (False, True)
    second = first.without(at_line, files)
    assert second is not None
    assert second == Choice(first.refused, plainly=True)
    assert second.takes("shop.example dmarc") is False
    assert second.without(nowhere, files) is None
    forced = Choice().without(at_line, files, plainly=True)
    assert forced is not None
    assert forced.plainly


def test_a_part_that_is_blamed_again() -> None:
    """Who was not helped by giving up the part goes whole: a person, a record set; never anybody else."""
    user, texts = Key("tenant", "t.example", "user", "ana@shop.example"), Key("dns", ZONE, "TXT", "@")
    files = {"f": [Line("a", "user ana@shop.example"), Line("b", texts.address), Line("c", "group all")]}
    blamed = [Trouble("f", 1, Slot(user, "displayName"), "why"), Trouble("f", 2, Slot(texts, "dmarc"), "why")]
    first = Choice().without(blamed, files)
    assert first is not None
    assert first.refused == {"user ana@shop.example#displayName": "why", f"{texts.address}#dmarc": "why"}
    second = first.without(blamed, files)
    assert second is not None
    assert second == Choice({**first.refused, "user ana@shop.example": "why", texts.address: "why"})
    wholly = Choice().without(blamed, files, wholly=True)
    assert wholly is not None
    assert wholly.refused.keys() == {"user ana@shop.example", texts.address}


@pytest.mark.parametrize("parts", [("displayName",), tuple(PERSONAL)])
def test_what_is_blamed_goes_at_last(parts: Sequence[str]) -> None:
    """Whatever part of a person a plan would touch, however often: he is left out by name, and the others stay."""
    key = Key("tenant", TENANT, "user", "1")
    ana, ben = (User(key._replace(name=name), f"{name}@{TENANT}", name, department="x") for name in ("ana", "ben"))
    reading = Reading((), tenant=Tenant(TENANT, "tenants", True, {one.key: one for one in (ana, ben)}))
    tried = []

    def trial(texts: Mapping[str, str]) -> Sequence[Trouble]:
        lines = texts["accounts.csv"].splitlines()
        at = next((number for number, line in enumerate(lines, 1) if line.startswith("ana@")), 0)
        tried.append(at)
        part = parts[len(tried) % len(parts)]
        return [Trouble("accounts.csv", at, Slot(ana.key, part), "why")] if at else []

    made = settled(reading, trial)
    assert made.people is not None
    assert Left(f"user ana@{TENANT}", "why") in made.people.left
    assert f"ben@{TENANT},person" in made.texts()["accounts.csv"]


def test_what_a_snapshot_could_not_keep(tmp_path: Path) -> None:
    """Mail's record sets that are locked are missing in it, and it says so by name; others are not mail's."""
    sets = plain([("www", "A", "192.0.2.1"), ("in", "MX", "10 mx.shop.example.")])
    locked = {
        Key("dns", ZONE, kind, name): f"kept by Email Routing\n{kind}"
        for kind, name in (
            ("MX", "@"), ("TXT", "@"), ("TXT", "cf2024-1._domainkey"), ("A", "mx"), ("A", "shop"), ("TXT", "other"),
        )
    }  # fmt: skip
    shop = Shop(tmp_path)
    session, order = At(shop, Host(sets, locked), []), shop.order()
    put(order, begin(order, opened(order), Sources(session.clock.now(), session=session), following=""))
    snapshot = (shop.specs / "shop" / "before.yaml").read_text()
    assert [line for line in snapshot.splitlines() if line.startswith("#")][1:] == [
        f"# {kind} {name}: kept by Email Routing\\n{kind}; write down yourself what it holds"
        for kind, name in (("MX", "@"), ("TXT", "@"), ("TXT", "cf2024-1._domainkey"), ("A", "mx"))
    ]


def test_a_snapshot_beside_a_flattened_apex(tmp_path: Path) -> None:
    """The mail of a domain whose host flattens a CNAME at its own name is kept all the same."""
    sets = [*plain([("@", "MX", "10 shop.example.")]), RecordSet(Key("dns", ZONE, "CNAME", "@"), 300, ("x.example.",))]
    shop = Shop(tmp_path)
    session, order = At(shop, Host(sets, {}), []), shop.order()
    put(order, begin(order, opened(order), Sources(session.clock.now(), session=session), following=""))
    snapshot = (shop.specs / "shop" / "before.yaml").read_text()
    assert 'type: MX, ttl: 300, values: ["10 shop.example."]' in snapshot
    assert "CNAME" not in snapshot
