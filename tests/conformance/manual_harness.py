"""The provider that asks a person under the suite: two servers on loopback, and the suite plays the person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from providers.manual import ManualProvider
from reconciler.conformance import faults, states_dns
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import FixedClock
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Reader, Scope
from tests.emulators.dns_server import ANY_NAME, Trouble
from tests.emulators.dns_server import Fault as Wrong
from tests.live.manual_host import ManualHost

ZONE = "suite.example"
PLAIN = {resource.key.name for pair in states_dns.PLAIN.values() for resource in pair}
TOLD = {one.key.name for story in states_dns.TRANSITIONS for state in story.states for one in state}
#: Every name that the suite may touch: public DNS cannot be listed.
NAMES = frozenset({"@", "never-was", "odd", *PLAIN, *TOLD, *(name.replace("plain", "bystander") for name in PLAIN)})


class ManualHarness:
    """One zone at a host that one can only ask."""

    target = "providers.manual:ManualProvider"
    faults = frozenset({"404", "503", faults.SECOND_PAGE.name})
    skus: Sequence[str] = ()

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FixedClock()
        self.scopes: Sequence[Scope] = (Scope("dns", ZONE, NAMES),)
        self.host = ManualHost()
        self.host.make(ZONE)

    def open(self) -> Reader:
        return ManualProvider("asked", self.host.options(), self.folder)

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        return self.host.truth(scope.name)

    def edit(self, key: Key, resource: Resource | None) -> None:
        assert resource is None or isinstance(resource, RecordSet)
        self.host.edit(key, resource)

    def foreign(self, scope: Scope) -> Iterable[Resource]:
        txt = Key("dns", ZONE, "TXT", "@")
        return [RecordSet(txt, 300, ("google-site-verification=abc", "v=spf1 -all"))]

    def calls(self) -> int:
        return self.host.calls().total() + len(self.host.resolver.log)

    def mark(self, scope: Scope) -> object:
        return self.host.serials[scope.name]

    def prove(self, key: Key) -> None:
        """Nothing: there is no tenant."""

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        """One of the two servers fails: at the first question, or in the middle; or the zone is gone."""
        if fault.name == "404":
            self.host.resolver.remove(ZONE, "NS")
        else:
            self.host.servers[1].faults[_spoiled(fault)] = Wrong(Trouble.SERVFAIL)
        try:
            yield replace(fault, request_id="", retry_after=0.0)
        finally:
            self.host.servers[1].faults.clear()
            if fault.name == "404":
                hosts = next(one for key, one in self.host.zones[ZONE].items() if key.kind == "NS" and key.name == "@")
                self.host.resolver.add({(ZONE, "NS"): hosts.values})


def _spoiled(fault: Fault) -> str:
    """The name whose answers fail: every one, or only some that are asked for late."""
    return f"plain.{ZONE}" if fault.nth > 1 else ANY_NAME
