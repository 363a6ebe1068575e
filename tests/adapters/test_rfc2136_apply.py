"""What the RFC 2136 provider makes of batches on real servers: order, prerequisites, splitting, what gets lost."""

from collections.abc import Iterator, Sequence

import dns.rcode
import dns.update
import pytest

from providers.rfc2136.provider import Rfc2136Provider
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.provider import Scope
from tests.live import relay
from tests.live.bind_host import BindHost
from tests.live.knot_host import KnotHost
from tests.live.relay import Trouble
from tests.live.rfc2136_host import NAMESERVER, Rfc2136Host

SPARE = 60


@pytest.fixture(scope="module", params=[BindHost, KnotHost], ids=["bind", "knot"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rfc2136Host]:
    """Each server, with one zone for each test."""
    started = request.param(tmp_path_factory.mktemp("server"), [f"apply{number}.example" for number in range(SPARE)])
    yield started
    started.close()


class Play:
    """One zone and one provider on it, which has read it already."""

    def __init__(self, host: Rfc2136Host) -> None:
        self.host, self.zone = host, host.fresh()
        self.provider = Rfc2136Provider("nameserver", host.options(), host.folder)
        self.provider.observe(Scope("dns", self.zone))

    def records(self, name: str, kind: str, *values: str, ttl: int = 3600) -> RecordSet:
        return RecordSet(Key("dns", self.zone, kind, name), ttl, tuple(sorted(values)))

    def to(self, *wished: RecordSet, gone: Sequence[tuple[str, str]] = ()) -> list[Change]:
        """Changes from the zone as it is; `gone` by name and type."""
        held = self.host.truth(self.zone)
        keys = [Key("dns", self.zone, kind, name) for name, kind in gone]
        changes = [Change(one.key, held.get(one.key), one) for one in wished]
        return [*changes, *(Change(key, held.get(key), None) for key in keys)]

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        self.provider.observe(Scope("dns", self.zone))
        return list(self.provider.apply(changes))

    def make(self, *wished: RecordSet) -> None:
        assert {one.status for one in self.apply(self.to(*wished))} == {Status.DONE}

    def held(self, name: str, kind: str) -> RecordSet | None:
        return self.host.truth(self.zone).get(Key("dns", self.zone, kind, name))

    def messages(self) -> int:
        return self.host.calls()["UPDATE"]


@pytest.fixture
def play(host: Rfc2136Host) -> Play:
    return Play(host)


def test_a_cname_and_an_address_change_places(play: Play) -> None:
    """In one message, there and back: the name is never empty, and never holds both."""
    play.make(play.records("x", "A", "192.0.2.1"), play.records("x", "TXT", "beside"))
    there = play.to(play.records("x", "CNAME", "one.example.net."), gone=[("x", "A"), ("x", "TXT")])
    before = play.messages()
    assert [one.status for one in play.apply(there)] == [Status.DONE] * 3
    assert play.messages() - before == 1
    back = play.to(play.records("x", "A", "192.0.2.2"), gone=[("x", "CNAME")])
    assert [one.status for one in play.apply(back)] == [Status.DONE] * 2
    assert play.held("x", "CNAME") is None


@pytest.mark.parametrize(
    ("first", "second", "ttl"),
    [
        ([NAMESERVER], ["ns2.example.net."], 3600),
        ([NAMESERVER], ["ns2.example.net.", "ns3.example.net."], 300),
        (["ns2.example.net.", "ns3.example.net."], [NAMESERVER], 3600),
        (["ns2.example.net.", "ns3.example.net."], ["ns2.example.net.", "ns3.example.net."], 300),
        (["ns2.example.net.", "ns3.example.net."], ["ns3.example.net.", "ns4.example.net."], 300),
    ],
)
def test_the_apex_ns_is_replaced(play: Play, first: list[str], second: list[str], ttl: int) -> None:
    """New ones come before old ones go, with another TTL too."""
    start = play.records("@", "NS", *first)
    if play.held("@", "NS") != start:
        play.make(start)
    play.make(play.records("@", "NS", *second, ttl=ttl))
    assert play.held("@", "NS") == play.records("@", "NS", *second, ttl=ttl)


def test_the_ttl_of_one_apex_ns_is_told_truly(play: Play) -> None:
    """BIND changes it; Knot has no message that could, and that is said, not passed over."""
    (outcome,) = play.apply(play.to(play.records("@", "NS", NAMESERVER, ttl=300)))
    if isinstance(play.host, BindHost):
        assert outcome.status is Status.DONE
    else:
        assert outcome.status is Status.FAILED
        assert f"there is '{NAMESERVER}' with TTL 3600" in outcome.detail


def test_the_last_ns_stays(play: Play) -> None:
    """It is refused before anything is sent, and the rest of the batch is made."""
    before = play.messages()
    wished = play.to(play.records("x", "A", "192.0.2.1"), gone=[("@", "NS")])
    made, refused = play.apply(wished)
    assert (made.status, refused.status) == (Status.DONE, Status.FAILED)
    assert "last NS" in refused.detail
    assert play.messages() - before == 1


def test_stored_spellings_are_deleted_as_they_are(play: Play) -> None:
    """A TXT in another split and a CAA with a tag in another case are read as one value, told of, and replaced."""
    for name, kind, value in (
        ("t", "TXT", '"the " "text"'),
        ("t", "TXT", '"the text"'),
        ("c", "CAA", '0 ISSUE "one.example.net"'),
        ("h", "MX", "10 MAIL.Example.NET."),
    ):
        update = dns.update.UpdateMessage(f"{play.zone}.")
        update.use_tsig(play.host.key())
        update.add(name, 3600, kind, value)
        assert play.host.send(update).rcode() == dns.rcode.NOERROR
    seen = play.provider.observe(Scope("dns", play.zone))
    assert seen.resources[Key("dns", play.zone, "TXT", "t")] == play.records("t", "TXT", "the text")
    assert [one.address for one in seen.findings] == [f"dns/{play.zone}/TXT/t"]
    play.make(
        play.records("t", "TXT", "another text"),
        play.records("c", "CAA", '0 issue "one.example.net"', '0 issue "two.example.net"'),
        play.records("h", "MX", "10 mail.example.net.", "20 other.example.net."),
    )
    assert play.provider.observe(Scope("dns", play.zone)).findings == ()


def test_what_a_server_ignores_is_a_failure(play: Play) -> None:
    """NOERROR does not mean applied: a DS without NS is dropped by BIND, stored by Knot."""
    digest = f"12345 13 2 {'ab' * 32}"
    (outcome,) = play.apply(play.to(play.records("child", "DS", digest)))
    if isinstance(play.host, BindHost):
        assert outcome.status is Status.FAILED
        assert "ignored" in outcome.detail
        assert "needs an NS" in outcome.detail
    else:
        assert outcome.status is Status.DONE


def test_one_host_without_address_holds_up_nobody(play: Play) -> None:
    """BIND refuses a whole message for it and says why in its log alone: the change is found here, the rest is made."""
    zone = play.zone
    outcomes = play.apply(
        play.to(
            play.records("x", "A", "192.0.2.1"),
            play.records("@", "MX", f"10 nowhere.{zone}."),
            play.records("good", "MX", f"10 x.{zone}."),
        )
    )
    if isinstance(play.host, BindHost):
        assert [one.status for one in outcomes] == [Status.DONE, Status.FAILED, Status.DONE]
        assert f"nowhere.{zone}. has no address" in outcomes[1].detail
    else:
        assert {one.status for one in outcomes} == {Status.DONE}


def test_the_address_of_the_zones_own_ns_is_needed(play: Play) -> None:
    """BIND refuses its removal, and the reason is told."""
    zone = play.zone
    play.make(play.records("ns9", "A", "192.0.2.9"), play.records("@", "NS", NAMESERVER, f"ns9.{zone}."))
    (outcome,) = play.apply(play.to(gone=[("ns9", "A")]))
    if isinstance(play.host, BindHost):
        assert outcome.status is Status.FAILED
        assert "NS needs this address" in outcome.detail
    else:
        assert outcome.status is Status.DONE


def test_too_many_values_hold_up_nobody(play: Play) -> None:
    """More than a hundred are SERVFAIL on BIND; that set is named."""
    values = [f"192.0.2.{number}" for number in range(101)]
    many, one = play.apply(play.to(play.records("many", "A", *values), play.records("x", "A", "192.0.2.1")))
    assert one.status is Status.DONE
    if isinstance(play.host, BindHost):
        assert many.status is Status.FAILED
        assert "max-records-per-type" in many.detail
    else:
        assert many.status is Status.DONE


def test_big_batches_are_split_between_names(play: Play) -> None:
    """Every message is nearly full; addresses go before what names them, and after it when they are removed."""
    zone = play.zone
    many = [f"n{number:04}" for number in range(500)]
    sets = [play.records(name, "TXT", f"{name} {'x' * 240}") for name in many]
    sets += [play.records(name, "MX", f"10 a{name}.{zone}.") for name in many]
    sets += [play.records(f"a{name}", "A", "192.0.2.1") for name in many]
    before = play.host.calls()
    assert {one.status for one in play.apply(play.to(*sets))} == {Status.DONE}
    sent = play.host.calls() - before
    assert sent["AXFR"] == 2, "each message is taken at once, and all are read back together"
    assert 3 <= sent["UPDATE"] <= 5
    assert set(play.host.truth(zone).values()) >= set(sets)
    before_gone = play.messages()
    gone = [(one.key.name, one.key.kind) for one in sets]
    assert {one.status for one in play.apply(play.to(gone=gone))} == {Status.DONE}
    assert len(play.host.truth(zone)) == 1
    assert play.messages() - before_gone >= 2


def test_a_failure_between_messages_leaves_what_was_made(play: Play) -> None:
    """The second message is refused: what the first made is done, the rest failed, and nothing more is sent."""
    sets = [play.records(f"n{number:04}", "TXT", "x" * 200) for number in range(900)]
    before = play.messages()
    refusal = Trouble("UPDATE", nth=2, answer=relay.saying(dns.rcode.REFUSED))
    with play.host.relay.trouble(refusal):
        outcomes = play.apply(play.to(*sets))
    assert play.messages() - before == 2
    truth = play.host.truth(play.zone)
    for one in outcomes:
        assert (one.status is Status.DONE) == (one.key in truth)
    said = {one.detail.partition(":")[0] for one in outcomes if one.status is Status.FAILED}
    assert said == {"nameserver", "not sent"}


def test_a_change_meanwhile_is_left_alone(play: Play) -> None:
    """Values or the TTL alone: that change is refused, the others are made, by one more message."""
    for ttl, value in ((3600, "192.0.2.66"), (3601, "192.0.2.1")):
        play.make(play.records("x", "A", "192.0.2.1"), play.records("y", "A", "192.0.2.1"))
        batch = play.to(play.records("x", "A", "192.0.2.7"), play.records("y", "A", "192.0.2.7"))
        play.provider.observe(Scope("dns", play.zone))
        by_hand = play.records("x", "A", value, ttl=ttl)
        play.host.edit(by_hand.key, by_hand)
        before = play.messages()
        moved, made = play.provider.apply(batch)
        assert (moved.status, made.status) == (Status.REFUSED, Status.DONE)
        assert "moved" in moved.detail
        assert play.held("x", "A") == by_hand
        assert play.messages() - before == 2
        play.host.edit(by_hand.key, play.records("x", "A", "192.0.2.1"))
        play.host.edit(made.key, play.records("y", "A", "192.0.2.1"))
        play.provider.observe(Scope("dns", play.zone))


def test_a_change_made_by_somebody_else_is_done(play: Play) -> None:
    """What is as wished already is done without a second write."""
    batch = play.to(play.records("x", "A", "192.0.2.7"), play.records("y", "A", "192.0.2.7"))
    play.host.edit(batch[0].key, play.records("x", "A", "192.0.2.7"))
    assert [one.status for one in play.provider.apply(batch)] == [Status.DONE, Status.DONE]


def test_a_busy_zone_keeps_nobody_waiting(play: Play) -> None:
    """Somebody changes another name before each of our messages: the second is made all the same."""
    host = play.host

    def busy(wire: bytes) -> bytes:
        other = play.records("busy", "TXT", f"{host.serial(play.zone)}")
        host.edit(other.key, other)
        return host.raw(wire)

    with host.relay.trouble(Trouble("UPDATE", times=9, answer=busy)):
        batch = play.to(play.records("x", "A", "192.0.2.7"))
        assert [one.status for one in play.provider.apply(batch)] == [Status.DONE]


@pytest.mark.parametrize("there", [True, False])
def test_the_second_message_has_its_own_prerequisites(play: Play, there: bool) -> None:
    """Somebody changes another name before our first message, and our very name before the second: it is left alone."""
    host = play.host
    by_hand = play.records("x", "A", "192.0.2.66")
    edits = [play.records("busy", "TXT", "text"), by_hand]

    def race(wire: bytes) -> bytes:
        host.edit(edits[0].key, edits.pop(0))
        return host.raw(wire)

    if there:
        play.make(play.records("x", "A", "192.0.2.1"))
    batch = play.to(play.records("x", "A", "192.0.2.7"), play.records("x", "TXT", "text"))
    with host.relay.trouble(Trouble("UPDATE", times=2, answer=race)):
        outcomes = list(play.provider.apply(batch))
    assert outcomes[0].status is Status.REFUSED
    assert play.held("x", "A") == by_hand
    assert edits == []


def test_a_name_that_fills_more_than_a_message_is_told(play: Play) -> None:
    """Its sets fit one by one, not together; other names are not held up, and nothing is torn apart."""
    sets = [play.records("x", f"TYPE6540{number}", rf"\# 28000 {'ab' * 28000}") for number in range(3)]
    *big, small = play.apply(play.to(*sets, play.records("y", "A", "192.0.2.1")))
    assert {one.status for one in big} == {Status.FAILED}
    assert "one message" in big[0].detail
    assert small.status is Status.DONE


def test_what_could_not_be_read_first_has_failed(play: Play) -> None:
    """Silence before anything was sent leaves nothing in doubt."""
    play.provider.servers.timeout = 0.2
    batch = play.to(play.records("x", "A", "192.0.2.7"))
    play.provider._last.clear()
    with play.host.relay.trouble(Trouble("AXFR")):
        (outcome,) = play.provider.apply(batch)
    assert outcome.status is Status.FAILED
    assert "did not answer" in outcome.detail


def test_a_lost_answer_is_looked_up(play: Play) -> None:
    """Made and not heard of: done. Not there: unknown. Not to be read again either: unknown. Never sent twice."""
    play.provider.servers.timeout = 20.0
    hang_up = Trouble("UPDATE", answer=lambda _: b"", effect=True)
    before = play.messages()
    with play.host.relay.trouble(hang_up):
        (outcome,) = play.apply(play.to(play.records("x", "A", "192.0.2.7")))
    assert outcome.status is Status.DONE
    with play.host.relay.trouble(Trouble("UPDATE", answer=lambda _: b"")):
        (outcome,) = play.apply(play.to(play.records("y", "A", "192.0.2.7")))
    assert outcome.status is Status.UNKNOWN
    assert "may still come" in outcome.detail
    assert play.messages() - before == 2
    batch = play.to(play.records("z", "A", "192.0.2.7"))
    play.provider.observe(Scope("dns", play.zone))
    with play.host.relay.trouble(Trouble("AXFR", times=9, answer=relay.saying(dns.rcode.SERVFAIL))):
        (outcome,) = play.provider.apply(batch)
    assert outcome.status is Status.UNKNOWN
    assert "could not be read again" in outcome.detail
    assert play.held("z", "A") is not None


def test_the_calls_of_a_plan_and_an_apply(play: Play) -> None:
    """One message reads, one writes, one reads back; what is done already costs one."""
    before = play.host.calls()
    play.provider.observe(Scope("dns", play.zone))
    sets = [play.records(f"n{number}", "TXT", "text") for number in range(200)]
    batch = [Change(one.key, None, one) for one in sets]
    assert {one.status for one in play.provider.apply(batch)} == {Status.DONE}
    assert play.host.calls() - before == {"AXFR": 2, "UPDATE": 1}
    before = play.host.calls()
    assert {one.status for one in play.provider.apply(batch)} == {Status.DONE}
    assert play.host.calls() - before == {"AXFR": 1}


def test_a_zone_that_is_not_there_fails_its_changes(play: Play) -> None:
    """No error leaves apply."""
    key = Key("dns", "absent.example", "A", "x")
    (outcome,) = play.provider.apply([Change(key, None, RecordSet(key, 60, ("192.0.2.1",)))])
    assert outcome.status is Status.FAILED
    assert "does not serve" in outcome.detail
    foreign = Key("dns", "absent.example", "A", "y")
    mine = play.records("x", "A", "192.0.2.1")
    batch = [*play.to(mine), Change(foreign, None, RecordSet(foreign, 60, ("192.0.2.1",)))]
    assert [one.status for one in play.apply(batch)] == [Status.DONE, Status.FAILED]
