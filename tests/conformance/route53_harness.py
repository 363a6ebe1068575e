"""The Route 53 provider under the suite: the real boto3 against the strict fake, six record sets a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from providers.route53.account import WAIT
from providers.route53.provider import DELAY, Route53Provider
from reconciler.conformance import faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import MARKER, FixedClock
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Reader, Scope
from reconciler.wire.pace import Pace
from tests.emulators.route53 import plain
from tests.emulators.route53.server import WRITER, Route53Server
from tests.emulators.route53.service import Trouble

ZONE = "suite.example"
READS = frozenset({"ListHostedZonesByName", "ListResourceRecordSets"})
WRITES = frozenset({"ChangeResourceRecordSets"})
#: How the host says it: by codes, most of them under status 400, and without a number of seconds.
#: Source: Amazon Route 53 API Reference, "Common errors" (2026-11).
PLAYED: Mapping[str, tuple[int, str]] = {
    "401": (403, "InvalidClientTokenId"),
    "403": (403, "AccessDenied"),
    "404": (404, "NoSuchHostedZone"),
    "409": (409, "ConcurrentModification"),
    "422": (400, "InvalidInput"),
    "429": (400, "Throttling"),
    "429-storm": (400, "Throttling"),
    "429-storm-bare": (400, "PriorRequestNotComplete"),
    "500": (500, "InternalFailure"),
    "503": (503, "ServiceUnavailable"),
    "page-two": (503, "ServiceUnavailable"),
    "timeout": (0, ""),
    "lost-reply": (0, ""),
}


class Route53Harness:
    """One hosted zone of one account; `close` ends its server."""

    target = "providers.route53.provider:Route53Provider"
    faults = faults.NAMES - {faults.UNREADABLE.name, faults.TRUNCATED.name}
    skus: Sequence[str] = ()

    def __init__(self, folder: Path, environment: pytest.MonkeyPatch, page: int = 6) -> None:
        self.folder = folder
        self.scopes: Sequence[Scope] = (Scope("dns", ZONE),)
        self.clock = FixedClock()
        self.server = Route53Server(self.clock.now, insync_after=DELAY)
        self.server.service.page = page
        self.zone = self.server.state.make(f"{ZONE}.")
        environment.setenv("ROUTE53_ID", WRITER)
        environment.setenv("ROUTE53_KEY", MARKER)

    def close(self) -> None:
        self.server.close()

    def open(self) -> Reader:
        options = {
            "endpoint": self.server.endpoint,
            "access_key": {"env": "ROUTE53_ID"},
            "secret_key": {"env": "ROUTE53_KEY"},
        }
        provider = Route53Provider("aws", options, self.folder)
        provider.pace = Pace("aws", 1e6, 1_000_000, self.clock)
        return provider

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        return dict(plain.truth(self.zone))

    def edit(self, key: Key, resource: Resource | None) -> None:
        plain.edit(self.zone, key, resource if isinstance(resource, RecordSet) else None)

    def foreign(self, scope: Scope) -> list[Resource]:
        txt = RecordSet(Key("dns", ZONE, "TXT", "@"), 300, ("google-site-verification=abc", "v=spf1 -all"))
        return [txt, RecordSet(Key("dns", ZONE, "SPF", "odd"), 60, ('"v=spf1 -all"',))]

    def calls(self) -> int:
        return sum(self.server.service.calls.values())

    def mark(self, scope: Scope) -> object:
        return self.server.state.writes

    def prove(self, key: Key) -> None:
        """Nothing: there is no tenant."""

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        status, code = PLAYED[fault.name]
        limited = code in ("Throttling", "PriorRequestNotComplete")
        headers = {"Retry-After": f"{fault.retry_after:.0f}"} if fault.retry_after and not limited else {}
        self.server.service.trouble = Trouble(
            READS if fault.on == "read" else WRITES, status, code, fault.nth, fault.times, fault.effect,
            fault.request_id, headers,
        )  # fmt: skip
        try:
            yield replace(fault, retry_after=WAIT) if limited else fault
        finally:
            self.server.service.trouble = None
