"""`reconciler providers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import choosing, codes, options, trouble
from reconciler.cli.progress import Progress
from reconciler.cli.world import Paper, Work, World, pass_world
from reconciler.model.diagnostic import Diagnostic, info, warning
from reconciler.model.errors import ProviderError, SpecError
from reconciler.provider import Access, Inspector

if TYPE_CHECKING:
    from reconciler.live import Read
    from reconciler.provider import Capabilities, Reader

#: The longest mark of a state that is for people; a zone's serial has ten digits.
SHOWN = 40
EPILOG = """\b
Examples:
  reconciler providers                            what is installed, and what the workspace names
  reconciler providers --check                    can everything be read, and who may write?
  reconciler providers --check --customer acme
\b
Exit codes: 0; 1 a provider cannot be opened or, with --check, not everything can be read.
"""


@click.command("providers", epilog=EPILOG)
@options.over_specs
@click.option(
    "--check", is_flag=True, help="Read every zone and tenant of each customer, and ask what each identity may do."
)
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
    bad = bool(found) or any(not one["readable"] or _unarmed(one) for one in checks)
    found += [_too_strong(one) for one in checks if _writes(one, "plan") and _writes(one, "apply") is not None]
    found += [_too_weak(one) for one in checks if _writes(one, "plan") is False and _writes(one, "apply") is None]
    if check and not checks and not found:
        remedy = "Begin a customer: reconciler import DOMAIN --provider NAME"
        found.append(
            info("providers/nothing-checked", "nothing was checked: no customer has anything here", "", remedy)
        )
    head = trouble.paper(found, codes.ERROR if bad else codes.DONE)
    return head | {"kind": "providers", "adapters": adapters, "providers": providers, "checks": checks}


def _writes(check: Mapping[str, Any], identity: str) -> bool | None:
    """Whether an identity may write; none where there is no such identity, or nobody can say."""
    return next((one["writes"] for one in check["identities"] if one["identity"] == identity), None)


def _unarmed(check: Mapping[str, Any]) -> bool:
    """The identity that is there to write may not."""
    return _writes(check, "apply") is False


def _too_strong(check: Mapping[str, Any]) -> Diagnostic:
    what = f"{check['source']}: the identity of plans can write"
    detail = "Whoever may change a pull request could then change DNS without a review."
    return warning("providers/plan-writes", what, detail, "Give plans a credential that can only read.")


def _too_weak(check: Mapping[str, Any]) -> Diagnostic:
    what = f"{check['source']}: nobody can write there: `apply` would be refused"
    remedy = "Give it a credential that may write, beside the one for plans or in its stead."
    return warning("providers/cannot-write", what, remedy=remedy)


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
        yield from (_check(name, read, work.provider(read.provider)) for read in reads)


def _check(customer: str, read: Read, provider: Reader) -> dict[str, Any]:
    seen = read.observation
    return {
        "customer": customer,
        "source": f"{read.provider}:{read.scope.name}",
        "readable": seen is not None,
        "count": len(seen.resources) if seen else 0,
        "version": seen.version if seen else "",
        "error": read.error,
        "identities": _identities(provider, read) if seen is not None else [],
    }


def _identities(provider: Reader, read: Read) -> list[dict[str, Any]]:
    """What each identity may do; empty where the system cannot be asked for it."""
    if not isinstance(provider, Inspector):
        return []
    try:
        found = provider.access(read.scope)
    except ProviderError as problem:
        found = [Access("plan", reads=True, detail=str(problem))]
    return [asdict(one) for one in found]


def _lines(paper: Paper) -> Iterator[str]:
    from reconciler.report.escape import line

    yield f"installed adapters: {', '.join(paper['adapters'])}"
    for one in paper["providers"]:
        yield f"{line(one['name'])} ({line(one['type'])})"
        for verbs, kinds in _by_verbs(one["kinds"]).items():
            yield f"  {verbs}: {line(', '.join(kinds))}"
    for one in paper["checks"]:
        said = (
            f"{one['count']:,} read {_short(one['version'])}".rstrip()
            if one["readable"]
            else f"NOT READ: {one['error']}"
        )
        yield f"{line(one['customer'])}  {line(one['source'])}  {line(said)}"
        yield from (f"  {line(_may(identity, alone=len(one['identities']) == 1))}" for identity in one["identities"])


def _short(version: str) -> str:
    """A mark that a person can compare; one that only the system understands is left out."""
    return version if len(version) <= SHOWN else ""


def _may(identity: Mapping[str, Any], *, alone: bool) -> str:
    who = "one identity for plan and apply" if alone else f"identity of {identity['identity']}"
    writes = {True: "can write", False: "cannot write", None: "whether it can write is not known"}[identity["writes"]]
    detail = f": {identity['detail']}" if identity["detail"] else ""
    return f"{who}: {'reads' if identity['reads'] else 'CANNOT READ'}, {writes}{detail}"


def _by_verbs(kinds: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, one in kinds.items():
        found.setdefault(", ".join(["read", *one["verbs"]]), []).append(kind)
    return found
