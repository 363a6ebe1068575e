"""What a plan shows and refuses of SPF: the tree, the addresses tried before and after, the limits."""

from pathlib import Path
from typing import Any

import pytest

from tests.mail_place import MICROSOFT, World, plan, told, zone

MAIL = """
tenant: acme.onmicrosoft.com
domains:
  acme.example:
    mail: {service: microsoft365, adopt: overwrite}
    %s
"""


def spf(made: Any, domain: str = "acme.example") -> dict[str, Any]:
    """The proof of one domain."""
    return next(one for one in made.document["spf"] if one["domain"] == domain)


def results(made: Any) -> dict[str, list[str]]:
    """SPF results by address, now and after each stage."""
    return {one["address"]: one["results"] for one in spf(made)["probes"]}


def test_senders_are_tried_before_and_after(tmp_path: Path) -> None:
    """An address that a sender has fails before and passes after; a probe of the spec is tried too."""
    spec = MAIL % (
        "senders: [{name: copier, address: 198.18.7.8, method: relay}]\n"
        "    spf: {probes: [{name: old host, address: 192.0.2.25}, {name: nobody, address: 192.0.2.99, expect: fail}]}"
    )
    text = '@ TXT "v=spf1 ip4:192.0.2.25 -all"'
    made = plan(tmp_path, spec, {"acme.example": zone(text)}, World(MICROSOFT))
    assert results(made) == {
        "198.18.7.8": ["fail", "pass"],
        "192.0.2.25": ["pass", "pass"],
        "192.0.2.99": ["fail", "fail"],
    }
    assert [one["stage"] for one in spf(made)["moments"]] == ["", "prepare"]
    assert spf(made)["moments"][-1]["lookups"] == 1
    assert spf(made)["unknown"] == ["ip4:192.0.2.25"]
    assert not made.plan.errored


def test_a_probe_that_comes_out_otherwise_stops_the_plan(tmp_path: Path) -> None:
    """The old host shall fail, and a term still admits it: the plan is an error, at the probe's line."""
    spec = MAIL % "spf: {probes: [{name: old host, address: 192.0.2.25, expect: fail}]}"
    made = plan(tmp_path, spec, {"acme.example": zone('@ TXT "v=spf1 ip4:192.0.2.0/24 -all"')}, World(MICROSOFT))
    (one,) = told(made, "spf/probe")
    assert (one["severity"], "would get pass" in one["summary"], one["origin"]["line"]) == ("error", True, 6)
    retired = spec.replace("probes:", "absent: ['ip4:192.0.2.0/24'], probes:")
    made = plan(tmp_path, retired, {"acme.example": zone('@ TXT "v=spf1 ip4:192.0.2.0/24 -all"')}, World(MICROSOFT))
    assert (told(made, "spf/probe"), results(made)["192.0.2.25"]) == ([], ["pass", "pass", "fail"])
    assert results(made)["192.0.2.0"] == ["pass", "pass", "fail"]  # the term that leaves


def test_without_a_resolver_nothing_is_called_sure(tmp_path: Path) -> None:
    """What hangs on an include nobody looked up has a question mark, and is no error."""
    spec = MAIL % (
        "senders: [{name: copier, address: 198.18.7.8}]\n    spf: {probes: [{name: far, address: 198.18.7.9}]}"
    )
    made = plan(tmp_path, spec, {"acme.example": zone('@ TXT "v=spf1 include:far.example -all"')})
    assert results(made) == {"198.18.7.8": ["fail?", "pass?"], "198.18.7.9": ["fail?"] * 2}
    assert (made.plan.errored, spf(made)["moments"][-1]["known"]) == (False, False)
    assert told(made, "spf/not-looked-up")


