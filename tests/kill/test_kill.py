"""Killed at any moment, run again: same end, nothing done twice, the journal whole, nothing else changed."""

import json
import os
import random
from pathlib import Path

import pytest

from tests.kill.stand import Stand

LONG = os.environ.get("LONG") == "1"
#: Positions tried in CI; every one of them with LONG=1.
SAMPLE = 24


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """An approved plan, nothing applied."""
    stand = Stand(tmp_path_factory.mktemp("fresh"))
    stand.approve()
    return stand


@pytest.fixture(scope="module")
def whole(fresh: Stand, tmp_path_factory: pytest.TempPathFactory) -> tuple[Stand, int]:
    """The same, applied without being killed, and how many calls that took."""
    folder = tmp_path_factory.mktemp("whole")
    stand = fresh.copy(folder)
    result = stand.apply(log=folder / "calls")
    assert result.returncode == 0, result.stderr + result.stdout
    return stand, len((folder / "calls").read_text().splitlines())


def _positions(calls: int) -> list[str]:
    every = [f"{number}:{when}" for number in range(1, calls + 1) for when in ("before", "after")]
    return every if LONG else sorted(random.Random(20261121).sample(every, SAMPLE))


def test_enough_to_be_killed_over(whole: tuple[Stand, int]) -> None:
    """The plan has at least twelve steps over both providers."""
    stand, calls = whole
    steps = stand.done()
    assert len(steps) >= 12
    assert set(steps.values()) == {1}
    assert calls > 50


@pytest.mark.parametrize("slice_", range(4))
def test_same_end(whole: tuple[Stand, int], fresh: Stand, slice_: int, tmp_path: Path) -> None:
    """Killed before or after any call that changes the disk, the next run ends as if nothing had happened."""
    reference, calls = whole
    for position in _positions(calls)[slice_::4]:
        stand = fresh.copy(tmp_path / position.replace(":", "-"))
        killed = stand.apply(kill=position)
        assert killed.returncode == -9, (position, killed.stdout, killed.stderr)
        again = stand.apply()
        assert again.returncode == 0, (position, again.stdout, again.stderr)
        assert stand.zone() == reference.zone(), position
        assert stand.tenant() == reference.tenant(), position
        assert stand.done() == reference.done(), position
        empty = json.loads(stand.call("plan", "--json").stdout)
        assert sum(empty["counts"].values()) == 0, position
