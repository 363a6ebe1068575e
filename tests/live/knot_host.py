"""Knot DNS as a host of tests."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.live.installed import need
from tests.live.rfc2136_host import READER, WRITER, Rfc2136Host

PACKAGES = ("knot",)


class KnotHost(Rfc2136Host):
    """One knotd in the foreground. `patience`: milliseconds that it waits for a slow reader; its default is 500."""

    program = "knotd"
    patience = 30_000

    def command(self) -> Sequence[str | Path]:
        for name in ("run", "db"):
            (self.folder / name).mkdir(exist_ok=True)
        return [need("knotd", *PACKAGES), "-c", self.folder / "knot.conf"]

    def configuration(self) -> Mapping[str, str]:
        keys = "".join(
            f"  - id: {name}\n    algorithm: hmac-sha256\n    secret: {base64.b64encode(octets).decode()}\n"
            for name, octets in self.secrets.items()
        )
        zones = "".join(
            f"""\
  - domain: {zone}
    storage: "{self.folder}"
    file: {zone}.zone
    acl: [write, read]
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
"""
            for zone in self.zones
        )
        text = f"""\
server:
  rundir: "{self.folder}/run"
  listen: 127.0.0.1@{self.port}
  tcp-io-timeout: {self.patience}
log:
  - target: stderr
    any: info
database:
  storage: "{self.folder}/db"
  journal-db-mode: asynchronous
key:
{keys}acl:
  - id: write
    key: {WRITER}
    action: [transfer, update]
  - id: read
    key: {READER}
    action: [transfer]
"""
        return {"knot.conf": text + (f"zone:\n{zones}" if zones else "")}
