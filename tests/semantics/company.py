"""The company of most stories: an old hosting company, a new tenant, two senders, and a vendor whose TXT stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import Assert, Route, Stage, Task, Wait, Want, ttl_before
from reconciler.model.value import Constraint, Unknown, Value
from reconciler.plan import Plan
from tests.semantics.world import START, System, World, snapshot

ZONE, TENANT = "shop.example", "shop.onmicrosoft.com"
MX, TXT, WWW = (Key("dns", ZONE, kind, name) for kind, name in (("MX", "@"), ("TXT", "@"), ("A", "www")))
OLD_A, AUTO = Key("dns", ZONE, "A", "oldmail"), Key("dns", ZONE, "CNAME", "autodiscover")
DOMAIN = Key("tenant", TENANT, "domain", ZONE)
OLD, NEW, OTHER = ("10 mx.old.example.",), ("0 shop.mail.protection.outlook.com.",), ("0 shop.mx.microsoft.",)
VENDOR = "vendor-verification=1"
SPF = "v=spf1 include:spf.old.example ip4:198.51.100.9 -all"
WINDOW = START + timedelta(days=3)
STAGES = ("claim", "lower", "prepare", "freeze", "deliver", "hold", "retire", "settle")
MX_FACT = f"tenant/{TENANT}/domain/{ZONE}#MX/@"
TENANT_MX = Unknown(MX_FACT, Constraint("a host of the tenant", under=("mail.protection.outlook.com", "mx.microsoft")))


def term(name: str) -> Slot:
    """One SPF term of the zone."""
    return Slot(TXT, f"spf/{name}")


def senders(*names: str) -> dict[Slot, Want]:
    """The SPF of some senders."""
    wants = {term(f"include:{name}.example"): Want(f"include:{name}.example", owner=name) for name in names}
    return {**wants, term("all"): Want("~all", seed=True)}


def steady(*names: str, www: str = "192.0.2.1") -> Route:
    """A finished domain: a host, and senders."""
    prepare = {Slot(WWW, ""): Want((www,)), **senders(*names)}
    return Route("steady", ZONE, "dns", (Stage("prepare", prepare), Stage("retire")))


def migration(
    *names: str,
    window: bool = True,
    task: bool = True,
    check: bool = True,
    baseline: Mapping[Slot, Value | None] | None = None,
    route: str = "move",
) -> Route:
    """P0 to P12 in small: lower the TTL, claim, prepare, freeze, deliver, hold, retire, settle."""
    lowered = {Slot(MX, "ttl"): Want(300, owner="migration"), Slot(TXT, "ttl"): Want(300, owner="migration")}
    settled = {slot: Want(ttl_before(slot.key), owner="migration") for slot in lowered}
    until = (Wait("until", "the window opens", instant=WINDOW),) if window else ()
    asks = (Assert("probe/new-server", "answers", "the new server takes mail"),) if check else ()
    old = "include:spf.old.example"
    stages = (
        Stage("claim", {Slot(DOMAIN, ""): Want("present")}),
        Stage("lower", lowered),
        Stage("prepare", {Slot(WWW, ""): Want(("192.0.2.1",)), **senders("new", *names)}),
        Stage("freeze", {}, (Task("freeze", "stop moving mailboxes"),) if task else ()),
        Stage(
            "deliver",
            {Slot(MX, ""): Want(TENANT_MX)},
            (Wait("ttl", "old answers expire", (Slot(MX, ""),)), *until, *asks),
        ),
        Stage("hold", {}, (Wait("hold", "two days of calm", seconds=172_800),)),
        Stage("retire", {term(old): Want(None, only=old), Slot(OLD_A, ""): Want(None, only=("198.51.100.9",))}),
        Stage("settle", settled),
    )
    return Route(route, ZONE, "microsoft365", stages, baseline=baseline)


def pinned(address: str) -> Route:
    """The old server, named by `mx` until now, gets its address into SPF before the MX moves."""
    wants = {term(f"ip4:{address}"): Want(f"ip4:{address}", pin="mx"), term("mx"): Want(None, only="mx")}
    return Route("pin", ZONE, "dns", (Stage("prepare", wants), Stage("retire")))


def zone(*extra: RecordSet) -> list[RecordSet]:
    """The zone as the old hosting company left it."""
    return [
        RecordSet(MX, 3600, OLD),
        RecordSet(TXT, 7200, tuple(sorted((SPF, VENDOR)))),
        RecordSet(OLD_A, 3600, ("198.51.100.9",)),
        RecordSet(Key("dns", ZONE, "NS", "@"), 86400, ("ns1.old.example.", "ns2.old.example.")),
        *extra,
    ]


def company(*routes: Route) -> World:
    """The zone, the tenant, and the routes of its spec; the tenant has named its MX."""
    facts: dict[str, Value] = {MX_FACT: NEW, "probe/new-server": "answers"}
    return World({ZONE: System(zone()), TENANT: System()}, list(routes), facts)


def moving(*names: str) -> tuple[World, Route]:
    """A company about to migrate, with the snapshot that `import` took."""
    world = company()
    route = migration(*names)
    route = migration(*names, baseline=snapshot(world, route))
    world.routes = [route]
    return world, route


def spf(world: World) -> str:
    """The SPF record as it is live."""
    return next((text for text in world.values(TXT) if text.startswith("v=spf1")), "")


def ids(made: Plan) -> set[str]:
    """Every step of a plan."""
    return {act.id for act in made.acts}
