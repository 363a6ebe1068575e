"""Many questions on their way side by side, in one loop over sockets."""

from __future__ import annotations

import selectors
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence

from reconciler.model.answer import Answer, Question, Status
from reconciler.probe.exchange import Exchange, Server


class Volley:
    """One run over some questions.

    Attributes:
        answers: what is known so far; complete after `run`.
        sent: how many messages each question took.
    """

    def __init__(
        self,
        questions: Iterable[Question],
        servers: Sequence[Server],
        *,
        timeout: float,
        tries: int,
        workers: int,
        deadline: float,
        silent: set[Server],
    ) -> None:
        """Nothing is sent yet; the arguments are those of `Resolver`, `silent` that of `Exchange`."""
        self.answers: dict[Question, Answer] = {}
        self.sent: Counter[Question] = Counter()
        self._waiting = deque(questions)
        self._flying: set[Exchange] = set()
        self._servers, self._silent = servers, silent
        self._timeout, self._tries, self._workers, self._deadline = timeout, tries, workers, deadline

    def run(self) -> None:
        """Ask them all; whatever ends it, no socket stays open."""
        self._heard = time.monotonic()
        self._end = self._heard + self._deadline
        with selectors.DefaultSelector() as selector:
            try:
                while self._waiting or self._flying:
                    self._launch(selector)
                    self._wait(selector)
                    self._land(time.monotonic())
            finally:
                for one in self._flying:
                    one.close()
                    self._count(one)

    def _launch(self, selector: selectors.BaseSelector) -> None:
        while self._waiting and len(self._flying) < self._workers:
            # A server that was silent is asked after the others, lest every question wait for it anew.
            tries = sorted(self._servers, key=self._silent.__contains__) * self._tries
            one = Exchange(
                self._waiting.popleft(), tries, timeout=self._timeout, silent=self._silent, selector=selector
            )
            self._flying.add(one)
            one.start(time.monotonic())

    def _wait(self, selector: selectors.BaseSelector) -> None:
        if any(one.answer is not None for one in self._flying):
            return
        soonest = min(self._end, *(one.until for one in self._flying))
        for key, _ in selector.select(max(0.0, soonest - time.monotonic())):
            key.data.proceed(time.monotonic())

    def _land(self, now: float) -> None:
        for one in list(self._flying):
            if one.answer is None and one.until <= now:
                one.expire(now)
            self._heard = max(self._heard, one.heard)
            if one.answer is None and self._end <= now:
                one.fail(f"not answered within {self._deadline:g} s, the limit for all questions together")
            if one.answer is not None:
                self._flying.remove(one)
                self.answers[one.question] = one.answer
                self._count(one)
        if self._end <= now:
            self._drop(f"not asked within {self._deadline:g} s, the limit for all questions together")
        elif self._heard + self._timeout * self._tries * len(self._servers) <= now:
            self._drop("not asked: no server said a word to the questions before it")

    def _count(self, one: Exchange) -> None:
        if one.sent:
            self.sent[one.question] += one.sent

    def _drop(self, detail: str) -> None:
        self.answers |= dict.fromkeys(self._waiting, Answer(Status.FAILED, detail=detail))
        self._waiting.clear()
