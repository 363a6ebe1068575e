"""Editing by line: golden edits, each shown as the lines that go and the lines that come."""

import difflib
from datetime import date

import pytest

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.model.zone_edit import edit, next_serial

ZONE = "example.com"
TODAY = date(2026, 11, 21)
ZONE_TEXT = """\
; kept by hand, please keep the order
$TTL 3600
@\tIN\tSOA\tns1.example.net. hostmaster.example.com. (
\t\t\t2026112005 ; serial, raise it
\t\t\t7200 3600 1209600 300 )
\tIN\tNS\tns1.example.net.
\tIN\tMX\t10 old.mail.example.net. ; until we move

; --- web
www     300 IN A 192.0.2.1   ; first
        300 IN A 192.0.2.2   ; second
        IN TXT ( "long"
                 "text" )    ; third
shop    CNAME   www

$ORIGIN sub.example.com.
host A 192.0.2.9
; the end
"""

Wanted = dict[Key, RecordSet | None]


def want(kind: str, name: str, ttl: int, *values: str) -> Wanted:
    """One record set as wished; without values it shall go."""
    key = Key("dns", ZONE, kind, name)
    return {key: RecordSet(key, ttl, tuple(sorted(values))) if values else None}


def difference(old: str, new: str) -> list[str]:
    """What goes and what comes, but for the serial."""
    lines = difflib.ndiff(old.splitlines(keepends=True), new.splitlines(keepends=True))
    return [line for line in lines if line[0] in "+-" and "serial" not in line]


EDITS: list[tuple[str, Wanted, list[str]]] = [
    (
        "another value takes the place of the set",
        want("MX", "@", 3600, "0 example-com.mail.protection.outlook.com."),
        [
            "- \tIN\tMX\t10 old.mail.example.net. ; until we move\n",
            "+ @\t3600\tIN\tMX\t0 example-com.mail.protection.outlook.com.\n",
        ],
    ),
    (
        "a value more stands behind its set",
        want("A", "www", 300, "192.0.2.1", "192.0.2.2", "192.0.2.3"),
        ["+ www 300 IN A 192.0.2.3\n"],
    ),
    (
        "a new type stands behind its owner's last line",
        want("AAAA", "www", 60, "2001:db8::1"),
        ["+ www 60 IN AAAA 2001:db8::1\n"],
    ),
    (
        "a new name stands behind the last record, right under the origin there",
        want("TXT", "_dmarc", 3600, "v=DMARC1; p=none"),
        ['+ _dmarc.example.com. 3600 IN TXT "v=DMARC1; p=none"\n'],
    ),
    (
        "a new name under that origin is relative to it",
        want("A", "b.sub", 60, "192.0.2.7"),
        ["+ b 60 IN A 192.0.2.7\n"],
    ),
    ("the origin itself is @", want("A", "sub", 60, "192.0.2.7"), ["+ @ 60 IN A 192.0.2.7\n"]),
    (
        "a set that goes takes its own lines alone, and the next record gets its owner",
        want("A", "www", 300),
        [
            "- www     300 IN A 192.0.2.1   ; first\n",
            "-         300 IN A 192.0.2.2   ; second\n",
            '-         IN TXT ( "long"\n',
            '+ www        IN TXT ( "long"\n',
        ],
    ),
    (
        "so does a single value",
        want("A", "www", 300, "192.0.2.2"),
        [
            "- www     300 IN A 192.0.2.1   ; first\n",
            "-         300 IN A 192.0.2.2   ; second\n",
            "+ www        300 IN A 192.0.2.2   ; second\n",
        ],
    ),
    (
        "a line in the place of another gives its owner to the next",
        want("A", "www", 300, "192.0.2.7"),
        [
            "- www     300 IN A 192.0.2.1   ; first\n",
            "-         300 IN A 192.0.2.2   ; second\n",
            "+ www 300 IN A 192.0.2.7\n",
        ],
    ),
    (
        "an owner is written as on the line before",
        want("AAAA", "host.sub", 60, "2001:db8::9"),
        ["+ host 60 IN AAAA 2001:db8::9\n"],
    ),
    (
        "a value of several lines goes with all of them",
        want("TXT", "www", 3600),
        ['-         IN TXT ( "long"\n', '-                  "text" )    ; third\n'],
    ),
    (
        "a TTL that is written is changed where it is",
        want("A", "www", 60, "192.0.2.1", "192.0.2.2"),
        [
            "- www     300 IN A 192.0.2.1   ; first\n",
            "-         300 IN A 192.0.2.2   ; second\n",
            "+ www     60 IN A 192.0.2.1   ; first\n",
            "+         60 IN A 192.0.2.2   ; second\n",
        ],
    ),
    (
        "a TTL that is not written is put behind the owner",
        want("MX", "@", 300, "10 old.mail.example.net."),
        [
            "- \tIN\tMX\t10 old.mail.example.net. ; until we move\n",
            "+ \t300\tIN\tMX\t10 old.mail.example.net. ; until we move\n",
        ],
    ),
    (
        "a CNAME and addresses change places in one edit",
        want("CNAME", "shop", 0) | want("A", "shop", 300, "192.0.2.5"),
        ["- shop    CNAME   www\n", "+ shop 300 IN A 192.0.2.5\n"],
    ),
    (
        "a line that comes between takes no owner from the next",
        want("NS", "@", 3600, "ns2.example.net."),
        ["- \tIN\tNS\tns1.example.net.\n", "+ @\t3600\tIN\tNS\tns2.example.net.\n"],
    ),
    (
        "long texts are split",
        want("TXT", "shop2", 60, "a" * 300),
        [f'+ shop2.example.com. 60 IN TXT "{"a" * 255}" "{"a" * 45}"\n'],
    ),
]


