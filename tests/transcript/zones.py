"""Random zones: mail in every shape, hostile texts, names that look like YAML; and the files they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from reconciler.model import rdata
from reconciler.model.key import Key
from reconciler.model.names import fqdn
from reconciler.model.rdata import txt_to_presentation
from reconciler.model.resource import RecordSet
from tests.mail.keys import KEYS

ZONE = "shop.example"
SOA = "ns1.host.example. hostmaster.host.example. 7 7200 900 1209600 300"
KEY = f"v=DKIM1; k=rsa; p={KEYS[2048]}"

ttls = st.sampled_from([0, 60, 300, 3600, 86_400, 2**31 - 1])
names = st.sampled_from([
    "www", "null", "yes", "1e3", "0x10", "*", "*.a", "a.b", "_x._tcp", "~", "on", "-x", "shop.example",
    "x.shop.example", "\\@", "a\\.b", "\\032x", "\\255", "host#1", "a/b", "xn--and-6ma2c", "mail", "ftp",
])  # fmt: skip
octets = st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
hostile = st.sampled_from([
    "", '"', '"quoted"', "a\nb: c", "\t", "# x", "- x", "{a: b}", "${x}", "\u2028", "\u202e", "\udcff", "ñandú", "'",
    "\\", "v=spf10 x", " v=spf1 -all", "x" * 300, "null", "!!python/object", "v=DMARC1", "v=DKIM1; p=",
])  # fmt: skip
tokens = st.sampled_from([
    "MS=ms12345678", "google-site-verification=Zm9v", "facebook-domain-verification=abc", "apple-domain=x1", "vendor=1",
])  # fmt: skip
terms = st.sampled_from([
    "include:spf.protection.outlook.com", "include:_spf.google.com", "include:servers.mcsv.net", "include:sendgrid.net",
    "include:mailgun.org", "include:one.example", "include:One.Example", "+include:two.example", "?include:x.example",
    "ip4:198.51.100.7", "ip4:198.51.100.0/24", "ip4:198.51.100.9/24", "ip6:2001:db8::1", "ip4:0.0.0.0/0", "mx", "a",
    "ptr", "a:mail.shop.example", "exists:%{i}.x.example", "include:%{d}.x.example", "-include:no.example", "include:a",
    "exp=x.example", "redirect=other.example", "include:_spf.shop.example", "x",
])  # fmt: skip
ends = st.sampled_from(
    ["-all", "~all", "?all", "+all", "all", "", "redirect=other.example", "-ALL", "~all mx", "-all -all"]
)


@st.composite
def spf(draw: st.DrawFn) -> str:
    """An SPF record as people write them."""
    words = ["v=spf1", *draw(st.lists(terms, max_size=5)), draw(ends)]
    return draw(st.sampled_from([" ", "  "])).join(word for word in words if word)


texts = st.one_of(octets, hostile, tokens, spf())
policies = st.one_of(
    st.sampled_from([
        "v=DMARC1; p=none", "v=DMARC1; p=reject; sp=none; rua=mailto:a@shop.example", "v=DMARC1;p=none", "v=DMARC1",
        "v=DMARC1; p=none; rua=mailto:d@shop.example,mailto:x@other.example; ruf=mailto:f@shop.example",
        "v=DMARC1; p=none; t=y; np=reject", "v=DMARC1; p=NONE", "v=DMARC1; p=none; pct=50", "v=DMARC1; p=maybe",
        "v=DMARC1; p=none; rua=mailto:A@Shop.example", "v=DMARC1; p=none; rua=mailto:x@other2.example!10m",
    ]),
    texts,
)  # fmt: skip
keys = st.sampled_from([KEY, "v=DKIM1; p=", f"{KEY}; t=y", "p=abc", "not a key"])
MTA_STS = "v=STSv1; id=20261121;"
reports = st.sampled_from(["v=TLSRPTv1; rua=mailto:t@shop.example", "v=TLSRPTv1;rua=mailto:t@x.example", "v=TLSRPTv1"])


def many(values: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[list[str]]:
    """One or a few of them."""
    return st.lists(values, min_size=1, max_size=most, unique=True)


HOSTS = st.sampled_from(["mail.shop.example.", "shop-example.mail.protection.outlook.com.", "mx.other.example.", "."])
exchanges = st.tuples(st.sampled_from([0, 10, 20]), HOSTS).map(lambda pair: f"{pair[0]} {pair[1]}")
#: By type, what may stand at any name.
PLAIN = {
    "A": st.sampled_from(["192.0.2.1", "192.0.2.2"]),
    "AAAA": st.sampled_from(["2001:db8::1"]),
    "CAA": st.sampled_from(['0 issue "ca.example"', '0 iodef "mailto:x@shop.example"']),
    "SRV": st.sampled_from(["0 0 0 .", "100 1 443 sipdir.online.lync.com."]),
    "TLSA": st.sampled_from(["3 1 1 " + "ab" * 32]),
    "NAPTR": st.sampled_from(['10 10 "u" "E2U+sip" "!^.*$!sip:x@shop.example!" .']),
    "SVCB": st.sampled_from(["1 svc.example. alpn=h2"]),
    "TYPE65280": st.sampled_from(["\\# 2 abcd"]),
    "TXT": texts,
    "MX": exchanges,
    "NS": st.sampled_from(["ns1.other.example.", "ns2.other.example."]),
}


@st.composite
def record_sets(draw: st.DrawFn) -> list[RecordSet]:
    """A zone that a name server would load, without its SOA."""
    found: dict[tuple[str, str], list[str]] = {("NS", "@"): ["ns1.host.example.", "ns2.host.example."]}
    chance = st.booleans()
    if draw(chance):
        found["MX", "@"] = draw(many(exchanges))
    if draw(chance):
        found["TXT", "@"] = draw(many(texts, 5))
    for name, values in (
        ("_dmarc", policies), ("_mta-sts", st.just(MTA_STS) | texts), ("_smtp._tls", reports | texts),
        ("s1._domainkey", keys | texts), ("a.b._domainkey", keys), ("_domainkey", texts), ("_spf", spf()),
    ):  # fmt: skip
        if draw(chance):
            found["TXT", name] = draw(many(values, 2))
    for name, value in (
        ("autodiscover", "autodiscover.outlook.com."), ("k2._domainkey", "dkim2.mcsv.net."),
        ("k3._domainkey", "dkim3.mcsv.net."), ("selector1._domainkey", "selector1.x._domainkey.y.onmicrosoft.com."),
        ("msoid", "x.example."), ("shop", "x\\@y.example."),
    ):  # fmt: skip
        if draw(chance):
            found["CNAME", name] = [value]
    for name in draw(st.lists(names, max_size=5, unique=True)):
        for kind in draw(st.lists(st.sampled_from(sorted(PLAIN)), min_size=1, max_size=2, unique=True)):
            found[kind, name] = draw(many(PLAIN[kind]))
    return [
        RecordSet(Key("dns", ZONE, kind, name), draw(ttls), tuple(sorted({rdata.canonical(kind, one) for one in some})))
        for (kind, name), some in found.items()
    ]


def zone_file(sets: Iterable[RecordSet], zone: str = ZONE) -> str:
    """The same as a zone file."""
    lines = [f"@ 3600 SOA {SOA}"]
    for one in sets:
        owner = fqdn(one.key.name, zone)
        lines += [f"{owner} {one.ttl} {one.key.kind} {_shown(one.key.kind, value)}" for value in one.values]
    return "\n".join([*lines, ""])


def _shown(kind: str, value: str) -> str:
    return txt_to_presentation(value) if kind == "TXT" else value


def plain(records: Sequence[tuple[str, str, str]], ttl: int = 300, zone: str = ZONE) -> list[RecordSet]:
    """Record sets of a few records, each name, type and value, beside the zone's own NS."""
    found: dict[Key, set[str]] = {Key("dns", zone, "NS", "@"): {"ns1.host.example."}}
    for name, kind, value in records:
        found.setdefault(Key("dns", zone, kind, name), set()).add(rdata.canonical(kind, value))
    return [RecordSet(key, ttl, tuple(sorted(values))) for key, values in found.items()]
