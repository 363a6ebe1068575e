"""A DNS server on loopback for tests: UDP and TCP, records from a plain mapping, faults on demand, a log of questions.

It answers as a resolver does that knows the whole world: aliases are followed, wildcards expanded (RFC 4592), a name
without records of a type is told from a name that is not there (RFC 2308). It shares no code with the product.
"""

from __future__ import annotations

import contextlib
import heapq
import selectors
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, Self

import dns.exception
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.zone

#: Records by name (absolute, no final dot) and type; values as `Answer.values` has them, TXT as decoded text.
Records = Mapping[tuple[str, str], Sequence[str]]

Labels = tuple[bytes, ...]
LOOPBACK = "127.0.0.1"
_AD, _CD = 0x0020, 0x0010
ANY_NAME = "*"


class Trouble(Enum):
    """What a server can do wrong."""

    NONE = auto()  # with a delay: late, but right
    DROP = auto()  # says nothing
    SERVFAIL = auto()
    REFUSED = auto()
    WRONG_NUMBER = auto()
    WRONG_QUESTION = auto()
    GARBAGE = auto()  # the right number and question, then octets without meaning
    TRUNCATED = auto()  # everywhere, over TCP too
    LAME = auto()  # the right records, without authority and without looking anything up
    BOGUS = auto()  # DNSSEC does not hold: SERVFAIL unless the question says that nobody is to check (CD)


@dataclass
class Fault:
    """How to answer wrongly, so many times, over UDP and TCP or only one of them."""

    trouble: Trouble = Trouble.NONE
    delay: float = 0.0  # seconds
    times: int = 2**31
    transport: str = "udp tcp"


class Asked(NamedTuple):
    """One question that came in."""

    name: str  # lower case, no final dot
    type: str
    transport: str  # udp or tcp


