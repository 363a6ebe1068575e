"""What speaks against licences is told before anything is written: once for each product, or each mistake."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pytest

from reconciler import licensing, products
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.key import Key
from reconciler.model.resource import Licenses, Resource, Sku
from reconciler.session.facts import facts_of
from reconciler.spec.load import load
from tests.running import WORKSPACE
from tests.spec.folders import write

TENANT = "acme.onmicrosoft.com"


def sku(part: str, *plans: str, product: str = "", **state: Any) -> Sku:
    seats = {"enabled": 9, **state}
    return Sku(Key("tenant", TENANT, "sku", part), f"id-{part}", product, plans=plans, **seats)


def holds(name: str, *direct: str, **more: tuple[str, ...]) -> Licenses:
    return Licenses(Key("tenant", TENANT, "licenses", f"{name}@{TENANT}"), f"u-{name}", direct, **more)


def told(folder: Path, spec: str, live: Iterable[Resource], ours: Collection[str] = ()) -> list[Diagnostic]:
    """What is found in a spec of licences, accounts and absences."""
    head = f"tenant: {TENANT}\nusers: {{usage_location: MX}}\n"
    write(folder, {"workspace.yaml": WORKSPACE, "acme/customer.yaml": head + spec})
    loaded = load(folder)
    assert not loaded.failed, loaded.failed
    resources = {one.key: one for one in live}
    return list(licensing.findings(loaded.customers[0], resources, facts_of(resources), ours))


def people(*accounts: str, licences: str = "{A: {seats: 9}, B: {seats: 9}}", more: str = "") -> str:
    lines = "".join(f"  - {{address: {one.partition(' ')[0]}@{TENANT}{one.partition(' ')[2]}}}\n" for one in accounts)
    return f"licenses: {licences}\n{more}accounts:\n{lines}"


# Products


@pytest.mark.parametrize(
    ("state", "rule", "what"),
    [
        ({}, "", ""),
        ({"warning": 2}, "licences/expired", "2 seats of A have expired and still work"),
        ({"status": "Warning", "warning": 9, "enabled": 0, "renews": "2026-12-31"}, "licences/expired", "2026-12-31"),
        ({"status": "Suspended", "enabled": 0, "suspended": 7}, "licences/suspended", "A is suspended: none of its 7"),
        ({"status": "LockedOut"}, "licences/suspended", "A is lockedout: none of its 9 seats can be given"),
        ({"suspended": 3}, "", ""),
    ],
)
def test_state_of_a_product(state: dict[str, Any], rule: str, what: str, tmp_path: Path) -> None:
    """A warning at its line under `licenses`; one that is paid says nothing."""
    spec = "licenses:\n  A: {seats: 9}\n"
    found = told(tmp_path, spec, [sku("A", **state), sku("B", status="Suspended")])
    assert [one.rule for one in found] == ([rule] if rule else [])
    for one in found:
        assert what in one.summary
        assert (one.severity, one.origin.line) == (Severity.WARNING, 4)


def test_product_is_told_by_both_names(tmp_path: Path) -> None:
    """As the author calls it, with the part number; one that the tenant does not have is told elsewhere."""
    live = [sku("A", product="Business", status="Warning", warning=1)]
    (one,) = told(tmp_path, "licenses: {Business: {seats: 9}, Other: {seats: 1}}\n", live)
    assert one.summary == "1 seats of Business (A) have expired and still work"


# What the tenant could not give


def test_errors_of_assignments(tmp_path: Path) -> None:
    """For each person at the account's line, with what to do; of somebody else's account nothing is said."""
    live: list[Resource] = [
        holds("ana", "A", errors=("A: DependencyViolation", "B: SomethingNew")),
        holds("zed", "A", errors=("A: CountViolation",)),
        sku("A"),
        sku("B"),
    ]
    found = told(tmp_path, people("ana", "bea"), live)
    assert [one.rule for one in found] == ["licences/error"] * 2
    assert [one.origin.line for one in found] == [5, 5]
    assert found[0].summary == f"ana@{TENANT} does not get all of A: DependencyViolation"
    assert found[0].remedy == licensing.REMEDIES["DependencyViolation"]
    assert found[1].remedy == "look at the account's licences in the admin centre"


# Products that one person cannot hold together


CALLING: list[Resource] = [sku("A", "MCOPSTN1"), sku("B", "MCOPSTN2")]
BOTH = ", licenses: [A, B]"


def clashes(found: Iterable[Diagnostic]) -> list[str]:
    return [one.summary for one in found if one.rule == "licences/clash"]


def test_products_that_exclude_each_other(tmp_path: Path) -> None:
    """A warning at the person's line, which names the plans and how to get rid of it."""
    found = told(tmp_path, people("ana , licenses: [A]", f"bea {BOTH}"), CALLING)
    (one,) = found
    assert (one.severity, one.origin.line) == (Severity.WARNING, 6)
    assert one.summary.startswith(f"bea@{TENANT}: A and B both bring Calling Plan")


