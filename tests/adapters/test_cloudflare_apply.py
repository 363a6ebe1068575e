"""What the Cloudflare adapter writes: the fewest operations, in as few calls, leaving alone what is not asked for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.change import Change, Outcome, Status
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.provider import Scope
from tests.emulators.cloudflare import routing, truth
from tests.emulators.cloudflare.stand import TOKEN, ZONE, Stand, records, standing
from tests.emulators.cloudflare.zones import Token

PUBLIC = ("198.41.128.1", "198.41.128.2", "198.41.128.3")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with standing(tmp_path) as stand:
        yield stand


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Stand]:
    with standing(tmp_path, "pro") as stand:
        yield stand


def verbs(body: Any) -> dict[str, int]:
    """How many operations of each sort a batch has."""
    return {verb: len(operations) for verb, operations in body.items()}


def statuses(outcomes: list[Outcome]) -> set[str]:
    return {str(one.status) for one in outcomes}


def spread(count: int, *values: str, ttl: int = 3600) -> list[RecordSet]:
    """Sets at as many names."""
    return [records("A", *values, name=f"n{number:04}", ttl=ttl) for number in range(count)]


def test_plan_and_apply_of_200_changes_are_five_calls(stand: Stand) -> None:
    """Zone and list for the plan, list, batch and list for the apply."""
    sets = spread(1000, "192.0.2.1")
    for one in sets:
        truth.add(stand.zone, one)
    provider = stand.provider()
    seen = provider.observe(Scope("dns", ZONE)).resources
    changes = [Change(one.key, seen[one.key], replace(one, values=("192.0.2.9",))) for one in sets[:200]]
    assert statuses(list(provider.apply(changes))) == {"done"}
    assert stand.server.calls == {"zones": 1, "records": 3, "batch": 1}


def test_nothing_to_do_writes_nothing(stand: Stand) -> None:
    one = stand.put("A", "192.0.2.1")
    provider = stand.provider()
    assert list(provider.apply([])) == []
    assert statuses(stand.apply(one)) == {"done"}
    assert stand.server.sent == []


def test_an_spf_record_that_changes_stays_one_record(stand: Stand) -> None:
    """Its id, its comment; and a verification text beside it is not touched."""
    spf = stand.record(type="TXT", content="v=spf1 -all", comment="asked by Ana")
    proof = stand.record(type="TXT", content='"MS=ms1"')
    (outcome,) = stand.apply(records("TXT", "MS=ms1", "v=spf1 include:a.example -all"))
    assert outcome.status is Status.DONE
    assert [verbs(body) for body in stand.server.sent] == [{"patches": 1}]
    changed, same = stand.of("TXT")
    assert (changed.id, changed.content) == (spf.id, '"v=spf1 include:a.example -all"')
    assert changed.comment == "asked by Ana"
    assert same == proof


def test_another_kind_of_text_is_another_record(stand: Stand) -> None:
    """A comment on a verification text does not end up on the SPF."""
    stand.record(type="TXT", content='"MS=ms1"', comment="proof")
    stand.apply(records("TXT", "v=spf1 -all"))
    assert [verbs(body) for body in stand.server.sent] == [{"deletes": 1, "posts": 1}]
    (made,) = stand.of("TXT")
    assert made.comment is None


def test_comments_and_tags_of_what_changes_and_of_what_stays(paid: Stand) -> None:
    first = paid.record(type="MX", content="a.example.net", priority=10, comment="first", tags=("team:mail",))
    second = paid.record(type="MX", content="b.example.net", priority=20, comment="second")
    paid.apply(records("MX", "10 b.example.net.", "20 c.example.net."))
    one, two = paid.of("MX")
    assert (one.id, one.content, one.comment, one.tags) == (first.id, "c.example.net", "first", ("team:mail",))
    assert (two.id, two.content, two.priority, two.comment) == (second.id, "b.example.net", 10, "second")


def test_equal_values_are_not_touched(stand: Stand) -> None:
    stand.put("A", "192.0.2.1", "192.0.2.2", "192.0.2.3")
    before = {one.content: one for one in stand.of("A")}
    stand.apply(records("A", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"))
    assert [verbs(body) for body in stand.server.sent] == [{"patches": 1, "posts": 1}]
    after = {one.content: one for one in stand.of("A")}
    assert after["192.0.2.2"] == before["192.0.2.2"]
    assert after["192.0.2.4"].id == before["192.0.2.1"].id


def test_a_ttl_alone_is_patches(stand: Stand) -> None:
    stand.record(type="TXT", content="unquoted, as it was", comment="old")
    stand.apply(records("TXT", "unquoted, as it was", ttl=300))
    assert [verbs(body) for body in stand.server.sent] == [{"patches": 1}]
    (one,) = stand.of("TXT")
    assert (one.content, one.ttl, one.comment) == ("unquoted, as it was", 300, "old")


def test_a_set_with_different_ttls_gets_one_when_one_is_asked_for(stand: Stand) -> None:
    """A value that comes beside them changes the TTL of none."""
    stand.record(type="A", content="192.0.2.1", ttl=600)
    stand.record(type="A", content="192.0.2.2", ttl=300)
    stand.apply(records("A", "192.0.2.1", "192.0.2.2", "192.0.2.3", ttl=300))
    assert sorted(one.ttl for one in stand.of("A")) == [300, 300, 600]
    stand.apply(records("A", "192.0.2.1", "192.0.2.2", "192.0.2.3", ttl=120))
    assert {one.ttl for one in stand.of("A")} == {120}


@pytest.mark.parametrize("back", [False, True])
def test_a_cname_and_what_takes_its_place_trade_in_one_batch(stand: Stand, *, back: bool) -> None:
    alias = records("CNAME", "a.example.net.", name="swap")
    hosts = [records("A", "192.0.2.1", name="swap"), records("TXT", "text", name="swap")]
    old, new = (hosts, [alias]) if back else ([alias], hosts)
    for one in old:
        stand.put(one.key.kind, *one.values, name="swap")
    outcomes = stand.apply(*new, gone=tuple(old))
    assert statuses(outcomes) == {"done"}
    assert [verbs(body) for body in stand.server.sent] == [{"deletes": len(old), "posts": len(new)}]


def test_a_delegation_comes_before_its_ds_and_goes_after_it(stand: Stand) -> None:
    child = (records("DS", f"1 13 2 {'ab' * 32}", name="c"), records("NS", "ns.example.net.", name="c"))
    assert statuses(stand.apply(*child)) == {"done"}
    ids = {one.id: one.type for one in stand.zone.records.values()}
    assert statuses(stand.apply(gone=(child[1], child[0]))) == {"done"}
    assert [one["type"] for one in stand.server.sent[0]["posts"]] == ["NS", "DS"]
    assert [ids[one["id"]] for one in stand.server.sent[1]["deletes"]] == ["DS", "NS"]


def test_what_is_made_is_not_proxied_unless_the_wish_says_so(stand: Stand) -> None:
    stand.apply(records("A", PUBLIC[0], name="a"), records("A", PUBLIC[0], name="b", proxied=True))
    assert [one.proxied for one in stand.of("A", f"a.{ZONE}")] == [False]
    assert [(one.proxied, one.ttl) for one in stand.of("A", f"b.{ZONE}")] == [(True, 1)]


def test_what_is_proxied_stays_so_unless_the_wish_says_otherwise(stand: Stand) -> None:
    """A wish that is silent says nothing of the TTL either, and further values hide behind the same proxy."""
    stand.put("A", PUBLIC[0], ttl=1, proxied=True)
    assert statuses(stand.apply(records("A", PUBLIC[1], PUBLIC[2], ttl=300))) == {"done"}
    assert [(one.proxied, one.ttl) for one in stand.of("A")] == [(True, 1)] * 2
    assert all("proxied" not in one for one in stand.server.sent[0]["patches"])
    assert statuses(stand.apply(records("A", PUBLIC[1], PUBLIC[2], ttl=600))) == {"done"}
    assert len(stand.server.sent) == 1
    assert statuses(stand.apply(records("A", PUBLIC[1], PUBLIC[2], ttl=300, proxied=False))) == {"done"}
    assert [(one.proxied, one.ttl) for one in stand.of("A")] == [(False, 300)] * 2


def test_locked_records_are_never_sent(stand: Stand) -> None:
    """Not even for removal, which would else be told as done already."""
    routing.enable(stand.zone)
    before = dict(stand.zone.records)
    wished = records("MX", "10 mx.example.net.")
    batch = [
        Change(wished.key, None, wished),
        Change(Key("dns", ZONE, "TXT", "@"), None, None),
        Change(
            Key("dns", ZONE, "CNAME", "cf2024-1._domainkey"), None, records("CNAME", "a.b.", name="cf2024-1._domainkey")
        ),
    ]
    outcomes = list(stand.provider().apply(batch))
    assert statuses(outcomes) == {"failed"}
    assert "Email Routing" in outcomes[0].detail
    assert "stands alone" in outcomes[2].detail
    assert stand.zone.records == before
    assert stand.server.sent == []


def test_what_email_routing_made_is_replaced_by_new_records(stand: Stand) -> None:
    """Edited ones would go with it when it is disabled, and the mail with them."""
    routing.enable(stand.zone, unlocked=True)
    mine = (records("MX", "0 contoso.mail.example.net."), records("TXT", "v=spf1 include:a.example -all"))
    assert statuses(stand.apply(*mine)) == {"done"}
    assert [verbs(body) for body in stand.server.sent] == [{"deletes": 4, "posts": 2}]
    routing.disable(stand.zone)
    assert [stand.held(one.key) for one in mine] == list(mine)


def test_a_kept_value_of_email_routing_is_made_anew_for_a_ttl(stand: Stand) -> None:
    routing.enable(stand.zone, unlocked=True)
    kept = records("TXT", "v=spf1 include:_spf.mx.cloudflare.net ~all", ttl=300)
    assert statuses(stand.apply(kept)) == {"done"}
    routing.disable(stand.zone)
    assert stand.held(kept.key) == kept


def test_calls_carry_200_operations_on_the_free_plan(stand: Stand) -> None:
    assert statuses(stand.apply(*spread(500, "192.0.2.1"))) == {"done"}
    assert [verbs(body) for body in stand.server.sent] == [{"posts": 200}, {"posts": 200}, {"posts": 100}]
    assert stand.server.calls == {"zones": 2, "records": 3, "batch": 3}  # with the reading before


def test_calls_carry_3500_operations_on_paid_plans(paid: Stand) -> None:
    assert statuses(paid.apply(*spread(500, "192.0.2.1"))) == {"done"}
    assert [verbs(body) for body in paid.server.sent] == [{"posts": 500}]


def test_the_operations_of_a_name_are_never_torn_apart(stand: Stand) -> None:
    """Three at each of 100 names: 66 names a call, not 66 and two thirds."""
    sets = [
        records(kind, value, name=f"n{number:03}")
        for kind, value in (("A", "192.0.2.1"), ("TXT", "text"), ("MX", "10 mx.example.net."))
        for number in range(100)
    ]
    assert statuses(stand.apply(*sets)) == {"done"}
    names = [{one["name"] for one in body["posts"]} for body in stand.server.sent]
    assert [len(one) for one in names] == [66, 34]
    assert not names[0] & names[1]


def test_what_is_added_comes_before_what_is_removed(stand: Stand) -> None:
    old = spread(150, "192.0.2.1")
    for one in old:
        truth.add(stand.zone, one)
    new = [records("A", "192.0.2.1", name=f"m{number}") for number in range(150)]
    changes = stand.change(*new, gone=tuple(old))
    assert statuses(list(stand.provider().apply([*changes[150:], *changes[:150]]))) == {"done"}
    assert [verbs(body) for body in stand.server.sent] == [{"deletes": 50, "posts": 150}, {"deletes": 100}]


def test_more_at_one_name_than_a_call_carries_is_told(stand: Stand) -> None:
    many = records("A", *(f"192.0.2.{number}" for number in range(201)), name="many")
    outcomes = stand.apply(many, records("A", "192.0.2.1", name="one"))
    assert [str(one.status) for one in outcomes] == ["failed", "done"]
    assert "201 operations at one name" in outcomes[0].detail


def test_a_name_of_another_zone_is_never_sent(stand: Stand) -> None:
    """The API would take it as a name below this zone."""
    foreign = RecordSet(Key("dns", "other.example", "A", "mail"), 300, ("192.0.2.1",))
    first = Change(records("A", "192.0.2.1").key, None, records("A", "192.0.2.1"))
    outcomes = list(stand.provider().apply([first, Change(foreign.key, None, foreign)]))
    assert [str(one.status) for one in outcomes] == ["done", "failed"]
    assert len(stand.zone.records) == 1


def test_a_cname_at_the_zones_own_name_hinders_nothing_else_there(stand: Stand) -> None:
    """It is flattened: mail beside it is ordinary. We make none, but one that is there may go."""
    alias = stand.put("CNAME", "site.example.net.")
    assert statuses(stand.apply(records("MX", "10 mx.example.net."))) == {"done"}
    assert statuses(stand.apply(records("A", PUBLIC[0]), gone=(alias,))) == {"done"}
    (outcome,) = stand.apply(records("CNAME", "site.example.net."))
    assert outcome.status is Status.FAILED


@pytest.mark.parametrize(
    ("there", "wished", "said"),
    [
        (("NS", "ns.example.net."), ("A", "192.0.2.1"), "beside nothing else"),
        (("A", "192.0.2.1"), ("NS", "ns.example.net."), "beside nothing else"),
        (("A", "192.0.2.1"), ("DS", f"1 13 2 {'ab' * 32}"), "needs NS"),
        (("A", "192.0.2.1"), ("CNAME", "a.example.net."), "stands alone"),
    ],
    ids=lambda one: str(one[0]),
)
def test_what_may_not_stand_together_stops_itself_alone(
    stand: Stand, there: tuple[str, str], wished: tuple[str, str], said: str
) -> None:
    stand.put(there[0], there[1], name="odd")
    outcomes = stand.apply(records(wished[0], wished[1], name="odd"), records("A", "192.0.2.1", name="fine"))
    assert [str(one.status) for one in outcomes] == ["failed", "done"]
    assert said in outcomes[0].detail


def test_the_writing_token_writes_and_nothing_else(stand: Stand) -> None:
    stand.server.tokens["reader"] = Token(edits=False)
    (stand.folder / "writer").write_text(TOKEN, encoding="utf-8")
    provider = stand.provider("reader", write_token={"file": "writer"})
    (stand.folder / "token").write_text("reader", encoding="utf-8")
    one = records("A", "192.0.2.1")
    (outcome,) = provider.apply([Change(one.key, None, one)])
    assert outcome.status is Status.DONE
    assert stand.server.who == {("zones", "reader"): 1, ("records", "reader"): 2, ("batch", TOKEN): 1}


def test_a_token_that_only_reads_is_told(stand: Stand) -> None:
    stand.server.tokens["reader"] = Token(edits=False)
    one = records("A", "192.0.2.1")
    (outcome,) = stand.provider("reader").apply([Change(one.key, None, one)])
    assert outcome.status is Status.FAILED
    assert "code 10000" in outcome.detail
    assert outcome.request_id
    assert stand.server.calls["batch"] == 1


def test_quota_is_told_in_words(stand: Stand) -> None:
    stand.zone.quota = 0
    (outcome,) = stand.apply(records("A", "192.0.2.1"))
    assert "no room for more records (code 81045" in outcome.detail


def test_texts_that_the_system_puts_in_quotes_are_the_same(stand: Stand) -> None:
    """All octets, as they were sent."""
    text = bytes(range(256)).decode("utf-8", "surrogateescape")
    wished = records("TXT", text, name="odd")
    assert statuses(stand.apply(wished)) == {"done"}
    assert stand.held(wished.key) == wished
    assert stand.observed().resources[wished.key] == wished


def test_ready_at_once(stand: Stand) -> None:
    assert stand.provider().ready(Key("dns", ZONE, "A", "@")).ready
    assert not stand.server.calls
