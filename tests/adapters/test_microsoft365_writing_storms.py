"""Writes to Microsoft Graph while it is unwell, lags behind, is written to by two, and while the process dies."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

import pytest

from providers.microsoft365.provider import Microsoft365Provider
from reconciler.model.change import Change, Status
from reconciler.model.resource import Group, Licenses, User
from tests.adapters.microsoft365_stand import Stand, address, all_done, group, held, new, person, stand, turn

PART = "SPB"


def people(count: int) -> list[Change]:
    """New users, each with a password of its own, many with a manager who may come later, some with an alias."""
    made = []
    for one in range(count):
        aliases = (address(f"a{one}"),) if one % 4 == 0 else ()
        manager = f"u{one * 7 % count}" if one % 3 else ""
        made.append(new(person(f"u{one}", aliases=aliases, manager=manager, phone="+52 81"), f"Password-{one}"))
    return made


def stages(count: int) -> list[list[Change]]:
    """What a run gives, stage after stage."""
    members = (f"u{one}" for one in range(0, count, 3))
    return [people(count), [new(held(f"u{one}", PART)) for one in range(count)], [new(group("staff", *members))]]


def judge(desk: Stand, count: int) -> None:
    """Everybody once, with the password given, the licence, the right first address, and the manager."""
    truth = desk.truth()
    users = {one.upn: one for one in truth.values() if isinstance(one, User)}
    assert len([one for one in truth.values() if isinstance(one, User)]) == len(users) == count
    for one in range(count):
        user = users[address(f"u{one}")]
        assert desk.tenant.passwords[user.remote_id] == [f"Password-{one}"]
        assert user.manager == (users[address(f"u{one * 7 % count}")].remote_id if one % 3 else "")
        assert user.aliases == ((address(f"a{one}"),) if one % 4 == 0 else ())
        assert (desk.tenant.users[user.remote_id].data or {})["mail"].lower() == user.upn
        licenses = truth[user.key._replace(kind="licenses")]
        assert isinstance(licenses, Licenses)
        assert licenses.direct == (PART,)
    (staff,) = [one for one in truth.values() if isinstance(one, Group)]
    assert len(staff.members) == len(range(0, count, 3))


def run(desk: Stand, provider: Microsoft365Provider, work: Sequence[Sequence[Change]], tries: int = 40) -> None:
    """All stages, to their end."""
    for stage in work:
        all_done(desk.drive(provider, stage, tries))


def prepare(desk: Stand) -> None:
    desk.tenant.sku(PART, 5000, plans=("EXCHANGE_S", "YAMMER"))


def test_two_hundred_users_and_licences_take_twenty_calls() -> None:
    with stand() as desk:
        prepare(desk)
        provider = desk.open()
        users = [new(person(f"u{one}"), f"Password-{one}") for one in range(200)]
        all_done(provider.apply(users))
        all_done(provider.apply([new(held(f"u{one}", PART)) for one in range(200)]))
        assert desk.server.writes == 20


@pytest.mark.parametrize("seed", range(2))
def test_a_storm(seed: int) -> None:
    with stand(seed) as desk:
        prepare(desk)
        desk.server.storm(0.05, seed)
        run(desk, desk.open(), stages(60))
        judge(desk, 60)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_a_storm_over_two_thousand_writes(seed: int) -> None:
    with stand(seed) as desk:
        prepare(desk)
        desk.server.storm(0.05, seed)
        provider = desk.open()
        run(desk, provider, stages(500))
        judge(desk, 500)
        users = [one for one in desk.truth().values() if isinstance(one, User)]
        run(desk, provider, [[turn(one, department="Ventas", job_title="Jefa") for one in users]])
        judge(desk, 500)
        assert len(desk.tenant.audits) > 2000


@pytest.mark.parametrize(("lag", "rate"), [(1, 0.0), (3, 0.05)])
def test_servers_that_lag(lag: int, rate: float) -> None:
    with stand(lag) as desk:
        prepare(desk)
        desk.server.lag = lag
        desk.server.storm(rate, lag)
        provider = desk.open()
        run(desk, provider, stages(24))
        judge(desk, 24)
        users = [one for one in desk.truth().values() if isinstance(one, User)]
        run(desk, provider, [[turn(one, enabled=False) for one in users]])
        assert all(desk.tenant.sessions[one.remote_id] for one in users)
        assert desk.server.inner["user.create"] >= 24
        judge(desk, 24)


class Died(BaseException):
    """The process is killed."""


class Mortal:
    """A transport whose process dies at one of its calls, before it is sent or after it was answered."""

    def __init__(self, inner: object, last: int, *, answered: bool) -> None:
        self._inner, self._left, self._answered = inner, last, answered

    def call(self, *given: object) -> object:
        self._left -= 1
        if self._left == 0 and not self._answered:
            raise Died
        reply = self._inner.call(*given)  # type: ignore[attr-defined]
        if self._left == 0:
            raise Died
        return reply


def survive(last: int, *, answered: bool, count: int = 9) -> bool:
    """Die at that call, begin anew, and see all done once; false when there was no such call."""
    with stand(last) as desk:
        prepare(desk)
        doomed, died = desk.open(), False
        api = doomed._api(desk.tenant.initial, write=True)
        api._transport = Mortal(api._transport, last, answered=answered)  # type: ignore[assignment]
        try:
            run(desk, doomed, stages(count))
        except Died:
            died = True
        run(desk, desk.open(), stages(count))
        judge(desk, count)
        return died


def test_dying_at_any_call() -> None:
    died = [survive(last, answered=last % 2 == 0) for last in range(2, 24)]
    assert died[:8] == [True] * 8
    assert not died[-1]


@pytest.mark.long
@pytest.mark.parametrize("answered", [True, False])
def test_dying_at_each_call(answered: bool) -> None:
    assert [survive(last, answered=answered, count=45) for last in range(2, 60)][-1] is False


@pytest.mark.parametrize("seed", [*range(3), *((range(3, 12)) if os.environ.get("LONG") == "1" else ())])
def test_two_runs_at_once(seed: int) -> None:
    with stand(seed) as desk:
        prepare(desk)
        desk.server.lag = seed % 2
        desk.server.storm(0.05 if seed > 1 else 0.0, seed)
        trouble: list[BaseException] = []

        def one() -> None:
            try:
                run(desk, desk.open(), stages(12))
            except BaseException as problem:  # noqa: BLE001  # told by the test itself
                trouble.append(problem)

        threads = [threading.Thread(target=one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert trouble == []
        judge(desk, 12)


def test_every_storm_tells_when_to_come_again() -> None:
    with stand(3) as desk:
        prepare(desk)
        desk.server.storm(0.4, 3)
        provider, seen = desk.open(), set()
        for change in [new(person(f"u{one}", aliases=(address(f"a{one}"),))) for one in range(25)]:
            for one in provider.apply([change]):
                seen.add(one.status)
                assert (one.status is Status.DONE) != bool(one.retry_after), one
            desk.clock.advance(30)
        assert seen >= {Status.DONE, Status.FAILED, Status.UNKNOWN}
