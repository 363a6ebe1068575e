"""The memory provider passes the suite, and is as strict as the systems it stands for."""

from dataclasses import replace
from pathlib import Path

import pytest

from providers.memory import MemoryProvider
from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import SpecError
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, RecordSet, Resource, Sku, TenantDomain, User
from reconciler.model.value import Secret
from reconciler.provider import Scope
from tests.conformance.memory_harness import MemoryHarness

ZONE, TENANT = "contoso.example", "contoso.onmicrosoft.com"


class TestMemory(Conformance):
    """Zones and tenants in memory."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return MemoryHarness(tmp_path)


def key(kind: str, name: str) -> Key:
    system, scope = ("dns", ZONE) if kind.isupper() else ("tenant", TENANT)
    return Key(system, scope, kind, name)


ANA = User(key("user", "ana"), f"ana@{TENANT}", "Ana", usage_location="MX")
ALIAS = RecordSet(key("CNAME", "www"), 300, ("one.example.net.",))


@pytest.fixture
def memory(tmp_path: Path) -> MemoryProvider:
    """One empty zone, one tenant with nothing but its initial domain."""
    return MemoryProvider("memory", {"zones": [ZONE], "tenants": [TENANT]}, tmp_path)


def apply(memory: MemoryProvider, after: Resource, before: Resource | None = None) -> Outcome:
    """One change; a new user gets a password."""
    (outcome,) = memory.apply([Change(after.key, before, after, password=Secret("x"))])
    return outcome


@pytest.mark.parametrize(
    "options",
    [{"zone": [ZONE]}, {"zones": ZONE}, {"zones": [1]}, {"tenants": {TENANT: {}}}],
    ids=["unknown", "no list", "no names", "no list of names"],
)
def test_a_wrong_option_is_a_finding(options: dict[str, object], tmp_path: Path) -> None:
    """An option that is unknown or wrong is told by name, before anything else."""
    with pytest.raises(SpecError) as caught:
        MemoryProvider("memory", options, tmp_path)
    (finding,) = caught.value.diagnostics
    assert next(iter(options)) in finding.summary


def test_a_cname_stands_alone(memory: MemoryProvider) -> None:
    """A CNAME beside another type is refused offline, and by the system when it comes all the same."""
    address = RecordSet(key("A", "www"), 300, ("192.0.2.1",))
    (finding,) = memory.refusals([ALIAS, address])
    assert finding.address == ALIAS.key.address
    assert list(memory.refusals([ALIAS, replace(address, key=key("A", "mail"))])) == []
    assert apply(memory, ALIAS).status == Status.DONE
    outcome = apply(memory, address)
    assert (outcome.status, "stands alone" in outcome.detail) == (Status.FAILED, True)


def test_an_account_needs_a_verified_domain_and_a_free_name(memory: MemoryProvider) -> None:
    """The system takes no user of a foreign domain, and none of a name that somebody has."""
    foreign = apply(memory, replace(ANA, upn="ana@contoso.example"))
    assert (foreign.status, "not verified" in foreign.detail) == (Status.FAILED, True)
    assert apply(memory, ANA).status == Status.DONE
    assert apply(memory, replace(ANA, display_name="Another")).status == Status.REFUSED
    made = apply(memory, replace(ANA, upn=f"bea@{TENANT}"))
    bea = memory.observe(Scope("tenant", TENANT)).resources[key("user", made.remote_id)]
    assert isinstance(bea, User)
    assert "another account" in apply(memory, replace(bea, upn=ANA.upn), bea).detail


def test_an_account_needs_a_password(memory: MemoryProvider) -> None:
    """Nobody is made without a first password."""
    (outcome,) = memory.apply([Change(ANA.key, None, ANA)])
    assert (outcome.status, "password" in outcome.detail) == (Status.REFUSED, True)


def test_a_licence_needs_a_place_and_a_seat(memory: MemoryProvider) -> None:
    """The system refuses a licence without usage location, of an unknown product, and beyond the seats."""
    ana = apply(memory, replace(ANA, usage_location="")).remote_id
    bea = apply(memory, replace(ANA, upn=f"bea@{TENANT}")).remote_id
    cid = apply(memory, replace(ANA, upn=f"cid@{TENANT}")).remote_id

    def give(user: str, sku: str) -> str:
        return apply(memory, Licenses(key("licenses", user), user, (sku,))).detail

    assert "usage location" in give(ana, "SPB")
    assert "no seat of SPB" in give(bea, "SPB")
    plant(memory, Sku(key("sku", "SPB"), "id", enabled=1))
    assert give(bea, "SPB") == ""
    assert "no seat of SPB" in give(cid, "SPB")


def test_a_group_takes_only_members_that_exist(memory: MemoryProvider) -> None:
    """A member is an account of this tenant."""
    outcome = apply(memory, Group(key("group", "staff"), "Staff", members=("nobody",)))
    assert (outcome.status, "nobody" in outcome.detail) == (Status.FAILED, True)


def test_what_is_mastered_elsewhere_is_not_written(memory: MemoryProvider) -> None:
    """A synced account is read only."""
    synced = replace(ANA, key=key("user", "id-1"), remote_id="id-1", synced=True)
    plant(memory, synced)
    outcome = apply(memory, replace(synced, phone="1"), synced)
    assert (outcome.status, "on premises" in outcome.detail) == (Status.FAILED, True)


def test_a_domain_is_verified_once_dns_shows_the_text(memory: MemoryProvider) -> None:
    """Until the zone holds the verification text the outcome is waiting; one default domain makes the other none."""
    claimed = TenantDomain(key("domain", ZONE))
    assert apply(memory, claimed).status == Status.DONE
    verified = replace(claimed, verified=True, default=True)
    assert apply(memory, verified, claimed).status == Status.WAITING
    domain = memory.observe(Scope("tenant", TENANT)).resources[claimed.key]
    assert isinstance(domain, TenantDomain)
    assert apply(memory, RecordSet(key("TXT", "@"), 300, (domain.verification,))).status == Status.DONE
    assert apply(memory, verified, domain).status == Status.DONE
    domains = memory.observe(Scope("tenant", TENANT)).resources.values()
    assert [one.key.name for one in domains if isinstance(one, TenantDomain) and one.default] == [ZONE]


def test_a_subscription_is_not_written(memory: MemoryProvider) -> None:
    """Seats are bought, not made."""
    outcome = apply(memory, Sku(key("sku", "SPB"), "id"))
    assert (outcome.status, outcome.detail) == (Status.REFUSED, "it cannot create sku")


def plant(memory: MemoryProvider, resource: Resource) -> None:
    """Put something in, behind the provider's back."""
    memory.remote.scopes[resource.key.system, resource.key.scope][resource.key] = resource  # type: ignore[attr-defined]
