"""What people were asked for and have not done: one paragraph for each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.report import values
from reconciler.report.escape import SHORT, line
from reconciler.report.values import Document
from reconciler.report.words import Words


def tasks_text(tasks: Document) -> str:
    """All open requests, the oldest first; the last line ends with a newline."""
    words = Words()
    found = list(tasks.get("requests", ()))
    scripts = list(tasks.get("scripts", ()))
    said = f"{len(found) + len(scripts):,} open" if found or scripts else "nothing is open"
    parts = [[f"{line(tasks.get('customer'), SHORT)}: {said}."], *(list(_request(one, words)) for one in found)]
    parts += [list(_script(one, words)) for one in scripts]
    notes = [values.diagnostic(one, words) for one in tasks.get("diagnostics", ())]
    parts += [[f"{words('page.diagnostics')}:", *(f"  {text}" for text in notes)]] if notes else []
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _request(one: Mapping[str, Any], words: Words) -> Iterator[str]:
    zones = ", ".join(line(zone, SHORT) for zone in one.get("zones", ()))
    whom = f"request {line(one.get('id'), SHORT)} to {line(one.get('ask'), SHORT)}"
    yield f"{whom}, for {zones}: {line(one.get('state'), SHORT)}"
    late = ", which has passed" if one.get("late") else ""
    yield f"  since {values.moment(one.get('since'))}, answer expected by {values.moment(one.get('expected_by'))}{late}"
    if one.get("send_by"):
        yield f"  to be sent by {values.moment(one['send_by'])} at the latest"
    for record in one.get("records", ()):
        what = values.exact_title(record.get("address"), words)
        yield f"  {line(record.get('state'), SHORT)}: {what}: {line(record.get('text') or '')}"


def _script(one: Mapping[str, Any], words: Words) -> Iterator[str]:
    yield f"{line(one.get('path'))}: to be run in Exchange Online PowerShell, connected to {line(one.get('tenant'))}"
    yield f"  run {line(one.get('command'))}, then apply again"
    for step in one.get("steps", ()):
        yield f"  {values.exact_title(step.get('address'), words)}: {line(step.get('text') or '')}"
