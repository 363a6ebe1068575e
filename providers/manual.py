"""A DNS host that one can only ask: a person makes the changes, and public DNS tells what became of them.

Every authoritative server of the zone is asked for itself. Public DNS cannot be listed: only the names of a scope are
read, each with every type that is supported.

Where the servers differ, the zone is taken as the one furthest behind shows it: the one with the lowest SOA serial;
among equal serials the one that shows most record sets otherwise than most servers do; then the first by name. So
nothing counts as done before that one has it, and `ready` says no as long as any two differ.
Source: RFC 1982 (serial arithmetic), RFC 4592 sections 2.2 and 3.3 (what a wildcard stands for), RFC 8020 (NXDOMAIN
means nothing below either), RFC 1034 section 4.2.1 (delegations).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from reconciler.model import names, rdata
from reconciler.model.answer import Answer, NameServer, Question
from reconciler.model.answer import Status as Answered
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.errors import NotFound, ProviderError, Unavailable, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.probe.authority import Authority
from reconciler.probe.resolver import Resolver
from reconciler.provider import Capabilities, Observation, Readiness, Scope
from reconciler.wire import records
from reconciler.wire.options import Options

#: Changes in one call: nothing is written, so there is no limit.
BATCH = 100_000
#: Questions on their way at once.
WORKERS = 64
#: Record sets whose servers differ that one reading tells of; the rest are counted.
TOLD = 20
#: Characters of a value in a sentence.
SHOWN = 100
_CUT = "NS records are changed by hand: the servers of a zone do not answer for the delegations in it"
_DELEGATED = "other name servers answer for this name: it is delegated to them"

Asked = Mapping[NameServer, Mapping[Question, Answer]]


@dataclass(slots=True)
class _Picture:
    """What one server shows of the names asked for.

    Attributes:
        serial: of the zone; none = its SOA could not be read.
        below: what it refers to other servers for.
    """

    server: NameServer
    serial: int | None = None
    sets: dict[Key, RecordSet] = field(default_factory=dict)
    below: set[Key] = field(default_factory=set)

    def values(self, key: Key) -> tuple[str, ...]:
        """Of one record set; empty where there is none."""
        held = self.sets.get(key)
        return held.values if held else ()


class ManualProvider:
    """One DNS host that one can only ask.

    Options: `ask` (whom), `answers_in` (seconds), `servers` (resolvers, `address:port`), `timeout` (seconds for one
    reply), `authoritative` (by address of a name server, the `address:port` to ask in its stead; left out: none).
    """

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        given = Options(name, options, folder)
        given.text("ask", "soporte@hosting.example")
        given.number("answers_in", 86_400)
        servers = given.texts("servers", "[192.0.2.53:53]")
        timeout = given.number("timeout", 5)
        given.inside("authoritative", needed=False)
        places = options.get("authoritative")
        try:
            resolver = Resolver([_server(one) for one in servers], timeout=timeout, workers=WORKERS)
            self._authority = Authority(resolver, places if isinstance(places, Mapping) else None)
        except (ValueError, AttributeError, TypeError) as problem:
            why = f"and authoritative must be addresses with ports: {problem}"
            given.wrong("servers", why, "servers: [192.0.2.53:53]")
        given.end()
        self._name = name
        each = Capabilities(batch=BATCH, delegated=True, computed=frozenset({"ttl"}))
        found = dict.fromkeys(sorted(rdata.TYPES), each)
        self.kinds: Mapping[str, Capabilities] = found | {"NS": replace(each, verbs=frozenset())}

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        """What no host can hold, or cannot be read back, each finding at its record set."""
        return records.refusals("manual/refused", "this DNS host", desired, self.kinds, _unseen)

    def normalise(self, desired: Resource) -> Resource:
        """Values in canonical form, sorted, without repeats; what is refused anyway stays as it is."""
        return records.normal(desired)

    def observe(self, scope: Scope) -> Observation:
        """Ask every authoritative server for the scope's names; the version is the lowest serial."""
        if scope.system != "dns":
            raise Unsupported(self._name, f"a DNS host holds no {scope.system}")
        if scope.names is None:
            raise Unsupported(self._name, "public DNS cannot be listed: only names that somebody asks for are read")
        pictures = self._pictures(scope.name, scope.names)
        behind = _behind(pictures)
        locked = dict.fromkeys(behind.below, _DELEGATED)
        version = "" if behind.serial is None else str(behind.serial)
        return Observation(scope, dict(behind.sets), version, tuple(_differing(pictures)), locked)

    def ready(self, key: Key) -> Readiness:
        """Ready when all servers show the same."""
        pictures = self._pictures(key.scope, [key.name])
        if len({one.values(key) for one in pictures}) == 1:
            return Readiness(True)
        return Readiness(False, f"the servers differ: {_each(key, pictures)}")

    def shown(self, keys: Sequence[Key]) -> Mapping[Key, Mapping[str, RecordSet | None]]:
        """What each server shows, by the server's name.

        Raises:
            ProviderError: a server cannot be asked.
        """
        found: dict[Key, Mapping[str, RecordSet | None]] = {}
        for zone in dict.fromkeys(key.scope for key in keys):
            inside = [key for key in keys if key.scope == zone]
            pictures = self._pictures(zone, {key.name for key in inside})
            labels = _labels(pictures)
            found |= {key: {labels[one.server]: one.sets.get(key) for one in pictures} for key in inside}
        return found

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        """Nothing is written: what every server shows is done, and a person is asked for the rest."""
        if not batch:
            return []
        zone = batch[0].key.scope
        try:
            pictures = self._pictures(zone, {one.key.name for one in batch if one.key.scope == zone})
        except ProviderError as problem:
            return [records.failed(one, problem) for one in batch]
        held: Mapping[Key, Resource] = dict(_behind(pictures).sets)
        wished = [replace(one, before=_as_held(one.before, held), after=self._wished(one, held)) for one in batch]
        outcomes = records.judged(wished, held, zone, self._unholdable)
        for one in batch:
            done = one.key not in outcomes or outcomes[one.key].status is Status.DONE
            if done and len({picture.values(one.key) for picture in pictures}) > 1:
                detail = f"not every server shows it yet: {_each(one.key, pictures)}"
                outcomes[one.key] = Outcome(one.key, Status.WAITING, detail, request_id=_request(one))
            elif one.key not in outcomes:
                detail = "a person is asked for it"
                outcomes[one.key] = Outcome(one.key, Status.WAITING, detail, request_id=_request(one))
        return [outcomes[one.key] for one in batch]

    def _wished(self, change: Change, held: Mapping[Key, Resource]) -> Resource | None:
        return change.after and _as_held(self.normalise(change.after), held)

    def _unholdable(self, change: Change) -> str:
        if change.after is None:
            return _CUT if change.key.kind == "NS" else ""
        return next((one.summary for one in self.refusals([change.after])), "")

    def _pictures(self, zone: str, wanted: Iterable[str]) -> list[_Picture]:
        """What each server shows of these names, first server first; at least one.

        Raises:
            NotFound: there is no such zone. Unavailable: a server does not answer, so nothing is known for sure.
        """
        asked = {name: question for name in sorted(wanted) for question in _questions(zone, name)}
        wild = {name: question for one in asked for name in _wildcards(one) for question in _questions(zone, name)}
        owners = asked | wild
        soa = Question(zone, "SOA")
        first = self._ask(zone, [soa, *(Question(owner, "CNAME") for owner in owners.values())])
        able = self._able(first)
        aliases = {name: [first[one][Question(owner, "CNAME")] for one in able] for name, owner in owners.items()}
        more = [name for name, answers in aliases.items() if _holds_more(answers)]
        kinds = sorted(set(self.kinds) - {"CNAME"})
        second = self._ask(zone, [Question(owners[name], kind) for name in more for kind in kinds]) if more else first
        pictures = [_Picture(one, _serial(first[one][soa])) for one in self._able(second) if one in able]
        for picture in pictures:
            _fill(picture, zone, owners, {**first[picture.server], **second[picture.server]})
            _unwild(picture, zone, asked)
        return pictures

    def _ask(self, zone: str, questions: Sequence[Question]) -> Asked:
        try:
            return self._authority.ask(zone, questions)
        except NotFound as problem:
            raise NotFound(self._name, _words(problem)) from None
        except ProviderError as problem:
            raise Unavailable(self._name, _words(problem)) from None

    def _able(self, asked: Asked) -> list[NameServer]:
        """The addresses that answered everything; each server needs one of them.

        Raises:
            Unavailable: a server has none.
        """
        problems = {one: _problem(answers) for one, answers in asked.items()}
        able = [one for one, problem in problems.items() if not problem]
        good = {one.name for one in able}
        silent = {one.name: problem for one, problem in problems.items() if one.name not in good}
        if silent or (problems and not able):
            told = "; ".join(f"{name}: {problem}" for name, problem in silent.items())
            raise Unavailable(self._name, f"not every name server answers, and only all together are believed: {told}")
        return able


