"""A tenant as a spec says it: people, aliases, licences, groups; what it cannot hold is named, and stays as it is."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.verdict import Verdict
from tests.adapters.tenants import E3, F1, user_entry
from tests.transcript.imported import TENANT, Shop, assert_still
from tests.transcript.zones import ZONE, plain

E3_SKU = {"part_number": E3, "sku_id": "1", "product": "Office 365 E3", "enabled": 30}
F1_SKU = {"part_number": F1, "sku_id": "2", "enabled": 2, "warning": 1}
DOMAINS = [
    {"name": TENANT, "initial": True},
    {"name": ZONE, "verified": True},
    {"name": "old.example", "verified": True},
]


def ana(**more: Any) -> dict[str, Any]:
    """A person on the domain."""
    return user_entry("ana", f"ana@{ZONE}", **more)


def imported(
    root: Path, users: list[dict[str, Any]], skus: Any = (E3_SKU,), **more: Any
) -> tuple[Shop, dict[str, str]]:
    """An import of a tenant whose first plan does nothing; what it left, by name."""
    shop = Shop(root).zone(plain([])).tenant(users=users, skus=list(skus), **{"domains": DOMAINS, **more})
    paper = shop.imported(tenant=TENANT)
    assert_still(shop.planned())
    return shop, {one["name"]: one["reason"] for one in paper["tenant"]["unmanaged"]}


def rows(shop: Shop) -> list[dict[str, str]]:
    """The accounts."""
    with (shop.specs / "shop" / "accounts.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_people_licences_and_groups(tmp_path: Path) -> None:
    """Everything that a spec has a word for; the plan adopts all of it."""
    users = [
        ana(given_name="Ana", surname="López", phone="+52 81", department="Ventas, norte", job_title='"Jefa"',
            aliases=[f"ventas@{ZONE}", f"info@{ZONE}"], licenses=[E3]),
        user_entry("ben", f"ben@{ZONE}", licenses=[E3, F1], enabled=False),
        user_entry("eve", f"eve@{TENANT}"),
    ]  # fmt: skip
    groups = [{"id": "g1", "display_name": "Ventas Norte", "members": ["ana", "ben"], "kind": "security"}]
    shop, left = imported(tmp_path, users, (E3_SKU, F1_SKU), groups=groups)
    assert left == {"domain old.example": "it is no domain of this spec: import it too to have it"}
    assert rows(shop)[0] | {"goes_to": ""} == {
        "address": f"ana@{ZONE}", "kind": "person", "name": "Ana", "goes_to": "", "phone": "+52 81",
        "given_name": "Ana", "surname": "López", "department": "Ventas, norte", "job_title": '"Jefa"',
        "usage_location": "MX", "licenses": "Office 365 E3", "blocked": "",
    }  # fmt: skip
    assert [
        (one["address"], one["kind"], one["goes_to"], one["licenses"], one["blocked"]) for one in rows(shop)[1:]
    ] == [
        (f"ben@{ZONE}", "person", "", f"Office 365 E3; {F1}", "true"),
        (f"eve@{TENANT}", "person", "", ";", ""),
        (f"info@{ZONE}", "alias", f"ana@{ZONE}", "", ""),
        (f"ventas@{ZONE}", "alias", f"ana@{ZONE}", "", ""),
    ]
    assert '"Office 365 E3": {seats: 30}' in shop.text
    assert f'"{F1}": {{seats: 3}}' in shop.text
    group = f'"ventas-norte": {{display_name: "Ventas Norte", kind: security, members: ["ana@{ZONE}", "ben@{ZONE}"]}}'
    assert group in shop.text
    adopted = {row.slot.address for row in shop.planned().plan.rows(Verdict.ADOPT)}
    user = f"tenant/{TENANT}/user/ana@{ZONE}"
    assert {f"{user}#aliases/info@{ZONE}", f"{user}#department", f"tenant/{TENANT}/licenses/ben@{ZONE}#{F1}"} <= adopted


def test_who_is_nobody_of_the_spec(tmp_path: Path) -> None:
    """Guests, people mastered elsewhere or deleted, and those on other domains are named."""
    users = [
        ana(),
        user_entry("guest", f"g_x#EXT#@{TENANT}", guest=True),
        user_entry("syn", f"syn@{ZONE}", synced=True),
        user_entry("gone", f"gone@{ZONE}", deleted=True),
        user_entry("far", "far@old.example"),
        user_entry("odd", f"o,d.@{ZONE}"),
    ]
    groups = [
        {"id": "g", "display_name": "All", "members": ["ana", "far"]},
        {"id": "h", "display_name": "X", "kind": "old"},
    ]
    shop, left = imported(tmp_path, users, groups=groups)
    assert [one["address"] for one in rows(shop)] == [f"ana@{ZONE}"]
    assert set(left) == {
        f"user g_x#ext#@{TENANT}", f"user syn@{ZONE}", f"user gone@{ZONE}", "user far@old.example",
        f"user o,d.@{ZONE}", "member far@old.example of group All", "group X", "domain old.example",
    }  # fmt: skip
    for name, reason in left.items():
        assert f"# not managed: {name}: {reason}\n" in shop.text


def test_nobody_at_all(tmp_path: Path) -> None:
    """A tenant without anybody that a spec can hold has no table of accounts."""
    shop, _ = imported(tmp_path, [user_entry("far", "far@old.example")], skus=())
    assert not (shop.specs / "shop" / "accounts.csv").exists()
    assert "accounts:" not in shop.text


def test_licences_that_cannot_be_said(tmp_path: Path) -> None:
    """Those through a group, of a product with a strange name, and of somebody without a usage location."""
    strange = {"part_number": "ODD", "sku_id": "3", "product": "a;b", "enabled": 1}
    users = [
        ana(licenses=["ODD"], inherited_licenses=[E3]),
        user_entry("ben", f"ben@{ZONE}", usage_location="", licenses=[E3]),
        user_entry("eve", f"eve@{ZONE}", licenses=["NONE"]),
    ]
    shop, left = imported(tmp_path, users, (E3_SKU, strange))
    assert [one["licenses"] for one in rows(shop)] == ["ODD", ";", ";"]
    assert left[f"licence {E3} of ana@{ZONE}"] == "it comes through a group"
    assert left[f"licence {E3} of ben@{ZONE}"] == "it has no usage location"
    assert left[f"licence NONE of eve@{ZONE}"] == "the product is not in the spec"


def test_the_only_licence_is_not_given_to_all(tmp_path: Path) -> None:
    """Where a spec lists one licence its people have it unless they say otherwise: those without one say so."""
    shop, _ = imported(tmp_path, [ana(), user_entry("ben", f"ben@{ZONE}", licenses=[E3])])
    assert [one["licenses"] for one in rows(shop)] == [";", "Office 365 E3"]


def test_products_of_one_name(tmp_path: Path) -> None:
    """A name that several products share, or that is another's part number, is not used."""
    skus = [
        {"part_number": "A1", "sku_id": "1", "product": "Same", "enabled": 1},
        {"part_number": "A2", "sku_id": "2", "product": "same", "enabled": 1},
        {"part_number": "A3", "sku_id": "3", "product": "a1", "enabled": 1},
    ]
    shop, _ = imported(tmp_path, [ana(licenses=["A1", "A3"])], skus)
    assert rows(shop)[0]["licenses"] == "A1; A3"


