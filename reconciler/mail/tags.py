"""Lists of `tag=value` pieces between semicolons, as DKIM, DMARC, MTA-STS and TLS-RPT write them.

Source: RFC 6376, 3.2 (DKIM's tag lists); RFC 9989, 4.8; RFC 8461, 3.1; RFC 8460, 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.model.diagnostic import Diagnostic, Severity

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VALUE = re.compile(r"[ \t\r\n!-:<-~]*")
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_CUT = 60
#: Pieces of one kind that a finding names.
NAMED = 4


class Tag(NamedTuple):
    """One piece; the value is without the blanks around it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TagList:
    """A text as pieces.

    Attributes:
        tags: in the order written, repeated ones too.
        broken: pieces that are no tag, in order; a final semicolon makes none.
    """

    tags: tuple[Tag, ...] = ()
    broken: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """The value of the first tag of this name (exact case); none when there is none."""
        return next((tag.value for tag in self.tags if tag.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Each name once, in order."""
        return tuple(dict.fromkeys(tag.name for tag in self.tags))

    @property
    def repeated(self) -> tuple[str, ...]:
        """The names that stand more than once, in order."""
        seen: set[str] = set()
        twice: dict[str, None] = {}
        for tag in self.tags:
            if tag.name in seen:
                twice[tag.name] = None
            seen.add(tag.name)
        return tuple(twice)


def read(text: str, *, tight: bool = False, blanks: str = " \t") -> TagList:
    """The pieces of a text; whatever the text is.

    Args:
        tight: no blanks may stand at the equals sign (RFC 8461 and RFC 8460).
        blanks: what counts as blank; DKIM allows folded lines too.
    """
    tags: list[Tag] = []
    broken: list[str] = []
    pieces = text.split(";")
    if len(pieces) > 1 and not pieces[-1].strip(blanks):
        pieces.pop()
    for piece in pieces:
        name, equals, value = piece.strip(blanks).partition("=")
        if not tight:
            name, value = name.rstrip(blanks), value.lstrip(blanks)
        loose = tight and value[:1] in {" ", "\t"} and bool(value)
        if equals and not loose and _NAME.fullmatch(name) and _VALUE.fullmatch(value):
            tags.append(Tag(name, value))
        else:
            broken.append(piece.strip(blanks))
    return TagList(tuple(tags), tuple(broken))


def shown(text: str) -> str:
    """A text for one line of a message: quoted, cut, and printable whatever it holds."""
    quoted = repr(text if len(text) <= _CUT else f"{text[: _CUT - 3]}...")
    return quoted if len(quoted) <= _CUT + 2 else f"{quoted[:_CUT]}..."


def some(texts: Sequence[str]) -> str:
    """A few texts for a message, and how many more there are."""
    more = len(texts) - NAMED
    return ", ".join(map(shown, texts[:NAMED])) + (f" and {more} more" if more > 0 else "")


def plain(text: str) -> str:
    """A text as it is, but printable: what is not is written as Python writes it."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def worst_first(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Errors, then warnings, then the rest, each in the order found."""
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.severity)))
