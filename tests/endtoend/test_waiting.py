"""A domain whose verification text nobody sees yet: the tool says so, waits, and goes on under the same approval."""

import json
import shutil
from pathlib import Path

from tests.endtoend.place import Place

CUSTOMER, DOMAIN, TENANT = "ferreteria-lopez", "ferreterialopez.example", "ferreterialopez.onmicrosoft.com"


def _unseen(root: Path) -> tuple[Place, Path]:
    """The example, whose tenant looks at another folder; the zone as the tenant sees it."""
    place = Place.example(root)
    path = place.tenant(TENANT)
    path.write_text(path.read_text().replace('"../zones"', '"../seen"'))
    seen = place.specs / "seen" / f"{DOMAIN}.zone"
    seen.parent.mkdir()
    shutil.copy(place.zone(DOMAIN), seen)
    return place, seen


def test_gone_on_with(tmp_path: Path) -> None:
    """Exit 5 names what is awaited from whom; once it is there, a run without plan and terminal goes on."""
    place, seen = _unseen(tmp_path)
    assert place.planned().code == 0
    done = place.applied()
    assert (done.code, done.json["outcome"]) == (5, "waiting")
    awaited = done.json["waiting"][0]
    assert (awaited["stage"], awaited["whom"]) == ("verify", TENANT)
    assert "does not see TXT MS=ms" in awaited["text"]
    before = place.world()
    again = place.run("apply")
    assert (again.code, "Waiting for:" in again.out, place.world()) == (5, True, before)
    status = place.run("status", "--json")
    assert (status.code, status.json["routes"][0]["waiting"][0]["text"]) == (5, awaited["text"])
    assert status.json["next"] == f"reconciler apply --customer {CUSTOMER}"
    shutil.copy(place.zone(DOMAIN), seen)
    done = place.run("apply", "--json")
    assert (done.code, done.json["outcome"]) == (0, "done")
    place.assert_still()


def test_stays_until_it_is_there(tmp_path: Path) -> None:
    """`--wait` leaves the lease while it waits, ends when the text appears, and tells of all it did."""
    place, seen = _unseen(tmp_path)
    steps = len(place.planned().json["steps"])
    run = place.start("apply", "plan.json", "--wait", "--json")
    while not any(entry["type"] == "stage" and entry["stage"] == "prove" for entry in place.journal(CUSTOMER)):
        assert run.poll() is None, run.communicate()
    beside = place.run("apply", "--json", "--lock-timeout", "5s")
    assert beside.json["outcome"] == "waiting", beside
    shutil.copy(place.zone(DOMAIN), seen)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    paper = json.loads(out)
    assert paper["outcome"] == "done"
    assert [step["status"] for step in paper["steps"]] == ["done"] * steps
    assert paper["counts"]["done"] == steps
