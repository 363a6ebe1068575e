"""What a spec has a word for is said with it, where it reads back as the same; everything else stays a plain record."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.tenantfile import TenantFileProvider
from reconciler.mail import mta_sts
from reconciler.model.key import Key
from reconciler.model.resource import TenantDomain
from reconciler.provider import Scope
from tests.transcript.imported import TENANT, Shop, assert_still, lost
from tests.transcript.zones import KEY, ZONE, plain

Row = tuple[str, str, str]
SPF = "v=spf1 include:spf.protection.outlook.com include:servers.mcsv.net ip4:198.51.100.7 -all"
MAILCHIMP: list[Row] = [
    ("k2._domainkey", "CNAME", "dkim2.mcsv.net."),
    ("k3._domainkey", "CNAME", "dkim3.mcsv.net."),
]
DOMAINS = [{"name": TENANT, "initial": True}, {"name": ZONE, "verified": True, "default": True}]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A folder with a workspace."""
    return Shop(tmp_path)


def imported(shop: Shop, *records: Row, **more: object) -> list[str]:
    """Lines of the domain's entry, after an import whose first plan does nothing and that loses nothing."""
    sets = plain(records)
    paper = shop.zone(sets).imported(**more)
    made = shop.planned()
    assert_still(made)
    assert lost(sets, made, paper["domains"][0]["unmanaged"]) == []
    return shop.wanted[1:]


def named(shop: Shop) -> list[Row]:
    """Everything that the tenant names for the domain, its verification text first."""
    provider = TenantFileProvider("t", {"directory": "tenants"}, shop.specs)
    found = provider.observe(Scope("tenant", TENANT)).resources[Key("tenant", TENANT, "domain", ZONE)]
    assert isinstance(found, TenantDomain)
    return [("@", "TXT", found.verification), *((one.name, one.type, one.value) for one in found.records)]


def served(shop: Shop, spf: str = SPF, without: tuple[str, str] = ("", "")) -> list[Row]:
    """A zone with everything that Microsoft 365 asks for, but one."""
    rows = [one for one in named(shop.tenant(domains=DOMAINS)) if not one[2].startswith("v=spf1")]
    return [*(one for one in rows if one[:2] != without), ("@", "TXT", spf)]


def test_the_service_of_the_tenant(shop: Shop) -> None:
    """MX, autodiscover, verification and SPF are the service's, with Teams and devices where all of theirs is there."""
    lines = imported(shop, *served(shop), tenant=TENANT)
    assert lines == [
        "mail: microsoft365",
        "teams: true",
        "devices: true",
        "default: true",
        "ttl: 300",
        "senders:",
        '- {name: "servers.mcsv.net", include: "servers.mcsv.net"}  # Mailchimp',
        '- {name: "198.51.100.7", address: "198.51.100.7"}',
        "spf: {all: fail}",
    ]
    assert shop.text.count("# not managed") == 1, "the zone's own NS alone"


@pytest.mark.parametrize(
    ("without", "spf"),
    [
        (("@", "MX"), SPF),
        (("autodiscover", "CNAME"), SPF),
        (("@", "TXT"), SPF),
        (("", ""), "v=spf1 include:servers.mcsv.net include:spf.protection.outlook.com -all"),
        (("", ""), "v=spf1 include:spf.protection.outlook.com mx -all"),
        (("", ""), "v=spf1 -all"),
    ],
)
def test_the_service_is_named_only_when_all_of_it_is_there(shop: Shop, without: tuple[str, str], spf: str) -> None:
    """One record less, another order or another term: then they are plain records."""
    lines = imported(shop, *served(shop, spf, without), tenant=TENANT)
    assert "mail: microsoft365" not in lines
    assert not [line for line in lines if line.startswith(("teams", "devices"))]
    assert "default: true" in lines


def test_teams_alone(shop: Shop) -> None:
    """An option of the service is named by itself."""
    lines = imported(shop, *served(shop, without=("enterpriseenrollment", "CNAME")), tenant=TENANT)
    assert "teams: true" in lines
    assert "devices: true" not in lines
    assert [line for line in lines if "enterpriseregistration" in line]


def test_what_stands_in_the_way_of_the_service(shop: Shop) -> None:
    """`msoid` beside the service is an error in a plan: the service is not named then."""
    lines = imported(shop, *served(shop), ("msoid", "CNAME", "x.example."), tenant=TENANT)
    assert "mail: microsoft365" not in lines


def test_an_unverified_domain(shop: Shop) -> None:
    """A tenant that has not verified the domain names nothing."""
    shop.tenant(domains=[{"name": TENANT, "initial": True}, {"name": ZONE}])
    assert imported(shop, ("@", "MX", "10 mx.example."), tenant=TENANT)[0] == "records:"


