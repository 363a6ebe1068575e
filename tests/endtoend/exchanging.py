"""A customer with mailboxes that only Exchange can make, and an Exchange that carries the scripts' steps out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from reconciler.cli.front import front
from reconciler.cli.screen import Screen
from reconciler.cli.world import World
from tests.endtoend.people import RECIPIENT
from tests.endtoend.place import TENANT, Place
from tests.running import Done

ZONE = "acme.example"
WORKSPACE = """\
providers:
  zones: {type: zonefile, directory: zones}
  tenants: {type: tenantfile, directory: tenants}
  exchange: {type: exchange, directory: evidence}
defaults: {dns: zones, tenants: tenants, exchange: exchange}
"""
ANA = f"ana@{ZONE}"
INFO, TEAM, BOSS = f"info@{ZONE}", f"team@{ZONE}", f"boss@{ZONE}"
SPEC = f"""\
customer: {{name: Acme, language: es}}
contacts:
  maintainer: {{name: Support, email: help@msp.example}}
  onsite_admin: {{name: Ana, email: ana@personal.example}}
tenant: {TENANT}
passwords: {{recipient: {RECIPIENT}}}
users: {{usage_location: MX}}
domains:
  {ZONE}:
    mail: {{service: microsoft365, adopt: overwrite}}
    dkim: microsoft365
accounts:
  - {{address: {ANA}, name: Ana}}
  - {{address: {INFO}, kind: shared, name: "D'Información; Remove-Mailbox", full_access: [{ANA}], send_as: {ANA}}}
  - {{address: hola@{ZONE}, kind: alias, goes_to: {INFO}}}
  - {{address: {TEAM}, kind: list, goes_to: "{ANA}; bob@gmail.example"}}
  - {{address: {BOSS}, kind: forward, goes_to: out@away.example}}
