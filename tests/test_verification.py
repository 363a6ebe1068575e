"""The text that proves a domain to a tenant stands beside those of other tenants."""

from reconciler import diff
from reconciler.ledger import Owned
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import Route, Stage, Want
from reconciler.model.value import Constraint, Unknown
from reconciler.verdict import Verdict

TXT = Key("dns", "shop.example", "TXT", "@")
SLOT = Slot(TXT, "ms-verification")
OURS = Unknown("tenant/t#verification", Constraint("the verification text", prefix="MS=ms"))
THEIRS, NAMED = "MS=ms111", "MS=ms222"


def row(
    there: tuple[str, ...], *, named: bool, want: Want | None = None, owned: str | tuple[str, ...] = ""
) -> diff.Row:
    """What becomes of the slot."""
    route = Route("r", "shop.example", "microsoft365", (Stage("prove", {SLOT: want or Want(OURS)}),))
    live = {TXT: RecordSet(TXT, 300, there)} if there else {}
    facts = {OURS.source: NAMED} if named else {}
    world = diff.World(live, {SLOT.address: Owned.of(SLOT, owned)} if owned else {}, facts)
    (found,) = diff.compare(route, -1, world, lambda _: True)
    return found


def test_it_is_put_beside() -> None:
    """Another tenant's text is kept, whether ours is known yet or not."""
    found = row((THEIRS, "other"), named=True)
    assert (found.verdict, found.target) == (Verdict.UPDATE, (THEIRS, NAMED))
    assert row((THEIRS,), named=False).verdict is Verdict.UPDATE


def test_it_is_there_already() -> None:
    """Both there: adopted, and afterwards the same; only theirs left: drift."""
    assert row((THEIRS, NAMED), named=True).verdict is Verdict.ADOPT
    assert row((THEIRS, NAMED), named=True, owned=(THEIRS, NAMED)).verdict is Verdict.SAME
    assert row((NAMED,), named=True, owned=(THEIRS, NAMED)).verdict is Verdict.SAME
    assert row((THEIRS,), named=True, owned=(THEIRS, NAMED)).verdict is Verdict.DRIFT


def test_retiring_ours_never_takes_theirs() -> None:
    """What holds another tenant's text too is not removed."""
    assert row((NAMED,), named=True, want=Want(None), owned=NAMED).verdict is Verdict.DESTROY
    assert row((THEIRS, NAMED), named=True, want=Want(None), owned=(THEIRS, NAMED)).verdict is Verdict.CONFLICT
