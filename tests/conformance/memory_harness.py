"""The memory provider under the suite: one remote behind a layer that lets calls go wrong."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from providers.memory import MemoryProvider, MemoryRemote, Page, RemoteFailure
from reconciler.conformance import faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import FixedClock
from reconciler.model.key import Key
from reconciler.model.resource import Licenses, RecordSet, Resource, Sku, User
from reconciler.provider import Reader, Scope

ZONE, TENANT = "suite.example", "suite.onmicrosoft.com"
SKUS = ("ENTERPRISEPACK", "SPB")


class FaultyRemote:
    """A remote of which one call, the nth of its sort, goes wrong."""

    def __init__(self, remote: MemoryRemote) -> None:
        self.remote = remote
        self.fault: Fault | None = None
        self.passed = 0

    def list_page(self, system: str, scope: str, start: int) -> Page:
        self._meet("read")
        return self.remote.list_page(system, scope, start)

    def get(self, key: Key) -> Resource | None:
        return self.remote.get(key)

    def put(self, resource: Resource) -> None:
        hit = self._meet("write")
        self.remote.put(resource)
        self._lose(hit)

    def delete(self, key: Key) -> None:
        hit = self._meet("write")
        self.remote.delete(key)
        self._lose(hit)

    def _meet(self, sort: str) -> Fault | None:
        fault = self.fault
        if fault is None or fault.on != sort:
            return None
        self.passed += 1
        if not fault.nth <= self.passed < fault.nth + fault.times:
            return None
        if not fault.effect:
            raise self._failure(fault)
        return fault

    def _lose(self, fault: Fault | None) -> None:
        if fault is not None:
            raise self._failure(fault)

    def _failure(self, fault: Fault) -> RemoteFailure:
        return RemoteFailure(fault.status, "no answer in time", fault.request_id, fault.retry_after)


class MemoryHarness:
    """One zone and one tenant in memory; `adapter` is what is judged, the memory provider or a break of it."""

    faults = faults.NAMES - {faults.UNREADABLE.name, faults.TRUNCATED.name}

    def __init__(self, folder: Path, adapter: type[MemoryProvider] = MemoryProvider) -> None:
        self.folder, self.adapter = folder, adapter
        self.target = f"{adapter.__module__}:{adapter.__qualname__}"
        self.scopes: Sequence[Scope] = (Scope("dns", ZONE), Scope("tenant", TENANT))
        self.clock = FixedClock()
        self.skus: Sequence[str] = SKUS
        self.remote = MemoryRemote([ZONE, "plain.example", "claimed.example", "moves.example"], [TENANT], page_size=1)
        self.wire = FaultyRemote(self.remote)
        for part in SKUS:
            key = Key("tenant", TENANT, "sku", part)
            self.edit(key, Sku(key, f"id-{part}", enabled=9))

    def open(self) -> Reader:
        provider = self.adapter("memory", {"zones": [ZONE], "tenants": [TENANT]}, self.folder)
        provider.remote = self.wire
        return provider

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        return dict(self.remote.scopes[scope.system, scope.name])

    def edit(self, key: Key, resource: Resource | None) -> None:
        stored = self.remote.scopes[key.system, key.scope]
        if resource is None:
            del stored[key]
        else:
            stored[key] = resource

    def foreign(self, scope: Scope) -> list[Resource]:
        if scope.system == "dns":
            txt = RecordSet(Key("dns", ZONE, "TXT", "@"), 300, ("google-site-verification=abc", "v=spf1 -all"))
            return [txt, RecordSet(Key("dns", ZONE, "TYPE65401", "odd"), 60, (r"\# 1 00",))]
        synced, guest, deleted = (
            User(Key("tenant", TENANT, "user", f"id-{name}"), f"{name}@{TENANT}", name, f"id-{name}")
            for name in ("synced", "guest", "deleted")
        )
        users = [replace(synced, synced=True), replace(guest, guest=True), replace(deleted, deleted=True)]
        return [*users, Licenses(Key("tenant", TENANT, "licenses", "id-synced"), "id-synced", inherited=("SPB",))]

    def calls(self) -> int:
        return self.remote.calls

    def mark(self, scope: Scope) -> object:
        return self.remote.writes

    def prove(self, key: Key) -> None:
        domain = self.remote.scopes["tenant", TENANT].get(key)
        text = getattr(domain, "verification", "")
        txt = Key("dns", key.name, "TXT", "@")
        if text:
            self.remote.scopes.setdefault(("dns", key.name), {})[txt] = RecordSet(txt, 300, (text,))

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        self.wire.fault, self.wire.passed = fault, 0
        try:
            yield fault
        finally:
            self.wire.fault = None
