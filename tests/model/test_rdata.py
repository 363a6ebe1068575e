"""One canonical text for each value, equal to what dnspython makes of it, and a reason in words for what is none."""

import re
import subprocess
import sys

import dns.name
import dns.rdata
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model import rdata

ROOT = dns.name.root
HEX = "AB" * 32

FORMS = [
    ("A", "192.0.2.1", "192.0.2.1"),
    ("A", r"\# 4 0a000001", "10.0.0.1"),
    ("AAAA", "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("AAAA", "2001:db8::0:1", "2001:db8::1"),
    ("AAAA", "::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
    ("AAAA", "::", "::"),
    ("CNAME", "Mail.Example.NET", "mail.example.net."),
    ("CNAME", "straße.example", "xn--strae-oqa.example."),
    ("CNAME", r"a\046b.example.", r"a\.b.example."),
    ("NS", "ns1.example.net.", "ns1.example.net."),
    ("NS", "localhost.", "localhost."),
    ("PTR", "1.0/25.2.0.192.in-addr.arpa.", "1.0/25.2.0.192.in-addr.arpa."),
    ("MX", "010   Mail.example.net", "10 mail.example.net."),
    ("MX", "0 .", "0 ."),
    ("SRV", "100 1 443 SIPdir.online.lync.com", "100 1 443 sipdir.online.lync.com."),
    ("SRV", "0 0 0 .", "0 0 0 ."),
    ("TXT", 'v=spf1 "; -all', 'v=spf1 "; -all'),
    ("CAA", '0 ISSUE "ca.example; policy=ev"', '0 issue "ca.example; policy=ev"'),
    ("CAA", "0 issue ca.example", '0 issue "ca.example"'),
    ("SSHFP", f"4 2 {HEX[:20]} {HEX[20:]}", f"4 2 {HEX.lower()}"),
    ("TLSA", f"3 1 1 {HEX}", f"3 1 1 {HEX.lower()}"),
    ("TLSA", f"3 1 0 {HEX * 4}", f"3 1 0 {HEX.lower() * 4}"),
    ("DS", f"60485 8 2 {HEX[:10]} {HEX[10:]}", f"60485 8 2 {HEX.lower()}"),
    ("NAPTR", '100 10 "u" "E2U+sip" "!^.*$!sip:a  b!" .', '100 10 "U" "E2U+sip" "!^.*$!sip:a  b!" .'),
    ("NAPTR", '100 10 "" "" "" Other.example', '100 10 "" "" "" other.example.'),
    ("HTTPS", "1 Svc.example port=443 alpn=h3,h2", '1 svc.example. alpn="h3,h2" port="443"'),
    ("SVCB", "0 .", "0 ."),
    ("LOC", "42 21 54 N 71 06 18 W -24m 30m", "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"),
    ("LOC", "42 21 54 N 71 06 18 W 0m", "42 21 54.000 N 71 6 18.000 W 0.00m 1.00m 10000.00m 10.00m"),
    ("TYPE65280", r"\# 3 AB cd EF", r"\# 3 abcdef"),
    ("TYPE65280", r"\# 0", r"\# 0"),
    ("TYPE65280", rf"\# 128 {'ab' * 128}", rf"\# 128 {'ab' * 128}"),
    ("DNAME", "Other.example", "other.example."),
    ("URI", '10 1 "https://Example.net/"', '10 1 "https://Example.net/"'),
]

REFUSED = [
    ("A", "192.0.2.01", "leading zeros"),
    ("A", "192.0.2", "leading zeros"),
    ("A", "192.0.2.1 ; old", "belong in quotes"),
    ("A", "192.0.2.1\n192.0.2.2", "belong in quotes"),
    ("AAAA", "192.0.2.1", "IPv6"),
    ("AAAA", "1::2::3", "IPv6"),
    ("CNAME", "mail", "one label"),
    ("CNAME", "@", "one label"),
    ("MX", "10 mail", "one label"),
    ("MX", "10 192.0.2.1", "looks like an address"),
    ("MX", "65536 mail.example.net.", "0 to 65535"),
    ("MX", "mail.example.net.", "preference"),
    ("SRV", "1 2 sip.example.net.", "priority, weight, port"),
    ("CNAME", "a..example.", "empty label"),
    ("CNAME", f"{'a' * 64}.example.", "63 octets"),
    ("CNAME", ".".join(["a" * 60] * 5), "255 octets"),
    ("CNAME", "a b.example", "one label"),
    ("CNAME", "a.example b", "no CNAME value"),
    ("TXT", "\ud800", "stand for no octet"),
    ("TXT", "a" * 65536, "too long"),
    ("TYPE65280", "abcd", "no TYPE65280 value"),
    ("FOO", "x", "no FOO value"),
]


@pytest.mark.parametrize(("kind", "text", "form"), FORMS)
def test_canonical_form(kind: str, text: str, form: str) -> None:
    """Each spelling of a value has one form, which is its own."""
    assert rdata.canonical(kind, text) == form
    assert rdata.canonical(kind, form) == form


@pytest.mark.parametrize(("kind", "text", "reason"), REFUSED)
def test_refused_value(kind: str, text: str, reason: str) -> None:
    """What is no value is refused with a reason that its author understands."""
    with pytest.raises(ValueError, match=re.escape(reason)) as caught:
        rdata.canonical(kind, text)
    assert "\n" not in str(caught.value)


def test_every_supported_type_has_a_form() -> None:
    """No supported type is forgotten above."""
    assert {kind for kind, _, _ in FORMS} >= rdata.TYPES


def by_dnspython(kind: str, text: str, origin: str) -> str | None:
    """What dnspython alone makes of a value; none when it refuses it."""
    try:
        base = dns.name.from_text(origin)
        read = dns.rdata.from_text("IN", kind, text, origin=base, relativize=False)
    except dns.exception.DNSException:
        return None
    slots = [slot for one in type(read).__mro__ for slot in getattr(one, "__slots__", ())]
    hosts = {slot: getattr(read, slot) for slot in slots if isinstance(getattr(read, slot), dns.name.Name)}
    return read.replace(**{slot: name.canonicalize() for slot, name in hosts.items()}).to_text()


LABEL = st.text("abcXYZ019-_/*", min_size=1, max_size=5) | st.sampled_from(["a" * 63, "a" * 64, "", "@", "b\\.c", "é"])
HOST = st.builds(lambda parts, dot: ".".join(parts) + dot, st.lists(LABEL, max_size=5), st.sampled_from(["", "."]))
NUMBER = st.sampled_from(["0", "1", "010", "443", "65535", "65536", "-1", "x", "", "٣"])
BLANK = st.sampled_from([" ", "  ", "\t"])
OCTET = st.integers(0, 256).map(str) | st.sampled_from(["00", "01", "", "-1"])
GROUP = st.integers(0, 0xFFFF).map("{:x}".format) | st.sampled_from(
    ["0", "0000", "00AB", "", "12345", "1.2.3.4", "1_2", "+1", "0x1"]
)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "A": st.lists(OCTET, min_size=3, max_size=5).map(".".join) | st.just("1.2.3.4\n"),
    "AAAA": st.lists(GROUP, min_size=1, max_size=9).map(":".join) | st.ip_addresses(v=6).map(lambda ip: ip.exploded),
    "CNAME": HOST,
    "NS": HOST,
    "PTR": HOST,
    "MX": st.builds("".join, st.tuples(NUMBER, BLANK, HOST)),
    "SRV": st.builds("".join, st.tuples(NUMBER, BLANK, NUMBER, BLANK, NUMBER, BLANK, HOST)),
}


@given(st.sampled_from(sorted(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind])))
@example(("AAAA", "0:0:0:0:0:0:0:1"))
@example(("AAAA", "0:0:0:0:0:ffff:1:1"))
@example(("AAAA", "1:2:3:4:5:6:7::"))
@example(("AAAA", "1:2:3:4:5:6:7:8::"))
@example(("AAAA", "1:0:0:2:0:0:0:3"))
@example(("AAAA", "1_2:3:4:5:6:7:8:9"))
@example(("AAAA", "+1:2:3:4:5:6:7:8"))
@example(("CNAME", "\u212a.example"))
def test_fast_paths_equal_dnspython(value: tuple[str, str]) -> None:
    """Where a fast path gives a value, dnspython gives the same, for relative and absolute names alike."""
    kind, text = value
    for origin in ("example.com.", "."):
        quick = rdata.FAST[kind](text, origin)
        assert quick is None or quick == by_dnspython(kind, text, origin)


