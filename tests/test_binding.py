"""Names of the spec and object ids of the tenant, in both directions."""

from __future__ import annotations

import pytest

from reconciler.binding import Binding, bind
from reconciler.ledger import Ledger, Owned
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, RecordSet, Resource, User
from reconciler.spec.accounts import Account

TENANT = "shop.onmicrosoft.com"


def key(kind: str, name: str) -> Key:
    """A key in the tenant."""
    return Key("tenant", TENANT, kind, name)


BOUND = Binding(
    TENANT,
    {("user", "ana"): "u1", ("group", "sales"): "g1"},
    {("user", "u1"): "ana", ("group", "g1"): "sales"},
)


def test_inward_speaks_the_names_of_the_spec() -> None:
    """Users, their licences, groups and members get the spec's names; strangers keep what they are known by."""
    live: list[Resource] = [
        User(key("user", "u1"), "ana@shop.example", "Ana", "u1"),
        User(key("user", "u2"), "eva@shop.example", "Eva", "u2"),
        User(key("user", "u3"), "gone@shop.example", "Gone", "u3", deleted=True),
        Licenses(key("licenses", "u1"), "u1", ("E3",)),
        Group(key("group", "g1"), "sales", "g1", members=("u1", "u2")),
        RecordSet(Key("dns", "shop.example", "A", "@"), 300, ("192.0.2.1",)),
    ]
    found = BOUND.inward({one.key: one for one in live})
    names = sorted(one.name for one in found)
    assert names == ["@", "ana", "ana", "eva@shop.example", "sales", "u3"]
    group = found[key("group", "sales")]
    assert isinstance(group, Group)
    assert group.members == ("ana", "u2")


def test_outward_is_the_way_back() -> None:
    """What came in goes out as the provider knows it; nothing goes out as nothing."""
    for one in (
        User(key("user", "u1"), "ana@shop.example", "Ana", "u1"),
        Licenses(key("licenses", "u1"), "u1", ("E3",)),
        Group(key("group", "g1"), "sales", "g1", members=("u1", "u9")),
    ):
        (inside,) = BOUND.inward({one.key: one}).values()
        assert BOUND.outward(inside) == one
    assert BOUND.outward(None) is None


def test_who_is_to_be_made_goes_out_under_its_name() -> None:
    """Somebody without an object id yet is known to the provider by the spec's id."""
    new = User(key("user", "luis"), "luis@shop.example", "Luis")
    assert BOUND.outward(new) == new
    assert BOUND.key(key("licenses", "luis")) == key("licenses", "luis")


def test_ownership_follows_the_person() -> None:
    """What was owned under the old id of an account is owned under the new; what others owned under it is not."""
    old = key("user", "anna").address
    known = Ledger(
        owned={
            old: Owned("1"),
            f"{old}#upn": Owned("2"),
            key("user", "ana").address: Owned("3"),
            "dns/z/A/@": Owned("4"),
        },
        known={"u1": old},
        remote={old: "u1"},
    )
    owned = BOUND.owned(known)
    assert {address: one.value for address, one in owned.items()} == {
        key("user", "ana").address: "1",
        f"{key('user', 'ana').address}#upn": "2",
        "dns/z/A/@": "4",
    }
    assert Binding(TENANT).owned(known) is known.owned


GONE = User(key("user", "u1"), "ana@shop.example", "Ana", "u1", deleted=True)
OURS = Ledger(
    remote={key("user", "ana@shop.example").address: "u1"}, known={"u1": key("user", "ana@shop.example").address}
)


def account(address: str, **keys: str | bool) -> Account:
    """An account of the spec whose id is its address."""
    return Account(address=address, id=address, **keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "person",
    [
        account("ana@shop.example"),
        account("ana@shop.example", new=True),
        account("anita@shop.example", renamed_from="ana@shop.example"),
    ],
    ids=["as it was", "a word from when it was made", "renamed meanwhile"],
)
def test_our_deleted_account_is_the_one(person: Account) -> None:
    """Its mailbox is there: whatever else the spec says, nobody is made in its place."""
    bound = bind(TENANT, [person], {}, OURS, [GONE])
    assert bound.remote == {("user", person.id): "u1"}
    assert bound.diagnostics == ()


def test_somebody_elses_deleted_account() -> None:
    """It may be another person's mail: the author says which, at the account's line."""
    (told,) = bind(TENANT, [account("ana@shop.example")], {}, Ledger(), [GONE]).diagnostics
    assert (told.rule, told.severity) == ("accounts/deleted", "error")
    taken = bind(TENANT, [account("ana@shop.example", adopt="overwrite")], {}, Ledger(), [GONE])
    assert (taken.remote, taken.diagnostics) == ({("user", "ana@shop.example"): "u1"}, ())
    other = bind(TENANT, [account("ana@shop.example", new=True)], {}, Ledger(), [GONE])
    assert (other.remote, other.diagnostics) == ({}, ())
