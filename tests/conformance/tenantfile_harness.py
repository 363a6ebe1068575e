"""The tenant file provider under the suite; what is really in the file is read here, not by the adapter."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from providers.tenantfile import TenantFileProvider
from reconciler.conformance import faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import FixedClock
from reconciler.model import tenant_naming
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, SignIn, Sku, TenantDomain, User
from reconciler.provider import Reader, Scope

TENANT = "suite.onmicrosoft.com"
SKUS = ("ENTERPRISEPACK", "SPB")
SEED = "suite"
#: Services of a domain that was verified.
ON = ("Email", "OfficeCommunicationsOnline")
USER = (
    "upn", "display_name", "enabled", "given_name", "surname", "usage_location", "phone", "department", "job_title",
    "mail", "synced", "guest", "deleted",
)  # fmt: skip


class TenantFileHarness:
    """One tenant in a folder, and the folder of zone files that it sees."""

    target = "providers.tenantfile:TenantFileProvider"
    faults = frozenset({faults.UNREADABLE.name, faults.TRUNCATED.name, "404"})

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / f"{TENANT}.json"
        self.scopes: Sequence[Scope] = (Scope("tenant", TENANT),)
        self.clock = FixedClock()
        self.skus: Sequence[str] = SKUS
        (folder / "zones").mkdir()
        self._save({
            "sees": "zones",
            "seed": SEED,
            "domains": [{"name": TENANT, "initial": True, "verified": True, "default": True}],
            "users": [],
            "groups": [],
            "skus": [{"part_number": part, "sku_id": f"id-{part}", "enabled": 9} for part in SKUS],
        })  # fmt: skip

    def open(self) -> Reader:
        return TenantFileProvider("tenants", {"directory": "."}, self.folder)

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        document = self._load()
        found: list[Resource] = [
            TenantDomain(
                _key("domain", one["name"]),
                one.get("verified", False),
                one.get("default", False),
                services=tuple(one.get("services", ON if one.get("verified") else ())),
            )
            for one in document["domains"]
        ]
        for one in document["users"]:
            attributes = {name: one[name] for name in USER if name in one}
            aliases = tuple(sorted(one.get("aliases", ())))
            found.append(User(_key("user", one["id"]), remote_id=one["id"], aliases=aliases, **attributes))
            direct, inherited = (tuple(sorted(one.get(name, ()))) for name in ("licenses", "inherited_licenses"))
            found.append(Licenses(_key("licenses", one["id"]), one["id"], direct, inherited))
        for one in document["groups"]:
            kind, members = one.get("kind", "microsoft365"), tuple(sorted(one.get("members", ())))
            found.append(Group(_key("group", one["id"]), one["display_name"], one["id"], kind, members))
        found.append(SignIn(_key("sign-in", "@"), document.get("security_defaults", False)))
        skus = document["skus"]
        found += (Sku(_key("sku", one["part_number"]), one["sku_id"], enabled=one["enabled"]) for one in skus)
        return {one.key: one for one in found}

    def edit(self, key: Key, resource: Resource | None) -> None:
        document = self._load()
        listed, identity = {"domain": ("domains", "name"), "group": ("groups", "id")}.get(key.kind, ("users", "id"))
        old: dict[str, Any] = next((one for one in document[listed] if one[identity] == key.name), {})
        if old:
            document[listed].remove(old)
        if resource is not None:
            document[listed].append(old | _entry(resource))
        self._save(document)

    def foreign(self, scope: Scope) -> list[Resource]:
        synced, guest, deleted = (
            User(_key("user", f"id-{name}"), f"{name}@{TENANT}", name, f"id-{name}")
            for name in ("synced", "guest", "deleted")
        )
        users = [replace(synced, synced=True), replace(guest, guest=True), replace(deleted, deleted=True)]
        kept_elsewhere = Group(_key("group", "id-list"), "List", "id-list", "distribution", ("id-guest",))
        return [*users, Licenses(_key("licenses", "id-synced"), "id-synced", inherited=("SPB",)), kept_elsewhere]

    def calls(self) -> int:
        return 0

    def mark(self, scope: Scope) -> object:
        return self.path.read_bytes()

    def prove(self, key: Key) -> None:
        text = tenant_naming.verification(SEED, key.name)
        zone = f'$TTL 1h\n@ IN SOA a.example.net. b.example.net. 1 2 3 4 5\n@ IN NS a.example.net.\n@ IN TXT "{text}"\n'
        (self.folder / "zones" / f"{key.name}.zone").write_text(zone, encoding="ascii")

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        aside = self.path.rename(self.folder / "aside")
        try:
            if fault.name == faults.UNREADABLE.name:
                self.path.mkdir()
            elif fault.name == faults.TRUNCATED.name:
                whole = aside.read_bytes()
                self.path.write_bytes(whole[: len(whole) // 2])
            yield replace(fault, request_id="", retry_after=0.0)
        finally:
            if self.path.is_dir():
                self.path.rmdir()
            aside.replace(self.path)

    def _load(self) -> Any:
        return json.loads(self.path.read_text(encoding="utf-8"))

    def _save(self, document: Any) -> None:
        self.path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def _key(kind: str, name: str) -> Key:
    return Key("tenant", TENANT, kind, name)


def _entry(resource: Resource) -> dict[str, Any]:
    """How a hand writes it into the file."""
    match resource:
        case TenantDomain():
            return {"name": resource.key.name, "verified": resource.verified}
        case User():
            attributes = {name: getattr(resource, name) for name in USER}
            return attributes | {"id": resource.remote_id, "aliases": list(resource.aliases)}
        case Licenses():
            return {"licenses": list(resource.direct), "inherited_licenses": list(resource.inherited)}
        case Group():
            names = {"id": resource.remote_id, "display_name": resource.display_name, "kind": resource.group_kind}
            return names | {"members": list(resource.members)}
        case _:
            raise AssertionError(f"nobody writes {resource.key.kind} by hand")
