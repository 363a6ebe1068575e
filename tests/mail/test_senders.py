"""What the senders of a spec ask of SPF and DNS."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.catalogue import known, vendor
from reconciler.mail.senders import Sender, sender_wants
from reconciler.mail.wants import MailDomain, Row
from reconciler.model.diagnostic import Origin, Severity

ORIGIN = Origin("customer.yaml", 9, 5, "senders[0]")
DOMAIN = MailDomain("c.example", origin=Origin("customer.yaml", 1))


def asked(sender: Sender) -> dict[str, object]:
    """Values by slot, less the zone; every want is in `prepare` and says who asked."""
    wants, _ = sender_wants(replace(sender, origin=ORIGIN), DOMAIN)
    assert {stage for stage, _, _ in wants} <= {"prepare"}
    assert {want.origin.file for _, _, want in wants} <= {"customer.yaml"}
    return {slot.address.removeprefix("dns/c.example/"): want.value for _, slot, want in wants}


def test_a_name_of_the_catalogue() -> None:
    """A known name brings its SPF term and its fixed records."""
    assert asked(Sender("Zendesk", origin=ORIGIN)) == {
        "CNAME/zendesk1._domainkey": ("zendesk1._domainkey.zendesk.com.",),
        "CNAME/zendesk2._domainkey": ("zendesk2._domainkey.zendesk.com.",),
        "TXT/@#spf/include:mail.zendesk.com": "include:mail.zendesk.com",
        "TXT/@#spf": None,
        "TXT/@#spf/all": "~all",
    }
    assert "TXT/@#spf/include:_spf.google.com" in asked(Sender("Google Workspace"))


@pytest.mark.parametrize("name", ["mailchimp", "mandrill", "activecampaign"])
def test_a_sender_that_wants_dkim_alone(name: str) -> None:
    """It asks nothing of SPF, though an include of it may still be found in the world."""
    shown = asked(Sender(name))
    assert not [address for address in shown if "TXT" in address]
    assert [address for address in shown if address.startswith("CNAME/")]


def test_a_sender_that_wants_spf_alone() -> None:
    """It asks for its include and for no record."""
    shown = asked(Sender("mailchannels"))
    assert {address.split("/")[0] for address in shown} == {"TXT"}
    assert "TXT/@#spf/include:relay.mailchannels.net" in shown


def test_an_alias_is_a_name() -> None:
    """Another name of the service asks for the same."""
    assert asked(Sender("Amazon SES")) == asked(Sender("amazonses")) != {}


@pytest.mark.parametrize("name", known())
def test_each_asks_for_what_it_wants(name: str) -> None:
    """SPF, DKIM or both, as the service says, and an error where only the account's own list can say."""
    service = vendor(name)
    assert service is not None
    wants, found = sender_wants(Sender(name), DOMAIN)
    terms = [want.value for _, slot, want in wants if slot.part.startswith("spf/include:")]
    assert terms == ([service.term] if service.wants != "dkim" and service.include else [])
    assert [slot.key.name for _, slot, _ in wants if slot.key.kind == "CNAME"] == [one[0] for one in service.records]
    assert [one.rule for one in found if one.severity is Severity.ERROR] == ["sender/table"] * bool(service.table)


def test_terms_belong_to_their_sender() -> None:
    """The sender's name owns each of its terms; the origin is its line."""
    wants, _ = sender_wants(Sender("copier", ("203.0.113.7",), origin=ORIGIN), DOMAIN)
    (term,) = [want for _, slot, want in wants if slot.part.startswith("spf/ip4")]
    assert (term.owner, term.origin, term.seed) == ("copier", ORIGIN, False)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("8.8.4.4", "ip4:8.8.4.4"),
        ("8.8.4.4/32", "ip4:8.8.4.4"),
        ("8.8.4.77/24", "ip4:8.8.4.0/24"),
        ("2606:4700:0::1111", "ip6:2606:4700::1111"),
        ("2606:4700::/32", "ip6:2606:4700::/32"),
    ],
)
def test_addresses(text: str, term: str) -> None:
    """Addresses and networks become ip terms in normal form, without a word."""
    wants, found = sender_wants(Sender("office", (text,)), DOMAIN)
    assert [slot.part for _, slot, _ in wants] == [f"spf/{term}", "spf", "spf/all"]
    assert found == []


