"""What the adapters declare and what they cannot, as one page of Markdown: no gap is hidden in a skipped test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.conformance import cast, faults
from reconciler.conformance.harness import Harness
from reconciler.conformance.laws_offline import TRANSITIONS, refused
from reconciler.conformance.states import Transition
from reconciler.provider import Capabilities, Reader

NOT_THERE = "no"
VERBS = ("create", "update", "delete")


def matrix(harnesses: Mapping[str, Harness]) -> str:
    """Three tables, one column for each adapter in the order given: kinds, stories with a gap, faults played.

    Args:
        harnesses: by the adapter's name; each is opened and asked offline, nothing is read or written.
    """
    opened = {name: harness.open() for name, harness in harnesses.items()}
    names = list(harnesses)
    known = _kinds(harnesses.values(), opened.values())
    kinds = [[kind, *(_ability(opened[name], kind) for name in names)] for kind in known]
    gaps = [[story.name, *(_gap(harnesses[name], opened[name], story) for name in names)] for story in TRANSITIONS]
    played = [[fault, *(_plays(harnesses[name], fault) for name in names)] for fault in sorted(faults.NAMES)]
    return "\n".join((
        *_table("Kinds", ["kind", *names], kinds),
        *_table("Stories that cannot be told", ["story", *names], [row for row in gaps if any(row[1:])]),
        *_table("Faults played", ["fault", *names], played),
    ))  # fmt: skip


def _kinds(harnesses: Iterable[Harness], opened: Iterable[Reader]) -> list[str]:
    """Every kind that an adapter declares or the suite has a sample of."""
    declared = {kind for provider in opened for kind in provider.kinds}
    known = {sample.kind for harness in harnesses for scope in harness.scopes for sample in cast.every(harness, scope)}
    return sorted(declared | known)


def _ability(provider: Reader, kind: str) -> str:
    if kind not in provider.kinds:
        return NOT_THERE
    able = provider.kinds[kind]
    verbs = ", ".join(verb for verb in VERBS if verb in able.verbs) or "read only"
    return "; ".join((verbs, *_terms(able)))


def _terms(able: Capabilities) -> Iterable[str]:
    if able.batch > 1:
        yield f"{able.batch} in one call"
    if able.atomic:
        yield "atomic"
    if able.delegated:
        yield "by a person"
    if able.delay:
        yield f"seen after {able.delay:g} s"
    if able.computed:
        yield f"sets {', '.join(sorted(able.computed))}"


def _gap(harness: Harness, provider: Reader, story: Transition) -> str:
    """Why a story of the adapter's own systems cannot be told; empty when it can, or is none of its business."""
    for scope in (one for one in harness.scopes if one.system == story.system):
        for state in story.at(scope, harness.skus):
            said = refused(provider, list(state))
            if said:
                return said[0]
    return ""


def _plays(harness: Harness, fault: str) -> str:
    return "yes" if fault in harness.faults else NOT_THERE


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    yield f"## {title}\n"
    if not rows:
        yield "None.\n"
        return
    yield f"| {' | '.join(_cell(one) for one in head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(_cell(one) for one in row)} |" for row in rows)
    yield ""


def _cell(text: str) -> str:
    """On one line, and no bar that would end the cell."""
    return " ".join(text.split()).replace("|", "\\|")
