"""The account behind a provider: its credentials, and the one place where it is asked and its errors are told.

boto3 is imported and the credentials are looked up at the first call. It never resends: a batch that was applied and
sent again is refused, which looks like a conflict and is a success.
Source: Amazon Route 53 API Reference, "Common errors" and each action's errors; quotas as of 2026-07-30 (2026-11).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    Moved,
    NotFound,
    ProviderError,
    RateLimited,
    TimedOut,
    Transient,
    Unavailable,
)
from reconciler.wire.options import Options, Reference
from reconciler.wire.pace import Pace

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.loaders import Loader
    from types_boto3_route53 import Route53Client

#: Calls a second that may go on for ever, and at once. All calls of an account share 10 a second and 50 at once.
RATE, BURST = 8.0, 40
#: Seconds to wait after the first "too often" in a row, and the longest; the vendor names none.
WAIT, LONGEST_WAIT = 1.0, 30.0

_TOO_OFTEN = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})
_NOT_YET = "PriorRequestNotComplete"
_WHO = frozenset(
    "ExpiredToken ExpiredTokenException IncompleteSignature InvalidClientTokenId InvalidSignatureException "  # noqa: SIM905
    "MissingAuthenticationToken MissingAuthenticationTokenException NotAuthorized RequestExpired "
    "SignatureDoesNotMatch UnrecognizedClientException".split()
)
_CODES: Mapping[str, type[ProviderError]] = {
    "AccessDenied": Forbidden,
    "AccessDeniedException": Forbidden,
    "NoSuchHostedZone": NotFound,
    "NoSuchChange": NotFound,
}
_STATUSES: Mapping[int, type[ProviderError]] = {
    401: AuthFailed, 403: Forbidden, 404: NotFound, 409: Moved, 412: Moved,
}  # fmt: skip
T = TypeVar("T")


class BatchRefused(Invalid):
    """The host did not take a batch of changes.

    Attributes:
        texts: what it says, in its own words.
    """

    def __init__(self, provider: str, texts: tuple[str, ...], request_id: str) -> None:
        """Keep the texts in the order given."""
        self.texts = texts
        super().__init__(provider, "; ".join(texts), None, request_id)


@dataclass(frozen=True, slots=True)
class Identity:
    """One of the account's identities: two keys, or a profile, or, without either, what boto3 finds by itself."""

    access_key: Reference | None = None
    secret_key: Reference | None = None
    profile: str = ""

    @property
    def named(self) -> bool:
        """Whether the options name it."""
        return bool(self.access_key or self.secret_key or self.profile)


def identity(given: Options, prefix: str = "") -> Identity:
    """Read an identity's options, `access_key` and `secret_key` or `profile`, each with the prefix."""
    names = [f"{prefix}{one}" for one in ("access_key", "secret_key", "profile")]
    first, second = (given.secret(one, needed=False) for one in names[:2])
    found = Identity(first, second, given.text(names[2], "the name of a profile of the AWS configuration", ""))
    if bool(first) != bool(second):
        given.wrong(names[1 if first else 0], "is missing", f"give both {names[0]} and {names[1]}")
    if first and found.profile:
        given.wrong(names[2], f"makes no sense beside {names[0]}", "give the one or the other")
    return found


