"""What Graph answers instead of doing what it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BAD, UNSUPPORTED = "Request_BadRequest", "Request_UnsupportedQuery"
MISSING, DENIED, UNKNOWN = "Request_ResourceNotFound", "Authorization_RequestDenied", "InvalidAuthenticationToken"


class Refusal(Exception):
    """One answer with an error; `wrong`: no correct client sends such a request."""

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        *,
        details: tuple[Mapping[str, str], ...] = (),
        headers: Mapping[str, str] | None = None,
        wrong: bool = False,
    ) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.details = status, code, text, details
        self.headers, self.wrong = dict(headers or {}), wrong

    def body(self, text: str, told: Mapping[str, str]) -> dict[str, Any]:
        """The error as JSON; `text` is how it is worded this time, `told` the inner error."""
        error: dict[str, Any] = {"code": self.code, "message": text}
        if self.details:
            error["details"] = [dict(one) for one in self.details]
        return {"error": error | {"innerError": dict(told)}}


def bad(text: str, *, wrong: bool = False) -> Refusal:
    """400, the request as it stands is not possible."""
    return Refusal(400, BAD, text, wrong=wrong)


def unsupported(text: str, *, wrong: bool = False) -> Refusal:
    """400, a query that this resource does not take."""
    return Refusal(400, UNSUPPORTED, text, wrong=wrong)


def missing(name: str) -> Refusal:
    """404, the tenant has no such object, or does not show it yet."""
    text = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return Refusal(404, MISSING, text)


def conflict(target: str) -> Refusal:
    """400, another object has that value."""
    text = f"Another object with the same value for property {target} already exists."
    return Refusal(400, BAD, text, details=({"code": "ObjectConflict", "message": text, "target": target},))
