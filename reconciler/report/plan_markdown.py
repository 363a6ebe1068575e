"""A plan as a comment under a pull request: counts first, what destroys open and on top, never longer than allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.report import blocks, markdown, values
from reconciler.report.blocks import Block
from reconciler.report.escape import SHORT, line, visible
from reconciler.report.markdown import Section
from reconciler.report.proof import proofs
from reconciler.report.summary import COUNTS, difference, gate_line, headline, missing, scripts, unread
from reconciler.report.values import Document
from reconciler.report.words import Words

#: Column 0 of a line in a diff fence colours it; `~` has no colour there.
_COLOURS = {"~": "!"}
_HEADINGS = {"destroy": "Destroy", "update": "Change", "create": "Add"}


def plan_markdown(plan: Document, budget: int = markdown.BUDGET) -> str:
    """The comment, at most `budget` bytes; what is dangerous comes first and is the last to be left out."""
    words = Words()
    return markdown.compose(_head(plan, words), _sections(plan, words), _foot(plan), budget)


def _head(plan: Document, words: Words) -> list[str]:
    counts = plan.get("counts") or {}
    customer = markdown.code(plan.get("customer"))
    heads = [words(f"column.{name}") for name in COUNTS]
    return [
        markdown.marker("plan", customer=plan.get("customer"), plan=plan.get("digest")),
        f"### {headline(plan, words, customer)}",
        "",
        *markdown.table(heads, [markdown.cell(counts.get(name, 0)) for name in COUNTS]),
        *_caution(counts.get("destroy", 0), words),
    ]


def _caution(count: object, words: Words) -> list[str]:
    return ["", "> [!CAUTION]", f"> {words('plan.caution', count=markdown.cell(count))}"] if count else []


def _sections(plan: Document, words: Words) -> Iterator[Section]:
    dangerous = blocks.by_danger(plan)
    everyday = [(action, dangerous.pop(action)) for action in ("update", "create") if action in dangerous]
    for action, found in dangerous.items():
        yield _changes(_HEADINGS.get(action, "Other"), found, words, urgent=True)
    yield _notes("What is missing before this can be applied", missing(plan, words), urgent=True)
    yield _notes("Not read", unread(plan), urgent=True)
    yield _notes("Errors and warnings", [values.diagnostic(one, words) for one in plan.get("diagnostics", ())])
    yield _changes("Refused, not carried out", blocks.refused(plan), words, urgent=True)
    for action, found in everyday:
        yield _changes(_HEADINGS[action], found, words)
    for one in proofs(plan, words):
        yield _notes("SPF before and after", [one.heading, *one.moments, *one.probes, *one.notes, *one.tree])
    yield _notes(words("plan.scripts"), scripts(plan, words))
    for one in plan.get("scripts", ()):
        lines = [[visible(text)] for text in str(one.get("text") or "").splitlines()]
        name = "".join(sign for sign in line(one.get("name"), SHORT) if sign.isalnum() or sign in ".- ")
        yield Section(f"{words('plan.scripts')}: {name}", lines, language="powershell")
    yield _notes("Waits, checks and tasks", list(_gates(plan, words)))
    yield _notes("Drift found while planning", [difference(one, words) for one in plan.get("drift", ())])
    for name, heading in {"adopt": "Adopt", "forget": "Forget", "unmanaged": "Unmanaged, never changed"}.items():
        yield _notes(heading, [line(one, SHORT) for one in (plan.get(name) or {}).get("addresses", ())])


def _changes(heading: str, found: Sequence[Block], words: Words, *, urgent: bool = False) -> Section:
    return Section(heading, [_entry(block, words) for block in found], urgent)


def _notes(heading: str, found: Sequence[str], *, urgent: bool = False) -> Section:
    return Section(heading, [[text] for text in found], urgent, "text")


def _entry(block: Block, words: Words) -> list[str]:
    """One line for a thing with one change, else one for each change, below the sentence."""
    found = blocks.lines(block, words)
    colour = blocks.SYMBOLS.get(block.worst, "!") if block.allowed else "!"
    said = f"{_COLOURS.get(colour, colour)} {block.sentence(words)}"
    notes = [f"stage {line(block.steps[0].get('stage'), SHORT)}", *blocks.notes(block, words)]
    if len(found) == 1:
        return [f"{said}: {found[0].text}  ({'; '.join(notes)})"]
    changes = [f"{_COLOURS.get(one.symbol, one.symbol)}   {one.text}" for one in found]
    return [said, *changes, *(f"      {note}" for note in notes)]


def _gates(plan: Document, words: Words) -> Iterator[str]:
    for route in blocks.routes(plan):
        for stage in route.stages:
            for gate in stage.gates:
                yield f"{line(route.subject, SHORT)}, before {line(stage.name, SHORT)}: {gate_line(gate, words)}"


def _foot(plan: Document) -> list[str]:
    whole = "complete" if plan.get("complete", True) else "not complete"
    spec, policy = ((plan.get(name) or {}).get(field) for name, field in (("spec", "digest"), ("policy", "result")))
    said = [
        f"Plan {markdown.code(plan.get('digest'))} of spec {markdown.code(spec)}",
        f"policy {markdown.code(policy)}",
        f"live read {markdown.code(values.moment(plan.get('created')))}",
        f"{whole}. Applying it does exactly this or less, never more.",
    ]
    return ["", ", ".join(said)]
