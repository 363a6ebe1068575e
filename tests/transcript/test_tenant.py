"""What a spec says of a tenant beside its people: who leads whom, service plans, sign-in, domains of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.key import Key, Slot
from reconciler.model.resource import Licenses, Sku
from reconciler.transcript import licences
from reconciler.transcript.choice import Choice, Left, Line, Trouble
from reconciler.verdict import Verdict
from tests.adapters.tenants import E3, F1, user_entry
from tests.transcript.imported import TENANT, Shop
from tests.transcript.test_people import DOMAINS, E3_SKU, F1_SKU, ana, imported, rows
from tests.transcript.zones import ZONE

PLANS = ["EXCHANGE", "SWAY", "TEAMS1"]


def person(name: str, **more: Any) -> dict[str, Any]:
    """Somebody on the domain."""
    return user_entry(name, f"{name}@{ZONE}", **more)


def test_who_leads_whom(tmp_path: Path) -> None:
    """Another person of the spec; anybody else is named."""
    guest = user_entry("guest", f"g_x#EXT#@{TENANT}", guest=True)
    users = [
        ana(manager="ben"),
        person("ben", manager="guest"),
        person("eve", manager="eve"),
        person("kim", manager="gone"),
        guest,
    ]
    shop, left = imported(tmp_path, users)
    assert [(one["address"], one["manager"]) for one in rows(shop) if one["manager"]] == [
        (f"ana@{ZONE}", f"ben@{ZONE}")
    ]
    assert {name: reason for name, reason in left.items() if name.startswith("manager")} == {
        f"manager of ben@{ZONE}": f"g_x#ext#@{TENANT} is no person of the spec",
        f"manager of eve@{ZONE}": "nobody leads oneself in a spec",
        f"manager of kim@{ZONE}": "gone is no person of the spec",
    }
    adopted = {row.slot.address for row in shop.planned().plan.rows(Verdict.ADOPT)}
    assert f"tenant/{TENANT}/user/ana@{ZONE}#manager" in adopted


def test_service_plans(tmp_path: Path) -> None:
    """Off for everybody to whom the spec gives the product, or left by name; people outside the spec do not count."""
    off = [f"{E3}/SWAY", f"{E3}/TEAMS1", f"{F1}/SWAY"]
    users = [
        ana(licenses=[E3, F1], disabled_plans=off),
        *(person(one, licenses=[E3], disabled_plans=[f"{E3}/SWAY"]) for one in ("ben", "eve")),
        person("syn", licenses=[E3], synced=True),
        person("kim", usage_location="", licenses=[E3]),
    ]
    shop, left = imported(tmp_path, users, ({**E3_SKU, "plans": PLANS}, {**F1_SKU, "plans": PLANS}))
    assert '"Office 365 E3": {seats: 30, disabled_plans: ["SWAY"]}' in shop.text
    assert f'"{F1}": {{seats: 3, disabled_plans: ["SWAY"]}}' in shop.text
    assert left[f"service plan TEAMS1 of licence {E3}"] == (
        f"it is off for 1 of the 3 who have the licence: ana@{ZONE}"
    )
    adopted = {row.slot.address for row in shop.planned().plan.rows(Verdict.ADOPT)}
    assert f"tenant/{TENANT}/licenses/ben@{ZONE}#{E3}/SWAY" in adopted


def test_service_plans_that_no_spec_can_name() -> None:
    """Many people are counted, not listed; a plan whose name is no name is left."""
    held = [(f"{name}@x", Licenses(Key("", "", "", ""), "", disabled=("P/a\nb", "P/C", "Q/D"))) for name in "abcdef"]
    left: list[Left] = []
    some = [*held[:5], ("f@x", Licenses(Key("", "", "", ""), "", disabled=("P/a\nb",)))]
    sku = Sku(Key("tenant", TENANT, "sku", "P"), "1")
    assert [one.text for one in licences.lines({"P": "P"}, [sku], {"P": some}, left)] == ['  "P": {seats: 0}']
    assert [one.reason for one in left] == [
        "it is off for 5 of the 6 who have the licence: a@x, b@x, c@x and 2 more",
        "no spec can write its name",
    ]


def test_products_by_the_name_that_people_know(tmp_path: Path) -> None:
    """A tenant shows part numbers alone; what two products are called is no name."""
    skus = [
        {"part_number": "SPB", "sku_id": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "enabled": 5},
        {"part_number": "OTHER", "sku_id": "00000000-0000-0000-0000-000000000000", "enabled": 1},
        {"part_number": "A1", "sku_id": "1", "product": "Twice", "enabled": 1},
        {"part_number": "A2", "sku_id": "2", "product": "Twice", "enabled": 1},
    ]
    shop, _ = imported(tmp_path, [ana(licenses=["SPB", "A1", "OTHER"])], skus)
    assert rows(shop)[0]["licenses"] == "A1; OTHER; Microsoft 365 Business Premium"
    assert '"Microsoft 365 Business Premium": {seats: 5}' in shop.text


@pytest.mark.parametrize("defaults", [True, False])
@pytest.mark.parametrize("policies", [[], ["All users: MFA"]])
def test_sign_in(tmp_path: Path, defaults: bool, policies: list[str]) -> None:
    """Security defaults as they are; a policy is required only where one is enforced."""
    shop, _ = imported(tmp_path, [ana()], security_defaults=defaults, policies=policies)
    said = ["sign_in:", f"  security_defaults: {str(defaults).lower()}"]
    said += ["  conditional_access: required"] if policies else []
    assert "\n".join(said) in shop.text
    assert ("conditional_access" in shop.text) is bool(policies)


def test_sign_in_that_nobody_could_read(tmp_path: Path) -> None:
    """Nothing is asked of it."""
    shop, _ = imported(tmp_path, [ana()], security_defaults=None)
    assert "sign_in" not in shop.text


def test_domains_of_others(tmp_path: Path) -> None:
    """Who decides elsewhere what becomes of them is said, of those in the spec too."""
    domains = [
        DOMAINS[0],
        {"name": ZONE, "verified": True, "default": True, "federated": True, "hosted": True},
        {"name": "fed.example", "verified": True, "federated": True},
        {"name": "new.example"},
        {"name": "ms.example", "verified": True, "hosted": True},
    ]
    shop, left = imported(tmp_path, [ana()], domains=domains)
    federated = "it is federated: who signs in there is asked elsewhere"
    assert left == {
        "domain fed.example": f"{federated}, and it is no domain of this spec",
        "domain new.example": "it is not verified, and no domain of this spec",
        "domain ms.example": "Microsoft keeps its zone itself, and it is no domain of this spec",
        f"sign-in on {ZONE}": federated,
        f"zone of {ZONE}": "Microsoft keeps it itself: its records are changed in the admin centre",
    }
    assert "default: true" in shop.text


def test_other_kinds_of_group(tmp_path: Path) -> None:
    """What Exchange or a rule keeps is named with its kind."""
    groups = [{"id": one, "display_name": one, "kind": one} for one in ("dynamic", "distribution", "security")]
    shop, left = imported(tmp_path, [ana()], groups=groups)
    assert left["group dynamic"] == "it is of another kind: dynamic"
    assert left["group distribution"] == "it is of another kind: distribution"
    assert '"security": {display_name: "security", kind: security, members: []}' in shop.text


def test_what_a_trial_blames() -> None:
    """One alias of a person goes, and not the person; blamed again, it takes the person with it."""
    user = Key("tenant", TENANT, "user", f"ana@{ZONE}")
    files = {"accounts.csv": [Line(""), Line("", f"user ana@{ZONE}"), Line("", f"alias a@{ZONE}")]}
    blamed = Trouble("accounts.csv", 2, Slot(user, f"aliases/a@{ZONE}"), "no")
    once = Choice().without([blamed], files)
    assert once is not None
    assert once.refused == {f"user ana@{ZONE}#aliases/a@{ZONE}": "no"}
    again = once.without([blamed], files)
    assert again is not None
    assert f"user ana@{ZONE}" in again.refused
    unloaded = Choice().without([Trouble("accounts.csv", 3, None, "no")], files)
    assert unloaded is not None
    assert unloaded.refused == {f"alias a@{ZONE}": "no"}
    led = Choice().without([Trouble("accounts.csv", 2, Slot(user, "manager"), "no")], files)
    assert led is not None
    assert led.refused == {f"user ana@{ZONE}#manager": "no"}


def test_what_was_refused_is_left(tmp_path: Path) -> None:
    """A choice that gives a manager, an alias, sign-in up: each is named, or not asked for."""
    from reconciler.model.tenant_document import resources
    from reconciler.transcript.people import people

    users = [ana(manager="ben", aliases=[f"a@{ZONE}", f"b@{ZONE}"]), person("ben")]
    shop = Shop(tmp_path).tenant(users=users, domains=DOMAINS, policies=["p"])
    document = json.loads((shop.specs / "tenants" / f"{TENANT}.json").read_text())
    user = f"user ana@{ZONE}"
    refused = dict.fromkeys(
        (f"{user}#manager", f"{user}#aliases/a@{ZONE}", f"alias b@{ZONE}", "sign-in defaults", "sign-in policies"), "no"
    )
    made = people(TENANT, "", resources(document, TENANT), [ZONE], Choice(refused))
    assert {one.name for one in made.left if one.reason == "no"} == {
        f"manager of ana@{ZONE}",
        f"alias a@{ZONE} of ana@{ZONE}",
        f"alias b@{ZONE} of ana@{ZONE}",
    }
    assert all("sign_in" not in one.text for one in made.head)
    assert made.aliases == 0
