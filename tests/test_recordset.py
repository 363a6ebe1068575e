"""Record sets as slots and back: a write shows, and what it does not name stays."""

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.spf.terms import identity
from reconciler.mail.txt import txt_part
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.model.value import Value
from reconciler.recordset import DEFAULT_TTL, fold, parts
from tests.mail.spf import records as spf

MX = Key("dns", "c.example", "MX", "@")
TEXTS = [
    "MS=ms1",
    "MS=ms2",
    "v=DMARC1; p=none",
    "v=DMARC1; p=reject",
    "v=DKIM1; p=a",
    "v=STSv1; id=1",
    "v=TLSRPTv1; rua=mailto:a@b.example",
    "vendor=1",
    "vendor=2",
    "\udcfe",
]

names = st.sampled_from(["@", "_dmarc", "s1._domainkey"])
keys = names.map(lambda name: Key("dns", "c.example", "TXT", name))
values = st.lists(st.one_of(st.sampled_from(TEXTS), spf.records), min_size=1, max_size=6).map(
    lambda texts: tuple(sorted(set(texts)))
)
ttls = st.integers(0, 2**31 - 1)
Writes = dict[str, Value | None]


def drawn_writes(key: Key, live: RecordSet | None, data: st.DataObject) -> Writes:
    """Some slots set, some taken away, SPF terms and its end among them."""
    writes: Writes = {}
    for text in data.draw(st.lists(st.sampled_from(TEXTS), max_size=3)):
        part = txt_part(key.name, text)
        writes[part] = data.draw(st.none() | st.just(text))
    for text in data.draw(st.lists(spf.senders, max_size=3)):
        writes[f"spf/{identity(text)}"] = data.draw(st.none() | st.just(identity(text)))
    held = sorted(part for part in (parts(live) if live else {}) if part not in {"ttl", "spf"})
    for part in data.draw(st.lists(st.sampled_from(held), max_size=2)) if held else []:
        writes[part] = None
    if data.draw(st.booleans()):
        writes["spf/all"] = data.draw(st.none() | st.sampled_from(["-all", "~all", "+all", "redirect=x.example"]))
    if data.draw(st.booleans()):
        writes["ttl"] = data.draw(ttls)
    return writes


def slots_of(rs: RecordSet | None) -> Mapping[str, Value]:
    """All slots but the TTL."""
    return {part: value for part, value in parts(rs).items() if part != "ttl"} if rs else {}


@given(keys, st.none() | values, ttls, st.data())
def test_writes_show_and_the_rest_stays(key: Key, texts: tuple[str, ...] | None, ttl: int, data: st.DataObject) -> None:
    """After the fold every write shows, and every slot that no write names is as it was live."""
    live = RecordSet(key, ttl, texts) if texts else None
    writes = drawn_writes(key, live, data)
    after = fold(key, live, writes)
    was, now = slots_of(live), slots_of(after)
    named = {part for part in writes if part != "ttl"}
    made = "spf/all" not in named and "spf/all" not in was
    for part in named:
        assert now.get(part) == writes[part]
    merged = {"spf"} if any(part.startswith("spf/") for part in named) else set()
    # A redirect that is displaced goes on as an include.
    target = str(was.get("spf/all", "")).partition("=")[2]
    displaced = {f"spf/include:{target}"} if target and "spf/all" in named else set()
    for part in (was.keys() | now.keys()) - named - merged - displaced - ({"spf/all"} if made else set()):
        assert now.get(part) == was.get(part)
    if after is not None:
        assert after.ttl == writes.get("ttl", ttl if live else DEFAULT_TTL)
        assert after.values == tuple(sorted(set(after.values)))
        assert after.key == key


@given(keys, values, ttls, st.data())
def test_fold_twice_is_fold_once(key: Key, texts: tuple[str, ...], ttl: int, data: st.DataObject) -> None:
    """Writing the same again changes nothing."""
    live = RecordSet(key, ttl, texts)
    writes = drawn_writes(key, live, data)
    first = fold(key, live, writes)
    if first is not None:
        assert fold(key, first, writes) == first


