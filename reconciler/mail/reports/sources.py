"""Who sends in a domain's name, by the reports of many receivers: rows added up by where the mail came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from reconciler.mail.reports.report import Report, Row
from reconciler.model.diagnostic import Diagnostic, Origin, Severity, warning


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages added up.

    Attributes:
        passed: with an aligned pass of SPF or DKIM, which is what DMARC asks (RFC 9989). `spf`, `dkim`: of each.
        first, last: days of the reports that saw them, UTC; a report says no more than its own first and last day.
        reporters: sorted.
    """

    messages: int
    passed: int
    spf: int
    dkim: int
    first: date
    last: date
    reporters: tuple[str, ...]

    @property
    def failed(self) -> int:
        """Messages without any aligned pass."""
        return self.messages - self.passed


@dataclass(frozen=True, slots=True)
class Seen:
    """What came from one address with one set of passes, as one domain.

    Attributes:
        domain: of the From header.
        signers: domains of DKIM signatures that pass, aligned or not; sorted.
        envelopes: domains for which SPF passes, aligned or not; sorted.
    """

    domain: str
    address: str
    signers: tuple[str, ...]
    envelopes: tuple[str, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Source:
    """Where mail comes from, as a person thinks of it.

    Attributes:
        domain: of the From header.
        name: a domain that is not the From header's own; else a network, or its one address.
        kind: how it is known: `dkim`, `spf` or `network`.
        addresses: sorted as texts.
    """

    domain: str
    name: str
    kind: str
    addresses: tuple[str, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Sources:
    """What some reports say together.

    Attributes:
        reports: how many are counted; a report that was there twice is one.
        tally: of all rows; none when there is no report.
        left_out: rows that could not be read.
        seen: in no particular order.
        diagnostics: reports that were there more than once.
    """

    reports: int
    tally: Tally | None
    left_out: int
    seen: tuple[Seen, ...]
    diagnostics: tuple[Diagnostic, ...]


def summary(reports: Iterable[Report]) -> Sources:
    """Add up reports; their order makes no difference to what is counted."""
    counted, found = _once(reports)
    rows: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[Tally]] = {}
    for report in counted:
        for row in report.rows:
            rows.setdefault((row.header_from, row.address, *_passes(row)), []).append(_tally(row, report))
    seen = tuple(Seen(*key, total(some)) for key, some in rows.items())
    whole = total([one.tally for one in seen]) if seen else None
    return Sources(len(counted), whole, sum(report.left_out for report in counted), seen, tuple(found))


def total(tallies: Sequence[Tally]) -> Tally:
    """Several tallies as one; there is at least one."""
    reporters: set[str] = set()
    for one in tallies:
        reporters.update(one.reporters)
    return Tally(
        sum(one.messages for one in tallies),
        sum(one.passed for one in tallies),
        sum(one.spf for one in tallies),
        sum(one.dkim for one in tallies),
        min(one.first for one in tallies),
        max(one.last for one in tallies),
        tuple(sorted(reporters)),
    )


def grouped(seen: Iterable[Seen]) -> tuple[Source, ...]:
    """By source, the worst first: most messages that fail, then most messages, then by name.

    Mail is known by a service's own domain where one passes DKIM or SPF; else by its network, a /24 or a /64.
    """
    groups: dict[tuple[str, str, str], list[Seen]] = {}
    for one in seen:
        kind, name = _source(one)
        groups.setdefault((one.domain, kind, name), []).append(one)
    made = []
    for (domain, kind, name), some in groups.items():
        addresses = tuple(sorted({one.address for one in some}))
        alone = kind == "network" and len(addresses) == 1
        tally = total([one.tally for one in some])
        made.append(Source(domain, addresses[0] if alone else name, kind, addresses, tally))
    return tuple(sorted(made, key=lambda one: (*worst(one.tally), one.domain, one.name, one.kind)))


def worst(tally: Tally) -> tuple[int, int]:
    """A key that sorts the worst first."""
    return -tally.failed, -tally.messages


def beneath(name: str, domain: str) -> bool:
    """Tell whether a name is the domain or lies beneath it."""
    return name == domain or name.endswith(f".{domain}")


def _once(reports: Iterable[Report]) -> tuple[list[Report], list[Diagnostic]]:
    """Each report once; of two that differ the one with more messages, for evidence must not get lost.

    A report's id is unique among a reporter's reports to one domain, so that duplicates are known
    (RFC 9990, definition of Report-ID).
    """
    known: dict[tuple[str, str, str], list[Report]] = {}
    for report in reports:
        known.setdefault((report.reporter, report.published.domain, report.id), []).append(report)
    counted, found = [], []
    for some in known.values():
        best = max(some, key=lambda one: (one.messages, one.rows, one.begin, one.end))
        counted.append(best)
        if len(some) > 1:
            found.append(_twice(some, best))
    return counted, found


def _twice(some: Sequence[Report], best: Report) -> Diagnostic:
    same = all((one.rows, one.begin, one.end) == (best.rows, best.begin, best.end) for one in some)
    what = f"report {best.id} of {best.reporter} is there {len(some):,} times and counted once"
    where = Origin(some[-1].file)
    if same:
        return Diagnostic(Severity.INFO, "dmarc-report/duplicate", what, origin=where)
    why = "They differ though they have one id: the one with the most messages is counted."
    return warning("dmarc-report/duplicate", what, why, origin=where)


def _passes(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    signers = {one.domain for one in row.signatures if one.result == "pass" and one.domain}
    envelopes = {one.domain for one in row.checks if one.result == "pass" and one.domain}
    return tuple(sorted(signers)), tuple(sorted(envelopes))


def _tally(row: Row, report: Report) -> Tally:
    return Tally(
        row.count,
        row.count if row.dkim or row.spf else 0,
        row.count if row.spf else 0,
        row.count if row.dkim else 0,
        report.first,
        report.last,
        (report.reporter,),
    )


def _source(one: Seen) -> tuple[str, str]:
    for kind, domains in (("dkim", one.signers), ("spf", one.envelopes)):
        others = [name for name in domains if not (beneath(name, one.domain) or beneath(one.domain, name))]
        if others:
            return kind, others[0]
    return "network", _network(one.address)


def _network(address: str) -> str:
    if ":" not in address:
        return f"{address.rpartition('.')[0]}.0/24"
    from ipaddress import IPv6Network

    return str(IPv6Network((address, 64), strict=False))
