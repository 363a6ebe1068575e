"""The answers of several servers to the same questions, laid side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.mail.dnssec import keys
from reconciler.model.answer import Answer, NameServer, Question, Status

#: What stands for an alias: how far it is followed depends on who is asked.
ALIAS = ("(an alias)",)


@dataclass(frozen=True, slots=True)
class ServerState:
    """How one server of the zone behaves.

    Attributes:
        state: `answers`; `silent`: it said nothing; `lame`: it replies, and does not hold the zone; `unasked`: nothing
            was sent to it.
        serial: of its SOA record; none where it did not show one.
        mname: the primary server that its SOA record names, without final dot; empty without one.
        detail: why, unless it answers.
    """

    server: NameServer
    state: str
    serial: int | None = None
    mname: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """For people."""
        if self.state == "answers":
            return f"serial {self.serial}" if self.serial is not None else "answers, without a serial"
        words = {"silent": "silent", "lame": "lame: it does not hold the zone", "unasked": "not asked"}
        why = self.detail.removeprefix("not asked: ")
        return f"{words[self.state]}{f' ({why})' if why else ''}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody answered."""

    who: str
    authoritative: bool
    answer: Answer


@dataclass(frozen=True, slots=True)
class Row:
    """One question, and who answered it.

    Attributes:
        seen: the answers, those of the zone's servers first. `failed`: those who gave none.
    """

    question: Question
    seen: tuple[Seen, ...]
    failed: tuple[Seen, ...]

    @property
    def name(self) -> str:
        """The question as people write it."""
        return f"{self.question.type} {self.question.name}"

    def groups(self, *, authoritative: bool | None = None) -> dict[tuple[str, ...], list[Seen]]:
        """Who answered the same, by the values; `authoritative` takes only the zone's servers, or only resolvers."""
        found: dict[tuple[str, ...], list[Seen]] = {}
        for one in self.seen:
            if authoritative in (None, one.authoritative):
                found.setdefault(shown(self.question, one.answer), []).append(one)
        return found

    @property
    def differs(self) -> bool:
        """Not everybody answered the same."""
        return len(self.groups()) > 1

    @property
    def empty(self) -> bool:
        """Everybody answered, and everybody that there is nothing."""
        return not self.failed and not any(one.answer.values or one.answer.alias for one in self.seen)

    @property
    def ttl(self) -> int:
        """Seconds that the zone gives the answer, the longest that one of its servers said; 0 when not known."""
        return max((one.answer.ttl for one in self.seen if one.authoritative), default=0)

    @property
    def unanswered(self) -> bool:
        """Nobody answered it."""
        return not self.seen


def rows(
    asked: Iterable[Question],
    servers: Mapping[NameServer, Mapping[Question, Answer]],
    resolvers: Mapping[str, Mapping[Question, Answer]],
) -> list[Row]:
    """A row for each question, in order."""
    parties = [(who(server), True, told) for server, told in servers.items()]
    parties += [(name, False, told) for name, told in resolvers.items()]
    found = []
    for question in asked:
        some = [Seen(name, own, told[question]) for name, own, told in parties if question in told]
        known = tuple(one for one in some if one.answer.status is not Status.FAILED)
        found.append(Row(question, known, tuple(one for one in some if one.answer.status is Status.FAILED)))
    return found


def shown(question: Question, answer: Answer) -> tuple[str, ...]:
    """What is compared: the values; keys by their tags, versions not at all."""
    if answer.alias and question.type != "CNAME":
        return ALIAS
    if question.type == "DNSKEY":
        return tuple(f"key {tag}, algorithm {algorithm}" for tag, algorithm in keys(answer.values))
    if question.type == "SOA":
        return ()
    return answer.values


def server_states(zone: str, servers: Mapping[NameServer, Mapping[Question, Answer]]) -> list[ServerState]:
    """How each server behaves, by what it said of the zone's SOA record and of everything else."""
    return [_state(server, told.get(Question(zone, "SOA")), list(told.values())) for server, told in servers.items()]


def who(server: NameServer) -> str:
    """A server as people know it."""
    return f"{server.name} ({server.address})" if server.address else server.name


def _state(server: NameServer, soa: Answer | None, told: Sequence[Answer]) -> ServerState:
    if soa is not None and soa.status is Status.FOUND:
        words = soa.values[0].split()
        return ServerState(server, "answers", int(words[2]), words[0].removesuffix("."))
    if soa is not None and soa.status is not Status.FAILED:
        return ServerState(server, "lame", detail="it says that there is no such zone")
    code, detail = (soa.code, soa.detail) if soa else ("unasked", "")
    if code == "unasked" and all(one.code == "unasked" for one in told):
        return ServerState(server, "unasked", detail=detail)
    if code not in ("", "silent", "unasked"):
        return ServerState(server, "lame", detail=detail)
    if any(one.status is not Status.FAILED for one in told):
        return ServerState(server, "answers")
    return ServerState(server, "silent", detail=detail)
