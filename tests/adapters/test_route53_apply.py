"""What the Route 53 adapter writes: exact old sets, batches within limits, refusals judged, answers that were lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from providers.route53 import batches
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.emulators.route53 import names, rules
from tests.emulators.route53.place import ZONE, Place, alias, create, delete, records
from tests.emulators.route53.server import READER, SECRETS
from tests.emulators.route53.service import Trouble

CHANGES = frozenset({"ChangeResourceRecordSets"})
LISTS = frozenset({"ListResourceRecordSets"})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    place = Place(tmp_path, monkeypatch)
    yield place
    place.server.close()


def turned(old: RecordSet, *values: str) -> Change:
    """A set that gets other values."""
    return Change(old.key, old, replace(old, values=tuple(sorted(values))))


def told(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{one.status}: {one.detail}" if one.detail else str(one.status) for one in outcomes]


# The usual way.


def test_200_changes_of_1000_sets_cost_six_calls(place: Place) -> None:
    """On the reading of the plan: one request, one question after it, one reading."""
    for number in range(998):
        place.native(f"h{number:03d}", "A", "192.0.2.1")
    held = [one for key, one in sorted(place.observe().resources.items()) if key.kind == "A"]
    assert sum(place.new_calls().values()) == 5
    changes = [turned(one, "192.0.2.2") for one in held[:200] if isinstance(one, RecordSet)]
    assert {one.status for one in place.apply(*changes)} == {Status.DONE}
    assert place.new_calls() == {"ChangeResourceRecordSets": 1, "GetChange": 1, "ListResourceRecordSets": 4}
    again = [turned(one, "192.0.2.3") for one in (change.after for change in changes) if isinstance(one, RecordSet)]
    assert {one.status for one in place.apply(*again)} == {Status.DONE}
    assert sum(place.new_calls().values()) == 6, "what was read back is what is written on next"


def test_old_sets_go_back_verbatim_and_values_that_stay_keep_their_spelling(place: Place) -> None:
    """Another TXT split, a target without final dot, upper case: what is others' is not respelt."""
    place.native("@", "TXT", '"v=spf1 " "-all"', '"MS=1"')
    place.native("@", "MX", "10 Mail.Example.NET")
    place.observe()
    spf = records("@", "TXT", "v=spf1 -all", "MS=1")
    mail = records("@", "MX", "10 mail.example.net.")
    done = place.apply(turned(spf, "v=spf1 -all", "MS=2"), turned(mail, "10 mail.example.net.", "20 b.example.net."))
    assert told(done) == ["done", "done"]
    held = {one.type: one.values for one in place.zone.sets.values()}
    assert held["TXT"] == ('"MS=2"', '"v=spf1 " "-all"')
    assert held["MX"] == ("10 Mail.Example.NET", "20 b.example.net.")


def test_a_cname_becomes_an_address_in_one_batch(place: Place) -> None:
    """Deletions stand first, whatever the order of the changes."""
    place.native("s", "CNAME", "a.example.net.")
    place.observe()
    done = place.apply(create(records("s", "A", "192.0.2.1")), delete(records("s", "CNAME", "a.example.net.")))
    assert told(done) == ["done", "done"]
    assert place.new_calls()["ChangeResourceRecordSets"] == 1


def test_the_apex_ns_are_overwritten_after_a_look(place: Place) -> None:
    """The host compares nothing there: it is read again first; they are never deleted."""
    seen = place.observe().resources[Key("dns", ZONE, "NS", "@")]
    assert isinstance(seen, RecordSet)
    place.new_calls()
    assert told(place.apply(turned(seen, "ns1.example.net.", "ns2.example.net."))) == ["done"]
    assert place.new_calls() == {"ListResourceRecordSets": 2, "ChangeResourceRecordSets": 1, "GetChange": 1}
    (moved,) = place.apply(turned(seen, "ns9.example.net."))
    assert moved.status is Status.REFUSED
    now = place.observe().resources[Key("dns", ZONE, "NS", "@")]
    (kept,) = place.apply(Change(now.key, now, None))
    assert kept.status is Status.FAILED
    assert "cannot be deleted" in kept.detail


# Somebody else.


