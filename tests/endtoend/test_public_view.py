"""The public view of the real `check`: several servers of a zone and several resolvers on loopback, and nobody else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.session.answering import WORKERS
from tests.cli.healthy import specs, well
from tests.emulators.dns_server import ANY_NAME, LOOPBACK, DnsServer, Fault, Trouble
from tests.probe import alone
from tests.running import command, run

PLACES = [pytest.param(True, id="shut in"), pytest.param(False, id="beside")]
ADDRESSES = ["192.0.2.1", "192.0.2.2", "2001:db8::3"]
Records = dict[tuple[str, str], list[str]]


def at(server: DnsServer) -> str:
    """Its address as it is written."""
    host, port = server.address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def zone(name: str, serial: int, servers: int) -> Records:
    """What a server of a zone holds beside its mail records."""
    return {
        (name, "SOA"): [f"ns1.host.test. admin.host.test. {serial} 7200 3600 1209600 300"],
        (name, "NS"): [f"ns{number}.host.test." for number in range(1, servers + 1)],
    }


def world(*names: str, servers: int = 2, serial: int = 7) -> Records:
    """Everything that a resolver knows of some healthy zones."""
    found: Records = {**well(*names)}
    for name in names:
        found |= zone(name, serial, servers)
    for number in range(servers):
        kind = "AAAA" if ":" in ADDRESSES[number] else "A"
        found[f"ns{number + 1}.host.test", kind] = [ADDRESSES[number]]
    return found


@dataclass
class Net:
    """Resolvers and servers of zones, and the address of each in the world."""

    resolvers: list[DnsServer]
    servers: list[DnsServer] = field(default_factory=list)

    def settings(self, timeout: str = "5s") -> str:
        """`resolver:` of a workspace that asks all of them, each where it really is."""
        places = ", ".join(f"'{address}': '{at(one)}'" for address, one in zip(ADDRESSES, self.servers, strict=False))
        listed = ", ".join(f"'{at(one)}'" for one in self.resolvers)
        return f"{{servers: [{listed}], timeout: {timeout}, authoritative: {{{places}}}}}"


@contextmanager
def net(resolvers: Sequence[Records], servers: Sequence[Records]) -> Iterator[Net]:
    """All of them running; the third server of a zone by IPv6."""
    with ExitStack() as stack:
        found = Net([stack.enter_context(DnsServer(one)) for one in resolvers])
        for number, records in enumerate(servers):
            where = "::1" if ":" in ADDRESSES[number] else LOOPBACK
            one = stack.enter_context(DnsServer(records, address=where))
            one.recursive, one.ttl = False, 3600
            found.servers.append(one)
        yield found


def view(paper: Mapping[str, Any], domain: str = "a.test") -> Any:
    """The public view of a domain in a report."""
    (found,) = [one for one in paper["domains"] if one["domain"] == domain]
    (section,) = [one for one in found["sections"] if one["subject"] == "public-view"]
    return section


def rules(section: Mapping[str, Any]) -> dict[str, str]:
    """Severities by rule."""
    return {one["rule"]: one["severity"] for one in section["diagnostics"]}


def test_who_shows_what(tmp_path: Path) -> None:
    """A change that is on its way: a server behind, a resolver that keeps the old answer, both told and until when."""
    old: Records = {("a.test", "MX"): ["10 mx.host.test.", "20 old.host.test."], ("old.host.test", "A"): ["20.1.1.2"]}
    base = world("a.test", servers=3)
    behind = {**base, **zone("a.test", 6, 3), **old}
    with net([base, {**base, **old}], [base, base, behind]) as there:
        there.resolvers[1].ttl = 77
        specs(tmp_path / "specs", {"acme": ["a.test"]}, there.settings())
        done = run(("check", "--json"), tmp_path, {})
        section = view(done.json)
        assert (done.code, section["verdict"]) == (0, "warn"), done
        assert rules(section) == {"dns/servers-differ": "warning", "dns/serials": "info"}
        assert [one["serial"] for one in section["data"]["servers"]] == [7, 7, 6]
        (mx,) = [row for row in section["data"]["records"] if row["type"] == "MX"]
        assert [(one["ttl"], one["count"]) for one in mx["answers"]] == [
            (3600, 1),
            (3600, 1),
            (3600, 2),
            (300, 1),
            (77, 2),
        ]
        assert {one["origin"]["file"] for one in section["diagnostics"]} == {"specs/acme/customer.yaml"}
        asked = [*there.resolvers, *there.servers]
        assert [max(one.counts.values()) for one in asked] == [1] * 5, "each is asked each question once"
        assert done.json["questions"] == sum(len(one.log) for one in asked)
        there.servers[2].add(base)
        section = view(run(("check", "--json"), tmp_path, {}).json)
        assert rules(section) == {"dns/old-answer": "warning"}
        assert at(there.resolvers[1]) in section["diagnostics"][0]["summary"]


def test_every_format(tmp_path: Path) -> None:
    """Text, JSON, Markdown and a page in both languages tell it; the JSON gives the same later."""
    with net([world("a.test")], [world("a.test"), world("a.test", serial=8)]) as there:
        specs(tmp_path / "specs", {"acme": ["a.test"]}, there.settings())
        outputs = [f"--output={kind}://out.{kind}" for kind in ("json", "markdown", "html")]
        done = run(("check", *outputs), tmp_path, {})
    serial = "ns2.host.test (192.0.2.2): serial 8"
    assert serial in done.out
    assert "hold different versions" in done.out
    assert serial in view(json.loads((tmp_path / "out.json").read_text()))["lines"][2]
    assert "Public view: 2 of 2 name servers and 1 resolver" in (tmp_path / "out.markdown").read_text()
    page = (tmp_path / "out.html").read_text()
    assert "Public view" in page
    assert "what each DNS server shows now" in page
    assert serial in page
    assert run(("show", "out.json", "--format", "html"), tmp_path, {}).out == page


def test_servers_of_no_use(tmp_path: Path) -> None:
    """One lame, one silent over UDP and TCP: both named, the rest of the report as ever."""
    base = world("a.test", servers=3)
    with net([base], [base, base, base]) as there:
        there.servers[1].faults[ANY_NAME] = Fault(Trouble.LAME)
        there.servers[2].faults[ANY_NAME] = Fault(Trouble.DROP)
        specs(tmp_path / "specs", {"acme": ["a.test"]}, there.settings("1s"))
        done = run(("check", "--json"), tmp_path, {})
    section = view(done.json)
    assert [one["state"] for one in section["data"]["servers"]] == ["answers", "lame", "silent"], done
    assert rules(section) == {"dns/lame": "warning", "dns/silent": "warning"}
    assert done.json["domains"][0]["counts"]["pass"] == 7


def test_by_tcp(tmp_path: Path) -> None:
    """Servers that cut every reply by UDP short, or get none through, are as good as others."""
    base = world("a.test")
    with net([base], [base, base]) as there:
        there.servers[0].faults[ANY_NAME] = Fault(Trouble.TRUNCATED, transport="udp")
        there.servers[1].faults[ANY_NAME] = Fault(Trouble.DROP, transport="udp")
        specs(tmp_path / "specs", {"acme": ["a.test"]}, there.settings("1s"))
        section = view(run(("check", "--json"), tmp_path, {}).json)
    assert section["verdict"] == "pass", section
    assert [one["serial"] for one in section["data"]["servers"]] == [7, 7]


def test_a_domain_below_a_zone(tmp_path: Path) -> None:
    """The servers of the zone that holds it are asked; a name that does not exist makes nobody ask those above it."""
    base = world("a.test") | {("mail.a.test", "MX"): ["10 mx.host.test."]}
    with net([base], [base, base]) as there:
        specs(tmp_path / "specs", {"acme": ["mail.a.test", "none.a.test"]}, there.settings())
        paper = run(("check", "--json"), tmp_path, {}).json
        logged = {one.name for server in there.servers for one in server.log}
    assert (view(paper, "mail.a.test")["data"]["zone"], view(paper, "none.a.test")["data"]["zone"]) == ("a.test", "")
    assert view(paper, "mail.a.test")["data"]["dnssec"]["state"] == ""
    assert "mail.a.test" in logged
    assert not any("none" in name for name in logged)


def test_a_signature_that_does_not_hold(tmp_path: Path) -> None:
    """A resolver that answers only when it is not to check: broken, and that one question is asked again."""
    base = world("a.test")
    with net([base], [base, base]) as there:
        there.resolvers[0].faults["a.test"] = Fault(Trouble.BOGUS)
        specs(tmp_path / "specs", {"acme": ["a.test"]}, there.settings())
        done = run(("check", "--json"), tmp_path, {})
        again = [flags for flags in there.resolvers[0].flags if flags & 0x0010]
    assert rules(view(done.json))["dns/dnssec"] == "error"
    assert len(again) == 1


def test_the_parent(tmp_path: Path) -> None:
    """What the zone above names is asked of its server and held against the zone."""
    base = world("a.test") | {("test", "NS"): ["ns3.host.test."], ("ns3.host.test", "AAAA"): [ADDRESSES[2]]}
    with net([base], [base, base, {("a.test", "NS"): ["ns1.host.test.", "gone.host.test."]}]) as there:
        specs(tmp_path / "specs", {"acme": ["a.test"]}, there.settings())
        section = view(run(("check", "--json"), tmp_path, {}).json)
        assert [tuple(one) for one in there.servers[2].log] == [("a.test", "NS", "udp")]
    assert rules(section) == {"dns/delegation": "warning"}
    assert section["data"]["parent"] == ["gone.host.test.", "ns1.host.test."]


def test_nothing_gets_out(tmp_path: Path) -> None:
    """Where no server of the zone says a word, the parent's are not tried either, and nothing is known."""
    base = world("a.test") | {("test", "NS"): ["ns3.host.test."], ("ns3.host.test", "AAAA"): [ADDRESSES[2]]}
    with net([base], [base, base, base]) as there:
        for server in there.servers[:2]:
            server.faults[ANY_NAME] = Fault(Trouble.DROP)
        specs(tmp_path / "specs", {"acme": ["a.test"]}, there.settings("1s"))
        done = run(("check", "--json"), tmp_path, {})
        assert not there.servers[2].log
    assert (view(done.json)["verdict"], rules(view(done.json))) == ("unknown", {"dns/silent": "info"})


