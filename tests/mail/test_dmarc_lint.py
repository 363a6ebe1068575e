"""What is said of DMARC records."""

import pytest

from reconciler.mail.dmarc import Policy, read
from reconciler.mail.dmarc_lint import lint, losses
from reconciler.model.diagnostic import Origin
from tests.mail.findings import rules

RUA = "rua=mailto:a@b.example"
GOOD = f"v=DMARC1; p=reject; np=reject; adkim=s; aspf=r; psd=n; t=n; fo=1:d:s; {RUA}; ruf=mailto:a@b.example"
CASED = "v=DMARC1; p=REJECT; t=N; fo=D:S:0; ruf=MAILTO:A@B.example"


@pytest.mark.parametrize("text", [GOOD, CASED, "v = DMARC1 ;p = none ; " + RUA])
def test_sound(text: str) -> None:
    """Each tag with a value it may have is worth no word; case matters for names only."""
    assert lint([text], "c.example") == ()


def test_case() -> None:
    """Values count in any case, names in lower case only."""
    assert (read(CASED).policy, read("v=DMARC1; t=Y").testing) == ("reject", True)
    assert (read("v=DMARC1; P=reject").policy, read(f"v=DMARC1; {RUA.upper()}").rua) == ("", ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("p=reject; pct=50", ["warning dmarc/gone-tag"]),
        ("p=reject; rf=afrf; ri=86400", ["warning dmarc/gone-tag"] * 2),
        (RUA, ["warning dmarc/no-policy"]),
        ("sp=reject", ["error dmarc/no-policy"]),
        (f"p=block; {RUA}", ["error dmarc/value"]),
        (f"p=none; sp=off; {RUA}", ["error dmarc/value"]),
        (f"p=none; np=; {RUA}", ["error dmarc/value"]),
        ("p=reject rua=mailto:a@b.example", ["error dmarc/value"]),
        ("p=reject; adkim=x", ["warning dmarc/value"]),
        ("p=reject; t=1", ["warning dmarc/value"]),
        ("p=reject; psd=z", ["warning dmarc/value"]),
        ("p=reject; fo=1", ["warning dmarc/fo"]),
        ("p=reject; fo=0:1; ruf=mailto:a@b.example", ["warning dmarc/value"]),
        ("p=reject; fo=d:d; ruf=mailto:a@b.example", ["warning dmarc/value"]),
        ("p=reject; t=y", ["warning dmarc/testing"]),
        ("p=reject; psd=y", ["warning dmarc/psd"]),
        ("p=none", ["warning dmarc/no-reports"]),
        ("p=reject; sp=none", ["warning dmarc/weaker-below"]),
        ("p=reject; np=quarantine", ["warning dmarc/weaker-below"]),
        ("p=none; sp=reject; np=none; " + RUA, ["warning dmarc/weaker-below"]),
        (f"{RUA}; p=reject", ["warning dmarc/order"]),
        ("p=reject; nonsense", ["warning dmarc/syntax"]),
        ("p=reject; p=none", ["error dmarc/repeated"]),
        ("p=reject; RUA=mailto:a@b.example", ["warning dmarc/unknown-tag"]),
        ("p=reject; rua=a@b.example", ["error dmarc/report-uri"]),
        ("p=reject; rua=", []),
        ("p=reject; rua=mailto:a@b.example,c@d.example", ["warning dmarc/report-uri"]),
        ("p=reject; ruf=https://r.example/", ["warning dmarc/report-scheme"]),
        ("p=reject; rua=mailto:a@b.example!10m", ["warning dmarc/report-size"]),
    ],
)
def test_findings(text: str, found: list[str]) -> None:
    """Each mistake has a rule of its own, and what to do about it."""
    diagnostics = lint([f"v=DMARC1; {text}"], "c.example", Origin("spec.yaml", 3))
    assert rules(diagnostics) == found
    assert all(one.remedy and one.address == "dns/c.example/TXT/_dmarc" for one in diagnostics)
    assert all(one.origin == Origin("spec.yaml", 3) for one in diagnostics)


def test_several_count_as_none() -> None:
    """Two records are one error; other values at the name do not count."""
    assert rules(lint(["v=DMARC1; p=reject", "v=DMARC1;p=reject"], "c.example")) == ["error dmarc/several"]
    assert lint(["v=DMARC1; p=reject", "v=spf1 -all", "token=1"], "c.example") == ()


@pytest.mark.parametrize(
    "text", [" v=DMARC1; p=none", '"v=DMARC1; p=none"', "v=dmarc1; p=none", "V=DMARC1", "v=DMARC2"]
)
def test_look_alike(text: str) -> None:
    """What only looks like a record is told."""
    assert rules(lint([text], "c.example")) == ["error dmarc/look-alike"]


def test_absent() -> None:
    """No record is a warning that says which one to start with."""
    (one,) = lint(["v=spf1 -all"], "c.example")
    assert rules([one]) == ["warning dmarc/absent"]
    assert "v=DMARC1; p=none; rua=mailto:REPORTS@c.example at _dmarc.c.example" in one.remedy


def test_missing_semicolon_is_named() -> None:
    """The commonest slip has a remedy of its own, and so has a forgotten mailto."""
    (slip,) = lint(["v=DMARC1; p=none rua=mailto:a@b.example"], "c.example")
    assert "semicolon" in slip.remedy
    (bare,) = lint(["v=DMARC1; p=reject; rua=a@b.example"], "c.example")
    assert "mailto:" in bare.remedy


def test_losses() -> None:
    """Replacing somebody's record says what gets weaker and who loses reports."""
    before = ["v=DMARC1; p=reject; sp=quarantine; rua=mailto:A@vendor.example,mailto:b@c.example", "other"]
    found = losses(before, Policy("none", reports_to=["b@c.example"]), "c.example")
    assert rules(found) == ["warning dmarc/weaker"] * 3 + ["warning dmarc/reports-end"]
    assert "reject becomes none" in found[0].summary
    assert "vendor.example" in found[-1].summary
    assert "b@c.example" not in found[-1].summary
    assert losses(before, Policy("reject", "reject", ["a@vendor.example", "b@c.example"]), "c.example") == []
    assert losses([], Policy("none"), "c.example") == []


@pytest.mark.parametrize(
    ("text", "applied"),
    [
        ("p=reject", ["reject", "reject", "reject"]),
        ("p=reject; sp=none", ["reject", "none", "none"]),
        ("p=none; np=reject", ["none", "none", "reject"]),
        ("p=quarantine; sp=reject; np=none", ["quarantine", "reject", "none"]),
        ("p=reject; sp=x", ["", "", ""]),
        (f"p=reject; sp=x; {RUA}", ["none", "none", "none"]),
        (RUA, ["none", "none", "none"]),
        ("sp=reject", ["", "", ""]),
    ],
)
def test_applied(text: str, applied: list[str]) -> None:
    """np falls back to sp and sp to p; a record that is not valid means none with reports, and nothing without."""
    record = read(f"v=DMARC1; {text}")
    assert [record.applied(tag) for tag in ("p", "sp", "np")] == applied
