"""Lists of tag=value, and where reports go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.report_uri import mailto, uris
from reconciler.mail.tags import Tag, plain, read, shown, some, worst_first
from reconciler.model.diagnostic import Diagnostic, Severity


@pytest.mark.parametrize(
    ("text", "tags", "broken"),
    [
        ("a=1;b=2", [("a", "1"), ("b", "2")], []),
        (" a = 1 ;\tb=2 ; ", [("a", "1"), ("b", "2")], []),
        ("a=x=y", [("a", "x=y")], []),
        ("a=", [("a", "")], []),
        ("a=1;;b=2", [("a", "1"), ("b", "2")], [""]),
        ("a=1; b", [("a", "1")], ["b"]),
        ("=1", [], ["=1"]),
        ("a b=1", [], ["a b=1"]),
        ("a=ü", [], ["a=ü"]),
        ("", [], [""]),
    ],
)
def test_read(text: str, tags: list[tuple[str, str]], broken: list[str]) -> None:
    """Order and repetition stay; what is no tag is kept apart; a final semicolon makes no piece."""
    found = read(text)
    assert (list(found.tags), list(found.broken)) == ([Tag(*tag) for tag in tags], broken)


def test_tight() -> None:
    """Where no blanks may stand at the equals sign, a piece with some is no tag."""
    found = read("v=STSv1; id =1; id= 2; id=3", tight=True)
    assert found.tags == (Tag("v", "STSv1"), Tag("id", "3"))
    assert found.broken == ("id =1", "id= 2")


def test_folded_lines() -> None:
    """DKIM's blanks hold line ends."""
    assert read("p=a\r\n ;\r\n\tk=b", blanks=" \t\r\n").tags == (Tag("p", "a"), Tag("k", "b"))


def test_repeated() -> None:
    """The first of a name counts, and that it stands again is known."""
    found = read("a=1;b=2;a=3;a=4")
    assert (found.get("a"), found.get("c"), found.names, found.repeated) == ("1", None, ("a", "b"), ("a",))


def test_messages_are_short_and_printable() -> None:
    """A message shows a few texts, cut, on one line, whatever they hold."""
    assert shown("a" * 100) == repr("a" * 57 + "...")
    assert shown("\0" * 30) == "'" + "\\x00" * 14 + "\\x0..."
    assert some(["1", "2", "3", "4", "5", "6"]) == "'1', '2', '3', '4' and 2 more"
    assert plain("a\x1b[31m\udcff\nü") == "a\\x1b[31m\\udcff\\nü"


def test_worst_first() -> None:
    """Errors come first; equals keep their order."""
    found = [Diagnostic(severity, rule, "") for severity, rule in zip(Severity, "abc", strict=True)]
    again = worst_first([*reversed(found), *found])
    assert "".join(one.rule for one in again) == "aabbcc"


@pytest.mark.parametrize(
    ("text", "scheme", "address", "host"),
    [
        ("mailto:a@b.example", "mailto", "a@b.example", "b.example"),
        ("MAILTO:A@B.Example", "mailto", "A@B.Example", "b.example"),
        ("mailto:a%2Cb@c.example?subject=x", "mailto", "a,b@c.example", "c.example"),
        ("https://r.example:8443/v1?a=b", "https", "", "r.example"),
        ("https://user@r.example/", "https", "", "r.example"),
        ("mailto:a@b", "mailto", "", ""),
        ("mailto:@b.example", "mailto", "", ""),
        ("mailto:a@192.0.2.1", "mailto", "", ""),
        ("mailto:b.example", "mailto", "", ""),
        ("https:r.example", "https", "", ""),
        ("a@b.example", "", "", ""),
        ("mailto: a@b.example", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_uris(text: str, scheme: str, address: str, host: str) -> None:
    """Whom a report reaches; a text that names nobody has no host."""
    (one,) = uris(text)
    assert (one.text, one.scheme, one.address, one.host) == (text, scheme, address, host)


def test_list_of_uris() -> None:
    """Commas and blanks divide; an outdated size is cut off; a bare address is known as one."""
    found = uris("mailto:a@b.example!10m , c@d.example,,mailto:x!y@z.example")
    assert [(one.host, one.size, one.forgotten) for one in found] == [
        ("b.example", "!10m", False),
        ("", "", True),
        ("", "", False),
        ("", "", False),
    ]


locals_ = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
hosts = st.from_regex(r"\A[a-z][a-z0-9]{0,8}(\.[a-z]{2,6}){1,3}\Z")


@given(locals_, hosts)
def test_every_address_has_a_uri(local: str, host: str) -> None:
    """Whatever stands before the @, its URI is one piece of ASCII that reads back as the address."""
    text = mailto(f"{local}@{host}")
    (one,) = uris(text)
    assert (one.address, one.host) == (f"{local}@{host}", host)
    assert text.isascii()
    assert not set(text) & set(' ,;!"<>')
