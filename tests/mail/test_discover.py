"""What is found of a domain from public DNS alone, and what is said to be out of sight."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.discover import Discovery, Found, as_json, discover
from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Answer, Status
from tests.mail.public_dns import PublicDns, Zone

SHOP = "shop.example"
KEY = "v=DKIM1; k=rsa; p=MIGfMA0G"

#: Microsoft 365 behind Mimecast, with bulk senders that SPF shows and one that it hides.
RICH: Zone = {
    (SHOP, "SOA"): ["ns1.host.example. a.host.example. 1 2 3 4 5"],
    (SHOP, "NS"): ["ns1.host.example.", "ns2.host.example."],
    (SHOP, "MX"): ["10 us-smtp-inbound-1.mimecast.com.", "10 us-smtp-inbound-2.mimecast.com."],
    (SHOP, "TXT"): [
        "v=spf1 mx include:_spf.shop.example include:us._netblocks.mimecast.com ip4:198.51.100.7 -all",
        "MS=ms12345678",
    ],
    ("_spf." + SHOP, "TXT"): ["v=spf1 include:spf.protection.outlook.com include:mail.zendesk.com a:old.example ~all"],
    ("_dmarc." + SHOP, "TXT"): ["v=DMARC1; p=none; rua=mailto:x@inbox.ondmarc.com"],
    ("autodiscover." + SHOP, "CNAME"): ["autodiscover.outlook.com."],
    ("autodiscover.outlook.com", "A"): ["192.0.2.1"],
    ("selector1._domainkey." + SHOP, "CNAME"): ["selector1-shop-example._domainkey.shop.w-v1.dkim.mail.microsoft."],
    ("k2._domainkey." + SHOP, "CNAME"): ["dkim2.mcsv.net."],
    ("dkim2.mcsv.net", "TXT"): [KEY],
    ("mail." + SHOP, "A"): ["203.0.113.5"],
    (SHOP, "A"): ["203.0.113.9"],
}


def seen(records: Zone, silent: Sequence[tuple[str, str]] = ()) -> Discovery:
    """A whole discovery, in at most three rounds of questions."""
    dns = PublicDns(records, silent)
    found = _until_quiet(dns)
    assert dns.rounds <= 3
    return found


def names(found: Discovery) -> dict[tuple[str, str], tuple[str, ...]]:
    """Values of the records by name and type."""
    return {(one.name, one.type): one.values for one in found.records}


def levels(found: Discovery) -> dict[str, str]:
    """How sure each service is."""
    return {one.vendor: one.level for one in found.matches}


def test_a_domain() -> None:
    """Gateway, mailboxes behind it, senders that SPF shows and hides, and who reads the DMARC reports."""
    found = seen(RICH)
    assert levels(found) == {
        "microsoft365": "high",
        "mimecast": "high",
        "mailchimp": "high",
        "zendesk": "high",
        "ondmarc": "high",
    }
    assert [(one.owner, one.text, one.vendor, one.own) for one in found.terms] == [
        ("@", "mx", "", False),
        ("@", "include:_spf.shop.example", "", True),
        ("@", "include:us._netblocks.mimecast.com", "mimecast", False),
        ("@", "ip4:198.51.100.7", "", False),
        ("_spf", "include:spf.protection.outlook.com", "microsoft365", False),
        ("_spf", "include:mail.zendesk.com", "zendesk", False),
        ("_spf", "a:old.example", "", False),
    ]
    assert (found.hosts, found.signed) == (("ns1.host.example", "ns2.host.example"), False)


def test_every_mail_record() -> None:
    """MX, TXT and all names below; what a CNAME leads to belongs to others, the website's address is no mail."""
    found = seen(RICH)
    assert names(found) == {
        ("@", "MX"): RICH[SHOP, "MX"] and tuple(sorted(RICH[SHOP, "MX"])),
        ("@", "TXT"): tuple(sorted(RICH[SHOP, "TXT"])),
        ("_dmarc", "TXT"): tuple(RICH["_dmarc." + SHOP, "TXT"]),
        ("_spf", "TXT"): tuple(RICH["_spf." + SHOP, "TXT"]),
        ("autodiscover", "CNAME"): ("autodiscover.outlook.com.",),
        ("k2._domainkey", "CNAME"): ("dkim2.mcsv.net.",),
        ("mail", "A"): ("203.0.113.5",),
        ("selector1._domainkey", "CNAME"): ("selector1-shop-example._domainkey.shop.w-v1.dkim.mail.microsoft.",),
    }
    assert found.records[0] == Found("@", "MX", 300, tuple(sorted(RICH[SHOP, "MX"])))


