"""Stories about users and licences: nobody is taken for another, nobody is lost, nothing is bought twice."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.endtoend.people import SKUS, account, company, licence, user
from tests.endtoend.place import Place

ANA = {
    "id": "u-ana",
    "upn": account("ana"),
    "display_name": "Ana",
    "usage_location": "MX",
    "licenses": ["BASIC"],
}
LEFT = {"id": "u-left", "upn": account("left"), "display_name": "Left", "deleted": True}


def _place(folder: Path, text: str, *users: Mapping[str, Any]) -> Place:
    place = Place.empty(folder).spec(text)
    place.tenant(users=users, skus=SKUS)
    return place


def test_strangers_restored_swapped(tmp_path: Path) -> None:
    """In a tenant of strangers creating needs `new`; a soft-deleted user is restored; a licence is swapped."""
    place = _place(tmp_path, company(ana="licenses: [BASIC]", bob="", left="adopt: overwrite"), ANA, LEFT)
    plan = place.planned()
    assert (plan.code, plan.rules, plan.json["applyable"]) == (1, {"accounts/new-or-renamed"}, False)
    assert place.run("apply", str(place.plan), "--json").code == 1
    place.spec(company(ana="licenses: [BASIC]", bob="new: true", left="adopt: overwrite")).settled()
    found = place.users()
    assert (found[account("left")]["id"], found[account("left")].get("deleted", False)) == ("u-left", False)
    assert "password_hash" not in found[account("left")], "a restored user keeps the password"
    assert "password_hash" in found[account("bob")]
    place.assert_still()
    place.spec(company(destroy=1, ana="licenses: [STANDARD]", bob="", left="adopt: overwrite")).settled()
    assert place.users()[account("ana")]["licenses"] == ["STANDARD"]
    place.assert_still()


def test_renamed(tmp_path: Path) -> None:
    """A rename keeps the account, its licence and its password; `renamed_from` may go afterwards."""
    place = _place(tmp_path, company(eva="new: true, licenses: [BASIC]")).settled()
    before = place.users()[account("eva")]
    place.spec(company(evita=f"renamed_from: {account('eva')}, licenses: [BASIC]"))
    assert place.planned().actions() == {user("evita", "displayName"): "update", user("evita", "upn"): "update"}
    assert place.applied().code == 0
    after = place.users()[account("evita")]
    assert {name: after[name] for name in ("id", "password_hash", "licenses")} == {
        name: before[name] for name in ("id", "password_hash", "licenses")
    }
    place.assert_still()
    place.spec(company(evita="licenses: [BASIC]"))
    place.assert_still()
    place.spec(company(destroy=9, carl="licenses: [BASIC]"))
    plan = place.planned()
    assert (plan.code, plan.rules) == (1, {"accounts/new-or-renamed"})


def test_renamed_before_us(tmp_path: Path) -> None:
    """A rename may be the first thing that is asked of an account."""
    place = _place(tmp_path, company(anita=f"renamed_from: {account('ana')}").replace("Anita", "Ana"), ANA).settled()
    assert place.users()[account("anita")]["id"] == "u-ana"
    place.assert_still()


def test_left_out(tmp_path: Path) -> None:
    """Somebody left out is blocked after an acknowledgement, and no more; omit and create at once needs `new`."""
    place = _place(tmp_path, company(eva="new: true, licenses: [BASIC], phone: '1'", ida="new: true")).settled()
    place.spec(company(destroy=9, ida="", carl=""))
    plan = place.planned()
    assert (plan.code, plan.rules) == (1, {"accounts/new-or-renamed"})
    place.spec(company(ida="", carl="new: true"))
    plan = place.planned()
    assert set(plan.refusals()) == {user("eva")}
    assert place.applied().code == 4
    place.spec(company(destroy=1, ida="", carl="new: true")).settled()
    eva = place.users()[account("eva")]
    assert (eva["enabled"], eva["phone"], eva["licenses"]) == (False, "1", ["BASIC"])
    place.assert_still()


def test_absent_blocked_cleared(tmp_path: Path) -> None:
    """`blocked` and `absent` block or soft-delete and touch nothing else; a phone left out is cleared, not garbled."""
    keys = "new: true, phone: '1'"
    place = _place(tmp_path, company(eva=keys, ida=keys, joe=keys, kim=keys)).settled()
    absent = f"absent: [{{user: {account('joe')}}}, {{user: {account('kim')}, state: deleted}}]\n"
    place.spec(company(destroy=1, more=absent, eva="blocked: true, phone: '1'", ida=""))
    plan = place.planned()
    assert plan.actions() == {
        user("eva"): "update",
        user("joe"): "update",
        user("kim"): "destroy",
        user("ida", "phone"): "destroy",
    }
    assert place.applied().code == 0
    found = place.users()
    assert [found[account(name)]["enabled"] for name in ("eva", "ida", "joe")] == [False, True, False]
    assert [found[account(name)]["phone"] for name in ("eva", "ida", "joe", "kim")] == ["1", "", "1", "1"]
    assert found[account("kim")]["deleted"] is True
    place.assert_still()


def test_seats_short(tmp_path: Path) -> None:
    """Seats are counted before anything is licensed, and the plan says how many to buy."""
    keys = "new: true, licenses: [STANDARD]"
    place = _place(tmp_path, company(eva=keys, ida=keys, joe=keys, kim=keys))
    plan = place.planned()
    assert plan.code == 3
    assert all("buy 2" in reason for reason in plan.refusals().values())
    assert licence("kim", "STANDARD") in plan.refusals()
    assert place.applied().code == 4
    assert [one.get("licenses", []) for one in place.users().values()] == [[]] * 5


def test_no_usage_location(tmp_path: Path) -> None:
    """A licence without a usage location is an error of the plan; nothing is applied."""
    place = _place(tmp_path, company(location="", eva="new: true, licenses: [BASIC]"))
    plan = place.planned()
    assert (plan.code, plan.rules, plan.json["applyable"]) == (1, {"accounts/usage-location"}, False)
    done = place.run("apply", str(place.plan), "--json")
    assert (done.code, done.rules) == (1, {"accounts/usage-location"})
    assert len(place.users()) == 1


def test_licence_moved(tmp_path: Path) -> None:
    """A licence bound to a tenant cannot move to another; the reason is named, and nothing is written there."""
    place = _place(tmp_path, company(eva="new: true, licenses: [BASIC]")).settled()
    place.tenant("other.onmicrosoft.com", skus=SKUS)
    before = place.world()
    text = (place.specs / "acme" / "customer.yaml").read_text()
    place.spec(text.replace("acme.onmicrosoft.com", "other.onmicrosoft.com"))
    plan = place.planned()
    assert plan.code == 1
    moved = next(one for one in plan.json["diagnostics"] if one["rule"] == "accounts/licence-bound")
    assert "acme.onmicrosoft.com" in moved["summary"] + moved["remedy"]
    assert place.run("apply", str(place.plan), "--json").code == 1
    assert place.world() == before


def test_deleted_by_hand(tmp_path: Path) -> None:
    """Nobody is licensed who is not there; the plan that brings the person back needs no second word for it."""
    place = _place(tmp_path, company(eva="new: true, licenses: [BASIC]")).settled()
    path = place.tenant()
    document = json.loads(path.read_text())
    (eva,) = (one for one in document["users"] if one["upn"] == account("eva"))
    eva |= {"deleted": True, "licenses": []}
    path.write_text(json.dumps(document))
    assert place.planned().actions() == {}
    assert place.run("apply", "--json").json["steps"] == []
    plan = place.planned("--fix-drift")
    assert plan.actions() == {user("eva"): "create", licence("eva", "BASIC"): "create"}
    assert place.applied().code == 0
    back = place.users()[account("eva")]
    assert (back["id"], back.get("deleted", False), back["licenses"]) == (eva["id"], False, ["BASIC"])
