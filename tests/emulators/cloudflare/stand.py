"""The adapter on the emulator, as tests of either stand them up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from providers.cloudflare.provider import BURST, RATE, CloudflareProvider
from reconciler.conformance.harness import FixedClock
from reconciler.model.change import Change, Outcome
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.provider import Observation, Scope
from reconciler.wire.pace import Pace
from tests.emulators.cloudflare import truth
from tests.emulators.cloudflare.server import CloudflareServer
from tests.emulators.cloudflare.zones import Record, Token, Zone

ZONE = "contoso.example"
TOKEN = "t0ken-of-the-tests"


@dataclass
class Stand:
    """One emulator with one zone, and a token that may do everything."""

    server: CloudflareServer
    zone: Zone
    folder: Path
    clock: FixedClock

    def provider(self, token: str = TOKEN, **options: Any) -> CloudflareProvider:
        """A new provider; its calls follow the stand's clock."""
        (self.folder / "token").write_text(f"{token}\n", encoding="utf-8")
        given = {"token": {"file": "token"}, "endpoint": self.server.endpoint, "timeout": 20, **options}
        provider = CloudflareProvider("dns", given, self.folder)
        provider.line.pace = Pace("dns", RATE, BURST, self.clock)
        return provider

    def observed(self, provider: CloudflareProvider | None = None) -> Observation:
        """The whole zone."""
        return (provider or self.provider()).observe(Scope("dns", ZONE))

    def held(self, key: Key) -> RecordSet | None:
        """What is really there."""
        with self.server.lock:
            return truth.sets(self.zone).get(key)

    def put(self, kind: str, *values: str, name: str = "@", ttl: int = 3600, proxied: bool | None = None) -> RecordSet:
        """Put a set there past the API."""
        one = records(kind, *values, name=name, ttl=ttl, proxied=proxied)
        with self.server.lock:
            truth.edit(self.zone, one.key, one)
        return one

    def record(self, **attributes: Any) -> Record:
        """Put one record there as it is."""
        record = Record(**{"id": f"{len(self.zone.records):032x}", "ttl": 3600, "name": ZONE, **attributes})
        self.zone.records[record.id] = record
        return record

    def of(self, kind: str, name: str = ZONE) -> list[Record]:
        """The records of a name and type, in the order in which they were made."""
        return [one for one in self.zone.records.values() if (one.type, one.name) == (kind, name)]

    def change(self, *wished: RecordSet, gone: tuple[RecordSet, ...] = ()) -> list[Change]:
        """From what is there now to what is wished."""
        seen = self.observed().resources
        changes = [Change(one.key, seen.get(one.key), one) for one in wished]
        return [*changes, *(Change(one.key, seen.get(one.key), None) for one in gone)]

    def apply(
        self, *wished: RecordSet, gone: tuple[RecordSet, ...] = (), provider: CloudflareProvider | None = None
    ) -> list[Outcome]:
        """The same, applied by a new provider."""
        return list((provider or self.provider()).apply(self.change(*wished, gone=gone)))


def records(kind: str, *values: str, name: str = "@", ttl: int = 3600, proxied: bool | None = None) -> RecordSet:
    """A record set of the stand's zone."""
    return RecordSet(Key("dns", ZONE, kind, name), ttl, tuple(sorted(values)), proxied)


@contextmanager
def standing(folder: Path, plan: str = "free", limit: int = 1200) -> Iterator[Stand]:
    """A stand, until the block ends; then it complains of what no client should have sent."""
    clock = FixedClock()
    server = CloudflareServer(lambda: clock.now().timestamp(), limit)
    server.tokens[TOKEN] = Token()
    server.start()
    try:
        yield Stand(server, server.make(ZONE, plan=plan, quota=100_000), folder, clock)
    finally:
        server.close()
