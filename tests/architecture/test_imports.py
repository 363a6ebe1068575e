"""The import rules bite: each is broken on purpose in a small tree of the same shape, and lint-imports says so."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREE = [
    "reconciler/__init__.py",
    "reconciler/model/__init__.py",
    "reconciler/model/key.py",
    "reconciler/model/change.py",
    "reconciler/mail/__init__.py",
    "reconciler/mail/dkim.py",
    "reconciler/diff.py",
    "reconciler/plan.py",
    "reconciler/provider.py",
    "reconciler/recordset.py",
    "reconciler/session.py",
    "reconciler/tenant.py",
    "reconciler/spec/__init__.py",
    "reconciler/spec/load.py",
    "providers/__init__.py",
    "providers/memory.py",
    "providers/other.py",
]
SOUND = {
    "reconciler/plan.py": "from reconciler import diff",
    "reconciler/provider.py": "from reconciler.model import key\nimport pathlib",
    "reconciler/session.py": "import os, logging\nfrom reconciler import plan",
    "reconciler/spec/load.py": "import yaml, pathlib",
    "providers/memory.py": "import socket\nfrom reconciler import provider\nfrom reconciler.model import key",
}
FLOW = "data flows one way"
CYCLES = "no cycles, inside packages either"
PURE = "the pure core does no I/O"
CORE = "the core never imports an adapter"
WORDS = "adapters see only the words and the contract"
APART = "adapters do not know each other"
BREAKS = [
    (FLOW, "reconciler/diff.py", "from reconciler import plan"),
    (
        FLOW,
        "reconciler/diff.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from reconciler import plan",
    ),
    (FLOW, "reconciler/model/key.py", "from reconciler import provider"),
    (FLOW, "reconciler/tenant.py", "from reconciler import recordset"),
    (FLOW, "reconciler/helpers.py", ""),
    (CYCLES, "reconciler/model/key.py", "def late():\n    from reconciler.model import change"),
    (PURE, "reconciler/diff.py", "import os.path"),
    (PURE, "reconciler/plan.py", "from time import sleep"),
    (PURE, "reconciler/mail/dkim.py", "def late():\n    from urllib import request"),
    (PURE, "reconciler/provider.py", "import socket"),
    (CORE, "reconciler/session.py", "from providers import memory"),
    (WORDS, "providers/memory.py", "from reconciler.diff import anything"),
    (WORDS, "providers/memory.py", "from reconciler.spec import load"),
    (APART, "providers/memory.py", "from providers import other"),
]


def lint(folder: Path, files: dict[str, str]) -> tuple[int, str]:
    """Exit code and text of lint-imports over a small tree, under the product's own contracts."""
    for name in {*TREE, *files}:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files.get(name, ""), encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", folder)
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_sound_tree_passes(tmp_path: Path) -> None:
    """What the design allows breaks no contract, and parts that are not there yet are no mistake."""
    code, out = lint(tmp_path, SOUND)
    assert code == 0, out


@pytest.mark.parametrize(("contract", "name", "text"), BREAKS)
def test_a_planted_break_is_found(tmp_path: Path, contract: str, name: str, text: str) -> None:
    """Each contract finds the break planted for it, under TYPE_CHECKING and inside functions too."""
    change = {"reconciler/model/change.py": "from reconciler.model import key"} if contract == CYCLES else {}
    code, out = lint(tmp_path, {name: text} | change)
    assert code != 0
    assert f"{contract} BROKEN" in out
