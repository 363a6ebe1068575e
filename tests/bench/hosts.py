"""Plans over many zones and people at live systems, with the time that a call takes elsewhere: time, calls, limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.endtoend.test_tenant_calls import TenantPlace, tenant
from tests.live.cloudflare_host import CloudflareHost
from tests.live.folder import CUSTOMER, LivePlace
from tests.running import command

#: Seconds that a call to a vendor takes; zones, and record sets in each; what many zones may take of one zone's time.
LATENCY, ZONES, SETS, TIMES = 0.05, 50, 200, 3.0
CUSTOMERS = 120
#: People in a tenant; seconds and MiB that a plan over them may take.
PEOPLE, CPU, MEMORY = 2000, 1.5, 150.0
#: Of which the best counts: the first ones warm up the host that is played, in this process.
RUNS = 3


def sets(zone: str, count: int) -> list[RecordSet]:
    keys = [Key("dns", zone, "A", f"host{number}") for number in range(count)]
    return [RecordSet(key, 3600, (f"192.0.2.{1 + number % 250}",)) for number, key in enumerate(keys)]


def many_zones(folder: Path) -> bool:
    """One customer with many zones against one with one zone."""
    host = CloudflareHost()
    host.server.delay = LATENCY
    try:
        walls = []
        for count in (1, ZONES):
            zones = {
                f"zone{number}of{count}.example": sets(f"zone{number}of{count}.example", SETS)
                for number in range(count)
            }
            for name, some in zones.items():
                host.make(name, some)
            place = LivePlace(folder / str(count), {"host": host}).records("host", zones)
            wall, calls = min(_planned(place, host) for _ in range(RUNS))
            print(
                f"plan of {count} zones of {SETS} records, {LATENCY * 1000:.0f} ms a call: {wall:.2f} s, {calls} calls"
            )
            walls.append(wall)
    finally:
        host.close()
    ratio = walls[1] / walls[0]
    print(f"{ZONES} zones took {ratio:.2f} times one zone's time; at most {TIMES:g}")
    return ratio <= TIMES


def one_tenant(folder: Path) -> bool:
    """A plan over many people in one tenant: CPU and memory of the whole command, the SDK's import included."""
    with tenant(PEOPLE, PEOPLE) as graph:
        place = TenantPlace(folder / "tenant", graph, PEOPLE)
        assert place.run("apply", "--json").code == 0
        figures = []
        for _ in range(RUNS):
            environment = place.environment(**graph.environment())
            with tempfile.TemporaryFile() as out:
                child = subprocess.Popen(command("plan", "--json"), cwd=place.root, env=environment, stdout=out)
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
            assert child.returncode == 0
            figures.append((usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    cpu, memory = min(one for one, _ in figures), min(one for _, one in figures)
    print(f"plan of {PEOPLE:,} people: {cpu:.2f} s of CPU (bar {CPU:g}), {memory:.0f} MiB (bar {MEMORY:g})")
    return cpu <= CPU and memory <= MEMORY


def many_customers(folder: Path) -> bool:
    """Every customer's one zone, against a host that counts calls and refuses what is over its limit."""
    host = CloudflareHost()
    host.server.delay = LATENCY
    try:
        place = LivePlace(folder / "customers", {"host": host})
        for number in range(CUSTOMERS):
            zone = f"customer{number}.example"
            host.make(zone, sets(zone, 20))
            records = [{"name": "host0", "type": "A", "values": ["192.0.2.1"]}]
            place.spec(json.dumps({"domains": {zone: {"dns": "host", "records": records}}}), f"{CUSTOMER}{number}")
        wall, calls = _planned(place, host)
        refused = host.calls()["429"]
    finally:
        host.close()
    print(f"plan of {CUSTOMERS} customers: {wall:.1f} s, {calls} calls, {refused} over the limit")
    return refused == 0


def _planned(place: LivePlace, host: CloudflareHost) -> tuple[float, int]:
    before, began = host.calls().total(), time.monotonic()
    done = place.run("plan", "--json")
    assert done.code == 0, done
    return time.monotonic() - began, host.calls().total() - before


def main(words: Sequence[str]) -> int:
    """All, or those that are named; 1 when a bar is missed."""
    chosen = [one for one in (many_zones, many_customers, one_tenant) if not words or one.__name__ in words]
    with tempfile.TemporaryDirectory() as folder:
        kept = [one(Path(folder)) for one in chosen]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
