"""Every subject of a domain at once."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import document
from reconciler.mail.health import VERDICTS, body, examine, to_fetch, worst
from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Fetched
from reconciler.model.diagnostic import Diagnostic, Origin, Severity, error, warning
from reconciler.report.views import render
from tests.mail.internet import Internet

DOMAIN = "c.example"
NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
SUBJECTS = ["mx", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "autodiscover"]
POLICY = Fetched(200, "text/plain", "version: STSv1\nmode: enforce\nmx: mail.h.example\nmax_age: 604800\n")
SOUND = {
    f"{DOMAIN} MX": ["10 mail.h.example."],
    "mail.h.example A": ["20.1.1.1"],
    f"{DOMAIN} TXT": ["v=spf1 ip4:20.1.1.1 -all"],
    f"_dmarc.{DOMAIN} TXT": [f"v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}"],
    f"_mta-sts.{DOMAIN} TXT": ["v=STSv1; id=1;"],
    f"_smtp._tls.{DOMAIN} TXT": [f"v=TLSRPTv1; rua=mailto:tls@{DOMAIN}"],
}
#: Every name at which mail looks for a TXT record.
NAMES = [DOMAIN, *(f"{name}.{DOMAIN}" for name in ("_dmarc", "_mta-sts", "_smtp._tls", "s1._domainkey"))]


def examined(net: Internet, fetched: Fetched | None = POLICY) -> dict[str, Look]:
    """All looks by subject."""
    return {
        look.subject: look for look in net.run(lambda one: examine(DOMAIN, one, fetched, ["s1"], Origin("a.yaml", 3)))
    }


def test_every_subject_in_its_order() -> None:
    """Each subject is looked at once, and a domain that is well passes where it has said something."""
    looks = examined(Internet(SOUND))
    assert list(looks) == SUBJECTS
    well = [name for name, look in looks.items() if look.verdict == "pass"]
    assert set(well) >= {"mx", "spf", "dmarc", "mta-sts", "tls-rpt", "autodiscover"}


def test_nothing_waits() -> None:
    """What one look asks is asked in the round of the others: all first questions at once, each one once."""
    first = Notebook({})
    examine(DOMAIN, first, None, ["s1"])
    names = {f"{name} {kind}".replace(DOMAIN, "@") for name, kind in first.open}
    assert names >= {
        "@ MX", "@ TXT", "s1._domainkey.@ TXT", "_dmarc.@ TXT", "_mta-sts.@ TXT", "_smtp._tls.@ TXT",
        "autodiscover.@ CNAME", "_autodiscover._tcp.@ SRV", "msoid.@ CNAME",
    }  # fmt: skip
    net = Internet(SOUND)
    examined(net)
    assert set(net.asked.values()) == {1}
    assert net.rounds <= 4


def test_nobody_answers() -> None:
    """Without a single answer everything is unknown, and nothing is blamed."""
    looks = examined(Internet(SOUND, ("*",)), None)
    assert {look.verdict for look in looks.values()} == {"unknown"}
    assert not [one for look in looks.values() for one in look.diagnostics]


def test_the_policy_to_fetch() -> None:
    """The policy's address is named where a record stands, and nowhere else."""
    assert Internet(SOUND).run(lambda one: to_fetch(DOMAIN, one)) == f"https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt"
    assert Internet().run(lambda one: to_fetch(DOMAIN, one)) == ""
    assert to_fetch(DOMAIN, Notebook({})) == ""
    assert examined(Internet(SOUND), None)["mta-sts"].verdict == "unknown"


def test_findings_name_the_spec() -> None:
    """Each finding of a domain in a spec stands under the line that names it, and at an address of the domain."""
    looks = examined(
        Internet({f"{DOMAIN} TXT": ["v=spf1 +all", "v=spf1 mx"], f"_dmarc.{DOMAIN} TXT": ["v=DMARC1; p=x"]})
    )
    told = [one for look in looks.values() for one in look.diagnostics]
    assert len({one.rule.partition("/")[0] for one in told}) > 2
    for one in told:
        assert one.origin == Origin("a.yaml", 3), one
        assert one.address.startswith(f"dns/{DOMAIN}/"), one


@given(st.binary(max_size=60), st.sampled_from(NAMES))
def test_any_bytes_at_any_mail_name(octets: bytes, name: str) -> None:
    """Whatever stands in a TXT value, there is a verdict, a document, and a view of it in every form."""
    text = octets.decode("utf-8", "surrogateescape")
    looks = list(examined(Internet(SOUND | {f"{name} TXT": [text]})).values())
    paper = document.check("", NOW, asked=["192.0.2.53"], questions=9, domains=[body(DOMAIN, looks)])
    assert json.loads(json.dumps(paper)) == paper
    for form in ("text", "markdown", "html", "json"):
        render(paper, form).encode("utf-8")


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([], "unknown"),
        ([Look("mx", "a")], "pass"),
        ([Look("mx", "a"), Look("spf", "b", diagnostics=(warning("x", "y"),))], "warn"),
        ([Look("mx", "a", unanswered=True), Look("spf", "b", diagnostics=(warning("x", "y"),))], "unknown"),
        ([Look("mx", "a", unanswered=True), Look("spf", "b", diagnostics=(error("x", "y"),))], "fail"),
    ],
)
def test_the_worst_counts(looks: list[Look], expected: str) -> None:
    """A domain is as well as its worst subject; what is unknown is worse than a warning."""
    made = body(DOMAIN, looks)
    assert made["verdict"] == expected
    assert sum(made["counts"].values()) == len(looks)
    assert list(made["counts"]) == list(VERDICTS)


@pytest.mark.parametrize(
    ("verdicts", "severities", "expected"),
    [
        (["pass"], [], "pass"),
        (["pass"], [Severity.INFO], "pass"),
        (["pass"], [Severity.WARNING], "warn"),
        (["pass", "warn"], [Severity.ERROR], "fail"),
        (["unknown", "warn"], [], "unknown"),
        ([], [], "unknown"),
    ],
)
def test_the_whole_document(verdicts: list[str], severities: list[Severity], expected: str) -> None:
    """The outcome is the worst of all domains and of what stopped the check; the digest leaves out when."""
    papers = [
        document.check(
            "",
            NOW.replace(hour=hour),
            asked=["192.0.2.53"],
            questions=1,
            domains=[{"domain": DOMAIN, "verdict": one, "sections": [], "counts": {}} for one in verdicts],
            diagnostics=[Diagnostic(one, "x", "y") for one in severities],
        )
        for hour in (1, 2)
    ]
    assert papers[0]["outcome"] == expected
    assert papers[0]["digest"] == papers[1]["digest"]
    assert papers[0]["created"] != papers[1]["created"]


def test_worst() -> None:
    """Each verdict is worse than those after it."""
    for place, one in enumerate(VERDICTS):
        assert worst(reversed(VERDICTS[place:])) == one
