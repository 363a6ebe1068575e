"""What the Cloudflare adapter reads, refuses and says of its tokens."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers.cloudflare.provider import CloudflareProvider
from reconciler.model.errors import AuthFailed, Forbidden, Invalid, NotFound, SpecError, Unavailable
from reconciler.model.key import Key
from reconciler.provider import Access, Inspector, Scope
from tests.emulators.cloudflare import routing, truth
from tests.emulators.cloudflare.server import Trouble
from tests.emulators.cloudflare.stand import TOKEN, ZONE, Stand, records, standing
from tests.emulators.cloudflare.zones import Token

OTHER = "b" * 32


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with standing(tmp_path) as stand:
        yield stand


def test_every_mistake_in_the_options_is_told(tmp_path: Path) -> None:
    """At once, and none of them shows a value."""
    with pytest.raises(SpecError) as told:
        CloudflareProvider(
            "dns", {"endpoint": "http://dns.example/", "timeout": 0, "tokn": "x", "token": "x"}, tmp_path
        )
    rules = sorted((one.rule, one.summary.split(": ")[1].split(" ")[0]) for one in told.value.diagnostics)
    assert rules == [
        ("provider/option", "endpoint"),
        ("provider/option", "timeout"),
        ("provider/option", "token"),
        ("provider/unknown-option", "unknown"),
    ]


@pytest.mark.parametrize(
    "endpoint", ["ftp://127.0.0.1/", "http://127.0.0.1.evil.example/", "https://", "http://[", "x"]
)
def test_a_token_goes_over_tls_or_stays_on_this_machine(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(SpecError, match="must be an https address"):
        CloudflareProvider("dns", {"endpoint": endpoint, "token": {"env": "T"}}, tmp_path)


def test_the_vendors_library_is_imported_when_it_is_needed() -> None:
    code = "import sys, providers.cloudflare.provider; print('cloudflare' in sys.modules, 'httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_classes_of_the_vendors_library_are_never_imported(stand: Stand) -> None:
    """They would double what it costs to begin."""
    code = f"""
import sys
from pathlib import Path
from providers.cloudflare.provider import CloudflareProvider
from reconciler.provider import Scope
options = {{"token": {{"file": "token"}}, "endpoint": "{stand.server.endpoint}"}}
CloudflareProvider("dns", options, Path({str(stand.folder)!r})).observe(Scope("dns", "{ZONE}"))
print("cloudflare" in sys.modules, [one for one in sys.modules if one.startswith("cloudflare.resources")])
"""
    stand.provider()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "[]"]


def test_what_the_environment_gives_the_vendors_library_is_not_used(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail address there would be sent in the token's place, an address would get the token."""
    for name in ("EMAIL", "API_KEY", "API_TOKEN", "API_USER_SERVICE_KEY"):
        monkeypatch.setenv(f"CLOUDFLARE_{name}", "somebody")
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", "http://127.0.0.1:9/")
    stand.put("A", "192.0.2.1")
    assert len(stand.observed().resources) == 1
    assert set(stand.server.who) == {("zones", TOKEN), ("records", TOKEN)}


@pytest.mark.parametrize("token", ["two words", "línea", "a\x07b"])
def test_what_is_no_token_is_not_sent(stand: Stand, token: str) -> None:
    with pytest.raises(AuthFailed, match="no API token") as told:
        stand.observed(stand.provider(token))
    assert token not in str(told.value)
    assert not stand.server.calls


def test_a_plan_costs_two_calls_whatever_the_size(stand: Stand) -> None:
    for number in range(500):
        truth.add(stand.zone, records("A", "192.0.2.1", "192.0.2.2", name=f"n{number}"))
    provider = stand.provider()
    assert len(stand.observed(provider).resources) == 500
    assert stand.server.calls == {"zones": 1, "records": 1}
    stand.observed(provider)
    assert stand.server.calls == {"zones": 1, "records": 2}


def test_pages_are_followed_to_the_last_and_no_further(stand: Stand) -> None:
    stand.server.page_cap = 5
    for number in range(10):
        stand.put("A", "192.0.2.1", name=f"n{number}")
    assert len(stand.observed().resources) == 10
    assert stand.server.calls["records"] == 2


def test_an_empty_zone_is_a_zone(stand: Stand) -> None:
    assert stand.observed().resources == {}
    assert stand.server.calls == {"zones": 1, "records": 1}


