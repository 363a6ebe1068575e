"""`reconciler check`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import choosing, codes, options, private, resolving
from reconciler.cli.output import Copy, forms, output, rendered
from reconciler.cli.progress import Progress
from reconciler.cli.world import Paper, Work, World, pass_world
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import SpecError

if TYPE_CHECKING:
    from reconciler.session.checking import Subject
    from reconciler.spec.workspace import ResolverSpec

EPILOG = """\b
Examples:
  reconciler check example.com
  reconciler check example.com shop.example --resolver 192.0.2.53
  reconciler check --customer ferreteria-lopez --output html://health.html
  reconciler check --dmarc-reports reports/*.gz
  reconciler check specs --json | jq -r '.domains[] | select(.verdict == "fail").domain'
\b
Exit codes: 0 the report was made; 2 something fails or warns, with --detailed-exitcode; 1 error, a spec
that cannot be read, or nothing fails but not everything was answered; 130 interrupted.
"""

#: One label or several before `._domainkey`. Source: RFC 6376, 3.1; an underscore is met in practice.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
#: How files of reports are named (RFC 9990).
_REPORTS = (".xml", ".gz", ".zip")
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


@click.command("check", epilog=EPILOG)
@click.argument("targets", metavar="[DOMAIN|FOLDER|FILE]...", nargs=-1)
@options.over_specs
@resolving.servers
@click.option(
    "--selector",
    "selectors",
    metavar="NAME",
    multiple=True,
    help="A DKIM selector to look at beside those of the spec and those in wide use; repeatable.",
)
@click.option(
    "--dmarc-reports",
    "reports",
    is_flag=True,
    help="Files among the arguments are DMARC aggregate reports (XML, gzip, zip): which sources still send.",
)
@click.option("--detailed-exitcode", "detailed", is_flag=True, help="Exit 2 when something fails or warns.")
@forms
@pass_world
def command(
    world: World,
    *,
    targets: Sequence[str],
    specs: str | None,
    names: Sequence[str],
    since: str,
    servers: Sequence[str],
    selectors: Sequence[str],
    reports: bool,
    detailed: bool,
    form: str | None,
    copies: Sequence[Copy],
) -> int:
    """Report on the health of mail: MX, SPF, DKIM, DMARC, MTA-STS, TLS-RPT and autodiscover, each pass, warn or fail.

    Tells also what each DNS server shows now, where they differ and until when, and whether DNSSEC holds.

    Asks public DNS and the web servers of MTA-STS policies; needs no provider and no credentials, and changes nothing.
    A DOMAIN is looked at as it is, a FOLDER of specs for all its domains; without either, the usual folder of specs.
    With --dmarc-reports, FILEs tell which of a spec's senders still send, and who sends that the spec does not name.
    """
    wanted = output(world, form, copies)
    files = _reports(targets) if reports else []
    given = _given([one for one in targets if one not in files], servers, selectors)
    if given.domains and not given.folders and (names or since):
        raise click.UsageError("--customer and --changed-since choose among specs: leave them out, or name a folder")
    usual = options.folder_of(specs)
    needless = given.domains or (files and not (specs or (usual / options.WORKSPACE).is_file()))
    folders = given.folders or ([] if needless else [usual])
    works = [choosing.opened(world, options.Chosen(folder, tuple(names), since)) for folder in folders]
    workspace = None if given.resolver else _shared(works) if works else _nearby(specs)
    given = replace(given, reports=tuple(map(Path, files)))
    paper = _report(works, given, resolving.chosen(given.resolver, workspace), Progress(world.screen))
    world.screen.out(rendered(paper, wanted.form))
    for kind, path in wanted.copies:
        private.write(path, world.screen.redacted(rendered(paper, kind)))
    return _code(paper, detailed)


def _reports(targets: Sequence[str]) -> list[str]:
    """The arguments that are files of reports.

    Raises:
        UsageError: one that is named like a report does not exist, or there is none.
    """
    found = [one for one in targets if _stands(Path(one), Path.is_file)]
    lost = [one for one in targets if one not in found and one.lower().endswith(_REPORTS)]
    if lost or not found:
        raise click.UsageError(f"there is no file {lost[0]}" if lost else "--dmarc-reports needs files of reports")
    return found


@dataclass(frozen=True, slots=True)
class _Given:
    """The arguments in normal form; `resolver` is none when none was given."""

    domains: tuple[str, ...]
    folders: tuple[Path, ...]
    selectors: tuple[str, ...]
    resolver: ResolverSpec | None
    reports: tuple[Path, ...] = ()


def _given(targets: Sequence[str], servers: Sequence[str], selectors: Sequence[str]) -> _Given:
    """Sort the arguments.

    Raises:
        SpecError: some of them are wrong; all mistakes at once.
    """
    from reconciler.spec import scalars

    found: list[Diagnostic] = []
    domains = resolving.read([one for one in targets if not _is_folder(one)], scalars.domain, found)
    resolver = resolving.given(servers, found)
    known = [one.lower() for one in selectors]
    what = "is no DKIM selector"
    remedy = "write what stands before ._domainkey, like selector1"
    found += [
        error("cli/selector", f"{scalars.show(one)} {what}", remedy=remedy)
        for one in known
        if not _SELECTOR.fullmatch(one)
    ]
    if found:
        raise SpecError(found)
    folders = tuple(dict.fromkeys(Path(one) for one in targets if _is_folder(one)))
    return _Given(domains, folders, tuple(dict.fromkeys(known)), resolver)


def _is_folder(text: str) -> bool:
    """A folder that is named like a domain counts as one when it holds a workspace, or is written as a path."""
    if not text or "://" in text:
        return False
    if os.sep in text or text in {".", ".."}:
        return True
    return _stands(Path(text, options.WORKSPACE), Path.is_file) or (
        "." not in text and _stands(Path(text), Path.is_dir)
    )


def _stands(path: Path, is_it: Callable[[Path], bool]) -> bool:
    """What the system cannot even look up, a name too long say, is not there."""
    try:
        return is_it(path)
    except OSError:
        return False


def _shared(works: Sequence[Work]) -> ResolverSpec | None:
    """The DNS servers that the folders agree on.

    Raises:
        SpecError: they do not.
    """
    found = [work.resolver for work in works]
    if len({(one.servers, str(one.asks_authoritative and (one.places or True))) if one else () for one in found}) > 1:
        remedy = "check them one at a time, or give --resolver"
        raise SpecError([error("cli/resolvers", "these folders of specs name different DNS servers", remedy=remedy)])
    return found[0]


def _nearby(specs: str | None) -> ResolverSpec | None:
    """The DNS servers of the usual folder of specs, if there is one.

    Raises:
        SpecError: its workspace cannot be read, so that nobody knows whom to ask.
    """
    folder = options.folder_of(specs)
    if not specs and not (folder / options.WORKSPACE).is_file():
        return None
    from reconciler.spec.load import load_workspace

    return load_workspace(folder).resolver


def _report(works: Sequence[Work], given: _Given, chosen: ResolverSpec, progress: Progress) -> Paper:
    from reconciler.clock import SystemClock
    from reconciler.session import answering, checking
    from reconciler.session.viewing import Viewing

    asker = answering.resolver(chosen)
    answers = answering.Answers(asker)
    wanted: dict[str, Subject] = {}
    broken: list[Diagnostic] = []
    customers = [(work, name) for work in works for name in choosing.everyone(work)]
    for work, name in customers:
        broken += [one for one in work.failed.get(name, ()) if one.severity == "error"]
        for one in work.subjects(name) if name not in work.failed else ():
            wanted.setdefault(one.name, one)
    for domain in given.domains:
        wanted.setdefault(domain, checking.Subject(domain))
    seen = None
    if given.reports:
        from reconciler.session import sources

        senders = [work.senders(name) for work, name in customers if name not in work.failed]
        listed = {name: next((some[name] for some in senders if name in some), None) for name in wanted}
        seen, problems = sources.seen(given.reports, listed, answers)
        broken += problems
    return checking.report(
        customers[0][1] if len(customers) == 1 and not given.domains else "",
        [one.beside(given.selectors) for one in wanted.values()],
        answers,
        SystemClock().now(),
        servers=answering.asked(chosen),
        viewing=Viewing(asker, answering.authority(chosen, asker), resolving.UNASKED),
        diagnostics=broken,
        sources=seen,
        doing=progress.doing,
    )


def _code(paper: Paper, detailed: bool) -> int:
    """Without a domain nothing was to be looked at, and nothing is unknown."""
    if any(one["severity"] == "error" for one in paper["diagnostics"]):
        return codes.ERROR
    if paper["outcome"] == "unknown":
        return codes.ERROR if paper["domains"] else codes.DONE
    return codes.CHANGES if detailed and paper["outcome"] != "pass" else codes.DONE
