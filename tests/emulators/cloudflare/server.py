"""Cloudflare's DNS API on loopback, stateful and at least as strict as the real one.

What no client should send (an unknown path, parameter or field, a request or an answer that the vendor's description
does not allow) is noted in `broken`; a test ends with `close`, which complains of it.
"""

from __future__ import annotations

import json
import math
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.emulators.cloudflare import contract, routes
from tests.emulators.cloudflare.refusal import Refusal
from tests.emulators.cloudflare.zones import Record, Token, Zone

ACCOUNT = "a" * 32
LIMIT, WINDOW = 1200, 300.0
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"


@dataclass
class Trouble:
    """Calls that go wrong.

    Attributes:
        on: `read`, `write`, or a sort of call as it is counted (`records`, `batch`).
        nth: which of them is hit first, from 1; `times` in a row.
        status: what is answered; 0 = nothing.
        effect: the call takes effect all the same. act: done in its stead before the call goes its usual way.
        silent: with status 0, the connection stays open and nothing comes; else it is dropped.
    """

    status: int = 0
    on: str = "read"
    nth: int = 1
    times: int = 1
    effect: bool = False
    code: int = 1002
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    act: Callable[[], object] | None = None
    silent: bool = False
    passed: int = 0

    def hits(self, sort: str, method: str) -> bool:
        """Whether this call is one of those; counts it."""
        if self.on not in (sort, "read" if method == "GET" else "write"):
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