def test_a_default_usage_location(tmp_path: Path) -> None:
    """Who has none would get the workspace's: that is a change, so the account is left as it is."""
    shop = Shop(tmp_path)
    path = shop.specs / "workspace.yaml"
    path.write_text(path.read_text().replace("tenants: tenants}", "tenants: tenants, usage_location: MX}"))
    shop.zone(plain([])).tenant(users=[ana(usage_location=""), user_entry("ben", f"ben@{ZONE}")], domains=DOMAINS)
    paper = shop.imported(tenant=TENANT)
    assert_still(shop.planned())
    assert [one["name"] for one in paper["tenant"]["unmanaged"]] == [f"user ana@{ZONE}", "domain old.example"]


def test_aliases(tmp_path: Path) -> None:
    """Each by itself; the one that the tenant gives everybody on its initial domain is no news."""
    users = [
        ana(aliases=[f"a@{ZONE}", "a@old.example", f"ana@{TENANT}", f"other@{TENANT}"]),
        user_entry("ben", f"ben@{ZONE}", aliases=[f"eve@{ZONE}", f"b@{ZONE}", f"x@{ZONE}"]),
        user_entry("eve", f"eve@{ZONE}", aliases=[f"e@{ZONE}", f"x@{ZONE}"]),
    ]
    shop, left = imported(tmp_path, users)
    assert [(one["address"], one["goes_to"]) for one in rows(shop) if one["kind"] == "alias"] == [
        (f"a@{ZONE}", f"ana@{ZONE}"),
        (f"other@{TENANT}", f"ana@{ZONE}"),
        (f"b@{ZONE}", f"ben@{ZONE}"),
        (f"e@{ZONE}", f"eve@{ZONE}"),
    ]
    assert {name: reason for name, reason in left.items() if name.startswith("alias")} == {
        f"alias a@old.example of ana@{ZONE}": "it is on no domain of this spec",
        f"alias eve@{ZONE} of ben@{ZONE}": "somebody else has it too",
        f"alias x@{ZONE} of ben@{ZONE}": "somebody else has it too",
        f"alias x@{ZONE} of eve@{ZONE}": "somebody else has it too",
    }


