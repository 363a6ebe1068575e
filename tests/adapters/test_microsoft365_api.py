"""How the Microsoft 365 adapter speaks to Graph: once, in its turn, in one tenant, whatever comes back."""

from __future__ import annotations

import base64
import gc
import gzip
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from providers.microsoft365.answers import Gone, NotSent, Taken
from providers.microsoft365.api import Api
from reconciler.conformance.harness import FixedClock
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
from tests.adapters.microsoft365_wire import APP, ORGANIZATION, TENANT, Said, Wire, wire


@pytest.fixture
def graph() -> Iterator[Wire]:
    with wire() as made:
        yield made


@pytest.fixture
def api(graph: Wire, tmp_path: Path) -> Api:
    return graph.api(tmp_path)


def problem(code: str, message: str = "No.", **more: object) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "innerError": {"request-id": "r-1"}, **more}}


def jwt(**claims: str) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{middle}.sig"


# what an answer means

MEANINGS = [
    (400, problem("Request_BadRequest"), Invalid),
    (401, problem("InvalidAuthenticationToken"), AuthFailed),
    (403, problem("Authorization_RequestDenied"), Forbidden),
    (404, problem("Request_ResourceNotFound"), NotFound),
    (409, problem("Request_MultipleObjectsWithSameKeyValue"), Moved),
    (412, problem("PreconditionFailed"), Moved),
    (410, problem("resyncRequired"), Gone),
    (423, problem("notAllowed"), RateLimited),
    (429, problem("TooManyRequests"), RateLimited),
    (408, b"", TimedOut),
    (500, problem("InternalServerError"), Unavailable),
    (502, b"<html>bad gateway</html>", Unavailable),
    (503, problem("ServiceUnavailable"), Unavailable),
    (504, b"", TimedOut),
    (507, problem("InsufficientStorage"), Unavailable),
    (302, b"", Invalid),
    (400, b"[" * 100_000, Invalid),
    (400, {"error": "text"}, Invalid),
    (400, {"error": {"code": 7, "message": {"a": 1}, "details": "x", "innerError": 3}}, Invalid),
]


@pytest.mark.parametrize(("said", "kind"), [(Said(status, body), kind) for status, body, kind in MEANINGS])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_each_answer_is_one_error_and_the_call_is_made_once(
    graph: Wire, api: Api, said: Said, kind: type[ProviderError], method: str
) -> None:
    """Whatever the vendor's client would do again by itself."""
    graph.say(said)
    with pytest.raises(kind) as told:
        api.get("/users") if method == "GET" else api.send("POST", "/users", {"displayName": "A"})
    assert type(told.value) is kind
    assert graph.asked == [f"{method} /v1.0/users"]
    assert len(str(told.value)) < 800
    assert "\n" not in str(told.value)


def test_an_error_names_its_code_its_words_and_the_call(graph: Wire, api: Api) -> None:
    graph.say(Said(400, problem("Request_BadRequest", "One or\nmore \x1b[31mvalues" + "x" * 1000)))
    with pytest.raises(Invalid) as told:
        api.get("/users")
    assert str(told.value).startswith("m365: One or more [31mvaluesxxx")
    assert str(told.value).endswith("xxx... (Request_BadRequest) (request r-1)")
    assert told.value.request_id == "r-1"
    assert len(str(told.value)) < 400


@pytest.mark.parametrize("status", [400, 409])
def test_what_is_taken_is_told_from_what_is_wrong(graph: Wire, api: Api, status: int) -> None:
    detail = {"code": "ObjectConflict", "message": "taken", "target": "userPrincipalName"}
    graph.say(Said(status, problem("Request_BadRequest", details=[None, {"code": "Other"}, detail])))
    with pytest.raises(Taken) as told:
        api.send("POST", "/users", {})
    assert told.value.target == "userPrincipalName"


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/users?$top=999", "User.Read.All"),
        ("PATCH", "/users/x", "User.ReadWrite.All"),
        ("POST", "/users/x/assignLicense", "LicenseAssignment.ReadWrite.All"),
        ("POST", "/directory/deletedItems/x/restore", "User.DeleteRestore.All"),
        ("POST", "/domains/a.example/verify", "Domain.ReadWrite.All"),
        ("GET", "/policies/identitySecurityDefaultsEnforcementPolicy", "Policy.Read.All"),
    ],
)
def test_what_may_not_be_done_names_the_permission_and_where_it_is_given(
    graph: Wire, tmp_path: Path, method: str, path: str, name: str
) -> None:
    api = graph.api(tmp_path, app=APP)
    graph.say(Said(403, problem("Authorization_RequestDenied", "Insufficient privileges.")))
    with pytest.raises(Forbidden) as told:
        api.get(path) if method == "GET" else api.send(method, path)
    assert f"permission {name};" in str(told.value)
    assert f"https://login.microsoftonline.com/{TENANT}/adminconsent?client_id={APP}" in str(told.value)


