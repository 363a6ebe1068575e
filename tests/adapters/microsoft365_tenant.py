"""A tenant with a little of everything, for tests of reading; what is there, and what an adapter says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from providers.microsoft365.provider import Microsoft365Provider
from reconciler.model.key import Key
from reconciler.model.resource import Licenses, Resource, TenantDomain, User
from reconciler.provider import Observation, Scope
from tests.emulators.graph import truth
from tests.live.graph_host import TENANT, GraphHost

SHOP = "shop.example"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@contextmanager
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphHost]:
    """A tenant with one domain of its own."""
    made = GraphHost(seed="reading")  # its domains ask for the usual records alone
    made.server.now = lambda: NOW
    made.tenant.domain(SHOP)
    for variable, value in made.environment().items():
        monkeypatch.setenv(variable, value)
    yield made
    made.close()


def opened(host: GraphHost) -> Microsoft365Provider:
    return Microsoft365Provider("graph", host.options(), Path())


def observed(host: GraphHost, *names: str) -> Observation:
    return opened(host).observe(Scope("tenant", TENANT, frozenset(names) if names else None))


def key(kind: str, name: str) -> Key:
    return Key("tenant", TENANT, kind, name)


def facts(reading: Observation) -> dict[Key, Resource]:
    return dict(reading.resources)


def truly(host: GraphHost) -> dict[Key, Resource]:
    """What is there; nobody asks for the records of the domain that came with the tenant."""
    found = dict(host.truth())
    initial = found[key("domain", TENANT)]
    assert isinstance(initial, TenantDomain)
    return found | {initial.key: replace(initial, records=())}


def spent(host: GraphHost) -> int:
    """Calls since this was asked last."""
    total = host.calls().total()
    host.server.calls.clear()
    return total


def peopled(host: GraphHost) -> dict[str, str]:
    """Object ids by what they are."""
    tenant = host.tenant
    suite = tenant.sku("SUITE", 9, plans=("MAIL", "FILES"), suspended=2)
    extra = tenant.sku("EXTRA", 5, plans=("MORE",))
    tenant.subscriptions += [
        {"id": "1", "skuId": suite.sku_id, "status": "Enabled", "nextLifecycleDateTime": "2027-02-01T00:00:00Z"},
        {"id": "2", "skuId": suite.sku_id, "status": "Enabled", "nextLifecycleDateTime": "2027-01-15T00:00:00Z"},
    ]
    boss = tenant.person(f"boss@{SHOP}", jobTitle="Jefa", businessPhones=["+52 81 5555 0100"], licenses=(suite.sku_id,))
    proxies = [f"SMTP:Ana@{SHOP}", f"smtp:Ventas@{SHOP}", "x500:/o=old", f"smtp:ana.lopez@{TENANT}"]
    ana = tenant.person(f"ana@{SHOP}", manager=boss.id, proxyAddresses=proxies)
    host.edit(
        key("licenses", ana.id), Licenses(key("licenses", ana.id), ana.id, ("SUITE",), ("EXTRA",), ("SUITE/MAIL",))
    )
    guest = tenant.guest("visitor@elsewhere.example")
    synced = tenant.person(f"synced@{SHOP}", onPremisesSyncEnabled=True, accountEnabled=False)
    gone = tenant.person(f"gone@{SHOP}", licenses=(extra.sku_id,))
    host.edit(key("user", gone.id), User(key("user", gone.id), f"gone@{SHOP}", "Gone", gone.id, deleted=True))
    crew = tenant.group("Crew", (ana.id, boss.id), uniqueName="crew")
    tenant.group("Guards", (), "security")
    tenant.group("List", (guest.id,), "distribution")
    tenant.group("Everybody", (ana.id,), "dynamic")
    tenant.conditional_access += [
        truth.policy("MFA for all"),
        truth.policy("Only a test", "enabledForReportingButNotEnforced"),
    ]
    return {"boss": boss.id, "ana": ana.id, "guest": guest.id, "synced": synced.id, "gone": gone.id, "crew": crew.id}
