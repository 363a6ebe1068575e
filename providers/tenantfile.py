"""A Microsoft 365 tenant in one JSON file: it takes and refuses changes as the real one does, without credentials.

What may stand in the file: `reconciler.model.tenant_document`. A tenant is `<directory>/<initial domain>.json`; its
resolver looks at the zone files `<domain>.zone` in the folder named by `sees`. Each change is one call of the vendor:
the file is replaced atomically, under a lock on its folder, and read back.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler import ordinary
from reconciler.model import exact_json, tenant_acts, tenant_document, tenant_rules
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import (
    Forbidden,
    Invalid,
    NotFound,
    ProviderError,
    SpecError,
    TimedOut,
    Unavailable,
    Unsupported,
)
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, SignIn, TenantDomain, User
from reconciler.model.tenant_document import Entry
from reconciler.model.value import Secret
from reconciler.model.zone_scan import scan
from reconciler.provider import Capabilities, Observation, Readiness, Scope

#: Graph carries 20 requests in one batch; each takes effect alone.
BATCH = 20

#: What the tenant says of a domain.
DOMAIN = frozenset({"verification", "records", "federated", "hosted"})
KINDS: Mapping[str, Capabilities] = {
    "domain": Capabilities(frozenset({"create", "update"}), BATCH, computed=DOMAIN, local=True),
    "user": Capabilities(batch=BATCH, computed=frozenset({"remote_id", "synced", "guest"}), local=True),
    "licenses": Capabilities(
        frozenset({"update"}), BATCH, computed=frozenset({"remote_id", "inherited", "errors"}), local=True
    ),
    "group": Capabilities(frozenset({"create", "update"}), BATCH, computed=frozenset({"remote_id"}), local=True),
    "sku": Capabilities(frozenset(), local=True),
    "sign-in": Capabilities(frozenset({"update"}), computed=frozenset({"policies"}), local=True),
}


class TenantFileProvider:
    """Reader and writer of tenant files; `options` holds `directory`, where they lie."""

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        directory = options.get("directory")
        wrong = [f"unknown option {one!r}" for one in options if one != "directory"]
        if not isinstance(directory, str) or not directory:
            wrong.append("the option directory, a folder of tenant files, is needed")
        if wrong:
            remedy = "Write `directory: tenants`."
            raise SpecError(error("provider/options", f"{name}: {one}", remedy=remedy) for one in wrong)
        self._name, self._folder = name, folder / str(directory)
        self._created: dict[tuple[str, str], str] = {}  # (tenant, name in a key) of new users -> object id

    @property
    def kinds(self) -> Mapping[str, Capabilities]:
        return KINDS

    def refusals(self, desired: Sequence[Resource]) -> Iterator[Diagnostic]:
        return tenant_rules.refusals(desired)

    def normalise(self, desired: Resource) -> Resource:
        return tenant_rules.normal_form(desired)

    def observe(self, scope: Scope) -> Observation:
        if scope.system != "tenant":
            raise Unsupported(self._name, f"holds tenants, not {scope.system}")
        content = self._content(self._path(scope.name))
        document = self._parsed(content, scope.name)
        found, version = tenant_document.resources(document, scope.name), hashlib.sha256(content).hexdigest()[:12]
        return Observation(Scope(scope.system, scope.name), found, version, taken=document.get("taken", ""))

    def ready(self, key: Key) -> Readiness:
        if key.kind != "domain":
            return Readiness(ready=True)
        document = self._document(key.scope)
        domain = _present(document, key, key.name)
        if not isinstance(domain, TenantDomain):
            return Readiness(ready=False, detail=f"{key.name} is not in the tenant yet")
        if domain.verified or self._sees(document, domain):
            return Readiness(ready=True)
        return Readiness(ready=False, detail=tenant_acts.unseen(domain))

    def apply(self, batch: Sequence[Change]) -> list[Outcome]:
        return [self._outcome(change) for change in batch]

    # One change

    def _outcome(self, change: Change) -> Outcome:
        try:
            with self._locked(change.key) as folder:
                return self._make(change, folder)
        except tenant_acts.Said as said:
            return Outcome(change.key, said.status, said.detail)
        except TimedOut as lost:
            return Outcome(change.key, Status.UNKNOWN, str(lost))
        except ProviderError as failure:
            return Outcome(change.key, Status.FAILED, str(failure))

    def _make(self, change: Change, folder: int) -> Outcome:
        key, document = change.key, self._document(change.key.scope)
        if "taken" in document:
            raise tenant_acts.refused(f"this is a copy of {key.scope} of {document['taken']}: nothing is written to it")
        name = self._identity(document, change)
        present = _present(document, key, name)
        after = None if change.after is None else tenant_rules.normal_form(self._with_known_members(change.after))
        if _holds(present, after, change):
            if isinstance(present, User):
                self._created[key.scope, key.name] = present.remote_id  # by a run whose reply was lost
            return Outcome(key, Status.DONE, remote_id=getattr(present, "remote_id", ""))
        _unmoved(present, change)
        _acceptable(key, after)
        waiting, name = self._act(document, present, after, change)
        self._save(key, document, folder)
        shown = _present(self._document(key.scope), key, name)
        identity = getattr(shown, "remote_id", "")
        if waiting:
            return Outcome(key, Status.WAITING, waiting, identity)
        if not _holds(shown, after, change):
            raise tenant_acts.failed(f"it was taken but reads differently: {_differing(shown, after, key.kind)}")
        return Outcome(key, Status.DONE, remote_id=identity)

    def _identity(self, document: Entry, change: Change) -> str:
        """The name under which the tenant knows what a change is about; empty when it does not know it yet.

        A name of ours that happens to be somebody's object id says nothing about them.
        """
        key, before, after = change.key, change.before, change.after
        known = [one.remote_id for one in (before, after) if isinstance(one, User | Licenses | Group) and one.remote_id]
        if known:
            return known[0]
        if isinstance(after, User):
            upn = after.upn.lower()
            same = [one["id"] for one in tenant_acts.live(document) if one["upn"].lower() == upn]
        elif isinstance(after, Licenses):
            same = [self._created.get((key.scope, key.name), "")]
        elif isinstance(after, Group):
            same = [one["id"] for one in document.get("groups", ()) if one.get("unique_name") == key.name]
        else:
            same = [key.name]
        return same[0] if same else ""

    def _with_known_members(self, wanted: Resource) -> Resource:
        """Members and managers by object id: one who was made just now may still be called by our name."""
        scope = wanted.key.scope
        if isinstance(wanted, User):
            return replace(wanted, manager=self._created.get((scope, wanted.manager), wanted.manager))
        if not isinstance(wanted, Group):
            return wanted
        return replace(wanted, members=tuple(self._created.get((scope, one), one) for one in wanted.members))

    def _act(
        self, document: Entry, present: Resource | None, after: Resource | None, change: Change
    ) -> tuple[str, str]:
        """Change the document.

        Returns:
            What is still awaited, if anything, and the name under which the tenant now knows the resource.
        """
        from uuid import uuid4

        name, waiting = present.key.name if present else str(uuid4()), ""
        match present, after:
            case ((None | TenantDomain()), TenantDomain()):
                name, waiting = after.key.name, self._domain(document, present, after)
            case User(), User():
                tenant_acts.change_user(document, present, after)
            case User(), None:
                tenant_acts.delete_user(document, present, datetime.now(UTC).isoformat(timespec="seconds"))
            case None, User():
                tenant_acts.create_user(document, after, name, _hashed(change.password))
                self._created[change.key.scope, change.key.name] = name
            case Licenses(), Licenses():
                tenant_acts.assign(document, present, after)
            case None, Licenses():
                raise tenant_acts.failed("there is no such user to license")
            case Group(), Group():
                tenant_acts.change_group(document, present, after)
            case None, Group():
                tenant_acts.create_group(document, after, name)
            case SignIn(), SignIn():
                tenant_acts.protect(document, after)
            case _:
                raise tenant_acts.refused(f"a {change.key.kind} is not deleted here")
        return waiting, name

    def _domain(self, document: Entry, present: TenantDomain | None, after: TenantDomain) -> str:
        if present is not None:
            tenant_acts.change_domain(document, present, after, self._sees(document, present))
            return ""
        added = tenant_acts.add_domain(document, after)
        sees = self._sees(document, added)
        if after.verified and not (added.verified or sees):
            return tenant_acts.unseen(added)  # its text must be known before anyone can publish it
        tenant_acts.change_domain(document, added, replace(after, verified=after.verified or added.verified), sees)
        return ""

    # What the tenant's resolver sees

    def _sees(self, document: Entry, domain: TenantDomain) -> bool:
        """Tell whether the domain's verification text is in the zone file of the domain, or of one above it."""
        if not domain.verification or "sees" not in document:
            return False
        zones = self._path(domain.key.scope).parent / document["sees"]
        labels = domain.key.name.split(".")
        for depth in range(len(labels) - 1):
            zone, owner = ".".join(labels[depth:]), ".".join(labels[:depth]) or "@"
            try:
                content = (zones / f"{zone}.zone").read_bytes()
            except FileNotFoundError:
                continue
            except OSError:
                return False
            return domain.verification in _texts(content, zone, owner)
        return False

    # The file

    def _path(self, tenant: str) -> Path:
        if not tenant_rules.is_domain(tenant):
            raise NotFound(self._name, f"{tenant!r} is no tenant's initial domain")
        return self._folder / f"{tenant}.json"

    def _content(self, path: Path) -> bytes:
        try:
            return ordinary.content(path)
        except FileNotFoundError:
            raise NotFound(self._name, f"there is no tenant file {path}") from None
        except PermissionError as failure:
            raise Forbidden(self._name, f"{path}: {failure.strerror}") from failure
        except OSError as failure:
            raise Unavailable(self._name, f"{path}: {failure.strerror}") from failure

    def _parsed(self, content: bytes, tenant: str) -> Entry:
        path = self._path(tenant)
        try:
            document = exact_json.parse(content.decode())
        except ValueError as failure:
            raise Invalid(self._name, f"{path}:{failure}") from failure
        wrong = list(tenant_document.problems(document, tenant))
        if wrong:
            more = f"; and {len(wrong) - 10} more" if len(wrong) > 10 else ""
            raise Invalid(self._name, f"{path}: {'; '.join(wrong[:10])}{more}")
        found: Entry = document
        return found

    def _document(self, tenant: str) -> Entry:
        return self._parsed(self._content(self._path(tenant)), tenant)

    @contextmanager
    def _locked(self, key: Key) -> Iterator[int]:
        """Hold the folder's lock; the file itself is replaced, so a lock on it would hold nobody off."""
        path = self._path(key.scope)
        try:
            folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY)
        except (OSError, RuntimeError) as failure:  # RuntimeError: a link to itself
            raise NotFound(self._name, f"there is no tenant file {path}") from failure
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(folder)

    def _save(self, key: Key, document: Entry, folder: int) -> None:
        """Replace the file: it is the old one or the new one at every moment, after a power cut too."""
        path = self._path(key.scope).resolve()
        temporary = path.with_name(f".{path.name}.new")
        try:
            content = exact_json.render(document).encode(errors="backslashreplace")
            _write(temporary, content, path.stat().st_mode & 0o7777)
        except (OSError, ValueError) as failure:
            raise Unavailable(self._name, f"{path} could not be written: {failure}", key) from failure
        try:
            temporary.replace(path)
            os.fsync(folder)
        except OSError as failure:
            raise TimedOut(self._name, f"whether {path} was written is unknown: {failure}", key) from failure


