"""A reading brought up to date by what has changed since."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from providers.microsoft365 import asking, shapes
from reconciler.model.errors import Moved, Unavailable
from reconciler.model.resource import Licenses, SignIn, TenantDomain, User
from reconciler.provider import Observation
from tests.adapters.microsoft365_tenant import NOW, SHOP, facts, key, observed, opened, peopled, shop, spent, truly
from tests.emulators.graph import truth
from tests.emulators.graph.server import Trouble
from tests.live.graph_host import GraphHost


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphHost]:
    with shop(monkeypatch) as made:
        yield made


def followed(host: GraphHost, before: Observation) -> Observation:
    return opened(host).follow(before)


def test_nothing_changed_is_two_calls(host: GraphHost) -> None:
    """One for the changes and the tenant, one for the domain; in a process that knows nothing yet."""
    peopled(host)
    host.tenant.people(200, SHOP)
    before = observed(host, SHOP, *(f"user{one}@{SHOP}" for one in range(1, 201)))
    spent(host)
    after = followed(host, before)
    assert spent(host) == 2
    assert (after.resources, after.scope) == (before.resources, before.scope)
    assert followed(host, after).resources == before.resources


@pytest.mark.parametrize("whole", [True, False])
def test_changes_are_followed(host: GraphHost, whole: bool) -> None:
    """Changed, made, deleted, purged, restored; licences, domains, seats and policies with them."""
    ids = peopled(host)
    host.tenant.domain("old.example")
    other, purged = host.tenant.person(f"other@{SHOP}"), host.tenant.person(f"purged@{SHOP}")
    names = (
        []
        if whole
        else [SHOP, "old.example", "group/crew", *(f"{one}@{SHOP}" for one in ("ana", "boss", "gone", "new", "purged"))]
    )
    before = observed(host, *names)
    edit, true = host.edit, truly(host)
    ana, boss, gone = (true[key("user", ids[one])] for one in ("ana", "boss", "gone"))
    assert isinstance(ana, User)
    assert isinstance(boss, User)
    assert isinstance(gone, User)
    edit(ana.key, replace(ana, department="Sales", manager=""))
    edit(boss.key, replace(boss, deleted=True))
    edit(gone.key, replace(gone, deleted=False))
    edit(key("user", purged.id), None)
    made = host.tenant.person(f"new@{SHOP}")
    edit(key("licenses", made.id), Licenses(key("licenses", made.id), made.id, ("EXTRA",)))
    edit(key("sign-in", "@"), SignIn(key("sign-in", "@"), True))
    edit(key("domain", "fresh.example"), TenantDomain(key("domain", "fresh.example"), verified=whole))
    after, now = followed(host, before), truly(host)
    if whole:
        assert facts(after) == dict(now)
        return
    expected = {one.id for one in (purged, other)}
    people = {one.name for one in after.resources if one.kind == "user"}
    assert {ids["ana"], ids["boss"], ids["gone"], made.id} <= people
    assert not people & (expected - {other.id})
    fresh = key("domain", "fresh.example")
    assert {one: after.resources[one] for one in after.resources if one != fresh} == {
        one: now[one] for one in after.resources if one != fresh
    }


def test_changes_are_told_of_all_that_is_read() -> None:
    """What the mark does not select would change unseen."""
    told = asking.TOKEN.url.partition("$select=")[2].split(",")
    assert set(told) == {*shapes.USER.split(","), "manager"}


def test_what_changed_while_it_was_read_is_told_later(host: GraphHost) -> None:
    """The mark is taken before the first user is read."""
    ids = peopled(host)

    def change() -> None:
        ana = truth.resources(host.tenant)[key("user", ids["ana"])]
        assert isinstance(ana, User)
        truth.edit(host.tenant, ana.key, replace(ana, department="Sales"))

    with host.server.trouble(Trouble(on="groups", act=change)):
        before = observed(host)
    assert before.resources[key("user", ids["ana"])] != host.truth()[key("user", ids["ana"])]
    assert facts(followed(host, before)) == truly(host)


def test_what_changed_right_before_the_mark_is_read(host: GraphHost) -> None:
    """In one call, too, the users are read after it, in whatever order a batch is carried out."""
    ids = peopled(host)
    ana = truly(host)[key("user", ids["ana"])]
    assert isinstance(ana, User)
    for turn in range(8):
        wished = replace(ana, department=f"Sales {turn}")
        with host.server.trouble(Trouble(on="users.delta", act=functools.partial(host.edit, ana.key, wished))):
            before = observed(host, f"ana@{SHOP}")
        assert followed(host, before).resources[ana.key] == wished


def test_who_is_restored_meanwhile_is_not_deleted(host: GraphHost) -> None:
    """The list of the deleted was read before."""
    ids = peopled(host)
    gone = truly(host)[key("user", ids["gone"])]
    assert isinstance(gone, User)
    back = replace(gone, deleted=False)
    with host.server.trouble(Trouble(on="users", act=functools.partial(host.edit, gone.key, back))):
        assert observed(host).resources[gone.key] == back


def test_a_mark_that_is_too_old_asks_for_a_full_reading(host: GraphHost) -> None:
    """After seven days, and of another list of products."""
    peopled(host)
    before = observed(host)
    host.server.now = lambda: NOW + timedelta(days=8)
    with pytest.raises(Moved):
        followed(host, before)
    host.server.now = lambda: NOW
    host.tenant.sku("NEWER", 3)
    with pytest.raises(Moved, match="products"):
        followed(host, before)
    with pytest.raises(Moved):
        followed(host, replace(before, version="what is this"))
    with pytest.raises(Moved):
        followed(host, replace(before, version="https://elsewhere.example/v1.0/users/delta?$deltatoken=1"))


def test_a_mark_that_is_not_taken_asks_for_a_full_reading(host: GraphHost) -> None:
    """Whatever the tenant has against it."""
    peopled(host)
    before = observed(host)
    with host.server.trouble(Trouble(400, "users.delta")), pytest.raises(Moved):
        followed(host, before)


def test_who_is_gone_for_good_is_dropped(host: GraphHost) -> None:
    """After thirty days nothing is told of it."""
    ids = peopled(host)
    before = observed(host)
    del host.tenant.users[ids["gone"]]
    assert facts(followed(host, before)) == truly(host)
    assert key("user", ids["gone"]) in before.resources


def test_when_too_many_changed_all_are_to_be_read(host: GraphHost) -> None:
    """More than a page of them."""
    people = host.tenant.people(1000, SHOP)
    before = observed(host)
    for one in people:
        host.tenant.write(one, {**(one.data or {}), "department": "Sales"})
    with pytest.raises(Moved, match="so many"):
        followed(host, before)


def test_a_change_that_cannot_be_read_fails_the_whole(host: GraphHost) -> None:
    """As in a full reading."""
    ids = peopled(host)
    before = observed(host)
    boss = truly(host)[key("user", ids["boss"])]
    assert isinstance(boss, User)
    host.edit(boss.key, replace(boss, department="X"))
    for sort in ("user", "users.delta", "organization", "groups"):
        with host.server.trouble(Trouble(503, sort, times=2)), pytest.raises(Unavailable):
            followed(host, before)
