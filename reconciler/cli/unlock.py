"""`reconciler unlock`."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli import choosing, codes, options
from reconciler.cli.world import World, pass_world

EPILOG = """\b
Example:
  reconciler unlock 3f2a9c0d12ab --customer acme    `reconciler status` and the error name the run
\b
A run that was killed on this machine needs no unlock, and any lock ends by itself after two minutes. A run that still
works stops before its next write.
\b
Exit codes: 0; 3 no lock, or another run's; 1 error.
"""


@click.command("unlock", epilog=EPILOG)
@click.argument("run_id", metavar="RUN_ID")
@click.option(
    "--customer",
    "name",
    metavar="NAME",
    required=True,
    shell_complete=options.complete_customer,
    help="Whose lock.",
)
@options.specs
@options.plain
@pass_world
def command(world: World, run_id: str, name: str, specs: str | None) -> int:
    """Take a customer's lock away from a run that is gone; says first who held it."""
    from reconciler import lease
    from reconciler.report.escape import line

    work = choosing.opened(world, options.Chosen(options.folder_of(specs), (name,)))
    path = work.state(name) / "lease.json"
    held = lease.peek(path)
    if held is not None and not world.json:
        where = f", {held.by.url}" if held.by.url else ""
        said = f"held by {held.by.holder} (run {held.by.run}{where}) since {held.since}, until {held.expires}"
        world.screen.out(f"{line(said)}\n")
    broken = lease.break_(path, run_id)
    if world.json:
        from reconciler.report.canonical import canonical

        world.screen.out(canonical(_paper(name, broken)))
    else:
        world.screen.out("unlocked\n")
    return codes.DONE


def _paper(name: str, broken: Any) -> dict[str, Any]:
    return {
        "format_version": "1.0",
        "kind": "unlock",
        "customer": name,
        "holder": broken.by.holder,
        "run": broken.by.run,
        "since": broken.since.isoformat(),
        "expires": broken.expires.isoformat(),
    }
