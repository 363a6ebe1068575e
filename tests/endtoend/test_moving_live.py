"""A zone moves from BIND to Cloudflare by one line of the spec."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.emulators.dns_server import DnsServer
from tests.live.bind_host import BindHost
from tests.live.cloudflare_host import CloudflareHost
from tests.live.folder import LivePlace

ZONE = "moves.example"


def _set(name: str, kind: str, *values: str, ttl: int = 3600) -> RecordSet:
    return RecordSet(Key("dns", ZONE, kind, name), ttl, values)


ASKED = [
    _set("@", "MX", "10 mx.host.example."),
    _set("@", "TXT", "v=spf1 ip4:192.0.2.25 -all"),
    _set("_dmarc", "TXT", "v=DMARC1; p=none"),
    _set("_sip._tls", "SRV", "100 1 443 sip.host.example."),
    _set("www", "A", "192.0.2.80", "192.0.2.81", ttl=300),
]
OTHERS = [_set("blog", "CNAME", "blog.elsewhere.example.")]


def test_from_bind_to_cloudflare(tmp_path: Path) -> None:
    """All of it is made there, nothing is removed here, and the new name servers are a person's task."""
    bind, cloudflare = BindHost(tmp_path), CloudflareHost()
    try:
        bind.make(ZONE, [*ASKED, *OTHERS])
        cloudflare.make(ZONE)
        with DnsServer({(ZONE, "NS"): ["ns1.example.net."]}) as world:
            more = f"resolver: {{servers: ['127.0.0.1:{world.address[1]}'], authoritative: false}}\n"
            place = LivePlace(tmp_path / "specs", {"bind": bind, "cf": cloudflare}, more)
            _moved(place, world, bind, cloudflare)
    finally:
        bind.close()
        cloudflare.close()


def _moved(place: LivePlace, world: DnsServer, bind: BindHost, cloudflare: CloudflareHost) -> None:
    assert place.records("bind", {ZONE: ASKED}).run("apply", "--json").code == 0
    here = dict(bind.truth(ZONE))
    plan = place.records("cf", {ZONE: ASKED}).planned()
    counts = plan.json["counts"]
    assert (counts["change"], counts["destroy"], counts["adopt"]) == (0, 0, 0)
    assert {step["address"].partition("#")[0] for step in plan.json["steps"]} == {one.key.address for one in ASKED}
    assert {step["action"] for step in plan.json["steps"]} == {"create"}
    assert "blog CNAME" in next(one for one in plan.json["diagnostics"] if one["rule"] == "zone/left-behind")["detail"]
    assert "ada.ns.cloudflare.com, bob.ns.cloudflare.com" in place.run("plan").out
    done = place.applied()
    assert done.code == 5, done
    there = cloudflare.truth(ZONE)
    assert {key: (one.ttl, one.values) for key, one in there.items()} == {
        one.key: (one.ttl, one.values) for one in ASKED
    }
    assert dict(bind.truth(ZONE)) == here
    world.add({(ZONE, "NS"): ["ada.ns.cloudflare.com.", "bob.ns.cloudflare.com."]})
    assert place.run("apply", "--json").code == 0
    place.assert_still()
    world.add({(ZONE, "NS"): ["ns1.example.net."]})
    (told,) = [one for one in place.planned().json["diagnostics"] if one["rule"] == "zone/elsewhere"]
    assert "ada.ns.cloudflare.com, bob.ns.cloudflare.com" in told["detail"]
