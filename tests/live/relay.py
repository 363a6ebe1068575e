"""A relay in front of a DNS server: counts every message over TCP and UDP, and lets some of them go wrong.

It runs on threads of this process and passes messages on unread but for their head: opcode and type of the question.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from tests.live.installed import free_port

#: Seconds that a connection of the relay may be silent.
PATIENCE = 60.0


@dataclass
class Trouble:
    """What goes wrong with some messages.

    Attributes:
        word: of the messages that are hit (`AXFR`, `SOA`, `UPDATE`; empty: of all questions that are no update).
        nth: the first one that is hit, counted from 1; `times`: so many in a row.
        answer: made from the question in place of the server's; none: there is no answer at all; empty: the connection
            ends.
        effect: the server gets the message all the same.
        cut: only so many octets of the server's answer pass, then the connection ends.
        delay: seconds before the message is passed on.
    """

    word: str = ""
    nth: int = 1
    times: int = 1
    answer: Callable[[bytes], bytes] | None = None
    effect: bool = False
    cut: int = 0
    delay: float = 0.0
    passed: int = 0

    def meets(self, word: str) -> bool:
        """Tell whether this message is hit; it is counted."""
        if (self.word or word) != word or (not self.word and word == "UPDATE"):
            return False
        self.passed += 1
        return self.nth <= self.passed < self.nth + self.times


class Relay:
    """Listens on a port of its own; everything goes to the server, and its answers come back."""

    def __init__(self, port: int) -> None:
        """`port`: of the server behind it, on 127.0.0.1."""
        self.behind = ("127.0.0.1", port)
        self.port = free_port()
        self.counted: Counter[str] = Counter()
        self.delay = 0.0
        self._trouble: Trouble | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._open: set[socket.socket] = set()
        self._tcp = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self._udp = socket.socket(type=socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        self._threads = [threading.Thread(target=loop, daemon=True) for loop in (self._accept, self._datagrams)]
        for thread in self._threads:
            thread.start()

    @contextlib.contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[Trouble]:
        """Let it happen until the block ends."""
        self._trouble = trouble
        try:
            yield trouble
        finally:
            self._trouble = None

    def close(self) -> None:
        """Stop listening, and end every connection."""
        self._closed = True
        for one in (self._tcp, self._udp):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        with self._lock:
            still = list(self._open)
        for one in still:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(self.behind, PATIENCE) as server:
            with self._kept(client), self._kept(server):
                client.settimeout(PATIENCE)
                pump = threading.Thread(target=_pump, args=(server, client), daemon=True)
                while (wire := message(client)) is not None:
                    hit = self._met(wire)
                    if hit is None:
                        server.sendall(framed(wire))
                        if not pump.ident:
                            pump.start()
                    elif not self._gone_wrong(client, server, wire, hit):
                        break
            if pump.ident:
                _end(server)
                pump.join()

    def _gone_wrong(self, client: socket.socket, server: socket.socket, wire: bytes, hit: Trouble) -> bool:
        """Play it; false when the connection ends with it."""
        if hit.cut:
            server.sendall(framed(wire))
            _pump(server, client, hit.cut)
            return False
        if hit.effect:
            server.sendall(framed(wire))
            message(server)
        if hit.answer is None:
            client.recv(1)  # nothing is said until the other side goes
            return False
        answer = hit.answer(wire)
        client.sendall(framed(answer) if answer else b"")
        return bool(answer)

    @contextlib.contextmanager
    def _kept(self, one: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(one)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(one)

    def _met(self, wire: bytes) -> Trouble | None:
        word = word_of(wire)
        with self._lock:
            self.counted[word] += 1
            trouble = self._trouble
            hit = trouble if trouble is not None and trouble.meets(word) else None
        delay = self.delay + (hit.delay if hit else 0.0)
        if delay:
            time.sleep(delay)
        return None if hit is not None and hit.delay else hit

    def _datagrams(self) -> None:
        while not self._closed:
            try:
                wire, client = self._udp.recvfrom(65535)
            except OSError:
                return
            if len(wire) < 12:  # what wakes a socket that is closed
                continue
            hit = self._met(wire)
            answer = hit.answer(wire) if hit and hit.answer else None
            if hit is None or hit.effect:
                with socket.socket(type=socket.SOCK_DGRAM) as server, contextlib.suppress(OSError):
                    server.settimeout(PATIENCE)
                    server.sendto(wire, self.behind)
                    answer = server.recv(65535) if hit is None else None
            if answer is not None:
                with contextlib.suppress(OSError):
                    self._udp.sendto(answer, client)


def word_of(wire: bytes) -> str:
    """What a message asks for: `UPDATE`, or the type of its question."""
    opcode = (wire[2] >> 3) & 0xF
    if opcode != dns.opcode.QUERY:
        return dns.opcode.to_text(dns.opcode.Opcode.make(opcode))
    at = 12
    while wire[at]:
        at += wire[at] + 1
    (kind,) = struct.unpack_from("!H", wire, at + 1)
    return dns.rdatatype.to_text(kind)


def saying(code: int) -> Callable[[bytes], bytes]:
    """Makes an answer with this result, unsigned, and with the question alone."""

    def answer(wire: bytes) -> bytes:
        flags = dns.flags.QR | (struct.unpack("!H", wire[2:4])[0] & 0x7800) | code
        at = 12
        while wire[at]:
            at += wire[at] + 1
        return wire[:2] + struct.pack("!HHHHH", flags, 1, 0, 0, 0) + wire[12 : at + 5]

    return answer


def bad_key(wire: bytes) -> bytes:
    """The answer of a server that does not know the key. Source: RFC 8945 section 5.3.2."""
    query = dns.message.from_wire(wire, keyring=False, ignore_trailing=True)
    refused = bytearray(saying(dns.rcode.NOTAUTH)(wire))
    refused[11] = 1
    owner, algorithm = (name.to_wire() or b"" for name in (query.keyname, query.keyalgorithm) if name is not None)
    signature = algorithm + b"\0" * 6 + struct.pack("!HHHHH", 300, 0, query.id, dns.rcode.BADKEY, 0)
    head = struct.pack("!HHIH", dns.rdatatype.TSIG, dns.rdataclass.ANY, 0, len(signature))
    return bytes(refused) + owner + head + signature


def _pump(server: socket.socket, client: socket.socket, octets: int = 1 << 40) -> None:
    """What the server says goes to the client, unread."""
    with contextlib.suppress(OSError):
        while octets > 0 and (part := server.recv(min(octets, 65536))):
            client.sendall(part)
            octets -= len(part)
    _end(client)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def framed(wire: bytes) -> bytes:
    return struct.pack("!H", len(wire)) + wire


def message(stream: socket.socket) -> bytes | None:
    """The next message; none when the other side has ended."""
    head = _exactly(stream, 2)
    return _exactly(stream, struct.unpack("!H", head)[0]) if head else None


def _exactly(stream: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = stream.recv(size - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)
