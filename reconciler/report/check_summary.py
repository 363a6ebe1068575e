"""Sentences of a health report that its views share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reconciler.report import values
from reconciler.report.escape import SHORT, line
from reconciler.report.values import Document
from reconciler.report.words import PHRASES, Words

Part = Mapping[str, Any]

#: The worst first.
VERDICTS = ("fail", "unknown", "warn", "pass")
#: Levels that a tree of what was found is drawn with.
_DEEPEST = 12


def domains(report: Document) -> Sequence[Part]:
    """The domains in the report's order."""
    return list(report.get("domains") or ())


def sections(domain: Part) -> Sequence[Part]:
    """A domain's subjects, the worst first, else in the report's order."""
    return sorted(domain.get("sections") or (), key=lambda one: rank(one.get("verdict")))


def rank(verdict: object) -> int:
    """How far from the worst; a word that we do not know is no pass."""
    return VERDICTS.index(str(verdict)) if verdict in VERDICTS else VERDICTS.index("unknown")


def worst(found: Iterable[object]) -> str:
    """The worst of some verdicts; `unknown` without any, since nobody looked, and for a word that we do not know."""
    return VERDICTS[min(map(rank, found), default=rank("unknown"))]


def of_domain(domain: Part) -> str:
    """A domain's verdict: never better than that of any of its subjects, whatever the report says of the whole."""
    return worst([domain.get("verdict"), worst(one.get("verdict") for one in sections(domain))])


def overall(report: Document) -> str:
    """The verdict of the whole report: never better than that of any of its domains."""
    return worst([report.get("outcome"), worst(map(of_domain, domains(report)))])


def name(report: Document, words: Words) -> str:
    """What the report is about: its one domain, else the customer, else how many domains."""
    found = domains(report)
    if len(found) == 1:
        return line(found[0].get("domain"), SHORT)
    return line(report.get("customer") or "", SHORT) or words("check.domains", count=values.number(len(found)))


def headline(domain: Part, words: Words) -> str:
    """One domain on one line: its verdict, and how many of its subjects came out how."""
    found = [one.get("verdict") for one in sections(domain)]
    return _headline(line(domain.get("domain"), SHORT), of_domain(domain), found, words)


def summary(report: Document, words: Words, name: str) -> str:
    """The whole report on one line: its verdict, and how many domains came out how; `name` is fit for the view."""
    return _headline(name, overall(report), [of_domain(one) for one in domains(report)], words)


def _headline(name: str, verdict: str, found: Sequence[object], words: Words) -> str:
    counts = ", ".join(f"{count:,} {words(f'verdict.{verdict}')}" for verdict, count in counted(found).items() if count)
    said = counts or words("check.nothing")
    return words("check.headline", name=name, verdict=words(f"verdict.{verdict}"), tally=said)


def counted(found: Iterable[object]) -> dict[str, int]:
    """How often each verdict comes, the worst first; those that we do not know count as unknown."""
    counts = Counter(VERDICTS[rank(one)] for one in found)
    return {verdict: counts[verdict] for verdict in VERDICTS}


def facts(report: Document, words: Words, mark: Callable[[str], str] = str) -> list[str]:
    """When it was made, who was asked how much, and what unknown means where it comes; `mark` makes values fit."""
    servers = ", ".join(mark(line(one, SHORT)) for one in report.get("asked") or ())
    number = mark(values.number(report.get("questions", 0)))
    said = [
        words("drift.checked", moment=mark(values.moment(report.get("created")))),
        words("check.asked", questions=number, servers=servers) if servers else "",
        words("check.unknown") if overall(report) == "unknown" or any(map(_doubtful, domains(report))) else "",
    ]
    return [text for text in said if text]


def _doubtful(domain: Part) -> bool:
    return any(one.get("verdict") == "unknown" for one in sections(domain))


def subject(section: Part, words: Words) -> str:
    """A subject's name."""
    return words.named("subject", section.get("subject"))


def about(section: Part, words: Words) -> str:
    """What a subject is, for somebody who does not know its name; empty for one that we do not know either."""
    key = f"about.{section.get('subject')}"
    return words(key) if key in PHRASES else ""


def finding(one: Part, words: Words) -> str:
    """One finding: how bad, what, and the rule's name."""
    rule = f" [{line(one['rule'], SHORT)}]" if one.get("rule") else ""
    return f"{words.named('severity', one.get('severity', ''))}: {line(one.get('summary') or '')}{rule}"


def place(domain: Part) -> str:
    """Where the spec asks for the domain, when all its findings name one place; else empty."""
    found = {values.place(told.get("origin")) for one in sections(domain) for told in one.get("diagnostics") or ()}
    found.discard("")
    return found.pop() if len(found) == 1 else ""


def reasons(one: Part, known: str) -> list[str]:
    """Why a finding matters, and where it was asked for unless that is `known`: as far as said."""
    where = values.place(one.get("origin"))
    return [text for text in (line(one.get("detail") or ""), where if where != known else "") if text]


def remedy(one: Part, words: Words) -> str:
    """What to do about a finding; empty when nothing is said."""
    return words("check.remedy", text=line(one["remedy"]).rstrip(".")) if one.get("remedy") else ""


def shown(section: Part) -> list[tuple[int, str]]:
    """What was found, each with its level: two blanks make one, and none is more than one below the line before."""
    found: list[tuple[int, str]] = []
    deepest = 0
    for one in section.get("lines") or ():
        text = str(one)
        level = min((len(text) - len(text.lstrip(" "))) // 2, deepest)
        deepest = min(level + 1, _DEEPEST)
        found.append((level, line(text.strip(" "))))
    return found
