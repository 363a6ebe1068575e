"""Stories about a tenant as a whole: who leads whom, plans that are off, sign-in, products, domains that stay or go."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.endtoend.people import RECIPIENT, SKUS, account, company, licence, user
from tests.endtoend.place import TENANT, Place
from tests.running import Done

INITIAL = {"name": TENANT, "initial": True, "default": True, "verified": True}
OWN = {"name": "acme.example", "verified": True}
SIGN_IN = f"tenant/{TENANT}/sign-in/@#defaults"


def _place(folder: Path, text: str, users: Sequence[Mapping[str, Any]] = (), **more: Any) -> Place:
    place = Place.empty(folder).spec(text)
    place.tenant(users=users, **{"skus": SKUS, **more})
    return place


def _document(place: Place) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(place.tenant().read_text())
    return content


def _told(done: Done, rule: str) -> list[dict[str, Any]]:
    return [one for one in done.json["diagnostics"] if one["rule"] == rule]


def _own(head: str, *accounts: str) -> str:
    """A spec with the domain acme.example, and accounts in YAML flow style."""
    lines = "".join(f"  - {{{one}}}\n" for one in accounts)
    listed = f"accounts:\n{lines}" if lines else ""
    place = f"tenant: {TENANT}\nusers: {{usage_location: MX}}\npasswords: {{recipient: {RECIPIENT}}}\n"
    return f"{place}domains: {{acme.example: {{}}}}\n{head}{listed}"


# Who leads whom


def test_manager_is_made_in_the_same_apply(tmp_path: Path) -> None:
    """Whoever leads is made first, whatever the order of the names; who led before leads no more."""
    keys = "new: true, manager: "
    place = _place(tmp_path, company(ana=keys + account("bea"), bea=keys + account("zoe"), zoe="new: true")).settled()
    found = place.users()
    ids = {one: found[account(one)]["id"] for one in ("ana", "bea", "zoe")}
    assert [found[account(one)].get("manager", "") for one in ids] == [ids["bea"], ids["zoe"], ""]
    place.spec(company(destroy=1, ana="", bea=f"manager: {account('zoe')}", zoe="")).settled()
    assert place.users()[account("ana")]["manager"] == ""
    place.assert_still()


def test_new_people_who_lead_each_other(tmp_path: Path) -> None:
    """Nobody of the ring can be made first: both are refused with their names; others are made."""
    text = company(
        ana=f"new: true, manager: {account('bea')}", bea=f"new: true, manager: {account('ana')}", eve="new: true"
    )
    place = _place(tmp_path, text)
    plan = place.planned()
    assert plan.refusals().keys() == {user("ana"), user("bea")}
    assert all("these point at each other" in one and user("bea") in one for one in plan.refusals().values())
    assert place.applied().code == 4
    assert {account("eve")} == {one for one in place.users() if one != account("admin")}


# Licences


def _bringing(sku: Mapping[str, Any], *plans: str) -> dict[str, Any]:
    return {**sku, "plans": [*plans]}


PLANS = [_bringing(SKUS[0], "TEAMS1", "YAMMER"), _bringing(SKUS[1], "TEAMS1", "SWAY")]


def _plans(text: str, *plans: str) -> str:
    return text.replace("BASIC: {seats: 3}", f"BASIC: {{seats: 3, disabled_plans: [{', '.join(plans)}]}}")


def test_plans_that_are_off(tmp_path: Path) -> None:
    """They go off with the licence and for who has it; others stay as they are; they go when the licence goes."""
    old: dict[str, Any] = {"id": "u-ana", "upn": account("ana"), "display_name": "Ana", "usage_location": "MX"}
    old |= {"licenses": ["BASIC"], "disabled_plans": ["BASIC/TEAMS1"]}
    text = company(ana="licenses: [BASIC]", eva="new: true, licenses: [BASIC]")
    place = _place(tmp_path, _plans(text, "YAMMER"), [old], skus=PLANS)
    plan = place.planned()
    assert plan.actions()[licence("ana", "BASIC/YAMMER")] == "create"
    assert place.applied().code == 0
    found = place.users()
    assert found[account("ana")]["disabled_plans"] == ["BASIC/TEAMS1", "BASIC/YAMMER"]
    assert found[account("eva")]["disabled_plans"] == ["BASIC/YAMMER"]
    place.spec(_plans(company(ana="licenses: [STANDARD]", eva="licenses: [BASIC]"), "YAMMER")).settled()
    ana = place.users()[account("ana")]
    assert ana["licenses"] == ["STANDARD"]
    assert ana["disabled_plans"] == []
    place.assert_still()


def test_plan_that_comes_on_again(tmp_path: Path) -> None:
    """A plan that leaves the list comes on again; nobody loses anything by it."""
    text = company(eva="new: true, licenses: [BASIC]")
    place = _place(tmp_path, _plans(text, "YAMMER"), skus=PLANS).settled()
    place.spec(text)
    place.settled()
    assert place.users()[account("eva")]["disabled_plans"] == []


def test_plan_that_somebody_put_on(tmp_path: Path) -> None:
    """By hand: it is drift, and stays until somebody says so."""
    place = _place(tmp_path, _plans(company(eva="new: true, licenses: [BASIC]"), "YAMMER"), skus=PLANS).settled()
    document = _document(place)
    document["users"][1]["disabled_plans"] = []
    place.tenant().write_text(json.dumps(document))
    drift = place.drift().json
    assert [one["address"] for one in drift["missing"]] == [licence("eva", "BASIC/YAMMER")], drift


def test_seats_that_are_wanted_and_not_bought(tmp_path: Path) -> None:
    """41 of 40: the plan says how many to buy and when it renews, at file and line, before anything is written."""
    people: dict[str, Any] = {f"p{number:02}": "new: true, licenses: [BASIC]" for number in range(41)}
    sku = {**SKUS[0], "enabled": 40, "renews": "2027-03-01"}
    place = _place(tmp_path, company(**people), skus=[sku, SKUS[1]])
    before = place.world()
    plan = place.planned()
    refused = plan.refusals()
    assert refused.keys() == {licence(name, "BASIC") for name in people}
    assert set(refused.values()) == {"41 seats of BASIC are needed, 40 are free: buy 1 (it renews on 2027-03-01)"}
    steps = {one["address"]: one["origin"] for one in plan.json["steps"]}
    lines = (place.specs / "acme" / "customer.yaml").read_text().splitlines()
    for name in people:
        origin = steps[licence(name, "BASIC")]
        assert account(name) in lines[origin["line"] - 1]
        assert origin["file"].endswith("acme/customer.yaml")
    assert place.world() == before


def test_seats_that_are_suspended(tmp_path: Path) -> None:
    """They come back when they are paid: that is said, not only what to buy."""
    sku = {**SKUS[1], "enabled": 0, "suspended": 2, "status": "Suspended"}
    place = _place(tmp_path, company(eva="new: true, licenses: [STANDARD]"), skus=[SKUS[0], sku])
    plan = place.planned()
    assert "2 are suspended; have them paid, or buy 1" in plan.refusals()[licence("eva", "STANDARD")]
    (told,) = _told(plan, "licences/suspended")
    assert told["summary"] == "STANDARD is suspended: none of its 2 seats can be given"


def test_product_that_has_expired(tmp_path: Path) -> None:
    """It still works for a while: told at its line under `licenses`, with the day, and nobody is stopped."""
    sku = {**SKUS[0], "enabled": 0, "warning": 3, "status": "Warning", "renews": "2026-12-31"}
    place = _place(tmp_path, company(eva="new: true, licenses: [BASIC]"), skus=[sku, SKUS[1]])
    plan = place.planned()
    (told,) = _told(plan, "licences/expired")
    assert told["summary"] == "3 seats of BASIC have expired and still work until 2026-12-31"
    lines = (place.specs / "acme" / "customer.yaml").read_text().splitlines()
    assert lines[told["origin"]["line"] - 1].startswith("licenses: {BASIC")
    assert (plan.code, place.applied().code) == (0, 0)


def test_product_by_what_it_is_called(tmp_path: Path) -> None:
    """By the name that the tenant shows, by the name of its id, by its id, by its part number."""
    business = "f245ecc8-75af-4f8e-b61f-27d8114de5f3"
    sku = {"part_number": "O365_BUSINESS_PREMIUM", "sku_id": business, "enabled": 9}
    names = ("Microsoft 365 Business Standard", business.upper(), "O365_BUSINESS_PREMIUM")
    people: dict[str, Any] = {f"p{at}": f"new: true, licenses: ['{one}']" for at, one in enumerate(names)}
    text = company(**people)
    text = re.sub(
        "licenses: {BASIC.*}", "licenses: {" + ", ".join(f"'{one}': {{seats: 9}}" for one in names) + "}", text
    )
    place = _place(tmp_path, text, skus=[sku]).settled()
    assert [place.users()[account(f"p{at}")]["licenses"] for at in range(3)] == [["O365_BUSINESS_PREMIUM"]] * 3
    place.spec(text.replace("Business Standard", "Business Premuim"))
    (told, *_) = _told(place.planned(), "accounts/sku")
    assert told["remedy"].endswith("Microsoft 365 Business Standard (O365_BUSINESS_PREMIUM)")


# Sign-in


def test_security_defaults_on_and_off(tmp_path: Path) -> None:
    """They follow the spec, are not looked at without it, and what somebody changed is drift."""
    on = company(eva="new: true", more="sign_in: {security_defaults: true}\n")
    place = _place(tmp_path, on)
    assert place.planned().actions() == {SIGN_IN: "update", user("eva"): "create"}
    assert place.applied().code == 0
    assert _document(place)["security_defaults"] is True
    place.assert_still()
    place.tenant().write_text(json.dumps(_document(place) | {"security_defaults": False}))
    assert [one["address"] for one in place.drift().json["changed"]] == [SIGN_IN]
    place.spec(on.replace("defaults: true", "defaults: false")).settled()
    assert _document(place)["security_defaults"] is False
    place.spec(company(eva=""))
    assert place.planned().actions() == {}


def test_security_defaults_beside_conditional_access(tmp_path: Path) -> None:
    """They exclude each other: refused with the policies' names, before anything is written."""
    more = "sign_in: {security_defaults: true}\n"
    place = _place(tmp_path, company(eva="new: true", more=more), policies=["MFA for all", "Block legacy"])
    plan = place.planned()
    assert plan.refusals().keys() == {SIGN_IN}
    assert "(Block legacy, MFA for all)" in plan.refusals()[SIGN_IN]
    place.spec(company(eva="new: true", more="sign_in: {conditional_access: required}\n"))
    plan = place.planned()
    assert (plan.code, plan.refusals()) == (0, {})


