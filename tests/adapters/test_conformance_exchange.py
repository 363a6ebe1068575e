"""The provider of what scripts bring back from Exchange passes the suite."""

from pathlib import Path

import pytest

from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from tests.conformance.exchange_harness import ExchangeHarness


class TestExchange(Conformance):
    """One tenant of which everything was brought back."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return ExchangeHarness(tmp_path)
