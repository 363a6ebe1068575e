"""What every Markdown view shares: a hidden marker, code spans and fences that nothing breaks out of, a byte budget."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.report.escape import SHORT, line, visible

#: Bytes of one comment. GitHub takes 65,536 characters (github.com/runatlantis/atlantis/issues/55); what is left over
#: is for what others put around it.
BUDGET = 60_000
#: Sections of at most so many entries are unfolded.
FEW = 10


@dataclass(frozen=True, slots=True)
class Section:
    """A part that folds.

    Attributes:
        heading: our own words, no markup.
        entries: each some lines, shown whole or not at all; a section without entries is not shown.
        urgent: unfolded however long it is.
    """

    heading: str
    entries: Sequence[Sequence[str]]
    urgent: bool = False
    language: str = "diff"


def compose(head: Sequence[str], sections: Iterable[Section], foot: Sequence[str], budget: int) -> str:
    """The whole comment, at most `budget` bytes: entries are left out, and counted, from the end."""
    used = [section for section in sections if section.entries]
    left = budget - sum(_size(part) for part in (head, foot, *(_render(one, ()) for one in used)))
    body: list[str] = []
    for section in used:
        taken, left = _afford(section.entries, left)
        body += _render(section, taken)
    return "\n".join([*head, *body, *foot]) + "\n"


def marker(kind: str, **fields: object) -> str:
    """The hidden first line by which a later run finds its own comment; nothing inside can close it."""
    names = {name: line(text, SHORT) for name, text in fields.items()}
    text = json.dumps({"kind": kind, "v": 1, **names}, sort_keys=True)
    for sign in "<>-":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f"<!-- mail-domain-reconciler {text} -->"


def code(text: object) -> str:
    """Text from the world as a code span, where no markup, mention or link comes alive; an empty text is a dash."""
    shown = visible(line(text, SHORT))
    if not shown.strip(" "):
        return "-"
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def cell(text: object) -> str:
    """A table's cell: a number as it is, anything else as a code span that holds no bar of its own."""
    # In a table a bar inside a code span is written `\|` (GFM spec 4.10, example 200).
    return str(text) if isinstance(text, int) else code(text).replace("|", "\\|")


def table(heads: Sequence[str], *rows: Sequence[str]) -> list[str]:
    """A table from cells that are fit already; the numbers stand on the right."""
    return [f"| {' | '.join(row)} |" for row in (heads, ["--:"] * len(heads), *rows)]


def _render(section: Section, taken: Sequence[Sequence[str]]) -> list[str]:
    total = len(section.entries)
    cut = f"; showing {len(taken):,} of {total:,}, the rest is in the full document only" if len(taken) < total else ""
    state = " open" if section.urgent or total <= FEW else ""
    content = [text for entry in taken for text in entry]
    ticks = "`" * max(3, *(_longest_run(text) + 1 for text in content), 0)
    return [
        "",
        f"<details{state}><summary><b>{section.heading}</b> ({total:,}){cut}</summary>",
        "",
        f"{ticks}{section.language}",
        *content,
        ticks,
        "",
        "</details>",
    ]


def _afford(entries: Sequence[Sequence[str]], left: int) -> tuple[Sequence[Sequence[str]], int]:
    """As many whole entries from the start as `left` bytes pay for, and what is left then."""
    for count, entry in enumerate(entries):
        # A run of backticks makes the fence longer at both ends.
        cost = _size(entry) + 2 * max(_longest_run(text) for text in entry)
        if cost > left:
            return entries[:count], left
        left -= cost
    return entries, left


def _size(lines: Iterable[str]) -> int:
    return sum(len(text.encode()) + 1 for text in lines)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
