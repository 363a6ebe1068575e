"""Text from the world on one visible line."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.escape import line, visible
from tests.report.samples import HOSTILE, hidden

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@given(ANY, st.integers(1, 50))
def test_line_is_visible_and_short(text: str, limit: int) -> None:
    """Nothing hidden survives, no newline, and no more than the limit and the note about it."""
    shown = line(text, limit)
    assert not hidden(shown)
    assert "\n" not in shown
    assert len(shown) <= limit + len(f"… ({len(text):,} characters)")


@given(ANY)
def test_visible_twice_is_visible_once(text: str) -> None:
    """What has been made visible stays as it is."""
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=50))
def test_plain_text_is_left_alone(text: str) -> None:
    """Printable ASCII is shown as it is."""
    assert line(text) == visible(text) == text


def test_each_sign_by_its_number() -> None:
    """Controls, bidi marks, fillers and lone surrogates are written by number; letters and emoji are not."""
    assert line("a\x1b\u202e\u3164\udcff\U000e0041\tñ😀") == "a\\u001b\\u202e\\u3164\\udcff\\U000e0041\\u0009ñ😀"


def test_cut() -> None:
    """What is left out is counted in the characters that it had."""
    assert line(HOSTILE["long"], 5) == "AAAAA… (70,000 characters)"
    assert line("ab", 2) == "ab"
    assert line("é\x1b", 3) == "é… (2 characters)"
