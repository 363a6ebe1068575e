"""Each authoritative server of a zone is found and asked for itself: what it says, and why where it says nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import dns.message
import dns.rrset
import pytest

from reconciler.model.answer import Answer, NameServer, Question, Status
from reconciler.model.errors import NotFound, Unavailable
from reconciler.probe.authority import MOST_SERVERS, Authority
from reconciler.probe.resolver import Resolver
from tests.emulators.dns_server import ANY_NAME, LOOPBACK, Asked, DnsServer, Fault, Trouble

ZONE = "example.com"
FIRST, SECOND = NameServer("ns1.example.net", "192.0.2.1"), NameServer("ns2.example.net", "2001:db8::2")
FINDS = {
    (ZONE, "NS"): ["NS1.example.net.", "ns2.example.net."],
    ("ns1.example.net", "A"): ["192.0.2.1"],
    ("ns2.example.net", "AAAA"): ["2001:DB8::2"],
}
MX, TXT, SOA = Question(ZONE, "MX"), Question(ZONE, "TXT"), Question(ZONE, "SOA")


def holds(serial: int, host: str) -> dict[tuple[str, str], list[str]]:
    """The records of one authoritative server."""
    return {
        (ZONE, "SOA"): [f"ns1.example.net. admin.example.com. {serial} 7200 3600 1209600 300"],
        (ZONE, "MX"): [f"10 {host}."],
        ("www.example.com", "CNAME"): ["away.example.net."],
        ("gone.example.com", "CNAME"): ["gone.example.com.example.com."],
    }


class World:
    """A resolver and two name servers, the second by IPv6."""

    def __init__(self, resolver: DnsServer, first: DnsServer, second: DnsServer) -> None:
        self.resolver, self.first, self.second = resolver, first, second
        self.places = {"192.0.2.1": at(first), "2001:db8::2": at(second)}

    def authority(self, places: Mapping[str, str] | None = None, timeout: float = 0.2) -> Authority:
        """Asks these two, unless told otherwise."""
        return Authority(Resolver([self.resolver.address], timeout=timeout), self.places if places is None else places)


def at(server: DnsServer) -> str:
    """Its address as it is written."""
    host, port = server.address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def serving(serials: tuple[int, int] = (1, 2)) -> Iterator[World]:
    """All three running."""
    with ExitStack() as stack:
        resolver = stack.enter_context(DnsServer(FINDS))
        first = stack.enter_context(DnsServer(holds(serials[0], "old.example.net")))
        second = stack.enter_context(DnsServer(holds(serials[1], "new.example.net"), address="::1"))
        first.recursive = second.recursive = False
        first.ttl, second.ttl = 3600, 60
        yield World(resolver, first, second)


@pytest.fixture
def world() -> Iterator[World]:
    """All three running."""
    with serving() as found:
        yield found


def test_each_is_asked_for_itself(world: World) -> None:
    """Serials, values and TTLs are those of each server, by IPv4 and IPv6; each is asked each question once."""
    authority = world.authority(timeout=5)
    assert authority.servers(ZONE) == (FIRST, SECOND)
    found = authority.ask(ZONE, [SOA, MX, TXT, MX])
    assert list(found) == [FIRST, SECOND]
    assert [list(one) for one in found.values()] == [[SOA, MX, TXT]] * 2
    assert found[FIRST][MX] == Answer(Status.FOUND, ("10 old.example.net.",), 3600)
    assert found[SECOND][MX] == Answer(Status.FOUND, ("10 new.example.net.",), 60)
    assert [one[SOA].values[0].split()[2] for one in found.values()] == ["1", "2"]
    assert found[FIRST][TXT] == Answer(Status.EMPTY)
    for server in (world.first, world.second):
        assert sorted(server.log) == sorted(Asked(ZONE, kind, "udp") for kind in ("SOA", "MX", "TXT"))
        assert set(server.flags) == {0}, "recursion is not asked for"
    assert set(world.resolver.counts.values()) == {1}
    assert len(world.resolver.log) == 5


def test_asked_anew_each_time(world: World) -> None:
    """What a server said is not kept: a second call sees what was changed meanwhile, and looks no server up again."""
    authority = world.authority(timeout=5)
    authority.ask(ZONE, [MX])
    world.first.add({(ZONE, "MX"): ["10 new.example.net."]})
    assert {one[MX].values for one in authority.ask(ZONE, [MX]).values()} == {("10 new.example.net.",)}
    assert len(world.resolver.log) == 5


def test_signatures_can_be_asked_for(world: World) -> None:
    """DNSKEY and DS come in one normal form."""
    key = "257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
    world.first.add({(ZONE, "DNSKEY"): [key], (ZONE, "DS"): ["2371 13 2 " + "AB" * 32]})
    found = world.authority().ask(ZONE, [Question(ZONE, "DNSKEY"), Question(ZONE, "DS")])[FIRST]
    assert found[Question(ZONE, "DNSKEY")].values[0].split()[:3] == ["257", "3", "13"]
    assert found[Question(ZONE, "DS")].values == ("2371 13 2 " + "ab" * 32,)


def test_an_alias_is_told_and_not_followed(world: World) -> None:
    """An answer is about the name itself, whether the alias leads elsewhere or to nothing in the same zone."""
    away, gone = Question("www.example.com", "A"), Question("gone.example.com", "A")
    itself = Question("www.example.com", "CNAME")
    found = world.authority().ask(ZONE, [away, gone, itself, Question("no.example.com", "A")])[FIRST]
    assert found[away] == Answer(Status.EMPTY, alias="away.example.net")
    assert found[gone] == Answer(Status.EMPTY, alias="gone.example.com.example.com")
    assert found[itself] == Answer(Status.FOUND, ("away.example.net.",), 3600)
    assert found[Question("no.example.com", "A")] == Answer(Status.NXDOMAIN)


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (Trouble.LAME, "lame"),
        (Trouble.REFUSED, "REFUSED"),
        (Trouble.SERVFAIL, "SERVFAIL"),
        (Trouble.DROP, ""),
        (Trouble.GARBAGE, "unreadable"),
    ],
)
def test_a_server_that_does_not_help(world: World, trouble: Trouble, code: str) -> None:
    """It is said which one and why, and the other's answers are there all the same; who replied is not asked again."""
    world.first.faults[ANY_NAME] = Fault(trouble)
    found = world.authority().ask(ZONE, [SOA, MX])
    assert len(world.first.log) == (6 if trouble is Trouble.DROP else 2)
    assert {(one.status, one.code) for one in found[FIRST].values()} == {(Status.FAILED, code)}
    assert at(world.first) in found[FIRST][MX].detail
    assert found[SECOND][MX].values == ("10 new.example.net.",)