@pytest.mark.parametrize("keys", [MAILCHIMP, []])
def test_senders_by_name(shop: Shop, keys: list[Row]) -> None:
    """A service of the catalogue is called by its name where all that it asks for is there; its keys are its own."""
    lines = imported(shop, ("@", "TXT", "v=spf1 include:servers.mcsv.net include:mailgun.org ~all"), *keys)
    by_name = '- {name: mailchimp, include: "servers.mcsv.net"}'
    by_host = '- {name: "servers.mcsv.net", include: "servers.mcsv.net"}  # Mailchimp'
    assert lines == ["ttl: 300", "senders:", by_name if keys else by_host, "- mailgun", "spf: {all: softfail}"]


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1  include:a.example -all",
        "v=spf1 include:A.example -all",
        "v=spf1 +include:a.example -all",
        "v=spf1 ?include:a.example -all",
        "v=spf1 include:a.example -all include:b.example",
        "v=spf1 include:a.example include:a.example -all",
        "v=spf1 mx -all",
        "v=spf1 include:a.example +all",
        "v=spf1 include:a.example redirect=b.example",
        "V=SPF1 include:a.example -all",
        "v=spf1 ip4:192.0.2.1/24 -all",
        "v=spf1 include:%{d}.a.example -all",
        "v=spf1 ip4:0.0.0.0/0 -all",
    ],
)
def test_an_spf_record_in_other_words_is_a_record(shop: Shop, text: str) -> None:
    """What senders would not compose again to the letter stands there as it is."""
    lines = imported(shop, ("@", "TXT", text))
    assert lines == ["records:", f'- {{name: "@", type: TXT, ttl: 300, values: ["{text}"]}}']


@pytest.mark.parametrize("text", ["v=spf1", "v=spf1 include:a.example"])
def test_an_spf_record_without_an_end(shop: Shop, text: str) -> None:
    """Nothing in a spec leaves the end open: it is named, and left."""
    paper = shop.zone(plain([("@", "TXT", text)])).imported()
    assert_still(shop.planned())
    assert {"name": f'TXT @ "{text}"', "reason": "its end says nothing, and a spec would write one"} in (
        paper["domains"][0]["unmanaged"]
    )


def test_two_spf_records(shop: Shop) -> None:
    """A plan would make one of them: both are named, and what stands beside them is kept."""
    paper = shop.zone(plain([("@", "TXT", one) for one in ("v=spf1 -all", "v=spf1 mx ~all", "vendor=1")])).imported()
    assert_still(shop.planned())
    assert shop.wanted[1:] == ["records:", '- {name: "@", type: TXT, ttl: 300, values: ["vendor=1"]}']
    why = "several SPF records stand side by side, and none of them counts"
    assert paper["domains"][0]["unmanaged"][1:] == [
        {"name": f'TXT @ "{text}"', "reason": why} for text in ("v=spf1 -all", "v=spf1 mx ~all")
    ]


def test_authentication(shop: Shop) -> None:
    """DKIM, DMARC, MTA-STS and TLS-RPT have words of their own."""
    policy = mta_sts.policy_text("enforce", ["mx.shop.example"], 604_800)
    dmarc = "v=DMARC1; p=reject; sp=none; np=none; t=y; rua=mailto:a@shop.example; ruf=mailto:b@shop.example"
    lines = imported(
        shop,
        ("@", "MX", "10 mx.shop.example."),
        ("s1._domainkey", "TXT", KEY),
        ("s2._domainkey", "CNAME", "s2.mail.example."),
        ("_dmarc", "TXT", dmarc),
        ("_mta-sts", "TXT", mta_sts.text(mta_sts.policy_id(policy))),
        ("_smtp._tls", "TXT", "v=TLSRPTv1; rua=mailto:t@shop.example"),
    )
    policies = "policy: reject, subdomain_policy: none, nonexistent_policy: none, testing: true"
    reports = 'reports_to: "a@shop.example", failure_reports_to: "b@shop.example"'
    assert lines == [
        "dkim:",
        f'- {{selector: "s1", key: "{KEY}", ttl: 300}}',
        '- {selector: "s2", target: "s2.mail.example", ttl: 300}',
        f"dmarc: {{{policies}, {reports}, ttl: 300}}",
        'mta_sts: {mode: enforce, mx: "mx.shop.example", ttl: 300}',
        'tls_rpt: {reports_to: "t@shop.example", ttl: 300}',
        "records:",
        '- {name: "@", type: MX, ttl: 300, values: ["10 mx.shop.example."]}',
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_dmarc", "v=DMARC1;p=none"),
        ("_dmarc", "v=DMARC1; p=none; pct=50"),
        ("_dmarc", "v=DMARC1; p=none; rua=mailto:A@shop.example"),
        ("_dmarc", "v=DMARC1; p=none; rua=mailto:a@shop.example!10m"),
        ("_mta-sts", "v=STSv1; id=20261121;"),
        ("_smtp._tls", "v=TLSRPTv1;rua=mailto:t@shop.example"),
        ("_smtp._tls", "v=TLSRPTv1; rua=https://reports.example/tls"),
        ("-x-._domainkey", KEY),
    ],
)
def test_what_would_read_otherwise_is_a_record(shop: Shop, name: str, text: str) -> None:
    """To the letter, or not at all."""
    lines = imported(shop, (name, "TXT", text))
    assert lines == ["records:", f'- {{name: "{name}", type: TXT, ttl: 300, values: ["{text}"]}}']


