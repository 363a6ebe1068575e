"""MX does not move to a host that senders must not deliver to, and no id announces a policy that is not there."""

from pathlib import Path

import pytest

from reconciler.mail import mta_sts
from reconciler.model.answer import Fetched
from tests.mail_place import World, plan, refusals, zone

MOVE = """
domains:
  acme.example:
    records: [{name: '@', type: MX, values: [10 mx1.new.example], adopt: overwrite}]
"""
RECORDS = {"acme.example": zone("@ MX 10 mx.old.example.", '_mta-sts TXT "v=STSv1; id=1;"')}
MX = "dns/acme.example/MX/@"
RECORD = "dns/acme.example/TXT/_mta-sts#mta-sts"


def shown(mode: str, *mx: str) -> Fetched:
    """A web server that shows a policy."""
    return Fetched(200, "text/plain", mta_sts.policy_text(mode, mx, 86400))


@pytest.mark.parametrize(
    ("policy", "refused"),
    [
        (shown("enforce", "mx.old.example"), "does not list mx1.new.example"),
        (shown("enforce", "mx.old.example", "*.new.example"), ""),
        (shown("testing", "mx.old.example"), ""),
        (shown("none"), ""),
        (Fetched(404, "text/html", "no"), ""),
        (Fetched(404, "text/plain", mta_sts.policy_text("enforce", ["mx.old.example"], 86400)), ""),
        (Fetched(200, "text/plain", "version: STSv1\nmode: enforce\nmx: mx.old.example\n"), ""),
        (Fetched(200, "text/plain", "no policy"), ""),
        (Fetched(0, "", "", "timed out"), "timed out"),
    ],
)
def test_an_enforced_policy_holds_the_switch(tmp_path: Path, policy: Fetched, refused: str) -> None:
    """Only a policy that senders honour counts; one that nobody could fetch may be such a one."""
    made = plan(tmp_path, MOVE, RECORDS, World({("mta-sts.acme.example", "A"): ["192.0.2.1"]}), policy)
    reason = refusals(made).get(MX, "")
    assert (refused in reason, bool(reason)) == (True, bool(refused))


def test_without_a_resolver_the_policy_is_not_known(tmp_path: Path) -> None:
    """Nobody may be asked: mail is not moved on a guess."""
    assert "resolver" in refusals(plan(tmp_path, MOVE, RECORDS))[MX]


def test_mail_may_be_refused_altogether(tmp_path: Path) -> None:
    """A null MX leads to no host that a policy could list."""
    spec = MOVE.replace("10 mx1.new.example", "0 .")
    world = World({("mta-sts.acme.example", "A"): ["192.0.2.1"]})
    assert not refusals(plan(tmp_path, spec, RECORDS, world, shown("enforce", "mx.old.example")))


def test_a_domain_without_mta_sts_moves(tmp_path: Path) -> None:
    """No record, no policy, no question."""
    assert not refusals(plan(tmp_path, MOVE, {"acme.example": zone("@ MX 10 mx.old.example.")}))


SPEC = """
domains:
  acme.example:
    mta_sts: {mode: enforce, mx: [Mx1.new.example., '*.old.example'], max_age: 1d}
"""


@pytest.mark.parametrize(
    ("policy", "refused"),
    [
        (shown("enforce", "mx1.new.example", "*.old.example"), ""),
        (shown("testing", "mx1.new.example", "*.old.example"), "another text"),
        (Fetched(404, "text/html", ""), "another text"),
        (Fetched(200, "text/plain", "nonsense"), "another text"),
        (Fetched(0, "", "", "certificate has expired"), "expired"),
    ],
)
def test_the_record_waits_for_its_policy(tmp_path: Path, policy: Fetched, refused: str) -> None:
    """The web server shows the policy first; a policy with LF in place of CRLF is the same."""
    made = plan(tmp_path, SPEC, {"acme.example": zone()}, World({("mta-sts.acme.example", "A"): ["192.0.2.1"]}), policy)
    assert refused in refusals(made).get(RECORD, "")
    assert bool(refusals(made)) is bool(refused)
    unix = Fetched(policy.status, policy.content_type, policy.body.replace("\r\n", "\n"), policy.error)
    again = plan(tmp_path / "b", SPEC, {"acme.example": zone()}, World({}), unix)
    assert bool(refusals(again)) is bool(refused)


@pytest.mark.parametrize("record", ["_mta-sts CNAME x.vendor.example.", '* TXT "v=STSv1; id=1;"', "_mta-sts CNAME sts"])
@pytest.mark.parametrize("asked", [True, False])
def test_a_record_that_others_hold_counts_too(tmp_path: Path, record: str, asked: bool) -> None:
    """Hosted MTA-STS, a wildcard, an alias: where nobody can look, it may be enforced."""
    text = 'sts TXT "v=STSv1; id=1;"'
    records = {("x.vendor.example", "TXT"): ["v=STSv1; id=1;"], ("mta-sts.acme.example", "A"): ["192.0.2.1"]}
    world = World(records) if asked else None
    zones = {"acme.example": zone("@ MX 10 mx.old.example.", record, text)}
    made = plan(tmp_path, MOVE, zones, world, shown("enforce", "mx.old.example"))
    assert ("does not list" if asked else "resolver") in refusals(made)[MX]


def test_a_record_that_is_to_go_leaves_before_mail_moves(tmp_path: Path) -> None:
    """It holds MX while it stands, so its removal does not wait for MX."""
    spec = MOVE + "    absent: [{name: _mta-sts, type: TXT}]\n"
    made = plan(tmp_path, spec, RECORDS, World({}), Fetched(0, "", "", "no certificate"))
    steps = {step["address"]: (step["stage"], bool(step["refusal"])) for step in made.document["steps"]}
    assert steps == {RECORD: ("prepare", False), MX: ("deliver", True)}
