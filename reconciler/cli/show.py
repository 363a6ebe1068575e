"""`reconciler show`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from reconciler.cli import codes, options, private
from reconciler.cli.output import FORMS, output, rendered
from reconciler.cli.world import World, pass_world
from reconciler.model.diagnostic import Origin, error
from reconciler.model.errors import SpecError

EPILOG = """\b
Examples:
  reconciler show plan.json
  reconciler show plan.json --format markdown > comment.md
  reconciler show drift.json --format html > drift.html
\b
Exit codes: 0, also when it is stale, which is said; 1 no such document.
"""


@click.command("show", epilog=EPILOG)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@options.specs
@options.plain
@click.option("--format", "form", type=click.Choice(FORMS), help="Default: text.")
@pass_world
def command(world: World, file: Path, specs: str | None, form: str | None) -> int:
    """Show a saved plan or report, and say when the specs have changed since."""
    wanted = output(world, form)
    paper = private.read_json(file)
    text = _rendered(paper, wanted.form, file)
    stale = list(_stale(world, paper, options.folder_of(specs)))
    if wanted.form == "text":
        world.screen.out("".join(f"{one}\n" for one in stale))
    else:
        world.screen.err("".join(f"{one}\n" for one in stale))
    world.screen.out(text)
    return codes.DONE


def _rendered(paper: dict[str, Any], form: str, file: Path) -> str:
    try:
        return rendered(paper, form)
    except ValueError as problem:
        raise SpecError([error("cli/view", str(problem), origin=Origin(str(file)))]) from problem
    except (KeyError, TypeError, AttributeError, IndexError) as problem:
        summary = "this is no document of reconciler, or a damaged one"
        raise SpecError([error("cli/view", summary, origin=Origin(str(file)))]) from problem


def _stale(world: World, paper: dict[str, Any], folder: Path) -> Iterator[str]:
    """Only what names the spec it was made from can be stale, and only where the specs are at hand."""
    papers = paper["documents"] if "customers" in paper else [paper]
    papers = [one for one in papers if one.get("spec")]
    if not papers or not (folder / options.WORKSPACE).is_file():
        return
    try:
        work = world.open(folder, None)
    except SpecError:
        yield "Whether it is stale is not known: the specs cannot be read now."
        return
    for one in papers:
        name = str(one.get("customer"))
        if name in work.failed:
            yield f"Whether it is stale is not known: the spec of {name} has mistakes now."
        elif name not in work.names:
            yield f"STALE: there is no customer {name} any more."
        elif work.digest(name) != one["spec"].get("digest"):
            yield f"STALE: the spec of {name} has changed since this was made; apply refuses it."
