"""One file that a browser may open without asking anybody anything."""

import hashlib
import re
from base64 import b64encode

import pytest

from reconciler.report import page
from reconciler.report.colour import paint
from reconciler.report.plan_text import plan_text
from reconciler.report.redact import redact
from reconciler.report.views import render
from tests.report.samples import document

NAMES = ("plan-migration", "drift", "check-many")
PAGES = [render(document(name), "html", language) for name in NAMES for language in ("en", "es")]


@pytest.mark.parametrize("shown", PAGES)
def test_nothing_is_loaded_or_run(shown: str) -> None:
    """No script, no address to load from, and a policy that allows the style alone, by its hash."""
    assert not re.search(r"<script|javascript:|\son\w+=|\ssrc=|\shref=|url\(|@import", shown)
    (style,) = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in shown


@pytest.mark.parametrize("shown", PAGES)
def test_phone_and_paper(shown: str) -> None:
    """It fits a phone and prints: no fixed width, each cell knows its column, nothing is folded away."""
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in shown
    assert "@media print" in shown
    assert shown.count("<td ") == shown.count("<td data-label=")
    assert "<details" not in shown


def test_elements_escape() -> None:
    """Every text is escaped once, in content and in attributes; what is HTML already is not."""
    inner = page.element("b", "<&\"'>\u202e")
    assert inner == "<b>&lt;&amp;&quot;&#x27;&gt;\\u202e</b>"
    assert page.element("p", inner, class_='"x') == f'<p class="&quot;x">{inner}</p>'


SECRET = "p<a\"s|s'w\u202eord"


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_a_known_secret_leaves_in_no_form(form: str) -> None:
    """A secret that got into a document by any way is taken out of every view, however the view writes it."""
    whole = document("drift")
    whole["changed"][2]["actual"] = f"before {SECRET} after"
    shown = redact(render(whole, form), [SECRET])
    assert "before *** after" in shown
    assert "ord" not in shown[shown.index("before ***") :][:40]


def test_a_secret_inside_another() -> None:
    """The longer one goes first, so that no rest stays; what is too short to be one blanks nothing."""
    assert redact("hunter2hunter2! and hunter2", ["hunter2", "hunter2hunter2!"]) == "*** and ***"
    assert redact("an a", ["a", ""]) == "an a"


def test_colours_add_and_take_nothing() -> None:
    """Without its colours a painted text is what it was."""
    plain = plan_text(document("plan-migration"))
    painted = paint(plain)
    assert "\x1b[32m+ include" in painted
    assert "\x1b[1;31mA mail of ferreterialopez.example will be destroyed\x1b[0m" in painted
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == plain


def test_a_view_that_is_not_there() -> None:
    """Asking for one is a mistake that says what was asked."""
    with pytest.raises(ValueError, match="no html view of apply documents"):
        render(document("apply"), "html")
    with pytest.raises(ValueError, match="several customers"):
        render(document("statuses"), "html")
