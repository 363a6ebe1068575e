"""Guards: each stops exactly what it is for, and the six conditions for deletion by omission all have to hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler import policy
from reconciler.diff import Row
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Licenses, RecordSet, Resource, Sku, TenantDomain, User
from reconciler.model.route import Route, Stage, Want
from reconciler.model.value import Value
from reconciler.policy import Case, Rules
from reconciler.verdict import Verdict
from tests.semantics.world import System, World

ZONE, TENANT = "shop.example", "shop.onmicrosoft.com"
HOST = ("192.0.2.1",)


def a(name: str) -> Key:
    """An address record set."""
    return Key("dns", ZONE, "A", name)


def row(key: Key, verdict: Verdict, part: str = "", before: Value | None = HOST, after: Value | None = None) -> Row:
    """One compared slot."""
    return Row(Slot(key, part), 0, verdict, "", before, after)


def hosts(count: int) -> dict[Key, Resource]:
    """A zone with so many record sets."""
    return {a(f"h{number}"): RecordSet(a(f"h{number}"), 300, HOST) for number in range(count)}


def reasons(case: Case, rules: Rules | None = None) -> set[str]:
    """Why acts are refused."""
    return set(policy.refusals(case, rules or Rules(max_destroy=1000)).values())


def spec(*names: str, protect: bool = False) -> Route:
    """A domain with some hosts."""
    wants = {Slot(a(name), ""): Want(HOST, protect=protect) for name in names}
    return Route("r", ZONE, "dns", (Stage("prepare", wants), Stage("retire")))


def omitting(**more: bool) -> World:
    """Two hosts were published, and one has left the spec."""
    world = World({ZONE: System()}, [spec("www", "ftp", **more)], rules=Rules(max_destroy=1))
    world.approve()
    world.apply()
    world.routes = [spec("www")]
    return world


def going(world: World) -> list[Key]:
    """What would be removed."""
    return [act.slot.key for act in world.plan().acts if act.effect == "destroy" and not act.refusal]


def test_omitted_record_goes_when_all_six_conditions_hold() -> None:
    """Ours, unchanged, in scope, not protected, read completely, within the guards: then it goes."""
    assert going(omitting()) == [a("ftp")]


def test_condition_1_ours() -> None:
    """What the ledger does not have stays."""
    world = omitting()
    world.lose_journal()
    assert going(world) == []


def test_condition_2_unchanged() -> None:
    """What somebody changed since stays, and is shown."""
    world = omitting()
    world.put(a("ftp"), "203.0.113.1")
    assert going(world) == []
    assert [one.slot.key for one in world.plan().rows(Verdict.ORPHAN)] == [a("ftp")]


def test_condition_3_in_scope() -> None:
    """What lies in a zone that the spec no longer names stays."""
    world = omitting()
    world.routes = [Route("other", "other.example", "dns", (Stage("retire"),))]
    assert going(world) == []


def test_condition_4_not_protected() -> None:
    """Protection outlives the line that asked for it."""
    world = omitting(protect=True)
    world.routes = [
        spec("ftp", protect=True),
    ]
    assert going(world) == []
    assert ["protected" in act.refusal for act in world.plan().acts] == [True]


def test_condition_5_complete() -> None:
    """Nothing goes unless everything was read; nor when the spec came out empty."""
    world = omitting()
    world.complete = False
    assert going(world) == []
    world.complete = True
    assert going(world) == [a("ftp")]
    world.rules = Rules(max_destroy=10)
    world.routes = [spec()]
    assert going(world) == []


@pytest.mark.parametrize(
    ("allowed", "acknowledged", "goes"), [(0, 0, False), (1, 0, True), (0, 1, True), (0, ("x",), False)]
)
def test_condition_6_within_guards(allowed: int, acknowledged: int | tuple[str, ...], goes: bool) -> None:
    """No more than allowed, or than the spec expects by number or by name."""
    world = omitting()
    world.rules = Rules(max_destroy=allowed, acknowledged=acknowledged)
    assert bool(going(world)) is goes


def test_condition_6_expected_by_name() -> None:
    """An address that the spec expects to go does not count."""
    world = omitting()
    world.rules = Rules(acknowledged=(Slot(a("ftp"), "").address,))
    assert going(world) == [a("ftp")]


@pytest.mark.parametrize(
    ("gone", "total", "refused"), [(4, 10, True), (3, 10, False), (4, 9, False), (30, 100, False), (31, 100, True)]
)
def test_thirty_percent_of_a_zone(gone: int, total: int, refused: bool) -> None:
    """More than 30 % of a zone of at least ten record sets does not go, explicitly either."""
    live = hosts(total)
    rows = [row(key, Verdict.DESTROY) for key in list(live)[:gone]]
    assert bool(reasons(Case(rows, live, complete=True))) is refused


def test_value_of_a_text_set_is_no_record_set() -> None:
    """TXT sets that lose one value, and sets that are rewritten in the same plan, do not vanish."""
    live = hosts(10)
    texts = [Key("dns", ZONE, "TXT", f"h{number}") for number in range(6)]
    live |= {key: RecordSet(key, 300, ("v=spf1 -all", "token")) for key in texts}
    rows = [row(key, Verdict.DESTROY, "spf/all", "-all") for key in texts]
    assert not reasons(Case(rows, live, complete=True))
    swapped = [
        one for key in list(hosts(10)) for one in (row(key, Verdict.DESTROY), row(key, Verdict.CREATE, after=HOST))
    ]
    assert not reasons(Case(swapped, live, complete=True))


def test_name_servers_of_the_zone() -> None:
    """The apex NS is never changed; that of a delegation below it may be."""
    for name, refused in (("@", True), ("child", False)):
        rows = [row(Key("dns", ZONE, "NS", name), Verdict.UPDATE, after=("ns.example.",))]
        assert bool(reasons(Case(rows, {}, complete=True))) is refused


def test_last_mx() -> None:
    """The MX of the domain is replaced, never removed."""
    key = Key("dns", ZONE, "MX", "@")
    assert reasons(Case([row(key, Verdict.DESTROY)], {}, complete=True))
    assert not reasons(Case([row(key, Verdict.UPDATE, after=("0 .",))], {}, complete=True))


def test_cname_stands_alone() -> None:
    """A CNAME does not go beside others, nor others beside it, unless those leave in the same plan."""
    cname = Key("dns", ZONE, "CNAME", "h0")
    rows = [row(cname, Verdict.CREATE, before=None, after=("x.example.",))]
    assert reasons(Case(rows, hosts(1), complete=True))
    assert not reasons(Case([*rows, row(a("h0"), Verdict.DESTROY)], hosts(1), complete=True))
    beside = [row(a("h0"), Verdict.CREATE, before=None, after=HOST)]
    assert reasons(Case(beside, {cname: RecordSet(cname, 300, ("x.example.",))}, complete=True))


def test_seats_are_counted() -> None:
    """More licences than free seats are refused with how many to buy; a seat freed in the same plan counts."""
    sku = Key("tenant", TENANT, "sku", "E3")
    users = [Key("tenant", TENANT, "licenses", name) for name in ("ana", "eva", "luis")]
    live: dict[Key, Resource] = {sku: Sku(sku, "id", enabled=2, consumed=1), users[2]: Licenses(users[2], "3", ("E3",))}
    wanted = [row(key, Verdict.CREATE, "E3", None, "direct") for key in users[:2]]
    assert reasons(Case(wanted, live, complete=True)) == {"2 seats of E3 are needed, 1 is free: buy 1"}
    assert not reasons(Case([*wanted, row(users[2], Verdict.DESTROY, "E3", "direct")], live, complete=True))


def test_seats_of_who_is_blocked() -> None:
    """Who cannot sign in and holds the product is named; not who gives it up already, a guest, or who is at work."""
    sku = Key("tenant", TENANT, "sku", "E3")
    wanted = row(Key("tenant", TENANT, "licenses", "ana"), Verdict.CREATE, "E3", None, "direct")
    held = {one: Licenses(Key("tenant", TENANT, "licenses", one), one, ("E3",)) for one in ("1", "2", "3", "4")}
    states: dict[str, Any] = {"1": {}, "2": {"enabled": False}, "3": {"enabled": False, "guest": True},
                              "4": {"enabled": False, "deleted": True}}  # fmt: skip
    users = [User(Key("tenant", TENANT, "user", f"u{one}@x"), f"u{one}@x", "U", one, **states[one]) for one in held]
    there: list[Resource] = [Sku(sku, "id"), *held.values(), *users]
    live = {one.key: one for one in there}
    (told,) = reasons(Case([wanted], live, complete=True))
    assert told.endswith("buy 1; u2@x is blocked and holds one: `absent: [{user: u2@x, license: NAME}]` frees it")
    live[users[0].key] = replace(users[0], enabled=False)
    (told,) = reasons(Case([wanted], live, complete=True))
    assert "u1@x is blocked and holds one (so does 1 more)" in told
    live[users[0].key] = users[0]
    going = row(held["2"].key, Verdict.DESTROY, "E3", "direct")
    second = row(Key("tenant", TENANT, "licenses", "eva"), Verdict.CREATE, "E3", None, "direct")
    (told,) = reasons(Case([wanted, second, going], live, complete=True))
    assert told == "2 seats of E3 are needed, 1 is free: buy 1"


def test_why_nothing_may_go() -> None:
    """A mistake in the spec is told as that."""
    rows = [row(a("h0"), Verdict.DESTROY)]
    (unread,) = reasons(Case(rows, hosts(1), complete=False))
    (mistaken,) = reasons(Case(rows, hosts(1), complete=False, mistaken=True))
    assert ("could be read" in unread, "first the errors below" in mistaken) == (True, True)
    assert not reasons(Case(rows, hosts(1), complete=True, mistaken=False))


def test_a_swap_is_no_loss_and_frees_no_seat_in_time() -> None:
    """A licence that makes way for another of the same user needs no acknowledgement; its seat is not counted on."""
    sku = Key("tenant", TENANT, "sku", "E3")
    ana, eva = (Key("tenant", TENANT, "licenses", name) for name in ("ana", "eva"))
    live: dict[Key, Resource] = {sku: Sku(sku, "id", enabled=1, consumed=1), ana: Licenses(ana, "1", ("E3",))}
    leaving = row(ana, Verdict.OMITTED, "E3", "direct")
    assert len(policy.refusals(Case([leaving], live, complete=True), Rules())) == 1
    swap = [leaving, row(ana, Verdict.CREATE, "F1", None, "direct")]
    live[sku._replace(name="F1")] = Sku(sku._replace(name="F1"), "id", enabled=1)
    assert not policy.refusals(Case(swap, live, complete=True), Rules())
    both = [*swap, row(eva, Verdict.CREATE, "E3", None, "direct")]
    assert list(policy.refusals(Case(both, live, complete=True), Rules())) == [Slot(eva, "E3")]


def test_synced_users_are_never_written() -> None:
    """What is mastered on premises is refused at plan time; licences are given in the tenant all the same."""
    user = Key("tenant", TENANT, "user", "eva")
    live: dict[Key, Resource] = {user: User(user, "eva@shop.example", "Eva", synced=True)}
    renamed = row(user, Verdict.UPDATE, "displayName", "Eva", "Eva Ruiz")
    (reason,) = reasons(Case([renamed], live, complete=True))
    assert "Active Directory" in reason
    licensed = row(user._replace(kind="licenses"), Verdict.DESTROY, "E3", "direct")
    assert not reasons(Case([licensed], live, complete=True))


def test_the_last_way_in_stays() -> None:
    """Of the accounts on the tenant's initial domain one stays enabled, whatever the spec says."""
    keys = [Key("tenant", TENANT, "user", name) for name in ("root", "spare")]
    live: dict[Key, Resource] = {key: User(key, f"{key.name}@{TENANT}", key.name) for key in keys}
    gone = [row(key, Verdict.DESTROY, "", "present") for key in keys]
    assert len(policy.refusals(Case(gone, live, complete=True), Rules())) == 2
    assert not policy.refusals(Case(gone[:1], live, complete=True), Rules())


