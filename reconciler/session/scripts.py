"""Scripts for Exchange Online: which a plan has, where they are written, and what became of each step.

A script that was run brings back what Exchange keeps: the plan sees there what is done, and here what went wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler import folding, plan, scripting
from reconciler.apply import Answer
from reconciler.ledger import Begun
from reconciler.model import powershell
from reconciler.model.diagnostic import Diagnostic, error, info, warning
from reconciler.model.errors import ProviderError, Refused
from reconciler.model.key import ALIAS, Key, parse_slot
from reconciler.model.resource import User
from reconciler.plan import Act, Leg
from reconciler.provider import Observation, Recorder, Scope
from reconciler.session import requests
from reconciler.session.looking import Seen
from reconciler.session.opened import Session
from reconciler.session.places import Places
from reconciler.spec.customer import CustomerSpec

FOLDER = "scripts"
#: The script without a step: it only looks.
LOOK = "look"
#: Paths that PowerShell takes as they are.
_PLAIN = re.compile(r"[\w./\\:-]+")
#: What was brought back longer ago than this says little of today.
OLD = timedelta(days=30)
#: Clocks of two machines may differ by that much.
SLACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scripts:
    """All that is known of one customer's scripts.

    Attributes:
        folder: where they are written. `save_as`: where what they bring back is read; empty without a provider.
        scripts: the plan's, one for each stage that has steps for one, with their texts.
        acts: their acts, by id. `look`: one without a step, to see what Exchange keeps today; none without a provider.
        read: it could be read, be there something or not. `taken`: when Exchange was looked at; none = never.
        results: by step id what went wrong, in Exchange's words; empty where it was done.
        ended: of steps that waited and are in no plan any more, what became of them.
        found: what a plan says of all that.
    """

    folder: Path
    save_as: str = ""
    scripts: tuple[dict[str, Any], ...] = ()
    acts: Mapping[str, Act] = field(default_factory=dict)
    look: Mapping[str, Any] | None = None
    read: bool = False
    taken: datetime | None = None
    results: Mapping[str, str] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    found: tuple[Diagnostic, ...] = ()

    def answer(self, begun: Begun) -> Answer:
        """What became of a step that a script was written for; that it is there is for the plan to see."""
        return Answer(True, True, self.text(begun))

    def text(self, begun: Begun) -> str:
        """One line for a person."""
        name = f"{begun.stage}.ps1"
        if self.late(begun):
            return f"{name} was not run yet, or what it wrote was not saved"
        if why := self.results.get(begun.id):
            return f"Exchange said: {why}"
        if begun.id in self.results:
            return (
                f"{name} says that it is done, and it does not show yet: wait some minutes and apply again; "
                "if it still does not show, run it again"
            )
        return f"what was brought back is not from {name} as it is now: run it again"

    def command(self, stage: str) -> str:
        """What a person types in PowerShell to run a script, so that what it brings back lies where it is read."""
        return _command(self.folder / f"{stage}.ps1", self.save_as)

    def late(self, begun: Begun) -> bool:
        """What was brought back is older than what was asked for; a script tells the time in whole seconds."""
        return self.taken is None or self.taken + timedelta(seconds=1) < begun.time

    def due(self, waiting: Mapping[str, Begun]) -> list[dict[str, Any]]:
        """The scripts that are to be run, each with the steps alone that somebody was asked for."""
        found = []
        for one in self.scripts:
            steps = [step for step in one["steps"] if step["id"] in waiting]
            if steps:
                found.append(_worded({**one, "steps": steps}))
        return found


def by_hand(places: Places, key: Key, part: str) -> bool:
    """The tenant's own provider cannot take an address of a person away again, and Exchange can."""
    provider = places.providers.get(places.provider_of(key))
    able = provider.kinds.get(key.kind) if provider else None
    return key.kind == "user" and part.startswith(ALIAS) and able is not None and "aliases" in able.grows


def growing(places: Places) -> frozenset[str]:
    """Tenants whose provider cannot take an address away from a person, where no script can be asked to."""
    asked = {scope.name for _, scope in places.scopes if scope.system == "exchange"}
    tenants = (scope.name for _, scope in places.scopes if scope.system == "tenant" and scope.name not in asked)
    return frozenset(one for one in tenants if by_hand(places, Key("tenant", one, "user", ""), ALIAS))


