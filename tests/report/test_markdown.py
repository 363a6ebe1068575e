"""A comment that fits, says what it leaves out, and shows what destroys first."""

import json
import re
from typing import Any

import pytest

from reconciler.report import markdown
from reconciler.report.drift_markdown import drift_markdown
from reconciler.report.plan_markdown import plan_markdown
from reconciler.report.views import render
from tests.report.samples import document
from tests.report.test_plan import ZONE, plan, step


def large(destroy: int, create: int) -> dict[str, Any]:
    """A plan of many steps, the destroys last."""
    steps = [step(f"{ZONE}/A/new{one}", "create", after=["192.0.2.1"]) for one in range(create)]
    steps += [step(f"{ZONE}/A/old{one}", "destroy", before=["192.0.2.1"]) for one in range(destroy)]
    return plan(*steps, counts={"add": create, "change": 0, "destroy": destroy, "adopt": 0, "forget": 0})


def test_a_large_plan_fits_and_says_what_is_left_out() -> None:
    """Of 10,000 entries those that fit are shown, whole, and the number of the others is said."""
    shown = plan_markdown(large(3, 10_000))
    assert 55_000 < len(shown.encode()) <= markdown.BUDGET
    (taken,) = re.findall(r"<b>Add</b> \(10,000\); showing ([\d,]+) of 10,000", shown)
    assert shown.count("+ A new") == int(taken.replace(",", ""))
    assert shown.count("- A old") == 3
    assert shown.endswith("never more.\n")


def test_destroys_come_first_and_open() -> None:
    """What is destroyed is open and above everything else, however much it is."""
    shown = plan_markdown(large(40, 40))
    assert shown.index("<details open><summary><b>Destroy</b> (40)") < shown.index("<details><summary><b>Add</b> (40)")
    assert "> [!CAUTION]\n> 40 to destroy. Read those first.\n" in shown
    assert "CAUTION" not in plan_markdown(large(0, 1))


def test_destroys_are_the_last_to_be_left_out() -> None:
    """A budget that is too small for all is spent on the destroys."""
    shown = plan_markdown(large(5, 500), budget=4000)
    assert len(shown.encode()) <= 4000
    assert shown.count("- A old") == 5
    assert 0 < shown.count("+ A new") < 500


@pytest.mark.parametrize("budget", [2500, 3000, 5000, 9000])
@pytest.mark.parametrize("name", ["plan-migration", "drift"])
def test_any_budget_is_kept(name: str, budget: int) -> None:
    """A comment is never longer than allowed, and never cut in the middle of an entry."""
    view = plan_markdown if name == "plan-migration" else drift_markdown
    shown = view(document(name), budget=budget)
    assert len(shown.encode()) <= budget
    assert set(shown.splitlines()) - set(view(document(name)).splitlines()) <= {
        one for one in shown.splitlines() if "; showing " in one
    }


def test_backticks_count_against_the_budget() -> None:
    """A value of backticks makes its fence longer, and that is paid for too."""
    whole = plan(*(step(f"{ZONE}/TXT/t{one}#dmarc", "create", after="`" * 900) for one in range(100)))
    shown = plan_markdown(whole)
    assert len(shown.encode()) <= markdown.BUDGET
    assert f"\n{'`' * 901}diff\n" in shown


def test_marker_is_found_again() -> None:
    """The first line is hidden, and holds as JSON which plan of which customer this is."""
    first = plan_markdown(plan(customer="a--><b", digest="sha256:ab")).split("\n")[0]
    assert first.count("-->") == 1
    text = first.removeprefix("<!-- mail-domain-reconciler ").removesuffix(" -->")
    assert json.loads(text) == {"v": 1, "kind": "plan", "customer": "a--><b", "plan": "sha256:ab"}


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a", "`a`"),
        ("", "-"),
        (" ", "-"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``a", "``` ``a ```"),
        (" a", "`  a `"),
    ],
)
def test_code_spans(text: str, span: str) -> None:
    """A span has more backticks around it than in it."""
    assert markdown.code(text) == span


def test_cells() -> None:
    """A bar in a cell does not end it; a number needs no dress."""
    assert markdown.cell("a|b") == "`a\\|b`"
    assert markdown.cell(1240) == "1240"


def test_many_customers_in_one_comment() -> None:
    """Those that failed come first."""
    rows = [
        {"customer": name, "outcome": "x", "exit_code": code, "line": ""}
        for name, code in (("fine", 0), ("broken", 1), ("waits", 5))
    ]
    shown = render({"kind": "plans", "documents": [], "customers": rows}, "markdown")
    assert shown.index("broken") < shown.index("waits") < shown.index("fine")
