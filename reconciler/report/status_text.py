"""Where are we, and may I go home? One screen for a customer, one line each for many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.report import values
from reconciler.report.apply_views import waiting_line
from reconciler.report.escape import SHORT, line
from reconciler.report.values import Document
from reconciler.report.words import Words

_JOURNALS = {
    "ok": "whole, every line follows from the one before",
    "missing": "missing: nothing is deleted until it is there again",
    "new": "new: nothing has been applied from here yet",
}


def status_text(status: Document) -> str:
    """One screen; the last line ends with a newline."""
    routes = list(status.get("routes", ()))
    parts = [
        [f"{line(status.get('customer'), SHORT)}: {_safety(routes)}"],
        *(list(_route(route)) for route in routes),
        [*_lease(status.get("lease")), f"Journal: {_journal(status.get('journal'))}", *_next(status)],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _safety(routes: list[Mapping[str, Any]]) -> str:
    if not routes:
        return "nothing has begun."
    risky = [line(route.get("subject"), SHORT) for route in routes if not route.get("safe_to_stop")]
    return f"do NOT stop now, because of {', '.join(risky)}." if risky else "stopping now is safe."


def _route(route: Mapping[str, Any]) -> Iterator[str]:
    target = f" to {line(route['target'], SHORT)}" if route.get("target") else ""
    yield f"{line(route.get('subject'), SHORT)}{target}"
    yield f"  stage: {line(route.get('stage') or 'none', SHORT)}"
    yield f"  last change: {_last_change(route.get('last_change'))}"
    yield from (f"  waiting for: {waiting_line(one)}" for one in route.get("waiting", ()))
    answer = "yes" if route.get("safe_to_stop") else "NO"
    yield f"  safe to stop: {answer}{', ' + line(route['why']) if route.get('why') else ''}"


def _last_change(change: Mapping[str, Any] | None) -> str:
    if not change:
        return "none"
    seen = "read back" if change.get("read_back") else "NOT read back"
    return f"{values.exact_title(change.get('address'), Words())} at {values.moment(change.get('at'))}, {seen}"


def _lease(lease: Mapping[str, Any] | None) -> list[str]:
    if not lease:
        return []
    holder, since = line(lease.get("holder"), SHORT), values.moment(lease.get("since"))
    run = f" (run {line(lease['run'], SHORT)})" if lease.get("run") else ""
    return [f"Being applied by {holder}{run} since {since}, lease until {values.moment(lease.get('expires'))}"]


def _journal(state: object) -> str:
    return _JOURNALS.get(str(state)) or line(state, SHORT)


def _next(status: Document) -> list[str]:
    return [f"Next: {line(status['next'])}"] if status.get("next") else []
