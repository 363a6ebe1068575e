"""What the Cloudflare adapter makes of errors, silence, limits and other people."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from providers.cloudflare import answers
from providers.cloudflare.provider import BURST, RATE
from reconciler.conformance.harness import FixedClock
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    Moved,
    NotFound,
    ProviderError,
    RateLimited,
    TimedOut,
    Unavailable,
)
from reconciler.wire.pace import Pace
from tests.emulators.cloudflare.server import HTML, Trouble
from tests.emulators.cloudflare.stand import TOKEN, Stand, records, standing
from tests.emulators.cloudflare.zones import Token

ONE = records("A", "192.0.2.1", name="one")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with standing(tmp_path) as stand:
        yield stand


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Stand]:
    """The fourth call in five minutes is one too many."""
    with standing(tmp_path, limit=3) as stand:
        yield stand


def made(stand: Stand) -> Outcome:
    (outcome,) = stand.provider().apply([Change(ONE.key, None, ONE)])
    return outcome


def read(stand: Stand) -> ProviderError:
    with pytest.raises(ProviderError) as told:
        stand.observed()
    return told.value


def body(code: int, form: str = "alone") -> bytes:
    """An error as the vendor tells it: the cause alone, in the chain of a general one, or with that behind it."""
    cause, general = {"code": code, "message": "As said."}, {"code": 1004, "message": "DNS Validation Error"}
    forms = {
        "alone": cause,
        "wrapped": general | {"error_chain": [cause]},
        "first": cause | {"error_chain": [general]},
    }
    return json.dumps({"success": False, "errors": [forms[form]], "messages": [], "result": None}).encode()


CODES = [
    (401, 1000, AuthFailed, "not valid"),
    (400, 1000, AuthFailed, "not valid"),
    (400, 6003, AuthFailed, "cannot be read"),
    (400, 6103, AuthFailed, "cannot be read"),
    (400, 6111, AuthFailed, "cannot be read"),
    (403, 9109, Forbidden, "may not do this"),
    (403, 10000, Forbidden, "made moments ago"),
    (404, 7003, NotFound, "id in the call"),
    (400, 7000, Invalid, "no such call"),
    (400, 7003, Invalid, "id in the call"),
    (400, 9000, Invalid, "name"),
    (400, 9003, Invalid, "may not be proxied"),
    (400, 9005, Invalid, "value"),
    (400, 9006, Invalid, "value"),
    (400, 9009, Invalid, "value"),
    (400, 9021, Invalid, "TTL"),
    (400, 9041, Invalid, "cannot be proxied"),
    (400, 9300, Invalid, "tags"),
    (400, 81045, Invalid, "no room"),
    (400, 81053, answers.Stale, "an A, AAAA or CNAME of this name exists"),
    (400, 81054, answers.Stale, "a CNAME of this name exists"),
    (400, 81055, answers.Stale, "an A of this name exists"),
    (400, 81056, answers.Stale, "NS of this name exist"),
    (400, 81057, answers.Stale, "the record exists"),
    (400, 81058, answers.Stale, "identical"),
    (404, 81044, answers.Stale, "does not exist any more"),
    (429, 971, RateLimited, "too many calls"),
    (409, 4711, Moved, "As said."),
    (422, 4711, Invalid, "As said."),
    (500, 4711, Unavailable, "As said."),
    (504, 4711, TimedOut, "As said."),
]


@pytest.mark.parametrize("form", ["alone", "wrapped", "first"])
@pytest.mark.parametrize("case", CODES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_every_code_has_its_error_and_its_words(
    stand: Stand, case: tuple[int, int, type[ProviderError], str], form: str
) -> None:
    status, code, kind, words = case
    headers = {"CF-Ray": "8f2-AMS"}
    with stand.server.trouble(Trouble(status, "zones", headers=headers, body=body(code, form))):
        problem = read(stand)
    assert type(problem) is kind
    assert words in str(problem)
    assert f"code {code}" in str(problem)
    assert problem.request_id == "8f2-AMS"
    assert stand.server.calls.total() == 1


ODD = [
    (502, HTML, Unavailable, "it answered 502 and gave no reason"),
    (200, HTML, Unavailable, "no JSON"),
    (200, b"[]", Unavailable, "no JSON"),
    (200, b"", Unavailable, "no JSON"),
    (200, body(9005), Invalid, "code 9005"),
    (200, b'{"success": true}', Invalid, "not as the API describes"),
    (200, b'{"success": true, "result": [{"name": "contoso.example"}]}', Invalid, "not as the API describes"),
    (400, b'{"errors": [7, {"code": "x", "error_chain": 5}]}', Invalid, "refused (code 0)"),
    (400, b'{"errors": {}}', Invalid, "gave no reason"),
    (400, b"[" * 100_000, Invalid, "gave no reason"),
    (302, b"", Invalid, "it answered 302"),
]


@pytest.mark.parametrize(("status", "told", "kind", "words"), ODD, ids=range(len(ODD)))
def test_answers_of_any_form(stand: Stand, status: int, told: bytes, kind: type[ProviderError], words: str) -> None:
    headers = {"Location": "http://127.0.0.1:9/elsewhere"}
    with stand.server.trouble(Trouble(status, "zones", body=told, headers=headers)):
        problem = read(stand)
    assert type(problem) is kind
    assert words in str(problem)
    assert stand.server.calls.total() == 1


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with standing(tmp_path) as stand:
        provider = stand.provider()
    with pytest.raises(Unavailable, match="cannot be reached"):
        stand.observed(provider)
    (outcome,) = provider.apply([Change(ONE.key, None, ONE)])
    assert outcome.status is Status.FAILED


def test_a_read_that_is_dropped_is_made_once(stand: Stand) -> None:
    with stand.server.trouble(Trouble(on="records")):
        assert type(read(stand)) is Unavailable
    assert stand.server.calls["records"] == 1


def test_a_zone_made_moments_ago(stand: Stand) -> None:
    stand.zone.born = False
    assert "made moments ago" in str(read(stand))


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503, 504])
def test_no_write_is_made_twice(stand: Stand, status: int) -> None:
    """The vendor's client would, on each of these."""
    with stand.server.trouble(Trouble(status, "batch", times=5, headers={"Retry-After": "1"})):
        assert made(stand).status in {Status.FAILED, Status.REFUSED, Status.UNKNOWN}
    assert stand.server.calls["batch"] == 1