def look(session: Session, customer: CustomerSpec, seen: Seen, legs: Sequence[Leg]) -> Scripts:
    """Write the texts, and read what became of the steps.

    Args:
        legs: the whole plan, whatever its target.
    """
    folder = session.state(customer.id) / FOLDER
    read = next((one for one in seen.picture.reads if one.scope.system == "exchange"), None)
    if read is None:
        return Scripts(folder)
    acts = {act.id: act for act in _acts(legs, seen.places)}
    taken, results, problem = _results(seen, read.provider, read.scope, read.observation)
    save_as = _save_as(session, read.provider, read.scope)
    whose = _whose(customer, read.scope)
    made = tuple(_scripts(whose, seen, legs, acts))
    only_look = scripting.script(whose, LOOK, [], lambda key: key.name)
    is_read = read.observation is not None
    ended = dict(_ended(seen, legs, acts)) if is_read else {}
    known = Scripts(folder, save_as, made, acts, only_look, is_read, taken, results, ended)
    found = problem or [*_ahead(session, known), *_findings(session, known, seen, read.scope)]
    return Scripts(folder, save_as, made, acts, only_look, is_read, taken, results, ended, tuple(found))


def _command(script: Path, save_as: str) -> str:
    """A path that is no plain word is quoted; then PowerShell wants a `&` before it."""
    run = str(script) if _PLAIN.fullmatch(str(script)) else f"& {_quoted(str(script))}"
    if not save_as:
        return run
    return f"{run} -Evidence {save_as if _PLAIN.fullmatch(save_as) else _quoted(save_as)}"


def _quoted(path: str) -> str:
    return path if powershell.problem(path) else powershell.literal(path)


def _acts(legs: Iterable[Leg], places: Places) -> Iterator[Act]:
    for act in (act for leg in legs for act in leg.acts):
        key, part = act.slot
        if not act.refusal and (key.system == "exchange" or (by_hand(places, key, part) and act.action == "destroy")):
            yield act


def _results(
    seen: Seen, name: str, scope: Scope, read: Observation | None
) -> tuple[datetime | None, Mapping[str, str], list[Diagnostic]]:
    if read is None or not read.version:
        return None, {}, []
    provider: object = seen.places.providers[name]
    try:
        results = provider.results(scope) if isinstance(provider, Recorder) else {}
    except ProviderError as problem:
        return None, {}, [error("exchange/evidence", str(problem))]
    return datetime.fromisoformat(read.version), results, []


def _save_as(session: Session, name: str, scope: Scope) -> str:
    """Where the provider reads; one that is no folder of files has no such place."""
    directory = session.loaded.workspace.providers[name].options.get("directory")
    return str(session.folder / directory / f"{scope.name}.json") if isinstance(directory, str) else ""


def _whose(customer: CustomerSpec, scope: Scope) -> scripting.Whose:
    about = customer.customer
    language = (about.language if about else None) or customer.workspace.defaults.language
    return scripting.Whose(customer.id, scope.name, language, scope.names or frozenset())


def _scripts(
    whose: scripting.Whose, seen: Seen, legs: Sequence[Leg], acts: Mapping[str, Act]
) -> Iterator[dict[str, Any]]:
    stages: dict[str, list[Act]] = {}
    for leg in legs:
        for act in (one for one in leg.acts if one.id in acts):
            stages.setdefault(leg.route.stages[act.stage].name, []).append(act)
    order = dict.fromkeys(stage.name for leg in legs for stage in leg.route.stages)

    def address_of(key: Key) -> str:
        user = seen.world.resources.get(key)
        return user.upn.lower() if isinstance(user, User) else key.name

    for stage in sorted(stages, key=list(order).index):
        made = scripting.script(whose, stage, stages[stage], address_of)
        if scripting.sayable(made):  # else the provider has refused a value of it
            yield _worded(made)


def _worded(one: Mapping[str, Any]) -> dict[str, Any]:
    from reconciler.documents.exchange import text

    return {**one, "text": text(one)}


def _ended(seen: Seen, legs: Sequence[Leg], acts: Mapping[str, Act]) -> Iterator[tuple[str, str]]:
    """Steps that nothing asks for any more: the spec moved on, or what was to go is gone."""
    held: set[str] = set()
    for leg in legs:
        ids = plan.Ids(leg.route, seen.known.owned)
        held |= {ids.of(row) for row in leg.rows if row.want is not None}
    for begun in seen.known.waiting.values():
        key, part = slot = parse_slot(begun.address)
        if begun.id in acts or begun.id in held or not (key.system == "exchange" or by_hand(seen.places, key, part)):
            continue
        if seen.picture.covers(seen.binding.key(key)):
            there = folding.parts(seen.world.resources.get(key)).get(slot.part)
            yield begun.id, "found" if there == begun.after else "skipped"


def _ahead(session: Session, known: Scripts) -> Iterator[Diagnostic]:
    """What says that it comes from tomorrow would be believed for ever."""
    if known.taken is not None and known.taken > session.clock.now() + SLACK:
        what = f"{known.save_as} says that Exchange was looked at on {known.taken:%Y-%m-%d %H:%M} UTC, which is to come"
        yield error("exchange/evidence", what, "", "Mend the clock of that machine, and run the script again.")


