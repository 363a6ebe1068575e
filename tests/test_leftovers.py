"""What others added to a resource of the spec is seen; what Exchange gives everybody is not."""

from __future__ import annotations

import pytest

from reconciler import document
from reconciler.diff import World
from reconciler.leftovers import Mentioned, unmanaged
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Group, Mailbox, MailList, Resource, User
from reconciler.model.route import Route, Stage, Want

TENANT = "shop.onmicrosoft.com"
ANA = Key("tenant", TENANT, "user", "ana@shop.example")
TEAM = Key("tenant", TENANT, "group", "team")
INFO = Key("exchange", TENANT, "mailbox", "info@shop.example")
LIST = Key("exchange", TENANT, "list", "all@shop.example")


def left(live: Resource, *parts: str) -> set[str]:
    """Parts of the one live resource that are listed, when the spec names these parts of it."""
    wants = {Slot(live.key, part): Want("x") for part in parts}
    mentioned = Mentioned.of([Route("r", TENANT, "tenant", (Stage("accounts", wants), Stage("retire")))])
    return {slot.part for slot in unmanaged(mentioned, World({live.key: live}, {}, {}))}


@pytest.mark.parametrize(
    ("alias", "seen"),
    [
        ("boss@shop.example", True),
        (f"ana@{TENANT}", False),
        (f"boss@{TENANT}", True),
        ("ana@shop.mail.onmicrosoft.com", False),
        ("ana@shop.example.net", True),
    ],
)
def test_aliases(alias: str, seen: bool) -> None:
    """One that repeats the person's name at the initial domain, and a routing address, came by themselves."""
    live = User(ANA, ANA.name, "Ana", "1", aliases=(alias,))
    assert left(live, "", "upn") == ({f"aliases/{alias}"} if seen else set())
    assert not left(live, "", "upn", f"aliases/{alias}")
    assert not left(live, ""), "of who is only to be absent nothing is said"


def test_members_and_rights() -> None:
    """Of a group, a list and a shared mailbox that the spec has; of others only that they are there."""
    group = Group(TEAM, "team", "g", members=("1", "2"))
    assert left(group, "", "displayName", "members/1") == {"members/2"}
    assert left(group) == {""}
    mailbox = Mailbox(INFO, "Info", (f"info@{TENANT}", "x@shop.example"), ("a@x.example",), ("b@x.example",))
    assert left(mailbox, "") == {"aliases/x@shop.example", "fullAccess/a@x.example", "sendAs/b@x.example"}
    assert left(MailList(LIST, "All", ("a@x.example",)), "") == {"members/a@x.example"}
    assert not left(mailbox)


def test_members_are_named() -> None:
    """By the address of a person or the name of a group; a stranger keeps the object id."""
    people = document.members([User(ANA, ANA.name, "Ana", "1"), Group(TEAM, "Team", "2")])
    shown = [document.shown(Slot(TEAM, f"members/{one}"), people) for one in "123"]
    assert [one.rpartition("/")[2] for one in shown] == [ANA.name, "Team", "3"]
    assert document.shown(Slot(TEAM, "1"), people) == Slot(TEAM, "1").address
