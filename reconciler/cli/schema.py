"""`reconciler schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import codes
from reconciler.cli.world import World, pass_world

if TYPE_CHECKING:
    from reconciler.spec.schema import Kind

EPILOG = """\b
Examples:
  reconciler schema customer > customer.schema.json
  # the first line of a customer.yaml, for editors with a YAML language server:
  # yaml-language-server: $schema=customer.schema.json
"""


@click.command("schema", epilog=EPILOG)
@click.argument("kind", metavar="KIND", type=click.Choice(("customer", "workspace", "snapshot")))
@pass_world
def command(world: World, kind: Kind) -> int:
    """Print the JSON Schema of customer.yaml, workspace.yaml or a snapshot of old records."""
    from reconciler.spec.schema import text

    world.screen.out(text(kind))
    return codes.DONE
