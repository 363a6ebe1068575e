"""The door to all views: a public document and the form wanted in, text out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.report.apply_views import apply_markdown, apply_text
from reconciler.report.canonical import canonical
from reconciler.report.check_html import check_html
from reconciler.report.check_markdown import check_markdown
from reconciler.report.check_text import check_text
from reconciler.report.drift_html import drift_html
from reconciler.report.drift_markdown import drift_markdown
from reconciler.report.drift_text import drift_text
from reconciler.report.escape import line
from reconciler.report.import_html import import_html
from reconciler.report.import_text import import_markdown, import_text
from reconciler.report.plan_html import plan_html
from reconciler.report.plan_markdown import plan_markdown
from reconciler.report.plan_text import plan_text
from reconciler.report.status_text import status_text
from reconciler.report.table import table_markdown, table_text
from reconciler.report.tasks_text import tasks_text
from reconciler.report.values import Document

View = Callable[[Document], str]

_VIEWS: Mapping[tuple[str, str], View] = {
    ("plan", "text"): plan_text,
    ("plan", "markdown"): plan_markdown,
    ("drift", "text"): drift_text,
    ("drift", "markdown"): drift_markdown,
    ("apply", "text"): apply_text,
    ("apply", "markdown"): apply_markdown,
    ("status", "text"): status_text,
    ("tasks", "text"): tasks_text,
    ("check", "text"): check_text,
    ("check", "markdown"): check_markdown,
    ("import", "text"): import_text,
    ("import", "markdown"): import_markdown,
}
_PAGES = {"plan": plan_html, "drift": drift_html, "check": check_html, "import": import_html}


def render(document: Document, form: str, language: str = "en") -> str:
    """One document in one form: `text`, `markdown`, `html` or `json`.

    Args:
        document: any public document; one of several customers gives their views, then the table.
        language: of HTML alone, `en` or `es`.

    Raises:
        ValueError: there is no such view of this kind of document, or no text in this language.
    """
    if form == "json":
        return canonical(document)
    kind = str(document.get("kind"))
    if "customers" in document:
        return _several(document, form)
    if form == "html" and kind in _PAGES:
        return _PAGES[kind](document, language)
    if (kind, form) not in _VIEWS:
        raise ValueError(f"there is no {line(form, 40)} view of {line(kind, 40)} documents")
    return _VIEWS[kind, form](document)


def _several(document: Document, form: str) -> str:
    """A status of many is its table alone; others show each customer's view first."""
    if form == "markdown":
        return table_markdown(document["customers"])
    if form != "text":
        raise ValueError(f"there is no {line(form, 40)} view of several customers: ask for one at a time")
    table = table_text(document["customers"])
    if document.get("kind") == "statuses":
        return table
    return "\n".join([*(render(one, form) for one in document.get("documents", ())), table])
