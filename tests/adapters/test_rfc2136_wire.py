"""The RFC 2136 provider's own reading of the wire, against dnspython's, and on octets that are no message."""

import contextlib
import struct

import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.rfc2136.reading import Reading, gathered
from providers.rfc2136.update import MOST, messages, units, update
from providers.rfc2136.wire import Malformed, Message
from reconciler.conformance.states_dns import TRANSITIONS
from reconciler.model import rdata
from reconciler.model.change import Change
from reconciler.model.errors import Invalid
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.live.rfc2136_host import written

ZONE = "a.example"
SOA = f"{ZONE}. 60 IN SOA ns.example.net. h.example.net. 7 1 1 1 1"
SETS = [
    one
    for story in TRANSITIONS
    for state in story.states
    for one in state
    if isinstance(one, RecordSet) and story.system == "dns"
]


def message(*lines: str) -> bytes:
    """An answer with these records, as a server compresses it."""
    made = dns.message.make_response(dns.message.make_query(f"{ZONE}.", dns.rdatatype.AXFR))
    for line in lines:
        name, ttl, _, kind, value = line.split(" ", 4)
        made.answer.append(dns.rrset.from_text(name, int(ttl), dns.rdataclass.IN, kind, value))
    return made.to_wire()


def read(*wires: bytes) -> Reading:
    """The zone in these messages."""
    return gathered("ns", ZONE, [Message(wire) for wire in wires])


@pytest.mark.parametrize("wanted", SETS, ids=lambda one: f"{one.key.kind} {one.key.name[:20]}")
def test_every_awkward_value_is_read_as_it_is_meant(wanted: RecordSet) -> None:
    """All values of the suite's stories, as dnspython puts them on the wire."""
    name = f"{ZONE}." if wanted.key.name == "@" else f"{wanted.key.name}.{ZONE}."
    lines = [f"{name} {wanted.ttl} IN {wanted.key.kind} {written(wanted.key, value)}" for value in wanted.values]
    found = read(message(SOA, *lines, SOA)).held
    assert found == {(key := wanted.key._replace(scope=ZONE)): RecordSet(key, wanted.ttl, wanted.values)}


LABEL = st.binary(min_size=1, max_size=12)


@given(st.lists(LABEL, min_size=1, max_size=5), st.lists(LABEL, max_size=5))
def test_any_octets_in_names(owner: list[bytes], host: list[bytes]) -> None:
    """Names of any octets are read as dnspython writes them, in lower case."""
    place = dns.name.Name([*owner, b"a", b"example", b""])
    target = dns.name.Name([*host, b"net", b""])
    soa = dns.rrset.from_text(f"{ZONE}.", 60, "IN", "SOA", SOA.split(" ", 4)[4])
    mx = dns.rrset.from_rdata(place, 60, dns.rdata.from_text("IN", "MX", f"10 {target.to_text()}"))
    made = dns.message.make_response(dns.message.make_query(f"{ZONE}.", dns.rdatatype.AXFR))
    made.answer += [soa, mx, soa]
    (found,) = read(made.to_wire()).held.values()
    assert isinstance(found, RecordSet)
    assert found.values == (rdata.canonical_at("MX", f"10 {target.to_text()}", "."),)
    assert f"{found.key.name}.{ZONE}." == place.canonicalize().to_text()


WHOLE = message(
    SOA, f"x.{ZONE}. 60 IN MX 10 mx.{ZONE}.", f"t.{ZONE}. 60 IN TXT text", f"c.{ZONE}. 60 IN LOC 1 N 1 E 1m", SOA
)


@given(st.data())
def test_octets_that_are_no_message_are_told_as_such(data: st.DataObject) -> None:
    """A message with some octets changed, or cut, is read, or is an error of ours."""
    wire = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(4, len(wire) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(wire)))
    with_cut = bytes(wire[:cut]) if data.draw(st.booleans()) else bytes(wire)
    with contextlib.suppress(Malformed, Invalid):
        read(with_cut)


def test_names_that_point_at_themselves_end() -> None:
    """A pointer leads backwards alone."""
    head = b"\0\1\x84\0\0\0\0\1\0\0\0\0"
    for name in (b"\xc0\x0c", b"\1a\xc0\x0c", b"\xc0\x20", b"\1a\xc0\x0e"):
        wire = head + name + struct.pack("!HHIH", 1, 1, 60, 4) + b"\xc0\0\2\1"
        with pytest.raises((Malformed, IndexError)):
            Message(wire).name(12)


