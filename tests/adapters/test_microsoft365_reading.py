"""Reading a tenant: what is found, in how few calls, and what becomes of a reading that cannot be whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from providers.microsoft365.provider import KINDS
from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    Moved,
    NotFound,
    ProviderError,
    RateLimited,
    Unavailable,
)
from reconciler.model.resource import Group, Licenses, SignIn, Sku, TenantDomain, User
from reconciler.provider import Scope
from tests.adapters.microsoft365_tenant import SHOP, facts, key, observed, opened, peopled, shop, spent, truly
from tests.emulators.graph.server import Trouble
from tests.emulators.graph.tenants import Token
from tests.live.graph_host import TENANT, TOKEN, GraphHost


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphHost]:
    with shop(monkeypatch) as made:
        yield made


# The whole tenant


def test_all_is_read_as_it_is(host: GraphHost) -> None:
    """Every attribute of everything: people, what they hold, groups, domains with their records, products, sign-in."""
    peopled(host)
    host.tenant.domain("new.example", verified=False)
    host.tenant.domain("signed.example", federated=True)
    host.tenant.domain("kept.example", managed=True)
    spent(host)
    reading = observed(host)
    assert facts(reading) == truly(host)
    assert reading.scope == Scope("tenant", TENANT)
    assert spent(host) == 4  # two batches of facts, a page of users, a batch of members


def test_pages_of_everything_are_followed(host: GraphHost) -> None:
    """Users, groups, members and the deleted, two by two."""
    ids = peopled(host)
    host.tenant.group("Many", [one.id for one in host.tenant.people(7)])
    for one in ("x", "y", "z"):
        person = host.tenant.person(f"{one}@{SHOP}")
        host.edit(key("user", person.id), User(key("user", person.id), f"{one}@{SHOP}", one, person.id, deleted=True))
    host.server.page_cap = 2
    assert facts(observed(host)) == truly(host)
    assert ids["gone"] in {one.key.name for one in observed(host).resources.values() if getattr(one, "deleted", False)}


def test_what_is_odd_is_read(host: GraphHost) -> None:
    """Facts that are easily got wrong, one by one."""
    ids = peopled(host)
    found = observed(host).resources
    ana, gone = found[key("user", ids["ana"])], found[key("user", ids["gone"])]
    assert isinstance(ana, User)
    assert isinstance(gone, User)
    assert ana.aliases == (f"ana.lopez@{TENANT}", f"ventas@{SHOP}")
    assert ana.manager == ids["boss"]
    assert (gone.upn, gone.deleted) == (f"gone@{SHOP}", True)
    guest = found[key("user", ids["guest"])]
    assert isinstance(guest, User)
    assert guest.guest
    assert found[key("licenses", ids["ana"])] == Licenses(
        key("licenses", ids["ana"]), ids["ana"], ("SUITE",), ("EXTRA",), ("SUITE/MAIL",)
    )
    sku, sign_in = found[key("sku", "SUITE")], found[key("sign-in", "@")]
    assert isinstance(sku, Sku)
    assert sku.renews == "2027-01-15"
    assert sku.suspended == 2
    assert sku.plans == ("FILES", "MAIL")
    assert sign_in == SignIn(key("sign-in", "@"), False, ("MFA for all",))


# Those who are named


def test_named_people_are_read_and_nobody_else(host: GraphHost) -> None:
    """By address, another address, id, and as deleted."""
    ids = peopled(host)
    names = (f"VENTAS@{SHOP}".lower(), ids["boss"], f"gone@{SHOP}", f"nobody@{SHOP}", "a name of the spec")
    reading = observed(host, *names)
    assert {one.key.name for one in reading.resources.values() if isinstance(one, User)} == {
        ids["ana"], ids["boss"], ids["gone"],
    }  # fmt: skip
    true = truly(host)
    assert {one: found for one, found in reading.resources.items() if one.kind != "domain"} == {
        one: true[one] for one in reading.resources if one.kind != "domain"
    }
    assert not reading.covers(key("user", ids["synced"]))
    assert reading.covers(key("user", ids["boss"]))


def test_who_is_deleted_is_found_by_another_address(host: GraphHost) -> None:
    """They would get it back with everything else."""
    ids = peopled(host)
    gone = truly(host)[key("user", ids["gone"])]
    assert isinstance(gone, User)
    host.edit(gone.key, replace(gone, aliases=(f"old@{SHOP}",)))
    assert gone.key in observed(host, f"old@{SHOP}").resources


def test_an_id_of_nobody_is_no_failure(host: GraphHost) -> None:
    """Alone, and among so many that they are looked for together."""
    ids = peopled(host)
    strange = [f"d0000000-0000-4000-8000-{one:012d}" for one in range(30)]
    for some in (strange[:1], strange):
        found = observed(host, ids["boss"], *some).resources
        assert {one.name for one in found if one.kind == "user"} == {ids["boss"]}


@pytest.mark.parametrize("name", ["o'brien", "a+b", "x#y", "a&b=c", "100%"])
def test_any_address_can_be_asked_for(host: GraphHost, name: str) -> None:
    """What has a meaning in an address or a filter is no more than a letter."""
    person = host.tenant.person(f"{name}@{SHOP}")
    other = host.tenant.person(f"other@{SHOP}", proxyAddresses=[f"smtp:{name}.2@{SHOP}"])
    found = observed(host, f"{name}@{SHOP}", f"{name}.2@{SHOP}").resources
    assert {one.name for one in found if one.kind == "user"} == {person.id, other.id}


def test_a_named_domain_shows_its_records_and_a_stranger(host: GraphHost) -> None:
    """The core is to see that others live there, though it named some alone."""
    ids = peopled(host)
    found = observed(host, f"ana@{SHOP}", SHOP).resources
    people = {one.name for one in found if one.kind == "user"}
    assert ids["ana"] in people
    assert people - {ids["ana"]}
    true = truly(host)
    assert {one: found[one] for one in found} == {one: true[one] for one in found}
    mine = found[key("domain", SHOP)]
    assert isinstance(mine, TenantDomain)
    assert mine.records
    assert mine.verification.startswith("MS=")
    other = observed(host, f"ana@{SHOP}").resources[key("domain", SHOP)]
    assert isinstance(other, TenantDomain)
    assert not other.records


def test_groups_are_read_when_they_are_named(host: GraphHost) -> None:
    """By unique name, display name or id; one that is none does no harm."""
    ids = peopled(host)
    assert not any(one.kind == "group" for one in observed(host, f"ana@{SHOP}").resources)
    for name in ("crew", "Crew", ids["crew"]):
        reading = observed(host, f"ana@{SHOP}", f"group/{name}", "group/no such", "group/it's")
        assert [one for one in reading.resources.values() if isinstance(one, Group)] == [
            host.truth()[key("group", ids["crew"])]
        ]


# How few calls


def test_two_thousand_named_users_are_read_by_pages(host: GraphHost) -> None:
    """Three pages, and two batches."""
    people = host.tenant.people(2000, SHOP)
    spent(host)
    reading = observed(host, SHOP, *(f"user{one}@{SHOP}" for one in range(1, 2001)), *(one.id for one in people))
    assert host.calls()["users"] + host.calls()["users.next"] == 3
    assert spent(host) == 5
    assert reading.scope.names is None
    assert sum(one.kind == "user" for one in reading.resources) == 2000


@pytest.mark.parametrize("size", [3000, pytest.param(50_000, marks=pytest.mark.long)])
def test_ten_of_many_are_read_alone(host: GraphHost, size: int) -> None:
    """The tenant with them, then the domain, then the stranger who lives there."""
    people = host.tenant.people(size, SHOP)
    spent(host)
    reading = observed(host, SHOP, *(f"user{one}@{SHOP}" for one in range(1, 11)))
    assert spent(host) == 3
    assert reading.scope.names is not None
    assert {one.id for one in people[:10]} <= {one.name for one in reading.resources if one.kind == "user"}
    assert sum(one.kind == "user" for one in reading.resources) == 11


def test_a_few_people_are_one_call(host: GraphHost) -> None:
    """With the tenant itself."""
    people = host.tenant.people(50, SHOP)
    spent(host)
    reading = observed(host, *(f"user{one}@{SHOP}" for one in range(1, 11)), *(one.id for one in people[:9]))
    assert spent(host) == 1
    assert {one.name for one in reading.resources if one.kind == "user"} == {one.id for one in people[:10]}


# What cannot be read


def test_without_leave_to_read_policies_the_rest_is_read(host: GraphHost) -> None:
    """The finding names the permission; how sign-in is protected is left out."""
    host.server.tokens[TOKEN] = Token(TENANT, permissions=frozenset({"Directory.Read.All"}))
    reading = observed(host)
    assert key("sign-in", "@") not in reading.resources
    assert ["Policy.Read.All" in one.detail for one in reading.findings] == [True, True]


@pytest.mark.parametrize("sort", ["conditional.access", "subscriptions", "deleted.users", "security.defaults"])
def test_what_a_tenant_may_lack_is_told(host: GraphHost, sort: str) -> None:
    """One of them fails for good: a warning. It fails for now: there is no reading."""
    with host.server.trouble(Trouble(403, sort)):
        (finding,) = observed(host).findings
    assert finding.rule == "tenant/unread"
    with host.server.trouble(Trouble(503, sort, times=2)), pytest.raises(Unavailable):
        observed(host)
    with host.server.trouble(Trouble(401, sort)), pytest.raises(AuthFailed):
        observed(host)


@pytest.mark.parametrize("sort", ["organization", "skus", "domains", "users", "groups", "domain.records", "members"])
def test_what_must_be_there_fails_the_whole(host: GraphHost, sort: str) -> None:
    """403 and 429 of one item, alone or inside a batch, are the whole reading's."""
    peopled(host)
    with host.server.trouble(Trouble(403, sort)), pytest.raises(Forbidden):
        observed(host)
    with host.server.trouble(Trouble(429, sort, headers={"Retry-After": "17"})), pytest.raises(RateLimited) as told:
        observed(host)
    assert told.value.retry_after == 17.0


