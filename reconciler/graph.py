"""A stable topological order; knows no resource."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


class Loop(ValueError):
    """The needs form a loop; `nodes` are those that stand in one, or wait for one."""

    def __init__(self, nodes: Sequence[object]) -> None:
        """Keep the nodes in the order given."""
        self.nodes = tuple(nodes)
        super().__init__(f"these need each other: {', '.join(map(str, nodes))}")


def order(
    nodes: Iterable[Node], needs: Mapping[Node, Iterable[Node]], rank: Callable[[Node], tuple[object, ...]]
) -> list[Node]:
    """Put every node after all it needs; of those that are free, the smallest `rank` first.

    Args:
        needs: what must come before; names outside `nodes` are ignored.
        rank: must differ between nodes, so that the order does not depend on the input's.

    Raises:
        Loop: no such order exists.
    """
    given = list(nodes)
    inside = set(given)
    waits = {node: {need for need in needs.get(node, ()) if need in inside and need != node} for node in given}
    follows: dict[Node, list[Node]] = {}
    for node, wanted in waits.items():
        for need in wanted:
            follows.setdefault(need, []).append(node)
    heap: list[tuple[tuple[object, ...], int]] = [(rank(node), at) for at, node in enumerate(given) if not waits[node]]
    heapify(heap)
    place = {node: at for at, node in enumerate(given)}
    done: list[Node] = []
    while heap:
        node = given[heappop(heap)[1]]
        done.append(node)
        for later in follows.get(node, ()):
            waits[later].discard(node)
            if not waits[later]:
                heappush(heap, (rank(later), place[later]))
    if len(done) < len(given):
        finished = set(done)
        raise Loop([node for node in given if node not in finished])
    return done
