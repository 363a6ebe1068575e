"""A YAML file as plain data whose every node knows its place, kept in one flat array beside the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reconciler.model.diagnostic import Diagnostic, Origin

#: A packed place is the line, from 0, shifted by so many bits, and the column, from 0.
COLUMN_BITS = 24


class Map(dict[str, Any]):
    """A mapping. `node` is the number of its own mark, `end` that of the mark after its last descendant."""

    __slots__ = ("end", "node")
    node: int
    end: int


class Seq(list[Any]):
    """A sequence; `node` and `end` as in `Map`."""

    __slots__ = ("end", "node")
    node: int
    end: int


@dataclass(slots=True)
class Gone:
    """Stands where a wrong node is, already reported, so that the rest can be checked further."""

    node: int
    end: int


class Child(NamedTuple):
    """One entry of a container.

    Attributes:
        key: or the index as the author counts it, from 0.
        node: number of the value's mark; a key's mark stands right before it.
        end: number of the mark after the value's last descendant.
    """

    key: str | int
    node: int
    end: int
    value: Any


@dataclass(slots=True)
class Document:
    """A file as plain data: `Map`, `Seq`, text, whole numbers, booleans; `Gone` where a mistake was.

    Attributes:
        value: none when there is nothing to go on with.
        holes: some of it is `Gone`.
        marks: the place of every node in document order, packed.
        found: mistakes, at least one when `value` is none.
    """

    file: str
    value: Any = None
    holes: bool = False
    marks: list[int] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)

    def origin(self, node: int, rule: str = "") -> Origin:
        """The place of a node by its number."""
        return self.unpack(self.marks[node] if node < len(self.marks) else 0, rule)

    def unpack(self, mark: int, rule: str = "") -> Origin:
        """A packed place."""
        return Origin(self.file, (mark >> COLUMN_BITS) + 1, (mark & (1 << COLUMN_BITS) - 1) + 1, rule)

    def children(self, container: Any) -> Iterator[Child]:
        """Entries of a `Map` or `Seq` that are not gone, in the author's order; nothing for a scalar."""
        entries: Iterable[tuple[str | int, Any]]
        if isinstance(container, Map):
            entries, keyed = container.items(), 1
        elif isinstance(container, Seq):
            entries, keyed = enumerate(container), 0
        else:
            return
        node = container.node + 1
        for key, value in entries:
            node += keyed
            inside = isinstance(value, Map | Seq | Gone) and value.node == node
            end = value.end if inside else node + 1
            if not isinstance(value, Gone):
                yield Child(key, node, end, value)
            node = end
