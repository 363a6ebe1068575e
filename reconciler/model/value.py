"""What a slot can hold: a plain value, or one that somebody else will name later."""

from __future__ import annotations

from dataclasses import dataclass

Value = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """What an unknown value may turn out to be; all that is given must hold.

    Attributes:
        text: the sentence a person reads in a plan.
        under: the last word of every value must be one of these host names, or a name below one (no final dot).
        prefix: every value must start so.
    """

    text: str
    under: tuple[str, ...] = ()
    prefix: str = ""

    def allows(self, value: Value) -> bool:
        """Tell whether a value lies inside; an empty tuple never does."""
        values = value if isinstance(value, tuple) else (value,)
        return bool(values) and all(self._allows(str(one)) for one in values)

    def _allows(self, value: str) -> bool:
        if not value.startswith(self.prefix):
            return False
        host = value.split()[-1].rstrip(".").lower() if value.split() else ""
        return not self.under or any(host == end or host.endswith("." + end) for end in self.under)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that its owner names at run time; read or given, never derived.

    Attributes:
        source: the fact that will hold it (`tenant/contoso.onmicrosoft.com/domain/contoso.com/MX/@`).
        constraint: what the value may turn out to be.
    """

    source: str
    constraint: Constraint


class Secret:
    """A text that must not be shown; only `reveal` gives it, everything else prints `***`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Wrap the text."""
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        """Never the text."""
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> str:
        """Refuse to be copied into a file.

        Raises:
            TypeError: always.
        """
        raise TypeError("a secret is not written down")
