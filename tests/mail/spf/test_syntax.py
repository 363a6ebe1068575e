"""Strict reading of SPF records: what is sound, what each mistake is called, and that nothing upsets it."""

import ipaddress
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.spf.syntax import Directive, Modifier, read
from reconciler.mail.spf.terms import identity
from tests.mail.spf.records import terms


def _one(term: str) -> Directive | Modifier:
    record = read(f"v=spf1 {term}")
    assert record.problems == ()
    (found,) = record.terms
    assert found.text == term
    return found


@pytest.mark.parametrize(
    ("term", "parts"),
    [
        ("all", ("+", "all", "", 32, 128)),
        ("~ALL", ("~", "all", "", 32, 128)),
        ("A", ("+", "a", "", 32, 128)),
        ("a/24", ("+", "a", "", 24, 128)),
        ("a//64", ("+", "a", "", 32, 64)),
        ("?mx:h.example/0//0", ("?", "mx", "h.example", 0, 0)),
        ("mx:h.example1/24", ("+", "mx", "h.example1", 24, 128)),
        ("a:foo:bar/24.example.com/8", ("+", "a", "foo:bar/24.example.com", 8, 128)),
        ("a:%{d}/24", ("+", "a", "%{d}", 24, 128)),
        ("+include:_spf.example.com.", ("+", "include", "_spf.example.com.", 32, 128)),
        ("-exists:%{ir}.%{l1r-+}._spf.%{D2}", ("-", "exists", "%{ir}.%{l1r-+}._spf.%{D2}", 32, 128)),
        ("exists:a%%", ("+", "exists", "a%%", 32, 128)),
        ("exists:.example", ("+", "exists", ".example", 32, 128)),
        ("a:h.xn--p1ai", ("+", "a", "h.xn--p1ai", 32, 128)),
        ("a:h.1-2", ("+", "a", "h.1-2", 32, 128)),
        ("ptr", ("+", "ptr", "", 32, 128)),
        ("ptr:h.example", ("+", "ptr", "h.example", 32, 128)),
    ],
)
def test_a_directive(term: str, parts: tuple[str, str, str, int, int]) -> None:
    """Each part is read as written, but for the case of the mechanism."""
    one = _one(term)
    assert isinstance(one, Directive)
    assert (one.qualifier, one.name, one.domain, one.four, one.six) == parts
    assert one.network is None


@pytest.mark.parametrize(
    ("term", "network"),
    [
        ("ip4:192.0.2.77", "192.0.2.77/32"),
        ("-IP4:192.0.2.77/24", "192.0.2.0/24"),
        ("ip4:0.0.0.0/0", "0.0.0.0/0"),
        ("ip6:2001:DB8::1/32", "2001:db8::/32"),
        ("ip6:::1.2.3.4", "::1.2.3.4/128"),
        ("ip6:::ffff:192.0.2.1/0", "::/0"),
    ],
)
def test_a_network(term: str, network: str) -> None:
    """An address is its network, without host bits."""
    one = _one(term)
    assert isinstance(one, Directive)
    assert one.network == ipaddress.ip_network(network)


@pytest.mark.parametrize(
    ("term", "name", "value"),
    [
        ("redirect=%{d}.example", "redirect", "%{d}.example"),
        ("Redirect=_spf.example", "redirect", "_spf.example"),
        ("EXP=e.example", "exp", "e.example"),
        ("x-1_a.b=", "x-1_a.b", ""),
        ("a=b:c/d=e", "a", "b:c/d=e"),
        ("x=%{l}%%%_", "x", "%{l}%%%_"),
    ],
)
def test_a_modifier(term: str, name: str, value: str) -> None:
    """A name in any case and its value; one that nobody knows is no mistake."""
    one = _one(term)
    assert isinstance(one, Modifier)
    assert (one.name, one.value) == (name, value)


