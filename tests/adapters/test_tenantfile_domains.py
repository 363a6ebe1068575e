"""Domains of a tenant file: added, proved by what its resolver sees, and then naming their records."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.change import Status
from reconciler.model.resource import ServiceRecord, TenantDomain
from tests.adapters.tenants import DOMAIN, TENANT, Tenant, document


@pytest.fixture
def tenant(tmp_path: Path) -> Tenant:
    """A fresh tenant."""
    return Tenant(tmp_path)


def add(tenant: Tenant, name: str = "shop.example") -> TenantDomain:
    """Add a domain and return how the tenant shows it."""
    key = DOMAIN._replace(name=name)
    assert tenant.do(None, TenantDomain(key)).status is Status.DONE
    found = tenant.get("domain", name)
    assert isinstance(found, TenantDomain)
    return found


def test_a_domain_walks_to_verified(tenant: Tenant) -> None:
    """Added, it gets a text; unseen, it waits; once the zone shows the text, it is verified and names its records."""
    domain = add(tenant)
    assert re.fullmatch(r"MS=ms\d{8}", domain.verification)
    assert (domain.verified, domain.records) == (False, ())
    before = tenant.file.read_bytes()
    waiting = tenant.do(domain, replace(domain, verified=True))
    assert waiting.status is Status.WAITING
    assert domain.verification in waiting.detail
    assert tenant.file.read_bytes() == before
    assert not tenant.provider.ready(DOMAIN).ready
    tenant.publish("shop.example", domain.verification)
    assert tenant.provider.ready(DOMAIN).ready
    assert tenant.do(domain, replace(domain, verified=True)).status is Status.DONE
    assert_service_records(tenant.get("domain", "shop.example"))


def assert_service_records(domain: TenantDomain) -> None:
    """The records a verified domain names, in normal form, with services as Graph says them."""
    records = {(one.type, one.name): (one.value, one.service) for one in domain.records}
    assert set(records) == {
        ("MX", "@"),
        ("TXT", "@"),
        ("CNAME", "autodiscover"),
        ("SRV", "_sip._tls"),
        ("SRV", "_sipfederationtls._tcp"),
        ("CNAME", "sip"),
        ("CNAME", "lyncdiscover"),
        ("CNAME", "enterpriseregistration"),
        ("CNAME", "enterpriseenrollment"),
    }
    assert re.fullmatch(r"0 [0-9a-f]{12}\.[a-z]-v1\.mx\.microsoft\.", records["MX", "@"][0])
    assert records["CNAME", "autodiscover"] == ("autodiscover.outlook.com.", "Email")
    assert records["SRV", "_sip._tls"] == ("100 1 443 sipdir.online.lync.com.", "OfficeCommunicationsOnline")
    assert records["CNAME", "enterpriseregistration"][1] == "Intune"


def test_nobody_derives_the_tokens(tmp_path: Path) -> None:
    """Two tenants of different seeds name different texts and hosts for one domain; one seed names the same ones."""
    seen = []
    for number, seed in enumerate(["one", "two", "one"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        tenant = Tenant(folder, seed=seed)
        text = add(tenant).verification
        hosts = [one.value for one in tenant.get("domain", "old.example").records if one.type == "MX"]
        seen.append((text, *hosts))
    assert seen[0] == seen[2]
    assert not set(seen[0]) & set(seen[1])


@pytest.mark.parametrize("zone", [None, b"\xff\x00(((", b"$INCLUDE /etc/passwd\n", b'@ TXT "open\n'])
def test_a_zone_that_cannot_be_read_shows_nothing(tenant: Tenant, zone: bytes | None) -> None:
    """A missing or broken zone file is waited for, like a name server that is down."""
    domain = add(tenant)
    if zone is not None:
        (tenant.zones / "shop.example.zone").write_bytes(zone)
    assert tenant.do(domain, replace(domain, verified=True)).status is Status.WAITING
    assert not tenant.provider.ready(DOMAIN).ready


def test_only_the_right_text_in_the_right_place_counts(tenant: Tenant) -> None:
    """Another text, another name or another type does not prove a domain; several strings make one text."""
    domain = add(tenant)
    text = domain.verification
    for wrong, name in [("MS=ms00000000", "@"), (text, "www"), (f'"{text} "', "@"), (text.lower(), "@")]:
        tenant.publish("shop.example", wrong, name)
        assert not tenant.provider.ready(DOMAIN).ready, wrong
    tenant.publish("shop.example", f'"{text[:5]}" "{text[5:]}"')
    assert tenant.provider.ready(DOMAIN).ready


def test_a_zone_no_server_would_load_proves_nothing(tenant: Tenant) -> None:
    """The right text beside a mistake is not served, so it is not seen."""
    domain = add(tenant)
    tenant.publish("shop.example", f"{domain.verification}\nwww A 1.2.3.400")
    assert not tenant.provider.ready(DOMAIN).ready


def test_a_verified_domain_is_ready(tenant: Tenant) -> None:
    """Whatever DNS shows by now, there is nothing left to wait for; a domain that is not there is not ready."""
    assert tenant.provider.ready(DOMAIN._replace(name="old.example")).ready
    assert not tenant.provider.ready(DOMAIN).ready
    assert tenant.provider.ready(DOMAIN._replace(kind="user")).ready


def test_records_written_by_hand_are_shown_in_normal_form(tenant: Tenant) -> None:
    """What stands in the file is what the tenant names, in the form in which record sets are compared."""
    record = {"name": "@", "type": "mx", "value": "0  Host.MX.microsoft", "service": "Email", "ttl": 60}
    tenant.write(document(domains=[{"name": "old.example", "verified": True, "records": [record]}]))
    assert tenant.get("domain", "old.example").records == (
        ServiceRecord("@", "MX", "0 host.mx.microsoft.", "Email", 60),
    )


def test_a_subdomain_of_a_verified_domain_verifies_itself(tenant: Tenant) -> None:
    """Adding it is enough; adding it again, after a lost reply, is done too."""
    domain = add(tenant, "sub.old.example")
    assert domain.verified
    assert domain.records
    assert tenant.do(None, TenantDomain(domain.key)).status is Status.DONE


def test_an_unverified_subdomain_is_looked_for_in_the_zone_above(tenant: Tenant) -> None:
    """The text of a name inside a zone is found there."""
    domain = add(tenant, "mail.shop.example")
    assert not domain.verified
    tenant.publish("shop.example", domain.verification, "mail")
    assert tenant.do(domain, replace(domain, verified=True)).status is Status.DONE


def test_adding_and_verifying_at_once(tenant: Tenant) -> None:
    """The domain is added and waits: its text must be known before anyone can publish it."""
    outcome = tenant.do(None, TenantDomain(DOMAIN, verified=True))
    assert outcome.status is Status.WAITING
    assert not tenant.get("domain", "shop.example").verified


def test_a_domain_of_another_tenant_is_refused(tmp_path: Path) -> None:
    """A domain verified elsewhere is named, and nothing is written."""
    tenant = Tenant(tmp_path, elsewhere=["shop.example"])
    before = tenant.file.read_bytes()
    outcome = tenant.do(None, TenantDomain(DOMAIN))
    assert outcome.status is Status.REFUSED
    assert "another tenant" in outcome.detail
    assert tenant.file.read_bytes() == before


def test_one_default_domain(tenant: Tenant) -> None:
    """Making one the default ends the other's turn; only a verified one can be, and none stops being it alone."""
    assert tenant.change("domain", "old.example", default=True).status is Status.DONE
    assert not tenant.get("domain", TENANT).default
    assert tenant.change("domain", "old.example", default=False).status is Status.REFUSED
    domain = add(tenant)
    assert tenant.do(domain, replace(domain, default=True)).status is Status.FAILED
    assert tenant.get("domain", "old.example").default


def test_a_domain_is_neither_unverified_nor_deleted(tenant: Tenant) -> None:
    """Both are refused; deleting one that is not there succeeds."""
    assert tenant.change("domain", "old.example", verified=False).status is Status.REFUSED
    assert tenant.do(tenant.get("domain", "old.example"), None).status is Status.REFUSED
    assert tenant.do(None, None, key=DOMAIN).status is Status.DONE