def test_a_resolver_is_no_authority(world: World) -> None:
    """A server that looks the zone up elsewhere is lame, though it knows the answer."""
    world.first.recursive = True
    assert world.authority().ask(ZONE, [MX])[FIRST][MX].code == "lame"


@pytest.mark.parametrize("trouble", [Trouble.DROP, Trouble.TRUNCATED])
def test_by_tcp(world: World, trouble: Trouble) -> None:
    """Where UDP is lost or a reply is cut short, TCP is used; large answers too."""
    long = [f"{number:250}" for number in range(9)]
    world.second.add({(ZONE, "TXT"): long})
    world.first.faults[ANY_NAME] = Fault(trouble, transport="udp")
    found = world.authority().ask(ZONE, [MX, TXT])
    assert found[FIRST][MX].values == ("10 old.example.net.",)
    assert found[SECOND][TXT].values == tuple(sorted(long))
    udp = 2 if trouble is Trouble.DROP else 1
    assert [one.transport for one in world.first.log if one.type == "MX"] == ["udp"] * udp + ["tcp"]


def test_only_the_places_are_asked(world: World) -> None:
    """An address without a place gets nothing; its answers say so."""
    del world.places["192.0.2.1"]
    found = world.authority(timeout=5).ask(ZONE, [MX])
    assert found[FIRST][MX].code == "unasked"
    assert "configuration" in found[FIRST][MX].detail
    assert found[SECOND][MX].values == ("10 new.example.net.",)
    assert not world.first.log
    world.second.log.clear()
    assert {one.code for got in world.authority({}).ask(ZONE, [MX]).values() for one in got.values()} == {"unasked"}
    assert not world.first.log
    assert not world.second.log