@pytest.mark.parametrize("namespace", PLACES)
@pytest.mark.parametrize("more", ["", ", authoritative: false", ", authoritative: {}"])
def test_nobody_is_asked_who_is_not_configured(tmp_path: Path, more: str, *, namespace: bool) -> None:
    """Listed servers alone are asked: the addresses of a zone's servers are known, and nothing goes there."""
    port = alone.free_port()
    specs(tmp_path / "specs", {"acme": ["a.test"]}, f"{{servers: '{LOOPBACK}:{port}'{more}}}")
    words = command("check", "--json")
    done = alone.run(words, tmp_path, world("a.test"), port, namespace=namespace and alone.possible())
    assert done.went_only_to((LOOPBACK, port)), done.targets
    section = view(json.loads(done.out))
    assert section["verdict"] == "pass"
    assert section["lines"][0].startswith("the zone's own servers were not asked: ") or more.endswith("{}")


@pytest.mark.parametrize("namespace", PLACES)
def test_places_and_nothing_else(tmp_path: Path, *, namespace: bool) -> None:
    """Of two servers only the one with a place is asked, and there; the other's own address is never gone to."""
    port = alone.free_port()
    places = f"{{192.0.2.1: '{LOOPBACK}:{port}'}}"
    specs(tmp_path / "specs", {"acme": ["a.test"]}, f"{{servers: '{LOOPBACK}:{port}', authoritative: {places}}}")
    words = command("check", "--json")
    done = alone.run(words, tmp_path, world("a.test"), port, namespace=namespace and alone.possible())
    assert done.went_only_to((LOOPBACK, port)), done.targets
    assert [one["state"] for one in view(json.loads(done.out))["data"]["servers"]] == ["lame", "unasked"], done.out


