"""An HTTPS server on loopback for tests, with a certificate made for it when the test runs.

The program `openssl` makes the certificate, which vouches for itself: who trusts `ca` trusts the server for its hosts.
"""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self

POLICY = "/.well-known/mta-sts.txt"


@dataclass
class Page:
    """What one path gives."""

    body: str | bytes = ""
    status: int = 200
    content_type: str = "text/plain"
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""  # sent as the whole reply in place of all the above
    drip: float = 0.0  # seconds between two octets of the reply

    def wire(self) -> bytes:
        """The reply as it is sent."""
        if self.raw:
            return self.raw
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {"Content-Type": self.content_type, "Content-Length": str(len(body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Any", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + body


class Got(NamedTuple):
    """One request that came in: the name of TLS (SNI), the Host header, the path."""

    server_name: str
    host: str
    path: str


class PolicyServer:
    """Serves from `with` to its end.

    Attributes:
        pages: by host and path; anything else is 404. May be changed meanwhile.
        log: every request in its order.
        ca: file with what to trust (SSL_CERT_FILE for a process), `context` the same for a call.
        address, port: where it listens.
    """

    def __init__(
        self, hosts: Sequence[str], folder: Path, *, days: int = 2, address: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.pages: dict[tuple[str, str], Page] = {}
        self.log: list[Got] = []
        key, self.ca = _certificate(hosts, folder, days)
        self.context = ssl.create_default_context(cafile=str(self.ca))
        inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        inside.load_cert_chain(self.ca, key)
        inside.sni_callback = _note_name
        self._names: dict[int, str] = {}
        self._server = _Server((address, port), _handler(self))
        self._server.socket = inside.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )  # a caller that keeps silent holds up its own thread only
        self.address, self.port = self._server.server_address[:2]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="policy-server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away, or does not trust us, is what some tests are about."""


def _handler(server: PolicyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            host = self.headers.get("Host", "")
            server.log.append(Got(getattr(self.connection, "asked_for", ""), host, self.path))
            page = server.pages.get((host.partition(":")[0], self.path), Page("none", 404))
            self.close_connection = True
            with contextlib.suppress(OSError):
                if not page.drip:
                    self.wfile.write(page.wire())
                    return
                for octet in page.wire():
                    self.wfile.write(bytes([octet]))
                    time.sleep(page.drip)

        def log_message(self, *_: object) -> None:
            """Nothing on the test's standard error."""

    return Handler


def _note_name(secure: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
    secure.asked_for = name or ""  # type: ignore[attr-defined]  # kept for the log


def _certificate(hosts: Sequence[str], folder: Path, days: int) -> tuple[Path, Path]:
    """Key and certificate, valid for so many days; it has run out already where they are negative."""
    key, request, certificate = folder / "key.pem", folder / "request.pem", folder / "certificate.pem"
    extensions = folder / "extensions"
    names = ",".join(f"DNS:{host}" for host in hosts)
    extensions.write_text(_EXTENSIONS + f"subjectAltName={names}\n", encoding="utf-8")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test"]
    _openssl("req", "-new", *kind, "-keyout", key, "-out", request)
    signed: list[str | Path] = ["-req", "-in", request, "-signkey", key, "-days", str(days)]
    _openssl("x509", *signed, "-extfile", extensions, "-out", certificate)
    return key, certificate


_EXTENSIONS = """\
basicConstraints=critical,CA:TRUE
keyUsage=critical,digitalSignature,keyCertSign
subjectKeyIdentifier=hash
"""


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *words], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