def test_conditional_access_that_is_not_there(tmp_path: Path) -> None:
    """An error at its line: it is only looked at."""
    text = company(eva="new: true", more="sign_in: {conditional_access: required}\n")
    place = _place(tmp_path, text, security_defaults=True)
    plan = place.planned()
    (told,) = _told(plan, "tenant/conditional-access")
    assert (plan.code, told["detail"]) == (1, "Security defaults are on.")
    assert told["origin"]["line"] == 1 + text[: text.index("sign_in")].count("\n")


# Domains


def test_federated_domain(tmp_path: Path) -> None:
    """It cannot be the default one, and its accounts are made elsewhere; the reason is told."""
    old = {"id": "u-ana", "upn": account("ana"), "display_name": "Ana", "usage_location": "MX"}
    text = _own(
        "", "address: eva@acme.example, new: true", f"address: ana@acme.example, renamed_from: {account('ana')}"
    )
    text = text.replace("acme.example: {}", "acme.example: {default: true}")
    place = _place(tmp_path, text, [old], domains=[INITIAL, {**OWN, "federated": True}])
    place.zone()
    before = place.world()
    refused = place.planned().refusals()
    domain = f"tenant/{TENANT}/domain/acme.example"
    assert "federated" in refused[f"{domain}#default"]
    assert "is made, or gets this address, at that system" in refused[f"tenant/{TENANT}/user/eva@acme.example"]
    assert "federated" in refused[f"tenant/{TENANT}/user/ana@acme.example#upn"]
    place.applied()
    assert place.world() == before


