"""One object of an answer, read part by part; what is malformed is `Invalid`, never guessed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.microsoft365.answers import line
from reconciler.model.errors import Invalid

Entry = Mapping[str, Any]


class Told:
    """One object of an answer, whose parts are read one by one; null counts as absent."""

    __slots__ = ("_entry", "_provider", "what")

    def __init__(self, provider: str, what: str, entry: object) -> None:
        """`what`: for a person.

        Raises:
            Invalid: it is no object.
        """
        self._provider, self.what = provider, what
        if not isinstance(entry, Mapping):
            raise Invalid(provider, f"{what} is no object")
        self._entry = entry

    def wrong(self, name: str, needed: str) -> Invalid:
        """What to raise for a part that is malformed."""
        return Invalid(self._provider, f"{line(self.what)}: {name} is not {needed}")

    def text(self, name: str) -> str:
        """A text; empty when it is absent."""
        value = self._entry.get(name)
        if value is None:
            return ""
        if type(value) is not str or not (value.isascii() or _sound(value)):
            raise self.wrong(name, "a text")
        return value

    def word(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if not value:
            raise self.wrong(name, "a text that is not empty")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._entry.get(name)
        if value is None:
            return default
        if value is True or value is False:
            return bool(value)
        raise self.wrong(name, "true or false")

    def count(self, name: str) -> int:
        """A whole number; 0 when it is absent."""
        value = self._entry.get(name)
        if value is None:
            return 0
        if type(value) is not int or abs(value) >= 2**31:
            raise self.wrong(name, "a number of seats")
        return max(value, 0)

    def texts(self, name: str) -> Sequence[str]:
        """A list of texts; empty when it is absent."""
        value = self._entry.get(name)
        if value is None:
            return ()
        if type(value) is not list or not all(type(one) is str and (one.isascii() or _sound(one)) for one in value):
            raise self.wrong(name, "a list of texts")
        return value

    def entries(self, name: str) -> Sequence[Entry]:
        """A list of objects; empty when it is absent."""
        value = self._entry.get(name)
        if value is None:
            return ()
        if type(value) is not list or not all(isinstance(one, Mapping) for one in value):
            raise self.wrong(name, "a list of objects")
        return value

    def inside(self, name: str) -> Entry:
        """An object; empty when it is absent."""
        value = self._entry.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.wrong(name, "an object")
        return value


def _sound(text: str) -> bool:
    """No half of a surrogate pair, which no file or terminal can take."""
    return not any("\ud800" <= char <= "\udfff" for char in text)