def test_what_changed_since_it_was_read_is_refused_by_the_host(place: Place) -> None:
    """No reading before; one after the refusal; the rest is sent again; the wrong one says moved."""
    old = place.native("a", "A", "192.0.2.1")
    place.native("b", "A", "192.0.2.1")
    place.observe()
    place.zone.put(replace(old, values=("192.0.2.9",)))
    place.new_calls()
    a, b = records("a", "A", "192.0.2.1"), records("b", "A", "192.0.2.1")
    done = place.apply(turned(a, "192.0.2.2"), turned(b, "192.0.2.2"))
    assert [one.status for one in done] == [Status.REFUSED, Status.DONE]
    assert "moved" in done[0].detail
    assert place.new_calls() == {"ChangeResourceRecordSets": 2, "ListResourceRecordSets": 2, "GetChange": 1}
    assert place.truth() == {("a", "A"): records("a", "A", "192.0.2.9"), ("b", "A"): records("b", "A", "192.0.2.2")}


def test_what_changed_between_two_pages_is_noticed_too(place: Place) -> None:
    """A reading that is half old is refused when it is written on."""
    place.service.page = 3
    old = place.native("a", "A", "192.0.2.1")
    place.native("b", "A", "192.0.2.1")
    place.service.between = lambda: place.zone.put(replace(old, values=("192.0.2.9",)))
    place.observe()
    (one,) = place.apply(turned(records("a", "A", "192.0.2.1"), "192.0.2.2"))
    assert one.status is Status.REFUSED


def test_what_was_done_meanwhile_is_done(place: Place) -> None:
    """A set that is there already, one that is gone already, one only respelt."""
    gone = place.native("gone", "A", "192.0.2.1")
    respelt = place.native("r", "TXT", '"a"')
    place.observe()
    place.native("new", "A", "192.0.2.1")
    del place.zone.sets[gone.identity]
    place.zone.put(replace(respelt, values=('"\\141"',)))
    done = place.apply(
        create(records("new", "A", "192.0.2.1")),
        delete(records("gone", "A", "192.0.2.1")),
        turned(records("r", "TXT", "a"), "b"),
    )
    assert told(done) == ["done", "done", "done"]
    assert place.truth()["r", "TXT"] == records("r", "TXT", "b")


def test_nothing_is_believed_that_was_not_read(place: Place) -> None:
    """A change that does not start from the last reading is judged by a new one."""
    old = place.native("a", "A", "192.0.2.1")
    place.observe()
    place.zone.put(replace(old, values=("192.0.2.2",)))
    (one,) = place.apply(turned(records("a", "A", "192.0.2.2"), "192.0.2.1"))
    assert told([one]) == ["done"]
    assert place.truth()["a", "A"] == records("a", "A", "192.0.2.1")


def test_what_needs_no_change_is_looked_at_all_the_same(place: Place) -> None:
    """The host compares nothing where nothing is sent."""
    place.observe()
    place.native("a", "A", "192.0.2.1")
    (one,) = place.apply(Change(Key("dns", ZONE, "A", "a"), None, None))
    assert one.status is Status.REFUSED


# What is others'.


def test_locked_sets_are_left_alone(place: Place) -> None:
    """No change to them, no CNAME beside them, nothing sent for it; what may stand beside them is made."""
    place.native("al", "A", AliasTarget=alias("d111.cloudfront.net."))
    place.native("w", "A", "192.0.2.1", identifier="x", Weight="1")
    before = dict(place.zone.sets)
    place.observe()
    done = place.apply(
        create(records("al", "A", "192.0.2.1")),
        delete(records("w", "A", "192.0.2.1")),
        create(records("w", "CNAME", "a.example.net.")),
    )
    assert [one.status for one in done] == [Status.FAILED, Status.FAILED, Status.FAILED]
    assert "an alias of d111.cloudfront.net." in done[0].detail
    assert "1 weighted set" in done[1].detail
    assert "a CNAME stands alone" in done[2].detail
    assert place.service.calls["ChangeResourceRecordSets"] == 0
    assert told(place.apply(create(records("w", "TXT", "fine")))) == ["done"]
    assert place.zone.sets.items() >= before.items()


