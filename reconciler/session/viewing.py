"""Asks for the public view of domains: each configured resolver, and the servers of their zones if that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from reconciler.mail import public_view
from reconciler.mail.public_view import View
from reconciler.model.answer import Answer, NameServer, Question, Status
from reconciler.model.errors import ProviderError
from reconciler.session.answering import Answers

if TYPE_CHECKING:
    from reconciler.probe.authority import Authority
    from reconciler.probe.resolver import Resolver

#: Zones whose servers are asked at once; each lot is allowed 300 seconds.
ZONES = 1_000
#: Names above a domain that are asked for the zone it lies in.
_HIGHEST = 8

#: Codes of answers for which nothing was sent.
UNSENT = ("silent", "unasked")
#: Shows what is being done meanwhile.
Doing = Callable[[str], AbstractContextManager[object]]
Told = dict[Question, Answer]


class Viewing:
    """Who is asked for public views, and what they said.

    Attributes:
        questions: how many were asked here, beside those that `Answers` was made to learn.
    """

    def __init__(self, resolver: Resolver, authority: Authority | None, why: str) -> None:
        """Nothing is asked yet; `why` says why nobody asks the servers of zones where `authority` is none."""
        self.questions = 0
        self._resolver, self._authority, self._why = resolver, authority, why
        self._told: dict[str, Told] = {str(one): {} for one in resolver.servers}

    def begin(self, questions: Sequence[Question], answers: Answers) -> list[Question]:
        """Ask each resolver for itself, where there are several; what they say is known from then on.

        Returns:
            What is still to be learnt: everything, where there is only one resolver.
        """
        if len(self._told) < 2:
            return [one for one in questions if one not in answers.known]
        from reconciler.probe.wire import How

        pairs = [(server, question) for question in dict.fromkeys(questions) for server in self._resolver.servers]
        got = self._resolver.each(pairs, How.RESOLVE)
        self.questions += len(got)
        for (server, question), answer in got.items():
            self._told[str(server)][question] = answer
            if answer.status is not Status.FAILED:
                answers.known.setdefault(question, answer)
        return []

    def views(self, wanted: Mapping[str, Sequence[Question]], answers: Answers, doing: Doing) -> dict[str, View]:
        """By domain, everything that was said; asks the servers of the zones now.

        Args:
            wanted: by domain, what was asked of the resolvers.
        """
        if len(self._told) == 1:
            (told,) = self._told.values()
            told.update({one: answers.known[one] for some in wanted.values() for one in some if one in answers.known})
        unchecked = self._unchecked(wanted)
        zones = self._zones(wanted, answers)
        said = self._authoritative({domain: zone for domain, (zone, _) in zones.items() if zone}, wanted, doing)
        # Where no server of a zone said a word, those of its parent are not tried: nothing may get out of here at all.
        heard = {zones[domain][0] for domain, (servers, _) in said.items() if any(map(_spoke, servers.values()))}
        parents = self._parents(heard, answers)
        found = {}
        for domain, asked in wanted.items():
            zone, why = zones[domain]
            servers, problem = said.get(domain, ({}, ""))
            resolvers = {name: _some(told, asked) for name, told in self._told.items()}
            again = {name: _some(told, asked) for name, told in unchecked.items()}
            found[domain] = View(zone, servers, why or problem, resolvers, again, parents.get(zone, ()))
        return found

    def _unchecked(self, wanted: Mapping[str, Sequence[Question]]) -> dict[str, Told]:
        """Answers to questions that a resolver answered with SERVFAIL, when it does not check DNSSEC."""
        from reconciler.probe.wire import How

        pairs = [
            (server, question)
            for server in self._resolver.servers
            for asked in wanted.values()
            for question in public_view.doubtful(_some(self._told[str(server)], asked))
        ]
        found: dict[str, Told] = {}
        for (server, question), answer in self._resolver.each(dict.fromkeys(pairs), How.UNCHECKED).items():
            self.questions += 1
            found.setdefault(str(server), {})[question] = answer
        return found

    def _zones(self, domains: Iterable[str], answers: Answers) -> dict[str, tuple[str, str]]:
        """By domain, the zone it lies in, or an empty one and why its servers are not asked."""
        if self._authority is None:
            return dict.fromkeys(domains, ("", self._why))
        return self._climb({domain: domain for domain in domains}, answers, least=2)

    def _parents(self, zones: Iterable[str], answers: Answers) -> dict[str, tuple[str, ...]]:
        """By zone, the name servers that its parent names; zones of which that is not known are missing."""
        if self._authority is None:
            return {}
        above = self._climb({zone: zone.partition(".")[2] for zone in zones if "." in zone}, answers, least=1)
        before = len(self._resolver.sent)
        found = self._authority.delegations({zone: parent for zone, (parent, _) in above.items() if parent})
        self.questions += len(self._resolver.sent) - before + sum(one.code not in UNSENT for one in found.values())
        return {zone: answer.values for zone, answer in found.items() if answer.status is Status.FOUND}

    def _climb(self, start: Mapping[str, str], answers: Answers, *, least: int) -> dict[str, tuple[str, str]]:
        """The nearest name, from `start` upwards, that has NS records, or an empty one and why; `least`: labels."""
        found: dict[str, tuple[str, str]] = {}
        at = dict(start)
        for _ in range(_HIGHEST):
            open_ = dict.fromkeys(Question(name, "NS") for name in at.values())
            self.questions += sum(one not in answers.known for one in open_)
            answers.learn(open_)
            for one, name in list(at.items()):
                answer = answers.known[Question(name, "NS")]
                above = name.partition(".")[2]
                if answer.status is Status.FOUND and not answer.alias:
                    found[one] = (name, "")
                elif answer.status is Status.FAILED:
                    found[one] = ("", f"they are not known: {answer.detail}")
                elif (answer.status is Status.NXDOMAIN and name == one) or name.count(".") < least:
                    found[one] = ("", "no NS records stand at its name, nor above it")
                else:
                    at[one] = above
                    continue
                del at[one]
        return found | dict.fromkeys(at, ("", "no NS records stand at its name, nor above it"))

    def _authoritative(
        self, zones: Mapping[str, str], wanted: Mapping[str, Sequence[Question]], doing: Doing
    ) -> dict[str, tuple[Mapping[NameServer, Mapping[Question, Answer]], str]]:
        """By domain, what the servers of its zone said, or nothing and why."""
        if self._authority is None:
            return {}
        questions: dict[str, list[Question]] = {}
        for domain, zone in zones.items():
            questions.setdefault(zone, []).extend(public_view.of_servers(zone, wanted[domain]))
        found: dict[str, Mapping[NameServer, Mapping[Question, Answer]] | ProviderError] = {}
        names, before = list(questions), len(self._resolver.sent)
        for start in range(0, len(names), ZONES):
            with doing(f"asking the servers of {len(names):,} zones ({start:,} are done)"):
                some = {zone: questions[zone] for zone in names[start : start + ZONES]}
                found |= self._authority.ask_all(some)
        self.questions += len(self._resolver.sent) - before
        asked = set()
        said: dict[str, tuple[Mapping[NameServer, Mapping[Question, Answer]], str]] = {}
        for domain, zone in zones.items():
            got = found[zone]
            if isinstance(got, ProviderError):
                said[domain] = {}, str(got).partition(": ")[2]
                continue
            mine = public_view.of_servers(zone, wanted[domain])
            said[domain] = {server: _some(told, mine) for server, told in got.items()}, ""
            told_by = [(one.address, told.items()) for one, told in got.items()]
            asked |= {(where, one) for where, told in told_by for one, answer in told if answer.code not in UNSENT}
        self.questions += len(asked)
        return said


def _spoke(told: Mapping[Question, Answer]) -> bool:
    return any(one.code not in ("", *UNSENT) or one.status is not Status.FAILED for one in told.values())


def _some(told: Mapping[Question, Answer], wanted: Iterable[Question]) -> Told:
    return {one: told[one] for one in wanted if one in told}
