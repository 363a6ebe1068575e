"""A way to sign in, as the workspace says it; nothing of what it gave."""

from __future__ import annotations

from dataclasses import dataclass

from providers.microsoft365.clouds import Cloud
from reconciler.wire.options import Reference


@dataclass(slots=True)
class Way:
    """Who signs in, and where what is needed for that lies.

    Attributes:
        way: `client_secret`, `certificate`, `access_token`, or the value of `identity`.
        app: the client id; empty where the way has its own.
        login: the root of the authority.
        place: where the secret, the certificate or the token is.
        password: where the certificate's password is.
    """

    provider: str
    way: str
    app: str
    cloud: Cloud
    login: str
    place: Reference | None = None
    password: Reference | None = None

    def consent(self, tenant: str) -> str:
        """Where an administrator of the tenant lets the app in; empty when no app is named."""
        return f"{self.login}/{tenant}/adminconsent?client_id={self.app}" if self.app and self.way != "managed" else ""
