"""The matrix shows what adapters declare, and every gap."""

from pathlib import Path

import pytest

from reconciler.conformance.harness import Harness
from reconciler.conformance.matrix import matrix
from tests.conformance.memory_harness import MemoryHarness
from tests.conformance.tenantfile_harness import TenantFileHarness
from tests.conformance.zonefile_harness import ZoneFileHarness


@pytest.fixture
def page(tmp_path: Path) -> str:
    """The page on the three adapters that come with the product."""
    folders = [tmp_path / name for name in ("memory", "zonefile", "tenantfile")]
    for folder in folders:
        folder.mkdir()
    harnesses: dict[str, Harness] = {
        "memory": MemoryHarness(folders[0]),
        "zonefile": ZoneFileHarness(folders[1]),
        "tenantfile": TenantFileHarness(folders[2]),
    }
    return matrix(harnesses)


def row(page: str, name: str) -> list[str]:
    """The cells of the row with this name."""
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split(" | ")][1:]


def test_kinds_show_what_is_declared(page: str) -> None:
    """A kind's row holds each adapter's verbs and terms, and says no where there is nothing."""
    memory, zonefile, tenantfile = row(page, "MX")
    assert memory == "create, update, delete"
    assert zonefile.startswith("create, update, delete; ")
    assert "atomic" in zonefile
    assert tenantfile == "no"
    assert row(page, "sku")[2] == "read only"


def test_gaps_are_shown_with_their_reason(page: str) -> None:
    """A story that an adapter refuses is a row, with the adapter's own words; one that all can tell is none."""
    memory, zonefile, tenantfile = row(page, "unknown type: empty, long")
    assert "memory cannot store TYPE65400" in memory
    assert (zonefile, tenantfile) == ("", "")
    assert "| MX: null, zero, highest |" not in page


def test_faults_show_what_a_harness_plays(page: str) -> None:
    """A fault that a harness cannot play is a gap of the suite, and is shown."""
    assert row(page, "lost-reply") == ["yes", "no", "no"]
    assert row(page, "truncated") == ["no", "yes", "yes"]


def test_a_bar_stays_in_its_cell(tmp_path: Path) -> None:
    """No text of an adapter breaks the table."""
    page = matrix({"a|b": MemoryHarness(tmp_path)})
    heads = [line for line in page.splitlines() if line.startswith("| kind")]
    assert heads == ["| kind | a\\|b |"]
