"""Licences written: all that one user gains and loses in one call, so that a swap leaves no gap.

Source: Microsoft Graph v1.0, user: assignLicense (2026-08): both arrays must be there, a product that is held already
takes the new set of disabled plans; `licenseAssignmentStates` tells what became of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.microsoft365.answers import line
from providers.microsoft365.api import Request
from providers.microsoft365.errands import Asking, Errand, Said, failed, late, refused
from providers.microsoft365.memory import Pieces
from reconciler.model.change import Status
from reconciler.model.resource import Licenses, Resource

_SELECT = "?$select=id,assignedLicenses,licenseAssignmentStates"
#: States of an assignment that change no more by themselves.
_FINAL = frozenset({"Active", "ActiveWithError", "Disabled", "Error", ""})
_BROKEN = frozenset({"ActiveWithError", "Error"})


class LicensesErrand(Errand):
    """What one user holds."""

    before: Licenses | None
    after: Licenses | None
    shown: Licenses | None
    _states: Mapping[str, tuple[str, str]] = {}  # by SKU id: state and error of what is direct

    def pieces(self, resource: Resource | None) -> Pieces:
        """Each product that is direct, with the plans of it that are off."""
        if not isinstance(resource, Licenses):
            return {}
        off: dict[str, set[str]] = {sku: set() for sku in resource.direct}
        for one in resource.disabled:
            sku, _, plan = one.partition("/")
            off.setdefault(sku, set()).add(plan)
        return {sku: frozenset(plans) for sku, plans in off.items()}

    def look(self) -> Asking:
        """Read what the user holds."""
        self.shown, self.identity = None, self.known_id()
        if not self.identity:
            return
        (answer,) = yield [Request("GET", f"/users/{self.identity}{_SELECT}")]
        if answer.status == 404 and not self.fresh:
            return
        entry = self.good(answer)
        self.shown = self.desk.shapes.licenses_of(entry)
        states = entry.get("licenseAssignmentStates") or ()
        self._states = {
            str(one.get("skuId")).lower(): (str(one.get("state") or ""), line(one.get("error") or "Other"))
            for one in states
            if not one.get("assignedByGroup")
        }

    def judge(self) -> None:
        """Only the licences of a user who is there can be changed."""
        if self.after is None:
            raise refused("licences are not deleted, they become none")
        if self.shown is None:
            raise failed("there is no such user to license")

    def write(self) -> Asking:
        """Give and take in one call."""
        lacking, wish, products = sorted(self.lacking), self.wish, self.desk.shapes.products
        adds: list[dict[str, Any]] = []
        removes: list[str] = []
        for part in lacking:
            sku = products.sku_id(part)
            if not sku:
                raise failed(f"the tenant has no product {part}")
            plans = wish.get(part)
            if isinstance(plans, frozenset):
                adds.append({"skuId": sku, "disabledPlans": [self._plan(part, one) for one in sorted(plans)]})
            else:
                removes.append(sku)
        body = {"addLicenses": adds, "removeLicenses": removes}
        (answer,) = yield [Request("POST", f"/users/{self.identity}/assignLicense", body)]
        self.good(answer)
        self.took({part: wish.get(part) for part in lacking})

    def _plan(self, part: str, name: str) -> str:
        found = self.desk.shapes.products.plan_id(part, name)
        if not found:
            raise failed(f"{part} has no service plan {name}")
        return found

    def complaint(self) -> Said | None:
        """What was given now must work, too."""
        for part in sorted({*self.progress.taken} & {*self.wish}):
            state, error = self._states.get(self.desk.shapes.products.sku_id(part), ("", ""))
            if state in _BROKEN:
                return failed(f"{part}: {error}")
            if state not in _FINAL:
                return late(f"{part} is {line(state)}")
        return None

    def settle(self) -> None:
        """A product that could not be given is not among those that are held: what is wrong with it comes first."""
        complaint = self.complaint()
        if complaint is not None and complaint.status is Status.FAILED:
            raise complaint
        super().settle()
