"""Services are known by their signs, with evidence, and look-alikes are not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.catalogue import vendors
from reconciler.mail.signatures import Evidence, Match, classify, gateway_of, includes

DOMAIN = "shop.example"


def found(**seen: object) -> dict[str, Match]:
    """Matches by vendor."""
    return {one.vendor: one for one in classify(Evidence(DOMAIN, **seen))}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("shop-example.mail.protection.outlook.com", "microsoft365"),
        ("t0k3n.a-v1.mx.microsoft", "microsoft365"),
        ("aspmx.l.google.com", "google-workspace"),
        ("alt1.aspmx.l.google.com", "google-workspace"),
        ("smtp.google.com", "google-workspace"),
        ("mx.zoho.eu", "zoho"),
        ("mailstore1.secureserver.net", "godaddy"),
        ("mx1.titan.email", "titan"),
        ("mx2.flockmail.com", "flock"),
        ("west.smtp.mx.exch080.serverdata.net", "intermedia"),
        ("mx1.emailsrvr.com", "rackspace"),
        ("inbound30.exchangedefender.com", "exchangedefender"),
        ("mx01.mail.icloud.com", "icloud"),
        ("mail.protonmail.ch", "proton"),
        ("in1-smtp.messagingengine.com", "fastmail"),
        ("mx.yandex.net", "yandex"),
        ("mx1.mail.ovh.net", "ovh"),
        ("mx00.ionos.com", "ionos"),
        ("mx1.privateemail.com", "namecheap"),
        ("aspmx1.migadu.com", "migadu"),
        ("mail.tutanota.de", "tuta"),
        ("inbound-smtp.eu-west-1.amazonaws.com", "workmail"),
        ("route1.mx.cloudflare.net", "cloudflare-routing"),
        ("us-smtp-inbound-1.mimecast.com", "mimecast"),
        ("mxa-00123456.gslb.pphosted.com", "proofpoint"),
        ("mx1-us1.ppe-hosted.com", "proofpoint-essentials"),
        ("d95495a.ess.barracudanetworks.com", "barracuda"),
        ("mx1.hc123-45.iphmx.com", "cisco"),
        ("shop.in.hes.trendmicro.eu", "trend-micro"),
        ("mx-01-eu-west-1.prod.hydra.sophos.com", "sophos"),
        ("alt1.us.email.fireeyecloud.com", "trellix"),
        ("cust1-s.in.mailcontrol.com", "forcepoint"),
    ],
)
def test_mx(host: str, slug: str) -> None:
    """Each service of the list is known by its MX, in its role."""
    assert slug in found(mx=(host,))
    roles = {one.slug: one.role for one in vendors()}
    name = next(one.name for one in vendors() if one.slug == slug)
    assert gateway_of([f"{host.upper()}."]) == (name if roles[slug] == "gateway" else "")


@pytest.mark.parametrize(
    "host",
    [
        "aspmx.l.google.com.evil.example",
        "xaspmx.l.google.com",
        "evilmimecast.com",
        "mimecast.com",
        "mail.protection.outlook.com.shop.example",
        "x\\.mimecast.com",
        "mx.microsoft",
        "inbound-smtp.a.b.amazonaws.com",
        "",
        ".",
    ],
)
def test_look_alikes(host: str) -> None:
    """Names are compared by labels: neither a longer name nor one that ends alike is the service."""
    assert not [one for one in classify(Evidence(DOMAIN, mx=(host,))) if one.vendor not in {"exchange-on-premises"}]
    assert gateway_of([host]) == ""


def test_a_gateway_does_not_say_where_mailboxes_are() -> None:
    """Behind it, SPF, DKIM and autodiscover speak; MX alone leaves the mailboxes open."""
    gateway = ("us-smtp-inbound-1.mimecast.com",)
    assert {one.role for one in found(mx=gateway).values()} == {"gateway"}
    behind = found(
        mx=gateway,
        spf=("us._netblocks.mimecast.com", "spf.protection.outlook.com"),
        autodiscover=("autodiscover.outlook.com",),
        dkim={"selector1": "selector1-shop-example._domainkey.shop.onmicrosoft.com"},
    )
    assert (behind["mimecast"].role, behind["mimecast"].level) == ("gateway", "high")
    assert (behind["microsoft365"].role, behind["microsoft365"].level) == ("mailbox", "high")
    assert behind["microsoft365"].evidence == (
        "SPF names spf.protection.outlook.com",
        "DKIM selector selector1 leads to selector1-shop-example._domainkey.shop.onmicrosoft.com",
        "autodiscover leads to autodiscover.outlook.com",
    )


def test_spf_alone_makes_no_mailbox_sure() -> None:
    """Who is only named in SPF may keep mailboxes or not: the confidence is low."""
    assert found(spf=("_spf.google.com",))["google-workspace"].level == "low"


def test_senders_that_spf_hides() -> None:
    """A CNAME into the service's zone is a strong sign; a selector with a key of its own is a weak one."""
    named = found(dkim={"k3": "dkim3.mcsv.net", "s1": "s1.domainkey.u1.wl2.sendgrid.net", "xyz": "dkim.smtp2go.net"})
    assert {slug: one.level for slug, one in named.items()} == {
        "mailchimp": "high",
        "sendgrid": "high",
        "smtp2go": "high",
    }
    assert found(dkim={"cm": ""})["campaign-monitor"].level == "medium"
    assert "campaign-monitor" not in found(dkim={"cm": "elsewhere.example"}), "its CNAME leads elsewhere"


