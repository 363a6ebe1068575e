"""A drift report as an issue or comment, never longer than allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.report import markdown, values
from reconciler.report.drift_summary import counted, facts, finding, unmanaged, unread, verdict
from reconciler.report.markdown import Section
from reconciler.report.summary import difference
from reconciler.report.values import Document
from reconciler.report.words import Words

_SETS = ("changed", "missing", "unmanaged", "ignored")


def drift_markdown(report: Document, budget: int = markdown.BUDGET) -> str:
    """The comment, at most `budget` bytes; what was not read and what changed is the last to be left out."""
    words = Words()
    return markdown.compose(_head(report, words), _sections(report, words), _foot(report), budget)


def _head(report: Document, words: Words) -> list[str]:
    heads = ["Changed", "Missing", "Unmanaged", "Ignored"]
    return [
        markdown.marker("drift", customer=report.get("customer"), report=report.get("digest")),
        f"### {verdict(report, words, markdown.code(report.get('customer')))}",
        "",
        *markdown.table(heads, [markdown.cell(len(counted(report, name))) for name in _SETS]),
        "",
        *(f"- {text}" for text in facts(report, words, markdown.code)),
    ]


def _sections(report: Document, words: Words) -> Iterator[Section]:
    yield _section("Not read", unread(report), urgent=True)
    yield _section("Changed", [finding(one, words) for one in counted(report, "changed")], urgent=True)
    yield _section("Missing", [finding(one, words) for one in counted(report, "missing")], urgent=True)
    yield _section("Errors and warnings", [values.diagnostic(one, words) for one in counted(report, "diagnostics")])
    yield _section("Ignored, accepted by somebody", [difference(one, words) for one in counted(report, "ignored")])
    yield _section("Unmanaged", [unmanaged(one, words) for one in counted(report, "unmanaged")])


def _section(heading: str, found: Sequence[str], *, urgent: bool = False) -> Section:
    return Section(heading, [[text] for text in found], urgent, "text")


def _foot(report: Document) -> list[str]:
    spec = (report.get("spec") or {}).get("digest")
    return ["", f"Report {markdown.code(report.get('digest'))} of spec {markdown.code(spec)}."]
