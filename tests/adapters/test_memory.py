"""The memory provider passes the suite, and is as strict as the systems it stands for."""

from pathlib import Path

import pytest

from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from tests.conformance.memory_harness import MemoryHarness


class TestMemory(Conformance):
    """Zones and tenants in memory."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return MemoryHarness(tmp_path)
