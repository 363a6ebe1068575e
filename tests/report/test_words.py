"""The product's own words in two languages."""

import re

import pytest

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