def test_a_path_nobody_knows_names_no_permission(graph: Wire, api: Api) -> None:
    graph.say(Said(403))
    with pytest.raises(Forbidden, match=r"probably lacks a permission$"):
        api.get("/unheard/of")


def test_no_password_and_no_token_is_shown_even_when_it_is_echoed(graph: Wire, api: Api) -> None:
    secret = "Wq7-Zebra-Nest"
    graph.say(Said(400, problem("Request_BadRequest", f"The password '{secret}' is banned; token t0ken")))
    body = {"users": [{"passwordProfile": {"password": secret}}]}
    with pytest.raises(Invalid) as told:
        api.send("POST", "/users", body)
    assert secret not in str(told.value)
    assert "t0ken" not in str(told.value)
    assert "'***' is banned" in str(told.value)


# what does not come back


@pytest.mark.parametrize("lost", ["after", "middle"])
def test_a_lost_answer_leaves_a_write_open_and_a_read_unread(graph: Wire, api: Api, lost: str) -> None:
    graph.say(Said(body={"id": "1"}, lost=lost), Said(body={"id": "1"}, lost=lost))
    with pytest.raises(TimedOut, match="connection was lost"):
        api.send("POST", "/users", {})
    with pytest.raises(Unavailable, match="connection was lost") as told:
        api.get("/users")
    assert not isinstance(told.value, NotSent)
    assert told.value.request_id == graph.heard[-1].headers["client-request-id"]
    assert graph.asked == ["POST /v1.0/users", "GET /v1.0/users"]


def test_what_never_left_is_told_from_what_was_lost(graph: Wire, tmp_path: Path) -> None:
    graph.close()
    api = graph.api(tmp_path)
    with pytest.raises(NotSent, match="cannot be reached"):
        api.send("POST", "/users", {})
    with pytest.raises(NotSent, match="cannot be reached"):
        api.get("/users")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_is_late_is_given_up(graph: Wire, tmp_path: Path, method: str) -> None:
    api = graph.api(tmp_path, timeout=0.3)
    api.verify()
    graph.say(Said(wait=2.0))
    begun = time.monotonic()
    with pytest.raises(TimedOut, match=r"no answer within 0\.3 s"):
        api.get("/users") if method == "GET" else api.send("POST", "/users", {})
    assert time.monotonic() - begun < 1.5


def test_an_answer_that_drips_is_given_up(graph: Wire, tmp_path: Path) -> None:
    """Each part comes in time, the whole does not."""
    api = graph.api(tmp_path, timeout=0.5)
    api.verify()
    graph.say(Said(body={"id": "1" * 40}, drip=0.1))
    with pytest.raises(TimedOut, match="no answer within"):
        api.get("/users")


def test_a_connection_that_is_not_taken_sends_nothing(graph: Wire, tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        graph.host = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        with pytest.raises(NotSent, match="cannot be reached"):
            graph.api(tmp_path, timeout=0.6).send("POST", "/users", {})
        for one in waiting:
            one.close()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000],
    ids=["empty", "html", "list", "null", "bytes", "deep list", "deep object", "number"],
)
def test_a_body_that_is_no_object_is_no_answer(graph: Wire, api: Api, body: bytes) -> None:
    graph.say(Said(body=body), Said(body=body))
    with pytest.raises(Unavailable, match="no JSON object"):
        api.get("/users")
    if body:
        with pytest.raises(TimedOut, match="no JSON object"):
            api.send("POST", "/users", {})
    else:
        assert api.send("PATCH", "/users/x", {}) == {}


