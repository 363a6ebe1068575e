"""The Cloudflare adapter under the suite, through the vendor's client, against the emulator."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from providers.cloudflare.provider import CloudflareProvider
from reconciler.conformance import faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import MARKER, FixedClock
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Reader, Scope
from reconciler.wire.pace import Pace
from tests.emulators.cloudflare import truth
from tests.emulators.cloudflare.server import CloudflareServer, Trouble
from tests.emulators.cloudflare.zones import Token

ZONE = "suite.example"
VARIABLE = "SUITE_CLOUDFLARE_TOKEN"
#: Records on a page, so that every list of the suite has several; the real one would give all at once.
PAGE = 5
#: Seconds until an answer that never comes is given up, while a fault holds it back.
SHORT = 0.4


class CloudflareHarness:
    """One zone of one account; whoever made the harness closes it."""

    target = "providers.cloudflare.provider:CloudflareProvider"
    faults = faults.NAMES - {faults.UNREADABLE.name, faults.TRUNCATED.name}
    skus: Sequence[str] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scopes: Sequence[Scope] = (Scope("dns", ZONE),)
        self.clock = FixedClock()
        self.server = CloudflareServer(self._now, limit=10_000)
        self.server.page_cap = PAGE
        self.server.tokens[MARKER] = Token()
        self.zone = self.server.make(ZONE)
        self._opened: list[CloudflareProvider] = []
        self.server.start()

    def _now(self) -> float:
        return self.clock.instant.timestamp()

    def close(self) -> None:
        """End the server; complains of what no client should have sent."""
        self.server.close()

    def open(self) -> Reader:
        os.environ[VARIABLE] = MARKER
        options = {"token": {"env": VARIABLE}, "endpoint": self.server.endpoint}
        provider = CloudflareProvider("cloudflare", options, self.folder)
        provider.line.pace = Pace("cloudflare", 1e6, 1_000_000, self.clock)
        self._opened.append(provider)
        return provider

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        with self.server.lock:
            return dict(truth.sets(self.zone))

    def edit(self, key: Key, resource: Resource | None) -> None:
        with self.server.lock:
            truth.edit(self.zone, key, resource if isinstance(resource, RecordSet) else None)

    def foreign(self, scope: Scope) -> list[Resource]:
        txt = RecordSet(Key("dns", ZONE, "TXT", "@"), 300, ("google-site-verification=abc", "v=spf1 -all"))
        site = RecordSet(Key("dns", ZONE, "A", "www"), 1, ("198.41.128.1",), proxied=True)
        return [txt, site]

    def calls(self) -> int:
        return self.server.calls.total()

    def mark(self, scope: Scope) -> object:
        return tuple((one.id, one.version) for one in self.zone.records.values())

    def prove(self, key: Key) -> None:
        """Nothing: there is no tenant."""

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        headers = {"CF-Ray": fault.request_id} | (
            {"Retry-After": f"{fault.retry_after:.0f}"} if fault.retry_after else {}
        )
        trouble = Trouble(
            fault.status, fault.on, fault.nth, fault.times, fault.effect, headers=headers, silent=not fault.effect
        )
        usual = [one.line.timeout for one in self._opened]
        try:
            if fault.status == 0:
                for one in self._opened:
                    one.line.timeout = SHORT
            with self.server.trouble(trouble):
                yield fault
        finally:
            for one, seconds in zip(self._opened, usual, strict=False):
                one.line.timeout = seconds
