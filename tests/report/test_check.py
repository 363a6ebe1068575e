"""What a reader of a health report can rely on, whatever its form and language."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from reconciler.report.check_html import check_html
from reconciler.report.check_markdown import check_markdown
from reconciler.report.check_summary import VERDICTS
from reconciler.report.check_summary import shown as levels
from reconciler.report.check_text import check_text
from reconciler.report.views import render
from tests.report.samples import document
from tests.report.shapes import html_shape

View = Callable[[dict[str, Any]], str]
VIEWS: list[View] = [check_text, check_markdown, check_html]


def section(verdict: str, **more: Any) -> dict[str, Any]:
    """One subject of a domain."""
    return {"subject": "dmarc", "verdict": verdict, "summary": "some", "lines": [], "diagnostics": []} | more


def report(*verdicts: str, **more: Any) -> dict[str, Any]:
    """A report of one domain with these subjects, which claims that all is well."""
    whole = document("check")
    whole["domains"][0] |= {"verdict": "pass", "sections": [section(one) for one in verdicts]}
    return whole | {"outcome": "pass"} | more


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("verdict", ["fail", "unknown", "warn", "brand new"])
def test_never_better_than_its_worst_subject(view: View, verdict: str) -> None:
    """The subjects decide the headline, not a word that may be wrong; a word that we do not know is no pass."""
    told = view(report("pass", verdict)).replace("`", "")
    shown = verdict if verdict in VERDICTS else "unknown"
    assert f"ferreterialopez.example: {shown} (" in told
    assert "ferreterialopez.example: pass" not in told


@pytest.mark.parametrize("view", VIEWS)
def test_unknown_is_explained(view: View) -> None:
    """Where an answer is missing, a sentence says that this is no pass; else it would only puzzle."""
    sentence = "Unknown: nobody answered a question that matters."
    assert sentence in view(report("pass", "unknown", "fail"))
    assert sentence not in view(report("pass", "warn", "fail"))


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_looked_at(view: View) -> None:
    """A report without domains or subjects is no pass."""
    for whole in (report(), report(domains=[])):
        told = re.sub("[`*]", "", view(whole | {"outcome": "unknown"}))
        assert "unknown (" in told
        assert ": pass" not in told


@pytest.mark.parametrize("view", VIEWS)
def test_worst_first(view: View) -> None:
    """Inside a domain what fails stands first, whatever the order in the report."""
    names = {"pass": "mx", "warn": "spf", "unknown": "dkim", "fail": "dmarc"}
    whole = report()
    whole["domains"][0]["sections"] = [section(verdict, subject=names[verdict]) for verdict in reversed(VERDICTS)]
    told = view(whole)
    places = [told.rindex(name) for name in ("DMARC", "DKIM", "SPF", "MX")]
    assert places == sorted(places)


@pytest.mark.parametrize("view", VIEWS)
def test_every_finding_with_its_remedy(view: View) -> None:
    """What is wrong, the rule's name and what to do stand in every form; when, by whom and how often too."""
    told = view(document("check")).replace("`", "")
    for text in (
        "error: the record takes 12 lookups, 10 are allowed [spf/S6]",
        "To do: In this order: write addresses instead of (mx, ",
        "note: DMARC only watches mail of ferreterialopez.example: p=none [dmarc/monitoring]",
        "Checked 2026-11-21 20:00 UTC.",
        "42 questions to 192.0.2.53.",
    ):
        assert text in told


def test_one_domain_in_full() -> None:
    """One domain: reasons, the spec's place once, the SPF tree with its levels; nothing more of what is well."""
    told = check_text(document("check"))
    assert "      RFC 9989 of May 2026 removed it" in told
    assert told.count("specs/ferreteria-lopez/customer.yaml:21") == 1
    assert "      | ferreterialopez.example: v=spf1 mx include:_spf.hosting.example" in told
    assert "        | 1      a:gone.hosting.example  (no address there" in told
    assert "v=TLSRPTv1" not in told


