"""Fetching over HTTPS: what a good server gives, and every way in which a bad one may fail, as words."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.answer import Fetched
from reconciler.probe import https
from reconciler.probe.https import get
from tests.emulators.policy_server import POLICY, Got, Page, PolicyServer

HOST = "mta-sts.example.com"
TEXT = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 86400\n"
HERE = ["127.0.0.1"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyServer]:
    """A server for the host, with the policy."""
    with PolicyServer([HOST], tmp_path_factory.mktemp("tls")) as found:
        yield found


def fetch(server: PolicyServer, page: Page, *, timeout: float = 5.0, limit: int = 65536) -> Fetched:
    """What `get` makes of a page."""
    server.pages[HOST, POLICY] = page
    return get(HOST, POLICY, HERE, port=server.port, context=server.context, timeout=timeout, limit=limit)


def test_a_policy(server: PolicyServer) -> None:
    """The whole text with its type; the server is asked for the host by name, in TLS and in HTTP."""
    assert fetch(server, Page(TEXT, content_type="text/plain; charset=utf-8")) == Fetched(
        200, "text/plain; charset=utf-8", TEXT
    )
    assert server.log[-1] == Got(HOST, f"{HOST}:{server.port}", POLICY)


def test_not_there(server: PolicyServer) -> None:
    """Another status than 200 is no error of the transport."""
    assert fetch(server, Page("gone", 404)) == Fetched(404, "text/plain", "gone")


def test_redirects_are_not_followed(server: PolicyServer) -> None:
    """RFC 8461 section 3.3."""
    before = len(server.log)
    page = Page("", 302, headers={"Location": f"https://{HOST}:{server.port}/elsewhere"})
    assert fetch(server, page).status == 302
    assert [one.path for one in server.log[before:]] == [POLICY]


def test_chunks(server: PolicyServer) -> None:
    """A body in chunks is put together."""
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nversi\r\n2\r\non\r\n0\r\n\r\n"
    assert fetch(server, Page(raw=raw)) == Fetched(200, "", "version")


def test_without_a_length(server: PolicyServer) -> None:
    """A body that ends with the connection is whole."""
    assert fetch(server, Page(raw=b"HTTP/1.0 200 OK\r\n\r\nversion")) == Fetched(200, "", "version")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"), "ends before its announced length"),
        (Page(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort"), "IncompleteRead"),
        (Page(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), "HTTP: "),
        (Page(raw=b"SSH-2.0-OpenSSH\r\n"), "HTTP: "),
        (Page(raw=b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70000 + b"\r\n\r\n"), "HTTP: "),
        (Page(raw=b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 200 + b"\r\n"), "HTTP: "),
        (Page(raw=b"\r\n"), "HTTP: "),
        (Page(b"version: \xff"), "not UTF-8"),
        (Page("a" * 65537), "longer than 65536 octets"),
    ],
    ids=["cut", "cut chunk", "bad chunk", "no http", "long line", "many headers", "empty", "octets", "large"],
)
def test_bad_replies(server: PolicyServer, page: Page, words: str) -> None:
    """Each is told in words; nothing is raised."""
    assert words in fetch(server, page).error


def test_a_large_body_is_cut(server: PolicyServer) -> None:
    """No more than the limit is kept; a body of exactly that size is whole."""
    assert fetch(server, Page("a" * 100), limit=100) == Fetched(200, "text/plain", "a" * 100)
    found = fetch(server, Page("a" * 101), limit=100)
    assert (found.body, found.error) == ("a" * 100, "the text is longer than 100 octets")


def test_endless_chunk(server: PolicyServer) -> None:
    """A chunk of length -1 would be read to the end of the connection: there is a limit on all octets too."""
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + b"a" * 1_000_000
    assert "too long" in fetch(server, Page(raw=raw)).error


def test_interim_replies_without_end(server: PolicyServer) -> None:
    """A server that says 100 Continue for ever is cut off."""
    assert "too long" in fetch(server, Page(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 20000)).error


def test_a_slow_drip(server: PolicyServer) -> None:
    """The time limit is for everything together, not for each octet."""
    start = time.monotonic()
    found = fetch(server, Page(TEXT, drip=0.05), timeout=0.6)
    assert found.error == "not finished within 0.6 s"
    assert time.monotonic() - start < 3


def test_a_server_that_never_shakes_hands() -> None:
    """A port that takes the connection and says nothing costs the time limit and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        found = get(HOST, POLICY, HERE, port=silent.getsockname()[1], timeout=0.3)
        assert (found.status, found.error) == (0, "not finished within 0.3 s")
        assert time.monotonic() - start < 3