def test_an_answer_without_end_is_not_kept(graph: Wire, api: Api) -> None:
    """Small on the wire, large when it is unpacked."""
    graph.say(Said(body=gzip.compress(b" " * (70 << 20), 1), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unavailable, match="larger than 64 MiB"):
        api.get("/users")


def test_nobody_is_followed_elsewhere(graph: Wire, api: Api) -> None:
    """The token would go along."""
    with wire() as other:
        graph.say(*(Said(status, {}, {"Location": f"{other.host}/v1.0/users"}) for status in (301, 307, 308)))
        for _ in range(3):
            with pytest.raises(Invalid):
                api.get("/users")
        assert not other.heard
    assert len(graph.asked) == 3


def test_a_challenge_for_claims_is_not_answered_by_a_second_call(graph: Wire, api: Api) -> None:
    """The vendor's client would write twice."""
    challenge = 'Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="'
    graph.say(Said(401, problem("InvalidAuthenticationToken"), {"WWW-Authenticate": challenge}))
    with pytest.raises(AuthFailed):
        api.send("POST", "/users", {})
    assert graph.asked == ["POST /v1.0/users"]


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    graph: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    graph.say(Said(body={"id": "1"}))
    assert graph.api(tmp_path).get("/users/1") == {"id": "1"}


# pace


def test_a_refusal_says_when_to_come_again_and_nobody_comes_before(graph: Wire, tmp_path: Path) -> None:
    clock = FixedClock()
    api = graph.api(tmp_path, clock)
    graph.say(Said(429, problem("TooManyRequests"), {"Retry-After": "180"}))
    with pytest.raises(RateLimited) as told:
        api.get("/users")
    assert told.value.retry_after == 180
    for method in ("GET", "POST"):
        with pytest.raises(RateLimited) as told:
            api.get("/users") if method == "GET" else api.send(method, "/users", {})
        assert told.value.retry_after == pytest.approx(180, abs=1)
    assert graph.asked == ["GET /v1.0/users"]
    clock.advance(180)
    api.get("/users")


def test_a_refusal_that_says_no_time_waits_longer_each_time(graph: Wire, tmp_path: Path) -> None:
    clock = FixedClock()
    api = graph.api(tmp_path, clock)
    waits = []
    for number in range(7):
        graph.say(Said(429) if number != 5 else Said())
        try:
            api.get("/users")
        except RateLimited as problem:
            waits.append(problem.retry_after)
            clock.advance(problem.retry_after)
    assert waits == [5, 10, 20, 30, 30, 5]


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 5.0),
        ("Wed, 21 Oct 2026 07:28:30", 5.0),
        ("Wed, 99 Oct 9999 99:99:99 GMT", 5.0),
        ("0", 5.0),
        ("-3", 5.0),
        ("soon", 5.0),
        ("9" * 400, 86_400.0),
    ],
)
def test_when_to_come_again_may_be_a_date_or_nonsense(graph: Wire, api: Api, said: str, wait: float) -> None:
    """A date is held against the answer's own: no clock of this machine is asked."""
    graph.say(Said(429, {}, {"Retry-After": said, "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    with pytest.raises(RateLimited) as told:
        api.get("/users")
    assert told.value.retry_after == wait


def test_threads_share_one_api_and_ask_once_whose_it_is(graph: Wire, api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: api.get(f"/users/{number}"), range(40)))
    assert len(found) == 40
    assert graph.checks == 1
    assert len({one.headers["client-request-id"] for one in graph.heard}) == 41


def test_connections_end_with_the_api(graph: Wire, tmp_path: Path) -> None:
    api = graph.api(tmp_path)
    api.get("/users")
    assert graph.open == 1
    del api
    gc.collect()
    until = time.monotonic() + 5
    while graph.open and time.monotonic() < until:
        time.sleep(0.01)
    assert graph.open == 0


# lists


def test_a_list_is_read_to_its_end_and_tells_where_changes_begin(graph: Wire, api: Api) -> None:
    link = f"{graph.endpoint}/users?$skiptoken=a%20b"
    graph.say(
        Said(body={"value": [{"id": "1"}, {"id": "2"}], "@odata.nextLink": link}),
        Said(body={"value": [], "@odata.nextLink": f"{link}c"}),
        Said(body={"value": [{"id": "3"}], "@odata.deltaLink": f"{graph.endpoint}/users/delta?$deltatoken=d"}),
    )
    pages = api.pages("/users?$select=id", {"Prefer": "odata.maxpagesize=2"})
    assert [one["id"] for one in pages] == ["1", "2", "3"]
    assert pages.delta.endswith("$deltatoken=d")
    assert graph.asked[1] == "GET /v1.0/users?$skiptoken=a%20b"
    assert all(one.headers["prefer"] == "odata.maxpagesize=2" for one in graph.heard if "users" in one.path)


def test_a_list_goes_on_from_a_page_that_is_there(graph: Wire, api: Api) -> None:
    first = {"value": [{"id": "1"}], "@odata.nextLink": f"{graph.endpoint}/users?n=2"}
    graph.say(Said(body={"value": [{"id": "2"}]}))
    assert [one["id"] for one in api.following(first)] == ["1", "2"]
    assert graph.asked == ["GET /v1.0/users?n=2"]


@pytest.mark.parametrize(
    "page",
    [{}, {"value": {}}, {"value": [1]}, {"value": [], "@odata.nextLink": 7}, {"value": [], "@odata.nextLink": ""}],
)
def test_a_page_that_is_none_is_not_an_empty_one(graph: Wire, api: Api, page: object) -> None:
    graph.say(Said(body=page))
    with pytest.raises(Invalid):
        list(api.pages("/users"))


def test_pages_in_a_circle_end(graph: Wire, api: Api) -> None:
    link = f"{graph.endpoint}/users?n=2"
    graph.say(*(Said(body={"value": [], "@odata.nextLink": link}) for _ in range(9)))
    with pytest.raises(Invalid, match="lead back"):
        list(api.pages("/users"))
    assert len(graph.asked) == 2


@pytest.mark.parametrize("said", [Said(503), Said(lost="after"), Said(429)])
def test_a_list_without_its_second_page_is_no_list(graph: Wire, api: Api, said: Said) -> None:
    graph.say(Said(body={"value": [{"id": "1"}], "@odata.nextLink": f"{graph.endpoint}/users?n=2"}), said)
    with pytest.raises((Unavailable, RateLimited)):
        list(api.pages("/users"))


@pytest.mark.parametrize("form", ["{other}/v1.0/users?n=2", "http://user@{own}/x", "//{own}/x", "ftp://{own}/x"])
def test_a_link_to_another_host_is_not_followed(graph: Wire, api: Api, form: str) -> None:
    with wire() as other:
        link = form.format(other=other.host, own=graph.host.removeprefix("http://"))
        graph.say(Said(body={"value": [], "@odata.nextLink": link}))
        with pytest.raises(Invalid):
            list(api.pages("/users"))
        assert not other.heard
    assert len(graph.asked) == 1


# whose tenant


def test_another_customers_token_reads_and_writes_nothing(graph: Wire, tmp_path: Path) -> None:
    domains = [{"name": "fab.onmicrosoft.com", "isInitial": True}, {"name": TENANT, "isInitial": False}]
    other = {"id": "x", "displayName": "Fabrikam", "verifiedDomains": domains}
    graph.organization = Said(body={"value": [other]})
    api = graph.api(tmp_path)
    for call in (
        lambda: api.get("/users"),
        lambda: list(api.pages("/users")),
        lambda: api.send("PATCH", "/users/1", {}),
    ):
        with pytest.raises(Forbidden) as told:
            call()
        assert f"belongs to tenant Fabrikam (initial domain fab.onmicrosoft.com), the spec is about {TENANT}" in str(
            told.value
        )
    assert graph.asked == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"value": []},
        {"value": [{"id": "x"}]},
        {"value": [{"id": "x", "verifiedDomains": [{"name": TENANT}, {"name": TENANT, "isInitial": "true"}, 3]}]},
        {"value": ORGANIZATION["value"] * 2},
    ],
)
def test_an_organization_that_cannot_be_told_is_none(graph: Wire, tmp_path: Path, body: object) -> None:
    graph.organization = Said(body=body)
    with pytest.raises(Invalid):
        graph.api(tmp_path).get("/users")
    assert graph.asked == []


