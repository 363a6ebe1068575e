"""An import of zone files and a tenant file in this process, and the first plan of what it wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.mail.spf.compose import slots
from reconciler.mail.spf.terms import is_spf
from reconciler.mail.txt import txt_part
from reconciler.model.rdata import txt_to_presentation
from reconciler.model.resource import RecordSet
from reconciler.session.importing import Sources, begin, put
from reconciler.session.opened import Session
from reconciler.session.ordering import Order, opened
from reconciler.session.planning import Made, Options, make
from reconciler.verdict import Verdict
from tests.running import WORKSPACE
from tests.transcript.zones import ZONE, zone_file

TENANT = "shop.onmicrosoft.com"


class Shop:
    """A folder of specs with a workspace, and whatever systems are put beside it."""

    def __init__(self, root: Path) -> None:
        self.specs = root / "specs"
        for name in ("zones", "tenants"):
            (self.specs / name).mkdir(parents=True)
        (self.specs / "workspace.yaml").write_text(WORKSPACE)

    def zone(self, sets: Iterable[RecordSet], name: str = ZONE) -> Shop:
        """Write a zone file."""
        text = zone_file(sets, name).encode("utf-8", "surrogateescape")
        (self.specs / "zones" / f"{name}.zone").write_bytes(text)
        return self

    def tenant(self, **more: Any) -> Shop:
        """Write a tenant file."""
        data = {"seed": "x", "sees": "../zones", "domains": [{"name": TENANT, "initial": True}], **more}
        (self.specs / "tenants" / f"{TENANT}.json").write_text(json.dumps(data))
        return self

    def order(self, *domains: str, **more: Any) -> Order:
        """An import of the zone."""
        return Order(domains or (ZONE,), "shop", self.specs, provider="zones", **more)

    def imported(self, *domains: str, **more: Any) -> dict[str, Any]:
        """Import; the paper."""
        order = self.order(*domains, **more)
        session = Session(self.specs, [])
        begun = begin(order, opened(order), Sources(session.clock.now(), session=session), following="")
        return put(order, begun)

    def planned(self) -> Made:
        """The first plan."""
        session = Session(self.specs)
        assert session.loaded.failed == {}
        return make(session, session.loaded.customers[0], Options())

    @property
    def text(self) -> str:
        """The spec as it was written."""
        return (self.specs / "shop" / "customer.yaml").read_text()

    @property
    def wanted(self) -> list[str]:
        """The same without comments, from the domains on."""
        lines = self.text.partition("domains:\n")[2].splitlines()
        return [line.strip() for line in lines if not line.lstrip().startswith("#")]


def assert_still(made: Made) -> None:
    """Nothing is added, changed or destroyed; nothing stands in the way of that."""
    assert made.document["steps"] == []
    assert [one for one in made.plan.diagnostics if one.severity == "error"] == []
    calm = {Verdict.SAME, Verdict.ADOPT, Verdict.FORGET}
    assert [row for leg in made.plan.legs for row in leg.rows if row.verdict not in calm] == []
    assert (made.document["complete"], made.document["applyable"]) == (True, True)


def lost(sets: Iterable[RecordSet], made: Made, unmanaged: Sequence[Mapping[str, str]]) -> list[str]:
    """Values that the plan does not adopt and that nobody names."""
    adopted = {row.slot.address: row.before for row in made.plan.rows(Verdict.ADOPT)}
    named = {one["name"] for one in unmanaged}
    found = []
    for one in sets:
        whole = f"{one.key.kind} {one.key.name}"
        for value in one.values:
            shown = txt_to_presentation(value) if one.key.kind == "TXT" else ascii(value)
            said = f"{whole} {shown if len(shown) <= 200 else shown[:197] + '...'}"
            if not {whole, said} & named and not _adopted(one, value, adopted):
                found.append(said)
    return found


def _adopted(one: RecordSet, value: str, adopted: Mapping[str, Any]) -> bool:
    if one.key.kind != "TXT":
        return adopted.get(one.key.address) == one.values
    if is_spf(value):
        return bool(slots(value)) and all(f"{one.key.address}#{part}" in adopted for part in slots(value))
    held = adopted.get(f"{one.key.address}#{txt_part(one.key.name, value)}")
    return held == value or (isinstance(held, tuple) and value in held)
