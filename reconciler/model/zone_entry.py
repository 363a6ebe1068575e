r"""One entry of a zone file: its tokens, where they stand, and what the fields before the value mean.

Offsets count characters of the whole text, so that an edit can touch one field and nothing else.
Source: RFC 1035 section 5.1 (master files), RFC 2308 section 4 ($TTL), RFC 2181 section 8 (TTL range); units of time as
BIND and others read them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: RFC 2181 section 8.
LONGEST_TTL = 2**31 - 1

_TOKEN = re.compile(
    r"""
    ([ \t]+)                                  # 1 blanks
    | (;[^\n]*)                               # 2 comment
    | (\r?\n)                                 # 3 line end
    | (\()                                    # 4
    | (\))                                    # 5
    | ("(?:[^"\\\n]|\\[^\n])*+")              # 6 quoted string
    | ((?:[^ \t\n;()"\\\r]|\\[^\n]|\r(?!\n))++)   # 7 word
    """,
    re.VERBOSE,
)
_BLANK, _COMMENT, _LINE, _OPEN, _CLOSE, _QUOTED = range(1, 7)
_TTL = re.compile(r"(?=[0-9])(?:[0-9]++[smhdwSMHDW])*+(?:[0-9]++)?+")
_PART = re.compile(r"([0-9]+)([smhdw]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_CLASSES = {"IN": True, "CLASS1": True, "CH": False, "CHAOS": False, "HS": False, "HESIOD": False, "CS": False}


class Token(NamedTuple):
    """A word or a quoted string, as written, from `start` to `end`."""

    text: str
    start: int
    end: int


class Entry(NamedTuple):
    """A directive or record with its whole lines, from `start` to `end` (behind the line end).

    Attributes:
        blank: it starts with blanks: a record takes its owner from the one before.
        problem: why it could not be read to its end; empty when it could.
        at: where the problem is; 0 without one.
    """

    start: int
    end: int
    blank: bool
    tokens: tuple[Token, ...]
    problem: str = ""
    at: int = 0


class Fields(NamedTuple):
    """What a record's tokens mean.

    Attributes:
        owner: none when it is taken from the record before.
        ttl: none when it is not written.
        second: offset of what follows the owner: a TTL may be put here.
        kind: the type's token.
        value: the tokens behind it.
    """

    owner: Token | None
    ttl: Token | None
    second: int
    kind: Token
    value: tuple[Token, ...]


def read_entry(text: str, start: int) -> Entry:
    """The entry that starts at an offset; parentheses join lines. Always ends behind `start`."""
    tokens: list[Token] = []
    opened: list[int] = []
    blank = text[start] in " \t"
    at = start
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return Entry(start, _next_line(text, at), blank, tuple(tokens), _open_end(text[at]), at)
        sort, at = found.lastindex or 0, found.end()
        if sort >= _QUOTED:
            tokens.append(Token(found[0], found.start(), at))
        elif sort == _OPEN:
            opened.append(found.start())
        elif sort == _CLOSE and not opened:
            problem = "a ) closes nothing"
            return Entry(start, _next_line(text, at), blank, tuple(tokens), problem, found.start())
        elif sort == _CLOSE:
            opened.pop()
        elif sort == _LINE and not opened:
            break
    problem, place = ("a ( is never closed", opened[-1]) if opened else ("", 0)
    return Entry(start, at, blank, tuple(tokens), problem, place)


def read_fields(entry: Entry) -> Fields:
    """Tell owner, TTL, class (IN or none, before or behind the TTL), type and value apart.

    Raises:
        ValueError: the type is missing, or the class is another.
    """
    rest = list(entry.tokens)
    owner = None if entry.blank else rest.pop(0)
    ttl = None
    second = rest[0].start if rest else 0
    classes = 0
    while rest:
        word = rest[0].text.upper()
        if ttl is None and _TTL.fullmatch(word):
            ttl = rest.pop(0)
        elif word in _CLASSES and not classes:
            if not _CLASSES[word]:
                raise ValueError(f"class {word}: only IN is understood")
            classes += 1
            rest.pop(0)
        else:
            return Fields(owner, ttl, second, rest[0], tuple(rest[1:]))
    raise ValueError("a record needs a type and a value")


def plain(tokens: tuple[Token, ...]) -> str:
    """Tokens on one line, without comments and parentheses; what stood without a gap stays so."""
    pieces = []
    end = tokens[0].start if tokens else 0
    for token in tokens:
        pieces.append(token.text if token.start == end else f" {token.text}")
        end = token.end
    return "".join(pieces)


def seconds(text: str) -> int:
    """A TTL or another time: `3600`, `1h30m`, `1W`.

    Raises:
        ValueError: it is none, or above 2147483647.
    """
    if not _TTL.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no time: write seconds, or 1h30m")
    if len(text) > 100:  # so that no number is too long to be read
        raise ValueError(f"{_shown(text)} is too long: the limit is {LONGEST_TTL} seconds")
    total = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text.lower()))
    if total > LONGEST_TTL:
        raise ValueError(f"{_shown(text)} is too long: the limit is {LONGEST_TTL} seconds")
    return total


def _next_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _open_end(character: str) -> str:
    return "a quote is not closed on its line" if character == '"' else "a backslash escapes nothing"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
