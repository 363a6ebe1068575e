"""Exact JSON: what is read and written again is the same, and what is no strict JSON is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import exact_json

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(VALUES)
def test_a_round_trip_loses_nothing(value: Any) -> None:
    """Read, written and read by another reader, a value is the same, in the same order."""
    text = exact_json.render(exact_json.parse(json.dumps(value)))
    assert json.dumps(json.loads(text)) == json.dumps(value)


@given(VALUES)
def test_writing_is_a_fixed_point(value: Any) -> None:
    """What was written is written the same again, in the layout of the standard library with one blank."""
    text = exact_json.render(exact_json.parse(json.dumps(value)))
    assert exact_json.render(exact_json.parse(text)) == text
    assert text == json.dumps(value, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("number", ["1.10", "1E5", "-0.0", "1e999", "0.1234567890123456789", "-5e-400", "7"])
def test_numbers_keep_their_text(number: str) -> None:
    """No digit is rounded away."""
    assert exact_json.render(exact_json.parse(number)) == number + "\n"


def test_half_a_surrogate_pair_survives_a_file() -> None:
    """Encoded as the module says, a lone surrogate comes back."""
    text = exact_json.render(exact_json.parse('"\\ud800 ñ"'))
    assert exact_json.parse(text.encode(errors="backslashreplace").decode()) == "\ud800 ñ"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1:1: not JSON"),
        ('{\n "a": 1,\n}', "3:1: not JSON"),
        ('{"a": {"b": 1, "b": 2}}', "'b' stands twice"),
        ("[NaN]", "NaN"),
        ("-Infinity", "-Infinity"),
        ("9" * 5000, "digits"),
        ("[" * 50_000, "nested too deep"),
        ('{"a":' * 50_000, "nested too deep"),
        ("1 2", "1:3: not JSON"),
        ("'a'", "not JSON"),
        ("\ufeff{}", "not JSON"),
    ],
)
def test_what_is_no_strict_json_is_refused(text: str, reason: str) -> None:
    """With the place where it is known."""
    with pytest.raises(ValueError, match=reason):
        exact_json.parse(text)


def test_what_can_be_read_can_be_written_or_is_refused() -> None:
    """A depth that the reader still takes never breaks the writer with anything but a ValueError."""
    for depth in (100, 300, 900, 980):
        try:
            value = exact_json.parse("[" * depth + "]" * depth)
        except ValueError:
            continue
        try:
            text = exact_json.render(value)
        except ValueError:
            continue
        assert exact_json.parse(text) == value