@pytest.mark.parametrize(("wanted", "lines"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_golden_edits(wanted: Wanted, lines: list[str], ending: str) -> None:
    """Only the lines of the change differ, and the serial; with either line end."""
    text = ZONE_TEXT.replace("\n", ending)
    new = edit(text, ZONE, wanted, TODAY)
    assert sorted(difference(text, new)) == sorted(line.replace("\n", ending) for line in lines)
    assert f"\t\t\t2026112101 ; serial, raise it{ending}" in new
    assert "\n" not in new.replace(ending, "")


def test_golden_file() -> None:
    """A whole file after several changes at once, as a person would have made them."""
    wanted = (
        want("MX", "@", 3600, "0 example-com.mail.protection.outlook.com.")
        | want("TXT", "@", 3600, "v=spf1 include:spf.protection.outlook.com -all")
        | want("A", "www", 300, "192.0.2.2")
        | want("CNAME", "autodiscover", 3600, "autodiscover.outlook.com.")
    )
    assert (
        edit(ZONE_TEXT, ZONE, wanted, TODAY)
        == """\
; kept by hand, please keep the order
$TTL 3600
@\tIN\tSOA\tns1.example.net. hostmaster.example.com. (
\t\t\t2026112101 ; serial, raise it
\t\t\t7200 3600 1209600 300 )
\tIN\tNS\tns1.example.net.
@\t3600\tIN\tMX\t0 example-com.mail.protection.outlook.com.
@\t3600\tIN\tTXT\t"v=spf1 include:spf.protection.outlook.com -all"

; --- web
www        300 IN A 192.0.2.2   ; second
        IN TXT ( "long"
                 "text" )    ; third
shop    CNAME   www

$ORIGIN sub.example.com.
host A 192.0.2.9
autodiscover.example.com. 3600 IN CNAME autodiscover.outlook.com.
; the end
"""
    )


def test_nothing_to_do_changes_nothing() -> None:
    """What holds already leaves the text alone, serial included."""
    for wanted in ({}, want("A", "host.sub", 3600, "192.0.2.9"), want("A", "absent", 60)):
        assert edit(ZONE_TEXT, ZONE, wanted, TODAY) == ZONE_TEXT


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_without_final_line_end(ending: str) -> None:
    """A file that ends in the middle of a line still does, and its last line is not glued to another."""
    text = f"@ SOA ns1 h 7 1 1 1 1{ending}@ NS ns1.example.net."
    new = edit(text, ZONE, want("A", "www", 60, "192.0.2.1"), TODAY)
    assert new == f"@ SOA ns1 h 8 1 1 1 1{ending}@ NS ns1.example.net.{ending}www 60 IN A 192.0.2.1"
    assert edit(new, ZONE, want("A", "www", 60), TODAY) == text.replace("h 7", "h 9")


def test_an_orphan_gets_its_own_name() -> None:
    """A line that comes under another owner leaves the records behind it where they were."""
    text = "@ SOA ns1 h 7 1 1 1 1\n NS ns1.example.net.\nwww A 192.0.2.1\n$ORIGIN sub\n TXT x\n TXT y\n"
    new = edit(text, ZONE, want("A", "www", 1), TODAY)
    assert new == "@ SOA ns1 h 8 1 1 1 1\n NS ns1.example.net.\n$ORIGIN sub\nwww.example.com. TXT x\n TXT y\n"


def test_repeated_values_go_together() -> None:
    """A value that stands twice in the file is gone when it is removed."""
    text = "@ SOA ns1 h 7 1 1 1 1\nwww A 192.0.2.1\nwww A 192.0.2.2\nwww A 192.0.2.1\n"
    new = edit(text, ZONE, want("A", "www", 1, "192.0.2.2"), TODAY)
    assert new == "@ SOA ns1 h 8 1 1 1 1\nwww A 192.0.2.2\n"


def test_ttls_that_differ_are_left_unless_too_low() -> None:
    """A set with two TTLs keeps them while the lower one is wished, and gets one otherwise."""
    text = "@ SOA ns1 h 7 1 1 1 1\nwww 60 A 192.0.2.1\nwww 30 A 192.0.2.2\n"
    more = edit(text, ZONE, want("A", "www", 30, "192.0.2.1", "192.0.2.2", "192.0.2.3"), TODAY)
    assert more == text.replace("h 7", "h 8") + "www 30 IN A 192.0.2.3\n"
    other = edit(text, ZONE, want("A", "www", 45, "192.0.2.1", "192.0.2.2"), TODAY)
    assert other == text.replace("h 7", "h 8").replace("60", "45").replace("30", "45")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (want("CNAME", "www", 60, "a.example."), "CNAME and"),
        (want("A", "x", 60, "192.0.2.999"), "would have errors"),
        (want("A", "x", 60, "192.0.2.1\ny A 192.0.2.2"), "would not hold"),
        (want("MX", "x", 60, "10 Mail.example."), "would not hold"),
        (want("SOA", "@", 60, "a. b. 1 2 3 4 5"), "would have errors"),
        ({Key("dns", "example.org", "A", "x"): RecordSet(Key("dns", "example.org", "A", "x"), 1, ("192.0.2.1",))}, "x"),
    ],
)
def test_what_a_file_cannot_hold_is_never_written(wanted: Wanted, reason: str) -> None:
    """The result is read again, and what is not exactly as wished is refused."""
    with pytest.raises(ValueError, match=reason):
        edit(ZONE_TEXT, ZONE, wanted, TODAY)


def test_a_file_with_errors_is_not_edited() -> None:
    """Nobody knows what an edit would do to it."""
    with pytest.raises(ValueError, match="has errors"):
        edit("www A 192.0.2.1\n", ZONE, want("A", "x", 1, "192.0.2.1"), TODAY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (2026112005, 2026112101),
        (2026112100, 2026112101),
        (2026112101, 2026112102),
        (2026112199, 2026112200),
        (2027010101, 2027010102),
        (1, 2),
        (2026139901, 2026139902),
        (1764000000, 1764000001),
        (4294967295, 1),
        (2147483647, 2147483648),
    ],
)
def test_serial_goes_up(old: int, new: int) -> None:
    """A date stays a date while today is newer, else one is added; never downwards in serial arithmetic."""
    assert next_serial(old, TODAY) == new
    assert 0 < (new - old) % 2**32 < 2**31
