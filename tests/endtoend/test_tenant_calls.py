"""Calls to a tenant are counted by the emulator, and README says what was counted; UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.resource import User
from tests.endtoend.test_calls import README
from tests.live.customer import PART, STANDARD
from tests.live.folder import CUSTOMER, LivePlace
from tests.live.graph_host import GraphHost
from tests.running import Done, command

BEGIN, END = "<!-- tenant calls: counted by the emulator -->\n", "<!-- end of tenant calls -->\n"
HEAD = "| a Microsoft 365 tenant, through Graph | HTTP calls |\n|---|---|\n"
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
ZONE = "$TTL 1h\n@ SOA ns1.host.example. h.host.example. 7 2h 15m 2w 5m\n@ NS ns1.host.example.\n"
DOMAIN = "big.example"
#: What is done, and the calls that it may cost at most.
PLAN_2000 = "plan, 2,000 users, all of them in the spec"
PLAN_50000 = "plan, 10 users in the spec, 50,000 in the tenant"
APPLY_200 = "apply, 200 new users with a licence each: calls that write"
DRIFT = "drift, 2,000 users, nothing changed since the last one"
MOST = {PLAN_2000: 6, PLAN_50000: 4, APPLY_200: 2 * 10 + 2, DRIFT: 3}


class TenantPlace(LivePlace):
    """A customer with one domain whose zone is a file, and people in a tenant."""

    def __init__(self, root: Path, graph: GraphHost, people: int) -> None:
        super().__init__(root, {"m365": graph}, "defaults: {tenants: m365}\n")  # type: ignore[dict-item]
        (self.specs / "zones").mkdir()
        self.zone(DOMAIN, ZONE)
        workspace = self.specs / "workspace.yaml"
        m365 = json.dumps({"type": graph.type, **graph.options()})
        providers = f"{{m365: {m365}, zones: {{type: zonefile, directory: zones}}}}"
        workspace.write_text(f"providers: {providers}\ndefaults: {{tenants: m365}}\n")
        spec = {
            "tenant": graph.tenant.initial,
            "licenses": {PART: {"seats": people}},
            "users": {"usage_location": "MX"},
            "passwords": {"recipient": RECIPIENT},
            "domains": {DOMAIN: {"dns": "zones"}},
            "accounts": "accounts.csv",
        }
        self.spec(json.dumps(spec), CUSTOMER)
        rows = [f"user{number}@{DOMAIN},Persona {number},true" for number in range(1, people + 1)]
        (self.specs / CUSTOMER / "accounts.csv").write_text("\n".join(["address,name,new", *rows, ""]))


@contextmanager
def tenant(there: int, seats: int) -> Iterator[GraphHost]:
    """A tenant with so many people on the domain, each with a licence."""
    graph = GraphHost()
    try:
        graph.tenant.domain(DOMAIN)
        sku = graph.tenant.sku(PART, seats, sku_id=STANDARD)
        held = {"usageLocation": "MX", "licenses": [sku.sku_id]}
        for number in range(1, there + 1):
            graph.tenant.person(f"user{number}@{DOMAIN}", displayName=f"Persona {number}", **held)
        yield graph
    finally:
        graph.close()


def calls(graph: GraphHost, place: LivePlace, *words: str) -> tuple[int, Done]:
    """HTTP calls of one command."""
    before = graph.calls().total()
    done = place.run(*words)
    return graph.calls().total() - before, done


def test_whole_tenant(tmp_path: Path) -> None:
    """Everybody is in the spec: all pages are read, once; a second drift reads what has changed."""
    with tenant(2000, 2000) as graph:
        place = TenantPlace(tmp_path, graph, 2000)
        plan, done = calls(graph, place, "plan", "--json")
        assert done.json["counts"]["add"] == done.json["counts"]["change"] == 0, done
        _told(PLAN_2000, plan)
        assert place.run("apply", "--json").code == 0
        assert place.drift().json["outcome"] == "clean"
        drift, done = calls(graph, place, "drift", "--json")
        assert done.json["outcome"] == "clean"
        _told(DRIFT, drift)
        one = next(one for one in graph.truth().values() if isinstance(one, User) and one.upn == f"user7@{DOMAIN}")
        graph.edit(one.key, replace(one, display_name="Somebody"))
        again, done = calls(graph, place, "drift", "--json")
        assert [one["address"].partition("#")[2] for one in done.json["changed"]] == ["displayName"]
        assert again <= MOST[DRIFT]


def test_few_of_many(tmp_path: Path) -> None:
    """Only those are read whom the spec names, and who else is on their domain is noticed."""
    with tenant(50_000, 50_001) as graph:
        place = TenantPlace(tmp_path, graph, 10)
        first, done = calls(graph, place, "plan", "--json")
        assert done.json["counts"]["add"] == 0, done
        assert first <= MOST[PLAN_50000]
        assert place.run("apply", "--json").code == 0
        again, done = calls(graph, place, "plan", "--json")
        assert sum(done.json["counts"].values()) == 0
        _told(PLAN_50000, max(first, again))


def test_two_hundred_new_people(tmp_path: Path) -> None:
    """Each of twenty is made in one call, and licensed in another."""
    with tenant(0, 200) as graph:
        place = TenantPlace(tmp_path, graph, 200)
        assert place.planned().json["counts"]["add"] == 400
        before = graph.server.writes
        done = place.applied()
        assert done.code == 0, done
        assert len(graph.tenant.of("user")) == 200
        _told(APPLY_200, graph.server.writes - before)
        assert sum(place.planned().json["counts"].values()) == 0


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm(seed: int, tmp_path: Path) -> None:
    """One request in twenty goes wrong: all of it is done in the end, nobody twice, each with the one password."""
    with tenant(0, 200) as graph:
        place = TenantPlace(tmp_path, graph, 200)
        assert place.planned().code == 0
        graph.server.storm(0.05, seed)
        words = command("apply", str(place.plan), "--json")
        environment = place.environment(**graph.environment())
        codes = [
            subprocess.run(words, cwd=tmp_path, env=environment, check=False, timeout=280).returncode for _ in "12"
        ]
        assert codes[-1] == 0
        graph.server.storm(0.0)
        assert len(graph.tenant.of("user")) == 200
        assert {len(one) for one in graph.tenant.passwords.values()} == {1}
        assert sum(place.planned().json["counts"].values()) == 0


def _told(what: str, count: int) -> None:
    assert count <= MOST[what], (what, count)
    text = README.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    table, tail = rest.split(END)
    rows = {line.split("|")[1].strip(): line for line in table.splitlines(keepends=True)[2:]}
    row = f"| {what} | {count} |\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        rows[what] = row
        whole = "".join(rows[one] for one in MOST if one in rows)
        README.write_text(f"{head}{BEGIN}{HEAD}{whole}{END}{tail}", encoding="utf-8")
    assert rows.get(what) == row
