"""The Cloudflare adapter passes the suite, through the vendor's client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.conformance.suite import Conformance
from tests.conformance.cloudflare_harness import VARIABLE, CloudflareHarness


class TestCloudflare(Conformance):
    """A zone in the emulator."""

    @pytest.fixture
    def harness(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudflareHarness]:
        monkeypatch.setenv(VARIABLE, "")  # so that what the harness sets is taken out again
        harness = CloudflareHarness(tmp_path)
        yield harness
        harness.close()
