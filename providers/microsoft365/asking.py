"""The reads of a tenant as items of a batch, and how their answers are taken.

Source: Microsoft Graph documentation, Use query parameters ($select, $filter, $top), Advanced query capabilities on
directory objects (`endsWith` and `$count` need ConsistencyLevel: eventual) and the limit of 15 joined expressions;
List users (pages of 999); 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from providers.microsoft365 import shapes
from providers.microsoft365.api import ORGANIZATION
from providers.microsoft365.batches import Request
from providers.microsoft365.told import Entry, Told

#: Objects of a page.
PAGE = 999
#: Addresses in one filter, each of which is looked for twice; ids, or names, in one filter.
ADDRESSES, TEXTS = 7, 15
#: Users, of those asked for by id, who are read one by one.
ALONE = 20
EVENTUAL = {"ConsistencyLevel": "eventual"}

_USER = f"$select={shapes.USER}"
_WHOLE = f"{_USER}&$expand={shapes.EXPAND}"
#: All users, page by page.
USERS = f"/users?{_WHOLE}&$top={PAGE}"
_GROUPS = f"/groups?$select={shapes.GROUP}&$top={PAGE}"


def get(url: str) -> Request:
    """A read."""
    return Request("GET", url)


def eventual(url: str) -> Request:
    """A read that an index answers, which lags behind."""
    return Request("GET", url, headers=EVENTUAL)


#: What is the case in the whole tenant, whomever a plan is about; by name.
TENANT = {
    "organization": get(ORGANIZATION),
    "skus": get(f"/subscribedSkus?$select={shapes.SKU}"),
    "domains": get(f"/domains?$select={shapes.DOMAIN}"),
    "subscriptions": get(f"/directory/subscriptions?$select={shapes.SUBSCRIPTION}"),
    "defaults": get("/policies/identitySecurityDefaultsEnforcementPolicy?$select=id,isEnabled"),
    "policies": get(f"/identity/conditionalAccess/policies?$select={shapes.POLICY}"),
    "deleted": get(f"/directory/deletedItems/microsoft.graph.user?{_USER}&$top={PAGE}"),
}
#: Where a later reading of what has changed begins. Its `$select` decides which changes are told.
TOKEN = get(f"/users/delta?$deltaToken=latest&{_USER},manager")
COUNT = eventual("/users?$count=true&$top=1&$select=id")


def by_address(addresses: Sequence[str]) -> Iterator[Request]:
    """Users who have one of these addresses, as their name or another one."""
    for some in _chunks(addresses, ADDRESSES):
        others = " or ".join(f"proxyAddresses/any(p:p eq {_text(f'smtp:{one}')})" for one in some)
        wanted = _filter(f"userPrincipalName in ({_listed(some)}) or {others}")
        yield get(f"/users?{wanted}&{_WHOLE}&$top={PAGE}")


def by_id(ids: Sequence[str]) -> Iterator[Request]:
    """Users by object id: each alone, which is the freshest, or by a filter when they are more than `ALONE`."""
    if len(ids) <= ALONE:
        yield from (get(f"/users/{quote(one, safe='')}?{_WHOLE}") for one in ids)
        return
    for some in _chunks(ids, TEXTS):
        yield get(f"/users?{_filter(f'id in ({_listed(some)})')}&{_WHOLE}&$top={PAGE}")


def on_domain(domain: str, most: int) -> Request:
    """Some of the users whose name is on a domain."""
    wanted = _filter(f"endsWith(userPrincipalName,{_text(f'@{domain}')})")
    return eventual(f"/users?{wanted}&$count=true&$select=id,userPrincipalName&$top={min(most, PAGE)}")


def domain(name: str) -> Request:
    """One domain."""
    return get(f"/domains/{quote(name, safe='')}?$select=id,isVerified")


def references(domain: str) -> Request:
    """What refers to a domain."""
    return get(f"/domains/{quote(domain, safe='')}/domainNameReferences?$select=id&$top={PAGE}")


def proofs(domain: str) -> Request:
    """What proves a domain."""
    return get(f"/domains/{quote(domain, safe='')}/verificationDnsRecords")


def wanted_records(domain: str) -> Request:
    """What a verified domain wants in DNS."""
    return get(f"/domains/{quote(domain, safe='')}/serviceConfigurationRecords")


def all_groups() -> Request:
    """The first page of all groups."""
    return get(_GROUPS)


def groups(names: Sequence[str]) -> Iterator[Request]:
    """Groups by object id, unique name or display name."""
    for name in names:
        inside = f"/{name}" if is_id(name) else "(uniqueName={})".format(quote(_text(name), safe="'"))
        yield get(f"/groups{inside}?$select={shapes.GROUP}")
    for some in _chunks([one for one in names if not is_id(one)], TEXTS):
        yield get(f"{_GROUPS}&{_filter(f'displayName in ({_listed(some)})')}")


def members(group: str) -> Request:
    """Whom a group holds."""
    return get(f"/groups/{quote(group, safe='')}/members?$select=id&$top={PAGE}")


def is_id(name: str) -> bool:
    """Tell whether this has the form of an object id."""
    return len(name) == 36 and name[8::5][:4] == "----" and all(one in "0123456789abcdefABCDEF-" for one in name)


def items(provider: str, what: str, body: Entry) -> Sequence[Entry]:
    """The items of a list that has no pages.

    Raises:
        Invalid: it is none.
    """
    if "value" not in body:
        raise Told(provider, what, body).wrong("value", "a list of objects")
    return Told(provider, what, body).entries("value")


def _chunks(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))


def _text(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _listed(texts: Iterable[str]) -> str:
    return ",".join(map(_text, texts))


def _filter(text: str) -> str:
    return "$filter=" + quote(text, safe="(),:/'@")
