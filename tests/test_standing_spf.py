"""The record that stands: `mx` and `a` are pinned before mail moves, a redirect leads to the record that is edited."""

from pathlib import Path
from typing import Any

import pytest

from reconciler.session import applying
from reconciler.session.opened import Session
from reconciler.session.planning import Options, make
from tests.mail_place import MICROSOFT, World, plan, session, told, zone

MAIL = """
tenant: acme.onmicrosoft.com
domains:
  acme.example:
    mail: {service: microsoft365, adopt: overwrite}
"""
HOSTS = {("mx.host.example", "A"): ["198.18.0.25"], ("mx.host.example", "AAAA"): ["2a00::25"]}
WORLD = {**MICROSOFT, **HOSTS}
MX = "@ MX 10 mx.host.example."


def after(made: Any) -> str:
    """The SPF record in the end."""
    return str(made.document["spf"][0]["moments"][-1]["record"])


def test_mx_is_pinned_to_the_addresses_it_means_today(tmp_path: Path) -> None:
    """The old servers keep passing when MX has moved; `mx` itself is gone."""
    probes = "\n    spf: {probes: [{name: old, address: 198.18.0.25}, {name: old six, address: '2a00::25'}]}\n"
    made = plan(tmp_path, MAIL + probes, {"acme.example": zone(MX, '@ TXT "v=spf1 mx -all"')}, World(WORLD))
    assert set(after(made).split()) == {
        "v=spf1",
        "include:spf.protection.outlook.com",
        "ip4:198.18.0.25",
        "ip6:2a00::25",
        "-all",
    }
    tried = {one["name"]: one["results"] for one in made.document["spf"][0]["probes"]}
    assert (tried["old"], tried["old six"]) == (["pass", "pass"], ["pass", "pass"])
    assert not made.plan.errored
    stages = {step["stage"] for step in made.document["steps"] if "#spf/" in step["address"]}
    assert stages == {"prepare"}


@pytest.mark.parametrize(
    ("text", "pins"),
    [
        ("v=spf1 mx/24 -all", ["ip4:198.18.0.0/24"]),
        ("v=spf1 ?mx -all", ["?ip4:198.18.0.25"]),
        ("v=spf1 mx:acme.example -all", ["ip4:198.18.0.25"]),
    ],
)
def test_a_pin_is_as_wide_as_the_term(tmp_path: Path, text: str, pins: list[str]) -> None:
    """Prefix length, qualifier and the name that is written."""
    world = World({**MICROSOFT, ("mx.host.example", "A"): ["198.18.0.25"]})
    terms = after(plan(tmp_path, MAIL, {"acme.example": zone(MX, f'@ TXT "{text}"')}, world)).split()
    assert set(pins) <= set(terms)
    assert not any("mx" in term for term in terms)


@pytest.mark.parametrize(
    ("records", "text"),
    [
        ([MX, '@ TXT "v=spf1 a mx:other.example -all"'], "v=spf1 a mx:other.example"),
        (["@ MX 10 acme-example.mail.protection.outlook.com.", '@ TXT "v=spf1 mx -all"'], "v=spf1 mx "),
    ],
)
def test_what_stays_where_it_is_is_not_pinned(tmp_path: Path, records: list[str], text: str) -> None:
    """An address that nobody moves, another domain's MX, an MX that is already the tenant's."""
    made = plan(tmp_path, MAIL, {"acme.example": zone("@ A 192.0.2.1", *records)}, World(WORLD))
    assert after(made).startswith(text)
    assert not told(made, "spf/unpinned")


def test_an_address_that_moves_is_pinned(tmp_path: Path) -> None:
    """`a` means the web server, and the spec moves it."""
    spec = "domains: {acme.example: {records: [{name: '@', type: A, values: [192.0.2.8], adopt: overwrite}]}}"
    made = plan(tmp_path, spec, {"acme.example": zone("@ A 198.18.0.1", '@ TXT "v=spf1 a -all"')}, World({}))
    assert after(made) == "v=spf1 ip4:198.18.0.1 -all"


