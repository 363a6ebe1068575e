"""Exchange Online, where a person runs the scripts that the plan writes, and brings back what they found.

What is brought back (`reconciler.model.exchange_evidence`) lies in `<directory>/<initial domain>.json`; without it
nothing is known yet, and everything is planned as to be made: the scripts look before they write. Nothing is written
here, and nothing is asked over the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from reconciler import ordinary
from reconciler.model import exchange_evidence, powershell
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import Forbidden, Invalid, NotFound, ProviderError, Unavailable, Unsupported
from reconciler.model.exchange_evidence import Evidence
from reconciler.model.key import Key
from reconciler.model.resource import AcceptedDomain, ExchangeResource, Mailbox, MailList, Resource, Signing
from reconciler.model.tenant_rules import is_domain
from reconciler.provider import Capabilities, Observation, Readiness, Scope
from reconciler.wire.options import Options

#: Octets of evidence; a tenant with ten thousand shared mailboxes has about ten million.
LARGEST = 50_000_000
BATCH = 1_000
#: Characters of a name that Exchange shows. Source: Set-Mailbox -DisplayName (learn.microsoft.com, read 2026-11).
LONGEST_NAME = 256
_EACH = Capabilities(frozenset({"create", "update"}), BATCH, delegated=True, local=True)
KINDS: Mapping[str, Capabilities] = {
    "mailbox": _EACH,
    "list": _EACH,
    "dkim": replace(_EACH, computed=frozenset({"targets"})),
    "accepted-domain": replace(_EACH, verbs=frozenset({"update"})),
}
_SETS = ("aliases", "full_access", "send_as", "members")
_REMEDY = "Run the script again and save what it writes as it is, or move the file away."


class ExchangeProvider:
    """What was brought back from Exchange Online; `options` holds `directory`, where it lies."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        given = Options(name, options, folder)
        directory = given.text("directory", "evidence")
        given.end()
        self._name, self._folder = name, folder / directory

    @property
    def kinds(self) -> Mapping[str, Capabilities]:
        return KINDS

    def path(self, tenant: str) -> Path:
        """Where the evidence of a tenant is looked for."""
        return self._folder / f"{tenant}.json"

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        for one in desired:
            for why in _reasons(one):
                yield error("exchange/refused", f"{one.key.name} {one.key.kind}: {why}", address=one.key.address)

    def normalise(self, desired: Resource) -> Resource:
        """Addresses in lower case, sorted, without repeats."""
        if not isinstance(desired, Mailbox | MailList):
            return desired
        sets = {name: getattr(desired, name) for name in _SETS if hasattr(desired, name)}
        sorted_ = {name: tuple(sorted({one.lower() for one in some})) for name, some in sets.items()}
        return replace(desired, **sorted_)  # type: ignore[arg-type]

    def observe(self, scope: Scope) -> Observation:
        """What of the names asked for was found; the version is the moment at which it was read, empty before any."""
        evidence = self._evidence(scope)
        if evidence is None:
            return Observation(scope, {})
        names = scope.names
        found = {key: one for key, one in evidence.resources.items() if names is None or key.name in names}
        return Observation(scope, found, evidence.taken)

    def ready(self, key: Key) -> Readiness:
        """What was brought back was there."""
        return Readiness(ready=key.system == "exchange", detail="" if key.system == "exchange" else "not in Exchange")

    def results(self, scope: Scope) -> Mapping[str, str]:
        """By step id what went wrong, in Exchange's words; empty where it was done."""
        evidence = self._evidence(scope)
        return evidence.results if evidence else {}

    def apply(self, batch: Sequence[Change]) -> Sequence[Outcome]:
        """Nothing is written: what was found so is done, and a script asks a person for the rest."""
        if not batch:
            return []
        try:
            evidence = self._evidence(Scope("exchange", batch[0].key.scope))
        except ProviderError as problem:
            return [Outcome(one.key, Status.FAILED, str(problem)) for one in batch]
        held: Mapping[Key, ExchangeResource] = evidence.resources if evidence else {}
        return [self._judged(one, held.get(one.key)) for one in batch]

    def _judged(self, change: Change, held: ExchangeResource | None) -> Outcome:
        key, after = change.key, change.after and self.normalise(change.after)
        if after is None and held is None:
            return Outcome(key, Status.DONE)
        if after is None:
            return Outcome(key, Status.REFUSED, f"a {key.kind} is never deleted: do that in Exchange by hand")
        why = next(iter(_reasons(after)), "")
        if why:
            return Outcome(key, Status.FAILED, why)
        if _plain(held) == _plain(after):
            return Outcome(key, Status.DONE)
        if _plain(held) != _plain(change.before):
            return Outcome(key, Status.REFUSED, "moved: it is no longer as it was read: plan again")
        if held is None and isinstance(after, AcceptedDomain) and self.path(key.scope).exists():
            return Outcome(key, Status.FAILED, "there is no such accepted domain: verify it first")
        named = sorted(change.steps) or [key.address]
        request = sha256("\n".join(["exchange", *named]).encode()).hexdigest()[:16]
        return Outcome(key, Status.WAITING, "a person runs the script for it", request_id=request)

    def _evidence(self, scope: Scope) -> Evidence | None:
        if scope.system != "exchange":
            raise Unsupported(self._name, f"holds what Exchange keeps, not {scope.system}")
        if not is_domain(scope.name):
            raise NotFound(self._name, f"{scope.name!r} is no tenant's initial domain")
        path = self.path(scope.name)
        try:
            ordinary.check(path)
            if path.stat().st_size > LARGEST:
                raise Invalid(self._name, f"{path}: it is larger than {LARGEST:,} octets. {_REMEDY}")
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except PermissionError as problem:
            raise Forbidden(self._name, f"{path}: {problem.strerror}") from problem
        except OSError as problem:
            raise Unavailable(self._name, f"{path}: {problem.strerror}") from problem
        # What somebody copied with `>` in PowerShell 5.1 is UTF-16 with a byte order mark.
        wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        try:
            return exchange_evidence.read(content.decode("utf-16" if wide else "utf-8-sig"), scope.name)
        except ValueError as problem:
            why = "it is no text" if isinstance(problem, UnicodeError) else problem
            raise Invalid(self._name, f"{path}: {why}. {_REMEDY}") from problem


def _plain(one: Resource | None) -> Resource | None:
    """Without what Exchange sets itself."""
    return replace(one, targets=()) if isinstance(one, Signing) else one


def _reasons(one: Resource) -> Iterator[str]:
    """Why Exchange, or a script for it, cannot hold a resource."""
    if not isinstance(one, ExchangeResource):
        yield f"Exchange holds no {one.key.kind}"
        return
    if isinstance(one, Signing | AcceptedDomain):
        if not is_domain(one.key.name):
            yield "it is no domain"
        if isinstance(one, AcceptedDomain) and one.relay not in exchange_evidence.RELAYS.values():
            yield f"{one.relay!r} is neither authoritative nor internal-relay"
        return
    addresses = [one.key.name, *(address for name in _SETS for address in getattr(one, name, ()))]
    for address in addresses:
        if not exchange_evidence.is_address(address) or powershell.problem(address):
            yield f"{address!r} is no address that a script can look up"
    if isinstance(one, Mailbox) and one.key.name in one.aliases:
        yield "its own address is no alias of it"
    if wrong := powershell.problem(one.display_name):
        yield f"the name: {wrong}"
    if not one.display_name.strip() or len(one.display_name) > LONGEST_NAME:
        yield f"the name is empty, or longer than {LONGEST_NAME} characters"
