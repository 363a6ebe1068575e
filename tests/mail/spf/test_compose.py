"""Merging SPF: nothing is lost that nobody retired, and the result is one record."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.spf.compose import compose, slots
from reconciler.mail.spf.terms import identity, is_spf
from tests.mail.spf.records import ends, records, senders

several = st.lists(records, max_size=3)
asked = st.lists(senders, max_size=4)


def running(record: str) -> list[str]:
    """Identities of the mechanisms that run, read without the code under test's idea of parts."""
    found = []
    for word in filter(None, record.split(" ")[1:]):
        name = identity(word)
        if name in {"all", "-all", "~all", "?all"}:
            break
        if "=" not in name.partition(":")[0]:
            found.append(name)
    return found


def retired_from(texts: Sequence[str], data: st.DataObject) -> list[str]:
    """Some of the terms that stand in the records."""
    standing = sorted({name for text in texts for name in running(text)})
    return data.draw(st.lists(st.sampled_from(standing), unique=True)) if standing else []


@given(several, asked, st.none() | ends, st.data())
def test_idempotent(texts: list[str], put: list[str], end: str | None, data: st.DataObject) -> None:
    """Composing the result again changes nothing."""
    drop = retired_from(texts, data)
    first = compose(texts, put, drop, end)
    again = compose([] if first is None else [first], put, drop, end)
    assert again == first


@given(several, asked, st.none() | ends, st.data())
def test_one_record(texts: list[str], put: list[str], end: str | None, data: st.DataObject) -> None:
    """The result is one SPF record with single spaces and at most one end that counts."""
    result = compose(texts, put, retired_from(texts, data), end)
    if result is not None:
        assert is_spf(result)
        assert "  " not in result
        assert result == result.strip(" ")


@given(several, asked, st.none() | ends, st.data())
def test_no_term_is_lost(texts: list[str], put: list[str], end: str | None, data: st.DataObject) -> None:
    """A term that runs, in any of the records, runs in the result unless it was retired."""
    drop = retired_from(texts, data)
    result = compose(texts, put, drop, end)
    before = {name for text in texts for name in running(text)} - set(drop)
    assert before <= set(running(result or ""))


@given(several, asked, st.none() | ends, st.data())
def test_what_is_asked_runs(texts: list[str], put: list[str], end: str | None, data: st.DataObject) -> None:
    """Every term asked for runs in the result, once; what is put is never dropped."""
    drop = [*retired_from(texts, data), *map(identity, put[:1])]
    names = running(compose(texts, put, drop, end) or "")
    for text in put:
        assert identity(text) in names
    assert not set(names) & (set(drop) - set(map(identity, put)))


@given(records, asked)
def test_order_of_senders(text: str, put: list[str]) -> None:
    """The order in which senders are asked for makes no difference to the set of terms that run."""
    forward, backward = compose([text], put, [], None), compose([text], put[::-1], [], None)
    assert sorted(running(forward or "")) == sorted(running(backward or ""))


@given(records, asked)
def test_adding_and_removing(text: str, put: list[str]) -> None:
    """A sender removed takes only its own terms with it: the rest runs in the order it had."""
    fresh = [one for one in put if identity(one) not in running(text)]
    added = compose([text], fresh, [], None)
    assert added is not None
    removed = compose([added], [], set(map(identity, fresh)), None)
    assert running(removed or "") == running(text)


@given(records, asked)
def test_foreign_terms_keep_their_spelling(text: str, put: list[str]) -> None:
    """Terms nobody names stand in the result byte for byte, in the order they had among themselves."""
    fresh = [one for one in put if identity(one) not in {identity(word) for word in text.split(" ")}]
    result = compose([text], fresh, [], None)
    assert result is not None
    words = [word for word in text.split(" ") if word and not identity(word).startswith("redirect=")]
    left = [word for word in result.split(" ") if word in set(words) and not identity(word).startswith("redirect=")]
    assert left == words


@given(records)
def test_no_wish_no_change(text: str) -> None:
    """Nobody asking for anything keeps every word of the record."""
    result = compose([text], [], [], None)
    assert result is not None
    assert sorted(result.split(" ")) == sorted(filter(None, text.split(" ")))


