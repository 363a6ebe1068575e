"""The truth table, row by row."""

from __future__ import annotations

import pytest

from reconciler.ledger import Owned
from reconciler.model.key import Key, Slot
from reconciler.model.route import Manage, Want
from reconciler.model.value import Constraint, Unknown, Value
from reconciler.verdict import ACTS, Known, Verdict, judge, unsaid

SLOT = Slot(Key("dns", "shop.example", "A", "www"), "")
TERM = Slot(Key("dns", "shop.example", "TXT", "@"), "spf/include:x.example")
SPEC, OURS, OTHER = ("192.0.2.1",), ("192.0.2.2",), ("192.0.2.3",)
LATER = Unknown("fact", Constraint("a host", under=("host.example",)))


def known(last: Value | None, now: Value | None, **more: object) -> Known:
    """What is known of the slot."""
    return Known(SLOT, None if last is None else Owned(last), now, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("last", "now", "verdict"),
    [
        (None, None, Verdict.CREATE),
        (None, SPEC, Verdict.ADOPT),
        (None, OTHER, Verdict.CONFLICT),
        (OURS, SPEC, Verdict.SAME),
        (SPEC, SPEC, Verdict.SAME),
        (OURS, OURS, Verdict.UPDATE),
        (OURS, OTHER, Verdict.DRIFT),
        (SPEC, OTHER, Verdict.DRIFT),
        (OURS, None, Verdict.MISSING),
    ],
)
def test_spec_says_a_value(last: Value | None, now: Value | None, verdict: Verdict) -> None:
    """What the spec asks for, what we wrote last and what is live decide together."""
    assert judge(Want(SPEC), known(last, now)).verdict is verdict


@pytest.mark.parametrize(
    ("last", "now", "verdict"),
    [
        (None, OTHER, Verdict.DESTROY),
        (OURS, OTHER, Verdict.DESTROY),
        (None, None, Verdict.SAME),
        (OURS, None, Verdict.FORGET),
    ],
)
def test_spec_says_absent(last: Value | None, now: Value | None, verdict: Verdict) -> None:
    """An explicit absence removes whoever wrote it, and forgets what is gone."""
    assert judge(Want(None), known(last, now)).verdict is verdict


def test_absence_of_one_value_spares_another() -> None:
    """A stage that retires what was recorded leaves what somebody put there since."""
    assert judge(Want(None, only=OURS), known(None, OURS)).verdict is Verdict.DESTROY
    assert judge(Want(None, only=OURS), known(None, OTHER)).verdict is Verdict.CONFLICT


@pytest.mark.parametrize(
    ("manage", "now", "verdict"),
    [
        (Manage.FULL, OURS, Verdict.OMITTED),
        (Manage.UPDATE, OURS, Verdict.FORGET),
        (Manage.FULL, OTHER, Verdict.ORPHAN),
        (Manage.FULL, None, Verdict.FORGET),
    ],
)
def test_spec_says_nothing(manage: Manage, now: Value | None, verdict: Verdict) -> None:
    """What is ours and unmentioned goes only when it is as we wrote it and `manage` is full."""
    owned = Owned(OURS, manage=manage)
    assert unsaid(Known(SLOT, owned, now), owned).verdict is verdict


def test_adopted_spf_term_stays() -> None:
    """A sender removed takes only terms that we wrote."""
    for how, verdict in (("written", Verdict.OMITTED), ("adopted", Verdict.FORGET)):
        owned = Owned("include:x.example", how)
        assert unsaid(Known(TERM, owned, "include:x.example"), owned).verdict is verdict


def test_taking_over_needs_a_reason() -> None:
    """`adopt: overwrite`, or a live value that is what `migration.from` recorded."""
    assert judge(Want(SPEC, overwrite=True), known(None, OTHER)).verdict is Verdict.UPDATE
    assert judge(Want(SPEC), known(None, OTHER, baseline=OTHER, has_baseline=True)).verdict is Verdict.UPDATE
    assert judge(Want(SPEC), known(None, OTHER, baseline=OURS, has_baseline=True)).verdict is Verdict.CONFLICT


@pytest.mark.parametrize(
    ("last", "now", "verdict"),
    [
        (None, None, Verdict.CREATE),
        (None, ("0 a.host.example.",), Verdict.PENDING),
        (None, ("0 a.elsewhere.example.",), Verdict.CONFLICT),
        (None, ("0 a.xhost.example.",), Verdict.CONFLICT),
        (OURS, OURS, Verdict.SAME),
        (OURS, OTHER, Verdict.DRIFT),
        (OURS, None, Verdict.MISSING),
    ],
)
def test_value_nobody_has_named_yet(last: Value | None, now: Value | None, verdict: Verdict) -> None:
    """What may be right is left alone until its owner has said; what cannot be is a conflict."""
    assert judge(Want(LATER), known(last, now)).verdict is verdict


def test_named_value_is_as_plain_as_any() -> None:
    """Once named, the value is compared like one that the spec gives."""
    assert judge(Want(LATER), known(None, SPEC, facts_value=SPEC)).verdict is Verdict.ADOPT
    assert judge(Want(LATER), known(OURS, OURS, facts_value=SPEC)).verdict is Verdict.UPDATE


@pytest.mark.parametrize(
    ("last", "now", "verdict"),
    [
        (None, None, Verdict.CREATE),
        (None, OTHER, Verdict.ADOPT),
        (OURS, OURS, Verdict.SAME),
        (OURS, OTHER, Verdict.DRIFT),
    ],
)
def test_seed_takes_what_is_there(last: Value | None, now: Value | None, verdict: Verdict) -> None:
    """A seed is written only where nothing is; whatever is there is kept, and watched."""
    judgement = judge(Want(SPEC, seed=True), known(last, now))
    assert judgement.verdict is verdict


@pytest.mark.parametrize("level", list(Manage))
def test_manage_levels(level: Manage) -> None:
    """Each level allows its verbs and no more, and says what it leaves."""
    verdicts = {
        "create": judge(Want(SPEC, manage=level), known(None, None)).verdict,
        "update": judge(Want(SPEC, manage=level), known(OURS, OURS)).verdict,
        "delete": judge(Want(None, manage=level), known(OURS, OURS)).verdict,
    }
    allowed = {
        Manage.OBSERVE: set(),
        Manage.CREATE: {"create"},
        Manage.UPDATE: {"create", "update"},
        Manage.FULL: {"create", "update", "delete"},
    }[level]
    assert {verb for verb, verdict in verdicts.items() if verdict in ACTS} == allowed
    assert {verdict for verb, verdict in verdicts.items() if verb not in allowed} <= {Verdict.OBSERVED}