def test_known_names_go_out_at_once() -> None:
    """One round for what is known from the start, no question twice, one more for the SPF record below."""
    dns = PublicDns(RICH)
    counts = []
    for _ in range(3):
        notebook = dns.notebook()
        discover(SHOP, notebook)
        counts.append(len(notebook.open))
        dns.answer(notebook)
    assert counts[0] > 150
    assert counts[1:] == [1, 0]
    assert dns.rounds == 2


def test_own_mail_hosts() -> None:
    """The addresses of hosts below the domain that MX names are mail records too; no host elsewhere is asked for."""
    records = {
        (SHOP, "MX"): ["10 mx7.shop.example.", "20 mx.else.example.", "30 a\\.b.shop.example."],
        ("mx7." + SHOP, "A"): ["198.51.100.25"],
        ("mx7." + SHOP, "AAAA"): ["2001:db8::25"],
        ("mx.else.example", "A"): ["192.0.2.1"],
    }
    dns = PublicDns(records)
    found = _until_quiet(dns)
    assert dns.rounds == 2
    assert names(found)["mx7", "A"] == ("198.51.100.25",)
    assert names(found)["mx7", "AAAA"] == ("2001:db8::25",)
    assert not [question for question in dns.answers if not f".{question.name}".endswith(f".{SHOP}")]
    assert not [question for question in dns.answers if "\\" in question.name]
    assert "exchange-on-premises" in levels(found)


def test_many_own_mail_hosts() -> None:
    """A domain cannot make us ask for hundreds of hosts."""
    dns = PublicDns({(SHOP, "MX"): [f"10 mx{number}.{SHOP}." for number in range(300)]})
    _until_quiet(dns)
    assert len({question.name for question in dns.answers if question.name.startswith("mx")}) < 20


def test_wildcards() -> None:
    """What a wildcard makes up is the wildcard's record alone; what stands at a name itself stays."""
    records = {
        (SHOP, "MX"): ["10 mx.elsewhere.example."],
        ("*." + SHOP, "A"): ["203.0.113.80"],
        ("*." + SHOP, "MX"): ["10 mx.elsewhere.example."],
        ("*." + SHOP, "TXT"): ["v=spf1 -all"],
        ("mail." + SHOP, "A"): ["203.0.113.5"],
    }
    found = seen(records)
    assert found.wildcards == ("A", "MX", "TXT")
    assert names(found) == {
        ("@", "MX"): ("10 mx.elsewhere.example.",),
        ("*", "A"): ("203.0.113.80",),
        ("*", "MX"): ("10 mx.elsewhere.example.",),
        ("*", "TXT"): ("v=spf1 -all",),
        ("mail", "A"): ("203.0.113.5",),
    }
    assert levels(found) == {}, "neither cpanel. nor owa. exists"


def test_a_wildcard_that_leads_elsewhere() -> None:
    """A wildcard CNAME is told, and none of the names that it makes up."""
    records = {("*." + SHOP, "CNAME"): ["parking.example."], ("parking.example", "A"): ["192.0.2.1"]}
    found = seen(records)
    assert "CNAME" in found.wildcards
    assert names(found) == {("*", "CNAME"): ("parking.example.",)}
    assert found.matches == ()


def test_a_wildcard_of_keys() -> None:
    """A wildcard below `_domainkey` makes no selector exist."""
    found = seen({("*._domainkey." + SHOP, "TXT"): ["v=DKIM1; p="], (SHOP, "MX"): ["0 ."]})
    assert names(found) == {("@", "MX"): ("0 .",), ("*._domainkey", "TXT"): ("v=DKIM1; p=",)}
    assert found.matches == ()


