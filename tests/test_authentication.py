"""DKIM, DMARC, MTA-STS and TLS-RPT of the spec in a plan."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.mail_place import MICROSOFT, World, plan, session, told, zone

TENANT = "tenant: acme.onmicrosoft.com\n"
OLD = "selector1-acme-example._domainkey.acme.onmicrosoft.com"
NEW = "selector2-acme-example._domainkey.acme.n-v1.dkim.mail.microsoft"


def domain(text: str) -> str:
    """A spec of one domain."""
    return f"{TENANT}domains:\n  acme.example:\n    {text}\n"


def after(made: Any) -> dict[str, Any]:
    """What each step writes."""
    return {step["address"].removeprefix("dns/acme.example/"): step["after"] for step in made.document["steps"]}


@pytest.mark.parametrize("selector", [("selector1", OLD), ("selector2", NEW)])
def test_both_forms_of_a_target_are_taken_as_given(tmp_path: Path, selector: tuple[str, str]) -> None:
    """What the tenant named is written as it is."""
    name, target = selector
    made = plan(tmp_path, domain(f"dkim: [{{selector: {name}, target: {target}}}]"), {"acme.example": zone()})
    assert after(made) == {f"CNAME/{name}._domainkey": [f"{target}."]}
    assert not made.plan.errored


def test_a_target_of_another_domain_is_an_error(tmp_path: Path) -> None:
    """A copied line signs for somebody else."""
    wrong = OLD.replace("acme-example", "other-example")
    made = plan(tmp_path, domain(f"dkim: [{{selector: selector1, target: {wrong}}}]"), {"acme.example": zone()})
    assert made.plan.errored


def test_what_exchange_printed_is_read(tmp_path: Path) -> None:
    """One file gives both targets."""
    printed = {"Domain": "acme.example", "Selector1CNAME": OLD, "Selector2CNAME": OLD.replace("selector1", "selector2")}
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "dkim.json").write_text(json.dumps({**printed, "Enabled": True, "Status": "Valid"}))
    made = plan(tmp_path, domain("mail: microsoft365\n    dkim: dkim.json"), {"acme.example": zone()}, World(MICROSOFT))
    assert after(made)["CNAME/selector1._domainkey"] == [f"{OLD}."]
    assert after(made)["CNAME/selector2._domainkey"] == [printed["Selector2CNAME"] + "."]


def test_targets_that_are_not_given_are_waited_for(tmp_path: Path) -> None:
    """Never derived: unknown, with what a person must do."""
    made = plan(
        tmp_path, domain("mail: microsoft365\n    dkim: microsoft365"), {"acme.example": zone()}, World(MICROSOFT)
    )
    steps = {step["address"]: step for step in made.document["steps"] if "_domainkey" in step["address"]}
    assert len(steps) == 2
    assert all(step["after"] is None and step["unknown"]["source"].endswith("._domainkey") for step in steps.values())
    assert [one["severity"] for one in told(made, "dkim/not-given")] == ["info", "info"]
    assert "Get-DkimSigningConfig" in told(made, "dkim/not-given")[0]["remedy"]


def test_a_key_of_ones_own(tmp_path: Path) -> None:
    """A text of any length is one value; other selectors stay."""
    key = "v=DKIM1; k=rsa; p=" + "A" * 392
    records = zone('old._domainkey TXT "v=DKIM1; p=old"')
    made = plan(tmp_path, domain(f"dkim: [{{selector: mail2026, key: '{key}'}}]"), {"acme.example": records})
    assert after(made) == {"TXT/mail2026._domainkey#dkim": key}


def test_dmarc_with_every_tag(tmp_path: Path) -> None:
    """RFC 9989's tags too."""
    policies = "policy: quarantine, subdomain_policy: none, nonexistent_policy: reject"
    spec = domain(f"dmarc: {{{policies}, testing: true, reports_to: d@acme.example}}")
    made = plan(tmp_path, spec, {"acme.example": zone()})
    text = after(made)["TXT/_dmarc#dmarc"]
    assert text == "v=DMARC1; p=quarantine; sp=none; np=reject; t=y; rua=mailto:d@acme.example"


def test_who_gets_reports_says_so(tmp_path: Path) -> None:
    """In a zone of ours the consent is planned; elsewhere it is told, by what DNS says."""
    spec = domain("dmarc: {policy: none, reports_to: [d@msp.example, d@far.example]}") + "  msp.example: {}\n"
    zones = {"acme.example": zone(), "msp.example": zone()}
    made = plan(tmp_path, spec, zones, World({}))
    consent = "dns/msp.example/TXT/acme.example._report._dmarc"
    assert [step["after"] for step in made.document["steps"] if step["address"].startswith(consent)] == ["v=DMARC1"]
    (one,) = told(made, "dmarc/external")
    assert (one["severity"], "acme.example._report._dmarc.far.example" in one["remedy"]) == ("warning", True)
    granted = World({("acme.example._report._dmarc.far.example", "TXT"): ["v=DMARC1"]})
    assert not told(plan(tmp_path / "b", spec, zones, granted), "dmarc/external")
    unseen = told(plan(tmp_path / "c", spec, zones), "dmarc/external")
    assert [one["severity"] for one in unseen] == ["info"]


