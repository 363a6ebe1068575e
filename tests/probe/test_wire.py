"""What a reply says, octet for octet and without any socket: replies are made with dnspython, then bent."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import rdata
from reconciler.model.answer import Answer, Question, Status
from reconciler.probe.wire import MOST_VALUES, Query, Stray, Truncated, Unusable

NAME = "www.example.com"
SOA = "example.com. 300 IN SOA ns.example.com. hm.example.com. 1 2 3 4 5"


def reply(
    query: Query, answer: Sequence[str] = (), authority: Sequence[str] = (), code: str = "NOERROR", *, ra: bool = True
) -> bytes:
    """A server's reply with these records, one line of a zone file each."""
    made = dns.message.make_response(dns.message.from_wire(query.wire), recursion_available=ra)
    made.set_rcode(dns.rcode.from_text(code))
    for section, lines in ((made.answer, answer), (made.authority, authority)):
        for line in lines:
            owner, ttl, _, kind, text = line.split(" ", 4)
            section.append(dns.rrset.from_text(dns.name.from_text(owner), int(ttl), "IN", kind, text))
    return made.to_wire()


def read(kind: str, *answer: str, name: str = NAME, **more: object) -> Answer:
    """What a question's answer is, given the records of a reply."""
    query = Query(Question(name, kind))
    return query.read(reply(query, answer, **more))  # type: ignore[arg-type]  # as reply has them


def test_the_question() -> None:
    """Recursion is asked for, with EDNS of 1232 octets; numbers differ from one to the next."""
    message = dns.message.from_wire(Query(Question("_a\\.b.example.com", "MX")).wire)
    assert message.question[0].to_text() == "_a\\.b.example.com. IN MX"
    assert (message.edns, message.payload, message.ednsflags) == (0, 1232, 0)
    assert message.flags == dns.flags.RD | dns.flags.AD
    assert len({Query(Question(NAME, "A")).wire[:2] for _ in range(50)}) > 40


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:DB8:0:0::1", "2001:db8::1"),
        ("MX", "10 Mail.Example.NET.", "10 mail.example.net."),
        ("MX", "0 .", "0 ."),
        ("MX", "10 localhost.", "10 localhost."),
        ("MX", "10 192.0.2.1.", "10 192.0.2.1."),
        ("NS", "a\\.b\\000.example.", "a\\.b\\000.example."),
        ("SRV", "1 2 443 Sip.Example.", "1 2 443 sip.example."),
        ("CAA", '0 ISSUE "ca.example; a=b"', '0 issue "ca.example; a=b"'),
        ("TLSA", "3 1 1 " + "aB" * 32, "3 1 1 " + "ab" * 32),
        ("PTR", "A.example.", "a.example."),
        ("SOA", "NS.example. hm.example. 1 2 3 4 5", "ns.example. hm.example. 1 2 3 4 5"),
        ("HTTPS", "1 . alpn=h2", '1 . alpn="h2"'),
        ("TYPE65400", "\\# 3 0a0B0c", "\\# 3 0a0b0c"),
        ("TXT", '"v=spf1 " "-all"', "v=spf1 -all"),
        ("TXT", '"\\195\\164 \\255"', "ä \udcff"),
        ("TXT", '""', ""),
        ("CNAME", "Other.example.", "other.example."),
    ],
)
def test_values(kind: str, text: str, value: str) -> None:
    """Each type comes in the normal form that record sets have."""
    assert read(kind, f"{NAME}. 60 IN {kind} {text}") == Answer(Status.FOUND, (value,), 60)
    assert rdata.canonical(kind, value) == value