def authoritative(*names: str) -> World:
    """A zone that the spec alone fills, holding more than it asks for."""
    world = World({ZONE: System(hosts(5).values())}, [spec(*names)], authoritative=frozenset({ZONE}))
    world.put(Key("dns", ZONE, "NS", "@"), "ns1.old.example.")
    world.rules = Rules(max_destroy=5)
    return world


def test_authoritative_zone_is_emptied_of_what_is_not_asked_for() -> None:
    """Everything else goes, except the zone's own name servers, and the second run has nothing to do."""
    world = authoritative("h0")
    world.approve()
    world.apply()
    assert {key.name for key in world.live} == {"h0", "@"}
    assert not world.plan().acts


def test_authoritative_zone_has_guards() -> None:
    """Neither more than allowed, nor more than 30 % of a larger zone."""
    world = authoritative("h0")
    world.rules = Rules(max_destroy=3)
    assert going(world) == []
    world = World({ZONE: System(hosts(12).values())}, [spec("h0")], authoritative=frozenset({ZONE}))
    world.rules = replace(Rules(), max_destroy=100)
    assert going(world) == []


def test_zone_is_not_authoritative_unless_somebody_says_so() -> None:
    """Records that nobody mentions are left alone."""
    world = authoritative("h0")
    world.authoritative = frozenset()
    assert world.plan().counts()["destroy"] == 0
    assert len(world.plan().unmanaged) == 5


