"""The errors a caller may handle.

```
ReconcilerError
├─ SpecError(diagnostics)                the author can mend it
├─ Refused(diagnostics)                  nothing was written: policy, approval, lock, journal (exit 3)
├─ ProviderError(provider, key, request_id)
│  ├─ Permanent:  AuthFailed · Forbidden(permission) · NotFound · Invalid · Unsupported
│  ├─ Moved                              live changed since it was read: observe and plan again
│  └─ Transient(retry_after):  RateLimited · Unavailable · TimedOut          seconds
└─ ContractBroken(provider, law)         an adapter broke the contract; says whose bug
```
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.key import Key


class ReconcilerError(Exception):
    """Root of all errors that this product raises on purpose."""


class SpecError(ReconcilerError):
    """The author can mend it; holds all diagnostics found, at least one."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep the diagnostics in the order found."""
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(str(one) for one in self.diagnostics))


class Refused(ReconcilerError):
    """Refused before any write; holds the reasons, at least one."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep the diagnostics in the order found."""
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(str(one) for one in self.diagnostics))


class ProviderError(ReconcilerError):
    """A remote system could not do what was asked.

    Attributes:
        provider: the provider's name in the workspace.
        key: the resource it was about, if one.
        request_id: the remote system's own name for the call, for its support; may be empty.
    """

    def __init__(self, provider: str, message: str, key: Key | None = None, request_id: str = "") -> None:
        """The message is for a person and holds no secret."""
        self.provider, self.key, self.request_id = provider, key, request_id
        place = f" at {key.address}" if key else ""
        tail = f" (request {request_id})" if request_id else ""
        super().__init__(f"{provider}{place}: {message}{tail}")


class Permanent(ProviderError):
    """Asking again will not help."""


class AuthFailed(Permanent):
    """The credentials are wrong or expired (401)."""


class Forbidden(Permanent):
    """The credentials may not do this (403)."""


class NotFound(Permanent):
    """What was named does not exist (404)."""


class Invalid(Permanent):
    """The remote system, or its file, holds or was sent something that cannot be understood (400, 422)."""


class Unsupported(Permanent):
    """The remote system cannot do this at all."""


class Moved(ProviderError):
    """Live is no longer as it was read (409, 412): observe and plan again, never retry blindly."""


class Transient(ProviderError):
    """Worth trying again.

    Attributes:
        retry_after: seconds to wait first; 0 when the system did not say.
    """

    def __init__(
        self, provider: str, message: str, key: Key | None = None, request_id: str = "", retry_after: float = 0.0
    ) -> None:
        """As `ProviderError`, with the wait."""
        self.retry_after = retry_after
        super().__init__(provider, message, key, request_id)


class RateLimited(Transient):
    """Too many calls (429)."""


class Unavailable(Transient):
    """The system is down or overloaded (5xx, connection refused, connection reset)."""


class TimedOut(Transient):
    """No answer in time; whether the call took effect is unknown."""


class ContractBroken(ReconcilerError):
    """An adapter broke the provider contract; names the adapter and the law, so that the bug goes to its author."""

    def __init__(self, provider: str, law: str) -> None:
        """Say whose bug it is."""
        self.provider, self.law = provider, law
        super().__init__(f"provider {provider} broke the contract: {law}")
