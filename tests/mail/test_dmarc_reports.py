"""DMARC aggregate reports are read whatever they are packed in, and no file does harm."""

import random
import time
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.reports import pack
from reconciler.mail.reports.read import read
from reconciler.mail.reports.report import Checked, Published, Report, Row
from reconciler.model.diagnostic import Diagnostic, Origin, Severity
from tests.mail.aggregate import BEGIN, NAMESPACE, gzipped, report, row, signed, xml, zipped

PLAIN = xml(report(row(signatures=signed("c.example"), checks=(Checked("c.example", "fail"),), dkim=True)))
EMPTY = "<feedback>{}</feedback>"

WORDS = st.sampled_from(["none", "pass", "quarantine", "reject", "fail", "softfail", "neutral", "temperror", ""])
LABEL = st.from_regex(r"[a-z0-9_]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
DOMAIN = st.lists(LABEL, min_size=1, max_size=4).map(".".join) | st.just("bücher.example")
# What an XML text can hold and no blank changes: blanks are made one.
NAME = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60)
ADDRESS = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str).filter(lambda text: "::ffff:" not in text)
CHECKED = st.builds(Checked, DOMAIN | st.just(""), WORDS)
ROWS = st.builds(
    Row,
    address=ADDRESS,
    count=st.integers(1, 10**12 - 1),
    disposition=WORDS,
    dkim=st.booleans(),
    spf=st.booleans(),
    header_from=DOMAIN,
    envelope_from=DOMAIN | st.just(""),
    signatures=st.lists(st.builds(Checked, DOMAIN | st.just(""), WORDS, LABEL), max_size=3).map(tuple),
    checks=st.lists(CHECKED, max_size=2).map(tuple),
)
REPORTS = st.builds(
    lambda reporter, id_, begin, length, published, rows: Report(
        "r.xml", reporter, id_, begin, begin + length, published, tuple(rows)
    ),
    NAME,
    NAME,
    st.integers(0, 250_000_000_000),
    st.integers(0, 366 * 86_400),
    st.builds(Published, DOMAIN, WORDS, WORDS, WORDS, st.sampled_from("rs"), st.sampled_from("rs"), WORDS, WORDS),
    st.lists(ROWS, min_size=1, max_size=4),
)


def one(content: bytes) -> Report:
    """The only report in a file, without a word of complaint."""
    (found,), problems = read("r.xml", content)
    assert problems == []
    return found


def refused(content: bytes) -> Diagnostic:
    """Why nothing in a file is read."""
    reports, (problem,) = read("some.xml", content)
    assert reports == ()
    assert (problem.severity, problem.origin) == (Severity.ERROR, Origin("some.xml"))
    return problem


@given(REPORTS, st.sampled_from(["", NAMESPACE]), st.sampled_from(["", "d"]), st.sampled_from(["utf-8", "utf-16"]))
def test_what_is_built_is_read(made: Report, namespace: str, prefix: str, encoding: str) -> None:
    """Every field comes back equal, with and without a namespace, in either encoding that XML asks for."""
    assert one(xml(made, namespace=namespace, prefix=prefix, encoding=encoding)) == made


@pytest.mark.parametrize("packed", [bytes, gzipped, lambda data: zipped(("a.xml", data))], ids=["xml", "gzip", "zip"])
def test_containers(packed: Callable[[bytes], bytes]) -> None:
    """The content decides how a file is unpacked, its name does not."""
    assert one(packed(PLAIN)) == one(PLAIN)


def test_a_zip_of_several() -> None:
    """Each file is read by itself: what is wrong with one takes nothing from the others; names may be anything."""
    files = [("../../etc/a.xml", PLAIN), ("b", b"<html/>"), ("c/", b""), ("c/d.xml", xml(report(id="2")))]
    reports, (problem,) = read("all.zip", zipped(*files))
    assert [found.id for found in reports] == ["1", "2"]
    assert "'b' in it is no DMARC aggregate report: its root is 'html'" in problem.summary
    assert problem.origin == Origin("all.zip")


def test_streams_after_each_other() -> None:
    """A gzip file may be several streams, and end in padding."""
    assert one(gzipped(PLAIN[:100]) + gzipped(PLAIN[100:]) + b"\0" * 100) == one(PLAIN)


@pytest.mark.parametrize("declared", ["ISO-8859-1", "windows-1252", "US-ASCII", "utf-8"])
def test_encodings(declared: str) -> None:
    """What the XML declaration names is what the bytes are in; blank lines before it do no harm."""
    name = "google.com" if declared == "US-ASCII" else "Ferretería"
    made = report(reporter=name)
    assert one(b"\r\n" * (declared == "utf-8") + xml(made, encoding=declared)) == made


