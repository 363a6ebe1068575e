"""A domain's mail from plan to empty plan, the real command beside a DNS server on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulators.dns_server import ANY_NAME, DnsServer, Fault, Trouble
from tests.endtoend.place import Place

WORLD = {
    ("spf.protection.outlook.com", "TXT"): ["v=spf1 ip4:40.92.0.0/15 -all"],
    ("mailgun.org", "TXT"): ["v=spf1 ip4:69.72.32.0/20 ~all"],
    ("mx.host.example", "A"): ["8.8.4.4"],
    ("acme.example._report._dmarc.msp.example", "TXT"): ["v=DMARC1"],
}
ZONE = """\
$TTL 1h
@          SOA   ns1.host.example. hostmaster.host.example. 7 2h 15m 2w 5m
@          NS    ns1.host.example.
@          MX    10 mx.host.example.
@          TXT   "v=spf1 mx ip4:9.9.9.9 -all"
@          TXT   "vendor=1"
autodiscover A   192.0.2.4
old._domainkey TXT "v=DKIM1; p=old"
"""
TARGET = "selector{0}-acme-example._domainkey.acme.n-v1.dkim.mail.microsoft"
SPEC = """\
tenant: acme.onmicrosoft.com
domains:
  acme.example:
    mail: {service: microsoft365, adopt: overwrite}
    senders: [mailgun, {name: copier, address: 8.8.8.8, method: relay}]
    spf: {probes: [{name: old host, address: 8.8.4.4}, {name: stranger, address: 1.1.1.1, expect: fail}]}
    dkim:
      - {selector: selector1, target: TARGET1}
      - {selector: selector2, target: TARGET2}
    dmarc: {policy: none, nonexistent_policy: reject, reports_to: d@msp.example}
    tls_rpt: {reports_to: t@acme.example}
