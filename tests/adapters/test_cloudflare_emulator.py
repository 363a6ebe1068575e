"""The emulator of Cloudflare's DNS API is as strict as it says: nothing here goes through the adapter."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.emulators.cloudflare import contract, records, routing
from tests.emulators.cloudflare.server import HTML, CloudflareServer, Trouble
from tests.emulators.cloudflare.stand import TOKEN, ZONE, Stand, standing
from tests.emulators.cloudflare.zones import READ_ONLY, Token

A = {"type": "A", "name": "a", "content": "192.0.2.1", "ttl": 300}
NONE = "f" * 32


class Client:
    """A client that knows nothing."""

    def __init__(self, stand: Stand) -> None:
        self.http = httpx.Client(base_url=stand.server.endpoint, trust_env=False)
        self.path = f"/zones/{stand.zone.id}/dns_records"

    def ask(self, method: str, path: str, sent: object = None, token: str = TOKEN, **asked: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.request(method, path, json=sent, params=asked, headers=headers)

    def post(self, **sent: Any) -> Any:
        """The record that is made, or the code of the refusal."""
        return self.result("POST", self.path, sent)

    def batch(self, **sent: Any) -> Any:
        return self.result("POST", f"{self.path}/batch", sent)

    def patch(self, identity: str, **sent: Any) -> Any:
        return self.result("PATCH", f"{self.path}/{identity}", sent)

    def put(self, identity: str, **sent: Any) -> Any:
        return self.result("PUT", f"{self.path}/{identity}", sent)

    def list(self, **asked: Any) -> Any:
        return self.ask("GET", self.path, **asked).json()

    def result(self, method: str, path: str, sent: object = None, token: str = TOKEN) -> Any:
        told = self.ask(method, path, sent, token).json()
        if told["success"]:
            return told["result"]
        (error,) = told["errors"]
        return error["error_chain"][0]["code"] if "error_chain" in error else error["code"]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with standing(tmp_path) as stand:
        yield stand


@pytest.fixture
def client(stand: Stand) -> Iterator[Client]:
    client = Client(stand)
    yield client
    client.http.close()


SRV = {"priority": 1, "weight": 2, "port": 3, "target": "sip.example.net."}
REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"content": "192.0.2"}, 9005),
    ({"content": "192.0.2.01"}, 9005),
    ({"content": ""}, 9005),
    ({"type": "AAAA", "content": "192.0.2.1"}, 9006),
    ({"type": "AAAA", "content": "fe80::1%eth0"}, 9006),
    ({"type": "CNAME", "content": "a..b"}, 9005),
    ({"type": "CNAME", "content": "."}, 9005),
    ({"type": "MX", "content": "mx.example.net"}, 9100),
    ({"type": "MX", "content": "two words", "priority": 1}, 9009),
    ({"type": "TXT", "content": '""'}, 9005),
    ({"type": "TXT", "content": '"open'}, 9005),
    ({"type": "TXT", "content": "x" * 2049}, 9005),
    ({"type": "SRV", "content": "1 2 3 a.b"}, 9101),
    ({"type": "SRV", "data": SRV | {"port": 65536}}, 9101),
    ({"type": "SRV", "data": SRV | {"port": "3"}}, 9101),
    ({"type": "SRV", "data": {"port": 3}}, 9101),
    ({"type": "TLSA", "data": {"usage": 3, "selector": 1, "matching_type": 1, "certificate": "xy"}}, 9101),
    ({"type": "TYPE65400"}, 1004),
    ({"ttl": 0}, 9021),
    ({"ttl": 59}, 9021),
    ({"ttl": 30}, 9021),
    ({"ttl": 86401}, 9021),
    ({"name": ""}, 9000),
    ({"name": "a b"}, 9000),
    ({"name": "x" * 64}, 9000),
    ({"type": "TXT", "content": "x", "proxied": True}, 9041),
    ({"proxied": True}, 9003),
    ({"comment": "x" * 101}, 9300),
    ({"tags": ["a:b"]}, 9300),
]


@pytest.mark.parametrize(("sent", "code"), REFUSED, ids=lambda one: str(one)[:60])
def test_what_the_vendor_refuses(stand: Stand, client: Client, sent: Mapping[str, Any], code: int) -> None:
    assert client.post(**(A | dict(sent))) == code
    assert stand.zone.records == {}


BESIDE = [
    ("CNAME", "CNAME", 81053),
    ("A", "CNAME", 81053),
    ("AAAA", "CNAME", 81053),
    ("CNAME", "A", 81054),
    ("CNAME", "AAAA", 81054),
    ("NS", "A", 81056),
    ("NS", "TXT", 81056),
    ("A", "NS", 81055),
    ("TXT", "NS", 81057),
    ("A", "A", 81058),
    ("TXT", "TXT", 81058),
    ("A", "DS", 9005),
]
CONTENT = {"A": "192.0.2.1", "AAAA": "2001:db8::1", "TXT": "x", "CNAME": "b.example.net", "NS": "ns.example.net"}


def sent(kind: str) -> dict[str, Any]:
    if kind == "DS":
        data = {"key_tag": 1, "algorithm": 13, "digest_type": 2, "digest": "ab" * 32}
        return {"type": "DS", "name": "a", "ttl": 300, "data": data}
    return {"type": kind, "name": "a", "ttl": 300, "content": CONTENT[kind]}


@pytest.mark.parametrize(("first", "second", "code"), BESIDE)
def test_what_may_not_stand_together(stand: Stand, client: Client, first: str, second: str, code: int) -> None:
    other = {"content": "c.example.net"} if first == second == "CNAME" else {}
    client.post(**sent(first))
    assert client.post(**(sent(second) | other)) == code
    assert len(stand.zone.records) == 1


def test_what_may(client: Client) -> None:
    for kind in ("NS", "DS"):
        assert client.post(**sent(kind))["type"] == kind
    assert client.post(**(sent("CNAME") | {"name": "@"}))["name"] == ZONE
    assert client.post(**(sent("TXT") | {"name": "@"}))["name"] == ZONE


def test_names(client: Client) -> None:
    """What is outside the zone is taken as below it."""
    given = {
        "@": ZONE,
        "WWW": f"www.{ZONE}",
        f"x.{ZONE}.": f"x.{ZONE}",
        "mail.other.example": f"mail.other.example.{ZONE}",
    }
    for name, kept in given.items():
        assert client.post(**(A | {"name": name}))["name"] == kept
    assert client.post(**(A | {"name": f"foo{ZONE}"}))["name"] == f"foo{ZONE}.{ZONE}"


def test_the_zones_own_ns_are_taken_and_ignored(stand: Stand, client: Client) -> None:
    assert client.post(**(sent("NS") | {"name": "@"}))["type"] == "NS"
    assert stand.zone.records == {}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("unquoted; kept", "unquoted; kept"),
        ('"as sent"', '"as sent"'),
        (f'"{"x" * 300}"', f'"{"x" * 255}" "{"x" * 45}"'),
        (f'"{"x" * 254}\\195\\177"', f'"{"x" * 254}\\195" "\\177"'),
        ('"one" "two"', '"one" "two"'),
    ],
)
def test_texts(client: Client, given: str, kept: str) -> None:
    assert client.post(type="TXT", name="t", ttl=300, content=given)["content"] == kept


def test_texts_get_quotes_where_that_is_switched_on(stand: Stand, client: Client) -> None:
    stand.zone.adds_quotes = True
    assert client.post(type="TXT", name="t", ttl=300, content="x")["content"] == '"x"'


def test_all_texts_of_a_name(client: Client) -> None:
    for number in range(4):
        assert client.post(type="TXT", name="t", ttl=300, content=f"{number}" + "x" * 2046)["id"]
    assert client.post(type="TXT", name="t", ttl=300, content="x" * 10) == 9005


RENDERED = [
    ("SRV", SRV, "2 3 sip.example.net"),
    ("CAA", {"flags": 0, "tag": "issue", "value": "a.example"}, '0 issue "a.example"'),
    ("HTTPS", {"priority": 1, "target": ".", "value": 'alpn="h2"'}, '1 . alpn="h2"'),
    ("HTTPS", {"priority": 0, "target": "a.example.", "value": ""}, "0 a.example"),
    (
        "NAPTR",
        {"order": 1, "preference": 2, "flags": "S", "service": "x", "regex": "", "replacement": "a.example"},
        '1 2 "S" "x" "" a.example',
    ),
]


@pytest.mark.parametrize(("kind", "data", "content"), RENDERED, ids=lambda one: str(one)[:20])
def test_content_is_rendered(client: Client, kind: str, data: dict[str, Any], content: str) -> None:
    made = client.post(type=kind, name="x", ttl=300, data=data)
    assert made["content"] == content
    assert made.get("priority") == (1 if kind == "SRV" else None)
    if kind == "HTTPS":
        assert '"' not in made["data"]["value"]  # half parsed


def test_hosts_have_no_final_dot_and_nothing_is_a_dot(client: Client) -> None:
    assert client.post(type="MX", name="x", ttl=300, content="a.example.", priority=0)["content"] == "a.example"
    assert client.post(type="MX", name="y", ttl=300, content=".", priority=0)["content"] == "."


def test_what_is_proxied_has_ttl_1(client: Client) -> None:
    made = client.post(**(A | {"content": "198.41.128.1", "proxied": True}))
    assert (made["ttl"], made["proxied"], made["proxiable"]) == (1, True, True)


def test_a_refused_target_may_leave_its_record(stand: Stand, client: Client) -> None:
    stand.zone.leaves_behind = True
    assert client.post(**(A | {"proxied": True})) == 9003
    assert len(stand.zone.records) == 1


def test_patch_keeps_and_put_resets(stand: Stand, client: Client) -> None:
    stand.zone.plan = "pro"
    made = client.post(**(A | {"content": "198.41.128.1", "proxied": True, "comment": "mine", "tags": ["a:b"]}))
    kept = client.patch(made["id"], content="198.41.128.2")
    assert (kept["proxied"], kept["comment"], kept["tags"], kept["ttl"]) == (True, "mine", ["a:b"], 1)
    assert client.patch(made["id"], comment="")["comment"] is None
    reset = client.put(made["id"], **A)
    assert (reset["proxied"], reset["comment"], reset["tags"], reset["ttl"]) == (False, None, [], 300)


def test_plans(stand: Stand, client: Client) -> None:
    stand.zone.plan = "enterprise"
    assert client.post(**(A | {"ttl": 30, "comment": "x" * 500, "tags": ["a:b"]}))["ttl"] == 30
    assert client.post(**(A | {"name": "b", "tags": ["cf-x:y"]})) == 9300
    stand.zone.quota = 1
    assert client.post(**(A | {"name": "b"})) == 81045


def test_a_batch_goes_in_its_order(client: Client) -> None:
    """A CNAME leaves before an address comes, whatever is written first."""
    old = client.post(**sent("CNAME"))
    done = client.batch(posts=[A], deletes=[{"id": old["id"]}])
    assert [one["type"] for one in done["posts"]] == ["A"]


@pytest.mark.parametrize(
    ("operations", "code"),
    [
        ({"posts": [A, {**A, "ttl": 7}]}, 9021),
        ({"posts": [A], "deletes": [{"id": NONE}]}, 81044),
        ({"posts": [{**A, "name": "b"}], "patches": [{"id": NONE, "ttl": 60}]}, 81044),
        ({"deletes": [{"id": NONE}, {"id": NONE}]}, 9005),
        ({}, records.TOO_MANY),
        ({"posts": [{**A, "name": f"n{n}"} for n in range(201)]}, records.TOO_MANY),
    ],
    ids=range(6),
)
def test_a_batch_is_all_or_nothing(stand: Stand, client: Client, operations: dict[str, Any], code: int) -> None:
    one = client.post(**(A | {"name": "there"}))
    deletes = [*operations.get("deletes", ()), *([{"id": one["id"]}] if len(operations) > 1 else [])]
    assert (
        client.batch(**operations, **({} if not deletes or "deletes" in operations else {"deletes": deletes})) == code
    )
    assert list(stand.zone.records) == [one["id"]]


def test_a_batch_of_a_paid_plan(stand: Stand, client: Client) -> None:
    stand.zone.plan = "pro"
    assert len(client.batch(posts=[{**A, "name": f"n{n}"} for n in range(201)])["posts"]) == 201


def test_read_only_records(stand: Stand, client: Client) -> None:
    routing.enable(stand.zone)
    for one in list(stand.zone.records.values()):
        assert client.patch(one.id, ttl=60) == READ_ONLY
        assert client.batch(deletes=[{"id": one.id}]) == READ_ONLY
    assert client.list()["result"][0]["meta"] == {"email_routing": True, "read_only": True}


def test_what_email_routing_made_goes_with_it_even_when_edited(stand: Stand, client: Client) -> None:
    routing.enable(stand.zone, unlocked=True)
    one = stand.of("MX")[0]
    client.patch(one.id, type="MX", content="mine.example.net", priority=1)
    client.post(type="MX", name="@", ttl=300, content="other.example.net", priority=1)
    routing.disable(stand.zone)
    assert [one.content for one in stand.zone.records.values()] == ["other.example.net"]


def test_pages_and_filters(stand: Stand, client: Client) -> None:
    for number in range(25):
        stand.put("A", "192.0.2.1", name=f"n{number:02}")
    stand.put("TXT", "x", name="n00")
    told = client.list(page=3, per_page=10)
    assert told["result_info"] == {"page": 3, "per_page": 10, "count": 6, "total_count": 26, "total_pages": 3}
    assert [len(client.list(**asked)["result"]) for asked in (
        {}, {"type": "TXT"}, {"name": f"n00.{ZONE}"}, {"name.startswith": "n1"}, {"name.endswith": ZONE},
        {"name.contains": "05"}, {"content.exact": "192.0.2.1", "type": "A"}, {"proxied": "true"},
    )] == [26, 1, 2, 10, 26, 1, 25, 0]  # fmt: skip
    stand.server.page_cap = 5
    assert client.list(per_page=5_000_000)["result_info"]["total_pages"] == 6


def test_zones_by_name_and_account(stand: Stand, client: Client) -> None:
    stand.server.make(ZONE, account="b" * 32)
    stand.server.make(f"foo{ZONE}")
    stand.server.tokens["narrow"] = Token(accounts=frozenset({"b" * 32}), edits=False)
    found = client.ask("GET", "/zones", name=ZONE).json()["result"]
    assert len(found) == 2
    assert len(client.ask("GET", "/zones", name=ZONE, **{"account.id": "b" * 32}).json()["result"]) == 1
    (one,) = client.ask("GET", "/zones", name=ZONE, token="narrow").json()["result"]
    assert one["permissions"] == ["#zone:read", "#dns_records:read"]
    assert client.result("GET", client.path, token="narrow") == 10000
    assert client.ask("GET", "/zones", per_page=4).status_code == 400


TOKENS = [("", 400, 6111), ("nobody", 403, 9109), ("old", 403, 9109)]


@pytest.mark.parametrize(("token", "status", "code"), TOKENS)
def test_tokens(stand: Stand, client: Client, token: str, status: int, code: int) -> None:
    stand.server.tokens["old"] = Token(active=False)
    assert client.ask("GET", "/zones", token=token).status_code == status
    assert client.result("GET", "/zones", token=token) == code


def test_a_reader_may_not_write(stand: Stand, client: Client) -> None:
    stand.server.tokens["reader"] = Token(edits=False)
    assert client.result("GET", client.path, token="reader") == []
    assert client.result("POST", client.path, A, token="reader") == 10000
    assert client.result("POST", f"{client.path}/batch", {"posts": [A]}, token="reader") == 10000


def test_ids(client: Client) -> None:
    assert client.result("GET", "/zones/xyz/dns_records") == 7003
    assert client.result("GET", f"/zones/{NONE}/dns_records") == 10000
    assert client.patch("xyz", ttl=60) == 7003
    assert client.patch(NONE, ttl=60) == 81044
    assert client.result("DELETE", f"{client.path}/{NONE}") == 81044


def test_the_limit_of_a_user(tmp_path: Path) -> None:
    with standing(tmp_path, limit=2) as stand:
        client = Client(stand)
        stand.server.tokens["other"] = Token(user="other")
        told = [client.ask("GET", client.path) for _ in range(3)]
        assert [one.headers["Ratelimit"] for one in told] == [f'"default";r={left};t=300' for left in (1, 0, 0)]
        assert (told[2].status_code, told[2].headers["Retry-After"]) == (429, "300")
        assert told[2].json()["errors"][0]["code"] == 971
        assert client.ask("GET", client.path, token="other").status_code == 200
        stand.clock.advance(120)
        stand.server.long = 3600
        assert client.ask("GET", client.path).headers["Retry-After"] == "3600"
        stand.server.bare = True
        assert "Retry-After" not in client.ask("GET", client.path).headers
        stand.clock.advance(180)
        assert client.ask("GET", client.path).status_code == 200
        client.http.close()


def test_trouble(stand: Stand, client: Client) -> None:
    with stand.server.trouble(Trouble(502, "records", nth=2, body=HTML)):
        assert [client.ask("GET", client.path).status_code for _ in range(3)] == [200, 502, 200]
    for effect in (False, True):
        with stand.server.trouble(Trouble(on="write", effect=effect)), pytest.raises(httpx.RemoteProtocolError):
            client.post(**A)
        assert len(stand.zone.records) == effect
    with stand.server.trouble(Trouble(on="read", act=stand.zone.records.clear)):
        assert client.list()["result"] == []


def complaints(act: Any) -> list[str]:
    """What a server notes of a client that does what none should."""
    server = CloudflareServer()
    server.tokens[TOKEN] = Token()
    zone = server.make(ZONE)
    server.start()
    with httpx.Client(base_url=server.endpoint, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as http:
        act(http, f"/zones/{zone.id}/dns_records")
    broken, server.broken = server.broken, []
    server.close()
    return broken


UNHEARD = [
    (lambda http, path: http.get("/nothing"), "unknown call: GET /client/v4/nothing"),
    (lambda http, path: http.get(path, params={"tags": "x"}), "records: parameter tags"),
    (lambda http, path: http.post(path, json={**A, "prio": 1}), "create: field prio"),
    (lambda http, path: http.post(f"{path}/batch", json={"posts": [A], "gets": []}), "batch: gets"),
    (lambda http, path: http.post(f"{path}/batch", json={"posts": [{**A, "prio": 1}]}), "posts: field prio"),
    (lambda http, path: http.post(path, content=b"x"), "create: the body is no JSON object"),
]


@pytest.mark.parametrize(("act", "said"), UNHEARD, ids=range(len(UNHEARD)))
def test_what_no_client_should_send_is_noted(act: Any, said: str) -> None:
    assert said in complaints(act)


def test_a_server_that_was_sent_nonsense_does_not_close_in_peace() -> None:
    server = CloudflareServer()
    server.start()
    httpx.get(f"{server.endpoint}/nothing", trust_env=False)
    with pytest.raises(AssertionError):
        server.close()


@pytest.mark.needs_shared
def test_the_vendors_description_is_held_against_requests_and_answers() -> None:
    held = contract.at_hand()
    assert held is not None
    path = "/zones/{zone_id}/dns_records"
    assert list(held.parameters(path, "get", {"per_page": "5000001"}))
    assert list(held.parameters(path, "get", {"nothing": "1"})) == [f"get {path} knows no parameter nothing"]
    assert not list(held.parameters(path, "get", {"per_page": "5000000", "proxied": "true"}))
    assert not list(held.create(A, "RecordCreate"))
    assert list(held.create({**A, "ttl": 7}, "RecordCreate"))
    assert list(held.create({**A, "priority": 7}, "RecordCreate"))
    assert not list(held.batch({"posts": [A], "deletes": [{"id": NONE}], "patches": [{"id": NONE, "ttl": 60}]}))
    assert list(held.batch({"patches": [{"ttl": 60}]}))
    assert list(held.batch({"deletes": [{"id": 7}]}))
    assert list(held.batch({"gets": []}))
    assert list(held.error({"success": False, "errors": [], "messages": [], "result": None}))


@pytest.mark.needs_shared
def test_what_the_emulator_answers_is_held_against_it(stand: Stand, client: Client) -> None:
    one = stand.record(type="A", content="192.0.2.1", ttl=7)
    client.list()
    assert any("Record_ARecord" in line for line in stand.server.broken)
    stand.server.broken.clear()
    stand.zone.records.pop(one.id)
