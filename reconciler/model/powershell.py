"""Values as PowerShell literals that no value can break out of.

PowerShell takes U+2018 to U+201B for an apostrophe; inside such a string a doubled one stands for itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

#: All that ends a single-quoted string.
QUOTES = "'\u2018\u2019\u201a\u201b"
_DOUBLED = str.maketrans({quote: quote * 2 for quote in QUOTES})
#: Controls, what changes the order in which text is shown, halves of characters, line and paragraph separators.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Two joiners that names in Persian and Hindi need.
_JOINERS = "\u200c\u200d"


def problem(text: str) -> str:
    """Why a text may not stand in a script that people review; empty when it may."""
    bad = next((one for one in text if unicodedata.category(one) in _REFUSED and one not in _JOINERS), "")
    return f"the character U+{ord(bad):04X} may not stand in a script that people review" if bad else ""


def literal(text: str) -> str:
    """A text as one single-quoted string, on one line.

    Raises:
        ValueError: it may not stand in a script.
    """
    if wrong := problem(text):
        raise ValueError(wrong)
    return f"'{text.translate(_DOUBLED)}'"


def listed(texts: Iterable[str]) -> str:
    """Texts as one array, on one line.

    Raises:
        ValueError: one of them may not stand in a script.
    """
    return f"@({', '.join(literal(one) for one in texts)})"
