"""Carries a command out for each customer by itself: one's failure never stops another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.cli import codes, private, trouble
from reconciler.cli.judging import Judged
from reconciler.cli.output import Output, rendered
from reconciler.cli.progress import Progress
from reconciler.cli.world import Paper, Work, World
from reconciler.model.diagnostic import Diagnostic, error


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done for each customer.

    Attributes:
        kind: of the document of several: `plans`.
        doing: for the spinner.
        make: the document of one customer.
        view: a document in a form.
        stopped: a person asked to stop, so no further customer is begun.
        wrote: something was written for the present customer.
    """

    kind: str
    doing: str
    make: Callable[[str], Paper]
    judge: Callable[[Paper], Judged]
    view: Callable[[Paper, str], str] = rendered
    stopped: Callable[[], bool] = lambda: False
    wrote: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one customer; `paper` is its document, or the error's."""

    customer: str
    paper: Paper
    judged: Judged
    found: tuple[Diagnostic, ...] = ()
    wrote: bool = False

    @property
    def row(self) -> dict[str, Any]:
        """Its line in the table."""
        judged = self.judged
        return {
            "customer": self.customer,
            "outcome": judged.outcome,
            "exit_code": judged.code,
            "line": judged.line,
        }


def run(
    world: World, work: Work, names: Sequence[str], job: Job, *, output: Output, progress: Progress
) -> list[Result]:
    """Do it for each and show each as it comes, in text; the table and everything else is `finish`'s."""
    output.check(len(names) > 1)
    results = []
    for number, name in enumerate(names, start=1):
        count = f" ({number} of {len(names)})" if len(names) > 1 else ""
        with progress.doing(f"{job.doing} {name}{count}"):
            result = _one(world, work, name, job)
        results.append(result)
        if output.form != "json":
            world.screen.tell(result.found)
        if output.form == "text" and not result.found and not (len(names) > 1 and result.judged.quiet):
            world.screen.out(job.view(result.paper, "text") + ("\n" if len(names) > 1 else ""))
    return results


def finish(world: World, results: Sequence[Result], job: Job, output: Output) -> int:
    """Show what is shown at the end, write the copies; the run's exit code.

    Raises:
        SpecError: a copy cannot be written.
    """
    code = codes.fold([one.judged.code for one in results], any(one.wrote for one in results))
    paper = results[0].paper if len(results) == 1 else document(job.kind, results)
    if len(results) != 1 and output.form == "text":
        world.screen.out(_table(paper["customers"]))
    elif output.form != "text":
        world.screen.out(_shown(paper, output.form, job))
    for form, path in output.copies:
        text = _shown(paper, form, job)
        if text:
            private.write(path, world.screen.redacted(text))
    return code


def _shown(paper: Paper, form: str, job: Job) -> str:
    """A document in a form; empty when there is nothing of the kind to show: of a failure, a page of nobody."""
    if form == "json":
        return rendered(paper, form)
    if paper["kind"] == "error" or (form == "html" and "customers" in paper):
        return ""
    if "customers" not in paper:
        return job.view(paper, form)
    return rendered({**paper, "documents": [one for one in paper["documents"] if one["kind"] != "error"]}, form)


def document(kind: str, results: Iterable[Result]) -> dict[str, Any]:
    """The public document of several customers; one that failed has its error's."""
    kept = list(results)
    return {
        "format_version": trouble.FORMAT,
        "kind": kind,
        "documents": [one.paper for one in kept],
        "customers": [one.row for one in kept],
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    from reconciler.report.table import table_text

    return table_text(rows) if rows else "no customers\n"


def _one(world: World, work: Work, name: str, job: Job) -> Result:
    if job.stopped():
        return _interrupted(name, "not begun, because the run was interrupted")
    if name in work.failed:
        return _troubled(name, trouble.Trouble(tuple(work.failed[name]), codes.ERROR))
    try:
        paper = job.make(name)
        wrote = job.wrote() and _wrote(paper)
        return Result(name, paper, _after_writes(job.judge(paper), wrote), wrote=wrote)
    except KeyboardInterrupt:
        if not job.stopped():
            raise
        return _interrupted(name, "interrupted; nothing was written")
    except Exception as problem:  # noqa: BLE001  # the next customer has nothing to do with it
        return _troubled(name, trouble.of(problem, world.screen.secrets), job.wrote())


def _wrote(paper: Paper) -> bool:
    """Tell whether anything it tells of was, or may have been, changed; a step that failed was not."""
    steps = paper.get("steps", ())
    return not steps or any(step.get("status") not in ("failed", "refused", "skipped") for step in steps)


def _after_writes(judged: Judged, wrote: bool) -> Judged:
    """A run that waited in between may have written before it was refused, failed or was interrupted."""
    if wrote and judged.code in {codes.INTERRUPTED, codes.ERROR, codes.REFUSED}:
        return judged._replace(outcome="partial", code=codes.PARTIAL)
    return judged


def _interrupted(name: str, line: str) -> Result:
    return _failed(name, (error("run/interrupted", line),), Judged("interrupted", codes.INTERRUPTED, line))


def _troubled(name: str, found: trouble.Trouble, wrote: bool = False) -> Result:
    errors = [one for one in found.diagnostics if one.severity == "error"] or list(found.diagnostics)
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    outcome = "refused" if found.code == codes.REFUSED else "error"
    judged = _after_writes(Judged(outcome, found.code, f"{errors[0].summary}{more}"), wrote)
    return _failed(name, found.diagnostics, judged, wrote)


def _failed(name: str, found: tuple[Diagnostic, ...], judged: Judged, wrote: bool = False) -> Result:
    return Result(name, trouble.paper(found, judged.code, name), judged, found, wrote)
