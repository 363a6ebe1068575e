"""Many questions on their way side by side, in one loop over sockets."""

from __future__ import annotations

import selectors
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from reconciler.model.answer import Answer, Question, Status
from reconciler.probe.exchange import Exchange, Server
from reconciler.probe.wire import How

Name = TypeVar("Name")


class Task(NamedTuple):
    """One question, and the servers that may answer it, the first one first; how it is put."""

    question: Question
    servers: tuple[Server, ...]
    how: How = How.RESOLVE


class Volley(Generic[Name]):
    """One run over some questions.

    Attributes:
        answers: what is known so far, by the names of the tasks; complete after `run`.
        sent: how many messages each task took.
    """

    def __init__(
        self,
        tasks: Mapping[Name, Task],
        *,
        timeout: float,
        tries: int,
        workers: int,
        deadline: float,
        silent: set[Server],
    ) -> None:
        """Nothing is sent yet; the arguments are those of `Resolver`, `silent` that of `Exchange`."""
        self.answers: dict[Name, Answer] = {}
        self.sent: Counter[Name] = Counter()
        self._waiting = deque(tasks.items())
        self._flying: dict[Exchange, tuple[Name, Task]] = {}
        self._silent = silent
        self._timeout, self._tries, self._workers, self._deadline = timeout, tries, workers, deadline
        self._heard: dict[tuple[Server, ...], float] = {}
        self._deaf: set[tuple[Server, ...]] = set()

    def run(self) -> None:
        """Ask them all; whatever ends it, no socket stays open."""
        self._end = time.monotonic() + self._deadline
        with selectors.DefaultSelector() as selector:
            try:
                while self._waiting or self._flying:
                    self._launch(selector)
                    self._wait(selector)
                    self._land(time.monotonic())
            finally:
                for one, (name, _) in self._flying.items():
                    one.close()
                    self._count(name, one)

    def _launch(self, selector: selectors.BaseSelector) -> None:
        while self._waiting and len(self._flying) < self._workers:
            name, task = self._waiting.popleft()
            if task.servers in self._deaf:
                self._drop(name, "not asked: no server said a word to the questions before it", "silent")
                continue
            # A server that was silent is asked after the others, lest every question wait for it anew.
            tries = sorted(task.servers, key=self._silent.__contains__) * self._tries
            one = Exchange(
                task.question, tries, timeout=self._timeout, silent=self._silent, selector=selector, how=task.how
            )
            self._flying[one] = name, task
            one.start(time.monotonic())

    def _wait(self, selector: selectors.BaseSelector) -> None:
        if not self._flying or any(one.answer is not None for one in self._flying):
            return
        soonest = min(self._end, *(one.until for one in self._flying))
        for key, _ in selector.select(max(0.0, soonest - time.monotonic())):
            key.data.proceed(time.monotonic())

    def _land(self, now: float) -> None:
        for one, (name, task) in list(self._flying.items()):
            if one.answer is None and one.until <= now:
                one.expire(now)
            if one.answer is None and self._end <= now:
                one.fail(f"not answered within {self._deadline:g} s, the limit for all questions together")
            self._listen(one, task.servers)
            if one.answer is not None:
                del self._flying[one]
                self.answers[name] = one.answer
                self._count(name, one)
        if self._end <= now:
            while self._waiting:
                self._drop(
                    self._waiting.popleft()[0],
                    f"not asked within {self._deadline:g} s, the limit for all questions together",
                    "unasked",
                )

    def _listen(self, one: Exchange, servers: tuple[Server, ...]) -> None:
        """Servers are deaf that said nothing in the whole time that a question was given, to nobody."""
        heard = self._heard[servers] = max(self._heard.get(servers, 0.0), one.heard)
        if one.heard:
            self._deaf.discard(servers)
        elif one.answer is not None and one.sent and heard < one.begun:
            self._deaf.add(servers)

    def _count(self, name: Name, one: Exchange) -> None:
        if one.sent:
            self.sent[name] += one.sent

    def _drop(self, name: Name, detail: str, code: str) -> None:
        self.answers[name] = Answer(Status.FAILED, detail=detail, code=code)