def test_a_zone_changed_between_two_pages_is_not_read(stand: Stand) -> None:
    """The first page moved up by one: a record would be missed."""
    stand.server.page_cap = 5
    for number in range(10):
        stand.put("A", "192.0.2.1", name=f"n{number}")
    first = next(iter(stand.zone.records))
    with (
        stand.server.trouble(Trouble(on="records", nth=2, act=lambda: stand.zone.records.pop(first, None))),
        pytest.raises(Unavailable, match="changed while it was read"),
    ):
        stand.observed()


def test_a_name_in_two_accounts_needs_the_account(stand: Stand) -> None:
    stand.server.make(ZONE, account=OTHER)
    with pytest.raises(Invalid) as told:
        stand.observed()
    assert OTHER in str(told.value)
    assert stand.zone.account in str(told.value)
    assert "option account" in str(told.value)
    stand.put("A", "192.0.2.1")
    assert len(stand.observed(stand.provider(account=stand.zone.account)).resources) == 1
    assert stand.observed(stand.provider(account=OTHER)).resources == {}


def test_a_token_sees_its_own_accounts(stand: Stand) -> None:
    stand.server.tokens["narrow"] = Token(accounts=frozenset({OTHER}))
    with pytest.raises(NotFound, match="sees no zone"):
        stand.observed(stand.provider("narrow"))


@pytest.mark.parametrize(
    ("status", "said"), [("pending", "at the registrar"), ("moved", "elsewhere"), ("initializing", "set up")]
)
def test_a_zone_that_the_world_does_not_ask_here_is_told(stand: Stand, status: str, said: str) -> None:
    assert stand.observed().findings == ()
    stand.zone.status = status
    (finding,) = stand.observed().findings
    assert finding.rule == "cloudflare/zone-not-active"
    assert said in finding.summary


def test_a_zone_made_anew_is_looked_for_again(stand: Stand) -> None:
    """Its id is another; the first reading after it fails, the next one does not."""
    provider = stand.provider()
    stand.observed(provider)
    stand.server.zones.clear()
    with pytest.raises(Forbidden):
        stand.observed(provider)
    stand.server.make(ZONE)
    assert stand.observed(provider).resources == {}


TEXTS = [
    ('"v=spf1 -all"', "v=spf1 -all"),
    ("v=spf1 -all", "v=spf1 -all"),
    ('"one" "two"', "onetwo"),
    ('one "two"', 'one "two"'),
    ('"', '"'),
    ('"open', '"open'),
    (r'"a\"b\\c\195\177"', 'a"b\\cñ'),
    ('"broken \\999 escape"', '"broken \\999 escape"'),
    ("señor", "señor"),
]


@pytest.mark.parametrize(("stored", "text"), TEXTS)
def test_texts_old_and_new(stand: Stand, stored: str, text: str) -> None:
    """In quotes it is strings, else the text itself."""
    stand.record(type="TXT", content=stored)
    (found,) = stand.observed().resources.values()
    assert getattr(found, "values", None) == (text,)


SRV = {"priority": 1, "weight": 2, "port": 3}
ODD: list[tuple[dict[str, Any], str]] = [
    ({"type": "SRV", "content": "2 3 .", "data": SRV | {"target": False}}, "1 2 3 ."),
    ({"type": "SRV", "content": "2 3 sip.example.net", "priority": 1}, "1 2 3 sip.example.net."),
    ({"type": "MX", "content": "mail", "priority": 5}, "5 mail."),
    ({"type": "MX", "content": ".", "priority": 0}, "0 ."),
    ({"type": "CAA", "content": '0 issue "a.example"'}, '0 issue "a.example"'),
    ({"type": "CAA", "content": "", "data": {"flags": 0, "tag": "issue", "value": 'a"b'}}, '0 issue "a\\"b"'),
    ({"type": "HTTPS", "content": '1 . alpn="h2"', "data": {"value": "alpn=h2"}}, '1 . alpn="h2"'),
    ({"type": "TLSA", "content": f"3 1 1 {'AB' * 32}", "data": None}, f"3 1 1 {'ab' * 32}"),
    ({"type": "CNAME", "content": "Mixed.Example.NET"}, "mixed.example.net."),
    ({"type": "URI", "content": '10 1 "ftp://ftp.example.net/"'}, '10 1 "ftp://ftp.example.net/"'),
]


