"""The TXT codec: every octet and every length survives, and no string is longer than DNS allows."""

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.rdata import txt_from_presentation, txt_strings, txt_to_presentation

EDGES = [size + step for size in (0, 255, 510, 765) for step in (-1, 0, 1) if size + step >= 0]


def through_dnspython(text: str) -> bytes:
    """What dnspython reads in a TXT value."""
    return b"".join(dns.rdata.from_text("IN", "TXT", text).strings)  # type: ignore[attr-defined]


@pytest.mark.parametrize("octet", range(256))
def test_every_octet_survives(octet: int) -> None:
    """Each of the 256 octets comes back, alone and at the border of two strings, for us and for dnspython."""
    for octets in (bytes([octet]), bytes([octet]) * 256, b"a" * 254 + bytes([octet]) * 3):
        text = octets.decode("utf-8", "surrogateescape")
        written = txt_to_presentation(text)
        assert written.isascii()
        assert written.isprintable()
        assert txt_from_presentation(written) == text
        assert through_dnspython(written) == octets


@pytest.mark.parametrize("size", EDGES)
@pytest.mark.parametrize("character", ["a", '"', "\\", "é", "\0"])
def test_every_length_survives(size: int, character: str) -> None:
    """Around multiples of 255 nothing is lost, and each string holds 255 octets at most."""
    text = character * size
    written = txt_to_presentation(text)
    strings = txt_strings(written)
    assert b"".join(strings).decode() == text
    assert max(map(len, strings)) <= 255
    assert len(strings) == max(1, -(-len(text.encode()) // 255))


@given(st.binary(max_size=600))
def test_round_trip(octets: bytes) -> None:
    """Any octets survive the way to text and back, for us and for dnspython."""
    written = txt_to_presentation(octets.decode("utf-8", "surrogateescape"))
    assert txt_from_presentation(written).encode("utf-8", "surrogateescape") == octets
    assert through_dnspython(written) == octets


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"v=spf1 -all"', "v=spf1 -all"),
        ('"one" "two"', "onetwo"),
        ('"one""two"', "onetwo"),
        ("v=spf1 -all", "v=spf1-all"),
        (r'"a\"b\\c\059\;"', r'a"b\c;;'),
        (r"a\ b", "a b"),
        ('""', ""),
        ('"é"', "é"),
        (r'"\195\169"', "é"),
        (r'"\255"', "\udcff"),
    ],
)
def test_reading(written: str, text: str) -> None:
    """Quotes, bare words, escapes and UTF-8 are read as name servers read them."""
    assert txt_from_presentation(written) == text


@pytest.mark.parametrize("written", ["", " ", '"', '"a', 'a"', '"a\\"', "\\", r'"\256"', r'"\12"', r"\1x", '"a\nb"'])
def test_unreadable(written: str) -> None:
    """An open quote, a broken escape or nothing at all is refused."""
    with pytest.raises(ValueError, match=r"TXT|octet"):
        txt_from_presentation(written)


@given(st.text(st.sampled_from('ab"\\ 0129\n\té;'), max_size=30))
def test_any_text_is_read_as_dnspython_reads_it(written: str) -> None:
    """Whatever is read, dnspython reads the same."""
    try:
        text = txt_from_presentation(written)
    except ValueError:
        return
    if ";" not in written and written.isascii():  # a comment there; UTF-8 in bare words is not its business
        assert through_dnspython(written) == text.encode("utf-8", "surrogateescape")