def test_zone_that_microsoft_keeps(tmp_path: Path) -> None:
    """Nothing is written there; the reason is told at every step, and once at the domain."""
    text = _own("").replace("acme.example: {}", "acme.example: {mail: microsoft365}")
    place = _place(tmp_path, text, domains=[INITIAL, {**OWN, "hosted": True}])
    zone = place.zone().read_text()
    plan = place.planned()
    dns = {one["address"]: one["refusal"] for one in plan.json["steps"] if one["address"].startswith("dns/")}
    assert dns
    assert "Microsoft keeps the zone of acme.example itself" in dns["dns/acme.example/TXT/@#ms-verification"]
    assert all(dns.values()), dns
    (told,) = _told(plan, "tenant/hosted")
    assert (
        "acme.example" in (place.specs / "acme" / "customer.yaml").read_text().splitlines()[told["origin"]["line"] - 1]
    )
    place.applied()
    assert place.zone().read_text() == zone


def test_domain_that_leaves(tmp_path: Path) -> None:
    """A person takes it out: what still refers to it is counted; nothing is written, and nothing once it is gone."""
    people = [
        {
            "id": f"u-{at}",
            "upn": account(f"p{at}"),
            "display_name": "P0",
            "usage_location": "MX",
            "aliases": [f"p{at}@old.example"],
        }
        for at in range(2)
    ]
    old = {"name": "old.example", "verified": True}
    place = _place(tmp_path, company(p0="", more="absent: [{domain: old.example}]\n"), people, domains=[INITIAL, old])
    place.settled()
    before = place.world()
    plan = place.planned()
    (told,) = _told(plan, "tenant/domain-leaves")
    assert "2 users" in told["summary"]
    assert (told["severity"], told["address"]) == ("warning", f"tenant/{TENANT}/domain/old.example")
    assert place.world() == before
    document = _document(place)
    document["domains"].remove(old)
    place.tenant().write_text(json.dumps(document))
    assert not _told(place.planned(), "tenant/domain-leaves")


