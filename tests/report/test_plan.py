"""What a reader of a plan can rely on, whatever its form."""

import re
from typing import Any

import pytest

from reconciler.report import blocks
from reconciler.report.plan_html import plan_html
from reconciler.report.plan_markdown import plan_markdown
from reconciler.report.plan_text import plan_text
from reconciler.report.words import Words
from tests.report.samples import document

VIEWS = [plan_text, plan_markdown, plan_html]
ZONE = "dns/a.example"


def step(address: str, action: str, **more: Any) -> dict[str, Any]:
    """One step of the first stage."""
    given = {"before": "old" if action != "create" else None, "after": "new" if action != "destroy" else None}
    return {
        "route": "r",
        "stage": "prepare",
        "kind": "act",
        "address": address,
        "action": action,
        "reason": "new",
        **given,
        **more,
    }


def plan(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A plan with these steps on one route."""
    stages: list[dict[str, Any]] = [
        {"name": name, "state": "empty" if name == "claim" else "next", "gates": []} for name in ("claim", "prepare")
    ]
    routes = [{"id": "r", "subject": "a.example", "target": "", "stages": stages}]
    return {
        "kind": "plan",
        "customer": "a",
        "complete": True,
        "applyable": True,
        "routes": routes,
        "steps": list(steps),
        **more,
    }


def block(*steps: dict[str, Any]) -> tuple[str, list[str]]:
    """The sentence and the lines of the one block that these steps make."""
    (found,) = blocks.gather(steps)
    return found.sentence(Words()), [f"{one.symbol} {one.text}" for one in blocks.lines(found, Words())]


def test_counts_line_is_an_interface() -> None:
    """Scripts find the counts in one line whose words and order never change."""
    shown = plan_text(document("plan-migration"))
    assert shown.endswith("\nPlan: 7 to add, 5 to change, 2 to destroy, 1 to adopt, 0 to forget.\n")


@pytest.mark.parametrize("view", VIEWS)
def test_no_step_is_left_out(view: Any) -> None:
    """Every step is shown, also one whose route, stage, kind or action nobody knows."""
    odd = [
        step(f"{ZONE}/A/one", "create"),
        step(f"{ZONE}/A/two", "create", route="other"),
        step(f"{ZONE}/A/three", "create", stage="never"),
        step(f"{ZONE}/A/four", "create", kind="new kind"),
        step(f"{ZONE}/A/five", "explode"),
        step("no address six", "destroy"),
        step(f"{ZONE}/A/seven", "destroy", allowed=False, refusal="too many"),
    ]
    shown = view(plan(*odd))
    for name in ("one", "two", "three", "four", "five", "six", "seven", "too many"):
        assert name in shown


def test_a_destroy_is_always_said_in_the_same_words() -> None:
    """One search finds all that will be destroyed, and nothing that will not."""
    shown = plan_text(plan(step(f"{ZONE}/A/gone", "destroy"), step(f"{ZONE}/A/kept", "destroy", allowed=False)))
    assert re.findall(r".* will be destroyed", shown) == ["    A gone of a.example will be destroyed"]
    assert "A kept of a.example would be destroyed" in shown


def test_spf_is_one_block() -> None:
    """The terms of one record are shown together; one that goes is said in the sentence."""
    said, changes = block(
        step(f"{ZONE}/TXT/@#spf/include:b.example", "create", after="include:b.example", owner="b"),
        step(f"{ZONE}/TXT/@#spf/ip4:192.0.2.1", "destroy", before="ip4:192.0.2.1"),
        step(f"{ZONE}/TXT/@#spf/all", "update", before="?all", after="-all"),
    )
    assert said == "TXT @ (spf) of a.example will be updated; this destroys a part of it"
    assert changes == ["+ include:b.example (for b)", "- ip4:192.0.2.1", "~ all: ?all -> -all"]


def test_a_new_spf_record() -> None:
    """Where the whole record comes, with its `all`, it is created; its TTL is said once."""
    along = {"with": {"ttl": 300}}
    said, changes = block(
        step(f"{ZONE}/TXT/@#spf/mx", "create", after="mx", **along),
        step(f"{ZONE}/TXT/@#spf/all", "create", after="-all", **along),
    )
    assert said == "TXT @ (spf) of a.example will be created"
    assert changes == ["+ mx", "+ TTL: 300", "+ all: -all"]


def test_one_more_spf_term_is_an_update() -> None:
    """A record that was there is not created because a term is."""
    said, _ = block(step(f"{ZONE}/TXT/@#spf/mx", "create", after="mx"))
    assert said == "TXT @ (spf) of a.example will be updated"


def test_classes_of_txt_are_apart() -> None:
    """SPF and a vendor's token at one name are two things."""
    found = blocks.gather([step(f"{ZONE}/TXT/@#spf/mx", "create"), step(f"{ZONE}/TXT/@#other:0123456789ab", "create")])
    assert len(found) == 2


def test_a_user_is_created_with_attributes() -> None:
    """The attributes stand below the person; that it is present goes without saying."""
    along = {"upn": "ana@a.example", "enabled": True, "aliases": ["a@a.example", "b@a.example"], "phone": None}
    said, changes = block(step("tenant/t/user/ana", "create", after="present", **{"with": along}))
    assert said == "User ana of tenant t will be created"
    assert changes == [
        '+ upn: "ana@a.example"',
        "+ enabled: true",
        "+ aliases: a@a.example, b@a.example",
        "+ phone: known later",
    ]


def test_an_attribute_that_comes_or_goes_is_an_update_of_the_user() -> None:
    """Nobody reads that a person will be created because of a telephone number."""
    assert block(step("tenant/t/user/ana#phone", "create"))[0] == "User ana of tenant t will be updated"
    assert block(step("tenant/t/user/ana#phone", "destroy"))[0].startswith(
        "User ana of tenant t will be updated; this des"
    )


def test_an_unknown_value_says_who_will_name_it_and_when() -> None:
    """A value that the tenant names is announced with its stage and its limits."""
    missing = {"source": "tenant/t/domain/a.example#MX/@", "text": "a host the tenant names under mx.microsoft"}
    assert block(step(f"{ZONE}/MX/@", "create", after=None, unknown=missing))[1] == [
        "+ known after verify: a host the tenant names under mx.microsoft"
    ]
    first = missing | {"source": "tenant/t/domain/a.example#verification"}
    assert block(step(f"{ZONE}/MX/@", "create", after=None, unknown=first))[1][0].startswith("+ known after claim: ")


def test_lists_show_what_differs() -> None:
    """Of many values only those that come and go are shown; a new order shows both lists."""
    before, after = ["192.0.2.1", "192.0.2.2"], ["192.0.2.2", "192.0.2.3"]
    assert block(step(f"{ZONE}/A/@", "update", before=before, after=after))[1] == ["- 192.0.2.1", "+ 192.0.2.3"]
    turned = block(step(f"{ZONE}/A/@", "update", before=before, after=before[::-1]))[1]
    assert turned == ["~ 192.0.2.1, 192.0.2.2 -> 192.0.2.2, 192.0.2.1"]


def test_free_text_cannot_pretend() -> None:
    """Quotes inside a text are marked, so that it cannot look like two."""
    shown = block(step(f"{ZONE}/TXT/_dmarc#dmarc", "update", before='a" -> "b', after=" c"))[1]
    assert shown == ['~ "a\\" -> \\"b" -> " c"']


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({}, "No changes. Everything"),
        ({"drift": [{"address": "x", "class": "changed"}]}, "No changes. What differs"),
        ({"complete": False}, "a: this plan is not complete"),
        ({"errored": True}, "a: the plan could not be finished"),
        ({"steps": [step(f"{ZONE}/A/@", "create")]}, "a: these changes would be made"),
    ],
)
def test_the_first_sentence_is_true(more: dict[str, Any], sentence: str) -> None:
    """That all is as it should be is said only when it is."""
    assert plan_text(plan() | more).startswith(sentence)


