"""`reconciler passwords`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import choosing, codes, options, over, private, trouble
from reconciler.cli.asking import Asker
from reconciler.cli.judging import Judged
from reconciler.cli.output import output
from reconciler.cli.progress import Progress
from reconciler.cli.stopping import Stop
from reconciler.cli.world import Paper, Work, World, pass_world
from reconciler.model.diagnostic import error
from reconciler.model.errors import SpecError
from reconciler.model.value import Secret

if TYPE_CHECKING:
    from reconciler.passwords import Slip

STORE, JOURNAL, LEASE = "passwords.jsonl", "journal.jsonl", "lease.json"
EPILOG = """\b
Examples:
  reconciler passwords --customer acme                         asks for the passphrase
  reconciler passwords --customer acme --identity key.txt      an age identity, made by age-keygen
  reconciler passwords --customer acme --user ana@acme.example
\b
Who looked at whose password and when is written to the journal first.
\b
Exit codes: 0; 3 no passwords, or the wrong key; 1 error, or a part could not be opened.
"""


@click.command("passwords", epilog=EPILOG)
@options.specs
@options.customers
@options.plain
@click.option(
    "--identity", metavar="FILE", type=click.Path(path_type=Path), help="The private key; without it a passphrase."
)
@click.option("--user", "users", metavar="ID", multiple=True, help="Only this user, by spec id; repeatable.")
@pass_world
def command(world: World, specs: str | None, names: Sequence[str], identity: Path | None, users: Sequence[str]) -> int:
    """Print the first passwords of new users, as slips to hand out."""
    wanted = output(world, None)
    work = choosing.opened(world, options.Chosen(options.folder_of(specs), tuple(names)))
    key = _key(world, identity)
    # Customers without new users have no passwords; one that was named shall say so.
    asked = [one for one in choosing.everyone(work) if names or (work.state(one) / STORE).exists()]
    stop = Stop()

    def make(name: str) -> Paper:
        with stop.customer():
            paper = _reveal(work, name, key, users)
        if not world.json:
            world.screen.tell(paper["diagnostics"])
        return paper

    job = over.Job("passwords", "opening", make, _judge, lambda paper, _: _text(paper), stopped=lambda: stop.asked)
    with stop:
        results = over.run(world, work, asked, job, output=wanted, progress=Progress(world.screen))
    return over.finish(world, results, job, wanted)


def _key(world: World, identity: Path | None) -> Secret:
    if identity is not None:
        return Secret(private.read(identity))
    if not world.screen.interactive:
        remedy = "Give the private key: --identity FILE; or run it at a terminal."
        raise SpecError([error("cli/no-key", "there is nobody to ask for the passphrase", remedy=remedy)])
    return Asker(world.screen, Progress(world.screen)).passphrase()


def _reveal(work: Work, name: str, key: Secret, users: Sequence[str]) -> Paper:
    """Open, put on record who sees what, then hand it over."""
    from reconciler import journal, lease, passwords

    folder = work.state(name)
    found = passwords.reveal(folder / STORE, key)
    slips = _narrowed({slip.kept.user: slip for slip in found.slips}, users)
    held = lease.acquire(folder / LEASE, lease.this_process(work.run), work.clock)
    try:
        book = journal.Journal.open(folder / JOURNAL, work.clock, work.run)
        for slip in slips:
            book.append("reveal", {"user": slip.kept.user, "by": work.actor})
        book.seal()
    finally:
        held.release()
    notes = (*held.warnings, *book.warnings, *found.diagnostics)
    code = codes.ERROR if any(one.severity == "error" for one in notes) else codes.DONE
    return trouble.paper(notes, code, name) | {"kind": "passwords", "slips": [_slip(one) for one in slips]}


def _narrowed(latest: dict[str, Slip], users: Iterable[str]) -> list[Slip]:
    strangers = [user for user in users if user not in latest]
    if strangers:
        remedy = f"There are: {', '.join(latest)}." if latest else ""
        raise SpecError(error("cli/user", f"no password is kept for {user!r}", remedy=remedy) for user in strangers)
    return [latest[user] for user in dict.fromkeys(users)] or list(latest.values())


def _slip(slip: Slip) -> dict[str, Any]:
    kept = slip.kept
    return {"user": kept.user, "upn": kept.upn, "password": slip.password.reveal(), "time": kept.time}


def _judge(paper: Paper) -> Judged:
    count = len(paper["slips"])
    return Judged("error" if paper["exit_code"] else "done", paper["exit_code"], f"{count} shown")


def _text(paper: Paper) -> str:
    from reconciler.report.escape import line
    from reconciler.report.values import moment

    return "\n".join(
        f"{line(one['upn'])}\n  password  {line(one['password'])}\n  made      {moment(one['time'])}\n"
        for one in paper["slips"]
    )
