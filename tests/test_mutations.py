"""Every file of the example, damaged: diagnostics or a plan, never another exception."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.errors import Refused, SpecError
from reconciler.report import views
from reconciler.session.opened import Session
from reconciler.session.planning import Options, make

EXAMPLE = Path(__file__).resolve().parent.parent / "specs" / "example"
FILES = sorted(path.relative_to(EXAMPLE) for path in EXAMPLE.rglob("*") if path.is_file() and "state" not in path.parts)
ROUNDS = 20_000 if os.environ.get("LONG") == "1" else 240
SLICES = 4
PIECES = (
    *(b"\x00", b"\xff", b'"', b"'", b"{", b"}", b"[", b"]", b":", b"- ", b"\n", b"\t", b"#", b"&a ", b"*a", b"!!x "),
    *(b"999999999999999999999", b"-1", b"null", b"~", b"true", b".", b"@", b"*", b"=cmd", b",,,", b"\r\n", b" " * 60),
    *(b"$INCLUDE x\n", b"$ORIGIN .\n", b"(", b")", b";", b"\\", b"\\999", "ñ\u202e".encode(), b"a" * 300),
)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """A few bytes or lines cut, doubled, swapped or put in."""
    for _ in range(dice.choice((1, 1, 1, 2, 5))):
        at, end = sorted((dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)))
        end = min(end, at + dice.choice((0, 1, 4, 40)))
        data = dice.choice(
            (
                data[:at] + dice.choice(PIECES) + data[end:],
                data[:at] + data[end:],
                data[:at] + data[at:end] * 2 + data[end:],
                data[:at] + bytes(dice.randrange(256) for _ in range(3)) + data[end:],
                b"\n".join(dice.sample(lines, len(lines))) if len(lines := data.split(b"\n")) < 40 else data[:at],
            )
        )
    return data


def mutations(slice_: int) -> Iterator[tuple[Path, bytes]]:
    """Always the same ones."""
    dice = random.Random(slice_)
    for _ in range(ROUNDS // SLICES):
        name = dice.choice(FILES)
        yield name, damaged((EXAMPLE / name).read_bytes(), dice)


def tried(folder: Path) -> str:
    """What comes of it: `spec`, `refused`, or the plan's sentence."""
    try:
        session = Session(folder)
        for customer in session.loaded.customers:
            made = make(session, customer, Options())
            return "plan" if views.render(made.document, "text") else "nothing shown"
    except SpecError as error:
        return "spec" if all(str(one).isprintable() for one in error.diagnostics) else "unprintable"
    except Refused:
        return "refused"
    assert all(str(one).isprintable() for some in session.loaded.failed.values() for one in some)
    return "failed"


@pytest.mark.parametrize("slice_", range(SLICES))
def test_damaged_files(slice_: int, tmp_path: Path) -> None:
    """Whatever a file holds, the answer is a plan or a diagnostic; both come up."""
    shutil.copytree(EXAMPLE, tmp_path / "specs", ignore=shutil.ignore_patterns("state"))
    outcomes = set()
    for name, data in mutations(slice_):
        path = tmp_path / "specs" / name
        path.write_bytes(data)
        outcome = tried(tmp_path / "specs")
        assert outcome in {"plan", "spec", "failed", "refused"}, (name, data)
        outcomes.add(outcome)
        path.write_bytes((EXAMPLE / name).read_bytes())
    assert {"plan", "failed"} <= outcomes
