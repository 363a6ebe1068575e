"""How bad a finding is, what it names, how to get below a limit, and what `check` shows of a domain's SPF."""

import json
from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.mail.spf.lint import lint, look
from reconciler.mail.spf.tree import MOST, as_json, count
from reconciler.model.answer import Question
from reconciler.model.diagnostic import Diagnostic, Severity
from tests.mail.spf.records import records
from tests.mail.spf.rounds import Rounds, spf
from tests.mail.spf.zones import Zones

Names = Mapping[str, Mapping[str, Sequence[str]]]
HERE = "here.example"
HOST = {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "MX": ["10 mail.example."]}
KINDS = ("TXT", "A", "AAAA", "MX", "SPF")


def looked(*values: str, names: Names | None = None, silent: Collection[str] = (), bulk: Collection[str] = ()) -> Look:
    """`here.example` with these TXT values, every question answered."""
    world = {"h.example": HOST, **(names or {})}
    world[HERE] = {**HOST, **world.get(HERE, {}), "TXT": values}
    failing = [(name, kind) for name in silent for kind in KINDS]
    return Rounds(Zones(world, failing).ask).run(lambda notebook: look(HERE, notebook, bulk=bulk))


def said(found: Sequence[Diagnostic], *, infos: bool = False) -> list[str]:
    """Level, rule and summary, one line each."""
    return [
        f"{one.severity} {one.rule.removeprefix('spf/')} {one.summary}"
        for one in found
        if infos or one.severity is not Severity.INFO
    ]


def chain(name: str, number: int) -> dict[str, dict[str, list[str]]]:
    """A record at `<name>.example` whose include costs `number` lookups."""
    terms = " ".join(f"exists:%{{i}}.{place}.{name}.example" for place in range(number - 1))
    return spf(**{name: f"v=spf1 {terms} -all"})


SOUND = [
    "v=spf1 -all",
    "V=SPF1 ip4:198.51.99.1 ip6:2a00:1::/32 ~all",
    "v=spf1 mx a:h.example -all",
    "v=spf1 exists:%{i}._spf.h.example ?include:leaf.example exp=why.h.example -all x-tag=1",
    "v=spf1  redirect=leaf.example",
    "v=spf1 ?ip4:10.0.0.0/8 -ip4:0.0.0.0/0 ~all",
]


@pytest.mark.parametrize("text", SOUND)
def test_a_sound_record_passes(text: str) -> None:
    """Nothing is said of it."""
    seen = looked(text, names=spf(leaf="v=spf1 -all"))
    assert (said(seen.diagnostics, infos=True), seen.verdict) == ([], "pass")


