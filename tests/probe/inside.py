"""The inner half of `tests.probe.alone`: runs in the namespace, with the DNS server, and starts the command there.

Called with the file that holds the order it prints what the run left, as JSON; without, it only tells by its exit code
whether this place is fit: loopback comes up, and nothing else can be reached.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import subprocess
import sys
from pathlib import Path

from tests.emulators.dns_server import DnsServer

#: Linux: set an interface's flags; up.
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
#: Reserved for documentation (RFC 5737): where there is any route out, there is one to it.
FAR = ("192.0.2.1", 53)


def main(words: list[str]) -> int:
    """Do what the order says."""
    if not words:
        return 0 if _loopback_up() and not reachable() else 1
    order = json.loads(Path(words[0]).read_text(encoding="utf-8"))
    if not reachable():
        _loopback_up()
    records = {(name, kind): values for name, kind, values in order["records"]}
    with DnsServer(records, port=order["port"]) as server:
        done = subprocess.run(
            order["words"],
            cwd=order["folder"],
            env=order["environment"],
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            timeout=240,
        )
    texts = {"out": done.stdout.decode("utf-8", "replace"), "err": done.stderr.decode("utf-8", "replace")}
    print(json.dumps({"code": done.returncode, **texts, "asked": server.log}))
    return 0


def reachable() -> bool:
    """There is a route out of this place; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        return one.connect_ex(FAR) == 0


def _loopback_up() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            fcntl.ioctl(one, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
