"""Many requests in one call (`$batch`): how they are packed, and what each item's answer means.

Source: Microsoft Graph documentation, Combine multiple requests in one HTTP call using JSON batching: at most 20
items, relative addresses, answers in any order, each item throttled alone; `dependsOn` is none, or names the item
before for every item, or the same item for all that have one; an item whose parent failed answers 424; 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from providers.microsoft365 import answers
from providers.microsoft365.answers import Asked, NotSent
from reconciler.model.errors import ProviderError, RateLimited, TimedOut, Transient, Unavailable

#: Items of one call.
ITEMS = 20


@dataclass(frozen=True, slots=True)
class Request:
    """One item.

    Attributes:
        url: relative to the endpoint, with a leading slash.
        after: the index of an earlier request of the same batch that must succeed before this one is tried.
    """

    method: str
    url: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after: int | None = None

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one item.

    Attributes:
        status: 0 when no answer came, or it was not tried.
        body: its JSON object; empty when there is none.
        headers: by name in lower case.
        problem: why it did not succeed; none = it did. After a write, `TimedOut` and an `Unavailable` that is not
            `NotSent` say that it perhaps took effect.
    """

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: ProviderError | None = None


def calls(requests: Sequence[Request]) -> Iterator[tuple[Sequence[int], bool]]:
    """The indexes that go together, call after call, and whether they are linked by `dependsOn`.

    What must come first is in the same call where links of that form are allowed, else in an earlier one.
    """
    if len(requests) <= ITEMS and _may_be_linked(requests):
        yield range(len(requests)), True
        return
    levels: list[list[int]] = []
    depth: list[int] = []
    for index, one in enumerate(requests):
        assert one.after is None or 0 <= one.after < index, "what comes first stands first"
        depth.append(0 if one.after is None else depth[one.after] + 1)
        if depth[index] == len(levels):
            levels.append([])
        levels[depth[index]].append(index)
    for level in levels:
        for start in range(0, len(level), ITEMS):
            yield level[start : start + ITEMS], False


def written(requests: Sequence[Request], indexes: Sequence[int], *, linked: bool) -> dict[str, Any]:
    """The body of one call; an item's id is its index."""
    items = []
    for index in indexes:
        one = requests[index]
        item: dict[str, Any] = {"id": str(index), "method": one.method, "url": one.url}
        headers = dict(one.headers)
        if one.body is not None:
            item["body"] = one.body
            headers["Content-Type"] = "application/json"
        if headers:
            item["headers"] = headers
        if linked and one.after is not None:
            item["dependsOn"] = [str(one.after)]
        items.append(item)
    return {"requests": items}


def read(
    asked: Asked, requests: Sequence[Request], indexes: Sequence[int], told: Mapping[str, Any]
) -> dict[int, Answer]:
    """The answer of every item of one call, by index."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    listed = told.get("responses")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping):
            found.setdefault(str(one.get("id")), []).append(one)
    return {index: _answer(_about(asked, requests[index]), found.get(str(index), [])) for index in indexes}


def lost(asked: Asked, request: Request, problem: ProviderError, *, write: bool) -> Answer:
    """What is known of an item whose call, which wrote or did not, failed as a whole."""
    unsure = isinstance(problem, TimedOut | Unavailable) and not isinstance(problem, NotSent)
    if not unsure or not write:
        return Answer(0, problem=problem)
    kind: type[Transient] = TimedOut if request.writes else Unavailable
    wait = problem.retry_after if isinstance(problem, Transient) else 0.0
    name = problem.request_id
    text = str(problem).removeprefix(f"{asked.provider}: ").removesuffix(f" (request {name})")
    return Answer(0, problem=kind(asked.provider, text, None, name, wait))


def skipped(asked: Asked) -> Answer:
    """An item that was not sent, since what must come first did not succeed."""
    return Answer(424, problem=NotSent(asked.provider, "not tried: what must come before it failed"))


def throttled(found: Mapping[int, Answer]) -> list[RateLimited]:
    """The refusals among the answers that are about too many calls."""
    return [one.problem for one in found.values() if one.status == 429 and isinstance(one.problem, RateLimited)]


def _may_be_linked(requests: Sequence[Request]) -> bool:
    """Nobody waits, each waits for the one before it, or all wait for the first."""
    links = [one.after for one in requests]
    return links == [None, *range(len(links) - 1)] or not set(links[1:]) - {0} or not set(links) - {None}


def _about(asked: Asked, request: Request) -> Asked:
    hidden = (*asked.hidden, *answers.passwords(request.body))
    return replace(asked, method=request.method, url=request.url, hidden=hidden)


def _answer(asked: Asked, found: Sequence[Mapping[str, Any]]) -> Answer:
    status = found[0].get("status") if len(found) == 1 else None
    write = asked.method != "GET"
    unread = TimedOut if write else Unavailable
    if not isinstance(status, int) or isinstance(status, bool):
        why = "answered twice" if len(found) > 1 else "left out"
        return Answer(0, problem=unread(asked.provider, f"an item of the batch was {why}"))
    headers, body = _headers(found[0]), found[0].get("body")
    inside: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    if not 200 <= status < 300:
        return Answer(status, inside, headers, answers.translated(asked, status, headers, inside))
    if not write and not isinstance(body, Mapping):
        return Answer(status, {}, headers, unread(asked.provider, "an item of the batch holds no JSON object"))
    return Answer(status, inside, headers)


def _headers(item: Mapping[str, Any]) -> dict[str, str]:
    told = item.get("headers")
    return {str(name).lower(): str(value) for name, value in told.items()} if isinstance(told, Mapping) else {}
