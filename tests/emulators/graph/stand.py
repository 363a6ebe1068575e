"""A server with one tenant and a clock, and a client that knows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.emulators.graph.server import GraphServer
from tests.emulators.graph.tenants import Token

TENANT, DOMAIN = "shop.onmicrosoft.com", "shop.example"
OBJECT = "https://graph.microsoft.com/v1.0/directoryObjects/"
EVENTUAL = {"ConsistencyLevel": "eventual"}
#: What a new user needs besides a name.
NEW = {
    "accountEnabled": True,
    "displayName": "Ana",
    "mailNickname": "ana",
    "passwordProfile": {"password": "longenough"},
}


class Stand:
    """A server with one tenant and a clock, and a client that knows nothing."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
        self.server = GraphServer(lambda: self.instant)
        self.tenant = self.server.make(TENANT, seed="stand")
        self.tenant.domain(DOMAIN)
        self.server.tokens["t"] = Token(TENANT)
        self.server.start()
        self.http = httpx.Client(trust_env=False)

    def close(self) -> None:
        """End both; complains of what no correct client sends."""
        self.http.close()
        self.server.close()

    def ask(self, method: str, path: str, sent: object = None, token: str = "t", **headers: str) -> httpx.Response:
        whole = path if path.startswith("http") else self.server.endpoint + path
        more = {"Authorization": f"Bearer {token}", **headers}
        if sent is None:
            return self.http.request(method, whole, headers=more)
        return self.http.request(method, whole, headers=more, json=sent)

    def get(self, path: str, **headers: str) -> Any:
        """The body, or the status of a refusal."""
        return self._told(self.ask("GET", path, **headers))

    def do(self, method: str, path: str, sent: object = None, **headers: str) -> Any:
        """The body, the status when there is none, or the status of a refusal."""
        return self._told(self.ask(method, path, sent, **headers))

    def _told(self, answer: httpx.Response) -> Any:
        return answer.json() if answer.is_success and answer.content else answer.status_code

    def make(self, name: str = "ana", **more: Any) -> Any:
        return self.do("POST", "/users", NEW | {"userPrincipalName": f"{name}@{DOMAIN}", "usageLocation": "MX"} | more)

    def all(self, path: str) -> list[Any]:
        """Every item, page after page."""
        found, link = [], path
        while link:
            told = self.get(link)
            found += told["value"]
            link = told.get("@odata.nextLink", "")
        return found

    def batch(self, *items: Mapping[str, Any]) -> dict[str, Any]:
        listed = [{"id": str(number), **one} for number, one in enumerate(items, 1)]
        told = self.do("POST", "/$batch", {"requests": listed})
        return {one["id"]: one for one in told["responses"]}

    def assign(self, identity: str, *adds: Any, removes: tuple[str, ...] = ()) -> Any:
        given = [one if isinstance(one, dict) else {"skuId": one, "disabledPlans": []} for one in adds]
        return self.do("POST", f"/users/{identity}/assignLicense", {"addLicenses": given, "removeLicenses": [*removes]})

    def wrong(self) -> int:
        """How much no correct client should have sent; forgotten then."""
        count = len(self.server.broken)
        self.server.broken.clear()
        return count


def read(url: str) -> dict[str, str]:
    """An item of a batch that reads."""
    return {"method": "GET", "url": url}


def write(method: str, url: str, body: object, **more: Any) -> dict[str, Any]:
    """An item of a batch that writes."""
    return {"method": method, "url": url, "body": body, "headers": {"Content-Type": "application/json"}, **more}
