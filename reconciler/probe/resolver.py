"""Public DNS, asked through the servers that somebody configured and through no others.

The questions of a call are on their way side by side, without threads: an interrupt leaves nothing behind. What was
answered is kept and not asked again.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reconciler.model.answer import Answer, Question, Status
from reconciler.probe.exchange import Server
from reconciler.probe.volley import Name, Task, Volley
from reconciler.probe.wire import How


class Resolver:
    """Asks the configured servers, the first one first; safe to share between threads.

    Attributes:
        servers: whom it asks, in order.
        sent: how many messages each question has taken so far, for reports; those of `each` are not among them.
    """

    def __init__(
        self,
        servers: Sequence[tuple[str, int]],
        timeout: float = 2.0,
        tries: int = 2,
        workers: int = 16,
        deadline: float = 300.0,
    ) -> None:
        """Nothing is sent yet.

        Args:
            servers: addresses, never names, with ports. The next is asked where one is silent or cannot help; one that
                was silent is asked after the others from then on.
            timeout: seconds that a server is given for one reply.
            tries: how often all servers are gone through for one question.
            workers: how many questions may be on their way at once.
            deadline: seconds for all the questions of one call.

        Raises:
            ValueError: a server is no address with a port.
        """
        self.servers = tuple(server(address, port) for address, port in servers)
        self._silent: set[Server] = set()
        self._timeout, self._tries, self._workers, self._deadline = timeout, tries, workers, deadline
        self._lock = threading.Lock()
        self._known: dict[Question, Answer] = {}
        self._asking: dict[Question, _Round] = {}
        self.sent: Counter[Question] = Counter()

    def ask(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """An answer for each question, in their order; never raises for one that cannot be asked or is not answered.

        What was found, or is surely absent, is asked once in the life of this object; what failed is asked again by a
        later call. A question that another thread is asking just now is waited for.
        """
        wanted = dict.fromkeys(questions)
        found: dict[Question, Answer] = {}
        while missing := [one for one in wanted if one not in found]:
            found |= self._round(missing)
        return {one: found[one] for one in wanted}

    def each(self, wanted: Iterable[tuple[Server, Question]], how: How) -> dict[tuple[Server, Question], Answer]:
        """What each of some servers says for itself, all side by side, in their order; every call asks anew.

        The servers may be others than this resolver's; what its own resolve is known to `ask` from then on. Never
        raises for one that cannot be asked or does not answer.
        """
        tasks = {(one, question): Task(question, (one,), how) for one, question in wanted}
        volley = self._volley(tasks, self._tries + how.direct, set())  # the last of them is by TCP
        volley.run()
        if how is How.RESOLVE:
            with self._lock:
                for one, question in tasks:  # in their order: whose answer came first is chance
                    answer = volley.answers[one, question]
                    if one in self.servers and answer.status is not Status.FAILED:
                        self._known.setdefault(question, answer)
        return {one: volley.answers[one] for one in tasks}

    def _round(self, questions: list[Question]) -> dict[Question, Answer]:
        """Answers to all of them, but for those that another thread was asking when it was interrupted."""
        mine = _Round()
        found: dict[Question, Answer] = {}
        theirs: dict[Question, _Round] = {}
        try:
            with self._lock:
                for one in questions:
                    if one in self._known:
                        found[one] = self._known[one]
                    elif (other := self._asking.setdefault(one, mine)) is not mine:
                        theirs[one] = other
            self._go(mine, [one for one in questions if one not in found and one not in theirs])
        finally:
            self._settle(mine)
        for one, other in theirs.items():
            other.over.wait()
            if one in other.answers:
                found[one] = other.answers[one]
        return found | mine.answers

    def _go(self, mine: _Round, questions: list[Question]) -> None:
        volley = self._volley({one: Task(one, self.servers) for one in questions}, self._tries, self._silent)
        mine.answers, mine.sent = volley.answers, volley.sent
        volley.run()

    def _volley(self, tasks: Mapping[Name, Task], tries: int, silent: set[Server]) -> Volley[Name]:
        return Volley(
            tasks, timeout=self._timeout, tries=tries, workers=self._workers, deadline=self._deadline, silent=silent
        )

    def _settle(self, mine: _Round) -> None:
        with self._lock:
            self._asking = {one: whose for one, whose in self._asking.items() if whose is not mine}
            self._known |= {one: got for one, got in mine.answers.items() if got.status is not Status.FAILED}
            self.sent.update(mine.sent)
        mine.over.set()


class _Round:
    """Questions that one thread is asking; whoever wants the same waits until it is over."""

    def __init__(self) -> None:
        self.answers: dict[Question, Answer] = {}
        self.sent: Counter[Question] = Counter()
        self.over = threading.Event()


def from_machine(path: Path = Path("/etc/resolv.conf")) -> list[Server]:
    """The servers that this machine uses itself, in order; only for somebody who chose them.

    Empty where the file names none that is an address. Source: resolv.conf(5), `nameserver`.

    Raises:
        OSError: the file cannot be read.
    """
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver" and line.startswith("nameserver"):
            try:
                found.append(server(words[1], 53))
            except ValueError:
                continue
    return found


def server(address: str, port: int) -> Server:
    """A server to ask.

    Raises:
        ValueError: it is no address with a port.
    """
    ipaddress.ip_address(address)
    if not 0 < port < 65536:
        raise ValueError(f"{port} is no port")
    return Server(address, port)
