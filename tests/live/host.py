"""A DNS host that tests put behind an adapter: a real server, or one played more strictly than the real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet


class Host(Protocol):
    """One host on loopback; whoever started it closes it.

    Attributes:
        type: of the adapter, as a workspace names it.
    """

    type: str

    def options(self) -> Mapping[str, object]:
        """What stands beside `type` in the workspace's entry; secrets as references."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Environment variables that the references need."""
        ...

    def make(self, zone: str, sets: Iterable[RecordSet] = ()) -> None:
        """A new zone with these record sets and nothing else but what it cannot be without."""
        ...

    def truth(self, zone: str) -> Mapping[Key, RecordSet]:
        """What is really there, in normal form, read without the adapter."""
        ...

    def edit(self, key: Key, wished: RecordSet | None) -> None:
        """Change the truth behind the adapter's back; none removes."""
        ...

    def calls(self) -> Counter[str]:
        """What the server was asked since it was started, counted by the server, by a word for each sort of call."""
        ...

    def close(self) -> None:
        """End it; nothing is left running."""
        ...
