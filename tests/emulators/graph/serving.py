"""One request from the path to the answer, whether it came alone or inside a batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tests.emulators.graph import call as calls
from tests.emulators.graph import contract, groups, routes
from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import DENIED, Refusal, bad
from tests.emulators.graph.tenants import Audit, Token

if TYPE_CHECKING:
    from tests.emulators.graph.server import GraphServer

JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `target`: path after /v1.0, with query. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | Any = b""

    @property
    def path(self) -> str:
        """Without the query, names in brackets turned into steps of the path."""
        return routes.plain(urlsplit(self.target).path)

    def sent(self) -> Any:
        """The body as JSON; None without one.

        Raises:
            Refusal: it is no JSON, or is not called so.
        """
        if not isinstance(self.body, bytes):
            return self.body
        if not self.body:
            return None
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise bad("The Content-Type of the body is not application/json.", wrong=True)
        try:
            return json.loads(self.body)
        except ValueError:
            raise bad("Unable to read JSON request payload.", wrong=True) from None


def sort_of(request: Request) -> str:
    """The word by which the request is counted."""
    route = routes.find(request.method, request.path)
    if route is None:
        return "unknown"
    return f"{route.sort}.next" if "skiptoken=" in request.target.lower() else route.sort


def serve(server: GraphServer, request: Request, token: Token) -> Reply:
    """Carry out one request; an error is an answer as well."""
    try:
        sent = request.sent()
        if sent is not None:
            server.sent.append((sort_of(request), sent))
        reply = _served(server, request, token, sent)
    except Refusal as refusal:
        return refused(server, request, refusal)
    _hold(server, request, reply)
    return reply


def refused(server: GraphServer, request: Request, refusal: Refusal) -> Reply:
    """The answer that a refusal is."""
    if refusal.wrong:
        server.broken.append(f"{request.method} {request.target}: {refusal.text}")
    told = refusal.body(server.worded(refusal.text), server.inner_error())
    reply = Reply(refusal.status, told, refusal.headers)
    if routes.find(request.method, request.path) is not None:
        _hold(server, request, reply)
    return reply


def _served(server: GraphServer, request: Request, token: Token, sent: Any) -> Reply:
    route = routes.find(request.method, request.path)
    if route is None:
        raise Refusal(400, "BadRequest", f"Resource not found for {request.method} {request.path}.", wrong=True)
    asked = calls.query(urlsplit(request.target).query)
    calls.checked(asked, route.options)
    held = contract.at_hand()
    problems = held.request(request.method, request.path, sent) if held else []
    if problems:
        server.broken += problems
        raise bad(problems[0])
    tenant, reads = server.tenants[token.tenant], request.method == "GET"
    told = server.meter.count(tenant, token, route.sort, asked, reads)
    needed = routes.NEEDED[route.permission]
    if token.permissions is not None and not needed & token.permissions:
        raise Refusal(403, DENIED, "Insufficient privileges to complete the operation.")
    tenant.requests += 1
    groups.catch_up(server, tenant)
    names = tuple(unquote(one) for one in route.names)
    reply = route.handler(Call(server, tenant, token, route.sort, names, asked, request.headers, sent))
    if not reads:
        tenant.audits.append(Audit(tenant.now(), token.app, route.sort, reply.object))
    reply.headers |= told
    return reply


def _hold(server: GraphServer, request: Request, reply: Reply) -> None:
    """Hold an answer against the published metadata."""
    held = contract.at_hand()
    if held is None:
        return
    sort, method, path, data = sort_of(request), request.method, request.path, reply.data
    if sort.startswith("users.delta") and reply.status == 200:
        path = "/users"  # the metadata describes changes as bare directory objects
    elif sort == "group.upsert" and reply.status == 201:
        method, path = "POST", "/groups"  # and knows no 201 of a PATCH
    elif sort in {"group", "groups", "groups.next"} and "$expand" in request.target:
        bare = [{name: one for name, one in data.items() if name != "members"} for data in data.get("value", [data])]
        data = {**data, "value": bare} if "value" in data else bare[0]  # nor what a group expands to
    server.broken += held.response(method, path, f"{request.method} {sort}", reply.status, data)
