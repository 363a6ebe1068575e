"""`$batch`: up to twenty requests in one, each of which goes its own way.

Source: Microsoft Graph, "Combine multiple HTTP requests using JSON batching" (read 2026-08).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.emulators.graph import contract, serving
from tests.emulators.graph.call import Reply
from tests.emulators.graph.refusal import bad
from tests.emulators.graph.tenants import Data, Token

if TYPE_CHECKING:
    from tests.emulators.graph.server import GraphServer

MOST = 20
_KEYS = frozenset({"id", "method", "url", "headers", "body", "dependsOn"})


class Dropped(Exception):
    """The connection ends without an answer; what was carried out stays."""

    def __init__(self, silent: bool) -> None:
        super().__init__("dropped")
        self.silent = silent


def writes(request: serving.Request) -> bool:
    """Whether an HTTP call carries a write, itself or inside it."""
    if request.path != "/$batch":
        return request.method != "GET"
    try:
        sent = json.loads(request.body)
        return any(str(one["method"]).upper() != "GET" for one in sent["requests"])
    except (ValueError, LookupError, TypeError):
        return True


def run(server: GraphServer, request: serving.Request, token: Token) -> Reply:
    """Carry out all, in an order that only `dependsOn` holds; the answers come in another."""
    items = _items(request.sent())
    waiting = list(items.values())
    server.random.shuffle(waiting)
    answers: dict[str, Data] = {}
    dropped: Dropped | None = None
    while waiting:
        ready = [one for one in waiting if all(name in answers for name in one.get("dependsOn", ()))]
        for one in ready:
            try:
                answers[one["id"]] = _answer(server, one, token, answers)
            except Dropped as drop:
                dropped, answers[one["id"]] = drop, {"id": one["id"], "status": 504}
        waiting = [one for one in waiting if one["id"] not in answers]
    if dropped is not None:
        raise dropped
    listed = list(answers.values())
    server.random.shuffle(listed)
    held = contract.at_hand()
    if held is not None:
        server.broken += held.response("POST", "/$batch", "batch", 200, {"responses": listed})
    return Reply(200, {"responses": listed})


def _items(sent: Any) -> dict[str, Data]:
    """The requests by id.

    Raises:
        Refusal: the whole is not possible.
    """
    listed = sent.get("requests") if isinstance(sent, dict) and sent.keys() <= {"requests"} else None
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise bad("Invalid batch payload format.", wrong=True)
    if len(listed) > MOST:
        raise bad(f"Number of batch request steps exceeds the maximum value of {MOST}.", wrong=True)
    found: dict[str, Data] = {}
    for one in listed:
        _possible(one)
        if one["id"] in found:
            raise bad(f"Request id {one['id']} is not unique.", wrong=True)
        found[one["id"]] = one
    held = contract.at_hand()
    problems = held.request("POST", "/$batch", sent) if held else []
    if problems:
        raise bad(problems[0], wrong=True)
    _ordered(found)
    return found


def _possible(one: Data) -> None:
    unknown = sorted(one.keys() - _KEYS)
    if unknown:
        raise bad(f"A batch request has no {unknown[0]}.", wrong=True)
    identity, method, url = one.get("id"), one.get("method"), one.get("url")
    if not isinstance(identity, str) or not identity or method not in {"GET", "POST", "PATCH", "PUT", "DELETE"}:
        raise bad("A batch request needs an id and a method.", wrong=True)
    if not isinstance(url, str) or "://" in url or url.startswith(("//", "/v1.0")):
        raise bad(f"The URL of request {identity} is not relative.", wrong=True)
    if url.strip("/").startswith("$batch"):
        raise bad("Batches cannot be nested.", wrong=True)
    headers = {str(name).lower(): text for name, text in one.get("headers", {}).items()}
    if "body" in one and not str(headers.get("content-type", "")).startswith("application/json"):
        raise bad(f"Write request id : {identity} does not contain Content-Type header or body.", wrong=True)
    if "body" in one and method in {"GET", "DELETE"}:
        raise bad(f"Request id {identity} cannot have a body.", wrong=True)


def _ordered(found: dict[str, Data]) -> None:
    """Allowed: nobody waits, each waits for the one before it, or all that wait do so for the same one."""
    listed = [(one["id"], one.get("dependsOn", [])) for one in found.values()]
    named = [after for _, after in listed if after]
    if not named:
        return
    identities = [identity for identity, _ in listed]
    serial = all(after == [identities[at - 1]] for at, (_, after) in enumerate(listed) if at) and not listed[0][1]
    one = named[0]
    same = len(one) == 1 and all(after == one for after in named) and one[0] in found
    if not (serial or (same and not found[one[0]].get("dependsOn"))):
        raise bad("The dependsOn of the requests are neither serial nor all on the same request.", wrong=True)


def _answer(server: GraphServer, one: Data, token: Token, answers: dict[str, Data]) -> Data:
    identity, url = one["id"], one["url"] if one["url"].startswith("/") else f"/{one['url']}"
    headers = {str(name).lower(): str(text) for name, text in one.get("headers", {}).items()}
    request = serving.Request(one["method"], url, headers, one.get("body"))
    if any(answers[name]["status"] >= 400 for name in one.get("dependsOn", ())):
        server.log.append((request.method, request.target, 424))
        error = {"code": "FailedDependency", "message": server.worded("A request before this one failed.")}
        return {
            "id": identity,
            "status": 424,
            "headers": {"Content-Type": "application/json"},
            "body": {"error": error},
        }
    sort = serving.sort_of(request)
    server.inner[sort] += 1
    hit = server.hit(sort, "", inner=True)
    done = serving.serve(server, request, token) if hit is None or hit.effect else None
    if hit is None:
        reply = done or Reply()
    else:
        spoilt = server.spoilt(hit, headers)
        if spoilt.status == 0:
            server.log.append((request.method, request.target, 0))
            raise Dropped(spoilt.silent)
        reply = Reply(spoilt.status, _read(spoilt.body), spoilt.headers)
    server.log.append((request.method, request.target, reply.status))
    made: Data = {"id": identity, "status": reply.status, "headers": dict(reply.headers)}
    if reply.data is not None:
        made["headers"]["Content-Type"] = "application/json"
        made["body"] = reply.data
    return made


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
