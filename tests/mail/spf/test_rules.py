"""Each of the 22 rules fires on an example and stays silent on its sound counterpart."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from reconciler.mail.spf.lint import lint
from reconciler.mail.spf.rules import RULES
from reconciler.mail.spf.tree import count
from reconciler.model.diagnostic import Diagnostic, Origin
from tests.mail.spf.rounds import Rounds, spf
from tests.mail.spf.zones import Zones

HERE = "here.example"
ORIGIN = Origin("spec.yaml", 3, 5)


class Case(NamedTuple):
    """TXT values at `here.example`, and what else there is."""

    values: Sequence[str]
    names: Mapping[str, Mapping[str, Sequence[str]]] = {}
    old: Sequence[str] = ()
    hosts: Mapping[str, bool] = {}

    def found(self) -> list[Diagnostic]:
        """What the lint says."""
        names = {**self.names, HERE: {**self.names.get(HERE, {}), "TXT": self.values}}
        tree = Rounds(Zones(names).ask).run(lambda notebook: count(HERE, notebook))
        return lint(HERE, self.values, tree, ORIGIN, "dns/example/TXT/here", old=self.old, hosts=self.hosts)


def one(term: str) -> Case:
    """A record of one term, whose names exist."""
    host = {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "MX": ["10 h.example."], "TXT": ["v=spf1 -all"]}
    return Case([f"v=spf1 {term} -all"], {"h.example": host, HERE: host, "xn--mnchen-3ya.example": host})


def hosts(number: int) -> Case:
    """An `mx` of so many hosts."""
    return Case(["v=spf1 mx -all"], {HERE: {"MX": [f"{place} h.example." for place in range(number)]}})


def includes(number: int) -> Case:
    """So many includes of one lookup each."""
    names = {f"n{place}": "v=spf1 -all" for place in range(number)}
    return Case([" ".join(("v=spf1", *(f"include:{name}.example" for name in names), "-all"))], spf(**names))


EXAMPLES: dict[str, tuple[Case, Case]] = {
    "S1": (Case(["v=spf1 -all", "V=SPF1 ~all"]), Case(["v=spf1 -all", "v=STSv1; id=1"])),
    "S2": (Case(["v=spf1 -all"], old=["v=spf1 -all"]), Case(["v=spf1 -all"])),
    "S3": (one("include:h.exampleinclude:b.example"), one("include:h.example include:h.example")),
    "S4": (Case([f"v=spf1 {'ip4:192.0.2.111 ' * 28}-all"]), Case([f"v=spf1 {'ip4:192.0.2.111 ' * 27}-all"])),
    "S5": (Case(["v=spf1 -all all:foo"]), Case(["v=spf1 -all"])),
    "S6": (includes(9), includes(8)),
    "S7": (one("include:h.example include:H.example."), one("include:h.example")),
    "S8": (hosts(11), hosts(10)),
    "S9": (one("a:gone.example"), one("a:h.example")),
    "S10": (one("include:gone.example"), one("include:h.example")),
    "S11": (Case(["v=spf1 redirect=gone.example"]), Case(["v=spf1 redirect=h.example"], spf(h="v=spf1 -all"))),
    "S12": (one("-all ip4:192.0.2.1"), one("ip4:192.0.2.1")),
    "S13": (Case(["v=spf1 ip4:198.51.100.1"]), Case(["v=spf1 redirect=h.example"], spf(h="v=spf1 -all"))),
    "S14": (Case(["v=spf1 +all"]), Case(["v=spf1 ip4:20.0.0.0/9 ~all"])),
    "S15": (one("ptr"), one("a")),
    "S16": (one("ip4:192.0.2.1/032"), one("ip4:192.0.2.1/32")),
    "S17": (one("exists:%{z}.example"), one("exists:%{i}.example")),
    "S18": (one("include:here.example"), one("include:h.example")),
    "S19": (one("a:h.example:25"), one("a:h.example")),
    "S20": (
        Case(["v=spf1 -all"], hosts={"mail.here.example": False}),
        Case(["v=spf1 -all"], hosts={"mail.here.example": True}),
    ),
    "S21": (one("-ip4:192.0.2.0/24 ip4:192.0.2.1"), one("ip4:192.0.2.1 -ip4:192.0.2.0/24")),
    "S22": (one("include:münchen.example"), one("include:xn--mnchen-3ya.example")),
}


def test_there_is_an_example_for_every_rule() -> None:
    """Nothing is left out, here or in the table."""
    assert [*EXAMPLES] == [*RULES] == [f"S{number}" for number in range(1, 23)]


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_rule_fires(rule: str) -> None:
    """It says why with its source, what to do, and where."""
    found = [told for told in EXAMPLES[rule][0].found() if told.rule == f"spf/{rule}"]
    assert found
    for told in found:
        assert told.severity in RULES[rule].levels
        assert (told.origin, told.address) == (ORIGIN, "dns/example/TXT/here")
        assert told.detail.endswith(f"(RFC 7208, {RULES[rule].section})." if RULES[rule].section else ".")
        assert told.summary
        assert not told.summary.endswith(".")
        assert told.remedy.endswith(".")
        assert "\n" not in told.summary + told.detail + told.remedy


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_rule_is_silent(rule: str) -> None:
    """The sound counterpart breaks other rules at most."""
    assert f"spf/{rule}" not in {told.rule for told in EXAMPLES[rule][1].found()}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: str(rule.id))
def test_the_table_is_fit_to_read(rule: tuple[str, ...]) -> None:
    """Whole sentences on one line, and a section of the RFC for all rules but the one that is ours."""
    number, section, levels, what, remedy = rule
    assert levels
    assert bool(section) == (number != "S14")
    assert what[0].isupper() or what.startswith(("include", "mx", "ptr", "redirect"))
    assert not what.endswith(".")
    assert remedy[0].isupper()
    assert remedy.endswith(".")
