"""What an import tells, part by part, for all its views: a heading, and entries of one line and what hangs below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from reconciler.report import values
from reconciler.report.escape import SHORT, line
from reconciler.report.values import Document
from reconciler.report.words import Words


class Part(NamedTuple):
    """One part; without entries it is not shown.

    Attributes:
        entries: the first line of each is what it is about.
    """

    heading: str
    entries: Sequence[Sequence[str]]


def name(report: Document) -> str:
    """The domain."""
    return line(_found(report).get("domain"), SHORT)


def facts(report: Document, words: Words, mark: Callable[[str], str] = str) -> list[str]:
    """When, who was asked how much, and how much came of it; `mark` makes values fit for the view."""
    found = _found(report)
    servers = ", ".join(mark(line(one, SHORT)) for one in report.get("asked") or ())
    services, records = (mark(values.number(len(found.get(key) or ()))) for key in ("matches", "records"))
    return [
        words("drift.checked", moment=mark(values.moment(report.get("created")))),
        words("check.asked", questions=mark(values.number(report.get("questions", 0))), servers=servers),
        words("import.found", services=services, records=records),
    ]


def parts(report: Document, words: Words) -> list[Part]:
    """All parts that have something to show, in the order in which a person asks."""
    found = _found(report)
    whole = [
        Part(words("import.services"), list(_services(found, words))),
        Part(words("import.spf"), [[_term(one, words)] for one in found.get("spf") or ()]),
        Part(words("import.records"), [_record(one, words) for one in found.get("records") or ()]),
        Part(words("import.zone"), [[text] for text in _zone(found, words)]),
        Part(words("import.unseen"), [[line(text)] for text in found.get("unseen") or ()]),
        Part(words("page.diagnostics"), [[values.diagnostic(one, words)] for one in report.get("diagnostics") or ()]),
        Part(_wrote(report, words), [[line(one.get("path"))] for one in report.get("files") or ()]),
    ]
    return [part for part in whole if part.entries]


def following(report: Document, words: Words, mark: Callable[[str], str] = str) -> list[str]:
    """What to do next; empty when nothing is said of it."""
    return [words("import.next", text=mark(line(report["next"])))] if report.get("next") else []


def _found(report: Document) -> Mapping[str, Any]:
    return report.get("found") or {}


def _wrote(report: Document, words: Words) -> str:
    """Only what says that it was written was."""
    return words("import.written" if report.get("outcome") == "written" else "import.dry")


def _services(found: Mapping[str, Any], words: Words) -> Iterator[list[str]]:
    matches = found.get("matches") or ()
    for one in matches:
        level = words.named("level", one.get("level"))
        sure = words("import.sure", level=level, share=line(one.get("confidence"), SHORT))
        head = f"{words.named('role', one.get('role'))}: {line(one.get('name'), SHORT)} ({sure})"
        yield [head, *(line(text) for text in one.get("evidence") or ())]
    if all(one.get("role") != "mailbox" for one in matches):
        yield [words("import.nobody")]


def _term(one: Mapping[str, Any], words: Words) -> str:
    text, owner = line(one.get("term")), line(one.get("owner"), SHORT)
    vendor = f" ({line(one['vendor'], SHORT)})" if one.get("vendor") else ""
    return (text if owner == "@" else words("import.below", term=text, owner=owner)) + vendor


def _record(one: Mapping[str, Any], words: Words) -> list[str]:
    kind, owner, ttl = (line(one.get(key), SHORT) for key in ("type", "name", "ttl"))
    shown = [values.value(value, words, quoted=kind == "TXT") for value in one.get("values") or ()]
    return [words("import.record", type=kind, name=owner, ttl=ttl), *shown]


def _zone(found: Mapping[str, Any], words: Words) -> Iterator[str]:
    hosts = _listed(found.get("name_servers"))
    if hosts:
        yield words("import.servers", names=hosts)
        yield words("import.signed" if found.get("signed") else "import.unsigned")
    types = _listed(found.get("wildcards"))
    if types:
        yield words("import.wildcards", types=types)
    for owner, servers in (found.get("delegated") or {}).items():
        yield words("import.delegated", name=line(owner, SHORT), names=_listed(servers))


def _listed(names: Sequence[str] | None) -> str:
    return ", ".join(line(one, SHORT) for one in names or ())