def test_what_its_owner_keeps_is_left_alone() -> None:
    """It is not changed, not removed, and gets no neighbour that cannot stand beside it; other names go on."""
    kept = {a("www"): "an alias of elsewhere"}
    cname, txt = (a("www")._replace(kind=kind) for kind in ("CNAME", "TXT"))
    rows = [row(one, Verdict.CREATE, after=HOST) for one in (a("www"), cname, txt, a("ftp"))]
    found = policy.refusals(Case(rows, {}, True, locked=kept), Rules())
    assert set(found) == {Slot(a("www"), ""), Slot(cname, "")}
    assert all("an alias of elsewhere" in reason for reason in found.values())
    above = {a("www")._replace(kind="CNAME"): "weighted"}
    assert set(policy.refusals(Case(rows[2:], {}, True, locked=above), Rules())) == {Slot(txt, "")}


def test_plan_leaves_what_is_kept() -> None:
    """From the reading to the act."""
    world = World({ZONE: System()}, [spec("www", "ftp")])
    plain = world.plan()
    assert [act.refusal for act in plain.acts] == ["", ""]
    world.locked = {a("www"): "3 weighted sets"}
    refused = {act.slot.key: act.refusal for act in world.plan().acts}
    assert "3 weighted sets" in refused[a("www")]
    assert not refused[a("ftp")]