def _texts(content: bytes, zone: str, name: str) -> tuple[str, ...]:
    """TXT values at one name of a zone file; none when no name server would load the file."""
    found = scan(content.decode("utf-8", "surrogateescape"), zone)
    texts = found.sets.get(Key("dns", zone, "TXT", name))
    return texts.values if texts and not found.errors else ()


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(descriptor, mode)
        file.flush()
        os.fsync(descriptor)


def _hashed(password: Secret | None) -> str:
    """Enough to tell that a password was set, and never which."""
    if password is None:
        raise tenant_acts.refused("a new user needs a password")
    salt = os.urandom(16)
    made = hashlib.scrypt(password.reveal().encode(), salt=salt, n=2**12, r=8, p=1)
    return f"scrypt:{salt.hex()}:{made.hex()}"


# What a change finds


def _present(document: Entry, key: Key, name: str) -> Resource | None:
    return tenant_document.resource_of(document, key.scope, key.kind, name)


def _differing(one: Resource | None, other: Resource | None, kind: str) -> str:
    """Names of the attributes in which two resources differ, leaving out what the tenant sets itself."""
    if one is None or other is None or type(one) is not type(other):
        return "" if one is other else "existence"
    ignored = {"key", *KINDS[kind].computed}
    names = (field.name for field in fields(one) if field.name not in ignored)
    return ", ".join(name for name in names if getattr(one, name) != getattr(other, name))


