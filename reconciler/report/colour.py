"""Colours for a terminal, put onto a finished text view; what the world wrote cannot add any."""

from __future__ import annotations

import re

_COLOURS = {"+": "32", "~": "33", "-": "31"}
#: A line of a view that begins with a symbol, or the sentence of what will be destroyed, or a warning not to stop.
_LINE = re.compile(r"^( *)([+~-])( .*)$", re.MULTILINE)
_LOUD = re.compile(r"^( *)(.* will be destroyed|.* do NOT stop now.*|.* refused: .*)$", re.MULTILINE)


def paint(text: str) -> str:
    """The text with ANSI colours (ECMA-48 SGR): green, yellow and red by symbol, bold where it is dangerous."""
    painted = _LINE.sub(lambda found: f"{found[1]}\x1b[{_COLOURS[found[2]]}m{found[2]}{found[3]}\x1b[0m", text)
    return _LOUD.sub("\\1\x1b[1;31m\\2\x1b[0m", painted)
