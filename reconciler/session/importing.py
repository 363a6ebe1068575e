"""Begins a customer's folder of specs with what public DNS shows of one domain; nothing that exists is changed.

Everything is made and loaded as a spec before the first file is written. The folder is then written beside its place
and moved there in one step, so that a run that is killed leaves all of it or nothing.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler import document
from reconciler.mail.discover import Discovery, as_json, discover
from reconciler.mail.draft import before, draft, quoted
from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Question, Status
from reconciler.model.diagnostic import Diagnostic, Origin, Severity, error, warning
from reconciler.model.errors import Refused, SpecError
from reconciler.session.answering import Answers
from reconciler.spec import load
from reconciler.spec.files import Files
from reconciler.spec.finish import Finisher
from reconciler.spec.mistakes import Places
from reconciler.spec.yaml_text import read

WORKSPACE, CUSTOMER, BEFORE = load.WORKSPACE, load.CUSTOMER, "before.yaml"
#: Shows what is being done meanwhile.
Doing = Callable[[str], AbstractContextManager[object]]

_WORKSPACE = """\
# What all customers of this folder share.
providers:
  # Where DNS is read and changed. Here zone files stand in for a DNS host: have the host export each zone to
  # zones/DOMAIN.zone, or write another type of provider; `reconciler providers` lists them.
  zones: {type: zonefile, directory: zones}
defaults:
  dns: zones
# DNS servers that plans ask about names outside these zones; left out: plans ask nobody.
"""
#: What stands beside a customer's folder while it is made, with the id of the process that makes it.
_STAGE = re.compile(r"\.import-([0-9]+)")
#: What a system says where something stands already. Source: rename(2), link(2).
_THERE = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be begun.

    Attributes:
        domain: lower case, A-labels, without final dot.
        customer: name of the customer's folder.
        specs: the folder of specs, which need not exist.
        servers: DNS servers that somebody named for this run; a new workspace gets them.
    """

    domain: str
    customer: str
    specs: Path
    servers: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The customer's."""
        return self.specs / self.customer


def opened(order: Order) -> load.Loaded | None:
    """The specs that are there; none when there is no workspace yet.

    Raises:
        SpecError: the customer's name cannot be a folder's, or the workspace is wrong.
        Refused: the customer's folder is there already, or another customer has the domain.
    """
    if not load.CUSTOMER_ID.fullmatch(order.customer):
        remedy = "use lower case letters, digits, dots and hyphens"
        raise SpecError(
            [error("spec/customer", f"{order.customer!r} is no name for a customer's folder", remedy=remedy)]
        )
    loaded = load.load(order.specs) if os.path.lexists(order.specs / WORKSPACE) else None
    if os.path.lexists(order.folder) and not _empty(order.folder):
        found = [order.folder / name for name in (CUSTOMER, BEFORE)]
        raise Refused([_taken(next((one for one in found if os.path.lexists(one)), order.folder))])
    for one in loaded.customers if loaded else ():
        if order.domain in one.domains:
            place = one.domains[order.domain].origin
            remedy = f"Work on it with --customer {one.id}, or take it out there."
            raise Refused(
                [error("import/claimed", f"{one.id} has {order.domain} already", remedy=remedy, origin=place)]
            )
    return loaded


def _empty(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())


def _taken(where: Path) -> Diagnostic:
    remedy = "Nothing is overwritten: name another customer with --customer, or move it away."
    return error("import/exists", f"{where} is there already", remedy=remedy, origin=Origin(str(where)))


@dataclass(frozen=True, slots=True)
class Begun:
    """What an import made, before anything of it is written.

    Attributes:
        paper: the public document, of an import that wrote nothing.
        files: texts by path: the customer's, then the workspace if there is none yet.
    """

    paper: dict[str, Any]
    files: Mapping[Path, str]


def begin(
    order: Order,
    loaded: load.Loaded | None,
    answers: Answers,
    now: datetime,
    *,
    servers: Sequence[str],
    following: str,
    doing: Doing = nullcontext,
) -> Begun:
    """Ask public DNS everything about a domain's mail, and make the files.

    Args:
        loaded: as `opened` gave it.
        servers: the addresses that are asked, for the report.
        following: the command to go on with.

    Raises:
        SpecError: nobody answered, or there is no such domain.
    """
    with doing(f"asking DNS about the mail of {order.domain}"):
        found = answers.settled(Notebook, lambda notebook: discover(order.domain, notebook))
    silent = [question for question, answer in answers.known.items() if answer.status is Status.FAILED]
    _something(order.domain, found, answers, silent)
    files = _files(order, found, now.date().isoformat(), silent, loaded)
    paper = document.importing(
        order.customer,
        now,
        asked=servers,
        questions=len(answers.known),
        found=as_json(found),
        files={str(path): text for path, text in files.items()},
        diagnostics=[*_told(order, silent, len(answers.known)), *_proven(order, files, loaded)],
        following=following,
    )
    return Begun(paper, files)


