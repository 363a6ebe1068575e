"""How every test runs: what is left out, what may be skipped, and how hard Hypothesis looks.

Nothing but this belongs here: what tests share by import lives in modules of its own.
"""

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
LONG = os.environ.get("LONG") == "1"
CI = os.environ.get("CI") == "true"

hypothesis.settings.register_profile("short", deadline=None, derandomize=CI)
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("long" if LONG else "short")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material kept beside the checkout; a test that asks for it is marked needs_shared."""
    return SHARED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long tests out unless LONG=1."""
    if LONG:
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what is kept beside the checkout where that is absent."""
    if item.get_closest_marker("needs_shared") and not SHARED.is_dir():
        pytest.skip("../shared is absent")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test has failed: what is not run there is run nowhere."""
    report = yield
    excused = item.get_closest_marker("needs_shared") is not None and not SHARED.is_dir()
    if CI and report.skipped and not hasattr(report, "wasxfail") and not excused:
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI counts as failed: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself while it is imported."""
    report = yield
    if CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI counts as failed: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    where = report.longrepr
    return where[2] if isinstance(where, tuple) else str(where)