def test_a_set_that_became_routed_meanwhile(place: Place) -> None:
    """The host refuses a simple set beside it, and it is told whose it is."""
    place.observe()
    place.native("w", "A", "192.0.2.1", identifier="x", Weight="1")
    (one,) = place.apply(create(records("w", "A", "192.0.2.1")))
    assert told([one]) == ["failed: left to its owner: 1 weighted set"]


def test_a_protection_is_shown_and_kept(place: Place) -> None:
    """Its comment is in the outcome of the change that it stops; the rest is done."""
    place.native("a", "A", "192.0.2.1")
    place.zone.protected[names.parse("a.example.com"), "A"] = "ask the mail team"
    place.observe()
    done = place.apply(delete(records("a", "A", "192.0.2.1")), create(records("b", "A", "192.0.2.1")))
    assert [one.status for one in done] == [Status.FAILED, Status.DONE]
    assert "ask the mail team" in done[0].detail
    assert done[0].request_id


# Refusals.


def test_one_bad_change_does_not_lose_the_batch(place: Place) -> None:
    """The host names the alias whose target would be gone by its own name: told to nobody, so halves find it."""
    place.native("t", "A", "192.0.2.1")
    place.native("al", "A", AliasTarget=alias("t.example.com", place.zone.id))
    held = [records(f"h{number}", "A", "192.0.2.1") for number in range(16)]
    for one in held:
        place.native(one.key.name, "A", "192.0.2.1")
    place.observe()
    place.new_calls()
    place.service.mute = True
    done = place.apply(*(delete(one) for one in held), delete(records("t", "A", "192.0.2.1")))
    assert [one.status for one in done] == [Status.DONE] * 16 + [Status.FAILED]
    assert "something is wrong" in done[-1].detail
    assert place.new_calls()["ChangeResourceRecordSets"] <= 11
    assert place.truth() == {("t", "A"): records("t", "A", "192.0.2.1")}


@pytest.mark.parametrize("listed", [False, True])
def test_what_the_host_says_is_told_to_the_change_it_is_about(place: Place, listed: bool) -> None:
    """By name and type, or by value where it names no name; in both forms of the answer."""
    place.service.listed_form = listed
    place.zone.protected[names.parse("*.example.com"), "A"] = "kept"
    place.observe()
    done = place.apply(
        create(records("*", "A", "192.0.2.1")),
        create(records("*", "TXT", "fine")),
        create(records("x.*", "A", "192.0.2.1")),
    )
    assert [one.status for one in done] == [Status.FAILED, Status.DONE, Status.DONE]
    assert "kept" in done[0].detail


def test_a_refused_value_is_told_to_whom_it_belongs(place: Place) -> None:
    """Where the host names the value alone."""
    place.zone.unloved = {"192.0.2.66", '"\\303\\251"'}
    place.observe()
    done = place.apply(
        create(records("a", "A", "192.0.2.1", "192.0.2.66")),
        create(records("b", "TXT", "é")),
        create(records("c", "A", "192.0.2.6")),
    )
    assert [one.status for one in done] == [Status.FAILED, Status.FAILED, Status.DONE]
    assert place.service.calls["ChangeResourceRecordSets"] == 2


def test_the_zone_that_a_refusal_names_is_not_what_it_is_about(place: Place) -> None:
    """A CNAME that came meanwhile stops what would stand beside it, and nothing at the zone's own name."""
    place.observe()
    place.native("t", "CNAME", "a.example.net.")
    done = place.apply(create(records("t", "A", "192.0.2.1")), create(records("@", "A", "192.0.2.1")))
    assert [one.status for one in done] == [Status.FAILED, Status.DONE]
    assert "a CNAME stands alone" in done[0].detail


def test_a_request_that_makes_no_sense_is_halved_too(place: Place) -> None:
    """InvalidInput for a batch of many stops only what it is about."""
    place.observe()
    place.service.trouble = Trouble(CHANGES, 400, "InvalidInput")
    done = place.apply(create(records("a", "A", "192.0.2.1")), create(records("b", "A", "192.0.2.1")))
    assert told(done) == ["done", "done"]
    place.service.trouble = Trouble(CHANGES, 403, "AccessDenied")
    done = place.apply(create(records("c", "A", "192.0.2.1")), create(records("d", "A", "192.0.2.1")))
    assert [one.status for one in done] == [Status.FAILED, Status.FAILED]
    assert place.service.calls["ChangeResourceRecordSets"] == 4


