"""Names: compared by labels, written in one way, and refused with a reason."""

import re

import dns.name
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.model import names

ZONE = "example.com"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("example.com.", "@"),
        ("Example.COM", "@"),
        ("www.example.com.", "www"),
        ("_sip._tcp.Example.com.", "_sip._tcp"),
        ("*.example.com.", "*"),
        (r"a\.b.example.com.", r"a\.b"),
        (r"\065.example.com.", "a"),
        (r"\000.example.com.", r"\000"),
        ("é.example.com.", r"\195\169"),
    ],
)
def test_relative(name: str, kept: str) -> None:
    """A name inside the zone is kept by the labels before the zone's."""
    assert names.relative(name, ZONE) == kept
    assert names.relative(names.fqdn(kept, ZONE), ZONE) == kept


@pytest.mark.parametrize(
    "name", ["fooexample.com.", r"a\.example.com.", "com.", ".", "example.org.", "example.com.org."]
)
def test_outside(name: str) -> None:
    """Being inside is a matter of labels, never of how the text ends."""
    with pytest.raises(ValueError, match="outside the zone"):
        names.relative(name, ZONE)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("@", "@"),
        ("www", "www"),
        ("Www", "www"),
        ("www.example.com.", "www"),
        ("example.com.", "@"),
        ("*", "*"),
        ("*.dev", "*.dev"),
        ("_dmarc", "_dmarc"),
        ("münchen", "xn--mnchen-3ya"),
        ("_dmarc.München", "_dmarc.xn--mnchen-3ya"),
        ("straße", "xn--strae-oqa"),
        ("日本。例", "xn--wgv71a.xn--fsq"),
        ("münchen.example.com.", "xn--mnchen-3ya"),
    ],
)
def test_owner(written: str, kept: str) -> None:
    """Authors write names relative, absolute or as @, in their own script."""
    assert names.owner(written, ZONE) == kept


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "missing"),
        ("www.example.com", "write www"),
        ("example.com", "write @"),
        ("www.example.org.", "outside the zone"),
        ("a..b", "empty label"),
        ("a*", "first label"),
        ("a.*", "first label"),
        ("*a", "first label"),
        ("a b", "blank"),
        ("a\tb", "blank"),
        ("a" * 64, "63 octets"),
        ("ü" * 63, "cannot be written"),
        (".".join(["a" * 62] * 4), "255 octets"),
        ("\\", "broken escape"),
        (r"\256", "no octet"),
        ("x.\U0001f600", "cannot be written"),
        (".", "outside the zone"),
    ],
)
def test_refused_owner(written: str, reason: str) -> None:
    """What is no name in the zone is refused with the reason in words."""
    with pytest.raises(ValueError, match=re.escape(reason)):
        names.owner(written, ZONE)


def test_longest_names() -> None:
    """255 octets on the wire are a name, one more is none; escapes count as one octet."""
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 49])  # 4 length octets, 12 for the zone, 1 for the root
    assert names.owner(longest, ZONE) == longest
    assert names.owner(longest.replace("d" * 49, r"\000" * 49), ZONE).endswith(r"\000")
    with pytest.raises(ValueError, match="255 octets"):
        names.owner(f"{longest}d", ZONE)
    with pytest.raises(ValueError, match="255 octets"):
        names.absolute(f"{longest}d", f"{ZONE}.")


@given(st.text(st.sampled_from('ab.AB\\@*0129;"$-_ \x00é'), max_size=20), st.sampled_from(["example.com.", "."]))
def test_absolute_equals_dnspython(name: str, origin: str) -> None:
    """A name of a zone file is what dnspython makes of it, and what it refuses is refused."""
    assume(not re.search(r"\\[^\x00-\x7f]", name))  # dnspython takes no octets there
    octets = "".join(chr(one) if one < 128 else f"\\{one:03d}" for one in name.encode())
    try:
        expected = dns.name.from_text(octets, dns.name.from_text(origin)).canonicalize().to_text() if name else None
    except dns.exception.DNSException:
        expected = None
    try:
        found = names.absolute(name, origin)
    except ValueError:
        found = None
    assert found == expected


@given(st.text(max_size=12))
def test_any_owner_has_a_form_or_a_reason(written: str) -> None:
    """Whatever an author writes, the answer is a name in the zone or a reason in words."""
    try:
        kept = names.owner(written, ZONE)
    except ValueError:
        return
    assert names.relative(names.fqdn(kept, ZONE), ZONE) == kept
