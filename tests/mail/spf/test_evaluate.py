"""check_host: what decides, on which way, at what cost, and what is asked; the openspf suite has a test of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.notebook import Notebook, Unanswered
from reconciler.mail.spf.evaluate import Verdict, check_host
from tests.mail.spf.records import records
from tests.mail.spf.rounds import Rounds, spf
from tests.mail.spf.zones import Zones

HERE = "192.0.2.1"
POINTER = "1.2.0.192.in-addr.arpa"
Zone = Mapping[str, Mapping[str, Sequence[str]]]


def _check(zone: Zone, ip: str = HERE, *, failing: Sequence[tuple[str, str]] = (), **more: Any) -> Verdict:
    asked = {"domain": "a.example", "sender": "user@a.example", "helo": "mail.a.example"} | more
    return check_host(ip, ask=Zones(zone, failing).ask, **asked)


def test_the_term_that_decided() -> None:
    """The verdict names it, the record it stands in, and the way there."""
    zone = spf(
        a="v=spf1 ip4:198.51.100.1 -include:b.example ?all",
        b="v=spf1 ip4:198.51.100.2 redirect=c.example",
        c="v=spf1 a:h.example IP4:192.0.2.0/24 ~all",
    )
    verdict = _check(zone)
    assert verdict.result == "fail"
    assert verdict.term == "IP4:192.0.2.0/24"
    assert verdict.path == ("a.example", "b.example", "c.example")
    assert (verdict.lookups, verdict.voids) == (3, 1)
    assert "192.0.2.1" in verdict.detail
    assert "c.example" in verdict.detail


def test_an_include_that_does_not_match_leaves_no_trace() -> None:
    """What decides is the term of the record itself."""
    verdict = _check(spf(a="v=spf1 include:b.example ~all", b="v=spf1 -all"))
    assert (verdict.result, verdict.term, verdict.path) == ("softfail", "~all", ("a.example",))


def test_nothing_decides() -> None:
    """Without match, all and redirect the result is neutral (RFC 7208, 4.7)."""
    verdict = _check(spf(a="v=spf1 ip4:198.51.100.1"))
    assert (verdict.result, verdict.term, verdict.path) == ("neutral", "", ("a.example",))


@pytest.mark.parametrize(
    "domain", ["", ".", "example", "a..example", "a.example..", "x" * 64 + ".example", "é.example"]
)
def test_a_malformed_domain_has_no_record(domain: str) -> None:
    """It is not asked for (RFC 7208, 4.3)."""
    zones = Zones({})
    verdict = check_host(HERE, domain, "", "", zones.ask)
    assert (verdict.result, verdict.path, zones.asked) == ("none", (), [])


@pytest.mark.parametrize(
    ("texts", "result"),
    [
        ([], "none"),
        (["google-site-verification=x", " v=spf1 -all", "v=spf10"], "none"),
        (["other", "v=spf1 +all"], "pass"),
        (["v=spf1 +all", "V=SPF1 +all"], "permerror"),
    ],
)
def test_which_text_is_the_record(texts: list[str], result: str) -> None:
    """One text that begins as SPF does; two are an error (RFC 7208, 4.5)."""
    assert _check({"a.example": {"TXT": texts}}).result == result


def test_where_a_record_is_broken() -> None:
    """The first mistake is named with its record, wherever it stands and whatever stands before it."""
    verdict = _check(spf(a="v=spf1 include:b.example", b="v=spf1 +all ip4:1.2.3 moo"))
    assert (verdict.result, verdict.term, verdict.path) == ("permerror", "ip4:1.2.3", ("a.example", "b.example"))


@pytest.mark.parametrize("term", ["include:b.example", "redirect=b.example"])
def test_a_record_that_is_not_there(term: str) -> None:
    """The term that leads to nothing is to blame, not the place it leads to."""
    for text in (None, "no spf"):
        zone = spf(a=f"v=spf1 {term}") | ({"b.example": {"TXT": [text]}} if text else {})
        verdict = _check(zone)
        assert (verdict.result, verdict.term, verdict.path) == ("permerror", term, ("a.example",))
        assert "b.example has no SPF record" in verdict.detail
        assert verdict.voids == (0 if text else 1)


@pytest.mark.parametrize("term", ["include:b.example", "redirect=b.example"])
def test_one_record_too_many(term: str) -> None:
    """The same where a term leads to two."""
    verdict = _check(spf(a=f"v=spf1 {term}") | {"b.example": {"TXT": ["v=spf1 +all", "v=spf1 mx"]}})
    assert (verdict.result, verdict.term, verdict.path) == ("permerror", term, ("a.example",))
    assert "b.example has 2 SPF records" in verdict.detail


@pytest.mark.parametrize(
    ("term", "question"),
    [
        ("include:b.example", ("b.example", "TXT")),
        ("redirect=b.example", ("b.example", "TXT")),
        ("a:b.example", ("b.example", "A")),
        ("mx:b.example", ("b.example", "MX")),
        ("mx:c.example", ("h.example", "A")),
        ("exists:b.example", ("b.example", "A")),
    ],
)
def test_nobody_answers(term: str, question: tuple[str, str]) -> None:
    """A temporary error, and it says who was asked for what."""
    zone = spf(a=f"v=spf1 {term}") | {"c.example": {"MX": ["10 h.example."]}}
    verdict = _check(zone, failing=[question])
    assert (verdict.result, verdict.term) == ("temperror", term)
    assert f"{question[0]} {question[1]}: time is up" in verdict.detail


def test_nobody_answers_for_the_domain() -> None:
    """No term decides that."""
    verdict = _check({}, failing=[("a.example", "TXT")])
    assert (verdict.result, verdict.term, verdict.path) == ("temperror", "", ("a.example",))


def test_a_pointer_without_answer_is_skipped() -> None:
    """Neither the address's name nor a host it names is an error (RFC 7208, 5.5)."""
    zone = spf(a="v=spf1 ptr -all") | {
        POINTER: {"PTR": ["x.a.example.", "y.a.example."]},
        "y.a.example": {"A": [HERE]},
    }
    assert _check(zone).result == "pass"
    assert _check(zone, failing=[("x.a.example", "A")]).result == "pass"
    assert _check(zone, failing=[("y.a.example", "A")]).result == "fail"
    assert _check(zone, failing=[(POINTER, "PTR")]).result == "fail"


