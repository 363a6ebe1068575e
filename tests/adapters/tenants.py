"""A small tenant file to try changes on, and short words for asking them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from providers.tenantfile import TenantFileProvider
from reconciler.model.change import Change, Outcome
from reconciler.model.key import Key
from reconciler.model.resource import Resource, User
from reconciler.model.value import Secret
from reconciler.provider import Scope

TENANT = "shop.onmicrosoft.com"
SCOPE = Scope("tenant", TENANT)
DOMAIN = Key("tenant", TENANT, "domain", "shop.example")
E3, F1 = "ENTERPRISEPACK", "M365_F1"
RECORD = {"name": "@", "type": "MX", "value": "0 mx.example.", "service": "Email", "ttl": 300, "optional": True}


def user_entry(identity: str, upn: str, **more: Any) -> dict[str, Any]:
    """One user as a tenant file holds it."""
    return {"id": identity, "upn": upn, "display_name": identity.title(), "usage_location": "MX", **more}


def document(**more: Any) -> dict[str, Any]:
    """A small tenant: two verified domains, people of every sort, a group, two products."""
    return {
        "organisation": {"id": "0b6c8f7e", "display_name": "Shop", "country": "MX", "opened": 1.10},
        "sees": "../zones",
        "seed": "a text of one's own",
        "now": "2026-11-21T20:00:00+00:00",
        "domains": [
            {"name": TENANT, "initial": True, "default": True, "colour": "blue"},
            {"name": "old.example", "verified": True},
            {"name": "by.hand.example", "verified": True, "verification": "MS=ms1", "records": [RECORD, RECORD]},
        ],
        "users": [
            user_entry("ana", "Ana@Old.example", aliases=["Sales@old.example"], licenses=[E3], badge=7),
            user_entry("ben", "ben@old.example", inherited_licenses=[E3]),
            user_entry("eve", "eve@old.example", synced=True),
            user_entry("guest", "g_x.com#EXT#@shop.onmicrosoft.com", guest=True),
            user_entry("gone", "gone@old.example", deleted=True, deleted_at="2026-11-01", licenses=[F1]),
        ],
        "groups": [{"id": "g1", "display_name": "All", "members": ["ben", "ana"]}],
        "skus": [
            {"part_number": E3, "sku_id": "6fd2c87f", "product": "Office 365 E3", "enabled": 3},
            {"part_number": F1, "sku_id": "50f60901", "enabled": 0, "warning": 1, "status": "Warning"},
            {"part_number": "OLD", "sku_id": "1", "enabled": 9, "status": "Suspended"},
        ],
        "note": {"kept": [1, "ñ", None, {"deep": -0.5e-7}]},
        **more,
    }


class Tenant:
    """A tenant file with a provider on it, and the zone folder it looks at."""

    def __init__(self, root: Path, **more: Any) -> None:
        self.root = root
        self.file = root / "tenants" / f"{TENANT}.json"
        self.zones = root / "zones"
        self.file.parent.mkdir()
        self.zones.mkdir()
        self.write(document(**more))
        self.provider = TenantFileProvider("cloud", {"directory": "tenants"}, root)

    def write(self, data: Any) -> None:
        self.file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")

    def data(self) -> Any:
        return json.loads(self.file.read_text(encoding="utf-8"))

    def get(self, kind: str, name: str) -> Any:
        return self.provider.observe(SCOPE).resources.get(Key("tenant", TENANT, kind, name))

    def do(
        self, before: Resource | None, after: Resource | None, key: Key | None = None, password: Secret | None = None
    ) -> Outcome:
        subject = before or after
        assert key or subject
        place = key or (subject.key if subject else DOMAIN)
        (outcome,) = self.provider.apply([Change(place, before, after, password=password)])
        assert outcome.key == place
        return outcome

    def change(self, kind: str, name: str, **fields: Any) -> Outcome:
        present = self.get(kind, name)
        return self.do(present, replace(present, **fields))

    def publish(self, domain: str, text: str, name: str = "@") -> None:
        zone = f"$TTL 300\n@ SOA ns. root. 1 2 3 4 5\n@ NS ns.\n{name} TXT {text}\n"
        (self.zones / f"{domain}.zone").write_text(zone, encoding="utf-8")


def new_user(name: str, **more: Any) -> User:
    """A user that is wished for, under its spec id."""
    return User(Key("tenant", TENANT, "user", name), f"{name}@old.example", name.title(), **more)


def create(tenant: Tenant, user: User) -> Outcome:
    """Ask for a new user, with a password."""
    return tenant.do(None, user, password=Secret("pass-word-never-shown"))
