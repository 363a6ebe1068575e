"""Standard output and error as they are found: gone, full, closed, narrow, without colours or letters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.screen import Screen
from tests.cli.folder import Folder
from tests.cli.terminal import terminal
from tests.cli.test_apply import PROMPT, planned
from tests.running import surroundings


@pytest.fixture
def acme(tmp_path: Path) -> Folder:
    """One customer that wants one new record."""
    return Folder(tmp_path).with_zone("acme")


def shell(folder: Folder, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A shell script in which $R is the command."""
    given = surroundings({"R": f"{sys.executable} -m reconciler", **environment})
    return subprocess.run(
        ["bash", "-c", script], cwd=folder.root, env=given, capture_output=True, check=False, text=True
    )


def test_a_reader_who_went_away(acme: Folder) -> None:
    """A closed pipe is no error of ours, and apply goes on: its exit code is what it did."""
    file = planned(acme)
    done = shell(acme, f"$R apply {file} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "shop" in acme.zone("acme").read_text()
    done = shell(acme, "$R schema customer | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
def test_output_that_cannot_be_written_is_1(acme: Folder, where: str) -> None:
    """What could not be shown was not told."""
    done = shell(acme, f"$R plan {where}")
    assert done.returncode == 1
    assert "standard output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", ["--help", "plan --help"])
def test_help_that_cannot_be_written(acme: Folder, words: str) -> None:
    """A full disk is no bug of ours."""
    done = shell(acme, f"$R {words} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "error: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize("where", ["2> /dev/full", "2>&-", "<&-"])
def test_other_streams_may_be_missing(acme: Folder, where: str) -> None:
    """Nobody needs to listen to standard error, or to type."""
    assert shell(acme, f"$R plan {where} && $R apply {where}").returncode == 3


def test_a_terminal_without_letters(acme: Folder) -> None:
    """What an encoding has no sign for is written as an escape."""
    acme.with_zone("acme", "{name: note, type: TXT, values: [Ñandú ✓]}")
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for environment in ({"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}, plain):
        done = acme.run("plan", **environment)
        assert (done.code, "and" in done.out, done.err) == (0, True, ""), done


def test_spec_errors_in_ascii(acme: Folder) -> None:
    """Diagnostics quote the author's letters on any terminal."""
    acme.spec("acme").write_text("dominios_ñ: {}\n", encoding="utf-8")
    done = acme.run("validate", PYTHONIOENCODING="ascii")
    assert (done.code, "dominios_" in done.err, "Traceback" in done.err) == (1, True, False)


def test_colours_are_for_terminals(acme: Folder) -> None:
    """Colours only where somebody looks and wants them."""
    assert "\x1b" not in acme.run("plan").out
    for environment, options, coloured in [
        ({}, [], True),
        ({"NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": ""}, [], True),
        ({"TERM": "dumb"}, [], False),
        ({}, ["--no-color"], False),
    ]:
        with terminal(acme, "plan", *options, environment=environment) as shown:
            assert shown.end() == 0
        assert ("\x1b[32m+ 192.0.2.81" in shown.seen) is coloured, (environment, options, shown.seen)


@pytest.mark.parametrize("columns", ["1", "10", "0", "x"])
def test_narrow_terminals(acme: Folder, columns: str) -> None:
    """However narrow the terminal is, there is help, a plan and a prompt."""
    assert acme.run("plan", "--help", COLUMNS=columns).code == 0
    with terminal(acme, "apply", environment={"COLUMNS": columns}) as shown:
        shown.expect(PROMPT)
        shown.type("yes")
        assert shown.end() == 0
    assert "Traceback" not in shown.seen


def test_progress_is_for_terminals(acme: Folder) -> None:
    """Progress goes to a terminal's standard error alone."""
    file = planned(acme)
    assert acme.run("apply", file).err == ""
    acme.with_zone("beta")
    file = planned(acme)
    with terminal(acme, "apply", file, out=os.open(os.devnull, os.O_WRONLY)) as shown:
        assert shown.end() == 0
    assert "applying beta (2 of 2)" in shown.seen
    assert "prepare: create dns/beta.example/A/shop" in shown.seen
    with terminal(acme, "plan", environment={"TERM": "dumb"}) as shown:
        assert shown.end() == 0
    assert "planning" not in shown.seen


def test_secrets_never_leave(capsys: pytest.CaptureFixture[str]) -> None:
    """A known secret is blanked in whatever is written, results and messages."""
    screen = Screen()
    screen.secrets.append("horse-battery")
    screen.out("a horse-battery b\n")
    screen.err("c horse-battery d\n")
    assert capsys.readouterr() == ("a *** b\n", "c *** d\n")


def test_a_secret_in_a_bug(tmp_path: Path) -> None:
    """The file with a bug's details is blanked like everything else."""
    from reconciler.cli import trouble

    found = trouble.of(ValueError("horse-battery"), ["horse-battery"])
    text = str(found.diagnostics[0])
    assert "horse" not in text
    file = Path(text.split("report it with ")[1].split(",")[0])
    assert file.read_text() == "ValueError: ***\n"
    file.unlink()