def test_a_plan_that_waits_says_so() -> None:
    """A gate that is not open is not `no changes`."""
    waiting = plan()
    waiting["routes"][0]["stages"][1]["gates"] = [
        {"kind": "wait", "text": "the TTL", "open": False, "until": None, "whom": ""}
    ]
    assert plan_text(waiting).startswith("a: nothing to change now")
    assert "    wait: the TTL\n" in plan_text(waiting)


def test_empty_stages_are_not_shown() -> None:
    """A stage that has nothing to do on this route is left out, unless something stands in it after all."""
    assert "Stage claim" not in plan_text(plan())
    assert "Stage claim" in plan_text(plan(step(f"{ZONE}/A/@", "create", stage="claim")))


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_missing_is_said(view: Any) -> None:
    """A plan that cannot be applied always says why, even when nobody wrote it down."""
    assert "an onsite_admin with a phone number" in view(document("plan-migration"))
    assert "see the errors and warnings" in view(plan(applyable=False))


def test_unread_sources_are_named() -> None:
    """What could not be read stands in the plan with its error."""
    reads = [{"source": "zones:a.example", "complete": False, "error": "refused"}]
    assert "  zones:a.example: refused\n" in plan_text(plan(complete=False, reads=reads))


def test_legend_holds_only_what_is_used() -> None:
    """Nobody learns a symbol that is not there."""
    assert "Symbols: + create\n" in plan_text(plan(step(f"{ZONE}/A/@", "create")))
    assert "Symbols" not in plan_text(plan())


def test_shared_values_are_named() -> None:
    """A TTL that touches what is not ours names it."""
    assert "also touches values beside ours: token, other" in plan_text(
        plan(step(f"{ZONE}/TXT/@#ttl", "update", before=3600, after=300, shares=["token", "other"]))
    )
