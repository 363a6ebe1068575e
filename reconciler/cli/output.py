"""The forms a result is shown in, and the files it goes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from reconciler.cli.world import Paper, World

Function = TypeVar("Function", bound=Callable[..., Any])

#: What `--format` takes; `--output` takes json too.
FORMS = ("text", "markdown", "html")


class Copy(NamedTuple):
    """A file that gets the result in a form of its own."""

    form: str
    path: Path


@dataclass(frozen=True, slots=True)
class Output:
    """Where a result goes beside standard output, and the form it has there."""

    form: str = "text"
    copies: tuple[Copy, ...] = ()

    def check(self, several: bool) -> None:
        """Say before the work, not after it, that there is no such view.

        Raises:
            UsageError: of several customers there is no page.
        """
        if several and "html" in {self.form, *(one.form for one in self.copies)}:
            raise click.UsageError("an HTML page shows one customer: add --customer NAME")


def rendered(paper: Paper, form: str) -> str:
    """A document in a form."""
    from reconciler.report.views import render

    return render(paper, form)


def forms(function: Function) -> Function:
    """`--format` and `--output`."""
    form = click.option(
        "--format", "form", type=click.Choice(FORMS), help="Of standard output; default: text. For JSON: --json."
    )
    copies = click.option(
        "--output",
        "copies",
        metavar="FMT://FILE",
        multiple=True,
        callback=_copies,
        help="A further copy, as text://, markdown://, html:// or json://FILE; repeatable.",
    )
    return form(copies(function))


def output(world: World, form: str | None, copies: Sequence[Copy] = ()) -> Output:
    """What the options ask for.

    Raises:
        UsageError: two forms at once.
    """
    if world.json and form:
        raise click.UsageError("--json and --format exclude each other")
    return Output("json" if world.json else form or "text", tuple(copies))


def _copies(ctx: click.Context, param: click.Parameter, value: Sequence[str]) -> tuple[Copy, ...]:  # noqa: ARG001
    return tuple(_copy(one) for one in value)


def _copy(text: str) -> Copy:
    form, mark, file = text.partition("://")
    if not mark or not file or form not in {*FORMS, "json"}:
        raise click.BadParameter(f"{text!r} is not text://FILE, markdown://FILE, html://FILE or json://FILE")
    return Copy(form, Path(file))
