"""What is known of Microsoft 365 products: sound data, and no clash that is none."""

import re
import time
import tomllib
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest

from reconciler import products
from reconciler.products import clashes, name_of

TEXT = (files("reconciler") / "products.toml").read_text("utf-8")
TABLES = tomllib.loads(TEXT)
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLAN = re.compile(r"[A-Z][A-Z0-9_]+")
KEYS = {
    "product": {"sku", "part", "name"},
    "excludes": {"service", "plans", "sure", "source", "date"},
    "needs": {"service", "plan", "one_of", "sure", "source", "date"},
}

BUSINESS = frozenset({"EXCHANGE_S_STANDARD", "SHAREPOINTSTANDARD", "MCOSTANDARD", "TEAMS1", "YAMMER_ENTERPRISE"})
E3 = frozenset({"EXCHANGE_S_ENTERPRISE", "SHAREPOINTENTERPRISE", "MCOSTANDARD", "TEAMS1", "YAMMER_ENTERPRISE"})
F3 = frozenset({"EXCHANGE_S_DESKLESS", "SHAREPOINTDESKLESS", "MCOIMP", "TEAMS1", "YAMMER_ENTERPRISE"})
A3 = frozenset({"EXCHANGE_S_ENTERPRISE", "SHAREPOINTENTERPRISE_EDU", "MCOSTANDARD", "TEAMS1", "YAMMER_EDU"})


def problems(tables: dict[str, Any]) -> list[str]:
    """What is wrong with the data, one line each."""
    found = [f"unknown table {name}" for name in tables.keys() - KEYS.keys()]
    for table, keys in KEYS.items():
        for one in tables[table]:
            if one.keys() != keys:
                found.append(f"{table}: keys {sorted(one)}")
            found += [f"{table}: {text!r} is no text" for text in _texts(one) if not text or text != text.strip()]
    for key in ("sku", "part"):
        times = Counter(one.get(key, "").lower() for one in tables["product"])
        found += [f"{key} {value} twice" for value, number in times.items() if number > 1]
    found += [f"sku {one['sku']}" for one in tables["product"] if not GUID.fullmatch(one["sku"])]
    rules = [*tables["excludes"], *tables["needs"]]
    found += [f"sure {one['sure']}" for one in rules if one["sure"] not in {"vendor", "project"}]
    found += [f"date {one['date']}" for one in rules if not re.fullmatch(r"20\d\d(-[01]\d)?", one["date"])]
    groups = [one["plans"] for one in tables["excludes"]]
    groups += [[one["plan"], *one["one_of"]] for one in tables["needs"]]
    found += [f"plans {group}" for group in groups if len(group) < 2 or len(set(group)) < len(group)]
    found += [f"plan {plan}" for group in groups for plan in group if not PLAN.fullmatch(plan)]
    needing = Counter(one["plan"] for one in tables["needs"])
    return found + [f"need of {plan} twice" for plan, number in needing.items() if number > 1]


def _texts(one: dict[str, Any]) -> list[str]:
    return [text for value in one.values() for text in (value if isinstance(value, list) else [value])]


def test_the_data_are_well_formed() -> None:
    """Every entry, and there are enough; a name may stand for several products."""
    assert problems(TABLES) == []
    assert len(TABLES["product"]) >= 90
    parts = {one["part"] for one in TABLES["product"] if one["name"] == "Microsoft 365 Business Basic"}
    assert parts == {"O365_BUSINESS_ESSENTIALS", "SMB_BUSINESS_ESSENTIALS"}
    assert "\xa0" not in TEXT


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("6fd2c87f-b296", "6fd2c87f-b29", "sku 6fd2c87f-b29"),
        ("6fd2c87f-b296", "6FD2C87F-B296", "sku 6FD2C87F"),
        ("6fd2c87f-b296-42f0-b197-1e91e994b900", "f245ecc8-75af-4f8e-b61f-27d8114de5f3", "sku f245ecc8"),
        ('part = "ENTERPRISEPACK"', 'part = "SPB"', "part spb twice"),
        ('"Office 365 E3"', '"Office 365 E3 "', "is no text"),
        ('part = "SPB"\n', "", "product: keys"),
        ('"INTUNE_A_VL"', '"Intune_A_VL"', "plan Intune_A_VL"),
        ('"INTUNE_A_VL"', '"INTUNE_A"', "plans ['INTUNE_A', 'INTUNE_A'"),
        ('["SHAREPOINTENTERPRISE"]', "[]", "plans ['SHAREPOINT_PROJECT']"),
        ('sure = "vendor"', 'sure = "hearsay"', "sure hearsay"),
        ('date = "2023-11"', 'date = "lately"', "date lately"),
        ('plan = "MCOEV"', 'plan = "MCOMEETADV"', "need of MCOMEETADV twice"),
        ("[[needs]]", "[[need]]", "unknown table need"),
    ],
)
def test_a_wrong_entry_is_found(old: str, new: str, said: str) -> None:
    """One planted fault each."""
    assert old in TEXT
    assert any(said in line for line in problems(tomllib.loads(TEXT.replace(old, new, 1))))