TOLD = [
    (
        "-all ip4:20.1.1.1 moo",
        ["error S12 moo: there is no such mechanism", "warning S12 ip4:20.1.1.1 stands after all and never runs"],
    ),
    (
        "-all a a/1 a/2 a/3 a/4 a/5 -all",
        ["warning S12 a, a/1, a/2, a/3, a/4 and 2 more stand after all and never run"],
    ),
    ("a/24/64 -all", ["error S16 a/24/64: prefix lengths are written"]),
    ("redirect=leaf.example -all", ["warning S11 redirect=leaf.example is ignored, because the record has an all"]),
    ("exp=a.example exp=a.example -all", ["error S11 exp=a.example: exp= stands more than once"]),
    ("include:other.example -all", ["error S10 include:other.example: no SPF record there"]),
    ("include:two.example -all", ["error S10 include:two.example: 2 SPF records there, one is allowed"]),
    (
        "include:broken.example -all",
        ["error S10 include:broken.example: a syntax error: moo: there is no such mechanism"],
    ),
    ("redirect=broken.example", ["error S12 moo: there is no such mechanism (record at broken.example)"]),
    ("include:a..example -all", ["error S10 include:a..example: no domain name, so nothing can be found there"]),
    ("exists:a..h.example -all", ["warning S19 exists:a..h.example: no domain name, so nothing can be found there"]),
    ("include:silent.example -all", ["warning S10 include:silent.example: nobody answered"]),
    ("redirect=silent.example", ["warning S11 redirect=silent.example: nobody answered"]),
    ("a:silent.example -all", ["warning S9 a:silent.example: nobody answered"]),
    (
        "mx:four.example -all",
        ["warning S8 mx:four.example: no MX host there", "warning S9 1 void lookup for every sender"],
    ),
    ("a:four.example -all", ["warning S9 1 void lookup for senders with IPv6, 2 are allowed: a:four.example"]),
    ("a:x.example mx:h.example a:y.example -all", ["warning S9 2 void lookups for every sender"]),
    ("a:x.example a:y.example exists:z.example -all", ["error S9 3 void lookups for every sender, 2 are allowed"]),
    ("?all", ["warning S14 ?all says nothing on senders that are not listed"]),
    ("all", ["error S14 all lets everybody send as the domain"]),
    ("include:open.example -all", ["error S14 include:open.example, whose record ends with +all, lets everybody send"]),
    ("~include:open.example -all", []),
    ("redirect=open.example", ["error S14 all lets everybody send as the domain (record at open.example)"]),
    ("redirect=endless.example", ["warning S13 the record has neither all nor redirect= (record at endless.example)"]),
    ("include:endless.example -all", []),
    ("ip4:0.0.0.0/0 -all", ["error S14 ip4:0.0.0.0/0 admits a great part of all IPv4 addresses"]),
    ("ip4:1.2.3.4/7 -all", ["error S14 ip4:1.2.3.4/7 admits a great part"]),
    ("ip4:20.0.0.0/8 -all", ["warning S14 ip4:20.0.0.0/8 is wider than the network of one sender"]),
    ("ip6:2000::/3 -all", ["error S14 ip6:2000::/3 admits a great part of all IPv6 addresses"]),
    ("ip6:2a00::/16 -all", ["warning S14 ip6:2a00::/16 is wider than the network of one sender"]),
    ("mx/4 -all", ["error S14 mx/4 admits a great part of all IPv4 addresses"]),
    ("a//0 -all", ["error S14 a//0 admits a great part of all IPv6 addresses"]),
    ("ip4:10.0.0.0/8 -all", ["warning S14 ip4:10.0.0.0/8 is a private, documentation or otherwise reserved address"]),
    ("ip4:192.0.2.7 -all", ["warning S14 ip4:192.0.2.7 is a private, documentation"]),
    ("ip4:224.0.0.5 -all", ["warning S14 ip4:224.0.0.5 is a private, documentation"]),
    ("ip4:100.64.0.1 -all", ["warning S14 ip4:100.64.0.1 is a private, documentation"]),
    ("ip6:2001:db8::/32 -all", ["warning S14 ip6:2001:db8::/32 is a private, documentation"]),
    (
        "-ip4:20.0.0.0/9 ip4:20.1.1.1 -all",
        ["warning S21 ip4:20.1.1.1 never decides: -ip4:20.0.0.0/9 before it covers it"],
    ),
    ("a a/24 -all", []),
    ("a A:Here.example. -all", ["warning S7 a of here.example stands twice in the tree, which costs 1 lookup more"]),
    ("include:leaf.example -include:b.example -all", ["warning S7 include of leaf.example stands twice in the tree"]),
    (
        'include:leaf.example" "a -all',
        ['error S3 include:leaf.example": terms have run together', 'error S3 "a: terms'],
    ),
    ("include:leaf.example~all", ["error S3 include:leaf.example~all: terms have run together"]),
    (
        "include:leaf.example-all",
        ["error S3 include:leaf.example-all: terms", "error S10", "warning S9", "warning S13"],
    ),
    ("ip4:20.1.1.1include:leaf.example -all", ["error S3 ip4:20.1.1.1include:leaf.example: terms have run together"]),
    ("-a:spf-all.h.example ?exists:%{i}.include.h.example -all", ["warning S9 1 void lookup for every sender"]),
]
NAMES: Names = {
    **spf(
        leaf="v=spf1 -all",
        broken="v=spf1 moo -all",
        open="v=spf1 all",
        endless="v=spf1",
        b="v=spf1 include:leaf.example",
    ),
    "two.example": {"TXT": ["v=spf1 -all", "v=spf1 ~all"]},
    "other.example": {"TXT": ["v=spf10 -all"]},
    "four.example": {"A": ["192.0.2.1"]},
}


