"""One request as a handler gets it, and what the handler gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from tests.emulators.graph.refusal import bad, unsupported
from tests.emulators.graph.tenants import Data, Tenant, Token

if TYPE_CHECKING:
    from tests.emulators.graph.server import GraphServer

TOP = 999


@dataclass(slots=True)
class Reply:
    """The answer to one request; `data` None = no body. `object`: what was written."""

    status: int = 204
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    object: str = ""


@dataclass
class Call:
    """One request, alone or inside a batch.

    Attributes:
        sort: as it is counted. names: what stood in the path for each variable. asked: the query, names with `$`.
        headers: names in lower case. sent: the body; None without one. query: as it was written.
    """

    server: GraphServer
    tenant: Tenant
    token: Token
    sort: str
    names: tuple[str, ...]
    asked: Mapping[str, str]
    headers: Mapping[str, str]
    sent: Any = None

    @property
    def advanced(self) -> bool:
        """Whether the query says that an index that lags may answer it."""
        counted = self.asked.get("$count", "").lower() == "true"
        return counted and self.headers.get("consistencylevel", "").lower() == "eventual"

    @property
    def top(self) -> int:
        """Objects on a page."""
        text = self.asked.get("$top", "100")
        if not text.isdigit() or not 1 <= int(text) <= TOP:
            raise bad(f"Invalid page size specified: '{text}'. Must be between 1 and {TOP} inclusive.", wrong=True)
        return min(int(text), self.server.page_cap)

    @property
    def body(self) -> Data:
        """The body, which must be an object."""
        if not isinstance(self.sent, dict):
            raise bad("Unable to read JSON request payload.", wrong=True)
        return self.sent

    def link(self, path: str, **asked: str) -> str:
        """An absolute address."""
        pairs = {name.replace("__", "$"): text for name, text in asked.items()}
        return f"{self.server.endpoint}{path}?{urlencode(pairs, safe='$,()=')}"


def query(text: str) -> dict[str, str]:
    """The parameters of a request, system ones with `$` and in lower case, each once."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        key = name if name.startswith("$") else f"${name}"
        if key.lower() in found:
            raise bad(f"Query option '{key}' was specified more than once.", wrong=True)
        found[key.lower()] = value
    return found


def checked(asked: Mapping[str, str], allowed: frozenset[str]) -> None:
    """Refuse what this resource does not take."""
    for name in asked:
        if name not in allowed:
            raise unsupported(f"The query specified in the URI is not valid: '{name}' is not supported.", wrong=True)
