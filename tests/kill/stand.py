"""A customer to be killed over: a copy of the example, the real command line as a subprocess, and what must be true."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "specs" / "example"
INJECT = Path(__file__).resolve().parent / "inject"
CUSTOMER = "ferreteria-lopez"
DOMAIN = "ferreterialopez.example"
TENANT = "ferreterialopez.onmicrosoft.com"


class Stand:
    """One copy of the example with an approved plan."""

    def __init__(self, folder: Path) -> None:
        self.specs = folder / "specs"
        self.plan = folder / "plan.json"
        shutil.copytree(EXAMPLE, self.specs, ignore=shutil.ignore_patterns("state"))

    def copy(self, folder: Path) -> Stand:
        """The same state elsewhere, to be killed again."""
        made = object.__new__(Stand)
        made.specs, made.plan = folder / "specs", folder / "plan.json"
        shutil.copytree(self.specs, made.specs)
        shutil.copy(self.plan, made.plan)
        return made

    def call(self, *words: str, kill: str = "", log: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command line; `kill` as in `inject`."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KILL_")}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        if kill or log:
            environment |= {"PYTHONPATH": str(INJECT), "KILL_AT": kill or "0:", "KILL_LOG": str(log or "")}
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *words, "--specs", str(self.specs)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def approve(self) -> None:
        """Make the plan file that every apply uses."""
        assert self.call("plan", "--out", str(self.plan)).returncode == 0

    def apply(self, kill: str = "", log: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Apply the approved plan file."""
        return self.call("apply", str(self.plan), "--json", kill=kill, log=log)

    def zone(self) -> str:
        """The zone file without its serial and the tokens the tenant names."""
        text = (self.specs / "zones" / f"{DOMAIN}.zone").read_text()
        return re.sub(r"\d{10}  ; serial", "SERIAL", text)

    def tenant(self) -> dict[str, Any]:
        """The tenant file without what is drawn by chance."""
        content = json.loads((self.specs / "tenants" / f"{TENANT}.json").read_text())
        for user in content["users"]:
            for drawn in ("id", "password_hash"):
                user.pop(drawn, None)
        for group in content["groups"]:
            group.pop("id", None)
            group["members"] = len(group["members"])
        return dict(content)

    def journal(self) -> list[dict[str, Any]]:
        """The journal's lines; the last may be torn."""
        path = self.specs / "state" / CUSTOMER / "journal.jsonl"
        lines = path.read_text().split("\n") if path.exists() else []
        return [json.loads(line) for line in lines[:-1]]

    def done(self) -> Counter[str]:
        """How often each step was carried out, as the journal says."""
        ends = (entry["outcomes"] for entry in self.journal() if entry["type"] == "end")
        return Counter(one["id"] for some in ends for one in some if one["status"] in ("done", "found"))