def test_groups_of_one_name(tmp_path: Path) -> None:
    """Nobody could tell them apart: both are named."""
    groups = [{"id": "1", "display_name": "All"}, {"id": "2", "display_name": "ALL"}, {"id": "3", "display_name": "!"}]
    shop, left = imported(tmp_path, [ana()], groups=groups)
    assert left["group All"] == left["group ALL"] == "another group has the same name"
    assert '"group": {display_name: "!"' in shop.text


def test_a_person_of_the_domain_s_own_tenant(tmp_path: Path) -> None:
    """Public DNS for the domain, the provider for the tenant."""
    shop = Shop(tmp_path).tenant(users=[ana()], domains=DOMAINS)
    text = json.dumps(rows_of_public(shop))
    assert f"ana@{ZONE}" in text


def rows_of_public(shop: Shop) -> list[dict[str, str]]:
    """The accounts of an import that asked public DNS."""
    from reconciler.session.importing import Sources, begin, put
    from reconciler.session.opened import Session
    from reconciler.session.ordering import Order, opened
    from tests.cli.test_import import Net

    order = Order((ZONE,), "shop", shop.specs, tenant=TENANT)
    session = Session(shop.specs, [])
    sources = Sources(session.clock.now(), Net({(ZONE, "MX"): ["10 mx.example."]}), ("192.0.2.53:53",), session)
    put(order, begin(order, opened(order), sources, following=""))
    assert "incomplete" in shop.text.partition("\n")[0]
    return rows(shop)


def test_who_has_no_display_name(tmp_path: Path) -> None:
    """A spec would write one: the account is left as it is, alone or beside others."""
    nobody = ana(display_name="")
    for number, others in enumerate(([], [user_entry("ben", f"ben@{ZONE}")])):
        shop, left = imported(tmp_path / str(number), [nobody, *others])
        assert left[f"user ana@{ZONE}"] == "it has no display name"
        assert f"# not managed: user ana@{ZONE}: it has no display name\n" in shop.text
        assert [one["address"] for one in (rows(shop) if others else [])] == [one["upn"] for one in others]


@pytest.mark.parametrize(
    "text", ["=1+1", "+SUM(A1)", "-2+3", "@x", "=cmd|' /C calc'!A0", "a;=1", "a; -b", "\uff1d1", "+52 81 x", "+", "-"]
)
def test_formulas(tmp_path: Path, text: str) -> None:
    """Nothing that a spreadsheet would run stands in the table; what is left out is named, and stays as it is."""
    fields = dict.fromkeys(("display_name", "given_name", "surname", "phone", "department", "job_title"), text)
    shop, left = imported(tmp_path, [ana(**fields), user_entry("ben", f"ben@{ZONE}")])
    assert text not in (shop.specs / "shop" / "accounts.csv").read_text()
    assert [one["address"] for one in rows(shop)] == [f"ana@{ZONE}", f"ben@{ZONE}"]
    parts = ("displayName", "givenName", "surname", "phone", "department", "jobTitle")
    reason = "it begins like a formula: spreadsheets would run it"
    assert {f"{part} of ana@{ZONE}": reason for part in parts}.items() <= left.items()