@pytest.mark.parametrize(("stored", "value"), ODD, ids=lambda one: str(one)[:40])
def test_values_as_they_were_met(stand: Stand, stored: dict[str, Any], value: str) -> None:
    stand.record(**stored)
    (found,) = stand.observed().resources.values()
    assert getattr(found, "values", None) == (value,)
    stand.server.broken.clear()  # not all of it is in the vendor's description


@pytest.mark.parametrize("kind", ["A", "SRV", "WORKER", "CERT"])
def test_a_value_that_cannot_be_read_is_left_to_its_owner(stand: Stand, kind: str) -> None:
    """One of them does not hide the rest of the zone."""
    stand.record(type=kind, content="what is this", name=f"odd.{ZONE}")
    stand.put("A", "192.0.2.1")
    seen = stand.observed()
    assert [key.name for key in seen.resources] == ["@"]
    assert "what is this" in seen.locked[Key("dns", ZONE, kind, "odd")]
    stand.server.broken.clear()  # not all of it is in the vendor's description


def test_a_list_that_is_not_as_described_is_an_error(stand: Stand) -> None:
    stand.record(type="A", content="192.0.2.1", name="elsewhere.example")
    with pytest.raises(Invalid, match="not as the API describes"):
        stand.observed()


def test_different_ttls_in_a_set_are_told(stand: Stand) -> None:
    stand.record(type="A", content="192.0.2.1", ttl=600)
    stand.record(type="A", content="192.0.2.2", ttl=300)
    seen = stand.observed()
    assert seen.resources[Key("dns", ZONE, "A", "@")] == records("A", "192.0.2.1", "192.0.2.2", ttl=300, proxied=False)
    assert [(one.rule, one.address) for one in seen.findings] == [("cloudflare/mixed-ttl", f"dns/{ZONE}/A/@")]


def test_a_set_proxied_in_part_is_told(stand: Stand) -> None:
    stand.record(type="A", content="192.0.2.1", ttl=1, proxied=True)
    stand.record(type="A", content="192.0.2.2", ttl=300)
    seen = stand.observed()
    assert seen.resources[Key("dns", ZONE, "A", "@")] == records("A", "192.0.2.1", "192.0.2.2", ttl=1, proxied=True)
    assert [one.rule for one in seen.findings] == ["cloudflare/mixed-proxied"]


def test_what_cloudflare_keeps_itself_is_locked(stand: Stand) -> None:
    """And what Email Routing keeps; the rest of the zone is read."""
    routing.enable(stand.zone)
    stand.record(type="AAAA", content="100::", name=f"app.{ZONE}", ttl=1, proxied=True, meta={"read_only": True})
    mine = stand.put("A", "192.0.2.1")
    seen = stand.observed()
    assert list(seen.resources) == [mine.key]
    told = {key.name + " " + key.kind: why for key, why in seen.locked.items()}
    assert sorted(told) == ["@ MX", "@ TXT", "app AAAA", "cf2024-1._domainkey TXT"]
    assert "Email Routing" in told["@ MX"]
    assert "Email Routing" not in told["app AAAA"]
    part = stand.provider().observe(Scope("dns", ZONE, frozenset({"app"})))
    assert [key.name for key in part.locked] == ["app"]


def test_threads_share_a_provider(stand: Stand) -> None:
    for number in range(20):
        stand.put("A", "192.0.2.1", name=f"n{number}")
    provider = stand.provider()
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: stand.observed(provider).resources, range(24)))
    assert all(one == seen[0] for one in seen)
    assert stand.server.calls["records"] == 24


def test_access_of_two_identities(stand: Stand) -> None:
    stand.server.tokens["reader"] = Token(edits=False, expires_on="2027-01-01T00:00:00Z")
    (stand.folder / "writer").write_text(TOKEN, encoding="utf-8")
    provider = stand.provider("reader", write_token={"file": "writer"})
    assert isinstance(provider, Inspector)
    valid = "the token is valid until 2027-01-01T00:00:00Z"
    assert list(provider.access(Scope("dns", ZONE))) == [
        Access("plan", reads=True, writes=False, detail=valid),
        Access("apply", reads=True, writes=True),
    ]
    assert stand.server.calls == {"zones": 2, "verify": 2}


def test_access_that_is_not_told_is_tried(stand: Stand) -> None:
    """Whether it may write is then not known: that is never tried."""
    stand.server.tokens["silent"] = Token(tells=False)
    assert list(stand.provider("silent").access(Scope("dns", ZONE))) == [Access("plan", reads=True, writes=None)]
    assert stand.server.calls["records"] == 1


