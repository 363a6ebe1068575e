"""Scenario 9 and rule 16: a rename is never a deletion and a creation, with the journal or without it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.binding import bind, strangers
from reconciler.ledger import EMPTY
from reconciler.model.diagnostic import Diagnostic, Origin
from reconciler.model.key import Key, Slot
from reconciler.model.resource import User
from reconciler.model.route import Route, Stage, Want
from reconciler.policy import Rules
from tests.semantics.world import System, World, domain

TENANT = "shop.onmicrosoft.com"


@dataclass(frozen=True)
class Person:
    """An account of the spec; its id is its first address unless one is given."""

    address: str
    name: str = "Ana"
    given_id: str = ""
    renamed_from: str | None = None
    new: bool = False
    adopt: str | None = None
    origin: Origin = Origin()

    @property
    def id(self) -> str:
        return self.given_id or self.address


def account(upn: str, **state: bool) -> User:
    """A live account."""
    remote = f"object-{upn}"
    return User(Key("tenant", TENANT, "user", remote), upn, "Ana", remote, **state)  # type: ignore[arg-type]


def company(*live: User) -> World:
    """A tenant, its domain and the accounts in it."""
    homes = (domain(TENANT, name, verified=True) for name in (TENANT, "shop.example"))
    return World({TENANT: System([*homes, *live])}, [], rules=Rules(max_destroy=5))


def spec(world: World, *people: Person) -> list[Diagnostic]:
    """The spec now names these people; what it is refused for."""
    wants: dict[Slot, Want] = {}
    for one in people:
        key = Key("tenant", TENANT, "user", one.id)
        wants |= {Slot(key, ""): Want("present"), Slot(key, "upn"): Want(one.address)}
        wants |= {Slot(key, "displayName"): Want(one.name)}
    world.routes = [Route("people", TENANT, "tenant", (Stage("accounts", wants), Stage("retire")))]
    live = world.systems[TENANT].resources.values()
    world.binding = bind(TENANT, people, {}, world.known, live)
    found = strangers(TENANT, people, world.binding, world.known, live)
    return [*world.binding.diagnostics, *found]


def run(world: World, *people: Person) -> None:
    """One reviewed apply that nothing stands in the way of."""
    assert spec(world, *people) == []
    world.approve()
    world.apply()
    assert spec(world, *people) == []
    world.apply()


def users(world: World) -> dict[str, tuple[str, bool]]:
    """By object id: address, and whether it may sign in."""
    found = world.systems[TENANT].resources.values()
    return {one.remote_id: (one.upn, one.enabled) for one in found if isinstance(one, User)}


ANA, ANNE, EVA = Person("ana@shop.example"), Person("anne@shop.example"), Person("eva@shop.example", "Eva")


def renamed() -> World:
    """Ana was created, and is called Anne now."""
    world = company()
    run(world, ANA)
    run(world, Person("anne@shop.example", renamed_from="ana@shop.example"))
    return world


def test_rename_is_an_update() -> None:
    """The account keeps its object id, its password and its mail."""
    world = renamed()
    assert users(world) == {"object-ana@shop.example": ("anne@shop.example", True)}
    assert [bool(change.before) for change in world.writes] == [False, True]


def test_renamed_from_may_be_removed_later() -> None:
    """The person is not blocked when the line that helped is gone."""
    world = renamed()
    assert spec(world, ANNE) == []
    assert not world.plan().acts
    assert users(world) == {"object-ana@shop.example": ("anne@shop.example", True)}


def test_upn_under_a_known_object_is_that_user() -> None:
    """Another id for the same live address is the same person."""
    world = company()
    run(world, ANA)
    other = Person("ana@shop.example", given_id="employee-7")
    assert spec(world, other) == []
    assert not world.plan().acts


def test_reused_id_moves_nobody() -> None:
    """An id says who somebody is; where another account holds the address, nothing happens to either."""
    world = company()
    run(world, Person("ana@shop.example", given_id="boss"), EVA)
    spec(world, Person("eva@shop.example", "Eva", given_id="boss"))
    world.rules = replace(world.rules, max_destroy=1)
    acts = world.plan().acts
    assert {act.slot.part for act in acts} == {"", "upn", "displayName"}
    assert all(act.refusal for act in acts)


def test_omitting_one_and_creating_another_is_refused() -> None:
    """In one tenant, whatever the domains: it may be a rename that nobody said."""
    world = company()
    run(world, Person("ana@shop.onmicrosoft.com"))
    assert [one.rule for one in spec(world, ANA)] == ["accounts/new-or-renamed"]
    assert spec(world, Person("ana@shop.example", renamed_from="ana@shop.onmicrosoft.com")) == []
    assert spec(world, Person("ana@shop.example", new=True)) == []


def test_omission_blocks_and_goes_no_further() -> None:
    """One who left the spec cannot sign in, and is never deleted; later newcomers are not held up by it."""
    world = company()
    run(world, ANA, EVA)
    run(world, ANA)
    assert users(world)["object-eva@shop.example"] == ("eva@shop.example", False)
    assert not world.plan().acts
    run(world, ANA, Person("luis@shop.example", "Luis"))
    assert len(users(world)) == 3


def test_without_a_journal_strangers_hold_creation_up() -> None:
    """Nothing is known, and somebody else is there at that domain: only `new: true` creates."""
    world = renamed()
    world.lose_journal()
    assert [one.rule for one in spec(world, ANA)] == ["accounts/new-or-renamed"]
    assert spec(world, Person("ana@shop.example", new=True)) == []
    assert spec(world, Person("ana@elsewhere.example")) == []
    assert spec(world, Person("ana@shop.example", renamed_from="anne@shop.example")) == []


def test_without_a_journal_an_equal_account_is_adopted() -> None:
    """Its address is live: it is that person, and nothing is written."""
    world = renamed()
    world.lose_journal()
    writes = len(world.writes)
    run(world, ANNE)
    assert len(world.writes) == writes
    assert world.known.remote == {f"tenant/{TENANT}/user/anne@shop.example": "object-ana@shop.example"}


def test_two_people_never_share_an_account() -> None:
    """Two lines that lead to one object id are an error at the second."""
    world = company()
    run(world, ANA)
    found = spec(world, ANA, Person("anna@shop.example", renamed_from="ana@shop.example"))
    assert [one.rule for one in found] == ["accounts/same-person"]


def test_guests_and_other_tenants_are_nobody() -> None:
    """A guest with the address of a spec user is not taken for that user."""
    bound = bind(TENANT, [ANA], {}, EMPTY, [account("ana@shop.example", guest=True)])
    assert not bound.remote


def test_deleted_user_is_restored_not_made_again() -> None:
    """A soft-deleted account with the address is restored, unless the author says it is somebody new."""
    gone = account("ana@shop.example", deleted=True)
    assert bind(TENANT, [ANA], {}, EMPTY, [gone]).remote == {("user", ANA.id): gone.remote_id}
    assert not bind(TENANT, [Person("ana@shop.example", new=True)], {}, EMPTY, [gone]).remote
