"""Which DMARC record applies, to which organisation a domain belongs, and who allows its reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.dmarc import read
from reconciler.mail.dmarc_look import look
from reconciler.mail.dmarc_walk import HOSTS, external, policy_of, walk
from reconciler.mail.look import Look
from reconciler.model.answer import Question
from tests.mail.findings import rules
from tests.mail.internet import Internet

P = "v=DMARC1; p={}"


def seen(domain: str, internet: Internet) -> Look:
    """The look once all is answered."""
    return internet.run(lambda notebook: look(domain, notebook))


def test_walk() -> None:
    """The domain, then its parents; of a long name only the last seven labels. The example is the standard's own."""
    assert walk("a.mail.example.com") == ("a.mail.example.com", "mail.example.com", "example.com", "com")
    assert walk("a.b.c.d.e.f.g.h.i.j.mail.example.com") == (
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )
    assert walk("com") == ("com",)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60))
def test_never_more_than_eight_queries(labels: list[str]) -> None:
    """Seven labels make seven, eight and more make eight."""
    assert len(walk(".".join(labels))) == min(8, len(labels))
    assert len(set(walk(".".join(labels)))) == min(8, len(labels))


CASES: list[tuple[str, dict[str, str], tuple[str, str, str, str]]] = [
    # domain, records by domain, (organisation, at, tag, policy)
    ("c.example", {}, ("c.example", "", "", "")),
    ("c.example", {"c.example": "p=reject; sp=none"}, ("c.example", "c.example", "p", "reject")),
    ("a.c.example", {"c.example": "p=reject; sp=none"}, ("c.example", "c.example", "sp", "none")),
    ("a.c.example", {"c.example": "p=reject"}, ("c.example", "c.example", "sp", "reject")),
    ("a.c.example", {"a.c.example": "p=none", "c.example": "p=reject"}, ("c.example", "a.c.example", "p", "none")),
    # The standard's examples: of two the shorter one; psd=n stops; psd=y at the top leaves one label below it.
    ("a.m.c.example", {"m.c.example": "p=none", "c.example": "p=reject"}, ("c.example", "c.example", "sp", "reject")),
    (
        "a.m.c.example",
        {"m.c.example": "p=none; psd=n", "c.example": "p=reject"},
        ("m.c.example", "m.c.example", "sp", "none"),
    ),
    ("a.m.c.example", {"example": "p=reject; psd=y"}, ("c.example", "example", "sp", "reject")),
    ("a.c.example", {"c.example": "p=none", "example": "p=reject; psd=y"}, ("c.example", "c.example", "sp", "none")),
    # A suffix's own record does not make it a name below itself.
    ("bank.example", {"bank.example": "p=reject; psd=y"}, ("bank.example", "bank.example", "p", "reject")),
    (
        "a.b.example",
        {"a.b.example": "p=none; psd=y", "b.example": "p=reject"},
        ("a.b.example", "a.b.example", "p", "none"),
    ),
    # Not valid, and nobody to tell: not applied.
    ("a.c.example", {"c.example": "p=x"}, ("c.example", "c.example", "sp", "")),
]


@pytest.mark.parametrize(("domain", "records", "expected"), CASES)
def test_policy_of(domain: str, records: dict[str, str], expected: tuple[str, str, str, str]) -> None:
    """The record that applies, in one round of questions."""
    internet = Internet({f"_dmarc.{name} TXT": [f"v=DMARC1; {text}"] for name, text in records.items()})
    found = internet.run(lambda notebook: policy_of(domain, notebook))
    assert found is not None
    assert (found.organisation, found.at, found.tag, found.policy) == expected
    assert internet.rounds == 1
    assert sum(internet.asked.values()) == len(walk(domain))


def test_the_walk_stops_at_psd() -> None:
    """What lies above a record that says where the organisation ends does not matter, even when nobody answers."""
    records = {"_dmarc.c.example TXT": ["v=DMARC1; p=reject; psd=n"]}
    found = Internet(records, silent=("_dmarc.example TXT",)).run(lambda notebook: policy_of("a.c.example", notebook))
    assert found is not None
    assert (found.organisation, found.silent) == ("c.example", ())


@pytest.mark.parametrize(("exists", "tag"), [(True, "sp"), (False, "np")])
def test_nonexistent(exists: bool, tag: str) -> None:
    """np is for names that are not there."""
    records = {"_dmarc.c.example TXT": ["v=DMARC1; p=none; np=reject"]} | (
        {"a.c.example A": ["192.0.2.1"]} if exists else {}
    )
    found = Internet(records).run(lambda notebook: policy_of("a.c.example", notebook))
    assert found is not None
    assert (found.tag, found.policy) == (tag, "none" if exists else "reject")


def test_two_records_count_as_none() -> None:
    """A name with two records is walked past."""
    records = {
        "_dmarc.a.c.example TXT": [P.format("none"), P.format("reject")],
        "_dmarc.c.example TXT": [P.format("reject")],
    }
    found = Internet(records).run(lambda notebook: policy_of("a.c.example", notebook))
    assert found is not None
    assert found.at == "c.example"


RECORD = read(
    "v=DMARC1; p=none; rua=mailto:a@v.example,mailto:b@sub.c.example,mailto:c@c.example; ruf=mailto:d@v.example"
)


