"""What many reports say together, and whose mail it was."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.reports.document import document
from reconciler.mail.reports.match import Marks, Matched, match, still_sending
from reconciler.mail.reports.report import Checked, Report
from reconciler.mail.reports.sources import Sources, grouped, summary
from reconciler.model.diagnostic import Severity
from tests.mail.aggregate import report, row, signed

OLD = Marks(("192.0.2.0/24",))


def only(sources: Sources, senders: dict[str, Marks], domain: str = "c.example") -> Matched:
    """The one domain that mail was seen of."""
    (found,) = match(sources, {domain: senders})
    return found


def test_adding_up() -> None:
    """Counts of each kind of pass, days and reporters; a message that passes both passes once."""
    sources = summary(
        [
            report(row(count=4, spf=True), row(count=2, dkim=True), id="1"),
            report(row(count=1, spf=True, dkim=True), row(count=8), id="2", reporter="yahoo.com", day=3),
        ]
    )
    assert sources.tally is not None
    assert (sources.tally.messages, sources.tally.passed, sources.tally.failed) == (15, 7, 8)
    assert (sources.tally.spf, sources.tally.dkim) == (5, 3)
    assert (sources.tally.first, sources.tally.last) == (date(2026, 11, 18), date(2026, 11, 21))
    assert sources.tally.reporters == ("google.com", "yahoo.com")
    assert (sources.reports, sources.diagnostics) == (2, ())


def test_nothing() -> None:
    """No report is no mail, not an error."""
    assert summary([]) == Sources(0, None, 0, (), ())
    assert only(summary([]), {"old": OLD}).tally is None


def test_the_same_report_twice() -> None:
    """It is counted once and said; it is no warning."""
    sources = summary([report(row(count=4)), report(row(count=4))])
    (said,) = sources.diagnostics
    assert (sources.reports, sources.tally and sources.tally.messages) == (1, 4)
    assert (said.severity, said.rule) == (Severity.INFO, "dmarc-report/duplicate")
    assert "report 1 of google.com is there 2 times and counted once" in said.summary


@pytest.mark.parametrize("turned", [False, True])
def test_one_id_for_two_reports(turned: bool) -> None:
    """The one with more messages counts, in whatever order they come; a warning says that they differ."""
    reports = [report(row(count=4)), report(row(count=9))]
    sources = summary(reports[::-1] if turned else reports)
    (said,) = sources.diagnostics
    assert (sources.tally and sources.tally.messages, said.severity) == (9, Severity.WARNING)


@pytest.mark.parametrize("other", [{"reporter": "yahoo.com"}, {"domain": "d.example"}, {"id": "2"}])
def test_what_is_no_duplicate(other: dict[str, str]) -> None:
    """An id is unique for one reporter and one policy domain."""
    sources = summary([report(), report(**other)])  # type: ignore[arg-type]
    assert (sources.reports, sources.diagnostics) == (2, ())


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"signatures": signed("c.example") + signed("mail.service.example")}, ("dkim", "mail.service.example")),
        ({"signatures": signed("service.example", "fail")}, ("network", "192.0.2.1")),
        ({"signatures": signed("s.example"), "checks": (Checked("t.example", "pass"),)}, ("dkim", "s.example")),
        ({"checks": (Checked("bounce.t.example", "pass"),)}, ("spf", "bounce.t.example")),
        ({"checks": (Checked("notc.example", "pass"),)}, ("spf", "notc.example")),
        ({"checks": (Checked("bounce.c.example", "pass"),)}, ("network", "192.0.2.1")),
        ({"checks": (Checked("example", "pass"),)}, ("network", "192.0.2.1")),
        ({"checks": (Checked("", "pass"),)}, ("network", "192.0.2.1")),
        ({}, ("network", "192.0.2.1")),
    ],
)
def test_by_what_a_source_is_known(more: dict[str, object], named: tuple[str, str]) -> None:
    """A service's own domain that passes, DKIM first; the From domain's own family says nothing of a service."""
    (source,) = grouped(summary([report(row(**more))]).seen)  # type: ignore[arg-type]
    assert (source.kind, source.name) == named


def test_networks() -> None:
    """Several addresses of a /24 or a /64 are one source; neighbours are not."""
    addresses = ["192.0.2.1", "192.0.2.200", "192.0.3.1", "2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"]
    names = {source.name: source.addresses for source in grouped(summary([report(*map(row, addresses))]).seen)}
    assert names == {
        "192.0.2.0/24": ("192.0.2.1", "192.0.2.200"),
        "192.0.3.1": ("192.0.3.1",),
        "2001:db8::/64": ("2001:db8::1", "2001:db8::ffff:1"),
        "2001:db8:0:1::1": ("2001:db8:0:1::1",),
    }


def test_the_worst_first() -> None:
    """Most messages that fail, then most messages, then by name."""
    rows = [("192.0.2.1", 5, True), ("198.51.100.1", 9, True), ("203.0.113.1", 2, False), ("203.0.112.1", 2, False)]
    seen = summary([report(*(row(address, count, dkim=passed) for address, count, passed in rows))]).seen
    assert [source.name for source in grouped(seen)] == ["203.0.112.1", "203.0.113.1", "198.51.100.1", "192.0.2.1"]


@pytest.mark.parametrize(
    ("senders", "owners"),
    [
        ({"old": OLD}, ["old"]),
        ({"old": Marks(("192.0.2.1",))}, ["old"]),
        ({"old": Marks(("192.0.2.77/24",))}, ["old"]),
        ({"old": Marks(("192.0.3.0/24", "2001:db8::/32"))}, []),
        ({"old": OLD, "copier": Marks(("192.0.2.1/32",))}, ["copier"]),
        ({"copier": Marks(("192.0.2.1/32",)), "old": OLD}, ["copier"]),
        ({"old": OLD, "twin": OLD}, ["old", "twin"]),
        ({"old": OLD, "bulk": Marks(domains=("s.example",))}, ["old"]),
        ({"bulk": Marks(domains=("S.example.",))}, ["bulk"]),
        ({"bulk": Marks(domains=("mail.s.example",)), "whole": Marks(domains=("s.example",))}, ["bulk"]),
        ({"envelope": Marks(domains=("t.example",))}, ["envelope"]),
        ({"envelope": Marks(domains=("t.example",)), "bulk": Marks(domains=("s.example",))}, ["bulk"]),
        ({"near": Marks(domains=("ails.example", "x.s.example"))}, []),
        ({"twice": Marks(("192.0.2.1", "192.0.2.1/32"))}, ["twice"]),
    ],
)
def test_whose_mail_it_was(senders: dict[str, Marks], owners: list[str]) -> None:
    """The narrowest network, else the longest DKIM domain, else SPF; what is as good counts for both."""
    made = report(row(count=7, signatures=signed("mail.s.example"), checks=(Checked("t.example", "pass"),)))
    found = only(summary([made]), senders)
    assert sorted(one.name for one in found.senders if one.tally) == owners
    assert {one.tally.messages for one in found.senders if one.tally} <= {7}
    assert len(found.senders) == len(senders)
    assert sum(source.tally.messages for source in found.unknown) == (0 if owners else 7)


def test_ipv6_networks() -> None:
    """A network of one version never holds an address of the other."""
    made = summary([report(row("2001:db8::1"), row("0.0.0.1"))])
    found = only(made, {"six": Marks(("2001:db8::/32",)), "low": Marks(("::/96",))})
    assert [(one.name, one.tally and one.tally.messages) for one in found.senders] == [("six", 1), ("low", None)]


def test_a_domain_takes_what_lies_beneath() -> None:
    """Mail of a subdomain belongs to the closest domain of the spec; other domains have places of their own."""
    rows = [row(header_from=name) for name in ("c.example", "a.c.example", "x.b.c.example", "notc.example")]
    found = match(summary([report(*rows)]), {"c.example": {"old": OLD}, "b.c.example": {"old": OLD}})
    counts = {one.domain: (one.tally and one.tally.messages, len(one.senders), len(one.unknown)) for one in found}
    assert counts == {"c.example": (2, 1, 0), "b.c.example": (1, 1, 0), "notc.example": (1, 0, 1)}


def test_evidence() -> None:
    """How many, until when, seen by whom, and whether they pass; nothing for a sender that was not seen."""
    reporters = ["google.com", "yahoo.com", "d.example", "b.example", "e.example"]

    def said(*reports: Report) -> list[str]:
        return still_sending(only(summary(reports), {"old": OLD, "quiet": Marks()}), "old")

    assert said(report(row(count=412, dkim=True), day=1)) == [
        "still sent 412 messages until 2026-11-19, seen by google.com"
    ]
    many = [report(row(count=1000), reporter=name, day=day) for day, name in enumerate(reporters)]
    assert said(*many[:1]) == [
        "still sent 1,000 messages until 2026-11-18, seen by google.com",
        "1,000 of them fail DMARC",
    ]
    assert "seen by google.com and yahoo.com" in said(*many[:2])[0]
    assert "until 2026-11-22, seen by b.example, d.example, e.example and 2 more" in said(*many)[0]
    assert "1 message until" in said(report(row(count=1)))[0]
    assert still_sending(only(summary(many), {"quiet": Marks()}), "quiet") == []
    assert still_sending(only(summary(many), {}), "nobody") == []


def test_a_wrong_network() -> None:
    """The spec's own check comes before; here it is an error of the caller."""
    with pytest.raises(ValueError, match="does not appear to be"):
        match(summary([]), {"c.example": {"old": Marks(("mail.c.example",))}})


