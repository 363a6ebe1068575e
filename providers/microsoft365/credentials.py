"""In whose name Graph is asked: the options that say so, and the tokens they lead to.

A token is got by azure-identity, whose synchronous classes are used, in the thread that needs it; they are imported
when a token is first needed, and not at all when somebody else gets it. There is one credential for each tenant, and
none may be used for another tenant.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from providers.microsoft365 import clouds, signing
from providers.microsoft365.clouds import CLOUDS, Cloud, Line
from providers.microsoft365.ways import Way
from reconciler.clock import Clock, SystemClock
from reconciler.model.errors import AuthFailed
from reconciler.wire.options import Options

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

#: Seconds until an answer is given up.
PATIENCE = 100.0
#: A token that ends within this time is got anew.
ENDING = timedelta(minutes=5)
_NEVER = datetime.min.replace(tzinfo=UTC)
WAYS = ("client_secret", "certificate", "identity", "access_token")
_APP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_APP_EXAMPLE = "client_id: 00000000-0000-0000-0000-000000000000"
_REMEDY = (
    "One of: client_id with client_secret; client_id with certificate; client_id with identity: workload;"
    " identity: managed; identity: az; access_token."
)


@dataclass(frozen=True, slots=True)
class Given:
    """What the workspace says of a provider: how Graph is reached, who reads, and who writes where that is another."""

    line: Line
    reads: Identity
    writes: Identity | None


@dataclass(slots=True)
class _Held:
    """What one tenant was given."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    credential: TokenCredential | None = None
    token: str = field(default="", repr=False)
    until: datetime = _NEVER


@dataclass(slots=True)
class Identity(Way):
    """One way to sign in, and what it gave; threads may share it."""

    clock: Clock = field(default_factory=SystemClock, repr=False)
    _held: dict[str, _Held] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self, tenant: str) -> str:
        """A token for Graph in a tenant, valid for some minutes at least.

        Raises:
            ProviderError: there is none: AuthFailed, or what may pass (`NotSent`, RateLimited).
        """
        if self.way == "access_token":
            assert self.place is not None
            return self._usable(self.place.secret().reveal())
        held = self._of(tenant)
        with held.lock:
            if self.clock.now() >= held.until:
                if held.credential is None:
                    held.credential = signing.credential(self, tenant)
                held.token, until = signing.asked(self, tenant, held.credential)
                held.until = until - ENDING
            return self._usable(held.token)

    def credential(self, tenant: str) -> TokenCredential:
        """The credential of a tenant, as azure-identity knows it.

        Raises:
            AuthFailed: the secret is not there, or makes no credential.
        """
        held = self._of(tenant)
        with held.lock:
            if held.credential is None:
                held.credential = signing.credential(self, tenant)
            return held.credential

    def _of(self, tenant: str) -> _Held:
        with self._lock:
            return self._held.setdefault(tenant.lower(), _Held())

    def _usable(self, token: str) -> str:
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise AuthFailed(self.provider, f"{self.way}: what was found is no access token")
        return token


def given(provider: str, options: Options) -> Given:
    """Read all options that say how Graph is reached; mistakes are noted for `Options.end`."""
    cloud = CLOUDS[options.choice("cloud", sorted(CLOUDS), "global")]
    endpoint = options.text("endpoint", cloud.endpoint, default=cloud.endpoint).rstrip("/")
    login = options.text("login", cloud.login, default=cloud.login).rstrip("/")
    if not clouds.is_safe(endpoint):
        options.wrong("endpoint", "must be an https address: a token is sent there", f"endpoint: {cloud.endpoint}")
    if not clouds.is_safe(login) or not login.startswith("https:"):
        options.wrong("login", "must be an https address: a secret is sent there", f"login: {cloud.login}")
    line = Line(provider, endpoint, options.number("timeout", PATIENCE))
    reads = _identity(provider, options, cloud, login)
    other = options.inside("write", needed=False)
    writes = _identity(provider, other, cloud, login) if other else None
    if other:
        other.unknown()
    return Given(line, reads, writes)


def _identity(provider: str, options: Options, cloud: Cloud, login: str) -> Identity:
    app = options.text("client_id", _APP_EXAMPLE, default="")
    places = {way: options.secret(way, needed=False) for way in ("client_secret", "certificate", "access_token")}
    identity = options.choice("identity", signing.IDENTITIES, "")
    password = options.secret("certificate_password", needed=False)
    ways = [way for way in WAYS if options.has(way)]
    if len(ways) != 1:
        why = "exclude each other: one way to sign in is needed" if ways else "is missing: one way to sign in is needed"
        options.wrong(" and ".join(ways) or "a credential", why, _REMEDY)
        return Identity(provider, "", "", cloud, login)
    way = identity or ways[0]
    if options.has("certificate_password") and way != "certificate":
        options.wrong("certificate_password", f"has no meaning beside {ways[0]}", "Leave it out.")
    _judge_app(options, way, ways, app)
    return Identity(provider, way, app, cloud, login, places.get(way), password)


def _judge_app(options: Options, way: str, ways: Sequence[str], app: str) -> None:
    if app and way in ("az", "access_token"):
        options.wrong("client_id", f"has no meaning with {way}: the token names its app", "Leave it out.")
    elif app and not _APP.fullmatch(app):
        options.wrong("client_id", "must be the application id", _APP_EXAMPLE)
    elif not options.has("client_id") and way in ("client_secret", "certificate", "workload"):
        options.wrong("client_id", f"is missing: {ways[0]} needs it", _APP_EXAMPLE)