class Account:
    """Where all calls of a provider go through."""

    def __init__(self, provider: str, who: Identity, endpoint: str, region: str, timeout: float) -> None:
        """Args: `timeout`: seconds until a call's answer is given up; `endpoint`: empty for the vendor's own."""
        self._provider, self._who = provider, who
        self._endpoint, self._region, self._timeout = endpoint, region, timeout
        self._lock = threading.Lock()
        self._made: Route53Client | None = None
        self._refused = 0  # times in a row

    def ask(self, pace: Pace, call: Callable[[Route53Client], T]) -> T:
        """Make one call when its turn has come; a field that the answer lacks is the caller's KeyError.

        Raises:
            ProviderError: it did not work; `BatchRefused` where the host says what is wrong with single changes.
        """
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        client = self._client()
        pace.take()
        try:
            answer = call(client)
        except ClientError as problem:
            raise self._answered(problem, pace) from problem
        except BotoCoreError as problem:
            raise self._unanswered(problem) from problem
        except (ResponseParserError, KeyError) as problem:
            raise self.unreadable() from problem
        self._refused = 0
        return answer

    def unreadable(self) -> TimedOut:
        """What came is no answer of Route 53, but of somebody between; what became of the call is unknown."""
        return TimedOut(self._provider, "what came back is no answer of Route 53")

    def _client(self) -> Route53Client:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> Route53Client:
        import boto3.session
        import botocore.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        keys = self._who.access_key, self._who.secret_key
        first, second = (one.secret().reveal() if one else None for one in keys)
        for one, text in zip(keys, (first, second), strict=True):
            if one and text and not (text.isascii() and text.isprintable() and " " not in text):
                raise AuthFailed(self._provider, f"{one.option}: what was found is no key: it must be one word")
        config = Config(
            retries={"total_max_attempts": 1}, connect_timeout=min(self._timeout, 10), read_timeout=self._timeout
        )
        try:
            core = botocore.session.Session(profile=self._who.profile or None)
            core.register_component("data_loader", _descriptions())
            session = boto3.session.Session(first, second, botocore_session=core)
            return session.client(
                "route53", region_name=self._region, endpoint_url=self._endpoint or None, config=config
            )
        except (BotoCoreError, ValueError) as problem:
            raise AuthFailed(self._provider, f"no call can be made: {problem}") from problem

    def _answered(self, problem: ClientError, pace: Pace) -> ProviderError:
        """An answer other than success."""
        answer: Mapping[str, Any] = problem.response
        code, text = answer["Error"].get("Code", ""), answer["Error"].get("Message", "") or "no reason given"
        about = answer.get("ResponseMetadata", {})
        status, request = about.get("HTTPStatusCode", 0), about.get("RequestId", "")
        listed = _texts(answer, code)
        if listed:
            return BatchRefused(self._provider, listed, request)
        if code in _TOO_OFTEN or code == _NOT_YET or status == 429:
            return self._too_often(code, text, pace, request)
        if status >= 500:
            asked = about.get("HTTPHeaders", {}).get("retry-after", "")
            wait = float(asked) if asked.isdigit() else 0.0
            return Unavailable(self._provider, f"{code}: {text}", None, request, wait)
        kind = AuthFailed if code in _WHO else _CODES.get(code) or _STATUSES.get(status, Invalid)
        return kind(self._provider, f"{code}: {text}", None, request)

    def _too_often(self, code: str, text: str, pace: Pace, request: str) -> RateLimited:
        """All calls of the account are held; where only a zone is busy, the caller alone comes again later."""
        wait = min(WAIT * 2**self._refused, LONGEST_WAIT)
        self._refused = min(self._refused + 1, 10)
        if code != _NOT_YET:
            pace.hold(wait)
        return RateLimited(self._provider, f"{code}: {text}", None, request, wait)

    def _unanswered(self, problem: BotoCoreError) -> ProviderError:
        """No answer, or none that can be read."""
        from botocore import exceptions as all_of

        without = all_of.NoCredentialsError, all_of.PartialCredentialsError, all_of.CredentialRetrievalError
        if isinstance(problem, (*without, all_of.TokenRetrievalError, all_of.SSOError, all_of.ProfileNotFound)):
            return AuthFailed(self._provider, f"no credentials: {problem}")
        never = all_of.EndpointConnectionError, all_of.ConnectTimeoutError, all_of.ProxyConnectionError
        if isinstance(problem, (*never, all_of.SSLError)):
            return Unavailable(self._provider, str(problem))
        if isinstance(problem, all_of.ParamValidationError):
            return Invalid(self._provider, str(problem))
        return TimedOut(self._provider, str(problem))


@cache
def _descriptions() -> Loader:
    """What the vendor's actions look like: read once for all providers, it is most of what a client costs."""
    from botocore.loaders import create_loader

    return create_loader()


def lost(problem: ProviderError) -> bool:
    """Whether a write that met this may have taken effect all the same."""
    return isinstance(problem, Transient) and not isinstance(problem, RateLimited)


def _texts(answer: Mapping[str, Any], code: str) -> tuple[str, ...]:
    """The messages of a refused batch: a list of its own, or one text with the list in brackets."""
    if code != "InvalidChangeBatch" and "messages" not in answer and "Messages" not in answer:
        return ()
    listed = answer.get("messages") or answer.get("Messages") or ()
    if isinstance(listed, Mapping):
        listed = listed.get("Message", ())
    listed = [listed] if isinstance(listed, str) else list(listed)
    whole = answer["Error"].get("Message") or answer.get("message") or "the batch of changes was refused"
    return tuple(listed) or (str(whole).strip("[]"),)
