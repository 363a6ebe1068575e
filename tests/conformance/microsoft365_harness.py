"""The Microsoft 365 adapter under the suite, through the vendor's SDK, against the emulator."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from providers.microsoft365.provider import Microsoft365Provider
from reconciler.conformance import faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import MARKER, FixedClock
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, User
from reconciler.provider import Reader, Scope
from tests.emulators.graph import dns_records, truth
from tests.emulators.graph.server import GraphServer, Trouble
from tests.emulators.graph.tenants import Token

TENANT = "suite.onmicrosoft.com"
SKUS = ("ENTERPRISEPACK", "SPB")
VARIABLE = "SUITE_GRAPH_TOKEN"
#: Objects on a page, so that every list of the suite has several; the real one would give all at once.
PAGE = 2
#: Seconds until an answer that never comes is given up, while a fault holds it back.
SHORT = 0.4


class Microsoft365Harness:
    """One tenant with two products; whoever made the harness closes it."""

    target = "providers.microsoft365.provider:Microsoft365Provider"
    faults = faults.NAMES - {faults.UNREADABLE.name, faults.TRUNCATED.name}

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scopes: Sequence[Scope] = (Scope("tenant", TENANT),)
        self.clock = FixedClock()
        self.skus: Sequence[str] = SKUS
        self.server = GraphServer(self._now)
        self.server.page_cap = PAGE
        self.server.resolver = self._resolved
        self.server.services_at_verify = ("Email",)
        self.server.tokens[MARKER] = Token(TENANT)
        self.tenant = self.server.make(TENANT)
        for part in SKUS:
            self.tenant.sku(part, 9, plans=(f"{part}_MAIL", f"{part}_FILES"))
        self._proven: dict[str, str] = {}
        self._opened: list[Microsoft365Provider] = []
        self.server.start()

    def _now(self) -> datetime:
        return self.clock.instant

    def _resolved(self, name: str, kind: str) -> list[str]:
        return [self._proven[name]] if kind == "TXT" and name in self._proven else []

    def close(self) -> None:
        """End the server; complains of what no client should have sent."""
        self.server.close()

    def open(self) -> Reader:
        os.environ[VARIABLE] = MARKER
        options = {"access_token": {"env": VARIABLE}, "endpoint": self.server.endpoint}
        provider = Microsoft365Provider("microsoft365", options, self.folder)
        provider.clock = self.clock
        self._opened.append(provider)
        return provider

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        with self.server.lock:
            return truth.resources(self.tenant)

    def edit(self, key: Key, resource: Resource | None) -> None:
        with self.server.lock:
            truth.edit(self.tenant, key, resource)

    def foreign(self, scope: Scope) -> list[Resource]:
        synced, guest, deleted = (
            User(_key("user", identity), f"{name}@{TENANT}", name, identity)
            for name, identity in (("synced", _id(1)), ("guest", _id(2)), ("deleted", _id(3)))
        )
        users = [replace(synced, synced=True), replace(guest, guest=True), replace(deleted, deleted=True)]
        held = Licenses(
            _key("licenses", _id(1)), _id(1), inherited=("SPB",), errors=("ENTERPRISEPACK: CountViolation",)
        )
        kept_elsewhere = Group(_key("group", _id(4)), "List", _id(4), "distribution", (_id(2),))
        return [*users, held, kept_elsewhere]

    def calls(self) -> int:
        return self.server.calls.total()

    def mark(self, scope: Scope) -> object:
        return len(self.tenant.audits), self.tenant.sequence

    def prove(self, key: Key) -> None:
        self._proven[key.name] = f"MS={dns_records.proof(self.tenant, key.name)}"

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        headers = {"request-id": fault.request_id} | (
            {"Retry-After": f"{fault.retry_after:.0f}"} if fault.retry_after else {}
        )
        trouble = Trouble(
            fault.status, fault.on, fault.nth, fault.times, fault.effect, headers=headers, silent=not fault.effect
        )
        usual = [one.line for one in self._opened]
        try:
            if fault.status == 0:
                for one in self._opened:
                    one.line = replace(one.line, timeout=SHORT)
            with self.server.trouble(trouble):
                yield fault
        finally:
            for one, line in zip(self._opened, usual, strict=False):
                one.line = line


def _id(number: int) -> str:
    return f"c0000000-0000-4000-8000-{number:012d}"


def _key(kind: str, name: str) -> Key:
    return Key("tenant", TENANT, kind, name)
