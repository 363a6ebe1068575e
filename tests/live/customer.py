"""A new customer to test with: an empty tenant, an old zone at BIND, and a spec that joins them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.live.bind_host import BindHost
from tests.live.folder import CUSTOMER, LivePlace
from tests.live.graph_host import GraphHost

ZONE = "nuevo.example"
PART = "O365_BUSINESS_PREMIUM"
STANDARD = "f245ecc8-75af-4f8e-b61f-27d8114de5f3"


def _set(name: str, kind: str, *values: str) -> RecordSet:
    return RecordSet(Key("dns", ZONE, kind, name), 3600, values)


OLD = [
    _set("@", "TXT", "v=spf1 ip4:198.51.100.25 ~all", "vendor=1"),
    _set("www", "A", "192.0.2.80"),
]


@contextmanager
def both(folder: Path, seats: int) -> Iterator[tuple[BindHost, GraphHost]]:
    """The zone as it was, and a tenant that has seats and nobody but its administrator."""
    bind, graph = BindHost(folder), GraphHost()
    try:
        bind.make(ZONE, OLD)
        furnish(graph, seats)
        graph.server.resolver = ("127.0.0.1", bind.port)
        yield bind, graph
    finally:
        graph.close()
        bind.close()


def furnish(graph: GraphHost, seats: int) -> None:
    """An administrator, and seats."""
    graph.tenant.person(f"admin@{graph.tenant.initial}", displayName="Administrator")
    graph.tenant.sku(PART, seats, sku_id=STANDARD)


class Customer(LivePlace):
    """One domain, its mail, people with a licence each; `graph` holds the tenant."""

    def __init__(self, root: Path, bind: BindHost, graph: GraphHost, people: int, **more: Any) -> None:
        self.bind, self.graph = bind, graph
        super().__init__(root, {"bind": bind, "m365": graph}, "defaults: {tenants: m365}\n")  # type: ignore[dict-item]
        rows = [f"persona{number:02}@{ZONE},Persona {number:02},Ventas" for number in range(people)]
        spec = {
            "tenant": graph.tenant.initial,
            "licenses": {"Microsoft 365 Business Standard": {"seats": people}},
            "users": {"usage_location": "MX"},
            "passwords": {"recipient": "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
            "domains": {ZONE: {"dns": "bind", "mail": "microsoft365"}},
            "accounts": "accounts.csv",
        }
        self.spec(json.dumps({**spec, **more}), CUSTOMER)
        (self.specs / CUSTOMER / "accounts.csv").write_text("\n".join(["address,name,department", *rows, ""]))

    def world(self) -> dict[str, bytes]:
        """The zone and the tenant."""
        both = {"tenant": self.graph.truth(), ZONE: self.bind.truth(ZONE)}
        return {name: repr(sorted(one.items())).encode() for name, one in both.items()}
