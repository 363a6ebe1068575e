"""The house rules hold, and each of them bites: a break is planted for every one and must be found."""

import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.architecture import house

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "reconciler"
ADAPTERS = ROOT / "providers"
PYPROJECT = house.read_toml(ROOT / "pyproject.toml")
OURS = [*house.modules(CORE), *house.modules(ADAPTERS)]
PURE = house.pure_modules(CORE, PYPROJECT)
TRUSTED = [*house.modules(CORE / "model"), CORE / "provider.py", *house.modules(CORE / "conformance")]

Guard = Callable[[Path], list[str]]


def broken(guard: Guard, paths: list[Path]) -> list[str]:
    """What a guard finds in all these files."""
    return [line for path in paths for line in guard(path)]


def test_pure_core_touches_nothing() -> None:
    """The pure core opens no file, prints nothing and reads no clock."""
    assert broken(house.impurities, PURE) == []


def test_pure_core_is_where_it_is_looked_for() -> None:
    """The list of parts that touch the world leaves the nouns and the contract in the pure core."""
    names = {path.relative_to(CORE).parts[0] for path in PURE}
    assert {"model", "provider.py"} <= names
    assert not names & {"cli", "session.py", "journal.py", "clock.py", "conformance"}


def test_sizes() -> None:
    """No module and no function is beyond its limit."""
    assert broken(house.too_long, OURS) == []


def test_median_size() -> None:
    """Half of the modules are short."""
    assert house.median_too_long(OURS) == []


def test_modules_say_why_they_exist() -> None:
    """Every module, tests too, has a docstring."""
    assert broken(house.without_docstring, [*OURS, *house.modules(ROOT / "tests")]) == []


def test_what_others_trust_is_documented() -> None:
    """Nouns, contract and conformance suite document everything public."""
    assert broken(house.undocumented, TRUSTED) == []


@pytest.mark.parametrize("package", [CORE, ADAPTERS], ids=lambda path: path.name)
def test_packages_hold_a_docstring_only(package: Path) -> None:
    """A foreign package of the same name could overwrite these files without any loss."""
    assert house.more_than_docstring(package / "__init__.py") == []


def test_top_level_folder() -> None:
    """What is tracked at the top is what a newcomer expects there."""
    command = ["git", "-c", "safe.directory=*", "ls-files"]
    tracked = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert house.misplaced(tracked) == []


def test_adapters_are_registered() -> None:
    """Built-in adapters come in through the door that third parties use."""
    assert house.unregistered(ADAPTERS, PYPROJECT["project"]["entry-points"]["reconciler.providers"]) == []


def test_installed_entry_points_are_current() -> None:
    """An editable install freezes entry points: what is installed is what pyproject.toml says now."""
    installed = {
        point.name: point.value
        for point in entry_points(group="reconciler.providers")
        if point.dist is not None and point.dist.name == PYPROJECT["project"]["name"]
    }
    assert installed == PYPROJECT["project"]["entry-points"]["reconciler.providers"], "run: make venv"


def test_lock_file_names_no_place() -> None:
    """The lock file installs from any mirror: it names packages, versions and hashes alone."""
    assert house.foreign_lock_lines((ROOT / "requirements.lock").read_text(encoding="utf-8")) == []


