"""A drift report for a terminal or a log; also when there is none, as a sign of life."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.report import values
from reconciler.report.drift_summary import counted, facts, finding, unmanaged, unread, verdict
from reconciler.report.escape import SHORT, line
from reconciler.report.summary import difference
from reconciler.report.values import Document
from reconciler.report.words import Words

_OPEN = ("changed", "missing")
#: So many unmanaged things are listed; HTML and JSON hold all of them.
_LISTED = 50


def drift_text(report: Document) -> str:
    """The whole report; lines are as long as what they say, the last ends with a newline."""
    words = Words()
    parts = [
        [verdict(report, words, line(report.get("customer"), SHORT)), *facts(report, words)],
        _part(words("drift.unread"), unread(report)),
        *(_part(words(f"drift.{name}"), (finding(one, words) for one in counted(report, name))) for name in _OPEN),
        _part(words("drift.ignored"), (difference(one, words) for one in counted(report, "ignored"))),
        _unmanaged(report, words),
        _part(words("page.diagnostics"), (values.diagnostic(one, words) for one in counted(report, "diagnostics"))),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _unmanaged(report: Document, words: Words) -> list[str]:
    found = counted(report, "unmanaged")
    shown = _part(words("drift.unmanaged"), (unmanaged(one, words) for one in found[:_LISTED]))
    if len(found) <= _LISTED:
        return shown
    return [f"{words('drift.unmanaged')} ({len(found):,}):", *shown[1:], f"  and {len(found) - _LISTED:,} more"]


def _part(heading: str, found: Iterable[str]) -> list[str]:
    said = [f"  {text}" for text in found]
    return [f"{heading} ({len(said):,}):", *said] if said else []
