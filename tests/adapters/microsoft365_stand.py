"""A tenant in the emulator, a clock that nobody really waits on, and whoever drives a provider as the core does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from providers.microsoft365.provider import Microsoft365Provider
from reconciler.conformance.harness import FixedClock
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, TenantDomain, User
from reconciler.model.value import Secret
from tests.emulators.graph import truth
from tests.emulators.graph.server import GraphServer
from tests.emulators.graph.tenants import Tenant, Token

TENANT, VARIABLE = "shop.onmicrosoft.com", "STAND_GRAPH_TOKEN"
#: How often a change is given again; the core's own patience is eight tries.
TRIES = 8


class Clock(FixedClock):
    """A clock on which waiting takes no time."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.advance(seconds)


class Stand:
    """One tenant; `rounds`: calls of `apply` that the last `drive` took."""

    def __init__(self, seed: int = 1) -> None:
        os.environ[VARIABLE] = "token"
        self.clock = Clock()
        self.server = GraphServer(lambda: self.clock.instant, seed)
        self.tenant: Tenant = self.server.make(TENANT, seed=str(seed))
        self.server.tokens["token"] = Token(TENANT)
        self.server.start()
        self.rounds = 0

    def open(self) -> Microsoft365Provider:
        """A new provider, as of a process that was started again."""
        options = {"access_token": {"env": VARIABLE}, "endpoint": self.server.endpoint}
        provider = Microsoft365Provider("m365", options, Path())
        provider.clock = self.clock
        return provider

    def drive(self, provider: Microsoft365Provider, changes: Sequence[Change], tries: int = TRIES) -> list[Outcome]:
        """Give the changes, and what is worth another try again, until nothing is."""
        answers = list(provider.apply(changes))
        self.rounds = 1
        while self.rounds < tries:
            late = [at for at, one in enumerate(answers) if one.retry_after and one.status not in _ENDED]
            if not late:
                break
            self.clock.advance(max(answers[at].retry_after for at in late))
            again = list(provider.apply([changes[at] for at in late]))
            self.rounds += 1
            for at, outcome in zip(late, again, strict=True):
                answers[at] = outcome
        return answers

    def truth(self) -> dict[Key, Resource]:
        """What is really there."""
        with self.server.lock:
            return truth.resources(self.tenant)

    def user(self, upn: str) -> User:
        """The one user who really has that name."""
        (found,) = [one for one in self.truth().values() if isinstance(one, User) and one.upn == address(upn)]
        return found

    def licenses(self, upn: str) -> Licenses:
        """What that user really holds."""
        found = self.truth()[key("licenses", self.user(upn).remote_id)]
        assert isinstance(found, Licenses)
        return found

    def edit(self, resource: Resource, **attributes: object) -> None:
        """Somebody else changes something."""
        wished = replace(resource, **attributes)  # type: ignore[arg-type]
        with self.server.lock:
            truth.edit(self.tenant, resource.key, wished)

    def close(self) -> None:
        """End it; complains of what no correct client sends."""
        os.environ.pop(VARIABLE, None)
        self.server.close()


_ENDED = frozenset({Status.DONE, Status.REFUSED, Status.SKIPPED})


@contextmanager
def stand(seed: int = 1) -> Iterator[Stand]:
    """A stand that is ended."""
    made = Stand(seed)
    try:
        yield made
    finally:
        made.close()


def key(kind: str, name: str) -> Key:
    """A key in the tenant."""
    return Key("tenant", TENANT, kind, name)


def address(name: str) -> str:
    """A whole address."""
    return name if "@" in name else f"{name}@{TENANT}"


def person(name: str, **attributes: object) -> User:
    """A user under the spec's name."""
    made = User(key("user", name), address(name), name.title(), usage_location="MX")
    return replace(made, **attributes)  # type: ignore[arg-type]


def new(resource: Resource, password: str = "Long-enough-1") -> Change:
    """It is to be made."""
    secret = Secret(password) if isinstance(resource, User) else None
    return Change(resource.key, None, resource, ("step",), secret)


def turn(before: Resource, **attributes: object) -> Change:
    """It is to be changed."""
    return Change(before.key, before, replace(before, **attributes), ("step",))  # type: ignore[arg-type]


def gone(before: Resource) -> Change:
    """It is to be deleted."""
    return Change(before.key, before, None, ("step",))


def held(name: str, *direct: str, **attributes: object) -> Licenses:
    """Licences of a user under the spec's name."""
    return replace(Licenses(key("licenses", name), "", direct), **attributes)  # type: ignore[arg-type]


def group(name: str, *members: str, **attributes: object) -> Group:
    """A group under the spec's name."""
    made = Group(key("group", name), name.title(), members=tuple(sorted(members)))
    return replace(made, **attributes)  # type: ignore[arg-type]


def domain(name: str, **attributes: object) -> TenantDomain:
    """A domain."""
    return replace(TenantDomain(key("domain", name)), **attributes)  # type: ignore[arg-type]


def statuses(outcomes: Iterable[Outcome]) -> list[Status]:
    """What became of each."""
    return [one.status for one in outcomes]


def all_done(outcomes: Iterable[Outcome]) -> None:
    """Complain of what is not done."""
    assert [one for one in outcomes if one.status is not Status.DONE] == []
