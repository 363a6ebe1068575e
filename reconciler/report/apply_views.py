"""What one run did, what it waits for, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.report import markdown, values
from reconciler.report.escape import SHORT, line
from reconciler.report.markdown import Section
from reconciler.report.values import Document
from reconciler.report.words import Words

_OUTCOMES = {
    "done": "everything was done",
    "nothing": "there was nothing to do",
    "waiting": "what can be done now is done; the rest waits",
    "refused": "refused, nothing was written",
    "partial": "some changes were made and some were not",
    "error": "stopped by an error",
    "interrupted": "interrupted",
}
#: What a reader must see first comes first.
_STATUSES = ("failed", "unknown", "refused", "skipped", "waiting", "done")
_COLOURS = {"done": "+", "failed": "-", "refused": "-", "unknown": "-"}


def apply_text(result: Document) -> str:
    """The whole result for a terminal or a log; the last line ends with a newline."""
    words = Words()
    parts = [
        [f"{line(result.get('customer'), SHORT)}: {_said(result)}.", _counts(result)],
        [f"  {text}" for _, text in _steps(result, words)],
        _part("Waiting for", [waiting_line(one) for one in result.get("waiting", ())]),
        _part("To be sent", [text for one in result.get("requests", ()) for text in request_lines(one)]),
        _part("Errors and warnings", [values.diagnostic(one, words) for one in result.get("diagnostics", ())]),
        [f"Next: {line(result['next'])}"] if result.get("next") else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def apply_markdown(result: Document, budget: int = markdown.BUDGET) -> str:
    """The same as a comment of at most `budget` bytes; what failed is the last to be left out."""
    words = Words()
    counts = result.get("counts") or {}
    head = [
        markdown.marker("apply", customer=result.get("customer"), outcome=result.get("outcome")),
        f"### {markdown.code(result.get('customer'))}: {markdown.code(_said(result))}",
        "",
        *markdown.table(
            [name.capitalize() for name in _STATUSES], [markdown.cell(counts.get(one, 0)) for one in _STATUSES]
        ),
    ]
    foot = ["", f"Next: {markdown.code(result['next'])}"] if result.get("next") else []
    return markdown.compose(head, _sections(result, words), foot, budget)


def waiting_line(one: Mapping[str, Any]) -> str:
    """What is awaited, from whom, until when."""
    said = [
        line(one["subject"], SHORT) if one.get("subject") else "",
        f"stage {line(one['stage'], SHORT)}" if one.get("stage") else "",
        f"from {line(one['whom'], SHORT)}" if one.get("whom") else "",
        f"until {values.moment(one['until'])}" if one.get("until") else "",
    ]
    tail = ", ".join(text for text in said if text)
    return f"{line(one.get('text') or '')}{f' ({tail})' if tail else ''}"


def request_lines(one: Mapping[str, Any]) -> Iterator[str]:
    """A request that somebody is to send: whom to, by when an answer is expected, and its papers."""
    records, by = values.number(one.get("records", 0)), values.moment(one.get("expected_by"))
    sent = f"; send it by {values.moment(one['send_by'])} at the latest" if one.get("send_by") else ""
    whom = f"request {line(one.get('id'), SHORT)} to {line(one.get('ask'), SHORT)}"
    yield f"{whom}: {records} records, an answer is expected by {by}{sent}"
    yield from (f"  {line(file)}" for file in one.get("files", ()))


def _said(result: Document) -> str:
    outcome = result.get("outcome")
    return _OUTCOMES.get(str(outcome)) or line(outcome, SHORT)


def _counts(result: Document) -> str:
    counts = result.get("counts") or {}
    return ", ".join(f"{values.number(counts.get(name, 0))} {name}" for name in reversed(_STATUSES)) + "."


def _steps(result: Document, words: Words) -> Iterator[tuple[str, str]]:
    """Status and line of every step, the troublesome first."""
    ranks = {status: rank for rank, status in enumerate(_STATUSES)}
    for step in sorted(result.get("steps", ()), key=lambda one: ranks.get(str(one.get("status")), -1)):
        action, what = line(step.get("action"), SHORT), values.exact_title(step.get("address"), words)
        status, detail = line(step.get("status"), SHORT), line(step.get("detail") or "")
        yield str(step.get("status")), f"{status:<8} {action} {what}{': ' + detail if detail else ''}"


def _sections(result: Document, words: Words) -> Iterator[Section]:
    steps = list(_steps(result, words))
    trouble = [[f"{_COLOURS.get(status, '!')} {text}"] for status, text in steps if status != "done"]
    yield Section("Not done", trouble, urgent=True)
    waiting = [[waiting_line(one)] for one in result.get("waiting", ())]
    yield Section("Waiting for", waiting, urgent=True, language="text")
    sent = [list(request_lines(one)) for one in result.get("requests", ())]
    yield Section("To be sent", sent, urgent=True, language="text")
    found = [[values.diagnostic(one, words)] for one in result.get("diagnostics", ())]
    yield Section("Errors and warnings", found, urgent=True, language="text")
    yield Section("Done", [[f"+ {text}"] for status, text in steps if status == "done"])


def _part(heading: str, found: list[str]) -> list[str]:
    return [f"{heading}:", *(f"  {text}" for text in found)] if found else []