def test_the_root_and_long_names() -> None:
    """The root is the empty name; 255 octets are the limit, and any octet may stand in a label."""
    assert read("NS", ". 9 IN NS a.example.", name="").values == ("a.example.",)
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert read("A", f"{longest}. 9 IN A 192.0.2.1", name=longest).status is Status.FOUND
    odd = "a\\.b.\\000\\255.example"
    assert read("A", f"{odd}. 9 IN A 192.0.2.1", name=odd).status is Status.FOUND


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a..b", "A"),
        (".a", "A"),
        ("a" * 64, "A"),
        (".".join(["a" * 63] * 4), "A"),
        ("a\\", "A"),
        ("a\\999", "A"),
        ("\ud800.example", "A"),
        (NAME, "ANY"),
        (NAME, "OPT"),
        (NAME, "NOPE"),
        (NAME, ""),
        (NAME, "TYPE99999999"),
        (NAME, "Ä"),
    ],
)
def test_what_cannot_be_asked(name: str, kind: str) -> None:
    """A name or type that DNS cannot carry is told in words."""
    with pytest.raises(ValueError, match=r".+"):
        Query(Question(name, kind))


@given(st.text(max_size=300), st.text(max_size=8))
def test_any_question(name: str, kind: str) -> None:
    """Any text is either a question that dnspython reads, or refused in words."""
    for question in (Question(name, kind), Question(name, "A")):
        try:
            query = Query(question)
        except ValueError:
            continue
        dns.message.from_wire(query.wire)


def test_sorted_without_repeats() -> None:
    """Order and repeats of the reply mean nothing; the case of the owner neither."""
    lines = [f"WWW.example.COM. 60 IN TXT {text}" for text in ("b", "a", "b", '"" b')]
    assert read("TXT", *lines).values == ("a", "b")


def test_other_owners_are_ignored() -> None:
    """Records that were not asked for add nothing."""
    found = read("A", f"{NAME}. 60 IN A 192.0.2.1", "evil.example. 60 IN A 192.0.2.66", f"{NAME}. 60 IN MX 1 a.")
    assert found.values == ("192.0.2.1",)
    assert read("A", "evil.example. 60 IN A 192.0.2.66").status is Status.EMPTY


def test_an_alias() -> None:
    """A chain is followed in any order of its records; the smallest TTL on the way counts."""
    chain = ["c.example. 50 IN A 192.0.2.1", f"{NAME}. 70 IN CNAME B.example.", "b.example. 20 IN CNAME c.example."]
    assert read("A", *chain) == Answer(Status.FOUND, ("192.0.2.1",), 20, "c.example")
    assert read("CNAME", *chain) == Answer(Status.FOUND, ("b.example.",), 70)
    assert read("MX", *chain) == Answer(Status.EMPTY, alias="c.example")
    assert read("A", *chain[1:], code="NXDOMAIN") == Answer(Status.NXDOMAIN, alias="c.example")


def test_a_circle() -> None:
    """Aliases in a circle, or too many of them, are a failure and no endless walk."""
    circle = [f"{NAME}. 1 IN CNAME b.example.", f"b.example. 1 IN CNAME {NAME}."]
    assert read("A", *circle).status is Status.FAILED
    assert read("A", f"{NAME}. 1 IN CNAME {NAME}.").status is Status.FAILED
    chain = [f"{NAME}. 1 IN CNAME 0.example.", *(f"{n}.example. 1 IN CNAME {n + 1}.example." for n in range(40))]
    assert read("A", *chain, "41.example. 1 IN A 192.0.2.1").status is Status.FAILED


def test_absence() -> None:
    """No such name, and a name without such records, are two things."""
    assert read("A", code="NXDOMAIN", authority=[SOA]) == Answer(Status.NXDOMAIN)
    assert read("A", authority=[SOA]) == Answer(Status.EMPTY)
    assert read("A") == Answer(Status.EMPTY)


