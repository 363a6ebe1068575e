"""The reference adapter, the one to copy: zones and tenants in memory, behind a remote as strict as a real one.

`MemoryRemote` plays the system: it pages, assigns object ids, counts seats, and answers errors by status. The provider
is what an adapter is made of: refusals told offline, errors translated in one place, every write checked before and
read back after. What a test injects, it injects at the remote; the provider does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

from reconciler.model import rdata
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    Moved,
    NotFound,
    ProviderError,
    RateLimited,
    SpecError,
    TimedOut,
    Transient,
    Unavailable,
)
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, RecordSet, Resource, Sku, TenantDomain, User
from reconciler.provider import Capabilities, Observation, Readiness, Scope

OPTIONS = ("zones", "tenants")
ANSWERS: Mapping[int, type[ProviderError]] = {401: AuthFailed, 403: Forbidden, 404: NotFound, 409: Moved, 412: Moved}
RECORD = Capabilities()
TENANT_KINDS = {
    "domain": Capabilities(computed=frozenset({"verification", "records"})),
    "user": Capabilities(computed=frozenset({"remote_id", "synced", "guest"})),
    "licenses": Capabilities(verbs=frozenset({"update"}), computed=frozenset({"remote_id", "inherited"})),
    "group": Capabilities(computed=frozenset({"remote_id"})),
    "sku": Capabilities(verbs=frozenset(), computed=frozenset({"consumed"})),
}
READ_ONLY = Capabilities(verbs=frozenset())
T = TypeVar("T")


class RemoteFailure(Exception):
    """An answer other than success. `status` as HTTP counts them, 0 for none in time; `retry_after` in seconds."""

    def __init__(self, status: int, text: str, request_id: str = "", retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.status, self.request_id, self.retry_after = status, request_id, retry_after


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; `following` is the mark of the next, none on the last."""

    items: tuple[Resource, ...]
    following: int | None


class Remote(Protocol):
    """What the provider asks of the system."""

    def list_page(self, system: str, scope: str, start: int) -> Page: ...
    def get(self, key: Key) -> Resource | None: ...
    def put(self, resource: Resource) -> None: ...
    def delete(self, key: Key) -> None: ...


