"""Adapters that break laws 8 to 15 on purpose, each in one way that real adapters do."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from providers.memory import TENANT_KINDS, MemoryProvider, RemoteFailure
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import ProviderError, RateLimited, Unavailable
from reconciler.model.key import Key
from reconciler.model.resource import Resource, User
from reconciler.provider import Observation, Readiness, Scope


def outcomes(found: Iterable[Outcome], **attributes: object) -> list[Outcome]:
    """The same outcomes, told otherwise."""
    return [replace(one, **attributes) for one in found]  # type: ignore[arg-type]


class ReplacesZone(MemoryProvider):
    """Law 8: an update uploads the zone as it knows it."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = list(super().apply(batch))
        for change in batch:
            if change.key.system == "dns" and change.before and change.after:
                others = [one for one in self._listed(Scope("dns", change.key.scope)) if one.key != change.key]
                for one in others[:1]:
                    self.remote.delete(one.key)
        return found


class NewIdentity(MemoryProvider):
    """Law 8: an update touches the account beside it."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = list(super().apply(batch))
        for change in batch:
            if isinstance(change.after, User) and change.before:
                users = [one for one in self._listed(Scope("tenant", change.key.scope)) if isinstance(one, User)]
                for one in (user for user in users if user.upn != change.after.upn):
                    self.remote.put(replace(one, phone="0"))
        return found


class GoneIsFailed(MemoryProvider):
    """Law 9: deleting twice fails."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [
            Outcome(change.key, Status.FAILED, "not found")
            if change.after is None and self._absent(change)
            else next(iter(super(GoneIsFailed, self).apply([change])))
            for change in batch
        ]

    def _absent(self, change: Change) -> bool:
        present = self._present(change)
        return present is None or (isinstance(present, User) and present.deleted)


class WritesAgain(MemoryProvider):
    """Law 10: what is done already is written once more."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = list(super().apply(batch))
        for change, outcome in zip(batch, found, strict=True):
            present = self._present(change)
            if outcome.status == Status.DONE and present is not None and not outcome.detail:
                self.remote.put(present)
        return found


class AlreadyThere(MemoryProvider):
    """Law 10: a change whose answer was lost is refused when it comes again."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [self._strict(change) for change in batch]

    def _strict(self, change: Change) -> Outcome:
        if change.before is None and change.after is not None and self._present(change) is not None:
            return Outcome(change.key, Status.REFUSED, "it is there already")
        (outcome,) = super().apply([change])
        return outcome


class SecondAccount(MemoryProvider):
    """Law 10: it makes a second group rather than look for the first."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [self._blind(change) for change in batch]

    def _blind(self, change: Change) -> Outcome:
        if change.key.kind == "group" and change.before is None and change.after is not None:
            with suppress(RemoteFailure):
                self.remote.put(change.after)
            present = self._present(change)
            return Outcome(change.key, Status.DONE, remote_id=getattr(present, "remote_id", ""))
        (outcome,) = super().apply([change])
        return outcome


class StopsAtFirst(MemoryProvider):
    """Law 10, in part: the first refusal ends the batch, and the rest is not mentioned."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        for change in batch:
            (outcome,) = super().apply([change])
            yield outcome
            if outcome.status != Status.DONE:
                return


class SkipsTheRest(MemoryProvider):
    """Law 10, in part: one impossible change keeps the others from being made."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found: list[Outcome] = []
        for change in batch:
            if any(one.status != Status.DONE for one in found):
                found.append(Outcome(change.key, Status.SKIPPED, "an earlier change failed"))
            else:
                found += super().apply([change])
        return found


class AllOrSaysSo(MemoryProvider):
    """Law 10, in part: what failed is told as done."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return outcomes(super().apply(batch), status=Status.DONE, detail="")


class OnlyOurs(MemoryProvider):
    """Law 11: what it does not understand it does not report."""

    def observe(self, scope: Scope) -> Observation:
        seen = super().observe(scope)
        ours = {key: one for key, one in seen.resources.items() if not key.kind.startswith("TYPE")}
        return replace(seen, resources=ours)


class TakesTheName(MemoryProvider):
    """Law 11: with one TXT record it deletes all that nobody has asked for."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = list(super().apply(batch))
        for change in batch:
            if change.key.kind == "TXT" and change.after is None:
                for one in list(self._listed(Scope("dns", change.key.scope))):
                    if one.key.kind == "TXT":
                        self.remote.delete(one.key)
        return found


class Forces(MemoryProvider):
    """Law 11, concurrent: the last writer wins."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return [self._forced(change) for change in batch]

    def _forced(self, change: Change) -> Outcome:
        present = self._present(change)
        before = present if change.before is not None and present is not None else change.before
        (outcome,) = super().apply([replace(change, before=before)])
        return outcome


