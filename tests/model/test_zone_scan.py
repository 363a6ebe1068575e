"""Reading a zone file: every way to write a record, and every mistake with its line, all at once."""

import subprocess
import sys
import time

import pytest

from reconciler.model.diagnostic import Severity
from reconciler.model.zone import Scan
from reconciler.model.zone_scan import scan

ZONE = "example.com"
HEAD = "$TTL 1h\n@ IN SOA ns1 hostmaster 2026112101 7200 3600 1209600 300\n@ NS ns1.example.net.\n"

Held = dict[tuple[str, str], tuple[int, tuple[str, ...]]]


def held(read: Scan) -> Held:
    """Record sets by name and type, without what HEAD brings."""
    found = {(key.name, key.kind): (one.ttl, one.values) for key, one in read.sets.items()}
    found.pop(("@", "NS"), None)
    return found


def read(lines: str, head: str = HEAD) -> Held:
    """Record sets of a zone without mistakes."""
    found = scan(head + lines, ZONE)
    assert found.diagnostics == []
    return held(found)


A = ("192.0.2.1",)


@pytest.mark.parametrize(
    ("lines", "name", "ttl"),
    [
        ("www A 192.0.2.1", "www", 3600),
        ("www A 192.0.2.1\n", "www", 3600),
        ("www\tIN\tA\t192.0.2.1\r\n", "www", 3600),
        ("WWW 300 IN A 192.0.2.1 ; comment\n", "www", 300),
        ("www IN 300 A 192.0.2.1;comment\n", "www", 300),
        ("www in a 192.0.2.1\n", "www", 3600),
        ("www In a 192.0.2.1\n", "www", 3600),
        ("www CLASS1 TYPE1 192.0.2.1\n", "www", 3600),
        ("www 1h30m A 192.0.2.1\n", "www", 5400),
        ("www 1W A 192.0.2.1\n", "www", 604800),
        ("www.example.com. A 192.0.2.1\n", "www", 3600),
        ("@ A 192.0.2.1\n", "@", 3600),
        (" A 192.0.2.1\n", "@", 3600),
        ("\t300\tA 192.0.2.1\n", "@", 300),
        ("example.com. A 192.0.2.1\n", "@", 3600),
        ("* A 192.0.2.1\n", "*", 3600),
        ("www ( 300 IN\n ; inside\n A\n 192.0.2.1 ) ; behind\n", "www", 300),
        ("www A (192.0.2.1)\n", "www", 3600),
        (r"a\.b A 192.0.2.1", r"a\.b", 3600),
        (r"\119ww A 192.0.2.1", "www", 3600),
        ("é A 192.0.2.1\n", r"\195\169", 3600),
        ("10 A 192.0.2.1\n", "10", 3600),
        ("IN A 192.0.2.1\n", "in", 3600),
        ("A A 192.0.2.1\n", "a", 3600),
        ("$ORIGIN sub\nwww A 192.0.2.1\n", "www.sub", 3600),
        ("$ORIGIN sub.example.com.\n@ A 192.0.2.1\n", "sub", 3600),
        ("$ORIGIN sub\n$ORIGIN deep\nwww A 192.0.2.1\n", "www.deep.sub", 3600),
        ("$ORIGIN com.\nwww.example A 192.0.2.1\n", "www", 3600),
        ("$ORIGIN .\nwww.example.com A 192.0.2.1\n", "www", 3600),
        ("$ttl 5m ; five\nwww A 192.0.2.1\n", "www", 300),
        ("\n; only a comment\n  \t\n\r\nwww A 192.0.2.1\n\n", "www", 3600),
        (r"www A \# 4 c0000201", "www", 3600),
    ],
)
def test_ways_to_write_a_record(lines: str, name: str, ttl: int) -> None:
    """Owner, TTL, class and layout are read in every way that servers read."""
    assert read(lines) == {(name, "A"): (ttl, A)}


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ('x TXT "v=spf1 -all"', "TXT", "v=spf1 -all"),
        ('x TXT "a;b" ; c', "TXT", "a;b"),
        ('x TXT "one" "two"', "TXT", "onetwo"),
        ('x TXT ( "one" ; first\n\t"two" )', "TXT", "onetwo"),
        ("x TXT one two", "TXT", "onetwo"),
        (r'x TXT "quote \" and \\ and \059"', "TXT", 'quote " and \\ and ;'),
        ('x TXT "(not a comment)"', "TXT", "(not a comment)"),
        ('x TXT "é"', "TXT", "é"),
        ('x TXT "\udcff"', "TXT", "\udcff"),
        ('x TXT ""', "TXT", ""),
        (r"x TXT \# 3 026869", "TXT", "hi"),
        ("x MX 10 mail", "MX", "10 mail.example.com."),
        ("x MX 10 @", "MX", "10 example.com."),
        ("x MX ( 10\n Mail.Example.NET. )", "MX", "10 mail.example.net."),
        ("x MX 0 .", "MX", "0 ."),
        ("x CNAME @", "CNAME", "example.com."),
        ("x CNAME www.sub", "CNAME", "www.sub.example.com."),
        ("x SRV 100 1 443 sip", "SRV", "100 1 443 sip.example.com."),
        ('x CAA 0 ISSUE "ca.example; a=b"', "CAA", '0 issue "ca.example; a=b"'),
        ('x HTTPS 1 . alpn="h2,h3" port=443', "HTTPS", '1 . alpn="h2,h3" port="443"'),
        ("x TLSA 3 1 1 ( " + "AB" * 16 + "\n\t" + "CD" * 16 + " )", "TLSA", "3 1 1 " + "ab" * 16 + "cd" * 16),
        (r"x TYPE65280 \# 2 ABCD", "TYPE65280", r"\# 2 abcd"),
        ("x AAAA 2001:DB8::1", "AAAA", "2001:db8::1"),
    ],
)
def test_values(line: str, kind: str, value: str) -> None:
    """Values come out in normal form, relative targets made absolute, TXT decoded."""
    assert read(f"{line}\n") == {("x", kind): (3600, (value,))}


