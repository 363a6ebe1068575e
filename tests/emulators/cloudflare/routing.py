"""Email Routing: the records it makes, keeps, and takes away."""

from __future__ import annotations

import uuid
from dataclasses import replace

from tests.emulators.cloudflare.zones import Record, Zone


def enable(zone: Zone, *, unlocked: bool = False) -> None:
    """Its MX, its SPF, and a DKIM key that is always read only."""
    meta = {"email_routing": True} | ({} if unlocked else {"read_only": True})
    for priority, host in ((7, "route1"), (54, "route2"), (88, "route3")):
        _keep(zone, Record("", zone.name, "MX", f"{host}.mx.cloudflare.net", 1, priority=priority, meta=meta))
    _keep(zone, Record("", zone.name, "TXT", '"v=spf1 include:_spf.mx.cloudflare.net ~all"', 1, meta=meta))
    key = Record("", f"cf2024-1._domainkey.{zone.name}", "TXT", '"v=DKIM1; p=MIIB"', 1)
    _keep(zone, replace(key, meta={"email_routing": True, "read_only": True}))


def disable(zone: Zone) -> None:
    """What it made goes, edited or not."""
    zone.records = {one.id: one for one in zone.records.values() if not one.meta.get("email_routing")}


def _keep(zone: Zone, record: Record) -> None:
    identity = uuid.uuid4().hex
    zone.records[identity] = replace(record, id=identity)