@pytest.mark.parametrize(("terms", "told"), TOLD)
def test_what_is_said(terms: str, told: list[str]) -> None:
    """All that is said of a record, and nothing else."""
    found = said(looked(f"v=spf1 {terms}", names=NAMES, silent=["silent.example"]).diagnostics)
    assert len(found) == len(told)
    for line, start in zip(found, told, strict=True):
        assert line.startswith(start)


ALIKE = [
    (" v=spf1 -all", "it starts with a blank"),
    ("\ufeffv=spf1 -all", "it starts with a blank"),
    ('"v=spf1 -all"', "it starts with a quote"),
    ("v=spf1include:h.example", "v=spf1 is not followed by a space"),
    ("v=spf10 -all", "v=spf1 is not followed by a space"),
    ("v=spf1; -all", "v=spf1 is not followed by a space"),
    ("v=spf2 -all", "it does not start with v=spf1"),
    ("v = spf1 -all", "it does not start with v=spf1"),
    ("spf1 include:h.example", "it does not start with v=spf1"),
    ("v:spf1 -all", "it does not start with v=spf1"),
    ("spf2.0/pra include:h.example", ""),
    ("v=DMARC1; p=none", ""),
    ("our spf1 record", ""),
    ("", ""),
]


@pytest.mark.parametrize(("value", "why"), ALIKE)
def test_look_alikes(value: str, why: str) -> None:
    """A value that nobody reads as SPF, though its author thinks so."""
    found = said(looked("v=spf1 -all", value).diagnostics)
    assert found == (
        [f"warning S1 {ascii(value)[1:-1] if not value.isprintable() else value} looks like SPF and is none: {why}"]
        if why
        else []
    )


def test_a_domain_without_record() -> None:
    """A warning with what to publish; a look-alike is told beside it."""
    seen = looked(" v=spf1 -all")
    assert said(seen.diagnostics) == [
        "warning none here.example has no SPF record",
        "warning S1  v=spf1 -all looks like SPF and is none: it starts with a blank",
    ]
    assert "v=spf1 -all" in seen.diagnostics[0].remedy
    assert (seen.summary, seen.verdict) == ("no SPF record", "warn")


def test_two_records() -> None:
    """Each is read, though neither is in force."""
    seen = looked("v=spf1 a -all", "v=spf1 moo -all")
    assert said(seen.diagnostics) == [
        "error S1 2 SPF records at here.example: all of them are void",
        "error S12 moo: there is no such mechanism",
    ]
    assert (seen.summary, seen.verdict) == ("2 SPF records, one is allowed", "fail")
    assert seen.lines == ("v=spf1 a -all", "v=spf1 moo -all")


@pytest.mark.parametrize(("octets", "told"), [(450, False), (451, True)])
def test_a_long_record(octets: int, told: bool) -> None:
    """450 octets fit."""
    text = "v=spf1 x=" + "y" * (octets - 14) + " -all"
    assert len(text) == octets
    assert ("S4" in {one.rule[4:] for one in looked(text).diagnostics}) == told


@pytest.mark.parametrize(("octets", "told"), [(512, False), (513, True)])
def test_a_long_answer(octets: int, told: bool) -> None:
    """Every value at the name counts, with what DNS itself needs: 30 octets, and 13 for each value here."""
    tokens = [f"{place}{'z' * 99}" for place in range(4)]
    rest = octets - 30 - 4 * 113 - 13
    text = "v=spf1 -all" + " " * (rest - 11)
    found = said(looked(text, *tokens).diagnostics)
    assert found == (
        [f"warning S4 the TXT answer with its 5 values has about {octets} octets, more than 512"] if told else []
    )


