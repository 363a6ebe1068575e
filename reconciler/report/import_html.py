"""What an import found, as one HTML file for the customer who is to check it."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.report import import_summary as summary
from reconciler.report import page, values
from reconciler.report.escape import SHORT, line
from reconciler.report.page import Html, element
from reconciler.report.values import Document
from reconciler.report.words import Words


def import_html(report: Document, language: str = "en") -> str:
    """The whole page.

    Raises:
        ValueError: there are no texts in that language.
    """
    words = Words(language)
    title = summary.title(report, words)
    said = [element("p", text) for text in summary.facts(report, words)]
    shown = [page.section(part.heading, *_entries(part.entries)) for part in summary.parts(report, words)]
    last = [element("p", text, class_="lead") for text in summary.following(report, words)]
    return page.page(title, language, element("h1", title), *said, *shown, *last, _footer(report, words))


def _entries(found: Sequence[Sequence[str]]) -> list[Html]:
    """A plain list where nothing hangs below any entry."""
    if all(len(lines) == 1 for lines in found):
        return [page.items(lines[0] for lines in found)]
    return [
        element("div", element("p", lines[0]), page.items(map(page.code, lines[1:])), class_="block") for lines in found
    ]


def _footer(report: Document, words: Words) -> Html:
    moment, version = values.moment(report.get("created") or ""), line(report.get("tool_version") or "", SHORT)
    digest = line(report.get("digest") or "", SHORT)
    said = [words("page.made", moment=moment, version=version), words("page.digest", digest=digest)]
    return element("footer", *(element("p", text) for text in said))
