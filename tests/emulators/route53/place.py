"""One zone at the fake and an adapter on it, for tests that look at what goes over the wire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from providers.route53.provider import Route53Provider
from reconciler.conformance.harness import FixedClock
from reconciler.model import names
from reconciler.model.change import Change, Outcome
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.provider import Observation, Scope
from reconciler.wire.pace import Pace
from tests.emulators.route53 import plain, state
from tests.emulators.route53.server import SECRETS, WRITER, Route53Server

ZONE = "example.com"


class Place:
    """A server by a clock that stands still, one zone in it, one provider."""

    def __init__(self, folder: Path, environment: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.clock = FixedClock()
        self.server = Route53Server(self.clock.now, insync_after=60)
        self.service = self.server.service
        self.zone = self.server.state.make(ZONE)
        environment.setenv("ID", WRITER)
        environment.setenv("KEY", SECRETS[WRITER])
        self.provider = self.open()
        self._told: Counter[str] = Counter()

    def open(self, **more: object) -> Route53Provider:
        """Another run."""
        keys = {"access_key": {"env": "ID"}, "secret_key": {"env": "KEY"}}
        given: dict[str, object] = {"endpoint": self.server.endpoint, **keys, **more}
        provider = Route53Provider("aws", {name: one for name, one in given.items() if one is not None}, self.folder)
        provider.pace = Pace("aws", 1e6, 1_000_000, self.clock)
        return provider

    def native(self, name: str, kind: str, *values: str, ttl: int = 300, **more: Any) -> state.RecordSet:
        """Put in a set as it stands there, its name relative to the zone and in octal."""
        labels = (*plain_labels(name), *self.zone.name)
        identifier = more.pop("identifier", "")
        one = state.RecordSet(
            labels, kind, identifier, None if "AliasTarget" in more else ttl, values, (*more.items(),)
        )
        self.zone.put(one)
        return one

    def observe(self) -> Observation:
        return self.provider.observe(Scope("dns", ZONE))

    def apply(self, *changes: Change) -> Sequence[Outcome]:
        return list(self.provider.apply(changes))

    def truth(self) -> dict[tuple[str, str], RecordSet]:
        """The simple sets by name and type, without the apex NS."""
        held = plain.truth(self.zone)
        return {(key.name, key.kind): one for key, one in held.items() if key[2:] != ("NS", "@")}

    def new_calls(self) -> dict[str, int]:
        """What was asked since this was asked last."""
        now = Counter(self.service.calls)
        found, self._told = now - self._told, now
        return dict(found)


def plain_labels(name: str) -> tuple[bytes, ...]:
    return () if name == "@" else names.labels(name)


def records(name: str, kind: str, *values: str, ttl: int = 300) -> RecordSet:
    """A record set of the zone in normal form."""
    return RecordSet(Key("dns", ZONE, kind, name), ttl, tuple(sorted(values)))


def alias(target: str, zone: str = "Z2FDTNDATAQYW2") -> tuple[tuple[str, str], ...]:
    """What makes a set an alias."""
    return ("HostedZoneId", zone), ("DNSName", target), ("EvaluateTargetHealth", "false")


def create(wished: RecordSet) -> Change:
    return Change(wished.key, None, wished)


def delete(held: RecordSet) -> Change:
    return Change(held.key, held, None)