def test_a_referral_is_no_answer() -> None:
    """A server that looks up nothing for others proves absence by its SOA, else it knows nothing."""
    assert read("A", authority=[SOA], ra=False).status is Status.EMPTY
    for authority in ([], ["example.com. 9 IN NS ns.example.com."], [SOA.replace("example.com", "example.net", 1)]):
        with pytest.raises(Unusable, match="no resolver"):
            read("A", authority=authority, ra=False)
    with pytest.raises(Unusable, match="no resolver"):
        read("A", f"{NAME}. 9 IN CNAME a.example.", authority=[SOA], ra=False)
    assert read("A", f"{NAME}. 9 IN A 192.0.2.1", ra=False).status is Status.FOUND


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP", "YXDOMAIN"])
def test_errors(code: str) -> None:
    """The server does not help; another may."""
    with pytest.raises(Unusable, match=code):
        read("A", f"{NAME}. 9 IN A 192.0.2.1", code=code)


def test_a_contradiction() -> None:
    """There is no such name, and here are its records."""
    with pytest.raises(Unusable, match="contradicts"):
        read("A", f"{NAME}. 9 IN A 192.0.2.1", code="NXDOMAIN")


def _bent(at: int, change: Callable[[int], int]) -> Callable[[bytearray], None]:
    def bend(wire: bytearray) -> None:
        wire[at] = change(wire[at])

    return bend


def _no_question(wire: bytearray) -> None:
    wire[5] = 0
    del wire[12 : 12 + len("0www0example0com0") + 4]


@pytest.mark.parametrize(
    ("bend", "raised"),
    [
        (_bent(0, lambda octet: octet ^ 1), Stray),
        (_bent(2, lambda octet: octet & 0x7F), Stray),  # no reply
        (_bent(2, lambda octet: octet | 0x10), Stray),  # another kind of message
        (_bent(13, lambda _: ord("x")), Stray),  # another name
        (_bent(30, lambda _: 28), Stray),  # another type
        (_bent(32, lambda _: 3), Stray),  # another class
        (_bent(5, lambda _: 2), Stray),  # two questions
        (_no_question, Stray),
        (_bent(2, lambda octet: octet | 0x02), Truncated),
        (_bent(7, lambda _: 9), Unusable),  # fewer records than announced
    ],
)
def test_bent_replies(bend: Callable[[bytearray], None], raised: type[Exception]) -> None:
    """A reply that is not ours is strayed past; one that is ours and broken says that this server does not help."""
    query = Query(Question(NAME, "A"))
    wire = bytearray(reply(query, [f"{NAME}. 9 IN A 192.0.2.1"]))
    assert query.read(bytes(wire)).status is Status.FOUND
    bend(wire)
    with pytest.raises(raised):
        query.read(bytes(wire))


def test_an_error_without_the_question() -> None:
    """Some servers leave the question out of a report of an error."""
    query = Query(Question(NAME, "A"))
    wire = bytearray(reply(query, code="REFUSED"))
    _no_question(wire)
    with pytest.raises(Unusable, match="REFUSED"):
        query.read(bytes(wire))


def test_the_high_bits_of_an_error() -> None:
    """EDNS carries eight more bits of the result: BADVERS would look like an empty answer without them."""
    query = Query(Question(NAME, "A"))
    wire = bytearray(reply(query))
    assert query.read(bytes(wire)) == Answer(Status.EMPTY)
    wire[-6] = 1  # of the TTL field of the closing OPT record
    with pytest.raises(Unusable, match="BADVERS"):
        query.read(bytes(wire))
    wire[-6] = 0x80
    with pytest.raises(Unusable, match="2048"):
        query.read(bytes(wire))


def test_a_cut_reply_is_not_read() -> None:
    """A record that nobody asked for and that ends beyond the message shows that something is missing."""
    query = Query(Question(NAME, "A"))
    wire = bytearray(reply(query, [f"{NAME}. 9 IN A 192.0.2.1", f"{NAME}. 9 IN TXT abcdef"])[:-11])
    wire[11] = 0  # without the OPT record
    assert query.read(bytes(wire)).status is Status.FOUND
    with pytest.raises(Unusable):
        query.read(bytes(wire[:-1]))


