"""Microsoft Graph v1.0 on loopback, stateful and at least as strict as the real one.

What no correct client sends (an unknown path, query option or property, a request that the published metadata does
not allow, a batch of 21) is refused and noted in `broken`; a test ends with `close`, which complains of it. An answer
of the emulator itself that the metadata does not allow is noted there too.
"""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.emulators.graph import batches, serving
from tests.emulators.graph.dns_records import Resolver
from tests.emulators.graph.refusal import UNKNOWN, Refusal
from tests.emulators.graph.storm import Storm
from tests.emulators.graph.tenants import Tenant, Token
from tests.emulators.graph.throttle import Meter

CODES = {
    400: "Request_BadRequest", 401: "InvalidAuthenticationToken", 403: "Authorization_RequestDenied",
    404: "Request_ResourceNotFound", 409: "Conflict", 410: "SyncStateNotFound", 412: "PreconditionFailed",
    422: "UnprocessableEntity", 424: "FailedDependency", 429: "TooManyRequests", 500: "InternalServerError",
    502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout", 507: "InsufficientStorage",
}  # fmt: skip


@dataclass
class Trouble:
    """Calls that go wrong.

    Attributes:
        on: `read`, `write` (HTTP calls), or a sort as it is counted (`users`, `batch`, ...); a sort names requests
            inside a batch as well, and then that one item is hit.
        nth: which of them is hit first, from 1; `times` in a row.
        status: what is answered; 0 = nothing: the whole HTTP call stays without an answer.
        effect: the call takes effect all the same. act: done in its stead before the call goes its usual way.
        silent: with status 0, the connection stays open and nothing comes; else it is dropped.
    """

    status: int = 0
    on: str = "read"
    nth: int = 1
    times: int = 1
    effect: bool = False
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    act: Callable[[], object] | None = None
    silent: bool = False
    passed: int = 0

    def hits(self, sort: str, way: str) -> bool:
        """Whether this call is one of those; counts it. `way`: read, write, or nothing for one inside a batch."""
        if self.on not in (sort, way):
            return False
        self.passed += 1
        return self.nth <= self.passed < self.nth + self.times