class MemoryRemote:
    """The system itself: one state, shared by all that open it.

    Attributes:
        calls: how often it was asked anything.
        writes: how often its state was changed.
    """

    def __init__(self, zones: Iterable[str] = (), tenants: Iterable[str] = (), page_size: int = 100) -> None:
        self.scopes: dict[tuple[str, str], dict[Key, Resource]] = {("dns", zone): {} for zone in zones}
        self.page_size = page_size
        self.calls = self.writes = self._made = 0
        for tenant in tenants:
            initial = TenantDomain(Key("tenant", tenant, "domain", tenant), verified=True, default=True)
            self.scopes["tenant", tenant] = {initial.key: initial}

    def list_page(self, system: str, scope: str, start: int) -> Page:
        """At most `page_size` resources, in a stable order."""
        self.calls += 1
        stored = self._scope(system, scope)
        keys = sorted(stored)[start : start + self.page_size]
        following = start + self.page_size
        return Page(tuple(stored[key] for key in keys), following if following < len(stored) else None)

    def get(self, key: Key) -> Resource | None:
        """One resource; a user by object id or by the UPN it has or, before it was deleted, had."""
        self.calls += 1
        return self._find(key)

    def put(self, resource: Resource) -> None:
        """Create or replace; what this system never allows is answered with 400."""
        self.calls += 1
        stored = self._scope(resource.key.system, resource.key.scope)
        kept = self._accept(stored, resource)
        self.writes += 1
        stored[kept.key] = kept
        if isinstance(kept, TenantDomain) and kept.default:
            others = [one for one in stored.values() if isinstance(one, TenantDomain) and one.key != kept.key]
            stored.update((one.key, replace(one, default=False)) for one in others)
        if isinstance(kept, User):
            held = Licenses(kept.key._replace(kind="licenses"), kept.remote_id)
            stored.setdefault(held.key, held)

    def delete(self, key: Key) -> None:
        """Remove; a user is kept as deleted."""
        self.calls += 1
        stored = self._scope(key.system, key.scope)
        found = self._find(key)
        if found is None:
            raise RemoteFailure(404, f"there is no {key.kind} {key.name}")
        self.writes += 1
        if isinstance(found, User):
            stored[found.key] = replace(found, deleted=True)
        else:
            del stored[found.key]

    def _scope(self, system: str, scope: str) -> dict[Key, Resource]:
        if (system, scope) not in self.scopes:
            raise RemoteFailure(404, f"there is no {'zone' if system == 'dns' else 'tenant'} {scope}")
        return self.scopes[system, scope]

    def _find(self, key: Key) -> Resource | None:
        stored = self._scope(key.system, key.scope)
        if key in stored or key.kind not in {"user", "group"}:
            return stored.get(key)
        named = (one for one in stored.values() if one.key.kind == key.kind and _called(one) == key.name)
        return min(named, key=lambda one: isinstance(one, User) and one.deleted, default=None)

    def _accept(self, stored: Mapping[Key, Resource], resource: Resource) -> Resource:
        match resource:
            case RecordSet():
                return self._accept_records(stored, resource)
            case User():
                return self._accept_user(stored, resource)
            case Licenses():
                return self._accept_licenses(stored, resource)
            case TenantDomain():
                return self._accept_domain(resource)
            case Group():
                return self._accept_group(stored, resource)
            case _:
                raise RemoteFailure(400, f"a {resource.key.kind} is not written here")

    def _accept_records(self, stored: Mapping[Key, Resource], records: RecordSet) -> RecordSet:
        beside = {key.kind for key in stored if key.name == records.key.name and key != records.key}
        if beside and "CNAME" in {records.key.kind, *beside}:
            raise RemoteFailure(400, f"a CNAME stands alone: {records.key.name} has {', '.join(sorted(beside))} too")
        return records

    def _accept_user(self, stored: Mapping[Key, Resource], user: User) -> User:
        domain = Key("tenant", user.key.scope, "domain", user.upn.rpartition("@")[2])
        holder = stored.get(domain)
        if not isinstance(holder, TenantDomain) or not holder.verified:
            raise RemoteFailure(400, f"{domain.name} is not verified in this tenant")
        found = stored.get(user.key._replace(name=user.remote_id))
        if isinstance(found, User) and found.synced:
            raise RemoteFailure(400, f"{user.upn} is mastered on premises")
        users = [one for one in stored.values() if isinstance(one, User) and one.remote_id != user.remote_id]
        if any(one.upn == user.upn and not one.deleted for one in users):
            raise RemoteFailure(400, f"another account is called {user.upn}")
        identity = user.remote_id or self._new_id()
        return replace(user, key=user.key._replace(name=identity), remote_id=identity)

    def _accept_licenses(self, stored: Mapping[Key, Resource], licenses: Licenses) -> Licenses:
        key = licenses.key._replace(name=licenses.remote_id)
        user = stored.get(key._replace(kind="user"))
        if not isinstance(user, User):
            raise RemoteFailure(404, f"there is no user {licenses.remote_id}")
        if not user.usage_location:
            raise RemoteFailure(400, f"{user.upn} has no usage location")
        held = [one for one in stored.values() if isinstance(one, Licenses) and one.key != key]
        for part in licenses.direct:
            sku = stored.get(key._replace(kind="sku", name=part))
            taken = sum(part in one.direct for one in held)
            if not isinstance(sku, Sku) or taken >= sku.enabled + sku.warning:
                raise RemoteFailure(400, f"no seat of {part} is free")
        return replace(licenses, key=key)

    def _accept_domain(self, domain: TenantDomain) -> TenantDomain:
        text = "MS=ms" + str(int(sha256(domain.key.name.encode()).hexdigest()[:7], 16)).zfill(9)
        shown = self.scopes.get(("dns", domain.key.name), {}).get(Key("dns", domain.key.name, "TXT", "@"))
        proven = isinstance(shown, RecordSet) and text in shown.values
        return replace(domain, verification=text, verified=domain.verified and proven)

    def _accept_group(self, stored: Mapping[Key, Resource], group: Group) -> Group:
        missing = [one for one in group.members if group.key._replace(kind="user", name=one) not in stored]
        if missing:
            raise RemoteFailure(400, f"no such member: {', '.join(missing)}")
        identity = group.remote_id or self._new_id()
        return replace(group, key=group.key._replace(name=identity), remote_id=identity)

    def _new_id(self) -> str:
        self._made += 1
        return f"00000000-0000-4000-8000-{self._made:012d}"


