"""Two real BIND servers on loopback: one holds signed and unsigned zones under `test`, one resolves and checks DNSSEC.

`good.test` is signed as it should be; in `forged.test` the MX record was changed after signing; `stale.test` is signed
with a key that its parent does not name; `island.test` is signed and its parent names no key; `plain.test` is unsigned.
"""

from __future__ import annotations

import functools
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.live.installed import Daemon, free_port, need

LOOPBACK = "127.0.0.1"
GOOD, FORGED, STALE, ISLAND, PLAIN = "good.test", "forged.test", "stale.test", "island.test", "plain.test"
#: The only address that the zones name: it has to be asked somewhere else.
ADDRESS = "192.0.2.1"
_ZONE = """\
$TTL 3600
@ SOA ns.test. admin.test. {serial} 7200 3600 1209600 300
@ NS ns.test.
@ MX 10 mx.test.
@ TXT "v=spf1 -all"
"""
_COMMON = """\
options {{
  directory "{folder}"; pid-file none; session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  {more}
}};
controls {{ }};
"""


class Bind(NamedTuple):
    """Where the two answer, `address:port`."""

    authoritative: str
    resolver: str


@contextmanager
def serving(folder: Path) -> Iterator[Bind]:
    """Both running."""
    named = need("named", "bind9")
    tools = {name: need(name, "bind9-utils") for name in ("dnssec-keygen", "dnssec-signzone")}
    zones = folder / "zones"
    zones.mkdir()
    parent = [_ZONE.format(serial=1), f"ns A {ADDRESS}\n", "mx A 192.0.2.25\n"]
    for number, zone in enumerate((GOOD, FORGED, STALE, ISLAND, PLAIN)):
        text = _ZONE.format(serial=10 + number)
        (zones / zone).write_text(text)
        keys = [_key(tools["dnssec-keygen"], zones, zone) for _ in range(2)]
        parent.append(f"{zone}. NS ns.test.\n")
        if zone in (GOOD, FORGED, STALE):
            parent.append(_ds(zones, keys[1 if zone == STALE else 0]))
        if zone != PLAIN:
            _sign(tools["dnssec-signzone"], zones, zone, keys[0])
    signed = zones / f"{FORGED}.signed"
    signed.write_text(signed.read_text().replace("10 mx.test.", "10 evil.test."))
    (zones / "test").write_text("".join(parent))
    top = _key(tools["dnssec-keygen"], zones, "test")
    _sign(tools["dnssec-signzone"], zones, "test", top)
    with ExitStack() as stack:
        own, checking = free_port(), free_port()
        stack.enter_context(_named(named, folder / "own", own, _authoritative(folder, own, zones)))
        stack.enter_context(
            _named(named, folder / "checking", checking, _resolving(folder, checking, own, zones / f"{top}.key"))
        )
        yield Bind(f"{LOOPBACK}:{own}", f"{LOOPBACK}:{checking}")


def _authoritative(folder: Path, port: int, zones: Path) -> str:
    text = _COMMON.format(folder=folder / "own", port=port, more="recursion no; dnssec-validation no; notify no;")
    held = [(zone, f"{zone}.signed" if zone != PLAIN else zone) for zone in (GOOD, FORGED, STALE, ISLAND, PLAIN)]
    files = [("test", "test.signed"), *held]
    return text + "".join(f'zone "{zone}" {{ type primary; file "{zones / file}"; }};\n' for zone, file in files)


def _resolving(folder: Path, port: int, own: int, key: Path) -> str:
    """It asks the other one alone, so that nobody outside is asked, and trusts the key of `test`."""
    more = f"recursion yes; dnssec-validation yes; forward only; forwarders {{ {LOOPBACK} port {own}; }};"
    text = _COMMON.format(folder=folder / "checking", port=port, more=more)
    record = key.read_text().splitlines()[-1].split("DNSKEY ")[1]
    flags, protocol, algorithm, *octets = record.split()
    anchor = f'"test." static-key {flags} {protocol} {algorithm} "{"".join(octets)}";'
    return text + f"trust-anchors {{ {anchor} }};\n"


def _named(program: Path, folder: Path, port: int, text: str) -> Daemon:
    folder.mkdir()
    (folder / "named.conf").write_text(text)
    ready = functools.partial(_listens, port)
    return Daemon([program, "-g", "-n", "1", "-c", folder / "named.conf"], ready, folder)


def _listens(port: int) -> bool:
    with socket.create_connection((LOOPBACK, port), timeout=1):
        return True


def _key(program: Path, zones: Path, zone: str) -> str:
    """A fresh key that signs everything; the name of its files, without suffix."""
    return _run(program, "-q", "-K", zones, "-a", "ECDSAP256SHA256", "-f", "KSK", zone, folder=zones).strip()


def _ds(zones: Path, key: str) -> str:
    return _run(need("dnssec-dsfromkey", "bind9-utils"), "-2", zones / f"{key}.key", folder=zones)


def _sign(program: Path, zones: Path, zone: str, key: str) -> None:
    text = (zones / zone).read_text() + (zones / f"{key}.key").read_text()
    (zones / zone).write_text(text)
    _run(program, "-z", "-P", "-o", zone, "-K", zones, "-N", "keep", zones / zone, zones / key, folder=zones)


def _run(*words: str | Path, folder: Path) -> str:
    done = subprocess.run(
        [str(one) for one in words], check=True, capture_output=True, text=True, timeout=60, cwd=folder
    )
    return done.stdout