@pytest.mark.parametrize("sort", ["users.next", "groups.next", "members.next", "deleted.users.next"])
def test_a_page_that_fails_fails_the_whole(host: GraphHost, sort: str) -> None:
    """Also one of a list that may be missing as a whole."""
    peopled(host)
    host.tenant.group("Many", [one.id for one in host.tenant.people(5)])
    for name in ("x", "y", "z"):
        person = host.tenant.person(f"{name}@{SHOP}")
        host.edit(key("user", person.id), User(key("user", person.id), f"{name}@{SHOP}", name, person.id, deleted=True))
    host.server.page_cap = 2
    for status in (403, 503):
        with host.server.trouble(Trouble(status, sort)), pytest.raises(ProviderError):
            observed(host)


def test_the_token_of_another_tenant_reads_nothing(host: GraphHost) -> None:
    """It is told whose it is."""
    host.server.make("other.onmicrosoft.com")
    host.server.tokens[TOKEN] = Token("other.onmicrosoft.com")
    with pytest.raises(Forbidden, match=r"other\.onmicrosoft\.com"):
        observed(host)


def test_a_tenant_that_cannot_tell_changes_is_read_all_the_same(host: GraphHost) -> None:
    """It has no mark then, and cannot be followed."""
    peopled(host)
    with host.server.trouble(Trouble(400, "users.delta")):
        reading = observed(host)
    assert facts(reading) == truly(host)
    assert reading.version == ""
    with pytest.raises(Moved):
        opened(host).follow(reading)


