"""A customer whose DNS host can only be asked, and the product on it: in this process, or as a command."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.cli.work import Opened
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.session.applying import How
from reconciler.session.planning import Options
from tests.endtoend.place import Place
from tests.live.manual_host import ASK, ManualHost, place

ZONE = "acme.example"
SPEC = """\
customer: {name: Acme, language: es}
contacts:
  maintainer: {name: Support, email: help@msp.example, phone: "+1 555 0100"}
  onsite_admin: {name: Ana, email: ana@personal.example}
domains:
  acme.example:
    dns: {ask: soporte@hosting.example, answers_in: 4h}
    senders: [{name: mailer, include: spf.mailer.example}]
    dmarc: {policy: none}
    dkim: [{selector: sel1, target: sel1.dkim.mailer.example}]
    ttl: 300
"""
OLD_SPF = "v=spf1 include:_spf.old.example ~all"
NEW_SPF = "v=spf1 include:_spf.old.example include:spf.mailer.example ~all"


def record(kind: str, name: str, *values: str, ttl: int = 3600, zone: str = ZONE) -> RecordSet:
    """A record set of the zone."""
    return RecordSet(Key("dns", zone, kind, name), ttl, tuple(sorted(values)))


class Asking(Place):
    """The place; `host` is closed by who made it."""

    def __init__(self, root: Path, spec: str = SPEC, servers: int = 2) -> None:
        super().__init__(root)
        self.host = ManualHost(servers)
        self.specs.mkdir(parents=True)
        (self.specs / "zones").mkdir()
        (self.specs / "tenants").mkdir()
        sets = [record("MX", "@", "10 mx.old.example."), record("TXT", "@", OLD_SPF, "vendor=1", ttl=300)]
        self.host.make(ZONE, [*sets, record("A", "www", "192.0.2.80")])
        for name in ("spf.mailer.example", "_spf.old.example"):
            self.host.resolver.add({(name, "TXT"): ["v=spf1 ip4:192.0.2.7 -all"]})
        self.workspace(self.resolver())
        self.spec(spec)

    def resolver(self) -> str:
        """The workspace's lines that say who is asked."""
        places = json.dumps(self.host.places())
        return f'resolver: {{servers: ["{place(self.host.resolver)}"], timeout: 1s, authoritative: {places}}}\n'

    def workspace(self, more: str) -> None:
        """Write the workspace."""
        providers = "providers: {zones: {type: zonefile, directory: zones}}\n"
        (self.specs / "workspace.yaml").write_text(providers + more)

    def work(self) -> Opened:
        """The specs, opened anew, in this process."""
        return Opened(self.specs, None)

    def plans(self) -> Mapping[str, Any]:
        """A plan, in this process."""
        return self.work().plan("acme", Options())

    def applies(self, plan: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """An apply of this plan, or under what was approved before; in this process."""
        return self.work().apply("acme", How(file=plan))

    def begins(self) -> dict[str, Any]:
        """The first request, written."""
        self.applies(self.plans())
        (paper,) = self.papers()
        return paper

    def papers(self) -> list[dict[str, Any]]:
        """Every request's document, the oldest first."""
        found = sorted((self.state() / "requests").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(path.read_text()) for path in found]

    def told(self, rule: str) -> list[str]:
        """What a plan says under a rule."""
        return [one["summary"] for one in self.plans()["diagnostics"] if one["rule"] == rule]


def values(papers: Sequence[Mapping[str, Any]]) -> set[tuple[str, str, str | None]]:
    """Action, name and value of every row."""
    return {(row["action"], row["name"], row["value"]) for one in papers for row in one["records"]}


__all__ = ["ASK", "NEW_SPF", "OLD_SPF", "SPEC", "ZONE", "Asking", "record", "values"]
