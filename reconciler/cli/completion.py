"""`reconciler completion`."""

from __future__ import annotations

import click

from reconciler.cli import codes
from reconciler.cli.world import World, pass_world

SHELLS = ("bash", "zsh", "fish")
EPILOG = """\b
Examples:
  eval "$(reconciler completion bash)"                                        in ~/.bashrc
  eval "$(reconciler completion zsh)"                                         in ~/.zshrc
  reconciler completion fish > ~/.config/fish/completions/reconciler.fish
"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@click.pass_context
@pass_world
def command(world: World, ctx: click.Context, shell: str) -> int:
    """Print the completion script of bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    world.screen.out(kind(ctx.find_root().command, {}, "reconciler", "_RECONCILER_COMPLETE").source() + "\n")
    return codes.DONE
