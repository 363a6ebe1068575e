"""Reads DMARC aggregate reports from files and holds what they saw against the senders of the specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

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
from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.session.answering import Answers
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DomainSpec


def seen(
    files: Sequence[Path], customers: Iterable[CustomerSpec], domains: Iterable[str], answers: Answers
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """What the reports in some files say of who sends, as a part of a document, and what is wrong with the files.

    Args:
        customers: whose senders are known.
        domains: to be listed also without a spec.
    """
    reports, found = _read(files)
    sources = summary(reports)
    senders = answers.settled(Notebook, lambda notebook: _senders(customers, domains, notebook))
    return document(sources, match(sources, senders)), [*found, *sources.diagnostics]


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


def _senders(
    customers: Iterable[CustomerSpec], domains: Iterable[str], notebook: Notebook
) -> Mapping[str, Mapping[str, Marks]]:
    found: dict[str, dict[str, Marks]] = {name: {} for name in domains}
    for customer in customers:
        for name, domain in customer.domains.items():
            found[name] = _of_domain(customer, domain, notebook)
    return found


def _of_domain(customer: CustomerSpec, domain: DomainSpec, notebook: Notebook) -> dict[str, Marks]:
    found = {
        one.name: marks(one.name, [one.address] if one.address else [], [one.include] if one.include else [], notebook)
        for one in domain.senders
    }
    if domain.mail and domain.mail.service == "microsoft365" and customer.tenant:
        found[OWNER] = marks(OWNER, [], [cloud_of(customer.tenant).include], notebook)
    return found
