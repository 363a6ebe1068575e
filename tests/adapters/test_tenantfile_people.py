"""Users, licences and groups of a tenant file are taken and refused as the real tenant does."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from providers.tenantfile import TenantFileProvider
from reconciler.model.change import Change, Status
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, User
from reconciler.model.value import Secret
from tests.adapters.tenants import E3, F1, TENANT, Tenant, create, document, new_user, user_entry


@pytest.fixture
def tenant(tmp_path: Path) -> Tenant:
    """A fresh tenant."""
    return Tenant(tmp_path)


def test_a_user_is_created(tenant: Tenant) -> None:
    """It gets an object id, a password that must be changed, and every wished attribute."""
    wish = new_user("Zoe", given_name="Zoë", usage_location="es", aliases=("Z@old.example",), phone="+52 1")
    outcome = create(tenant, wish)
    assert outcome.status is Status.DONE
    assert re.fullmatch(r"[0-9a-f-]{36}", outcome.remote_id)
    made = tenant.get("user", outcome.remote_id)
    same = {"key": made.key, "remote_id": outcome.remote_id, "upn": "zoe@old.example", "usage_location": "ES"}
    assert made == replace(wish, **same, aliases=("z@old.example",))
    entry = tenant.data()["users"][-1]
    assert entry["force_change"] is True
    assert entry["password_hash"]
    assert "pass-word-never-shown" not in tenant.file.read_text(encoding="utf-8")


def test_creating_again_changes_nothing(tenant: Tenant) -> None:
    """After a lost reply the same wish is done: same id, no second user, the password as it was."""
    first = create(tenant, new_user("zoe"))
    before = tenant.file.read_bytes()
    again = TenantFileProvider("cloud", {"directory": "tenants"}, tenant.root)
    (second,) = again.apply([Change(new_user("zoe").key, None, new_user("zoe"), password=Secret("other"))])
    assert (second.status, second.remote_id) == (Status.DONE, first.remote_id)
    assert tenant.file.read_bytes() == before


@pytest.mark.parametrize(
    ("wish", "status", "reason"),
    [
        (new_user("ana", department="Sales"), Status.FAILED, "ObjectConflict: userPrincipalName"),
        (replace(new_user("z"), upn="SALES@old.example"), Status.FAILED, "ObjectConflict: userPrincipalName"),
        (new_user("z", aliases=("Ben@OLD.example",)), Status.FAILED, "ObjectConflict: proxyAddresses"),
        (replace(new_user("z"), upn="z@shop.example"), Status.FAILED, "not verified"),
        (replace(new_user("z"), upn="z"), Status.REFUSED, "not a user principal name"),
        (replace(new_user("z"), display_name=""), Status.REFUSED, "display name"),
    ],
)
def test_a_user_that_cannot_be(tenant: Tenant, wish: User, status: Status, reason: str) -> None:
    """A taken address, an unverified domain or a bad name is said and nothing is written."""
    before = tenant.file.read_bytes()
    outcome = create(tenant, wish)
    assert outcome.status is status
    assert reason in outcome.detail
    assert tenant.file.read_bytes() == before


def test_a_user_who_is_there_in_capitals_is_there(tenant: Tenant) -> None:
    """The same name in another case is the same user."""
    wish = new_user("ana", usage_location="MX", aliases=("SALES@old.example",))
    assert (create(tenant, wish).status, create(tenant, wish).remote_id) == (Status.DONE, "ana")


def test_a_user_needs_a_password(tenant: Tenant) -> None:
    """None is made without one."""
    assert tenant.do(None, new_user("z")).status is Status.REFUSED


def test_a_deleted_name_can_be_used_again(tenant: Tenant) -> None:
    """As with the vendor: the name is free, but then the deleted user cannot come back under it."""
    assert create(tenant, new_user("gone")).status is Status.DONE
    outcome = tenant.change("user", "gone", deleted=False)
    assert outcome.status is Status.FAILED
    assert "ObjectConflict" in outcome.detail


def test_an_update_writes_only_what_differs(tenant: Tenant) -> None:
    """A rename keeps id, licences, unknown attributes and the case of what it does not touch."""
    outcome = tenant.change("user", "ana", upn="ana.lopez@old.example", department="Sales")
    assert (outcome.status, outcome.remote_id) == (Status.DONE, "ana")
    entry = tenant.data()["users"][0]
    expected = document()["users"][0] | {"upn": "ana.lopez@old.example", "department": "Sales"}
    assert entry == expected


def test_an_update_under_the_spec_id(tenant: Tenant) -> None:
    """A change named by the spec id finds the user by the object id that the resource carries."""
    present = tenant.get("user", "ben")
    bound = replace(present, key=present.key._replace(name="benjamin"))
    assert tenant.do(bound, replace(bound, job_title="Chief")).status is Status.DONE
    assert tenant.get("user", "ben").job_title == "Chief"


def test_blocking_revokes_sessions(tenant: Tenant) -> None:
    """Each time sign-in is switched off the sessions end; switching it on, or another change, ends none."""
    for enabled in (False, True, False):
        assert tenant.change("user", "ben", enabled=enabled).status is Status.DONE
    assert tenant.change("user", "ben", department="Sales").status is Status.DONE
    assert tenant.data()["users"][1]["sessions_revoked"] == 2


def test_a_rename_to_a_taken_name_fails(tenant: Tenant) -> None:
    """Somebody's alias is taken too; one's own alias is not."""
    assert tenant.change("user", "ben", upn="sales@old.example").status is Status.FAILED
    assert tenant.change("user", "ana", upn="sales@old.example", aliases=("ana@old.example",)).status is Status.DONE


def test_a_usage_location_is_not_cleared(tenant: Tenant) -> None:
    """Once set it can only be changed."""
    assert tenant.change("user", "ben", usage_location="").status is Status.FAILED
    assert tenant.change("user", "ben", usage_location="ES").status is Status.DONE


@pytest.mark.parametrize(("name", "reason"), [("eve", "Active Directory"), ("guest", "guest")])
def test_users_of_others_are_not_written(tenant: Tenant, name: str, reason: str) -> None:
    """Synced users and guests are neither changed nor deleted."""
    outcome = tenant.change("user", name, department="Sales")
    assert outcome.status is Status.REFUSED
    assert reason in outcome.detail
    assert tenant.do(tenant.get("user", name), None).status is Status.REFUSED


def test_deleting_is_soft_and_restoring_brings_all_back(tenant: Tenant) -> None:
    """Deleting keeps the user, its licences and unknown data; a second time it is done; restoring keeps the id."""
    ana = tenant.get("user", "ana")
    for _ in range(2):
        assert tenant.do(ana, None).status is Status.DONE
    assert tenant.get("user", "ana").deleted
    assert tenant.data()["users"][0]["deleted_at"] == "2026-11-21T20:00:00+00:00"
    assert tenant.get("sku", E3).consumed == 1
    outcome = tenant.change("user", "ana", deleted=False)
    assert (outcome.status, outcome.remote_id) == (Status.DONE, "ana")
    assert tenant.get("user", "ana") == ana
    assert tenant.get("licenses", "ana").direct == (E3,)
    assert tenant.data()["users"] == document()["users"]


def test_deleting_what_is_not_there_succeeds(tenant: Tenant) -> None:
    """Nobody of that id, nothing to do."""
    assert tenant.do(None, None, key=Key("tenant", TENANT, "user", "nobody")).status is Status.DONE


def test_a_swap_is_one_change(tenant: Tenant) -> None:
    """The old seat is free for the new licence in the same call, inherited licences stay."""
    assert tenant.change("licenses", "ana", direct=(F1,)).status is Status.DONE
    assert tenant.get("licenses", "ana").direct == (F1,)
    assert (tenant.get("sku", E3).consumed, tenant.get("sku", F1).consumed) == (1, 1)
    assert tenant.change("licenses", "ben", direct=()).status is Status.DONE
    assert tenant.get("licenses", "ben").inherited == (E3,)


def test_seats_run_out(tenant: Tenant) -> None:
    """Enabled and warning seats count; the one too many is refused by the tenant with the numbers."""
    assert tenant.change("licenses", "ana", direct=(E3, F1)).status is Status.DONE
    outcome = tenant.change("licenses", "ben", direct=(F1,))
    assert outcome.status is Status.FAILED
    assert "1 of 1 are in use" in outcome.detail


def test_an_inherited_seat_is_not_counted_twice(tmp_path: Path) -> None:
    """A user who inherits a product can hold it directly too without another seat."""
    users = [user_entry("a", "a@old.example", inherited_licenses=[E3])]
    tenant = Tenant(tmp_path, users=users, skus=[{"part_number": E3, "sku_id": "1", "enabled": 1}])
    assert tenant.change("licenses", "a", direct=(E3,)).status is Status.DONE


@pytest.mark.parametrize(
    ("direct", "reason"), [((E3, "NO_SUCH"), "no product NO_SUCH"), ((E3, "OLD"), "Suspended"), ((E3, F1), "location")]
)
def test_licences_are_all_or_nothing(tenant: Tenant, direct: tuple[str, ...], reason: str) -> None:
    """One licence that cannot be given means that none is."""
    if "location" in reason:
        tenant.write(document(users=[user_entry("ben", "ben@old.example") | {"usage_location": ""}]))
    before = tenant.file.read_bytes()
    outcome = tenant.change("licenses", "ben", direct=direct)
    assert outcome.status is Status.FAILED
    assert reason in outcome.detail
    assert tenant.file.read_bytes() == before


def test_taking_away_needs_no_location(tmp_path: Path) -> None:
    """A usage location is needed to give a licence, not to take one away."""
    users = [user_entry("a", "a@old.example", licenses=[E3]) | {"usage_location": ""}]
    assert Tenant(tmp_path, users=users).change("licenses", "a", direct=()).status is Status.DONE


def test_a_deleted_user_gets_no_licence(tenant: Tenant) -> None:
    """It is restored first."""
    assert tenant.change("licenses", "gone", direct=(E3,)).status is Status.FAILED


def test_a_new_user_is_licensed_in_the_same_batch(tenant: Tenant) -> None:
    """Its object id is known to the provider before the core knows it."""
    user = new_user("zoe", usage_location="MX")
    wish = Licenses(user.key._replace(kind="licenses"), "", (E3,))
    changes = [Change(user.key, None, user, password=Secret("p")), Change(wish.key, None, wish)]
    made, licensed = tenant.provider.apply(changes)
    assert (made.status, licensed.status) == (Status.DONE, Status.DONE)
    assert licensed.remote_id == made.remote_id
    assert tenant.get("licenses", made.remote_id).direct == (E3,)


def test_a_batch_cut_off_after_its_user_is_finished_by_the_next_run(tenant: Tenant) -> None:
    """The user is there already, and its licence still finds it."""
    user = new_user("zoe", usage_location="MX")
    wish = Licenses(user.key._replace(kind="licenses"), "", (E3,))
    create(tenant, user)
    again = TenantFileProvider("cloud", {"directory": "tenants"}, tenant.root)
    changes = [Change(user.key, None, user, password=Secret("p")), Change(wish.key, None, wish)]
    assert [one.status for one in again.apply(changes)] == [Status.DONE, Status.DONE]


def test_a_new_user_joins_a_group_in_the_same_batch(tenant: Tenant) -> None:
    """By our name for it, and the group then holds the object id."""
    user, group = new_user("zoe"), Group(Key("tenant", TENANT, "group", "office"), "Office", members=("zoe", "ben"))
    changes = [Change(user.key, None, user, password=Secret("p")), Change(group.key, None, group)]
    made, grouped = tenant.provider.apply(changes)
    assert grouped.status is Status.DONE
    assert set(tenant.get("group", grouped.remote_id).members) == {"ben", made.remote_id}


def test_nobody_to_license(tenant: Tenant) -> None:
    """A licence for a user who was not created fails and says so."""
    wish = Licenses(Key("tenant", TENANT, "licenses", "zoe"), "", (E3,))
    assert "no such user" in tenant.do(None, wish).detail


def test_a_group_is_made_once_and_changed(tenant: Tenant) -> None:
    """Its unique name makes a repeated creation harmless; members must exist."""
    key = Key("tenant", TENANT, "group", "office")
    wish = Group(key, "Office", members=("ben", "ana"))
    first, second = tenant.do(None, wish), tenant.do(None, wish)
    assert (first.status, second.status) == (Status.DONE, Status.DONE)
    assert first.remote_id == second.remote_id
    present = tenant.get("group", first.remote_id)
    assert present.members == ("ana", "ben")
    assert tenant.do(present, replace(present, members=("ana",), display_name="Desk")).status is Status.DONE
    assert tenant.get("group", first.remote_id).display_name == "Desk"
    assert tenant.change("group", first.remote_id, members=("ana", "nobody")).status is Status.FAILED
    assert tenant.change("group", first.remote_id, group_kind="security").status is Status.REFUSED
    assert tenant.do(tenant.get("group", first.remote_id), None).status is Status.REFUSED
