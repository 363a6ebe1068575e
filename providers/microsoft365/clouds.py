"""Where Microsoft 365 is reached: the world's cloud and the national ones.

Source: Microsoft Graph documentation, National cloud deployments (service root endpoints; Entra endpoints); the
authority hosts are those of azure-identity's `AzureAuthorityHosts`; 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud.

    Attributes:
        graph: the root of Graph, https, without a version; tokens are made for it.
        login: the root of the authority that gives tokens.
    """

    graph: str
    login: str

    @property
    def endpoint(self) -> str:
        """The version of Graph that is spoken."""
        return f"{self.graph}/v1.0"

    @property
    def scope(self) -> str:
        """What a token is asked for: all that the app was given."""
        return f"{self.graph}/.default"


@dataclass(frozen=True, slots=True)
class Line:
    """How Graph is reached; one for all tenants of a provider.

    Attributes:
        provider: its name in the workspace, for errors.
        endpoint: with the version, without a final slash.
        timeout: seconds until an answer that does not come is given up.
    """

    provider: str
    endpoint: str
    timeout: float


CLOUDS: Mapping[str, Cloud] = {
    "global": Cloud("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "usgov": Cloud("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "dod": Cloud("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "china": Cloud("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}


def is_safe(address: str) -> bool:
    """Tell whether a secret may be sent there: https, or http that stays on this machine."""
    parts = _parts(address)
    if parts is None or not address.isprintable() or " " in address or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(address))


def is_loopback(address: str) -> bool:
    """Tell whether an address is on this machine."""
    parts = _parts(address)
    return parts is not None and parts.hostname in _LOOPBACK


def same_host(one: str, other: str) -> bool:
    """Tell whether two addresses are of one server: scheme, host and port."""
    left, right = _place(one), _place(other)
    return left is not None and left == right


def _place(address: str) -> tuple[str, str | None, int | None] | None:
    parts = _parts(address)
    if parts is None or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _parts(address: str) -> SplitResult | None:
    """The parts of an address that names a host; none when it is no address."""
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:  # no port, or no host, could be
        return None
    return parts if named else None
