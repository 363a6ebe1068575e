"""Licences and groups written to Microsoft Graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.model.change import Status
from reconciler.model.resource import Group, Licenses, User
from tests.adapters.microsoft365_stand import (
    Stand,
    all_done,
    gone,
    group,
    held,
    key,
    new,
    person,
    stand,
    statuses,
    turn,
)
from tests.emulators.graph.server import Trouble


@pytest.fixture
def desk() -> Iterator[Stand]:
    with stand() as made:
        for name in ("ana", "eva", "max"):
            made.tenant.person(name)
        made.tenant.sku("SPB", 2, plans=("EXCHANGE_S", "YAMMER"))
        made.tenant.sku("E3", 2, plans=("TEAMS", "YAMMER"))
        yield made


def given(desk: Stand, name: str, *direct: str, disabled: tuple[str, ...] = ()) -> Licenses:
    """What is given to a user, by object id, and read back behind the adapter."""
    before = desk.licenses(name)
    all_done(desk.drive(desk.open(), [turn(before, direct=direct, disabled=disabled)]))
    found = desk.licenses(name)
    assert (found.direct, found.disabled) == (direct, disabled)
    return found


def bodies(desk: Stand) -> list[object]:
    return [body for sort, body in desk.server.sent if sort == "licenses.assign"]


def test_a_swap_is_one_call(desk: Stand) -> None:
    given(desk, "ana", "SPB")
    given(desk, "ana", "E3", disabled=("E3/YAMMER",))
    assert len(bodies(desk)) == 2
    assert [len(part) for part in bodies(desk)[1].values()] == [1, 1]  # type: ignore[attr-defined]


def test_plans_are_put_off_and_on(desk: Stand) -> None:
    given(desk, "ana", "E3", "SPB", disabled=("E3/TEAMS", "SPB/YAMMER"))
    given(desk, "ana", "E3", "SPB", disabled=("E3/YAMMER", "SPB/YAMMER"))
    assert len(bodies(desk)[1]["addLicenses"]) == 1  # type: ignore[index]
    given(desk, "ana", "E3", "SPB")
    given(desk, "ana")


def test_the_same_again_is_no_write(desk: Stand) -> None:
    before = desk.licenses("ana")
    given(desk, "ana", "SPB")
    writes = desk.server.writes
    all_done(desk.open().apply([turn(before, direct=("SPB",))]))
    assert desk.server.writes == writes


def test_what_moved_is_refused(desk: Stand) -> None:
    before = desk.licenses("ana")
    given(desk, "ana", "SPB")
    (outcome,) = desk.open().apply([turn(before, direct=("E3",))])
    assert (outcome.status, outcome.detail) == (Status.REFUSED, "moved since it was read: SPB")


def test_what_comes_through_a_group_is_left(desk: Stand) -> None:
    before = desk.licenses("ana")
    desk.edit(before, inherited=("SPB",))
    given(desk, "ana", "E3")
    assert desk.licenses("ana").inherited == ("SPB",)
    given(desk, "ana")
    assert desk.licenses("ana").inherited == ("SPB",)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"direct": ("NONE",)}, "the tenant has no product NONE"),
        ({"direct": ("SPB",), "disabled": ("SPB/TEAMS",)}, "SPB has no service plan TEAMS"),
    ],
)
def test_what_the_tenant_does_not_have_is_not_asked_for(
    desk: Stand, wish: dict[str, tuple[str, ...]], why: str
) -> None:
    (outcome,) = desk.open().apply([turn(desk.licenses("ana"), **wish)])
    assert (outcome.status, outcome.detail) == (Status.FAILED, why)
    assert desk.server.writes == 0


def test_who_has_no_account_gets_no_licence(desk: Stand) -> None:
    (outcome,) = desk.open().apply([new(held("nobody", "SPB"))])
    assert (outcome.status, outcome.detail) == (Status.FAILED, "there is no such user to license")


def test_a_seat_too_many_fails_alone(desk: Stand) -> None:
    outcomes = desk.drive(desk.open(), [turn(desk.licenses(one), direct=("SPB",)) for one in ("ana", "eva", "max")])
    assert sorted(statuses(outcomes)) == [Status.DONE, Status.DONE, Status.FAILED]


@pytest.mark.parametrize("state", ["Error", "ActiveWithError"])
def test_what_was_taken_and_does_not_work_is_told(desk: Stand, state: str) -> None:
    before = desk.licenses("ana")

    def spoil() -> None:
        data = desk.tenant.users[before.remote_id].data
        assert data is not None
        states = [{**one, "state": state, "error": "CountViolation"} for one in data["licenseAssignmentStates"]]
        data["licenseAssignmentStates"] = states

    with desk.server.trouble(Trouble(on="user", nth=2, act=spoil)):
        (outcome,) = desk.open().apply([turn(before, direct=("SPB",))])
    assert (outcome.status, outcome.detail) == (Status.FAILED, "SPB: CountViolation")
    assert outcome.retry_after == 0


def test_a_state_that_is_not_final_is_waited_for(desk: Stand) -> None:
    before, provider = desk.licenses("ana"), desk.open()

    def pend() -> None:
        data = desk.tenant.users[before.remote_id].data
        assert data is not None
        data["licenseAssignmentStates"] = [{**one, "state": "Pending"} for one in data["licenseAssignmentStates"]]

    with desk.server.trouble(Trouble(on="user", nth=2, act=pend)):
        (outcome,) = provider.apply([turn(before, direct=("SPB",))])
    desk.server.broken.clear()  # the published states are four; another one must not be taken for good
    assert (outcome.status, outcome.retry_after) == (Status.WAITING, 5.0)
    given_states = desk.tenant.users[before.remote_id].data
    assert given_states is not None
    given_states["licenseAssignmentStates"][0]["state"] = "Active"
    all_done(provider.apply([turn(before, direct=("SPB",))]))
    assert len(bodies(desk)) == 1


def test_a_user_made_a_moment_ago_gets_a_licence_by_name(desk: Stand) -> None:
    desk.server.lag = 2
    provider = desk.open()
    all_done(desk.drive(provider, [new(person("leo"))], 20))
    all_done(desk.drive(provider, [new(held("leo", "SPB"))], 20))
    assert desk.licenses("leo").direct == ("SPB",)


# Groups


def the_group(desk: Stand) -> Group:
    (found,) = [one for one in desk.truth().values() if isinstance(one, Group)]
    return found


def ids(desk: Stand, *names: str) -> tuple[str, ...]:
    return tuple(sorted(desk.user(one).remote_id for one in names))


@pytest.mark.parametrize("kind", ["microsoft365", "security"])
def test_a_group_is_made_once(desk: Stand, kind: str) -> None:
    change = new(group("all staff (MX)/'x'", *ids(desk, "ana", "eva"), display_name="All", group_kind=kind))
    for _ in range(2):
        all_done(desk.drive(desk.open(), [change]))
    found = the_group(desk)
    assert (found.display_name, found.group_kind, found.members) == ("All", kind, ids(desk, "ana", "eva"))
    assert desk.server.writes == 1


def test_many_members_and_those_made_just_now(desk: Stand) -> None:
    provider = desk.open()
    people = [new(person(f"u{one}")) for one in range(45)]
    batch = [*people, new(group("staff", *(f"u{one}" for one in range(45))))]
    all_done(desk.drive(provider, batch))
    assert len(the_group(desk).members) == 45
    assert [len(body["members@odata.bind"]) for sort, body in desk.server.sent if sort == "group.upsert"] == [20]


def test_members_come_and_go_and_stay_people(desk: Stand) -> None:
    all_done(desk.drive(desk.open(), [new(group("staff", *ids(desk, "ana", "eva")))]))
    found = the_group(desk)
    all_done(desk.drive(desk.open(), [turn(found, members=ids(desk, "eva", "max"), display_name="New")]))
    assert the_group(desk) == replace(found, members=ids(desk, "eva", "max"), display_name="New")
    assert [one for one in desk.truth().values() if isinstance(one, User) and one.deleted] == []


def test_who_is_a_member_already_is_no_trouble(desk: Stand) -> None:
    all_done(desk.drive(desk.open(), [new(group("staff", *ids(desk, "ana")))]))
    found = the_group(desk)
    wished = turn(found, members=ids(desk, "ana", "eva"))

    def meanwhile() -> None:
        desk.edit(the_group(desk), members=ids(desk, "ana", "eva"))

    with desk.server.trouble(Trouble(on="member.add", act=meanwhile)):
        all_done(desk.open().apply([wished]))
    back = turn(the_group(desk), members=ids(desk, "ana"))
    with desk.server.trouble(Trouble(on="member.remove", act=lambda: desk.edit(found, members=ids(desk, "ana")))):
        all_done(desk.open().apply([back]))


def test_a_member_nobody_knows_fails(desk: Stand) -> None:
    all_done(desk.drive(desk.open(), [new(group("staff"))]))
    nobody = "f0000000-0000-4000-8000-00000000dead"
    outcomes = [*desk.open().apply([turn(the_group(desk), members=(nobody,))])]
    outcomes += desk.open().apply([turn(the_group(desk), members=("nobody",))])
    assert statuses(outcomes) == [Status.FAILED] * 2
    assert outcomes[1].detail == "there is no object nobody to be a member"


@pytest.mark.parametrize("kind", ["distribution", "mail-security", "dynamic"])
def test_other_kinds_are_left(desk: Stand, kind: str) -> None:
    desk.tenant.group("List", kind=kind)
    found = the_group(desk)
    outcomes = desk.open().apply([turn(found, display_name="Ours")])
    outcomes = [*outcomes, *desk.open().apply([gone(found)])]
    assert statuses(list(outcomes)) == [Status.REFUSED] * 2
    assert desk.server.writes == 0


@pytest.mark.parametrize(("kind", "wished"), [("microsoft365", "security"), ("distribution", "security")])
def test_a_group_keeps_its_kind(desk: Stand, kind: str, wished: str) -> None:
    desk.tenant.group("Staff", kind=kind)
    (outcome,) = desk.open().apply([turn(the_group(desk), group_kind=wished, display_name="Ours")])
    assert outcome.status is Status.REFUSED
    assert outcome.detail.startswith(f"a group of kind {kind} keeps its kind")
    assert desk.server.writes == 0


def test_a_group_that_is_gone_is_not_made_again(desk: Stand) -> None:
    nobody = "f0000000-0000-4000-8000-00000000dead"
    before = group("staff", remote_id=nobody)
    outcomes = [*desk.open().apply([turn(before, display_name="Ours")]), *desk.open().apply([gone(before)])]
    assert statuses(outcomes) == [Status.REFUSED, Status.DONE]
    assert key("group", "staff") == before.key
