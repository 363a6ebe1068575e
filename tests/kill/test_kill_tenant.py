"""The same over a DNS host and a tenant together: killed around any write to disk and any word to either of them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]  # it brings no types
import pytest

from reconciler import passwords
from reconciler.model.key import Key
from reconciler.model.resource import Licenses, TenantDomain, User
from reconciler.model.value import Secret
from tests.kill.stand import INJECT
from tests.live.bind_host import BindHost
from tests.live.customer import OLD, ZONE, Customer, both, furnish
from tests.live.folder import CUSTOMER
from tests.live.graph_host import GraphHost
from tests.running import command

LONG = os.environ.get("LONG") == "1"
#: Positions tried in CI; every one of them with LONG=1.
SAMPLE = 6
SLICES = 48 if LONG else 6
PEOPLE = 5
SLACK = 12


class Stand:
    """One live zone and one tenant, and copies of one approved folder of specs."""

    def __init__(self, folder: Path, bind: BindHost, graph: GraphHost) -> None:
        self.folder, self.bind, self.graph = folder, bind, graph
        self.key = pyrage.x25519.Identity.generate()
        recipient = {"recipient": str(self.key.to_public())}
        self.place = Customer(folder / "fresh", bind, graph, PEOPLE, passwords=recipient)
        assert self.place.planned().code == 0
        self.calls = folder / "calls"
        whole = self.copy("whole")
        assert self.apply(whole, log=self.calls) == 0
        self.end, self.done = self.picture(), done(whole)
        self.assert_passwords(whole)

    def restore(self) -> None:
        """The zone and the tenant as they were at first."""
        old = {one.key: one for one in OLD}
        now = self.bind.truth(ZONE)
        for key in now.keys() - old.keys():
            if key.kind not in ("SOA", "NS"):
                self.bind.edit(key, None)
        for key, one in old.items():
            self.bind.edit(key, one)
        server = self.graph.server
        with server.lock:
            del server.tenants[self.graph.tenant.initial]
            self.graph.tenant = server.make(self.graph.tenant.initial)
            furnish(self.graph, PEOPLE)

    def picture(self) -> dict[str, Any]:
        """What is there, without what a tenant draws at random."""
        truth = self.graph.truth()
        domain = truth[Key("tenant", self.graph.tenant.initial, "domain", ZONE)]
        assert isinstance(domain, TenantDomain)
        named = {domain.verification: "<proof>"} | {one.value: f"<{one.name} {one.type}>" for one in domain.records}
        zone = {key: tuple(sorted(named.get(v, v) for v in one.values)) for key, one in self.bind.truth(ZONE).items()}
        users = [one for one in truth.values() if isinstance(one, User)]
        held = {one.remote_id: one.direct for one in truth.values() if isinstance(one, Licenses)}
        people = sorted((one.upn, one.display_name, one.usage_location, held[one.remote_id]) for one in users)
        return {"zone": zone, "people": people, "domain": (domain.verified, domain.services)}

    def logs(self) -> list[list[str]]:
        """The calls of each run that nobody killed."""
        return [path.read_text().splitlines() for path in sorted(self.folder.glob("calls.*"))]

    def copy(self, name: str) -> Customer:
        """The approved folder elsewhere."""
        copied = self.place.copy(self.folder / name)
        made = object.__new__(Customer)
        made.root, made.specs, made.plan, made.hosts = copied.root, copied.specs, copied.plan, self.place.hosts
        made.bind, made.graph = self.bind, self.graph
        return made

    def apply(self, place: Customer, kill: str = "0:0:", log: Path | None = None) -> int:
        """Apply the approved plan, again as long as it waits for somebody.

        Args:
            kill: number of the run, and as in `inject`. log: files of this name and a run's number get its calls.
        """
        words = command("apply", str(place.plan), "--json")
        code = 5
        for number in range(4):
            at = kill.partition(":")[2] if kill.startswith(f"{number}:") else "0:"
            noted = str(log.with_suffix(f".{number}")) if log else ""
            more = {"PYTHONPATH": f"{INJECT}{os.pathsep}{Path.cwd()}", "KILL_AT": at, "KILL_LOG": noted}
            environment = {**place.environment(**self.graph.environment(), **self.bind.environment()), **more}
            run = subprocess.run(words, cwd=place.root, env=environment, capture_output=True, check=False, timeout=120)
            assert run.returncode in (0, 5, -signal.SIGKILL), run
            code = run.returncode
            if code != 5:
                break
        return code

    def assert_passwords(self, place: Customer) -> None:
        """Nobody was made twice, and the password that each one got is the one that is kept."""
        opened = passwords.reveal(place.state(CUSTOMER) / "passwords.jsonl", Secret(str(self.key)))
        kept: dict[str, set[str]] = {}
        for slip in opened.slips:
            kept.setdefault(slip.kept.upn, set()).add(slip.password.reveal())
        tenant = self.graph.tenant
        people = [one for one in self.graph.truth().values() if isinstance(one, User) and one.upn.endswith(f"@{ZONE}")]
        assert len(people) == PEOPLE
        for one in people:
            (given,) = tenant.passwords[one.remote_id]
            assert given in kept[one.upn], one


def done(place: Customer) -> Counter[str]:
    """How often each step was carried out, as the journal says."""
    ends = (entry["outcomes"] for entry in place.journal(CUSTOMER) if entry["type"] == "end")
    return Counter(one["id"] for some in ends for one in some if one["status"] in ("done", "found"))


def of_services(place: Customer) -> set[str]:
    """Ids of the steps that put the domain's services on; they are steps only when somebody died right before."""
    begun = (step for entry in place.journal(CUSTOMER) if entry["type"] == "begin" for step in entry["steps"])
    return {str(step["id"]) for step in begun if "#services/" in step["address"]}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Applied once without being killed."""
    folder = tmp_path_factory.mktemp("tenant")
    with both(folder, PEOPLE) as (bind, graph):
        yield Stand(folder, bind, graph)


def test_enough_to_be_killed_over(stand: Stand) -> None:
    """Steps in both systems, each carried out once, and words to them among the calls."""
    assert len(stand.done) >= 12
    assert set(stand.done.values()) == {1}
    assert Counter(word for one in stand.logs() for word in one)["send"] > 10


@pytest.mark.parametrize("slice_", range(SLICES))
def test_same_end(stand: Stand, slice_: int) -> None:
    """Whatever the position, the next runs end as if nothing had happened."""
    lengths = [len(one) for one in stand.logs()]
    every = [
        f"{run}:{number}:{when}"
        for run, calls in enumerate(lengths)
        for number in range(1, calls + 1)
        for when in ("before", "after")
    ]
    chosen = every if LONG else sorted(random.Random(20261122).sample(every, SAMPLE))
    for position in chosen[slice_::SLICES]:
        stand.restore()
        place = stand.copy(position.replace(":", "-"))
        code = stand.apply(place, kill=position)
        # An answer that comes in one piece instead of two is a call less: the last positions may not be reached.
        run, number, _ = position.split(":")
        late = int(number) > lengths[int(run)] - SLACK
        assert code == -signal.SIGKILL or (code == 0 and late), position
        assert stand.apply(place) == 0, position
        assert stand.picture() == stand.end, position
        again = done(place)
        assert {step: again[step] for step in stand.done} == stand.done, position
        assert of_services(place) >= again.keys() - stand.done.keys(), position
        stand.assert_passwords(place)
        plan = place.run("plan", "--json")
        assert sum(plan.json["counts"].values()) == 0, (position, plan)
