"""Sentences about a whole plan or one difference that several views share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.report import values
from reconciler.report.escape import SHORT, line
from reconciler.report.values import Document
from reconciler.report.words import Words

COUNTS = ("add", "change", "destroy", "adopt", "forget")


def headline(plan: Document, words: Words, customer: str) -> str:
    """The one sentence that says what kind of plan this is; `customer` is the name made fit for the view."""
    return words(f"plan.{_mood(plan)}", customer=customer)


def _mood(plan: Document) -> str:
    if plan.get("errored"):
        return "errored"
    if not plan.get("complete", True):
        return "partial"
    stages = [stage for route in plan.get("routes", ()) for stage in route.get("stages", ())]
    waits = any(not gate.get("open") for stage in stages for gate in stage.get("gates", ()))
    counted = any((plan.get("counts") or {}).get(name) for name in ("add", "change", "destroy"))
    if counted or (plan.get("steps") and not waits):
        return "some"
    if waits:
        return "waits"
    return "none.left" if plan.get("drift") else "none"


def counts_line(plan: Document, words: Words) -> str:
    """The line that scripts read: `Plan: 3 to add, 2 to change, 1 to destroy, 1 to adopt, 0 to forget.`"""
    counts = plan.get("counts") or {}
    return words("plan.counts", **{name: line(counts.get(name, 0), SHORT) for name in COUNTS})


def policy_line(plan: Document, words: Words) -> str:
    """What the policy said of the plan."""
    return words("plan.policy", result=words.named("policy", (plan.get("policy") or {}).get("result")))


def missing(plan: Document, words: Words) -> list[str]:
    """What is missing before the plan can be applied; empty when it can be."""
    if plan.get("applyable", True):
        return []
    return [line(text) for text in plan.get("missing", ())] or [words("plan.blocked.unsaid")]


def difference(one: Mapping[str, Any], words: Words) -> str:
    """One difference on one line: what, expected and actual, who moved, since when, and what it means."""
    old, new = pair(one, words)
    said = [
        words.named("class", one["class"]) if one.get("class") else "",
        f"{words('column.expected').lower()} {old}, {words('column.actual').lower()} {new}",
        *circumstances(one, words),
    ]
    return f"{values.exact_title(one.get('address'), words)}: {'; '.join(text for text in said if text)}"


def pair(one: Mapping[str, Any], words: Words) -> tuple[str, str]:
    """What the spec says and what is there."""
    quoted = values.is_free_text(one.get("address"))
    missing = one.get("unknown")
    return (
        values.unknown(missing, words) if missing else values.value(one.get("expected"), words, quoted=quoted),
        values.value(one.get("actual"), words, quoted=quoted),
    )


def circumstances(one: Mapping[str, Any], words: Words) -> list[str]:
    """Why, who moved, since when, where it was asked for, what it blocks, who accepted it: as far as known."""
    said = [
        words.named("reason", one["reason"]) if one.get("reason") else "",
        words.named("direction", one["direction"]) if one.get("direction") else "",
        f"{words('column.first_seen').lower()} {values.moment(one['first_seen'])}" if one.get("first_seen") else "",
        values.place(one.get("origin")),
        words("blocks") if one.get("blocks") else "",
        acceptance(one.get("accepted"), words),
    ]
    return [text for text in said if text]


def acceptance(accepted: Mapping[str, Any] | None, words: Words) -> str:
    """Who accepted a difference, until when and why; empty when nobody did."""
    if not accepted:
        return ""
    owner, reason = line(accepted.get("owner") or "", SHORT), line(accepted.get("reason") or "")
    until = accepted.get("until")
    key = "accepted" if until else "accepted.open"
    return words(key, owner=owner, reason=reason, until=values.moment(until or ""))


def gate_line(gate: Mapping[str, Any], words: Words) -> str:
    """What must come before a stage: kind, what, from whom, until when."""
    extra = [
        words("whom", whom=line(gate["whom"], SHORT)) if gate.get("whom") else "",
        words("until", moment=values.moment(gate["until"])) if gate.get("until") else "",
        words("gate.met") if gate.get("open") else "",
    ]
    tail = ", ".join(text for text in extra if text)
    return f"{words.named('gate', gate.get('kind', ''))}: {line(gate.get('text', ''))}{f' ({tail})' if tail else ''}"


def unread(document: Document) -> list[str]:
    """The sources that could not be read whole, each with its error."""
    bad = (read for read in document.get("reads", ()) if not read.get("complete", True))
    return [f"{line(read.get('source'), SHORT)}: {line(read.get('error') or '')}" for read in bad]


def scripts(plan: Document, words: Words) -> list[str]:
    """The scripts that a person is to run once this is applied: where each is written, and what becomes of it."""
    return [
        words(
            "plan.script",
            path=line(one.get("path")),
            count=values.number(len(one.get("steps", ()))),
            save_as=line(one.get("save_as")),
        )
        for one in plan.get("scripts", ())
    ]