def test_too_often_is_told_with_the_wait(place: Place) -> None:
    """Nothing was done, nothing is read again; the next try does it."""
    place.observe()
    for code in ("Throttling", "PriorRequestNotComplete"):
        place.service.trouble = Trouble(CHANGES, 400, code)
        place.new_calls()
        (one,) = place.apply(create(records(code.lower(), "A", "192.0.2.1")))
        assert (one.status, one.retry_after) == (Status.FAILED, 1)
        assert place.new_calls() == {"ChangeResourceRecordSets": 1}
        place.clock.advance(1)
        assert told(place.apply(create(records(code.lower(), "A", "192.0.2.1")))) == ["done"]


def test_what_the_host_took_and_did_not_make_is_failed(place: Place) -> None:
    """Its word is not believed: what is read back counts."""
    place.observe()
    about = "<Id>/change/C1</Id><Status>INSYNC</Status><SubmittedAt>2026-11-21T20:00:00Z</SubmittedAt>"
    place.service.trouble = Trouble(CHANGES, 200, body=f"<R><ChangeInfo>{about}</ChangeInfo></R>")
    (one,) = place.apply(create(records("a", "A", "192.0.2.1")))
    assert told([one]) == ["failed: the host took the change and did not make it"]


# Lost answers.


@pytest.mark.parametrize(("effect", "status"), [(True, Status.DONE), (False, Status.UNKNOWN)])
@pytest.mark.parametrize("trouble", [0, 500])
def test_a_lost_answer_is_looked_up_and_never_sent_again(
    place: Place, effect: bool, status: Status, trouble: int
) -> None:
    """Done where it is there; else unknown, or failed where the host itself said that it failed."""
    place.observe()
    place.new_calls()
    place.service.trouble = Trouble(CHANGES, trouble, "InternalFailure", effect=effect)
    (one,) = place.apply(create(records("a", "A", "192.0.2.1")))
    assert one.status is (Status.FAILED if trouble and not effect else status)
    assert place.new_calls() == {"ChangeResourceRecordSets": 1, "ListResourceRecordSets": 1}


def test_what_could_not_be_read_back_is_unknown(place: Place) -> None:
    """And done, without another write, when it is applied again after the wait that is told."""
    place.observe()
    place.service.trouble = Trouble(LISTS, 400, "Throttling")
    change = create(records("a", "A", "192.0.2.1"))
    (one,) = place.apply(change)
    assert (one.status, one.retry_after) == (Status.UNKNOWN, 1)
    assert "not read back" in one.detail
    place.clock.advance(1)
    assert told(place.apply(change)) == ["done"]
    assert place.service.calls["ChangeResourceRecordSets"] == 1


def test_a_lost_answer_that_cannot_be_looked_up_is_unknown(place: Place) -> None:
    """What the host said of the write is not hidden by what it said of the reading."""
    place.observe()
    place.service.trouble = Trouble(CHANGES | LISTS, 503, "ServiceUnavailable", times=2, request="req-lost")
    (one,) = place.apply(create(records("a", "A", "192.0.2.1")))
    assert (one.status, one.request_id) == (Status.UNKNOWN, "req-lost")
    place.service.trouble = None
    place.observe()
    place.native("b", "A", "192.0.2.1")
    place.service.trouble = Trouble(LISTS)  # the look after the host refused the batch
    done = place.apply(create(records("b", "A", "192.0.2.1")), create(records("c", "A", "192.0.2.1")))
    assert [one.status for one in done] == [Status.FAILED, Status.FAILED]
    assert "already exists" in done[0].detail


def test_the_rest_is_not_sent_after_a_lost_answer(place: Place) -> None:
    """Three batches, the second is lost: the first is done, the third was never sent."""
    sets = [records(f"n{number}", "A", *_addresses(900)) for number in range(3)]
    place.observe()
    place.service.trouble = Trouble(CHANGES, nth=2)
    done = place.apply(*map(create, sets))
    assert [one.status for one in done] == [Status.DONE, Status.UNKNOWN, Status.FAILED]
    assert "not sent" in done[2].detail
    assert place.service.calls["ChangeResourceRecordSets"] == 2