@given(keys, values, ttls)
def test_no_write_no_change(key: Key, texts: tuple[str, ...], ttl: int) -> None:
    """A fold without writes is the live record set itself, two SPF records and look-alikes included."""
    assert fold(key, RecordSet(key, ttl, texts), {}) == RecordSet(key, ttl, texts)


@given(keys, values, ttls)
def test_everything_removed(key: Key, texts: tuple[str, ...], ttl: int) -> None:
    """With every slot removed nothing is left but an SPF record that says nothing."""
    live = RecordSet(key, ttl, texts)
    after = fold(key, live, dict.fromkeys(slots_of(live)))
    assert after is None or {text.lower().strip() for text in after.values} == {"v=spf1"}


def test_other_types_are_one_slot() -> None:
    """A record set that is not TXT is one slot with all its values."""
    live = RecordSet(MX, 300, ("10 a.example.", "20 b.example."))
    assert parts(live) == {"": live.values, "ttl": 300}
    assert fold(MX, live, {"": ("0 c.example.",)}) == RecordSet(MX, 300, ("0 c.example.",))
    assert fold(MX, None, {"": ("2 z.example.", "10 a.example.", "2 z.example.")}) == RecordSet(
        MX, DEFAULT_TTL, ("10 a.example.", "2 z.example.")
    )
    assert fold(MX, live, {"": None}) is None
    assert fold(MX, live, {"ttl": 60}) == RecordSet(MX, 60, live.values)
    assert fold(MX, None, {"ttl": 60}) is None


def test_a_class_owns_all_its_values() -> None:
    """Two policies at one name are one slot with both; writing it leaves one."""
    key = Key("dns", "c.example", "TXT", "_dmarc")
    live = RecordSet(key, 300, ("v=DMARC1; p=none", "v=DMARC1; p=reject", "vendor=1"))
    assert parts(live)["dmarc"] == ("v=DMARC1; p=none", "v=DMARC1; p=reject")
    after = fold(key, live, {"dmarc": "v=DMARC1; p=quarantine"})
    assert after == RecordSet(key, 300, ("v=DMARC1; p=quarantine", "vendor=1"))


def test_two_spf_records() -> None:
    """Side by side they show; a write to any SPF slot, or the wish that there be no two, makes them one."""
    key = Key("dns", "c.example", "TXT", "@")
    live = RecordSet(key, 300, ("v=spf1 a -all", "v=spf1 mx ~all", "vendor=1"))
    assert parts(live)["spf"] == ("v=spf1 a -all", "v=spf1 mx ~all")
    assert fold(key, live, {"ttl": 60}) == RecordSet(key, 60, live.values)
    merged = RecordSet(key, 300, ("v=spf1 a mx ~all", "vendor=1"))
    assert fold(key, live, {"spf": None}) == merged
    assert fold(key, merged, {"spf": parts(live)["spf"]}) == live
    assert "spf" not in parts(merged)


@pytest.mark.parametrize(
    ("key", "writes"),
    [
        (MX, {"dmarc": "v=DMARC1; p=none"}),
        (Key("dns", "c.example", "TXT", "@"), {"": ("a",)}),
        (Key("dns", "c.example", "TXT", "@"), {"other:000000000000": "vendor=1"}),
        (Key("dns", "c.example", "TXT", "@"), {"dmarc": "v=DMARC1; p=none"}),
        (Key("dns", "c.example", "TXT", "@"), {"spf/all": "mx"}),
    ],
)
def test_what_does_not_fit(key: Key, writes: Writes) -> None:
    """A value that would not show in its own slot again is refused."""
    with pytest.raises(ValueError, match=r"part|cannot hold|SPF"):
        fold(key, None, writes)


def test_many_record_sets_are_taken_apart_fast() -> None:
    """Ten thousand record sets of a usual zone take a fraction of a second, whatever machine runs this."""
    texts = ("v=spf1 include:a.example ip4:192.0.2.1 ~all", "vendor=1")
    plain = [RecordSet(Key("dns", "c.example", "A", f"h{at}"), 300, ("192.0.2.1",)) for at in range(9_000)]
    txt = [RecordSet(Key("dns", "c.example", "TXT", f"h{at}"), 300, texts) for at in range(1_000)]
    start = time.process_time()
    assert all(parts(rs) for rs in [*plain, *txt])
    assert time.process_time() - start < 0.5
