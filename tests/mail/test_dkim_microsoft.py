"""Microsoft 365's DKIM targets as they are given."""

import json
from typing import Any

import pytest

from reconciler.mail.dkim_microsoft import microsoft_target, signing_config
from tests.mail.findings import rules

OLD = "selector1-{}._domainkey.contoso.onmicrosoft.com"
NEW = "selector1-{}._domainkey.contoso.n-v1.dkim.mail.microsoft"


@pytest.mark.parametrize("form", [OLD, NEW, OLD + ".", NEW.replace("contoso", "ConToso")])
@pytest.mark.parametrize(
    ("domain", "dashed"),
    [
        ("contoso.com", "contoso-com"),
        ("mail.contoso.co.uk", "mail-contoso-co-uk"),
        ("con-toso.com", "con-toso-com"),
        ("con-toso.com", "contoso-com01be2e"),
        ("contoso.com", "contoso-com03i"),
        (f"{'a' * 30}.{'b' * 20}.example", f"{'a' * 30}-{'b' * 13}0c1"),
    ],
)
def test_both_forms(form: str, domain: str, dashed: str) -> None:
    """Either form is taken as given, with what Microsoft does to the domain's name."""
    assert microsoft_target("selector1", domain, form.format(dashed)) == []


@pytest.mark.parametrize(
    ("selector", "target", "rule"),
    [
        ("selector2", NEW.format("contoso-com"), "selector"),
        ("selector1", NEW.format("fabrikam-com"), "domain"),
        ("selector1", OLD.format("contoso-co"), "domain"),
        ("selector1", OLD.format("contoso-company"), "domain"),
        ("selector1", OLD.format("contoso.com"), "form"),
        ("selector1", NEW.format("contoso-com") + ".contoso.com", "relative"),
        ("selector1", OLD.format("contoso-com") + ".n-v1.dkim.mail.microsoft", "form"),
        ("selector1", NEW.format("contoso-com") + ".com", "form"),
        ("selector1", NEW.format("contoso-com").replace("._domainkey", ""), "form"),
        ("selector1", NEW.format("contoso-com").replace(".n-v1", ""), "form"),
        ("selector1", NEW.format("contoso-com").replace("n-v1", "n-v2"), "form"),
        ("selector1", NEW.format("contoso-com").replace("n-v1", "n-v1.x"), "form"),
        ("selector1", "selector3-contoso-com._domainkey.contoso.onmicrosoft.com", "form"),
        ("selector1", "s1.domainkey.u1.wl1.sendgrid.net", "form"),
        ("selector1", "", "form"),
    ],
)
def test_anything_else(selector: str, target: str, rule: str) -> None:
    """Another selector, another domain and every other form is an error with a way out."""
    (one,) = microsoft_target(selector, "contoso.com", target)
    assert rules([one]) == [f"error dkim/microsoft-{rule}"]
    assert one.remedy
    assert one.address == f"dns/contoso.com/CNAME/{selector}._domainkey"


@pytest.mark.parametrize("end", ["onmicrosoft.us", "partner.onmschina.cn"])
def test_other_clouds(end: str) -> None:
    """What ends as the tenants of another cloud do is taken."""
    assert microsoft_target("selector1", "contoso.com", f"selector1-contoso-com._domainkey.contoso.{end}") == []


ROW: dict[str, Any] = {
    "Domain": "contoso.com",
    "Name": "contoso.com",
    "Enabled": True,
    "Status": "Valid",
    "Selector1CNAME": NEW.format("contoso-com"),
    "Selector2CNAME": NEW.format("contoso-com").replace("selector1", "selector2") + ".",
    "Selector1KeySize": 2048,
}
OTHER = ROW | {"Domain": "fabrikam.com", "Name": "fabrikam.com"}
TARGETS = {"selector1": ROW["Selector1CNAME"], "selector2": ROW["Selector2CNAME"].removesuffix(".")}


@pytest.mark.parametrize(
    "value", [ROW, [ROW], [OTHER, ROW], {"value": [OTHER, ROW]}, {**ROW, "Domain": "Contoso.COM."}]
)
def test_signing_config(value: object) -> None:
    """One object or a list, as PowerShell prints it, with or without a mark at its start."""
    assert signing_config(json.dumps(value), "contoso.com") == (TARGETS, [])
    assert signing_config("\ufeff" + json.dumps(value), "contoso.com") == (TARGETS, [])


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, "null", "3", "[]", "[[]]", json.dumps(OTHER), json.dumps([ROW, ROW]), '{"a":1,"a":2}'],
)
def test_not_a_signing_config(text: str) -> None:
    """Anything else is one error that says how to get it."""
    targets, found = signing_config(text, "contoso.com")
    assert (targets, rules(found)) == ({}, ["error dkim/signing-config"])
    assert "ConvertTo-Json" in found[0].remedy


def test_what_is_not_ready_yet() -> None:
    """A missing target and signing that is off are told, with the command; a wrong target is kept as given."""
    row = ROW | {"Enabled": False, "Status": "CnameMissing", "Selector2CNAME": None, "Selector1CNAME": "x.example"}
    targets, found = signing_config(json.dumps(row), "contoso.com")
    assert targets == {"selector1": "x.example"}
    assert rules(found) == ["error dkim/microsoft-form", "warning dkim/no-target", "warning dkim/not-signing"]
    assert "CnameMissing" in found[2].summary
    assert "Set-DkimSigningConfig -Identity contoso.com -Enabled $true" in found[2].remedy


def test_odd_values_are_no_traceback() -> None:
    """Fields of other types than expected are as good as missing."""
    row = ROW | {
        "Selector1CNAME": {"a": 1},
        "Selector2CNAME": 7,
        "Status": 3,
        "Enabled": "yes",
        "Name": ["contoso.com"],
    }
    targets, found = signing_config(json.dumps(row), "contoso.com")
    assert targets == {}
    assert rules(found) == ["warning dkim/no-target"] * 2 + ["warning dkim/not-signing"]