@given(several, asked, st.none() | ends, st.data())
def test_slots_show_what_was_composed(texts: list[str], put: list[str], end: str | None, data: st.DataObject) -> None:
    """The slots of the result hold each term asked for and none retired; every slot nobody named is as it was."""
    drop = retired_from(texts, data)
    result = compose(texts, put, drop, end)
    after = slots(*([] if result is None else [result]))
    named = {f"spf/{identity(text)}" for text in put} | {f"spf/{name}" for name in drop} | {"spf/all"}
    before = slots(*texts)
    assert {part: after.get(part) for part in before if part not in named} == {
        part: before[part] for part in before if part not in named
    }
    displaced = {f"spf/include:{before['spf/all'].partition('=')[2]}"} if "=" in before.get("spf/all", "") else set()
    assert set(after) - set(before) <= named | displaced
    if end is None and texts:
        assert after.get("spf/all") == before.get("spf/all")
    if end is not None:
        assert after["spf/all"].removeprefix("+") == identity(end)


@pytest.mark.parametrize(
    ("texts", "put", "drop", "end", "result"),
    [
        # new senders stand just before the end
        (["v=spf1 a mx -all"], ["include:n.example"], [], None, "v=spf1 a mx include:n.example -all"),
        (["v=spf1 a redirect=_r.example"], ["mx"], [], None, "v=spf1 a mx redirect=_r.example"),
        (["v=spf1 a"], ["mx"], [], None, "v=spf1 a mx"),
        # one that is there stays where it is and as it is written
        (["v=spf1 +Include:N.example. a -all"], ["include:n.example"], [], None, "v=spf1 +Include:N.example. a -all"),
        # one after all never runs
        (["v=spf1 a -all include:n.example"], ["include:n.example"], [], None, "v=spf1 a include:n.example -all"),
        # what is put is never dropped, and does not move for it
        (["v=spf1 A mx ~ALL"], ["a"], ["a"], "~all", "v=spf1 A mx ~ALL"),
        # a record that is made
        ([], ["mx"], [], None, "v=spf1 mx ~all"),
        ([], ["mx"], [], "-all", "v=spf1 mx -all"),
        ([], [], [], "-all", "v=spf1 -all"),
        ([], [], ["mx"], None, None),
        # two records are one, the weaker all wins, duplicates once
        (["v=spf1 a mx -all", "v=spf1 mx ptr ~all"], [], [], None, "v=spf1 a mx ptr ~all"),
        (["v=spf1 a ?all", "v=spf1 mx"], [], [], None, "v=spf1 a mx ?all"),
        # a second explanation would break the record
        (["v=spf1 a exp=e.example -all", "v=spf1 -all exp=f.example"], [], [], None, "v=spf1 a exp=e.example -all"),
        # whom a redirect admits stays admitted beside the other record's all
        (["v=spf1 a -all", "v=spf1 redirect=_r.example"], [], [], None, "v=spf1 a include:_r.example ~all"),
        # the end: set, removed, and nothing dead comes to life with it
        (["v=spf1 a -all"], [], [], "~all", "v=spf1 a ~all"),
        # whom the redirect admitted stays admitted, unless that is retired too
        (["v=spf1 redirect=_r.example a"], [], [], "~all", "v=spf1 a include:_r.example ~all"),
        (["v=spf1 redirect=_r.example a"], [], ["include:_r.example"], "~all", "v=spf1 a ~all"),
        (["v=spf1 include:_r.example redirect=_r.example"], [], [], "~all", "v=spf1 include:_r.example ~all"),
        (["v=spf1 a -all mx ~all redirect=_r.example"], [], ["all"], None, "v=spf1 a"),
        (["v=spf1 a -all exp=e.example"], [], ["all"], None, "v=spf1 a exp=e.example"),
        (["v=spf1 a -all mx"], [], [], "redirect=_r.example", "v=spf1 a redirect=_r.example"),
        # nothing left of it; an empty record of somebody else stays
        (["v=spf1 a ~all"], [], ["a", "all"], None, None),
        (["v=spf1 a ~all"], [], ["a"], None, "v=spf1 ~all"),
        (["v=spf1"], [], [], None, "v=spf1"),
    ],
)
def test_cases(texts: list[str], put: list[str], drop: list[str], end: str | None, result: str | None) -> None:
    """One example for each rule."""
    assert compose(texts, put, drop, end) == result


@pytest.mark.parametrize(
    ("put", "end"), [(["-all"], None), (["redirect=a.example"], None), (["a mx"], None), ([], "mx"), ([""], None)]
)
def test_what_cannot_be_asked(put: list[str], end: str | None) -> None:
    """An end among the senders, a sender as the end, or two words at once is a mistake of the caller."""
    with pytest.raises(ValueError, match="SPF record"):
        compose([], put, [], end)
