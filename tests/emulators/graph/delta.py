"""What changed since a token: every user first, then only those that were written."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.emulators.graph import fields
from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import Refusal, bad
from tests.emulators.graph.tenants import Data, Tenant, Thing, alive

PATH = "/users/delta"
LIVES = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class State:
    """What a token of ours stands for.

    Attributes:
        mark: changes up to this one are known. names: properties.
        things: still to be given in the pages that follow. start: what is known when they are given.
    """

    tenant: str
    mark: int
    names: tuple[str, ...]
    issued: datetime
    things: tuple[Thing, ...] = ()
    first: bool = False


def users(call: Call) -> Reply:
    """A page of changes, with a link to the next page or to the next time."""
    tenant = call.tenant
    text = call.asked.get("$deltatoken", "")
    if "$skiptoken" in call.asked:
        state = _known(call, call.asked["$skiptoken"])
    elif text.lower() == "latest":
        state = State(tenant.initial, _mark(tenant), fields.selected(call, "user"), tenant.now())
    elif text:
        state = _since(tenant, _known(call, text))
    else:
        things = tuple(tenant.order["user"])
        state = State(tenant.initial, _mark(tenant), fields.selected(call, "user"), tenant.now(), things, True)
    top = min(call.top if "$top" in call.asked else 200, call.server.page_cap)
    chunk, rest = state.things[:top], state.things[top:]
    value = [shown for one in chunk if (shown := _shown(tenant, one, state)) is not None]
    made: Data = {"@odata.context": f"{call.server.endpoint}/$metadata#users"}
    after = State(tenant.initial, state.mark, state.names, tenant.now(), rest, state.first)
    if rest:
        made["@odata.nextLink"] = call.link(PATH, __skiptoken=_kept(call, after))
    else:
        made["@odata.deltaLink"] = call.link(PATH, __deltatoken=_kept(call, after))
    return Reply(200, made | {"value": value})


def _mark(tenant: Tenant) -> int:
    """The last change that every replica shows."""
    return min((late.mark for name, late in tenant.late.items() if name in tenant.users), default=tenant.sequence)


def _since(tenant: Tenant, state: State) -> State:
    start = bisect_right(tenant.changes, state.mark, key=lambda one: one[0])
    names = dict.fromkeys(name for _, name in tenant.changes[start:] if name in tenant.users)
    return State(tenant.initial, _mark(tenant), state.names, tenant.now(), tuple(tenant.users[one] for one in names))


def _shown(tenant: Tenant, thing: Thing, state: State) -> Data | None:
    data = tenant.shown(thing)
    if data is None or not alive(data):
        if state.first or (data is None and thing.data is not None):
            return None
        return {"id": thing.id, "@removed": {"reason": "deleted" if data is None else "changed"}}
    made = fields.shown(tenant, data, [one for one in state.names if one != "manager"])
    if "manager" in state.names:
        kind = "#microsoft.graph.user"
        if "_manager" in data:
            made["manager@delta"] = [{"@odata.type": kind, "id": data["_manager"]}]
        elif "_managed" in data and not state.first:
            made["manager@delta"] = [{"@odata.type": kind, "id": data["_managed"], "@removed": {"reason": "deleted"}}]
    return made


def _kept(call: Call, state: State) -> str:
    token = f"{call.server.random.getrandbits(128):032x}"
    call.server.deltas[token] = state
    return token


def _known(call: Call, token: str) -> State:
    state: State | None = call.server.deltas.get(token)
    if state is None or state.tenant != call.tenant.initial or call.asked.keys() - {"$deltatoken", "$skiptoken"}:
        raise bad("The delta token is not valid: the link is to be followed as it is.", wrong=True)
    if call.tenant.now() - state.issued > LIVES:
        where = {"Location": call.link(PATH, __deltatoken="")}
        raise Refusal(410, "SyncStateNotFound", "Resync required.", headers=where)
    return state
