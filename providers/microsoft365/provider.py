"""A Microsoft 365 tenant through Microsoft Graph: domains, users, licences, groups, and how sign-in is protected.

A tenant is named by its initial domain, and whose a token is gets checked before anything else. Graph has no
compare-and-swap: what is written is looked at before and read back after. What it shows lags behind what it took; that
is told as such, and whoever may wait does.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from providers.microsoft365 import asking, credentials, delta, reading, whole
from providers.microsoft365.api import Api
from providers.microsoft365.clouds import Line
from providers.microsoft365.credentials import Identity
from providers.microsoft365.memory import Memory
from providers.microsoft365.writing import Writing
from reconciler.clock import Clock, SystemClock
from reconciler.model import tenant_rules
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import NotFound, Permanent, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.provider import Access, Capabilities, Observation, Readiness, Scope
from reconciler.wire.options import Options

#: Changes that one `apply` is handed; it makes calls of twenty of them.
BATCH = 1000
#: Seconds until a read surely shows a write, as a rule. Source: hashicorp/terraform-provider-azuread (2026-08).
DELAY = 5.0
KINDS: Mapping[str, Capabilities] = {
    "domain": Capabilities(
        frozenset({"create", "update"}),
        BATCH,
        computed=frozenset({"verification", "records", "federated", "hosted"}),
        delay=DELAY,
    ),
    "user": Capabilities(
        batch=BATCH,
        computed=frozenset({"remote_id", "synced", "guest"}),
        grows=frozenset({"aliases"}),
        delay=DELAY,
    ),
    "licenses": Capabilities(
        frozenset({"update"}), BATCH, computed=frozenset({"remote_id", "inherited", "errors"}), delay=DELAY
    ),
    "group": Capabilities(frozenset({"create", "update"}), BATCH, computed=frozenset({"remote_id"}), delay=DELAY),
    "sku": Capabilities(frozenset()),
    "sign-in": Capabilities(frozenset({"update"}), computed=frozenset({"policies"})),
}


class Microsoft365Provider:
    """Tenants of Microsoft 365.

    Options: a way to sign in (`client_id` with `client_secret`, `certificate` or `identity: workload`; `identity:
    managed` or `az`; `access_token`); `write`, another one for `apply` alone; `cloud`; `endpoint`, `login`; `timeout`
    in seconds.

    Attributes:
        line: how Graph is reached. clock: what waiting and pacing go by; to be set before the first call.
    """

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        given = Options(name, options, folder)
        told = credentials.given(name, given)
        given.end()
        self._name, self.line = name, told.line
        self._reads, self._writes = told.reads, told.writes or told.reads
        self.clock: Clock = SystemClock()
        self._memory = Memory()
        self._apis: dict[tuple[bool, str, Line], Api] = {}
        self._written: dict[Key, datetime] = {}
        self._lock = threading.Lock()

    @property
    def kinds(self) -> Mapping[str, Capabilities]:
        """A licence is given and taken, never made; products are bought elsewhere."""
        return KINDS

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        """What no tenant can hold."""
        return tenant_rules.refusals(desired)

    def normalise(self, desired: Resource) -> Resource:
        """As a tenant shows it."""
        return tenant_rules.normal_form(desired)

    def observe(self, scope: Scope) -> Observation:
        """The tenant, or those of it who are named, in as few calls as can be."""
        if scope.system != "tenant":
            raise Unsupported(self._name, f"holds tenants, not {scope.system}")
        return reading.observe(self._api(scope.name), scope)

    def follow(self, before: Observation) -> Observation:
        """What changed since a reading, and the reading with it."""
        return delta.follow(self._api(before.scope.name), before)

    def references(self, key: Key) -> Mapping[str, int]:
        """Users, groups and apps that have something on a domain."""
        listed = self._api(key.scope).pages(asking.references(key.name).url)
        return Counter(str(one.get("@odata.type", "")).rpartition(".")[2] or "object" for one in listed)

    def ready(self, key: Key) -> Readiness:
        """A domain that is in the tenant can be verified; whether its proof is seen, `verify` alone can say.

        What this process wrote a moment ago is not shown by every server yet, though one has shown it.
        """
        written = self._written.get(key)
        left = DELAY - (self.clock.now() - written).total_seconds() if written else 0.0
        if left > 0:
            return Readiness(False, f"{key.address} was written a moment ago; not every server may show it", left)
        if key.kind != "domain":
            return Readiness(ready=True)
        try:
            self._api(key.scope).get(asking.domain(key.name).url)
        except NotFound:
            return Readiness(ready=False, detail=f"{key.name} is not in the tenant yet")
        return Readiness(ready=True)

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        """Look at what is there, write what is lacking in calls of twenty, and read it back."""
        if not batch:
            return []
        outcomes = Writing(self._api(batch[0].key.scope, write=True), self._memory).carry_out(batch)
        now = self.clock.now()
        for one in outcomes:
            if one.status is Status.DONE and KINDS[one.key.kind].delay:
                self._written[one.key] = self._written[one.key._replace(name=one.remote_id)] = now
        return outcomes

    def access(self, scope: Scope) -> Sequence[Access]:
        """Whether each identity can read the tenant; what it may write, Graph says only when it is tried."""
        if self._writes is self._reads:
            return [self._access("plan", scope.name, write=False)]
        return [self._access(name, scope.name, write=name == "apply") for name in ("plan", "apply")]

    def _access(self, identity: str, tenant: str, *, write: bool) -> Access:
        try:
            told = whole.ask_plainly(self._api(tenant, write=write)).whole
        except Permanent as problem:
            return Access(identity, reads=False, detail=str(problem))
        return Access(identity, reads=True, detail="; ".join(one.summary for one in told.findings))

    def _api(self, tenant: str, *, write: bool = False) -> Api:
        """The tenant's calls in the name of one identity; what it knows of its pace lives as long as the provider."""
        apart = write and self._writes is not self._reads
        identity: Identity = self._writes if write else self._reads
        with self._lock:
            found = self._apis.get((apart, tenant, self.line))
            if found is None:
                found = self._apis[apart, tenant, self.line] = Api(self.line, identity, tenant, self.clock)
            return found