def _findings(session: Session, known: Scripts, seen: Seen, scope: Scope) -> Iterator[Diagnostic]:
    waiting = {name: one for name, one in seen.known.waiting.items() if name in known.acts}
    for name, begun in waiting.items():
        if (why := known.results.get(name)) and not known.late(begun):
            want = known.acts[name].row.want
            place = {"origin": want.origin} if want else {}
            what = f"{begun.stage}.ps1 could not do one of its steps; Exchange said: {why}"
            yield warning("exchange/failed", what, "", "Mend that, and run it again.", address=begun.address, **place)
    if known.taken is None:
        if not known.read:
            return  # what could not be read is said already, and is not gone
        if any(address.startswith(f"exchange/{scope.name}/") for address in seen.known.owned):
            what = f"what was brought back from Exchange in {scope.name} is gone: there is no {known.save_as}"
            remedy = f"Put it back, or run {known.command(LOOK)}."
            yield error("exchange/evidence", what, "Earlier runs have read it.", remedy)
        elif known.scripts:
            what = f"nothing is known of Exchange in {scope.name} yet: there is no {known.save_as}"
            why = "Everything is planned as to be made. A script looks first, and makes only what is missing."
            remedy = f"Apply, then run {known.command(known.scripts[0]['stage'])}."
            yield info("exchange/no-evidence", what, why, remedy)
        return
    now = session.clock.now()
    yield info("exchange/as-of", f"Exchange in {scope.name} as of {known.taken:%Y-%m-%d %H:%M} UTC")
    if now - known.taken > OLD and not waiting:
        what = f"Exchange in {scope.name} was looked at {(now - known.taken).days} days ago, and not since"
        remedy = f"Run {known.command(LOOK)}."
        yield warning("exchange/old", what, f"The plan takes {known.save_as} for what is there.", remedy)
    late = [one for one in waiting.values() if known.late(one)]
    if late:
        names = ", ".join(sorted({f"{one.stage}.ps1" for one in late}))
        what = f"what is known of Exchange in {scope.name} is older than {names}, which was to be run"
        runs = "; ".join(sorted({known.command(one.stage) for one in late}))
        yield info("exchange/not-run", what, "", f"Run {runs}.")


def write(known: Scripts, waiting: Mapping[str, Begun]) -> list[dict[str, Any]]:
    """Put the scripts that are to be run into the folder, mode 0600, each whole or not at all, only what changed.

    Beside them stands one that only looks; those of which nothing is to be done any more are taken away.

    Raises:
        Refused: they cannot be written.
    """
    due = known.due(waiting)
    try:
        if due:
            known.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if known.save_as:
                Path(known.save_as).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if known.folder.is_dir() and known.look and scripting.sayable(known.look):
            _put(known.folder, [*due, _worded(known.look)])
    except OSError as problem:
        place = problem.filename or known.folder
        what = f"the scripts, and a place for what they bring back, cannot be made: {place}: {problem.strerror}"
        raise Refused([error("exchange/unwritable", what, remedy="Make room there and run again.")]) from problem
    written = []
    for one in due:
        about = {name: one[name] for name in ("stage", "name", "tenant", "look")}
        steps = [{**step, "state": known.text(waiting[step["id"]])} for step in one["steps"]]
        place = {
            "path": str(known.folder / one["name"]),
            "save_as": known.save_as,
            "command": known.command(one["stage"]),
        }
        written.append({**about, **place, "steps": steps})
    return written


def _put(folder: Path, scripts: Sequence[Mapping[str, Any]]) -> None:
    for one in scripts:
        # Windows PowerShell takes a file without a byte order mark for one in the machine's old encoding.
        path, text = folder / one["name"], f"\ufeff{one['text']}"
        if not path.is_file() or path.read_bytes() != text.encode():
            requests.put(path, text)
    for path in folder.glob("*.ps1"):
        if path.name not in {one["name"] for one in scripts}:
            path.unlink()


def awaited(written: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What an apply document says of scripts that wait for somebody to run them."""
    return [
        {
            "subject": one["tenant"],
            "stage": one["stage"],
            "text": f"in PowerShell, connected to Exchange Online, run {one['command']}, then apply again",
            "whom": "Exchange Online",
            "until": None,
        }
        for one in written
    ]


def tasks(known: Scripts, waiting: Mapping[str, Begun]) -> list[dict[str, Any]]:
    """The scripts that wait, with what became of each step."""
    found = []
    for one in known.due(waiting):
        steps = [
            {"id": step["id"], "address": step["address"], "text": known.text(waiting[step["id"]])}
            for step in one["steps"]
        ]
        about = {name: one[name] for name in ("stage", "name", "tenant")}
        place = {"path": str(known.folder / one["name"]), "save_as": known.save_as}
        found.append({**about, **place, "command": known.command(one["stage"]), "steps": steps})
    return found