WAITS = [
    ({"Retry-After": "61"}, 61.0),
    ({"Retry-After": "3600"}, 3600.0),
    ({"Ratelimit": '"default";r=0;t=42'}, 42.0),
    ({}, 300.0),
    ({"Retry-After": "soon"}, 300.0),
    ({"Retry-After": "0"}, 300.0),
    ({"Retry-After": "7", "Ratelimit": '"default";r=0;t=42'}, 42.0),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS, ids=str)
def test_who_is_asked_to_wait_waits(stand: Stand, headers: dict[str, str], seconds: float) -> None:
    """It is raised at once, and until then nothing is asked by anybody of this provider."""
    provider = stand.provider()
    with stand.server.trouble(Trouble(429, "zones", headers=headers)):
        with pytest.raises(RateLimited) as told:
            stand.observed(provider)
        said = 7.0 if headers.get("Retry-After") == "7" else seconds
        assert told.value.retry_after == said
    assert stand.server.calls.total() == 1
    stand.clock.advance(seconds - 6)
    with pytest.raises(RateLimited) as told:
        stand.observed(provider)
    assert told.value.retry_after == 6
    assert stand.server.calls.total() == 1
    stand.clock.advance(6)
    assert stand.observed(provider).resources == {}


def test_the_last_call_of_a_window_is_the_last(few: Stand) -> None:
    """The system says that nothing is left: the next call is not made, so nobody is ever blocked."""
    provider = few.provider()
    few.observed(provider)
    few.observed(provider)
    with pytest.raises(RateLimited) as told:
        few.observed(provider)
    assert told.value.retry_after == 300
    few.clock.advance(300)
    few.observed(provider)
    assert few.server.calls["over the limit"] == 0


def test_somebody_else_of_the_same_user_used_the_window_up(few: Stand) -> None:
    few.server.tokens["other"] = Token()
    other = few.provider("other")
    few.observed(other)
    few.observed(other)
    problem = read(few)
    assert isinstance(problem, RateLimited)
    assert problem.retry_after == 300
    assert "code 971" in str(problem)


class Running(FixedClock):
    """A clock on which one may sleep."""

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


def test_no_window_holds_more_calls_than_the_vendor_allows() -> None:
    """Whoever calls as fast as the pace lets them."""
    clock = Running()
    pace = Pace("dns", RATE, BURST, clock)
    times: list[datetime] = []
    while len(times) < 3000:
        pace.take()
        times.append(clock.now())
    windows = [(times[at + 1200] - times[at]).total_seconds() for at in range(len(times) - 1200)]
    assert min(windows) >= 300


def test_a_lost_answer_is_looked_up_and_not_sent_again(stand: Stand) -> None:
    with stand.server.trouble(Trouble(on="batch", effect=True)):
        assert made(stand).status is Status.DONE
    assert stand.server.calls["batch"] == 1


def test_a_write_that_may_still_come_is_unknown(stand: Stand) -> None:
    with stand.server.trouble(Trouble(on="batch")):
        outcome = made(stand)
    assert outcome.status is Status.UNKNOWN
    assert "lost before the answer" in outcome.detail
    assert stand.server.calls["batch"] == 1


def test_a_lost_answer_that_cannot_be_looked_up_is_unknown(stand: Stand) -> None:
    with (
        stand.server.trouble(Trouble(on="batch", effect=True)),
        stand.server.trouble(Trouble(503, "records", nth=2)),
    ):
        assert made(stand).status is Status.UNKNOWN


