"""`import` of a live tenant with everything odd in it: the first plan does nothing, with the tenant and without it."""

from __future__ import annotations

import csv
import json
import signal
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers.tenantfile import TenantFileProvider
from reconciler.model.errors import Refused
from reconciler.model.key import Key
from reconciler.model.rdata import txt_to_presentation
from reconciler.model.resource import Resource, User
from reconciler.provider import Scope
from reconciler.session import placing
from tests.emulators.graph import truth
from tests.emulators.graph.tenants import Data, Product, Token, held
from tests.endtoend.place import Place
from tests.kill.stand import INJECT
from tests.live.folder import LivePlace
from tests.live.graph_host import TOKEN, GraphHost
from tests.running import ROOT

ZONE = "acme.example"
PEOPLE = 300
STANDARD = "f245ecc8-75af-4f8e-b61f-27d8114de5f3"
IMPORT = ("import", ZONE, "--provider", "zones", "--tenant")
#: HTTP calls of an import: the tenant itself, one page of users, groups and DNS records, members of the groups.
CALLS = 4
ODD = [
    '"Jefa", la', "a,b;c", "two\nlines", "=cmd|' /C calc'!A0", "+SUM(A1)", "\U0001f389 fiesta", "O'Neil",
    "\u202ereversed", "null", " blank", "x" * 256, "# not: a comment", "José",
]  # fmt: skip


class OddPlace(LivePlace):
    """A zone file with the records that the tenant asks for, and the tenant."""

    def __init__(self, root: Path, graph: GraphHost) -> None:
        super().__init__(root, {"m365": graph})  # type: ignore[dict-item]
        self.graph = graph
        entry = json.dumps({"type": graph.type, **graph.options()})
        (self.specs / "workspace.yaml").write_text(
            f"providers:\n  m365: {entry}\n  zones: {{type: zonefile, directory: zones}}\n"
            "defaults: {dns: zones, tenants: m365}\n"
        )
        (self.specs / "zones").mkdir()
        lines = ["$TTL 1h", "@ SOA ns1.host.example. h.host.example. 7 2h 15m 2w 5m", "@ NS ns1.host.example."]
        shown = truth.domain(graph.tenant, graph.tenant.domains[ZONE])
        lines.append(f'@ TXT "{shown.verification}"')
        for one in shown.records:
            value = txt_to_presentation(one.value) if one.type == "TXT" else one.value
            lines.append(f"{one.name} 3600 {one.type} {value}")
        self.zone(ZONE, "\n".join([*lines, ""]))

    @property
    def tenant_file(self) -> Path:
        """The copy of the tenant."""
        return self.specs / "tenants" / f"{self.graph.tenant.initial}.json"

    def world(self) -> dict[str, bytes]:
        """The zone, and the tenant as it really is."""
        return {"zone": self.zone(ZONE).read_bytes(), "tenant": repr(sorted(self.graph.truth().items())).encode()}

    def copied(self) -> Mapping[Key, Resource]:
        """What a provider of tenant files shows of the copy."""
        copies = TenantFileProvider("copies", {"directory": "tenants"}, self.specs)
        return copies.observe(Scope("tenant", self.graph.tenant.initial)).resources

    def real(self) -> Mapping[Key, Resource]:
        """The tenant as it is; of its initial domain nobody asks for records."""
        initial = self.graph.tenant.initial
        home = truth.domain(self.graph.tenant, self.graph.tenant.domains[initial])
        return {**self.graph.truth(), home.key: replace(home, records=())}

    def imported(self, *words: str) -> Any:
        """The paper of an import that goes well."""
        done = self.run(*IMPORT, self.graph.tenant.initial, "--json", *words)
        assert done.code == 0, done
        return done.json

    def offline(self, root: Path) -> Place:
        """The same folder where nobody can be asked: the copy stands in, and no secret is at hand."""
        place = self.copy(root)
        place.edit("domains:\n", "tenants: copies\ndomains:\n")
        workspace = place.specs / "workspace.yaml"
        copies = "providers:\n  copies: {type: tenantfile, directory: tenants}\n"
        workspace.write_text(workspace.read_text().replace("providers:\n", copies))
        return place


