"""Runs a command where it can reach nobody but a DNS server of the test, and tells whom it tried to reach.

The command and the server run in a network namespace of their own, which has loopback and nothing else: the rest of the
world is unreachable. Where the system does not allow that, the command runs beside the test; every address it goes to
is written down in both cases, from inside its interpreter.
"""

from __future__ import annotations

import contextlib
import functools
import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.emulators.dns_server import LOOPBACK, Asked, Records
from tests.running import ROOT, surroundings

RECORD = Path(__file__).resolve().parent / "record"
_SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


@dataclass
class Run:
    """What a command left.

    Attributes:
        code, out, err: as of any process.
        asked: every question that reached the server.
        targets: how often each address and port was sent to, or connected to, by Python in the command or below it.
        lookups: names that the system's own resolver was asked for.
        programs: other programs that were started; what those do is not written down.
        alone: it ran in a namespace of its own.
    """

    code: int
    out: str
    err: str
    asked: list[Asked]
    targets: Counter[tuple[str, int]]
    lookups: list[str]
    programs: list[str]
    alone: bool

    def went_only_to(self, *servers: tuple[str, int]) -> bool:
        """It sent to these addresses only, and let nobody else look names up for it."""
        return set(self.targets) <= set(servers) and not self.lookups


@functools.cache
def possible() -> bool:
    """This system gives a test a network namespace."""
    try:
        done = subprocess.run([*_SHUT_IN, *_INSIDE], cwd=ROOT, check=False, capture_output=True, timeout=60)
    except OSError:
        return False
    return done.returncode == 0


def free_port() -> int:
    """A port that nobody uses, for UDP and TCP, for a configuration that must be written before the run."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind((LOOPBACK, 0))
            port = int(udp.getsockname()[1])
            with contextlib.suppress(OSError):
                tcp.bind((LOOPBACK, port))
                return port


def run(
    words: Sequence[str],
    folder: Path,
    records: Records,
    port: int,
    environment: Mapping[str, str] | None = None,
    *,
    namespace: bool | None = None,
) -> Run:
    """Run a command beside a DNS server with these records on loopback.

    Args:
        words: the command; a Python one is recorded.
        folder: where it runs; two files of ours lie there for the time, `.alone.json` and `.alone.log`.
        records: what the server knows.
        port: where the server listens, as `free_port` gives one.
        environment: more variables.
        namespace: whether to shut it in; by default where that is possible.
    """
    alone = possible() if namespace is None else namespace
    order, log = folder / ".alone.json", folder / ".alone.log"
    around = surroundings(environment or {})
    around |= {"PYTHONPATH": f"{RECORD}:{around['PYTHONPATH']}", "RECORD_LOG": str(log)}
    known = [[name, kind, list(values)] for (name, kind), values in records.items()]
    order.write_text(
        json.dumps({"words": list(words), "folder": str(folder), "environment": around, "records": known, "port": port})
    )
    log.touch()
    shut = _SHUT_IN if alone else []
    done = subprocess.run(
        [*shut, *_INSIDE, str(order)], cwd=ROOT, env=surroundings({}), check=False, capture_output=True, timeout=300
    )
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    order.unlink()
    log.unlink()
    assert done.returncode == 0, done.stderr.decode()
    left = json.loads(done.stdout)
    return Run(
        left["code"],
        left["out"],
        left["err"],
        [Asked(*one) for one in left["asked"]],
        Counter((one[0], one[1]) for event, one in lines if event in _SENDS and isinstance(one, list)),
        [str(one) for event, one in lines if event.startswith("socket.") and event not in _SENDS],
        [str(one) for event, one in lines if not event.startswith("socket.")],
        alone,
    )


_SHUT_IN = ["unshare", "--user", "--map-root-user", "--net"]
_INSIDE = [sys.executable, "-m", "tests.probe.inside"]
