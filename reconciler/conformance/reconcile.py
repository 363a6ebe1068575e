"""The suite's own small reconciler: from a desired state and what is observed to changes, by attribute values alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from reconciler.conformance.harness import MARKER, Harness, Provider
from reconciler.conformance.judge import attributes, computed_of, unasked
from reconciler.conformance.states import State
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, User
from reconciler.model.value import Secret
from reconciler.provider import Scope

#: Deletes first, from what needs others to what is needed; the rest the other way round.
ORDER = ("domain", "user", "licenses", "group")


@dataclass
class Walk:
    """One story with one provider: remembers which remote id each id of the spec stands for.

    Attributes:
        bound: remote id by the spec's id, of users and groups.
        wanted: every key an earlier state wanted, so that what a later one leaves out is deleted.
    """

    harness: Harness
    provider: Provider
    scope: Scope
    bound: dict[tuple[str, str], str] = field(default_factory=dict)
    wanted: dict[Key, None] = field(default_factory=dict)

    def changes(self, state: State) -> list[Change]:
        """What is needed to reach a state; empty when it is reached."""
        desired = {one.key: self.normal(one) for one in state}
        live = self.live()
        self.wanted |= dict.fromkeys(desired)
        found = (self._change(key, live.get(key), desired.get(key)) for key in self.wanted)
        return sorted((one for one in found if one), key=_order)

    def live(self) -> dict[Key, Resource]:
        """What the provider observes, keyed by the spec's ids where they are bound."""
        return self.known(self.provider.observe(self.scope).resources.values())

    def truth(self) -> dict[Key, Resource]:
        """What is really there, keyed in the same way."""
        return self.known(self.harness.truth(self.scope).values())

    def known(self, resources: Iterable[Resource]) -> dict[Key, Resource]:
        """The same resources, keyed by the spec's ids where they are bound."""
        keyed = ((self.inward(one.key), one) for one in resources)
        return {key: replace(one, key=key) for key, one in keyed}

    def inward(self, key: Key) -> Key:
        """A key under the spec's id, where it is bound to one."""
        kind = "user" if key.kind == "licenses" else key.kind
        names = (name for (bound, name), remote in self.bound.items() if (bound, remote) == (kind, key.name))
        return key._replace(name=next(names, key.name))

    def outward(self, key: Key) -> Key:
        """A key under the remote id, where one is bound: the form in which the core hands it to a provider."""
        kind = "user" if key.kind == "licenses" else key.kind
        return key._replace(name=self.bound.get((kind, key.name), key.name))

    def normal(self, resource: Resource) -> Resource:
        """A desired resource as the provider would report it, with remote ids for what it refers to."""
        identity = self.bound.get(("user" if resource.key.kind == "licenses" else resource.key.kind, resource.key.name))
        match resource:
            case Group():
                members = tuple(sorted(self.bound.get(("user", one), one) for one in resource.members))
                resource = replace(resource, members=members, remote_id=identity or "")
            case User() | Licenses():
                resource = replace(resource, remote_id=identity or "")
        return self.provider.normalise(resource)

    def apply(self, batch: Sequence[Change]) -> list[Outcome]:
        """Apply, and bind what was created."""
        outcomes = list(self.provider.apply(batch))
        for outcome in outcomes:
            made = outcome.status == Status.DONE and outcome.key.kind in {"user", "group"}
            if made and outcome.remote_id and outcome.remote_id != outcome.key.name:
                self.bound[outcome.key.kind, outcome.key.name] = outcome.remote_id
        return outcomes

    def reach(self, state: State) -> None:
        """Begin a story at a state that is not itself under judgement; what an earlier story wanted stays.

        Raises:
            AssertionError: it could not be reached.
        """
        self.wanted.clear()
        batch = self.changes(state)
        for change in batch:
            if change.key.kind == "domain":
                self.harness.prove(change.key)
        outcomes = self.apply(batch)
        bad = [one for one in outcomes if one.status != Status.DONE]
        if bad or len(outcomes) != len(batch):
            raise AssertionError(f"a plain state could not be reached: {bad or outcomes}")

    def _change(self, key: Key, live: Resource | None, desired: Resource | None) -> Change | None:
        if desired is None and isinstance(live, Licenses):
            desired = replace(live, direct=())  # nobody's licences are deleted: they become none
        computed = computed_of(self.provider.kinds, key.kind) | unasked(desired)
        if attributes(live, computed) == attributes(desired, computed):
            return None
        creates = isinstance(desired, User) and live is None
        outward = self.outward(key)
        before, after = (one and replace(one, key=outward) for one in (live, desired))
        return Change(outward, before, after, ("step",), Secret(MARKER) if creates else None)


def _order(change: Change) -> tuple[int, Key]:
    rank = ORDER.index(change.key.kind) if change.key.kind in ORDER else 0
    return (-10 - rank, change.key) if change.after is None else (rank, change.key)
