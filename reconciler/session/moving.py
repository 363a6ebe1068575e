"""A zone that moves to another DNS host: one line of the spec changed, and its name servers are still the old ones.

Everything that the spec asks for is made at the new host; nothing is removed at the old one. What the old host holds
and the spec does not name is told by name, and the change of the name servers is a person's task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler import folding, leftovers, live
from reconciler.ledger import Ledger, Owned
from reconciler.model.answer import Question
from reconciler.model.diagnostic import Diagnostic, error, info, warning
from reconciler.model.errors import SpecError
from reconciler.model.key import TRAITS, Key, Slot, parse_slot
from reconciler.model.resource import RecordSet, Resource
from reconciler.model.route import Route, Stage, Task
from reconciler.provider import Observation, Scope
from reconciler.session.opened import Session
from reconciler.spec.scope import ASKED

#: The last stage of a zone that moves, and its only gate.
DELEGATE = "delegate"
#: So many record sets are named in one sentence.
NAMED = 20


@dataclass(frozen=True, slots=True)
class Moving:
    """One zone on its way.

    Attributes:
        old, new: providers of the workspace.
        servers: the name servers of the new host; empty when it names none.
        delegated: the world is sent to them already; none = nobody could be asked.
        before: what the old host holds; where it could not be read, and `problem` says why, what public DNS shows of
            its mail.
    """

    zone: str
    old: str
    new: str
    servers: tuple[str, ...]
    delegated: bool | None
    before: Mapping[Key, Resource]
    problem: str = ""


def moving(session: Session, picture: live.Live, known: Ledger) -> list[Moving]:
    """The zones that the spec has at another host than the journal; what could not be read there does not move yet."""
    reads = [(read, read.observation) for read in picture.reads if read.scope.system == "dns"]
    found = [(read, seen, known.places.get(read.scope.name, read.provider)) for read, seen in reads if seen]
    return [
        _moving(session, read, seen, old)
        for read, seen, old in found
        if old != read.provider
        and not (old.startswith(ASKED) and read.provider.startswith(ASKED))  # only whom to ask
        and not _renamed(session, old, seen, known)
    ]


def _renamed(session: Session, old: str, seen: Observation, known: Ledger) -> bool:
    """The workspace has another name for the same host: the old name is gone, and all that is ours stands there."""
    zone = seen.scope.name
    ours = {one: owned for one, owned in known.owned.items() if one.startswith(f"dns/{zone}/")}
    if old.startswith(ASKED) or old in session.loaded.workspace.providers or not ours:
        return False
    slots = {address: parse_slot(address) for address in ours}
    return all(
        folding.parts(seen.resources.get(slot.key)).get(slot.part) == ours[address].value
        for address, slot in slots.items()
        if slot.part not in TRAITS
    )


def _moving(session: Session, read: live.Read, seen: Observation, old: str) -> Moving:
    zone = read.scope.name
    servers = seen.name_servers or _apex(seen.resources, zone)
    before, problem = _old(session, old, read.scope)
    return Moving(zone, old, read.provider, servers, _delegated(session, zone, servers), before, problem)


def _apex(resources: Mapping[Key, Resource], zone: str) -> tuple[str, ...]:
    found = resources.get(Key("dns", zone, "NS", "@"))
    return found.values if isinstance(found, RecordSet) else ()


def _old(session: Session, name: str, scope: Scope) -> tuple[Mapping[Key, Resource], str]:
    if name.startswith(ASKED):
        return _shown(session, scope.name), "it can only be asked, and nobody lists its zone"
    if name not in session.loaded.workspace.providers:
        return _shown(session, scope.name), f"{name} is not in the workspace any more"
    try:
        provider = session.provider(name)
    except SpecError as problem:
        return _shown(session, scope.name), str(problem)
    (read,) = live.observe({name: provider}, [(name, Scope(scope.system, scope.name))], session.patience).reads
    return (read.observation.resources, "") if read.observation else (_shown(session, scope.name), read.error)


def _shown(session: Session, zone: str) -> dict[Key, Resource]:
    """The mail records at a zone's own name as public DNS shows them; nothing where nobody may be asked."""
    if session.answers.asker is None:
        return {}
    questions = {Key("dns", zone, kind, "@"): Question(zone, kind) for kind in ("MX", "TXT")}
    session.answers.learn(list(questions.values()))
    answers = {key: session.answers.known[question] for key, question in questions.items()}
    return {key: RecordSet(key, one.ttl, one.values) for key, one in answers.items() if one.values}


def _delegated(session: Session, zone: str, servers: Sequence[str]) -> bool | None:
    if session.answers.asker is None or not servers:
        return None
    question = Question(zone, "NS")
    session.answers.learn([question])
    answer = session.answers.known[question]
    return set(answer.values) == set(servers) if answer.values else None


def there(owned: Mapping[str, Owned], some: Sequence[Moving], resources: Mapping[Key, Resource]) -> Mapping[str, Owned]:
    """What is ours, without what has not come to the new host yet: nobody took it away there."""
    zones = tuple(f"dns/{one.zone}/" for one in some)
    if not zones:
        return owned
    slots = {address: parse_slot(address) for address in owned if address.startswith(zones)}
    parts = {slot.key: folding.parts(resources.get(slot.key)) for slot in slots.values()}
    late = {address for address, slot in slots.items() if slot.part not in parts[slot.key]}
    return {address: one for address, one in owned.items() if address not in late}


