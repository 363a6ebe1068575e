"""A tenant: its domains, people, groups, products and policies; what is written, and what is shown of it meanwhile.

Each object's state is one dictionary as Graph would show it; a write puts a new one in its place and never changes the
old one, so that a reader that lags can be shown the state from before. Names that begin with `_` are never shown.
"""

from __future__ import annotations

import random
import uuid
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Data = dict[str, Any]

#: After this every replica has every write.
SETTLED = timedelta(minutes=15)
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Token:
    """Who asks: an app in a tenant, and the permissions it was granted there; none = all."""

    tenant: str
    app: str = "app"
    permissions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """One write that took effect."""

    time: datetime
    app: str
    sort: str
    object: str


@dataclass(slots=True)
class Domain:
    """A domain of the tenant.

    Attributes:
        services: supported ones. managed: Microsoft keeps its DNS zone. proof: the text that proves it.
        fresh: users that cannot be made on it yet, though it is verified. seen: when its proof was seen first.
        unavailable: services of which the tenant cannot name the records.
    """

    name: str
    verified: bool = False
    default: bool = False
    initial: bool = False
    root: bool = False
    managed: bool = False
    federated: bool = False
    services: tuple[str, ...] = ()
    unavailable: frozenset[str] = frozenset()
    fresh: int = 0
    seen: datetime | None = None
    state: Data | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A service plan of a product."""

    id: str
    name: str
    applies: str = "User"


@dataclass(slots=True)
class Product:
    """A subscribed SKU."""

    sku_id: str
    part: str
    enabled: int = 0
    warning: int = 0
    suspended: int = 0
    locked: int = 0
    status: str = "Enabled"
    applies: str = "User"
    plans: tuple[Plan, ...] = ()


@dataclass(slots=True)
class Thing:
    """A user or a group; `data` is None once it is purged, and holds `deletedDateTime` while it is deleted softly."""

    id: str
    kind: str
    born: int
    data: Data | None = None


@dataclass(slots=True)
class Late:
    """What replicas show of an object that was written: the state from before in the reads that `narrow` names (by id,
    and whole lists) or `wide` (filtered lists)."""

    before: Data | None
    since: datetime
    mark: int
    narrow: tuple[bool, ...]
    wide: tuple[bool, ...]
    reads: int = 0

    def stale(self, wide: bool) -> bool:
        """Whether this read shows the state from before; counts the read."""
        self.reads += 1
        plan = self.wide if wide else self.narrow
        return self.reads <= len(plan) and plan[self.reads - 1]


def alive(data: Data | None) -> bool:
    """Whether this is the state of an object that is not deleted."""
    return data is not None and "deletedDateTime" not in data


def addresses(data: Data) -> Iterator[str]:
    """Every address that nobody else can have, lower case."""
    if "userPrincipalName" in data:
        yield data["userPrincipalName"].lower()
    if data.get("mailEnabled") and data.get("mail"):
        yield data["mail"].lower()
    for one in data.get("proxyAddresses", ()):
        yield one.partition(":")[2].lower()


@dataclass
class Tenant:
    """One customer.

    Attributes:
        users, groups: by object id, deleted ones too. order: of those alive, in the order of their making, by kind.
        skus: by SKU id. subscriptions: as Graph shows them. conflicts, needs: service plan names, in pairs.
        security_defaults, conditional_access: the policies. audits: each write. passwords: by user, all that were set.
        seed: what its random names come from. lag: reads that a write is late for. sessions: revoked, by user.
        late: objects that some replicas do not show as they are.
    """

    initial: str
    id: str = ""
    display_name: str = "Contoso"
    country: str = "MX"
    seed: str = field(default_factory=lambda: uuid.uuid4().hex)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lag: int = 0
    domains: dict[str, Domain] = field(default_factory=dict)
    users: dict[str, Thing] = field(default_factory=dict)
    groups: dict[str, Thing] = field(default_factory=dict)
    skus: dict[str, Product] = field(default_factory=dict)
    subscriptions: list[Data] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    needs: list[tuple[str, str]] = field(default_factory=list)
    security_defaults: bool = False
    conditional_access: list[Data] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    passwords: dict[str, list[str]] = field(default_factory=dict)
    sessions: Counter[str] = field(default_factory=Counter)
    consumed: Counter[str] = field(default_factory=Counter)
    owners: dict[str, Thing] = field(default_factory=dict)
    changes: list[tuple[int, str]] = field(default_factory=list)
    order: dict[str, list[Thing]] = field(default_factory=lambda: {"user": [], "group": []})
    late: dict[str, Late] = field(default_factory=dict)
    jobs: list[tuple[int, str]] = field(default_factory=list)
    sequence: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(f"{self.seed} ids")
        self.id = self.id or self.guid()
        self.domain(self.initial, initial=True, default=True, root=True)

    def guid(self) -> str:
        """A new object id."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    # Makers for tests

    def domain(self, name: str, verified: bool = True, **attributes: Any) -> Domain:
        """Plant a domain; a verified one has mail and Teams unless it is told otherwise."""
        services = ("Email", "OfficeCommunicationsOnline") if verified else ()
        made = Domain(name, verified, **{"services": services, "root": verified} | attributes)
        if made.default:
            for one in self.domains.values():
                one.default = False
        self.domains[name] = made
        return made

    def person(self, upn: str, **attributes: Any) -> Thing:
        """Plant a user; attributes are Graph's. `licenses`: SKU ids; `manager`: an object id."""
        local = upn.partition("@")[0]
        upn = upn if "@" in upn else f"{upn}@{self.initial}"
        licenses, manager = attributes.pop("licenses", ()), attributes.pop("manager", None)
        identity = attributes.pop("id", None) or self.guid()
        data = {"id": identity, "userPrincipalName": upn, "displayName": local.title(), "mailNickname": local}
        data |= {"accountEnabled": True, "userType": "Member", "usageLocation": self.country} | attributes
        if manager:
            data["_manager"] = manager
        if licenses:
            data |= held([{"skuId": one, "disabledPlans": [], "assignedByGroup": None} for one in licenses])
        return self.plant("user", data)

    def people(self, count: int, domain: str = "", **attributes: Any) -> list[Thing]:
        """Plant that many users, `user1@` and so on."""
        return [self.person(f"user{one}@{domain or self.initial}", **attributes) for one in range(1, count + 1)]

    def guest(self, mail: str, **attributes: Any) -> Thing:
        """Plant somebody invited from elsewhere."""
        upn = f"{mail.replace('@', '_')}#EXT#@{self.initial}"
        more = {"userType": "Guest", "externalUserState": "Accepted", "mail": mail, "usageLocation": None}
        return self.person(upn, **more | attributes)

    def group(self, name: str, members: Iterable[str] = (), kind: str = "microsoft365", **attributes: Any) -> Thing:
        """Plant a group: microsoft365, security, distribution, mail-security or dynamic."""
        data: Data = {"id": self.guid(), "displayName": name, "mailNickname": "".join(name.split())}
        data |= KINDS[kind] | {"_members": tuple(members)}
        if data["mailEnabled"]:
            data["mail"] = f"{data['mailNickname']}@{self.initial}"
        return self.plant("group", data | attributes)

    def sku(self, part: str, enabled: int = 25, plans: Iterable[str] = (), **attributes: Any) -> Product:
        """Plant a product with service plans of these names; the same name is the same plan everywhere."""
        made = tuple(Plan(str(uuid.uuid5(uuid.NAMESPACE_DNS, f"plan {one}")), one) for one in plans)
        sku_id = attributes.pop("sku_id", None) or str(uuid.uuid5(uuid.NAMESPACE_DNS, f"sku {part}"))
        product = Product(sku_id, part, enabled, plans=made, **attributes)
        self.skus[sku_id] = product
        return product

    def subscription(self, product: Product, ends: str, **attributes: Any) -> Data:
        """Plant what was bought of a product; `ends`: the instant of its renewal, as Graph writes it."""
        made: Data = {"id": self.guid(), "commerceSubscriptionId": self.guid(), "skuId": product.sku_id}
        made |= {"skuPartNumber": product.part, "status": product.status, "totalLicenses": product.enabled}
        made |= {"isTrial": False, "nextLifecycleDateTime": ends} | attributes
        self.subscriptions.append(made)
        return made

    def plant(self, kind: str, data: Data) -> Thing:
        """A new object that every replica has."""
        thing = Thing(data["id"], kind, 0)
        self.of(kind)[thing.id] = thing
        self.write(thing, data, lag=0)
        return thing

    # Reading

    def of(self, kind: str) -> dict[str, Thing]:
        """Every object of a kind, by id."""
        return self.users if kind == "user" else self.groups

    def thing(self, identity: str) -> Thing | None:
        """Any object by id."""
        return self.users.get(identity) or self.groups.get(identity)

    def shown(self, thing: Thing, wide: bool = False) -> Data | None:
        """What one replica shows of an object; counts as a read of it."""
        late = self.late.get(thing.id)
        if late is None:
            return thing.data
        if self.now() - late.since >= SETTLED or late.reads >= len(late.wide):
            del self.late[thing.id]
            return thing.data
        return late.before if late.stale(wide) else thing.data

    def verified(self, address: str) -> Domain | None:
        """The verified domain of an address."""
        found = self.domains.get(address.rpartition("@")[2].lower())
        return found if found is not None and found.verified else None

    @property
    def deleted(self) -> list[Thing]:
        """What was deleted and can be restored."""
        things = (*self.users.values(), *self.groups.values())
        return [one for one in things if one.data is not None and not alive(one.data)]

    @property
    def main(self) -> Domain:
        """The default domain."""
        return next(one for one in self.domains.values() if one.default)

    # Writing

    def write(self, thing: Thing, data: Data | None, lag: int | None = None) -> None:
        """Put a new state in the place of what was; seats, addresses and the order of lists follow."""
        before, thing.data = thing.data, data
        self._addresses(thing, before, data)
        if thing.kind == "user":
            self._seats(before, data)
        self._listed(thing, alive(before), alive(data))
        thing.born = thing.born or self.sequence + 1  # one who is planted deleted has a place too
        self.sequence += 1
        self.changes.append((self.sequence, thing.id))
        late = self.lag if lag is None else lag
        if late:
            old = self.late.get(thing.id)
            narrow, wide = self._mixed(late), self._mixed(2 * late)
            first, mark = (old.before, old.mark) if old else (before, self.sequence - 1)
            self.late[thing.id] = Late(first, self.now(), mark, narrow, wide)

    def _mixed(self, lag: int) -> tuple[bool, ...]:
        """`lag` reads show what was before; good ones lie between them."""
        plan = [True] * lag + [False] * (lag - 1)
        self.random.shuffle(plan)
        return tuple(plan)

    def _addresses(self, thing: Thing, before: Data | None, data: Data | None) -> None:
        for one in addresses(before) if before is not None and alive(before) else ():
            if self.owners.get(one) is thing:
                del self.owners[one]
        for one in addresses(data) if data is not None and alive(data) else ():
            self.owners[one] = thing

    def _seats(self, before: Data | None, data: Data | None) -> None:
        old = before.get("assignedLicenses") if before is not None and alive(before) else None
        new = data.get("assignedLicenses") if data is not None and alive(data) else None
        if old is not new:
            self.consumed.subtract(one["skuId"] for one in old or ())
            self.consumed.update(one["skuId"] for one in new or ())

    def _listed(self, thing: Thing, was: bool, now: bool) -> None:
        listed = self.order[thing.kind]
        if was and not now:
            del listed[bisect_left(listed, thing.born, key=lambda one: one.born)]
        elif now and not was:
            thing.born = self.sequence + 1
            listed.append(thing)


KINDS: dict[str, Data] = {
    "microsoft365": {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False},
    "security": {"groupTypes": [], "mailEnabled": False, "securityEnabled": True},
    "mail-security": {"groupTypes": [], "mailEnabled": True, "securityEnabled": True},
    "distribution": {"groupTypes": [], "mailEnabled": True, "securityEnabled": False},
    "dynamic": {"groupTypes": ["DynamicMembership"], "mailEnabled": False, "securityEnabled": True},
}


def held(states: Iterable[Data]) -> Data:
    """What a user shows of these licences: one entry for each product that works, one state for each way it came."""
    listed = [{"state": "Active", "error": "None", **one} for one in states]
    plans: dict[str, set[str]] = {}
    for one in (one for one in listed if one["state"] == "Active"):
        disabled = set(one["disabledPlans"])
        plans[one["skuId"]] = plans[one["skuId"]] & disabled if one["skuId"] in plans else disabled
    products = [{"skuId": sku, "disabledPlans": sorted(disabled)} for sku, disabled in plans.items()]
    return {"assignedLicenses": products, "licenseAssignmentStates": listed}