def test_pointers_end_in_the_domain_by_labels() -> None:
    """`xa.example` is not below `a.example`."""
    for host, result in (("a.example", "pass"), ("x.A.example", "pass"), ("xa.example", "fail")):
        zone = spf(a="v=spf1 ptr -all") | {POINTER: {"PTR": [f"{host}."]}}
        zone[host.lower()] = {**zone.get(host.lower(), {}), "A": [HERE]}
        assert _check(zone).result == result


@pytest.mark.parametrize(("place", "result"), [(9, "pass"), (10, "fail")])
def test_ten_pointers_are_looked_at(place: int, result: str) -> None:
    """The eleventh is not (RFC 7208, 4.6.4)."""
    hosts = [f"h{number}.a.example" for number in range(11)]
    zone = spf(a="v=spf1 ptr -all") | {POINTER: {"PTR": [f"{host}." for host in hosts]}, hosts[place]: {"A": [HERE]}}
    assert _check(zone).result == result


@pytest.mark.parametrize(("count", "result"), [(10, "pass"), (11, "permerror")])
def test_ten_mx_hosts(count: int, result: str) -> None:
    """More are an error, even where the first would match (RFC 7208, 4.6.4)."""
    hosts = [f"{number} h{number}.example." for number in range(count)]
    zone = spf(a="v=spf1 mx:m.example -all") | {"m.example": {"MX": hosts}, "h0.example": {"A": [HERE]}}
    assert _check(zone).result == result


def test_mx_hosts_by_preference() -> None:
    """The one with the smallest number is looked at first; its size is no text."""
    zone = spf(a="v=spf1 mx:m.example -all") | {
        "m.example": {"MX": ["10 bad.example.", "9 good.example."]},
        "good.example": {"A": [HERE]},
    }
    assert _check(zone, failing=[("bad.example", "A")]).result == "pass"
    assert _check(zone, failing=[("good.example", "A")]).result == "temperror"


def test_a_domain_without_mail() -> None:
    """A null MX names no host, and is neither void nor a question for the root."""
    zones = Zones(spf(a="v=spf1 mx:m.example -all") | {"m.example": {"MX": ["0 ."]}})
    verdict = check_host(HERE, "a.example", "", "", zones.ask)
    assert (verdict.result, verdict.voids) == ("fail", 0)
    assert [name for name, _ in zones.asked] == ["a.example", "m.example"]


@pytest.mark.parametrize(("count", "result"), [(10, "fail"), (11, "permerror")])
@pytest.mark.parametrize("term", ["a:h.example", "mx:h.example", "ptr:h.example", "include:b.example"])
def test_ten_lookups(term: str, count: int, result: str) -> None:
    """Each term that asks counts each time it stands; the eleventh is an error (RFC 7208, 4.6.4)."""
    zone = spf(a=f"v=spf1 {f'{term} ' * count}-all", b="v=spf1 -all") | {
        "h.example": {"A": ["198.51.100.1"], "MX": ["1 h.example."]},
        POINTER: {"PTR": ["h.example."]},
    }
    verdict = _check(zone)
    assert (verdict.result, verdict.lookups) == (result, count)
    assert verdict.term == ("-all" if count == 10 else term)


