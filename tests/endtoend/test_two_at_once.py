"""Two applies at once, and runs that are stopped: nobody works beside another, and everything can be gone on with."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.endtoend.place import Place

SPEC = """\
tenant: acme.onmicrosoft.com
domains:
  acme.example:
    mail: {service: microsoft365, adopt: overwrite}
    records:
      - {name: a1, type: A, values: [192.0.2.1]}
groups: {sales: {}}
"""
PATIENCE = 20.0


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A plan that begins in the tenant."""
    place = Place.empty(tmp_path_factory.mktemp("planned")).spec(SPEC)
    place.zone()
    place.tenant()
    assert place.planned().code == 0
    return place


@contextmanager
def tenant_is_busy(place: Place) -> Iterator[None]:
    """Another program holds the tenant's lock: whoever writes there waits."""
    folder = os.open(place.specs / "tenants", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def begun(place: Place) -> None:
    """Wait until the run is in the middle of a write."""
    end = time.monotonic() + PATIENCE
    while not any(entry["type"] == "begin" for entry in place.journal()):
        assert time.monotonic() < end, "nothing was begun"
        time.sleep(0.02)


def test_second_is_refused(planned: Place, tmp_path: Path) -> None:
    """While one works the other exits 3 and names it; a holder that is stopped holds on, a killed one does not."""
    place = planned.copy(tmp_path)
    with tenant_is_busy(place):
        first = place.start("apply", "plan.json", "--json")
        begun(place)
        second = place.run("apply", str(place.plan))
        assert second.code == 3
        assert f"pid {first.pid}" in second.err
        assert "unlock" in second.err
        status = place.run("status", "--json").json
        assert f"pid {first.pid}" in status["lease"]["holder"]
        first.send_signal(signal.SIGSTOP)
        assert place.run("apply", "--json").rules == {"lease/held"}
        first.kill()
        first.communicate()
    assert place.run("status", "--json").json["lease"] is None
    done = place.applied()
    assert done.code == 0, done
    assert "lease/taken-over" in done.rules
    place.assert_still()


def test_stopped_once(planned: Place, tmp_path: Path) -> None:
    """One SIGINT lets the running batch end and begins no other: exit 4; the same approval is then gone on with."""
    place = planned.copy(tmp_path)
    with tenant_is_busy(place):
        run = place.start("apply", "plan.json", "--json")
        begun(place)
        run.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert run.poll() is None, "it left in the middle of a batch"
    out, err = run.communicate()
    assert run.returncode == 4, err
    paper = json.loads(out)
    assert (paper["outcome"], paper["exit_code"]) == ("partial", 4)
    assert [step["status"] for step in paper["steps"]] == ["done"]
    done = place.run("apply", "--json")
    assert done.code == 0, done
    place.assert_still()


def test_stopped_twice(planned: Place, tmp_path: Path) -> None:
    """A second SIGINT leaves at once; status says what is open, and the next run looks what became of it."""
    place = planned.copy(tmp_path)
    with tenant_is_busy(place):
        run = place.start("apply", "plan.json", "--json")
        begun(place)
        run.send_signal(signal.SIGINT)
        time.sleep(0.2)
        run.send_signal(signal.SIGINT)
        assert run.wait(PATIENCE) == 130
        run.communicate()
    status = place.run("status", "--json").json
    assert [route["safe_to_stop"] for route in status["routes"]] == [False, True]
    assert status["next"].startswith("reconciler apply")
    done = place.applied()
    assert done.code == 0, done
    place.assert_still()


def test_stopped_before_any_write(planned: Place, tmp_path: Path) -> None:
    """SIGINT before the first write: exit 130, and nothing was written anywhere."""
    place = planned.copy(tmp_path)
    before = place.world()
    held = place.state() / "lease.lock"
    held.parent.mkdir(parents=True)
    with held.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run = place.start("apply", "plan.json", "--json")
        end = time.monotonic() + PATIENCE
        while f"{held.stat().st_ino}" not in Path("/proc/locks").read_text().partition("->")[2]:
            assert time.monotonic() < end, "it never asked for the lease"
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        run.communicate()
    assert run.returncode == 130
    assert place.world() == before
    assert place.journal() == []