@pytest.mark.parametrize(("effect", "status"), [(True, Status.DONE), (False, Status.FAILED)])
def test_a_gateway_that_fails_is_looked_behind(stand: Stand, *, effect: bool, status: Status) -> None:
    with stand.server.trouble(Trouble(502, "batch", effect=effect, body=HTML, headers={"Retry-After": "9"})):
        outcome = made(stand)
    assert outcome.status is status
    assert outcome.retry_after == (0 if effect else 9)


def test_a_gateway_that_fails_and_cannot_be_looked_behind_is_unknown(stand: Stand) -> None:
    with (
        stand.server.trouble(Trouble(502, "batch", effect=True)),
        stand.server.trouble(Trouble(503, "records", nth=2)),
    ):
        assert made(stand).status is Status.UNKNOWN


def test_a_write_that_cannot_be_read_back_is_unknown(stand: Stand) -> None:
    with stand.server.trouble(Trouble(503, "records", nth=2)):
        outcome = made(stand)
    assert outcome.status is Status.UNKNOWN
    assert "could not be read back" in outcome.detail


def test_a_write_that_is_not_there_afterwards_is_told(stand: Stand) -> None:
    with stand.server.trouble(Trouble(on="records", nth=2, act=stand.zone.records.clear)):
        outcome = made(stand)
    assert outcome.status is Status.FAILED
    assert "did not make it" in outcome.detail


def test_what_is_read_first_and_fails_is_no_unknown_write(stand: Stand) -> None:
    with stand.server.trouble(Trouble(504, "records")):
        assert made(stand).status is Status.FAILED
    assert stand.server.calls["batch"] == 0


def between(stand: Stand, act: Callable[[], object], *changes: Change) -> list[Outcome]:
    """Somebody does something between our reading and our writing."""
    with stand.server.trouble(Trouble(on="batch", act=act)):
        return list(stand.provider().apply(changes))


def test_what_somebody_removed_meanwhile_is_removed(stand: Stand) -> None:
    """The whole call was refused for it; the others are made by a second one."""
    gone, other = stand.put("A", "192.0.2.1", name="gone"), records("A", "192.0.2.2", name="other")
    (seen,) = stand.observed().resources.values()
    changes = Change(gone.key, seen, None), Change(other.key, None, other)
    outcomes = between(stand, stand.zone.records.clear, *changes)
    assert [str(one.status) for one in outcomes] == ["done", "done"]
    assert stand.server.calls["batch"] == 2
    assert stand.held(other.key) == records("A", "192.0.2.2", name="other", proxied=False)


def test_what_somebody_made_meanwhile_is_done_if_it_is_the_same(stand: Stand) -> None:
    outcomes = between(stand, lambda: stand.put("A", "192.0.2.1", name="one"), Change(ONE.key, None, ONE))
    assert [str(one.status) for one in outcomes] == ["done"]
    assert stand.server.calls["batch"] == 1


def test_what_somebody_made_meanwhile_otherwise_is_left_so(stand: Stand) -> None:
    """Identical but for its TTL: the same code, another end."""
    outcomes = between(stand, lambda: stand.put("A", "192.0.2.1", name="one", ttl=60), Change(ONE.key, None, ONE))
    assert [str(one.status) for one in outcomes] == ["refused"]
    assert [one.ttl for one in stand.zone.records.values()] == [60]


def test_a_system_that_always_contradicts_is_left_after_two_rounds(stand: Stand) -> None:
    with stand.server.trouble(Trouble(400, "batch", times=9, body=body(81057))):
        outcome = made(stand)
    assert outcome.status is Status.FAILED
    assert "code 81057" in outcome.detail
    assert stand.server.calls["batch"] == 2


def test_after_a_call_that_failed_no_further_one_is_made(stand: Stand) -> None:
    """What was made is read back and told as done; the rest waits as long as the system asks."""
    changes = [Change(one.key, None, one) for one in (records("A", "192.0.2.1", name=f"n{n:03}") for n in range(500))]
    with stand.server.trouble(Trouble(503, "batch", nth=2, headers={"Retry-After": "5"})):
        outcomes = list(stand.provider().apply(changes))
    assert [str(one.status) for one in outcomes] == ["done"] * 200 + ["failed"] * 300
    assert {one.retry_after for one in outcomes[200:]} == {5.0}
    assert "not tried" in outcomes[-1].detail
    assert "not tried" not in outcomes[200].detail
    assert len(stand.zone.records) == 200


def test_a_call_that_is_refused_changes_nothing_and_says_why(stand: Stand) -> None:
    changes = [Change(one.key, None, one) for one in (records("A", "192.0.2.1", name=f"n{n}") for n in range(3))]
    stand.zone.quota = 2
    outcomes = list(stand.provider().apply(changes))
    assert {str(one.status) for one in outcomes} == {"failed"}
    assert all("no room" in one.detail for one in outcomes)
    assert stand.zone.records == {}


def test_no_word_of_the_token_anywhere(stand: Stand) -> None:
    said = [repr(stand.provider()), repr(vars(stand.provider()))]
    with stand.server.trouble(Trouble(401, "zones", body=body(1000))):
        said.append(repr(read(stand)))
    assert TOKEN not in "".join(said)
