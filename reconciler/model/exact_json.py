"""Strict JSON that survives being read and written: nothing doubled, rounded or lost."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class Fraction(str):
    """A number with a fraction or an exponent, as it was written: a float would round it."""

    __slots__ = ()


def parse(text: str) -> Any:
    """Read one JSON value; whole numbers are int, other numbers `Fraction`.

    Raises:
        ValueError: not JSON, a name twice in one object, NaN, or nested too deep; the message starts with
            `line:column: ` where the place is known.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=Fraction, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except RecursionError:
        raise ValueError("nested too deep") from None


def render(value: Any) -> str:
    """Write a value as `parse` returns it, one item a line, one blank for each level, order kept.

    A lone surrogate stays in the text: encode it with `backslashreplace`, which is JSON's own way to write it.

    Raises:
        ValueError: nested too deep.
    """
    pieces: list[str] = []
    try:
        _render(value, "\n", pieces)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return "".join(pieces) + "\n"


_atom = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _render(value: Any, line: str, pieces: list[str]) -> None:
    if isinstance(value, Fraction):
        pieces.append(str(value))
    elif isinstance(value, dict) and value:
        items = [(f"{_atom(name)}: ", one) for name, one in value.items()]
        _many("{}", items, line, pieces)
    elif isinstance(value, list) and value:
        _many("[]", [("", one) for one in value], line, pieces)
    else:
        pieces.append(_atom(value))


def _many(brackets: str, items: list[tuple[str, Any]], line: str, pieces: list[str]) -> None:
    pieces.append(brackets[0])
    for number, (name, value) in enumerate(items):
        pieces.append(f"{',' if number else ''}{line} {name}")
        _render(value, line + " ", pieces)
    pieces.append(line + brackets[1])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")
