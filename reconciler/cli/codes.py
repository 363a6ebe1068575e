"""Exit codes: what each says, and which one stands for a whole run."""

from __future__ import annotations

from collections.abc import Iterable

INTERRUPTED, PARTIAL, ERROR, REFUSED, WAITING, CHANGES, DONE = 130, 4, 1, 3, 5, 2, 0

#: The first that holds for anything in a run is the run's.
ORDER = (INTERRUPTED, PARTIAL, ERROR, REFUSED, WAITING, CHANGES, DONE)


def fold(codes: Iterable[int], wrote: bool = False) -> int:
    """The code of a run over several customers.

    Args:
        codes: one for each; none = 0.
        wrote: something was written for at least one; 130 promises that nothing was.
    """
    found = set(codes)
    first = next((code for code in ORDER if code in found), DONE)
    return PARTIAL if first == INTERRUPTED and wrote else first
