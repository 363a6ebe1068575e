"""What is wrong with a tenant's spec is told at plan time, at its line, before anything is written there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.endtoend.test_tenant_calls import DOMAIN, TenantPlace
from tests.live.customer import PART, STANDARD
from tests.live.folder import CUSTOMER
from tests.live.graph_host import GraphHost

Spoil = Callable[[TenantPlace, GraphHost], object]


def _edit(old: str, new: str) -> Spoil:
    return lambda place, _: place.edit(old, new, CUSTOMER)


def _account(row: str) -> Spoil:
    def add(place: TenantPlace, _: GraphHost) -> None:
        path = place.specs / CUSTOMER / "accounts.csv"
        path.write_text(f"{path.read_text()}{row}\n")

    return add


def _taken(place: TenantPlace, graph: GraphHost) -> None:
    graph.tenant.person(f"other@{graph.tenant.initial}", proxyAddresses=[f"smtp:ventas@{DOMAIN}"])
    path = place.specs / CUSTOMER / "accounts.csv"
    path.write_text(
        f"address,name,new,kind,goes_to\nuser1@{DOMAIN},A,true,person,\nventas@{DOMAIN},,,alias,user1@{DOMAIN}\n"
    )


#: What is wrong; what is said; at which line.
MISTAKES: dict[str, tuple[Spoil, str, str]] = {
    "unknown product": (_edit(f'"{PART}"', '"Busines Standard"'), "is not subscribed", "customer.yaml:1:"),
    "one seat too few": (
        _account(f"user41@{DOMAIN},Persona 41,true"),
        f"41 seats of {PART} are needed, 40 are free: buy 1",
        "accounts.csv:42:",
    ),
    "domain not verified": (
        lambda _, graph: setattr(graph.tenant.domains[DOMAIN], "verified", False),
        f"{DOMAIN} is not verified",
        "accounts.csv:2:",
    ),
    "no usage location": (
        _edit('"users": {"usage_location": "MX"}, ', ""),
        "no usage location",
        "accounts.csv:2:",
    ),
    "alias of another": (_taken, f"ventas@{DOMAIN} is still the address of", "accounts.csv:2:"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_told_before_anything_is_written(name: str, tmp_path: Path) -> None:
    """With the line to mend; an apply of that plan makes nothing of what it is about."""
    spoil, text, where = MISTAKES[name]
    graph = GraphHost()
    try:
        graph.tenant.domain(DOMAIN)
        graph.tenant.sku(PART, 40, sku_id=STANDARD)
        place = TenantPlace(tmp_path, graph, 40)
        spoil(place, graph)
        plan = place.planned()
        told = [(one["origin"], one["summary"]) for one in plan.json["diagnostics"]]
        told += [(one["origin"], one["refusal"]) for one in plan.json["steps"]]
        lines = [f"{origin['file']}:{origin['line']}: {said}" for origin, said in told]
        assert [one for one in lines if text in one and where in one], lines[:5]
        assert graph.server.writes == 0
    finally:
        graph.close()