def test_revoked_keys_speak_for_nobody() -> None:
    """An empty key is a record, and no sign of a sender."""
    found = seen({("mailjet._domainkey." + SHOP, "TXT"): ["k=rsa; p="]})
    assert names(found) == {("mailjet._domainkey", "TXT"): ("k=rsa; p=",)}
    assert levels(found) == {}
    assert levels(seen({("mailjet._domainkey." + SHOP, "TXT"): [KEY]})) == {"mailjet": "high"}


def test_an_alias_to_nowhere_is_no_key() -> None:
    """A CNAME to the root is a record, and no sign of a sender."""
    found = seen({("mailjet._domainkey." + SHOP, "CNAME"): ["."]})
    assert names(found) == {("mailjet._domainkey", "CNAME"): (".",)}
    assert levels(found) == {}


def test_what_lies_behind_an_alias_is_not_ours() -> None:
    """Also when nobody answers for the CNAME itself; and a name with a CNAME is written with that alone."""
    records = {("mail." + SHOP, "CNAME"): ["mx.else.example."], ("mx.else.example", "A"): ["192.0.2.1"]}
    assert names(seen(records, silent=[("mail." + SHOP, "CNAME")])) == {}
    broken = {("_dmarc." + SHOP, "CNAME"): ["d.else.example."], ("_dmarc." + SHOP, "TXT"): ["v=DMARC1; p=none"]}
    assert names(seen(broken)) == {("_dmarc", "CNAME"): ("d.else.example.",)}


def test_a_selector_nobody_guessed() -> None:
    """`_domainkey` that answers without data means that some selector exists; one that is no name at all does not."""
    hidden = seen({("x7q._domainkey." + SHOP, "TXT"): [KEY]})
    assert any("a DKIM selector that exists" in one for one in hidden.unseen)
    for records in ({}, {("k2._domainkey." + SHOP, "CNAME"): ["dkim2.mcsv.net."]}):
        assert not any("a DKIM selector that exists" in one for one in seen(records).unseen)


def test_delegated_names() -> None:
    """A name that is a zone of its own is told; its records are not this zone's, but their signs count."""
    records = {
        ("_dmarc." + SHOP, "NS"): ["ns.vali.email."],
        ("_dmarc." + SHOP, "TXT"): ["v=DMARC1; p=reject; rua=mailto:dmarc_agg@vali.email"],
        ("_domainkey." + SHOP, "NS"): ["ns.vali.email."],
        ("s1._domainkey." + SHOP, "CNAME"): ["s1.domainkey.u1.wl2.sendgrid.net."],
    }
    found = seen(records)
    assert found.delegated == {"_dmarc": ("ns.vali.email",), "_domainkey": ("ns.vali.email",)}
    assert names(found) == {("_dmarc", "NS"): ("ns.vali.email.",), ("_domainkey", "NS"): ("ns.vali.email.",)}
    assert levels(found) == {"valimail": "high", "sendgrid": "high"}
    assert sum("a zone of its own at ns.vali.email" in one for one in found.unseen) == 2


def test_what_is_out_of_sight_is_said() -> None:
    """Always the same limits; every question nobody answered is told, a flood of them is counted."""
    found = seen(RICH, silent=[(SHOP, "MX"), ("k3._domainkey." + SHOP, "TXT")])
    for word in ("internal relays", "SMTP AUTH", "split-horizon", "selectors nobody guesses", "subdomains"):
        assert any(word in one for one in found.unseen)
    assert f"MX of {SHOP}: nobody answered (timed out)" in found.unseen
    assert f"TXT of k3._domainkey.{SHOP}: nobody answered (timed out)" in found.unseen


def test_a_flood_of_silence_is_counted() -> None:
    """When nobody answers anything, some questions are told and the rest are counted."""
    notebook = PublicDns({}).notebook()
    discover(SHOP, notebook)
    dead = discover(SHOP, Notebook(dict.fromkeys(notebook.open, Answer(Status.FAILED))))
    assert (dead.records, dead.matches) == ((), ())
    assert any("more questions that nobody answered" in one for one in dead.unseen)
    assert len(dead.unseen) < 40


def test_a_domain_that_does_not_exist() -> None:
    """It is said at once, and nothing is found."""
    found = seen({("other.example", "A"): ["192.0.2.1"]})
    assert found.unseen[0] == f"everything: DNS knows no {SHOP}"
    assert (found.records, found.matches, found.terms) == ((), (), ())