def test_a_flattened_cname_hides_no_other_type() -> None:
    """A CNAME at the zone's own name is flattened by its host: mail stands beside it, addresses do not."""
    flat = {a("@")._replace(kind="CNAME"): RecordSet(a("@")._replace(kind="CNAME"), 300, ("web.example.",))}
    wished = [a("@")._replace(kind=kind) for kind in ("MX", "TXT", "A")]
    rows = [row(one, Verdict.CREATE, after=HOST) for one in wished]
    assert set(policy.refusals(Case(rows, dict(flat), True), Rules())) == {Slot(a("@"), "")}


# Tenants


def test_alias_that_passes_to_another_account_is_no_loss() -> None:
    """Whoever else is to have it takes the mail; one that goes for good counts, and so does the rest of the plan."""
    ana, eva = (Key("tenant", TENANT, "user", name) for name in ("ana", "eva"))
    domain = Key("tenant", TENANT, "domain", ZONE)
    live: dict[Key, Resource] = {domain: TenantDomain(domain, verified=True)}
    live |= {one: User(one, f"{one.name}@{ZONE}", one.name) for one in (ana, eva)}
    part = f"aliases/info@{ZONE}"
    leaves = row(ana, Verdict.OMITTED, part, "present")
    assert set(policy.refusals(Case([leaves], live, complete=True), Rules())) == {Slot(ana, part)}
    places = {Slot(one, part): (0, 0) for one in (ana, eva)}
    passes = [leaves, row(eva, Verdict.CREATE, part, None, "present")]
    assert not policy.refusals(Case(passes, live, complete=True, places=places), Rules())
    other = f"aliases/sales@{ZONE}"
    both = [*passes, row(ana, Verdict.OMITTED, other, "present")]
    places[Slot(ana, other)] = (0, 0)
    found = policy.refusals(Case(both, live, complete=True, places=places), Rules())
    assert found[Slot(ana, other)].startswith("1 would go")
    assert Slot(ana, part) not in found


