"""Carries out one batch of changes to a zone, and tells what became of each.

What was read last is what is written on: the exact old set in every change makes the host itself refuse what somebody
else changed since. Only a refused batch, or one whose answer was lost, is looked at again; then what the host named,
and what is no longer as it was, stays out and the rest is sent again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from providers.route53 import batches, text
from providers.route53.account import Account, BatchRefused, lost
from providers.route53.batches import Unit
from providers.route53.reading import Reading
from providers.route53.zones import Zones
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import Invalid, NotFound, ProviderError, Transient
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.wire import records

_NEXT = re.compile(r", +(?=[A-Z])")
_WHERE = re.compile(r" in zone \S+")
_WORD = re.compile(r"[A-Z]+")


class Writing:
    """One batch on its way.

    Attributes:
        held: the zone as it was read last; none when that is no longer sure.
        sent: ids of the host's changes that were made.
    """

    def __init__(self, account: Account, zones: Zones, zone: str, unholdable: Callable[[Change], str]) -> None:
        """Args: `account`: the one that writes; `zones`: with the one that reads."""
        self._account, self._zones, self._zone, self._unholdable = account, zones, zone, unholdable
        self.held: Reading | None = None
        self.sent: list[str] = []
        self._outcomes: dict[Key, Outcome] = {}
        self._taken: list[Change] = []
        self._lost: list[tuple[Change, ProviderError]] = []
        self._stopped: ProviderError | None = None

    def carry_out(self, batch: Sequence[Change], remembered: Reading | None) -> list[Outcome]:
        """One outcome for each change, in the order given; every `after` is in normal form."""
        try:
            held = remembered if remembered and _made_from(batch, remembered) else self._zones.read(self._zone)
        except ProviderError as problem:
            return [records.failed(one, problem) for one in batch]
        self.held = held
        refused = list(self._send(batches.units(self._judge(batch, held), held)))
        if refused or self._taken or self._lost:
            now = self._look(refused)
            for units, refusal in refused if now else ():
                self._send_rest(units, refusal, held, now or held)
            if self._taken or self._lost:
                self._look([])
        return [self._outcomes[one.key] for one in batch]

    def _judge(self, batch: Iterable[Change], held: Reading) -> list[Change]:
        """What is left to be sent; the outcomes of the others are clear."""
        open_ones = []
        for one in batch:
            if one.key in held.locked:
                reason = f"left to its owner: {held.locked[one.key]}"
                self._outcomes[one.key] = Outcome(one.key, Status.FAILED, reason)
            else:
                open_ones.append(one)
        beside = {key: RecordSet(key, 0, ()) for key in held.locked}
        clear = records.judged(open_ones, {**held.sets, **beside}, self._zone, self._unholdable)
        self._outcomes |= clear
        return [one for one in open_ones if one.key not in clear]

    def _send(self, units: Sequence[Unit]) -> Iterator[tuple[list[Unit], Invalid]]:
        """Send units in as few batches as they fit in; gives back the batches that the host refused."""
        for unit in units:
            if not unit.fits:
                detail = f"one request carries {batches.VALUES} values and {batches.CHARACTERS} characters, and these"
                self._fail(unit.changes, f"{detail} changes of one name, which must be made together, need more")
        for batch in batches.packed([unit for unit in units if unit.fits]):
            problem = self._stopped or self._try(batch)
            if isinstance(problem, Invalid) and not self._stopped:
                yield batch, problem
            elif problem:
                self._stop(batch, problem)

    def _try(self, batch: Sequence[Unit]) -> ProviderError | None:
        changes = batches.sent(batch)
        try:
            identity = self._zones.identity(self._zone)
            answer = self._account.ask(
                self._zones.pace,
                lambda client: client.change_resource_record_sets(
                    HostedZoneId=identity, ChangeBatch={"Changes": changes}
                )["ChangeInfo"],
            )
        except ProviderError as problem:
            return problem
        self.sent.append(answer["Id"].rpartition("/")[2])
        self._taken += _changes(batch)
        return None

    def _stop(self, batch: Sequence[Unit], problem: ProviderError) -> None:
        """What is met by one batch would be met by all; only the first may have taken effect."""
        if isinstance(problem, NotFound):
            self._zones.forget(self._zone)
        if self._stopped and lost(problem):
            self._fail(_changes(batch), f"not sent: {problem}")
        elif lost(problem):
            self._lost += [(one, problem) for one in _changes(batch)]
        else:
            self._outcomes |= {one.key: records.failed(one, problem) for one in _changes(batch)}
        self._stopped = problem

    def _look(self, refused: Sequence[tuple[list[Unit], Invalid]]) -> Reading | None:
        """Read the zone again and say what became of what was sent; none when it cannot be read."""
        if self.sent:
            self._settled()
        taken, gone = self._taken, self._lost
        self._taken, self._lost = [], []
        try:
            self.held = self._zones.read(self._zone)
        except ProviderError as problem:
            self.held = None
            self._unseen(taken, gone, problem)
            for units, refusal in refused:
                self._fail(_changes(units), str(refusal), refusal.request_id)
            return None
        self._outcomes |= records.read_back(taken, self.held.sets)
        for one, lost_with in gone:
            done = records.same(self.held.sets.get(one.key), one.after)
            self._outcomes[one.key] = Outcome(one.key, Status.DONE) if done else records.failed(one, lost_with)
        return self.held

    def _settled(self) -> None:
        """Ask once whether the last change is on all servers already; whoever waits for it asks again."""
        try:
            found = self._zones.ask(lambda client: client.get_change(Id=self.sent[-1])["ChangeInfo"]["Status"])
        except ProviderError:
            return
        if found == "INSYNC":
            self.sent.pop()

    def _unseen(
        self, taken: Iterable[Change], gone: Iterable[tuple[Change, ProviderError]], problem: ProviderError
    ) -> None:
        detail = f"the host made the change, but it was not read back: {problem}"
        wait = problem.retry_after if isinstance(problem, Transient) else 0.0
        for one in taken:
            self._outcomes[one.key] = Outcome(one.key, Status.UNKNOWN, detail, retry_after=wait)
        for one, lost_with in gone:
            self._outcomes[one.key] = Outcome(one.key, Status.UNKNOWN, str(lost_with), request_id=lost_with.request_id)

    def _send_rest(self, units: Sequence[Unit], problem: Invalid, before: Reading, now: Reading) -> None:
        """After a refusal: what is done or moved, or named by the host, stays out; where it named none, halve."""
        changes = _changes(units)
        rest = self._judge(changes, now)
        stale = {one.key for one in rest if before.native.get(one.key) != now.native.get(one.key)}
        pieces = _pieces(problem)
        for one in rest:
            words = "" if one.key in stale else _said(pieces, one)
            if words:
                self._fail([one], f"Route 53 refused it: {words}", problem.request_id)
        left = batches.units([one for one in rest if one.key not in self._outcomes], now)
        whole = len(_changes(left)) == len(changes) and not stale
        if whole and len(left) == 1:
            self._fail(changes, str(problem), problem.request_id)
            return
        middle = len(left) // 2
        for part in (left[:middle], left[middle:]) if whole else (left,):
            for again, refusal in self._send(part):
                self._send_rest(again, refusal, now, now)

    def _fail(self, changes: Iterable[Change], detail: str, request: str = "") -> None:
        for one in changes:
            self._outcomes[one.key] = Outcome(one.key, Status.FAILED, detail, request_id=request)


def _made_from(batch: Iterable[Change], held: Reading) -> bool:
    """Whether every change starts from what was read, and the host will look whether that still holds.

    It looks at no old value of the zone's own NS, which can only be overwritten.
    """
    return all(
        one.key not in held.locked
        and one.key[2:] != ("NS", "@")
        and records.same(held.sets.get(one.key), one.before)
        and not records.same(held.sets.get(one.key), one.after)
        for one in batch
    )


def _changes(units: Iterable[Unit]) -> list[Change]:
    return [one for unit in units for one in unit.changes]


def _pieces(problem: Invalid) -> list[str]:
    """What the host says of single changes, one by one; the zone, which it names too, is not what they are about."""
    texts = problem.texts if isinstance(problem, BatchRefused) else (str(problem),)
    return [piece for one in texts for piece in _NEXT.split(_WHERE.sub("", one))]


def _said(pieces: Sequence[str], change: Change) -> str:
    """What of it is about this change, by its name and type, else by one of its values; empty when nothing is."""
    name = text.native_name(change.key.name, change.key.scope)
    whole = re.compile(rf"(?<![\w.\\-]){re.escape(name[:-1])}\.?(?![\w.\\-])")
    about = [piece for piece in pieces if name[:-1] in piece and whole.search(piece)]
    typed = [piece for piece in about if change.key.kind in _WORD.findall(piece)]
    if not typed and isinstance(change.after, RecordSet):
        values = [f"'{text.native_value(change.key.kind, one)}'" for one in change.after.values]
        typed = [piece for piece in pieces if any(one in piece for one in values)]
    return "; ".join(typed)
