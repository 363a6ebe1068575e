"""A server that says of Graph exactly what a test wants, and an `Api` that speaks to it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from providers.microsoft365.api import Api, Line
from providers.microsoft365.clouds import CLOUDS
from providers.microsoft365.credentials import Identity
from reconciler.clock import Clock
from reconciler.conformance.harness import FixedClock
from reconciler.wire.options import Reference

TENANT = "contoso.onmicrosoft.com"
APP = "11111111-2222-3333-4444-555555555555"
ORGANIZATION = {
    "value": [
        {
            "id": "aaaaaaaa-0000-0000-0000-000000000001",
            "displayName": "Contoso",
            "verifiedDomains": [
                {"name": "contoso.example", "isInitial": False},
                {"name": "Contoso.onmicrosoft.com", "isInitial": True},
            ],
        }
    ]
}


@dataclass(slots=True)
class Said:
    """An answer. `lost`: the connection is reset `after` the request was read, or in the `middle` of the answer;
    `wait`: seconds before the answer, `drip`: before each of its bytes.
    """

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: str = ""
    wait: float = 0.0
    drip: float = 0.0


@dataclass(slots=True)
class Heard:
    """A request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class Wire:
    """The server: its answers in order, and what it heard; asked for the organization it answers of itself."""

    def __init__(self) -> None:
        self.answers: list[Said | Callable[[Heard], Said]] = []
        self.heard: list[Heard] = []
        self.organization: Said = Said(body=ORGANIZATION)
        self.open = 0
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.host = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def endpoint(self) -> str:
        return f"{self.host}/v1.0"

    @property
    def asked(self) -> list[str]:
        """Method and path of each request but the one for the organization."""
        return [f"{one.method} {one.path}" for one in self.heard if not _is_organization(one)]

    @property
    def checks(self) -> int:
        return sum(_is_organization(one) for one in self.heard)

    def say(self, *answers: Said | Callable[[Heard], Said]) -> None:
        self.answers += answers

    def answer(self, heard: Heard) -> Said:
        with self.lock:
            self.heard.append(heard)
            if _is_organization(heard):
                return self.organization
            said = self.answers.pop(0) if self.answers else Said()
        return said if isinstance(said, Said) else said(heard)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def api(
        self, folder: Path, clock: Clock | None = None, *, token: str = "t0ken", timeout: float = 20.0, app: str = ""
    ) -> Api:
        """An `Api` that reads its token from a file."""
        (folder / "token").write_text(token)
        place = Reference("m365", "access_token", "file", "token", folder)
        identity = Identity("m365", "access_token", app, CLOUDS["global"], CLOUDS["global"].login, place)
        return Api(Line("m365", self.endpoint, timeout), identity, TENANT, clock or FixedClock())


@contextmanager
def wire() -> Iterator[Wire]:
    made = Wire()
    try:
        yield made
    finally:
        made.close()


def batched(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda items: items) -> Any:
    """Each item of a batch is answered by its own address; `change` alters the list of answers."""

    def answer(heard: Heard) -> Said:
        items = [
            {"id": one["id"], "status": 200, "headers": {"X-Of": one["url"]}, "body": {"of": one["url"]}}
            for one in heard.body["requests"]
        ]
        return Said(body={"responses": change(items)})

    return answer


def _is_organization(heard: Heard) -> bool:
    return heard.path.startswith("/v1.0/organization")


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            wire.open += 1

        def finish(self) -> None:
            wire.open -= 1
            super().finish()

        def log_message(self, *args: object) -> None:
            pass

        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            heard = Heard(
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(raw) if raw else None,
            )
            said = wire.answer(heard)
            time.sleep(said.wait)
            if said.lost == "after":
                self.reset()
                return
            body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            self.send_response_only(said.status)  # without a date of its own
            given = {"Content-Type": "application/json", "Content-Length": str(len(body)), **said.headers}
            for name, value in given.items():
                self.send_header(name, value)
            self.end_headers()
            if said.lost == "middle":
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.reset()
                return
            for part in [body[at : at + 1] for at in range(len(body))] if said.drip else [body]:
                time.sleep(said.drip)
                with suppress(OSError):
                    self.wfile.write(part)

        def reset(self) -> None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RD)
            self.connection.close()

    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler
