"""Lists of users and groups, page by page, as one replica shows them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable

from tests.emulators.graph import fields, filters
from tests.emulators.graph.call import Call, Reply
from tests.emulators.graph.refusal import bad, unsupported
from tests.emulators.graph.tenants import Data, Tenant, Thing, alive

#: An object's place in the order, and its state.
Row = tuple[int, Data]


def listed(call: Call, kind: str, path: str) -> Reply:
    """A page of all objects of a kind, or of those that a filter picks."""
    tenant, wide, picked = call.tenant, call.advanced or "$filter" in call.asked, _filter(call)
    after, top = resumed(call), call.top
    if picked is None:
        order = tenant.order[kind]
        start = bisect_right(order, after, key=lambda one: one.born)
        chunk = order[start : start + top]
        rows = list(_shown(tenant, chunk, wide, alive)) if tenant.late else _plain(chunk)
        more, total = start + top < len(order), len(order)
        last = chunk[-1].born if chunk else 0
        if not more:
            rows += _shown(tenant, _gone(tenant, kind), wide, alive)
    else:
        found = sorted(_picked(tenant, kind, picked), key=lambda row: row[0])
        start = bisect_right(found, after, key=lambda row: row[0])
        rows, total = found[start : start + top], len(found)
        more, last = start + top < len(found), found[start + top - 1][0] if start + top < len(found) else 0
    return page(call, kind, path, [data for _, data in rows], last=last if more else None, total=total)


def deleted(call: Call, kind: str, path: str, names: str) -> Reply:
    """A page of objects that are deleted and can be restored."""
    tenant, picked = call.tenant, _filter(call)
    if picked is not None and not call.advanced:
        raise unsupported("$filter on deleted items needs ConsistencyLevel: eventual and $count=true.", wrong=True)
    things = [one for one in tenant.of(kind).values() if (one.data and not alive(one.data)) or one.id in tenant.late]
    rows = list(_shown(tenant, things, call.advanced, lambda data: data is not None and not alive(data)))
    found = sorted(((born, data) for born, data in rows if picked is None or picked.test(data)), key=lambda row: row[0])
    after, top = resumed(call), call.top
    start = bisect_right(found, after, key=lambda row: row[0])
    rows = found[start : start + top]
    last = rows[-1][0] if start + top < len(found) else None
    reply = page(call, kind, path, [], last=last, total=len(found))
    reply.data["value"] = [fields.shown(tenant, data, names.split(",")) for _, data in rows]
    return reply


def page(call: Call, kind: str, path: str, found: list[Data], *, last: int | None, total: int) -> Reply:
    """The page itself; `last`: the place after which the next begins."""
    names, expanded = fields.selected(call, kind), fields.expansion(call, kind)
    made: Data = {"@odata.context": f"{call.server.endpoint}/$metadata#{kind}s"}
    if call.advanced:
        made["@odata.count"] = total
    if last is not None:
        made["@odata.nextLink"] = next_link(call, path, last)
    tenant = call.tenant
    made["value"] = [fields.shown(tenant, data, names, expanded) for data in found]
    return Reply(200, made)


def next_link(call: Call, path: str, last: int) -> str:
    """The address of the next page, which works as it is and no other way."""
    token = f"{call.server.random.getrandbits(96):024x}"
    asked = {**call.asked, "$skiptoken": token}
    call.server.pages[token] = (call.tenant.initial, last, asked)
    return call.link(path, **{name.replace("$", "__"): text for name, text in asked.items()})


def resumed(call: Call) -> int:
    """The place after which this page begins."""
    token = call.asked.get("$skiptoken")
    if token is None:
        return 0
    tenant, last, asked = call.server.pages.get(token, ("", 0, {}))
    if tenant != call.tenant.initial or asked != call.asked:
        raise bad("Skip token is not valid: the next link is to be followed as it is.", wrong=True)
    return last


def _filter(call: Call) -> filters.Filter | None:
    if "$count" in call.asked and not call.advanced:
        raise unsupported("$count needs ConsistencyLevel: eventual.", wrong=True)
    if "$filter" not in call.asked:
        return None
    read = filters.read(call.asked["$filter"])
    if read.advanced and not call.advanced:
        raise unsupported("Unsupported Query: this filter needs ConsistencyLevel and $count=true.", wrong=True)
    return read


def _picked(tenant: Tenant, kind: str, picked: filters.Filter) -> Iterable[Row]:
    things: Iterable[Thing]
    if picked.keys is None:
        things = [*tenant.order[kind], *_gone(tenant, kind)]
    else:
        names = {key.lower(): None for key in picked.keys}
        found = (tenant.owners.get(name) or tenant.thing(name) for name in names)
        late = (tenant.thing(one) for one in tenant.late)
        things = {one.id: one for one in (*found, *late) if one is not None and one.kind == kind}.values()
    return (row for row in _shown(tenant, things, True, alive) if picked.test(row[1]))


def _plain(things: Iterable[Thing]) -> list[Row]:
    return [(one.born, one.data) for one in things if one.data is not None]


def _shown(tenant: Tenant, things: Iterable[Thing], wide: bool, wanted: Callable[[Data | None], bool]) -> Iterable[Row]:
    for thing in things:
        data = tenant.shown(thing, wide)
        if data is not None and wanted(data):
            yield thing.born, data


def _gone(tenant: Tenant, kind: str) -> list[Thing]:
    """What is deleted, but not for every replica."""
    late = [tenant.thing(one) for one in tenant.late]
    return [one for one in late if one is not None and one.kind == kind and not alive(one.data)]
