"""One change on its way: what must be asked of Graph, one step after the other, and what its answers mean for it.

A step is a generator: it yields requests and is sent their answers. So the steps of many changes go side by side, and
what each of them asks next shares the same calls. Graph gives its objects no version: before a write each is read, and
each of its parts must be as it was planned on, or as it is wished already.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from providers.microsoft365.answers import NotSent, Taken
from providers.microsoft365.api import Answer, Api, Request
from providers.microsoft365.batches import ITEMS
from providers.microsoft365.memory import LATE, Memory, Pieces
from providers.microsoft365.shapes import Shapes
from reconciler.model import tenant_rules
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import Invalid, Moved, NotFound, ProviderError, TimedOut, Transient, Unavailable
from reconciler.model.resource import Resource

#: How often what looks like a former state of an object is waited for to pass before it is taken for a new one.
_STALE = 8
#: An object id.
GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Asking = Generator[list[Request], list[Answer], None]


class Said(Exception):
    """What becomes of a change without a further call."""

    def __init__(self, status: Status, detail: str, retry_after: float = 0.0) -> None:
        super().__init__(detail)
        self.status, self.detail, self.retry_after = status, detail, retry_after


def failed(detail: str) -> Said:
    """The tenant would say no."""
    return Said(Status.FAILED, detail)


def refused(detail: str) -> Said:
    """It is not even tried."""
    return Said(Status.REFUSED, detail)


def late(detail: str) -> Said:
    """Taken, and not shown by every server yet."""
    return Said(Status.WAITING, detail, LATE)


def retried(detail: str) -> Said:
    """Not taken now, and worth another try."""
    return Said(Status.FAILED, detail, LATE)


@dataclass
class Desk:
    """What all changes of one call share.

    Attributes:
        names: the spec's names of the users that this call is about.
    """

    api: Api
    memory: Memory
    shapes: Shapes
    names: frozenset[str] = field(default_factory=frozenset)

    @property
    def tenant(self) -> str:
        """Its initial domain."""
        return self.api.tenant

    def person(self, name: str) -> str:
        """The object id of a user whom the spec calls so; what is no such name stays."""
        return self.memory.identity(self.tenant, "user", name) or name


class Errand(ABC):
    """One change.

    Attributes:
        outcome: none while it is on its way.
        shown: what the last look found; none = nothing.
        identity: object id, or the domain's name; empty while nothing has one.
    """

    def __init__(self, desk: Desk, change: Change) -> None:
        self.desk, self.change, self.key = desk, change, change.key
        self.before = change.before and tenant_rules.normal_form(change.before)
        self.after = change.after and tenant_rules.normal_form(change.after)
        self.progress = desk.memory.progress(change.key, change.after)
        self.outcome: Outcome | None = None
        self.shown: Resource | None = None
        self.identity = ""
        self._problem: ProviderError | None = None

    # What each kind says for itself

    @abstractmethod
    def pieces(self, resource: Resource | None) -> Pieces:
        """A resource part by part, with object ids for names; empty when there is none."""

    @abstractmethod
    def look(self) -> Asking:
        """Find what is there, as `shown`."""

    def recognise(self) -> None:
        """Name what an earlier run made, before anything is judged; most kinds find it by what they are called."""
        return

    @abstractmethod
    def judge(self) -> None:
        """Refuse what must not be written.

        Raises:
            Said: it must not.
        """

    @abstractmethod
    def write(self) -> Asking:
        """Write what is lacking."""

    def chains(self) -> Iterable[list[Request]]:
        """Writes of which each needs the one before, made after all of `write`."""
        return ()

    def chained(self, requests: Sequence[Request]) -> None:  # noqa: ARG002 - most kinds have no chains
        """These of one of `chains` were taken; where there are none, nothing is to be remembered."""
        return

    def refer(self) -> Asking:
        """Write what names others that are made in the same call."""
        yield from ()

    def complaint(self) -> Said | None:
        """What is not good, though each part is as wished."""
        return None

    # What holds for all

    @property
    def wish(self) -> Pieces:
        """Every part as it shall be."""
        return self.pieces(self.after)

    @property
    def lacking(self) -> frozenset[str]:
        """Parts that are still to be written: not shown as wished, and not taken so."""
        wish, taken = self.wish, self.progress.taken
        missing = differing(self.pieces(self.shown), wish)
        return frozenset(one for one in missing if one not in taken or taken[one] != wish.get(one))

    @property
    def owes(self) -> bool:
        """Whether something is to be written that is none of the parts."""
        return bool(self.progress.owed)

    @property
    def fresh(self) -> bool:
        """Whether it was made so lately that a server may not know it."""
        return bool(self.identity) and self.desk.memory.is_fresh(self.desk.tenant, self.identity)

    def decide(self) -> None:
        """What is clear without a write."""
        shown, start, wish = self.pieces(self.shown), self.pieces(self.before), self.wish
        missing, lacking = differing(shown, wish), self.lacking or self.owes
        if not missing and not lacking:
            self._hold()
        elif not lacking:
            self._not_yet(missing, shown, start)
        else:
            moved = self.moved(shown, start, wish)
            if moved and self.stale(shown) and self.progress.stale < _STALE:
                self.progress.stale += 1
                raise late("it is not shown as it was left yet")
            self.judge()
            if moved:
                raise refused(f"moved since it was read: {', '.join(sorted(moved))}")

    def settle(self) -> None:
        """What the look after the write says."""
        shown = self.pieces(self.shown)
        missing = differing(shown, self.wish)
        if missing:
            self._not_yet(missing, shown, self.pieces(self.before))
            return
        self._hold()

    def _hold(self) -> None:
        complaint = self.complaint()
        if complaint is not None:
            raise complaint
        self.end(Status.DONE)

    def moved(self, shown: Pieces, start: Pieces, wish: Pieces) -> frozenset[str]:
        """Parts that are neither as they were planned on nor as they are wished."""
        parts = {*shown, *start, *wish}
        return frozenset(one for one in parts if shown.get(one) not in (start.get(one), wish.get(one)))

    def stale(self, shown: Pieces) -> bool:
        """Whether a server shows what this process knows to be over."""
        if not shown:
            return self.fresh
        return self.desk.memory.is_former(self.key.kind, self.identity, shown)

    def _not_yet(self, missing: frozenset[str], shown: Pieces, start: Pieces) -> None:
        old = not shown or all(shown.get(one) == start.get(one) for one in missing) or self.stale(shown)
        if self.progress.waited and not old:
            raise failed(f"it was taken but reads differently: {', '.join(sorted(missing))}")
        self.progress.waited = True
        raise late("it was taken and is not shown yet")

    def took(self, pieces: Pieces) -> None:
        """The system said that it took these parts."""
        if self.identity:
            now = {**self.pieces(self.shown), **self.progress.taken}
            there = {part: value for part, value in now.items() if value is not None}
            self.desk.memory.was(self.key.kind, self.identity, there)
        self.progress.taken |= pieces

    def named(self, identity: str, *, made: bool = False) -> None:
        """It goes by this object id."""
        self.identity = identity
        kind = "user" if self.key.kind == "licenses" else self.key.kind
        self.desk.memory.named(self.desk.tenant, kind, self.key.name, identity)
        if made:
            self.desk.memory.made(self.desk.tenant, identity)

    def known_id(self) -> str:
        """Its object id, where one is known."""
        told = [getattr(one, "remote_id", "") for one in (self.before, self.after)]
        kind = "user" if self.key.kind == "licenses" else self.key.kind
        return next(filter(None, told), "") or self.desk.memory.identity(self.desk.tenant, kind, self.key.name)

    def good(self, answer: Answer) -> Mapping[str, Any]:
        """The body of an answer that is a success.

        Raises:
            ProviderError: it is none. Said: what it is about is not known everywhere yet.
        """
        if answer.status == 404 and (self.fresh or self.shown is not None):
            raise late("it is not known everywhere yet")
        if answer.problem is not None:
            raise answer.problem
        return answer.body

    def end(self, status: Status, detail: str = "", request: str = "", wait: float = 0.0) -> None:
        """Nothing more happens to it in this call."""
        remote = self.identity if self.key.kind not in ("domain", "sign-in") else ""
        self.outcome = Outcome(self.key, status, detail, remote, request, wait)
        if status is Status.DONE and self.identity and self.shown is not None:
            self.named(self.identity)
        if status is Status.DONE or (status in (Status.FAILED, Status.REFUSED) and not wait):
            self.desk.memory.settled(self.key)

    def said(self, said: Said) -> None:
        """It ends as somebody said."""
        self.end(said.status, said.detail, wait=said.retry_after)

    def failed(self, problem: ProviderError, *, writing: bool) -> None:
        """A call failed; `writing`: it was one that writes, and perhaps took effect.

        What was written before it is nothing that failed: it could not be seen, or only a part of it was done.
        """
        wait = 0.0
        if isinstance(problem, Transient):
            wait = self.desk.memory.wait(self.key, problem.retry_after)
        unsure = isinstance(problem, TimedOut | Unavailable) and not isinstance(problem, NotSent) and writing
        unseen = bool(self.progress.taken) and not writing
        status = Status.REFUSED if isinstance(problem, Moved) else Status.FAILED
        if unsure or unseen or (self.progress.taken and self.owes):
            status = Status.UNKNOWN
        detail = f"it was taken, and could not be read back: {problem}" if unseen else str(problem)
        self._problem = problem
        self.end(status, detail, problem.request_id, wait)

    @property
    def doubtful(self) -> bool:
        """Whether the system said no to what somebody else, or a call that was lost, may have done already."""
        return self.outcome is not None and isinstance(self._problem, Invalid | NotFound | Moved | Taken)


def differing(one: Pieces, other: Pieces) -> frozenset[str]:
    """Parts in which two states differ."""
    return frozenset(part for part in {*one, *other} if one.get(part) != other.get(part))


def together(api: Api, steps: Sequence[tuple[Errand, Asking]], *, writing: bool) -> None:
    """Take steps of many changes side by side, in as few calls as can be."""
    going: list[tuple[Errand, Asking, list[Request]]] = []
    for errand, asking in steps:
        _advance(going, errand, asking, None, writing=writing)
    while going:
        asked, flat = going, [_shifted(one, start) for start, one in _placed(going)]
        answers = _answered(api, flat)
        going, at = [], 0
        for errand, asking, requests in asked:
            own = answers[at : at + len(requests)]
            at += len(requests)
            _advance(going, errand, asking, own, writing=writing)


def _answered(api: Api, requests: Sequence[Request]) -> list[Answer]:
    """The answers; what only reads and met a system that was unwell for a moment is asked once more."""
    answers = api.batch(requests)
    if any(one.writes for one in requests):
        return answers
    again = [at for at, one in enumerate(answers) if isinstance(one.problem, Unavailable)]
    for at, answer in zip(again, api.batch([requests[at] for at in again]), strict=True):
        answers[at] = answer
    return answers


def _placed(going: Iterable[tuple[Errand, Asking, list[Request]]]) -> Iterable[tuple[int, Request]]:
    start = 0
    for _, _, requests in going:
        for request in requests:
            yield start, request
        start += len(requests)


def _shifted(request: Request, start: int) -> Request:
    return request if request.after is None else replace(request, after=request.after + start)


def _advance(
    going: list[tuple[Errand, Asking, list[Request]]],
    errand: Errand,
    asking: Asking,
    answers: list[Answer] | None,
    *,
    writing: bool,
) -> None:
    """Let one step go on until it asks again, ends, or fails."""
    try:
        requests = asking.send(answers) if answers is not None else next(asking)
        going.append((errand, asking, requests))
    except StopIteration:
        return
    except Said as said:
        errand.said(said)
    except ProviderError as problem:
        errand.failed(problem, writing=writing)


def in_chains(api: Api, errands: Sequence[Errand]) -> None:
    """Carry out writes of which each needs the one before, whole chains in one call.

    A chain is never cut: whoever dies, dies before or after it. What was not tried, since a chain before it in the same
    call failed, is tried again.
    """
    waiting = [(errand, chain) for errand in errands for chain in errand.chains()]
    while waiting:
        pack, rest = _pack(waiting)
        flat = [request for _, chain in pack for request in chain]
        flat = [replace(one, after=at - 1 if at else None) for at, one in enumerate(flat)]
        answers, again, broken = api.batch(flat), [], False
        for errand, chain in pack:
            own, answers = answers[: len(chain)], answers[len(chain) :]
            if errand.outcome is not None:
                continue
            if broken and all(one.status == 424 for one in own):
                again.append((errand, chain))
                continue
            done = next((at for at, one in enumerate(own) if one.problem is not None), len(own))
            errand.chained(chain[:done])
            if done < len(own):
                broken = True
                try:
                    errand.good(own[done])
                except Said as said:
                    errand.said(said)
                except ProviderError as problem:
                    errand.failed(problem, writing=True)
        waiting = again + [(errand, chain) for errand, chain in rest if errand.outcome is None]


Chain = tuple[Errand, list[Request]]


def _pack(waiting: Sequence[Chain]) -> tuple[list[Chain], list[Chain]]:
    size = count = 0
    for count, (_, chain) in enumerate(waiting):
        size += len(chain)
        if count and size > ITEMS:
            return list(waiting[:count]), list(waiting[count:])
    return list(waiting), []
