"""What became of something a person was asked for: each mistake is named, and nothing right is called wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.asked import Case, State, doubled, mistyped, recognise
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet

ZONE = "acme.example"
SPF, OLD = "v=spf1 include:a.example include:b.example -all", "v=spf1 include:a.example -all"
DMARC = "v=DMARC1; p=none; rua=mailto:d@acme.example"
KEY_TEXT = "v=DKIM1; k=rsa; p=" + "MIGfMA0GCSqGSIb3" * 20


def held(kind: str, name: str, *values: str, ttl: int = 300) -> RecordSet | None:
    """A record set; none without values."""
    return RecordSet(Key("dns", ZONE, kind, name), ttl, tuple(sorted(values))) if values else None


def case(kind: str, name: str, wanted: list[str], before: list[str], *shown: list[str]) -> Case:
    """What each of some servers shows."""
    servers = {f"ns{number}": held(kind, name, *some) for number, some in enumerate(shown, start=1)}
    return Case(Key("dns", ZONE, kind, name), held(kind, name, *wanted), held(kind, name, *before), servers)


MX = "0 acme.mail.example.net."
HOST = "one.example.net."


Row = tuple[str, str, list[str], list[str], list[str], State, str]
ROWS: list[Row] = [
    ("MX", "@", [MX], ["10 old.example."], [MX], State.DONE, ""),
    ("MX", "@", [MX], ["10 old.example."], ["10 old.example."], State.NOT_YET, ""),
    ("MX", "@", [MX], ["10 old.example."], ["10 old.example.", MX], State.PARTLY, "old"),
    ("MX", "@", [MX], [], ["10 acme.mail.example.net."], State.WRONG, "priority"),
    ("MX", "@", [MX], [], [f"{MX}{ZONE}."], State.WRONG, "final-dot"),
    ("MX", "@", [MX], [], [MX, "5 stranger.example."], State.WRONG, "extra"),
    ("MX", "@", [MX, "10 b.example."], [], [MX], State.PARTLY, ""),
    ("SRV", "_sip._tls", ["1 1 443 a.example."], [], ["1 1 444 a.example."], State.WRONG, "priority"),
    ("CNAME", "x", [HOST], [], [f"{HOST}{ZONE}."], State.WRONG, "final-dot"),
    ("CNAME", "x", [HOST], [], ["onee.example.net."], State.WRONG, "slip"),
    ("CNAME", "x", [HOST], [], ["elsewhere.example.org."], State.WRONG, "other"),
    ("A", "x", ["192.0.2.1"], [], ["192.0.2.1"], State.DONE, ""),
    ("TXT", "@", [SPF], [OLD], [SPF, OLD], State.WRONG, "two-spf"),
    ("TXT", "@", [SPF], [], [f'"{SPF}"'], State.WRONG, "quotes"),
    ("TXT", "@", [SPF], [], [f'\\"{SPF}\\"'], State.WRONG, "quotes"),
    ("TXT", "@", [SPF], [], [SPF.replace(" include:b", "include:b")], State.WRONG, "blanks"),
    ("TXT", "x", ["Token=one"], [], ["token=ONE"], State.WRONG, "case"),
    ("TXT", "@", [SPF], [OLD], ["v=spf1  include:b.example include:a.example -all"], State.DONE, ""),
    ("TXT", "@", [SPF], [OLD], [SPF.replace("-all", "include:c.example -all")], State.DONE, ""),
    ("TXT", "@", [SPF], [OLD], ["v=spf1 include:b.example -all"], State.WRONG, "other"),
    ("TXT", "@", [SPF], [OLD], [OLD, "vendor=1"], State.NOT_YET, ""),
    ("TXT", "@", [SPF, "vendor=1"], [OLD, "vendor=1"], [SPF], State.DONE, ""),
    ("TXT", "@", [SPF, "vendor=1"], ["vendor=1"], [SPF], State.DONE, ""),
    ("TXT", "@", [SPF, "vendor=1"], ["vendor=1"], [SPF, "vendor=1", "vendor=2"], State.DONE, ""),
    ("TXT", "_dmarc", [DMARC], [], [DMARC, "v=DMARC1; p=reject"], State.WRONG, "two-dmarc"),
    ("TXT", "s._domainkey", [KEY_TEXT], [], [KEY_TEXT[:255]], State.WRONG, "cut"),
    ("TXT", "s._domainkey", [KEY_TEXT], [], [KEY_TEXT, f'"{KEY_TEXT}"'], State.TWICE, "again"),
    ("TXT", "x", ["token=1"], [], ["token=1", "TOKEN=1"], State.TWICE, "again"),
    ("TXT", "x", [], ["gone", "also"], ["gone"], State.PARTLY, "old"),
    ("TXT", "x", [], ["gone"], [], State.DONE, ""),
    ("TXT", "x", [], ["gone"], ["new"], State.DONE, ""),
    ("TXT", "x", [], ["gone"], ['"gone"'], State.WRONG, "other"),
    ("MX", "@", [], ["1 a.example."], ["1 a.example."], State.NOT_YET, ""),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[6] or row[5]}")
def test_each_by_its_name(row: Row) -> None:
    """One server is enough to see it."""
    kind, name, wanted, before, now, state, fault = row
    seen = recognise(case(kind, name, wanted, before, now))
    assert (seen.state, fault in seen.faults or not fault) == (state, True), seen
    assert seen.text


def test_some_servers_only() -> None:
    """Those that show it and those that do not are named."""
    seen = recognise(case("A", "x", ["192.0.2.1"], [], ["192.0.2.1"], [], ["192.0.2.1"]))
    assert (seen.state, seen.text) == (State.PARTLY, "shown by ns1, ns3, not yet by ns2")


def test_a_mistake_at_one_server_is_not_hidden_by_another() -> None:
    """A wrong value counts before a missing one."""
    assert recognise(case("CNAME", "x", [HOST], [], [], [f"{HOST}{ZONE}."])).faults == ("final-dot",)


def test_a_name_typed_twice() -> None:
    """What stands at the doubled name is recognised, mistakes in it too; something else there is not ours."""
    plain = case("CNAME", "x", [HOST], [], [])
    assert doubled(plain.key).name == "x.acme.example"
    assert doubled(plain.key._replace(name="@")).name == "acme.example"
    for value, state in ((HOST, State.WRONG), (f"{HOST}{ZONE}.", State.WRONG), ("other.example.", State.NOT_YET)):
        other = RecordSet(doubled(plain.key), 300, (value,))
        assert recognise(Case(plain.key, plain.wanted, None, plain.shown, other)).state is state


def test_another_ttl_is_told_and_no_fault() -> None:
    """The panel may not let anybody choose."""
    wanted = held("A", "x", "192.0.2.1", ttl=300)
    seen = recognise(Case(Key("dns", ZONE, "A", "x"), wanted, None, {"ns1": held("A", "x", "192.0.2.1", ttl=3600)}))
    assert (seen.state, seen.text) == (State.DONE, "done; its TTL is 3600, and 300 was asked for")


TEXTS = st.lists(st.sampled_from([SPF, OLD, f'"{SPF}"', "vendor=1", "vendor=2", KEY_TEXT, ""]), max_size=4, unique=True)


@given(TEXTS, TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_any_answer_has_a_sentence(wanted: list[str], before: list[str], shown: list[list[str]]) -> None:
    """Whatever stands there: one sentence, and done only where nothing new is missing and nothing old is left."""
    seen = recognise(case("TXT", "@", wanted, before, *shown))
    assert seen.text
    if seen.state is State.DONE:
        assert all(set(wanted) - set(before) <= set(some) for some in shown)
        assert not any((set(before) - set(wanted)) & set(some) for some in shown)


def test_a_slip_far_behind_is_shown() -> None:
    """Both texts are cut for the sentence, so that the place where they differ is in it."""
    seen = recognise(case("TXT", "s._domainkey", [f"{KEY_TEXT}one"], [], [f"{KEY_TEXT}0ne"]))
    assert (seen.state, seen.faults) == (State.WRONG, ("slip",))
    assert seen.text.endswith("SIb3one")
    assert "SIb30ne instead of ..." in seen.text


@pytest.mark.parametrize(
    ("kind", "wanted", "made", "value"),
    [
        ("CNAME", HOST, "TXT", HOST),
        ("CNAME", HOST, "TXT", HOST.removesuffix(".")),
        ("A", "192.0.2.1", "CNAME", "192.0.2.1."),
        ("A", "192.0.2.1", "CNAME", f"192.0.2.1.{ZONE}."),
        ("MX", f"10 {HOST}", "CNAME", HOST),
    ],
)
def test_another_type(kind: str, wanted: str, made: str, value: str) -> None:
    """The value is at the name, in a record of another type; what stood there anyway says nothing."""
    asked = case(kind, "x", [wanted], [], [])
    other, strange = held(made, "x", value), held(made, "x", "elsewhere.example.org.")
    assert other
    assert strange
    assert mistyped(asked, recognise(asked), [other]).text == f"it was made as {made}, and {kind} was asked for"
    assert mistyped(asked, recognise(asked), [strange]).state is State.NOT_YET


def test_hostile_values_take_no_longer() -> None:
    """Long texts that nearly agree, many of them: time grows with their length alone."""
    long = "v=x " + "a" * 60_000
    seen = recognise(case("TXT", "x", [long], [], [f"{long[:-1]}b{number}" for number in range(50)]))
    assert len(seen.text) < 2_000