def staged(routes: Iterable[Route], some: Iterable[Moving]) -> tuple[Route, ...]:
    """The routes, with a last stage for each zone whose name servers a person must change."""
    waiting = {one.zone: one for one in some if not one.delegated}
    return tuple(
        replace(route, stages=(*route.stages, _stage(waiting[route.subject]))) if route.subject in waiting else route
        for route in routes
    )


def _stage(one: Moving) -> Stage:
    hosts = _named(one.servers) or f"those that {one.new} names"
    unseen = (
        "" if one.delegated is False else "; name a `resolver` in workspace.yaml, so that it is seen when it is done"
    )
    return Stage(
        DELEGATE, gates=(Task(DELEGATE, f"at the registrar, change the name servers of {one.zone} to {hosts}{unseen}"),)
    )


def findings(session: Session, some: Iterable[Moving], routes: Sequence[Route], picture: live.Live) -> list[Diagnostic]:
    """What a person should know before the name servers change."""
    mentioned = leftovers.Mentioned.of(routes)
    found = []
    for one in some:
        what = f"{one.zone} moves from {one.old} to {one.new}"
        detail = f"What the spec asks for is made at {one.new}; nothing is removed at {one.old}."
        found.append(info("zone/moves", what, detail, address=f"dns/{one.zone}"))
        if one.problem:
            why = f"What else {one.old} holds is not known: {one.problem}."
            blind = session.answers.asker is None
            tell = error if blind else warning  # without a word from anybody its mail would be left behind unseen
            remedy = "Mend that, or name a `resolver`: then public DNS stands in." if blind else "Look there first."
            found.append(tell("zone/unread", f"{one.zone} could not be read at {one.old}", why, remedy))
        mail, lost = _lost(one, mentioned, picture)
        if mail:
            what = f"{one.zone}: only {one.old} has {_some(mail)}, and the spec does not name it"
            why = "Mail that depends on it fails once the name servers change."
            remedy = (
                "Name who sends under `senders:` and where mail goes under `records:` or `mail:`; an SPF term that "
                "nobody needs any more goes under `spf: {absent: [...]}`."
            )
            found.append(error("zone/mail-left-behind", what, why, remedy, address=f"dns/{one.zone}"))
        if lost:
            what = f"{len(lost)} record sets of {one.zone} are at {one.old} alone, and the spec names none of them"
            detail = f"They end when the name servers change: {_some(lost)}."
            found.append(warning("zone/left-behind", what, detail, "Write those that are needed under `records:`."))
    return found


def _some(names: Sequence[str]) -> str:
    more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _lost(one: Moving, mentioned: leftovers.Mentioned, picture: live.Live) -> tuple[list[str], list[str]]:
    """What of the old host is neither asked for nor at the new one: mail's own by name, and other record sets.

    The old host's own NS and SOA are not among them.
    """
    mail: list[str] = []
    lost: list[str] = []
    for key in sorted(one.before):
        there = folding.parts(picture.resources.get(key))
        parts = folding.parts(one.before[key])
        gone = [part for part in parts if part not in TRAITS and part not in there and Slot(key, part) not in mentioned]
        terms = [part.removeprefix("spf/") for part in gone if part.startswith("spf/") and part != "spf/all"]
        if key[2:] == ("MX", "@") and gone:
            mail.append("the MX")
        elif key.name == "@" and terms:
            mail += [f"the SPF term {term}" for term in terms]
        elif [part for part in gone if not part.startswith("spf")] and key[2:] not in (("NS", "@"), ("SOA", "@")):
            lost.append(f"{key.name} {key.kind}")
    return mail, lost


def elsewhere(session: Session, picture: live.Live, some: Iterable[Moving]) -> list[Diagnostic]:
    """Zones whose host is not the one that the world is sent to: nobody sees what is changed there."""
    moving = {one.zone for one in some}
    found = []
    for read in picture.reads:
        seen, zone = read.observation, read.scope.name
        if (
            seen is None
            or read.scope.system != "dns"
            or zone in moving
            or live.is_local(session.provider(read.provider))
        ):
            continue
        servers = seen.name_servers or _apex(seen.resources, zone)
        if _delegated(session, zone, servers) is False:
            what = f"the world asks other name servers for {zone} than those of {read.provider}"
            detail = f"{read.provider} names {_named(servers)}. What is changed there is not what the world sees."
            remedy = "Have them named at the registrar, once everything that is needed stands there."
            found.append(warning("zone/elsewhere", what, detail, remedy, address=f"dns/{zone}"))
    return found


def _named(servers: Iterable[str]) -> str:
    return ", ".join(server.removesuffix(".") for server in servers)


def settled(some: Iterable[Moving], picture: live.Live, known: Ledger, *, done: bool) -> dict[str, str]:
    """The places that the journal does not know yet: zones seen first, and those that have moved.

    Args:
        done: everything was made at the new host.
    """
    on_their_way = {one.zone: bool(done and one.delegated) for one in some}
    places = {
        read.scope.name: read.provider for read in picture.reads if read.scope.system == "dns" and read.observation
    }
    return {
        zone: place
        for zone, place in places.items()
        if known.places.get(zone) != place and on_their_way.get(zone, True)
    }
