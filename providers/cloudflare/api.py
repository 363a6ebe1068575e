"""Calls in the name of one token, through the vendor's client; each is made once, in its turn.

The client's own repeats are off: it would send a write again whose answer was lost, and reads no Retry-After above 60.
Its general `get` and `post` are used: the classes for zones and records cost 0.24 s of CPU to import, as much again as
the client itself, and read HTTPS and SVCB records only half.
"""

from __future__ import annotations

import functools
import json
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from providers.cloudflare import answers
from reconciler.model.errors import AuthFailed, ProviderError, RateLimited, TimedOut, Unavailable
from reconciler.wire.options import Reference
from reconciler.wire.pace import Pace

if TYPE_CHECKING:
    import ssl

    import cloudflare
    import httpx


@functools.cache
def _trust() -> ssl.SSLContext:
    """Whom TLS trusts, as the HTTP client has it by default; read once, since that takes 0.1 s of CPU a token."""
    import httpx

    return httpx.create_ssl_context()


@dataclass(slots=True)
class Line:
    """How the system is reached; one for all tokens of a provider, since the limit is one for a user.

    Attributes:
        timeout: seconds until an answer that does not come is given up.
    """

    provider: str
    endpoint: str
    timeout: float
    pace: Pace


class Api:
    """One token's calls; threads may share it."""

    def __init__(self, line: Line, token: Reference) -> None:
        self._line, self._token = line, token
        self._lock = threading.Lock()
        self._made: cloudflare.Cloudflare | None = None

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """Read something.

        Returns:
            The whole envelope, whose `success` is true.

        Raises:
            ProviderError: there was no such answer.
        """
        return self._answer(*self._call(path, parameters, None), write=False)

    def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Write something.

        Raises:
            ProviderError: it was not taken, or, for TimedOut and Unavailable that is not `NotSent`, perhaps was.
        """
        self._answer(*self._call(path, {}, body), write=True)

    def _call(
        self, path: str, parameters: Mapping[str, str | int], body: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and text of the answer, whatever it is."""
        client = self._client()
        import cloudflare
        import httpx

        line = self._line
        line.pace.take()
        options: Any = {"params": parameters, "timeout": line.timeout, "follow_redirects": False}
        try:
            if body is None:
                answer = client.get(path, cast_to=httpx.Response, options=options)
            else:
                answer = client.post(path, cast_to=httpx.Response, body=body, options=options)
        except cloudflare.APIStatusError as problem:
            answer = problem.response
        except cloudflare.APIConnectionError as problem:
            raise self._unheard(problem.__cause__, write=body is not None) from None
        self._listen(answer)
        return answer.status_code, answer.headers, answer.text

    def _client(self) -> cloudflare.Cloudflare:
        with self._lock:
            if self._made is None:
                token = self._token.secret().reveal()
                if not token.isascii() or not token.isprintable() or " " in token:
                    raise AuthFailed(self._line.provider, f"{self._token.option}: what was found is no API token")
                import cloudflare

                http = cloudflare.DefaultHttpxClient(verify=_trust())
                weakref.finalize(self, http.close)
                made = cloudflare.Cloudflare(
                    api_token=token, base_url=self._line.endpoint, max_retries=0, http_client=http
                )
                # From the environment; any of them would be sent in the token's place.
                made.api_key = made.api_email = made.user_service_key = None
                self._made = made
            return self._made

    def _listen(self, answer: httpx.Response) -> None:
        """Hear what the system says of its limit."""
        window = answers.left(answer.headers)
        if window is not None:
            self._line.pace.left(*window)

    def _unheard(self, cause: BaseException | None, *, write: bool) -> ProviderError:
        import httpx

        name = self._line.provider
        if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol):
            return answers.NotSent(name, f"{self._line.endpoint} cannot be reached")
        if isinstance(cause, httpx.TimeoutException):
            return TimedOut(name, f"no answer within {self._line.timeout:g} s")
        if write:
            return TimedOut(name, "the connection was lost before the answer came")
        return Unavailable(name, "the connection was lost before the answer came")

    def _answer(self, status: int, headers: Mapping[str, str], text: str, *, write: bool) -> dict[str, Any]:
        name = self._line.provider
        if status >= 300:
            problem = answers.translated(name, status, headers, text)
            if isinstance(problem, RateLimited):
                self._line.pace.hold(problem.retry_after)
            raise problem
        request = headers.get("cf-ray", "")
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            unread = TimedOut if write else Unavailable
            raise unread(name, "the answer is no JSON: something else answers there", request_id=request)
        if told.get("success") is not True:
            raise answers.translated(name, 400, headers, text)
        return told