def test_a_zone_of_others_is_refused() -> None:
    """A name outside the zone, a zone that only ends like ours, another SOA at the end, another class."""
    for line in ("x.example. 60 IN A 192.0.2.1", rf"x\.{ZONE}. 60 IN A 192.0.2.1", f"x{ZONE}. 60 IN A 192.0.2.1"):
        with pytest.raises(Invalid, match="outside the zone"):
            read(message(SOA, line, SOA))
    with pytest.raises(Invalid, match="another SOA"):
        read(message(SOA), message(SOA.replace(" 7 ", " 8 ")))


def test_different_ttls_in_a_set_are_told() -> None:
    """The lowest counts; a TTL with its highest bit set is 0."""
    lines = [f"x.{ZONE}. 60 IN A 192.0.2.1", f"x.{ZONE}. 30 IN A 192.0.2.2"]
    found = read(message(SOA, *lines, SOA))
    (held,) = found.held.values()
    assert held.ttl == 30
    assert [one.rule for one in found.findings] == ["rfc2136/ttls"]
    wire = message(SOA, f"x.{ZONE}. 60 IN A 192.0.2.1", SOA).replace(b"\0\0\0\x3c\0\4", b"\x80\0\0\x3c\0\4")
    (held,) = read(wire).held.values()
    assert held.ttl == 0


@pytest.mark.parametrize("kind", ["A", "MX", "TXT", "CNAME"])
def test_what_a_unit_takes_is_never_more_than_is_counted(kind: str) -> None:
    """However late in a message it stands, where names can no longer be pointed at; and hardly more is counted."""
    value = {"A": "192.0.2.1", "MX": "10 mail.elsewhere.example.net.", "TXT": "x" * 600, "CNAME": "one.example.net."}
    batch = [change(f"name{at}.*.under", kind, "", value[kind]) for at in range(1600)]
    sent = list(messages(batch, read(message(SOA, SOA))))
    for together in sent:
        real = len(update(ZONE, None, together, None).to_wire())
        counted = sum(unit.size for unit in together)
        assert real <= counted + 100
        assert counted <= MOST
        assert together is sent[-1] or real > counted * 0.4
    assert len(sent) > 1


def change(name: str, kind: str, before: str, after: str) -> Change:
    """One value becomes another; empty is none."""
    key = Key("dns", ZONE, kind, name)
    old, new = (RecordSet(key, 60, (value,)) if value else None for value in (before, after))
    return Change(key, old, new)


def names(changes: list[Change]) -> list[str]:
    """The order in which names are sent."""
    return [unit.name for sent in messages(changes, read(message(SOA, SOA))) for unit in sent]


def test_values_that_stay_are_not_touched() -> None:
    """One value of three becomes another: one is deleted, one added; with another TTL the whole set goes and comes."""
    key = Key("dns", ZONE, "A", "x")
    zone = read(message(SOA, *(f"x.{ZONE}. 60 IN A 192.0.2.{number}" for number in (1, 2, 3)), SOA))

    def steps(ttl: int, *numbers: int) -> list[tuple[str, int, str]]:
        after = RecordSet(key, ttl, tuple(f"192.0.2.{number}" for number in numbers))
        (unit,) = units([Change(key, zone.held[key], after)], zone)
        return [(verb, seconds, str(what)) for verb, seconds, what in unit.steps]

    assert steps(60, 1, 2, 4) == [("delete", 0, "192.0.2.3"), ("add", 60, "192.0.2.4")]
    assert steps(30, 1, 2) == [("delete", 0, "A"), ("add", 30, "192.0.2.1"), ("add", 30, "192.0.2.2")]


def test_the_order_of_names() -> None:
    """Additions, changes, removals; addresses before what names them, after it on removal; a circle ends."""
    far = f"10 host.{ZONE}."
    assert names(
        [change("gone", "TXT", "x", ""), change("turned", "TXT", "x", "y"), change("new", "TXT", "", "x")]
    ) == [
        "new",
        "turned",
        "gone",
    ]
    assert names([change("@", "MX", "", far), change("host", "A", "", "192.0.2.1")]) == ["host", "@"]
    assert names([change("@", "MX", "10 mx.example.net.", far), change("host", "A", "", "192.0.2.1")]) == ["host", "@"]
    assert names([change("@", "MX", "", far), change("host", "A", "192.0.2.1", "192.0.2.2")]) == ["host", "@"]
    assert names([change("host", "A", "192.0.2.1", ""), change("m", "MX", far, "")]) == ["m", "host"]
    circle = [change("a", "CNAME", "", f"b.{ZONE}."), change("b", "CNAME", "", f"a.{ZONE}.")]
    assert sorted(names(circle)) == ["a", "b"]
    chain = [change(f"n{at}", "CNAME", "", f"n{at + 1}.{ZONE}.") for at in range(3000)]
    assert names(chain) == [f"n{at}" for at in reversed(range(3000))]
