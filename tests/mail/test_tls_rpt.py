"""TLS-RPT: the record and what is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.look import Look
from reconciler.mail.tls_rpt import lint, look, read, text, tls_rpt
from reconciler.mail.txt import txt_part
from reconciler.mail.wants import MailDomain
from tests.mail.findings import rules
from tests.mail.internet import Internet

addresses = st.from_regex(r"\A[a-z!,;%+=/]{1,8}@[a-z]{1,8}\.example\Z")
places = st.from_regex(r"\Ahttps://[a-z]{1,8}\.example/[a-z0-9=?/]{0,8}\Z")


@given(st.lists(addresses | places, min_size=1, max_size=4))
def test_read_what_was_written(targets: list[str]) -> None:
    """What is asked for is what stands there, in the slot that the class shows again."""
    record = text(targets)
    assert read(record).reports_to == tuple(targets)
    assert lint([record], "c.example") == ()
    assert txt_part("_smtp._tls", record) == "tls-rpt"


def test_wish() -> None:
    """One slot in prepare."""
    ((stage, slot, want),) = tls_rpt(MailDomain("c.example"), ["a@b.example"])
    assert (stage, slot.address) == ("prepare", "dns/c.example/TXT/_smtp._tls#tls-rpt")
    assert want.value == "v=TLSRPTv1; rua=mailto:a@b.example"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["v=TLSRPTv1;rua=mailto:a@b.example"], []),
        (["v=TLSRPTv1; rua=mailto:a@b.example; x=1;"], []),
        (["v=TLSRPTv1; rua=mailto:a@b.example; rua=https://r.example/"], []),
        ([], ["info tls-rpt/absent"]),
        (["other"], ["info tls-rpt/absent"]),
        (["v=TLSRPTv1; rua=mailto:a@b.example"] * 2, ["error tls-rpt/several"]),
        (["v=TLSRPTv1"], ["error tls-rpt/no-rua"]),
        (["v=TLSRPTv1; rua=a@b.example"], ["error tls-rpt/no-rua"]),
        (["v=TLSRPTv1; rua=ftp://b.example/"], ["error tls-rpt/no-rua"]),
        (["v=TLSRPTv1; rua=mailto:a@b.example,http://b.example/"], ["warning tls-rpt/report-uri"]),
        (["v=TLSRPTv1; rua =mailto:a@b.example"], ["error tls-rpt/syntax", "error tls-rpt/no-rua"]),
        (["v=TLSRPT1; rua=mailto:a@b.example"], ["error tls-rpt/look-alike"]),
        (["v = TLSRPTv1; rua=mailto:a@b.example"], ["info tls-rpt/absent"]),
    ],
)
def test_findings(values: list[str], found: list[str]) -> None:
    """Each mistake has a rule of its own."""
    assert rules(lint(values, "c.example")) == found


def seen(internet: Internet) -> Look:
    """The look once all is answered."""
    return internet.run(lambda notebook: look("c.example", notebook))


def test_look() -> None:
    """One question; a record passes, none passes too, silence is unknown."""
    internet = Internet({"_smtp._tls.c.example TXT": ["v=TLSRPTv1; rua=mailto:a@b.example"]})
    found = seen(internet)
    assert (found.verdict, found.summary, found.data) == (
        "pass",
        "reports to a@b.example",
        {"reports_to": ["a@b.example"], "records": 1},
    )
    assert sum(internet.asked.values()) == 1
    assert (seen(Internet()).verdict, seen(Internet()).summary) == ("pass", "no TLS-RPT record")
    assert seen(Internet(silent=("*",))).verdict == "unknown"
