"""The Microsoft 365 adapter passes the suite, through the vendor's SDK."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.conformance.suite import Conformance
from tests.conformance.microsoft365_harness import VARIABLE, Microsoft365Harness


class TestMicrosoft365(Conformance):
    """A tenant in the emulator."""

    @pytest.fixture
    def harness(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Microsoft365Harness]:
        monkeypatch.setenv(VARIABLE, "")  # so that what the harness sets is taken out again
        harness = Microsoft365Harness(tmp_path)
        yield harness
        harness.close()
