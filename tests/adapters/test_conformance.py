"""The file providers pass the suite."""

from pathlib import Path

import pytest

from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from tests.conformance.tenantfile_harness import TenantFileHarness
from tests.conformance.zonefile_harness import ZoneFileHarness


class TestZoneFile(Conformance):
    """A zone in a folder."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return ZoneFileHarness(tmp_path)


class TestTenantFile(Conformance):
    """A tenant in a folder, and the zones it sees."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return TenantFileHarness(tmp_path)
