"""The table that ends a run over many customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.report import markdown
from reconciler.report.escape import SHORT, line

Row = Mapping[str, Any]

#: Characters of a customer's name or an outcome before the columns give up being straight.
_WIDE = 40


def table_text(customers: Iterable[Row]) -> str:
    """One line for each customer: name, exit code, outcome, sentence; empty without customers."""
    rows = [
        (
            line(one.get("customer"), SHORT),
            line(one.get("exit_code"), SHORT),
            line(one.get("outcome"), SHORT),
            _said(one),
        )
        for one in customers
    ]
    wide = [min(_WIDE, max((len(row[column]) for row in rows), default=0)) for column in range(3)]
    return "".join(
        f"{name:<{wide[0]}}  {code:>{wide[1]}}  {outcome:<{wide[2]}}  {said}".rstrip() + "\n"
        for name, code, outcome, said in rows
    )


def table_markdown(customers: Iterable[Row], budget: int = markdown.BUDGET) -> str:
    """The same in Markdown, at most `budget` bytes; customers that failed come first."""
    ranked = sorted(customers, key=lambda one: one.get("exit_code") in {0, "0"})
    entries = [[_line(one)] for one in ranked]
    head = [markdown.marker("customers"), f"### {len(entries):,} customers"]
    return markdown.compose(head, [markdown.Section("Customers", entries, urgent=True, language="text")], [], budget)


def _line(one: Row) -> str:
    name, outcome, code = (line(one.get(field), SHORT) for field in ("customer", "outcome", "exit_code"))
    return f"{name}: {outcome} ({code}), {_said(one)}"


def _said(one: Row) -> str:
    return line(one.get("line") or "")