def test_blank_owner_is_the_one_before() -> None:
    """It crosses comments, directives and a change of origin."""
    lines = "www A 192.0.2.1\n; x\n$ORIGIN sub\n AAAA 2001:db8::1\n\tTXT x\nwww A 192.0.2.1\n"
    assert set(read(lines)) == {("www", "A"), ("www", "AAAA"), ("www", "TXT"), ("www.sub", "A")}


def test_values_of_a_set_are_sorted() -> None:
    """A record set has its values in one order, whatever the file's."""
    assert read("@ MX 20 b.example.\nwww A 192.0.2.1\n@ MX 10 a.example.\n")["@", "MX"][1] == (
        "10 a.example.",
        "20 b.example.",
    )


SOA = "@ IN SOA ns1 hostmaster 7 7200 3600 1209600 1h\n"


def test_ttl_without_directive_is_the_minimum() -> None:
    """Without $TTL the SOA's minimum holds, before it too; a later $TTL takes over."""
    found = scan("@ NS ns1.example.net.\n" + SOA + "www A 192.0.2.1\n$TTL 60\nftp A 192.0.2.1\n", ZONE)
    assert found.diagnostics == []
    assert found.soa is not None
    assert found.soa.ttl == 3600
    assert held(found) == {("www", "A"): (3600, A), ("ftp", "A"): (60, A)}


def test_ttl_that_servers_disagree_on_is_warned_of() -> None:
    """Without $TTL, and the SOA with another TTL than its minimum, servers differ: it is said once."""
    found = scan(SOA.replace("@ IN", "@ 60 IN") + "www A 192.0.2.1\nftp A 192.0.2.1\n", ZONE, "f")
    assert [(one.severity, one.rule, one.origin.line) for one in found.diagnostics] == [
        (Severity.WARNING, "zone/ttl-unclear", 2)
    ]
    assert held(found)["ftp", "A"] == (3600, A)