def test_mail_that_was_put_off_for_a_domain(tmp_path: Path) -> None:
    """The service comes on by itself with the verification; where it is off, the plan puts it on, and it is ours."""
    text = _own("").replace("acme.example: {}", "acme.example: {mail: {service: microsoft365, adopt: overwrite}}")
    place = _place(tmp_path, text, domains=[INITIAL, {**OWN, "services": ["Yammer"]}])
    place.zone()
    slot = f"tenant/{TENANT}/domain/acme.example#services/Email"
    plan = place.planned()
    assert plan.actions()[slot] == "create"
    place.applied()
    assert _document(place)["domains"][1]["services"] == ["Email", "Yammer"]
    document = _document(place)
    document["domains"][1]["services"] = ["Yammer"]
    place.tenant().write_text(json.dumps(document))
    assert slot in [one["address"] for one in place.drift().json["missing"]]


# Addresses


ALIAS = "address: info@acme.example, kind: alias, goes_to: "


def _addressed(folder: Path, text: str, *users: Mapping[str, Any]) -> Place:
    place = _place(folder, text, users, domains=[INITIAL, OWN])
    place.zone()
    return place


def test_alias_that_another_account_has(tmp_path: Path) -> None:
    """Told at the line of the account that wants it, with who has it; nothing is written."""
    other = {"id": "u-zed", "upn": account("zed"), "display_name": "Zed", "aliases": ["info@acme.example"]}
    text = _own("", "address: ana@acme.example, new: true", f"{ALIAS}ana@acme.example")
    place = _addressed(tmp_path, text, other)
    before = place.world()
    plan = place.planned()
    refusal = plan.refusals()[f"tenant/{TENANT}/user/ana@acme.example"]
    assert refusal.startswith("info@acme.example is still the address of Zed")
    (step,) = (one for one in plan.json["steps"] if one["address"] == f"tenant/{TENANT}/user/ana@acme.example")
    assert (
        "ana@acme.example"
        in (place.specs / "acme" / "customer.yaml").read_text().splitlines()[step["origin"]["line"] - 1]
    )
    assert place.applied().code == 3
    assert place.world() == before