def _unseen(wished: RecordSet) -> Iterator[str]:
    yield from records.unproxied(wished)
    if wished.key.kind == "NS":
        yield _CUT


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _words(problem: ProviderError) -> str:
    """Its message without the name before it."""
    return str(problem).removeprefix(f"{problem.provider}: ")


def _questions(zone: str, name: str) -> list[str]:
    """The absolute name to ask for, without final dot; empty where no such name can be."""
    try:
        return [names.written(names.labels(names.fqdn(name, zone)))]
    except ValueError:
        return []


def _wildcards(name: str) -> Iterator[str]:
    """The wildcards that may stand for a name, the closest first."""
    if name != "@":
        labels = name.split(".")
        for cut in range(1, len(labels) + 1):
            wild = ".".join(["*", *labels[cut:]])
            if wild != name:
                yield wild


def _problem(answers: Mapping[Question, Answer]) -> str:
    """Why a server is not believed; empty when it is. One that only refers elsewhere for a name has answered."""
    failed = [one for one in answers.values() if one.status is Answered.FAILED]
    if any(one.status is not Answered.FAILED for one in answers.values()):
        failed = [one for one in failed if one.code != "lame"]
    return failed[0].detail or failed[0].code or "no answer" if failed else ""


def _holds_more(aliases: Iterable[Answer]) -> bool:
    """From what the servers say of its CNAME: the name is there, and not everywhere nothing but an alias."""
    return any(one.status not in (Answered.NXDOMAIN, Answered.FOUND) for one in aliases)


