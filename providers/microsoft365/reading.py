"""A reading of a tenant in the fewest calls: all of it, or what a plan is about.

The first call is one batch of what is the case in the whole tenant, of the mark from which later changes are told (it
is taken before any user is read, so that no change falls between), and of the named users where they fit in. Then
follow the users who are left, by name or all page by page, whichever is fewer calls, and the records of domains.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from providers.microsoft365 import asking, records, whole
from providers.microsoft365.api import Api
from providers.microsoft365.batches import ITEMS, Answer, Request
from providers.microsoft365.people import Names, among, keyed, people, sorted_out, strangers
from providers.microsoft365.told import Entry, Told
from providers.microsoft365.whole import Whole, body, listed
from reconciler.model import tenant_rules
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Invalid, NotFound
from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.provider import Observation, Scope

#: What is left of the first call for users: the rest is the tenant itself and the mark.
ROOM = ITEMS - len(asking.TENANT) - 1


MISSING = 404
#: What a version says of a reading that holds all groups and the records of all domains.
EVERYTHING = "#everything"


@dataclass(slots=True)
class Reading:
    """What was found so far."""

    api: Api
    whole: Whole
    names: Names | None
    found: dict[Key, Resource] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)

    def add(self, resources: Iterable[Resource]) -> None:
        """Keep what was read; the latest of two counts."""
        self.found.update(keyed(resources))

    def add_people(self, entries: Iterable[Entry]) -> None:
        """Keep users and what they hold."""
        self.add(people(self.whole.shapes, entries))

    def domains(self) -> list[str]:
        """The domains of the tenant whose records are asked for; the initial one wants none."""
        named = self.whole.domains if self.names is None else self.names.domains
        return [one for one in named if one in self.whole.domains and one not in self.whole.initial]


def observe(api: Api, scope: Scope) -> Observation:
    """Everything in the scope.

    Raises:
        ProviderError: it could not be read whole.
    """
    if scope.names is None:
        first = whole.ask(api)
        reading = Reading(api, first.whole, None)
        reading.add_people(api.pages(asking.USERS))
        rest(reading, (), (asking.all_groups(),))
        return observation(reading, scope, first.mark and first.mark + EVERYTHING)
    return _observe_named(api, scope, sorted_out(scope.names))


def _observe_named(api: Api, scope: Scope, names: Names) -> Observation:
    wanted = [*asking.by_address(names.addresses), *asking.by_id(names.ids)]
    early = wanted if len(wanted) <= ROOM else []
    first = whole.ask(api, early or [asking.COUNT])
    reading = Reading(api, first.whole, names)
    groups = list(asking.groups(names.groups))
    there = Counter(tenant_rules.address_domain(one) for one in names.addresses)
    looks = [asking.on_domain(one, there[one] + 1) for one in reading.domains()]
    if early:
        take(reading, early, first.answers)
    else:
        others = len(groups) + len(record_requests(reading))
        pages = ceil(_count(api, body(first.answers[0])) / asking.PAGE)
        if pages + _calls(others) < _calls(len(wanted) + len(looks) + others):
            reading.add_people(api.pages(asking.USERS))
            rest(reading, (), groups)
            return observation(reading, Scope(scope.system, scope.name), first.mark)
        looks = [*wanted, *looks]
    rest(reading, looks, groups)
    return observation(reading, scope, first.mark)


def rest(reading: Reading, users: Sequence[Request], groups: Sequence[Request]) -> None:
    """Read users, groups with their members, and the records of domains, in two batches.

    Args:
        users: by name or id, or some who are on a domain, of whom the unknown ones are read after that.

    Raises:
        ProviderError: a part could not be read.
    """
    asked = record_requests(reading)
    answers = reading.api.batch([*users, *groups, *asked.values()])
    first, second = len(users), len(users) + len(groups)
    unknown = take(reading, users, answers[:first])
    found = _groups(reading, groups, answers[first:second])
    _domains(reading, dict(zip(asked, answers[second:], strict=True)))
    later = [*asking.by_id(unknown), *(asking.members(one) for one in found)]
    answers = reading.api.batch(later)
    take(reading, later[: len(unknown)], answers[: len(unknown)])
    for entry, answer in zip(found.values(), answers[len(unknown) :], strict=True):
        if answer.status != MISSING:  # it was deleted in between
            reading.add([reading.whole.shapes.group_of(entry, listed(reading.api, answer))])


def take(reading: Reading, requests: Sequence[Request], answers: Sequence[Answer]) -> list[str]:
    """Keep the users whom these requests found.

    Returns:
        Ids of some who are on a domain that was looked at and whom nobody named.

    Raises:
        ProviderError: one of the requests failed; that there is no such user is no failure.
    """
    looked: list[Entry] = []
    for request, answer in zip(requests, answers, strict=True):
        if request.headers:
            looked += asking.items(reading.api.provider, "a list of users", body(answer))
        elif not request.url.startswith("/users/"):
            reading.add_people(listed(reading.api, answer))
        elif answer.status != MISSING:
            reading.add_people([body(answer)])
    return strangers(looked, reading.found, reading.whole.shapes, asking.ALONE)


def record_requests(reading: Reading) -> dict[tuple[str, str], Request]:
    """What to ask of the DNS records of domains, by domain and what they are for."""
    asked: dict[tuple[str, str], Request] = {}
    for name in reading.domains():
        asked[name, "proof"] = asking.proofs(name)
        if reading.whole.domain(name).verified:
            asked[name, "service"] = asking.wanted_records(name)
    return asked


def observation(reading: Reading, scope: Scope, version: str) -> Observation:
    """What was read, with the domains of which no records were asked, and those who are deleted."""
    shapes = reading.whole.shapes
    gone = among(people(shapes, reading.whole.deleted, deleted=True), reading.names)
    reading.add([one for one in gone if one.key not in reading.found])  # who was seen alive since is not deleted
    plain = keyed(shapes.domain_of(one) for one in reading.whole.domains.values())
    found = plain | keyed(reading.whole.resources) | reading.found
    return Observation(scope, found, version, (*reading.whole.findings, *reading.findings))


def _groups(reading: Reading, requests: Sequence[Request], answers: Sequence[Answer]) -> dict[str, Entry]:
    """Groups by id; one is asked for by more than one of its names."""
    found: list[Entry] = []
    for request, answer in zip(requests, answers, strict=True):
        if request.url.startswith("/groups?"):
            found += listed(reading.api, answer)
        elif answer.status != MISSING:
            found.append(body(answer))
    return {reading.whole.shapes.group_of(one, ()).remote_id: one for one in found}


def _domains(reading: Reading, answers: Mapping[tuple[str, str], Answer]) -> None:
    for name in reading.domains():
        proof, service = (_asked(reading, name, what, answers.get((name, what))) for what in ("proof", "service"))
        shown = reading.whole.shapes.domain_of(reading.whole.domains[name], proof.verification, service.records)
        reading.add([shown])
        reading.findings += service.findings


def _asked(reading: Reading, name: str, what: str, answer: Answer | None) -> records.Asked:
    verified = reading.whole.domain(name).verified
    if answer is None or (what == "proof" and verified and isinstance(answer.problem, Invalid | NotFound)):
        return records.Asked(())  # what is proven needs no proof
    provider, address = reading.api.provider, reading.whole.shapes.key("domain", name).address
    return records.asked(provider, name, address, listed(reading.api, answer))


def _count(api: Api, told: Entry) -> int:
    return Told(api.provider, "the count of users", told).count("@odata.count")


def _calls(items: int) -> int:
    return ceil(items / ITEMS)