def test_tls_reports(tmp_path: Path) -> None:
    """One record."""
    made = plan(tmp_path, domain("tls_rpt: {reports_to: [t@acme.example, u@acme.example]}"), {"acme.example": zone()})
    text = "v=TLSRPTv1; rua=mailto:t@acme.example,mailto:u@acme.example"
    assert after(made) == {"TXT/_smtp._tls#tls-rpt": text}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("dkim: [{selector: a b, key: 'v=DKIM1; p=x'}]", "spec/dkim"),
        ("dkim: [{selector: a, key: 'v=DKIM1; p=x', target: a.example}]", "spec/dkim"),
        ("dkim: [a]", "spec/dkim"),
        ("dkim: [{selector: a, target: a.example}, {selector: A, target: b.example}]", "spec/twice"),
        ("dkim: missing.json", "spec/file"),
        ("mta_sts: {mode: enforce, mx: []}", "spec/mta-sts"),
        ("mta_sts: {mode: enforce, mx: ['a.*.example']}", "spec/mta-sts"),
        ("mta_sts: {mode: enforce, mx: [a.example], max_age: 60w}", "spec/mta-sts"),
        ("spf: {probes: [{name: x, address: 192.0.2.0/24}]}", "spec/address"),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, text: str, rule: str) -> None:
    """Each with its rule, none as a traceback."""
    failed = session(tmp_path, domain(text), {"acme.example": zone()}).loaded.failed
    assert rule in {one.rule for one in failed["acme"]}


def test_a_permission_is_made_under_the_settings_of_its_zone(tmp_path: Path) -> None:
    """Another domain of the customer that is only observed is not written to."""
    spec = domain("dmarc: {policy: none, reports_to: d@b.example}") + "  b.example: {manage: observe, protect: true}\n"
    made = plan(tmp_path, spec, {"acme.example": zone(), "b.example": zone()}, World({}))
    assert not any(step["address"].startswith("dns/b.example/") for step in made.document["steps"])


@pytest.mark.parametrize(
    "record", ['*._report._dmarc TXT "v=DMARC1"', 'acme.example._report._dmarc TXT "v=DMARC1; rua=mailto:x@b.example"']
)
def test_a_permission_that_stands_is_not_made_again(tmp_path: Path, record: str) -> None:
    """A wildcard, or one with more to say, grants it already."""
    spec = domain("dmarc: {policy: none, reports_to: d@b.example}") + "  b.example: {}\n"
    made = plan(tmp_path, spec, {"acme.example": zone(), "b.example": zone(record)}, World({}))
    assert not any(step["address"].startswith("dns/b.example/") for step in made.document["steps"])


def test_ones_own_subdomain_needs_no_permission(tmp_path: Path) -> None:
    """It belongs to the organisation whose record is only just being made."""
    made = plan(
        tmp_path, domain("dmarc: {policy: none, reports_to: d@sub.acme.example}"), {"acme.example": zone()}, World({})
    )
    assert list(after(made)) == ["TXT/_dmarc#dmarc"]


def test_the_policy_that_must_be_shown_is_printed(tmp_path: Path) -> None:
    """Who keeps the web server copies it from the plan."""
    spec = domain("mta_sts: {mode: enforce, mx: [mx.acme.example], max_age: 1d}")
    (one,) = told(plan(tmp_path, spec, {"acme.example": zone()}), "mta-sts/policy")
    assert "version: STSv1 | mode: enforce | mx: mx.acme.example | max_age: 86400" in one["summary"]


def test_dkim_of_the_tenant_needs_no_mail_there(tmp_path: Path) -> None:
    """Signing can be set up before mail moves."""
    made = plan(tmp_path, domain("dkim: microsoft365"), {"acme.example": zone()})
    assert len(told(made, "dkim/not-given")) == 2


def test_what_windows_powershell_saved_is_read(tmp_path: Path) -> None:
    """It writes UTF-16 with a byte order mark."""
    printed = {"Domain": "acme.example", "Selector1CNAME": OLD, "Selector2CNAME": OLD.replace("selector1", "selector2")}
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "dkim.json").write_bytes(json.dumps({**printed, "Enabled": True}).encode("utf-16"))
    made = plan(tmp_path, domain("mail: microsoft365\n    dkim: dkim.json"), {"acme.example": zone()}, World(MICROSOFT))
    assert after(made)["CNAME/selector1._domainkey"] == [f"{OLD}."]


def test_a_permission_of_ours_stays_wanted(tmp_path: Path) -> None:
    """What we would write and is there already is ours to keep, so that the next plan does not take it away."""
    spec = domain("dmarc: {policy: none, reports_to: d@b.example}") + "  b.example: {}\n"
    records = zone('acme.example._report._dmarc TXT "v=DMARC1"')
    made = plan(tmp_path, spec, {"acme.example": zone(), "b.example": records}, World({}))
    assert any(one.startswith("dns/b.example/TXT/acme.example._report") for one in made.document["adopt"]["addresses"])
