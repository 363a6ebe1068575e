"""`reconciler tasks`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli import choosing, judging, options, over
from reconciler.cli.output import output
from reconciler.cli.progress import Progress
from reconciler.cli.world import World, pass_world

EPILOG = """\b
Examples:
  reconciler tasks                                  all customers
  reconciler tasks --customer ferreteria-lopez --json
\b
A request's papers lie in the customer's state folder, under requests; send one of them, and run apply again.
\b
Exit codes: 0 nothing is open; 5 something is; 3 the journal is damaged; 1 error.
"""


@click.command("tasks", epilog=EPILOG)
@options.over_specs
@pass_world
def command(world: World, specs: str | None, names: Sequence[str], since: str) -> int:
    """What people were asked for and have not done: since when, until when, and what public DNS shows of it."""
    wanted = output(world, None)
    work = choosing.opened(world, options.Chosen(options.folder_of(specs), tuple(names), since))
    job = over.Job("tasks", "looking at", work.tasks, judging.tasks)
    everyone = choosing.everyone(work)
    results = over.run(world, work, everyone, job, output=wanted, progress=Progress(world.screen))
    return over.finish(world, results, job, wanted)
