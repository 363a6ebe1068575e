"""A health report as one HTML file, for a customer, an auditor and a printer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.report import check_summary as check
from reconciler.report import page, values
from reconciler.report.check_summary import VERDICTS, Part
from reconciler.report.escape import SHORT, line
from reconciler.report.frame import diagnostics
from reconciler.report.page import Html, element
from reconciler.report.sources_text import sources_text
from reconciler.report.values import Document
from reconciler.report.words import Words

#: By verdict, the colour of a block's edge and of a word.
_EDGES = {"fail": "destroy", "unknown": "update", "warn": "update", "pass": "create"}
_INKS = {"fail": "bad", "unknown": "warn", "warn": "warn", "pass": "good"}


def check_html(report: Document, language: str = "en") -> str:
    """The whole page.

    Raises:
        ValueError: there are no texts in that language.
    """
    words = Words(language)
    title = words("check.title", name=check.name(report, words))
    body = [part for part in _parts(report, words) if part]
    return page.page(title, language, element("h1", title), *body, _footer(report, words))


def _parts(report: Document, words: Words) -> Iterator[Html]:
    found = check.domains(report)
    lead = (
        check.headline(found[0], words) if len(found) == 1 else check.summary(report, words, check.name(report, words))
    )
    yield element("p", lead, class_=f"lead {_ink(check.overall(report))}")
    yield from (element("p", text) for text in check.facts(report, words))
    if report.get("sources"):
        yield page.section(words("check.sources"), *(page.code(text) for text in _sources(report)))
    yield diagnostics(report, words)
    if len(found) > 1:
        yield _overview(found, words)
    yield from (_domain(domain, words) for domain in found)


def _overview(found: Sequence[Part], words: Words) -> Html:
    heads = [
        words("column.domain"),
        words("column.verdict"),
        *(words(f"verdict.{one}").capitalize() for one in VERDICTS),
    ]
    rows = []
    for domain in found:
        counts = check.counted(one.get("verdict") for one in check.sections(domain))
        numbers = [f"{count:,}" for count in counts.values()]
        rows.append(
            [element("div", line(domain.get("domain"), SHORT)), _word(check.of_domain(domain), words), *numbers]
        )
    return page.section(words("check.overview"), page.table(heads, rows))


def _sources(report: Document) -> list[str]:
    return [f"{text}\n" for text in sources_text(report["sources"]).splitlines()]


def _domain(domain: Part, words: Words) -> Html:
    place = check.place(domain)
    shown = [_section(section, place, words) for section in check.sections(domain)]
    where = [element("p", place, class_="soft")] if place else []
    return page.section(line(domain.get("domain"), SHORT), *where, *shown)


def _section(section: Part, place: str, words: Words) -> Html:
    verdict, what = str(section.get("verdict")), check.about(section, words)
    return element(
        "div",
        element("h3", f"{check.subject(section, words)}: ", _word(verdict, words)),
        *([element("p", what, class_="soft")] if what else []),
        element("p", line(section.get("summary") or "")),
        *_findings(section, place, words),
        _tree(check.shown(section)),
        class_=f"block {_EDGES.get(verdict, 'update')}",
    )


def _findings(section: Part, place: str, words: Words) -> Iterator[Html]:
    found = [
        element(
            "div",
            check.finding(one, words),
            *(element("p", text, class_="soft") for text in check.reasons(one, place)),
            *(element("p", text) for text in [check.remedy(one, words)] if text),
        )
        for one in section.get("diagnostics") or ()
    ]
    if found:
        yield page.items(found)


def _tree(found: Sequence[tuple[int, str]]) -> Html:
    """Lines as lists within lists, so that they wrap on a phone; as deep as `check.shown` allows."""
    pieces: list[str] = []
    depth = 0
    for level, text in found:
        pieces.append("<ul>" if level == depth else "</li></ul>" * (depth - level - 1) + "</li>")
        pieces.append(f"<li>{page.code(text)}")
        depth = level + 1
    return Html("".join(pieces) + "</li></ul>" * depth)


def _footer(report: Document, words: Words) -> Html:
    moment, version = values.moment(report.get("created") or ""), line(report.get("tool_version") or "", SHORT)
    digest = line(report.get("digest") or "", SHORT)
    said = [words("page.made", moment=moment, version=version), words("page.digest", digest=digest)]
    return element("footer", *(element("p", text) for text in said))


def _word(verdict: str, words: Words) -> Html:
    return element("span", words.named("verdict", verdict), class_=_ink(verdict))


def _ink(verdict: str) -> str:
    return _INKS.get(verdict, "warn")
