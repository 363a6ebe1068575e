"""`reconciler apply`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import choosing, judging, options, over, planfile
from reconciler.cli.asking import Asker
from reconciler.cli.output import Output, output
from reconciler.cli.progress import Progress
from reconciler.cli.stopping import Stop
from reconciler.cli.world import Paper, Work, World, pass_world

if TYPE_CHECKING:
    from reconciler.session.applying import How
    from reconciler.session.planning import Options

EPILOG = """\b
Examples:
  reconciler apply plan.json               what was approved, or less; never asks
  reconciler apply --customer acme         shows the plan and asks (on a terminal)
  reconciler apply                         in a pipeline: goes on under what was approved
  reconciler apply --wait                  stays until nothing is awaited any more
\b
Run it again whenever it stopped, for whatever reason: that is always the answer.
Ctrl-C once: stops between batches. Twice: leaves at once.
\b
Exit codes: 0 done; 5 waits, run it again later; 3 refused, nothing was written; 4 some written, some failed
or refused; 1 error; 130 interrupted, nothing was written.
"""

_DURATION = re.compile(r"(\d{1,9})(s|m|h|d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType[float]):
    """`300`, `30s`, `5m`, `1h`, `1d`: seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        found = _DURATION.fullmatch(value)
        if not found:
            self.fail(f"{value!r} is no duration: write 30s, 5m or 1h", param, ctx)
        return float(found[1]) * _SECONDS[found[2] or "s"]


@click.command("apply", epilog=EPILOG)
@click.argument("plan_file", metavar="[PLANFILE]", required=False, type=click.Path(path_type=Path))
@options.over_specs
@click.option("--wait", is_flag=True, help="Stay until nothing is awaited; the lock is free meanwhile.")
@click.option("--new-ledger", is_flag=True, help="Begin a new journal where the old one is lost or damaged.")
@click.option("--fix-drift", is_flag=True, help="Write back what others changed.")
@click.option("--target", "targets", metavar="ADDRESS", multiple=True, help="Only what has this address; repeatable.")
@click.option(
    "--lock-timeout", type=Duration(), default=0, metavar="TIME", help="Wait so long for another run: 30s, 5m."
)
@pass_world
def command(
    world: World,
    *,
    plan_file: Path | None,
    specs: str | None,
    names: Sequence[str],
    since: str,
    wait: bool,
    new_ledger: bool,
    fix_drift: bool,
    targets: Sequence[str],
    lock_timeout: float,
) -> int:
    """Make the changes of a plan, as far as they go now.

    With PLANFILE nothing is asked: the file is the approval. Without it, a terminal is shown the plan and asked; a
    pipeline goes on under what was approved before.
    """
    if "" in targets:
        raise click.BadParameter("an empty address would mean everything", param_hint="--target")
    files = planfile.read(plan_file) if plan_file else {}
    chosen = options.Chosen(options.folder_of(specs), _customers(plan_file, files, names), since)
    work = choosing.opened(world, chosen)
    from reconciler.session.applying import How
    from reconciler.session.planning import Options

    how = How(wait=wait, new_ledger=new_ledger, options=Options(fix_drift, tuple(targets)), lock_timeout=lock_timeout)
    return _apply(world, work, files, how, output(world, None))


def _customers(plan_file: Path | None, files: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> tuple[str, ...]:
    if plan_file is None:
        return tuple(names)
    strangers = [name for name in names if name not in files]
    if strangers:
        raise click.UsageError(f"{plan_file} holds no plan of {', '.join(strangers)}, only of {', '.join(files)}")
    return tuple(names) or tuple(files)


def _apply(world: World, work: Work, files: Mapping[str, Mapping[str, Any]], how: How, wanted: Output) -> int:
    progress, stop = Progress(world.screen), Stop()
    asker = Asker(world.screen, progress) if world.screen.interactive else None

    def make(name: str) -> Paper:
        with stop.customer():
            return work.apply(name, _how_for(how, files.get(name), asker, stop, progress))

    job = over.Job("applies", "applying", make, judging.apply, stopped=lambda: stop.asked, wrote=lambda: stop.writing)
    with stop:
        results = over.run(world, work, choosing.everyone(work), job, output=wanted, progress=progress)
    return over.finish(world, results, job, wanted)


def _how_for(how: How, file: Mapping[str, Any] | None, asker: Asker | None, stop: Stop, progress: Progress) -> How:
    from dataclasses import replace

    def say(text: str) -> None:
        # What is awaited is said while nothing is written; everything else right before a write.
        stop.writing = stop.writing or not text.startswith("waiting: ")
        progress.say(text)

    return replace(
        how,
        file=file,
        ask=asker.approve if asker and file is None else None,
        passphrase=asker.new_passphrase if asker else None,
        options=_options_of(file, how.options) if file is not None else how.options,
        stop=lambda: stop.asked,
        say=say,
    )


def _options_of(file: Mapping[str, Any], given: Options) -> Options:
    """What a plan was made with: the file is the approval, so nothing of it needs to be said again."""
    from dataclasses import replace

    from reconciler.diff import WRITTEN_BACK

    # A value that others changed is written back on demand alone.
    drift = any(step["reason"] == WRITTEN_BACK for step in file["steps"])
    # Everything could be read, so the rest was left out on purpose.
    partial = not file["complete"] and all(read.get("complete") for read in file["reads"])
    targets = tuple(step["address"] for step in file["steps"]) if partial else ()
    return replace(given, fix_drift=given.fix_drift or drift, target=given.target or targets)