def test_what_reporters_write_oddly() -> None:
    """Capitals, final dots, blanks, an IPv4 address in IPv6 clothes, and what is left out."""
    text = PLAIN.decode()
    text = text.replace(">192.0.2.1<", "> ::FFFF:192.0.2.1\n<").replace(">c.example<", ">C.Example.<")
    text = (
        text.replace("<disposition>none</disposition>", "").replace("<spf>fail</spf>", "").replace(">pass<", ">Pass<")
    )
    (found,) = one(text.encode()).rows
    made = row(disposition="", dkim=True, signatures=signed("c.example"), checks=(Checked("c.example", "fail"),))
    assert found == made


@pytest.mark.parametrize(
    "extension",
    [
        '<x:record xmlns:x="urn:x"><row><source_ip>192.0.2.9</source_ip></row></x:record>',
        '<record xmlns="urn:x"><row><source_ip>192.0.2.9</source_ip></row></record>',
        "<extension><record><row><source_ip>192.0.2.9</source_ip></row></record></extension>",
        "<!-- <record/> --><?record a?><![CDATA[<record/>]]>",
    ],
)
def test_what_is_not_ours(extension: str) -> None:
    """Elements of another namespace or in another place are passed over, whatever their names."""
    made = report()
    text = xml(made, namespace=NAMESPACE).decode().replace("</feedback>", f"{extension}</feedback>")
    assert one(text.encode()) == made


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (">192.0.2.1<", ">192.0.2.256<", "'192.0.2.256' is no IP address"),
        (">192.0.2.1<", ">fe80::1%eth0<", "'fe80::1%eth0' is no IP address"),
        ("<source_ip>192.0.2.1</source_ip>", "", "'' is no IP address"),
        (">192.0.2.1<", "><b/>192.0.2.1<", "'' is no IP address"),
        (">7<", ">-7<", "'-7' is no count"),
        (">7<", ">0<", "'0' is no count"),
        (">7<", ">1e3<", "'1e3' is no count"),
        (">7<", f">{'9' * 13}<", "is no count"),
        (">7<", ">٧<", "is no count"),
        ("<count>7</count>", "<count>7</count><count>7</count>", "is no count"),
        ("<header_from>c.example</header_from>", "", "header_from is missing"),
        ("<header_from>c.example<", "<header_from>a b<", "'a b' is no domain"),
        ("<header_from>c.example<", f"<header_from>{'a' * 254}<", "is no domain"),
    ],
)
def test_a_row_that_cannot_be_read(was: str, now: str, said: str) -> None:
    """It is left out and counted; the others stay, and a warning says so."""
    text = xml(report(row(count=7), row("192.0.2.2", 8))).decode()
    assert was in text
    (found,), (problem,) = read("r.xml", text.replace(was, now, 1).encode())
    assert ([some.count for some in found.rows], found.left_out) == ([8], 1)
    assert (problem.severity, problem.rule) == (Severity.WARNING, "dmarc-report/rows")
    assert "has 1 of 2 rows" in problem.summary
    assert said in problem.detail


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("<org_name>google.com</org_name>", "", "no org_name"),
        (">google.com<", f">{'a' * 1001}<", "no org_name"),
        ("<report_id>1<", "<report_id> <", "no report_id"),
        ("<report_id>1</report_id>", "<report_id>1</report_id><report_id>2</report_id>", "no report_id"),
        (f"<begin>{BEGIN}<", "<begin>yesterday<", "'yesterday' for its begin"),
        (f"<begin>{BEGIN}<", "<begin>-1<", "'-1' for its begin"),
        (f"<begin>{BEGIN}<", f"<begin>{BEGIN}000<", "for its begin"),
        (f"<begin>{BEGIN}<", f"<begin>{BEGIN + 86_400}<", "is no day and no month"),
        (f"<begin>{BEGIN}<", "<begin>0<", "is no day and no month"),
        ("<domain>c.example</domain>", "", "no domain"),
        ("<domain>c.example<", "<domain>&lt;c&gt;<", "is about no domain"),
        (">192.0.2.1<", "><", "has no row"),
        ("feedback>", "testsuite>", "its root is 'testsuite'"),
        ("</feedback>", "", "no element found"),
        ("</feedback>", "</feedback><feedback/>", "junk after document element"),
        ("<record>", "<record>&unknown;", "undefined entity"),
        ("<record>", "<record>\0", "not well-formed"),
    ],
)
def test_a_report_that_is_refused(was: str, now: str, said: str) -> None:
    """Without what every report says once, or without well-formed XML, nothing is taken from it."""
    text = xml(report()).decode()
    assert was in text
    problem = refused(text.replace(was, now).encode())
    assert said in problem.summary + problem.detail


