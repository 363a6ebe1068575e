"""Messages to and from the servers of a zone, over TCP and signed; what goes wrong becomes an error of the contract.

Source: RFC 1035 section 4.2.2 (two octets of length), RFC 8945 (TSIG), RFC 5936 section 4.1 (AXFR over TCP),
RFC 2136 section 2.2 (results).
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.tsig

from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    Moved,
    NotFound,
    ProviderError,
    TimedOut,
    Transient,
    Unavailable,
)

#: Longest message over TCP.
LONGEST = 65535
#: So many times the patience for one silence is what a whole transfer may take.
_WHOLE = 20
#: Results that say that a prerequisite does not hold. Source: RFC 2136 section 2.2.
PREREQUISITES = frozenset({dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN})


class Distrusted(AuthFailed):
    """The answer is not surely the server's own, whatever it says."""


class Unsent(Exception):
    """No server could be reached: the message was surely not read by any."""

    def __init__(self, problem: Transient) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Place(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 53 else f"{host}:{self.port}"


class Stream:
    """One TCP connection to one server."""

    def __init__(self, provider: str, place: Place, timeout: float) -> None:
        """Connect.

        Raises:
            Transient: nobody answers there.
        """
        self._provider, self.place, self._timeout = provider, place, timeout
        self._end = time.monotonic() + timeout * _WHOLE
        try:
            self._socket = socket.create_connection(place, timeout)
        except OSError as problem:
            raise self._gone(problem) from problem

    def send(self, wire: bytes) -> None:
        """Send one message."""
        try:
            self._socket.sendall(struct.pack("!H", len(wire)) + wire)
        except OSError as problem:
            raise self._gone(problem) from problem

    def receive(self) -> bytes:
        """The next message.

        Raises:
            Transient: it did not come whole.
        """
        (length,) = struct.unpack("!H", self._exactly(2))
        return self._exactly(length)

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            if time.monotonic() > self._end:
                raise TimedOut(self._provider, f"{self.place} was not done in {self._timeout * _WHOLE:g} s")
            try:
                part = self._socket.recv(min(size - len(parts), LONGEST))
            except OSError as problem:
                raise self._gone(problem) from problem
            if not part:
                raise Unavailable(self._provider, f"{self.place} closed the connection before its answer was whole")
            parts += part
        return bytes(parts)

    def _gone(self, problem: OSError) -> Transient:
        if isinstance(problem, TimeoutError):
            return TimedOut(self._provider, f"{self.place} did not answer within {self._timeout:g} s")
        return Unavailable(self._provider, f"{self.place}: {problem.strerror or problem}")

    def close(self) -> None:
        self._socket.close()


class Servers:
    """The addresses of one DNS host, tried in turn; the one that answered last is asked first."""

    def __init__(self, provider: str, places: Sequence[Place], timeout: float) -> None:
        self.provider, self.timeout = provider, timeout
        self._places = list(places)

    @property
    def first(self) -> Place:
        """The one that is asked first."""
        return self._places[0]

    def streams(self) -> Iterator[Stream]:
        """One connection after the other, each closed when the next is asked for.

        Raises:
            Transient: none could be made; what the last one met.
        """
        problem: Transient | None = None
        made = False
        for place in list(self._places):
            try:
                stream = Stream(self.provider, place, self.timeout)
            except Transient as met:
                problem = met
                continue
            made = True
            with contextlib.closing(stream):
                yield stream
        if problem is not None and not made:
            raise problem

    def prefer(self, place: Place) -> None:
        """Ask this one first from now on."""
        if self._places[0] != place:
            self._places = [place, *(one for one in self._places if one != place)]

    def ask(self, query: dns.message.Message) -> dns.message.Message:
        """The answer to a question, of the first server that gives one.

        Raises:
            ProviderError: none did; what the last one said.
        """
        problem: Transient | None = None
        for stream in self.streams():
            try:
                answer = self._exchanged(stream, query)
                check(self.provider, answer)
            except Transient as met:
                problem = met
                continue
            self.prefer(stream.place)
            return answer
        raise problem or Unavailable(self.provider, "there is no server to ask")

    def tell(self, query: dns.message.Message) -> dns.message.Message:
        """The answer to a message that changes something: it is sent once, to the first server that can be reached.

        Raises:
            Unsent: no server was reached.
            ProviderError: the answer is lost, or not one to trust.
        """
        streams = self.streams()
        try:
            stream = next(streams)
        except Transient as problem:
            raise Unsent(problem) from problem
        try:
            answer = self._exchanged(stream, query)
        finally:
            stream.close()
        self.prefer(stream.place)
        return answer

    def _exchanged(self, stream: Stream, query: dns.message.Message) -> dns.message.Message:
        stream.send(query.to_wire())
        return read(self.provider, stream.receive(), query)


def read(provider: str, wire: bytes, query: dns.message.Message) -> dns.message.Message:
    """An answer, with its signature checked.

    Raises:
        ProviderError: it is none to this question, or not signed as it must be.
    """
    try:
        answer = dns.message.from_wire(wire, keyring=False)
        if query.had_tsig and answer.had_tsig:
            with signatures(provider):
                answer = dns.message.from_wire(wire, keyring=query.keyring, request_mac=query.mac or b"")
    except (dns.exception.DNSException, ValueError):
        raise Unavailable(provider, "the answer is no DNS message") from None
    if answer.id != query.id or not answer.flags & dns.flags.QR or answer.opcode() != query.opcode():
        raise Unavailable(provider, "the answer belongs to another question")
    if query.had_tsig and not answer.had_tsig and answer.rcode() == dns.rcode.NOERROR:
        raise Distrusted(provider, "the answer is not signed")
    return answer


@contextlib.contextmanager
def signatures(provider: str) -> Iterator[None]:
    """What is wrong with a signature, in the words of the contract."""
    clocks = "the clocks of this machine and of the server differ by more than 300 s"
    try:
        yield
    except dns.tsig.PeerBadTime:
        raise AuthFailed(provider, f"{clocks} (BADTIME)") from None
    except dns.tsig.PeerBadKey:
        raise AuthFailed(provider, "the server does not know the key, or does not let it do this (BADKEY)") from None
    except dns.tsig.PeerError:
        raise AuthFailed(provider, "the server has another secret or algorithm for the key (BADSIG)") from None
    except dns.tsig.BadTime:
        raise Distrusted(provider, clocks) from None
    except (dns.tsig.BadSignature, dns.tsig.BadKey, dns.tsig.BadAlgorithm, dns.message.UnknownTSIGKey):
        raise Distrusted(provider, "the server's signature is wrong") from None


def check(provider: str, answer: dns.message.Message) -> None:
    """Nothing, if the answer is a good one.

    Raises:
        ProviderError: what it says instead.
    """
    if answer.rcode() != dns.rcode.NOERROR:
        raise refused(provider, answer.rcode(), signed=answer.had_tsig)


def refused(provider: str, code: int, *, signed: bool) -> ProviderError:
    """What a result other than NOERROR means."""
    name = dns.rcode.to_text(dns.rcode.Rcode.make(code))
    key = "this key" if signed else "whoever asks"
    if code == dns.rcode.REFUSED:
        return Forbidden(provider, f"the server does not let {key} do this (REFUSED)")
    if code in (dns.rcode.NOTAUTH, dns.rcode.NXDOMAIN):
        return NotFound(provider, f"the server does not serve this zone ({name})")
    if code in PREREQUISITES:
        return Moved(provider, f"the zone is no longer as it was read ({name})")
    if code in (dns.rcode.FORMERR, dns.rcode.NOTZONE):
        return Invalid(provider, f"the server does not understand the message ({name})")
    return Unavailable(provider, f"the server answers {name}")