# Limits.


def test_batches_keep_within_the_limits_and_names_whole(place: Place) -> None:
    """Additions first, removals last, a name's changes in one batch; the fake counts as the host does."""
    old = [records(f"old{number}", "A", *_addresses(300)) for number in range(3)]
    swap = [records(f"s{number}", "A", *_addresses(300)) for number in range(3)]
    for one in (*old, *swap):
        place.native(one.key.name, "A", *one.values)
    seen: list[list[rules.Change]] = []
    place.observe()
    place.service.watch = seen.append
    changes = [
        *map(delete, old),
        *(change for one in swap for change in (delete(one), create(records(one.key.name, "TXT", "now")))),
        *(create(records(f"new{number}", "A", *_addresses(300))) for number in range(3)),
    ]
    assert {one.status for one in place.apply(*changes)} == {Status.DONE}
    words = [{f"{one.action} {names.written(one.set.name)[:3]}" for one in batch} for batch in seen]
    whole = {f"{action} s{number}." for action in ("DELETE", "CREATE") for number in range(3)}
    assert words == [{"CREATE new"}, whole, {"DELETE old"}]


def test_an_upsert_counts_twice(place: Place) -> None:
    """501 values for the zone's own NS are more than a request carries; 500 are not."""
    seen = place.observe().resources[Key("dns", ZONE, "NS", "@")]
    assert isinstance(seen, RecordSet)
    hosts = [f"ns{number}.example.net." for number in range(501)]
    (one,) = place.apply(turned(seen, *hosts))
    assert one.status is Status.FAILED
    assert "1000 values" in one.detail
    assert place.service.calls["ChangeResourceRecordSets"] == 0
    assert told(place.apply(turned(seen, *hosts[:500]))) == ["done"]


def test_characters_are_counted_as_they_are_sent(place: Place) -> None:
    """Quotes and escapes included: 32,000 in a request, not one more."""
    place.observe()
    sets = [records(f"t{number:02d}", "TXT", "x" * 252 + '"' * 2) for number in range(250)]
    assert {one.status for one in place.apply(*map(create, sets))} == {Status.DONE}
    assert place.service.calls["ChangeResourceRecordSets"] == 3
    assert (batches.VALUES, batches.CHARACTERS) == (rules.VALUES, rules.CHARACTERS)


# When it is everywhere.


def test_pending_until_the_host_says_insync(place: Place) -> None:
    """Of every batch of the run; another run knows of none; one question at a time."""
    place.observe()
    sets = [records(f"n{number}", "A", *_addresses(900)) for number in range(2)]
    assert told(place.apply(*map(create, sets))) == ["done", "done"]
    place.new_calls()
    assert not place.provider.ready(sets[0].key).ready
    assert "PENDING" in place.provider.ready(sets[0].key).detail
    assert place.new_calls() == {"GetChange": 2}
    assert place.provider.ready(Key("dns", "other.example", "A", "@")).ready
    assert place.open().ready(sets[0].key).ready
    place.clock.advance(60)
    assert place.provider.ready(sets[0].key).ready
    assert place.new_calls() == {"GetChange": 2}
    assert place.provider.ready(sets[0].key).ready
    assert place.new_calls() == {}


# Two identities.


def test_only_changes_are_made_with_the_writing_key(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan identity that cannot write plans and reads back; without another one, apply is refused."""
    monkeypatch.setenv("READS", READER)
    monkeypatch.setenv("READS_KEY", SECRETS[READER])
    reads = {"access_key": {"env": "READS"}, "secret_key": {"env": "READS_KEY"}}
    place.provider = place.open(**reads, write_access_key={"env": "ID"}, write_secret_key={"env": "KEY"})
    place.observe()
    assert told(place.apply(create(records("a", "A", "192.0.2.1")))) == ["done"]
    place.provider = place.open(**reads)
    place.observe()
    (one,) = place.apply(create(records("b", "A", "192.0.2.1")))
    assert one.status is Status.FAILED
    assert "AccessDenied" in one.detail
    assert one.request_id


def _addresses(count: int) -> list[str]:
    return [f"10.0.{number // 256}.{number % 256}" for number in range(count)]
