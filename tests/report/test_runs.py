"""Apply, status and the table over many customers."""

from typing import Any

import pytest

from reconciler.report.apply_views import apply_markdown, apply_text
from reconciler.report.status_text import status_text
from reconciler.report.table import table_text
from reconciler.report.views import render
from tests.report.samples import document


@pytest.mark.parametrize("view", [apply_text, apply_markdown])
def test_apply_says_what_failed_what_it_waits_for_and_what_to_type(view: Any) -> None:
    """Nobody has to search: trouble first, then the waits with whom and until when, then the next command."""
    shown = view(document("apply"))
    assert shown.index("failed   update A www") < shown.index("waiting  update MX @") < shown.index("done     create")
    assert "(ferreterialopez.example, stage deliver, from Ana López)" in shown
    assert "until 2026-12-05 04:00 UTC" in shown
    assert "Next: " in shown
    assert "reconciler apply --customer ferreteria-lopez" in shown


def test_an_outcome_we_do_not_know_comes_first() -> None:
    """A status or an outcome that is new is shown as it is."""
    odd = document("apply")
    odd["outcome"] = "exploded"
    odd["steps"][0]["status"] = "melted"
    shown = apply_text(odd)
    assert shown.startswith("ferreteria-lopez: exploded.\n")
    assert shown.index("melted") < shown.index("failed   update")


def test_status_is_one_screen() -> None:
    """Where are we, and may I go home: fits on a screen, the warning first."""
    shown = status_text(document("status"))
    assert len(shown.splitlines()) <= 24
    assert shown.startswith("ferreteria-lopez: do NOT stop now, because of ferreterialopez.onmicrosoft.com.\n")
    assert "raul@desk (pid 4711)" in shown


def test_status_when_it_is_safe() -> None:
    """It is said that stopping is safe only when it is for every route."""
    safe = document("status")
    safe["routes"][1]["safe_to_stop"] = True
    assert status_text(safe).startswith("ferreteria-lopez: stopping now is safe.\n")
    del safe["routes"][1]["safe_to_stop"]
    assert "do NOT stop now" in status_text(safe)
    assert status_text(safe | {"routes": []}).startswith("ferreteria-lopez: nothing has begun.\n")


def test_table_has_straight_columns() -> None:
    """One line a customer; one long name does not push the others away."""
    rows = [{"customer": name, "exit_code": 0, "outcome": "done", "line": "ok"} for name in ("a", "bcd", "e" * 100)]
    first, second, third = table_text(rows).splitlines()
    assert first == f"{'a':<40}  0  done  ok"
    assert len(first) == len(second)
    assert third.endswith("0  done  ok")
    assert table_text([]) == ""


def test_many_plans_end_with_the_table() -> None:
    """A run over many customers shows each, then one table."""
    one = document("plan-clean")
    rows = [{"customer": "panaderia-sol", "exit_code": 0, "outcome": "none", "line": "No changes."}]
    shown = render({"kind": "plans", "documents": [one], "customers": rows}, "text")
    assert shown == render(one, "text") + "\npanaderia-sol  0  none  No changes.\n"
