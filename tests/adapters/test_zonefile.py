from pathlib import Path
import pytest
from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from tests.conformance.zonefile_harness import ZoneFileHarness
class TestZone(Conformance):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return ZoneFileHarness(tmp_path)
