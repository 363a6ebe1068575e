"""What a reader of a drift report can rely on, whatever its form and language."""

from typing import Any

import pytest

from reconciler.report.drift_html import drift_html
from reconciler.report.drift_markdown import drift_markdown
from reconciler.report.drift_text import drift_text
from tests.report.samples import document

VIEWS = [drift_text, drift_markdown, drift_html]


def clean(**more: Any) -> dict[str, Any]:
    """A report without findings."""
    empty: dict[str, Any] = {name: [] for name in ("changed", "missing", "unmanaged", "ignored", "unread")}
    return document("drift") | empty | {"outcome": "clean", "oldest": None} | more


@pytest.mark.parametrize("view", VIEWS)
def test_a_clean_report_is_a_sign_of_life(view: Any) -> None:
    """Also when all is well: what was looked at, how much of it is managed, and when."""
    shown = view(clean())
    assert "no drift. Every managed object is as the spec says." in shown
    assert "1,203" in shown
    assert "1,240" in shown
    assert "objects in scope are managed." in shown
    assert "2026-11-21 20:00 UTC" in shown


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("outcome", ["clean", "drift", "inconclusive"])
def test_what_was_not_read_is_never_in_sync(view: Any, outcome: str) -> None:
    """A report with a gap names it and never says that there is no drift, whatever else it says."""
    shown = view(clean(outcome=outcome, unread=[{"source": "zones:b.example", "error": "timed out"}]))
    assert "inconclusive. 1 of 2 sources could not be read" in shown
    assert "zones:b.example: timed out" in shown
    assert "no drift" not in shown


@pytest.mark.parametrize("view", VIEWS)
def test_an_error_is_inconclusive_too(view: Any) -> None:
    """Where everything was read and something is wrong all the same, the report counts no gaps and claims nothing."""
    shown = view(clean(outcome="inconclusive"))
    assert "inconclusive. See the errors" in shown
    assert "no drift" not in shown


@pytest.mark.parametrize("view", VIEWS)
def test_findings_without_the_outcome(view: Any) -> None:
    """The findings decide the sentence, not a word that may be wrong."""
    shown = view(document("drift") | {"outcome": "clean"})
    assert "drift found: 3 changed, 1 missing." in shown


@pytest.mark.parametrize("view", VIEWS)
def test_each_set_is_shown(view: Any) -> None:
    """Changed, missing, unmanaged and ignored, with who moved, since when, and who accepted what and why."""
    shown = view(document("drift"))
    for text in (
        "the live system moved, the spec did not",
        "the spec moved and was not applied",
        "2026-11-02 06:00 UTC",
        "CNAME autodiscover of ferreterialopez.example",
        "google-site-verification=abcdef",
        "accepted by raul@msp.example until 2026-12-31 00:00 UTC: the web shop is being moved",
        "customer.yaml:26",
    ):
        assert text in shown


def test_many_unmanaged_are_counted_in_text() -> None:
    """A terminal lists some of what is not ours and counts the rest; the page lists all."""
    found = [
        {"address": f"dns/a.example/A/host{one}", "actual": ["192.0.2.1"], "first_seen": None} for one in range(60)
    ]
    shown = drift_text(clean(unmanaged=found))
    assert "Unmanaged (60):" in shown
    assert shown.count("A host") == 50
    assert "  and 10 more\n" in shown
    assert drift_html(clean(unmanaged=found)).count("A host") == 60


def test_spanish() -> None:
    """A customer reads the report in Spanish; the world's words stay as they are."""
    shown = drift_html(document("drift"), "es")
    assert '<html lang="es">' in shown
    assert "1,203 de 1,240 objetos en el alcance están administrados." in shown
    assert "google-site-verification=abcdef" in shown
    assert "no concluyente" in drift_html(document("drift-inconclusive"), "es")
