"""A drift report as one HTML file, for an auditor, a customer and a printer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.report import page, values
from reconciler.report.drift_summary import Finding, counted, facts, unread, verdict
from reconciler.report.escape import SHORT, line
from reconciler.report.frame import diagnostics, footer, reads
from reconciler.report.page import Html, element
from reconciler.report.summary import acceptance, pair
from reconciler.report.values import Document
from reconciler.report.words import Words


def drift_html(report: Document, language: str = "en") -> str:
    """The whole page.

    Raises:
        ValueError: there are no texts in that language.
    """
    words = Words(language)
    title = words("drift.title", customer=line(report.get("customer"), SHORT))
    body = [part for part in _parts(report, words) if part]
    return page.page(title, language, element("h1", title), *body, footer(report, words))


def _parts(report: Document, words: Words) -> Iterator[Html]:
    colour = "good" if report.get("outcome") == "clean" and not report.get("unread") else "bad"
    yield element("p", verdict(report, words, line(report.get("customer"), SHORT)), class_=f"lead {colour}")
    yield from (element("p", text) for text in facts(report, words))
    gaps = unread(report)
    yield page.section(words("drift.unread"), page.items(gaps)) if gaps else Html()
    for name in ("changed", "missing"):
        yield _section(name, _differences(counted(report, name), words), len(counted(report, name)), words)
    yield _section("ignored", _ignored(counted(report, "ignored"), words), len(counted(report, "ignored")), words)
    yield _section(
        "unmanaged", _unmanaged(counted(report, "unmanaged"), words), len(counted(report, "unmanaged")), words
    )
    yield diagnostics(report, words)
    yield reads(report, words)


def _section(name: str, content: Html, count: int, words: Words) -> Html:
    """A part with its count; shown when empty too, so that a reader sees that somebody looked."""
    shown = content if count else element("p", words("drift.none"), class_="soft")
    return page.section(f"{words(f'drift.{name}')} ({count:,})", shown)


def _differences(found: Sequence[Finding], words: Words) -> Html:
    heads = _heads(words, "severity", "what", "expected", "actual", "direction", "first_seen")
    rows = [
        [
            words.named("severity", one.get("severity", "")),
            _what(one, words),
            *map(page.code, pair(one, words)),
            _who(one, words),
            page.when(values.moment(one.get("first_seen") or "")),
        ]
        for one in found
    ]
    return page.table(heads, rows)


def _ignored(found: Sequence[Finding], words: Words) -> Html:
    heads = _heads(words, "what", "expected", "actual", "notes", "first_seen")
    rows = [
        [
            _what(one, words),
            *map(page.code, pair(one, words)),
            acceptance(one.get("accepted"), words),
            page.when(values.moment(one.get("first_seen") or "")),
        ]
        for one in found
    ]
    return page.table(heads, rows)


def _unmanaged(found: Sequence[Finding], words: Words) -> Html:
    rows = [
        [
            element("div", values.exact_title(one.get("address"), words)),
            page.code(pair(one, words)[1]),
            page.when(values.moment(one.get("first_seen") or "")),
        ]
        for one in found
    ]
    return page.table(_heads(words, "what", "actual", "first_seen"), rows)


def _what(one: Finding, words: Words) -> Html:
    beneath = [values.place(one.get("origin")), line(one.get("address") or "")]
    name = values.exact_title(one.get("address"), words)
    return element("div", name, *(element("div", text, class_="soft") for text in beneath if text))


def _who(one: Finding, words: Words) -> Html:
    direction, why = (words.named(name, one.get(name) or "") for name in ("direction", "reason"))
    return element("div", direction, *([element("div", why, class_="soft")] if why else []))


def _heads(words: Words, *names: str) -> list[str]:
    return [words(f"column.{name}") for name in names]
