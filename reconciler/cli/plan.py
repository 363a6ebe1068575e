"""`reconciler plan`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli import choosing, judging, options, over, private
from reconciler.cli.output import Copy, forms, output, rendered
from reconciler.cli.progress import Progress
from reconciler.cli.world import World, pass_world

EPILOG = """\b
Examples:
  reconciler plan                                   all customers
  reconciler plan --customer ferreteria-lopez --out plan.json
  reconciler apply plan.json                        exactly that, or less
  reconciler plan --changed-since origin/main --format markdown > comment.md
  reconciler plan --json | jq .counts
\b
Exit codes: 0, also with changes; 2 changes or drift, with --detailed-exitcode; 3 a part is refused;
1 error.
"""


@click.command("plan", epilog=EPILOG)
@options.over_specs
@click.option(
    "-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan for apply (mode 0600)."
)
@click.option(
    "--target",
    "targets",
    metavar="ADDRESS",
    multiple=True,
    help="Only what has this address, or one below it; repeatable. The plan is not complete then.",
)
@click.option("--fix-drift", is_flag=True, help="Write back what others changed.")
@click.option("--detailed-exitcode", "detailed", is_flag=True, help="Exit 2 when there are changes or drift.")
@forms
@pass_world
def command(
    world: World,
    *,
    specs: str | None,
    names: Sequence[str],
    since: str,
    out: Path | None,
    targets: Sequence[str],
    fix_drift: bool,
    detailed: bool,
    form: str | None,
    copies: Sequence[Copy],
) -> int:
    """Show what would change, in order, across DNS and the tenant.

    Reads, and changes nothing. The steps are those of apply: claim, prove, verify, accounts, prepare, deliver, retire.
    """
    wanted = output(world, form, copies)
    if "" in targets:
        raise click.BadParameter("an empty address would mean everything", param_hint="--target")
    work = choosing.opened(world, options.Chosen(options.folder_of(specs), tuple(names), since))
    from reconciler.session.planning import Options

    how = Options(fix_drift, tuple(targets))
    job = over.Job("plans", "planning", lambda name: work.plan(name, how), lambda paper: judging.plan(paper, detailed))
    results = over.run(world, work, choosing.everyone(work), job, output=wanted, progress=Progress(world.screen))
    if out is not None:
        _save(world, out, results)
    return over.finish(world, results, job, wanted)


def _save(world: World, out: Path, results: Sequence[over.Result]) -> None:
    """Plans that could be made; a file of an earlier run does not stay where there is none."""
    made = [one for one in results if one.paper["kind"] == "plan"]
    if not made:
        world.screen.err(f"{out} was not written: there is no plan\n")
        return
    paper = made[0].paper if len(results) == 1 else over.document("plans", made)
    private.write(out, world.screen.redacted(rendered(paper, "json")))
    if world.screen.watched():
        world.screen.err(f"Saved. To apply exactly this, or less: reconciler apply {out}\n")
