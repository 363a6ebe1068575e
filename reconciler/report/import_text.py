"""What an import found and wrote, for a terminal, a log and a comment."""

from __future__ import annotations

from reconciler.report import import_summary as summary
from reconciler.report import markdown
from reconciler.report.markdown import Section
from reconciler.report.values import Document
from reconciler.report.words import Words


def import_text(report: Document) -> str:
    """Everything; the last line ends with a newline."""
    words = Words()
    blocks = [[summary.title(report, words), *summary.facts(report, words)]]
    for part in summary.parts(report, words):
        shown = [f"{'    ' if below else '  '}{text}" for one in part.entries for below, text in enumerate(one)]
        blocks.append([f"{part.heading}:", *shown])
    blocks.append(summary.following(report, words))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def import_markdown(report: Document, budget: int = markdown.BUDGET) -> str:
    """The comment, at most `budget` bytes."""
    words = Words()
    head = [
        markdown.marker("import", customer=report.get("customer"), report=report.get("digest")),
        f"### {summary.title(report, words, markdown.code)}",
        "",
        *(f"- {text}" for text in summary.facts(report, words, markdown.code)),
    ]
    last = [text for one in summary.following(report, words, markdown.code) for text in ("", one)]
    return markdown.compose(head, map(_section, summary.parts(report, words)), last, budget)


def _section(part: summary.Part) -> Section:
    entries = [[f"{'  ' if below else ''}{text}" for below, text in enumerate(one)] for one in part.entries]
    return Section(part.heading, entries, language="text")
