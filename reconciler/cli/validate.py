"""`reconciler validate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from reconciler.cli import choosing, codes, options, trouble
from reconciler.cli.world import Work, World, pass_world
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import SpecError

EPILOG = """\b
Examples:
  reconciler validate                      all mistakes of all files at once, as file:line:column
  reconciler validate --customer acme
  reconciler validate --json
\b
Exit codes: 0 sound, also with warnings; 1 mistakes.
"""


@click.command("validate", epilog=EPILOG)
@options.over_specs
@pass_world
def command(world: World, specs: str | None, names: Sequence[str], since: str) -> int:
    """Check the specs: offline, without credentials."""
    work = choosing.opened(world, options.Chosen(options.folder_of(specs), tuple(names), since))
    errors = [*(one for name in sorted(work.failed) for one in work.failed[name] if one.severity == "error")]
    errors += _providers(work)
    everyone = choosing.everyone(work)
    found = [one for name in work.names for one in work.check(name)]
    errors += [one for one in found if one.severity == "error"]
    more = [one for one in found if one.severity == "warning"]
    code = codes.ERROR if errors else codes.DONE
    if world.json:
        from reconciler.report.canonical import canonical

        paper = trouble.paper([*errors, *work.warnings, *more], code) | {"kind": "validation", "customers": everyone}
        world.screen.out(canonical(paper))
    else:
        world.screen.tell([*errors, *more])
        warnings = [*(one for one in work.warnings if one.severity == "warning"), *more]
        world.screen.out(f"{_count(everyone, 'customer')}: {_count(errors, 'error')}, {_count(warnings, 'warning')}\n")
    return code


def _providers(work: Work) -> Iterator[Diagnostic]:
    """Opening a provider contacts nobody; it finds unknown types and wrong options."""
    for name in work.providers():
        try:
            work.provider(name)
        except SpecError as problem:
            yield from problem.diagnostics


def _count(things: Sequence[object], what: str) -> str:
    return f"{len(things):,} {what}{'' if len(things) == 1 else 's'}"