LAUGHS = '<!DOCTYPE a [<!ENTITY b "bbbb">]>' + EMPTY.format("&b;")
MANY = " ".join(f"b{n}='1'" for n in range(600))
BOMB = zipped(("a.xml", b"\0" * 20_000_000))


@pytest.mark.parametrize(
    ("content", "rule", "said"),
    [
        (b"", "format", "no XML, gzip or zip"),
        (b'{"organization-name": "a"}', "format", "no XML, gzip or zip"),
        (LAUGHS.encode(), "xml", "a document type or entities"),
        (LAUGHS.encode("utf-16"), "xml", "a document type or entities"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><feedback/>', "xml", "a document type or entities"),
        (EMPTY.format("a" * 70_000).encode(), "xml", "more than 65,536 characters"),
        (EMPTY.format(f'<a b="{">" * 70_000}"/>').encode(), "xml", "more than 65,536 characters"),
        (EMPTY.format("<a>" * 30 + "</a>" * 30).encode(), "xml", "more than 20 elements inside"),
        (EMPTY.format('<x:a xmlns:x="x">' + "<a>" * 30 + "</a>" * 30).encode(), "xml", "more than 20 elements inside"),
        (EMPTY.format("".join(f"<a{n}/>" for n in range(600))).encode(), "xml", "more than 500 different names"),
        (EMPTY.format(f"<a {MANY}/><a/>").encode(), "xml", "more than 500"),
        (EMPTY.format("<record/>" * 1100).encode(), "format", "more than 1,000 rows"),
        (b'<?xml version="1.0" encoding="zlib"?><feedback/>', "encoding", "the encoding zlib"),
        (b'<?xml version="1.0" encoding="utf-16"?><feedback/>', "encoding", "the encoding utf-16"),
        (b"<feedback>\xff</feedback>", "encoding", "is not in utf-8, its encoding, at octet 10"),
        (b'<?xml version="1.0" encoding="us-ascii"?>\xc3\xa9', "encoding", "is not in ascii"),
        (b"\xff\xfe<", "encoding", "is not in utf-16"),
        (gzipped(PLAIN)[:-9], "archive", "ends too early"),
        (b"\x1f\x8b\x08\x00" + b"\xff" * 30, "archive", "broken gzip"),
        (gzipped(b"") * 200, "archive", "more than 100 streams"),
        (gzipped(b"\0" * 20_000_000), "size", "unpacked"),
        (gzipped(gzipped(PLAIN)), "nested", "an archive inside an archive"),
        (BOMB, "size", "'a.xml' in it is larger than"),
        (zipped(("a.xml", zipped(("b.xml", PLAIN)))), "nested", "'a.xml' in it is an archive"),
        (zipped(("a.xml", gzipped(PLAIN))), "nested", "'a.xml' in it is an archive"),
        (zipped(("a.xml", PLAIN), method=zipfile.ZIP_BZIP2), "archive", "packed by method 12"),
        (zipped(("a.xml", PLAIN), method=zipfile.ZIP_LZMA), "archive", "packed by method 14"),
        (zipped(*((str(n), b"") for n in range(101))), "archive", "more than 100 files"),
        (zipped(("a.xml", PLAIN))[:-30], "archive", "broken zip"),
        (zipped(), "format", "holds no file"),
        (zipped(("a/", b"")), "format", "holds no file"),
        (b"PK\x03\x04" + b"\0" * 100, "archive", "broken zip"),
    ],
)
def test_hostile_files(content: bytes, rule: str, said: str) -> None:
    """Each is refused with a reason, at once."""
    started = time.process_time()
    problem = refused(content)
    assert (problem.rule, said in problem.summary) == (f"dmarc-report/{rule}", True), problem.summary
    assert time.process_time() - started < 2


@pytest.mark.parametrize(("count", "left_out"), [(200, 0), (201, 1)])
def test_signatures_without_end(count: int, left_out: int) -> None:
    """A row with more results than any reporter sends is left out."""
    (found,), _ = read("r.xml", xml(report(row(signatures=signed("c.example") * count), row())))
    assert found.left_out == left_out


def test_times_beyond_the_calendar() -> None:
    """Twelve digits are more seconds than there are days for; the last that is one is read."""
    text = xml(report()).decode().replace(f"<end>{BEGIN + 86_399}<", f"<end>{BEGIN}<")
    assert "for its begin" in refused(text.replace(f">{BEGIN}<", ">253402300800<").encode()).summary
    assert str(one(text.replace(f">{BEGIN}<", ">253402300799<").encode()).last) == "9999-12-31"


@pytest.mark.long
def test_elements_without_end() -> None:
    """Small elements fill a file with more work than rows do."""
    assert "more than 2,000,000 elements" in refused(EMPTY.format("<a/>" * 2_000_001).encode()).summary


def test_the_largest_file() -> None:
    """A file is not looked into when it is too large as it comes."""
    assert refused(b"<" * (pack.LARGEST + 1)).rule == "dmarc-report/size"


def test_many_bombs_in_one_zip() -> None:
    """All files of an archive share one limit, those refused count too; none is unpacked after it."""
    grown = b"<" + b"a" * (31 * 1024 * 1024)
    filler = random.Random(5).randbytes(200_000)
    reports, problems = read("all.zip", zipped(*((f"{n}.xml", filler + grown) for n in range(5)), ("z.xml", PLAIN)))
    assert reports == ()
    assert [problem.rule for problem in problems][-1] == "dmarc-report/size"
    assert "is a zip file of more than 64 MiB unpacked" in problems[-1].summary
    assert len(problems) < 5


def test_an_encrypted_entry() -> None:
    """It is said to be encrypted, the library's own words are not for people."""
    made = bytearray(zipped(("a.xml", PLAIN)))
    for signature, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        made[made.index(signature) + place] |= 1
    assert refused(bytes(made)).summary == "'a.xml' in it is encrypted"


def test_an_entry_without_a_name() -> None:
    """It is read as any other: its name's one letter becomes a meaningless extra field."""
    made = bytearray(zipped(("a", PLAIN)))
    for signature, place in ((b"PK\x01\x02", 28), (b"PK\x03\x04", 26)):
        at = made.index(signature) + place
        made[at], made[at + 2] = 0, 1
    assert one(bytes(made)) == one(PLAIN)


def test_a_zip_that_lies_about_sizes() -> None:
    """A directory that names small sizes unpacks no more than them; one that names large ones gains nothing."""
    content = zipped(("a.xml", PLAIN))
    at = content.index(b"PK\x01\x02") + 24
    small = content[:at] + (10).to_bytes(4, "little") + content[at + 4 :]
    assert refused(small).rule == "dmarc-report/archive"
    huge = content[:at] + (2**31).to_bytes(4, "little") + content[at + 4 :]
    assert one(huge) == one(PLAIN)


def test_days() -> None:
    """Days are UTC; an end at midnight belongs to the day before, and one instant is one day."""
    made = report()
    assert (str(made.first), str(made.last)) == ("2026-11-18", "2026-11-18")
    midnight = Report("r", "a", "1", BEGIN, BEGIN + 86_400, Published("c.example"), ())
    instant = Report("r", "a", "1", BEGIN, BEGIN, Published("c.example"), ())
    assert (str(midnight.last), str(instant.last)) == ("2026-11-18", "2026-11-18")


def sweep(count: int) -> None:
    """Mutate reports in all their packings; each answer is reports and diagnostics, soon."""
    dice = random.Random(9990)
    whole = xml(report(row(), row("2001:db8::1", 5, "news.c.example")), namespace=NAMESPACE)
    seeds = [PLAIN, whole, gzipped(whole), zipped(("a.xml", whole), ("b.xml", PLAIN)), PLAIN.decode().encode("utf-16")]
    pieces = [
        b"<",
        b">",
        b"&",
        b"<!DOCTYPE",
        b"<record>",
        b"</record>",
        b"]]>",
        b"\xff",
        b"\0",
        b"PK\x01\x02",
        b"xmlns=",
    ]
    read_whole = 0
    for _ in range(count):
        data = bytearray(dice.choice(seeds))
        for _ in range(dice.randint(1, 8)):
            at = dice.randrange(len(data) + 1)
            end = min(len(data), at + dice.choice([0, 1, 1, 4, 40]))
            data[at:end] = dice.choice([dice.randbytes(1), dice.choice(pieces), data[at:end] * 2, b""])
        started = time.process_time()
        reports, problems = read("some", bytes(data))
        assert time.process_time() - started < 2, data
        assert reports or problems, data
        assert all(problem.rule.startswith("dmarc-report/") and problem.summary for problem in problems)
        read_whole += bool(reports) and not problems
    assert 0 < read_whole < count / 2  # the mutations bite, and not all of them kill


def test_mutated_reports() -> None:
    """A sample of the sweep."""
    sweep(2000)


@pytest.mark.long
def test_mutated_reports_all() -> None:
    """No mutation of a report gives a traceback or takes long."""
    sweep(50_000)


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"<feedback>", b"\xff\xfe<\0"]))
def test_any_bytes(data: bytes, begin: bytes) -> None:
    """Whatever the bytes, there is an answer."""
    reports, problems = read("some", begin + data)
    assert reports or problems
