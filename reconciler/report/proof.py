"""What SPF says before and after a plan, as lines that all views share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from reconciler.report.escape import SHORT, line
from reconciler.report.values import Document
from reconciler.report.words import Words


class Shown(NamedTuple):
    """One record: a heading and its lines, the tree with its own indentation."""

    heading: str
    moments: list[str]
    probes: list[str]
    tree: list[str]
    notes: list[str]


def proofs(plan: Document, words: Words) -> list[Shown]:
    """Every SPF record that the plan touches."""
    return [_shown(one, words) for one in plan.get("spf") or () if isinstance(one, Mapping)]


def _shown(one: Mapping[str, Any], words: Words) -> Shown:
    moments = [moment for moment in one.get("moments") or () if isinstance(moment, Mapping)]
    stages = [_stage(moment, words) for moment in moments]
    return Shown(
        words("proof.heading", domain=line(one.get("domain"), SHORT)),
        [f"{stage}: {_moment(moment, words)}" for stage, moment in zip(stages, moments, strict=True)],
        [_probe(probe, stages, words) for probe in one.get("probes") or () if isinstance(probe, Mapping)],
        [line(text) for text in one.get("tree") or ()],
        list(_notes(one, words)),
    )


def _stage(moment: Mapping[str, Any], words: Words) -> str:
    stage = moment.get("stage")
    return words("proof.after", stage=line(stage, SHORT)) if stage else words("proof.now")


def _moment(moment: Mapping[str, Any], words: Words) -> str:
    record = moment.get("record")
    if not record:
        return words("proof.none")
    least = "" if moment.get("known", True) else words("proof.least")
    cost = words("proof.cost", least=least, count=line(moment.get("lookups"), SHORT))
    return f"{line(record)} ({cost})"


def _probe(probe: Mapping[str, Any], stages: Sequence[str], words: Words) -> str:
    results = [line(one, SHORT) for one in probe.get("results") or ()]
    same = len(set(results)) == 1 and len(results) > 1
    changed = (
        [words("proof.always", result=results[0])]
        if same
        else [
            f"{result} {stage}"
            for place, (result, stage) in enumerate(zip(results, stages, strict=False))
            if not place or result != results[place - 1]
        ]
    )
    expect = probe.get("expect")
    until = f" {words('proof.until', day=line(probe.get('until'), SHORT))}" if probe.get("until") else ""
    wanted = f" [{words('proof.expected', result=line(expect, SHORT))}{until}]" if expect else ""
    return f"{line(probe.get('name'), SHORT)} {line(probe.get('address'), SHORT)}: {', '.join(changed)}{wanted}"


def _notes(one: Mapping[str, Any], words: Words) -> Iterator[str]:
    unknown = [line(term, SHORT) for term in one.get("unknown") or ()]
    if unknown:
        yield words("proof.unknown", terms=", ".join(unknown))
    if any(str(result).endswith("?") for probe in one.get("probes") or () for result in probe.get("results") or ()):
        yield words("proof.unsure")
