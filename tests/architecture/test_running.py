"""The rules of tests/conftest.py, seen from outside: a small suite runs under a copy of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
SUITE = """
import pytest

def test_sound(): pass

@pytest.mark.long
def test_long(): pass

def test_skips(): pytest.skip("no server here")

@pytest.mark.needs_shared
def test_reads_shared(): pass

@pytest.mark.xfail
def test_known(): assert False
"""
INI = "[pytest]\nmarkers =\n    long: long\n    needs_shared: shared\n"


def run(folder: Path, **environment: str) -> str:
    """The closing lines of a run of the small suite, with these variables and no others that matter."""
    home = folder / "checkout"
    (home / "tests").mkdir(parents=True)
    shutil.copy(CONFTEST, home / "tests")
    (home / "pytest.ini").write_text(INI, encoding="utf-8")
    (home / "tests" / "test_small.py").write_text(SUITE, encoding="utf-8")
    (home / "tests" / "test_absent.py").write_text("import pytest\npytest.importorskip('absent_module')\n")
    ours = {name: value for name, value in os.environ.items() if name not in {"CI", "LONG"} and "PYTEST" not in name}
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", "tests"]
    if "CI" in environment:
        command.append("--continue-on-collection-errors")
    done = subprocess.run(command, cwd=home, env=ours | environment, check=False, capture_output=True, text=True)
    return done.stdout


def test_at_a_desk(tmp_path: Path) -> None:
    """Long tests are left out, skips are skips."""
    assert "1 passed, 3 skipped, 1 deselected, 1 xfailed" in run(tmp_path)


def test_in_ci(tmp_path: Path) -> None:
    """A skipped test has failed, so has a skipped module; only what needs the material beside the checkout may skip."""
    out = run(tmp_path, CI="true")
    assert "1 failed, 1 passed, 1 skipped, 1 deselected, 1 xfailed, 1 error" in out
    assert "skipped, which CI counts as failed: Skipped: no server here" in out
    assert "../shared is absent" in out


@pytest.mark.parametrize("ci", [{}, {"CI": "true"}], ids=["desk", "ci"])
def test_shared_and_long(tmp_path: Path, ci: dict[str, str]) -> None:
    """With LONG=1 long tests run; with the material beside the checkout nothing that needs it is skipped."""
    (tmp_path / "shared").mkdir()
    out = run(tmp_path, LONG="1", **ci)
    assert "3 passed" in out
    assert "deselected" not in out
