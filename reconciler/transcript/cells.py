"""What a cell of a table can hold, safe to open in a spreadsheet."""

from __future__ import annotations

import re
import unicodedata

from reconciler.mail.quoting import sayable

#: What a spreadsheet takes for a formula when a cell begins so, in a table that it splits at semicolons too.
_FORMULA = re.compile(r"(?:\A|;)\s*[=+@\-\uff1d\uff0b\uff20\uff0d]")
#: A telephone number: whoever reckons it out has a number at most.
_PHONE = re.compile(r"\+[0-9 ()./-]*[0-9]")
BEGINS = "begins like a formula: spreadsheets would run it"


def unwritable(text: str) -> str:
    """Why no cell of a table holds it as it is; empty when one does."""
    if not text or text != text.strip() or not sayable(text):
        return "no table can write it"
    if any(unicodedata.category(letter) == "Cf" for letter in text):
        return "it holds a character that nobody sees"
    return f"it {BEGINS}" if _FORMULA.search(text) and not _PHONE.fullmatch(text) else ""