""".replace("TARGET1", TARGET.format(1)).replace("TARGET2", TARGET.format(2))


@pytest.fixture
def server() -> Iterator[DnsServer]:
    """Public DNS, as far as this world knows it."""
    with DnsServer(WORLD) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, server: DnsServer) -> Place:
    """The customer, with the server as the one resolver."""
    made = Place.empty(tmp_path)
    made.zone(text=ZONE)
    made.tenant()
    made.spec(SPEC)
    workspace = made.specs / "workspace.yaml"
    workspace.write_text(workspace.read_text() + f"resolver: 127.0.0.1:{server.address[1]}\n")
    return made


def spf(place: Place) -> str:
    """The one SPF record of the zone."""
    (found,) = re.findall(r'"(v=spf1 [^"]*)"', place.zone().read_text())
    return str(found)


def test_from_plan_to_empty_plan(place: Place, server: DnsServer) -> None:
    """One record, proven by its probes; DKIM, DMARC and reports beside it; what is not ours stays."""
    planned = place.planned()
    assert planned.code == 0, planned
    (proof,) = planned.json["spf"]
    assert {one["name"]: one["results"][-1] for one in proof["probes"]} == {
        "copier": "pass",
        "old host": "pass",
        "stranger": "fail",
    }
    assert place.applied().code == 0
    assert set(spf(place).split()) == {
        "v=spf1",
        "ip4:8.8.4.4",
        "ip4:9.9.9.9",
        "include:mailgun.org",
        "include:spf.protection.outlook.com",
        "ip4:8.8.8.8",
        "-all",
    }
    text = place.zone().read_text()
    assert all(kept in text for kept in ("vendor=1", "old._domainkey", TARGET.format(1), TARGET.format(2), "np=reject"))
    assert "192.0.2.4" not in text
    again = place.run("plan", "--json", "--detailed-exitcode")
    assert (again.code, again.json["steps"], again.json["spf"]) == (0, [], [])
    assert place.run("drift", "--json", "--detailed-exitcode").code == 0
    assert {one.name for one in server.log} == {name for name, _ in WORLD} | {"_dmarc.msp.example", "_dmarc.example"}


def test_a_resolver_that_is_down_stops_what_depends_on_it(place: Place, server: DnsServer) -> None:
    """Nobody answers for the old servers: the plan says so, and nothing is written."""
    server.faults[ANY_NAME] = Fault(Trouble.SERVFAIL)
    planned = place.planned()
    assert planned.code == 1
    assert "spf/unpinned" in {one["rule"] for one in planned.json["diagnostics"]}
    before = place.world()
    assert place.run("apply", str(place.plan), "--json").code in (1, 3)
    assert place.world() == before


def test_a_sender_that_leaves_takes_only_its_terms(place: Place) -> None:
    """The spec no longer names mailgun: its term goes, with what the proof says of it."""
    place.planned()
    assert place.applied().code == 0
    place.edit("mailgun, ", "")
    refused = place.planned()
    assert refused.json["steps"][0]["refusal"]
    assert refused.json["spf"] == []  # what may not happen is not shown as if it did
    place.edit("tenant:", "destroy: 1\ntenant:")
    planned = place.planned()
    assert [step["address"] for step in planned.json["steps"]] == ["dns/acme.example/TXT/@#spf/include:mailgun.org"]
    kept = set(spf(place).split()) - {"include:mailgun.org"}
    assert place.applied().code == 0
    assert set(spf(place).split()) == kept


def test_a_sender_with_an_end_is_made_though_the_rest_is_done(place: Place) -> None:
    """A day that lies ahead is no reason to leave a sender out, nor not to miss it."""
    place.planned()
    assert place.applied().code == 0
    place.edit("senders: [mailgun,", "senders: [mailgun, {name: late, address: 8.8.8.9, until: 2099-01-01},")
    planned = place.planned()
    made = [step["address"] for step in planned.json["steps"] if step["action"] == "create"]
    assert made == ["dns/acme.example/TXT/@#spf/ip4:8.8.8.9"]
    assert place.applied().code == 0
    assert "ip4:8.8.8.9" in spf(place)
    assert place.run("plan", "--json").json["counts"]["add"] == 0
    place.change_zone(" ip4:8.8.8.9", "")
    assert place.run("drift", "--detailed-exitcode").code == 2
    assert place.planned().json["policy"]["result"] == "pass"  # what has a day of its own is not refused now
    assert place.applied().code == 0
    assert "ip4:8.8.8.9" in spf(place)


@pytest.mark.parametrize("now", [["8.8.4.5"], ["8.8.4.3", "8.8.4.4"], ["8.8.4.4", "8.8.4.5"]])
def test_an_address_nobody_approved_is_not_written(place: Place, server: DnsServer, now: list[str]) -> None:
    """The old server's addresses change between plan and apply: `mx` stays until the new plan is approved."""
    place.edit("{name: old host, address: 8.8.4.4}, ", "")
    place.planned()
    server.add({("mx.host.example", "A"): now})
    done = place.applied()
    assert done.code == 4
    assert " mx " in spf(place)
    assert {one for one in ("8.8.4.3", "8.8.4.5") if one in spf(place)} == set()
    assert "10 mx.host.example." in place.zone().read_text()
    place.planned()
    assert place.applied().code == 0
    assert {f"ip4:{one}" for one in now} <= set(spf(place).split())
    assert "mx" not in spf(place).split()


def test_status_says_what_a_person_must_do(place: Place) -> None:
    """Targets that nobody gave, and steps that may not go ahead: somebody is awaited."""
    text = (place.specs / "acme" / "customer.yaml").read_text()
    start, end = text.index("    dkim:"), text.index("    dmarc:")
    place.spec(text[:start] + "    dkim: microsoft365\n" + text[end:])
    place.planned()
    place.applied()
    done = place.run("status", "--json")
    assert done.code == 5
    assert any(
        "DKIM targets of selector1._domainkey, selector2" in one["text"] for one in done.json["routes"][0]["waiting"]
    )
    place.edit("    dkim: microsoft365\n", "    mta_sts: {mode: testing, mx: ['*.mail.protection.outlook.com']}\n")
    refused = place.run("status", "--json")
    assert refused.code == 5
    assert any("mta-sts.txt must show" in one["text"] for one in refused.json["routes"][0]["waiting"])