def test_a_token_made_for_another_tenant_is_refused(graph: Wire, tmp_path: Path) -> None:
    own = str(ORGANIZATION["value"][0]["id"])
    graph.api(tmp_path, token=jwt(tid=own.upper())).get("/users")
    graph.api(tmp_path, token=jwt(aud="x")).get("/users")
    graph.api(tmp_path, token="e30.%%%.x").get("/users")
    with pytest.raises(Forbidden, match="was made for tenant bbbb"):
        graph.api(tmp_path, token=jwt(tid="bbbb")).get("/users")
    assert len(graph.asked) == 3


@pytest.mark.parametrize("said", [Said(503), Said(lost="after"), Said(504)])
def test_a_write_whose_tenant_could_not_be_asked_surely_did_nothing(graph: Wire, api: Api, said: Said) -> None:
    graph.organization = said
    with pytest.raises(NotSent):
        api.send("POST", "/users", {})
    assert graph.asked == []


# what it costs to begin

LIGHT = "import sys, providers.microsoft365.api, providers.microsoft365.credentials, providers.microsoft365.signing\n"


def _modules(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_vendors_libraries_are_imported_when_they_are_needed() -> None:
    found = _modules(LIGHT)
    assert not [one for one in found if one.split(".")[0] in ("msgraph", "azure", "msal", "httpx", "kiota_http")]


def test_the_classes_of_the_vendors_library_are_never_imported(graph: Wire, tmp_path: Path) -> None:
    graph.api(tmp_path)
    code = f"""{LIGHT}
from pathlib import Path
from tests.adapters.microsoft365_wire import TENANT
from providers.microsoft365.api import Api
from providers.microsoft365.credentials import given
from reconciler.wire.options import Options
options = Options("m", {{"access_token": {{"file": "token"}}, "endpoint": "{graph.endpoint}"}}, Path({str(tmp_path)!r}))
told = given("m", options)
options.end()
Api(told.line, told.reads, TENANT).get("/users")
"""
    found = _modules(code)
    assert "msgraph" in found
    assert not [one for one in found if one.startswith(("msgraph.generated.models", "azure.identity", "msal"))]
