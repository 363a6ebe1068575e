"""The Route 53 provider passes the suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from tests.conformance.route53_harness import Route53Harness


class TestRoute53(Conformance):
    """A hosted zone at a strict fake."""

    @pytest.fixture
    def harness(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
        harness = Route53Harness(tmp_path, monkeypatch)
        yield harness
        harness.close()
