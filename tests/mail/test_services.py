"""What Microsoft 365 and a hosting company's table ask of a domain."""

from dataclasses import replace

import pytest

from reconciler.mail.clouds import CLOUDS, cloud_of
from reconciler.mail.services import OWNER, facts_of, findings, microsoft365, switched_on, table
from reconciler.mail.wants import Asked, MailDomain, Row
from reconciler.model.diagnostic import Origin, Severity
from reconciler.model.key import Key, Slot
from reconciler.model.resource import ServiceRecord, TenantDomain
from reconciler.model.route import STAGES, Manage, Want
from reconciler.model.value import Unknown

TENANT = "contoso.onmicrosoft.com"
SOURCE = f"tenant/{TENANT}/domain/contoso.example"
ORIGIN = Origin("customer.yaml", 7, 3, "domains.contoso.example.mail: microsoft365")
DOMAIN = MailDomain("contoso.example", TENANT, origin=ORIGIN)
WHOLE = MailDomain(
    "contoso.example", TENANT, teams=True, devices=True, ttl=600, retire_verification=True, origin=ORIGIN
)
RECORDS = (
    ServiceRecord("@", "MX", "0 t0k3n.a-v1.mx.microsoft.", "Email"),
    ServiceRecord("@", "TXT", "v=spf1 include:spf.protection.outlook.com -all", "Email"),
    ServiceRecord("autodiscover", "CNAME", "autodiscover.outlook.com.", "Email"),
    ServiceRecord("sip", "CNAME", "sipdir.online.lync.com.", "OfficeCommunicationsOnline"),
    ServiceRecord("_sip._tls", "SRV", "100 1 443 sipdir.online.lync.com.", "OfficeCommunicationsOnline"),
    ServiceRecord("_sipfederationtls._tcp", "SRV", "100 1 5061 sipfed.online.lync.com.", "OfficeCommunicationsOnline"),
    ServiceRecord("lyncdiscover", "CNAME", "webdir.online.lync.com.", "OfficeCommunicationsOnline"),
    ServiceRecord("enterpriseregistration", "CNAME", "enterpriseregistration.windows.net.", "Intune"),
    ServiceRecord("enterpriseenrollment", "CNAME", "enterpriseenrollment-s.manage.microsoft.com.", "Intune"),
)
NAMED = TenantDomain(
    Key("tenant", TENANT, "domain", "contoso.example"), verified=True, verification="MS=ms12345678", records=RECORDS
)


def by_address(asked: list[Asked]) -> dict[str, tuple[str, Want]]:
    """Stage and want of each slot; each slot is asked for once."""
    found = {slot.address: (stage, want) for stage, slot, want in asked}
    assert len(found) == len(asked)
    return found


def test_stages() -> None:
    """The least that a domain needs, each slot at its stage."""
    stages = {address: stage for address, (stage, _) in by_address(microsoft365(DOMAIN)).items()}
    zone = "dns/contoso.example"
    assert stages == {
        SOURCE: "claim",
        f"{SOURCE}#verified": "verify",
        f"{zone}/TXT/@#ms-verification": "prove",
        f"{zone}/TXT/@#spf/include:spf.protection.outlook.com": "prepare",
        f"{zone}/TXT/@#spf/all": "prepare",
        f"{zone}/TXT/@#spf": "prepare",
        f"{zone}/MX/@": "deliver",
        f"{zone}/CNAME/autodiscover": "deliver",
    }
    assert {*stages.values()} <= {*STAGES}


def test_everything_says_who_asked() -> None:
    """Every want of every cloud carries the domain's origin and settings."""
    domain = MailDomain("c.example", TENANT, teams=True, ttl=60, overwrite=True, manage=Manage.CREATE, origin=ORIGIN)
    for _, _, want in microsoft365(domain):
        assert (want.origin, want.overwrite, want.manage) == (ORIGIN, True, Manage.CREATE)


