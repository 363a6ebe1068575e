"""Random zone files under random edits: what is wished changes, nothing else does; and mutated files break nothing."""

import os
import random
from datetime import date

import dns.exception
import dns.rdatatype
import dns.zone
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.key import Key
from reconciler.model.rdata import txt_from_presentation, txt_to_presentation
from reconciler.model.resource import RecordSet
from reconciler.model.zone import Scan
from reconciler.model.zone_edit import edit
from reconciler.model.zone_scan import scan

ZONE = "example.com"
TODAY = date(2026, 11, 21)
FUZZ = 20_000 if os.environ.get("LONG") == "1" else 600
NAMES = ["@", "www", "mail", "_dmarc", "a.sub", "b.sub", "sub", "*", r"odd\.one"]
ORIGINS = ["example.com.", "sub.example.com.", "com.", "."]
VALUES = {
    "A": ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
    "AAAA": ["2001:db8::1", "2001:db8::2"],
    "MX": ["10 mail.example.com.", "0 .", "20 mx.example.net."],
    "TXT": ["v=spf1 -all", 'quote " ; and \\', "", "x" * 300, "é\udcff", "MS=ms1"],
    "SRV": ["100 1 443 sip.example.net.", "0 0 0 ."],
    "CAA": ['0 issue "ca.example; a=b"'],
    "TYPE65280": [r"\# 2 abcd"],
}
Sets = dict[Key, RecordSet]
Wanted = dict[Key, RecordSet | None]


def key(kind: str, name: str) -> Key:
    return Key("dns", ZONE, kind, name)


@st.composite
def record_sets(draw: st.DrawFn) -> Sets:
    """Some record sets, none beside a CNAME."""
    found: Sets = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6)):
        if name != "@" and draw(st.integers(0, 4)) == 0:
            one = RecordSet(key("CNAME", name), draw(st.sampled_from([60, 3600])), ("target.example.net.",))
            found[one.key] = one
            continue
        for kind in draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=3)):
            values = draw(st.lists(st.sampled_from(VALUES[kind]), unique=True, min_size=1, max_size=3))
            one = RecordSet(key(kind, name), draw(st.sampled_from([60, 300, 3600])), tuple(sorted(values)))
            found[one.key] = one
    return found


@st.composite
def zone_texts(draw: st.DrawFn) -> tuple[str, Sets]:
    """A zone file laid out as a person might, or might not, and what it holds."""
    sets = draw(record_sets())
    default = draw(st.sampled_from([60, 3600]))
    lines = [f"$TTL {draw(st.sampled_from([str(default), f'{default // 60}m']))}", *draw(st.sampled_from(SOAS))]
    todo = [(one, value) for one in sets.values() for value in one.values]
    origin, last = ORIGINS[0], "@"
    for one, value in draw(st.permutations(todo)):
        lines += draw(st.sampled_from([[], [], [""], ['; a comment ( with " and \\'], ["  \t ; x"]]))
        if draw(st.integers(0, 5)) == 0:
            origin = draw(st.sampled_from(ORIGINS))
            lines.append(f"$ORIGIN {origin}")
        name = one.key.name
        owner = "" if name == last and draw(st.booleans()) else draw(st.sampled_from(spellings(name, origin)))
        ttl = "" if one.ttl == default and draw(st.booleans()) else draw(st.sampled_from([str(one.ttl), f"{one.ttl}s"]))
        middle = draw(st.sampled_from([[ttl, "IN"], ["IN", ttl], [ttl, ""], [ttl, "in"]]))
        data = txt_to_presentation(value) if one.key.kind == "TXT" else value
        data = draw(st.sampled_from([data, data, f"( {data} )", f"(\n   {data} ; inside\n )"]))
        gap = draw(st.sampled_from([" ", "\t", "    "]))
        fields = [owner, *[word for word in middle if word], one.key.kind, data]
        lines.append(gap.join(fields) + draw(st.sampled_from(["", "", " ", " ; behind", "; ä\udcff"])))
        last = name
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join(lines).replace("\n", ending) + draw(st.sampled_from([ending, ending, "", ending * 2]))
    return text, sets


