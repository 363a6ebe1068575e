"""Sentences of a drift report that its views share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.report import values
from reconciler.report.escape import SHORT, line
from reconciler.report.summary import difference
from reconciler.report.values import Document
from reconciler.report.words import Words

Finding = Mapping[str, Any]


def counted(report: Document, name: str) -> Sequence[Finding]:
    """One of the report's lists; empty when it is not there."""
    return list(report.get(name) or ())


def verdict(report: Document, words: Words, customer: str) -> str:
    """The one sentence: clean, drift or inconclusive; `customer` is the name made fit for the view.

    What was not read decides before anything else: such a report never says that all is well.
    """
    outcome = report.get("outcome")
    if outcome == "inconclusive" or report.get("unread"):
        gaps = len(counted(report, "unread"))
        if not gaps:
            return words("drift.inconclusive.errors", customer=customer)
        sources = max(gaps, len(counted(report, "reads")))
        return words("drift.inconclusive", customer=customer, unread=gaps, sources=sources)
    found = {name: f"{len(counted(report, name)):,}" for name in ("changed", "missing")}
    if outcome == "clean" and found == {"changed": "0", "missing": "0"}:
        return words("drift.clean", customer=customer)
    return words("drift.found", customer=customer, **found)


def facts(report: Document, words: Words, mark: Callable[[str], str] = str) -> list[str]:
    """Coverage as a fraction, when it was made, and how old the oldest difference is; `mark` makes values fit."""
    coverage = report.get("coverage") or {}
    numbers = {name: mark(values.number(coverage.get(name, 0))) for name in ("managed", "seen")}
    said = [
        words("drift.coverage", **numbers),
        words("drift.checked", moment=mark(values.moment(report.get("created")))),
    ]
    if report.get("oldest"):
        said.append(words("drift.oldest", moment=mark(values.moment(report["oldest"]))))
    return said


def finding(one: Finding, words: Words) -> str:
    """One difference on one line, the severity first, the address last: it is what `accepted_drift` takes."""
    said = f"{words.named('severity', one.get('severity', ''))}: {difference(one, words)}"
    return f"{said}; {words('column.address').lower()} {line(one.get('address') or '')}"


def unmanaged(one: Finding, words: Words) -> str:
    """Something that the spec does not mention, and since when we see it."""
    shown = values.value(one.get("actual"), words, quoted=values.is_free_text(one.get("address")))
    since = (
        f"; {words('column.first_seen').lower()} {values.moment(one['first_seen'])}" if one.get("first_seen") else ""
    )
    return f"{values.exact_title(one.get('address'), words)}: {shown}{since}"


def unread(report: Document) -> list[str]:
    """The sources that could not be read, each with its error."""
    return [f"{line(one.get('source'), SHORT)}: {line(one.get('error') or '')}" for one in counted(report, "unread")]