def test_plan_that_comes_on_again_is_no_loss() -> None:
    """Nobody acknowledges that somebody gets more; a product that goes with its plan counts once."""
    held = Key("tenant", TENANT, "licenses", "ana")
    plan, product = (row(held, Verdict.OMITTED, part, "x") for part in ("E3/YAMMER", "E3"))
    assert not policy.refusals(Case([plan], {}, complete=True), Rules())
    assert not policy.refusals(Case([plan, product], {}, complete=True), Rules(acknowledged=1))
    assert set(policy.refusals(Case([plan, product], {}, complete=True), Rules())) == {product.slot}
    assert policy.refusals(Case([plan], {}, complete=False), Rules())


def test_plan_that_is_off_needs_no_seat() -> None:
    """Nor does it free one, nor stand for a licence that is given in the place of another."""
    sku = Key("tenant", TENANT, "sku", "E3")
    ana, eva = (Key("tenant", TENANT, "licenses", name) for name in ("ana", "eva"))
    live: dict[Key, Resource] = {sku: Sku(sku, "id", enabled=1, consumed=1)}
    off = row(ana, Verdict.CREATE, "E3/YAMMER", None, "off")
    assert not policy.refusals(Case([off], live, complete=True), Rules())
    on = row(ana, Verdict.DESTROY, "E3/YAMMER", "off")
    wanted = row(eva, Verdict.CREATE, "E3", None, "direct")
    assert set(policy.refusals(Case([on, wanted], live, complete=True), Rules())) == {wanted.slot}
    leaves = row(ana, Verdict.OMITTED, "F1", "direct")
    assert set(policy.refusals(Case([off, leaves], live, complete=True), Rules())) == {leaves.slot}


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, "buy 1"),
        ({"renews": "2027-03-01"}, "buy 1 (it renews on 2027-03-01)"),
        ({"suspended": 9, "renews": "2027-03-01"}, "9 are suspended; have them paid, or buy 1"),
    ],
)
def test_what_to_do_about_seats(state: dict[str, Any], told: str) -> None:
    """How many to buy, when it renews, what is only unpaid."""
    sku = Key("tenant", TENANT, "sku", "E3")
    wanted = row(Key("tenant", TENANT, "licenses", "ana"), Verdict.CREATE, "E3", None, "direct")
    live: dict[Key, Resource] = {sku: Sku(sku, "id", **state)}
    assert reasons(Case([wanted], live, complete=True)) == {f"1 seat of E3 is needed, none is free: {told}"}


def test_alias_that_nobody_can_take_away() -> None:
    """Told before anything is written; what an address alone is about, in that tenant alone."""
    ana = Key("tenant", TENANT, "user", "ana")
    alias, phone = (row(ana, Verdict.DESTROY, part, "present") for part in (f"aliases/a@{ZONE}", "phone"))
    case = Case([alias, phone], {}, complete=True, growing={TENANT})
    assert set(policy.refusals(case, Rules())) == {alias.slot}
    assert not policy.refusals(replace(case, growing={"other.onmicrosoft.com"}), Rules())
