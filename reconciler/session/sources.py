"""Reads DMARC aggregate reports from files and holds what they saw against the senders of the specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reconciler import ordinary
from reconciler.mail.clouds import cloud_of
from reconciler.mail.notebook import Notebook
from reconciler.mail.reports.document import document
from reconciler.mail.reports.marks import marks
from reconciler.mail.reports.match import Marks, match
from reconciler.mail.reports.pack import LARGEST
from reconciler.mail.reports.read import read
from reconciler.mail.reports.report import Report
from reconciler.mail.reports.sources import summary
from reconciler.mail.services import OWNER
from reconciler.mail.spf.terms import identity, is_spf, parse
from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.session.answering import Answers
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DomainSpec


def seen(
    files: Sequence[Path], domains: Mapping[str, Senders | None], answers: Answers
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """What the reports in some files say of who sends, as a part of a document, and what is wrong with the files.

    Args:
        domains: to be listed, each with its senders; none = no spec says who they are.
    """
    reports, found = _read(files)
    sources = summary(reports)
    marked = answers.settled(
        Notebook, lambda notebook: {name: _marks(one, notebook) if one else {} for name, one in domains.items()}
    )
    return document(sources, match(sources, marked)), [*found, *sources.diagnostics]


class Senders(NamedTuple):
    """Who may send for a domain, by its spec; `tenant` is empty where no tenant's mail leaves in its name."""

    domain: DomainSpec
    tenant: str


def senders(customer: CustomerSpec) -> dict[str, Senders | None]:
    """The domains of a spec with their senders."""
    return {name: Senders(domain, _tenant(customer, domain)) for name, domain in customer.domains.items()}


def _tenant(customer: CustomerSpec, domain: DomainSpec) -> str:
    return customer.tenant or "" if domain.mail and domain.mail.service == "microsoft365" else ""


def _read(files: Iterable[Path]) -> tuple[list[Report], list[Diagnostic]]:
    reports: list[Report] = []
    found: list[Diagnostic] = []
    for path in files:
        try:
            size = path.stat().st_size
            content = ordinary.content(path) if size <= LARGEST else b""
        except OSError as bad:
            what = f"the report cannot be read: {bad.strerror or bad}"
            found.append(error("dmarc-report/file", what, remedy="Name a file.", origin=Origin(str(path))))
            continue
        if size > LARGEST:
            what = f"the report has {size:,} octets, at most {LARGEST:,} are read"
            found.append(error("dmarc-report/size", what, remedy="Unpack it.", origin=Origin(str(path))))
            continue
        some, problems = read(str(path), content)
        reports += some
        found += problems
    return reports, found


def _marks(named: Senders, notebook: Notebook) -> dict[str, Marks]:
    """By what each sender is known; one that is about to leave says so in its name."""
    found: dict[str, Marks] = {}
    for one in named.domain.senders:
        name = f"{one.name} (until {one.until})" if one.until else one.name
        table = one.dns_table.records if one.dns_table else ()
        listed = [value for record in table if record.type == "TXT" for value in record.values if is_spf(value)]
        terms = [term.identity.partition(":") for text in listed for term in parse(text)]
        addresses = [value for kind, _, value in terms if kind in {"ip4", "ip6"}]
        includes = [value for kind, _, value in terms if kind == "include"]
        addresses += [one.address] if one.address else []
        includes += [one.include] if one.include else []
        found[name] = marks(one.name, addresses, includes, notebook)
    for text in named.domain.spf.absent:
        kind, _, value = identity(text).lstrip("-~?").partition(":")
        addresses, includes = ([value] if kind in kinds else [] for kinds in ({"ip4", "ip6"}, {"include"}))
        if addresses or includes:
            found[f"{text} (to be retired)"] = marks("", addresses, includes, notebook)
    if named.tenant:
        found[OWNER] = marks("", [], [cloud_of(named.tenant).include], notebook)
    return found