def test_formulas_in_addresses_and_licences(tmp_path: Path) -> None:
    """A person whose address begins so is left out, an alias is, and a product is called by its part number."""
    users = [
        user_entry("a", f"=odd@{ZONE}"),
        user_entry("b", f"-odd@{ZONE}"),
        ana(aliases=[f"=a1@{ZONE}", f"b@{ZONE}"], licenses=["P1"]),
    ]
    skus = [
        {"part_number": "P1", "sku_id": "1", "product": "=1+1", "enabled": 1},
        {"part_number": "-P2", "sku_id": "2", "enabled": 1},
    ]
    shop, left = imported(tmp_path, users, skus)
    assert [(one["address"], one["licenses"]) for one in rows(shop)] == [(f"ana@{ZONE}", "P1"), (f"b@{ZONE}", "")]
    reason = "its address begins like a formula: spreadsheets would run it"
    assert left[f"user =odd@{ZONE}"] == left[f"user -odd@{ZONE}"] == reason
    assert left[f"alias =a1@{ZONE} of ana@{ZONE}"] == "it begins like a formula: spreadsheets would run it"
    assert "licence -P2" in left


@pytest.mark.parametrize("phone", ["+52 81 5555 0100", "+52-81-5555", "+1 (555) 010.0100", "+49 89/123", "00123"])
def test_telephone_numbers(tmp_path: Path, phone: str) -> None:
    """A plus and digits run nothing: numbers stay in the table."""
    shop, left = imported(tmp_path, [ana(phone=phone)])
    assert rows(shop)[0]["phone"] == phone
    assert f"phone of ana@{ZONE}" not in left


@pytest.mark.parametrize("text", ["\ufeffbom", "zero\u200bwidth", "join\u200der", "soft\xadhyphen", "\u200fright"])
def test_what_nobody_sees(tmp_path: Path, text: str) -> None:
    """Characters without a shape are not written into the table."""
    shop, left = imported(tmp_path, [ana(display_name=text, surname="López")])
    assert text not in (shop.specs / "shop" / "accounts.csv").read_text()
    assert left[f"displayName of ana@{ZONE}"] == "it holds a character that nobody sees"
    assert rows(shop)[0]["surname"] == "López"


def test_addresses_that_no_spec_can_write(tmp_path: Path) -> None:
    """The reason is the true one: the domain is this spec's, the part before it is not to be written."""
    users = [
        ana(aliases=[f"a,2@{ZONE}", f"b@{ZONE}"]),
        user_entry("jose", f"josé@{ZONE}"),
        user_entry("far", "far@old.example"),
    ]
    _, left = imported(tmp_path, users)
    assert left[f"user josé@{ZONE}"] == "its address has a part before the @ that no spec can write"
    assert left["user far@old.example"] == "its address is on no domain of this spec"
    assert left[f"alias a,2@{ZONE} of ana@{ZONE}"] == "it has a part before the @ that no spec can write"


words = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["", " x", "=1+1", '"', ";", ",", "\n", "ñ", "null", "true", "\u202e", "'", "0"]),
)


@st.composite
def people(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Random people."""
    names = draw(st.lists(st.sampled_from(["a", "b", "c.d", "e'f", "x y", "g;h"]), unique=True, max_size=4))
    return [
        user_entry(
            f"id{number}",
            f"{name}@{draw(st.sampled_from([ZONE, TENANT, 'old.example']))}",
            display_name=draw(words),
            department=draw(words),
            surname=draw(words),
            usage_location=draw(st.sampled_from(["MX", "", "ZZ"])),
            enabled=draw(st.booleans()),
            synced=draw(st.sampled_from([False, False, True])),
            aliases=draw(st.lists(st.sampled_from([f"s@{ZONE}", f"t@{ZONE}", "u@old.example", "bad"]), unique=True)),
            licenses=draw(st.lists(st.sampled_from([E3, F1, "OTHER"]), unique=True)),
            disabled_plans=draw(st.lists(st.sampled_from([f"{E3}/SWAY", f"{F1}/SWAY", f"{E3}/TEAMS1"]), unique=True)),
            manager=draw(st.sampled_from(["", "id0", "id1", "nobody"])),
        )
        for number, name in enumerate(names)
    ]


@given(people(), st.lists(words, max_size=3), st.booleans(), st.lists(words, max_size=2))
@settings(max_examples=25, deadline=None)
def test_random_people(users: list[dict[str, Any]], called: list[str], defaults: bool, policies: list[str]) -> None:
    """The law: the first plan does nothing, whoever is there and however sign-in is protected."""
    groups = [{"id": f"g{at}", "display_name": name, "members": ["id0"]} for at, name in enumerate(called)]
    with tempfile.TemporaryDirectory() as name:
        imported(Path(name), users, (E3_SKU, F1_SKU), groups=groups, security_defaults=defaults, policies=policies)
