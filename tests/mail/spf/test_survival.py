"""Who passed before still passes after a merge, as an evaluator sees it."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.mail.spf.compose import compose
from reconciler.mail.spf.evaluate import check_host
from reconciler.mail.spf.syntax import read
from reconciler.mail.spf.terms import identity, parse
from reconciler.model.answer import Answer, Question
from tests.mail.internet import Internet

DOMAIN = "shop.example"
DNS = {
    "shop.example A": ["192.0.2.1"],
    "shop.example AAAA": ["2001:db8::1"],
    "shop.example MX": ["10 mail.shop.example."],
    "mail.shop.example A": ["192.0.2.2"],
    "mail.shop.example AAAA": ["2001:db8::2"],
    "one.example TXT": ["v=spf1 ip4:192.0.2.3 ip4:192.0.2.8/30 -all"],
    "two.example TXT": ["v=spf1 -ip4:192.0.2.3 ip6:2001:db8::/64 ip4:192.0.2.0/28 ?all"],
    "end.example TXT": ["v=spf1 ip4:192.0.2.4 ~all"],
}
ADDRESSES = [*(f"192.0.2.{last}" for last in range(16)), "198.51.100.7", "2001:db8::2", "2001:db8::3", "2001:db9::1"]
#: No term that may find nothing: the void lookups of several records together are judged by the lint.
TERMS = [
    "a", "mx", "a/30", "mx:shop.example//120", "include:one.example", "include:two.example", "ip4:192.0.2.5",
    "ip4:192.0.2.0/29", "ip4:198.51.100.0/24", "ip6:2001:db8::/120",
]  # fmt: skip
ENDS = ["", "-all", "~all", "?all", "redirect=end.example"]

signed = st.tuples(st.sampled_from(["", "", "+", "-", "~", "?"]), st.sampled_from(TERMS)).map("".join)
wanted = st.lists(st.sampled_from(TERMS[4:]).map(identity), max_size=3, unique=True)


def text(terms: Sequence[str], end: str) -> str:
    """A record."""
    return " ".join(["v=spf1", *terms, *([end] if end else [])])


records = st.builds(text, st.lists(signed, max_size=4), st.sampled_from(ENDS))
admitting = st.builds(text, st.lists(st.sampled_from(TERMS), max_size=3), st.sampled_from(ENDS))


def passing(record: str) -> set[str]:
    """The addresses that a record lets pass."""
    internet = Internet(DNS)

    def ask(name: str, kind: str) -> Answer:
        return internet.answer(Question(name, kind))

    return {
        one for one in ADDRESSES if check_host(one, DOMAIN, f"x@{DOMAIN}", DOMAIN, ask, text=record).result == "pass"
    }


@given(records, wanted)
@example("v=spf1 -ip4:192.0.2.0/29 a redirect=end.example", ["include:two.example"])
def test_nobody_is_lost_by_a_new_sender(record: str, put: list[str]) -> None:
    """New terms are added; whom the old record admitted the new one admits, and it is one that parses."""
    after = compose([record], put, (), None)
    assert after is not None
    assert passing(record) <= passing(after)
    assert read(after).problems == ()


@given(records, wanted, st.sampled_from(["~all", "?all", "-all"]))
def test_an_end_of_ones_own_loses_nobody_who_had_a_term(record: str, put: list[str], end: str) -> None:
    """Another `all` changes what becomes of strangers; who passed by a term still passes."""
    after = compose([record], put, (), end)
    assert after is not None
    assert passing(record) <= passing(after)


@given(admitting, admitting)
def test_two_records_admit_together_what_each_admitted(first: str, second: str) -> None:
    """Two records break both; the one they become admits whom either would have admitted alone."""
    merged = compose([first, second], [], (), None)
    assert merged is not None
    assert passing(first) | passing(second) <= passing(merged)
    assert read(merged).problems == ()


@given(records, wanted, st.data())
def test_who_leaves_takes_only_what_was_admitted_by_it(record: str, put: list[str], data: st.DataObject) -> None:
    """A sender taken out again leaves the record saying what it said before."""
    there = {one.identity for one in parse(record)}
    new = [one for one in put if one not in there]
    after = compose([record], new, (), None)
    assert after is not None
    back = compose([after], [], new, None)
    assert passing(back or "v=spf1") == passing(record)