class MemoryProvider:
    """DNS zones and tenants in memory; options `zones` and `tenants` name those that exist, empty at first."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:  # noqa: ARG002 - the contract's
        self.name = name
        listed = _lists(name, options)
        self._made: dict[Key, str] = {}  # what this run created: object id by the key it was created under
        self.remote: Remote = MemoryRemote(listed["zones"], listed["tenants"])
        self.kinds: Mapping[str, Capabilities] = dict.fromkeys(sorted(rdata.TYPES), RECORD) | TENANT_KINDS

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        """Unknown and read-only kinds, and a CNAME beside anything else."""
        names: dict[tuple[str, str], set[str]] = {}
        for resource in desired:
            key = resource.key
            if not self.kinds.get(key.kind, READ_ONLY).verbs:
                yield error(
                    "memory/unsupported-kind",
                    f"{self.name} cannot store {key.kind}",
                    remedy="keep it with a provider that can",
                    address=key.address,
                )
            if key.system == "dns":
                names.setdefault((key.scope, key.name), set()).add(key.kind)
        for (zone, name), kinds in names.items():
            if "CNAME" in kinds and len(kinds) > 1:
                yield error(
                    "memory/cname-beside-others",
                    f"a CNAME stands alone, but {name} has {', '.join(sorted(kinds - {'CNAME'}))} too",
                    detail="RFC 1034, section 3.6.2",
                    remedy="remove the CNAME or the others",
                    address=Key("dns", zone, "CNAME", name).address,
                )

    def normalise(self, desired: Resource) -> Resource:
        """Record values in normal form; all else as it is."""
        if not isinstance(desired, RecordSet):
            return desired
        values = {rdata.canonical(desired.key.kind, one) for one in desired.values}
        return replace(desired, values=tuple(sorted(values)))

    def observe(self, scope: Scope) -> Observation:
        """All pages or an error."""
        listed = list(self._listed(scope))
        if scope.system == "tenant":
            scope = replace(scope, names=None)  # it is in memory: more is not dearer
        found = (one for one in listed if scope.names is None or one.key.name in scope.names)
        return Observation(scope, {one.key: one for one in found})

    def ready(self, key: Key) -> Readiness:
        """What was written is visible at once."""
        self._ask(key, lambda: self.remote.get(key))
        return Readiness(ready=True)

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        """One call for each change, after one that reads and before one that reads back."""
        return [self._change(change) for change in batch]

    def _listed(self, scope: Scope) -> Iterator[Resource]:
        start: int | None = 0
        while start is not None:
            page = self._ask(None, lambda start=start: self.remote.list_page(scope.system, scope.name, start))  # type: ignore[misc]
            yield from page.items
            start = page.following

    def _change(self, change: Change) -> Outcome:
        try:
            return self._checked(replace(change, after=self._resolved(change.after)))
        except TimedOut as problem:
            return _failed(change, problem, Status.UNKNOWN)
        except Moved as problem:
            return _failed(change, problem, Status.REFUSED)
        except ProviderError as problem:
            return _failed(change, problem, Status.FAILED)

    def _checked(self, change: Change) -> Outcome:
        present = self._present(change)
        if _same(present, change.after):
            return Outcome(change.key, Status.DONE, remote_id=_id(present))
        if change.before is None and present is not None and present.key.kind == "user":
            return Outcome(change.key, Status.REFUSED, "an account of this name is there already", _id(present))
        if not _same(present, change.before):
            return Outcome(change.key, Status.REFUSED, "it is no longer as it was read", remote_id=_id(present))
        if isinstance(change.after, User) and present is None and change.password is None:
            return Outcome(change.key, Status.REFUSED, "a new account needs a password")
        verb = "delete" if change.after is None else ("create" if present is None else "update")
        if verb not in self.kinds.get(change.key.kind, READ_ONLY).verbs:
            return Outcome(change.key, Status.REFUSED, f"it cannot {verb} {change.key.kind}")
        self._write(change, present)
        after = self._present(change)
        if present is None and isinstance(after, User):
            self._made[change.key] = after.remote_id
        if _same(after, change.after):
            return Outcome(change.key, Status.DONE, remote_id=_id(after))
        if isinstance(after, TenantDomain):
            return Outcome(change.key, Status.WAITING, "the verification text is not visible in DNS yet")
        return Outcome(change.key, Status.FAILED, "the system took the change and did not make it", _id(after))

    def _resolved(self, after: Resource | None) -> Resource | None:
        """With the object ids of accounts that an earlier change of this run created."""
        match after:
            case Licenses(remote_id=""):
                return replace(after, remote_id=self._made.get(after.key._replace(kind="user"), ""))
            case Group():
                user = after.key._replace(kind="user")
                made = (self._made.get(user._replace(name=one), one) for one in after.members)
                return replace(after, members=tuple(sorted(made)))
            case _:
                return after

    def _write(self, change: Change, present: Resource | None) -> None:
        after = change.after
        if after is not None:
            whole = replace(after, remote_id=_id(present)) if isinstance(after, User | Group) and present else after
            self._ask(change.key, lambda: self.remote.put(whole))
        elif present is not None:
            self._ask(change.key, lambda: self.remote.delete(present.key))

    def _present(self, change: Change) -> Resource | None:
        """The resource as it is now: by the object id where one is known, else by what it is called."""
        known = change.before or change.after
        name = (_id(known) or _called(known)) if known else change.key.name
        return self._ask(change.key, lambda: self.remote.get(change.key._replace(name=name)))

    def _ask(self, key: Key | None, call: Callable[[], T]) -> T:
        """The one place where the system's answers become the errors of the contract."""
        try:
            return call()
        except RemoteFailure as answer:
            raise self._translated(key, answer) from answer

    def _translated(self, key: Key | None, answer: RemoteFailure) -> ProviderError:
        transient: type[Transient] | None = None
        if answer.status in {0, 429} or answer.status >= 500:
            transient = {0: TimedOut, 429: RateLimited}.get(answer.status, Unavailable)
        if transient:
            return transient(self.name, str(answer), key, answer.request_id, answer.retry_after)
        return ANSWERS.get(answer.status, Invalid)(self.name, str(answer), key, answer.request_id)


