"""A zone moves to another DNS host by one line of the spec: made there, left alone here, delegated by a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulators.dns_server import DnsServer
from tests.endtoend.place import Place

SPEC = """\
domains:
  acme.example:
    dns: zones
    records:
      - {name: www, type: A, ttl: 1h, values: [192.0.2.80]}
      - {name: "@", type: MX, ttl: 1h, values: [10 mx.host.example]}
      - {name: "@", type: TXT, values: [vendor=1]}
"""
OLD = """\
$TTL 1h
@ SOA ns1.host.example. hostmaster.host.example. 7 2h 15m 2w 5m
@ NS ns1.host.example.
@ NS ns2.host.example.
@ MX 10 mx.host.example.
@ TXT "vendor=1"
www A 192.0.2.80
both A 192.0.2.90
blog CNAME blog.elsewhere.example.
"""
NEW = """\
$TTL 1h
@ SOA ns1.new.example. hostmaster.new.example. 1 2h 15m 2w 5m
@ NS ns1.new.example.
@ NS ns2.new.example.
both A 192.0.2.90
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A customer whose zone is under code at one host, and an empty zone waiting at another."""
    made = Place.empty(tmp_path)
    made.zone(text=OLD)
    made.spec(SPEC)
    (made.specs / "second").mkdir()
    (made.specs / "second" / "acme.example.zone").write_text(NEW)
    workspace = made.specs / "workspace.yaml"
    workspace.write_text(
        workspace.read_text().replace("providers:\n", "providers:\n  second: {type: zonefile, directory: second}\n")
    )
    made.settled()
    return made.edit("dns: zones", "dns: second")


def test_made_there_and_left_here(place: Place) -> None:
    """Every record is added at the new host, nothing is removed anywhere, and the name servers are a task."""
    here = place.zone().read_bytes()
    plan = place.planned()
    assert plan.json["counts"] | {"adopt": 0} == {"add": 3, "change": 0, "destroy": 0, "adopt": 0, "forget": 0}, plan
    found = {one["rule"]: one for one in plan.json["diagnostics"]}
    assert "acme.example moves from zones to second" in found["zone/moves"]["summary"]
    assert "1 record sets of acme.example are at zones alone" in found["zone/left-behind"]["summary"]
    assert "blog CNAME" in found["zone/left-behind"]["detail"]
    text = place.run("plan").out
    assert "change the name servers of acme.example to ns1.new.example, ns2.new.example" in text
    done = place.applied()
    assert (done.code, done.json["outcome"]) == (5, "waiting"), done
    assert "192.0.2.80" in (place.specs / "second" / "acme.example.zone").read_text()
    assert place.zone().read_bytes() == here


def test_told_until_somebody_can_see(place: Place) -> None:
    """Without a resolver nobody knows whether the name servers have changed: the task stays, and says what it lacks."""
    assert place.planned().code == 0
    assert place.applied().code == 5
    again = place.run("apply", "--json")
    assert (again.code, again.json["steps"]) == (5, [])
    assert "name a `resolver` in workspace.yaml" in place.run("status").out


MX = '      - {name: "@", type: MX, ttl: 1h, values: [10 mx.host.example]}\n'


def test_mx_is_not_left_behind(place: Place) -> None:
    """A spec that does not name it stops, until somebody says where mail goes."""
    plan = place.edit(MX, "").planned()
    (found,) = [one for one in plan.json["diagnostics"] if one["rule"] == "zone/mail-left-behind"]
    assert (plan.code, found["severity"]) == (1, "error")
    assert "the MX" in found["summary"]


def test_spf_is_not_left_behind(place: Place) -> None:
    """Terms that the old record has and the spec does not name stop it, each by name; one that may go is listed."""
    place.change_zone(
        "www A 192.0.2.80", '@ TXT "v=spf1 a include:mailgun.org include:old.example -all"\nwww A 192.0.2.80'
    )
    place.edit("    records:", "    senders: [mailgun]\n    records:")
    plan = place.planned()
    (found,) = [one for one in plan.json["diagnostics"] if one["rule"] == "zone/mail-left-behind"]
    assert "the SPF term a, the SPF term include:old.example," in found["summary"]
    absent = '    spf: {absent: ["a", "include:old.example"]}\n    records:'
    assert place.edit("    records:", absent).planned().code == 0


def test_until_the_name_servers_have_changed(place: Place) -> None:
    """With a resolver the task stays until the world is sent to the new host."""
    with DnsServer({("acme.example", "NS"): ["ns1.host.example.", "ns2.host.example."]}) as server:
        workspace = place.specs / "workspace.yaml"
        workspace.write_text(f"{workspace.read_text()}resolver: 127.0.0.1:{server.address[1]}\n")
        assert place.planned().code == 0
        assert place.applied().code == 5
        assert place.run("apply", "--json").code == 5
        server.add({("acme.example", "NS"): ["ns1.new.example.", "ns2.new.example."]})
        assert place.run("apply", "--json").code == 0
    place.assert_still()


def test_back_again(place: Place) -> None:
    """The line as it was before: nothing has moved, and nothing is to do."""
    assert place.planned().code == 0
    place.edit("dns: second", "dns: zones")
    place.assert_still()


def test_old_host_that_cannot_be_read(place: Place) -> None:
    """It may be gone from the workspace; that stops nothing, and is told."""
    workspace = place.specs / "workspace.yaml"
    workspace.write_text(
        workspace.read_text()
        .replace("zones: {type: zonefile, directory: zones}", "other: {type: zonefile, directory: zones}")
        .replace("dns: zones", "dns: other")
    )
    plan = place.planned()
    assert plan.json["counts"]["add"] == 3
    assert "zones is not in the workspace any more" in str(plan.json["diagnostics"])


def test_public_dns_stands_in_for_an_old_host_that_cannot_be_read(place: Place) -> None:
    """What it shows of mail is not left behind either."""
    workspace = place.specs / "workspace.yaml"
    old = "zones: {type: zonefile, directory: zones}"
    text = workspace.read_text().replace(old, f"other: {old.partition(': ')[2]}").replace("dns: zones", "dns: other")
    spf = "v=spf1 include:old.example -all"
    with DnsServer({("acme.example", "TXT"): [spf], ("acme.example", "MX"): ["10 mx.host.example."]}) as server:
        workspace.write_text(f"{text}resolver: 127.0.0.1:{server.address[1]}\n")
        place.edit("    records:", "    senders: [{name: ours, address: 203.0.113.1}]\n    records:")
        plan = place.planned()
    (found,) = [one for one in plan.json["diagnostics"] if one["rule"] == "zone/mail-left-behind"]
    assert "only zones has the SPF term include:old.example," in found["summary"]
    assert "zone/unread" in plan.rules


def test_another_name_for_the_same_host_is_no_move(place: Place) -> None:
    """The old name is gone from the workspace, and all that is ours stands where it stood."""
    workspace = place.specs / "workspace.yaml"
    old = "zones: {type: zonefile, directory: zones}"
    workspace.write_text(workspace.read_text().replace(old, f"bind{old[5:]}").replace("dns: zones", "dns: bind"))
    plan = place.edit("dns: second", "dns: bind").planned()
    assert (plan.code, plan.json["steps"]) == (0, [])
    assert "zone/moves" not in plan.rules
