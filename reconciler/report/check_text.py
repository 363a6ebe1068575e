"""A health report for a terminal or a log: one domain in full; of several, what is not well, and a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.report import check_summary as check
from reconciler.report import values
from reconciler.report.check_summary import VERDICTS, Part
from reconciler.report.escape import SHORT, line
from reconciler.report.sources_text import sources_text
from reconciler.report.values import Document
from reconciler.report.words import Words

#: Characters of a domain's name before the columns give up being straight.
_WIDE = 40
#: Subjects of which everything that was found is shown, well or not.
_WHOLE = ("spf", "public-view")


def check_text(report: Document) -> str:
    """The whole report; lines are as long as what they say, the last ends with a newline."""
    words = Words()
    found = check.domains(report)
    one = len(found) == 1 or bool(report.get("sources") and not found)
    parts = [
        *([check.headline(domain, words), *(_full if one else _brief)(domain, words)] for domain in found),
        _table(found, words) if not one else [],
        sources_text(report["sources"]).splitlines() if report.get("sources") else [],
        _diagnostics(report, words),
        check.facts(report, words) if found or not report.get("sources") else [],
        [check.summary(report, words, check.name(report, words))] if not one or report.get("diagnostics") else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _full(domain: Part, words: Words) -> Iterator[str]:
    """Every subject; what was found where something is to be said of it, and always SPF's tree and the public view."""
    place = check.place(domain)
    yield from [f"  {place}"] if place else []
    for section in check.sections(domain):
        yield _head(section, words)
        for one in section.get("diagnostics") or ():
            yield f"    {check.finding(one, words)}"
            yield from (f"      {text}" for text in [*check.reasons(one, place), check.remedy(one, words)] if text)
        if section.get("verdict") != "pass" or section.get("subject") in _WHOLE or section.get("diagnostics"):
            yield from _found(section)


def _brief(domain: Part, words: Words) -> Iterator[str]:
    """What is not well, each with what to do; what was found only where it fails or an answer is missing."""
    for section in check.sections(domain):
        if section.get("verdict") == "pass":
            continue
        yield _head(section, words)
        for one in section.get("diagnostics") or ():
            todo = check.remedy(one, words)
            yield f"    {check.finding(one, words)}"
            yield from [f"      {todo}"] if todo else []
        if section.get("verdict") != "warn":
            yield from _found(section)


def _head(section: Part, words: Words) -> str:
    verdict = words.named("verdict", section.get("verdict"))
    return f"  {verdict:<8} {check.subject(section, words):<13} {line(section.get('summary') or '')}".rstrip()


def _found(section: Part) -> Iterator[str]:
    yield from (f"      {'  ' * level}| {text}" for level, text in check.shown(section))


def _table(found: Sequence[Part], words: Words) -> list[str]:
    rows = [(line(one.get("domain"), SHORT), check.of_domain(one), one) for one in found]
    wide = min(_WIDE, max((len(name) for name, _, _ in rows), default=0))
    heads = "".join(f"{words(f'verdict.{verdict}'):>9}" for verdict in VERDICTS)
    said = [f"{words('column.domain'):<{wide}}  {words('column.verdict'):<8}{heads}"]
    for name, verdict, domain in rows:
        counts = check.counted(one.get("verdict") for one in check.sections(domain)).values()
        numbers = "".join(f"{count:>9,}" for count in counts)
        said.append(f"{name:<{wide}}  {words.named('verdict', verdict):<8}{numbers}")
    return said if rows else []


def _diagnostics(report: Document, words: Words) -> list[str]:
    found = [f"  {values.diagnostic(one, words)}" for one in report.get("diagnostics") or ()]
    return [f"{words('page.diagnostics')} ({len(found):,}):", *found] if found else []
