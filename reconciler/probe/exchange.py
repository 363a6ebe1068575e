"""One question on its way: from server to server, over UDP, and over TCP where the reply does not fit.

Each try has a socket of its own, so that its port is drawn by chance; it is connected, so that the system keeps out
what other hosts send. Nothing here blocks: a selector says when to go on.
Source: RFC 5452 section 9 (forged replies), RFC 7766 section 5 (TCP after truncation).
"""

from __future__ import annotations

import errno
import ipaddress
import os
import selectors
import socket
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from reconciler.model.answer import Answer, Question, Status
from reconciler.probe.wire import How, Query, Stray, Truncated, Unusable

_LARGEST = 65535
#: A name server that let so many tries of a question wait is asked by TCP: something on the way may lose all UDP.
_UDP_TRIES = 2


class Server(NamedTuple):
    """Where questions are sent.

    Attributes:
        address: IPv4 or IPv6 in text, perhaps with a zone (`fe80::1%eth0`); never a name.
        port: 1 to 65535.
    """

    address: str
    port: int = 53

    def __str__(self) -> str:
        """As people know it: the port only where it is not 53."""
        if self.port == 53:
            return self.address
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Exchange:
    """One question being asked; over when `answer` is there.

    Attributes:
        answer: none while it is on its way.
        begun: when it was started, by the monotonic clock.
        until: when this try is over, by the same clock.
        heard: when a server last said something, be it only that it cannot help, by the same clock; 0 for never.
        sent: how many messages went out.
    """

    def __init__(
        self,
        question: Question,
        tries: Sequence[Server],
        *,
        timeout: float,
        silent: set[Server],
        selector: selectors.BaseSelector,
        how: How = How.RESOLVE,
    ) -> None:
        """Nothing is sent yet.

        Args:
            question: what to ask.
            tries: the servers to ask, one after the other.
            timeout: seconds for one reply.
            silent: is kept up to date: servers that let a question wait and have said nothing since.
            selector: where its socket is watched, with this object as the data.
            how: how the question is put.
        """
        self.question = question
        self.answer: Answer | None = None
        self.begun = self.until = self.heard = 0.0
        self.sent = 0
        self._how = how
        self._code = ""
        self._waited: Counter[Server] = Counter()
        self._tries = iter(tries)
        self._timeout = timeout
        self._silent = silent
        self._selector = selector
        self._socket: socket.socket | None = None
        self._problems: dict[Server, str] = {}
        self._buffer = b""
        self._tcp = False

    def start(self, now: float) -> None:
        """Ask the first server."""
        self.begun = now
        try:
            self._query = Query(self.question, self._how)
        except ValueError as problem:
            self.fail(f"it cannot be asked: {problem}")
        else:
            self._next(now)

    def proceed(self, now: float) -> None:
        """Go on: the socket is ready, or broken."""
        try:
            if self._tcp:
                self._stream(now)
            else:
                self._take(self._connection.recv(_LARGEST), now)
        except BlockingIOError:
            pass
        except OSError as problem:
            self._give_up(_words(problem), now)

    def expire(self, now: float) -> None:
        """Go on to the next server: this one was given its time."""
        self._silent.add(self._server)
        self._waited[self._server] += 1
        self._give_up(f"no reply within {self._timeout:g} s", now)

    def fail(self, detail: str) -> None:
        """End it without an answer."""
        self.close()
        self.answer = Answer(Status.FAILED, detail=detail, code=self._code if self.sent else "unasked")

    def close(self) -> None:
        """Close the socket; again is no harm."""
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None

    @property
    def _connection(self) -> socket.socket:
        assert self._socket is not None
        return self._socket

    def _next(self, now: float) -> None:
        for server in self._tries:
            self._server = server
            tcp = self._how.direct and self._waited[server] >= _UDP_TRIES
            try:
                self._open(now, tcp=tcp)
                if not tcp:
                    self._connection.send(self._query.wire)
                    self.sent += 1
            except OSError as problem:
                self.close()
                self._problems[server] = _words(problem)
            else:
                return
        told = "; ".join(f"{server}: {problem}" for server, problem in self._problems.items())
        self.fail(told or "no DNS server is configured")

    def _give_up(self, problem: str, now: float) -> None:
        self.close()
        self._problems[self._server] = f"TCP: {problem}" if self._tcp else problem
        self._next(now)

    def _open(self, now: float, *, tcp: bool) -> None:
        self._tcp, self.until = tcp, now + self._timeout
        address = ipaddress.ip_address(self._server.address)
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        fresh = socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        try:
            fresh.setblocking(False)
            code = fresh.connect_ex(_place(address, self._server.port))
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, os.strerror(code))
        except OSError:
            fresh.close()
            raise
        self._selector.register(fresh, selectors.EVENT_WRITE if tcp else selectors.EVENT_READ, self)
        self._socket = fresh
        self._buffer = len(self._query.wire).to_bytes(2, "big") + self._query.wire if tcp else b""
        self._sending = tcp

    def _stream(self, now: float) -> None:
        if self._sending:
            self._buffer = self._buffer[self._connection.send(self._buffer) :]
            if not self._buffer:
                self.sent += 1
                self._sending = False
                self._selector.modify(self._connection, selectors.EVENT_READ, self)
            return
        piece = self._connection.recv(_LARGEST + 2)
        self._buffer += piece
        length = int.from_bytes(self._buffer[:2], "big") + 2
        if len(self._buffer) >= max(length, 2):
            self._take(self._buffer[2:length], now)
        elif not piece:
            self._give_up("it closed the connection", now)

    def _take(self, wire: bytes, now: float) -> None:
        try:
            answer = self._query.read(wire)
        except Stray:
            if self._tcp:
                self._give_up("it replied to another question", now)
            return
        except Truncated:
            self._hear(now)
            self._to_tcp(now)
        except Unusable as problem:
            self._hear(now)
            self._code = problem.code
            if self._how.direct:  # it has said what it thinks of its zone; to ask again would change nothing
                self._tries = iter(())
            self._give_up(str(problem), now)
        else:
            self._hear(now)
            self.close()
            self.answer = answer

    def _hear(self, now: float) -> None:
        self.heard = now
        self._silent.discard(self._server)

    def _to_tcp(self, now: float) -> None:
        if self._tcp:
            self._give_up("the reply is cut short there too", now)
            return
        self.close()
        try:
            self._open(now, tcp=True)
        except OSError as problem:
            self._give_up(_words(problem), now)


def _place(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int
) -> tuple[str, int] | tuple[str, int, int, int]:
    """The address for a socket; an interface is looked up here, lest the system take the text for a name."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address), port
    plain, _, interface = str(address).partition("%")
    number = int(interface) if interface.isdigit() else socket.if_nametoindex(interface) if interface else 0
    return plain, port, 0, number


def _words(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()
