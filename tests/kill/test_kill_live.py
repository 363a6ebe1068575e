"""The same over live DNS hosts: killed around any write to disk and any word to the host, run again, same end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.kill.stand import INJECT
from tests.live.bind_host import BindHost
from tests.live.cloudflare_host import CloudflareHost
from tests.live.folder import CUSTOMER, LivePlace
from tests.live.host import Host
from tests.running import command

LONG = os.environ.get("LONG") == "1"
#: Positions tried for each host in CI; every one of them with LONG=1.
SAMPLE = 8
SLICES = 4
ZONE = "killed.example"
HOSTS: dict[str, Callable[[Path], Host]] = {"bind": BindHost, "cloudflare": lambda _: CloudflareHost()}
SPEC = {
    "dns": "host",
    "senders": ["mailgun", {"name": "copier", "address": "203.0.113.7", "method": "direct"}],
    "dmarc": {"policy": "none", "reports_to": "dmarc@killed.example"},
    "records": [
        *(
            {"name": f"host{number}", "type": "A", "ttl": 300, "values": [f"192.0.2.{number}"]}
            for number in range(1, 9)
        ),
        {"name": "swapped", "type": "A", "values": ["192.0.2.50"]},
        {"name": "@", "type": "MX", "values": ["10 mx.other.example"], "adopt": "overwrite"},
    ],
    "absent": [{"name": "swapped", "type": "CNAME"}],
}


def _set(name: str, kind: str, *values: str) -> RecordSet:
    return RecordSet(Key("dns", ZONE, kind, name), 3600, values)


BEFORE = [
    _set("@", "MX", "10 mx.old.example."),
    _set("@", "TXT", "v=spf1 include:old.example ?all", "vendor=1"),
    _set("swapped", "CNAME", "elsewhere.example."),
    _set("kept", "A", "192.0.2.99"),
]


class Stand:
    """One live zone, and copies of one approved folder of specs."""

    def __init__(self, folder: Path, host: Host) -> None:
        self.folder, self.host = folder, host
        host.make(ZONE, BEFORE)
        self.start = self.truth()
        self.place = LivePlace(folder / "fresh", {"host": host})
        self.place.spec(json.dumps({"domains": {ZONE: SPEC}}), CUSTOMER)
        plan = self.place.planned()
        assert plan.code == 0, plan
        self.calls = folder / "calls"
        whole = self.copy("whole")
        assert self.apply(whole, log=self.calls) == 0
        self.end, self.done = self.truth(), done(whole)

    def truth(self) -> Mapping[Key, RecordSet]:
        return dict(self.host.truth(ZONE))

    def restore(self) -> None:
        """The zone as it was at first."""
        now = self.truth()
        for key in now.keys() - self.start.keys():
            self.host.edit(key, None)
        for key, one in self.start.items():
            if now.get(key) != one:
                self.host.edit(key, one)
        assert self.truth() == self.start

    def copy(self, name: str) -> LivePlace:
        """The approved folder elsewhere."""
        copied = self.place.copy(self.folder / name)
        made = object.__new__(LivePlace)
        made.root, made.specs, made.plan, made.hosts = copied.root, copied.specs, copied.plan, self.place.hosts
        return made

    def apply(self, place: LivePlace, kill: str = "0:", log: Path | None = None) -> int:
        """Apply the approved plan; `kill` as in `inject`."""
        more = {"PYTHONPATH": f"{INJECT}{os.pathsep}{Path.cwd()}", "KILL_AT": kill, "KILL_LOG": str(log or "")}
        environment = {**place.environment(**self.host.environment()), **more, "PYTHONDONTWRITEBYTECODE": "1"}
        words = command("apply", str(place.plan), "--json")
        run = subprocess.run(words, cwd=place.root, env=environment, capture_output=True, check=False, timeout=120)
        assert run.returncode in (0, -signal.SIGKILL), run
        return run.returncode


def done(place: LivePlace) -> Counter[str]:
    """How often each step was carried out, as the journal says."""
    ends = (entry["outcomes"] for entry in place.journal(CUSTOMER) if entry["type"] == "end")
    return Counter(one["id"] for some in ends for one in some if one["status"] in ("done", "found"))


@pytest.fixture(scope="module", params=HOSTS)
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Applied once without being killed."""
    folder = tmp_path_factory.mktemp(request.param)
    host = HOSTS[request.param](folder)
    try:
        yield Stand(folder, host)
    finally:
        host.close()


def _positions(stand: Stand) -> list[str]:
    calls = len(stand.calls.read_text().splitlines())
    every = [f"{number}:{when}" for number in range(1, calls + 1) for when in ("before", "after")]
    return every if LONG else sorted(random.Random(20261122).sample(every, SAMPLE))


def test_enough_to_be_killed_over(stand: Stand) -> None:
    """At least twelve steps, each carried out once, and words to the host among the calls."""
    assert len(stand.done) >= 12
    assert set(stand.done.values()) == {1}
    assert "connect" in stand.calls.read_text()
    kept = {key for key in stand.start if key.name == "kept"}
    assert all(stand.end[key] == stand.start[key] for key in kept)


@pytest.mark.parametrize("slice_", range(SLICES))
def test_same_end(stand: Stand, slice_: int) -> None:
    """Whatever the position, the next run ends as if nothing had happened."""
    for position in _positions(stand)[slice_::SLICES]:
        stand.restore()
        place = stand.copy(position.replace(":", "-"))
        assert stand.apply(place, kill=position) == -signal.SIGKILL, position
        assert stand.apply(place) == 0, position
        assert stand.truth() == stand.end, position
        assert done(place) == stand.done, position
        plan = place.run("plan", "--json")
        assert sum(plan.json["counts"].values()) == 0, (position, plan)
