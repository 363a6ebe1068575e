"""A DNS host that one can only ask: authoritative servers on loopback, and a person who carries requests out.

The person reads the request's public JSON, as a person reads its papers, and may do it right, in part, or wrongly in
every way that panels invite to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import dns.name

from reconciler.model import names
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.emulators.dns_server import DnsServer, Labels

ASK = "soporte@hosting.example"
#: Addresses of the name servers as the world knows them; nothing is ever sent there.
ADDRESSES = ("198.51.100.53", "203.0.113.53", "192.0.2.53")
Sets = dict[Key, RecordSet]


class _Server(DnsServer):
    """An authoritative server whose record sets have TTLs of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.recursive = False
        self.ttls: dict[tuple[Labels, str], int] = {}

    def _records(self, name: Labels, kind: str, values: Iterable[bytes]) -> list[bytes]:
        self.ttl = self.ttls.get((name, kind), 300)
        return super()._records(name, kind, values)


class ManualHost:
    """One host; closed by who started it.

    Attributes:
        servers: authoritative, in the order of `ADDRESSES`.
        behind: indexes of servers that do not follow any more.
    """

    type = "manual"

    def __init__(self, count: int = 2) -> None:
        """Start `count` authoritative servers and one resolver that knows where they are."""
        self._stack = ExitStack()
        self.servers = [self._stack.enter_context(_Server()) for _ in range(count)]
        self.resolver = self._stack.enter_context(DnsServer())
        self.zones: dict[str, Sets] = {}
        self.serials: dict[str, int] = {}
        self.behind: set[int] = set()

    def options(self) -> Mapping[str, object]:
        """What the session makes of a workspace and a domain."""
        return {
            "ask": ASK,
            "answers_in": 14400,
            "servers": [place(self.resolver)],
            "timeout": 1,
            "authoritative": self.places(),
        }

    def places(self) -> dict[str, str]:
        """Where the name servers really listen."""
        return {address: place(server) for address, server in zip(ADDRESSES, self.servers, strict=False)}

    def environment(self) -> Mapping[str, str]:
        """None: there is no secret."""
        return {}

    def make(self, zone: str, sets: Iterable[RecordSet] = ()) -> None:
        """A new zone."""
        hosts = tuple(f"ns{number}.hosting.example." for number in range(1, len(self.servers) + 1))
        apex = RecordSet(Key("dns", zone, "NS", "@"), 3600, hosts)
        self.zones[zone] = {one.key: one for one in (apex, *sets)}
        self.serials[zone] = 0
        self.resolver.add({(zone, "NS"): hosts})
        for host, address in zip(hosts, ADDRESSES, strict=False):
            self.resolver.add({(host.removesuffix("."), "A"): [address]})
        self.publish(zone)

    def truth(self, zone: str) -> Mapping[Key, RecordSet]:
        """What the host holds; servers that are behind do not show it."""
        return dict(self.zones[zone])

    def edit(self, key: Key, wished: RecordSet | None) -> None:
        """Somebody else at the panel."""
        self.zones[key.scope].pop(key, None)
        if wished is not None:
            self.zones[key.scope][key] = wished
        self.publish(key.scope)

    def publish(self, zone: str) -> None:
        """Every server that follows shows the zone as it is now, under a new serial."""
        self.serials[zone] += 1
        for number, server in enumerate(self.servers):
            if number not in self.behind:
                self._load(server, zone)

    def catch_up(self) -> None:
        """Servers that were behind follow again."""
        self.behind.clear()
        for zone in self.zones:
            for server in self.servers:
                self._load(server, zone)

    def calls(self) -> Counter[str]:
        """Questions by type, to the authoritative servers alone."""
        return Counter(one.type for server in self.servers for one in list(server.log))

    def close(self) -> None:
        """End all servers."""
        self._stack.close()

    def _load(self, server: _Server, zone: str) -> None:
        apex = tuple(label.lower() for label in dns.name.from_text(zone).labels[:-1])
        for labels in [one for one in server._world if one[-len(apex) :] == apex]:
            server._world[labels] = {}
        server._world = {labels: kinds for labels, kinds in server._world.items() if kinds}
        server._existing = {()}
        for labels in server._world:
            server._existing.update(labels[at:] for at in range(len(labels) + 1))
        serial = self.serials[zone]
        server.add({(zone, "SOA"): [f"ns1.hosting.example. admin.hosting.example. {serial} 7200 3600 1209600 300"]})
        for key, one in self.zones[zone].items():
            owner = names.fqdn(key.name, zone)
            server.add({(owner, key.kind): one.values})
            labels = tuple(label.lower() for label in dns.name.from_text(owner).labels[:-1])
            server.ttls[labels, key.kind] = one.ttl


def place(server: DnsServer) -> str:
    """`address:port`."""
    host, port = server.address
    return f"{host}:{port}"


class Person:
    """Carries a request out at the panel, one row after the other.

    Attributes:
        floor: the panel takes no TTL below it.
        slip: what becomes of a row's name and value while it is typed; none = nothing.
    """

    def __init__(self, host: ManualHost, slip: Callable[[Mapping[str, Any]], tuple[str, str]] | None = None) -> None:
        self.host, self.slip, self.floor = host, slip, 0

    def does(self, paper: Mapping[str, Any], rows: Sequence[int] | None = None, *, keeps: bool = False) -> None:
        """Do all rows, or some by number; `keeps` forgets to take the old values away."""
        for number, row in enumerate(paper["records"]):
            if rows is None or number in rows:
                self._row(row, keeps)
        for zone in paper["zones"]:
            self.host.publish(zone)

    def _row(self, row: Mapping[str, Any], keeps: bool) -> None:
        name, value = self.slip(row) if self.slip and row["value"] is not None else (row["name"], row["value"])
        sets = self.host.zones[row["zone"]]
        key = Key("dns", row["zone"], row["type"], name)
        held = sets.get(key)
        values = set(held.values) if held else set()
        if row["old_value"] is not None and not keeps:
            values.discard(row["old_value"])
        if value is not None:
            values.add(value)
        sets.pop(key, None)
        if values:
            ttl = row["ttl"] if row["ttl"] is not None else held.ttl if held else 3600
            sets[key] = RecordSet(key, max(self.floor, ttl), tuple(sorted(values)))


def without_dot(row: Mapping[str, Any]) -> tuple[str, str]:
    """The panel takes a target without its final dot for a name of the zone."""
    value = row["value"]
    return row["name"], f"{value}{row['zone']}." if row["type"] in ("CNAME", "MX", "SRV") else value


def name_twice(row: Mapping[str, Any]) -> tuple[str, str]:
    """The whole name is typed, and the panel adds the zone's name."""
    return row["full_name"], row["value"]


def in_quotes(row: Mapping[str, Any]) -> tuple[str, str]:
    """Quotation marks are typed, and the panel puts its own around them."""
    return row["name"], f'"{row["value"]}"' if row["type"] == "TXT" else row["value"]


def blank_lost(row: Mapping[str, Any]) -> tuple[str, str]:
    """Two strings of a TXT record are joined without the blank between them."""
    value = row["value"]
    return row["name"], value.replace(" ", "", 1) if row["type"] == "TXT" else value


def mistyped(row: Mapping[str, Any]) -> tuple[str, str]:
    """One character is another."""
    value = row["value"]
    return row["name"], value.replace("e", "3", 1)