@pytest.mark.parametrize(
    ("text", "world"),
    [
        ("v=spf1 mx -all", None),
        ("v=spf1 mx -all", World({**MICROSOFT}, silent=frozenset({"mx.host.example"}))),
        ("v=spf1 mx -all", World({**WORLD}, silent=frozenset({"mx.host.example AAAA"}))),
        ("v=spf1 mx -all", World({**MICROSOFT})),
        ("v=spf1 -ip4:198.18.0.0/30 mx -all", World(WORLD)),
        ("v=spf1 mx:%{d} -all", World(WORLD)),
    ],
)
def test_what_cannot_be_pinned_stops_the_plan(tmp_path: Path, text: str, world: World | None) -> None:
    """Nobody to ask, nobody answers, no addresses, terms whose order matters."""
    made = plan(tmp_path, MAIL, {"acme.example": zone(MX, f'@ TXT "{text}"')}, world)
    (one,) = told(made, "spf/unpinned")
    assert one["severity"] == "error"
    assert one["address"].startswith("dns/acme.example/TXT/@#spf/mx")


def test_a_term_that_the_spec_retires_is_not_pinned(tmp_path: Path) -> None:
    """Who lists `mx` under absent has decided."""
    spec = MAIL + "    spf: {absent: [mx]}\n"
    made = plan(tmp_path, spec, {"acme.example": zone(MX, '@ TXT "v=spf1 mx -all"')}, World(WORLD))
    assert "ip4:" not in after(made)
    assert "mx" not in after(made)
    assert not made.plan.errored  # whom it admitted was retired with it


def test_a_redirect_is_followed_into_our_zones(tmp_path: Path) -> None:
    """The record that only redirects stays; its target gets the terms, and who shares it is told."""
    spec = MAIL + "    senders: [{name: copier, address: 8.8.8.8}]\n  other.example: {}\n  third.example: {}\n"
    zones = {
        "acme.example": zone(MX, '@ TXT "v=spf1 redirect=_spf.other.example"'),
        "other.example": zone('_spf TXT "v=spf1 ip4:192.0.2.7 -all"'),
        "third.example": zone('@ TXT "v=spf1 redirect=_spf.other.example"'),
    }
    made = plan(tmp_path, spec, zones, World(WORLD))
    steps = {step["address"] for step in made.document["steps"] if "#spf/" in step["address"]}
    assert steps == {
        "dns/other.example/TXT/_spf#spf/include:spf.protection.outlook.com",
        "dns/other.example/TXT/_spf#spf/ip4:8.8.8.8",
    }
    assert made.document["spf"][0]["probes"][0]["results"] == ["fail", "pass"]
    (one,) = told(made, "spf/redirect")
    assert "third.example" in one["summary"]


@pytest.mark.parametrize(
    "target",
    ["_spf.far.example", "acme.example", "nobody.acme.example", "%{d}.other.example"],
)
def test_a_redirect_that_leads_nowhere_of_ours_is_kept(tmp_path: Path, target: str) -> None:
    """Elsewhere, in a circle, to nothing, or to where only a message can tell: new terms stand before it."""
    made = plan(tmp_path, MAIL, {"acme.example": zone(MX, f'@ TXT "v=spf1 redirect={target}"')}, None)
    assert after(made) == f"v=spf1 include:spf.protection.outlook.com redirect={target}"


def test_a_record_that_does_more_than_redirect_is_edited_itself(tmp_path: Path) -> None:
    """New terms stand in it, before the redirect."""
    zones = {
        "acme.example": zone(MX, '@ TXT "v=spf1 ip4:192.0.2.1 redirect=_spf.other.example"'),
        "other.example": zone('_spf TXT "v=spf1 ip4:192.0.2.7 -all"'),
    }
    made = plan(tmp_path, MAIL + "  other.example: {}\n", zones, World(WORLD))
    assert after(made) == "v=spf1 ip4:192.0.2.1 include:spf.protection.outlook.com redirect=_spf.other.example"


def test_a_table_s_spf_goes_where_the_redirect_leads(tmp_path: Path) -> None:
    """A sender's own list names the domain itself; its term belongs into the record that counts."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "big.csv").write_text("name,type,value\n@,TXT,v=spf1 include:big.example ~all\n")
    spec = MAIL + "    senders: [{name: big, dns_table: big.csv}]\n  other.example: {}\n"
    zones = {
        "acme.example": zone(MX, '@ TXT "v=spf1 redirect=_spf.other.example"'),
        "other.example": zone('_spf TXT "v=spf1 ip4:192.0.2.7 -all"'),
    }
    made = plan(tmp_path, spec, zones, World({**WORLD, ("big.example", "TXT"): ["v=spf1 -all"]}))
    steps = {step["address"] for step in made.document["steps"] if "#spf/" in step["address"]}
    assert steps == {
        f"dns/other.example/TXT/_spf#spf/include:{one}" for one in ("big.example", "spf.protection.outlook.com")
    }


def test_nothing_is_pinned_for_what_may_not_move(tmp_path: Path) -> None:
    """Without adopt: overwrite the old MX stays, and so does what SPF says of it."""
    spec = (
        "domains: {acme.example: {records: [{name: '@', type: MX, values: [10 mx.new.example]}], senders: [mailgun]}}"
    )
    world = World({**WORLD, ("mailgun.org", "TXT"): ["v=spf1 -all"]})
    made = plan(tmp_path, spec, {"acme.example": zone(MX, '@ TXT "v=spf1 mx -all"')}, world)
    assert after(made) == "v=spf1 mx include:mailgun.org -all"


SHARED = """
domains:
  acme.example: {%s}
  b.example: {%s}
