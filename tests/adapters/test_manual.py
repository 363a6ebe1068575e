"""Reading public DNS at every authoritative server: who is behind, who does not answer, what only seems to be there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.manual import ManualProvider
from reconciler.model.change import Change, Status
from reconciler.model.errors import NotFound, SpecError, Unavailable, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.provider import Scope, Witness
from tests.emulators.dns_server import ANY_NAME, Fault, Trouble
from tests.live.manual_host import ManualHost

ZONE = "acme.example"
NAMES = frozenset({"@", "www", "alias", "_dmarc", "shop", "*"})


def record(kind: str, name: str, *values: str, ttl: int = 300) -> RecordSet:
    """A record set of the zone."""
    return RecordSet(Key("dns", ZONE, kind, name), ttl, tuple(sorted(values)))


OLD, NEW = record("A", "www", "192.0.2.1"), record("A", "www", "192.0.2.2")


@pytest.fixture
def host() -> Iterator[ManualHost]:
    """Three servers."""
    made = ManualHost(3)
    made.make(ZONE, [OLD, record("CNAME", "alias", "www.acme.example."), record("TXT", "@", "v=spf1 -all")])
    yield made
    made.close()


def opened(host: ManualHost) -> ManualProvider:
    """The provider on the host."""
    return ManualProvider("asked", host.options(), Path())


def read(host: ManualHost, *names: str) -> dict[Key, object]:
    """What it observes."""
    return dict(opened(host).observe(Scope("dns", ZONE, frozenset(names) or NAMES)).resources)


def test_only_the_names_of_the_scope(host: ManualHost) -> None:
    """Public DNS cannot be listed: what was not asked for is not known."""
    found = opened(host).observe(Scope("dns", ZONE, frozenset({"www", "alias"})))
    assert {key.name for key in found.resources} == {"www", "alias"}
    assert found.covers(Key("dns", ZONE, "MX", "www"))
    assert not found.covers(Key("dns", ZONE, "TXT", "@"))
    with pytest.raises(Unsupported, match="cannot be listed"):
        opened(host).observe(Scope("dns", ZONE))
    with pytest.raises(Unsupported):
        opened(host).observe(Scope("tenant", "x.onmicrosoft.com"))
    with pytest.raises(NotFound):
        opened(host).observe(Scope("dns", "absent.example", NAMES))


def test_few_questions(host: ManualHost) -> None:
    """A name that does not exist, or only leads elsewhere, costs each server one question."""
    read(host, "alias", "nothing", "never")
    assert host.calls() == {"SOA": 3, "CNAME": 12}  # with the wildcard that may stand for them


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_the_one_behind_is_believed(host: ManualHost, behind: int) -> None:
    """By its serial, whichever it is; a finding says who shows what, and nothing is ready."""
    host.behind.add(behind)
    host.edit(NEW.key, NEW)
    provider = opened(host)
    found = provider.observe(Scope("dns", ZONE, NAMES))
    assert (found.resources[OLD.key], found.version) == (OLD, "1")
    assert f"ns{behind + 1}.hosting.example shows 192.0.2.1" in found.findings[0].summary
    ready = provider.ready(OLD.key)
    assert (ready.ready, "192.0.2.2" in ready.detail) == (False, True)
    host.catch_up()
    assert provider.observe(Scope("dns", ZONE, NAMES)).resources[NEW.key] == NEW
    assert provider.ready(OLD.key).ready


def test_a_serial_that_goes_round(host: ManualHost) -> None:
    """The lowest in serial arithmetic, not as a number (RFC 1982)."""
    host.serials[ZONE] = 2**32 - 2
    host.edit(OLD.key, OLD)
    host.behind.add(1)
    host.serials[ZONE] = 4
    host.edit(NEW.key, NEW)
    assert read(host)[OLD.key] == OLD


def test_the_odd_one_out_among_equal_serials(host: ManualHost) -> None:
    """It differs from what most show."""
    host.behind.add(2)
    host.edit(NEW.key, NEW)
    host.servers[2].add({(ZONE, "SOA"): [f"ns1.hosting.example. a.hosting.example. {host.serials[ZONE]} 1 1 1 1"]})
    assert read(host)[OLD.key] == OLD


@pytest.mark.parametrize("trouble", [Trouble.SERVFAIL, Trouble.REFUSED, Trouble.LAME, Trouble.DROP])
def test_one_that_does_not_answer(host: ManualHost, trouble: Trouble) -> None:
    """A partial reading is an error."""
    host.servers[1].faults[ANY_NAME] = Fault(trouble)
    provider = ManualProvider("asked", {**host.options(), "timeout": 0.2}, Path())
    with pytest.raises(Unavailable, match=r"ns2\.hosting\.example"):
        provider.observe(Scope("dns", ZONE, NAMES))
    (outcome,) = provider.apply([Change(NEW.key, OLD, NEW, ("s",))])
    assert outcome.status is not Status.WAITING


def test_one_that_answers_in_part(host: ManualHost) -> None:
    """What it said of other names does not count either."""
    host.servers[1].faults[f"www.{ZONE}"] = Fault(Trouble.SERVFAIL)
    with pytest.raises(Unavailable, match=r"ns2\.hosting\.example"):
        read(host)


def test_one_of_two_addresses_is_enough(host: ManualHost) -> None:
    """A server has answered when one of its addresses did."""
    host.resolver.add({("ns2.hosting.example", "AAAA"): ["2001:db8::53"]})
    assert read(host)[OLD.key] == OLD


def test_what_only_a_wildcard_shows(host: ManualHost) -> None:
    """It is not there by itself; what differs from the wildcard is."""
    host.edit(Key("dns", ZONE, "A", "*"), record("A", "*", "192.0.2.9"))
    host.edit(Key("dns", ZONE, "A", "shop"), record("A", "shop", "192.0.2.10"))
    found = read(host)
    assert Key("dns", ZONE, "A", "_dmarc") not in found
    assert {Key("dns", ZONE, "A", name) for name in ("*", "shop", "www")} <= found.keys()
    assert Key("dns", ZONE, "A", "*") not in read(host, "www", "_dmarc")


def test_what_is_delegated_is_locked(host: ManualHost) -> None:
    """The zone's servers only refer elsewhere: nobody can say that nothing is there."""
    for server in host.servers:
        server.faults[f"shop.{ZONE}"] = Fault(Trouble.LAME)
    host.edit(Key("dns", ZONE, "NS", "shop"), record("NS", "shop", "ns.other.example."))
    found = opened(host).observe(Scope("dns", ZONE, NAMES))
    assert "delegated" in found.locked[Key("dns", ZONE, "TXT", "shop")]
    assert found.resources[OLD.key] == OLD
    assert list(opened(host).refusals([record("NS", "shop", "ns.other.example.")]))


