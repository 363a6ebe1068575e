"""The first screen: which commands there are; each is imported only when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from reconciler.cli.codes import ERROR
from reconciler.cli.guard import guarded
from reconciler.cli.world import World

FIRST: Mapping[str, str] = {
    "import": "Begin a customer's specs with what stands in DNS, and in a tenant, today.",
    "plan": "Show what would change, across all providers, in order.",
    "apply": "Make the changes of an approved plan, as far as they go now.",
    "status": "Where are we, what is awaited, and is stopping safe?",
    "drift": "Report what is no longer as agreed, and who moved.",
}
MORE: Mapping[str, str] = {
    "check": "Report on the health of a domain's mail, from public DNS alone.",
    "validate": "Check the specs: offline, without credentials.",
    "tasks": "List what people were asked for and have not done.",
    "show": "Show a saved plan or report again.",
    "passwords": "Print the first passwords of new users; each look is recorded.",
    "providers": "List adapters and providers, and check that they can be read.",
    "schema": "Print the JSON Schema of the spec for editors.",
    "unlock": "Take a customer's lock away from a run that is gone.",
    "completion": "Print the completion script of your shell.",
}

HELP = """Plan and apply for a company's mail domains and its Microsoft 365 tenant.

\b
The usual flow:
  reconciler import example.com       begin the specs with what DNS shows
  reconciler validate                 are the specs sound?
  reconciler plan --out plan.json     what would change?
  reconciler apply plan.json          change exactly that, or less
  reconciler status                   where are we, may I go home?
  reconciler drift                    did anything move since?
"""
EPILOG = """\b
Each command explains itself: reconciler COMMAND --help
Exit codes: 0 done, 1 error, 2 changes or drift (with --detailed-exitcode), 3 refused, nothing written,
4 some written, some failed or refused, 5 waiting, 130 interrupted, nothing written.
"""


class Front(click.Group):
    """The group of all commands; it ends with the product's exit codes, never with click's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(ERROR)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [*FIRST, *MORE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in FIRST and cmd_name not in MORE:
            return None
        module = "importing" if cmd_name == "import" else cmd_name  # a keyword of Python names no module
        command: click.Command = import_module(f"reconciler.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and name[:1].isalnum() and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), n=1)
            raise click.UsageError(f"there is no command {name!r}{f', did you mean {near[0]!r}?' if near else ''}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for heading, table in (("Commands", FIRST), ("More", MORE)):
            with formatter.section(heading):
                formatter.write_dl(list(table.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        names = {**FIRST, **MORE}.items()
        found = [CompletionItem(name, help=text) for name, text in names if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        world = extra.setdefault("obj", None) or World()
        extra["obj"] = world
        run: Callable[..., object] = super().main
        extra |= {"prog_name": prog_name or "reconciler", "complete_var": complete_var}
        extra |= {"standalone_mode": False, "windows_expand_args": windows_expand_args}
        sys.exit(guarded(world, lambda: run(args, **extra)))


def front() -> Front:
    """A new first screen."""
    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
    made = Front("reconciler", help=HELP, epilog=EPILOG, context_settings=settings)
    return click.version_option(package_name="mail-domain-reconciler", message="reconciler %(version)s")(made)