def test_reports_that_another_zone_must_allow(shop: Shop) -> None:
    """`dmarc` would ask the other domain of the spec for its consent: the record stays plain."""
    other = "shop.test"
    sets = plain([("_dmarc", "TXT", f"v=DMARC1; p=none; rua=mailto:d@{other}")])
    shop.zone(sets).zone(plain([("www", "A", "192.0.2.1")], zone=other), other)
    shop.imported(ZONE, other)
    assert_still(shop.planned())
    assert "dmarc:" not in shop.text


def test_tokens_are_told_by_name(shop: Shop) -> None:
    """Whose a verification text is stands above it, and in the report."""
    rows: list[Row] = [("@", "TXT", one) for one in ("facebook-domain-verification=1", "MS=ms1", "mine=1")]
    paper = shop.zone(plain(rows)).imported()
    assert '# Facebook: "facebook-domain-verification=1"\n' in shop.text
    assert '# Microsoft 365: "MS=ms1"\n' in shop.text
    assert paper["domains"][0]["services"] == [
        {"name": "Facebook", "records": ["TXT @"]},
        {"name": "Microsoft 365", "records": ["TXT @"]},
    ]


def test_only_mail(shop: Shop) -> None:
    """What mail needs, the hosts of MX too; the rest is named."""
    rows: list[Row] = [
        ("@", "MX", "10 mx.shop.example."), ("@", "A", "192.0.2.1"), ("@", "TXT", "mine=1"),
        ("@", "TXT", "v=spf1 -all"), ("@", "TXT", "google-site-verification=1"), ("mx", "A", "192.0.2.2"),
        ("mx", "TXT", "x"), ("www", "A", "192.0.2.3"), ("autodiscover", "CNAME", "autodiscover.outlook.com."),
        ("sip", "CNAME", "sipdir.online.lync.com."), ("_sip._tls", "SRV", "100 1 443 sipdir.online.lync.com."),
        ("_dmarc", "TXT", "v=DMARC1; p=none"), ("lists", "MX", "10 mx.other.example."), ("_x._tcp", "SRV", "0 0 0 ."),
    ]  # fmt: skip
    paper = shop.zone(plain(rows)).imported(only_mail=True)
    made = shop.planned()
    assert_still(made)
    assert lost(plain(rows), made, paper["domains"][0]["unmanaged"]) == []
    assert [one["name"] for one in paper["domains"][0]["unmanaged"]] == [
        "A @", "NS @", 'TXT @ "mine=1"', "SRV _x._tcp", 'TXT mx "x"', "A www",
    ]  # fmt: skip
    assert all(f"#   {name}\n" in shop.text for name in ("A @", "A www", 'TXT mx "x"'))


def test_the_host_of_a_zone_that_mx_leads_back_to(shop: Shop) -> None:
    """An MX that names the domain itself makes its address mail's."""
    rows: list[Row] = [("@", "MX", "10 shop.example."), ("@", "A", "192.0.2.1"), ("@", "CAA", '0 issue "ca.example"')]
    paper = shop.zone(plain(rows)).imported(only_mail=True)
    assert [one["name"] for one in paper["domains"][0]["unmanaged"]] == ["CAA @", "NS @"]


def test_texts_that_no_spec_can_hold(shop: Shop) -> None:
    """Each is named on one line, with the reason that they share; the ones beside them stay."""
    rows: list[Row] = [("@", "TXT", one) for one in ("a\nb", "\x7f", "\u202e", "\udcff", '"quoted"', "mine=1")]
    paper = shop.zone(plain(rows)).imported()
    assert_still(shop.planned())
    assert shop.wanted[1:] == ["records:", '- {name: "@", type: TXT, ttl: 300, values: ["mine=1"]}']
    reasons = {one["name"]: one["reason"] for one in paper["domains"][0]["unmanaged"]}
    control = "it holds a control character or a line end"
    assert reasons['TXT @ "a\\010b"'] == reasons['TXT @ "\\127"'] == reasons['TXT @ "\\226\\128\\174"'] == control
    assert reasons['TXT @ "\\255"'] == "it holds octets that are no UTF-8"
    assert "quoted twice" in reasons['TXT @ "\\"quoted\\""']
    assert shop.text.count(f"# not managed: {control}\n") == 1


def test_services_by_selectors_that_nobody_would_guess(shop: Shop) -> None:
    """In a zone that is read whole every DKIM selector is looked at."""
    paper = shop.zone(plain([("q7x._domainkey", "CNAME", "q7x.domainkey.u1.wl.sendgrid.net.")])).imported()
    assert [one["vendor"] for one in paper["domains"][0]["matches"]] == ["sendgrid"]