class RefusesAll(MemoryProvider):
    """Law 11, concurrent: one change that has moved takes the others with it."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        for change in batch:
            present = self._present(change)
            if present is not None and change.before is not None and replace(present, key=change.key) != change.before:
                return [Outcome(one.key, Status.REFUSED, "something has changed") for one in batch]
        return super().apply(batch)


class Forgetful(MemoryProvider):
    """Law 12: the system's own name for the call is lost."""

    def observe(self, scope: Scope) -> Observation:
        try:
            return super().observe(scope)
        except ProviderError as problem:
            problem.request_id = ""
            raise


class Impatient(MemoryProvider):
    """Law 12: how long to wait is lost, in outcomes."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        return outcomes(super().apply(batch), retry_after=0.0)


class Milliseconds(MemoryProvider):
    """Law 12: seconds are taken for milliseconds."""

    def observe(self, scope: Scope) -> Observation:
        try:
            return super().observe(scope)
        except RateLimited as problem:
            problem.retry_after /= 1000
            raise


class AllUnavailable(MemoryProvider):
    """Law 12: every answer is the same error."""

    def observe(self, scope: Scope) -> Observation:
        try:
            return super().observe(scope)
        except ProviderError as problem:
            raise Unavailable(self.name, str(problem), None, problem.request_id) from problem


class SureOfFailure(MemoryProvider):
    """Law 12: a write without an answer is told as failed."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = super().apply(batch)
        return [replace(one, status=Status.FAILED) if one.status == Status.UNKNOWN else one for one in found]


class Raises(MemoryProvider):
    """Law 12: an error leaves `apply`."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = list(super().apply(batch))
        if any(one.request_id for one in found):
            raise Unavailable(self.name, found[0].detail)
        return found


class RefusesPlain(MemoryProvider):
    """Law 13: it declares a kind that it refuses."""

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        yield from super().refusals(desired)
        for one in desired:
            if one.key.kind == "SRV":
                yield error("memory/no-srv", "no SRV here")


class FoundOutLate(MemoryProvider):
    """Law 13: only `apply` knows what it cannot."""

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        return [one for one in super().refusals(desired) if one.rule != "memory/unsupported-kind"]


class MoreThanDeclared(MemoryProvider):
    """Law 13: it deletes what it declares not to delete."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.kinds = {**self.kinds, "group": replace(TENANT_KINDS["group"], verbs=frozenset({"create", "update"}))}

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        self.kinds = {**self.kinds, "group": TENANT_KINDS["group"]}
        found = super().apply(batch)
        self.kinds = {**self.kinds, "group": replace(TENANT_KINDS["group"], verbs=frozenset({"create", "update"}))}
        return found


class Remembers(MemoryProvider):
    """Law 12: once told that it asks too often, it never writes again."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = list(super().apply(batch))
        if any(one.retry_after == 0.0 and one.status is Status.FAILED for one in found):
            self.kinds = dict.fromkeys(self.kinds, replace(TENANT_KINDS["sku"], computed=frozenset()))
        return found


class TooEarly(MemoryProvider):
    """Law 14: it declares a delay and is ready at once."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.kinds = {kind: replace(one, delay=30.0) for kind, one in self.kinds.items()}


class NeverReady(MemoryProvider):
    """Law 14: what it waits for never comes."""

    def ready(self, key: Key) -> Readiness:
        return Readiness(ready=False, detail="propagating")


class Silent(MemoryProvider):
    """Law 14: it waits and does not say for what."""

    def ready(self, key: Key) -> Readiness:
        return Readiness(ready=False)


class Blocks(MemoryProvider):
    """Law 14: it waits itself."""

    def ready(self, key: Key) -> Readiness:
        time.sleep(1.05)
        return super().ready(key)


class TellsPassword(MemoryProvider):
    """Law 15: the first password is in the outcome."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = super().apply(batch)
        return [
            replace(one, detail=f"made with {change.password.reveal()}") if change.password else one
            for one, change in zip(found, batch, strict=True)
        ]


class PrintsPassword(MemoryProvider):
    """Law 15: the first password is printed."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        for change in batch:
            if change.password:
                print("creating", change.key.name, change.password.reveal())
        return super().apply(batch)


class TakesWhatGrows(MemoryProvider):
    """Law 6: it declares that aliases only grow, and takes them away all the same."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        super().__init__(name, options, folder)
        self.kinds = {**self.kinds, "user": replace(TENANT_KINDS["user"], grows=frozenset({"aliases"}))}


class TakesAndSaysNo(TakesWhatGrows):
    """Law 6: it declares that aliases only grow, takes them away, and says that it did not."""

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        found = list(super().apply(batch))
        for at, change in enumerate(batch):
            if isinstance(change.before, User) and isinstance(change.after, User):
                lost = {*change.before.aliases} - {*change.after.aliases}
                found[at] = replace(found[at], status=Status.REFUSED) if lost else found[at]
        return found
