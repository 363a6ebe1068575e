"""Reads a saved plan: of one customer, or of several in one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.cli import private
from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.model.errors import SpecError
from reconciler.model.key import parse_slot

_TEXTS = ("customer", "digest")
_STEP_TEXTS = ("id", "route", "stage", "address", "action")


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Plan documents by customer, in the order of the file.

    Raises:
        SpecError: it is no plan file of this format; all mistakes at once.
    """
    whole = private.read_json(path)
    wrong: list[str] = []
    if str(whole.get("format_version", "")).partition(".")[0] != "1":
        wrong.append(f"its format is {whole.get('format_version')!r}; this version reads 1.x")
    papers = whole.get("documents") if whole.get("kind") == "plans" else [whole]
    if not isinstance(papers, list) or not all(isinstance(one, dict) for one in papers):
        wrong.append("its documents are no list of plans")
        papers = []
    elif not papers:
        wrong.append("it holds no plan")
    wrong += [text for one in papers for text in _mistakes(one)]
    names = [str(one.get("customer")) for one in papers]
    wrong += [f"it holds two plans of {name}" for name in sorted({name for name in names if names.count(name) > 1})]
    if wrong:
        raise SpecError(_told(path, wrong))
    return dict(zip(names, papers, strict=True))


def _told(path: Path, wrong: list[str]) -> Iterator[Diagnostic]:
    remedy = "Make a new one: reconciler plan --out FILE"
    for text in wrong[:10]:
        yield error("cli/plan-file", f"this is no plan file: {text}", remedy=remedy, origin=Origin(str(path)))


def _mistakes(paper: Mapping[str, Any]) -> Iterator[str]:
    if paper.get("kind") != "plan":
        yield f"it is a {paper.get('kind')!r} document, not a plan"
        return
    yield from (f"{name} is no text" for name in _TEXTS if not isinstance(paper.get(name), str))
    for name in ("spec", "policy"):
        inner = paper.get(name)
        if not isinstance(inner, dict) or not isinstance(inner.get("digest"), str):
            yield f"{name}.digest is no text"
    reads = paper.get("reads")
    if not isinstance(paper.get("complete"), bool):
        yield "complete is neither true nor false"
    if not isinstance(reads, list) or not all(isinstance(one, dict) for one in reads):
        yield "reads is no list of readings"
    steps = paper.get("steps")
    if not isinstance(steps, list):
        yield "steps is no list"
        return
    for number, step in enumerate(steps):
        why = _wrong_step(step)
        if why:
            yield f"steps[{number}]: {why}"


def _wrong_step(step: object) -> str:
    if not isinstance(step, dict) or not all(isinstance(step.get(name), str) for name in _STEP_TEXTS):
        return f"it needs the texts {', '.join(_STEP_TEXTS)}"
    if not {"before", "after", "unknown"} <= step.keys() or not isinstance(step.get("allowed"), bool):
        return "it needs before, after, unknown and allowed"
    try:
        parse_slot(step["address"])
    except ValueError as problem:
        return str(problem)
    return ""
