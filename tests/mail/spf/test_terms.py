"""Reading SPF records: what is one, which spellings mean the same term, which terms run."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.spf.terms import divide, identity, is_spf, parse, term, weakest
from tests.mail.spf.records import records, senders, terms


@pytest.mark.parametrize("text", ["v=spf1", "v=spf1 -all", "V=SPF1 mx", "v=Spf1 ", "v=spf1  a"])
def test_a_record(text: str) -> None:
    """The version in any case, alone or before a space, makes an SPF record."""
    assert is_spf(text)


@pytest.mark.parametrize(
    "text", ["", " v=spf1 -all", '"v=spf1 -all"', "v=spf10 -all", "v=spf1\t-all", "spf1 a", "v=spf"]
)
def test_a_look_alike(text: str) -> None:
    """A leading space, a quote, another version or another blank makes something else of it."""
    assert not is_spf(text)


@pytest.mark.parametrize(
    ("spelling", "meaning"),
    [
        ("+include:Spf.Example.COM.", "include:spf.example.com"),
        ("INCLUDE:a.example", "include:a.example"),
        ("-Include:a.example", "-include:a.example"),
        ("exists:%{I}.Example", "exists:%{I}.example"),
        ("a", "a"),
        ("A/32", "a"),
        ("mx/24//128", "mx/24"),
        ("a:H.example./28//64", "a:h.example/28//64"),
        ("ip4:192.0.2.77/24", "ip4:192.0.2.0/24"),
        ("ip4:192.0.2.1/32", "ip4:192.0.2.1"),
        ("IP6:2001:DB8:0::1/128", "ip6:2001:db8::1"),
        ("ip6:::FFFF:192.0.2.1", "ip6:::ffff:c000:201"),
        ("Redirect=_SPF.example", "redirect=_spf.example"),
        ("X-Tag=Kept", "x-tag=Kept"),
        ("+ALL", "all"),
        ("~All", "~all"),
    ],
)
def test_one_meaning_one_identity(spelling: str, meaning: str) -> None:
    """All spellings of one meaning share an identity."""
    assert identity(spelling) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "ip4:1.2.3.4/33",
        "ip4:1.2.3.4/024",
        "ip4:01.2.3.4",
        "ip4:1.2.3.4/255.0.0.0",
        "include:a.example..",
        "ip6:fe80::1%1",
    ],
)
def test_what_cannot_be_understood_is_itself(text: str) -> None:
    """A broken term is never taken for a sound one: it would count as present."""
    assert identity(text) == text


@given(st.one_of(terms, st.text(max_size=12)))
def test_identity_is_stable(text: str) -> None:
    """The identity of an identity is itself, whatever the text."""
    assert identity(identity(text)) == identity(text)


@given(st.ip_addresses(), st.integers(0, 128))
def test_networks_are_compared_by_what_they_hold(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, size: int
) -> None:
    """Two ip terms are one exactly when they hold the same addresses."""
    length = min(size, address.max_prefixlen)
    network = ipaddress.ip_network((address, length), strict=False)
    mechanism = f"ip{address.version}"
    assert identity(f"{mechanism}:{address.exploded}/{length}") == identity(f"{mechanism}:{network[-1]}/{length}")
    if length:
        wider = ipaddress.ip_network((address, length - 1), strict=False)
        assert identity(f"{mechanism}:{address}/{length}") != identity(f"{mechanism}:{wider}")


@given(senders)
def test_a_sign_changes_the_meaning(text: str) -> None:
    """A term that fails whom another admits is another term."""
    bare = text.lstrip("+-~?")
    assert identity(f"-{bare}") != identity(bare) == identity(f"+{bare}")


@given(records)
def test_reading_keeps_every_word(text: str) -> None:
    """The terms' texts are the record's words after the version."""
    assert [one.text for one in parse(text)] == [word for word in text.split(" ")[1:] if word]


@given(records)
def test_every_term_is_on_one_side(text: str) -> None:
    """Cutting a record at its end loses no term and doubles none."""
    parts = divide(parse(text))
    whole = [*parts.before, *([parts.end] if parts.end else []), *parts.after]
    assert sorted(whole) == sorted(parse(text))


def test_nothing_runs_after_all() -> None:
    """Mechanisms after `all` do not run, modifiers do, and a redirect is ignored beside an `all`."""
    parts = divide(parse("v=spf1 a redirect=x.example -all mx exp=y.example ~all"))
    assert [one.text for one in parts.force] == ["a", "exp=y.example"]
    assert parts.end == term("-all")


def test_a_redirect_ends_what_has_no_all() -> None:
    """Without an `all` the redirect is the end, wherever it stands."""
    parts = divide(parse("v=spf1 redirect=x.example a"))
    assert [one.text for one in parts.force] == ["a"]
    assert parts.end == term("redirect=x.example")


def test_the_weakest_end() -> None:
    """`+all` rejects least, then `?all`, `~all`, `-all`."""
    strict = [term(text) for text in ("-all", "~ALL", "?all", "all")]
    for at in range(1, 5):
        assert weakest(strict[:at][::-1]) == strict[at - 1]
