"""What an answer that is no success means, in words; never more of it than its codes and its own message.

Only status and codes are looked at: the words of a message change without notice.
Source: Microsoft Graph documentation, Microsoft Graph error responses and resource types, and the v1.0 metadata of
2026-08 (`MainError`, `InnerError`); RFC 9110 sections 10.2.3 (Retry-After) and 15 (status codes); 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from providers.microsoft365 import permissions
from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    Moved,
    NotFound,
    Permanent,
    ProviderError,
    RateLimited,
    TimedOut,
    Unavailable,
)

#: Characters of a message that are shown.
LONGEST = 300
#: Seconds: no wait that a system asks for is taken to be longer.
LONGEST_WAIT = 86_400.0
_BY_STATUS: Mapping[int, type[ProviderError]] = {401: AuthFailed, 404: NotFound, 409: Moved, 412: Moved}
#: A gateway gave up on what stands behind it; what became of the call is not known.
_GAVE_UP = frozenset({408, 504})
#: Seconds of a lock that says no end.
_LOCKED = 5.0


class Taken(Invalid):
    """Something else holds that value already.

    Attributes:
        target: the property that collides (`userPrincipalName`); may be empty.
    """

    target = ""


class Gone(Permanent):
    """The token of a delta is too old: read the whole anew (410)."""


class NotSent(Unavailable):
    """The call surely had no effect: it did not reach the system, or was not tried there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The call that an answer belongs to.

    Attributes:
        url: its path, with or without the endpoint before it.
        consent: where an administrator lets the app in; empty when there is no app to let in.
        hidden: texts that are never shown, whoever echoes them.
    """

    provider: str
    method: str
    url: str
    consent: str = ""
    hidden: tuple[str, ...] = ()


def translated(asked: Asked, status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> ProviderError:
    """The error that an answer means.

    Args:
        headers: by name in lower case. body: its JSON object; empty when it is none.

    Returns:
        After a write an `Unavailable` that is not `NotSent`, or a `TimedOut`, says that it perhaps took effect.
    """
    told = _inside(body, "error")
    text, request = _words(asked, status, told), _request(headers, told)
    name, wait = asked.provider, waiting(headers)
    if status in (423, 429):
        return RateLimited(name, text, request_id=request, retry_after=wait or (_LOCKED if status == 423 else 0.0))
    if status == 424:
        return NotSent(name, f"not tried: what must come before it failed ({text})", request_id=request)
    if status in _GAVE_UP:
        return TimedOut(name, text, request_id=request, retry_after=wait or 0.0)
    if status >= 500:
        return Unavailable(name, text, request_id=request, retry_after=wait or 0.0)
    if status == 403:
        return Forbidden(name, f"{text}; {_remedy(asked)}", request_id=request)
    if status == 410:
        return Gone(name, text, request_id=request)
    target = _collision(told)
    if status in (400, 409) and target is not None:
        taken = Taken(name, text, request_id=request)
        taken.target = target
        return taken
    return _BY_STATUS.get(status, Invalid)(name, text, request_id=request)


def waiting(headers: Mapping[str, str]) -> float | None:
    """Seconds until the next call, where an answer says so; none else. A date is held against the answer's own."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), LONGEST_WAIT)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
        return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError):  # no date; one with a zone and one without; one beyond all years
        return None


def line(text: object, hidden: Iterable[str] = ()) -> str:
    """A foreign text on one line, cut, without what is hidden."""
    shown = str(text)
    for secret in hidden:
        if secret:
            shown = shown.replace(secret, "***")
    shown = " ".join("".join(one if one.isprintable() else " " for one in shown[: 4 * LONGEST]).split())
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."


def passwords(body: object) -> tuple[str, ...]:
    """The texts of a request's body that are passwords, wherever they stand in it."""
    found: list[str] = []
    rest: list[object] = [body]
    while rest:
        one = rest.pop()
        if isinstance(one, Mapping):
            found += [value for name, value in one.items() if name == "password" and isinstance(value, str)]
            rest += one.values()
        elif isinstance(one, Sequence) and not isinstance(one, str):
            rest += one
    return tuple(found)


def _words(asked: Asked, status: int, told: Mapping[str, Any]) -> str:
    code, message = line(told.get("code") or "", asked.hidden), line(told.get("message") or "", asked.hidden)
    if not code and not message:
        return f"it answered {status} and gave no reason"
    return f"{message or 'refused'} ({code})" if code else message


def _remedy(asked: Asked) -> str:
    name = permissions.needed(asked.method, asked.url)
    lacking = f"the app probably lacks the permission {name}" if name else "the app probably lacks a permission"
    return f"{lacking}; an administrator grants it at {asked.consent}" if asked.consent else lacking


def _collision(told: Mapping[str, Any]) -> str | None:
    """The property in which two objects collide; empty when it is not named; none when nothing collides."""
    details = told.get("details")
    for one in details if isinstance(details, list) else ():
        if isinstance(one, Mapping) and one.get("code") == "ObjectConflict":
            target = one.get("target")
            return target if isinstance(target, str) else ""
    return None


def _request(headers: Mapping[str, str], told: Mapping[str, Any]) -> str:
    found = headers.get("request-id") or _inside(told, "innerError").get("request-id") or ""
    return line(found)[:64]


def _inside(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}