SOAS = [
    ["@ IN SOA ns1.example.net. host.example.com. 2026112001 7200 3600 1209600 300"],
    ["@ 3600 SOA ns1.example.net. host ( 7 ; serial", " 2h 1h", "", " 2w 5m ) ; the end"],
    ["example.com. IN SOA ( ns1.example.net. host", "4294967295", "1 1 1 1", ")"],
]


def spellings(name: str, origin: str) -> list[str]:
    """The ways to write an owner under an origin."""
    full = f"{ZONE}." if name == "@" else f"{name}.{ZONE}."
    found = [full, full.upper()]
    if full == origin:
        found.append("@")
    if origin == ".":
        found.append(full[:-1])
    elif full.endswith(f".{origin}"):
        found += [full.removesuffix(f".{origin}")] * 3
    return found


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Sets, Wanted]:
    """A zone file and some wishes that it can hold."""
    text, sets = draw(zone_texts())
    wanted: Wanted = {}
    for one in draw(st.lists(st.sampled_from(sorted(sets)), unique=True, max_size=3)) if sets else []:
        options = VALUES.get(one.kind, ["other.example."])
        values = draw(st.lists(st.sampled_from(options), unique=True, max_size=1 if one.kind == "CNAME" else 3))
        ttl = draw(st.sampled_from([sets[one].ttl, 60, 7200]))
        wanted[one] = RecordSet(one, ttl, tuple(sorted(values))) if values else None
    if draw(st.booleans()):
        new = key("TXT", draw(st.sampled_from(["new", "x.sub", "@", "sub"])))
        if not any(one.name == new.name and one.kind in {"CNAME", "TXT"} for one in sets):
            wanted[new] = RecordSet(new, 60, ("new",))
    return text, sets, wanted


def by_dnspython(text: str) -> dict[tuple[str, str], tuple[int, frozenset[str]]]:
    """What dnspython reads in a zone file, without the SOA; octets outside ASCII made harmless."""
    plain = "".join(chr(one) if one < 128 else f"\\{one:03d}" for one in text.encode("utf-8", "surrogateescape"))
    zone = dns.zone.from_text(plain.replace("\r\n", "\n"), f"{ZONE}.", relativize=True, check_origin=False)
    found = {}
    for name, held in zone.nodes.items():
        for rdataset in held:
            kind = dns.rdatatype.to_text(rdataset.rdtype)
            values = frozenset(one.to_text(origin=zone.origin, relativize=False).lower() for one in rdataset)
            found[name.to_text().lower(), kind] = (rdataset.ttl, values)
    return {where: one for where, one in found.items() if where[1] != "SOA"}


def comparable(sets: Sets) -> dict[tuple[str, str], tuple[int, frozenset[str]]]:
    """Record sets in the words of dnspython."""
    return {
        (one.key.name, one.key.kind): (one.ttl, frozenset(presented(one.key.kind, value) for value in one.values))
        for one in sets.values()
    }


def presented(kind: str, value: str) -> str:
    return (txt_to_presentation(value) if kind == "TXT" else value).lower()


@given(zone_texts())
def test_reading_is_as_written_and_as_dnspython_reads(zone: tuple[str, Sets]) -> None:
    """Whatever the layout, the record sets are those that were laid out, and dnspython sees the same."""
    text, sets = zone
    found = scan(text, ZONE)
    assert found.errors == []
    assert found.sets == sets
    assert by_dnspython(text) == comparable(sets)


@given(edits())
def test_an_edit_changes_what_is_wished_and_no_other_line(one: tuple[str, Sets, Wanted]) -> None:
    """Only the wished sets differ, for dnspython too; each other line is there, octet for octet and in order."""
    text, sets, wanted = one
    new = edit(text, ZONE, wanted, TODAY)
    after = {where: held for where, held in {**sets, **wanted}.items() if held is not None}
    assert scan(new, ZONE).sets == after
    assert by_dnspython(new) == comparable(after)
    if after == sets:
        assert new == text
    else:
        assert 0 < (scan(new, ZONE).serial - scan(text, ZONE).serial) % 2**32 < 2**31
    touched = {where for where in wanted if sets.get(where) != wanted[where]}
    ending = "" if text.endswith("\n") else "\r\n" if "\r\n" in text else "\n"
    assert in_order(untouched(text + ending, touched), split(new + ending))


