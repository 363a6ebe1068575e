r"""Texts of strangers inside files of ours: as quoted YAML, or as one line of a comment.

DNS is written by strangers. Whatever a value holds, it stands in the text as one quoted string of printable ASCII, or
not at all; nothing of it can become a key, a comment or a line of its own.
Source: YAML 1.2.2, 5.7 (escapes) and 7.3.1 (double-quoted style), 2021-10-01.
"""

from __future__ import annotations

import re

from reconciler.model.rdata import txt_to_presentation

#: What no spec can hold in a value: line ends and other controls, and what turns the reading order round.
_UNSAYABLE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def quoted(text: str) -> str:
    r"""A text as a double-quoted YAML string of printable ASCII.

    Raises:
        ValueError: it holds surrogates, which YAML cannot write.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("octets that are no UTF-8 cannot be written in YAML")
    return '"' + "".join(map(_letter, text)) + '"'


def _letter(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if " " <= letter <= "~":
        return letter
    code = ord(letter)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def sayable(text: str) -> bool:
    """Tell whether a spec can hold a text at all."""
    return _UNSAYABLE.search(text) is None


def comment(kind: str, value: str) -> str:
    """A record's value for a comment, printable ASCII whatever it holds, cut where it is long."""
    shown = txt_to_presentation(value) if kind == "TXT" else ascii(value)
    return shown if len(shown) <= 200 else f"{shown[:197]}..."


def plain(text: str) -> str:
    """A text of ours that may quote a stranger's, for a comment."""
    shown = "".join(letter if " " <= letter <= "~" else ascii(letter)[1:-1] for letter in text)
    return shown if len(shown) <= 300 else f"{shown[:297]}..."
