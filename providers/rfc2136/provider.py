"""A zone on a DNS server that takes dynamic updates: read by AXFR, written by UPDATE, both signed with TSIG.

One message reads a zone, one writes a batch, one reads it back. What a message says no to is undone whole; a batch of
more than 64 KiB needs several messages, and they are not atomic together.
Source: RFC 2136, RFC 5936, RFC 8945; BIND 9.18 and Knot 3.2.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import dns.name
import dns.rcode
import dns.tsig
import dns.update

from providers.rfc2136 import exchange, update
from providers.rfc2136.applying import Applying, undone
from providers.rfc2136.exchange import Place, Servers, Unsent
from providers.rfc2136.reading import OWN, Reading
from providers.rfc2136.transfer import serial, transfer
from reconciler.model import names
from reconciler.model.change import Change, Outcome
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import AuthFailed, Forbidden, NotFound, ProviderError, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Access, Capabilities, Observation, Readiness, Scope
from reconciler.wire import records
from reconciler.wire.options import Options, Reference

#: Changes in one call: they are read back once, however many messages they take.
BATCH = 10_000
#: Seconds that a server may be silent.
TIMEOUT = 30.0
#: Seconds that a secondary may be silent: it is asked again soon.
GLANCE = 1.0
ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1")
#: A name that no zone has, for asking whether a key may write.
_PROBE = "_reconciler-may-it-write"

_PLACE = re.compile(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\[\]:\s]+))(?::([0-9]{1,5}))?|([0-9A-Fa-f]*:[0-9A-Fa-f:.]+)")


class Types(records.AllTypes):
    """Every type but the SOA and what a server makes itself when it signs."""

    def __getitem__(self, kind: str) -> Capabilities:
        if kind in OWN:
            raise KeyError(kind)
        return super().__getitem__(kind)


class Credential:
    """A TSIG key: its name, its algorithm, and where its secret is."""

    def __init__(self, provider: str, name: str, algorithm: str, secret: Reference) -> None:
        self.name = name
        self._provider, self._algorithm, self._secret = provider, algorithm, secret
        self._known: dns.tsig.Key | None = None

    def key(self) -> dns.tsig.Key:
        """The key itself, looked up at first use.

        Raises:
            AuthFailed: the secret is not there, or no base64.
        """
        if self._known is None:
            try:
                octets = base64.b64decode(self._secret.secret().reveal(), validate=True)
            except ValueError:
                raise AuthFailed(self._provider, f"the secret of the key {self.name} is no base64") from None
            name = dns.name.from_text(self.name, idna_codec=None)
            self._known = dns.tsig.Key(name, octets, self._algorithm)
        return self._known


class Rfc2136Provider:
    """Zones of one DNS server. Options: `server`, `key`, `write_key`, `secondaries`, `timeout`."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        given = Options(name, options, folder)
        self._name = name
        places = [_place(given, "server", text) for text in given.texts("server", "192.0.2.53")]
        others = [_place(given, "secondaries", text) for text in given.texts("secondaries", "[192.0.2.54]", ())]
        self._key = _credential(name, given, "key")
        self._write_key = _credential(name, given, "write_key")
        timeout = given.number("timeout", TIMEOUT)
        given.end()
        self.servers = Servers(name, places, timeout)
        self._secondaries = [Servers(name, [place], min(GLANCE, timeout)) for place in others]
        self._last: dict[str, Reading] = {}
        self.kinds: Mapping[str, Capabilities] = Types(Capabilities(batch=BATCH))

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        """What no server stores, or no update can carry, each finding at its record set."""
        return records.refusals("rfc2136/refused", "a DNS server", desired, self.kinds, _reasons)

    def normalise(self, desired: Resource) -> Resource:
        """Values in canonical form, sorted, without repeats; what is refused anyway stays as it is."""
        return records.normal(desired)

    def observe(self, scope: Scope) -> Observation:
        """Read the zone; the version is its serial. A big zone whose serial is as before is not read again."""
        if scope.system != "dns":
            raise Unsupported(self._name, f"a DNS server holds no {scope.system}")
        reading = self._reading(scope.name)
        sets: Mapping[Key, Resource] = reading.held
        if scope.names is not None:
            sets = {key: one for key, one in reading.held.items() if key.name in scope.names}
        return Observation(scope, sets, str(reading.serial), reading.findings)

    def ready(self, key: Key) -> Readiness:
        """Every secondary named in the options shows the serial that the last write made, or a later one."""
        if not self._secondaries:
            return Readiness(True)
        known = self._last.get(key.scope)
        wanted = known.serial if known else serial(self.servers, key.scope, _of(self._key))
        behind = [text for one in self._secondaries if (text := _behind(one, key.scope, wanted or 0))]
        return Readiness(not behind, "; ".join(behind))

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        """Send all changes in as few messages as they fit into, and read them back once."""
        if not batch:
            return []
        zone = batch[0].key.scope
        wished = [replace(one, after=one.after and self.normalise(one.after)) for one in batch]
        known = self._last.pop(zone, None)
        try:
            key = _of(self._write_key or self._key)
            work = Applying(self.servers, key, lambda: self._transfer(zone), self._unholdable)
            outcomes = work.outcomes(zone, wished, known)
        except ProviderError as problem:
            return [undone(one, problem) for one in batch]
        if work.reading is not None:
            self._last[zone] = work.reading
        return outcomes

    def access(self, scope: Scope) -> Sequence[Access]:
        """Whether each key may read the zone, and write there: it deletes what a name that does not exist has not."""
        both = [self._access("plan", self._key, scope.name)]
        if self._write_key:
            both.append(self._access("apply", self._write_key, scope.name))
        return both

    def _access(self, identity: str, credential: Credential | None, zone: str) -> Access:
        who = f"key {credential.name}" if credential else "without a key"
        writes, detail = self._may_write(zone, _of(credential))
        try:
            transfer(self.servers, zone, _of(credential))
        except (AuthFailed, Forbidden) as problem:
            return Access(identity, False, writes, f"{who}: {problem}")
        return Access(identity, True, writes, f"{who}: {detail}" if detail else who)

    def _may_write(self, zone: str, key: dns.tsig.Key | None) -> tuple[bool, str]:
        """Source: RFC 2136 section 3.3 and 3.4.2.4: the permission is checked, and then nothing is deleted."""
        asked = dns.update.UpdateMessage(dns.name.from_text(f"{zone}."))
        if key is not None:
            asked.use_tsig(key)
        name = dns.name.from_text(f"{_PROBE}.{zone}.")
        asked.absent(name)
        asked.delete(name, "TXT")
        try:
            exchange.check(self._name, self.servers.tell(asked))
        except Unsent as lost:
            raise lost.problem from None
        except (AuthFailed, Forbidden, NotFound) as problem:
            return False, f"it may not write: {problem}"
        return True, ""

    def _reading(self, zone: str) -> Reading:
        known = self._last.get(zone)
        if known is not None and not known.small and serial(self.servers, zone, _of(self._key)) == known.serial:
            return known
        self._last.pop(zone, None)
        self._last[zone] = reading = self._transfer(zone)
        return reading

    def _transfer(self, zone: str) -> Reading:
        try:
            names.labels(zone)
        except ValueError as problem:
            raise NotFound(self._name, str(problem)) from None
        return transfer(self.servers, zone, _of(self._key))

    def _unholdable(self, change: Change) -> str:
        if change.after is None:
            last = change.key[2:] == ("NS", "@")
            return "the server keeps the last NS of a zone: name those that shall stay" if last else ""
        return next((one.summary for one in self.refusals([change.after])), "")


