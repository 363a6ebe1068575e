"""A small folder of specs with the systems it is about, and runs of the command line on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from reconciler.cli.front import front
from reconciler.cli.screen import Screen
from reconciler.cli.world import World
from tests.running import WORKSPACE, Done, run

ZONE = """\
$TTL 3600
@ SOA ns1.host.example. hostmaster.host.example. 1 7200 900 1209600 300
@ NS ns1.host.example.
@ NS ns2.host.example.
www A 192.0.2.80
"""
TENANT = "acme.onmicrosoft.com"


class Folder:
    """`specs/` in a folder of its own; nothing is in it but the workspace."""

    def __init__(self, root: Path) -> None:
        self.root, self.specs = root, root / "specs"
        for name in ("zones", "tenants"):
            (self.specs / name).mkdir(parents=True)
        (self.specs / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")

    def zone(self, name: str) -> Path:
        """The zone file of a customer that `with_zone` made."""
        return self.specs / "zones" / f"{name}.example.zone"

    def spec(self, name: str) -> Path:
        """A customer's spec."""
        return self.specs / name / "customer.yaml"

    def state(self, name: str) -> Path:
        """Where a customer's journal is."""
        return self.specs / "state" / name

    def with_zone(self, name: str, *records: str) -> Folder:
        """A customer with one zone; without records it wants one new one."""
        self.zone(name).write_text(ZONE, encoding="utf-8")
        wanted = records or ("{name: shop, type: A, values: [192.0.2.81]}",)
        lines = "".join(f"      - {one}\n" for one in wanted)
        self.spec(name).parent.mkdir(exist_ok=True)
        self.spec(name).write_text(f"domains:\n  {name}.example:\n    records:\n{lines}", encoding="utf-8")
        return self

    def with_people(self, recipient: str = "", name: str = "acme") -> Folder:
        """A customer that wants a new user `ana` in its tenant."""
        tenant = f"{name}.onmicrosoft.com"
        key = f"passwords: {{recipient: {recipient}}}\n" if recipient else ""
        self.spec(name).parent.mkdir(exist_ok=True)
        self.spec(name).write_text(
            f"tenant: {tenant}\nusers: {{usage_location: MX}}\n{key}"
            f"accounts:\n  - {{address: ana@{tenant}, kind: person, name: Ana Paz}}\n",
            encoding="utf-8",
        )
        (self.specs / "tenants" / f"{tenant}.json").write_text(
            json.dumps(
                {
                    "seed": name,
                    "organisation": {"id": "1", "display_name": "Acme"},
                    "domains": [{"name": tenant, "initial": True, "default": True, "verified": True}],
                    "users": [],
                    "groups": [],
                    "skus": [],
                }
            ),
            encoding="utf-8",
        )
        return self

    @property
    def tenant(self) -> Path:
        """The tenant's file."""
        return self.specs / "tenants" / f"{TENANT}.json"

    def with_mail(self) -> Folder:
        """`acme` again, with a zone that its tenant's resolver never sees: verification waits for ever."""
        self.with_people().with_zone("acme")
        data = json.loads(self.tenant.read_text(encoding="utf-8"))
        self.tenant.write_text(json.dumps({**data, "sees": "../elsewhere"}), encoding="utf-8")
        self.spec("acme").write_text(
            f"tenant: {TENANT}\ndomains:\n  acme.example: {{mail: microsoft365}}\n", encoding="utf-8"
        )
        return self

    def journal(self, name: str) -> list[dict[str, Any]]:
        """Every entry of a customer's journal."""
        lines = (self.state(name) / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def call(self, *arguments: str, **environment: str) -> Done:
        """The same command inside this process, which is quicker; nobody can be asked."""
        given = {"RECONCILER_SPECS": str(self.specs), **environment}
        result = CliRunner().invoke(front(), arguments, obj=World(screen=Screen(interactive=False)), env=given)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def run(self, *arguments: str, **environment: str) -> Done:
        """The real command as a process, without a terminal."""
        return run(arguments, self.root, environment)