def test_the_spf_tree_of_a_record_that_is_well() -> None:
    """The tree is shown for one domain whatever it says."""
    whole = report()
    whole["domains"][0]["sections"] = [section("pass", subject="spf", lines=["v=spf1 mx -all: 1", "  mx: 1"])]
    assert "      | v=spf1 mx -all: 1\n        | mx: 1\n" in check_text(whole)


def test_the_public_view() -> None:
    """What servers show is listed for one domain, well or not, in every form and in words of the reader's language."""
    whole = report()
    lines = ["name servers of a.test", "  ns1.host.test (192.0.2.1): serial 7"]
    whole["domains"][0]["sections"] = [section("pass", subject="public-view", lines=lines)]
    assert "  pass     Public view   some\n      | name servers of a.test\n        | ns1.host" in check_text(whole)
    assert "Public view: some" in check_markdown(whole)
    assert "what each DNS server shows now" in check_html(whole)
    page = check_html(whole, "es")
    assert "DNS público: " in page
    assert "lo que muestra ahora cada servidor DNS" in page
    assert "ns1.host.test (192.0.2.1): serial 7" in page


def test_places_that_differ() -> None:
    """Where findings were asked for in several places, each names its own."""
    whole = document("check")
    whole["domains"][0]["sections"][1]["diagnostics"][0]["origin"]["line"] = 33
    assert "      specs/ferreteria-lopez/customer.yaml:33 (" in check_text(whole)
    assert check_text(whole).count("customer.yaml:21 (") == 6


def test_many_domains_are_short_and_end_in_a_table() -> None:
    """Of several domains what is well is one line, reasons are left out, and a table and a sentence end it."""
    told = check_text(document("check-many"))
    assert "\nlopez.example: pass (7 pass)\n\n" in told
    assert "RFC 9989" not in told
    assert "keys at selector1" not in told
    assert re.search(r"\nherramientas\.example +warn +0 +0 +1 +6\n", told)
    assert told.endswith("\nferreteria-lopez: fail (1 fail, 1 warn, 1 pass)\n")


def test_the_page_holds_all() -> None:
    """On paper what is well is shown too, each subject with what it is."""
    told = check_html(document("check-many"))
    assert told.count("keys at selector1") == 3
    assert told.count("where mail arrives") == 3
    assert told.count("v=TLSRPTv1; rua=mailto:tls@") == 3
    assert "<code>1      a:gone.hosting.example  (no address" in told


def test_spanish() -> None:
    """A customer reads our words in Spanish; findings and the world's words stay as they are."""
    told = check_html(document("check-many"), "es")
    for text in (
        "Salud del correo de ferreteria-lopez",
        "sin respuesta",
        "a dónde llega el correo",
        "Qué hacer: remove it",
    ):
        assert text in told
    assert "error: the record takes 12 lookups, 10 are allowed" in told


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a", "  b", "    c", "d"], [0, 1, 2, 0]),
        (["  a", "      b", "   c"], [0, 1, 1]),
        ([" " * 2 * level + "x" for level in range(100)], [*range(12), *[12] * 88]),
    ],
)
def test_levels(lines: list[str], expected: list[int]) -> None:
    """Two blanks are a level; nothing hangs in the air, and nothing is deeper than a page is wide."""
    found = levels({"lines": lines})
    assert [level for level, _ in found] == expected
    whole = report()
    whole["domains"][0]["sections"] = [section("fail", lines=lines)]
    tags = html_shape(check_html(whole))
    assert isinstance(tags, list)
    for name in ("ul", "li"):
        assert sum(tag == (name, []) for tag in tags) == tags.count(f"/{name}")
    assert tags.count(("code", [])) == len(lines)
    assert tags.count(("ul", [])) == 1 + sum(after > before for before, after in pairwise(expected))


def test_json_is_the_document() -> None:
    """Machines get every field."""
    assert '"questions": 42' in render(document("check"), "json")