@pytest.mark.parametrize(("length", "result"), [(10, "fail"), (11, "permerror")])
def test_redirects_count(length: int, result: str) -> None:
    """A chain of them is a chain of lookups."""
    zone = spf(**{f"r{number}": f"v=spf1 redirect=r{number + 1}.example" for number in range(length)})
    zone |= spf(**{f"r{length}": "v=spf1 -all"})
    verdict = _check(zone, domain="r0.example")
    assert (verdict.result, verdict.lookups) == (result, length)


def test_what_never_runs_does_not_count() -> None:
    """Terms after the match, and a redirect beside an all (RFC 7208, 6.1)."""
    text = f"v=spf1 ip4:192.0.2.1 {'a:h.example ' * 20}redirect=b.example -all"
    assert _check(spf(a=text)).lookups == 0
    assert _check(spf(a="v=spf1 redirect=b.example ?all")).lookups == 0


@pytest.mark.parametrize("term", ["a:n{}.example", "mx:n{}.example", "exists:n{}.example", "a:e.example", "ptr"])
def test_two_void_lookups(term: str) -> None:
    """The third is an error, whether the name is not there or has no such records (RFC 7208, 4.6.4)."""
    for count, result in ((2, "fail"), (3, "permerror")):
        terms = " ".join(term.format(number) for number in range(count))
        verdict = _check(spf(a=f"v=spf1 {terms} -all") | {"e.example": {"TXT": ["x"]}})
        assert (verdict.result, verdict.lookups, verdict.voids) == (result, count, count)
        assert verdict.term == ("-all" if count == 2 else term.format(2))


def test_hosts_below_a_term_are_no_void_lookups() -> None:
    """An IPv6 sender meets an `mx` whose hosts have IPv4 alone: that is one term, and its name has records."""
    zone = spf(a="v=spf1 mx:m.example ptr exists:%{p}.example -all") | {
        "m.example": {"MX": [f"1 h{number}.example." for number in range(4)]}
    }
    verdict = _check(zone, "2001:db8::1")
    assert (verdict.result, verdict.voids) == ("fail", 2)


def test_a_name_that_cannot_be_asked_for() -> None:
    """It matches nobody, is not asked and not void (RFC 7208, 4.8)."""
    zones = Zones(spf(a=f"v=spf1 a:x..example mx:{'x' * 64}.example exists:%{{h}}.example a:%{{l}}.example -all"))
    verdict = check_host(HERE, "a.example", "ñ@a.example", "x" * 64, zones.ask)
    assert (verdict.result, verdict.lookups, verdict.voids) == ("fail", 4, 0)
    assert [name for name, _ in zones.asked] == ["a.example"]


def test_odd_letters_in_a_name_are_escaped() -> None:
    """Names are asked for in written form, lower case."""
    zones = Zones(spf(a="v=spf1 exists:%{l}.x.Example -all"))
    check_host(HERE, "A.example", 'Two Words"@a.example', "", zones.ask)
    assert zones.asked == [("a.example", "TXT"), (r"two\032words\".x.example", "A")]


@pytest.mark.parametrize(
    ("ip", "result"),
    [
        ("192.0.2.1", "pass"),
        ("::ffff:192.0.2.1", "pass"),
        ("::FFFF:c000:201", "pass"),
        ("::192.0.2.1", "fail"),
        ("2001:db8::1", "softfail"),
        ("2001:DB8:0::1%eth0", "softfail"),
    ],
)
def test_addresses(ip: str, result: str) -> None:
    """IPv4 inside IPv6 is IPv4 (RFC 7208, 5); the scope of an address is no part of it."""
    assert _check(spf(a="v=spf1 ip4:192.0.2.1 ~ip6:2001:db8::1 -all"), ip).result == result


@pytest.mark.parametrize("ip", ["", "localhost", "192.0.2", "192.0.2.1/32", "192.0.2.01"])
def test_no_address(ip: str) -> None:
    """That is the caller's mistake."""
    with pytest.raises(ValueError, match="does not appear to be"):
        _check({}, ip)