def test_plan_that_is_off_excludes_nothing(tmp_path: Path) -> None:
    """By the spec, or in the tenant already; of another product it is no help."""
    off = "{A: {seats: 9, disabled_plans: [MCOPSTN1]}, B: {seats: 9}}"
    assert not clashes(told(tmp_path, people(f"bea {BOTH}", licences=off), CALLING))
    held = holds("bea", "A", disabled=("A/MCOPSTN1",))
    assert not clashes(told(tmp_path, people(f"bea {BOTH}"), [*CALLING, held]))
    other = off.replace("MCOPSTN1", "MCOPSTN2")
    assert clashes(told(tmp_path, people(f"bea {BOTH}", licences=other), CALLING))


def test_what_somebody_has_already_counts(tmp_path: Path) -> None:
    """By hand or through a group; not what the spec takes away in the same breath, nor of who is not looked at."""
    spec = people("bea , licenses: [B]")
    assert clashes(told(tmp_path, spec, [*CALLING, holds("bea", "A")]))
    assert clashes(told(tmp_path, spec, [*CALLING, holds("bea", inherited=("A",))]))
    absent = f"absent: [{{user: bea@{TENANT}, license: A}}]\n"
    assert not clashes(told(tmp_path, people("bea , licenses: [B]", more=absent), [*CALLING, holds("bea", "A")]))
    other = absent.replace("bea@", "ana@")
    assert clashes(told(tmp_path, people("ana", "bea , licenses: [B]", more=other), [*CALLING, holds("bea", "A")]))
    assert not clashes(told(tmp_path, people("bea"), [*CALLING, holds("bea", "A", "B")]))


def test_swap_is_no_clash(tmp_path: Path) -> None:
    """What is ours and no longer named goes in the same call; what is ours and still named stays."""
    live: list[Resource] = [*CALLING, holds("bea", "A")]
    ours = {f"tenant/{TENANT}/licenses/bea@{TENANT}#A"}
    assert not clashes(told(tmp_path, people("bea , licenses: [B]"), live, ours))
    assert clashes(told(tmp_path, people(f"bea {BOTH}"), live, ours))
    inherited: list[Resource] = [*CALLING, holds("bea", "A", inherited=("A",))]
    assert clashes(told(tmp_path, people("bea , licenses: [B]"), inherited, ours))
    other = {one.replace("bea@", "ana@") for one in ours}
    assert clashes(told(tmp_path, people("bea , licenses: [B]"), live, other))


def test_many_people_are_told_together(tmp_path: Path) -> None:
    """One sentence for those who hold the same, with some of their names; another one for those who do not."""
    crowd = [f"p{at} {BOTH}" for at in range(licensing.NAMED + 2)]
    found = clashes(told(tmp_path, people(*crowd), CALLING))
    assert len(found) == 1
    assert f"p{licensing.NAMED - 1}@{TENANT} and 2 more: " in found[0]
    assert f"p{licensing.NAMED}@" not in found[0]
    found = clashes(told(tmp_path, people(*crowd), [*CALLING, sku("C"), holds("p0", "C")]))
    assert len(found) == 2


def test_plan_that_needs_another(tmp_path: Path) -> None:
    """It is told before the tenant refuses it, and not once somebody holds what it needs."""
    need = products.data().needs[0]
    live = [sku("A", need.plan), sku("B", need.one_of[0])]
    assert clashes(told(tmp_path, people("ana , licenses: [A]"), live))
    assert not clashes(told(tmp_path, people("ana , licenses: [A]"), [*live, holds("ana", inherited=("B",))]))
