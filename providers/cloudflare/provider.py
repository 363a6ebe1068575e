"""Zones at Cloudflare: one call finds a zone, one lists all its records, one writes up to 200 operations.

There is no compare-and-swap: the zone is listed again just before a write, and again after it. A write whose answer is
lost is never sent again; the zone is read, and what is there says what became of it.
An option `token` reads; `write_token`, where it is given, is used by `apply` alone and for writing alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from providers.cloudflare import limits, reading, values
from providers.cloudflare.api import Api, Line
from providers.cloudflare.writing import Writing
from reconciler.model.change import Change, Outcome
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Forbidden, NotFound, Permanent, ProviderError, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.provider import Access, Capabilities, Observation, Readiness, Scope
from reconciler.wire.options import Options, Reference
from reconciler.wire.pace import Pace

ENDPOINT = "https://api.cloudflare.com/client/v4"
#: Calls a second for ever, and at once: in no window of 300 s more than 300 + 3 x 300 = 1,200.
#: Source: Cloudflare documentation, Rate limits: 1,200 calls in five minutes a user, 2026-11.
RATE, BURST = 3.0, 300
#: Seconds until an answer is given up.
PATIENCE = 60.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_READS, _EDITS = "#dns_records:read", "#dns_records:edit"


class CloudflareProvider:
    """Zones at Cloudflare.

    Options: `token` and, for another identity that writes, `write_token` (references to API tokens); `account` (an id,
    where several accounts hold a zone of one name); `endpoint`; `timeout` in seconds.
    """

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        given = Options(name, options, folder)
        token, other = given.secret("token"), given.secret("write_token", needed=False)
        self._account = given.text("account", "the id of an account, 32 hexadecimal digits", default="")
        endpoint = given.text("endpoint", ENDPOINT, default=ENDPOINT)
        timeout = given.number("timeout", PATIENCE)
        if not _is_safe(endpoint):
            given.wrong("endpoint", "must be an https address: a token is sent there", f"endpoint: {ENDPOINT}")
        given.end()
        assert isinstance(token, Reference)  # else `end` has complained
        self._name = name
        self.line = Line(name, endpoint, timeout, Pace(name, RATE, BURST))
        self._reads = Api(self.line, token)
        self._writes = Api(self.line, other) if other else self._reads
        self._zones: dict[str, reading.Zone] = {}
        each = Capabilities(batch=reading.PAID)  # of an apply; what one call carries depends on the zone's plan
        self.kinds: Mapping[str, Capabilities] = dict.fromkeys(sorted(values.KINDS), each)

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        """What Cloudflare cannot store, each finding at its record set."""
        return limits.refusals(desired)

    def normalise(self, desired: Resource) -> Resource:
        """Values in canonical form; what is proxied has the automatic TTL."""
        return limits.normal(desired)

    def observe(self, scope: Scope) -> Observation:
        """All record sets of the zone, or those of some names, in one call for all."""
        if scope.system != "dns":
            raise Unsupported(self._name, f"Cloudflare's DNS holds no {scope.system}")
        zone, state = self._read(scope.name)
        findings = (*zone.findings(), *state.findings)
        sets: Mapping[Key, Resource] = state.sets
        locked: Mapping[Key, str] = state.locked
        if scope.names is not None:
            sets = {key: one for key, one in state.sets.items() if key.name in scope.names}
            locked = {key: why for key, why in state.locked.items() if key.name in scope.names}
        return Observation(scope, sets, findings=findings, locked=locked, name_servers=zone.name_servers)

    def ready(self, key: Key) -> Readiness:  # noqa: ARG002
        """At once: `apply` has read the change back from the one database that all of Cloudflare's servers follow.

        When the world sees it is asked of the zone's name servers, by whoever asks public DNS.
        """
        return Readiness(True)

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        """List the zone, write what is still to be done in as few calls as can be, and list it again."""
        if not batch:
            return []
        zone = batch[0].key.scope
        return Writing(self._name, zone, lambda: self._read(zone), self._writes).carry_out(batch)

    def access(self, scope: Scope) -> Sequence[Access]:
        """What each token may do with a zone: it is found, listed, and says itself whether it may write."""
        if self._writes is self._reads:
            return [self._access("plan", self._reads, scope.name)]
        return [self._access("plan", self._reads, scope.name), self._access("apply", self._writes, scope.name)]

    def _access(self, identity: str, api: Api, name: str) -> Access:
        try:
            zone = reading.find(api, self._name, name, self._account)
            if _READS not in zone.permissions:  # the permissions of a user's token are told; else it is tried
                api.get(f"/zones/{zone.id}/dns_records", page=1, per_page=1)
        except Permanent as problem:
            return Access(identity, reads=False, detail=str(problem))
        writes = _EDITS in zone.permissions if zone.permissions else None
        return Access(identity, reads=True, writes=writes, detail=_lifetime(api))

    def _read(self, name: str) -> tuple[reading.Zone, reading.State]:
        """The zone, which is looked for once, and all its records."""
        zone = self._zones.get(name)
        if zone is None:
            zone = self._zones[name] = reading.find(self._reads, self._name, name, self._account)
        try:
            return zone, reading.read(self._reads, self._name, zone)
        except (NotFound, Forbidden):
            self._zones.pop(name, None)  # it may have been removed and made anew, under another id
            raise


def _lifetime(api: Api) -> str:
    """Until when a token is valid, where it says so; an account's own token cannot be asked this way."""
    try:
        told = api.get("/user/tokens/verify")["result"]
    except ProviderError:
        return ""
    until = told.get("expires_on") if isinstance(told, dict) else None
    return f"the token is valid until {until}" if until else ""


def _is_safe(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        named = bool(parts.hostname) and bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:  # no port, or no host, could be
        return False
    if not endpoint.isprintable() or " " in endpoint or parts.username is not None:
        return False
    return named and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))
