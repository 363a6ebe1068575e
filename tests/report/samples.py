"""Sample documents, hostile strings, and every place in a document where the world can write."""

import copy
import json
import pathlib
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

HERE = pathlib.Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "documents").glob("*.json"))

#: As long as no instant is, with nothing in it that any view acts on.
HARMLESS = "z" * 30
LONG = "A" * 70_000
HOSTILE = {
    "fence": "````\n```\n# heading\n~~~",
    "details": "</details></summary>\n\n<details>",
    "comment": "--> <!-- --!>",
    "script": "<script>alert(1)<img src=x onerror=alert(1)>",
    "quotes": '"\' onload="x" `\'',
    "pipes": "a | b \\| c || \\\\",
    "backticks": "`a` `` b ``` " + "`" * 40,
    "ticks-only": "``",
    "formula": "=cmd|' C'!A0",
    "escape": "\x1b[31mred\x1b]0;title\x07\x9b31m",
    "bidi": "safe\u202egnp.exe\u2066\u2069\u200f",
    "lines": "one\r\ntwo\u2028three\u2029four\x0bfive\x85six\n+ fake: will be created",
    "zero": "a\u200bb\ufeffc\u00add\u3164e\ufe0ff\U000e0041g\x00\x7f",
    "surrogate": "\udcff\ud800",
    "mention": "@everyone #1 https://evil.example www.evil.example [a](b) ![c](d) **e** _f_ ~g~ <b>",
    "braces": "{customer} {0} %s %(a)s ${x}",
    "long": LONG,
}
#: All of them in one, without enough slashes to be an address.
ALL = (
    " ".join(text for name, text in HOSTILE.items() if name not in {"long", "mention", "details"}) + " @all </details>"
)


def document(name: str) -> dict[str, Any]:
    """A sample document, fresh."""
    loaded: dict[str, Any] = json.loads((HERE / "documents" / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


#: Keys and indices from the root of a document.
Path = tuple[str | int, ...]


def places(value: object, path: Path = ()) -> Iterator[Path]:
    """Where a text stands in a document; what kind of document it is, is ours."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))
    elif isinstance(value, str) and path not in {("kind",), ("format_version",)}:
        yield path


def replaced(whole: dict[str, Any], at: Sequence[Path], text: str) -> dict[str, Any]:
    """A copy with another text in some places."""
    fresh = copy.deepcopy(whole)
    for path in at:
        inner: Any = fresh
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = text
    return fresh


def hidden(text: str) -> set[str]:
    """Characters that a reader would not see or that a terminal would obey."""
    return {one for one in text if one not in " \n" and unicodedata.category(one)[0] in "CZ"}
