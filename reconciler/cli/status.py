"""`reconciler status`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli import choosing, judging, options, over
from reconciler.cli.output import output
from reconciler.cli.progress import Progress
from reconciler.cli.world import Paper, World, pass_world

EPILOG = """\b
Examples:
  reconciler status --customer ferreteria-lopez     one screen
  reconciler status                                 one line for each customer
\b
Exit codes: 0; 5 something is awaited; 3 the journal is damaged; 1 error.
"""


@click.command("status", epilog=EPILOG)
@options.over_specs
@pass_world
def command(world: World, specs: str | None, names: Sequence[str], since: str) -> int:
    """Where are we, what is awaited from whom until when, is stopping now safe, and what comes next?"""
    wanted = output(world, None)
    work = choosing.opened(world, options.Chosen(options.folder_of(specs), tuple(names), since))
    everyone = choosing.everyone(work)

    def judge(paper: Paper) -> judging.Judged:
        return judging.status(paper)._replace(quiet=True)  # of many, the table's line is enough

    job = over.Job("statuses", "looking at", work.status, judge)
    return over.finish(
        world, over.run(world, work, everyone, job, output=wanted, progress=Progress(world.screen)), job, wanted
    )
