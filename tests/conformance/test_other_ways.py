"""Adapters that keep the contract in a way of their own pass: slow, read-only, or asking a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from providers.memory import MemoryProvider
from reconciler.conformance import laws_writing
from reconciler.conformance.harness import Harness
from reconciler.conformance.laws import LAWS, Law
from reconciler.conformance.laws_offline import TRANSITIONS
from reconciler.conformance.suite import Conformance
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Capabilities, Observation, Reader, Readiness, Scope
from tests.conformance.memory_harness import MemoryHarness


class Slow(MemoryProvider):
    """Keeps law 14 with a delay: what was written is sure to be read half a minute later."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.kinds = {kind: replace(one, delay=30.0) for kind, one in self.kinds.items()}
        self.harness: MemoryHarness | None = None
        self.since: dict[Key, float] = {}

    def apply(self, batch: Sequence[Change]) -> list[Outcome]:
        found = list(super().apply(batch))
        for one in found:
            if one.status == Status.DONE:
                self.since[one.key._replace(name=one.remote_id or one.key.name)] = self._now()
        return found

    def ready(self, key: Key) -> Readiness:
        over = self._now() - self.since.get(key, 0.0) >= self.kinds[key.kind].delay
        return Readiness(over, "" if over else f"{key.name} is spreading")

    def _now(self) -> float:
        return self.harness.clock.now().timestamp() if self.harness else 0.0


class SlowHarness(MemoryHarness):
    """Gives the slow provider its clock."""

    def open(self) -> MemoryProvider:
        provider = super().open()
        assert isinstance(provider, Slow)
        provider.harness = self
        return provider


class TestSlow(Conformance):
    """A delay that is declared breaks no law."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return SlowHarness(tmp_path, Slow)


class Asks(MemoryProvider):
    """A person makes the changes; asking again is the same request."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.kinds = {
            kind: replace(one, delegated=True) if one.verbs and kind.isupper() else replace(one, verbs=frozenset())
            for kind, one in self.kinds.items()
        }

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [self._asked(change) for change in batch]

    def _asked(self, change: Change) -> Outcome:
        if not self.kinds.get(change.key.kind, Capabilities()).delegated:
            return Outcome(change.key, Status.REFUSED, "nobody is asked for this")
        never = RecordSet(
            change.key, 0, ("never",)
        )  # holds never: memory says whether `after` does, and writes nothing
        (now,) = super().apply([replace(change, before=never)])
        if now.status == Status.DONE:
            return now
        request = sha256(repr((change.key, change.steps)).encode()).hexdigest()[:8]
        return Outcome(change.key, Status.WAITING, "asked the person who keeps this zone", request_id=request)


class AsksTwice(Asks):
    """Every run is another request."""

    numbers = count()

    def _asked(self, change: Change) -> Outcome:
        return replace(super()._asked(change), request_id=str(next(self.numbers)))


class AsksAlike(Asks):
    """Every request has the same name."""

    def _asked(self, change: Change) -> Outcome:
        return replace(super()._asked(change), request_id="request")


class AsksAll(Asks):
    """Takes a batch for done once its first change is."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = list(super().apply(batch))
        return [replace(one, status=found[0].status) for one in found]


class TestAsks(Conformance):
    """A delegated system is asked, once, and nothing is written."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return MemoryHarness(tmp_path, Asks)


def test_asking_twice_is_caught(tmp_path: Path) -> None:
    """A request that changes its id reaches the person a second time."""
    with pytest.raises(AssertionError, match=r"law 10: .*asked twice"):
        laws_writing.transition(MemoryHarness(tmp_path, AsksTwice), TRANSITIONS[0])


def test_one_name_for_all_requests_is_caught(tmp_path: Path) -> None:
    """A second request under the name of the first is never sent."""
    with pytest.raises(AssertionError, match=r"law 10: .*other steps, and the same request"):
        laws_writing.transition(MemoryHarness(tmp_path, AsksAlike), TRANSITIONS[0])


def test_a_half_done_request_is_not_done(tmp_path: Path) -> None:
    """What nobody did waits."""
    story = next(one for one in TRANSITIONS if one.name.startswith("sets of one name come and go"))
    with pytest.raises(AssertionError, match=r"law 6: .*are done by hand"):
        laws_writing.transition(MemoryHarness(tmp_path, AsksAll), story)


class Reads:
    """Can only read, and says so."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        self.memory = MemoryProvider(name, options, folder)
        self.kinds: Mapping[str, Capabilities] = {
            kind: replace(one, verbs=frozenset()) for kind, one in self.memory.kinds.items()
        }
        self.memory.kinds = self.kinds

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        return self.memory.refusals(desired)

    def normalise(self, desired: Resource) -> Resource:
        return self.memory.normalise(desired)

    def observe(self, scope: Scope) -> Observation:
        return self.memory.observe(scope)

    def ready(self, key: Key) -> Readiness:
        return self.memory.ready(key)


class PretendsToWrite(Reads):
    """Declares verbs it has no method for."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.kinds = {"A": Capabilities()}


class ReadsHarness(MemoryHarness):
    """Opens the reader on the same remote."""

    reader = Reads

    def open(self) -> Reader:
        provider = self.reader("memory", {"zones": [], "tenants": []}, self.folder)
        provider.memory.remote = self.wire
        return provider


class TestReads(Conformance):
    """What can only read passes by what it declares."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return ReadsHarness(tmp_path)


class PretendsHarness(ReadsHarness):
    """Opens the one that pretends."""

    reader = PretendsToWrite


@pytest.mark.parametrize("law", [law for law in LAWS if law.number in {1, 6, 9}], ids=lambda law: law.name)
def test_declared_verbs_without_a_method_are_caught(law: Law, tmp_path: Path) -> None:
    """Who declares verbs must have `apply`."""
    with pytest.raises(AssertionError, match="has no apply"):
        law.check(PretendsHarness(tmp_path))