def test_two_names_for_one_address(world: World) -> None:
    """Both show what it says; it is asked once."""
    world.resolver.add({("ns2.example.net", "A"): ["192.0.2.1"]})
    found = world.authority(timeout=5).ask(ZONE, [MX])
    assert list(found) == [FIRST, NameServer("ns2.example.net", "192.0.2.1"), SECOND]
    assert len(world.first.log) == 1


def test_a_name_without_address(world: World) -> None:
    """It is one of the servers all the same, and says why it cannot be asked."""
    world.resolver.remove("ns1.example.net", "A")
    found = world.authority(timeout=5).ask(ZONE, [MX])
    assert found[NameServer("ns1.example.net", "")][MX].detail == "it has no address"
    world.resolver.faults["ns1.example.net"] = Fault(Trouble.SERVFAIL)
    found = world.authority().ask(ZONE, [MX])
    assert "SERVFAIL" in found[NameServer("ns1.example.net", "")][MX].detail


@pytest.mark.parametrize(
    ("kind", "address"), [("A", "224.0.0.251"), ("A", "0.0.0.0"), ("AAAA", "ff02::fb"), ("AAAA", "::")]
)
def test_an_address_that_no_server_has(world: World, kind: str, address: str) -> None:
    """A hostile zone sends nobody to many hosts at once, nor to this one."""
    world.resolver.remove("ns1.example.net", "A")
    world.resolver.add({("ns1.example.net", kind): [address]})
    found = world.authority({**world.places, address: at(world.first)}, timeout=5).ask(ZONE, [MX])
    assert "no server can have" in found[NameServer("ns1.example.net", address)][MX].detail
    assert not world.first.log


def test_no_zone(world: World) -> None:
    """No such name, no NS records, nobody who says: each is an error of its own."""
    world.resolver.add({("a.example.org", "TXT"): ["x"], ("c.example.org", "CNAME"): ["example.com."]})
    world.resolver.faults["example.edu"] = Fault(Trouble.SERVFAIL)
    authority = world.authority(timeout=5)
    for name, words in (
        ("none.test", "there is no none.test"),
        ("a.example.org", "no zone of its own"),
        ("c.example.org", "no zone of its own"),
    ):
        with pytest.raises(NotFound, match=words):
            authority.servers(name)
    with pytest.raises(Unavailable, match="SERVFAIL"):
        authority.ask("example.edu", [MX])
    found = authority.ask_all({"none.test": [MX], ZONE: [MX]})
    assert isinstance(found["none.test"], NotFound)
    assert not isinstance(found[ZONE], NotFound)


def test_a_zone_with_too_many_servers(world: World) -> None:
    """A hostile zone makes nobody ask thousands: the rest is named as not asked."""
    hosts = [f"n{number:03}.example.net" for number in range(300)]
    world.resolver.add({(ZONE, "NS"): [f"{host}." for host in hosts]})
    world.resolver.add({(host, "A"): ["192.0.2.1", f"198.51.100.{at % 250}"] for at, host in enumerate(hosts)})
    found = world.authority(timeout=5).ask(ZONE, [MX])
    assert {one.name for one in found} == set(hosts)
    assert len(set(world.resolver.counts)) == 1 + 2 * MOST_SERVERS
    assert sum("more than" in got[MX].detail for got in found.values()) >= 300 - MOST_SERVERS