def _holds(present: Resource | None, after: Resource | None, change: Change) -> bool:
    if after is None:
        return present is None or (isinstance(present, User) and present.deleted)
    before = change.before
    if isinstance(present, TenantDomain) and isinstance(after, TenantDomain):
        if before is None:
            # A subdomain of a verified domain is verified as soon as it is added.
            after = replace(after, verified=after.verified or present.verified)
        if not (isinstance(before, TenantDomain) and before.verified):
            # Its services come with the verification.
            after = replace(after, services=tenant_rules.in_order((*after.services, *present.services)))
    return not _differing(present, after, change.key.kind)


def _unmoved(present: Resource | None, change: Change) -> None:
    before, key = change.before, change.key
    if before is None and isinstance(present, Licenses):
        before = Licenses(key, present.remote_id)  # every user has licences, if none
    if before is None and isinstance(present, User) and isinstance(change.after, User):
        raise tenant_acts.failed(f"ObjectConflict: userPrincipalName {present.upn} is taken")
    before = before and tenant_rules.normal_form(before)
    moved = _differing(present, before, key.kind)
    if moved:
        raise tenant_acts.refused(f"moved since it was read: {moved}")


def _acceptable(key: Key, after: Resource | None) -> None:
    if key.kind not in KINDS:
        raise tenant_acts.refused(f"a tenant holds no {key.kind}")
    for finding in tenant_rules.refusals(() if after is None else (after,)):
        raise tenant_acts.refused(finding.summary)
