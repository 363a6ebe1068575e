"""The first screen, and the frame that every command runs in."""

import re
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reconciler.cli import codes
from reconciler.cli.front import FIRST, MORE, front
from reconciler.model.errors import ContractBroken, Refused, SpecError, Unavailable
from tests.cli.fake import FakeWork, document, mistake, run
from tests.running import surroundings

COMMANDS = [*FIRST, *MORE]
HEAVY = [
    "pydantic",
    "yaml",
    "dns",
    "rich",
    "pyrage",
    "importlib.metadata",
    "subprocess",
    "reconciler.session",
    "reconciler.report",
]


def loaded(*arguments: str) -> set[str]:
    """Modules that the real command has imported at its end."""
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
    code += "from reconciler.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=surroundings({}), capture_output=True, check=True, text=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"], ["apply", "--help"], ["completion", "zsh"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help is there at once: it imports neither pydantic nor yaml, dns, rich, entry points or the session."""
    assert loaded(*arguments).isdisjoint(HEAVY)


def test_first_screen_imports_no_command() -> None:
    """The first screen takes its texts from one table and imports no command."""
    assert not {f"reconciler.cli.{name}" for name in COMMANDS} & loaded("--help")


def test_first_screen_order() -> None:
    """The commands of the usual flow come first, in its order."""
    text = CliRunner().invoke(front(), ["--help"]).output
    found = re.findall(r"^  ([a-z]+)  ", text, re.MULTILINE)
    assert found == ["import", "plan", "apply", "status", "drift", *MORE]
    assert text.index("reconciler plan --out") < text.index("reconciler apply plan.json") < text.index("Commands:")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """Each command has a help with an example that names it, and fits 100 columns."""
    result = CliRunner().invoke(front(), [name, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert f"reconciler {name}" in result.output.partition("Example")[2]
    assert max(map(len, result.output.splitlines())) <= 120


def test_no_command_is_an_error() -> None:
    """Without a command the first screen goes to standard error and the run has failed."""
    result = CliRunner().invoke(front(), [])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Commands:" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["plam"],
        ["--nothing"],
        ["plan", "--nothing"],
        ["plan", "--out"],
        ["plan", "surplus"],
        ["plan", "--format", "pdf"],
        ["plan", "--json", "--format", "text"],
        ["plan", "--output", "drift.html"],
        ["plan", "--output", "pdf://x"],
        ["plan", "--output", "html://"],
        ["plan", "--target", ""],
        ["apply", "--target", ""],
        ["apply", "a", "b"],
        ["apply", "--lock-timeout", "soon"],
        ["status", "--format", "text"],
        ["drift", "--format", "csv"],
        ["show"],
        ["show", "a", "--format", "pdf"],
        ["passwords", "--identity"],
        ["providers", "surplus"],
        ["validate", "surplus"],
        ["schema"],
        ["schema", "tenant"],
        ["unlock"],
        ["unlock", "run1"],
        ["completion"],
        ["completion", "tcsh"],
    ],
    ids=" ".join,
)
def test_usage_errors_are_1(arguments: list[str]) -> None:
    """A usage error is exit 1, never 2, which means changes; nothing goes to standard output."""
    result = run(FakeWork({}), *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error: " in result.stderr


def test_unknown_command_suggests() -> None:
    """A mistyped command names the one that was meant."""
    assert "did you mean 'plan'?" in run(FakeWork({}), "plam").stderr


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (SpecError([mistake("bad spec")]), 1),
        (Refused([mistake("bad journal")]), 3),
        (Unavailable("zones", "it is down"), 1),
        (ContractBroken("zones", "5"), 1),
    ],
    ids=lambda one: type(one).__name__,
)
@pytest.mark.parametrize("command", ["plan", "apply", "status", "drift", "validate"])
def test_known_failures_have_their_code(problem: Exception, code: int, command: str) -> None:
    """What may go wrong before any customer is begun is told in a line, as JSON where that was asked for."""
    result = run(problem, command)
    assert (result.exit_code, result.stdout) == (code, "")
    assert "error: " in result.stderr
    machine = run(problem, command, "--json")
    assert machine.exit_code == code
    paper = __import__("json").loads(machine.stdout)
    assert (paper["kind"], paper["exit_code"], len(paper["diagnostics"])) == ("error", code, 1)


def bug_file(text: str) -> Path:
    """Where the details of a bug were written."""
    found = re.search(r"(/\S*reconciler-bug-\S+\.txt)", text)
    assert found, text
    return Path(found[1])


def test_a_bug_is_one_line() -> None:
    """An exception nobody expected is one line and a private file, never a traceback on the terminal."""
    result = run(KeyError("surprise"), "plan")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "this is a bug in reconciler: KeyError: 'surprise'" in line
    file = bug_file(line)
    assert "Traceback" in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.unlink()


def test_a_bug_of_one_customer_stops_no_other() -> None:
    """An unexpected exception for one customer is told in its line; the others are done."""
    work = FakeWork({"acme": ValueError("odd\n\x1b[31m"), "beta": document("plan-clean")})
    result = run(work, "plan")
    assert (result.exit_code, work.asked) == (1, ["acme", "beta"])
    assert "\x1b" not in result.output
    bug_file(result.stderr).unlink()


def test_a_bug_where_no_file_can_be_written(tmp_path: Path) -> None:
    """Without a place for the details the line is still told."""
    done = subprocess.run(
        [sys.executable, "-c", "from reconciler.cli import trouble as t; print(t.of(KeyError('x')).diagnostics[0])"],
        env=surroundings({"TMPDIR": str(tmp_path / "gone")}) | {"HOME": "/nonexistent"},
        cwd="/proc",
        capture_output=True,
        check=True,
        text=True,
    )
    assert "this is a bug in reconciler: KeyError" in done.stdout


def test_ctrl_c_is_130() -> None:
    """Interrupted while nothing was written: 130 and a sentence."""
    result = run(FakeWork({"acme": _interrupted}), "plan")
    assert result.exit_code == 130
    assert "nothing was written" in result.stderr


def _interrupted(how: object) -> dict[str, object]:
    raise KeyboardInterrupt


def test_version() -> None:
    """The version is that of the installed distribution."""
    result = CliRunner().invoke(front(), ["--version"])
    assert (result.exit_code, result.output[:12]) == (0, "reconciler 0")


@pytest.mark.parametrize(
    ("found", "wrote", "code"),
    [
        ([], False, 0),
        ([0, 2], False, 2),
        ([2, 5], False, 5),
        ([5, 3, 0], False, 3),
        ([3, 1], False, 1),
        ([1, 4], False, 4),
        ([4, 130], False, 130),
        ([0, 130], True, 4),
        ([1, 130], False, 130),
    ],
)
def test_the_first_code_that_holds(found: list[int], wrote: bool, code: int) -> None:
    """130, 4, 1, 3, 5, 2, 0; and 130 never where something was written."""
    assert codes.fold(found, wrote) == code


def test_click_never_decides() -> None:
    """A click exception with an exit code of its own still ends with ours."""

    class Odd(click.ClickException):
        exit_code = 77

    assert run(Odd("odd"), "plan").exit_code == 1