"""


def box(address: str, part: str = "") -> str:
    """The address of a slot of a shared mailbox."""
    return f"exchange/{TENANT}/mailbox/{address}" + (f"#{part}" if part else "")


@dataclass
class Exchange:
    """What one tenant's Exchange keeps; `run` does what a script's public JSON asks for, as the script would.

    Attributes:
        people: addresses of each person, the first one first; `ana` appears here once the tenant has her.
        troubles: what Exchange says, by what a step does.
        sees: whether both DKIM records of a domain stand.
    """

    tenant: str = TENANT
    people: dict[str, list[str]] = field(default_factory=lambda: {ANA: [ANA]})
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    signing: dict[str, bool] = field(default_factory=dict)
    relays: dict[str, str] = field(default_factory=lambda: {ZONE: "Authoritative"})
    troubles: dict[str, str] = field(default_factory=dict)
    sees: Any = lambda _: True

    def run(self, script: Mapping[str, Any], tenant: str = "") -> dict[str, Any]:
        """Carry the steps out, one by one, and tell what is there."""
        assert script["tenant"] == (tenant or self.tenant)
        results = []
        for step in script["steps"]:
            said = self.troubles.get(step["do"]) or self._do(step["do"], step["of"], step["value"])
            results.append({"id": step["id"], "status": "failed" if said else "done", "detail": said})
        return {"format": "reconciler-exchange", "version": 1, "tenant": self.tenant,
                "taken": datetime.now(UTC).isoformat(timespec="seconds"), "results": results,
                **self.inventory(script["look"]), "complete": True}  # fmt: skip

    def inventory(self, look: Mapping[str, Any]) -> dict[str, Any]:
        """What is there of the names asked for."""
        boxes = [{"address": one, **self.shared[one]} for one in look["addresses"] if one in self.shared]
        lists = [{"address": one, **self.lists[one]} for one in look["addresses"] if one in self.lists]
        dkim = [{"domain": one, "enabled": on, "status": "x", "selector1": target(1), "selector2": target(2)}
                for one, on in self.signing.items() if one in look["domains"]]  # fmt: skip
        relays = [{"domain": one, "type": kind} for one, kind in self.relays.items() if one in look["domains"]]
        return {"acceptedDomains": relays, "dkim": dkim, "sharedMailboxes": boxes, "lists": lists, "contacts": []}

    def _knows(self, address: str) -> bool:
        """An address of its own is there; another one gets a contact."""
        first = {one for some in self.people.values() for one in some} | self.shared.keys() | self.lists.keys()
        further = {one for held in self.shared.values() for one in held["aliases"]}
        return not address.endswith(f"@{ZONE}") or address in first | further

    def _do(self, do: str, of: str, value: str) -> str:
        """One step; what Exchange says against it, empty when it is done."""
        made = {"mailbox": self.shared, "list": self.lists}
        fields = {"alias": "aliases", "member": "members", "full-access": "fullAccess", "send-as": "sendAs"}
        if do in made:
            new = {"displayName": value, "aliases": [], "fullAccess": [], "sendAs": [], "members": []}
            made[do].setdefault(of, new)
        elif do == "no-person-alias":
            person = next((one for one in self.people.values() if of in one), [])
            if value in person:
                person.remove(value)
        elif do == "dkim":
            self.signing.setdefault(of, False)
        elif do == "sign":
            if not self.sees(of):
                return f"CNAME record does not exist for this config, {target(1)} {target(2)}"
            self.signing[of] = True
        elif do == "relay":
            self.relays[of] = {"authoritative": "Authoritative", "internal-relay": "InternalRelay"}[value]
        else:
            held = self.shared.get(of) or self.lists.get(of)
            if held is None:
                return f"{of} is not in Exchange"
            if do in ("member", "full-access", "send-as") and not self._knows(value):
                return f"{value} is not in Exchange"
            if do == "name":
                held["displayName"] = value
            else:
                some = held[fields[do.removeprefix("no-")]]
                some[:] = sorted({*some} - {value} if do.startswith("no-") else {*some, value})
        return ""


def target(number: int) -> str:
    """Where a selector must lead, as Exchange names it."""
    return f"selector{number}-acme-example._domainkey.acme.n-v1.dkim.mail.microsoft"


class Exchanging(Place):
    """The place, and its Exchange."""

    def __init__(self, root: Path, spec: str = SPEC, workspace: str = WORKSPACE) -> None:
        super().__init__(root)
        for name in ("zones", "tenants"):
            (self.specs / name).mkdir(parents=True)
        (self.specs / "workspace.yaml").write_text(workspace)
        self.zone()
        self.tenant()
        self.spec(spec)
        self.exchange = Exchange(sees=lambda _: all(target(one) in self.zone().read_text() for one in (1, 2)))

    @property
    def evidence(self) -> Path:
        """Where what a script writes is saved."""
        return self.specs / "evidence" / f"{TENANT}.json"

    def saves(self, document: Mapping[str, Any] | str) -> None:
        """Somebody saves what a script wrote."""
        self.evidence.parent.mkdir(exist_ok=True)
        text = document if isinstance(document, str) else json.dumps(document)
        self.evidence.write_text(text)

    def runs(self, applied: Done) -> None:
        """Somebody runs the scripts that an apply has written, one after the other, and saves what each writes."""
        for one in applied.json["scripts"]:
            assert one["save_as"] == str(self.evidence)
            self.saves(self.exchange.run(one))

    def looks(self, taken: str = "") -> None:
        """Somebody runs the script that only looks; `taken`: not now, but then."""
        look = {"addresses": [INFO, TEAM, BOSS], "domains": [ZONE]}
        found = self.exchange.run({"tenant": TENANT, "steps": [], "look": look})
        self.saves(found | ({"taken": taken} if taken else {}))

    def run(self, *words: str, **environment: str) -> Done:
        """The command inside this process, which is quicker; nobody can be asked."""
        given = {"RECONCILER_SPECS": str(self.specs), **environment}
        result = CliRunner().invoke(front(), words, obj=World(screen=Screen(interactive=False)), env=given)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def goes_on(self) -> Done:
        """Apply under what was approved before."""
        return self.run("apply", "--json")

    def approved(self) -> Done:
        """Plan, and apply that plan."""
        planned = self.planned()
        assert planned.code == 0, planned
        return self.applied()

    def told(self, rule: str) -> list[str]:
        """What a plan says under a rule."""
        return [one["summary"] for one in self.run("plan", "--json").json["diagnostics"] if one["rule"] == rule]

    def script(self, stage: str) -> str:
        """A script as it lies there."""
        return (self.state() / "scripts" / f"{stage}.ps1").read_text(encoding="utf-8-sig")