def strange(graph: GraphHost) -> None:
    """Everything odd that a tenant can hold, and three hundred people."""
    tenant = graph.tenant
    tenant.domain(ZONE, default=True)
    tenant.domain("fed.example", federated=True)
    tenant.domain("ms.example", managed=True)
    tenant.domain("new.example", verified=False)
    plans = ("EXCHANGE_S_STANDARD", "SWAY", "TEAMS1")
    standard = tenant.sku("O365_BUSINESS_PREMIUM", 400, plans=plans, sku_id=STANDARD)
    other = tenant.sku("ODD_PART", 9, plans=plans, warning=1)
    tenant.sku("NEVER_USED", 3)
    tenant.security_defaults = True
    boss = tenant.person(f"boss@{ZONE}", displayName="Boss")
    guest = tenant.guest("somebody@elsewhere.example")
    synced = tenant.person(f"synced@{ZONE}", onPremisesSyncEnabled=True)
    tenant.person("far@fed.example")
    by_group = tenant.group("Licensed", [boss.id], kind="security")
    for number in range(PEOPLE):
        states = _states(number, standard, other, by_group.id)
        _person(graph, number, boss.id if number % 3 else guest.id, states)
    for number, name in enumerate(("boss", "gone")):
        key = Key("tenant", tenant.initial, "user", f"00000000-0000-4000-8000-00000000000{number}")
        graph.edit(key, User(key, f"{name}@{ZONE}", "Gone", key.name, deleted=True))
    everybody = list(tenant.users)
    tenant.group('Ventas "norte"; =x', everybody, kind="security")
    tenant.group("Same")
    tenant.group("same", kind="security")
    for kind in ("dynamic", "distribution", "mail-security", "microsoft365"):
        tenant.group(f"A {kind} one", [guest.id, synced.id, boss.id], kind=kind)


def _states(number: int, standard: Product, other: Product, group: str) -> list[Data]:
    """SWAY is off for all who have the first product, TEAMS1 for some."""
    ids = {one.name: one.id for one in standard.plans}
    off = [ids["SWAY"], *([ids["TEAMS1"]] if number % 2 else [])]
    first: Data = {"skuId": standard.sku_id, "disabledPlans": off, "assignedByGroup": None}
    more: list[Data] = [{"skuId": other.sku_id, "disabledPlans": [], "assignedByGroup": group}]
    more += [{"skuId": other.sku_id, "disabledPlans": [], "assignedByGroup": None}] if number == 1 else []
    return [first, *(more if number < 5 else [])]


def _person(graph: GraphHost, number: int, manager: str, states: list[Data]) -> None:
    local = f"user{number}"
    proxies = [f"SMTP:{local}@{ZONE}", f"smtp:{local}@{graph.tenant.initial}", f"smtp:alias{number}@{ZONE}"]
    proxies += [f"smtp:{local}@fed.example", f"smtp:second{number}@{graph.tenant.initial}"] if number < 3 else []
    if number % 40 == 9:  # who writes under another address
        proxies[0], proxies[2] = f"smtp:{local}@{ZONE}", f"SMTP:alias{number}@{ZONE}"
    more: dict[str, Any] = {
        "displayName": ODD[number % len(ODD)] if number < 40 else "Persona",
        "givenName": "Ana",
        "jobTitle": ODD[number % len(ODD)][:128] if number < 20 else None,
        "businessPhones": ["+52 81 5555 0100"],
        "accountEnabled": number % 7 > 0,
        "proxyAddresses": proxies,
        "manager": manager,
    }
    graph.tenant.person(f"{local}@{ZONE}", **(more | held(states)))


@pytest.fixture(scope="module")
def graph() -> Iterator[GraphHost]:
    """A tenant with everything odd in it; nothing here writes to it."""
    host = GraphHost(seed="an import")
    strange(host)
    yield host
    host.close()


def test_import_plan_apply_plan(tmp_path: Path, graph: GraphHost) -> None:
    """0 to add, 0 to change, 0 to destroy; the copy is the tenant, a plan over it finds the same; all is adopted."""
    place = OddPlace(tmp_path / "live", graph)
    world, before = place.world(), graph.calls().total()
    paper = place.imported()
    assert graph.calls().total() - before == CALLS
    assert paper["tenant"]["managed"] == {"person": 301, "alias": 303, "license": 3, "group": 3}
    assert place.copied() == place.real()
    assert stat.S_IMODE(place.tenant_file.stat().st_mode) == 0o600
    shown = place.run("plan")
    assert "Plan: 0 to add, 0 to change, 0 to destroy, " in shown.out, shown
    planned = place.planned().json
    assert (planned["steps"], planned["applyable"], planned["complete"]) == ([], True, True)
    before = graph.calls().total()
    copy = place.offline(tmp_path / "offline")
    offline = copy.planned().json
    assert graph.calls().total() == before
    for part in ("steps", "adopt", "complete"):
        assert offline[part] == planned[part], part
    (why,) = offline["missing"]
    assert "is planned over a copy of 20" in why
    kept = copy.world()
    assert (copy.run("apply", str(copy.plan), "--json").code, copy.journal()) == (3, [])
    assert copy.world() == kept
    assert planned["adopt"]["count"] > PEOPLE * 10
    assert place.applied().code == 0
    again = place.planned().json
    assert (again["steps"], again["adopt"]["count"]) == ([], 0)
    settled = place.offline(tmp_path / "settled").planned().json
    assert (settled["steps"], settled["adopt"]["count"]) == ([], 0)
    assert place.world() == world