def _something(domain: str, found: Discovery, answers: Answers, silent: Sequence[Question]) -> None:
    """There is something to write down.

    Raises:
        SpecError: there is not.
    """
    if len(silent) == len(answers.known):
        why = answers.known[silent[0]].detail
        remedy = "See that the DNS server can be reached, or name another with --resolver."
        raise SpecError([error("import/silence", f"nobody answers questions about {domain}", why, remedy)])
    apex = answers.known[Question(domain, "SOA")]
    if apex.status is Status.NXDOMAIN and not found.records:
        remedy = "Look at the spelling; for a domain that is still to be registered write the spec by hand."
        raise SpecError([error("import/no-domain", f"DNS knows no {domain}", remedy=remedy)])


def _told(order: Order, silent: Sequence[Question], asked: int) -> list[Diagnostic]:
    if not silent:
        return []
    what = f"{len(silent):,} of {asked:,} questions got no answer: {BEFORE} lacks what stands there"
    remedy = f"Ask again later: move {order.folder} away and run the same command."
    return [warning("import/unanswered", what, remedy=remedy)]


def _files(
    order: Order, found: Discovery, date: str, silent: Sequence[Question], loaded: load.Loaded | None
) -> dict[Path, str]:
    gaps = "".join(f"# Nobody answered, so nothing is known of it: {one.type} of {one.name}\n" for one in silent)
    made = {order.folder / CUSTOMER: draft(found, date), order.folder / BEFORE: before(found, date) + gaps}
    if loaded is None:
        servers = ", ".join(map(quoted, order.servers))
        resolver = f"resolver: [{servers}]\n" if servers else "# resolver: system\n"
        made[order.specs / WORKSPACE] = _WORKSPACE + resolver
    return made


def _proven(order: Order, files: Mapping[Path, str], loaded: load.Loaded | None) -> list[Diagnostic]:
    """What a spec of these files lacks in this workspace: the name of a DNS provider at most.

    Raises:
        RuntimeError: they do not load; the mistake is ours.
    """
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / order.customer).mkdir()
        if loaded is not None:
            shutil.copyfile(order.specs / WORKSPACE, root / WORKSPACE)
        for path, text in files.items():
            (root / path.relative_to(order.specs)).write_text(text, encoding="utf-8")
        spec = load.load(root)
        snapshot: list[Diagnostic] = []
        places, paths = Places(read(b"", "")), Files(root, root / order.customer, snapshot)
        Finisher(spec.workspace, places, paths, snapshot).snapshot(BEFORE, order.domain, Origin())
        told = [one for one in spec.diagnostics if one.rule == "spec/missing" and spec.workspace.defaults.dns is None]
        strange = [one for one in (*spec.diagnostics, *snapshot) if one.severity is Severity.ERROR and one not in told]
        if strange:
            raise RuntimeError(f"the draft is no spec: {strange[0].summary}")
    file = str(order.folder / CUSTOMER)
    return [replace(one, origin=one.origin._replace(file=file)) for one in told]


def put(order: Order, begun: Begun) -> dict[str, Any]:
    """Write the files, all or none; the public document of an import that wrote them.

    Raises:
        Refused: one of them has come into being meanwhile.
        SpecError: they cannot be written.
    """
    try:
        _move(order, begun.files)
    except OSError as problem:
        if problem.filename2 and problem.errno in _THERE:  # of link and rename alone, which have two names
            raise Refused([_taken(Path(problem.filename2))]) from problem
        what = f"{order.folder} cannot be written: {problem.strerror or problem}"
        remedy = "Name a folder that you may write to with --specs."
        raise SpecError([error("import/unwritable", what, remedy=remedy)]) from problem
    return document.imported(begun.paper)


def _move(order: Order, files: Mapping[Path, str]) -> None:
    """Write everything beside its place, then move it there without replacing anything.

    The workspace goes first: alone it is sound, and a run after this one was killed goes on with it.
    Source: rename(2), link(2): a folder replaces an empty one at most, a link nothing.
    """
    order.specs.mkdir(parents=True, exist_ok=True)
    _sweep(order.specs)
    stage = order.specs / f".import-{os.getpid()}"
    workspace = order.specs / WORKSPACE
    linked = moved = False
    try:
        (stage / order.customer).mkdir(parents=True)
        for path, text in files.items():
            _write(stage / path.relative_to(order.specs), text)
        _sync(stage / order.customer)
        if workspace in files:
            workspace.hardlink_to(stage / WORKSPACE)
            linked = True
        (stage / order.customer).rename(order.folder)
        moved = True
        _sync(order.specs)
    finally:
        if linked and not moved:
            workspace.unlink()
        shutil.rmtree(stage, ignore_errors=True)


def _sweep(specs: Path) -> None:
    """Clear away what runs left that were killed."""
    for path in specs.iterdir():
        found = _STAGE.fullmatch(path.name)
        if found and not _alive(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def _alive(process: int) -> bool:
    """Tell whether another process has this id."""
    if process == os.getpid():  # in a container every run may have the same
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Put the names in a folder on the disk; a system that cannot is no worse off. Source: fsync(2)."""
    file = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(file)
    finally:
        os.close(file)