"""


@pytest.mark.parametrize(
    ("first", "second", "error", "kept"),
    [
        ("spf: {absent: ['include:mailgun.org']}", "senders: [mailgun]", True, None),
        (
            "senders: [{name: c, address: 8.8.8.8, until: 2020-01-01}]",
            "senders: [{name: c, address: 8.8.8.8}]",
            False,
            True,
        ),
        ("senders: [{name: c, address: 8.8.8.8}]", "senders: [{name: c, address: 8.8.8.8}]", False, True),
        ("senders: [{name: c, address: 8.8.8.8}]", "spf: {all: neutral, adopt: overwrite}", False, True),
    ],
)
def test_two_domains_with_one_record_agree(
    tmp_path: Path, first: str, second: str, error: bool, kept: bool | None
) -> None:
    """What one of them wants without an end stays; what contradicts is told."""
    redirect = '@ TXT "v=spf1 redirect=_spf.b.example"'
    zones = {
        "acme.example": zone(redirect),
        "b.example": zone(redirect, '_spf TXT "v=spf1 ip4:9.9.9.9 ip4:8.8.8.8 ~all"'),
    }
    world = World({("mailgun.org", "TXT"): ["v=spf1 -all"]})
    made = plan(tmp_path, SHARED % (first, second), zones, world)
    assert bool(told(made, "desired/twice")) is error
    if kept:
        assert not any(step["action"] == "destroy" for step in made.document["steps"])
    if "neutral" in second:
        assert [step["after"] for step in made.document["steps"]] == ["?all"]


MOVED = """
domains:
  acme.example:
    senders: [mailgun]
    records:
      - {name: "@", type: MX, values: %s}
"""
MAILERS = ("mail A 192.0.2.1", "bk A 192.0.2.2", "more A 192.0.2.3")


def adopted(folder: Path) -> Session:
    """A zone with two mail hosts, whose record admits them by `mx`; all of it applied once."""
    zones = {"acme.example": zone("@ MX 10 mail", "@ MX 20 bk", '@ TXT "v=spf1 mx include:mailgun.org -all"', *MAILERS)}
    opened = session(folder, MOVED % "[10 mail.acme.example, 20 bk.acme.example]", zones)
    applying.run(opened, opened.loaded.customers[0], applying.How(ask=lambda _: True))
    return opened


def spf_steps(opened: Session, *, fix_drift: bool = False) -> list[str]:
    """The parts of SPF that a plan would write."""
    made = make(opened, opened.loaded.customers[0], Options(fix_drift=fix_drift))
    return [act.slot.part for act in made.plan.acts if act.slot.part.startswith("spf")]


@pytest.mark.parametrize("fix_drift", [False, True])
@pytest.mark.parametrize("edit", [("@ MX 20 bk\n", ""), ("@ MX 20 bk\n", "@ MX 20 bk\n@ MX 30 more\n")])
def test_what_somebody_else_moved_is_not_written_out(tmp_path: Path, edit: tuple[str, str], fix_drift: bool) -> None:
    """MX is drift, left alone or put back: `mx` admits again whom it admitted, and stays."""
    opened = adopted(tmp_path)
    path = tmp_path / "zones" / "acme.example.zone"
    assert path.read_text().count(edit[0]) == 1
    path.write_text(path.read_text().replace(*edit))
    assert spf_steps(opened, fix_drift=fix_drift) == []


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ("[10 mail.acme.example, 20 bk.acme.example, 30 more.acme.example]", False),  # one more
        ("[10 mail.acme.example, 5 bk.acme.example]", False),  # in another order
        ("[10 mail.acme.example]", True),
        ("[10 mail.acme.example, 20 more.acme.example]", True),
    ],
)
def test_only_who_leaves_is_written_out(tmp_path: Path, values: str, written: bool) -> None:
    """A host that comes beside the others takes nothing away from what `mx` admits."""
    adopted(tmp_path)
    opened = session(tmp_path, MOVED % values, {})
    assert bool(spf_steps(opened)) is written