@pytest.mark.parametrize("text", ["10.0.0.1", "192.168.1.0/24", "203.0.113.7", "2001:db8::25", "fe80::1", "127.0.0.1"])
def test_reserved_addresses_warn(text: str) -> None:
    """A private or documentation address is asked for, with a warning."""
    wants, (one,) = sender_wants(Sender("office", (text,), origin=ORIGIN), DOMAIN)
    assert len(wants) == 3
    assert (one.severity, one.origin) == (Severity.WARNING, ORIGIN)


@pytest.mark.parametrize(
    "text", ["mail.c.example", "1.2.3", "1.2.3.4/33", "0.0.0.0/0", "::/0", "fe80::1%eth0", "1.2.3.4/255.0.0.0", ""]
)
def test_no_address(text: str) -> None:
    """What is no address, or all of them, is an error at the sender's line and asks nothing."""
    wants, (one,) = sender_wants(Sender("office", (text,), origin=ORIGIN), DOMAIN)
    assert wants == []
    assert (one.severity, one.origin) == (Severity.ERROR, ORIGIN)
    assert one.remedy


def test_includes() -> None:
    """Domains to include are taken in any case; whole terms are told to be domains."""
    assert "TXT/@#spf/include:spf.host.example" in asked(Sender("host", includes=("SPF.Host.example.",)))
    for text in ("include:a.example", "host", "a.b.1", "a..example", "v=spf1 a", "*.example"):
        wants, (one,) = sender_wants(Sender("host", includes=(text,)), DOMAIN)
        assert (wants, one.rule) == ([], "sender/include")


def test_an_unknown_name() -> None:
    """A name nobody knows is an error that says which ones are close, or all."""
    _, (one,) = sender_wants(Sender("mailchip", origin=ORIGIN), DOMAIN)
    assert "mailchimp" in one.remedy
    assert one.origin == ORIGIN
    _, (far,) = sender_wants(Sender("????"), DOMAIN)
    assert all(name in far.remedy for name in known())


def test_a_sender_whose_records_are_per_account() -> None:
    """Without its own list it cannot work; with it, the list is what is asked for."""
    wants, (one,) = sender_wants(Sender("hubspot"), DOMAIN)
    assert (wants, one.rule, one.severity) == ([], "sender/table", Severity.ERROR)
    rows = (
        Row("hs1-1._domainkey", "CNAME", "c.hs01.dkim.hubspotemail.net.", 300),
        Row("@", "TXT", "v=spf1 include:1.spf01.hubspotemail.net ~all"),
    )
    wants, found = sender_wants(Sender("hubspot", rows=rows), DOMAIN)
    assert found == []
    terms = {slot.part: want.owner for _, slot, want in wants if slot.key.kind == "TXT"}
    assert terms == {"spf/include:1.spf01.hubspotemail.net": "hubspot", "spf": "", "spf/all": ""}


def test_the_accounts_list_goes_before_the_catalogue() -> None:
    """Records of the account's own list stand in for those of the catalogue; its SPF stays."""
    shown = asked(Sender("zendesk", rows=(Row("x._domainkey", "CNAME", "y.zendesk.com."),)))
    assert "CNAME/zendesk1._domainkey" not in shown
    assert "TXT/@#spf/include:mail.zendesk.com" in shown


@given(st.lists(st.text(max_size=20), max_size=3), st.lists(st.text(max_size=20), max_size=3), st.text(max_size=20))
def test_any_text(addresses: list[str], includes: list[str], name: str) -> None:
    """Whatever an author writes, there are wants and diagnostics and no traceback; a term is one word."""
    wants, _ = sender_wants(Sender(name, tuple(addresses), tuple(includes)), DOMAIN)
    assert all(" " not in slot.part for _, slot, _ in wants)