class CloudflareServer:
    """Serves from `start` to `close`.

    Attributes:
        zones: by id. tokens: by the token itself; who has none of them is nobody.
        calls: counted by sort: zones, records, batch, verify, ... who: by sort and token. sent: the bodies of writes.
        page_cap: the most a page of records holds, whatever is asked.
        delay: seconds that each answer takes.
        bare: 429 comes without Retry-After; `long`: seconds that it asks for instead of the rest of the window.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, limit: int = LIMIT) -> None:
        self.zones: dict[str, Zone] = {}
        self.tokens: dict[str, Token] = {}
        self.calls: Counter[str] = Counter()
        self.who: Counter[tuple[str, str]] = Counter()
        self.sent: list[Mapping[str, Any]] = []
        self.broken: list[str] = []
        self.troubles: list[Trouble] = []
        self.page_cap = 5_000_000
        self.delay = 0.0
        self.bare, self.long = False, 0
        self.lock = threading.RLock()
        self._now, self._limit = now, limit
        self._windows: dict[str, tuple[float, int]] = {}
        self._contract = contract.at_hand()
        self._looked_at: set[tuple[str, int]] = set()  # records held against it already
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self.endpoint = f"http://127.0.0.1:{self._http.server_address[1]}/client/v4"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """End, and complain of what no client should have sent."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        assert self.broken == []

    def make(self, name: str, account: str = ACCOUNT, **attributes: Any) -> Zone:
        """A new zone without records."""
        zone = Zone(uuid.uuid4().hex, name, account, **attributes)
        self.zones[zone.id] = zone
        return zone

    @contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[Trouble]:
        """Let calls go wrong until the block ends."""
        self.troubles.append(trouble)
        try:
            yield trouble
        finally:
            self.troubles.remove(trouble)

    def answer(self, method: str, target: str, authorization: str, body: bytes) -> Answer:
        """What one request gives."""
        if self.delay:
            time.sleep(self.delay)
        with self.lock:
            parts = urlsplit(target)
            asked = dict(parse_qsl(parts.query, keep_blank_values=True))
            call = routes.route(method, parts.path.removeprefix("/client/v4"))
            sort = call.sort if call else "unknown"
            self.calls[sort] += 1
            hit = next((one for one in self.troubles if one.hits(sort, method)), None)
            if hit is not None and hit.act is not None:
                hit.act()
                hit = None
            if hit is not None and not hit.effect:
                return self._spoilt(hit)
            if call is None:
                self.broken.append(f"unknown call: {method} {parts.path}")
                return Answer(400, json.dumps(Refusal(400, 7000, "No route for that URI").body()).encode())
            made = self._answered(call, asked, authorization, body)
            return self._spoilt(hit) if hit else made

    def _spoilt(self, trouble: Trouble) -> Answer:
        if trouble.status == 0:
            return Answer(0, silent=trouble.silent)
        refusal = Refusal(trouble.status, trouble.code, "As the test wishes.")
        body = json.dumps(refusal.body()).encode() if trouble.body is None else trouble.body
        return Answer(trouble.status, body, {"CF-Ray": f"{uuid.uuid4().hex[:16]}-AMS", **trouble.headers})

    def _answered(self, call: routes.Call, asked: Mapping[str, str], authorization: str, body: bytes) -> Answer:
        headers = {"CF-Ray": f"{uuid.uuid4().hex[:16]}-AMS", "cf-auditlog-id": uuid.uuid4().hex}
        try:
            token = self._token(authorization, call)
            headers |= self._counted(token)
            self.who[call.sort, authorization.partition(" ")[2]] += 1
            sent = self._sent(call, body)
            self.sent += [sent] if sent else []
            shown, records = routes.carried_out(self, call, token, asked, sent)
            self._hold(call, asked, body, shown, records)
            return Answer(200, json.dumps(shown).encode(), headers)
        except Refusal as refusal:
            told = refusal.body()
            if self._contract:
                self.broken += self._contract.error(told)
            return Answer(refusal.status, json.dumps(told).encode(), headers | getattr(refusal, "headers", {}))

    def _token(self, authorization: str, call: routes.Call) -> Token:
        scheme, _, text = authorization.partition(" ")
        if scheme != "Bearer" or not text:
            raise Refusal(400, 6111, "Invalid format for Authorization header", wrapped=True)
        token = self.tokens.get(text)
        if token is None or not token.active:
            raise (
                Refusal(401, 1000, "Invalid API Token")
                if call.sort == "verify"
                else Refusal(403, 9109, "Invalid access token")
            )
        return token

    def _counted(self, token: Token) -> dict[str, str]:
        """The headers that tell of the limit.

        Raises:
            Refusal: it is reached.
        """
        now = self._now()
        start, count = self._windows.get(token.user, (now, 0))
        if now >= start + WINDOW:
            start, count = now, 0
        self._windows[token.user] = (start, count + 1)
        left, ends = self._limit - count - 1, math.ceil(start + WINDOW - now)
        headers = {
            "Ratelimit": f'"default";r={max(left, 0)};t={ends}',
            "Ratelimit-Policy": f'"default";q={self._limit};w={WINDOW:.0f}',
        }
        if left < 0:
            self.calls["over the limit"] += 1
            refusal = Refusal(429, 971, "Please wait and consider throttling your request speed")
            retry = {} if self.bare else {"Retry-After": str(self.long or ends)}
            refusal.headers = headers | retry  # type: ignore[attr-defined]
            raise refusal
        return headers

    def _sent(self, call: routes.Call, body: bytes) -> Mapping[str, Any]:
        if call.sort not in routes.WRITES or call.sort == "delete":
            return {}
        try:
            sent = json.loads(body)
        except ValueError:
            sent = None
        if not isinstance(sent, dict):
            self.broken.append(f"{call.sort}: the body is no JSON object")
            raise Refusal(400, 9207, "Request body is invalid.")
        return sent

    def _hold(
        self,
        call: routes.Call,
        asked: Mapping[str, str],
        body: bytes,
        shown: Mapping[str, Any],
        records: list[Record],
    ) -> None:
        """Hold a request and its answer against the vendor's description."""
        self.broken += routes.unknown(call, asked, json.loads(body) if body else {})
        if self._contract is None or call.sort == "verify":
            return
        self.broken += self._contract.parameters(call.path, call.method, asked)
        if call.sort == "batch":
            self.broken += self._contract.batch(json.loads(body))
        elif call.sort == "create":
            self.broken += self._contract.create(json.loads(body), "RecordCreate")
        for one in (one for one in records if (one.id, one.version) not in self._looked_at):
            self.broken += self._contract.record(one.json())
            self._looked_at.add((one.id, one.version))
        if call.sort == "zones":
            for zone in shown["result"]:
                self.broken += self._contract.zone(zone)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


def _handler(server: CloudflareServer) -> type[BaseHTTPRequestHandler]:
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
            answer = server.answer(self.command, self.path, self.headers.get("Authorization", ""), body)
            if answer.status == 0:
                self.close_connection = True
                if answer.silent:
                    self.connection.settimeout(30)
                    self.connection.recv(1)
                return
            self.send_response(answer.status)
            html = answer.body[:1] == b"<"
            self.send_header("Content-Type", "text/html" if html else "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing on the test's standard error."""

    return Handler