def split(text: str) -> list[str]:
    """Lines with their ends; only line feeds end a line."""
    return [f"{line}\n" for line in text.split("\n")]


def untouched(text: str, touched: set[Key]) -> list[str]:
    """The lines that belong to no set that changes, nor to the SOA."""
    found = scan(text, ZONE)
    gone = [one for one in found.records if one.kind == "SOA" or key(one.kind, one.name) in touched]
    kept, at = [], 0
    for one in gone:
        kept.append(text[at : one.start])
        at = one.end
    kept.append(text[at:])
    return [line for piece in kept for line in split(piece) if line != "\n"]


def in_order(old: list[str], new: list[str]) -> bool:
    """Each old line is among the new ones, in order; one that began with a blank may have got its owner in front."""
    rest = iter(new)
    return all(any(line == other or _named(line, other) for other in rest) for line in old)


def _named(line: str, other: str) -> bool:
    owner = other.removesuffix(line)
    return line[0] in " \t" and other.endswith(line) and not any(blank in owner for blank in " \t;")


SEEDS = [
    "$TTL 1h\n" + "\n".join(SOAS[1]) + "\n@ NS ns1.example.net.\n MX 10 mail\nmail A 192.0.2.1\n  AAAA 2001:db8::1\n"
    '@ TXT "v=spf1 ip4:192.0.2.0/24 -all" ; spf\nsel._domainkey TXT ( "v=DKIM1; p=abc"\n\t"def" )\n$ORIGIN sub\n'
    'www 300 IN CNAME @\n_sip._tcp SRV 100 1 443 sip.example.net.\nx CAA 0 issue "ca.example"\r\n'
    "y TYPE65280 \\# 2 abcd\n",
    SOAS[0][0] + "\r\n@ NS ns1\r\nns1 A 192.0.2.1\r\n* 60 TXT a b \\; c\r\nw HTTPS 1 . alpn=h2\r\n",
]
WORDS = [
    '"',
    "(",
    ")",
    ";",
    "\\",
    "\n",
    "\r\n",
    " ",
    "\t",
    "@",
    "$ORIGIN ",
    "$TTL ",
    "$INCLUDE x",
    "IN ",
    "\\000",
    "\\25",
]
WORDS += [
    "TXT ",
    "A ",
    "SOA ",
    "TYPE1 ",
    "\\# 4 00",
    "CH ",
    "4294967296",
    "1h1",
    ".",
    "..",
    "é",
    "\udcff",
    "\0",
    "a" * 70,
]


def mutated(chance: random.Random) -> str:
    """A zone file with a few pieces cut out, doubled, moved or put in."""
    text = chance.choice(SEEDS)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice([0, 0, 1, 1, 5, 40]))
        piece = chance.choice([*WORDS, "", text[start:end] * 2])
        text = text[:start] + piece + text[end:]
    return text


def test_mutated_files_give_diagnostics_or_a_zone() -> None:
    """No text makes the scanner raise; what it reads without an error can be edited, and only so."""
    clean = 0
    for seed in range(FUZZ):
        chance = random.Random(seed)
        text = mutated(chance)
        found = scan(text, ZONE, "f")
        for one in found.diagnostics:
            assert one.origin.line >= 1
            assert one.origin.column >= 1
        if not found.errors:
            clean += 1
            edit_somehow(text, found, chance)
    assert clean > FUZZ // 20


def edit_somehow(text: str, found: Scan, chance: random.Random) -> None:
    """Add a set, and change the TTL of one or remove it: both always possible."""
    new = key("TXT", "quite-new")
    wanted: Wanted = {new: RecordSet(new, 60, ("x",))}
    if found.sets:
        one = found.sets[chance.choice(sorted(found.sets))]
        wanted[one.key] = chance.choice([None, RecordSet(one.key, one.ttl ^ 1, one.values)])
    after = scan(edit(text, ZONE, wanted, TODAY), ZONE)
    assert after.sets == {where: held for where, held in {**found.sets, **wanted}.items() if held is not None}


def test_presentation_of_seeds_is_read() -> None:
    """The seeds are zones without errors, so that mutations start from something that works."""
    for seed in SEEDS:
        assert scan(seed, ZONE).errors == []
    assert txt_from_presentation(txt_to_presentation("x")) == "x"
