"""The provider of what scripts bring back under the suite, which plays the person: it runs no script, and saves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from providers.exchange import ExchangeProvider
from reconciler.conformance import faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import FixedClock
from reconciler.model.key import Key
from reconciler.model.resource import AcceptedDomain, Mailbox, MailList, Resource, Signing
from reconciler.provider import Reader, Scope

TENANT = "suite.onmicrosoft.com"
LISTED = {"mailbox": "sharedMailboxes", "list": "lists", "dkim": "dkim", "accepted-domain": "acceptedDomains"}
TYPES = {"authoritative": "Authoritative", "internal-relay": "InternalRelay"}


class ExchangeHarness:
    """One tenant of which everything was brought back, in a folder."""

    target = "providers.exchange:ExchangeProvider"
    faults = frozenset({faults.UNREADABLE.name, faults.TRUNCATED.name})
    skus: Sequence[str] = ()

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FixedClock()
        self.path = folder / f"{TENANT}.json"
        self.scopes: Sequence[Scope] = (Scope("exchange", TENANT),)
        self.held: dict[Key, Resource] = {}
        self._save()

    def open(self) -> Reader:
        return ExchangeProvider("exchange", {"directory": "."}, self.folder)

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        return dict(self.held)

    def edit(self, key: Key, resource: Resource | None) -> None:
        self.held.pop(key, None)
        if resource is not None:
            self.held[key] = resource
        self._save()

    def foreign(self, scope: Scope) -> Iterable[Resource]:
        return [Mailbox(Key("exchange", TENANT, "mailbox", "other@suite.example"), "Other", ("x@suite.example",))]

    def calls(self) -> int:
        return 0

    def mark(self, scope: Scope) -> object:
        return self.path.read_bytes()

    def prove(self, key: Key) -> None:
        """Nothing: no domain is proven here."""

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        aside = self.path.rename(self.folder / "aside")
        try:
            if fault.name == faults.UNREADABLE.name:
                self.path.mkdir()
            else:
                whole = aside.read_bytes()
                self.path.write_bytes(whole[: len(whole) // 2])
            yield replace(fault, request_id="", retry_after=0.0)
        finally:
            if self.path.is_dir():
                self.path.rmdir()
            aside.replace(self.path)

    def _save(self) -> None:
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTED.values()}
        for one in self.held.values():
            rows[LISTED[one.key.kind]].append(_row(one))
        self.path.write_text(json.dumps({
            "format": "reconciler-exchange", "version": 1, "tenant": TENANT, "taken": "2026-11-21T20:00:00+00:00",
            "results": [], **rows, "complete": True,
        }), encoding="utf-8")  # fmt: skip


def _row(one: Resource) -> dict[str, Any]:
    match one:
        case Mailbox():
            sets = {"aliases": one.aliases, "fullAccess": one.full_access, "sendAs": one.send_as}
            return {"address": one.key.name, "displayName": one.display_name, **sets}
        case MailList():
            return {"address": one.key.name, "displayName": one.display_name, "members": one.members}
        case Signing():
            hosts = {f"selector{n}": f"selector{n}-x._domainkey.suite.n-v1.dkim.mail.microsoft" for n in (1, 2)}
            return {"domain": one.key.name, "enabled": one.enabled, **hosts}
        case AcceptedDomain():
            return {"domain": one.key.name, "type": TYPES[one.relay]}
        case _:
            raise AssertionError(f"Exchange holds no {one.key.kind}")
