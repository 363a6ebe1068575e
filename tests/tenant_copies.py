"""A tenant that answers from several copies, each as far behind as a test says, and one customer who lives in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from reconciler.ledger import EMPTY, Ledger, Owned, recorded
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import ProviderError
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Group, Licenses, Resource, ServiceRecord, SignIn, Sku, TenantDomain, User
from reconciler.model.value import Value
from reconciler.provider import Capabilities, Observation, Reader, Readiness, Scope
from reconciler.session.opened import Session
from reconciler.spec.scope import scopes
from tests.running import WORKSPACE
from tests.semantics.world import Clock
from tests.spec.folders import write

TENANT = "acme.onmicrosoft.com"
DELAY = 5.0
SPEC = f"""\
tenant: {TENANT}
users: {{usage_location: MX}}
accounts:
  - {{address: ana@{TENANT}, name: Ana, id: a}}
groups: {{staff: {{}}}}
"""


def key(kind: str, name: str) -> Key:
    """One of the tenant's."""
    return Key("tenant", TENANT, kind, name)


ANA = User(
    key("user", "u-ana"), f"ana@{TENANT}", "Ana", "u-ana", usage_location="MX", aliases=(f"a@{TENANT}", f"b@{TENANT}")
)
HELD = Licenses(key("licenses", "u-ana"), "u-ana", ("BASIC",), disabled=("BASIC/SWAY",))
STAFF = Group(key("group", "g-1"), "staff", "g-1", members=("u-ana",))
HOME = TenantDomain(
    key("domain", TENANT), verified=True, records=(ServiceRecord("@", "MX", "0 a.b.", "Email", optional=True),)
)
BASIC = Sku(key("sku", "BASIC"), "s-1", enabled=3, consumed=1, plans=("SWAY", "TEAMS1"))
GUARDED = SignIn(key("sign-in", "@"), policies=("All",))
ALL: Mapping[Key, Resource] = {one.key: one for one in (ANA, HELD, STAFF, HOME, BASIC, GUARDED)}


class Copies:
    """`lags`: of the copies, in the order in which they answer, in seconds; the last one answers from then on.

    Attributes:
        reads: the clock at each reading. `problem`: raised instead of an answer.
    """

    def __init__(self, clock: Clock, *lags: float) -> None:
        self.clock, self.lags = clock, list(lags)
        self.history: list[tuple[datetime, Mapping[Key, Resource]]] = [(clock.now() - timedelta(days=365), ALL)]
        self.kinds = dict.fromkeys(("user", "licenses", "group", "domain"), Capabilities(delay=DELAY))
        self.reads: list[datetime] = []
        self.problem: ProviderError | None = None
        self.version = "v1"
        self.whole = False

    def write(self, *resources: Resource) -> None:
        """Now, at the copy that is written to."""
        self.history.append((self.clock.now(), {**self.history[-1][1], **{one.key: one for one in resources}}))

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        return ()

    def normalise(self, desired: Resource) -> Resource:
        return desired

    def ready(self, key: Key) -> Readiness:
        return Readiness(key.name != "late")

    def observe(self, scope: Scope) -> Observation:
        self.reads.append(self.clock.now())
        if self.problem:
            raise self.problem
        lag = self.lags.pop(0) if len(self.lags) > 1 else [*self.lags, 0.0][0]
        return Observation(self._scope(scope), self.at(lag), self.version)

    def _scope(self, scope: Scope) -> Scope:
        return replace(scope, names=None) if self.whole else scope

    def at(self, lag: float) -> Mapping[Key, Resource]:
        """What a copy shows."""
        moment = self.clock.now() - timedelta(seconds=lag)
        return next(shown for since, shown in reversed(self.history) if since <= moment)


class Following(Copies):
    """The same, and it can tell what changed; `followed` are the readings it was given."""

    def __init__(self, clock: Clock, *lags: float) -> None:
        super().__init__(clock, *lags)
        self.followed: list[Observation] = []
        self.lost: ProviderError | None = None

    def follow(self, before: Observation) -> Observation:
        self.followed.append(before)
        if self.lost:
            raise self.lost
        lag = self.lags.pop(0) if len(self.lags) > 1 else [*self.lags, 0.0][0]
        return replace(before, resources=self.at(lag), version="v2")


class Place(Session):
    """A folder of specs whose providers are given; the clock is turned by waiting alone."""

    def __init__(self, folder: Path, clock: Clock, systems: Mapping[str, Reader], spec: str = SPEC) -> None:
        write(folder, {"workspace.yaml": WORKSPACE, "acme/customer.yaml": spec})
        super().__init__(folder, clock=clock)
        assert not self.loaded.failed, self.loaded.failed
        self.systems = systems

    def provider(self, name: str) -> Reader:
        return self.systems[name]

    @property
    def scope(self) -> Scope:
        """What is read of the tenant."""
        found = scopes(self.loaded.customers[0], self.loaded.workspace)
        return next(one for _, one in found if one.system == "tenant")


@dataclass(slots=True)
class Wrote:
    """What the journal would say of what was written or adopted, by the spec's names."""

    owned: dict[str, Owned] = field(default_factory=dict)

    def __call__(self, slot: Slot, value: Value, when: datetime, how: str = "written") -> Wrote:
        held = recorded(slot, value)
        assert held is not None
        self.owned[slot.address] = Owned(held, how, when)
        return self

    def ledger(self, **remote: str) -> Ledger:
        """With object ids by the names of users."""
        ids = {key("user", name).address: one for name, one in remote.items()}
        return replace(EMPTY, owned=self.owned, remote=ids, known={one: name for name, one in ids.items()})