def test_the_tenants_values_stay_unknown() -> None:
    """What the tenant owns is asked for by source and constraint, never by value; what is ours is not."""
    wants = by_address(microsoft365(replace(WHOLE, retire_verification=False)))
    unknown = {address: want.value.source for address, (_, want) in wants.items() if isinstance(want.value, Unknown)}
    zone = "dns/contoso.example"
    records = [
        "MX/@",
        "CNAME/autodiscover",
        "CNAME/sip",
        "CNAME/lyncdiscover",
        "SRV/_sip._tls",
        "SRV/_sipfederationtls._tcp",
    ]
    records += ["CNAME/enterpriseregistration", "CNAME/enterpriseenrollment"]
    proof = {f"{zone}/TXT/@#ms-verification": f"{SOURCE}#verification"}
    assert unknown == proof | {f"{zone}/{record}": f"{SOURCE}#{record}" for record in records}


def test_facts_answer_the_unknowns() -> None:
    """A tenant that names its records names every unknown value, each inside its constraint."""
    facts = facts_of(NAMED)
    for _, _, want in microsoft365(WHOLE):
        if isinstance(want.value, Unknown):
            assert want.value.constraint.allows(facts[want.value.source])
    assert facts[f"{SOURCE}#MX/@"] == ("0 t0k3n.a-v1.mx.microsoft.",)
    assert facts[f"{SOURCE}#verification"] == "MS=ms12345678"


def test_facts_are_record_sets() -> None:
    """Records of one name and type are one fact, sorted, in whatever order the tenant names them."""
    hosts = [ServiceRecord("@", "MX", f"{value}.mx.microsoft.", "Email") for value in ("5 b", "10 c", "5 a")]
    for records in (hosts, hosts[::-1]):
        facts = facts_of(TenantDomain(NAMED.key, records=tuple(records)))
        assert facts == {f"{SOURCE}#MX/@": ("10 c.mx.microsoft.", "5 a.mx.microsoft.", "5 b.mx.microsoft.")}


def test_an_unnamed_domain_has_no_facts() -> None:
    """Before the tenant names anything there is no fact, so that the values stay unknown."""
    assert facts_of(TenantDomain(NAMED.key)) == {}


@pytest.mark.parametrize("host", ["contoso-example.mail.protection.outlook.com.", "t.b-v1.mx.microsoft."])
def test_both_forms_of_mx(host: str) -> None:
    """Old and new MX hosts are what a tenant may name."""
    assert mx().constraint.allows((f"0 {host}",))


@pytest.mark.parametrize(
    "host", ["mail.protection.outlook.com.evil.example.", "mx.microsoft.com.", "xmx.microsoft.", "mx.host.example."]
)
def test_foreign_mx(host: str) -> None:
    """A host elsewhere is refused, even one among several."""
    assert not mx().constraint.allows((f"0 {host}",))
    assert not mx().constraint.allows(("0 t.b-v1.mx.microsoft.", f"10 {host}"))


def mx() -> Unknown:
    """The unknown behind MX."""
    value = by_address(microsoft365(DOMAIN))["dns/contoso.example/MX/@"][1].value
    assert isinstance(value, Unknown)
    return value


def test_spf_is_a_term() -> None:
    """SPF is one term under the service's name, and an end only where there is none."""
    wants = by_address(microsoft365(DOMAIN))
    _, term = wants["dns/contoso.example/TXT/@#spf/include:spf.protection.outlook.com"]
    assert (term.value, term.owner) == ("include:spf.protection.outlook.com", OWNER)
    _, end = wants["dns/contoso.example/TXT/@#spf/all"]
    assert (end.value, end.seed) == ("~all", True)