MULTILINE = """$TTL 3600
@   IN  SOA ns1.example.net. hostmaster.example.com. (
            2026112101 ; serial
            2h         ; refresh
            1h         ; retry
            2w         ; expire
            5m )       ; minimum
    NS  ns1.example.net.
"""


def test_multi_line_soa() -> None:
    """Its serial is the zone's, its owner is the next record's."""
    found = scan(MULTILINE, ZONE)
    assert found.diagnostics == []
    assert found.serial == 2026112101
    assert found.soa is not None
    assert found.soa.value == "ns1.example.net. hostmaster.example.com. 2026112101 7200 3600 1209600 300"
    assert set(found.sets) == {("dns", ZONE, "NS", "@")}


@pytest.mark.parametrize(
    ("lines", "line", "text"),
    [
        ("$INCLUDE other.zone\n", 4, "$INCLUDE is not understood"),
        ("$GENERATE 1-9 h$ A 192.0.2.$\n", 4, "$GENERATE is not understood"),
        ("$ORIGEN x\n", 4, "unknown directive '$ORIGEN'"),
        ("$ORIGIN\n", 4, "takes one value"),
        ("$ORIGIN a..b\n", 4, "empty label"),
        ("$TTL soon\n", 4, "'soon' is no time"),
        ("$TTL 2147483648\n", 4, "too long"),
        ("\nwww.example.org. A 192.0.2.1\n", 5, "'www.example.org.' is outside the zone"),
        ("fooexample.com. A 192.0.2.1\n", 4, "outside the zone"),
        ("www A 192.0.2.256\n", 4, "no A value"),
        ("www A\n", 4, "no A value"),
        ("www\n", 4, "a type and a value"),
        ("www 300 IN\n", 4, "a type and a value"),
        ("www CH A 192.0.2.1\n", 4, "class CH"),
        ("www FOO x\n", 4, "'FOO' is no record type"),
        ("www ANY x\n", 4, "no zone can hold"),
        ("www 99999999999 A 192.0.2.1\n", 4, "too long"),
        ("www " + "9" * 9999 + " A 192.0.2.1\n", 4, "too long"),
        ("www " + "9" * 9999 + "x A 192.0.2.1\n", 4, "no record type"),
        ("www 4294967295 A 192.0.2.1\n", 4, "too long"),
        ('www TXT "open\n', 4, "quote is not closed"),
        ("www TXT (\nopen\n", 4, "( is never closed"),
        ("www TXT open )\n", 4, ") closes nothing"),
        ("www TXT open\\\n", 4, "escapes nothing"),
        ('www TXT "' + "a" * 256 + '"\n', 4, "255 octets"),
        ('www TXT "\\256"\n', 4, "no octet"),
        ("www CNAME a.example.\nwww CNAME b.example.\n", 5, "two CNAME"),
        ("www A 192.0.2.1\nwww CNAME a.example.\n", 4, "CNAME and A"),
        ("@ CNAME a.example.\n", 2, "CNAME and SOA"),
        ("@ SOA ns1 h 1 2 3 4 5\n", 4, "second SOA"),
        ("www SOA ns1 h 1 2 3 4 5\n", 4, "not at the zone's own name"),
        ("@ SOA ns1 h one 2 3 4 5\n", 4, "the SOA needs"),
        ("www A 192.0.2.1\0\n", 4, "NUL"),
    ],
)
def test_mistakes_have_a_line(lines: str, line: int, text: str) -> None:
    """What no server would load, or would load otherwise than it reads, is an error at its line."""
    errors = scan(HEAD + lines, ZONE, "zones/example.com.zone").errors
    assert any(text in one.summary and one.origin.line == line for one in errors), errors
    assert all(one.origin.file == "zones/example.com.zone" for one in errors)
    assert all(len(str(one)) < 400 for one in errors)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no SOA"),
        ("; nothing\n", "no SOA"),
        ("\ufeff" + HEAD, "byte order mark"),
        (" A 192.0.2.1\n" + HEAD, "needs an owner"),
    ],
)
def test_mistakes_of_the_whole(text: str, problem: str) -> None:
    """An empty or damaged file is an error, not an empty zone."""
    assert any(problem in one.summary for one in scan(text, ZONE).errors)


