"""`reconciler providers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import choosing, codes, options, trouble
from reconciler.cli.progress import Progress
from reconciler.cli.world import Paper, Work, World, pass_world
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import SpecError

if TYPE_CHECKING:
    from reconciler.live import Read
    from reconciler.provider import Capabilities

EPILOG = """\b
Examples:
  reconciler providers                            what is installed, and what the workspace names
  reconciler providers --check                    can everything be read?
  reconciler providers --check --customer acme
\b
Exit codes: 0; 1 a provider cannot be opened or, with --check, not everything can be read.
"""


@click.command("providers", epilog=EPILOG)
@options.over_specs
@click.option("--check", is_flag=True, help="Read every zone and tenant of each customer.")
@pass_world
def command(world: World, specs: str | None, names: tuple[str, ...], since: str, check: bool) -> int:
    """List the installed adapters, and the workspace's providers with what they can do."""
    from reconciler import registry

    folder = options.folder_of(specs)
    wanted = bool(specs or names or since or check)
    work = None
    if wanted or (folder / options.WORKSPACE).is_file():
        work = choosing.opened(world, options.Chosen(folder, tuple(names), since))
    paper = _paper(world, registry.names(), work, check)
    if world.json:
        from reconciler.report.canonical import canonical

        world.screen.out(canonical(paper))
    else:
        world.screen.out("".join(f"{text}\n" for text in _lines(paper)))
        world.screen.tell(paper["diagnostics"])
    return int(paper["exit_code"])


def _paper(world: World, adapters: list[str], work: Work | None, check: bool) -> dict[str, Any]:
    found: list[Diagnostic] = []
    providers = list(_providers(work, found)) if work else []
    checks = list(_checks(world, work, found)) if work and check else []
    bad = bool(found) or any(not one["readable"] for one in checks)
    head = trouble.paper(found, codes.ERROR if bad else codes.DONE)
    return head | {"kind": "providers", "adapters": adapters, "providers": providers, "checks": checks}


def _providers(work: Work, found: list[Diagnostic]) -> Iterator[dict[str, Any]]:
    for name, entry in work.providers().items():
        try:
            kinds = work.provider(name).kinds
        except SpecError as problem:
            found += problem.diagnostics
            continue
        yield {"name": name, "type": entry.type, "kinds": {kind: _kind(one) for kind, one in kinds.items()}}


def _kind(one: Capabilities) -> dict[str, Any]:
    return {
        "verbs": sorted(one.verbs),
        "batch": one.batch,
        "atomic": one.atomic,
        "delegated": one.delegated,
        "delay": one.delay,
    }


def _checks(world: World, work: Work, found: list[Diagnostic]) -> Iterator[dict[str, Any]]:
    """A customer with mistakes in its spec is told of, not read."""
    progress = Progress(world.screen)
    for name in choosing.everyone(work):
        if name in work.failed:
            found += work.failed[name]
            continue
        try:
            with progress.doing(f"reading {name}"):
                reads = work.read(name)
        except Exception as problem:  # noqa: BLE001  # the next customer has nothing to do with it
            found += trouble.of(problem, world.screen.secrets).diagnostics
            continue
        yield from (_check(name, read) for read in reads)


def _check(customer: str, read: Read) -> dict[str, Any]:
    seen = read.observation
    return {
        "customer": customer,
        "source": f"{read.provider}:{read.scope.name}",
        "readable": seen is not None,
        "count": len(seen.resources) if seen else 0,
        "version": seen.version if seen else "",
        "error": read.error,
    }


def _lines(paper: Paper) -> Iterator[str]:
    from reconciler.report.escape import line

    yield f"installed adapters: {', '.join(paper['adapters'])}"
    for one in paper["providers"]:
        yield f"{line(one['name'])} ({line(one['type'])})"
        for verbs, kinds in _by_verbs(one["kinds"]).items():
            yield f"  {verbs}: {line(', '.join(kinds))}"
    for one in paper["checks"]:
        said = f"{one['count']:,} read {one['version']}".rstrip() if one["readable"] else f"NOT READ: {one['error']}"
        yield f"{line(one['customer'])}  {line(one['source'])}  {line(said)}"


def _by_verbs(kinds: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, one in kinds.items():
        found.setdefault(", ".join(["read", *one["verbs"]]), []).append(kind)
    return found