# The rest of the contract


def test_a_domain_is_ready_when_it_is_in_the_tenant(host: GraphHost) -> None:
    """Whether its proof is seen is for `verify` to say."""
    provider = opened(host)
    assert provider.ready(key("domain", SHOP)).ready
    assert provider.ready(key("user", "ana")).ready
    found = provider.ready(key("domain", "absent.example"))
    assert not found.ready
    assert "absent.example" in found.detail


def test_access_says_what_is_missing(host: GraphHost) -> None:
    """One line for the one identity; a token of nobody cannot read."""
    host.server.tokens[TOKEN] = Token(TENANT, permissions=frozenset({"Directory.Read.All"}))
    (told,) = opened(host).access(Scope("tenant", TENANT))
    assert told.reads
    assert told.writes is None
    assert "conditional access" in told.detail
    del host.server.tokens[TOKEN]
    (told,) = opened(host).access(Scope("tenant", TENANT))
    assert not told.reads
    assert told.detail


def test_capabilities_are_of_what_can_be_done() -> None:
    """Nothing is declared that no change can ask for."""
    assert set(KINDS) == {"domain", "user", "licenses", "group", "sku", "sign-in"}
    assert KINDS["user"].grows == {"aliases"}
    assert not KINDS["sku"].verbs
    assert all(one.batch >= 1 for one in KINDS.values())


def test_an_answer_that_is_malformed_is_told(host: GraphHost) -> None:
    """Wherever it comes."""
    peopled(host)
    for sort, text in (
        ("users", b'{"value": [{"id": 7}]}'),
        ("users", b'{"value": 7}'),
        ("groups", b'{"value": [{}]}'),
    ):
        with host.server.trouble(Trouble(200, sort, body=text)), pytest.raises((Invalid, NotFound)):
            observed(host)
