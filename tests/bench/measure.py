"""Measures whole commands as a user runs them: CPU seconds and peak memory, best of several; says what is over its bar.

Timings depend on the machine and on what else it does: ratios of one run are what to compare.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench import folders

RUNS = 5
MIB = 1024


class Figure(NamedTuple):
    """One command, measured. `cpu` in seconds, `memory` in MiB, `size` in bytes of what it printed."""

    cpu: float
    memory: float
    size: int


class Bar(NamedTuple):
    """What a command may cost; 0 = not limited."""

    cpu: float = 0.0
    memory: float = 0.0
    size: int = 0


def measure(words: Sequence[str]) -> Figure:
    """The smallest figures of several runs; the command must succeed."""
    found = [_once(words) for _ in range(RUNS)]
    return Figure(min(one.cpu for one in found), min(one.memory for one in found), found[0].size)


def _once(words: Sequence[str]) -> Figure:
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([sys.executable, "-m", "reconciler", *words], stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(words)} ended with {child.returncode}")
        return Figure(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MIB, out.tell())


def main() -> int:
    """Print every figure beside its bar; 1 when one is over."""
    over = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, figure, bar in figures(Path(folder)):
            wrong = [
                word
                for word, value, limit in zip(("CPU", "memory", "size"), figure, bar, strict=True)
                if limit and value > limit
            ]
            over += bool(wrong)
            shown = f"{figure.cpu:7.2f} s {figure.memory:6.0f} MiB {figure.size / 1000:8.0f} kB"
            limits = f"bar {bar.cpu or '-':>5} s {bar.memory or '-':>4} MiB {bar.size / 1000 or '-':>4} kB"
            sys.stdout.write(f"{name:44} {shown}   {limits}   {'OVER: ' + ', '.join(wrong) if wrong else 'ok'}\n")
            sys.stdout.flush()
    return 1 if over else 0


def figures(folder: Path) -> list[tuple[str, Figure, Bar]]:
    """Everything that has a bar."""
    plan = ("plan", "--json", "--specs")
    found = [("--help", measure(["--help"]), Bar(0.10))]
    _settled(folder / "1k", 1_000)
    _settled(folder / "10k", 10_000)
    found.append(("plan, no change, 1,000 record sets", measure([*plan, str(folder / "1k")]), Bar(0.4, 80)))
    base = measure([*plan, str(folder / "10k")])
    found.append(("plan, no change, 10,000 record sets", base, Bar(1.6, 150)))
    _moved(folder / "10k", 10_000)
    one_percent = measure([*plan, str(folder / "10k")])
    found.append(("plan, 1 % changed, 10,000 record sets", one_percent, Bar(round(base.cpu * 1.2, 2), 0, 200_000)))
    _settled(folder / "100k", 100_000)
    most = measure([*plan, str(folder / "100k")])
    found.append(("plan, no change, 100,000 record sets", most, Bar(round(base.cpu * 11, 2))))
    folders.many_customers(folder / "many", 1_000)
    found.append(("plan, 1,000 customers", measure([*plan, str(folder / "many")]), Bar(2.5)))
    folders.many_customers(folder / "people", 1_000, users=20)
    found.append(("plan, 1,000 customers, 20 users each", measure([*plan, str(folder / "people")]), Bar(4.0)))
    return found


def _settled(folder: Path, sets: int) -> None:
    """A zone whose every record set is ours already: applied once."""
    folders.one_zone(folder, sets)
    _once(["apply", "--json", "--specs", str(folder)])


def _moved(folder: Path, sets: int) -> None:
    """Every hundredth record set of the spec has another value now."""
    spec = f"domains:\n  big.example:\n    records:\n{folders.records(sets, changed=True)}"
    (folder / "big" / "customer.yaml").write_text(spec)


if __name__ == "__main__":
    raise SystemExit(main())