def test_more_than_ten_lookups_are_refused_with_the_tree(tmp_path: Path) -> None:
    """The merged record would cost too much: an error, the tree, and what to do first."""
    spec = MAIL % "senders: [{name: big, include: big.example}]"
    tree = {("big.example", "TXT"): ["v=spf1 " + " ".join(f"include:n{i}.example" for i in range(9)) + " -all"]}
    leaves = {(f"n{i}.example", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"] for i in range(9)}
    made = plan(tmp_path, spec, {"acme.example": zone()}, World({**MICROSOFT, **tree, **leaves}))
    (one,) = told(made, "spf/S6")
    assert (one["severity"], "11" in one["summary"]) == ("error", True)
    assert any("include:n8.example" in line for line in spf(made)["tree"])
    assert not made.plan.applyable


@pytest.mark.parametrize(
    ("records", "rule"),
    [
        ({("gone.example", "A"): ["192.0.2.1"]}, "spf/S10"),
        ({("gone.example", "TXT"): ["v=spf1 a:x1.example a:x2.example a:x3.example -all"]}, "spf/S9"),
        ({("gone.example", "TXT"): ["v=spf1 -all", "v=spf1 ~all"]}, "spf/S10"),
    ],
)
def test_what_would_break_the_record_is_refused(tmp_path: Path, records: dict[Any, list[str]], rule: str) -> None:
    """A missing include, three void lookups, an include with two records."""
    spec = MAIL % "senders: [{name: gone, include: gone.example}]"
    made = plan(tmp_path, spec, {"acme.example": zone()}, World({**MICROSOFT, **records}))
    assert [one["severity"] for one in told(made, rule)] == ["error"]


def test_a_broken_record_that_is_left_alone_is_a_warning(tmp_path: Path) -> None:
    """Only MX of another name moves: what is wrong with SPF already does not stop that."""
    spec = "domains: {acme.example: {records: [{name: '@', type: A, values: [192.0.2.8]}]}}"
    made = plan(tmp_path, spec, {"acme.example": zone('@ TXT "v=spf1 include:gone.example -all"')}, World({}))
    assert [one["severity"] for one in told(made, "spf/S10")] == ["warning"]
    assert made.plan.applyable


def test_each_name_is_asked_once(tmp_path: Path) -> None:
    """However often the plan is walked through, a name is asked once."""
    world = World(MICROSOFT)
    spec = MAIL % "senders: [{name: copier, address: 198.18.7.8}]"
    plan(tmp_path, spec, {"acme.example": zone('@ TXT "v=spf1 include:far.example mx -all"')}, world)
    assert world.asked
    assert set(world.asked.values()) == {1}


def test_two_records_become_one(tmp_path: Path) -> None:
    """Two SPF records break both: now permerror, then whole."""
    spec = MAIL % "senders: [{name: copier, address: 198.18.7.8}]"
    texts = ['@ TXT "v=spf1 ip4:192.0.2.1 -all"', '@ TXT "v=spf1 ip4:192.0.2.2 ~all"']
    made = plan(tmp_path, spec, {"acme.example": zone(*texts)}, World(MICROSOFT))
    assert results(made) == {"198.18.7.8": ["permerror", "pass"]}
    after = spf(made)["moments"][-1]["record"]
    assert after.endswith("~all")
    assert {"ip4:192.0.2.1", "ip4:192.0.2.2"} <= set(after.split())


def test_the_order_of_senders_makes_no_difference(tmp_path: Path) -> None:
    """However the spec lists them, the record is the same."""
    senders = [
        "{name: a, include: big.example}",
        "{name: b, address: 198.18.7.8}",
        "mailgun",
        "{name: c, include: x.example}",
    ]
    records = {("big.example", "TXT"): ["v=spf1 -all"], ("x.example", "TXT"): ["v=spf1 -all"]}
    world = {**MICROSOFT, **records, ("mailgun.org", "TXT"): ["v=spf1 -all"]}
    seen = set()
    for place, some in enumerate((senders, senders[::-1], [*senders[2:], *senders[:2]])):
        spec = MAIL % f"senders: [{', '.join(some)}]"
        made = plan(
            tmp_path / str(place), spec, {"acme.example": zone('@ TXT "v=spf1 ip4:192.0.2.9 ~all"')}, World(world)
        )
        seen.add(spf(made)["moments"][-1]["record"])
    assert len(seen) == 1


BEFORE = "found: 2026-11-20\nrecords: [{name: '@', type: TXT, ttl: 1h, values: ['v=spf1 ip4:192.0.2.9 ~all']}]\n"
MOVE = (
    "migration:\n      from: {service: hosted-exchange, as_found: before.yaml}\n"
    "      window: {start: 2026-12-04 22:00, length: 3h, time_zone: America/Monterrey}\n"
)


@pytest.mark.parametrize(("move", "stage"), [("", "prepare"), (MOVE, "retire")])
def test_the_weaker_end_holds_while_mail_moves(tmp_path: Path, move: str, stage: str) -> None:
    """`all: fail` comes last in a migration: the old servers are not all known."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "before.yaml").write_text(BEFORE)
    spec = MAIL % f"spf: {{all: fail, adopt: overwrite}}\n    {move}"
    made = plan(tmp_path, spec, {"acme.example": zone('@ TXT "v=spf1 ip4:192.0.2.9 ~all"')}, World(MICROSOFT))
    ends = {one["stage"]: one["record"].split()[-1] for one in spf(made)["moments"]}
    assert ends[stage] == "-all"
    assert ends.get("prepare") == ("-all" if stage == "prepare" else "~all")


def test_a_sender_that_ends_on_a_day(tmp_path: Path) -> None:
    """Till then it passes, and that is what is expected; afterwards it is shown to fail, and nothing is expected."""
    spec = MAIL % "senders: [{name: old, address: 198.18.7.8, until: %s}]"
    made = plan(tmp_path / "a", spec % "2099-01-15", {"acme.example": zone()}, World(MICROSOFT))
    assert results(made) == {"198.18.7.8": ["none", "pass", "softfail"]}
    assert [one["stage"] for one in spf(made)["moments"]] == ["", "prepare", "until 2099-01-15"]
    ended = plan(tmp_path / "b", spec % "2020-01-15", {"acme.example": zone()}, World(MICROSOFT))
    assert results(ended) == {"198.18.7.8": ["none", "softfail"]}
    assert not [*told(made, "spf/probe"), *told(ended, "spf/probe")]


def test_what_the_sender_s_line_says_is_not_said_twice(tmp_path: Path) -> None:
    """A documentation address of ours is told at its line; a stranger's in the record is the lint's to tell."""
    spec = MAIL % "senders: [{name: copier, address: 203.0.113.7}]"
    made = plan(tmp_path, spec, {"acme.example": zone('@ TXT "v=spf1 ip4:203.0.113.9 ~all"')}, World(MICROSOFT))
    assert len(told(made, "sender/reserved-address")) == 1
    (one,) = told(made, "spf/S14")
    assert "203.0.113.9" in one["summary"]


def test_a_finding_about_a_term_stands_at_the_line_that_asks_for_it(tmp_path: Path) -> None:
    """The include that leads nowhere: its sender's line."""
    spec = MAIL % "\n    senders:\n      - mailgun\n      - {name: gone, include: gone.example}"
    world = World({**MICROSOFT, ("mailgun.org", "TXT"): ["v=spf1 -all"]})
    (one,) = told(plan(tmp_path, spec, {"acme.example": zone()}, world), "spf/S10")
    assert one["origin"]["line"] == 9


def test_the_old_record_type_and_hosts_of_ones_own_are_seen(tmp_path: Path) -> None:
    """Type 99 in the zone (S2), and a server of the domain that has no record itself (S20)."""
    spec = MAIL % "senders: [{name: copier, address: 8.8.8.8}]"
    lines = ['@ TXT "v=spf1 a:mail.acme.example ~all"', "mail A 8.8.4.4", "@ TYPE99 \\# 12 0b763d73706631202d616c6c"]
    made = plan(tmp_path, spec, {"acme.example": zone(*lines)}, World(MICROSOFT))
    assert [one["severity"] for one in told(made, "spf/S20")] == ["warning"]
    assert [one["severity"] for one in told(made, "spf/S2")] == ["warning"]


def test_a_record_of_a_subdomain_is_proven_too(tmp_path: Path) -> None:
    """SPF under `records:`: its tree, and what is wrong with it, at its line."""
    texts = "v=spf1 include:gone.example +all"
    spec = f"domains:\n  acme.example:\n    records:\n      - {{name: news, type: TXT, values: ['{texts}']}}\n"
    made = plan(tmp_path, spec, {"acme.example": zone()}, World({}))
    assert spf(made, "news.acme.example")["moments"][-1]["record"] == texts
    for rule in ("spf/S10", "spf/S14"):
        assert [(one["severity"], one["origin"]["line"]) for one in told(made, rule)] == [("error", 4)]


@pytest.mark.parametrize(
    "sender", ["{name: x, include: plus.example}", "{name: x, include: wide.example}", "{name: x, address: 0.0.0.0/1}"]
)
def test_a_sender_that_admits_everybody_is_refused(tmp_path: Path, sender: str) -> None:
    """Asked for or not: a record that lets the whole Internet pass is none."""
    wide = {("plus.example", "TXT"): ["v=spf1 +all"], ("wide.example", "TXT"): ["v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1"]}
    made = plan(tmp_path, MAIL % f"senders: [{sender}]", {"acme.example": zone()}, World({**MICROSOFT, **wide}))
    assert "error" in {one["severity"] for one in told(made, "spf/S14")}


@pytest.mark.parametrize(
    ("records", "moved", "domain"),
    [
        (['@ TXT "v=spf1 include:_s.acme.example -all"', '_s TXT "v=spf1 mx:acme.example ?all"'], "MX", "acme.example"),
        (['news TXT "v=spf1 mx:acme.example -all"'], "MX", "news.acme.example"),
        (['@ TXT "v=spf1 a:smtp.acme.example -all"', "smtp CNAME mail"], "A", "acme.example"),
    ],
)
def test_who_passes_by_what_moves_is_not_lost(tmp_path: Path, records: list[str], moved: str, domain: str) -> None:
    """Behind an include, at a subdomain, through a CNAME: the plan stops until somebody says what becomes of it."""
    wanted = {
        "MX": "{name: '@', type: MX, values: [10 mx.new.example], adopt: overwrite}",
        "A": "{name: mail, type: A, values: [198.18.0.99], adopt: overwrite}",
    }
    wish = f"domains: {{acme.example: {{records: [{wanted[moved]}]}}}}"
    world = World({("mx.new.example", "A"): ["198.18.0.98"]})
    made = plan(tmp_path, wish, {"acme.example": zone("@ MX 10 mail", "mail A 198.18.0.1", *records)}, world)
    found = [one for one in told(made, "spf/moves") if f"for {domain}," in one["summary"]]
    assert [(one["severity"], "198.18.0.1 " in one["summary"]) for one in found] == [("error", True)]
    assert [probe["results"][0] for probe in spf(made, domain)["probes"]] == ["pass"]
