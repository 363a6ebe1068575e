"""What speaks against licences is told before anything is written: once for each product, or each mistake."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pytest

from reconciler import licensing, products
from reconciler.diff import Row
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Licenses, Resource, Sku
from reconciler.session.facts import facts_of
from reconciler.spec.load import load
from reconciler.verdict import Verdict
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


def test_a_plan_that_the_product_does_not_have(tmp_path: Path) -> None:
    """An error at its line with the nearest one; where the plans are not known, nobody can say."""
    spec = "licenses:\n  A: {seats: 9, disabled_plans: [YAMER, TEAMS1]}\n"
    (one,) = told(tmp_path, spec, [sku("A", "TEAMS1", "YAMMER")])
    assert (one.severity, one.rule, one.origin.line) == (Severity.ERROR, "licences/plan", 4)
    assert "no service plan YAMER" in one.summary
    assert one.remedy == "did you mean `YAMMER`?"
    assert not told(tmp_path, spec, [sku("A")])


MAIL = [sku("A", "EXCHANGE_S_STANDARD"), sku("B", "EXCHANGE_S_FOUNDATION", "VISIO"), sku("C", "EXCHANGE_S_ENTERPRISE")]


def row(part: str, verdict: Verdict) -> Row:
    return Row(Slot(holds("ana").key, part), 0, verdict, "", None, None)


@pytest.mark.parametrize(
    ("held", "rows", "lost"),
    [
        (holds("ana", "A"), [row("A", Verdict.OMITTED)], True),
        (holds("ana", "A", "B"), [row("A", Verdict.DESTROY)], True),
        (holds("ana", "A", "B"), [row("B", Verdict.DESTROY)], False),
        (holds("ana", "A", "C"), [row("A", Verdict.OMITTED)], False),
        (holds("ana", "A", inherited=("C",)), [row("A", Verdict.OMITTED)], False),
        (holds("ana", "A"), [row("A", Verdict.OMITTED), row("C", Verdict.CREATE)], False),
        (holds("ana", "A", "C", disabled=("C/EXCHANGE_S_ENTERPRISE",)), [row("A", Verdict.OMITTED)], True),
        (holds("ana", "A", disabled=("A/EXCHANGE_S_STANDARD",)), [row("A", Verdict.OMITTED)], False),
        (holds("ana", "A"), [row("A", Verdict.ORPHAN)], False),
    ],
)
def test_last_product_with_a_mailbox(held: Licenses, rows: list[Row], lost: bool) -> None:
    """Its mailbox goes with it; not while another product brings one, or where none was."""
    live: list[Resource] = [*MAIL, held]
    found = list(licensing.mailboxes(rows, {one.key: one for one in live}))
    assert [one.rule for one in found] == ["licences/mailbox"] * lost
    assert all("30 days" in one.summary and f"ana@{TENANT}" in one.summary for one in found)


# People without one


@pytest.mark.parametrize(
    ("accounts", "default", "whom"),
    [
        (("zoe",), "", "zoe gets"),
        (("zoe", "ana"), "", "zoe and ana get"),
        (("zoe", "ana", "bea", "eva", "ida"), "", "zoe, ana, bea and 2 more get"),
        (("zoe , licenses: []", "ana , kind: shared"), "", ""),
        (("zoe",), "licenses: [A]", ""),
    ],
)
def test_nobody_gets_a_default_of_several(accounts: tuple[str, ...], default: str, whom: str, tmp_path: Path) -> None:
    """Once, at the first of them, with up to three names."""
    head = f"tenant: {TENANT}\nusers: {{usage_location: MX{', ' if default else ''}{default}}}\n"
    write(tmp_path, {"workspace.yaml": WORKSPACE, "acme/customer.yaml": head + people(*accounts)})
    found = [one for one in load(tmp_path).diagnostics if one.rule == "spec/no-licence"]
    assert [one.summary.replace(f"@{TENANT}", "") for one in found] == [f"{whom} no licence"] * bool(whom)
    for one in found:
        assert (one.severity, one.origin.line) == (Severity.WARNING, 5)
        assert one.remedy == "write `users: {licenses: [...]}`, or `licenses: []` for none"
    one_product = people(*accounts, licences="{A: {seats: 9}}")
    write(tmp_path, {"acme/customer.yaml": head + one_product})
    assert not [one for one in load(tmp_path).diagnostics if one.rule == "spec/no-licence"]


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