def test_spf_loops_end() -> None:
    """Records below the domain that name each other, or endless others, are each asked once and not without end."""
    records: dict[tuple[str, str], list[str]] = {
        (SHOP, "TXT"): ["v=spf1 include:s0.shop.example redirect=shop.example"],
    }
    for number in range(40):
        records[f"s{number}.{SHOP}", "TXT"] = [f"v=spf1 include:s{number + 1}.{SHOP} include:{SHOP} ~all"]
    dns = PublicDns(records)
    found = _until_quiet(dns)
    assert dns.rounds <= 12
    odd = PublicDns({(SHOP, "TXT"): [f'v=spf1 include:a"b.{SHOP} include:%{{d}}.{SHOP} include:é.{SHOP} -all']})
    _until_quiet(odd)
    assert odd.rounds == 1
    assert len({one.owner for one in found.terms}) <= 11


@pytest.mark.parametrize(
    ("record", "terms"),
    [
        ("v=spf1 -all include:late.example", []),
        ("v=spf1 -include:never.example ?include:maybe.example ~all", ["?include:maybe.example"]),
        ("v=spf1 redirect=_spf.mail.example", ["redirect=_spf.mail.example"]),
        ("v=spf1 redirect=_spf.mail.example ~all", []),
        ("v=spf1 exists:%{i}.a.example exp=why.example -all", ["exists:%{i}.a.example"]),
        ("v=spf10 include:a.example", []),
    ],
)
def test_terms_in_force(record: str, terms: list[str]) -> None:
    """Only terms that admit somebody are senders."""
    assert [one.text for one in seen({(SHOP, "TXT"): [record]}).terms] == terms


def test_the_test_label_is_the_same_in_every_run() -> None:
    """Nothing depends on chance: two runs ask the same questions in the same order."""
    first, second = PublicDns(RICH).notebook(), PublicDns(RICH).notebook()
    discover(SHOP, first)
    discover(SHOP, second)
    assert list(first.open) == list(second.open)
    other = PublicDns(RICH).notebook()
    discover("else.example", other)
    assert {name.split(".")[0] for name, _ in first.open} != {name.split(".")[0] for name, _ in other.open}


def test_as_json() -> None:
    """The document is plain JSON and holds everything."""
    document = json.loads(json.dumps(as_json(seen(RICH))))
    assert {*document} == {
        "domain", "matches", "records", "spf", "wildcards", "delegated", "name_servers", "signed", "unseen",
    }  # fmt: skip
    assert document["records"][0] == {
        "name": "@", "type": "MX", "ttl": 300, "values": sorted(RICH[SHOP, "MX"]),
    }  # fmt: skip


labels = st.sampled_from(["", "_dmarc.", "_spf.", "*.", "k1._domainkey.", "autodiscover.", "mail.", "_domainkey."])
texts = st.text(max_size=40) | st.binary(max_size=40).map(lambda octets: octets.decode("utf-8", "surrogateescape"))
spf = st.builds("v=spf1 {} {}".format, texts, texts) | st.builds("v=spf1 include:{}.shop.example".format, texts)


zones = st.dictionaries(
    st.tuples(labels.map(lambda label: f"{label}{SHOP}"), st.just("TXT")), st.lists(texts | spf, min_size=1)
)
hosts = st.sampled_from(["10 mx1.shop.example.", "0 .", "5 a\\.b.shop.example.", "7 \\000.shop.example."])


@given(zones, st.lists(hosts, unique=True))
def test_any_answers(records: dict[tuple[str, str], list[str]], mx: list[str]) -> None:
    """Whatever DNS holds: no traceback, an end, and a document that can be written."""
    found = _until_quiet(PublicDns({**records, **({(SHOP, "MX"): mx} if mx else {})}))
    json.dumps(as_json(found))
    assert len({(one.name, one.type) for one in found.records}) == len(found.records)


def _until_quiet(dns: PublicDns) -> Discovery:
    for _ in range(15):
        notebook = dns.notebook()
        found = discover(SHOP, notebook)
        if not dns.answer(notebook):
            return found
    raise AssertionError("it asks without end")
