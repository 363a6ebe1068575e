"""One small text fetched over HTTPS from addresses that our own resolver gave: nothing is looked up here.

Made for the policies of RFC 8461: the certificate must be valid for the host, redirects are not followed (section 3.3),
and neither a large body nor a slow one holds anybody up.
"""

from __future__ import annotations

import functools
import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Sequence

from reconciler.model import names
from reconciler.model.answer import Fetched


def get(
    host: str,
    path: str,
    addresses: Sequence[str],
    *,
    port: int = 443,
    context: ssl.SSLContext | None = None,
    timeout: float = 10.0,
    limit: int = 65536,
) -> Fetched:
    """Fetch `https://host/path`; never raises.

    Args:
        host: for SNI, the certificate and the Host header; ASCII.
        path: from the first slash on.
        addresses: where to connect, IPv4 or IPv6; the next is tried where no connection comes about.
        port: TCP port.
        context: whom to trust; by default the certificate authorities that the machine trusts.
        timeout: seconds for everything together.
        limit: octets of body to read (RFC 8461 section 3.3 suggests 64 kilobytes).
    """
    end = time.monotonic() + timeout
    try:
        _check_host(host)
        with _connected(addresses, port, end) as plain:
            trusted = context or _machines_trust()
            with trusted.wrap_socket(plain, server_hostname=host) as secure:
                return _fetched(_reply(_Line(secure, end, 2 * limit + _HEADERS), host, path, port), limit)
    except ssl.SSLCertVerificationError as problem:
        return Fetched(error=f"the certificate does not hold for {host}: {problem.verify_message.rstrip('.')}")
    except TimeoutError:
        return Fetched(error=f"not finished within {timeout:g} s")
    except ssl.SSLError as problem:
        return Fetched(error=f"TLS: {problem.reason or problem}")
    except OSError as problem:
        return Fetched(error=(problem.strerror or str(problem)).lower())
    except (ValueError, http.client.HTTPException) as problem:
        return Fetched(error=f"HTTP: {str(problem) or type(problem).__name__}")


#: Octets beside the body that a reply may have: status line, headers, the lengths of chunks.
_HEADERS = 65536


@functools.cache
def _machines_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _check_host(host: str) -> None:
    """Refuse what TLS could not send as a name; the ssl module would leave the connection open over it."""
    if not host.isascii() or not host.isprintable():
        raise ValueError(f"{host!r} is no host name")
    names.labels(host)


class _Line(io.RawIOBase):
    """A connection as `http.client` wants one, with an end in time and size for all reads together."""

    def __init__(self, secure: ssl.SSLSocket, end: float, room: int) -> None:
        self.sendall = secure.sendall
        self._socket, self._end, self._room = secure, end, room

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        self._socket.settimeout(_left(self._end))
        count = self._socket.recv_into(buffer)
        self._room -= count
        if self._room < 0:
            raise http.client.HTTPException("the reply is too long")
        return count


def _connected(addresses: Sequence[str], port: int, end: float) -> socket.socket:
    """A connection to the first address that takes one; each gets its share of the time."""
    problem = OSError("there is no address to connect to")
    for place, text in enumerate(addresses):
        address = ipaddress.ip_address(text)
        plain = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
        try:
            plain.settimeout(_left(end) / (len(addresses) - place))
            plain.connect((text, port))
            plain.settimeout(_left(end))
        except OSError as found:
            plain.close()
            problem = found if not isinstance(found, TimeoutError) else OSError(f"no connection to {text} in time")
        else:
            return plain
    raise problem


def _reply(line: _Line, host: str, path: str, port: int) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(host, port)
    connection.sock = line
    connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host if port == 443 else f"{host}:{port}")
    connection.putheader("Accept-Encoding", "identity")
    connection.putheader("Connection", "close")
    connection.endheaders()
    return connection.getresponse()


def _fetched(reply: http.client.HTTPResponse, limit: int) -> Fetched:
    octets = reply.read(limit + 1)
    error = ""
    if len(octets) > limit:
        error = f"the text is longer than {limit} octets"
    elif reply.length:
        error = "the text ends before its announced length"
    try:
        body = octets[:limit].decode("utf-8")
    except UnicodeDecodeError:
        body = octets[:limit].decode("utf-8", "replace")
        error = error or "the text is not UTF-8"
    return Fetched(reply.status, reply.headers.get("Content-Type", ""), body, error)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
