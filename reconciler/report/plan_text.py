"""A plan for a terminal or a log: stages in order, sentence first, symbol second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.report import blocks, values
from reconciler.report.blocks import SYMBOLS, Block, RouteView, StageView
from reconciler.report.escape import SHORT, line
from reconciler.report.proof import Shown, proofs
from reconciler.report.summary import (
    counts_line,
    difference,
    gate_line,
    headline,
    missing,
    policy_line,
    scripts,
    unread,
)
from reconciler.report.values import Document
from reconciler.report.words import Words


def plan_text(plan: Document) -> str:
    """The whole plan; lines are as long as what they say, the last ends with a newline."""
    words = Words()
    parts = [
        [headline(plan, words, line(plan.get("customer"), SHORT))],
        *(_route(route, words) for route in blocks.routes(plan)),
        _blocks(words("plan.elsewhere"), blocks.elsewhere(plan), words),
        _blocks(words("plan.refused"), blocks.refused(plan), words),
        *_drift(plan, words),
        *map(_proof, proofs(plan, words)),
        _list(words("plan.scripts"), scripts(plan, words)),
        _list(words("page.diagnostics"), [values.diagnostic(one, words) for one in plan.get("diagnostics", ())]),
        _list(words("drift.unread"), unread(plan)),
        _bookkeeping(plan, words),
        _blocked(plan, words),
        [*_legend(plan, words), counts_line(plan, words)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _route(route: RouteView, words: Words) -> list[str]:
    name = line(route.subject, SHORT)
    heading = words("route", subject=name, target=line(route.target, SHORT)) if route.target else name
    return [heading, *(text for stage in route.stages for text in _stage(stage, words))]


def _stage(stage: StageView, words: Words) -> Iterator[str]:
    yield "  " + words("stage", name=line(stage.name, SHORT), state=words.named("state", stage.state))
    for gate in stage.gates:
        yield "    " + gate_line(gate, words)
    for block in stage.blocks:
        yield from _block(block, words, "    ")


def _block(block: Block, words: Words, indent: str) -> Iterator[str]:
    yield indent + block.sentence(words)
    for one in blocks.lines(block, words):
        yield f"{indent}  {one.symbol} {one.text}"
    for note in blocks.notes(block, words):
        yield f"{indent}    {note}"


def _blocks(heading: str, found: list[Block], words: Words) -> list[str]:
    body = [text for block in found for text in _block(block, words, "  ")]
    return [f"{heading} ({len(found):,}):", *body] if found else []


def _drift(plan: Document, words: Words) -> Iterator[list[str]]:
    found = list(plan.get("drift", ()))
    conflicts = [one for one in found if one.get("class") == "conflict"]
    others = [one for one in found if one.get("class") != "conflict"]
    yield _list(words("plan.conflicts"), [difference(one, words) for one in conflicts])
    yield _list(words("plan.drift"), [difference(one, words) for one in others])


def _proof(one: Shown) -> list[str]:
    return [
        one.heading,
        *(f"  {text}" for text in [*one.moments, *one.probes, *one.notes]),
        *(f"  | {text}" for text in one.tree),
    ]


def _list(heading: str, found: list[str]) -> list[str]:
    return [f"{heading} ({len(found):,}):", *(f"  {text}" for text in found)] if found else []


def _bookkeeping(plan: Document, words: Words) -> list[str]:
    groups = ((name, (plan.get(name) or {}).get("count", 0)) for name in ("adopt", "forget", "unmanaged"))
    said = [words(f"plan.{name}", count=values.number(count)) + "." for name, count in groups if count]
    return [*said, policy_line(plan, words)]


def _blocked(plan: Document, words: Words) -> list[str]:
    return [words("plan.blocked"), *(f"  {text}" for text in missing(plan, words))] if missing(plan, words) else []


def _legend(plan: Document, words: Words) -> Iterable[str]:
    used = {one.symbol for block in blocks.every(plan) for one in blocks.lines(block, words)}
    said = [f"{symbol} {words(f'action.{action}')}" for action, symbol in SYMBOLS.items() if symbol in used]
    return [words("plan.legend", symbols=", ".join(said))] if said else []
