"""What an answer that is no success means, in words; never more of it than its codes and its own message.

Source: codes as met in public code and issues of the vendor and of peers, 2026-11; RFC 9110 section 10.2.3
(Retry-After); Cloudflare documentation, Rate limits (`Ratelimit`, `Ratelimit-Policy`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    Moved,
    NotFound,
    ProviderError,
    RateLimited,
    TimedOut,
    Unavailable,
)

#: Seconds of the vendor's window: nobody is let in before its end.
WINDOW = 300.0
WORDS: Mapping[int, str] = {
    971: "too many calls: blocked until the window of five minutes ends",
    1000: "the token is not valid",
    6003: "the token cannot be read",
    6103: "the key cannot be read",
    6111: "the token cannot be read",
    7000: "there is no such call",
    7003: "an id in the call cannot be read",
    9000: "the name cannot be stored",
    9003: "this target may not be proxied",
    9005: "the value cannot be stored",
    9006: "the value cannot be stored",
    9009: "the value cannot be stored",
    9021: "the TTL must be 1 (automatic) or 60 to 86400",
    9041: "this record cannot be proxied",
    9109: "the token may not do this",
    9300: "the tags cannot be stored",
    10000: "the token may not do this; a zone made moments ago answers so too",
    81044: "the record does not exist any more",
    81045: "the zone has no room for more records",
    81053: "an A, AAAA or CNAME of this name exists",
    81054: "a CNAME of this name exists",
    81055: "an A of this name exists",
    81056: "NS of this name exist, and nothing may stand beside them",
    81057: "the record exists",
    81058: "an identical record exists",
}
_TOKEN = frozenset({1000, 6003, 6103, 6111})
#: The zone is not as it was read just before.
_STALE = frozenset({81044, 81053, 81054, 81055, 81056, 81057, 81058})
#: The root cause hides in its chain.
_WRAPPER = 1004
_BY_STATUS: Mapping[int, type[ProviderError]] = {401: AuthFailed, 403: Forbidden, 404: NotFound, 409: Moved, 412: Moved}
#: A gateway gave up on what stands behind it; what became of the call is not known.
_GAVE_UP = frozenset({504, 522, 524})
_LONGEST = 200
_FIELD = re.compile(r";\s*([rt])=([0-9]{1,9})")


class Stale(Invalid):
    """Refused as a whole because the zone is no longer as it was read: read again and judge."""


class NotSent(Unavailable):
    """The call surely did not reach the system."""


def translated(provider: str, status: int, headers: Mapping[str, str], body: str) -> ProviderError:
    """The error that an answer means.

    Args:
        headers: by name, whatever the case. body: as text; it may be JSON, HTML or nothing.
    """
    causes = list(_causes(body))
    codes = [code for code, _ in causes]
    text, request = _words(status, causes), headers.get("cf-ray", "")
    if status == 429:
        return RateLimited(provider, text, request_id=request, retry_after=_wait(headers))
    if status in _GAVE_UP:
        return TimedOut(provider, text, request_id=request)
    if status >= 500:
        return Unavailable(provider, text, request_id=request, retry_after=_said(headers) or 0.0)
    kind = _BY_STATUS.get(status, Invalid)
    if _STALE.intersection(codes):
        kind = Stale
    elif kind is Invalid and _TOKEN.intersection(codes):
        kind = AuthFailed
    return kind(provider, text, request_id=request)


def left(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """Calls left and seconds until the window ends, where an answer says so (`"default";r=1187;t=294`)."""
    fields = {name: int(number) for name, number in _FIELD.findall(headers.get("ratelimit", ""))}
    return (fields["r"], float(fields["t"])) if len(fields) == 2 else None


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds until the next call: as said, else until the window ends, else a whole window."""
    window = left(headers)
    return _said(headers) or (window[1] if window and window[1] else WINDOW)


def _said(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _causes(body: str) -> Iterator[tuple[int, str]]:
    """Code and message of every error told; a wrapper is replaced by what it wraps."""
    try:
        told = json.loads(body)
        errors = told.get("errors") if isinstance(told, dict) else None
    except (ValueError, RecursionError):
        return
    for one in errors if isinstance(errors, list) else ():
        if isinstance(one, dict):
            chain = one.get("error_chain")
            inner = [link for link in chain if isinstance(link, dict)] if isinstance(chain, list) else []
            hidden = one.get("code") == _WRAPPER and inner
            yield from map(_cause, inner if hidden else [one, *inner])


def _cause(told: Mapping[str, Any]) -> tuple[int, str]:
    code, message = told.get("code"), told.get("message")
    return (code if isinstance(code, int) else 0), " ".join(str(message or "").split())[:_LONGEST]


def _words(status: int, causes: list[tuple[int, str]]) -> str:
    told = [f"{WORDS[code]} (code {code}: {message})" for code, message in causes if code in WORDS]
    told += [f"{message or 'refused'} (code {code})" for code, message in causes if code not in WORDS]
    return "; ".join(dict.fromkeys(told)) or f"it answered {status} and gave no reason"