@pytest.mark.parametrize(
    ("number", "level"), [(8, None), (9, Severity.WARNING), (10, Severity.WARNING), (11, Severity.ERROR)]
)
def test_lookups(number: int, level: Severity | None) -> None:
    """Nine and ten are allowed and told, eleven is too many."""
    found = looked("v=spf1 include:big.example -all", names=chain("big", number)).diagnostics
    assert [(one.severity, one.summary) for one in found] == (
        [(level, f"the record takes {number} lookups, 10 are allowed")] if level else []
    )


def test_remedies_in_order() -> None:
    """Dead and repeated terms, then addresses for `a` and `mx`, then a bulk sender; copying addresses comes last."""
    text = (
        "v=spf1 a:gone.example a:h.example mx include:small.example include:spf.protection.outlook.com "
        "ptr include:big.example include:small.example -all"
    )
    names = {**chain("small", 2), **chain("big", 4), "spf.protection.outlook.com": {"TXT": ["v=spf1 -all"]}}
    (found,) = [one for one in looked(text, names=names).diagnostics if one.rule == "spf/S6"]
    assert found.summary == "the record takes 13 lookups, 10 are allowed"
    assert found.remedy == (
        "In this order: "
        "drop what is dead or repeated (a:gone.example; ptr; include:small.example); "
        "write addresses instead of (a:h.example, that is ip4:192.0.2.1 ip6:2001:db8::1; mx, that is mail.example); "
        "let a bulk sender use a subdomain (include:big.example, 4 lookups); "
        "as a last resort copy the addresses of an include, which then grow stale."
    )


def test_known_bulk_senders_are_the_ones_to_move() -> None:
    """The dearest first, and no other."""
    names = {**chain("small", 2), **chain("big", 4), **chain("own", 5)}
    text = "v=spf1 include:small.example include:big.example include:own.example -all"
    (found,) = looked(text, names=names, bulk=["small.example", "big.example"]).diagnostics
    assert "subdomain (include:big.example, 4 lookups; include:small.example, 2 lookups)" in found.remedy


def test_the_mailbox_is_no_bulk_sender() -> None:
    """However dear its include is."""
    names = {"spf.protection.outlook.com": chain("x", 9)["x.example"], **spf(leaf="v=spf1 -all")}
    text = "v=spf1 include:spf.protection.outlook.com include:leaf.example -all"
    (found,) = looked(text, names=names).diagnostics
    assert "subdomain (include:leaf.example, 1 lookup)" in found.remedy


def test_below_a_repeated_include_nothing_more_is_told() -> None:
    """The include alone is what can be removed."""
    assert said(looked("v=spf1 include:b.example include:b.example -all", names=NAMES).diagnostics) == [
        "warning S7 include of b.example stands twice in the tree, which costs 2 lookups more"
    ]


def test_remedies_for_void_lookups() -> None:
    """What matches nobody goes, what has no IPv6 address is written as an address, others are told."""
    names = {**spf(vendor="v=spf1 a:lost.example -all"), "four.example": {"A": ["192.0.2.1"]}}
    text = "v=spf1 mx:gone.example a:four.example include:vendor.example -all"
    (found,) = [one for one in looked(text, names=names).diagnostics if one.rule == "spf/S9"]
    assert found.summary == (
        "3 void lookups for senders with IPv6, 2 are allowed: mx:gone.example; a:four.example; a:lost.example"
    )
    assert found.remedy == (
        "In this order: drop mx:gone.example; write addresses instead of a:four.example, that is ip4:192.0.2.1; "
        "tell whoever runs the record of include:vendor.example."
    )


def test_terms_behind_a_redirect_can_be_mended_too() -> None:
    """The remedies name what stands in the record that decides."""
    names = {**chain("big", 9), **spf(_spf="v=spf1 a:h.example include:big.example -all")}
    (found,) = looked("v=spf1 redirect=_spf.example", names=names).diagnostics
    assert found.summary == "the record takes 11 lookups, 10 are allowed"
    assert "write addresses instead of (a:h.example" in found.remedy


