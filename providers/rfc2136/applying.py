"""One batch on one zone: judged, sent, read back; the server itself refuses what was changed meanwhile.

The prerequisites of a first message name the zone's SOA as it was read, so that it also notices a changed TTL. When
they do not hold, the zone is read again, each change is judged again, and what is still right is sent once more, then
with the record sets' own prerequisites alone, so that a busy zone keeps nobody waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import dns.rcode
import dns.rdata
import dns.tsig

from providers.rfc2136 import exchange, update
from providers.rfc2136.exchange import Distrusted, Servers, Unsent
from providers.rfc2136.reading import Reading, rdata_of
from providers.rfc2136.update import Unit
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import AuthFailed, ProviderError, Transient
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.wire import records

#: Values of a set above which BIND answers SERVFAIL. Source: BIND 9.18, `max-records-per-type`, default 100.
MANY = 100
#: How often, and after how many seconds, a zone that its server signs is looked at again.
GLANCES, GLANCE = 20, 0.5


class Rejected(Exception):
    """The server answered, and made nothing of the message."""

    def __init__(self, code: int, problem: ProviderError) -> None:
        super().__init__(str(problem))
        self.code, self.problem = code, problem


class Applying:
    """One call of `apply`. `reading` is the newest there is, none when the zone may have changed since."""

    def __init__(
        self,
        servers: Servers,
        key: dns.tsig.Key | None,
        read: Callable[[], Reading],
        unholdable: Callable[[Change], str],
    ) -> None:
        """`read`: the zone as it is now, whole."""
        self._servers, self._key, self._read, self._unholdable = servers, key, read, unholdable
        self.reading: Reading | None = None
        self._outcomes: dict[Key, Outcome] = {}

    def outcomes(self, zone: str, batch: Sequence[Change], known: Reading | None) -> list[Outcome]:
        """One for each change, in the order given.

        Args:
            batch: with every `after` in normal form.
            known: the zone as it was read last; it serves as long as every change starts from it.

        Raises:
            ProviderError: the zone could not be read before anything was sent.
        """
        fits = known is not None and all(records.same(known.held.get(one.key), one.before) for one in batch)
        reading = self.reading = known if known is not None and fits else self._read()
        self._judge(batch, reading, zone)
        again = self._send(self._open(batch), reading, careful=True)
        if again and self.reading is not None:
            self._judge(again, self.reading, zone)
            self._send(self._open(again), self.reading, careful=False)
        for one in self._open(batch):
            self._outcomes[one.key] = records.moved(one)
        return [self._outcomes[one.key] for one in batch]

    def _judge(self, batch: Sequence[Change], reading: Reading, zone: str) -> None:
        self._outcomes |= records.judged(batch, reading.held, zone, self._unholdable)

    def _open(self, batch: Iterable[Change]) -> list[Change]:
        return [one for one in batch if one.key not in self._outcomes]

    def _send(self, changes: Sequence[Change], reading: Reading, *, careful: bool) -> list[Change]:
        """Send all messages, and read back what became of them.

        Returns:
            The changes that were not made, since the zone is no longer as it was read.
        """
        taken: list[Change] = []
        unsure: list[Change] = []
        moved: list[Change] = []
        waiting = self._fitting(update.messages(changes, reading))
        while waiting:
            message = waiting.pop()
            mine = [change for unit in message for change in unit.changes]
            try:
                self._tell(reading.zone, message, rdata_of(reading.soa) if careful and not taken else None)
                taken += mine
                continue
            except Rejected as answer:
                if answer.code in exchange.PREREQUISITES:
                    moved = [*mine, *_changes(waiting)]
                    waiting = []
                elif rest := self._without_the_cause(answer, message, reading):
                    waiting.append(rest)
                    continue
                else:
                    self._fail(mine, answer.problem)
            except Unsent as lost:
                self._fail(mine, lost.problem)
            except ProviderError as problem:
                unsure = mine
                self._fail(mine, problem)
            break
        for one in _changes(waiting):
            detail = "not sent: an earlier message of this batch was not taken; what was made before that stays"
            self._outcomes[one.key] = Outcome(one.key, Status.FAILED, detail)
        if taken or unsure or moved:
            self._read_back(taken, unsure, moved)
        return moved if self.reading is not None else []

    def _fitting(self, messages: Iterable[list[Unit]]) -> list[list[Unit]]:
        """The messages to send, the first one last; a name whose changes fill more than one is not sent."""
        found: list[list[Unit]] = []
        for message in messages:
            if message[0].size > update.MOST:
                detail = f"all changes of one name go in one message of {update.MOST} octets: here are too many"
                for one in _changes([message]):
                    self._outcomes[one.key] = Outcome(one.key, Status.FAILED, detail)
            else:
                found.append(message)
        return found[::-1]

    def _tell(self, zone: str, message: Sequence[Unit], soa: dns.rdata.Rdata | None) -> None:
        """Send one message, once.

        Raises:
            Rejected: the server said no. Unsent: it was not reached. ProviderError: the answer is lost.
        """
        try:
            answer = self._servers.tell(update.update(zone, self._key, message, soa))
        except Distrusted:
            raise
        except AuthFailed as problem:
            raise Rejected(dns.rcode.NOTAUTH, problem) from None
        if answer.rcode() != dns.rcode.NOERROR:
            code = answer.rcode()
            raise Rejected(code, exchange.refused(self._servers.provider, code, signed=answer.had_tsig))

    def _without_the_cause(self, answer: Rejected, message: Sequence[Unit], reading: Reading) -> list[Unit]:
        """The message without the names for which the server said no, as far as can be told from here; those fail.

        Returns:
            Nothing when no cause was found, or nothing else is left.
        """
        after: dict[Key, Resource] = dict(reading.held)
        for one in (change for unit in message for change in unit.changes):
            after.pop(one.key, None)
            if one.after is not None:
                after[one.key] = one.after
        wrong: set[str] = set()
        for unit in message:
            reasons = [(change.key, _cause(answer.code, change, after)) for change in unit.changes]
            told = "; ".join(f"{key.name} {key.kind}: {reason}" for key, reason in reasons if reason)
            if told:
                wrong.add(unit.name)
                for one in unit.changes:
                    self._outcomes[one.key] = Outcome(one.key, Status.FAILED, f"{answer.problem}: {told}")
        return [unit for unit in message if unit.name not in wrong] if wrong else []

    def _fail(self, changes: Iterable[Change], problem: ProviderError) -> None:
        for one in changes:
            if one.key not in self._outcomes:
                self._outcomes[one.key] = undone(one, problem)

    def _read_back(self, taken: Sequence[Change], unsure: Sequence[Change], moved: Sequence[Change]) -> None:
        self.reading = None
        try:
            self.reading = self._settled(taken)
        except ProviderError as problem:
            for one in taken:
                detail = f"the server took it, but could not be read again: {problem}"
                self._outcomes[one.key] = Outcome(one.key, Status.UNKNOWN, detail)
            for one in unsure:
                detail = f"{self._outcomes[one.key].detail}; nor could the zone be read again: {problem}"
                self._outcomes[one.key] = Outcome(one.key, Status.UNKNOWN, detail)
            self._fail(moved, problem)
            return
        for one in taken:
            self._outcomes[one.key] = _seen(one, self.reading)
            if self.reading.signed and self._outcomes[one.key].status is Status.FAILED:
                detail = "the server took it, and the zone that it signs does not show it yet"
                self._outcomes[one.key] = Outcome(one.key, Status.UNKNOWN, detail)
        for one in unsure:
            if records.same(self.reading.held.get(one.key), one.after):
                self._outcomes[one.key] = Outcome(one.key, Status.DONE)
            else:
                detail = f"{self._outcomes[one.key].detail}; it is not there yet, and may still come"
                self._outcomes[one.key] = Outcome(one.key, Status.UNKNOWN, detail)

    def _settled(self, taken: Sequence[Change]) -> Reading:
        """The zone after the messages were taken; what signs it may need a moment until it shows them."""
        reading = self._read()
        for _ in range(GLANCES):
            if not reading.signed or all(records.same(reading.held.get(one.key), one.after) for one in taken):
                break
            time.sleep(GLANCE)
            reading = self._read()
        return reading


def undone(change: Change, problem: ProviderError) -> Outcome:
    """What a change became that was surely not made."""
    wait = problem.retry_after if isinstance(problem, Transient) else 0.0
    return Outcome(change.key, Status.FAILED, str(problem), retry_after=wait)


def _changes(messages: Iterable[Sequence[Unit]]) -> list[Change]:
    return [change for message in messages for unit in message for change in unit.changes]


def _seen(change: Change, reading: Reading) -> Outcome:
    """NOERROR does not mean applied: servers ignore what they find wrong without a word."""
    held = reading.held.get(change.key)
    if records.same(held, change.after):
        return Outcome(change.key, Status.DONE)
    there = _shown(held) if held else "nothing"
    detail = f"the server took the message and ignored this: there is {there}"
    if change.key.kind == "DS" and held is None:
        detail += "; a DS needs an NS at its name"
    return Outcome(change.key, Status.FAILED, detail)


def _shown(held: RecordSet) -> str:
    values = ", ".join(repr(one if len(one) <= 80 else f"{one[:77]}...") for one in held.values[:3])
    more = f" and {len(held.values) - 3} more" if len(held.values) > 3 else ""
    return f"{values}{more} with TTL {held.ttl}"


def _cause(code: int, change: Change, after: dict[Key, Resource]) -> str:
    """Why a server may have said no to a message for this change; empty when it need not."""
    if code == dns.rcode.REFUSED:
        return update.addressless(change.key, after) or update.unhostly(change.after)
    many = isinstance(change.after, RecordSet) and len(change.after.values) > MANY
    if code == dns.rcode.SERVFAIL and many:
        return f"it has more than {MANY} values, which BIND stores only where max-records-per-type allows it"
    return ""