def _serial(answer: Answer) -> int | None:
    words = answer.values[0].split() if answer.values else []
    return int(words[2]) if len(words) > 2 and words[2].isdecimal() else None


def _fill(picture: _Picture, zone: str, owners: Mapping[str, str], answers: Mapping[Question, Answer]) -> None:
    called = {owner: name for name, owner in owners.items()}
    for (owner, kind), answer in answers.items():
        if owner in called and answer.status is Answered.FOUND and kind != "SOA":
            key = Key("dns", zone, kind, called[owner])
            picture.sets[key] = RecordSet(key, answer.ttl, answer.values)
        elif owner in called and answer.status is Answered.FAILED:
            picture.below.add(Key("dns", zone, kind, called[owner]))


def _unwild(picture: _Picture, zone: str, asked: Collection[str]) -> None:
    """Take away what only a wildcard shows, and the wildcards that nobody asked for."""
    held: dict[str, dict[str, tuple[str, ...]]] = {}
    for key, one in picture.sets.items():
        held.setdefault(key.name, {})[key.kind] = one.values
    for name, mine in held.items():
        wild = next((held[one] for one in _wildcards(name) if one in held), None)
        if name not in asked or mine == wild:
            for kind in mine:
                del picture.sets[Key("dns", zone, kind, name)]
    picture.below = {key for key in picture.below if key.name in asked}


def _behind(pictures: Sequence[_Picture]) -> _Picture:
    """The server furthest behind."""
    late = [one for one in pictures if not any(_before(other, one) for other in pictures)] or pictures
    if len(late) == 1:
        return late[0]
    keys = {key for one in pictures for key in one.sets}
    usual = {key: Counter(one.values(key) for one in pictures).most_common(1)[0][0] for key in keys}
    odd = {id(one): sum(one.values(key) != usual[key] for key in keys) for one in late}
    return min(late, key=lambda one: (-odd[id(one)], one.server.name, one.server.address))


def _before(one: _Picture, other: _Picture) -> bool:
    """Its serial is an older one."""
    if one.serial is None or other.serial is None or one.serial == other.serial:
        return False
    return (other.serial - one.serial) % 2**32 < 2**31


def _labels(pictures: Iterable[_Picture]) -> dict[NameServer, str]:
    """What a server is called: its name, with the address where it has several."""
    servers = [one.server for one in pictures]
    count = Counter(one.name for one in servers)
    return {one: one.name if count[one.name] == 1 else f"{one.name} ({one.address})" for one in servers}


def _differing(pictures: Sequence[_Picture]) -> Iterator[Diagnostic]:
    keys = sorted({key for one in pictures for key in one.sets})
    odd = [key for key in keys if len({one.values(key) for one in pictures}) > 1]
    for key in odd[:TOLD]:
        what = f"the name servers of {key.scope} differ at {key.kind} {key.name}: {_each(key, pictures)}"
        why = "The one furthest behind is taken; nothing counts as done before all show it."
        yield warning("manual/differ", what, why, address=key.address)
    if len(odd) > TOLD:
        yield warning("manual/differ", f"and they differ at {len(odd) - TOLD} more record sets")


def _each(key: Key, pictures: Sequence[_Picture]) -> str:
    """Who shows what."""
    labels = _labels(pictures)
    shown: dict[tuple[str, ...], list[str]] = {}
    for one in pictures:
        shown.setdefault(one.values(key), []).append(labels[one.server])
    return "; ".join(f"{', '.join(some)} {'show' if len(some) > 1 else 'shows'} {_text(values)}"
                     for values, some in shown.items())  # fmt: skip


def _text(values: Sequence[str]) -> str:
    text = ", ".join(values)
    return (text if len(text) <= SHOWN else f"{text[:SHOWN]}...") or "nothing"


def _as_held(wished: Resource | None, held: Mapping[Key, Resource]) -> Resource | None:
    """With the TTL that is shown: it is the host's own affair."""
    there = held.get(wished.key) if wished else None
    if isinstance(wished, RecordSet) and isinstance(there, RecordSet):
        return replace(wished, ttl=there.ttl, values=tuple(sorted(set(wished.values))))
    return wished


def _request(change: Change) -> str:
    """Named after the steps alone, so that what stands beside them asks nobody a second time."""
    named = sorted(change.steps) or [change.key.address]
    return sha256("\n".join(["manual", *named]).encode()).hexdigest()[:16]