def test_a_loop_shows_its_path() -> None:
    """And nothing else is said of it."""
    names = spf(b="v=spf1 include:c.example -all", c="v=spf1 include:b.example -all")
    assert said(looked("v=spf1 include:b.example -all", names=names).diagnostics) == [
        "error S18 include:b.example leads back: a loop: b.example > c.example > b.example"
    ]


def test_a_tree_without_end_is_one_error() -> None:
    """Strangers cannot fill the report."""
    names = spf(**{f"n{one}": "v=spf1" + f" include:n{one + 1}.example" * 2 for one in range(30)})
    found = looked("v=spf1 include:n0.example -all", names=names).diagnostics
    assert f"error S6 the record takes more than {MOST} lookups, 10 are allowed" in said(found)
    assert len(found) < 40


def test_records_of_the_domain_itself_are_read_closely() -> None:
    """One that it includes from a name below it counts as its own, a stranger's does not."""
    names = {f"_spf.{HERE}": {"TXT": ["v=spf1 ptr moo"]}, **spf(vendor="v=spf1 ptr -all")}
    text = f"v=spf1 include:_spf.{HERE} include:vendor.example -all"
    assert said(looked(text, names=names).diagnostics) == [
        f"error S12 moo: there is no such mechanism (record at _spf.{HERE})",
        f"warning S15 ptr asks who the sender says it is (record at _spf.{HERE})",
    ]


def test_an_included_record_needs_no_end() -> None:
    """Who is not in it is judged by the record that includes it."""
    names = {f"_spf.{HERE}": {"TXT": ["v=spf1 ip4:20.0.0.1"]}}
    assert looked(f"v=spf1 include:_spf.{HERE} -all", names=names).verdict == "pass"


def test_order_is_told_as_an_aside() -> None:
    """Addresses behind lookups, once, and never across another qualifier; networks inside others."""
    text = "v=spf1 ip4:20.0.0.0/9 include:leaf.example ip4:20.0.0.1 ip4:30.0.0.1 ip4:30.0.0.1 -all"
    assert said(looked(text, names=NAMES).diagnostics, infos=True) == [
        "info S21 ip4:20.0.0.1 adds nothing to ip4:20.0.0.0/9",
        "info S21 ip4:20.0.0.1 stands after include:leaf.example, which asks DNS first",
        "info S21 ip4:30.0.0.1 adds nothing to ip4:30.0.0.1",
    ]
    apart = "v=spf1 include:leaf.example -ip4:40.0.0.1 ip4:30.0.0.1 -all"
    assert said(looked(apart, names=NAMES).diagnostics, infos=True) == []


def test_many_findings_of_a_rule_are_counted() -> None:
    """Ten are told one by one."""
    found = said(looked("v=spf1" + " moo" * 5000).diagnostics)
    assert [line[:9] for line in found] == ["error S12"] * 11 + ["warning S"] * 2
    assert found[10] == "error S12 and 4990 more of the same rule"


def test_thousands_of_networks_take_no_time() -> None:
    """No pair is compared; the time limit of the suite would end it."""
    text = "v=spf1" + "".join(f" ip4:20.{one % 250}.{one // 250}.0/{24 + one % 9}" for one in range(8000))
    assert {one.rule for one in lint(HERE, [text], None)} == {"spf/S4", "spf/S13"}


def test_the_worst_comes_first() -> None:
    """Errors, then warnings, then asides; within each in the order of the rules."""
    text = "v=spf1 include:leaf.example ip4:20.0.0.1 ptr include:gone.example a:h.example/6"
    found = said(looked(text, names=NAMES).diagnostics, infos=True)
    assert [" ".join(line.split()[:2]) for line in found] == [
        "error S10",
        "error S14",
        "warning S9",
        "warning S13",
        "warning S15",
        "info S21",
    ]


