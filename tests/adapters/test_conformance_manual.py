"""The provider that asks a person passes the suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from tests.conformance.manual_harness import ManualHarness


class TestManual(Conformance):
    """A zone at a host that one can only ask."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Iterator[Harness]:
        made = ManualHarness(tmp_path)
        yield made
        made.host.close()
