"""The papers of a request: every value in full, in two languages, and nothing of it comes alive anywhere."""

import csv
import io
import re
import string
from datetime import UTC, datetime
from typing import Any

import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.documents.request import texts
from reconciler.documents.words import _TEXTS, LANGUAGES
from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.request import Whom, paper

ZONE = "acme.example"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EVIL = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "a|b`c``d",
    "-- x",
    "line\nbreak",
    'say "hi"\\',
    "\u202eabc",
    "+1",
    "@x",
]


def made(*values: str, language: str = "en", kind: str = "TXT", name: str = "@", before: tuple[str, ...] = ()) -> Any:
    """A request for some values."""
    key = Key("dns", ZONE, kind, name)
    change = Change(key, RecordSet(key, 60, before) if before else None, RecordSet(key, 300, values), ("s",))
    contacts = [{"role": "maintainer", "name": "Ana | <b>", "email": "ana@b.example", "phone": "=1"}]
    return paper(Whom("dns@host.example", 3600, "acme", "Acme & Co", language, contacts), [change], NOW)


def test_both_languages_are_whole() -> None:
    """Every sentence is there twice, with the same gaps, and not the same."""
    for name, (english, spanish) in _TEXTS.items():
        gaps = [sorted(gap for _, gap, _, _ in string.Formatter().parse(text) if gap) for text in (english, spanish)]
        assert gaps[0] == gaps[1], name
    assert LANGUAGES == ("en", "es")
    assert "Por favor, hagan estos cambios" in texts(made("a", language="es"))["md"]
    assert '<html lang="es">' in texts(made("a", language="es"))["html"]
    assert "Please make these changes" in texts(made("a", language="tlh"))["md"]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_comes_alive(evil: str) -> None:
    """No markup, no formula, no line of its own."""
    found = texts(made(evil))
    assert "<script>" not in found["html"]
    for row in csv.reader(io.StringIO(found["csv"])):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    rows = [line for line in found["md"].splitlines() if line.startswith("| add")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 9
    cell = rows[0].replace("\\|", "!").split(" | ")[4]
    ticks = re.match("`+", cell)
    assert ticks, cell
    assert ticks[0] not in re.findall("`+", cell.removeprefix(ticks[0]).removesuffix(ticks[0])), cell
    assert len([line for line in found["zone"].splitlines() if not line.startswith(";")]) == 1


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), min_size=1, max_size=4, unique=True))
def test_the_zone_lines_mean_what_was_asked_for(values: list[str]) -> None:
    """Another reader of zone files finds exactly these texts."""
    text = texts(made(*sorted(values)))["zone"]
    zone = dns.zone.from_text(text, origin=f"{ZONE}.", relativize=False, check_origin=False)
    (rdataset,) = zone.nodes[dns.name.from_text(ZONE)].rdatasets
    assert {b"".join(one.strings).decode() for one in rdataset} == set(values)


def test_zone_lines_of_targets() -> None:
    """Whole names with their final dot; what is to go is a comment."""
    found = texts(made("0 new.example.", kind="MX", before=("10 old.example.",)))["zone"].splitlines()
    assert "; acme.example. 60 IN MX 10 old.example." in found
    assert "acme.example. 300 IN MX 0 new.example." in found


def test_a_long_key_stands_in_full_everywhere() -> None:
    """Somebody copies it."""
    key = "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0" * 40
    found = texts(made(key, name="s._domainkey"))
    assert all(key in found[form] for form in ("md", "html", "csv"))


def test_the_page_stands_alone() -> None:
    """Nothing is loaded, nothing runs."""
    page = texts(made("a"))["html"]
    assert "default-src 'none'" in page
    assert not any(word in page for word in ("<script", "<link", "<img", "http://", "https://"))
