"""Begins a customer's folder of specs with what stands there today; nothing that exists is changed.

A zone that a provider of the workspace can read, and a tenant, become a spec whose first plan does nothing. Of a domain
that only public DNS shows a draft is made. Everything is made and loaded as a spec before the first file is written.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler import document
from reconciler.mail.draft import before
from reconciler.mail.quoting import quoted
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.session import placing, public_import, rehearsing, whole_import
from reconciler.session.answering import Asker
from reconciler.session.opened import Session
from reconciler.session.ordering import CUSTOMER, WORKSPACE, Order
from reconciler.spec import load
from reconciler.transcript.choice import Choice
from reconciler.transcript.customer import Reading, Transcript, transcribe

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


@dataclass(frozen=True, slots=True)
class Begun:
    """What an import made, before anything of it is written.

    Attributes:
        paper: the public document, of an import that wrote nothing.
        files: texts by path: the customer's, then what stands beside its folder and is not there yet.
    """

    paper: dict[str, Any]
    files: Mapping[Path, str]


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked.

    Attributes:
        now: when.
        asker: of public DNS; none = it is not asked. `servers`: their addresses, for the report.
        session: opens the providers of the workspace; none = none is asked for.
    """

    now: datetime
    asker: Asker | None = None
    servers: tuple[str, ...] = ()
    session: Session | None = None


def begin(
    order: Order, loaded: load.Loaded | None, sources: Sources, *, following: str, doing: Doing = nullcontext
) -> Begun:
    """Read everything that is asked for, and make the files.

    Args:
        loaded: as `opened` gave it.
        following: the command to go on with.

    Raises:
        SpecError: nobody answered, there is no such domain, or a zone or the tenant could not be read whole.
        Refused: a copy of the tenant is there already.
    """
    now, session = sources.now, sources.session
    date = now.date().isoformat()
    drafts = [] if order.provider else public_import.drafts(order.domains, sources.asker, doing)
    read = whole_import.read(order, session, doing) if session else whole_import.Whole()
    reading = Reading(
        _head(order, date),
        read.zones,
        {one.domain: one.lines(order.snapshot(one.domain)) for one in drafts},
        read.tenant,
    )
    if session:
        made = rehearsing.settled(
            reading,
            lambda texts: rehearsing.rehearsed(order.specs, order.customer, texts, read.reads, session.clock),
        )
    else:
        made = transcribe(reading, Choice())
    snapshots = {one.domain: before(one.domain, one.records, date, public_import.WHENCE) + one.gaps for one in drafts}
    snapshots |= {one.domain: before(one.domain, *whole_import.snapshot(one, date)) for one in read.zones}
    files = _files(order, made, snapshots, loaded) | ({order.tenant_file: read.copy} if read.copy else {})
    told = [one for draft in drafts for one in draft.told(order.snapshot(draft.domain), order.folder)]
    paper = document.importing(
        order.customer,
        now,
        asked=sources.servers,
        questions=sum(one.questions for one in drafts),
        domains=[*(one.as_json() for one in drafts), *(whole_import.as_json(one, made) for one in read.zones)],
        tenant=whole_import.tenant_json(read.tenant, made.people),
        files={str(path): text for path, text in files.items()},
        diagnostics=[*told, *read.odd, *_proven(order, files, loaded)],
        following=following,
    )
    return Begun(paper, files)


def _head(order: Order, date: str) -> tuple[str, ...]:
    """What the file says of itself."""
    told = []
    if order.provider:
        what = "the records of mail" if order.only_mail else "every record"
        told.append(f"Made by `reconciler import` on {date}: {what}, as {order.provider} shows them.")
    else:
        told.append(f"Draft made from public DNS on {date}: incomplete, since nobody can list a zone from outside.")
        told.append("Read every line: what DNS shows is evidence, not the whole truth.")
    if order.tenant:
        told.append(f"Accounts, licences and groups are those of {order.tenant} on that day.")
    if order.provider:
        told.append("It asks for what is there already: the first plan adds, changes and destroys nothing.")
    return tuple(told)


def _files(order: Order, made: Transcript, snapshots: Mapping[str, str], loaded: load.Loaded | None) -> dict[Path, str]:
    found = {order.folder / name: text for name, text in made.texts().items()}
    found |= {order.folder / order.snapshot(domain): text for domain, text in snapshots.items()}
    if loaded is None:
        servers = ", ".join(map(quoted, order.servers))
        resolver = f"resolver: [{servers}]\n" if servers else "# resolver: system\n"
        found[order.specs / WORKSPACE] = _WORKSPACE + resolver
    return found


def _proven(order: Order, files: Mapping[Path, str], loaded: load.Loaded | None) -> list[Diagnostic]:
    """What a spec of these files lacks in this workspace: the name of a DNS provider at most.

    Raises:
        RuntimeError: they do not load; the mistake is ours.
    """
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        if loaded is not None:
            shutil.copyfile(order.specs / WORKSPACE, root / WORKSPACE)
        (root / order.customer).mkdir()
        for path, text in files.items():
            place = root / path.relative_to(order.specs)
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")
        spec = load.load(root)
        told = [one for one in spec.diagnostics if one.rule == "spec/missing" and spec.workspace.defaults.dns is None]
        strange = [one for one in spec.diagnostics if one.severity is Severity.ERROR and one not in told]
        for domain in order.domains:
            strange += rehearsing.snapshot_mistakes(root, order.customer, order.snapshot(domain), domain)
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
    placing.put(order.specs, order.customer, begun.files)
    return document.imported(begun.paper)
