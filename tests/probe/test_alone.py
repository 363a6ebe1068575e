"""The product's resolver asks the configured servers and nobody else; and the watch that says so misses nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.emulators.dns_server import LOOPBACK, Asked
from tests.probe import alone

RECORDS = {("example.com", "TXT"): ["v=spf1 -all"], ("www.example.com", "CNAME"): ["away.example.net."]}
ASKS = """
import json, sys
from reconciler.model.answer import Question
from reconciler.probe.resolver import Resolver
names = ["example.com", "www.example.com", "none.example", "a..b", "bad name", "big.example.com"]
answers = Resolver([("127.0.0.1", int(sys.argv[1]))], timeout=5).ask(
    Question(name, kind) for name in names for kind in ("TXT", "A", "NOPE")
)
print(json.dumps([str(one.status) for one in answers.values()]))
print(*sorted(name for name in sys.modules if name in {"dns.resolver", "dns.query", "dns.asyncresolver"}))
"""
PLACES = [pytest.param(True, id="shut in"), pytest.param(False, id="beside")]


def go(script: str, folder: Path, port: int, *, namespace: bool) -> alone.Run:
    """Run a script; beside the test where the system gives no namespace."""
    words = [sys.executable, "-c", script, str(port)]
    return alone.run(words, folder, RECORDS, port, namespace=namespace and alone.possible())


@pytest.mark.parametrize("namespace", PLACES)
def test_nobody_else_is_asked(tmp_path: Path, *, namespace: bool) -> None:
    """Found, absent, led away by an alias, or not to be asked at all: no address but the server's is gone to."""
    port = alone.free_port()
    done = go(ASKS, tmp_path, port, namespace=namespace)
    assert done.code == 0, done.err
    assert done.out.count("found") == 1
    assert done.went_only_to((LOOPBACK, port))
    assert done.targets[LOOPBACK, port] == len(done.asked) == len(set(done.asked))
    assert done.programs == []
    assert done.out.splitlines()[1] == "", "dnspython's own resolver and its sockets are not even loaded"


def test_a_silent_server_sends_nobody_elsewhere(tmp_path: Path) -> None:
    """Where the configured server is away, the answer is failed; no other is looked for."""
    port, away = alone.free_port(), 9
    done = go(ASKS.replace("int(sys.argv[1])", str(away)), tmp_path, port, namespace=True)
    assert "found" not in done.out
    assert done.went_only_to((LOOPBACK, away))
    assert done.asked == []


@pytest.mark.parametrize("namespace", PLACES)
@pytest.mark.parametrize(
    ("script", "target", "lookup"),
    [
        ("socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.7', 53))", ("192.0.2.7", 53), ""),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))", ("127.0.0.1", 9), ""),
        ("socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('127.0.0.1', 9))", ("127.0.0.1", 9), ""),
        ("socket.create_connection(('localhost', 9))", None, "localhost"),
        ("socket.gethostbyname('localhost')", None, "localhost"),
        ("socket.socket(type=socket.SOCK_DGRAM).connect(('localhost', 9))", ("localhost", 9), ""),
    ],
)
def test_the_watch_sees_it(
    tmp_path: Path, script: str, target: tuple[str, int] | None, lookup: str, *, namespace: bool
) -> None:
    """Every way out of a Python process is written down, in a process below it too."""
    inner = f"import socket\ntry: {script}\nexcept OSError as problem: print(problem)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    for text, programs in ((inner, []), (outer, [sys.executable])):
        done = go(text, tmp_path, port := alone.free_port(), namespace=namespace)
        assert not done.went_only_to((LOOPBACK, port)), done
        assert target is None or target in done.targets
        assert not lookup or lookup in done.lookups
        assert done.programs == programs


def test_shut_in_means_shut_in(tmp_path: Path) -> None:
    """In the namespace the far address cannot be reached, and the server on loopback can."""
    script = "from tests.probe.inside import reachable; print(reachable())"
    done = go(script, tmp_path, alone.free_port(), namespace=True)
    assert not done.alone or done.out == "False\n"
    asked = go(ASKS, tmp_path, alone.free_port(), namespace=True).asked
    assert Asked("example.com", "TXT", "udp") in asked