def test_more_signs_make_surer() -> None:
    """Independent signs add up, two hosts of one kind are one sign, and nothing is ever certain."""
    one = found(spf=("mail.zendesk.com",))["zendesk"].confidence
    two = found(spf=("mail.zendesk.com",), dkim={"zendesk1": "zendesk1._domainkey.zendesk.com"})["zendesk"].confidence
    assert one < two < 1
    hosts = ("aspmx.l.google.com", "alt1.aspmx.l.google.com", "alt2.aspmx.l.google.com")
    assert found(mx=hosts)["google-workspace"].confidence == found(mx=hosts[:1])["google-workspace"].confidence


def test_microsoft365_sold_by_godaddy() -> None:
    """It is told only beside Microsoft 365: the same SPF with GoDaddy's own MX is its own mail."""
    sold = found(mx=("shop-example.mail.protection.outlook.com",), spf=("secureserver.net",), txt=("NETORGFT123.x",))
    assert sold["godaddy-microsoft365"].level == "high"
    assert sold["microsoft365"].level == "high"
    own = found(mx=("smtp.secureserver.net",), spf=("secureserver.net",))
    assert "godaddy-microsoft365" not in own
    assert own["godaddy"].level == "high"


def test_own_servers() -> None:
    """Names of the domain itself speak for cPanel or an own Exchange, each by more than one sign."""
    hosting = found(mx=(DOMAIN,), autodiscover=("cpanelemaildiscovery.cpanel.net",), names=("cpanel", "webmail"))
    assert (hosting["cpanel"].level, "exchange-on-premises" in hosting) == ("high", False)
    own = found(mx=("mx1.shop.example",), autodiscover=("autodiscover.shop.example",), names=("owa",))
    assert own["exchange-on-premises"].level == "medium"
    assert gateway_of(["mx1.shop.example"]) == ""


def test_dmarc_vendors() -> None:
    """By delegation, CNAME or the address of the reports."""
    assert found(ns={"_dmarc": ("ns.vali.email",)})["valimail"].role == "dmarc"
    assert found(cname={"_dmarc": "_d7.fdmarc.net"})["fraudmarc"].level == "high"
    assert {*found(rua=("ag.eu.dmarcian.com", "inbox.ondmarc.com"))} == {"dmarcian", "ondmarc"}


def test_order() -> None:
    """Mailboxes first, then gateways, senders, DMARC; in each the surest first."""
    roles = [
        one.role
        for one in classify(
            Evidence(
                DOMAIN,
                mx=("us-smtp-inbound-1.mimecast.com",),
                spf=("mail.zendesk.com", "_spf.google.com"),
                rua=("inbox.ondmarc.com",),
            )
        )
    ]
    assert roles == ["mailbox", "gateway", "sender", "dmarc"]


def test_includes() -> None:
    """An SPF domain says whose it is."""
    for host, slug in [("servers.mcsv.net", "mailchimp"), ("1.spf04.hubspotemail.net", "hubspot")]:
        service = includes(host)
        assert service is not None
        assert service.slug == slug
    assert includes("servers.mcsv.net.evil.example") is None


def test_as_json() -> None:
    """Plain values, and the level in a word."""
    (one,) = classify(Evidence(DOMAIN, spf=("mail.zendesk.com",)))
    assert one.as_json() == {
        "role": "sender",
        "vendor": "zendesk",
        "name": "Zendesk",
        "confidence": 0.95,
        "level": "high",
        "evidence": ["SPF names mail.zendesk.com"],
    }


hosts = st.text(max_size=30) | st.sampled_from([sign.match for one in vendors() for sign in one.signs])


@given(
    st.lists(hosts, max_size=4),
    st.lists(hosts, max_size=4),
    st.dictionaries(hosts, hosts, max_size=3),
    st.lists(hosts, max_size=3),
)
def test_any_text(mx: list[str], spf: list[str], keys: dict[str, str], txt: list[str]) -> None:
    """Whatever DNS holds, there are matches with evidence, each service once, and confidences below certainty."""
    matches = classify(
        Evidence(DOMAIN, tuple(mx), tuple(spf), keys, tuple(txt), tuple(mx), {"_dmarc": tuple(spf)}, keys)
    )
    assert len({one.vendor for one in matches}) == len(matches)
    assert all(one.evidence and 0 < one.confidence < 1 for one in matches)


def test_hostile_amounts() -> None:
    """A thousand of everything takes no more than a moment: the work grows with what was found, not faster."""
    many = tuple(f"h{number}.{'a.' * 60}mimecast.com" for number in range(1000))
    start = time.process_time()
    assert {one.vendor for one in classify(Evidence(DOMAIN, mx=many, spf=many, txt=many))} >= {"mimecast"}
    assert time.process_time() - start < 5
