"""The DNS server that tests rely on speaks DNS: dnspython's own client reads what it says, in each of its roles."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.emulators.dns_server import ANY_NAME, Asked, DnsServer, Fault, Trouble

ZONE = """
$TTL 60
@ SOA ns hm 1 2 3 4 5
@ NS ns
ns A 192.0.2.9
* TXT wild
a.b A 192.0.2.1
alias CNAME a.b
"""


def ask(server: DnsServer, name: str, kind: str, *, tcp: bool = False, edns: bool = True) -> dns.message.Message:
    """One question by dnspython's client."""
    query = dns.message.make_query(name, kind, use_edns=0 if edns else None)
    where, port = server.address
    return (dns.query.tcp if tcp else dns.query.udp)(query, where, port=port, timeout=5)


def lines(message: dns.message.Message) -> list[str]:
    """The answer section."""
    return [line for found in message.answer for line in found.to_text().splitlines()]


def test_a_zone() -> None:
    """Records, wildcards, empty names between, aliases, absence with its SOA; over UDP and TCP alike."""
    with DnsServer() as server:
        server.add_zone(ZONE, "example.com")
        for tcp in (False, True):
            assert lines(ask(server, "A.b.EXAMPLE.com", "A", tcp=tcp)) == ["a.b.example.com. 300 IN A 192.0.2.1"]
            assert lines(ask(server, "any.example.com", "TXT", tcp=tcp)) == ['any.example.com. 300 IN TXT "wild"']
            assert lines(ask(server, "alias.example.com", "A", tcp=tcp)) == [
                "alias.example.com. 300 IN CNAME a.b.example.com.",
                "a.b.example.com. 300 IN A 192.0.2.1",
            ]
            for name, code in (("b.example.com", "NOERROR"), ("c.b.example.com", "NXDOMAIN"), ("net", "NXDOMAIN")):
                found = ask(server, name, "TXT", tcp=tcp)
                assert (lines(found), dns.rcode.to_text(found.rcode())) == ([], code)
                assert "SOA" in found.authority[0].to_text()
        server.remove("a.b.example.com", "A")
        assert lines(ask(server, "b.example.com", "TXT")) == ['b.example.com. 300 IN TXT "wild"']
        assert server.counts["b.example.com", "TXT"] == 3
        assert Asked("a.b.example.com", "A", "tcp") in server.log


@pytest.mark.parametrize(
    ("size", "edns", "cut"), [(400, False, False), (600, False, True), (1100, True, False), (1300, True, True)]
)
def test_room(size: int, edns: bool, cut: bool) -> None:
    """512 octets without EDNS, what EDNS says with it; what does not fit is cut, and whole over TCP."""
    with DnsServer({("example.com", "TXT"): ["a" * size]}) as server:
        found = ask(server, "example.com", "TXT", edns=edns)
        assert bool(found.flags & dns.flags.TC) == cut
        assert bool(found.answer) != cut
        assert len(ask(server, "example.com", "TXT", tcp=True).answer) == 1


def test_faults() -> None:
    """So many times, for one name or all, over one transport; the log has every question."""
    with DnsServer({("example.com", "A"): ["192.0.2.1"]}) as server:
        server.faults["example.com"] = Fault(Trouble.REFUSED, times=1)
        server.faults[ANY_NAME] = Fault(Trouble.SERVFAIL, transport="tcp")
        codes = [dns.rcode.to_text(ask(server, "example.com", "A").rcode()) for _ in range(2)]
        codes += [dns.rcode.to_text(ask(server, "example.net", "A", tcp=tcp).rcode()) for tcp in (True, False)]
        assert codes == ["REFUSED", "NOERROR", "SERVFAIL", "NXDOMAIN"]
        assert len(server.log) == 4


def test_roles() -> None:
    """A resolver, a server of the zone, a lame one; DNSSEC that is proven, and that does not hold unless unchecked."""
    with DnsServer({("example.com", "A"): ["192.0.2.1"], ("www.example.net", "A"): ["192.0.2.2"]}) as server:
        role = dns.flags.AA | dns.flags.RA
        assert ask(server, "example.com", "A").flags & role == dns.flags.RA
        server.recursive = False
        assert ask(server, "example.com", "A").flags & role == dns.flags.AA
        server.faults["example.com"] = Fault(Trouble.LAME)
        found = ask(server, "example.com", "A")
        assert (found.flags & role, len(found.answer)) == (0, 1)
        server.proven = {"example.net"}
        assert [bool(ask(server, one, "A").flags & dns.flags.AD) for one in ("www.example.net", "example.com")] == [
            True,
            False,
        ]
        server.faults["www.example.net"] = Fault(Trouble.BOGUS)
        assert ask(server, "www.example.net", "A").rcode() == dns.rcode.SERVFAIL
        query = dns.message.make_query("www.example.net", "A")
        query.flags |= dns.flags.CD
        found = dns.query.udp(query, server.address[0], port=server.address[1], timeout=5)
        assert (found.rcode(), len(found.answer), found.flags & dns.flags.AD) == (dns.rcode.NOERROR, 1, 0)
        assert server.flags[-1] & dns.flags.CD
