"""The Graph emulator as a tenant to test against; another process reaches it through its address and a token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reconciler.model.key import Key
from reconciler.model.resource import Resource
from tests.emulators.graph import truth
from tests.emulators.graph.server import GraphServer
from tests.emulators.graph.tenants import Token

TENANT = "shop.onmicrosoft.com"
#: A token that may do everything, and the environment variable that holds it.
TOKEN, VARIABLE = "token-of-the-tenant", "GRAPH_TOKEN"


class GraphHost:
    """One tenant with nothing but its initial domain; `server` has the switches."""

    type = "microsoft365"

    def __init__(self, tenant: str = TENANT, **attributes: Any) -> None:
        self.server = GraphServer()
        self.tenant = self.server.make(tenant, **attributes)
        self.server.tokens[TOKEN] = Token(tenant)
        self.server.start()

    def options(self) -> Mapping[str, object]:
        """What stands beside `type` in the workspace's entry."""
        return {"access_token": {"env": VARIABLE}, "endpoint": self.server.endpoint}

    def environment(self) -> Mapping[str, str]:
        """What the references need."""
        return {VARIABLE: TOKEN}

    def truth(self) -> Mapping[Key, Resource]:
        """What is really there, in normal form."""
        with self.server.lock:
            return truth.resources(self.tenant)

    def edit(self, key: Key, wished: Resource | None) -> None:
        """Change the truth behind the adapter's back; none removes."""
        with self.server.lock:
            truth.edit(self.tenant, key, wished)

    def calls(self) -> Counter[str]:
        """HTTP calls since the start, by sort."""
        with self.server.lock:
            return Counter(self.server.calls)

    def close(self) -> None:
        """End it; complains of what no correct client sends."""
        self.server.close()
