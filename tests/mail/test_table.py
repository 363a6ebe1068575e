"""Reading the table of records that a hosting company mails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.table import parse_table
from reconciler.mail.wants import Row
from reconciler.model.diagnostic import Origin, Severity

ZONE = "c.example"


def at(line: int) -> Origin:
    """A line of the letter."""
    return Origin("letter.csv", line)


LETTER = """name,type,value,ttl,priority
@,MX,mx1.host.example,3600,10
autodiscover.c.example,CNAME,auto.host.example.,1h,
C.EXAMPLE.,TXT,"v=spf1 include:host.example, -all",,

_autodiscover._tcp,srv,0 443 Auto.Host.example,Auto,5
www,A,198.51.100.10,,
"""
CARTA = """\ufeffTipo;Prioridad;Nombre;VALOR;TTL
MX;10;@;mx1.host.example;3600
CNAME;;autodiscover.c.example;auto.host.example.;1h
TXT;;c.example.;"v=spf1 include:host.example, -all";
;;;;
SRV;5;_autodiscover._tcp;0 443 auto.host.example;
A;;www;198.51.100.10
"""
ROWS = [
    Row("@", "MX", "10 mx1.host.example.", 3600, at(2)),
    Row("autodiscover", "CNAME", "auto.host.example.", 3600, at(3)),
    Row("@", "TXT", "v=spf1 include:host.example, -all", None, at(4)),
    Row("_autodiscover._tcp", "SRV", "5 0 443 auto.host.example.", None, at(6)),
    Row("www", "A", "198.51.100.10", None, at(7)),
]


@pytest.mark.parametrize("text", [LETTER, CARTA, LETTER.replace("\n", "\r\n")])
def test_both_languages_and_separators(text: str) -> None:
    """English and Spanish headings, commas and semicolons, any order and line end give the same rows."""
    assert parse_table(text, "letter.csv", ZONE) == (ROWS, [])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("www,A,300.1.1.1,,", "A value"),
        ("www,CNAME,host,,", "one label"),
        ("www.other.example.,A,198.51.100.1,,", "outside the zone"),
        ("www,NOPE,x,,", "no record type"),
        ("@,SOA,a. b. 1 2 3 4 5,,", "SOA"),
        ("@,MX,mx1.host.example,,", "MX value"),
        ("@,MX,10 mx1.host.example,,20", "the priority says 20"),
        ("www,A,198.51.100.1,soon,", "no TTL"),
        ("www,A,198.51.100.1,99999999999d,", "no TTL"),
        ("www,A,,,", "the value is missing"),
        (",A,198.51.100.1,,", "the name is missing"),
        ("www,,198.51.100.1,,", "the type is missing"),
        ('t,TXT,"""open",,', "TXT value"),
        ("t,TXT,a,,,more", "more cells"),
        ("x\u0000y,A,198.51.100.1,,", ""),
        ("\udcff,A,198.51.100.1,,", ""),
    ],
)
def test_a_mistake_has_its_line(line: str, words: str) -> None:
    """A mistake is told with file and line; the row is left out and the others are read."""
    rows, found = parse_table(f"{LETTER}{line}\n", "letter.csv", ZONE)
    assert rows == ROWS
    (one,) = found
    assert words in one.summary
    assert one.origin == at(8)


def test_all_mistakes_at_once() -> None:
    """Every mistake of every line is told, in the order of the lines."""
    text = "name,type,value,ttl\nwww.,A,1.2.3,x\n,MX,a b c,1h\n"
    _, found = parse_table(text, "letter.csv", ZONE)
    assert [one.origin.line for one in found] == [2, 2, 2, 3, 3]
    assert {one.severity for one in found} == {Severity.ERROR}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("www,A,198.51.100.1\n", "lacks name and type and value"),
        ("name,type\n", "lacks value"),
        ("name,nombre,type,value\n", "two columns"),
    ],
)
def test_no_heading(text: str, words: str) -> None:
    """Without the columns that are needed nothing is guessed."""
    rows, found = parse_table(text, "letter.csv", ZONE)
    assert rows == []
    assert words in found[-1].summary
    assert found[-1].severity is Severity.ERROR


def test_an_unknown_column_is_told() -> None:
    """A column more is not read, and said so."""
    rows, (one,) = parse_table("name,type,value,notes\nwww,A,198.51.100.1,please\n", "letter.csv", ZONE)
    assert [row.name for row in rows] == ["www"]
    assert one.severity is Severity.WARNING
    assert "notes" in one.summary


def test_quoted_strings_of_a_long_text() -> None:
    """A TXT value given as quoted strings is joined; a value over several lines keeps the line where it began."""
    text = 'name,type,value\ns._domainkey,TXT,"""v=DKIM1; p=AB"" ""CD"""\nt,TXT,"a\nb"\nu,TXT,c\n'
    rows, found = parse_table(text, "letter.csv", ZONE)
    assert found == []
    assert rows == [
        Row("s._domainkey", "TXT", "v=DKIM1; p=ABCD", None, at(2)),
        Row("t", "TXT", "a\nb", None, at(3)),
        Row("u", "TXT", "c", None, at(5)),
    ]


cells = st.one_of(
    st.sampled_from(["@", "www", "c.example", "MX", "TXT", "10 a.example", '"v=spf1"', '"', "1h", "", "name", "tipo"]),
    st.text(max_size=6),
)
lines = st.lists(st.lists(cells, max_size=6).map(",".join), max_size=5).map("\n".join)


@given(st.sampled_from(["", "name,type,value\n", "nombre;tipo;valor;ttl;prioridad\n"]), lines)
def test_any_text(heading: str, body: str) -> None:
    """Whatever the file holds, there are rows and diagnostics and no traceback; each mistake has a line."""
    text = heading + body
    rows, found = parse_table(text, "letter.csv", ZONE)
    assert all(one.origin.file == "letter.csv" and one.origin.line for one in found)
    assert all(row.origin and row.origin.line for row in rows)
