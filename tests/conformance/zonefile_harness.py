"""The zone file provider under the suite; what is really in the file is read by dnspython, not by the adapter."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dns.rdatatype
import dns.rdtypes.txtbase
import dns.zone

from providers.zonefile import ZoneFileProvider
from reconciler.conformance import faults
from reconciler.conformance.faults import Fault
from reconciler.conformance.harness import FixedClock
from reconciler.model import rdata
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Reader, Scope

ZONE = "suite.example"
HEAD = """\
; kept by hand
$ORIGIN suite.example.
$TTL 1h
@ IN SOA ns1.example.net. hostmaster.example.net. ( 2026112101 ; serial
      7200 3600 1209600 3600 )
"""


class ZoneFileHarness:
    """One zone in a folder."""

    target = "providers.zonefile:ZoneFileProvider"
    faults = frozenset({faults.UNREADABLE.name, faults.TRUNCATED.name, "404"})
    skus: Sequence[str] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / f"{ZONE}.zone"
        self.scopes: Sequence[Scope] = (Scope("dns", ZONE),)
        self.clock = FixedClock()
        self._write({Key("dns", ZONE, "NS", "@"): RecordSet(Key("dns", ZONE, "NS", "@"), 3600, ("ns1.example.net.",))})

    def open(self) -> Reader:
        return ZoneFileProvider("files", {"directory": "."}, self.folder)

    def truth(self, scope: Scope) -> Mapping[Key, Resource]:
        text = self.path.read_text(encoding="ascii")
        zone = dns.zone.from_text(text, origin=f"{ZONE}.", relativize=False)
        found: dict[Key, Resource] = {}
        for name, rdataset in zone.iterate_rdatasets():
            kind = dns.rdatatype.to_text(rdataset.rdtype)
            if kind != "SOA":
                relative = name.relativize(zone.origin).to_text() if zone.origin else name.to_text()
                key = Key("dns", ZONE, kind, relative)
                found[key] = RecordSet(key, rdataset.ttl, tuple(sorted(_value(kind, one) for one in rdataset)))
        return found

    def edit(self, key: Key, resource: Resource | None) -> None:
        held = {one: kept for one, kept in self.truth(self.scopes[0]).items() if one != key}
        self._write(held | ({} if resource is None else {key: resource}))

    def foreign(self, scope: Scope) -> list[Resource]:
        txt = RecordSet(Key("dns", ZONE, "TXT", "@"), 300, ("google-site-verification=abc", "v=spf1 -all"))
        return [txt, RecordSet(Key("dns", ZONE, "TYPE65401", "odd"), 60, (r"\# 1 00",))]

    def calls(self) -> int:
        return 0

    def mark(self, scope: Scope) -> object:
        return self.path.read_bytes()

    def prove(self, key: Key) -> None:
        """Nothing: there is no tenant."""

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Fault]:
        aside = self.path.rename(self.folder / "aside")
        try:
            if fault.name == faults.UNREADABLE.name:
                self.path.mkdir()
            elif fault.name == faults.TRUNCATED.name:
                self.path.write_bytes(aside.read_bytes().partition(b"7200")[0])  # inside the parentheses of the SOA
            yield replace(fault, request_id="", retry_after=0.0)
        finally:
            if self.path.is_dir():
                self.path.rmdir()
            aside.replace(self.path)

    def _write(self, held: Mapping[Key, Resource]) -> None:
        lines = [
            f"{one.key.name} {one.ttl} IN {one.key.kind} {_quoted(value) if one.key.kind == 'TXT' else value}\n"
            for one in held.values()
            if isinstance(one, RecordSet)
            for value in one.values
        ]
        self.path.write_text(HEAD + "".join(lines), encoding="ascii")


def _value(kind: str, value: dns.rdata.Rdata) -> str:
    if isinstance(value, dns.rdtypes.txtbase.TXTBase):
        return b"".join(value.strings).decode("utf-8", "surrogateescape")
    return rdata.canonical(kind, value.to_text())


def _quoted(text: str) -> str:
    octets = text.encode("utf-8", "surrogateescape")
    parts = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
    return " ".join(f'"{"".join(f"{chr(92)}{octet:03d}" for octet in part)}"' for part in parts)