def test_what_it_says(tmp_path: Path, graph: GraphHost) -> None:
    """In the spec: what a spec has words for; the rest by name, with the reason; how to plan without the tenant."""
    place = OddPlace(tmp_path, graph)
    paper = place.imported()
    text = (place.specs / "acme" / "customer.yaml").read_text()
    for said in (
        '  "Microsoft 365 Business Standard": {seats: 400, disabled_plans: ["SWAY"]}\n',
        '  "ODD_PART": {seats: 10}\n',
        "sign_in:\n  security_defaults: true\n",
        '{display_name: "A microsoft365 one", kind: microsoft365, members: ["boss@acme.example"]}\n',
        "    default: true\n",
        "    mail: microsoft365\n",
    ):
        assert said in text, said
    with (place.specs / "acme" / "accounts.csv").open(newline="") as file:
        rows = {one["address"]: one for one in csv.DictReader(file)}
    assert rows[f"user1@{ZONE}"]["manager"] == f"boss@{ZONE}"
    assert rows[f"user1@{ZONE}"]["licenses"] == "Microsoft 365 Business Standard; ODD_PART"
    assert rows[f"second0@{graph.tenant.initial}"]["goes_to"] == f"user0@{ZONE}"
    assert f"user0@{graph.tenant.initial}" not in rows
    left = {one["name"]: one["reason"] for one in paper["tenant"]["unmanaged"]}
    assert f"alias user0@{graph.tenant.initial} of user0@{ZONE}" not in left
    federated = "it is federated: who signs in there is asked elsewhere"
    expected = {
        f"user synced@{ZONE}": "it is mastered on premises",
        f"user gone@{ZONE}": "it is deleted, and can still be restored",
        f"user somebody_elsewhere.example#ext#@{graph.tenant.initial}": "it is a guest",
        f"manager of user0@{ZONE}": f"somebody_elsewhere.example#ext#@{graph.tenant.initial} is no person of the spec",
        f"alias user0@fed.example of user0@{ZONE}": "it is on no domain of this spec",
        f"licence ODD_PART of user0@{ZONE}": "it comes through a group",
        "domain fed.example": f"{federated}, and it is no domain of this spec",
        "domain new.example": "it is not verified, and no domain of this spec",
        "group A dynamic one": "it is of another kind: dynamic",
        "group Same": "another group has the same name",
        f"jobTitle of user3@{ZONE}": "it begins like a formula: spreadsheets would run it",
        f"displayName of user2@{ZONE}": "no table can write it",
    }
    assert expected.items() <= left.items()
    (told,) = [one for one in paper["diagnostics"] if one["rule"] == "import/copy"]
    assert str(place.tenant_file) in told["summary"]
    assert "`copies: {type: tenantfile, directory: tenants}`" in told["remedy"]
    assert "`tenants: copies`" in told["remedy"]


def test_a_copy_is_never_overwritten(tmp_path: Path, graph: GraphHost) -> None:
    """It may be all that is left of how things stood: nobody is asked, and nothing is written."""
    place = OddPlace(tmp_path, graph)
    place.tenant_file.parent.mkdir()
    place.tenant_file.write_text("mine")
    before = graph.calls().total()
    done = place.run(*IMPORT, graph.tenant.initial, "--json")
    assert (done.code, done.rules) == (3, {"import/exists"}), done
    assert "--customer" not in done.out
    assert graph.calls().total() == before
    assert place.tenant_file.read_text() == "mine"
    assert not (place.specs / "acme").exists()


def test_a_dry_run_writes_no_copy(tmp_path: Path, graph: GraphHost) -> None:
    """It is shown with the other files."""
    place = OddPlace(tmp_path, graph)
    shown = {one["path"] for one in place.imported("--dry-run")["files"]}
    assert str(place.tenant_file) in shown
    assert sorted(one.name for one in place.specs.iterdir()) == ["workspace.yaml", "zones"]