def test_other_sections_and_classes_are_ignored() -> None:
    """An address among the authorities, or of another class, is no answer."""
    assert read("A", authority=[f"{NAME}. 9 IN A 192.0.2.66"]) == Answer(Status.EMPTY)
    query = Query(Question(NAME, "A"))
    wire = reply(query, [f"{NAME}. 9 IN A 192.0.2.1"])
    assert query.read(wire.replace(b"\xc0\x0c\0\1\0\1", b"\xc0\x0c\0\1\0\3")) == Answer(Status.EMPTY)


def test_an_alias_that_fills_its_record_badly() -> None:
    """A target shorter than its record is not guessed at."""
    query = Query(Question(NAME, "A"))
    wire = reply(query, [f"{NAME}. 9 IN CNAME a.", f"{NAME}. 9 IN TXT abcdef"])
    assert query.read(wire).alias == "a"
    with pytest.raises(Unusable):
        query.read(wire.replace(b"\0\3\1a\0", b"\0\4\1a\0\0"))


def test_the_ttl() -> None:
    """A TTL with the highest bit set counts as 0 (RFC 2181 section 8)."""
    query = Query(Question(NAME, "A"))
    wire = reply(query, [f"{NAME}. 7 IN A 192.0.2.1"])
    assert query.read(wire).ttl == 7
    assert query.read(wire.replace(b"\0\0\0\7", b"\xff\0\0\7")).ttl == 0


def _many(query: Query, count: int) -> bytes:
    """A reply with so many records, each with the longest of names, both made by compression."""
    record = b"\xc0\x0c\0\2\0\1\0\0\0\1\0\4\1%c\xc0\x0e"
    records = b"".join(record.replace(b"%c", b"%c" % (97 + number % 26)) for number in range(count))
    return query.wire[:2] + b"\x81\x80\0\1" + count.to_bytes(2, "big") + b"\0\0\0\0" + query.wire[12:-11] + records


def test_the_most_values() -> None:
    """A thousand values are read; a zone with more has failed, and costs next to nothing."""
    query = Query(Question(".".join(["a"] * 127), "NS"))
    assert len(query.read(_many(query, MOST_VALUES)).values) == 26
    start = time.process_time()
    assert query.read(_many(query, 4050)).status is Status.FAILED
    assert time.process_time() - start < 5


def test_the_case_of_the_question() -> None:
    """Some servers write the name back in another case."""
    query = Query(Question(NAME, "A"))
    wire = reply(query, [f"{NAME}. 9 IN A 192.0.2.1"])
    assert query.read(wire.replace(b"\3www\7example", b"\3wWw\7EXAMPLE")).status is Status.FOUND


KINDS = [kind.name for kind in dns.rdatatype.RdataType if kind and not dns.rdatatype.is_metatype(kind)]


def _any_octets(count: int) -> None:
    chance = random.Random(9)
    for _ in range(count):
        query = Query(Question(NAME, chance.choice(KINDS).replace("_", "-")))
        body = chance.randbytes(chance.randrange(80))
        record = b"\xc0\x0c" + query.wire[-15:-13] + b"\0\1\0\0\0\1" + len(body).to_bytes(2, "big") + body
        wire = query.wire[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query.wire[12:-11] + record
        bent = bytearray(wire)
        for _ in range(chance.randrange(3)):
            bent[chance.randrange(12, len(bent))] = chance.randrange(256)
        for one in (wire, bytes(bent), wire[: chance.randrange(len(wire))]):
            try:
                answer = query.read(one)
            except (Stray, Truncated, Unusable):
                continue
            assert isinstance(answer, Answer)


def test_any_octets_are_an_answer_or_refused() -> None:
    """Records of random octets, bent and cut replies: never another exception."""
    _any_octets(1500)


@pytest.mark.long
def test_any_octets_at_length() -> None:
    """The same for much longer."""
    _any_octets(100_000)
