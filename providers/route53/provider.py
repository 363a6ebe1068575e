"""The provider `route53`: reads a hosted zone whole, writes what the host itself compares with what was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from providers.route53 import batches, text
from providers.route53.account import BURST, RATE, Account, identity
from providers.route53.reading import Reading
from providers.route53.writing import Writing
from providers.route53.zones import Zones
from reconciler.model import names
from reconciler.model.change import Change, Outcome
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import AuthFailed, Forbidden, NotFound, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Access, Capabilities, Observation, Readiness, Scope
from reconciler.wire import records
from reconciler.wire.options import Options
from reconciler.wire.pace import Pace

#: Seconds within which a change is generally on all of a zone's servers.
DELAY = 60.0
#: The types a hosted zone holds besides its SOA; SPF (99) is history and only read.
#: Source: Amazon Route 53 API Reference, ResourceRecordSet (2026-11); RFC 7208 section 3.1.
TYPES = frozenset("A AAAA CAA CNAME DS HTTPS MX NAPTR NS PTR SRV SSHFP SVCB TLSA TXT".split())  # noqa: SIM905
#: Characters of one value as it is sent.
LONGEST_VALUE = 4000


class Route53Provider:
    """Zones at Amazon Route 53.

    Options: `access_key` and `secret_key` (references) or `profile`, or neither for what boto3 finds by itself; the
    same with `write_` in front for the identity that `apply` changes records with; `zones` (ids by zone, where a name
    is not enough); `endpoint`, `region`, `timeout` in seconds.

    Attributes:
        pace: of all calls to the account.
    """

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        given = Options(name, options, folder)
        reads, writes = identity(given), identity(given, "write_")
        endpoint = given.text("endpoint", "https://route53.amazonaws.com", "")
        if endpoint and not _is_address(endpoint):
            given.wrong("endpoint", f"is {endpoint!r}", "endpoint: https://route53.amazonaws.com")
        region, timeout = given.text("region", "us-east-1", "us-east-1"), given.number("timeout", 30)
        known = _ids(given, options.get("zones"))
        given.end()
        self._name = name
        self._account = Account(name, reads, endpoint, region, timeout)
        self._writer = Account(name, writes, endpoint, region, timeout) if writes.named else self._account
        self._zones = Zones(name, self._account, Pace(name, RATE, BURST), known)
        self._read: dict[str, Reading] = {}
        self._pending: dict[str, list[str]] = {}
        each = Capabilities(batch=batches.VALUES, delay=DELAY)
        self.kinds: Mapping[str, Capabilities] = {
            **dict.fromkeys(sorted(TYPES), each),
            "SPF": Capabilities(verbs=frozenset()),
        }

    @property
    def pace(self) -> Pace:
        """How often the account is asked."""
        return self._zones.pace

    @pace.setter
    def pace(self, pace: Pace) -> None:
        self._zones.pace = pace

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        """What a hosted zone cannot hold, each finding at its record set."""
        return records.refusals("route53/refused", "Route 53", desired, TYPES, _own_refusals)

    def normalise(self, desired: Resource) -> Resource:
        """Values in canonical form, sorted, without repeats; what is refused anyway stays as it is."""
        return records.normal(desired)

    def observe(self, scope: Scope) -> Observation:
        """All of the hosted zone; sets that are routed, aliases, or tied to health checks are locked."""
        if scope.system != "dns":
            raise Unsupported(self._name, f"Route 53 holds no {scope.system}")
        held = self._read[scope.name] = self._zones.read(scope.name)
        sets: Mapping[Key, Resource] = held.sets
        locked = held.locked
        if scope.names is not None:
            sets = {key: one for key, one in sets.items() if key.name in scope.names}
            locked = {key: one for key, one in locked.items() if key.name in scope.names}
        return Observation(scope, sets, locked=locked)

    def ready(self, key: Key) -> Readiness:
        """Whether the zone's changes of this run are on all its servers."""
        pending = self._pending.get(key.scope, [])
        while pending:
            try:
                found = self._zones.ask(lambda client: client.get_change(Id=pending[0])["ChangeInfo"]["Status"])
            except NotFound:
                found = "INSYNC"  # so old that it is no longer known
            if found != "INSYNC":
                return Readiness(
                    False, f"Route 53 has not brought the change {pending[0]} to all servers yet ({found})"
                )
            pending.pop(0)
        return Readiness(True)

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        """As few requests as the limits allow, each whole or not at all, and one reading after them."""
        if not batch:
            return []
        zone = batch[0].key.scope
        wished = [replace(one, after=one.after and self.normalise(one.after)) for one in batch]
        writing = Writing(self._writer, self._zones, zone, self._unholdable)
        outcomes = writing.carry_out(wished, self._read.pop(zone, None))
        if writing.held:
            self._read[zone] = writing.held
        self._pending.setdefault(zone, []).extend(writing.sent)
        return outcomes

    def access(self, scope: Scope) -> Sequence[Access]:
        """Whether each identity can read the zone; who may write shows only when something is written."""
        found = [self._access("plan", self._account, scope)]
        if self._writer is not self._account:
            found.append(self._access("apply", self._writer, scope))
        return found

    def _access(self, who: str, account: Account, scope: Scope) -> Access:
        try:
            zone = self._zones.identity(scope.name)
            account.ask(self.pace, lambda client: client.list_resource_record_sets(HostedZoneId=zone, MaxItems="1"))
        except (AuthFailed, Forbidden) as problem:
            return Access(who, False, None, str(problem))
        return Access(who, True, None, "Route 53 does not say who may write: only a write shows it")

    def _unholdable(self, change: Change) -> str:
        if change.key.kind not in TYPES:
            return "this type cannot be written"
        if change.after is None:
            return "the NS at a zone's own name cannot be deleted" if change.key[2:] == ("NS", "@") else ""
        return next((one.summary for one in self.refusals([change.after])), "")


def _own_refusals(wished: RecordSet) -> Iterator[str]:
    """What Route 53 alone refuses of one record set that any zone could hold."""
    yield from records.unproxied(wished)
    lengths = [len(text.native_value(wished.key.kind, value)) for value in set(wished.values)]
    if max(lengths) > LONGEST_VALUE:
        yield f"a value of {max(lengths)} characters; Route 53 takes {LONGEST_VALUE}, quotes and escapes included"
    if len(lengths) > batches.VALUES or sum(lengths) > batches.CHARACTERS:
        yield f"Route 53 takes {batches.VALUES} values and {batches.CHARACTERS} characters in one request"


def _is_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _ids(given: Options, zones: object) -> dict[str, str]:
    """Ids by zone, with or without `/hostedzone/`."""
    inner = given.inside("zones", needed=False)
    found: dict[str, str] = {}
    for zone in zones if inner and isinstance(zones, Mapping) else ():
        example = "Z0123456789ABCDEFGHIJ"
        one = inner.text(str(zone), example).removeprefix("/hostedzone/") if inner else ""
        try:
            name = names.written(names.labels(names.to_ascii(str(zone))))
        except ValueError as problem:
            given.wrong(f"zones: {zone}", "is no zone", str(problem))
            continue
        if one and not (one.isascii() and one.isalnum() and len(one) <= 32):
            given.wrong(f"zones: {zone}", f"is {one!r}", f"the id of a hosted zone ({example})")
        found[name] = one
    return found
