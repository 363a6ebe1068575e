"""The RFC 2136 provider under the suite: one zone of a real server, behind a relay that lets messages go wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import dns.rcode

from providers.rfc2136.provider import Rfc2136Provider
from reconciler.conformance import faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import MARKER, FixedClock
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Reader, Scope
from tests.live import relay
from tests.live.relay import Trouble
from tests.live.rfc2136_host import Rfc2136Host

#: The secret of the key that writes; configured in base64, and looked for as it is.
SECRET = MARKER.encode("ascii")
#: Seconds of patience with a server that is known to say nothing, and with any other.
SHORT, LONG = 0.3, 20.0

_PLAYED = {
    "401": Trouble(answer=relay.bad_key),
    "403": Trouble(answer=relay.saying(dns.rcode.REFUSED)),
    "404": Trouble(answer=relay.saying(dns.rcode.NOTAUTH)),
    "422": Trouble(answer=relay.saying(dns.rcode.FORMERR)),
    "500": Trouble(answer=relay.saying(dns.rcode.SERVFAIL)),
    "503": Trouble(answer=lambda _: b""),
    "timeout": Trouble(),
    faults.SECOND_PAGE.name: Trouble(cut=40),
    faults.LOST_REPLY.name: Trouble(answer=lambda _: b"", effect=True),
}


class Rfc2136Harness:
    """One zone that nobody else uses, on a server that others use too."""

    target = "providers.rfc2136.provider:Rfc2136Provider"
    faults = frozenset(_PLAYED)
    skus: Sequence[str] = ()

    def __init__(self, host: Rfc2136Host, zone: str) -> None:
        self.host, self.zone = host, zone
        self.scopes: Sequence[Scope] = (Scope("dns", zone),)
        self.clock = FixedClock()
        self.opened: list[Rfc2136Provider] = []

    def open(self) -> Reader:
        options = {**self.host.options(), "timeout": LONG}
        self.opened.append(Rfc2136Provider("nameserver", options, self.host.folder))
        return self.opened[-1]

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        return self.host.truth(scope.name)

    def edit(self, key: Key, resource: Resource | None) -> None:
        assert resource is None or isinstance(resource, RecordSet)
        self.host.edit(key, resource)

    def foreign(self, scope: Scope) -> list[Resource]:
        txt = RecordSet(Key("dns", self.zone, "TXT", "@"), 300, ("google-site-verification=abc", "v=spf1 -all"))
        return [txt, RecordSet(Key("dns", self.zone, "TYPE65401", "odd"), 60, (r"\# 1 00",))]

    def calls(self) -> int:
        return self.host.calls().total()

    def mark(self, scope: Scope) -> object:
        return self.host.serial(scope.name)

    def prove(self, key: Key) -> None:
        """Nothing: there is no tenant."""

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        word = "UPDATE" if fault.on == "write" else ""
        played = _PLAYED[fault.name]
        trouble = replace(played, word=word, nth=1 if played.cut else fault.nth, times=fault.times, passed=0)
        silent = trouble.answer is None and not trouble.cut
        for provider in self.opened:
            provider.servers.timeout = SHORT if silent else LONG
        try:
            with self.host.relay.trouble(trouble):
                yield replace(fault, request_id="", retry_after=0.0)
        finally:
            for provider in self.opened:
                provider.servers.timeout = LONG