def test_wheel_holds_two_packages(tmp_path: Path) -> None:
    """The wheel brings the two packages, with the mark that they are typed, and nothing else."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"reconciler", "providers"}
    assert "reconciler/py.typed" in names


LONG_BODY = "\n".join(["    pass"] * house.FUNCTION_LINES)
LONG_FILE = "\n".join(["x = 1"] * (house.MODULE_LINES + 1))

PLANTED: list[tuple[Guard, str, str]] = [
    (house.impurities, "open('a')", ":1: open"),
    (house.impurities, "log = print", ":1: print"),
    (house.impurities, "eval('1')", ":1: eval"),
    (house.impurities, "import datetime\ndatetime.datetime.now()", ":2: .now()"),
    (house.impurities, "def f(path):\n    return path.read_text()", ":2: .read_text()"),
    (house.too_long, LONG_FILE, f"{house.MODULE_LINES + 1} lines"),
    (house.too_long, f"def f():\n{LONG_BODY}", f"f has {house.FUNCTION_LINES + 1} lines"),
    (house.too_long, f"async def f():\n{LONG_BODY}", f"f has {house.FUNCTION_LINES + 1} lines"),
    (house.without_docstring, "x = 1", "no module docstring"),
    (house.undocumented, "def f(): ...", ":1: f"),
    (house.undocumented, "class A:\n    'Doc.'\n    def b(self): ...", ":3: A.b"),
    (house.more_than_docstring, "'Doc.'\nfrom os import path", ":2: only a docstring"),
    (house.more_than_docstring, "x = 1", ":1: only a docstring"),
]


@pytest.mark.parametrize(("guard", "text", "found"), PLANTED)
def test_a_planted_break_is_found(tmp_path: Path, guard: Guard, text: str, found: str) -> None:
    """Each guard that reads a module finds the break planted for it."""
    path = tmp_path / "planted.py"
    path.write_text(text, encoding="utf-8")
    (line,) = guard(path)
    assert found in line


@pytest.mark.parametrize("guard", [house.impurities, house.too_long, house.without_docstring, house.undocumented])
def test_a_sound_module_passes(tmp_path: Path, guard: Guard) -> None:
    """What only looks like a break is none: fields called now, private helpers, names in strings."""
    path = tmp_path / "sound.py"
    text = '''
    """Sound."""

    class Stale:
        """The plan is stale."""

        def __init__(self, now):
            self.now = now

    def _helper():
        return "open print"
    '''
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    assert guard(path) == []


def test_a_long_median_is_found(tmp_path: Path) -> None:
    """Two long modules and a short one make a long median."""
    paths = [tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py"]
    for path, lines in zip(paths, [1, house.MEDIAN_LINES + 1, house.MEDIAN_LINES + 9], strict=True):
        path.write_text("x = 1\n" * lines, encoding="utf-8")
    assert len(house.median_too_long(paths)) == 1
    assert house.median_too_long(paths[:1]) == []


def test_a_new_part_is_pure_until_listed(tmp_path: Path) -> None:
    """A part nobody has listed as touching the world counts as pure."""
    for name in ["fresh.py", "session.py", "clock.py"]:
        (tmp_path / name).touch()
    assert [path.name for path in house.pure_modules(tmp_path, PYPROJECT)] == ["fresh.py"]


def test_a_stray_top_level_entry_is_found() -> None:
    """Anything unexpected at the top is named once."""
    assert house.misplaced(["README.md", "notes/a.md", "notes/b.md", "setup.cfg"]) == ["notes", "setup.cfg"]


def test_an_unregistered_adapter_is_found(tmp_path: Path) -> None:
    """An adapter without an entry point, a missing adapter and a missing class are three findings."""
    (tmp_path / "many").mkdir()
    for name in ["__init__.py", "forgotten.py", "there.py", "many/__init__.py"]:
        (tmp_path / name).touch()
    points = {"gone": "providers.gone:Gone", "there": "providers.there:There"}
    assert house.unregistered(tmp_path, points) == [
        "entry point gone: there is no providers.gone",
        "entry point there: there is no class There in providers.there",
        "providers.forgotten has no entry point in pyproject.toml: add it and install again",
        "providers.many has no entry point in pyproject.toml: add it and install again",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--find-links /opt/wheels",
        "# uv pip compile --output-file /home/someone/requirements.lock",
        "# from https://packages.example",
        "thing @ https://packages.example/thing.whl",
        "-e .",
        "thing>=1",
    ],
)
def test_a_place_in_the_lock_file_is_found(line: str) -> None:
    """Addresses, folders and loose versions have no place in the lock file."""
    sound = f"thing==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{'0' * 64}\n"
    assert house.foreign_lock_lines(sound) == []
    assert len(house.foreign_lock_lines(f"{sound}{line}\n")) == 1