def test_a_tenant_that_no_file_can_hold(tmp_path: Path) -> None:
    """The spec is made all the same, and it is said that there is no copy."""
    host = GraphHost()
    try:
        host.tenant.domain(ZONE)
        host.tenant.sku("a:b", 1)
        place = OddPlace(tmp_path, host)
        paper = place.imported()
        (told,) = [one for one in paper["diagnostics"] if one["rule"] == "import/no-copy"]
        assert told["summary"].endswith("skus[0].part_number: a part number is needed")
        assert not place.tenant_file.exists()
        assert place.planned().json["steps"] == []
    finally:
        host.close()


def test_sign_in_that_may_not_be_read(tmp_path: Path) -> None:
    """Without the permission nothing is asked of it, and the copy does not know either."""
    host = GraphHost()
    try:
        host.tenant.domain(ZONE)
        host.server.tokens[TOKEN] = Token(
            host.tenant.initial,
            permissions=frozenset(
                {
                    "User.Read.All",
                    "Domain.Read.All",
                    "Organization.Read.All",
                    "Group.Read.All",
                    "GroupMember.Read.All",
                    "Directory.Read.All",
                    "LicenseAssignment.Read.All",
                }
            ),
        )
        place = OddPlace(tmp_path, host)
        place.imported()
        assert "sign_in" not in (place.specs / "acme" / "customer.yaml").read_text()
        assert json.loads(place.tenant_file.read_text())["security_defaults"] is None
        assert place.offline(tmp_path / "offline").planned().json["steps"] == []
    finally:
        host.close()


def test_killed(tmp_path: Path) -> None:
    """Killed before or after what puts the files in their place: a rerun works, or says that it is done."""
    host = GraphHost()
    try:
        host.tenant.domain(ZONE)
        log = tmp_path / "calls"
        path = {"PYTHONPATH": f"{INJECT}:{ROOT}"}
        words = (*IMPORT, host.tenant.initial, "--json")
        assert OddPlace(tmp_path / "whole", host).run(*words, **path, KILL_AT="0:", KILL_LOG=str(log)).code == 0
        calls = log.read_text().splitlines()
        decisive = [number for number, call in enumerate(calls, 1) if call in {"link", "rename"}]
        assert [calls[one - 1] for one in decisive] == ["link", "rename"]
        for number in decisive:
            for when in ("before", "after"):
                place = OddPlace(tmp_path / f"{number}-{when}", host)
                assert place.run(*words, **path, KILL_AT=f"{number}:{when}", KILL_LOG="").code == -signal.SIGKILL
                done = (number, when) == (decisive[-1], "after")
                assert (place.specs / "acme").exists() is done
                again = place.run(*words)
                assert again.code == (3 if done else 0), again
                assert json.loads(place.tenant_file.read_text())["domains"]
                placing.put(place.specs, "other", {})
                assert place.tenant_file.exists()
                assert not list(place.specs.glob(".import-*"))
    finally:
        host.close()


def test_what_comes_into_being_meanwhile(tmp_path: Path) -> None:
    """Whoever was first stays: nothing of the import is left then."""
    copy, spec = tmp_path / "tenants" / "x.json", tmp_path / "acme" / "customer.yaml"
    files = {spec: "spec", copy: "copy"}
    spec.parent.mkdir()
    spec.write_text("theirs")
    with pytest.raises(Refused):
        placing.put(tmp_path, "acme", files)
    assert (spec.read_text(), copy.exists()) == ("theirs", False)
    spec.unlink()
    copy.write_text("theirs")
    with pytest.raises(Refused):
        placing.put(tmp_path, "acme", files)
    assert (spec.exists(), copy.read_text()) == (False, "theirs")
    copy.unlink()
    placing.put(tmp_path, "acme", files)
    assert (spec.read_text(), copy.read_text()) == ("spec", "copy")
    assert {one.name for one in tmp_path.iterdir()} == {"acme", "tenants"}


def test_a_customer_called_as_the_folder_of_copies(tmp_path: Path) -> None:
    """Both fit into one folder."""
    files = {tmp_path / "tenants" / name: name for name in ("customer.yaml", "x.json")}
    placing.put(tmp_path, "tenants", files)
    assert {path: path.read_text() for path in (tmp_path / "tenants").iterdir()} == files


def test_what_a_killed_run_did_not_put_there(tmp_path: Path) -> None:
    """Somebody else's file of the same name stands, and stays."""
    theirs, stage = tmp_path / "tenants" / "x.json", tmp_path / ".import-999999999"
    for path in (theirs, stage / "tenants" / "x.json", stage / "acme" / "customer.yaml"):
        path.parent.mkdir(parents=True)
        path.write_text("theirs")
    assert placing.stands(theirs, tmp_path)
    placing.put(tmp_path, "other", {})
    assert theirs.read_text() == "theirs"
    assert not stage.exists()