@pytest.mark.parametrize(
    ("term", "rule"),
    [
        ("moo", "S12"),
        ("-all.", "S12"),
        ("a,mx", "S5"),
        ("=all", "S5"),
        ("1up=x", "S5"),
        ("+", "S5"),
        ("+-all", "S5"),
        ("redirect:a.example", "S12"),
        ("moo.cow/far=x", "S12"),
        ("all:x", "S5"),
        ("all/8", "S5"),
        ("a\x00", "S5"),
        ("a\tmx", "S5"),
        ("a\n", "S5"),
        ("a:\xfc.example", "S22"),
        ("\udcffall", "S22"),
        ("x=\x7f", "S5"),
        ("a/33", "S16"),
        ("a/024", "S16"),
        ("a/", "S16"),
        ("a//", "S16"),
        ("mx//129", "S16"),
        ("mx//0128", "S16"),
        ("a/24/64", "S16"),
        ("a//64/24", "S16"),
        ("a//0-include:h.example.com", "S16"),
        ("ptr/0", "S16"),
        ("exists:h.example/24", "S16"),
        ("include:h.example/24", "S16"),
        ("ip4", "S16"),
        ("ip4:", "S16"),
        ("ip4:192.0.2", "S16"),
        ("ip4:192.0.2.256", "S16"),
        ("ip4:192.0.2.01", "S16"),
        ("ip4:192.0.2.1:25", "S16"),
        ("ip4:192.0.2.1/33", "S16"),
        ("ip4:192.0.2.1/032", "S16"),
        ("ip4:192.0.2.1/", "S16"),
        ("ip4:192.0.2.1//32", "S16"),
        ("ip4:2001:db8::1", "S16"),
        ("ip4/24", "S16"),
        ("ip6:192.0.2.1", "S16"),
        ("ip6::1::2", "S16"),
        ("ip6:fe80::1%eth0", "S16"),
        ("ip6:2001:db8::/129", "S16"),
        ("ip6:2001:db8::/064", "S16"),
        ("a:%{d", "S17"),
        ("a:%(d).example", "S17"),
        ("a:h%.example", "S17"),
        ("a:%%%a.example", "S17"),
        ("a:%{a}.example", "S17"),
        ("a:%{d0}.example", "S17"),
        ("a:%{d00r}.example", "S17"),
        ("a:%{dz}.example", "S17"),
        ("a:%{dr2}.example", "S17"),
        ("a:%{c}.example", "S17"),
        ("exp=%{t}.example", "S17"),
        ("x=%{R}", "S17"),
        ("x=%", "S17"),
        ("include", "S19"),
        ("include:", "S19"),
        ("exists", "S19"),
        ("a:", "S19"),
        ("ptr:", "S19"),
        ("redirect=", "S19"),
        ("exp=", "S19"),
        ("a:museum", "S19"),
        ("a:museum.", "S19"),
        ("a:192.0.2.1", "S19"),
        ("a:h.123", "S19"),
        ("a:h.example..", "S19"),
        ("a:h.-com", "S19"),
        ("a:h.com-", "S19"),
        ("a:h.c_m", "S19"),
        ("a:h.example:25", "S19"),
        ("a:%{d}.", "S19"),
        ("a:%{d}com", "S19"),
        ("a:x.%%com", "S19"),
        ("redirect=-all", "S19"),
    ],
)
def test_a_mistake(term: str, rule: str) -> None:
    """Each has a rule and a line of its own; the terms beside it are read, before and after `all`."""
    for text in (f"v=spf1 {term} a -all", f"v=spf1 a -all {term}"):
        record = read(text)
        assert [one.text for one in record.terms] == ["a", "-all"]
        (problem,) = record.problems
        assert (problem.rule, problem.term) == (rule, term)
        assert problem.text
        assert "\n" not in problem.text
        assert not problem.text.endswith(".")


def test_all_mistakes_are_told_in_order() -> None:
    """One reading tells them all, so that an author mends them at once."""
    record = read("V=spf1 moo  exp=a.example ip4:1.2.3 -all Exp=b.example a:%{q}.example exp=c.example ")
    assert [(one.rule, one.term) for one in record.problems] == [
        ("S12", "moo"),
        ("S16", "ip4:1.2.3"),
        ("S11", "Exp=b.example"),
        ("S17", "a:%{q}.example"),
        ("S11", "exp=c.example"),
    ]
    assert record.explanation == "a.example"
    assert [one.text for one in record.directives] == ["-all"]


def test_a_second_modifier_that_nobody_knows_is_none() -> None:
    """Only redirect= and exp= are said to stand once (RFC 7208, 6)."""
    assert read("v=spf1 x=1 x=2").problems == ()
    assert [one.rule for one in read("v=spf1 redirect=a.example -all redirect=a.example").problems] == ["S11"]


def test_nothing_but_the_version() -> None:
    """An empty record is a record."""
    for text in ("v=spf1", "v=spf1   "):
        record = read(text)
        assert (record.terms, record.problems, record.redirect, record.explanation) == ((), (), "", "")


@pytest.mark.parametrize(
    ("term", "has"),
    [("a:%{d}", True), ("a:%%%{d}", True), ("a:%%{d}.example", False), ("a:x%_%-%%", False), ("a", False)],
)
def test_what_depends_on_the_message(term: str, has: bool) -> None:
    """A macro with a letter does, an escape does not."""
    assert _one(term).has_macro is has
    assert _one(f"x={term.partition(':')[2]}").has_macro is has


@given(st.text(max_size=60))
def test_whatever_is_published(text: str) -> None:
    """Each word is either a term or has a problem, in order, and nothing is raised."""
    record = read(f"v=spf1 {text}")
    words = [word for word in text.split(" ") if word]
    wrong = [one.term for one in record.problems if one.rule != "S11"]
    assert sorted([*(one.text for one in record.terms), *wrong]) == sorted(words)


@given(terms)
def test_a_term_and_its_identity_are_sound_alike(text: str) -> None:
    """The lenient reading re-spells a term; that neither breaks nor mends it."""
    assert bool(read(f"v=spf1 {identity(text)}").problems) == bool(read(f"v=spf1 {text}").problems)


@pytest.mark.parametrize(
    "piece",
    [
        "/1",
        "1",
        "a.",
        "%{d}",
        "%",
        "%%",
        "%{",
        "%{d" + "9" * 50 + "}",
        "%{d-.+,}",
        "-",
        "a-",
        ":",
        "0/",
        ".",
        "=",
        "::",
    ],
)
@pytest.mark.parametrize("start", ["a:", "include:", "ip4:", "ip6:", "x=", "redirect=", "", "a/", "a//"])
def test_hostile_texts_take_no_time(start: str, piece: str) -> None:
    """A TXT value as large as DNS allows is read in the time its length deserves."""
    word = start + piece * (60_000 // len(piece))
    begin = time.process_time()
    for text in (word, f"{word}!", f"{word}.example", " ".join([word[:200]] * 300)):
        read(f"v=spf1 {text}")
    assert time.process_time() - begin < 2  # minutes, if it were quadratic