def test_the_document() -> None:
    """Plain JSON values, every message in one place."""
    sources = summary([report(row(count=3), row("198.51.100.7", 4, signatures=signed("s.example")))])
    found = document(sources, match(sources, {"c.example": {"old": OLD}}))
    tally = {"passed": 0, "spf": 0, "dkim": 0, "first": "2026-11-18", "last": "2026-11-18", "reporters": ["google.com"]}
    place = {"from": "c.example", **tally}
    old = {**place, "name": "192.0.2.1", "kind": "network", "addresses": ["192.0.2.1"], "messages": 3}
    unknown = {**place, "name": "s.example", "kind": "dkim", "addresses": ["198.51.100.7"], "messages": 4}
    evidence = ["still sent 3 messages until 2026-11-18, seen by google.com", "3 of them fail DMARC"]
    sender = {"name": "old", **tally, "messages": 3, "evidence": evidence, "sources": [old]}
    domain = {"domain": "c.example", **tally, "messages": 7, "senders": [sender], "unknown": [unknown]}
    assert found == {"reports": 1, "rows_left_out": 0, **tally, "messages": 7, "domains": [domain]}


ROWS = st.builds(
    row,
    st.sampled_from(["192.0.2.1", "192.0.2.2", "198.51.100.7", "2001:db8::1"]),
    st.integers(1, 50),
    st.sampled_from(["c.example", "a.c.example", "d.example"]),
    dkim=st.booleans(),
    spf=st.booleans(),
    signatures=st.sampled_from([(), signed("s.example"), signed("c.example")]),
)
REPORTS = st.lists(
    st.builds(
        lambda rows, number, day: report(*rows, id=number, day=day),
        st.lists(ROWS, min_size=1, max_size=3),
        st.sampled_from("1234"),
        st.integers(0, 5),
    ),
    max_size=5,
)


@given(REPORTS, st.randoms())
def test_order_and_repetition_change_nothing(reports: list[Report], dice: object) -> None:
    """The same reports in another order, and again, give the same document; no message is lost or counted twice."""
    senders = {"c.example": {"old": OLD, "bulk": Marks(domains=("s.example",))}}
    sources = summary(reports)
    turned = [*reports, *reports]
    dice.shuffle(turned)  # type: ignore[attr-defined]
    again = summary(turned)
    assert document(again, match(again, senders)) == document(sources, match(sources, senders))
    for one in match(sources, senders):
        tallies = [*(sender.tally for sender in one.senders), *(source.tally for source in one.unknown)]
        held = sum(tally.messages for tally in tallies if tally)
        assert held == (one.tally.messages if one.tally else 0)


def test_a_seen_is_one_address() -> None:
    """What passes is part of what is seen: the same address with another signature is another line."""
    seen = summary([report(row(), row(signatures=signed("s.example")), row())]).seen
    assert {(one.signers, one.tally.messages) for one in seen} == {((), 2), (("s.example",), 1)}
