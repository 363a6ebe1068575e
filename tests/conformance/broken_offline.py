"""Adapters that break laws 1 to 7 on purpose, each in one way that real adapters do."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from providers.memory import MemoryProvider
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import ProviderError, Unavailable
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Capabilities, Observation, Scope


class NoReady(MemoryProvider):
    """Law 1: a method is missing."""

    ready = None  # type: ignore[assignment]


class NoKinds(MemoryProvider):
    """Law 1: it declares nothing."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.kinds = {}


class OtherArguments(MemoryProvider):
    """Law 1: a method takes something else."""

    def observe(self, zone: Scope) -> Observation:
        return super().observe(zone)


class InventedVerb(MemoryProvider):
    """Law 1: it declares a verb that nobody knows."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.kinds = {**self.kinds, "A": Capabilities(frozenset({"create", "upsert"}))}


class AsksTheSystem(MemoryProvider):
    """Law 3: what it refuses depends on what is there."""

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        self.remote.list_page("dns", "suite.example", 0)
        return super().refusals(desired)


class ReadsFiles(MemoryProvider):
    """Law 3: it looks for a file, and hides that it could not."""

    def normalise(self, desired: Resource) -> Resource:
        with suppress(OSError):
            Path("/etc/hostname").read_text(encoding="utf-8")
        return super().normalise(desired)


class GrowingText(MemoryProvider):
    """Law 4: normalising quotes what is quoted already."""

    def normalise(self, desired: Resource) -> Resource:
        normal = super().normalise(desired)
        if isinstance(normal, RecordSet) and normal.key.kind == "TXT":
            return replace(normal, values=tuple(value.replace('"', '""') for value in normal.values))
        return normal


class OneTtl(MemoryProvider):
    """Law 4: normalising makes everything equal, so that no difference is ever found."""

    def normalise(self, desired: Resource) -> Resource:
        return replace(desired, ttl=300) if isinstance(desired, RecordSet) else desired


class KeepsOrder(MemoryProvider):
    """Law 4: the order of values makes a difference."""

    def normalise(self, desired: Resource) -> Resource:
        return desired


class ShowsQuotes(MemoryProvider):
    """Law 4: it observes TXT as the system writes it."""

    def observe(self, scope: Scope) -> Observation:
        seen = super().observe(scope)
        return replace(seen, resources={key: self._quoted(one) for key, one in seen.resources.items()})

    def normalise(self, desired: Resource) -> Resource:
        if isinstance(desired, RecordSet) and desired.key.kind == "TXT":
            return replace(desired, values=tuple(sorted({value.strip('"') for value in desired.values})))
        return super().normalise(desired)

    def _quoted(self, one: Resource) -> Resource:
        if isinstance(one, RecordSet) and one.key.kind == "TXT":
            return replace(one, values=tuple(f'"{value}"' for value in one.values))
        return one


class FirstPage(MemoryProvider):
    """Law 5: it never asks for the second page."""

    def observe(self, scope: Scope) -> Observation:
        page = self._ask(None, lambda: self.remote.list_page(scope.system, scope.name, 0))
        return Observation(scope, {one.key: one for one in page.items})


class WhatItGot(MemoryProvider):
    """Law 5: a page that fails is taken for the end."""

    def observe(self, scope: Scope) -> Observation:
        found: dict[Key, Resource] = {}
        try:
            for one in self._listed(scope):
                found[one.key] = one
        except Unavailable:
            return Observation(scope, found)
        return super().observe(scope)


class NothingThere(MemoryProvider):
    """Law 5: a zone that does not exist is an empty one."""

    def observe(self, scope: Scope) -> Observation:
        try:
            return super().observe(scope)
        except ProviderError as problem:
            if "there is no" in str(problem):
                return Observation(scope, {})
            raise


class AllNames(MemoryProvider):
    """Law 5: it is asked for some names and gives all."""

    def observe(self, scope: Scope) -> Observation:
        return replace(super().observe(replace(scope, names=None)), scope=scope)


class HalfTtl(MemoryProvider):
    """Law 6: it writes something else than it was asked for, and remembers what it was asked for."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.asked: dict[Key, Resource] = {}

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [self._half(change) for change in batch]

    def observe(self, scope: Scope) -> Observation:
        seen = super().observe(scope)
        return replace(seen, resources={key: self.asked.get(key, one) for key, one in seen.resources.items()})

    def _half(self, change: Change) -> Outcome:
        after = change.after
        if isinstance(after, RecordSet):
            self.asked[change.key] = after
            (outcome,) = super().apply([replace(change, after=replace(after, ttl=after.ttl // 2))])
            return outcome
        (outcome,) = super().apply([change])
        return outcome


class SaysDone(MemoryProvider):
    """Law 6: the system ignores an update in silence, and nobody reads it back."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [Outcome(change.key, Status.DONE) for change in batch]


class FalseDrift(MemoryProvider):
    """Law 7: it reports a TTL that counts down."""

    def observe(self, scope: Scope) -> Observation:
        seen = super().observe(scope)
        down = {key: replace(one, ttl=1) if isinstance(one, RecordSet) else one for key, one in seen.resources.items()}
        return replace(seen, resources=down)


class Echo(MemoryProvider):
    """Law 7: it reports what it was asked about, so that there is never anything to do."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.asked: dict[Key, Resource] = {}

    def normalise(self, desired: Resource) -> Resource:
        self.asked[desired.key] = super().normalise(desired)
        return self.asked[desired.key]

    def observe(self, scope: Scope) -> Observation:
        return replace(super().observe(scope), resources=self.asked)
