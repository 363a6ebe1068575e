"""Users written to Microsoft Graph: made, changed, blocked, deleted and brought back, each once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.model.change import Change, Status
from reconciler.model.resource import User
from tests.adapters.microsoft365_stand import Stand, address, all_done, gone, key, new, person, stand, statuses, turn
from tests.emulators.graph.server import Trouble
from tests.emulators.graph.tenants import Late

PASSWORD = "Kx9-never-shown-2b"


@pytest.fixture
def desk() -> Iterator[Stand]:
    with stand() as made:
        yield made


def made(desk: Stand, name: str = "ana", **attributes: object) -> User:
    """A user whom a run made."""
    all_done(desk.drive(desk.open(), [new(person(name, **attributes), PASSWORD)]))
    return desk.user(str(attributes.get("upn", name)))


def mail(desk: Stand, user: User) -> str:
    """The primary address that is really held."""
    data = desk.tenant.users[user.remote_id].data
    assert data is not None
    return str(data.get("mail", "")).lower()


def test_a_user_is_made_with_all_at_once(desk: Stand) -> None:
    whole = {"given_name": "Ana", "surname": "López", "phone": "+52 81", "department": "Ventas", "job_title": "Jefa"}
    user = made(desk, enabled=False, **whole)
    assert user == replace(person("ana", enabled=False, **whole), key=user.key, remote_id=user.remote_id)
    assert desk.tenant.passwords[user.remote_id] == [PASSWORD]
    ((_, body),) = [one for one in desk.server.sent if one[0] == "user.create"]
    assert body["passwordProfile"]["forceChangePasswordNextSignIn"] is True
    assert body["mailNickname"] == "ana"
    assert desk.server.writes == 1


@pytest.mark.parametrize("name", ["o'neil", "a#b", "a^b~c!", "a_b.c-d", "..", "x" * 64])
def test_any_name_a_user_can_have_is_found_again(desk: Stand, name: str) -> None:
    change = new(person(name, display_name="Somebody", manager=""))
    outcomes = desk.drive(desk.open(), [change])
    if name == "..":
        assert outcomes[0].status is Status.REFUSED
        return
    all_done(outcomes)
    all_done(desk.drive(desk.open(), [change]))
    assert desk.server.inner["user.create"] == 1


def test_without_a_password_nobody_is_made(desk: Stand) -> None:
    (outcome,) = desk.open().apply([replace(new(person("ana")), password=None)])
    assert (outcome.status, outcome.detail) == (Status.REFUSED, "a new user needs a password")
    assert desk.server.writes == 0


def test_made_again_nobody_is_made(desk: Stand) -> None:
    user = made(desk)
    writes = desk.server.writes
    (outcome,) = desk.open().apply([new(person("ana"))])
    assert (outcome.status, outcome.remote_id) == (Status.DONE, user.remote_id)
    assert desk.server.writes == writes


@pytest.mark.parametrize("other", [{"display_name": "Another"}, {"department": "More"}, {"usage_location": "ES"}])
def test_a_name_that_is_another_ones_is_taken(desk: Stand, other: dict[str, str]) -> None:
    user = made(desk, **other)
    (outcome,) = desk.open().apply([new(person("ana"))])
    assert outcome.status is Status.FAILED
    assert outcome.retry_after == 0
    assert "ObjectConflict" in outcome.detail
    assert desk.user("ana") == user
    assert desk.server.writes == 1


def test_only_what_differs_is_written(desk: Stand) -> None:
    user = made(desk, phone="+52 81", department="Ventas", job_title="Jefa")
    all_done(desk.drive(desk.open(), [turn(user, phone="", department="", job_title="Jefe")]))
    bodies = [body for sort, body in desk.server.sent if sort == "user.update"]
    assert bodies == [{"businessPhones": [], "department": None, "jobTitle": "Jefe"}]
    assert desk.user("ana") == replace(user, phone="", department="", job_title="Jefe")


def test_a_usage_location_is_not_cleared(desk: Stand) -> None:
    (outcome,) = desk.open().apply([turn(made(desk), usage_location="")])
    assert outcome.status is Status.FAILED
    assert outcome.detail == "a usage location, once set, can be changed but not cleared"
    assert desk.server.writes == 1


def test_what_moved_is_refused_and_left(desk: Stand) -> None:
    user = made(desk)
    desk.edit(user, display_name="By hand")
    (outcome,) = desk.open().apply([turn(user, display_name="Ours")])
    assert (outcome.status, outcome.detail) == (Status.REFUSED, "moved since it was read: display_name")
    assert desk.user("ana").display_name == "By hand"


def test_who_is_gone_is_not_made_again(desk: Stand) -> None:
    user = made(desk)
    nobody = replace(user, remote_id="f0000000-0000-4000-8000-00000000dead", key=key("user", "ana"))
    (outcome,) = desk.open().apply([turn(nobody, display_name="Ours")])
    assert (outcome.status, outcome.detail) == (Status.REFUSED, "moved since it was read: existence")


@pytest.mark.parametrize("trait", ["synced", "guest"])
def test_who_is_mastered_elsewhere_is_left(desk: Stand, trait: str) -> None:
    user = made(desk)
    desk.edit(user, **{trait: True})
    user = desk.user(user.upn) if trait == "synced" else replace(user, guest=True)
    shown = next(one for one in desk.truth().values() if isinstance(one, User) and one.remote_id == user.remote_id)
    writes = desk.server.writes
    outcomes = desk.open().apply([turn(shown, display_name="Ours")])
    outcomes = [*outcomes, *desk.open().apply([gone(shown)])]
    assert statuses(outcomes) == [Status.REFUSED] * 2
    assert desk.server.writes == writes


def test_blocked_means_signed_out(desk: Stand) -> None:
    user = made(desk)
    all_done(desk.drive(desk.open(), [turn(user, enabled=False, display_name="X")]))
    assert desk.tenant.sessions[user.remote_id] == 1
    assert not desk.user("ana").enabled
    all_done(desk.drive(desk.open(), [turn(desk.user("ana"), enabled=True)]))
    assert desk.tenant.sessions[user.remote_id] == 1


def test_who_could_not_be_signed_out_is_signed_out_later(desk: Stand) -> None:
    user, provider = made(desk), desk.open()
    with desk.server.trouble(Trouble(503, "sessions.revoke", code="Busy")):
        (outcome,) = provider.apply([turn(user, enabled=False)])
    assert outcome.retry_after > 0
    assert desk.tenant.sessions[user.remote_id] == 0
    all_done(desk.drive(provider, [turn(user, enabled=False)]))
    assert desk.tenant.sessions[user.remote_id] == 1


def test_deleted_softly_and_brought_back_as_the_same(desk: Stand) -> None:
    user = made(desk)
    all_done(desk.drive(desk.open(), [gone(user)]))
    assert desk.user("ana") == replace(user, deleted=True)
    all_done(desk.open().apply([gone(user), gone(replace(user, deleted=True))]))
    back = turn(replace(user, deleted=True), deleted=False, display_name="Ana Ruiz")
    all_done(desk.drive(desk.open(), [back]))
    assert desk.user("ana") == replace(user, display_name="Ana Ruiz")
    all_done(desk.drive(desk.open(), [back]))
    assert desk.server.inner["restore"] == 1
    assert desk.server.inner["user.create"] == 1


def test_who_is_named_by_id_is_brought_back_and_never_made_again(desk: Stand) -> None:
    user = made(desk, department="Ventas")
    all_done(desk.drive(desk.open(), [gone(user)]))
    provider, change = desk.open(), new(person("ana", remote_id=user.remote_id, display_name="Back"))
    with desk.server.trouble(Trouble(503, "user.update")):
        (outcome,) = provider.apply([change])
    assert outcome.retry_after > 0
    all_done(desk.drive(provider, [change]))
    assert desk.user("ana") == replace(user, display_name="Back", department="")
    desk.edit(desk.user("ana"), display_name="By hand")
    (outcome,) = desk.open().apply([change])
    assert outcome.status is Status.FAILED
    assert desk.server.inner["user.create"] == 1


def test_whose_name_is_taken_meanwhile_cannot_be_brought_back(desk: Stand) -> None:
    user = made(desk)
    all_done(desk.drive(desk.open(), [gone(user), new(person("other", upn=address("ana"), display_name="Ana II"))]))
    (outcome,) = desk.drive(desk.open(), [turn(replace(user, deleted=True), deleted=False)])
    assert (outcome.status, outcome.retry_after) == (Status.FAILED, 0)


def test_another_name_keeps_the_nickname_and_moves_the_mail(desk: Stand) -> None:
    user = made(desk, aliases=(address("a"),))
    assert mail(desk, user) == address("ana")
    renamed = turn(user, upn=address("eva"), aliases=(address("a"), address("ana")))
    all_done(desk.drive(desk.open(), [renamed]))
    assert desk.user("eva") == replace(user, upn=address("eva"), aliases=(address("a"), address("ana")))
    assert mail(desk, user) == address("eva")


def test_names_that_one_gives_free_another_takes_after(desk: Stand) -> None:
    user = made(desk)
    batch = [turn(user, upn=address("eva")), new(person("other", upn=address("ana"), display_name="Ana II"))]
    all_done(desk.drive(desk.open(), batch))
    assert desk.user("eva").remote_id == user.remote_id
    assert desk.user("ana").display_name == "Ana II"


def test_a_new_user_after_one_who_goes_gets_the_name(desk: Stand) -> None:
    user = made(desk)
    all_done(desk.drive(desk.open(), [gone(user), new(person("other", upn=address("ana"), display_name="Ana II"))]))
    people = [one for one in desk.truth().values() if isinstance(one, User)]
    assert sorted(one.deleted for one in people) == [False, True]


def test_aliases_are_added_and_the_first_address_stays(desk: Stand) -> None:
    wished = tuple(address(f"a{number:02}") for number in range(25))
    user = made(desk, aliases=wished)
    assert user.aliases == wished
    assert mail(desk, user) == address("ana")
    desk.tenant.users[user.remote_id].data["mail"] = wished[3]  # type: ignore[index]
    proxies = [f"smtp:{one}" for one in (*wished, address("ana")) if one != wished[3]]
    desk.tenant.users[user.remote_id].data["proxyAddresses"] = [f"SMTP:{wished[3]}", *proxies]  # type: ignore[index]
    all_done(desk.drive(desk.open(), [turn(user, aliases=(*wished, address("b")))]))
    assert mail(desk, user) == wished[3]  # somebody chose it: it was so before


def test_an_alias_that_is_the_first_address_by_an_accident_is_so_no_longer(desk: Stand) -> None:
    user, wished = made(desk), (address("a"), address("b"))
    provider = desk.open()
    with desk.server.trouble(Trouble(429, "user.update", nth=2, times=50)):
        provider.apply([turn(user, aliases=wished)])
    assert mail(desk, user) == address("a")
    for another in (desk.open(), provider):  # as if the process had died, and the same one
        all_done(desk.drive(another, [turn(user, aliases=wished)]))
        assert mail(desk, user) == address("ana")
    assert desk.user("ana").aliases == wished


def test_all_aliases_and_still_the_wrong_first_address(desk: Stand) -> None:
    user, wished = made(desk), (address("a"), address("b"))
    with desk.server.trouble(Trouble(503, "user.update", nth=3, times=50)):
        desk.open().apply([turn(user, aliases=wished)])
    assert (desk.user("ana").aliases, mail(desk, user)) == (wished, address("b"))
    all_done(desk.drive(desk.open(), [turn(user, aliases=wished)]))
    assert mail(desk, user) == address("ana")


def test_a_first_address_that_is_refused_its_place_is_not_done(desk: Stand) -> None:
    """Every part reads as wished but the first address; what was written of it is for the next run to look at."""
    user, wished = made(desk), (address("a"),)
    provider = desk.open()
    with desk.server.trouble(Trouble(400, "user.update", nth=2)):
        (outcome,) = provider.apply([turn(user, aliases=wished)])
    assert (outcome.status, outcome.remote_id) == (Status.UNKNOWN, user.remote_id)
    assert (desk.user("ana").mail, mail(desk, user)) == (address("a"), address("a"))
    shown = desk.user("ana")
    all_done(desk.drive(desk.open(), [turn(shown, mail="")]))
    assert (desk.user("ana").mail, mail(desk, user), desk.user("ana").aliases) == ("", address("ana"), wished)


def test_who_is_blocked_and_still_signed_in_is_not_done(desk: Stand) -> None:
    user, provider = made(desk), desk.open()
    change = turn(user, enabled=False)
    with desk.server.trouble(Trouble(400, "sessions.revoke")):
        (outcome,) = provider.apply([change])
    assert (outcome.status, desk.tenant.sessions[user.remote_id]) == (Status.UNKNOWN, 0)
    all_done(desk.drive(provider, [change]))
    assert desk.tenant.sessions[user.remote_id] == 1


def test_a_first_address_is_asked_for_and_a_third_one_is_not_overwritten(desk: Stand) -> None:
    user = made(desk, aliases=(address("a"), address("b")))
    assert user.mail == ""
    writes = desk.server.writes
    all_done(desk.drive(desk.open(), [turn(user, mail=address("b"))]))
    assert (desk.user("ana"), mail(desk, user)) == (replace(user, mail=address("b")), address("b"))
    assert desk.server.writes == writes + 1
    (outcome,) = desk.open().apply([turn(replace(user, mail=address("a")), mail="")])
    assert (outcome.status, outcome.detail) == (Status.REFUSED, "moved since it was read: mail")
    assert mail(desk, user) == address("b")


def test_a_first_address_that_is_not_shown_yet_is_waited_for(desk: Stand) -> None:
    user = made(desk, aliases=(address("a"),), mail=address("a"))
    desk.server.lag = 2
    (outcome,) = desk.open().apply([turn(user, mail="")])
    assert (outcome.status, outcome.detail) == (Status.WAITING, "it was taken and is not shown yet")


def test_a_user_who_was_stopped_at_an_alias_is_the_same_user(desk: Stand) -> None:
    change = new(person("ana", aliases=(address("a"),)))
    with desk.server.trouble(Trouble(429, "user.update", nth=2, times=50)):
        desk.open().apply([change])
    assert mail(desk, desk.user("ana")) == address("a")
    all_done(desk.drive(desk.open(), [change]))
    assert (desk.server.inner["user.create"], mail(desk, desk.user("ana"))) == (1, address("ana"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_who_was_made_and_cannot_be_read_back_has_not_failed(desk: Stand, status: int) -> None:
    """The tenant has this person now, and whoever asks is told by which id."""
    for change in (new(person("ana"), PASSWORD), new(person("eva", aliases=(address("e"),)), PASSWORD)):
        provider = desk.open()
        with desk.server.trouble(Trouble(status, "user", nth=2, times=9)):
            (outcome,) = provider.apply([change])
        name = change.key.name
        if status == 404:  # it may only be late
            assert (outcome.status, outcome.remote_id) == (Status.WAITING, desk.user(name).remote_id)
        else:
            assert (outcome.status, outcome.remote_id) == (Status.UNKNOWN, desk.user(name).remote_id)
            assert outcome.detail.startswith("it was taken, and could not be read back: ")
        assert PASSWORD not in repr(outcome)
        (outcome,) = provider.apply([change])
        assert outcome.status is Status.DONE
    assert desk.server.inner["user.create"] == 2


def test_an_alias_is_never_taken_away(desk: Stand) -> None:
    user = made(desk, aliases=(address("a"),))
    (outcome,) = desk.open().apply([turn(user, aliases=())])
    assert outcome.status is Status.REFUSED
    assert outcome.detail == f"Graph cannot take an alias away, Exchange can: {address('a')}"


def test_a_chain_that_breaks_holds_no_other_back(desk: Stand) -> None:
    desk.tenant.person("owner", mail=address("a3"), proxyAddresses=[f"SMTP:{address('a3')}"])
    people = [new(person(f"u{one}", aliases=(address(f"a{one}"),))) for one in range(8)]
    outcomes = list(desk.open().apply(people))
    assert [at for at, one in enumerate(outcomes) if one.status is not Status.DONE] == [3]
    assert outcomes[3].status is Status.FAILED
    assert outcomes[3].retry_after == 0


def test_a_manager_may_be_made_in_the_same_batch_and_after(desk: Stand) -> None:
    provider = desk.open()
    batch = [new(person("ana", manager="eva")), new(person("eva", manager="max")), new(person("max"))]
    all_done(desk.drive(provider, batch))
    ana, eva, top = (desk.user(one) for one in ("ana", "eva", "max"))
    assert (ana.manager, eva.manager, top.manager) == (eva.remote_id, top.remote_id, "")
    all_done(desk.drive(provider, [new(person("leo", manager="ana"))]))
    assert desk.user("leo").manager == ana.remote_id
    all_done(desk.drive(desk.open(), [turn(ana, manager="")]))
    assert desk.user("ana").manager == ""


def test_a_manager_nobody_knows_is_named(desk: Stand) -> None:
    (outcome,) = desk.drive(desk.open(), [new(person("ana", manager="nobody"))])
    assert (outcome.status, outcome.detail) == (Status.FAILED, "there is no user nobody to be a manager")


def test_a_domain_verified_a_moment_ago_is_waited_for(desk: Stand) -> None:
    desk.tenant.domain("new.example").fresh = 1
    provider = desk.open()
    change = new(person("ana", upn="ana@new.example"))
    (outcome,) = provider.apply([change])
    assert (outcome.status, outcome.retry_after) == (Status.FAILED, 0)  # of an old domain it is an error
    desk.tenant.domain("new.example").fresh = 2
    provider._memory.verified(desk.tenant.initial, "new.example")
    (outcome,) = provider.apply([change])
    assert (outcome.status, outcome.retry_after) == (Status.FAILED, 5.0)
    all_done(desk.drive(provider, [change]))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_no_outcome_shows_a_password(desk: Stand, status: int) -> None:
    echo = f'{{"error":{{"code":"X","message":"no {PASSWORD} please"}}}}'.encode()
    for on in ("user.create", "write"):
        with desk.server.trouble(Trouble(status, on, body=echo)):
            (outcome,) = desk.open().apply([new(person("ana"), PASSWORD)])
        assert outcome.status is not Status.DONE
        assert PASSWORD not in repr(outcome)
        assert bool(outcome.retry_after) == (status in (429, 500, 503))
        assert outcome.detail
        assert "\n" not in outcome.detail


def test_a_lost_answer_is_looked_for_before_anything_is_made_again(desk: Stand) -> None:
    provider, change = desk.open(), new(person("ana"), PASSWORD)
    with desk.server.trouble(Trouble(0, "write", effect=True)):
        (outcome,) = provider.apply([change])
    assert outcome.status is Status.UNKNOWN
    assert outcome.retry_after > 0
    (outcome,) = provider.apply([change])
    assert (outcome.status, outcome.remote_id) == (Status.DONE, desk.user("ana").remote_id)
    assert desk.server.inner["user.create"] == 1


def test_a_write_that_is_not_shown_is_not_made_again(desk: Stand) -> None:
    desk.server.lag = 4
    provider, change = desk.open(), new(person("ana"), PASSWORD)
    (outcome,) = provider.apply([change])
    seen = [outcome.status]
    while outcome.status is Status.WAITING:
        assert (outcome.retry_after, bool(outcome.remote_id)) == (5.0, True)
        (outcome,) = provider.apply([change])
        seen.append(outcome.status)
    assert seen[-1] is Status.DONE
    assert desk.server.inner["user.create"] == 1


def test_what_reads_differently_after_it_was_waited_for_has_failed(desk: Stand) -> None:
    user, provider = made(desk), desk.open()
    change = turn(user, display_name="Ours")
    desk.server.lag = 1
    (outcome,) = provider.apply([change])
    assert outcome.status is Status.WAITING
    desk.server.lag = 0
    desk.tenant.late.clear()
    desk.edit(desk.user("ana"), display_name="By hand")
    (outcome,) = provider.apply([change])
    assert outcome.status is Status.FAILED
    assert outcome.detail == "it was taken but reads differently: display_name"


def test_a_server_that_shows_what_this_process_left_behind_has_not_moved(desk: Stand) -> None:
    user, provider = made(desk), desk.open()
    old = desk.tenant.users[user.remote_id].data
    all_done(desk.drive(provider, [turn(user, display_name="B")]))
    desk.tenant.late[user.remote_id] = Late(old, desk.clock.now(), 0, (True,), (True, True))
    change = turn(replace(user, display_name="B"), display_name="C")
    (outcome,) = provider.apply([change])
    assert (outcome.status, outcome.retry_after) == (Status.WAITING, 5.0)
    all_done(desk.drive(provider, [change]))
    desk.edit(desk.user("ana"), display_name="B")  # by hand, and not late at all
    (outcome,) = desk.drive(provider, [turn(replace(user, display_name="C"), display_name="D")], 20)
    assert (outcome.status, outcome.detail) == (Status.REFUSED, "moved since it was read: display_name")


def test_waits_grow_where_the_system_says_no_time(desk: Stand) -> None:
    provider, change = desk.open(), new(person("ana"))
    waits = []
    with desk.server.trouble(Trouble(503, "user.create", times=9)):
        for _ in range(7):
            (outcome,) = provider.apply([change])
            waits.append(outcome.retry_after)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_nobody_is_never_deleted_twice(desk: Stand) -> None:
    never = Change(key("user", "never-was"), None, None)
    all_done(desk.open().apply([never]))
    assert desk.server.calls.total() == 0
