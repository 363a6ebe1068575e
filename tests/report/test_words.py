"""The product's own words in two languages."""

import re

import pytest

from reconciler.report.values import diagnostic
from reconciler.report.words import PHRASES, Words


@pytest.mark.parametrize("key", PHRASES)
def test_languages_agree(key: str) -> None:
    """Both languages say something, with the same values in it."""
    english, spanish = PHRASES[key]
    assert english.strip()
    assert spanish.strip()
    assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", spanish))


def test_a_language_that_is_not_there() -> None:
    """An unknown language is a mistake that says which there are."""
    with pytest.raises(ValueError, match="there are: en, es"):
        Words("fr")


def test_a_name_we_do_not_know() -> None:
    """A new reason or state is shown as it is, not swallowed."""
    assert Words("es").named("reason", "brand new") == "brand new"


def test_sentences_of_a_finding() -> None:
    """A question keeps its mark alone, and an address is written as it is; other sentences begin with a capital."""
    one = {"severity": "error", "summary": "zoe@x would be made", "detail": "paco@x is left out: the same?",
           "remedy": "write `new: true`."}  # fmt: skip
    assert diagnostic(one, Words("en")) == (
        "error: zoe@x would be made. paco@x is left out: the same? Write `new: true`"
    )
