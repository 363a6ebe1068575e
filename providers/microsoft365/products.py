"""The names of a tenant's products and of their service plans.

Source: Microsoft Graph v1.0 metadata of 2026-08-20, `subscribedSku` and `servicePlanInfo`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from providers.microsoft365.told import Entry, Told


class Products:
    """The subscribed SKUs: their names, and those of their service plans, by id.

    Attributes:
        entries: those that a user can be given, as Graph shows them, by id in lower case.
        doubles: part numbers that more than one of them has; each of those goes by its id instead.
    """

    def __init__(self, provider: str, listed: Iterable[Entry]) -> None:
        """Read `/subscribedSkus`.

        Raises:
            Invalid: an entry cannot be understood.
        """
        self.entries: dict[str, Entry] = {}
        self._parts: dict[str, str] = {}
        self._plans: dict[str, str] = {}
        parts: list[str] = []
        holds: dict[str, list[str]] = {}
        for entry in listed:
            told = Told(provider, "a subscribed product", entry)
            sku = told.word("skuId").lower()
            part = told.word("skuPartNumber")
            plans = holds[sku] = []
            for plan in told.entries("servicePlans"):
                inner = Told(provider, f"a service plan of {part}", plan)
                plans.append(inner.word("servicePlanId").lower())
                self._plans[plans[-1]] = inner.word("servicePlanName")
            parts.append(part)
            self._parts[sku] = part
            if told.text("appliesTo") == "User":
                self.entries[sku] = entry
        self.doubles = frozenset(part for part, times in Counter(parts).items() if times > 1)
        self._ids = {self.name(sku): sku for sku in self._parts}
        self._plan_ids = {(self.name(sku), self._plans[one]): one for sku, plans in holds.items() for one in plans}

    def name(self, sku: str) -> str:
        """The part number of a SKU's id; the id itself where there is none, or another has it too."""
        part = self._parts.get(sku.lower(), "")
        return sku.lower() if not part or part in self.doubles else part

    def plan(self, identity: str) -> str:
        """The name of a service plan's id; the id itself where it is not known."""
        return self._plans.get(identity.lower(), identity.lower())

    def sku_id(self, name: str) -> str:
        """The id of a SKU by what `name` says; empty when the tenant has none of that name."""
        return self._ids.get(name, "")

    def plan_id(self, sku: str, name: str) -> str:
        """The id of a service plan of a SKU, by what `name` and `plan` say; empty when that has no such plan."""
        return self._plan_ids.get((sku, name), "")
