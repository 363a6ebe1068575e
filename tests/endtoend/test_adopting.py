"""A tenant and a zone that are finished already come under code without a write; afterwards drift is told apart."""

import json
from pathlib import Path

from reconciler.model import tenant_naming
from tests.endtoend.people import SKUS
from tests.endtoend.place import TENANT, ZONE, Place

DOMAIN = "acme.example"
SPEC = f"""\
tenant: {TENANT}
licenses: {{BASIC: {{seats: 3}}}}
domains:
  {DOMAIN}:
    mail: microsoft365
    default: true
    dmarc: {{policy: none}}
    records:
      - {{name: www, type: A, ttl: 1h, values: [192.0.2.80]}}
accounts:
  - {{address: ana@{DOMAIN}, name: Ana, usage_location: MX, licenses: [BASIC], phone: '1'}}
groups: {{sales: {{members: [ana@{DOMAIN}]}}}}
"""
DMARC, ALL, WWW = f"dns/{DOMAIN}/TXT/_dmarc#dmarc", f"dns/{DOMAIN}/TXT/@#spf/all", f"dns/{DOMAIN}/A/www"
NAME = f"tenant/{TENANT}/user/ana@{DOMAIN}#displayName"


def _finished(root: Path) -> Place:
    """What the spec says, made by other hands."""
    place = Place.empty(root).spec(SPEC)
    ana = {"id": "u-ana", "upn": f"ana@{DOMAIN}", "display_name": "Ana", "usage_location": "MX", "phone": "1"}
    place.tenant(
        users=[{**ana, "licenses": ["BASIC"]}],
        skus=SKUS,
        groups=[{"id": "g-1", "display_name": "sales", "members": ["u-ana"]}],
        domains=[
            {"name": TENANT, "initial": True, "verified": True},
            {"name": DOMAIN, "default": True, "verified": True},
        ],
    )
    named = {(one.type, one.name): one.value for one in tenant_naming.service_records("acme", DOMAIN)}
    text = ZONE.replace("10 mx.host.example.", named["MX", "@"])
    text = text.replace("_spf.host.example", "spf.protection.outlook.com")
    text += f'autodiscover CNAME {named["CNAME", "autodiscover"]}\n_dmarc TXT "v=DMARC1; p=none" ; found\n'
    place.zone(DOMAIN, f'{text}@ 900 TXT "{tenant_naming.verification("acme", DOMAIN)}"\n')
    return place


def test_adopted_then_drifted(tmp_path: Path) -> None:
    """The plan adopts all, apply writes only the journal; a hand's change is the world's drift, ours is the spec's."""
    place = _finished(tmp_path)
    before = place.world()
    plan = place.planned()
    counts = plan.json["counts"]
    assert (plan.code, counts) == (0, {"add": 0, "change": 0, "destroy": 0, "forget": 0, "adopt": counts["adopt"]})
    assert counts["adopt"] >= 15
    assert place.run("apply", "--json").code == 0
    assert place.world() == before
    adopted = [slot[0] for entry in place.journal() if entry["type"] == "adopt" for slot in entry["slots"]]
    assert sorted(adopted) == sorted(plan.json["adopt"]["addresses"])
    place.assert_still()

    place.change_zone("www        A     192.0.2.80", "www        A     192.0.2.1")
    place.change_zone("?all", "~all")
    tenant = json.loads(place.tenant().read_text())
    tenant["users"][1]["display_name"] = "Anita"
    place.tenant().write_text(json.dumps(tenant))
    place.edit("{policy: none}", "{policy: reject}")
    drift = place.drift().json
    directions = {one["address"]: one["direction"] for one in drift["changed"]}
    assert directions == {WWW: "world", ALL: "world", NAME: "world", DMARC: "spec"}
    assert (drift["missing"], drift["unread"]) == ([], [])
    plan = place.planned()
    assert plan.actions() == {DMARC: "update"}
    assert place.applied().statuses() == {DMARC: "done"}
    assert "www        A     192.0.2.1   ; keep" in place.zone().read_text()
    assert set(place.planned("--fix-drift").actions()) == {WWW, ALL, NAME}
    assert place.applied().code == 0
    place.assert_still()