def _failed(change: Change, problem: ProviderError, status: Status) -> Outcome:
    wait = problem.retry_after if isinstance(problem, Transient) else 0.0
    return Outcome(change.key, status, str(problem), request_id=problem.request_id, retry_after=wait)


def _same(one: Resource | None, other: Resource | None) -> bool:
    """Equal in all that is not computed; a deleted user and an empty set of licences are as good as none."""
    gone, wanted = (None if _absent(resource) else resource for resource in (one, other))
    if gone is None or wanted is None:
        return gone is wanted and (one is None or other is None or one.key.kind == other.key.kind)
    ignored = {"key", *TENANT_KINDS.get(wanted.key.kind, RECORD).computed}
    names = [field.name for field in fields(wanted) if field.name not in ignored]
    return all(getattr(gone, name, None) == getattr(wanted, name) for name in names)


def _absent(resource: Resource | None) -> bool:
    match resource:
        case User():
            return resource.deleted
        case Licenses():
            return not resource.direct
        case _:
            return resource is None


def _id(resource: Resource | None) -> str:
    return resource.remote_id if isinstance(resource, User | Group | Licenses) else ""


def _called(resource: Resource) -> str:
    """What people call it: the name under which one is found whose object id is not known."""
    match resource:
        case User():
            return resource.upn
        case Group():
            return resource.display_name
        case _:
            return resource.key.name


def _lists(name: str, options: Mapping[str, object]) -> dict[str, list[str]]:
    wrong = [
        error("memory/option", f"{name}: {key!r} is no option or no list of names", remedy=f"give {', '.join(OPTIONS)}")
        for key, value in options.items()
        if key not in OPTIONS or not isinstance(value, list) or not all(isinstance(one, str) for one in value)
    ]
    if wrong:
        raise SpecError(wrong)
    return {key: list(options.get(key, ())) for key in OPTIONS}  # type: ignore[call-overload]
