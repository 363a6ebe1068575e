"""A folder of specs with zone files and tenant files, and the real command line on it as a subprocess."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.running import ROOT, WORKSPACE, Done, command, run, surroundings

EXAMPLE = ROOT / "specs" / "example"
ZONE = """\
$TTL 1h
@          SOA   ns1.host.example. hostmaster.host.example. 7 2h 15m 2w 5m
@          NS    ns1.host.example.
@          NS    ns2.host.example.
@          MX    10 mx.host.example.
@   900    TXT   "v=spf1  ip4:198.51.100.25 include:_spf.host.example ?all"   ; two blanks, as it came
@   900    TXT   "vendor=1"
www        A     192.0.2.80   ; keep
"""
#: The first account of every tenant, which no spec mentions.
ADMIN = {"id": "u-admin", "upn": "admin@acme.onmicrosoft.com", "display_name": "Administrator", "usage_location": "MX"}
TENANT = "acme.onmicrosoft.com"


class Place:
    """`specs/` in a folder of its own; `plan.json` beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.specs, self.plan = root, root / "specs", root / "plan.json"

    @classmethod
    def empty(cls, root: Path) -> Place:
        """Only a workspace."""
        made = cls(root)
        for name in ("zones", "tenants"):
            (made.specs / name).mkdir(parents=True)
        (made.specs / "workspace.yaml").write_text(WORKSPACE)
        return made

    @classmethod
    def example(cls, root: Path) -> Place:
        """The example that is shipped."""
        made = cls(root)
        shutil.copytree(EXAMPLE, made.specs, ignore=shutil.ignore_patterns("state"))
        return made

    def copy(self, root: Path) -> Place:
        """The same elsewhere, state and plan file too."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Place(root)

    # What stands there

    def spec(self, text: str, customer: str = "acme") -> Place:
        """Write a customer's spec."""
        (self.specs / customer).mkdir(exist_ok=True)
        (self.specs / customer / "customer.yaml").write_text(text)
        return self

    def edit(self, old: str, new: str, customer: str = "acme") -> Place:
        """Replace one piece of a customer's spec."""
        path = self.specs / customer / "customer.yaml"
        text = path.read_text()
        assert text.count(old) == 1, (old, text)
        path.write_text(text.replace(old, new))
        return self

    def zone(self, domain: str = "acme.example", text: str = ZONE) -> Path:
        """A zone file; written with `text` if it is not there yet."""
        path = self.specs / "zones" / f"{domain}.zone"
        if not path.exists():
            path.write_text(text)
        return path

    def change_zone(self, old: str, new: str, domain: str = "acme.example") -> None:
        """A change by another hand."""
        path = self.zone(domain)
        text = path.read_text()
        assert text.count(old) == 1, (old, text)
        path.write_text(text.replace(old, new))

    def tenant(self, name: str = TENANT, users: Sequence[Mapping[str, Any]] = (), **more: Any) -> Path:
        """A tenant file; written if it is not there yet."""
        path = self.specs / "tenants" / f"{name}.json"
        if not path.exists():
            content = {
                "seed": "acme",
                "sees": "../zones",
                "organisation": {"id": "1", "display_name": "Acme", "country": "MX"},
                "domains": [{"name": name, "initial": True, "default": True, "verified": True}],
                "users": [ADMIN, *users],
                "groups": [],
                "skus": [],
            }
            path.write_text(json.dumps(content | more, indent=1))
        return path

    def users(self, name: str = TENANT) -> dict[str, dict[str, Any]]:
        """The users of a tenant by address, soft-deleted ones too."""
        return {one["upn"]: one for one in json.loads(self.tenant(name).read_text())["users"]}

    def state(self, customer: str = "acme") -> Path:
        """The folder of journal, lease and passwords."""
        return self.specs / "state" / customer

    def journal(self, customer: str = "acme") -> list[dict[str, Any]]:
        """Every entry."""
        path = self.state(customer) / "journal.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def world(self) -> dict[str, bytes]:
        """Every zone file and tenant file."""
        folders = (self.specs / "zones", self.specs / "tenants")
        return {path.name: path.read_bytes() for one in folders for path in sorted(one.iterdir()) if path.is_file()}

    # Runs

    def environment(self, **more: str) -> dict[str, str]:
        """Of a run."""
        return surroundings({"RECONCILER_SPECS": str(self.specs), **more})

    def run(self, *words: str, **environment: str) -> Done:
        """The real command, without a terminal."""
        return run(words, self.root, self.environment(**environment))

    def planned(self, *words: str) -> Done:
        """A plan as JSON, saved as the plan file."""
        return self.run("plan", "--json", "--out", str(self.plan), *words)

    def applied(self, *words: str) -> Done:
        """Apply the plan file; exit code and document agree."""
        done = self.run("apply", str(self.plan), "--json", *words)
        assert done.json["exit_code"] == done.code, done
        return done

    def settled(self) -> Place:
        """Plan and apply, all of it."""
        assert self.planned().code == 0
        done = self.applied()
        assert done.code == 0, done
        return self

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The same, left running; `plan.json` is applied, say."""
        return subprocess.Popen(
            command(*words),
            cwd=self.root,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def drift(self) -> Done:
        """The drift report."""
        return self.run("drift", "--json")

    def assert_still(self) -> None:
        """A second run finds nothing to do and leaves every file as it is, the journals too; there is no drift."""
        before = self.world() | self._journals()
        done = self.run("apply", "--json")
        assert (done.code, done.json["outcome"], done.json["steps"]) == (0, "nothing", []), done
        assert self.drift().json["outcome"] == "clean"
        assert self.world() | self._journals() == before

    def _journals(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in (self.specs / "state").glob("*/journal.jsonl")}