@dataclass(slots=True)
class Answer:
    """What is sent; `status` 0 drops the connection, or keeps silent."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False


class GraphServer:
    """Serves from `start` to `close`.

    Attributes:
        tenants: by initial domain. tokens: by the bearer text; who has none of them is nobody.
        calls: HTTP calls by sort; inner: requests inside batches by sort; writes: HTTP calls that wrote something.
        log: (method, path with query, status) of every request, those inside batches too, in the order of their end.
        sent: (sort, body) of every request with a body, those inside batches too.
        page_cap: the most a page holds, whatever is asked. delay: seconds that each answer takes.
        resolver: asked by `verify` alone: (name, type) -> texts, or the address of a DNS server.
        verify_delay: seconds from the first sight of the proof to success. services_at_verify: of a new domain.
        fresh: attempts to make a user that fail after its domain was verified.
        lag: reads that a write is late for. licensing: requests until a group's licences reach its members.
        mailboxes: an Exchange plan brings an address. quota: share of the real throttle limits; 0 = none.
        bare: 429 of the throttle comes without Retry-After. rate: of requests that fail at random, see `storm`.
    """

    def __init__(self, now: Callable[[], datetime] | None = None, seed: int = 1) -> None:
        self.now = now or (lambda: datetime.now(UTC))
        self.tenants: dict[str, Tenant] = {}
        self.tokens: dict[str, Token] = {}
        self.calls: Counter[str] = Counter()
        self.inner: Counter[str] = Counter()
        self.writes = 0
        self.log: list[tuple[str, str, int]] = []
        self.sent: list[tuple[str, Any]] = []
        self.broken: list[str] = []
        self.troubles: list[Trouble] = []
        self.page_cap = 999
        self.delay = 0.0
        self.resolver: Resolver | None = None
        self.verify_delay = 0.0
        self.services_at_verify: tuple[str, ...] = ()
        self.fresh, self.licensing, self.mailboxes = 0, 2, True
        self.quota, self.bare = 0.0, False
        self.random = random.Random(seed)
        self.pages: dict[str, tuple[str, int, dict[str, str]]] = {}
        self.deltas: dict[str, Any] = {}
        self.lock = threading.RLock()
        self.meter = Meter(self)
        self._storm = Storm(0.0, seed)
        self._lag, self._number = 0, ""
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self.endpoint = f"http://127.0.0.1:{self._http.server_address[1]}/v1.0"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """End, and complain of what no correct client sends."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        assert self.broken == []

    def make(self, initial: str, **attributes: Any) -> Tenant:
        """A new tenant with nothing but its initial domain."""
        tenant = Tenant(initial, now=self._instant, lag=self._lag, **attributes)
        self.tenants[initial] = tenant
        return tenant

    def _instant(self) -> datetime:
        return self.now()

    @property
    def lag(self) -> int:
        """Reads that a write is late for, in every tenant."""
        return self._lag

    @lag.setter
    def lag(self, reads: int) -> None:
        self._lag = reads
        for tenant in self.tenants.values():
            tenant.lag = reads

    @contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[Trouble]:
        """Let calls go wrong until the block ends."""
        self.troubles.append(trouble)
        try:
            yield trouble
        finally:
            self.troubles.remove(trouble)

    def storm(self, rate: float, seed: int = 1) -> None:
        """Let that share of all requests go wrong at random from now on; 0 ends it."""
        self._storm = Storm(rate, seed)

    def others(self, call: Any) -> Iterator[Tenant]:
        """Every tenant but the one that is asked."""
        return (one for one in self.tenants.values() if one is not call.tenant)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What one HTTP call gives."""
        if self.delay:
            time.sleep(self.delay)
        with self.lock:
            made = self._answered(method, target, headers, body)
            self.log.append((method, _relative(target), made.status))
            return made

    def _answered(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        request = serving.Request(method, _relative(target), headers, body)
        self._number = str(uuid.uuid4())
        sort, writes = serving.sort_of(request), batches.writes(request)
        self.calls[sort] += 1
        self.writes += writes
        hit = self.hit(sort, "write" if writes else "read", inner=False)
        if hit is not None and not hit.effect:
            return self.spoilt(hit, headers)
        told = self._told(headers)
        try:
            token = self._token(headers)
            reply = batches.run(self, request, token) if sort == "batch" else serving.serve(self, request, token)
        except Refusal as refusal:
            reply = serving.refused(self, request, refusal)
        except batches.Dropped as dropped:
            return Answer(0, silent=dropped.silent)
        if hit is not None:
            return self.spoilt(hit, headers)
        shown = b"" if reply.data is None else json.dumps(reply.data).encode()
        return Answer(reply.status, shown, told | reply.headers)

    def hit(self, sort: str, way: str, *, inner: bool) -> Trouble | None:
        """What befalls a request, if anything."""
        one = next((one for one in self.troubles if one.hits(sort, way)), None)
        if one is not None and one.act is not None:
            one.act()
            return None
        if one is None:
            drawn = self._storm.drawn(inner=inner)
            one = Trouble(drawn.status, effect=drawn.effect, headers=drawn.headers) if drawn else None
        return one

    def spoilt(self, trouble: Trouble, headers: Mapping[str, str]) -> Answer:
        """The answer that a trouble gives."""
        if trouble.status == 0:
            return Answer(0, silent=trouble.silent)
        told = self._told(headers)
        refusal = Refusal(trouble.status, trouble.code or CODES.get(trouble.status, "UnknownError"), "As it happens.")
        inner = {**self.inner_error(), "request-id": trouble.headers.get("request-id", self._number)}
        plain = json.dumps(refusal.body(self.worded(refusal.text), inner)).encode()
        return Answer(trouble.status, plain if trouble.body is None else trouble.body, {**told, **trouble.headers})

    def worded(self, text: str) -> str:
        """A message, in words that nobody can rely on."""
        number = f"{self.random.getrandbits(32):08x}"
        forms = (text, f"{text} ({number})", f"[{number}] {text.lower()}", "The request could not be carried out.")
        return self.random.choice(forms)

    def inner_error(self) -> dict[str, str]:
        """What an error tells of itself."""
        date = self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return {"date": date, "request-id": self._number, "client-request-id": self._number}

    def _told(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"request-id": self._number, "client-request-id": headers.get("client-request-id", self._number)}

    def _token(self, headers: Mapping[str, str]) -> Token:
        scheme, _, text = headers.get("authorization", "").partition(" ")
        token = self.tokens.get(text)
        if scheme != "Bearer" or token is None or token.tenant not in self.tenants:
            raise Refusal(401, UNKNOWN, "Access token validation failure. Invalid audience.")
        return token


def _relative(target: str) -> str:
    return target.removeprefix("/v1.0")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


def _handler(server: GraphServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536
        disable_nagle_algorithm = True
        timeout = 60

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True  # whoever asked is gone: it is no request
                return
            headers = {name.lower(): text for name, text in self.headers.items()}
            answer = server.answer(self.command, self.path, headers, body)
            if answer.status == 0:
                self.close_connection = True
                if answer.silent:
                    self.connection.settimeout(30)
                    self.connection.recv(1)
                return
            self.send_response(answer.status)
            if answer.body:
                html = answer.body[:1] == b"<"
                self.send_header("Content-Type", "text/html" if html else serving.JSON)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing on the test's standard error."""

    return Handler