def test_many_zones_go_side_by_side() -> None:
    """A thousand zones on slow servers take no longer than a few; a silent server costs its own time and no more."""
    zones = [f"z{number}.test" for number in range(1000)]
    finds = {(zone, "NS"): ["ns1.host.test.", "ns2.host.test.", "ns3.host.test."] for zone in zones} | {
        (f"ns{number}.host.test", "A"): [f"192.0.2.{number}"] for number in (1, 2, 3)
    }
    records = {(zone, "MX"): ["10 mx.host.test."] for zone in zones}
    with DnsServer(finds) as resolver, DnsServer(records) as one, DnsServer(records) as two, DnsServer() as three:
        for server in (one, two):
            server.recursive = False
            server.faults[ANY_NAME] = Fault(delay=0.05)
        three.faults[ANY_NAME] = Fault(Trouble.DROP)
        places = {f"192.0.2.{number + 1}": at(server) for number, server in enumerate((one, two, three))}
        authority = Authority(Resolver([resolver.address], timeout=0.5, workers=64), places)
        begin = time.monotonic()
        found = authority.ask_all({zone: [Question(zone, "MX"), Question(zone, "TXT")] for zone in zones})
        wall = time.monotonic() - begin
    assert len(found) == 1000
    assert set(one.counts.values()) == set(two.counts.values()) == {1}
    assert one.counts.total() == 2000
    said = [
        {answer.code for answer in list(got.values())[2].values()} for got in found.values() if isinstance(got, dict)
    ]
    assert len(said) == 1000
    assert set().union(*said) == {"", "silent"}, "none of it passes for an answer, or for not to be asked"
    assert len(three.log) < 400, "who says nothing is left alone after a while"
    assert wall < 4000 * 0.05 / 4, "in sequence it would be 200 s"


def test_what_the_parent_says(world: World) -> None:
    """A referral is read from the parent's server, or from the next where the first says nothing of use."""
    wire = [f"ns{number}.parent.example." for number in (1, 2)]
    world.resolver.add({("com", "NS"): wire} | {(name, "A"): [f"198.51.100.{at}"] for at, name in enumerate(wire)})
    with referring({ZONE: ["ns1.example.net.", "ns9.example.net."]}) as there, DnsServer() as lame:
        lame.faults[ANY_NAME] = Fault(Trouble.REFUSED)
        places = {"198.51.100.0": at(lame), "198.51.100.1": f"{there[0]}:{there[1]}"}
        found = world.authority(places, timeout=5).delegations({ZONE: "com", "x.org": "org"})
        none = world.authority({}, timeout=5).delegations({ZONE: "com"})
    assert found == {ZONE: Answer(Status.FOUND, ("ns1.example.net.", "ns9.example.net."), 172800)}
    assert len(lame.log) == 1
    assert none == {}
    assert world.authority(places, timeout=5).delegations({}) == {}


@contextmanager
def referring(zones: Mapping[str, list[str]]) -> Iterator[tuple[str, int]]:
    """A parent's server as dnspython would write one: NS records in the authority section, no AA bit; one question."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind((LOOPBACK, 0))
        listening.settimeout(10)

        def serve() -> None:
            wire, client = listening.recvfrom(2000)
            query = dns.message.from_wire(wire)
            reply = dns.message.make_response(query)
            name = query.question[0].name
            values = zones[name.to_text(omit_final_dot=True)]
            reply.authority.append(dns.rrset.from_text_list(name, 172800, "IN", "NS", values))
            listening.sendto(reply.to_wire(), client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()
        thread.join()


@pytest.mark.parametrize("place", ["192.0.2.1", "ns.example.com:53", "[::1]:x", "192.0.2.1:0"])
def test_a_place_is_an_address(world: World, place: str) -> None:
    """Anything else is refused before anything is asked."""
    with pytest.raises(ValueError, match=r".+"):
        world.authority({"192.0.2.1": place})
