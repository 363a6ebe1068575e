"""Reads DMARC aggregate reports from the bytes of one file: XML, gzip, or zip with several in it."""

from __future__ import annotations

from reconciler.mail.reports.pack import decoded, unpacked
from reconciler.mail.reports.parse import parse
from reconciler.mail.reports.report import Refused, Report, said
from reconciler.model.diagnostic import Diagnostic, Origin, warning


def read(name: str, content: bytes) -> tuple[tuple[Report, ...], list[Diagnostic]]:
    """Every report in a file, however hostile the file.

    Args:
        name: of the file, for people; the content alone decides what it is.

    Returns:
        The reports in the file's order, and an error for each that was refused, a warning for each with rows left out.
    """
    reports: list[Report] = []
    found: list[Diagnostic] = []
    try:
        for entry, data in unpacked(content):
            try:
                reports.append(_one(name, entry, data, found))
            except Refused as problem:
                found.append(problem.diagnostic(name, entry))
        if not (reports or found):
            raise Refused("format", "is a zip file that holds no file")
    except Refused as problem:
        found.append(problem.diagnostic(name))
    return tuple(reports), found


def _one(name: str, entry: str, data: bytes | Refused, found: list[Diagnostic]) -> Report:
    if isinstance(data, Refused):
        raise data
    report, problems = parse(decoded(data), name)
    if report.left_out:
        what = f"has {report.left_out:,} of {report.left_out + len(report.rows):,} rows that cannot be read"
        why = f"They are counted nowhere: {'; '.join(problems)}."
        found.append(warning("dmarc-report/rows", said(entry, what), why, origin=Origin(name)))
    return report