def test_access_without_a_valid_token(stand: Stand) -> None:
    (access,) = stand.provider("nobody").access(Scope("dns", ZONE))
    assert (access.reads, access.writes) == (False, None)
    assert "code 9109" in access.detail


def test_access_that_cannot_be_asked_is_an_error(stand: Stand) -> None:
    """It says nothing of the token."""
    with stand.server.trouble(Trouble(503, "zones")), pytest.raises(Unavailable):
        stand.provider().access(Scope("dns", ZONE))


REFUSED = [
    (records("A", "192.0.2.1", ttl=59), "TTL 59"),
    (records("A", "192.0.2.1", ttl=2), "TTL 2"),
    (records("A", "192.0.2.1", ttl=0), "TTL 0"),
    (records("A", "192.0.2.1", ttl=86401), "TTL 86401"),
    (records("MX", "10 mx.example.net.", proxied=False), "can be proxied"),
    (records("TXT", "x", proxied=True), "can be proxied"),
    (records("NS", "ns.example.net."), "Cloudflare's"),
    (records("DS", f"1 13 2 {'ab' * 32}"), "parent zone"),
    (records("TXT", ""), "empty TXT"),
    (records("TXT", "x" * 2026), "2048 characters"),
    (records("TXT", *(f"{number}" + "x" * 1900 for number in range(5))), "8192 characters together"),
    (records("TYPE65400", r"\# 1 00", name="odd"), "cannot be written"),
    (records("URI", '10 1 "ftp://ftp.example.net/"', name="odd"), "cannot be written"),
    (records("CNAME", "www.example.net."), "zone's own name"),
    (records("A", "192.0.2.1", name=r"a\.b"), "escape"),
    (records("CAA", r'0 issue "a\"b"'), "quotes and backslashes"),
    (records("NAPTR", r'1 1 "U" "x" "!^(.*)$!\\1!" .', name="n"), "quotes and backslashes"),
    (records("SMIMEA", f"3 0 0 {'ab' * 4094}", name="k"), "4096 octets"),
]


@pytest.mark.parametrize(("wished", "said"), REFUSED, ids=lambda one: str(one)[:60])
def test_what_cannot_be_stored_is_refused_offline(stand: Stand, wished: Any, said: str) -> None:
    provider = stand.provider()
    (finding,) = provider.refusals([wished])
    assert said in finding.summary
    assert (finding.rule, finding.address) == ("cloudflare/refused", wished.key.address)
    assert not stand.server.calls


STORED = [
    records("A", "192.0.2.1", ttl=1),
    records("A", "192.0.2.1", ttl=60),
    records("A", "192.0.2.1", ttl=86400),
    records("CNAME", "www.example.net.", name="www", ttl=300, proxied=True),
    records("A", "192.0.2.1", ttl=5, proxied=True),
    records("TXT", "x" * 2025),
    records("NS", "ns.example.net.", name="child"),
    records("SMIMEA", f"3 0 0 {'ab' * 4093}", name="k"),
]


@pytest.mark.parametrize("wished", STORED, ids=lambda one: str(one)[:60])
def test_what_can_be_stored_is_not_refused(stand: Stand, wished: Any) -> None:
    """Each of these stands at an edge of a rule, and the system takes it."""
    assert list(stand.provider().refusals([wished])) == []
    wished = replace(wished, values=tuple(one.replace("192.0.2.", "198.41.128.") for one in wished.values))
    (outcome,) = stand.apply(wished)
    assert outcome.status == "done", outcome


def test_ns_stand_beside_nothing(stand: Stand) -> None:
    child = [records("NS", "ns.example.net.", name="c"), records("DS", f"1 13 2 {'ab' * 32}", name="c")]
    assert list(stand.provider().refusals(child)) == []
    (finding,) = stand.provider().refusals([*child, records("A", "192.0.2.1", name="c")])
    assert "beside nothing else, and here is A" in finding.summary


def test_what_is_proxied_has_the_automatic_ttl(stand: Stand) -> None:
    normal = stand.provider().normalise
    assert normal(records("A", "192.0.2.1", proxied=True)) == records("A", "192.0.2.1", ttl=1, proxied=True)
    assert normal(records("A", "192.0.2.1", proxied=False)) == records("A", "192.0.2.1", proxied=False)
    assert normal(records("A", "192.0.2.1")) == records("A", "192.0.2.1")
