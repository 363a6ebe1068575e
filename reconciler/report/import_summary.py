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


def title(report: Document, words: Words, mark: Callable[[str], str] = str) -> str:
    """What it is about; only what a provider showed is called more than what public DNS shows."""
    domains = _domains(report)
    names = ", ".join(line(one.get("domain"), SHORT) for one in domains)
    key = "import.title.whole" if domains and all(one.get("provider") for one in domains) else "import.title"
    return words(key, name=mark(names))


def facts(report: Document, words: Words, mark: Callable[[str], str] = str) -> list[str]:
    """When, who was asked how much, and how much came of it; `mark` makes values fit for the view."""
    servers = ", ".join(mark(line(one, SHORT)) for one in report.get("asked") or ())
    told = [words("drift.checked", moment=mark(values.moment(report.get("created"))))]
    if servers:
        told.append(words("check.asked", questions=mark(values.number(report.get("questions", 0))), servers=servers))
    for one in _domains(report):
        services, records = (mark(values.number(len(one.get(key) or ()))) for key in ("matches", "records"))
        key = "import.whole" if one.get("complete") else "import.partial"
        shown = {name: mark(line(one.get(name), SHORT)) for name in ("domain", "provider")}
        told.append(words(key if one.get("provider") else "import.public", **shown))
        told.append(words("import.found", services=services, records=records))
        told += _counted(one, words, mark)
    if tenant := report.get("tenant"):
        whose = {key: mark(line(tenant.get(key), SHORT)) for key in ("name", "provider")}
        told += [words("import.tenant", **whose), *_counted(tenant, words, mark)]
    return told


def _counted(one: Mapping[str, Any], words: Words, mark: Callable[[str], str]) -> list[str]:
    """How much of each kind the spec holds, and how much it does not."""
    kinds = one.get("managed") or {}
    counts = ", ".join(mark(f"{line(kind, SHORT)} {values.number(count)}") for kind, count in kinds.items())
    left = mark(values.number(len(one.get("unmanaged") or ())))
    return [words("import.managed", counts=counts, left=left)] if counts else []


def parts(report: Document, words: Words) -> list[Part]:
    """All parts that have something to show, in the order in which a person asks."""
    domains = _domains(report)
    whole = [part for one in domains for part in _of_domain(one, words, several=len(domains) > 1)]
    whole.append(Part(words("import.left.tenant"), list(_left(report.get("tenant") or {}))))
    whole += [
        Part(words("page.diagnostics"), [[values.diagnostic(one, words)] for one in report.get("diagnostics") or ()]),
        Part(_wrote(report, words), [[line(one.get("path"))] for one in report.get("files") or ()]),
    ]
    return [part for part in whole if part.entries]


def _of_domain(one: Mapping[str, Any], words: Words, *, several: bool) -> Iterator[Part]:
    yield Part(words("import.domain"), [[line(one.get("domain"), SHORT)]] if several else [])
    yield Part(words("import.services"), list(_services(one, words)))
    yield Part(words("import.tokens"), [[_known(service)] for service in one.get("services") or ()])
    yield Part(words("import.spf"), [[_term(term, words)] for term in one.get("spf") or ()])
    yield Part(words("import.records"), [_record(record, words) for record in one.get("records") or ()])
    yield Part(words("import.zone"), [[text] for text in _zone(one, words)])
    yield Part(words("import.left"), list(_left(one)))
    yield Part(words("import.unseen"), [[line(text)] for text in one.get("unseen") or ()])


def _known(service: Mapping[str, Any]) -> str:
    return f"{line(service.get('name'), SHORT)}: {_listed(service.get('records'))}"


def _left(one: Mapping[str, Any]) -> Iterator[list[str]]:
    """By reason, what the spec does not hold."""
    reasons: dict[str, list[str]] = {}
    for left in one.get("unmanaged") or ():
        reasons.setdefault(line(left.get("reason")), []).append(line(left.get("name")))
    yield from ([reason, *names] for reason, names in reasons.items())


def following(report: Document, words: Words, mark: Callable[[str], str] = str) -> list[str]:
    """What to do next; empty when nothing is said of it."""
    return [words("import.next", text=mark(line(report["next"])))] if report.get("next") else []


def _domains(report: Document) -> Sequence[Mapping[str, Any]]:
    return report.get("domains") or ()


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
        if found.get("signed") is not None:
            yield words("import.signed" if found["signed"] else "import.unsigned")
    types = _listed(found.get("wildcards"))
    if types:
        yield words("import.wildcards", types=types)
    for owner, servers in (found.get("delegated") or {}).items():
        yield words("import.delegated", name=line(owner, SHORT), names=_listed(servers))


def _listed(names: Sequence[str] | None) -> str:
    return ", ".join(line(one, SHORT) for one in names or ())
