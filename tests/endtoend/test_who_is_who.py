"""Stories about ids and addresses: no account becomes another person's, no address is lost on its way."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.people import RECIPIENT, account, user
from tests.endtoend.place import ADMIN, TENANT, Place

GUEST = {"id": "u-g", "upn": f"bob_mail#EXT#@{TENANT}", "display_name": "Bob", "guest": True}
SECOND = {**ADMIN, "id": "u-second", "upn": account("second"), "display_name": "Second"}


DOMAIN = "domains: {acme.example: {}}\n"


def _spec(*accounts: str, more: str = "") -> str:
    lines = "".join(f"  - {{{one}}}\n" for one in accounts)
    listed = f"accounts:\n{lines}" if lines else ""
    head = f"tenant: {TENANT}\nusers: {{usage_location: MX}}\npasswords: {{recipient: {RECIPIENT}}}\n"
    return f"{head}{DOMAIN}{more}{listed}"


def _line(address: str, name: str, more: str = "") -> str:
    return f"address: {address}, name: {name}{', ' if more else ''}{more}"


def _place(folder: Path, text: str, *users: Mapping[str, Any]) -> Place:
    place = Place.empty(folder).spec(text)
    place.zone()
    own = {"name": "acme.example", "verified": True}
    place.tenant(users=users, domains=[{"name": TENANT, "initial": True, "default": True, "verified": True}, own])
    return place


ANA, BEA = account("ana"), account("bea")
BOTH = _spec(_line(ANA, "Ana", "id: a, new: true"), _line(BEA, "Bea", "id: b, new: true"))
PLAIN = _spec(_line(ANA, "Ana", "new: true"), _line(BEA, "Bea", "new: true"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (BOTH, _spec(_line(ANA, "Bea", "id: b"))),
        (BOTH, _spec(_line(ANA, "Bea", "id: b"), more="destroy: 1\n")),
        (BOTH, _spec(_line(BEA, "Ana", "id: a"), _line(ANA, "Bea", "id: b"))),
        (PLAIN, _spec(_line(ANA, "Bea", f"renamed_from: {BEA}"), more="destroy: 1\n")),
        (PLAIN, _spec(_line(BEA, "Ana", f"renamed_from: {ANA}"), _line(ANA, "Bea", f"renamed_from: {BEA}"))),
        (PLAIN, _spec(_line(BEA, "Ana", f"renamed_from: {ANA}"), _line(ANA, "New", "new: true"), more="destroy: 1\n")),
        (BOTH, _spec(_line(BEA, "Bea", "id: b"), _line(ANA, "Zed", "id: z, new: true"), more="destroy: 1\n")),
    ],
    ids=["left", "acknowledged", "swapped", "renamed into it", "swapped by name", "pushed out", "new at it"],
)
def test_an_address_that_somebody_has(tmp_path: Path, first: str, second: str) -> None:
    """Whoever is to have the address of another account waits; nobody is renamed, blocked or taken over."""
    place = _place(tmp_path, first).settled()
    before = place.users()
    place.spec(second)
    plan = place.planned()
    assert plan.code == 3
    assert set(plan.refusals()) == set(plan.actions())
    assert place.applied().code == 3
    assert place.users() == before


def test_an_address_that_became_free(tmp_path: Path) -> None:
    """Once its holder has another one, the address can be had, in the same run too."""
    place = _place(tmp_path, BOTH).settled()
    ids = {one["display_name"]: one["id"] for one in place.users().values()}
    place.spec(_spec(_line(account("anne"), "Ana", "id: a"), _line(ANA, "Bea", "id: b"))).settled()
    assert {address: one["id"] for address, one in place.users().items() if address != ADMIN["upn"]} == {
        account("anne"): ids["Ana"],
        ANA: ids["Bea"],
    }
    place.assert_still()


def test_a_new_person_at_an_address_given_up(tmp_path: Path) -> None:
    """Renamed and replaced in one run; the old name in `renamed_from` leads nobody astray later."""
    place = _place(tmp_path, _spec(_line(ANA, "Ana", "new: true"))).settled()
    first = place.users()[ANA]["id"]
    anne = _line(account("anne"), "Ana", f"renamed_from: {ANA}")
    place.spec(_spec(anne, _line(ANA, "Nina", "new: true"))).settled()
    nina = place.users()[ANA]["id"]
    assert (place.users()[account("anne")]["id"], nina != first) == (first, True)
    place.assert_still()
    annie = _line(account("annie"), "Ana", f"renamed_from: {account('anne')}")
    place.spec(_spec(annie, _line(account("anne"), "Nina", f"renamed_from: {ANA}"))).settled()
    assert {one["display_name"]: one["id"] for one in place.users().values() if one["id"] in (first, nina)} == {
        "Ana": first,
        "Nina": nina,
    }
    place.assert_still()
    place.spec(_spec(annie, more="destroy: 1\n")).settled()
    assert place.users()[account("annie")]["id"] == first
    assert place.users()[account("anne")]["enabled"] is False


def _aliased(goal: str, more: str = "") -> str:
    alias = f"address: {account('info')}, kind: alias, goes_to: {goal}"
    return _spec(_line(ANA, "Ana", "new: true"), _line(BEA, "Bea", "new: true"), alias, more=more)


def test_the_last_alias_handed_over(tmp_path: Path) -> None:
    """One run takes it from the one and gives it to the other: no mail is lost, and nothing is to be acknowledged."""
    place = _place(tmp_path, _aliased(ANA)).settled()
    place.spec(_aliased(BEA)).settled()
    assert (place.users()[ANA]["aliases"], place.users()[BEA]["aliases"]) == ([], [account("info")])


def test_an_alias_that_goes_to_nobody(tmp_path: Path) -> None:
    """Mail to it would come back: that is acknowledged, or it stays."""
    place = _place(tmp_path, _aliased(ANA)).settled()
    people = _line(ANA, "Ana", "new: true"), _line(BEA, "Bea", "new: true")
    place.spec(_spec(*people))
    assert set(place.planned().refusals()) == {user("ana", f"aliases/{account('info')}")}
    done = place.applied()
    assert (done.code, done.json["outcome"], place.users()[ANA]["aliases"]) == (3, "refused", [account("info")])
    place.spec(_spec(*people, more="destroy: 1\n")).settled()
    assert place.users()[ANA]["aliases"] == []


@pytest.mark.parametrize(
    ("users", "text"),
    [
        ([GUEST], _spec(more=f"absent: [{{user: {ADMIN['upn']}, state: deleted}}]\n")),
        ([], _spec(_line("boss@acme.example", "A", f"renamed_from: {ADMIN['upn']}"))),
        (
            [SECOND],
            _spec(
                _line("boss@acme.example", "A", f"renamed_from: {ADMIN['upn']}"),
                more=f"absent: [{{user: {account('second')}, state: deleted}}]\n",
            ),
        ),
    ],
    ids=["a guest is no way in", "renamed away", "one renamed, one deleted"],
)
def test_the_last_way_in_stays(tmp_path: Path, users: list[Mapping[str, Any]], text: str) -> None:
    """However the last account on the initial domain would leave."""
    place = _place(tmp_path, text, *users)
    before = place.users()
    plan = place.planned()
    assert plan.code == 3, plan
    assert all("left to get in" in reason for reason in plan.refusals().values()), plan.refusals()
    assert place.applied().code == 3
    assert place.users() == before