@pytest.mark.parametrize(
    ("term", "ip", "result"),
    [
        ("a:h.example/24//0", "192.0.2.200", "pass"),
        ("a:h.example/25", "192.0.2.200", "fail"),
        ("a:h.example//32", "192.0.2.200", "fail"),
        ("a:h.example//32", "2001:db8:ffff::", "pass"),
        ("a:h.example/0", "2001:db8:ffff::", "fail"),
        ("mx:h.example/24", "192.0.2.200", "pass"),
        ("mx:h.example//33", "2001:db8:ffff::", "fail"),
        ("exists:h.example", "2001:db8::9", "pass"),
        ("exists:six.example", "2001:db8::9", "fail"),
    ],
)
def test_lengths(term: str, ip: str, result: str) -> None:
    """Each kind of address has its own; `exists` asks for IPv4 always (RFC 7208, 5.3 to 5.7)."""
    hosts = {
        "h.example": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "MX": ["1 h.example."]},
        "six.example": {"AAAA": ["2001:db8::1"]},
    }
    assert _check(spf(a=f"v=spf1 {term} -all") | hosts, ip).result == result


MACROS = [
    ("%{s}", "strong-bad@email.a.example"),
    ("%{l}", "strong-bad"),
    ("%{l-}", "strong.bad"),
    ("%{lr-}", "bad.strong"),
    ("%{l1r-}", "strong"),
    ("%{o}", "email.a.example"),
    ("%{d}", "a.example"),
    ("%{d1}", "example"),
    ("%{d9}", "a.example"),
    ("%{dr}", "example.a"),
    ("%{d1r}", "a"),
    ("%{o2r}", "a.email"),
    ("%{o.-}", "email.a.example"),
    ("%{s.-@}", None),
    ("%{S}", "strong-bad%40email.a.example"),
    ("%{i}", "192.0.2.1"),
    ("%{ir}.%{v}.arpa", "1.2.0.192.in-addr.arpa"),
    ("%{h2}", "a.example"),
    ("%{H}", "mail.a.example"),
    ("%{c} at %{t} by %{r}", "192.0.2.1 at 1700000000 by unknown"),
    ("%{p}", "unknown"),
    ("100%%%_off%-", "100% off%20"),
    ("100% off", None),
]


@pytest.mark.parametrize(("text", "becomes"), MACROS)
def test_macros(text: str, becomes: str | None) -> None:
    """What each letter and transformer gives, shown by an explanation; a mistake in it takes it away."""
    zone = spf(a="v=spf1 exp=e.example -all", e=text)
    verdict = _check(zone, sender="strong-bad@email.a.example", explain=True, now=1_700_000_000)
    assert verdict.explanation == (becomes or "")


def test_macros_of_ipv6() -> None:
    """32 digits in names, the usual short form for people (RFC 7208, 7.3)."""
    zone = spf(a="v=spf1 exp=e.example -all", e="%{i} %{c} %{v} %{i2r}")
    digits = ".".join("20010DB8" + "0" * 20 + "CAFE")
    told = _check(zone, "2001:db8::CAFE", explain=True).explanation
    assert told == f"{digits} 2001:db8::cafe ip6 0.2"
    assert _check(zone, "fe80::1%eth0", explain=True).explanation.split(" ")[1] == "fe80::1"


@pytest.mark.parametrize(
    ("pointers", "name"),
    [
        (["x.example", "mail.a.example", "a.example"], "a.example"),
        (["x.example", "mail.a.example", "xa.example"], "mail.a.example"),
        (["x.example", "y.example"], "x.example"),
        (["gone.example"], "unknown"),
    ],
)
def test_the_name_of_an_address(pointers: list[str], name: str) -> None:
    """The domain itself, else one below it, else any that points back (RFC 7208, 7.3)."""
    zone: dict[str, dict[str, list[str]]] = spf(a="v=spf1 exp=e.example -all", e="%{p}")
    zone[POINTER] = {"PTR": [f"{host}." for host in pointers]}
    for host in pointers:
        if host != "gone.example":
            zone[host] = {**zone.get(host, {}), "A": [HERE]}
    assert _check(zone, explain=True).explanation == name


@pytest.mark.parametrize("sender", ["", "@a.example", "a.example"])
def test_a_sender_without_local_part(sender: str) -> None:
    """It is the postmaster (RFC 7208, 4.3)."""
    zone = spf(a="v=spf1 exp=e.example -all", e="%{s} %{l} %{o}")
    told = _check(zone, sender=sender, explain=True).explanation
    assert told == "postmaster@a.example postmaster a.example"