def _reasons(wished: RecordSet) -> Iterator[str]:
    """What a DNS server, or an update, has no room for."""
    yield from records.unproxied(wished)
    if wished.key.kind == "DS" and wished.key.name == "@":
        yield "a DS stands in the parent zone"
    if wished.key.kind == "MX" and len(wished.values) > 1 and any(one.split(" ")[1] == "." for one in wished.values):
        yield "a null MX stands alone"  # RFC 7505 section 3
    if (size := update.octets(wished.key.kind, wished.values)) > update.ROOM:
        yield f"its values take {size} octets; one message can replace {update.ROOM}"


def _behind(secondary: Servers, zone: str, wanted: int) -> str:
    """What a secondary still lacks; empty when it has it. Serials are compared by RFC 1982."""
    place = secondary.first
    try:
        shown = serial(secondary, zone, None)
    except ProviderError as problem:
        return f"{place} does not tell its serial: {problem}"
    if shown is None:
        return f"{place} tells no serial"
    return f"{place} has serial {shown}, not yet {wanted}" if (wanted - shown) % 2**32 in range(1, 2**31) else ""


def _of(credential: Credential | None) -> dns.tsig.Key | None:
    return credential.key() if credential else None


def _credential(provider: str, given: Options, option: str) -> Credential | None:
    inner = given.inside(option, needed=False)
    if inner is None:
        return None
    name = inner.text("name", "reconciler.")
    algorithm = inner.choice("algorithm", ALGORITHMS, "hmac-sha256")
    secret = inner.secret("secret")
    inner.unknown()
    try:
        names.labels(name)
    except ValueError as problem:
        inner.wrong("name", f"of {option}: {problem}", f"{option}: {{name: reconciler., secret: ...}}")
    return Credential(provider, name, algorithm, secret) if secret else None


def _is_host(text: str) -> bool:
    try:
        return bool(text.encode("idna").strip(b"."))
    except ValueError:
        return False


def _place(given: Options, option: str, text: str) -> Place:
    found = _PLACE.fullmatch(text)
    port = int(found[3] or 53) if found else 0
    if found is None or not 0 < port < 65536 or not _is_host(found[2] or found[4] or "x"):
        given.wrong(option, f"is {text!r}", f"{option}: 192.0.2.53, ns.example.net:5353 or [2001:db8::53]:53")
        return Place("", 53)
    return Place(found[1] or found[2] or found[4], port)
