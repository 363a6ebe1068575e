"""Many customers, and those that cannot be applied: one never stops another, and codes and outcomes agree."""

import json
from pathlib import Path

from tests.endtoend.place import Place

RECORD = "    records: [{name: a1, type: A, values: [192.0.2.1]}]\n"


def _domains(*names: str, more: str = "") -> str:
    return "domains:\n" + "".join(f"  {name}:\n{RECORD}{more}" for name in names)


def _world(root: Path) -> Place:
    """Customers that are sound, in conflict, without a zone file, with a broken one, and with a broken spec."""
    place = Place.empty(root)
    for name in ("sound", "clash", "half", "broken"):
        place.spec(_domains(f"{name}.example"), name)
        place.zone(f"{name}.example")
    place.spec("destroy: 9\n" + _domains("half.example", "gone.example"), "half")
    place.spec("domains:\n  wrong.example:\n    record: []\n", "wrong")
    place.zone("broken.example").write_text("@ SOA this is no zone\n")
    place.spec(_domains("clash.example").replace("a1", "www"), "clash")
    return place


def test_one_broken_never_stops_another(tmp_path: Path) -> None:
    """Each customer has its own outcome, the table is at the end, and the first code that holds is the run's."""
    place = _world(tmp_path)
    plan = place.planned()
    assert plan.code == 1
    rows = {one["customer"]: (one["outcome"], one["exit_code"]) for one in plan.json["customers"]}
    assert rows == {
        "broken": ("error", 1),
        "clash": ("drift", 0),
        "half": ("error", 1),
        "sound": ("changes", 0),
        "wrong": ("error", 1),
    }
    kept = {name: text for name, text in place.world().items() if name != "sound.example.zone"}
    done = place.run("apply", str(place.plan), "--json")
    assert done.code == 1, done
    rows = {one["customer"]: (one["outcome"], one["exit_code"]) for one in done.json["customers"]}
    assert rows["sound"] == ("done", 0)
    assert rows["half"] == rows["broken"] == ("error", 1)
    assert {name: text for name, text in place.world().items() if name in kept} == kept
    assert "a1 3600 IN A 192.0.2.1" in place.zone("sound.example").read_text()
    for paper in done.json["documents"]:
        row = next(one for one in done.json["customers"] if one["customer"] == paper["customer"])
        assert paper["exit_code"] == row["exit_code"]
    text = place.run("status").out
    table = text[text.rindex("broken") :].splitlines()
    assert [line.split()[0] for line in table[:5]] == ["broken", "clash", "half", "sound", "wrong"]


def test_half_read(tmp_path: Path) -> None:
    """Where one of two zones cannot be read the plan says which, destroys nothing, and apply writes nothing: exit 1."""
    place = Place.empty(tmp_path).spec("destroy: 2\n" + _domains("acme.example", "other.example"))
    place.zone()
    other = place.zone("other.example")
    place.settled()
    place.edit(f"  other.example:\n{RECORD}", "  other.example: {records: [{name: z, type: A, values: [192.0.2.9]}]}\n")
    place.edit(f"  acme.example:\n{RECORD}", "  acme.example: {records: [{name: z, type: A, values: [192.0.2.9]}]}\n")
    moved = other.rename(other.with_suffix(".away"))
    plan = place.planned()
    assert (plan.code, plan.json["complete"], plan.json["applyable"]) == (1, False, False)
    assert "not everything could be read" in plan.refusals()["dns/acme.example/A/a1"]
    assert not any("other.example" in one["address"] for one in plan.json["steps"])
    before = place.world()
    done = place.run("apply", str(place.plan), "--json")
    assert (done.code, done.rules) == (1, {"live/unread"})
    assert place.world() == before
    drift = place.drift()
    assert (drift.code, drift.json["outcome"]) == (1, "inconclusive")
    assert [one["source"] for one in drift.json["unread"]] == ["zones:other.example"]
    status = place.run("status", "--json").json
    assert status["next"].startswith("reconciler plan")
    moved.rename(other)
    place.settled().assert_still()


SNAPSHOT = """\
found: 2026-11-20
records:
  - {name: '@', type: MX, ttl: 1h, values: [10 mx.host.example.]}
"""
MIGRATION = """\
    mail: microsoft365
    migration:
      from: {service: hosted-exchange, as_found: before.yaml}
      window: {start: 2026-12-04 22:00, length: 3h, time_zone: America/Monterrey}
"""


def test_contacts_missing(tmp_path: Path) -> None:
    """A customer without contacts has a plan to look at that cannot be applied: exit 3, and it says what is missing."""
    place = Place.empty(tmp_path).spec("customer: {name: Acme}\n" + _domains("acme.example"))
    place.zone()
    before = place.world()
    plan = place.planned()
    assert (plan.code, plan.json["applyable"], len(plan.json["steps"])) == (0, False, 1)
    assert "onsite_admin" in json.dumps(plan.json["missing"])
    done = place.run("apply", str(place.plan), "--json")
    assert (done.code, done.rules) == (3, {"apply/missing"})
    assert place.world() == before


def test_migration_not_yet(tmp_path: Path) -> None:
    """A migration is checked and planned; this version says that it cannot carry it out, and applies nothing."""
    person = "{name: A, email: a@b.example, phone: '1'}"
    people = f"  maintainer: {person}\n  onsite_admin: {person}\n"
    place = Place.empty(tmp_path).spec(
        f"tenant: acme.onmicrosoft.com\ncontacts:\n{people}" + _domains("acme.example", more=MIGRATION)
    )
    (place.specs / "acme" / "before.yaml").write_text(SNAPSHOT)
    place.zone()
    place.tenant()
    before = place.world()
    plan = place.planned()
    assert (plan.code, plan.json["applyable"]) == (3, False), "MX is not ours, so what follows it waits"
    assert "migration" in json.dumps(plan.json["missing"])
    assert plan.json["steps"]
    assert place.run("apply", str(place.plan), "--json").code == 3
    assert place.world() == before
