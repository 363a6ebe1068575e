"""Nodes come after what they need, in an order that the input's order does not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.graph import Loop, order


@st.composite
def needing(draw: st.DrawFn) -> tuple[list[int], dict[int, list[int]]]:
    """Nodes in random order, each needing some that come before it in a random permutation of them."""
    size = draw(st.integers(0, 12))
    place = draw(st.permutations(range(size)))
    needs = {node: draw(st.lists(st.sampled_from(place[:at]), unique=True)) for at, node in enumerate(place) if at}
    return draw(st.permutations(range(size))), needs


def respects(found: Sequence[int], needs: Mapping[int, Sequence[int]]) -> bool:
    """Taken from the input: every node stands behind all it needs."""
    at = {node: place for place, node in enumerate(found)}
    return all(at[need] < at[node] for node, wanted in needs.items() for need in wanted)


@given(needing())
def test_needs_come_first(given_: tuple[list[int], dict[int, list[int]]]) -> None:
    """Every node comes once, after all it needs."""
    nodes, needs = given_
    found = order(nodes, needs, lambda node: (node,))
    assert sorted(found) == sorted(nodes)
    assert respects(found, needs)


@given(needing(), st.randoms())
def test_order_of_the_input_does_not_matter(given_: tuple[list[int], dict[int, list[int]]], random: object) -> None:
    """The same nodes in another order give the same result."""
    nodes, needs = given_
    shuffled = list(nodes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert order(nodes, needs, lambda node: (node,)) == order(shuffled, needs, lambda node: (node,))


def test_smallest_free_rank_first() -> None:
    """Where needs leave a choice the rank decides."""
    assert order([3, 1, 2], {1: [3]}, lambda node: (node,)) == [2, 3, 1]


def test_loop_is_named() -> None:
    """A loop is an error that names those in it and those that wait for it, and nobody else."""
    with pytest.raises(Loop) as caught:
        order([1, 2, 3, 4], {1: [2], 2: [1], 3: [1]}, lambda node: (node,))
    assert set(caught.value.nodes) == {1, 2, 3}


def test_needs_outside_do_not_count() -> None:
    """What is not to be ordered is not waited for, nor is a node for itself."""
    assert order([1], {1: [1, 9]}, lambda node: (node,)) == [1]
