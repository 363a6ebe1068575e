"""What a plan and an apply cost at a live host, in calls that the host counts: 1,000 record sets, 200 changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.live.folder import LivePlace
from tests.live.host import Host

ZONE = "counted.example"
SETS, CHANGES = 1000, 200


def sets() -> list[RecordSet]:
    """The zone's record sets beside its own NS, all in the spec."""
    keys = [Key("dns", ZONE, "A", f"host{number:04}") for number in range(SETS - 1)]
    return [RecordSet(key, 3600, (f"192.0.2.{1 + number % 250}",)) for number, key in enumerate(keys)]


def counted(host: Host, folder: Path) -> tuple[Counter[str], Counter[str]]:
    """What `plan` asked of the host, then `apply` of that plan."""
    here = sets()
    host.make(ZONE, here)
    place = LivePlace(folder, {"host": host}).records("host", {ZONE: here})
    adopted = place.run("apply", "--json")
    assert adopted.code == 0, adopted
    wished = [replace(one, values=("198.51.100.7",)) if at < CHANGES else one for at, one in enumerate(here)]
    place.records("host", {ZONE: wished})
    before = host.calls()
    plan = place.planned()
    assert plan.json["counts"]["change"] == CHANGES, plan
    between = host.calls()
    done = place.applied()
    assert (done.code, len(done.json["steps"])) == (0, CHANGES), done
    after = host.calls()
    assert {key: one.values for key, one in host.truth(ZONE).items() if key.kind == "A"} == {
        one.key: one.values for one in wished
    }
    place.assert_still()
    return between - before, after - between
