"""What tests of the command line share: the plain workspace, the environment of a run, what a run left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = """\
providers:
  zones: {type: zonefile, directory: zones}
  tenants: {type: tenantfile, directory: tenants}
defaults: {dns: zones, tenants: tenants}
"""
KEPT = {"PATH", "HOME", "TMPDIR", "VIRTUAL_ENV"}


class Done:
    """What a run left: exit code and texts."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def rules(self) -> set[str]:
        """The rules of all its diagnostics."""
        return {one["rule"] for one in self.json["diagnostics"]}

    def statuses(self) -> dict[str, str]:
        """Status of each step of an apply, by address."""
        return {one["address"]: one["status"] for one in self.json["steps"]}

    def actions(self) -> dict[str, str]:
        """Action of each step, by address."""
        return {one["address"]: one["action"] for one in self.json["steps"]}

    def refusals(self) -> dict[str, str]:
        """Why each refused step of a plan is refused, by address."""
        return {one["address"]: one["refusal"] for one in self.json["steps"] if one["refusal"]}


def surroundings(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a run: the product is found, and nothing outside decides how it looks."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TERM": "xterm", **more}


def command(*words: str) -> list[str]:
    """A command line as arguments."""
    return [sys.executable, "-m", "reconciler", *words]


def run(words: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> Done:
    """The real command as a process, without a terminal; it never ends in a traceback."""
    done = subprocess.run(
        command(*words),
        cwd=folder,
        env=surroundings(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    found = Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
    assert "Traceback" not in found.err + found.out, found
    assert "this is a bug" not in found.err + found.out, found
    return found
