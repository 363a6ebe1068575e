"""A zone's authoritative servers: found through the configured resolver, then each asked for itself.

An authoritative server tells what stands in the zone now, with the TTL that the zone gives it; a resolver may still
tell what stood there before.
Source: RFC 1034 section 4.1 (name servers of a zone), RFC 1035 section 4.1.1 (RD and AA), RFC 2182 (why all are asked).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from reconciler.model.answer import Answer, NameServer, Question, Status
from reconciler.model.errors import NotFound, ProviderError, Unavailable
from reconciler.probe.exchange import Server
from reconciler.probe.resolver import Resolver, server
from reconciler.probe.wire import How

#: So many addresses of one zone are asked at most, and so many of its servers looked up; the root has 26.
MOST_SERVERS = 32
#: Servers of a parent that are asked for a delegation, one after the other, until one tells.
MOST_PARENTS = 3

Answers = Mapping[NameServer, Mapping[Question, Answer]]
#: Each server with why it is not to be asked (empty: it is), or what is wrong with the zone.
Found = Mapping[NameServer, str] | ProviderError

_PROVIDER = "dns"
_ELSEWHERE = "not asked: its address is not among those that the configuration lets us ask"
_NOBODY = "not asked: no server can have this address"
_TOO_MANY = f"not asked: the zone has more than {MOST_SERVERS} servers"


class Authority:
    """Asks the authoritative servers of zones, all side by side; safe to share between threads as its resolver is."""

    def __init__(self, resolver: Resolver, places: Mapping[str, str] | None) -> None:
        """Nothing is sent yet.

        Args:
            resolver: finds the servers, and says how long each is given for a reply.
            places: by address of a name server, the `address:port` that is asked in its stead (IPv6 in brackets); an
                address that is not there is not asked. None = every server is asked at its own address, port 53.

        Raises:
            ValueError: a place is no address with a port.
        """
        self._resolver = resolver
        self._places = None if places is None else {_plain(one): _place(place) for one, place in places.items()}

    def servers(self, zone: str) -> tuple[NameServer, ...]:
        """Every address of every name server of a zone: by name, IPv4 first; without an address, one with an empty one.

        Args:
            zone: the zone's own name, written form (lower case, A-labels), without final dot.

        Raises:
            NotFound: no such zone: there is no such name, or nothing has its NS records.
            Unavailable: the resolver does not tell.
        """
        found = self._found([zone])[zone]
        if isinstance(found, ProviderError):
            raise found
        return tuple(found)

    def ask(self, zone: str, questions: Iterable[Question]) -> Answers:
        """What each server of a zone answers now, in the order of `servers`; nothing is kept from one call to the next.

        An answer is about the name itself: where an alias stands and another type is asked for, it is empty and tells
        the target. `ttl` is the zone's own. A server that cannot be asked has a failed answer to each question, with
        the reason; one that does not answer with authority has the code `lame`.

        Raises:
            NotFound, Unavailable: as `servers`.
        """
        found = self.ask_all({zone: questions})[zone]
        if isinstance(found, ProviderError):
            raise found
        return found

    def ask_all(self, wanted: Mapping[str, Iterable[Question]]) -> dict[str, Answers | ProviderError]:
        """The same for many zones at once: the questions of all are on their way side by side.

        Args:
            wanted: questions by zone.

        Returns:
            For each zone its answers, or the error that `ask` would raise.
        """
        questions = {zone: tuple(dict.fromkeys(asked)) for zone, asked in wanted.items()}
        found = self._found(questions)
        reached = {zone: {} if isinstance(some, ProviderError) else self._reached(some) for zone, some in found.items()}
        # By question first: a server that is silent is noticed before everything is asked of it.
        longest = max(map(len, questions.values()), default=0)
        pairs = [
            (place, questions[zone][number])
            for number in range(longest)
            for zone, places in reached.items()
            if number < len(questions[zone])
            for place in places.values()
        ]
        got = self._resolver.each(dict.fromkeys(pairs), How.OWN)

        def answers(zone: str, one: NameServer, why: str) -> dict[Question, Answer]:
            place = reached[zone].get(one)
            never = Answer(Status.FAILED, detail=why, code="unasked")
            return {question: got[place, question] if place else never for question in questions[zone]}

        return {
            zone: some
            if isinstance(some, ProviderError)
            else {one: answers(zone, one, why or _ELSEWHERE) for one, why in some.items()}
            for zone, some in found.items()
        }

    def delegations(self, parents: Mapping[str, str]) -> dict[str, Answer]:
        """The NS records by which parents refer to zones, side by side; one server of a parent that tells is enough.

        Args:
            parents: by zone, the zone above it.

        Returns:
            By zone its answer, failed where none told; zones whose parent has no server that may be asked are missing.
        """
        found = self._found(dict.fromkeys(parents.values()), MOST_PARENTS)
        places = {
            parent: [] if isinstance(some, ProviderError) else list(dict.fromkeys(self._reached(some).values()))
            for parent, some in found.items()
        }
        answers: dict[str, Answer] = {}
        for number in range(MOST_PARENTS):
            pairs = [
                (places[parent][number], Question(zone, "NS"))
                for zone, parent in parents.items()
                if number < len(places[parent]) and (zone not in answers or answers[zone].status is Status.FAILED)
            ]
            for (_, question), answer in self._resolver.each(pairs, How.PARENT).items():
                answers[question.name] = answer
        return answers

    def _found(
        self, zones: Iterable[str], most: int = MOST_SERVERS
    ) -> dict[str, dict[NameServer, str] | ProviderError]:
        """By zone its servers, of which so many are looked up."""
        asked = self._resolver.ask(Question(zone, "NS") for zone in zones)
        hosts = {
            question.name: [value.removesuffix(".") for value in answer.values]
            for question, answer in asked.items()
            if answer.status is Status.FOUND and not answer.alias
        }
        looked = dict.fromkeys(host for names in hosts.values() for host in names[:most])
        known = self._resolver.ask(Question(host, kind) for kind in ("A", "AAAA") for host in looked)
        return {
            question.name: _servers(hosts[question.name], known)
            if question.name in hosts
            else _missing(question.name, answer)
            for question, answer in asked.items()
        }

    def _reached(self, found: Mapping[NameServer, str]) -> dict[NameServer, Server]:
        """Where each server is asked; those that are not to be asked are left out."""
        able = [one for one, why in found.items() if not why]
        if self._places is None:
            return {one: Server(one.address) for one in able}
        return {one: self._places[one.address] for one in able if one.address in self._places}


def _servers(hosts: Iterable[str], known: Mapping[Question, Answer]) -> dict[NameServer, str]:
    found: dict[NameServer, str] = {}
    number = 0
    for host in hosts:
        answers = [known.get(Question(host, kind)) for kind in ("A", "AAAA")]
        addresses = [_plain(value) for one in answers if one for value in one.values]
        for address in addresses:
            number += 1
            found[NameServer(host, address)] = _TOO_MANY if number > MOST_SERVERS else _impossible(address)
        if not addresses:
            failed = next((one for one in answers if one and one.status is Status.FAILED), None)
            why = f"its address is not known: {failed.detail}" if failed else "it has no address"
            found[NameServer(host, "")] = why if all(answers) else _TOO_MANY
    return found


def _impossible(address: str) -> str:
    """Why nothing is ever sent to an address: it stands for many hosts, or for none; else empty."""
    found = ipaddress.ip_address(address)
    many = found.is_multicast or found.is_unspecified or address == "255.255.255.255"
    return _NOBODY if many else ""


def _missing(zone: str, answer: Answer) -> ProviderError:
    if answer.status is Status.FAILED:
        return Unavailable(_PROVIDER, f"the name servers of {zone or '.'} are not known: {answer.detail}")
    if answer.status is Status.NXDOMAIN:
        return NotFound(_PROVIDER, f"there is no {zone}")
    return NotFound(_PROVIDER, f"{zone} is no zone of its own: it has no NS records")


def _plain(address: str) -> str:
    return str(ipaddress.ip_address(address))


def _place(text: str) -> Server:
    host, _, port = text.rpartition(":")
    if not port.isdecimal():
        raise ValueError(f"{text} is no address with a port")
    return server(host.removeprefix("[").removesuffix("]"), int(port))
