"""Text from the world made fit to show: one line, nothing invisible, nothing endless."""

from __future__ import annotations

import unicodedata

#: Characters of one value that a view shows; a 4096-bit DKIM key (about 750) still fits.
LIMIT = 1000
#: Characters of a name, a heading or a place.
SHORT = 200

#: Invisible though in neither category C nor Z: fillers and variation selectors.
#: Source: Unicode 15.1, DerivedCoreProperties.txt, Default_Ignorable_Code_Point, 2023.
_INVISIBLE = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)]
) | frozenset(range(0xE0100, 0xE01F0))


def visible(text: str) -> str:
    """The same text with every control, bidi mark, strange space and surrogate written as `\\uXXXX`; idempotent."""
    return text if text.isascii() and text.isprintable() else "".join(map(_character, text))


def line(text: object, limit: int = LIMIT) -> str:
    """One visible line of at most `limit` characters; what is longer ends in `… (70,000 characters)`."""
    whole = str(text)
    if len(whole) <= limit and whole.isascii() and whole.isprintable():
        return whole
    pieces: list[str] = []
    used = 0
    for character in whole:
        piece = _character(character)
        used += len(piece)
        if used > limit:
            return f"{''.join(pieces)}… ({len(whole):,} characters)"
        pieces.append(piece)
    return "".join(pieces)


def _character(one: str) -> str:
    code = ord(one)
    hidden = one != " " and (unicodedata.category(one)[0] in "CZ" or code in _INVISIBLE)
    if not hidden:
        return one
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