def test_apply_asks_and_writes_nothing(host: ManualHost) -> None:
    """Done where every server shows it, whatever the TTL; refused where it has moved; else asked for, by its steps."""
    provider = opened(host)
    batch = [
        Change(NEW.key, OLD, NEW, ("one", "two")),
        Change(Key("dns", ZONE, "TXT", "@"), None, record("TXT", "@", "v=spf1 -all", ttl=60), ("three",)),
        Change(Key("dns", ZONE, "MX", "@"), record("MX", "@", "1 gone.example."), None, ("four",)),
    ]
    before = host.truth(ZONE)
    asked, done, gone = provider.apply(batch)
    assert (asked.status, done.status, gone.status) == (Status.WAITING, Status.DONE, Status.DONE)
    alias = record("CNAME", "www", "x.example.")
    (clash,) = provider.apply([Change(alias.key, None, alias, ("five",))])
    assert (clash.status, "stands alone" in clash.detail) == (Status.FAILED, True)
    assert host.truth(ZONE) == before
    (again,) = provider.apply([Change(NEW.key, OLD, NEW, ("two", "one"))])
    (other,) = provider.apply([Change(NEW.key, OLD, NEW, ("two",))])
    assert (again.request_id == asked.request_id, other.request_id == asked.request_id) == (True, False)
    (stale,) = provider.apply([Change(NEW.key, record("A", "www", "192.0.2.77"), NEW, ("one",))])
    assert (stale.status, "moved" in stale.detail) == (Status.REFUSED, True)
    host.behind.add(2)
    host.edit(NEW.key, NEW)
    (half,) = provider.apply(batch[:1])
    assert half.status is Status.WAITING
    host.catch_up()
    (whole,) = provider.apply(batch[:1])
    assert whole.status is Status.DONE


def test_what_only_the_one_behind_shows_is_not_done(host: ManualHost) -> None:
    """The others have moved on from it."""
    host.edit(NEW.key, NEW)
    host.behind.add(0)
    host.edit(OLD.key, OLD)
    provider = opened(host)
    assert provider.observe(Scope("dns", ZONE, NAMES)).resources[NEW.key] == NEW
    (outcome,) = provider.apply([Change(NEW.key, NEW, NEW, ("s",))])
    assert (outcome.status, "not every server shows it" in outcome.detail) == (Status.WAITING, True)


def test_each_server_is_a_witness(host: ManualHost) -> None:
    """What each shows, names that nobody reads otherwise too."""
    provider = opened(host)
    assert isinstance(provider, Witness)
    host.behind.add(0)
    host.edit(NEW.key, NEW)
    shown = provider.shown([NEW.key, NEW.key._replace(name=f"www.{ZONE}")])
    assert shown[NEW.key] == {"ns1.hosting.example": OLD, "ns2.hosting.example": NEW, "ns3.hosting.example": NEW}
    assert set(shown[NEW.key._replace(name=f"www.{ZONE}")].values()) == {None}


@pytest.mark.parametrize(
    "wrong",
    [
        {"servers": []},
        {"servers": ["nonsense"]},
        {"servers": ["192.0.2.1"]},
        {"authoritative": {"x": "y"}},
        {"authoritative": 5},
        {"timeout": -1},
        {"odd": 1},
    ],
)
def test_options(host: ManualHost, wrong: dict[str, object]) -> None:
    """A mistake is told, never a traceback."""
    with pytest.raises(SpecError):
        ManualProvider("asked", {**host.options(), **wrong}, Path())


def test_names_that_cannot_be(host: ManualHost) -> None:
    """Too long to be asked for, so not there."""
    assert read(host, "a" * 64, ".".join(["b" * 60] * 5), "www") == {OLD.key: OLD}
