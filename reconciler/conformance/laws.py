"""The fifteen laws, in order; some are judged in two parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.conformance import laws_again, laws_offline, laws_reading, laws_writing
from reconciler.conformance.harness import Harness


@dataclass(frozen=True, slots=True)
class Law:
    """One law, or a part of one.

    Attributes:
        number: 1 to 15, as every complaint names it.
        text: the law in one sentence.
        check: raises AssertionError when it is broken; takes a fresh harness.
    """

    number: int
    text: str
    check: Callable[[Harness], None]

    @property
    def name(self) -> str:
        """For people and for test ids: `law_10_partial`."""
        return self.check.__name__


def _law(number: int, check: Callable[[Harness], None]) -> Law:
    return Law(number, (check.__doc__ or "").strip(), check)


LAWS = (
    _law(1, laws_offline.law_1),
    _law(2, laws_offline.law_2),
    _law(3, laws_offline.law_3),
    _law(4, laws_offline.law_4),
    _law(5, laws_reading.law_5),
    _law(6, laws_writing.law_6),
    _law(7, laws_writing.law_7),
    _law(8, laws_writing.law_8),
    _law(9, laws_writing.law_9),
    _law(10, laws_again.law_10),
    _law(10, laws_again.law_10_partial),
    _law(11, laws_again.law_11),
    _law(11, laws_again.law_11_concurrent),
    _law(12, laws_reading.law_12),
    _law(12, laws_reading.law_12_storm),
    _law(13, laws_offline.law_13),
    _law(14, laws_reading.law_14),
    _law(15, laws_again.law_15),
)