@pytest.mark.parametrize("count", [1, 40, 2000])
def test_a_name_that_is_too_long(count: int) -> None:
    """Labels go from the left until 253 characters are left (RFC 7208, 7.3)."""
    zones = Zones(spf(a=f"v=spf1 exists:{'%{d}.' * count}x.example -all"))
    check_host(HERE, "a.example", "", "", zones.ask)
    asked = zones.asked[1].name
    whole = f"{'a.example.' * count}x.example"
    assert whole.endswith(asked)
    assert len(whole) <= 253 or (245 < len(asked) <= 253 and whole[-len(asked) - 1] == ".")


def test_who_explains() -> None:
    """The record whose result it is: the target of a redirect, never that of an include (RFC 7208, 6.2)."""
    zone = spf(
        a="v=spf1 exp=e1.example include:b.example redirect=c.example",
        b="v=spf1 exp=e2.example -ip4:192.0.2.1",
        c="v=spf1 exp=e3.%{d} -include:d.example",
        d="v=spf1 exp=e4.example +all",
    ) | {"e3.c.example": {"TXT": ["%{d} says no"]}}
    assert _check(zone, explain=True).explanation == "c.example says no"


@pytest.mark.parametrize("texts", [[], ["one", "two"], ["caf\xe9"], ["bell\x07"], ["%{x}"]])
def test_no_explanation(texts: list[str]) -> None:
    """One text of sound ASCII, or none at all; the result stands."""
    verdict = _check(spf(a="v=spf1 exp=e.example -all") | {"e.example": {"TXT": texts}}, explain=True)
    assert (verdict.result, verdict.explanation) == ("fail", "")


def test_explanations_cost_nothing() -> None:
    """They are asked for only when wanted and due, and count for no limit."""
    zone = spf(a=f"v=spf1 {'a:h.example ' * 10}a=b exp=e.example -all", e="no") | {"h.example": {"A": ["198.51.100.1"]}}
    zones = Zones(zone)
    plain = check_host(HERE, "a.example", "", "", zones.ask)
    assert (plain.result, plain.lookups, plain.explanation) == ("fail", 10, "")
    assert ("e.example", "TXT") not in zones.asked
    assert _check(zone, explain=True).explanation == "no"
    assert _check(spf(a="v=spf1 exp=e.example ~all", e="no"), explain=True).explanation == ""


def test_an_unpublished_record() -> None:
    """It stands for the domain's own record wherever that is read, and DNS is not asked for it."""
    zones = Zones(spf(a="v=spf1 -all", b="v=spf1 redirect=A.example"))
    verdict = check_host(HERE, "a.example", "", "", zones.ask, text="v=spf1 ?include:b.example ~all")
    assert verdict.result == "permerror"
    assert verdict.lookups == 11
    assert {name for name, _ in zones.asked} == {"b.example"}
    assert _check({}, text="v=spf1 ip4:192.0.2.1").result == "pass"
    assert _check(spf(a="v=spf1 +all"), text="").result == "none"


def test_rounds_of_questions() -> None:
    """Where answers come in rounds, one round has all hosts of an `mx` and what the record's other terms ask."""
    zone = spf(
        a="v=spf1 mx:m.example include:b.example a:h.%{d} exists:%{i}.x.example redirect=c.example",
        b="v=spf1 include:d.example a:h2.example -all",
        c="v=spf1 -all",
        d="v=spf1 -all",
    ) | {"m.example": {"MX": ["1 m1.example.", "2 m2.example.", "3 m3.example."]}}
    rounds = Rounds(Zones(zone).ask)

    def run(notebook: Notebook) -> str:
        try:
            return check_host(HERE, "a.example", "", "", notebook.must).result
        except Unanswered:
            return "open"

    assert rounds.run(run) == "permerror"
    assert [{f"{name} {kind}" for name, kind in asked} for asked in rounds.asked] == [
        {"a.example TXT"},
        {"m.example MX", "b.example TXT", "h.a.example A", "192.0.2.1.x.example A", "c.example TXT"},
        {"m1.example A", "m2.example A", "m3.example A"},
        {"d.example TXT", "h2.example A"},
        set(),
    ]


@given(
    records, st.sampled_from(["192.0.2.1", "2001:db8::1", "203.0.113.9"]), st.text(max_size=20), st.text(max_size=20)
)
def test_whatever_is_published(text: str, ip: str, sender: str, helo: str) -> None:
    """Any record, sender and greeting has a result, within the limits, the same each time."""
    verdict = _check({"a.example": {"TXT": [text]}}, ip, sender=sender, helo=helo, explain=True)
    assert verdict.result in {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"}
    assert verdict.detail
    assert verdict.lookups <= 11
    assert verdict.voids <= 3
    assert verdict == _check({"a.example": {"TXT": [text]}}, ip, sender=sender, helo=helo, explain=True)