@pytest.mark.parametrize(
    ("consent", "granted"),
    [([], False), (["v=DMARC1"], True), (["v=DMARC1; rua=mailto:x@v.example"], True), (["x"], False)],
)
def test_external(consent: list[str], granted: bool) -> None:
    """Who takes reports of another organisation must say so, once for each host; names of our own need not."""
    texts = {"c.example._report._dmarc.v.example TXT": consent} if consent else {}
    records = {"_dmarc.c.example TXT": ["v=DMARC1; p=none"]} | texts
    (one,) = Internet(records).run(lambda notebook: external("c.example", RECORD, notebook))
    assert one == ("v.example", "c.example._report._dmarc.v.example", "v=DMARC1", granted)


def test_external_is_asked_in_one_round() -> None:
    """A walk for each host and the consents are asked together, and only so many of them."""
    many = read("v=DMARC1; rua=" + ",".join(f"mailto:a@h{place}.example" for place in range(500)))
    internet = Internet()
    assert len(internet.run(lambda notebook: external("c.example", many, notebook))) == HOSTS
    assert internet.rounds == 1
    assert sum(internet.asked.values()) <= 2 + 2 * HOSTS


def test_consent_that_cannot_be_asked_for() -> None:
    """A name beyond what DNS holds is no consent, and no question."""
    record = read("v=DMARC1; rua=mailto:a@" + ".".join(["h" * 60] * 3) + ".example")
    internet = Internet()
    (one,) = internet.run(lambda notebook: external("d" * 60 + ".example", record, notebook))
    assert one.granted is False
    assert max(len(question.name) for question in internet.asked) <= 253


def test_silence_is_no_refusal() -> None:
    """Where nobody answers, neither the consent nor its absence is known."""
    for silent in ("c.example._report._dmarc.v.example TXT", "_dmarc.v.example TXT"):
        (one,) = Internet(silent=(silent,)).run(lambda notebook: external("c.example", RECORD, notebook))[:1]
        assert one.granted is None


def test_look_at_a_good_domain() -> None:
    """A strict policy with reports that arrive passes."""
    record = "v=DMARC1; p=reject; rua=mailto:a@v.example"
    texts = {"_dmarc.c.example TXT": [record], "c.example._report._dmarc.v.example TXT": ["v=DMARC1"]}
    found = seen("c.example", Internet(texts))
    assert (found.subject, found.verdict, found.summary, found.diagnostics) == ("dmarc", "pass", "p=reject", ())
    assert found.lines[0] == f"_dmarc.c.example: {record}"
    assert found.data["reports"] == [
        {"host": "v.example", "name": "c.example._report._dmarc.v.example", "granted": True}
    ]


def test_look_says_which_record_to_ask_for() -> None:
    """Without the vendor's consent the warning holds its name and value."""
    found = seen("c.example", Internet({"_dmarc.c.example TXT": ["v=DMARC1; p=reject; rua=mailto:a@v.example"]}))
    assert rules(found.diagnostics) == ["warning dmarc/external"]
    assert 'c.example._report._dmarc.v.example TXT "v=DMARC1"' in found.diagnostics[0].remedy


def test_look_without_a_record() -> None:
    """No record warns; one that is inherited does not, and is shown."""
    assert rules(seen("c.example", Internet()).diagnostics) == ["warning dmarc/absent"]
    found = seen("a.c.example", Internet({"_dmarc.c.example TXT": ["v=DMARC1; p=quarantine"]}))
    assert (found.verdict, found.summary) == ("pass", "sp=quarantine, from c.example")


def test_look_at_a_look_alike() -> None:
    """A record that is none is an error, and the domain still has none."""
    found = seen("c.example", Internet({"_dmarc.c.example TXT": [" v=DMARC1; p=none"]}))
    assert rules(found.diagnostics) == ["error dmarc/look-alike", "warning dmarc/absent"]


def test_look_at_monitoring() -> None:
    """p=none is worth a remark; sp in a record that is not the organisation's is not used."""
    assert rules(
        seen("c.example", Internet({"_dmarc.c.example TXT": ["v=DMARC1; p=none; rua=mailto:a@c.example"]})).diagnostics
    ) == ["info dmarc/monitoring"]
    below = {
        "_dmarc.a.c.example TXT": ["v=DMARC1; p=reject; sp=reject"],
        "_dmarc.c.example TXT": ["v=DMARC1; p=reject"],
    }
    assert rules(seen("a.c.example", Internet(below)).diagnostics) == ["warning dmarc/not-used"]


def test_look_where_nobody_answers() -> None:
    """Silence is unknown, never a pass and never absent."""
    for silent in ("*", "_dmarc.c.example TXT", "_dmarc.example TXT"):
        found = seen("c.example", Internet(silent=(silent,)))
        assert (found.verdict, found.diagnostics) == ("unknown", ())


def test_look_where_the_consent_is_silent() -> None:
    """A consent that nobody answers for is unknown, and nothing to ask the vendor for."""
    records = {"_dmarc.c.example TXT": ["v=DMARC1; p=reject; rua=mailto:a@v.example"]}
    found = seen("c.example", Internet(records, silent=("c.example._report._dmarc.v.example TXT",)))
    assert (found.verdict, found.diagnostics) == ("unknown", ())


def test_look_through_an_alias() -> None:
    """A record that a vendor hosts is read through its alias."""
    records = {"_dmarc.c.example CNAME": ["c.v.example."], "c.v.example TXT": ["v=DMARC1; p=reject"]}
    internet = Internet(records)
    found = seen("c.example", internet)
    assert (found.verdict, found.lines[0]) == ("pass", "_dmarc.c.example is an alias of c.v.example")
    assert internet.asked[Question("_dmarc.c.example", "TXT")] == 1
