"""The tenant transitions: domains, accounts, licences and groups, each with the turns that lose people their mail."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.conformance.states import State, Transition, domain, group, licenses, sign_in, user
from reconciler.model.resource import Resource

ANA, BEA = user("ana"), user("bea")
NAMED = user(
    "ana",
    display_name="Ana López Ñandú",
    given_name="Ana",
    surname="López Ñandú",
    phone="+52 81 5555 0100",
    department="Ventas & Compras",
    job_title='Jefa "general"',
    aliases=("ana.lopez@", "ventas@"),
)

#: What must be there first, then one ordinary resource of each kind and a second one as ordinary.
PLAIN: Mapping[str, tuple[State, Resource, Resource]] = {
    "domain": ((), domain("plain.example"), domain("other.example")),
    "user": ((), user("plain"), user("plain", display_name="Renamed", department="Sales")),
    "licenses": ((user("plain"),), licenses("plain", "SKU-1"), licenses("plain", "SKU-2")),
    "group": ((user("plain"),), group("crew"), group("crew", "plain")),
}


def _story(name: str, *states: State) -> Transition:
    return Transition(name, "tenant", states)


TRANSITIONS = (
    _story("user: created with little, then with much", (ANA,), (NAMED,)),
    _story("user: created with much, then less", (NAMED,), (user("ana", display_name="Ana"),)),
    _story("user: one attribute at a time", (ANA,), *((user("ana", **{k: "x"}),) for k in ("phone", "department"))),
    _story("user: another address", (ANA,), (user("ana", upn="ana.lopez@"),), (ANA,)),
    _story("user: another address, the old one kept", (ANA,), (user("ana", upn="a.lopez@", aliases=("ana@",)),)),
    _story("user: another name", (ANA,), (user("ana", display_name="Ana Ruiz", surname="Ruiz"),)),
    _story("user: blocked, let in again", (ANA,), (user("ana", enabled=False),), (ANA,)),
    _story("user: deleted, restored", (ANA, BEA), (BEA,), (ANA, BEA)),
    _story("user: deleted, restored under another name", (ANA,), (), (user("ana", display_name="Ana Ruiz"),)),
    _story("user: blocked, deleted", (user("ana", enabled=False),), ()),
    _story("user: aliases grow and shrink", *((user("ana", aliases=a),) for a in (("a@",), ("a@", "b@"), ("b@",), ()))),
    _story(
        "user: an alias that became the first address goes back",
        (user("ana", aliases=("a@",), mail="a@"),),
        (user("ana", aliases=("a@", "b@")),),
        (user("ana", aliases=("a@", "b@"), mail="b@"),),
        (user("ana", aliases=("a@", "b@")),),
    ),
    _story("users: two trade names", (ANA, BEA), (user("ana", display_name="Bea"), user("bea", display_name="Ana"))),
    _story(
        "licences: given, swapped, taken",
        (ANA,),
        (ANA, licenses("ana", "SKU-1")),
        (ANA, licenses("ana", "SKU-2")),
        (ANA, licenses("ana", "SKU-1", "SKU-2")),
        (ANA, licenses("ana", "SKU-2")),
        (ANA,),
    ),
    _story("licences: of a user who is made in the same batch", (ANA, licenses("ana", "SKU-1"))),
    _story("group: with a member who is made in the same batch", (ANA, group("staff", "ana"))),
    _story(
        "licences: two users",
        (ANA, BEA),
        (ANA, BEA, licenses("ana", "SKU-1"), licenses("bea", "SKU-1")),
        (ANA, BEA, licenses("ana", "SKU-1"), licenses("bea", "SKU-2")),
    ),
    _story(
        "domain: claimed, verified",
        (domain("claimed.example"),),
        (domain("claimed.example", verified=True),),
    ),
    _story(
        "domain: verified, default",
        (domain("claimed.example"), domain("second.example")),
        (domain("claimed.example", verified=True), domain("second.example")),
        (domain("claimed.example", verified=True, default=True), domain("second.example")),
    ),
    _story(
        "user: moves to the domain that was verified",
        (domain("moves.example"), ANA),
        (domain("moves.example", verified=True), ANA),
        (domain("moves.example", verified=True), user("ana", upn="ana@moves.example")),
    ),
    _story(
        "group: members come and go",
        (ANA, BEA),
        (ANA, BEA, group("staff")),
        (ANA, BEA, group("staff", "ana")),
        (ANA, BEA, group("staff", "ana", "bea")),
        (ANA, BEA, group("staff", "bea")),
    ),
    _story("group: renamed", (group("staff"),), (group("staff", display_name="All of us"),)),
    _story("sign-in: security defaults on, then off", (sign_in(defaults=True),), (sign_in(),)),
    _story(
        "domain: a service put off, then on",
        (domain("serves.example"),),
        (domain("serves.example", verified=True),),
        (domain("serves.example", verified=True, services=("Email", "Yammer")),),
        (domain("serves.example", verified=True, services=("Email", "OfficeCommunicationsOnline")),),
    ),
    _story("group: security", (group("staff", group_kind="security"),)),
)
