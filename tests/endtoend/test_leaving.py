"""Stories about people who leave, what others add to our people and groups, and a tenant that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.endtoend.people import SKUS, account, company, licence, user
from tests.endtoend.place import TENANT, Place

SHORT = "licenses: [STANDARD]"  # two seats, and more people


def _place(folder: Path, text: str, *users: Mapping[str, Any], **more: Any) -> Place:
    place = Place.empty(folder).spec(text)
    place.tenant(users=users, **{"skus": SKUS, **more})
    return place


def _change(place: Place, **fields: Any) -> None:
    content = json.loads(place.tenant().read_text())
    place.tenant().write_text(json.dumps(content | fields))


def test_shut_out_though_others_wait(tmp_path: Path) -> None:
    """Who left cannot sign in, by name or by omission, though no seat is free for somebody else."""
    old = company(eva="new: true", ida="new: true", joe="new: true", kim="new: true")
    place = _place(tmp_path, old).settled()
    absent = f"absent: [{{user: {account('joe')}}}, {{user: {account('kim')}, state: deleted}}]\n"
    crowd = {f"p{at}": f"new: true, {SHORT}" for at in range(3)}
    place.spec(company(destroy=1, more=absent, ida="", **crowd))
    plan = place.planned()
    stages = {one["address"]: one["stage"] for one in plan.json["steps"]}
    shut = [user("joe"), user("eva")]
    assert [stages[one] for one in (*shut, user("kim"))] == ["accounts", "accounts", "retire"]
    assert set(plan.refusals()) == {user("kim"), *(licence(one, "STANDARD") for one in crowd)}
    done = place.applied()
    assert [done.statuses()[one] for one in shut] == ["done", "done"], done
    enabled = {name: place.users()[account(name)]["enabled"] for name in ("eva", "ida", "joe", "kim")}
    assert enabled == {"eva": False, "ida": True, "joe": False, "kim": True}


def test_shut_out_before_the_licence_goes(tmp_path: Path) -> None:
    """In one stage, the account first."""
    place = _place(tmp_path, company(eva="new: true, licenses: [BASIC]", joe="new: true")).settled()
    who = account("eva")
    gone = f"absent: [{{user: {who}, license: BASIC}}, {{user: {who}}}]\n"
    place.spec(company(more=gone, joe=""))
    steps = [(one["stage"], one["address"]) for one in place.planned().json["steps"]]
    assert steps == [("accounts", user("eva")), ("accounts", licence("eva", "BASIC"))]
    place.settled()
    assert place.users()[who]["enabled"] is False
    place.assert_still()


def test_absent_answers_who_is_new(tmp_path: Path) -> None:
    """Nobody asks whether somebody new is the one who is named as absent."""
    place = _place(tmp_path, company(eva="new: true", joe="new: true")).settled()
    place.spec(company(destroy=1, joe="", zoe=""))
    assert place.planned().rules >= {"accounts/new-or-renamed"}
    place.spec(company(more=f"absent: [{{user: {account('eva')}}}]\n", joe="", zoe="")).settled()
    assert place.users()[account("eva")]["enabled"] is False


def test_what_others_added(tmp_path: Path) -> None:
    """Members of our group and addresses of our people, by name; what Exchange adds by itself is nobody's doing."""
    more = f"groups: {{team: {{members: [{account('eva')}]}}}}\n"
    place = _place(tmp_path, company(eva="new: true", joe="new: true")).settled()
    place.spec(company(more=more, eva="", joe="")).settled()
    content = json.loads(place.tenant().read_text())
    (eva,) = (one for one in content["users"] if one["upn"] == account("eva"))
    eva["aliases"] = [account("boss"), "eva@acme.mail.onmicrosoft.com"]
    content["groups"][0]["members"] = sorted([*content["groups"][0]["members"], "u-admin"])
    _change(place, users=content["users"], groups=content["groups"])
    found = {one["address"]: one["actual"] for one in place.drift().json["unmanaged"]}
    added = {f"tenant/{TENANT}/group/team#members/admin@{TENANT}", user("eva", f"aliases/{account('boss')}")}
    assert {one for one in found if "#members/" in one or "#aliases/" in one} == added
    assert {found[one] for one in added} == {"present"}
    assert added <= set(place.planned().json["unmanaged"]["addresses"])
    assert place.applied().json["steps"] == []


def test_a_tenant_that_cannot_be_read(tmp_path: Path) -> None:
    """Nothing of it is done or allowed, only not known; what was seen there keeps its day."""
    place = _place(tmp_path, company(eva="new: true")).settled()
    assert place.drift().code == 0
    kept = place.state() / "sightings.json"
    before = json.loads(kept.read_text())
    assert any(address.startswith(f"tenant/{TENANT}/") for address in before)
    whole = place.tenant().read_text()
    place.tenant().write_text("{")
    assert place.drift().json["outcome"] == "inconclusive"
    assert json.loads(kept.read_text()) == before
    plan = place.planned()
    states = {one["name"]: one["state"] for route in plan.json["routes"] for one in route["stages"]}
    assert states["accounts"] == "unknown"
    assert plan.json["policy"]["result"] == "unknown"
    assert [one["stage"] for one in place.run("status", "--json").json["routes"]] == ["accounts"]
    text = place.run("plan").out
    assert "Stage accounts: not known" in text
    assert "Policy: not known." in text
    place.tenant().write_text(whole)
    assert place.planned().json["policy"]["result"] == "pass"


def test_errors_come_before_removals(tmp_path: Path) -> None:
    """Where the spec is wrong, that is why nothing may go; where something was not read, that is."""
    place = _place(tmp_path, company(eva="new: true", joe="new: true")).settled()
    place.spec(company(destroy=1, joe="licenses: [BASIK]").replace("BASIC:", "BASIK:"))
    assert place.planned().refusals() == {user("eva"): "first the errors below: with them nothing may be removed"}


def test_mailbox_goes_with_the_licence(tmp_path: Path) -> None:
    """A plan that takes the last product with a mailbox says so, at the person."""
    skus = [{**SKUS[0], "plans": ["EXCHANGE_S_STANDARD"]}, SKUS[1]]
    place = _place(tmp_path, company(eva="new: true, licenses: [BASIC]"), skus=skus).settled()
    place.spec(company(destroy=1, eva="licenses: []"))
    (told,) = (one for one in place.planned().json["diagnostics"] if one["rule"] == "licences/mailbox")
    assert told["summary"].startswith(f"{account('eva')} loses the last product with a mailbox")