@pytest.mark.parametrize(
    ("sku", "name"),
    [
        ("6fd2c87f-b296-42f0-b197-1e91e994b900", "Office 365 E3"),
        ("F245ECC8-75AF-4F8E-B61F-27D8114DE5F3", "Microsoft 365 Business Standard"),
        ("cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "Microsoft 365 Business Premium"),
        ("4b9405b0-7788-4568-add1-99614e613b69", "Exchange Online (Plan 1)"),
        ("00000000-0000-0000-0000-000000000000", ""),
        ("", ""),
    ],
)
def test_names(sku: str, name: str) -> None:
    """By id, in any case; what is not known has none."""
    assert name_of(sku) == name


@pytest.mark.parametrize("one", [BUSINESS, E3, F3, A3, frozenset({"EXCHANGE_S_ESSENTIALS"})])
@pytest.mark.parametrize("other", [BUSINESS, E3, F3, A3, frozenset({"EXCHANGE_S_ENTERPRISE"})])
def test_what_the_vendor_lets_one_user_hold(one: frozenset[str], other: frozenset[str]) -> None:
    """Suites and mailboxes in any combination (Exchange team, Concurrent Exchange Online License Assignments, 2023)."""
    assert clashes({"ONE": one, "OTHER": other}) == []


def test_plans_that_exclude_each_other() -> None:
    """Both products, both plans, and what to disable; in the same words whatever the order."""
    held = {"SPB": frozenset({"INTUNE_A", "TEAMS1"}), "INTUNE_A_VL": frozenset({"INTUNE_A_VL"})}
    what = "SPB and INTUNE_A_VL both bring Intune, as plans that exclude each other"
    remedy = "list INTUNE_A under `disabled_plans` of SPB, or INTUNE_A_VL under `disabled_plans` of INTUNE_A_VL"
    assert clashes(held) == [f"{what}: {remedy}"]
    assert clashes(dict(reversed(held.items()))) == [f"{what}: {remedy}"]
    assert clashes({**held, "SPB": frozenset({"TEAMS1"})}) == [], "disabled"


def test_every_pair_of_a_rule() -> None:
    """Three plans are three pairs."""
    held = {f"P{number}": frozenset({f"MCOPSTN{number}", "TEAMS1"}) for number in (5, 2, 1)}
    pairs = [("P1", "P2"), ("P1", "P5"), ("P2", "P5")]
    assert [tuple(line.split(" both ")[0].split(" and ")) for line in clashes(held)] == pairs


def test_what_is_no_clash() -> None:
    """The same plan twice, both plans in one product, and nothing at all."""
    assert clashes({"A": frozenset({"INTUNE_A"}), "B": frozenset({"INTUNE_A"})}) == []
    both = frozenset({"INTUNE_A", "INTUNE_A_VL"})
    assert clashes({"A": both}) == []
    assert clashes({"A": both, "B": frozenset({"INTUNE_A"})}) == [], "one product shows that they go together"
    assert clashes({}) == []
    assert clashes({"A": frozenset(), "B": frozenset({"", "NOBODY_KNOWS_IT"})}) == []


def test_a_need_that_nothing_meets() -> None:
    """Named with what would meet it; any product may."""
    phone = {"MCOEV": frozenset({"MCOEV"})}
    what = "MCOEV: Teams Phone needs TEAMS1 or MCOSTANDARD, which nothing here brings"
    remedy = "add a product that does, or list MCOEV under `disabled_plans` of MCOEV"
    assert clashes(phone) == [f"{what}: {remedy}"]
    more = clashes({"OTHER": frozenset({"MCOEV"}), **phone})
    assert [line.split(":")[0] for line in more] == ["MCOEV, OTHER"], "in order of their part numbers"
    assert clashes({**phone, "SPB": frozenset({"TEAMS1"})}) == []
    assert clashes({"E5": frozenset({"MCOEV", "MCOSTANDARD"})}) == []


def test_plans_are_spelled_as_the_tenant_spells_them() -> None:
    """They are compared without case: mail that stays elsewhere leaves a plan alone that nobody thinks of."""
    held = {"O365_BUSINESS_PREMIUM": frozenset({"O365_SB_Relationship_Management", "TEAMS1"})}
    assert "list O365_SB_Relationship_Management under `disabled_plans` of O365_BUSINESS_PREMIUM" in clashes(held)[0]
    assert clashes({**held, "EXCHANGESTANDARD": frozenset({"exchange_s_standard"})}) == []


@pytest.mark.parametrize("rule", products.data().excludes)
def test_every_exclusion_is_said(rule: products.Excludes) -> None:
    """Each pair of the file, and only with both sides there."""
    for one, other in zip(rule.plans, rule.plans[1:], strict=False):
        lines = clashes({"A": frozenset({one}), "B": frozenset({other})})
        assert any(one in line and other in line and f"both bring {rule.service}," in line for line in lines)
        assert not any("both bring" in line for line in clashes({"A": frozenset({one})}))


@pytest.mark.parametrize("rule", products.data().needs)
def test_every_need_is_said(rule: products.Needs) -> None:
    """Each of the file, and every plan that meets it does."""
    assert any(rule.service in line for line in clashes({"A": frozenset({rule.plan})}))
    for plan in rule.one_of:
        assert clashes({"A": frozenset({rule.plan}), "B": frozenset({plan})}) == []


def test_a_hostile_tenant_is_soon_read() -> None:
    """Thousands of products with thousands of plans: few sentences, short ones, in linear time."""
    crowd = frozenset(f"PLAN_{number}" for number in range(2_000))
    held = {f"A{number:04}": crowd | {"INTUNE_A", "MCOEV"} for number in range(400)}
    held |= {f"B{number:04}": frozenset({"INTUNE_A_VL", "INTUNE_B"}) for number in range(4_000)}
    start = time.process_time()
    lines = clashes(held)
    assert time.process_time() - start < 3
    assert len(lines) == 3, "B brings two plans of the rule together"
    assert all(len(line) < 400 for line in lines)
    assert "A0000, A0001, A0002, A0003 and 396 more" in lines[0]
