"""Readings of tenants over time: one that an earlier run kept is brought up to date, one that lags is taken again.

A kept reading is only a convenience, for `drift`: without it, or where it is damaged, everything is read anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler import accounts, binding, folding, ledger, live, ordinary
from reconciler.model.errors import Moved, ProviderError
from reconciler.model.key import Key, parse_slot
from reconciler.model.resource import Group, Licenses, Resource, ServiceRecord, SignIn, Sku, TenantDomain, User
from reconciler.provider import Follower, Observation, Reader, Scope
from reconciler.session.opened import Session
from reconciler.session.places import Places
from reconciler.spec.accounts import Account
from reconciler.spec.customer import CustomerSpec

KINDS: Mapping[str, Any] = {
    "domain": TenantDomain,
    "user": User,
    "licenses": Licenses,
    "group": Group,
    "sku": Sku,
    "sign-in": SignIn,
}
KEPT = "reading.json"
#: How many delays of a system are waited for until a write of ours must be seen.
PATIENCE = 12


def look(
    session: Session, customer: CustomerSpec, known: ledger.Ledger, places: Places, *, follow: bool
) -> tuple[live.Live, binding.Binding]:
    """Read everything, and find out who is who; what may not show yet what we wrote is read again for a while."""
    kept = session.state(customer.id) / KEPT
    done = _follow(session, kept, places.scopes) if follow else {}
    late = [one for one in places.scopes if one not in done]
    while True:
        done |= {
            (read.provider, read.scope): read for read in live.observe(places.providers, late, session.patience).reads
        }
        picture = live.gather(done[one] for one in places.scopes)
        bound = _bound(customer, known, picture)
        seen = bound.inward(picture.resources)
        scopes = [one for one in places.scopes if done[one].observation is not None]
        waits = lagging(bound.owned(known), seen, places.providers, scopes, session.clock.now())
        what = f"{', '.join(scope.name for _, scope in waits)} may not show yet what was just written"
        if not waits or not session.patience.wait(max(waits.values()), what):
            break
        late = list(waits)
    if follow:
        _keep(session, kept, picture.reads)
    return picture, bound


def _bound(customer: CustomerSpec, known: ledger.Ledger, picture: live.Live) -> binding.Binding:
    people = [one for one in customer.accounts or () if one.kind == "person"]
    groups = {name: group.display_name or name for name, group in customer.groups.items()}
    gone = [Account(address=name, id=name) for name in accounts.unwanted(customer)]
    return binding.bind(customer.tenant or "", [*people, *gone], groups, known, picture.resources.values())


def _follow(session: Session, path: Path, scopes: Iterable[tuple[str, Scope]]) -> dict[tuple[str, Scope], live.Read]:
    """What could be brought up to date instead of being read whole, by what was asked for; the rest is left out."""
    found: dict[tuple[str, Scope], live.Read] = {}
    for name, scope in scopes:
        provider = session.provider(name)
        before = _kept(path, name, scope) if isinstance(provider, Follower) else None
        if before is None or not isinstance(provider, Follower):
            continue
        with suppress(Moved, ProviderError):  # then it is read whole, and that says what is wrong
            found[name, scope] = live.Read(name, scope, provider.follow(before))
    return found


def _keep(session: Session, path: Path, reads: Iterable[live.Read]) -> None:
    """Keep the newest reading of what can be brought up to date; an auditor without the right to write keeps none."""
    for read in reads:
        seen = read.observation
        if seen is None or not seen.version or not isinstance(session.provider(read.provider), Follower):
            continue
        rows = [[key.kind, key.name, _values(one)] for key, one in seen.resources.items()]
        names = None if seen.scope.names is None else sorted(seen.scope.names)
        body = {"provider": read.provider, "tenant": seen.scope.name, "names": names, "version": seen.version}
        _write(path, json.dumps({**body, "resources": rows}, ensure_ascii=False, separators=(",", ":")))


def _write(path: Path, text: str) -> None:
    scratch = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        scratch.replace(path)
    except (OSError, UnicodeError):
        with suppress(OSError):
            scratch.unlink(missing_ok=True)


def _values(thing: Resource | ServiceRecord) -> list[Any]:
    values = (getattr(thing, field.name) for field in fields(thing) if field.name != "key")
    return [[_shown(item) for item in one] if isinstance(one, tuple) else one for one in values]


def _shown(item: str | ServiceRecord) -> Any:
    return _values(item) if isinstance(item, ServiceRecord) else item


def _kept(path: Path, provider: str, scope: Scope) -> Observation | None:
    """The reading kept of a scope, or of more than it; none where there is none that can be trusted."""
    try:
        content = json.loads(ordinary.content(path))
        told, version = content["names"], str(content["version"])
        names = None if told is None else frozenset(map(str, told))
        if (content["provider"], content["tenant"]) != (provider, scope.name) or not version:
            return None
        if names is not None and (scope.names is None or not scope.names <= names):
            return None
        made = (_resource(scope.name, *row) for row in content["resources"])
        return Observation(replace(scope, names=names), {one.key: one for one in made}, version)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _resource(tenant: str, kind: str, name: str, values: list[Any]) -> Resource:
    """One resource; a value of another type than its field is as good as a damaged file."""
    resource: Resource = KINDS[kind](Key("tenant", tenant, kind, name), *_shaped(KINDS[kind], values))
    return resource


def _shaped(model: Any, values: list[Any]) -> Iterator[Any]:
    known = [field for field in fields(model) if field.name != "key"]
    for field, value in zip(known, values, strict=True):
        whole, _, inner = str(field.type).partition("[")
        shaped = value
        if isinstance(value, list) and inner.startswith("ServiceRecord"):
            shaped = tuple(ServiceRecord(*_shaped(ServiceRecord, one)) for one in value)
        elif isinstance(value, list):
            shaped = tuple(map(str, value))
        if type(shaped).__name__ != whole:
            raise TypeError(field.name)
        yield shaped


def lagging(
    ours: Mapping[str, ledger.Owned],
    resources: Mapping[Key, Resource],
    providers: Mapping[str, Reader],
    scopes: Iterable[tuple[str, Scope]],
    now: datetime,
) -> dict[tuple[str, Scope], float]:
    """Readings that may not show yet what we wrote a moment ago, and the seconds to wait before the next look.

    A system that answers from several copies shows a change here and the state before there; for as long as that may
    be, what differs from our own write says nothing.

    Args:
        ours: what is ours, by address. `resources`: what was read; both under the spec's names.
        scopes: those that were read.
    """
    delays = {
        (scope.system, scope.name): (
            max((one.delay for one in providers[name].kinds.values()), default=0.0),
            name,
            scope,
        )
        for name, scope in scopes
    }
    found: dict[tuple[str, Scope], float] = {}
    longest = max((delay for delay, _, _ in delays.values()), default=0.0) * PATIENCE
    for address, owned in ours.items() if longest else ():
        if owned.how != "written" or (now - owned.time).total_seconds() >= longest:
            continue
        slot = parse_slot(address)
        delay, name, scope = delays.get((slot.key.system, slot.key.scope), (0.0, "", None))
        if scope is None or (now - owned.time).total_seconds() >= delay * PATIENCE:
            continue
        shown = folding.parts(resources.get(slot.key)).get(slot.part)
        if ledger.recorded(slot, shown) != owned.value:
            found[name, scope] = delay
    return found