def test_alias_that_passes_to_another_account(tmp_path: Path) -> None:
    """No mail is lost, so nobody has to acknowledge it; one that goes for good needs that."""
    people = ("address: ana@acme.example, new: true", "address: bea@acme.example, new: true")
    place = _addressed(tmp_path, _own("", *people, f"{ALIAS}ana@acme.example")).settled()
    assert place.users()["ana@acme.example"]["aliases"] == ["info@acme.example"]
    place.spec(_own("", *people, f"{ALIAS}bea@acme.example")).settled()
    found = place.users()
    assert [found[f"{one}@acme.example"].get("aliases", []) for one in ("ana", "bea")] == [[], ["info@acme.example"]]
    place.spec(_own("", *people))
    slot = f"tenant/{TENANT}/user/bea@acme.example#aliases/info@acme.example"
    plan = place.planned()
    assert plan.refusals().keys() == {slot}
    place.spec(_own("destroy: 1\n", *people)).settled()
    assert place.users()["bea@acme.example"]["aliases"] == []


def test_alias_that_becomes_the_accounts_own_address(tmp_path: Path) -> None:
    """It is no loss, and the old address can go on as an alias."""
    first = _own("", "address: ana@acme.example, new: true, id: a", f"{ALIAS}ana@acme.example")
    place = _addressed(tmp_path, first).settled()
    old = "address: ana@acme.example, kind: alias, goes_to: info@acme.example"
    place.spec(_own("", "address: info@acme.example, name: ana@acme.example, id: a", old))
    place.settled()
    one = place.users()["info@acme.example"]
    assert one["aliases"] == ["ana@acme.example"]
    place.assert_still()


def test_alias_that_nobody_mentions_stays(tmp_path: Path) -> None:
    """Exchange adds some by itself: they are neither drift nor taken away."""
    old = {"id": "u-ana", "upn": "ana@acme.example", "display_name": "Ana", "aliases": ["by-exchange@acme.example"]}
    place = _addressed(tmp_path, _own("", "address: ana@acme.example", f"{ALIAS}ana@acme.example"), old).settled()
    assert place.users()["ana@acme.example"]["aliases"] == ["by-exchange@acme.example", "info@acme.example"]
    place.assert_still()


def test_address_of_somebody_deleted(tmp_path: Path) -> None:
    """The account is restored with all it had, and what the spec says besides; no second one is made."""
    gone = {"id": "u-ana", "upn": "ana@acme.example", "display_name": "Ana", "deleted": True, "usage_location": "MX"}
    gone |= {"licenses": ["BASIC"], "aliases": ["old@acme.example"]}
    spec = _own("licenses: {BASIC: {seats: 3}}\n", "address: ana@acme.example, name: Ana, phone: '5'")
    place = _addressed(tmp_path, spec, gone)
    (told,) = _told(place.planned(), "accounts/deleted")
    assert (told["severity"], "Ana" in told["summary"], told["origin"]["line"] > 0) == ("error", True, True)
    place.edit("phone: '5'", "phone: '5', adopt: overwrite")
    (step,) = [one for one in place.planned().json["steps"] if one["address"].endswith("/user/ana@acme.example")]
    assert step["reason"] == "it was deleted, and is brought back with its mailbox"
    place.settled()
    (ana,) = (one for one in _document(place)["users"] if one["upn"] == "ana@acme.example")
    assert (ana["id"], ana.get("deleted", False), ana["phone"]) == ("u-ana", False, "5")
    assert (ana["licenses"], ana["aliases"]) == (["BASIC"], ["old@acme.example"])
    assert "password_hash" not in ana
    place.assert_still()


def test_licence_without_a_usage_location(tmp_path: Path) -> None:
    """An error at the account's own line; nothing is written."""
    text = company(
        location="", ana="new: true, usage_location: ES, licenses: [BASIC]", eva="new: true, licenses: [BASIC]"
    )
    place = _place(tmp_path, text)
    before = place.world()
    plan = place.planned()
    (told,) = _told(plan, "accounts/usage-location")
    assert plan.code == 1
    assert account("eva") in text.splitlines()[told["origin"]["line"] - 1]
    assert place.world() == before
