"""Macros of SPF: which ones a text may hold, and what they become for one message.

Source: RFC 7208, sections 7.1 (grammar), 7.2 (letters), 7.3 (transformers).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

#: Letters in terms. The three that tell of the verifier stand in explanations alone.
LETTERS = "slodipvh"
EXPLAINING = LETTERS + "crt"

_DELIMITERS = r"[.\-+,/_=]*"
_NAMED = r"%\{[A-Za-z][0-9]*[rR]?" + _DELIMITERS + r"\}"
_STRING = re.compile(rf"(?:[!-$&-~]++|(?P<macro>%[%_-]|{_NAMED}))*+")
_MACRO = re.compile(rf"%(?:([%_-])|\{{([A-Za-z])([0-9]*)([rR]?)({_DELIMITERS})\}})")
_PLAIN = {"%": "%", "_": " ", "-": "%20"}
_RESERVED = re.compile(r"[^A-Za-z0-9\-._~]")
#: No name has more labels (RFC 1035, 3.1): beyond, a count of parts means all of them.
_MOST_PARTS = 128


class Macro(NamedTuple):
    """One macro with a letter.

    Attributes:
        letter: lower case.
        escaped: it was written in upper case: what it becomes is URL-escaped.
        keep: how many parts are kept, from the right; 0 for all.
        reverse: the parts are turned round first.
        delimiters: the characters to split at.
    """

    letter: str
    escaped: bool
    keep: int
    reverse: bool
    delimiters: str

    def of(self, value: str) -> str:
        """What the macro becomes where its letter stands for `value`."""
        parts = re.split(f"[{re.escape(self.delimiters)}]", value)
        if self.reverse:
            parts.reverse()
        text = ".".join(parts[-self.keep :])
        return _RESERVED.sub(_escape, text) if self.escaped else text


def present(text: str) -> bool:
    """Tell whether a sound text holds a macro with a letter, so that what it becomes depends on the message."""
    return "%{" in text.replace("%%", "")


def mistake(text: str, letters: str = LETTERS) -> str:
    """What is wrong with a macro string, for people, in one line; empty when nothing is.

    Args:
        text: visible ASCII characters.
        letters: the letters it may use, lower case.
    """
    if "%" not in text:
        return ""
    match = _STRING.match(text)
    end = match.end() if match else 0
    if end < len(text):
        return f"{_shown(text[end:])} is no macro: % stands only in %{{...}}, %%, %_ and %-"
    for one in split(text):
        if isinstance(one, Macro):
            if one.letter not in letters:
                return _no_letter(one.letter)
            if one.keep < 0:
                return f"the macro %{{{one.letter}}} keeps no part: the number in it must not be zero"
    return ""


def ends_in_macro(text: str) -> bool:
    """Tell whether a sound macro string ends in a macro, `%%`, `%_` and `%-` included."""
    match = _STRING.fullmatch(text)
    return match is not None and match.end("macro") == len(text)


def expand(text: str, value: Callable[[str], str]) -> str:
    """A sound macro string with its macros replaced.

    Args:
        value: what a letter stands for; asked in order and only for letters that occur.
    """
    if "%" not in text:
        return text
    return "".join(one if isinstance(one, str) else one.of(value(one.letter)) for one in split(text))


def split(text: str) -> tuple[str | Macro, ...]:
    """The pieces of a sound macro string in order: text to be taken as it is, and macros with a letter.

    A macro that is told to keep zero parts, which is a mistake, has `keep` -1.
    """
    return _short(text) if len(text) <= 255 else _split(text)


def _split(text: str) -> tuple[str | Macro, ...]:
    found: list[str | Macro] = []
    at = 0
    for match in _MACRO.finditer(text):
        if match.start() > at:
            found.append(text[at : match.start()])
        at = match.end()
        plain, letter, digits, reverse, delimiters = match.groups()
        if plain:
            found.append(_PLAIN[plain])
        else:
            found.append(Macro(letter.lower(), letter.isupper(), _count(digits), bool(reverse), delimiters or "."))
    if at < len(text):
        found.append(text[at:])
    return tuple(found)


_short = lru_cache(maxsize=1024)(_split)


def _count(digits: str) -> int:
    if not digits:
        return 0
    number = digits.lstrip("0")
    return min(int(number), _MOST_PARTS) if 0 < len(number) <= 3 else (_MOST_PARTS if number else -1)


def _no_letter(letter: str) -> str:
    if letter in EXPLAINING:
        return f"the macro %{{{letter}}} is for the text of an explanation alone"
    return f"there is no macro %{{{letter}}}"


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in match.group().encode("utf-8", "surrogateescape"))


def _shown(text: str) -> str:
    return text if len(text) <= 12 else f"{text[:9]}..."
