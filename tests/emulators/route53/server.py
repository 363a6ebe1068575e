"""A strict fake of Amazon Route 53 as an HTTP server on loopback, for the real boto3: stateful, and it counts.

It refuses what the host refuses. The texts of its refusals follow those seen in public bug reports; nothing may depend
on more of them than whom they name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import boto3.session
from botocore.config import Config

from reconciler.conformance.harness import MARKER
from tests.emulators.route53.limits import Limits
from tests.emulators.route53.service import Key, Service
from tests.emulators.route53.signature import Request
from tests.emulators.route53.state import State

if TYPE_CHECKING:
    from types_boto3_route53 import Route53Client

#: Access keys: one may do all, one may only read; each has a secret of its own.
WRITER, READER = "AKIAWRITER", "AKIAREADER"
SECRETS = {WRITER: MARKER, READER: f"{MARKER}-reader"}


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Route53Server:
    """Runs from its making until `close`.

    Attributes:
        state: what the account holds. `service`: how it answers; its switches may be set at any time.
        delay: seconds before every answer.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = now,
        *,
        insync_after: float = 0.0,
        limited: bool = False,
        delay: float = 0.0,
    ) -> None:
        self.state = State(clock, insync_after)
        self.limits = Limits(clock) if limited else None
        self.service = Service(
            self.state, {key: Key(secret, key == WRITER) for key, secret in SECRETS.items()}, self.limits
        )
        self.delay = delay
        self._server = _Server(("127.0.0.1", 0), self)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="route53", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], route53: Route53Server) -> None:
        self.route53 = route53
        self.one_by_one = threading.Lock()
        self.closing = threading.Event()
        super().__init__(address, _Handler)

    def server_close(self) -> None:
        self.closing.set()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    disable_nagle_algorithm = True
    timeout: ClassVar[float] = 60.0

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing is printed."""

    def _serve(self, body: bytes) -> None:
        split = urlsplit(self.path)
        self.server.closing.wait(self.server.route53.delay)
        with self.server.one_by_one:
            sent = {name.lower(): value for name, value in self.headers.items()}
            asked = Request(self.command, split.path, split.query, sent, body)
            status, text, headers = self.server.route53.service.answer(asked)
        if not status:
            self.close_connection = True
            return
        data = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/xml", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def client(endpoint: str, key: str = WRITER, secret: str = "") -> Route53Client:
    """The real boto3, without retries."""
    config = Config(retries={"total_max_attempts": 1})
    session = boto3.session.Session(key, secret or SECRETS.get(key, "made up"), region_name="us-east-1")
    return session.client("route53", endpoint_url=endpoint, config=config)
