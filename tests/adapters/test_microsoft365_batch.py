"""Many requests in one call to Graph: what goes together, and what is known of each when something goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.microsoft365.answers import NotSent, Taken
from providers.microsoft365.api import ORGANIZATION, Answer, Api, Line, Request
from providers.microsoft365.clouds import CLOUDS
from providers.microsoft365.credentials import Identity
from reconciler.conformance.harness import FixedClock
from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    NotFound,
    ProviderError,
    RateLimited,
    TimedOut,
    Unavailable,
)
from reconciler.wire.options import Reference
from tests.adapters import microsoft365_wire
from tests.adapters.microsoft365_wire import Heard, Said, Wire, batched, wire
from tests.emulators.graph.stand import DOMAIN, NEW, TENANT, Stand


@pytest.fixture
def graph() -> Iterator[Wire]:
    with wire() as made:
        yield made


@pytest.fixture
def api(graph: Wire, tmp_path: Path) -> Api:
    return graph.api(tmp_path)


def reads(count: int) -> list[Request]:
    return [Request("GET", f"/users/{number}") for number in range(count)]


def writes(count: int) -> list[Request]:
    return [Request("PATCH", f"/users/{number}", {"jobTitle": "x"}) for number in range(count)]


def kinds(answers: list[Answer]) -> list[type[ProviderError] | None]:
    return [None if one.problem is None else type(one.problem) for one in answers]


def calls(graph: Wire) -> list[list[dict[str, Any]]]:
    return [one.body["requests"] for one in graph.heard if one.path.endswith("$batch")]


def shuffled(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    random.Random(7).shuffle(items)
    return items


def test_twenty_go_together_and_come_back_in_order(graph: Wire, api: Api) -> None:
    graph.say(*[batched(shuffled)] * 3)
    answers = api.batch(reads(41))
    assert [one.body["of"] for one in answers] == [f"/users/{number}" for number in range(41)]
    assert [one.headers["x-of"] for one in answers] == [f"/users/{number}" for number in range(41)]
    assert kinds(answers) == [None] * 41
    assert [len(one) for one in calls(graph)] == [20, 20, 1]


def test_nothing_asked_is_no_call(graph: Wire, api: Api) -> None:
    assert api.batch([]) == []
    assert not graph.heard


def test_an_item_says_what_it_needs_and_no_more(graph: Wire, api: Api) -> None:
    graph.say(batched())
    api.batch([Request("PATCH", "/groups(uniqueName='x')", {"a": None}, {"Prefer": "create-if-missing"}), *reads(1)])
    assert calls(graph) == [
        [
            {
                "id": "0",
                "method": "PATCH",
                "url": "/groups(uniqueName='x')",
                "body": {"a": None},
                "headers": {"Prefer": "create-if-missing", "Content-Type": "application/json"},
            },
            {"id": "1", "method": "GET", "url": "/users/0"},
        ]
    ]


# order


@pytest.mark.parametrize(
    ("after", "linked"),
    [
        ([None, 0, 1, 2], [None, 0, 1, 2]),
        ([None, 0, 0, 0], [None, 0, 0, 0]),
        ([None, None, None], [None, None, None]),
    ],
)
def test_what_may_wait_for_another_in_one_call_does(
    graph: Wire, api: Api, after: list[int | None], linked: list[int | None]
) -> None:
    graph.say(batched())
    api.batch([Request("POST", f"/users/{at}", {}, after=one) for at, one in enumerate(after)])
    (items,) = calls(graph)
    assert [int(one["dependsOn"][0]) if "dependsOn" in one else None for one in items] == linked


def test_pairs_that_may_not_wait_in_one_call_are_two_calls(graph: Wire, api: Api) -> None:
    """Graph takes no mixture of links: first all that wait for nobody, then what waited for them."""
    graph.say(batched(), batched())
    pairs = [Request("POST", "/a", {}), Request("POST", "/b", {}, after=0), Request("POST", "/c", {})]
    pairs.append(Request("POST", "/d", {}, after=2))
    answers = api.batch(pairs)
    assert [one.body["of"] for one in answers] == ["/a", "/b", "/c", "/d"]
    assert [[one["url"] for one in call] for call in calls(graph)] == [["/a", "/c"], ["/b", "/d"]]
    assert not any("dependsOn" in one for call in calls(graph) for one in call)


def test_two_hundred_users_with_licences_are_twenty_calls(graph: Wire, api: Api) -> None:
    graph.say(*[batched()] * 30)
    asked: list[Request] = []
    for number in range(200):
        asked += [
            Request("POST", "/users", {}),
            Request("POST", f"/users/{number}/assignLicense", {}, after=2 * number),
        ]
    assert kinds(api.batch(asked)) == [None] * 400
    assert len(calls(graph)) == 20


def test_what_comes_after_a_failure_is_not_sent(graph: Wire, api: Api) -> None:
    def half(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one if one["body"]["of"] != "/a" else {"id": one["id"], "status": 404} for one in items]

    graph.say(batched(half), batched())
    chain = [Request("POST", "/a", {}), Request("POST", "/b", {}, after=0), Request("POST", "/c", {})]
    chain += [Request("POST", "/d", {}, after=2), Request("POST", "/e", {}, after=1)]
    answers = api.batch(chain)
    assert kinds(answers) == [NotFound, NotSent, None, None, NotSent]
    assert [one.status for one in answers] == [404, 424, 200, 200, 424]
    assert [[one["url"] for one in call] for call in calls(graph)] == [["/a", "/c"], ["/d"]]


# an item that fails


def test_each_item_has_its_own_fate(graph: Wire, tmp_path: Path) -> None:
    clock = FixedClock()
    api = graph.api(tmp_path, clock)
    detail = {"code": "ObjectConflict", "target": "userPrincipalName"}
    fates: list[tuple[int, dict[str, str], Any]] = [
        (201, {}, {"id": "1"}),
        (400, {}, {"error": {"code": "Request_BadRequest", "message": "Zebra77 is no password", "details": [detail]}}),
        (429, {"Retry-After": "60"}, {"error": {"code": "TooManyRequests", "message": "m"}}),
        (429, {}, "dGV4dA=="),
        (503, {}, None),
        (424, {}, {"error": {"code": "FailedDependency", "message": "m"}}),
        (204, {}, None),
    ]

    def fated(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {"id": one["id"], "status": status, "headers": headers, "body": body}
            for one, (status, headers, body) in zip(items, fates, strict=True)
        ]

    graph.say(batched(fated))
    body = {"passwordProfile": {"password": "Zebra77"}}
    answers = api.batch([Request("POST", "/users", body) for _ in fates])
    assert kinds(answers) == [None, Taken, RateLimited, RateLimited, Unavailable, NotSent, None]
    assert isinstance(answers[1].problem, Taken)
    assert answers[1].problem.target == "userPrincipalName"
    assert "Zebra77" not in str(answers[1].problem)
    waits = [one.problem.retry_after for one in answers if isinstance(one.problem, RateLimited)]
    assert waits == [60, 60]
    with pytest.raises(RateLimited):
        api.get("/users")
    clock.advance(60)
    api.get("/users")


def test_a_batch_that_refuses_holds_those_that_follow(graph: Wire, api: Api) -> None:
    def refused(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one | {"status": 429, "headers": {"Retry-After": "60"}} for one in items]

    graph.say(batched(refused), batched())
    assert kinds(api.batch(writes(30))) == [RateLimited] * 30
    assert len(calls(graph)) == 1


# an answer that is not whole

WRONG: list[Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = [
    lambda items: items[1:],
    lambda items: [*items, items[0]],
    lambda items: [*items[1:], items[0] | {"status": "200"}],
    lambda items: [*items[1:], items[0] | {"status": True}],
    lambda items: [*items[1:], items[0] | {"id": None}],
    lambda items: [*items[1:], 7, None, []],  # type: ignore[list-item]
]


@pytest.mark.parametrize("wrong", WRONG)
def test_an_item_without_one_clear_answer_is_not_known(
    graph: Wire, api: Api, wrong: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    graph.say(batched(wrong), batched(wrong))
    assert kinds(api.batch(writes(3))) == [TimedOut, None, None]
    assert kinds(api.batch(reads(3))) == [Unavailable, None, None]


def test_a_read_without_an_object_is_not_read(graph: Wire, api: Api) -> None:
    graph.say(batched(lambda items: [one | {"body": "dGV4dA=="} for one in items]))
    assert kinds(api.batch(reads(1))) == [Unavailable]


@pytest.mark.parametrize(
    ("said", "written", "read"),
    [
        (Said(lost="after"), TimedOut, Unavailable),
        (Said(body={"responses": []}, lost="middle"), TimedOut, Unavailable),
        (Said(503), TimedOut, Unavailable),
        (Said(504), TimedOut, Unavailable),
        (Said(body=b"<html>"), TimedOut, Unavailable),
        (Said(body=[]), TimedOut, Unavailable),
        (Said(body={}), TimedOut, Unavailable),
        (Said(401), AuthFailed, AuthFailed),
        (Said(400), Invalid, Invalid),
    ],
)
def test_a_call_that_fails_as_a_whole_is_known_of_each_item_and_the_others_are_made(
    graph: Wire, api: Api, said: Said, written: type[ProviderError], read: type[ProviderError]
) -> None:
    graph.say(said, batched())
    mixed = [*writes(10), *reads(15)]
    assert kinds(api.batch(mixed)) == [written] * 10 + [read] * 10 + [None] * 5
    graph.say(said, batched())
    whole = TimedOut if said.status == 504 else read  # without a write among them, it is told as it is
    assert kinds(api.batch(reads(25))) == [whole] * 20 + [None] * 5
    assert len(calls(graph)) == 4


def test_a_call_that_never_left_wrote_nothing(graph: Wire, api: Api) -> None:
    api.verify()
    graph.say(Said(429, {}, {"Retry-After": "60"}))
    assert kinds(api.batch(writes(25))) == [RateLimited] * 25
    assert len(calls(graph)) == 1


# whose tenant


def test_the_organization_may_be_asked_among_other_reads(graph: Wire, api: Api) -> None:
    def answer(heard: Heard) -> Said:
        said = batched()(heard)
        said.body["responses"][1]["body"] = microsoft365_wire.ORGANIZATION
        return said  # type: ignore[no-any-return]

    graph.say(answer)
    answers = api.batch([*reads(1), Request("GET", ORGANIZATION), *reads(1)])
    assert kinds(answers) == [None] * 3
    api.get("/users")
    assert graph.checks == 0


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            200,
            {"value": [{"id": "x", "verifiedDomains": [{"name": "f.onmicrosoft.com", "isInitial": True}]}]},
            Forbidden,
        ),
        (200, {"value": []}, Invalid),
        (403, {}, Forbidden),
        (503, {}, Unavailable),
    ],
)
def test_nothing_of_a_batch_is_believed_before_its_tenant_is(
    graph: Wire, api: Api, status: int, body: object, kind: type[ProviderError]
) -> None:
    def answer(heard: Heard) -> Said:
        said = batched()(heard)
        said.body["responses"][0] |= {"status": status, "body": body}
        return said  # type: ignore[no-any-return]

    graph.say(answer)
    answers = api.batch([Request("GET", ORGANIZATION), *reads(2)])
    assert kinds(answers) == [kind] * 3
    assert [one.body for one in answers] == [{}] * 3


def test_a_batch_that_writes_asks_first(graph: Wire, api: Api) -> None:
    body = {"value": [{"id": "x", "verifiedDomains": [{"name": "f.onmicrosoft.com", "isInitial": True}]}]}
    graph.organization = Said(body=body)
    assert kinds(api.batch([Request("GET", ORGANIZATION), *writes(2)])) == [Forbidden] * 3
    assert kinds(api.batch(reads(2))) == [Forbidden] * 2
    assert calls(graph) == []


def test_a_link_becomes_an_item(graph: Wire, api: Api) -> None:
    assert api.relative(f"{graph.endpoint}/users/delta?$deltatoken=a") == "/users/delta?$deltatoken=a"
    for link in ("https://elsewhere.example/v1.0/users", f"{graph.host}/beta/users"):
        with pytest.raises(Invalid):
            api.relative(link)


# against the emulator, which takes no form of a batch that Graph does not


@pytest.mark.parametrize("after", [[None, 0, 1], [None, 0, 0], [None, 0, None], [None, None, 0], [None, 0, None, 2]])
def test_graph_takes_every_form_of_links(tmp_path: Path, after: list[int | None]) -> None:
    stand = Stand()
    try:
        (tmp_path / "token").write_text("t")
        place = Reference("m365", "access_token", "file", "token", tmp_path)
        identity = Identity("m365", "access_token", "", CLOUDS["global"], "", place)
        line = Line("m365", stand.server.endpoint, 20.0)
        asked = [
            Request("POST", "/users", NEW | {"userPrincipalName": f"u{at}@{DOMAIN}"}, after=one)
            for at, one in enumerate(after)
        ]
        assert [one.status for one in Api(line, identity, TENANT).batch(asked)] == [201] * len(after)
        (problem,) = {str(one.problem) for one in Api(line, identity, "other.onmicrosoft.com").batch(asked)}
        assert "belongs to tenant" in problem
        assert not stand.server.broken
    finally:
        stand.close()
