"""`reconciler drift`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli import choosing, judging, options, over
from reconciler.cli.output import Copy, forms, output
from reconciler.cli.progress import Progress
from reconciler.cli.world import World, pass_world

EPILOG = """\b
Examples:
  reconciler drift                                             all customers
  reconciler drift --customer acme --output html://drift.html --output json://drift.json
  reconciler drift --detailed-exitcode || echo "somebody moved something"
\b
Exit codes: 0, also with drift; 2 drift, with --detailed-exitcode; 1 error, or not everything could be read;
3 the journal is damaged.
"""


@click.command("drift", epilog=EPILOG)
@options.over_specs
@click.option("--detailed-exitcode", "detailed", is_flag=True, help="Exit 2 when there is drift.")
@forms
@pass_world
def command(
    world: World,
    *,
    specs: str | None,
    names: Sequence[str],
    since: str,
    detailed: bool,
    form: str | None,
    copies: Sequence[Copy],
) -> int:
    """Report what is no longer as agreed: changed, missing, unmanaged, ignored, and who moved.

    Reads, and changes nothing. What could not be read whole is never called in sync.
    """
    wanted = output(world, form, copies)
    work = choosing.opened(world, options.Chosen(options.folder_of(specs), tuple(names), since))
    everyone = choosing.everyone(work)
    job = over.Job("drifts", "reading", work.drift, lambda paper: judging.drift(paper, detailed))
    return over.finish(
        world, over.run(world, work, everyone, job, output=wanted, progress=Progress(world.screen)), job, wanted
    )