def test_offline_the_record_alone_is_judged() -> None:
    """Limits too, as far as it breaks them by itself; what cannot be known is not guessed."""
    assert lint(HERE, ["v=spf1 include:gone.example a mx -all"], None) == []
    many = "v=spf1" + "".join(f" include:n{one}.example" for one in range(11)) + " -all"
    assert said(lint(HERE, [many], None)) == ["error S6 the record takes at least 11 lookups, 10 are allowed"]
    (found,) = lint(HERE, ["v=spf1 moo -all"], None)
    assert (found.rule, found.address) == ("spf/S12", "dns/here.example/TXT/@")


def test_hosts_that_send_need_their_own_record() -> None:
    """Those below the domain that its record names; others are not ours to ask about."""
    names = {
        HERE: {"MX": ["10 mx1.here.example.", "20 mx2.here.example.", "30 mx.other.example."]},
        "mx1.here.example": HOST,
        "mx2.here.example": {**HOST, "TXT": ["v=spf1 a -all"]},
        "out.here.example": HOST,
    }
    seen = looked("v=spf1 mx a:out.here.example a:h.example -all", names=names)
    assert said(seen.diagnostics) == [
        "warning S20 out.here.example sends and has no SPF record",
        "warning S20 mx1.here.example sends and has no SPF record",
    ]


def test_hosts_that_nobody_answers_for_are_left() -> None:
    """What is not known is not blamed."""
    seen = Rounds(
        Zones(
            {HERE: {"TXT": ["v=spf1 a:out.here.example -all"]}, "out.here.example": HOST}, [("out.here.example", "TXT")]
        ).ask
    ).run(lambda notebook: look(HERE, notebook))
    assert seen.verdict == "pass"


def test_records_of_type_spf_are_told() -> None:
    """They are asked for; when nobody answers for them, nothing is lost."""
    assert said(looked("v=spf1 -all", names={HERE: {"SPF": ["v=spf1 a -all"]}}).diagnostics) == [
        "warning S2 here.example has a record of type SPF (99)"
    ]
    failing = Zones({HERE: {"TXT": ["v=spf1 -all"]}}, [(HERE, "SPF")])
    assert Rounds(failing.ask).run(lambda notebook: look(HERE, notebook)).verdict == "pass"


def test_a_look() -> None:
    """The tree for people and for machines, and one line on top."""
    seen = looked("other", "v=spf1 a:h.example include:leaf.example -all", names=NAMES)
    assert (seen.subject, seen.summary) == ("spf", "2 of 10 lookups, 0 of 2 void, 44 octets")
    assert seen.lines[1:3] == ("   1  a:h.example", "   1  include:leaf.example")
    assert seen.data["records"] == ["v=spf1 a:h.example include:leaf.example -all"]
    assert seen.data["tree"]["lookups"] == 2
    assert json.loads(json.dumps(seen.data)) == seen.data


def test_a_look_before_anything_is_known() -> None:
    """The verdict is unknown, and the first questions are open."""
    notebook = Notebook({})
    seen = look(HERE, notebook)
    assert (seen.verdict, seen.diagnostics) == ("unknown", ())
    assert [*notebook.open] == [Question(HERE, "TXT"), Question(HERE, "SPF")]


@pytest.mark.parametrize("silent", [HERE, "vendor.example"])
def test_silence_is_no_verdict(silent: str) -> None:
    """When nobody answers, here or further down, nothing is passed."""
    seen = looked("v=spf1 include:vendor.example -all", silent=[silent])
    assert (seen.verdict, seen.unanswered) == ("unknown", True)
    assert len(seen.diagnostics) == (silent == "vendor.example")


@given(
    st.lists(
        st.one_of(
            records,
            st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
            st.binary(max_size=60).map(lambda raw: "v=spf1 " + raw.decode("utf-8", "surrogateescape")),
        ),
        max_size=3,
    )
)
def test_any_values_are_linted(values: list[str]) -> None:
    """Never a traceback; what is said stands on one line and is true of every record that is not alone."""
    found = lint(HERE, values, None)
    for one in [*found, *looked(*values).diagnostics]:
        assert one.summary.isprintable()
        assert one.remedy
    assert as_json(count(HERE, Notebook({}), values[0] if values else None))