def test_what_outlives_the_line() -> None:
    """Neither the domain in the tenant nor an SPF end is deleted because a line of the spec is gone."""
    wants = by_address(microsoft365(DOMAIN))
    kept = [address for address, (_, want) in wants.items() if want.manage is Manage.UPDATE]
    assert kept == [SOURCE, f"{SOURCE}#verified", "dns/contoso.example/TXT/@#spf/all"]


def test_ttl_only_when_asked() -> None:
    """Each record set gets the domain's TTL once; without one no TTL is asked for."""
    assert not [slot for _, slot, _ in microsoft365(DOMAIN) if slot.part == "ttl"]
    sets = {slot.key for _, slot, _ in microsoft365(WHOLE) if slot.key.system == "dns"}
    asked = [slot.key for _, slot, want in microsoft365(WHOLE) if slot.part == "ttl" and want.value == 600]
    assert sorted(asked) == sorted(sets)


def test_verification_is_retired_on_request_only() -> None:
    """The verification text stays in the fold until the spec retires it."""
    assert [stage for stage, slot, _ in microsoft365(DOMAIN) if slot.part == "ms-verification"] == ["prove"]
    last = [(stage, want.value) for stage, slot, want in microsoft365(WHOLE) if slot.part == "ms-verification"]
    assert last[1:] == [("retire", None)]


@pytest.mark.parametrize(
    ("tenant", "include", "host", "teams"),
    [
        ("a.onmicrosoft.com", "spf.protection.outlook.com", "t.mail.protection.outlook.com.", 4),
        ("A.OnMicrosoft.US", "spf.protection.office365.us", "t.mail.protection.office365.us.", 1),
        ("a.partner.onmschina.cn", "spf.protection.partner.outlook.cn", "t.mail.protection.partner.outlook.cn.", 4),
    ],
)
def test_clouds(tenant: str, include: str, host: str, teams: int) -> None:
    """The tenant's own name says in which cloud it lives, and thereby the constants."""
    cloud = cloud_of(tenant)
    assert (cloud.include, len(cloud.teams)) == (include, teams)
    asked = microsoft365(MailDomain("c.example", tenant, teams=True))
    (value,) = [want.value for _, slot, want in asked if slot.key.kind == "MX"]
    assert isinstance(value, Unknown)
    assert [cloud for cloud in CLOUDS if cloud.mx == value.constraint.under]
    assert value.constraint.allows((f"0 {host}",))


def test_more_than_asked_is_reported() -> None:
    """Records that the tenant names beyond the slots are told, with the option that would ask for them."""
    extra = ServiceRecord("extra", "CNAME", "extra.example.", "Email")
    signing = ServiceRecord("selector1._domainkey", "CNAME", "selector1.x.dkim.mail.microsoft.", "Email")
    named = TenantDomain(NAMED.key, verification="MS=ms1", records=(*RECORDS, extra, signing))
    told = findings(DOMAIN, facts_of(named))
    assert {one.severity for one in told} == {Severity.INFO}
    by_option = {one.remedy.partition(":")[0].rpartition("`")[2]: one.summary for one in told}
    assert by_option["teams"].count("SRV") == 2
    assert "CNAME sip" in by_option["teams"]
    assert "CNAME enterpriseenrollment" in by_option["devices"]
    assert "extra" in next(one.summary for one in told if "`records`" in one.remedy)
    assert not any("_domainkey" in one.summary for one in told), "these are asked for under `dkim`"
    assert len(told) == 3
    assert findings(WHOLE, facts_of(NAMED)) == []


def test_other_domains_are_not_reported() -> None:
    """Facts about a domain whose name begins alike are not this domain's."""
    other = TenantDomain(Key("tenant", TENANT, "domain", "contoso.example.org"), records=RECORDS)
    assert findings(DOMAIN, facts_of(other)) == []


def test_a_broken_spf_text_of_the_tenant() -> None:
    """The tenant's SPF text is looked at, never published: a blank after `include:` is told."""
    text = "v=spf1 include: spf.protection.outlook.com -all"
    named = TenantDomain(NAMED.key, records=(ServiceRecord("@", "TXT", text, "Email"),))
    (told,) = findings(DOMAIN, facts_of(named))
    assert told.severity is Severity.WARNING
    assert text in told.summary
    assert told.origin == ORIGIN