@given(
    st.sampled_from(sorted(rdata.TYPES)), st.text(st.sampled_from('0129 .:"\\;()@#abnNsW-=,\n\té\udcff'), max_size=24)
)
def test_any_text_has_a_form_or_a_reason(kind: str, text: str) -> None:
    """Whatever is written, the answer is a stable form or a reason in words."""
    for form in (form_or_none(kind, text, ""), form_or_none(kind, text, "example.com.")):
        assert form is None or rdata.canonical(kind, form) == form


def form_or_none(kind: str, text: str, origin: str) -> str | None:
    """The form by the rules of a zone file, or without an origin by those of a spec."""
    try:
        return rdata.canonical_at(kind, text, origin) if origin else rdata.canonical(kind, text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("written", "name"), [("mx", "MX"), ("TYPE15", "MX"), ("type65280", "TYPE65280"), ("URI", "URI"), ("soa", "SOA")]
)
def test_type_names(written: str, name: str) -> None:
    """A type has one name, however it is written."""
    assert rdata.type_name(written) == name


@pytest.mark.parametrize("written", ["", "FOO", "ANY", "AXFR", "OPT", "TYPE0", "TYPE65536", "TYPE", "A A", "ſOA"])
def test_no_type_names(written: str) -> None:
    """What no zone can hold is no record type."""
    with pytest.raises(ValueError, match="type"):
        rdata.type_name(written)


def test_common_types_do_without_the_library() -> None:
    """Reading the common types imports neither dnspython nor idna."""
    code = (
        "import sys; from reconciler.model.rdata import canonical as c; "
        "c('A', '192.0.2.1'), c('MX', '10 a.example'), c('AAAA', '2001:db8::1'), c('SRV', '1 1 1 a.example.'); "
        "sys.exit('dns' in sys.modules or 'idna' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
