"""The RFC 2136 provider passes the suite on real servers."""

from collections.abc import Iterator

import pytest

from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from tests.conformance.rfc2136_harness import SECRET, Rfc2136Harness
from tests.live.bind_host import BindHost
from tests.live.knot_host import KnotHost

#: One zone for each test, and some to spare.
ZONES = [f"z{number}.suite.example" for number in range(200)]


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BindHost]:
    """A server with all zones."""
    host = BindHost(tmp_path_factory.mktemp("bind"), ZONES, SECRET)
    yield host
    host.close()


@pytest.fixture(scope="module")
def knot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnotHost]:
    """The same."""
    host = KnotHost(tmp_path_factory.mktemp("knot"), ZONES, SECRET)
    yield host
    host.close()


class TestBind(Conformance):
    """BIND 9."""

    @pytest.fixture
    def harness(self, bind: BindHost) -> Harness:
        return Rfc2136Harness(bind, bind.fresh())


class TestKnot(Conformance):
    """Knot DNS."""

    @pytest.fixture
    def harness(self, knot: KnotHost) -> Harness:
        return Rfc2136Harness(knot, knot.fresh())
