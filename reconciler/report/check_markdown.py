"""A health report as an issue or comment, never longer than allowed."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.report import check_summary as check
from reconciler.report import markdown, values
from reconciler.report.check_summary import VERDICTS, Part
from reconciler.report.escape import SHORT, line
from reconciler.report.markdown import Section
from reconciler.report.sources_text import sources_text
from reconciler.report.values import Document
from reconciler.report.words import Words

_HEADINGS = {"fail": "Fail", "unknown": "Unknown", "warn": "Warn", "pass": "Pass"}


def check_markdown(report: Document, budget: int = markdown.BUDGET) -> str:
    """The comment, at most `budget` bytes; what fails is the last to be left out."""
    words = Words()
    return markdown.compose(_head(report, words), _sections(report, words), [], budget)


def _head(report: Document, words: Words) -> list[str]:
    found = check.domains(report)
    counts = check.counted(one.get("verdict") for domain in found for one in check.sections(domain))
    return [
        markdown.marker("check", customer=report.get("customer"), report=report.get("digest")),
        f"### {check.summary(report, words, markdown.code(check.name(report, words)))}",
        "",
        *markdown.table([*_HEADINGS.values()], [markdown.cell(count) for count in counts.values()]),
        "",
        *(f"- {text}" for text in check.facts(report, words, markdown.code)),
    ]


def _sections(report: Document, words: Words) -> Iterator[Section]:
    said = [[values.diagnostic(one, words)] for one in report.get("diagnostics") or ()]
    yield Section(words("page.diagnostics"), said, urgent=True, language="text")
    if report.get("sources"):
        told = [[text] for text in sources_text(report["sources"]).splitlines() if text]
        yield Section(words("check.sources"), told, urgent=True, language="text")
    found = [(domain, section) for domain in check.domains(report) for section in check.sections(domain)]
    for place, verdict in enumerate(VERDICTS):
        entries = [_entry(domain, one, words) for domain, one in found if check.rank(one.get("verdict")) == place]
        yield Section(_HEADINGS[verdict], entries, urgent=verdict == "fail", language="text")


def _entry(domain: Part, section: Part, words: Words) -> list[str]:
    head = f"{line(domain.get('domain'), SHORT)} {check.subject(section, words)}: {line(section.get('summary') or '')}"
    told = []
    for one in section.get("diagnostics") or ():
        todo = check.remedy(one, words)
        told += [f"  {check.finding(one, words)}", *([f"    {todo}"] if todo else [])]
    return [head, *told]
