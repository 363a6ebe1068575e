"""`$filter`, as far as directory objects take it: what it picks, and whether an index that lags must answer.

Source: Microsoft Graph, "Use the $filter query parameter" and "Advanced query capabilities" (read 2026-08).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.graph.refusal import bad, unsupported
from tests.emulators.graph.tenants import Data

Test = Callable[[Data], bool]

#: The most comparisons that one filter joins by `or` or `in`; the real one refuses the sixteenth.
CLAUSES = 15
_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z0-9_./:+-]+)|([(),]))")
_KEYS = {"userPrincipalName", "id", "mail", "proxyAddresses"}


@dataclass
class Filter:
    """A filter that was read.

    Attributes:
        test: whether an object is picked. advanced: the index must answer.
        keys: ids and addresses, one of which each picked object has; None = unknown, all must be looked at.
    """

    test: Test
    advanced: bool
    keys: list[str] | None


@dataclass
class _Reader:
    text: str
    tokens: list[str] = field(default_factory=list)
    at: int = 0
    clauses: int = 0
    advanced: bool = False

    def __post_init__(self) -> None:
        place = 0
        while self.text[place:].strip():
            found = _TOKEN.match(self.text, place)
            if found is None:
                raise bad(f"Invalid filter clause: {self.text}", wrong=True)
            self.tokens.append(found[0].strip())
            place = found.end()

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.peek()
        if not token or (wanted and token.lower() not in wanted):
            raise bad(f"Invalid filter clause: {self.text}", wrong=True)
        self.at += 1
        return token

    def either(self) -> tuple[Test, list[str] | None]:
        tests = [self.both()]
        while self.peek().lower() == "or":
            self.take()
            tests.append(self.both())
        if len(tests) == 1:
            return tests[0]
        keys = [one for _, some in tests for one in some or ()] if all(some is not None for _, some in tests) else None
        picks = [test for test, _ in tests]
        return (lambda data: any(test(data) for test in picks)), keys

    def both(self) -> tuple[Test, list[str] | None]:
        tests = [self.single()]
        while self.peek().lower() == "and":
            self.take()
            tests.append(self.single())
        if len(tests) == 1:
            return tests[0]
        keys = next((some for _, some in tests if some is not None), None)
        picks = [test for test, _ in tests]
        return (lambda data: all(test(data) for test in picks)), keys

    def single(self) -> tuple[Test, list[str] | None]:
        word = self.peek().lower()
        if word == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if word == "not":
            self.take()
            self.advanced = True
            test, _ = self.single()
            return (lambda data: not test(data)), None
        if word in {"startswith", "endswith"}:
            return self.function(word), None
        return self.comparison()

    def function(self, word: str) -> Test:
        self.take()
        self.take("(")
        name = self.take()
        self.take(",")
        wanted = str(self.value()).lower()
        self.take(")")
        if word == "endswith":
            self.advanced = True
            if name not in {"mail", "userPrincipalName", "proxyAddresses", "otherMails"}:
                raise unsupported(f"Unsupported Query: endsWith on {name}.", wrong=True)
            return lambda data: str(data.get(name) or "").lower().endswith(wanted)
        return lambda data: str(data.get(name) or "").lower().startswith(wanted)

    def comparison(self) -> tuple[Test, list[str] | None]:
        name = self.take()
        if name.endswith("/any"):
            return self.some(name.removesuffix("/any"))
        verb = self.take("eq", "ne", "in")
        self.clauses += 1
        if verb == "in":
            self.take("(")
            wanted = [self.value()]
            while self.peek() == ",":
                self.take()
                wanted.append(self.value())
            self.take(")")
            self.clauses += len(wanted) - 1
        else:
            wanted = [self.value()]
        plain = {one.lower() if isinstance(one, str) else one for one in wanted}
        if verb == "ne":
            self.advanced = True
            return (lambda data: _plain(data.get(name)) not in plain), None
        keys = [str(one) for one in wanted] if name in _KEYS else None
        return (lambda data: _plain(data.get(name)) in plain), keys

    def some(self, name: str) -> tuple[Test, list[str] | None]:
        self.take("(")
        variable, _, left = self.take().partition(":")
        left = left or self.take()
        if left == ":":
            left = self.take()
        left = left.removeprefix(":")
        self.take("eq")
        self.clauses += 1
        wanted = _plain(self.value())
        self.take(")")
        inner = left.removeprefix(variable).removeprefix("/")

        def test(data: Data) -> bool:
            return any(_plain(one[inner] if inner else one) == wanted for one in data.get(name, ()))

        keys = [str(wanted).partition(":")[2]] if name == "proxyAddresses" else None
        return test, keys

    def value(self) -> Any:
        token = self.take()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        words: dict[str, Any] = {"true": True, "false": False, "null": None}
        return words.get(token.lower(), token)


def _plain(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def read(text: str) -> Filter:
    """Read a filter.

    Raises:
        Refusal: it cannot be read, or joins too much.
    """
    reader = _Reader(text)
    test, keys = reader.either()
    if reader.peek():
        raise bad(f"Invalid filter clause: {text}", wrong=True)
    if reader.clauses > CLAUSES:
        what = "Too many child clauses specified in search filter expression containing 'OR' operators"
        raise unsupported(f"{what}: {reader.clauses}. Max allowed: {CLAUSES}.", wrong=True)
    return Filter(test, reader.advanced, keys)