def test_a_table_goes_through_the_same_stages() -> None:
    """Mail delivery and autodiscover wait for `deliver`; everything else, SPF as terms, comes in `prepare`."""
    rows = [
        Row("@", "MX", "10 mx1.host.example.", 300, Origin("letter.csv", 2)),
        Row("@", "MX", "20 mx2.host.example.", 600, Origin("letter.csv", 3)),
        Row("autodiscover", "CNAME", "auto.host.example."),
        Row("_autodiscover._tcp", "SRV", "0 0 443 auto.host.example."),
        Row("mail", "A", "198.51.100.10"),
        Row("@", "TXT", "v=spf1 +Include:Host.example ip4:198.51.100.10/32 -all"),
        Row("@", "TXT", "vendor=1"),
        Row("_dmarc", "TXT", "v=DMARC1; p=none"),
        Row("news", "TXT", "v=spf1 redirect=_spf.host.example"),
    ]
    wants = by_address(table(DOMAIN, rows))
    zone = "dns/contoso.example"
    shown = {address.removeprefix(f"{zone}/"): (stage, want.value) for address, (stage, want) in wants.items()}
    (vendor,) = [address for address in shown if "#other:" in address]
    assert shown == {
        "MX/@": ("deliver", ("10 mx1.host.example.", "20 mx2.host.example.")),
        "MX/@#ttl": ("deliver", 300),
        "CNAME/autodiscover": ("deliver", ("auto.host.example.",)),
        "SRV/_autodiscover._tcp": ("deliver", ("0 0 443 auto.host.example.",)),
        "A/mail": ("prepare", ("198.51.100.10",)),
        "TXT/@#spf/include:host.example": ("prepare", "include:host.example"),
        "TXT/@#spf/ip4:198.51.100.10": ("prepare", "ip4:198.51.100.10"),
        "TXT/@#spf": ("prepare", None),
        "TXT/@#spf/all": ("prepare", "-all"),
        vendor: ("prepare", "vendor=1"),
        "TXT/_dmarc#dmarc": ("prepare", "v=DMARC1; p=none"),
        "TXT/news#spf/include:_spf.host.example": ("prepare", "include:_spf.host.example"),
        "TXT/news#spf": ("prepare", None),
        "TXT/news#spf/all": ("prepare", "~all"),
    }
    assert wants[f"{zone}/TXT/@#spf/all"][1].seed
    assert wants[f"{zone}/MX/@"][1].origin == Origin("letter.csv", 2)
    assert Slot(Key("dns", "contoso.example", "MX", "@"), "ttl").address in wants


def test_mail_that_is_off_comes_on() -> None:
    """Only where the tenant says what is on, and mail is not; then it is ours, and stays ours while it is on."""
    slot = Slot(NAMED.key, "services/Email")
    for services, asked in (((), True), (("Yammer",), True), (("Email",), False), (("Email", "Yammer"), False)):
        facts = facts_of(replace(NAMED, services=services))
        assert bool(list(switched_on(DOMAIN, facts, ()))) is asked
        ((stage, found, want),) = switched_on(DOMAIN, facts, {slot.address})
        assert (stage, found, want.value, want.manage) == ("verify", slot, "present", Manage.UPDATE)
    assert not list(switched_on(DOMAIN, {}, ()))
    assert not list(switched_on(DOMAIN, facts_of(replace(NAMED, verified=False)), {f"{SOURCE}#services/Yammer"}))


def test_services_are_no_record_of_the_tenant() -> None:
    """Nobody is told to list them under `records`."""
    assert not findings(DOMAIN, facts_of(replace(NAMED, records=(), services=("Email",))))
