"""What BIND and Knot make of updates: the facts that the provider is built on, asked anew of the real servers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import dns.rcode
import dns.rdata
import dns.update
import pytest

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.live.bind_host import BindHost
from tests.live.knot_host import KnotHost
from tests.live.rfc2136_host import NAMESERVER, Rfc2136Host

Update = dns.update.UpdateMessage
Held = tuple[int, tuple[str, ...]] | None

OUT = (3600, (NAMESERVER,))
DIGEST = f"12345 13 2 {'ab' * 32}"
HUNDRED = [f"192.0.2.{number}" for number in range(101)]


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        start: what is there first, as (name, type, TTL, values).
        send: fills the update.
        bind, knot: what is there afterwards, by name and type, where the result is NOERROR; else the result.
        risen: whether the serial rises, on BIND and on Knot.
    """

    name: str
    start: Sequence[tuple[str, str, int, tuple[str, ...]]]
    send: Callable[[Update], None]
    bind: dict[tuple[str, str], Held] | str
    knot: dict[tuple[str, str], Held] | str
    risen: tuple[bool, bool] = field(default=(True, True))


def same(
    name: str,
    start: Sequence[tuple[str, str, int, tuple[str, ...]]],
    send: Callable[[Update], None],
    there: dict[tuple[str, str], Held] | str,
    *,
    risen: bool = True,
) -> Row:
    """A row in which both agree."""
    return Row(name, start, send, there, there, (risen, risen))


def two(first: Callable[[], object], second: Callable[[], object]) -> None:
    """One after the other, in one message."""
    first()
    second()


A = ("x", "A", 60, ("192.0.2.1",))
CNAME = ("x", "CNAME", 60, ("one.example.net.",))

ROWS = (
    same(
        "CNAME beside data",
        [A],
        lambda u: u.add("x", 60, "CNAME", "one.example.net."),
        {("x", "CNAME"): None, ("x", "A"): (60, ("192.0.2.1",))},
        risen=False,
    ),
    same(
        "data beside CNAME",
        [CNAME],
        lambda u: u.add("x", 60, "A", "192.0.2.1"),
        {("x", "A"): None, ("x", "CNAME"): (60, ("one.example.net.",))},
        risen=False,
    ),
    same(
        "CNAME at the apex",
        [],
        lambda u: u.add("@", 60, "CNAME", "one.example.net."),
        {("@", "CNAME"): None, ("@", "NS"): OUT},
        risen=False,
    ),
    same(
        "CNAME swap, add first",
        [A],
        lambda u: two(lambda: u.add("x", 60, "CNAME", "one.example.net."), lambda: u.delete("x", "A")),
        {("x", "A"): None, ("x", "CNAME"): None},
    ),
    same(
        "CNAME swap, delete first",
        [A],
        lambda u: two(lambda: u.delete("x", "A"), lambda: u.add("x", 60, "CNAME", "one.example.net.")),
        {("x", "A"): None, ("x", "CNAME"): (60, ("one.example.net.",))},
    ),
    same(
        "a second CNAME",
        [CNAME],
        lambda u: u.add("x", 60, "CNAME", "two.example.net."),
        {("x", "CNAME"): (60, ("two.example.net.",))},
    ),
    same("delete the last apex NS", [], lambda u: u.delete("@", "NS", NAMESERVER), {("@", "NS"): OUT}, risen=False),
    same("delete the apex NS set", [], lambda u: u.delete("@", "NS"), {("@", "NS"): OUT}, risen=False),
    same(
        "delete the apex name",
        [("@", "MX", 60, ("10 mx.example.net.",)), ("@", "TXT", 60, ("text",))],
        lambda u: u.delete("@"),
        {("@", "NS"): OUT, ("@", "MX"): None, ("@", "TXT"): None},
    ),
    same(
        "replace the apex NS",
        [],
        lambda u: u.replace("@", 3600, "NS", "ns2.example.net."),
        {("@", "NS"): (3600, (NAMESERVER, "ns2.example.net."))},
    ),
    Row(
        "DS at the apex",
        [],
        lambda u: u.add("@", 60, "DS", DIGEST),
        {("@", "DS"): None},
        {("@", "DS"): (60, (DIGEST,))},
        (False, True),
    ),
    Row(
        "DS where there is no NS",
        [],
        lambda u: u.add("child", 60, "DS", DIGEST),
        {("child", "DS"): None},
        {("child", "DS"): (60, (DIGEST,))},
    ),
    Row(
        "an existing value with another TTL",
        [A],
        lambda u: u.add("x", 300, "A", "192.0.2.1"),
        {("x", "A"): (300, ("192.0.2.1",))},
        {("x", "A"): (60, ("192.0.2.1",))},
        (True, False),
    ),
    same(
        "a new value with another TTL",
        [A],
        lambda u: u.add("x", 300, "A", "192.0.2.2"),
        {("x", "A"): (300, ("192.0.2.1", "192.0.2.2"))},
    ),
    Row(
        "MX to a host of the zone without address",
        [],
        lambda u: u.add("@", 60, "MX", "10 mail"),
        "REFUSED",
        {("@", "MX"): (60, ("10 mail.ZONE.",))},
    ),
    Row(
        "MX to a CNAME of the zone",
        [CNAME],
        lambda u: u.add("@", 60, "MX", "10 x"),
        "REFUSED",
        {("@", "MX"): (60, ("10 x.ZONE.",))},
    ),
    Row(
        "apex NS to a host of the zone without address",
        [],
        lambda u: u.add("@", 3600, "NS", "ns9"),
        "REFUSED",
        {("@", "NS"): (3600, (NAMESERVER, "ns9.ZONE."))},
    ),
    same(
        "delete the address that an MX needs",
        [A, ("@", "MX", 60, ("10 x",))],
        lambda u: u.delete("x", "A"),
        {("x", "A"): None, ("@", "MX"): (60, ("10 x.ZONE.",))},
    ),
    same("an identical add", [A], lambda u: u.add("x", 60, "A", "192.0.2.1"), {("x", "A"): (60, A[3])}, risen=False),
    same("a delete of what is not there", [], lambda u: u.delete("x", "A"), {("x", "A"): None}, risen=False),
    same(
        "null MX beside a real MX",
        [("@", "MX", 60, ("10 mx.example.net.",))],
        lambda u: u.add("@", 60, "MX", "0 ."),
        {("@", "MX"): (60, ("0 .", "10 mx.example.net."))},
    ),
    Row(
        "more than a hundred values",
        [],
        lambda u: u.add("x", 60, "A", *HUNDRED),
        "SERVFAIL",
        {("x", "A"): (60, tuple(sorted(HUNDRED)))},
    ),
    same("a name outside the zone", [], lambda u: u.add("x.elsewhere.example.", 60, "A", "192.0.2.1"), "NOTZONE"),
    same(
        "a prerequisite of one value of two",
        [("x", "A", 60, ("192.0.2.1", "192.0.2.2"))],
        lambda u: two(lambda: u.present("x", "A", "192.0.2.1"), lambda: u.delete("x", "A")),
        "NXRRSET",
    ),
    same(
        "a prerequisite of all values, in other case and with another TTL",
        [("x", "MX", 60, ("10 one.example.net.", "20 two.example.net."))],
        lambda u: two(
            lambda: u.present("x", "MX", "10 ONE.example.net.", "20 two.EXAMPLE.net."), lambda: u.delete("x", "MX")
        ),
        {("x", "MX"): None},
    ),
    same(
        "a prerequisite of the same text in another split",
        [("t", "TXT", 60, ("the same text",))],
        lambda u: two(lambda: u.present("t", "TXT", '"the same" " text"'), lambda: u.delete("t", "TXT")),
        "NXRRSET",
    ),
    same(
        "a prerequisite that a set is not there",
        [A],
        lambda u: two(lambda: u.absent("x", "A"), lambda: u.delete("x", "A")),
        "YXRRSET",
    ),
)