@pytest.mark.parametrize(
    ("lines", "rule", "line"),
    [
        ("www 60 A 192.0.2.1\nwww 30 A 192.0.2.2\n", "zone/ttl-differs", 5),
        ("www A 192.0.2.1\nwww A 192.0.2.1\n", "zone/duplicate", 5),
        ('www TXT "ab"\nwww TXT "a" "b"\n', "zone/duplicate", 5),
        ("@ MX 10 mail.example.net\n", "zone/final-dot", 4),
        ("www CNAME www.example.com\n", "zone/final-dot", 4),
    ],
)
def test_warnings(lines: str, rule: str, line: int) -> None:
    """What servers load with a shrug is a warning at its line."""
    found = scan(HEAD + lines, ZONE)
    assert [(one.rule, one.severity, one.origin.line) for one in found.diagnostics] == [(rule, Severity.WARNING, line)]


def test_lower_ttl_of_a_set_wins() -> None:
    """As dnspython reads it."""
    found = scan(HEAD + "www 60 A 192.0.2.1\nwww 30 A 192.0.2.2\n", ZONE)
    assert held(found) == {("www", "A"): (30, ("192.0.2.1", "192.0.2.2"))}


def test_all_mistakes_at_once() -> None:
    """One mistake hides no other, and an owner that cannot be read is complained about once."""
    lines = 'a A x\nwww.example.org. A 192.0.2.1\n A 192.0.2.2\n TXT x\nb TXT "open\nc MX 10\nok A 192.0.2.1\n'
    found = scan(HEAD + lines, ZONE)
    assert [one.origin.line for one in found.errors] == [4, 5, 8, 9]
    assert [one.origin.column for one in found.errors] == [1, 1, 7, 1]
    assert set(held(found)) == {("ok", "A")}


def test_records_know_their_lines() -> None:
    """The spans of all records, with what lies between, are the text."""
    text = MULTILINE + "; x\nwww A 192.0.2.1 ; y\n\ta ( \n b )\n".replace("\ta", "\tTXT a")
    found = scan(text, ZONE)
    spans = [text[one.start : one.end] for one in found.records]
    assert spans[0].startswith("@   IN  SOA")
    assert spans[0].endswith("; minimum\n")
    assert spans[1:] == ["    NS  ns1.example.net.\n", "www A 192.0.2.1 ; y\n", "\tTXT a ( \n b )\n"]


def lines_of(count: int) -> str:
    """A zone with this many ordinary records."""
    kinds = (
        "h{0} IN A 10.1.2.3",
        'h{0} 300 IN TXT "v=spf1 include:s{0}.example.net -all"',
        "h{0} IN MX 10 m{0}.example.",
    )
    return HEAD + "".join(f"{kinds[number % 3].format(number)}\n" for number in range(count))


def test_speed() -> None:
    """10,000 records take well under a second (0.07 s measured; the bound leaves room for slow machines)."""
    text = lines_of(10_000)
    times = []
    for _ in range(3):
        start = time.process_time()
        assert len(scan(text, ZONE).sets) == 10_001
        times.append(time.process_time() - start)
    assert min(times) < 0.5


def test_ordinary_records_do_without_the_library() -> None:
    """A zone of common types is read without importing dnspython."""
    code = (
        "import sys; from reconciler.model.zone_scan import scan; "
        f"assert not scan({lines_of(6)!r}, 'example.com').diagnostics; sys.exit('dns' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