def test_each_at_its_own_address(tmp_path: Path) -> None:
    """With `true` each server is asked at the address that DNS names, port 53, and nobody beside them."""
    port = alone.free_port()
    setting = f"{{servers: '{LOOPBACK}:{port}', timeout: 1s, authoritative: true}}"
    specs(tmp_path / "specs", {"acme": ["a.test"]}, setting)
    records = world("a.test") | {("ns1.host.test", "A"): ["127.0.0.8"], ("ns2.host.test", "A"): ["127.0.0.9"]}
    done = alone.run(command("check", "--json"), tmp_path, records, port)
    assert done.went_only_to((LOOPBACK, port), ("127.0.0.8", 53), ("127.0.0.9", 53)), done.targets
    assert {"127.0.0.8", "127.0.0.9"} <= {host for host, _ in done.targets}


@pytest.mark.parametrize("count", [70, pytest.param(400, marks=pytest.mark.long)])
def test_many_domains_go_side_by_side(tmp_path: Path, count: int) -> None:
    """Slow servers cost their time once for all, a silent one its own; each is asked each question once."""
    names = [f"d{number}.test" for number in range(count)]
    base = world(*names, servers=3)
    with net([base], [base, base, {}]) as there:
        for server in there.servers[:2]:
            server.faults[ANY_NAME] = Fault(delay=0.05)
        there.servers[2].faults[ANY_NAME] = Fault(Trouble.DROP)
        specs(tmp_path / "specs", {"acme": names}, there.settings("1s"))
        begin = time.monotonic()
        done = run(("check", "--json"), tmp_path, {})
        wall = time.monotonic() - begin
        asked = [len(one.log) for one in there.servers]
        counts = [max(one.counts.values()) for one in (*there.resolvers, *there.servers[:2])]
    assert done.code == 0, done
    paper = done.json
    assert {tuple(rules(view(paper, name))) for name in names} == {("dns/silent",)}
    print(f"{count} domains: {asked} questions to the servers, {wall:.1f} s")
    assert counts == [1, 1, 1]
    assert asked[:2] == [12 * count] * 2
    assert asked[2] <= 3 * WORKERS, "who says nothing is left alone after a while"
    assert wall < 2 * 12 * count * 0.05 / 4, "in sequence it would be four times that"
