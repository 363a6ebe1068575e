"""Requests that go wrong at random, the same for the same seed and the same order of requests."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Drawn:
    """What befalls one request; status 0 = its connection is dropped."""

    status: int
    effect: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class Storm:
    """Draws for each request; what is inside a batch is never dropped alone."""

    def __init__(self, rate: float, seed: int) -> None:
        self._rate, self._random = rate, random.Random(seed)

    def drawn(self, *, inner: bool) -> Drawn | None:
        """What befalls the next request, if anything."""
        if not self._rate or self._random.random() >= self._rate:
            return None
        status = self._random.choice((429, 429, 503, 500) if inner else (429, 429, 503, 500, 0))
        effect = status != 429 and self._random.random() < 0.5
        wait = str(self._random.randint(1, 3))
        return Drawn(status, effect, {"Retry-After": wait} if status == 429 and self._random.random() < 0.5 else {})
