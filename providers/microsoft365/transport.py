"""One call through the vendor's SDK: what came back, or how it was lost; never repeated, never redirected.

The SDK is asynchronous. One thread of this process runs one event loop for all tenants; callers wait for their answer.
The SDK makes the request and the answer is read as bytes: its model classes cost 1.5 s of CPU at first use.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
import weakref
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from providers.microsoft365 import clouds

if TYPE_CHECKING:
    import ssl

    import httpx
    from azure.core.credentials import AccessToken
    from msgraph.graph_request_adapter import GraphRequestAdapter

    _Made = tuple[GraphRequestAdapter, httpx.AsyncClient, httpx.AsyncHTTPTransport]

#: Bytes of one answer, unpacked; a page of 999 users with all that is selected has about 2 MiB.
LARGEST = 64 * 1024 * 1024
#: Seconds to be connected.
CONNECT = 20.0
_starting = threading.Lock()
_THREAD = "microsoft365"
T = TypeVar("T")


class Lost(Exception):
    """No answer; `sent` = the call may have taken effect, `late` = because it took too long."""

    def __init__(self, why: str, *, sent: bool, late: bool = False) -> None:
        super().__init__(why)
        self.sent, self.late = sent, late


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers (by name in lower case) and bytes of an answer, whatever it is."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """The SDK's client for one endpoint; threads may share it."""

    def __init__(self, endpoint: str, timeout: float) -> None:
        """Opens nothing. `timeout`: seconds for one call from its first byte to its last."""
        self._endpoint, self._timeout = endpoint, timeout
        self._held = _Held()
        self._lock = threading.Lock()
        self._made: _Made | None = None

    def call(self, method: str, url: str, token: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        """Make one call.

        Args:
            url: whole, on the endpoint's host.

        Raises:
            Lost: no answer came.
        """
        adapter, http, _ = self._client()
        import httpx

        self._held.token = token
        try:
            return _run(_call(adapter, http, self._timeout, _request(method, url, headers, content)))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            raise Lost(f"{self._endpoint} cannot be reached", sent=False) from None
        except (httpx.TimeoutException, TimeoutError):
            raise Lost(f"no answer within {self._timeout:g} s", sent=True, late=True) from None
        except (httpx.HTTPError, httpx.StreamError, OSError):
            raise Lost("the connection was lost before the answer came", sent=True) from None
        except (httpx.InvalidURL, UnicodeError):
            raise Lost("the address cannot be asked for", sent=False) from None

    def _client(self) -> _Made:
        with self._lock:
            if self._made is None:
                try:
                    self._made = _run(_made(self._endpoint, self._timeout, self._held))
                except (ValueError, ImportError):
                    raise Lost("the proxy that the environment names cannot be used", sent=False) from None
                weakref.finalize(self, _close, self._made[2])
            return self._made


class _Held:
    """The token that was got before, in the form in which the SDK asks for it."""

    token = ""

    def get_token(self, *scopes: str, **options: object) -> AccessToken:  # noqa: ARG002
        from azure.core.credentials import AccessToken

        return AccessToken(self.token, 2**31)


async def _made(endpoint: str, timeout: float, held: _Held) -> _Made:
    import httpx
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]

    # The SDK wraps the connections and forgets to close them: they are ours.
    lines = httpx.AsyncHTTPTransport(verify=_trust(), proxy=_proxy(endpoint))
    # Long before the call's own end, so that what was never sent is told from what was.
    begun = min(CONNECT, timeout / 2)
    limits = httpx.Timeout(None, connect=begun, pool=begun)
    http = httpx.AsyncClient(transport=lines, timeout=limits, trust_env=False, follow_redirects=False)
    GraphClientFactory.create_with_default_middleware(client=http, options=options)
    host = urlsplit(endpoint).hostname or ""
    sign = AzureIdentityAuthenticationProvider(held, allowed_hosts=[host])
    adapter = GraphRequestAdapter(sign, http)
    adapter.base_url = endpoint
    return adapter, http, lines


def _proxy(endpoint: str) -> str | None:
    """The proxy that the environment names for an address; none could reach this machine's own."""
    import urllib.request

    parts = urlsplit(endpoint)
    if clouds.is_loopback(endpoint) or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    named = urllib.request.getproxies()
    return named.get(parts.scheme) or named.get("all")


def _request(method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Any:
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation
    from kiota_http.middleware.options import RedirectHandlerOption, RetryHandlerOption

    made = RequestInformation()
    made.http_method, made.url, made.content = Method(method), url, content
    for name, value in headers.items():
        made.headers.try_add(name, value)
    once = RetryHandlerOption(max_retries=0, should_retry=False)
    made.add_request_options([once, RedirectHandlerOption(should_redirect=False)])
    return made


async def _call(adapter: GraphRequestAdapter, http: httpx.AsyncClient, timeout: float, request: Any) -> Reply:
    # The adapter's own sending would answer a challenge for claims by a second call.
    native = await adapter.convert_to_native_async(request)
    async with asyncio.timeout(timeout):
        answer = await http.send(native, stream=True)
        try:
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > LARGEST:
                    raise Lost(f"the answer is larger than {LARGEST >> 20} MiB", sent=True)
        finally:
            await answer.aclose()
    return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(content))


@functools.cache
def _trust() -> ssl.SSLContext:
    """Whom TLS trusts, as the HTTP client has it by default; read once, since that takes 0.1 s of CPU."""
    import httpx

    return httpx.create_ssl_context()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """What the work gives, done in the loop while this thread waits."""
    with _starting:
        loop = _loop()
    return asyncio.run_coroutine_threadsafe(work, loop).result()


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name=_THREAD, daemon=True).start()
    return loop


def _close(lines: httpx.AsyncHTTPTransport) -> None:
    """Close the connections; at the end of the process too, when nobody would see a loop that is merely told to."""
    closing = asyncio.run_coroutine_threadsafe(lines.aclose(), _loop())
    if threading.current_thread().name != _THREAD:  # garbage is collected in any thread, the loop's own among them
        with contextlib.suppress(TimeoutError):
            closing.result(1)