@pytest.fixture(scope="module", params=[BindHost, KnotHost], ids=["bind", "knot"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rfc2136Host]:
    """Each server, with one zone for each row."""
    zones = [f"row{number}.example" for number in range(len(ROWS) + 10)]
    started = request.param(tmp_path_factory.mktemp("server"), zones)
    yield started
    started.close()


@pytest.fixture
def zone(host: Rfc2136Host) -> str:
    """A zone that no test has had."""
    return host.fresh()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_table_of_updates(host: Rfc2136Host, zone: str, row: Row) -> None:
    """Each row is as it was measured: the result, what is there afterwards, and whether the serial rose."""
    for name, kind, ttl, values in row.start:
        key = Key("dns", zone, kind, name)
        host.edit(key, RecordSet(key, ttl, tuple(v.replace("10 x", f"10 x.{zone}.") for v in values)))
    update = Update(f"{zone}.")
    update.use_tsig(host.key())
    row.send(update)
    before = host.serial(zone)
    wanted = row.bind if isinstance(host, BindHost) else row.knot
    code = dns.rcode.to_text(host.send(update).rcode())
    if isinstance(wanted, str):
        assert (code, host.serial(zone)) == (wanted, before)
        return
    assert code == "NOERROR"
    truth = host.truth(zone)
    for (name, kind), held in wanted.items():
        found = truth.get(Key("dns", zone, kind, name))
        expected = held and (held[0], tuple(sorted(value.replace("ZONE", zone) for value in held[1])))
        assert (found and (found.ttl, found.values)) == expected, (name, kind)
    risen = row.risen[0] if isinstance(host, BindHost) else row.risen[1]
    assert (host.serial(zone) > before) is risen


def test_a_spelling_is_a_value_of_its_own(host: Rfc2136Host, zone: str) -> None:
    """The same text in two splits, the same CAA with its tag in two cases: the server holds two values."""
    for name, kind, first, second in (
        ("t", "TXT", '"the same text"', '"the same" " text"'),
        ("c", "CAA", '0 issue "ca.example.net"', '0 ISSUE "ca.example.net"'),
    ):
        for value in (first, second):
            update = Update(f"{zone}.")
            update.use_tsig(host.key())
            update.add(name, 60, dns.rdata.from_text("IN", kind, value))
            before = host.serial(zone)
            assert host.send(update).rcode() == dns.rcode.NOERROR
            assert host.serial(zone) > before, "the second spelling changed nothing"


def test_the_soa_as_a_prerequisite_guards_the_whole_zone(host: Rfc2136Host, zone: str) -> None:
    """With the SOA as it is the message is made; with one of an older serial it is not."""
    soa = f"{NAMESERVER} hostmaster.example.net. {{}} 7200 3600 1209600 3600"
    for serial, wanted in ((host.serial(zone), "NOERROR"), (host.serial(zone), "NXRRSET")):
        update = Update(f"{zone}.")
        update.use_tsig(host.key())
        update.present("@", dns.rdata.from_text("IN", "SOA", soa.format(serial)))
        update.add("x", 60, "A", f"192.0.2.{serial}")
        assert dns.rcode.to_text(host.send(update).rcode()) == wanted
        update = Update(f"{zone}.")
        update.use_tsig(host.key())
        update.add("y", 60, "A", f"192.0.2.{serial + 7}")
        host.send(update)
