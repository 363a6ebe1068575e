"""What a tenant gives one app: resource units to read and writes, each in a window.

Source: Microsoft Graph, "Service-specific throttling limits", identity and access (read 2026-08).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.emulators.graph.refusal import Refusal
from tests.emulators.graph.tenants import Tenant, Token

if TYPE_CHECKING:
    from tests.emulators.graph.server import GraphServer

READ, WRITE = timedelta(seconds=10), timedelta(seconds=150)
WRITES = 3000
COSTS = {"users": 2, "user": 2, "members": 3, "domain.references": 4, "skus": 3, "licenses.details": 2}


def cost(sort: str, asked: Mapping[str, str]) -> int:
    """Resource units of a read."""
    units = COSTS.get(sort.removesuffix(".next"), 1) - ("$select" in asked) + ("$expand" in asked)
    top = asked.get("$top", "")
    return max(1, units - (top.isdigit() and int(top) < 20))


class Meter:
    """Counts per tenant and app."""

    def __init__(self, server: GraphServer) -> None:
        self._server = server
        self._last: dict[str, datetime] = {}
        self._windows: dict[tuple[str, str, str], tuple[datetime, int]] = {}

    def count(self, tenant: Tenant, token: Token, sort: str, asked: Mapping[str, str], reads: bool) -> dict[str, str]:
        """The headers that tell of the cost.

        Raises:
            Refusal: the limit is reached.
        """
        units = cost(sort, asked) if reads else 1
        told = {"x-ms-resource-unit": str(units)}
        quota = self._server.quota
        if not quota:
            return told
        if sort == "conditional.access":  # one a second, and no word of when the next may come
            last, self._last[tenant.initial] = self._last.get(tenant.initial), tenant.now()
            if last is not None and tenant.now() - last < timedelta(seconds=1):
                raise Refusal(429, "TooManyRequests", "Too many requests.", headers=told)
        size = len(tenant.order["user"])
        limit = (3500 if size < 50 else 5000 if size <= 500 else 8000) if reads else WRITES
        whole, spent = max(1, int(limit * quota)), self._spent(tenant, token, units, reads)
        if spent > whole:
            wait = (READ if reads else WRITE).total_seconds()
            self._server.calls["over the limit"] += 1
            retry = {} if self._server.bare else {"Retry-After": str(int(wait))}
            scope = {
                "x-ms-throttle-scope": f"Tenant_Application/{'Read' if reads else 'Write'}/{token.app}/{tenant.id}"
            }
            raise Refusal(429, "TooManyRequests", "Too many requests.", headers=told | retry | scope)
        if spent > 0.8 * whole:
            told["x-ms-throttle-limit-percentage"] = f"{spent / whole:.1f}"
        return told

    def _spent(self, tenant: Tenant, token: Token, units: int, reads: bool) -> int:
        key, now = (tenant.initial, token.app, "read" if reads else "write"), tenant.now()
        start, spent = self._windows.get(key, (now, 0))
        if now >= start + (READ if reads else WRITE):
            start, spent = now, 0
        self._windows[key] = (start, spent + units)
        return spent + units