def test_another_name_on_the_certificate(server: PolicyServer) -> None:
    """The certificate must be for the host asked for, whatever address it is at."""
    found = get("mta-sts.other.example", POLICY, HERE, port=server.port, context=server.context)
    assert found.status == 0
    assert "does not hold for mta-sts.other.example: Hostname mismatch" in found.error


def test_an_unknown_authority(server: PolicyServer) -> None:
    """Without being told, nobody trusts a certificate that vouches for itself."""
    before = len(server.log)
    found = get(HOST, POLICY, HERE, port=server.port)
    assert found.status == 0
    assert f"the certificate does not hold for {HOST}: self" in found.error
    assert len(server.log) == before


def test_a_certificate_that_ran_out(tmp_path: Path) -> None:
    """Said as such."""
    with PolicyServer([HOST], tmp_path, days=-1) as late:
        late.pages[HOST, POLICY] = Page(TEXT)
        found = get(HOST, POLICY, HERE, port=late.port, context=late.context)
    assert found.error == f"the certificate does not hold for {HOST}: certificate has expired"


def test_the_next_address(server: PolicyServer) -> None:
    """Where nothing listens at the first address, the second is tried; over IPv6 too where there is any."""
    server.pages[HOST, POLICY] = Page(TEXT)
    found = get(HOST, POLICY, ["127.0.0.9", *HERE], port=server.port, context=server.context)
    assert found == Fetched(200, "text/plain", TEXT)


def test_an_address_that_keeps_silent(server: PolicyServer) -> None:
    """It gets its share of the time, so that the next address has one too."""
    server.pages[HOST, POLICY] = Page(TEXT)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.2", server.port), backlog=0))
        for _ in range(4):  # Linux lets nobody else in then, without a word
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        start = time.monotonic()
        found = get(HOST, POLICY, ["127.0.0.2", *HERE], port=server.port, context=server.context, timeout=1.5)
        assert found == Fetched(200, "text/plain", TEXT)
        assert get(HOST, POLICY, ["127.0.0.2"], port=server.port, timeout=0.3).error == (
            "no connection to 127.0.0.2 in time"
        )
        assert time.monotonic() - start < 3


class _Wire:
    """A connection that keeps what is sent and replies with nothing to read."""

    def __init__(self) -> None:
        self.sent = b""

    def sendall(self, octets: bytes) -> None:
        self.sent += octets

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(b"HTTP/1.1 204 None\r\n\r\n")


@pytest.mark.parametrize(("port", "shown"), [(443, HOST), (8443, f"{HOST}:8443")])
def test_the_request(port: int, shown: str) -> None:
    """The Host header leaves the usual port out; no packed body is asked for."""
    wire = _Wire()
    https._reply(wire, HOST, POLICY, port)  # type: ignore[arg-type]  # as much of a line as it uses
    lines = [f"GET {POLICY} HTTP/1.1", f"Host: {shown}", "Accept-Encoding: identity", "Connection: close", "", ""]
    assert wire.sent.decode().split("\r\n") == lines


@pytest.mark.parametrize(
    ("host", "path", "addresses", "words"),
    [
        (HOST, POLICY, [], "there is no address to connect to"),
        (HOST, POLICY, ["localhost"], "localhost"),
        (HOST, POLICY, ["127.0.0.9"], "connection refused"),
        (HOST, "/a b\r\nX: y", HERE, "HTTP: "),
        ("a" * 70, POLICY, HERE, "HTTP: "),
        ("", POLICY, HERE, "HTTP: "),
        ("a\0.example", POLICY, HERE, "is no host name"),
        ("bücher.example", POLICY, HERE, "is no host name"),
    ],
    ids=["no address", "a name", "nobody there", "path", "long host", "no host", "zero octet", "U-label"],
)
def test_what_cannot_be_asked(server: PolicyServer, host: str, path: str, addresses: list[str], words: str) -> None:
    """Bad input is an error in words too."""
    found = get(host, path, addresses, port=server.port, context=server.context)
    assert found.status == 0
    assert words in found.error


def test_plain_http(server: PolicyServer) -> None:
    """A server that speaks no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as plain:
        plain.settimeout(5)

        def speak() -> None:
            caller, _ = plain.accept()
            with caller:
                caller.recv(1000)
                caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        speaker = threading.Thread(target=speak)
        speaker.start()
        found = get(HOST, POLICY, HERE, port=plain.getsockname()[1], context=ssl.create_default_context())
        speaker.join()
    assert found.error.startswith("TLS: ")
