"""Finishes the domains of one customer: names, defaults, records in normal form, tables and snapshots read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from reconciler.mail.dkim_microsoft import signing_config
from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.model.route import Manage
from reconciler.spec.domain import AskSpec, DomainSpec
from reconciler.spec.files import Files
from reconciler.spec.migration import MigrationSpec, Snapshot
from reconciler.spec.mistakes import Places, check
from reconciler.spec.normal import beside, place_in, read_table, settle, settle_absent
from reconciler.spec.scalars import domain as domain_name
from reconciler.spec.scalars import nearest, show
from reconciler.spec.workspace import Workspace
from reconciler.spec.written import put
from reconciler.spec.yaml_text import read

#: Source: Microsoft's cutover guide, wait of at least 72 hours after the MX switch, read 2026-11-21.
HOLD = 259_200


@lru_cache(maxsize=1)
def _snapshots() -> TypeAdapter[Snapshot]:
    return TypeAdapter(Snapshot)


class Finisher:
    """Finishes one customer's domains."""

    def __init__(self, workspace: Workspace, places: Places, files: Files, found: list[Diagnostic]) -> None:
        """Mistakes go to `found`."""
        self.workspace, self.places, self.files, self.found = workspace, places, files, found

    def finish(self, domains: Mapping[str, DomainSpec]) -> dict[str, DomainSpec]:
        """The same domains under their normal names."""
        finished: dict[str, DomainSpec] = {}
        for key, one in domains.items():
            try:
                name = domain_name(key)
            except ValueError as bad:
                self._error(
                    "spec/domain", str(bad), self.places.at("domains", key, key=True), "write it like example.com"
                )
                continue
            if name in finished:
                detail = f"It is the same as the one at {finished[name].origin}."
                self._error(
                    "spec/twice",
                    f"the domain {name} again",
                    self.places.at("domains", key, key=True),
                    "keep one",
                    detail,
                )
                continue
            finished[name] = one
            self._domain(key, name, one)
        return finished

    def _error(self, rule: str, summary: str, origin: Origin, remedy: str = "", detail: str = "") -> None:
        self.found.append(error(rule, summary, detail, remedy, origin=origin))

    def _domain(self, key: str, name: str, one: DomainSpec) -> None:
        put(one, name=name)
        self._dns(key, one)
        self._records(key, one)
        if one.mail:
            self._mail(key, one)
        if one.mail and one.mail.table:
            read_table(one.mail.table, name, self.files, one.mail.table.origin, self.found)
        for sender in one.senders:
            if sender.dns_table:
                read_table(sender.dns_table, name, self.files, sender.dns_table.origin, self.found)
        self._dkim(one)
        if one.migration:
            self._migration(key, one, one.migration)

    def _dkim(self, one: DomainSpec) -> None:
        """Targets out of what Exchange printed, each file read once."""
        read: dict[str, Mapping[str, str]] = {}
        for selector in one.dkim:
            name = selector.config
            if name is None:
                continue
            if name not in read:
                content = self.files.read(name, selector.origin)
                # PowerShell 5.1 redirects its output as UTF-16 with a byte order mark.
                wide = content is not None and content[1][:2] in (b"\xff\xfe", b"\xfe\xff")
                text = content[1].decode("utf-16" if wide else "utf-8-sig", "replace") if content else ""
                read[name], found = signing_config(text, one.name, selector.origin) if content else ({}, [])
                self.found += found
            put(selector, target=read[name].get(selector.selector.lower()))

    def _dns(self, key: str, one: DomainSpec) -> None:
        if isinstance(one.dns, AskSpec):
            return
        known = self.workspace.providers
        if not one.dns and self.workspace.defaults.dns:
            put(one, dns=self.workspace.defaults.dns)
        elif not one.dns:
            remedy = "write `dns: NAME` with a provider of workspace.yaml, or defaults.dns there"
            self._error("spec/missing", f"`dns` is missing in domains.{key}", one.origin, remedy)
        elif one.dns not in known:
            summary = f"`dns`: there is no provider {show(one.dns)} in workspace.yaml"
            self._error("spec/provider", summary, self.places.at("domains", key, "dns"), nearest(one.dns, known))

    def _records(self, key: str, one: DomainSpec) -> None:
        inherits = one.manage is not Manage.FULL or one.protect or one.ttl is not None
        written = self.places.raw("domains", key, "records") if inherits else []
        for index, record in enumerate(one.records):
            settle(record, one.name, place_in(self.places, "domains", key, "records", index), self.found)
            if inherits:
                _inherit(record, one, written[index])
        beside(one.records, self.found)
        for index, absent in enumerate(one.absent):
            settle_absent(absent, one.name, place_in(self.places, "domains", key, "absent", index), self.found)

    def _mail(self, key: str, one: DomainSpec) -> None:
        mail = one.mail
        assert mail is not None
        if one.manage is not Manage.FULL:
            _inherit(mail, one, self.places.raw_map("domains", key, "mail"))
        if mail.service == "table" and mail.table is None:
            self._error("spec/missing", "the table is missing", mail.origin, "write {service: table, table: FILE.csv}")
        if mail.service != "table" and mail.table is not None:
            self._error(
                "spec/table", f"{mail.service} takes no table", mail.table.origin, "write service: table, or remove it"
            )

    def _migration(self, key: str, one: DomainSpec, move: MigrationSpec) -> None:
        if one.mail is None:
            self._error(
                "spec/missing", f"`mail` is missing in domains.{key}", move.origin, "write where the mail moves to"
            )
        if move.hold is None:
            put(move, hold=HOLD if self.workspace.defaults.hold is None else self.workspace.defaults.hold)
        path = ("domains", key, "migration")
        self._window(move, self.places.at(*path, "window", "start"))
        place = self.places.at(*path, "from", "as_found")
        snapshot = self.snapshot(str(move.source.as_found), one.name, place)
        if snapshot is None:
            return
        put(move.source, as_found=snapshot)
        if snapshot.found > move.window.start.date():
            self._error(
                "spec/date",
                f"the snapshot was made on {snapshot.found}, after the window",
                place,
                "correct one of them",
            )

    def _window(self, move: MigrationSpec, place: Origin) -> None:
        window = move.window
        zone = ZoneInfo(window.time_zone)
        start: datetime = window.start.replace(tzinfo=zone)
        put(window, start=start)
        if start.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != start.replace(tzinfo=None):
            self._error("spec/time", "the clock is put forward then: this hour does not exist", place, "choose another")
        elif start.utcoffset() != start.replace(fold=1).utcoffset():
            self._error("spec/time", "the clock is put back then: this hour comes twice", place, "choose another")

    def snapshot(self, name: str, zone: str, origin: Origin) -> Snapshot | None:
        """Read the dated snapshot of a zone's records; none, and a report, when it cannot be used."""
        content = self.files.read(name, origin)
        if content is None:
            return None
        document = read(content[1], content[0])
        self.found += document.found
        snapshot, places, found = check(document, _snapshots(), Snapshot)
        self.found += found
        if snapshot is None:
            return None
        put(snapshot, file=name)
        for index, record in enumerate(snapshot.records):
            settle(record, zone, place_in(places, "records", index), self.found)
        beside(snapshot.records, self.found)
        return snapshot


def _inherit(thing: Any, one: DomainSpec, written: Mapping[str, Any]) -> None:
    """What the domain says holds for a part that says nothing."""
    for name in ("manage", "protect", "ttl"):
        if hasattr(thing, name) and name not in written:
            put(thing, **{name: getattr(one, name)})