class DnsServer:
    """Serves from `with` to its end; records and faults may be changed meanwhile.

    Attributes:
        address: where it listens, UDP and TCP.
        faults: by name, or ANY_NAME for all others.
        log: every question in its order, those too that got no answer.
        flags: the flags of each of them, in the same order.
        proven: names for which the server says that DNSSEC proves its answers (AD), with all names below them.
        recursive: looks things up for others, and says so (the RA flag); else it leaves aliases to whoever asked.
        ttl: seconds, of every record.
    """

    def __init__(self, records: Records | None = None, *, address: str = LOOPBACK, port: int = 0) -> None:
        self.faults: dict[str, Fault] = {}
        self.log: list[Asked] = []
        self.flags: list[int] = []
        self.proven: set[str] = set()
        self.recursive = True
        self.ttl = 300
        self._world: dict[Labels, dict[str, list[bytes]]] = {}
        self._existing: set[Labels] = {()}  # names with records, and all above them
        self.add(records or {})
        self._udp, self._tcp = _sockets(address, port)
        self.address: tuple[str, int] = self._udp.getsockname()[:2]
        self._selector = selectors.DefaultSelector()
        self._bell, self._rope = socket.socketpair()
        self._late: list[tuple[float, int, Callable[[], None]]] = []
        self._thread = threading.Thread(target=self._serve, name="dns-server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._rope.close()
        self._thread.join()

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How often each question came."""
        return Counter((one.name, one.type) for one in list(self.log))

    def add(self, records: Records) -> None:
        """More records; those of a name and type replace what was there."""
        for (owner, kind), values in records.items():
            self._put(dns.name.from_text(owner), kind, [_value(kind, value) for value in values])

    def add_zone(self, text: str, origin: str) -> None:
        """The records of a zone file."""
        zone = dns.zone.from_text(text, dns.name.from_text(origin), relativize=False, check_origin=False)
        for name, node in zone.nodes.items():
            for found in node:
                self._put(name, dns.rdatatype.to_text(found.rdtype), [one.to_wire() or b"" for one in found])

    def remove(self, name: str, kind: str) -> None:
        """Take the records of a name and type away; the name stays only if it has others, or others below it."""
        self._world[_labels(dns.name.from_text(name))].pop(kind)
        left = [(owner, kind, values) for owner, kinds in self._world.items() for kind, values in kinds.items()]
        self._world, self._existing = {}, {()}
        for owner, still, values in left:
            self._put(dns.name.Name([*owner, b""]), still, values)

    def _put(self, name: dns.name.Name, kind: str, values: list[bytes]) -> None:
        labels = _labels(name)
        self._world.setdefault(labels, {})[kind] = values
        self._existing.update(labels[at:] for at in range(len(labels) + 1))

    def _serve(self) -> None:
        watch = self._selector.register
        watch(self._bell, selectors.EVENT_READ, None)
        watch(self._udp, selectors.EVENT_READ, self._on_datagram)
        watch(self._tcp, selectors.EVENT_READ, self._on_caller)
        try:
            while True:
                wait = max(0.0, self._late[0][0] - time.monotonic()) if self._late else None
                for key, _ in self._selector.select(wait):
                    if key.data is None:
                        return
                    key.data()
                while self._late and self._late[0][0] <= time.monotonic():
                    heapq.heappop(self._late)[2]()
        finally:
            for key in list(self._selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]  # sockets only
            self._selector.close()

    def _on_datagram(self) -> None:
        wire, client = self._udp.recvfrom(65535)
        self._answer(wire, "udp", lambda reply: self._udp.sendto(reply, client))

    def _on_caller(self) -> None:
        caller, _ = self._tcp.accept()
        caller.settimeout(5)
        buffer = bytearray()

        def on_octets() -> None:
            try:
                piece = caller.recv(65535)
            except OSError:
                piece = b""
            buffer.extend(piece)
            if not piece:
                self._selector.unregister(caller)
                caller.close()
            while len(buffer) >= 2 and len(buffer) >= 2 + int.from_bytes(buffer[:2], "big"):
                length = 2 + int.from_bytes(buffer[:2], "big")
                wire = bytes(buffer[2:length])
                del buffer[:length]
                self._answer(wire, "tcp", lambda reply: caller.sendall(len(reply).to_bytes(2, "big") + reply))

        self._selector.register(caller, selectors.EVENT_READ, on_octets)

    def _answer(self, wire: bytes, transport: str, send: Callable[[bytes], object]) -> None:
        try:
            query = _Query(wire)
        except (dns.exception.DNSException, struct.error):
            return
        shown = dns.name.Name([*query.labels, b""]).to_text(omit_final_dot=True)
        asked = Asked("" if shown == "@" else shown, query.kind, transport)
        self.log.append(asked)
        self.flags.append(query.flags)
        fault = self._fault(asked)
        if fault.trouble is Trouble.DROP:
            return
        reply = self._reply(query, fault.trouble, transport)

        def out() -> None:
            with contextlib.suppress(OSError):  # who asked has gone away
                send(reply)

        heapq.heappush(self._late, (time.monotonic() + fault.delay, len(self.log), out))

    def _fault(self, asked: Asked) -> Fault:
        fault = self.faults.get(asked.name) or self.faults.get(ANY_NAME)
        if fault is None or fault.times <= 0 or asked.transport not in fault.transport:
            return Fault()
        fault.times -= 1
        return fault

    def _reply(self, query: _Query, trouble: Trouble, transport: str) -> bytes:
        code, answer, authority = 0, list[bytes](), list[bytes]()
        if trouble is Trouble.GARBAGE:
            return query.reply(0, [b""] * 9, [], recursive=self.recursive) + b"\xff" * 40
        if trouble in (Trouble.SERVFAIL, Trouble.REFUSED):
            code = dns.rcode.from_text(trouble.name)
        elif trouble is Trouble.BOGUS and not query.flags & _CD:
            code = int(dns.rcode.SERVFAIL)
        else:
            code, answer, authority = self._look_up(query)
        if trouble is Trouble.WRONG_NUMBER:
            query.number ^= 1
        if trouble is Trouble.WRONG_QUESTION:
            query.question = b"\7another\7example\0" + query.question[-4:]
        query.proven = code in (0, dns.rcode.NXDOMAIN) and trouble is not Trouble.BOGUS and self._proves(query.labels)
        query.lame = trouble is Trouble.LAME
        whole = query.reply(code, answer, authority, recursive=self.recursive)
        room = 65535 if transport == "tcp" else query.room
        if trouble is not Trouble.TRUNCATED and len(whole) <= room:
            return whole
        return query.reply(code, [], [], recursive=self.recursive, cut=True)

    def _proves(self, labels: Labels) -> bool:
        proven = {_labels(dns.name.from_text(name)) for name in self.proven}
        return any(labels[at:] in proven for at in range(len(labels)))

    def _look_up(self, query: _Query) -> tuple[int, list[bytes], list[bytes]]:
        """Result code, answer section, authority section."""
        name, answer, code = query.labels, list[bytes](), 0
        for _ in range(20):  # aliases that lead in a circle are handed out once around and more
            kinds = self._kinds(name)
            if kinds is None:
                code = dns.rcode.NXDOMAIN
                break
            if kinds.get(query.kind):
                return code, answer + self._records(name, query.kind, kinds[query.kind]), []
            if not kinds.get("CNAME"):
                break
            answer += self._records(name, "CNAME", kinds["CNAME"])
            if not self.recursive:
                return code, answer, []
            name = _labels(dns.name.from_wire(kinds["CNAME"][0], 0)[0])
        return code, answer, self._records(name[-2:], "SOA", [_SOA])

    def _kinds(self, name: Labels) -> Mapping[str, list[bytes]] | None:
        """The records of a name by type, or of the wildcard that stands for it; none where it does not exist."""
        if name in self._existing:
            return self._world.get(name, {})
        while name not in self._existing:
            name = name[1:]
        return self._world.get((b"*", *name))

    def _records(self, name: Labels, kind: str, values: Iterable[bytes]) -> list[bytes]:
        head = _wire(name) + struct.pack("!HHI", dns.rdatatype.from_text(kind), dns.rdataclass.IN, self.ttl)
        return [head + len(value).to_bytes(2, "big") + value for value in values]


class _Query:
    """A question as it came in, and the frame of a reply to it."""

    def __init__(self, wire: bytes) -> None:
        name, size = dns.name.from_wire(wire, 12)
        self.number, self.flags = struct.unpack_from("!HH", wire)
        self.question = wire[12 : 16 + size]
        self.proven = self.lame = False
        self.labels = _labels(name)
        self.kind = dns.rdatatype.to_text(struct.unpack_from("!H", wire, 12 + size)[0])
        self._edns = wire[16 + size :][:3] == b"\0\0\x29"  # of additional records only EDNS is sent to us
        self.room = max(512, struct.unpack_from("!H", wire, 19 + size)[0]) if self._edns else 512

    def reply(
        self, code: int, answer: list[bytes], authority: list[bytes], *, recursive: bool, cut: bool = False
    ) -> bytes:
        role = 0 if self.lame else 0x0080 if recursive else 0x0400
        flags = 0x8000 | (self.flags & 0x0100) | role | (0x0200 if cut else 0) | (_AD if self.proven else 0) | code
        counts = struct.pack("!HHHHHH", self.number, flags, 1, len(answer), len(authority), int(self._edns))
        edns = b"\0\0\x29\x04\xd0" + b"\0" * 6 if self._edns else b""
        return b"".join([counts, self.question, *answer, *authority, edns])


def _labels(name: dns.name.Name) -> Labels:
    return tuple(label.lower() for label in name.labels[:-1])


def _wire(labels: Labels) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _value(kind: str, value: str) -> bytes:
    if kind == "TXT":
        octets = value.encode("utf-8", "surrogateescape")
        pieces = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
        return b"".join(bytes([len(piece)]) + piece for piece in pieces)
    made = dns.rdata.from_text(dns.rdataclass.IN, kind, value, origin=dns.name.root, relativize=False)
    return made.to_wire() or b""


_SOA = _value("SOA", "ns.example. hostmaster.example. 1 7200 3600 1209600 300")


def _sockets(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same port; port 0 takes one that is free for both."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(100):
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        tcp = socket.socket(family, socket.SOCK_STREAM)
        try:
            udp.bind((address, port))
            tcp.bind((address, udp.getsockname()[1]))
            tcp.listen(64)
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
        else:
            return udp, tcp
    raise OSError("no port is free for UDP and TCP alike")
