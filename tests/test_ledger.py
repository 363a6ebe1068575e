"""The ledger says what the journal says: what is ours, approved, ended, begun and was there before."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.journal import Entry
from reconciler.ledger import EMPTY, Ledger, Owned, extend, fingerprint, fold, noted, recorded, step
from reconciler.model.errors import Refused
from reconciler.model.key import Key, Slot
from reconciler.model.route import Manage
from reconciler.model.value import Value

LONG = os.environ.get("LONG") == "1"
START = datetime(2026, 11, 21, 20, tzinfo=UTC)
MX = Slot(Key("dns", "example.com", "MX", "@"), "")
MX_TTL = MX._replace(part="ttl")
SPF = Slot(Key("dns", "example.com", "TXT", "@"), "spf/include:mail.example")
ANA = Slot(Key("tenant", "t", "user", "ana"), "")
PHONE = ANA._replace(part="phone")
OLD, NEW = ("10 mx.old.example.",), ("0 mx.new.example.",)


def at(minutes: int) -> datetime:
    """The time of the entry that comes so many entries after the first."""
    return START + timedelta(minutes=minutes)


def journal(*written: tuple[str, Mapping[str, Any]]) -> tuple[Entry, ...]:
    """Entries a minute apart, as JSON gives them back."""
    return tuple(
        Entry(seq, at(seq - 1), "run", kind, json.loads(json.dumps(payload)), f"sha256:{seq}")
        for seq, (kind, payload) in enumerate(written, start=1)
    )


def approve(*ids: str, route: str = "r") -> tuple[str, Mapping[str, Any]]:
    """An approval."""
    return "approve", {"route": route, "steps": list(ids), "by": "ana"}


def begin(*steps: Mapping[str, Any], route: str = "r", stage: str = "deliver") -> tuple[str, Mapping[str, Any]]:
    """A batch is about to be written."""
    return "begin", {"route": route, "stage": stage, "steps": list(steps)}


def end(status: str, *ids: str, **more: Any) -> tuple[str, Mapping[str, Any]]:
    """The outcome of some steps, all the same."""
    return "end", {"outcomes": [{"id": one, "status": status, **more} for one in ids]}


def ended(stage: str, route: str = "r") -> tuple[str, Mapping[str, Any]]:
    """A stage is over."""
    return "stage", {"route": route, "stage": stage, "subject": "example.com"}


def rolled_back(stage: str = "", route: str = "r") -> Sequence[tuple[str, Mapping[str, Any]]]:
    """A rollback without its writes."""
    return [("rollback", {"route": route, "stage": stage, "phase": phase}) for phase in ("begin", "end")]


def write(slot: Slot, before: Value | None, after: Value | None, name: str = "1", **more: Any) -> Mapping[str, Any]:
    """A step."""
    action = "destroy" if after is None else "update" if before else "create"
    return step(name, slot, action, before=before, after=after, **more)


def wrote(slot: Slot, before: Value | None, after: Value | None, **more: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """A step that was begun and done."""
    where = {name: more.pop(name) for name in ("route", "stage") if name in more}
    return [begin(write(slot, before, after, **more), **where), end("done", "1")]


def adopted(slot: Slot, value: Value, **meta: Any) -> tuple[str, Mapping[str, Any]]:
    """A slot that was found as it shall be."""
    return "adopt", {"slots": [noted(slot, value, **meta)]}


def forgot(*slots: Slot) -> tuple[str, Mapping[str, Any]]:
    """Slots given up."""
    return "forget", {"addresses": [slot.address for slot in slots]}


def test_nothing_is_known_of_nothing() -> None:
    """An empty journal gives the empty ledger, and types that say nothing of slots leave it so."""
    assert fold(()) is EMPTY
    quiet = journal(("run", {"command": "plan"}), ("reveal", {"user": "ana", "by": "eva"}), ("new_ledger", {}))
    assert fold(quiet) == EMPTY


def test_done_step_is_ours() -> None:
    """A step that is done makes its slot ours, with where, when and how."""
    ledger = fold(journal(*wrote(MX, OLD, NEW, before_ttl=3600, ttl=300, owner="mail", manage="update", protect=True)))
    assert ledger.owned == {
        MX.address: Owned(NEW, "written", at(1), "r", "deliver", 300, Manage.UPDATE, protect=True, owner="mail")
    }
    assert ledger.last_change["r"] == (MX.address, at(1))


@pytest.mark.parametrize("status", ["failed", "refused", "skipped", "not_found"])
def test_step_that_was_not_done(status: str) -> None:
    """A step that surely changed nothing owns nothing, is over, and may be tried again under its approval."""
    ledger = fold(journal(approve("1"), begin(write(MX, OLD, NEW)), end(status, "1")))
    assert (ledger.owned, ledger.open, ledger.spent, ledger.touched("r")) == ({}, (), {}, {})
    assert ledger.approved["r"] == {"1"}


@pytest.mark.parametrize("status", ["unknown", "", "a word of a later version"])
def test_unknown_outcome_stays_open(status: str) -> None:
    """A lost answer is no outcome: the step is still looked for (rule 8)."""
    ledger = fold(journal(begin(write(MX, OLD, NEW)), end(status, "1")))
    assert [one.id for one in ledger.open] == ["1"]
    assert ledger.owned == {}


def test_begin_without_end_keeps_all_that_it_said() -> None:
    """What a recovery needs is in the open step (rule 13), and the end of one leaves the others open."""
    both = begin(write(MX, OLD, NEW, "1", before_ttl=3600, ttl=300), write(SPF, None, "include:mail.example", "2"))
    ledger = fold(journal(both, end("done", "2")))
    (still,) = ledger.open
    assert (still.id, still.route, still.stage, still.address) == ("1", "r", "deliver", MX.address)
    assert (still.before, still.before_ttl, still.after, still.meta) == (OLD, 3600, NEW, {"ttl": 300})
    assert (still.time, still.seq, still.run) == (START, 1, "run")
    assert set(ledger.owned) == {SPF.address}


@pytest.mark.parametrize("status", ["done", "found"])
def test_recovered_outcome(status: str) -> None:
    """A step found after a crash is ours and spent like any other."""
    recovered = ("end", {"outcomes": [{"id": "1", "status": status}], "recovered": True})
    ledger = fold(journal(approve("1"), begin(write(MX, OLD, NEW)), recovered))
    assert ledger.owned[MX.address].value == NEW
    assert ledger.open == ()
    assert ledger.spent["r"] == {"1"}
    assert not ledger.approved["r"]


def test_step_recovered_as_not_found_can_be_done_again() -> None:
    """After "not found" the same step begins anew under the same approval."""
    lost = [approve("1"), begin(write(MX, OLD, NEW)), end("not_found", "1")]
    assert fold(journal(*lost)).approved["r"] == {"1"}
    assert fold(journal(*lost, *wrote(MX, OLD, NEW))).owned[MX.address].value == NEW


def test_waiting_step_is_neither_open_nor_ours() -> None:
    """What was asked of somebody else waits under its request, and is ours when it is seen (rule 17)."""
    asked = [begin(write(MX, OLD, NEW)), end("waiting", "1", request_id="REQ-7")]
    ledger = fold(journal(*asked))
    assert (ledger.open, ledger.owned) == ((), {})
    assert ledger.waiting["1"].request_id == "REQ-7"
    assert fold(journal(*asked, end("waiting", "1"))).waiting["1"].request_id == "REQ-7"
    seen = fold(journal(*asked, end("done", "1")))
    assert (dict(seen.waiting), seen.owned[MX.address].value) == ({}, NEW)
    assert seen.touched("r")[MX.address].value == OLD


def test_end_without_begin_changes_nothing() -> None:
    """An outcome of a step that nobody began owns and spends nothing."""
    assert fold(journal(approve("1"), end("done", "1"))) == fold(journal(approve("1")))


def test_approved_step_is_spent_once_done() -> None:
    """A done step needs a new approval to be done again (rule 2), on its route alone."""
    entries = [approve("1", "2"), approve("1", route="other"), *wrote(MX, OLD, NEW)]
    ledger = fold(journal(*entries))
    assert ledger.approved == {"r": {"2"}, "other": {"1"}}
    assert ledger.spent == {"r": {"1"}}
    again = fold(journal(*entries, approve("1")))
    assert again.approved["r"] == {"1", "2"}
    assert again.spent["r"] == set()


def test_step_found_already_so_is_spent() -> None:
    """A step that somebody else has done before it began is spent all the same, and makes nothing ours."""
    ledger = fold(journal(approve("1", "2"), end("done", "1", route="r")))
    assert ledger.approved == {"r": {"2"}}
    assert ledger.spent == {"r": {"1"}}
    assert ledger.owned == {}


def test_approvals_add_up() -> None:
    """A later approval takes nothing from an earlier one."""
    assert fold(journal(approve("1"), approve("2"))).approved["r"] == {"1", "2"}


def test_rollback_voids_the_approval_and_sets_the_cursor_back() -> None:
    """After a rollback the pipeline's next run may do nothing without a new approval (rule 2), on that route alone."""
    before = [
        approve("1", "2", "3"), approve("9", route="other"), ended("claim"), *wrote(MX, OLD, NEW), ended("deliver"),
        ended("claim", "other"), ("confirm", {"route": "r", "task": "phones", "by": "ana"}),
    ]  # fmt: skip
    ledger = fold(journal(*before, *rolled_back()))
    assert "r" not in ledger.approved
    assert "r" not in ledger.ended
    assert "r" not in ledger.confirmed
    assert not [key for key in ledger.ended_at if key[0] == "r"]
    assert ledger.approved["other"] == {"9"}
    assert ledger.ended["other"] == ("claim",)
    assert fold(journal(*before, *rolled_back("claim"))).ended["r"] == ("claim",)
    assert fold(journal(*before, *rolled_back("a stage that never was"))).stage_of("r", ["claim", "deliver"]) == -1
    assert fold(journal(*before, *rolled_back(), approve("1"))).approved["r"] == {"1"}


def test_rollback_that_was_cut_is_known() -> None:
    """A rollback begun and not ended is remembered: going forward again would undo it."""
    start, finish = rolled_back("claim")
    assert fold(journal(start)).rolling_back == {"r": "claim"}
    assert fold(journal(start, finish)).rolling_back == {}


def test_what_a_rollback_restored_is_not_ours() -> None:
    """The old MX, taken over and put back, is the customer's again: it can never be deleted by omission (rule 11)."""
    taken = wrote(MX, OLD, NEW)
    ledger = fold(journal(*taken, ("rollback", {"route": "r", "stage": "", "phase": "begin"}), *wrote(MX, NEW, OLD),
                          ("rollback", {"route": "r", "stage": "", "phase": "end"})))  # fmt: skip
    assert ledger.owned == {}
    assert ledger.touched("r") == {}


def test_what_was_ours_before_the_route_is_ours_after_its_rollback() -> None:
    """A slot owned before the route keeps its old owner, time and value after it."""
    before = [adopted(MX, OLD, owner="mail")]
    ledger = fold(journal(*before, *wrote(MX, OLD, NEW), *rolled_back()))
    assert ledger.owned == fold(journal(*before)).owned


def test_rollback_to_a_stage_keeps_what_came_before_it() -> None:
    """Slots first written in a stage that stays ended keep their owner and what was there before."""
    early = wrote(SPF, None, "include:mail.example", stage="prepare")
    ledger = fold(journal(*early, ended("prepare"), *wrote(MX, OLD, NEW), *rolled_back("prepare")))
    assert set(ledger.owned) == set(ledger.touched("r")) == {SPF.address}


def test_touched_is_what_was_there_before_the_first_write() -> None:
    """However often a route writes a slot, a rollback knows the first value and TTL; routes do not mix."""
    first = wrote(MX, OLD, NEW, before_ttl=3600)
    later = wrote(MX, NEW, ("5 c.",), before_ttl=300)
    ledger = fold(journal(*first, *later, *wrote(SPF, None, "include:mail.example", route="other")))
    assert ledger.touched("r").keys() == {MX.address}
    assert ledger.touched("r")[MX.address][:3] == (OLD, 3600, "deliver")
    assert ledger.touched("other")[SPF.address].value is None
    assert ledger.touched("nobody's") == {}


def test_cursor_is_the_last_stage_that_ended() -> None:
    """The cursor is the furthest ended stage in the spec's order, whatever else has ended; -1 without one (rule 1)."""
    ledger = fold(journal(ended("claim"), ended("prove"), ended("gone"), ended("claim", "other")))
    assert ledger.ended["r"] == ("claim", "prove", "gone")
    names = ["claim", "prove", "verify"]
    assert ledger.stage_of("r", names) == 1
    assert ledger.stage_of("other", names) == 0
    assert ledger.stage_of("nobody's", names) == EMPTY.stage_of("r", names) == -1


def test_confirmed_stage_has_ended() -> None:
    """`confirm stage` ends a stage at the time of the confirmation; a task's confirmation ends none."""
    ledger = fold(journal(("confirm", {"route": "r", "stage": "deliver", "by": "ana"}),
                          ("confirm", {"route": "r", "task": "phones", "by": "ana"})))  # fmt: skip
    assert ledger.stage_of("r", ["claim", "deliver"]) == 1
    assert ledger.ended_at["r", "deliver"] == START
    assert ledger.confirmed == {"r": {"phones"}}


def test_stage_that_ends_twice_ended_the_first_time() -> None:
    """A hold after a stage does not start again because its end was said again."""
    ledger = fold(journal(ended("claim"), ended("claim")))
    assert ledger.ended["r"] == ("claim",)
    assert ledger.ended_at["r", "claim"] == START


def test_adopted_slot_is_ours_without_having_been_written() -> None:
    """Adopted and written are told apart: a sender's removal takes only what we wrote."""
    ledger = fold(journal(adopted(SPF, "include:mail.example", ttl=3600, owner="mail", route="r", stage="prepare")))
    assert ledger.owned[SPF.address] == Owned(
        "include:mail.example", "adopted", START, "r", "prepare", 3600, owner="mail"
    )
    assert ledger.touched("r") == {}
    assert ledger.last_change == {}


def test_adopting_what_we_wrote_leaves_it_written() -> None:
    """To adopt again, to protect say, does not turn what we wrote into what we found, unless the value is another."""
    written = wrote(SPF, None, "include:mail.example")
    same = fold(journal(*written, adopted(SPF, "include:mail.example", protect=True))).owned[SPF.address]
    assert (same.how, same.time, same.protect) == ("written", at(1), True)
    other = fold(journal(*written, adopted(SPF, "include:other.example"))).owned[SPF.address]
    assert other.how == "adopted"
    assert fold(journal(adopted(MX, OLD), *wrote(MX, OLD, NEW))).owned[MX.address].how == "written"


def test_what_is_not_said_again_stays_known() -> None:
    """Protection, level, owner and object id survive a write that does not mention them; saying so ends them."""
    guarded = adopted(MX, OLD, protect=True, manage="create", owner="mail", remote_id="rec9")
    now = fold(journal(guarded, *wrote(MX, OLD, NEW))).owned[MX.address]
    assert (now.protect, now.manage, now.owner, now.remote_id) == (True, Manage.CREATE, "mail", "rec9")
    assert not fold(journal(guarded, adopted(MX, OLD, protect=False))).owned[MX.address].protect


def test_forgotten_slot_is_nobodys() -> None:
    """Forgetting gives a slot up; what was not ours may be forgotten too."""
    ledger = fold(journal(adopted(MX, OLD), adopted(SPF, "x"), forgot(MX, ANA)))
    assert set(ledger.owned) == {SPF.address}


def test_destroyed_slot_is_nobodys() -> None:
    """A removed slot is not ours; the TTL of a record set that is gone goes with it (rule 14), and only then."""
    ttl = adopted(MX_TTL, 300)
    assert fold(journal(ttl, adopted(MX, OLD), *wrote(MX, OLD, None))).owned == {}
    spf_ttl = adopted(SPF._replace(part="ttl"), 300)
    term = adopted(SPF, "x")
    assert set(fold(journal(spf_ttl, term, *wrote(SPF, "x", None))).owned) == {SPF._replace(part="ttl").address}
    assert fold(journal(spf_ttl, term, *wrote(SPF, "x", None, gone=True))).owned == {}


def test_deleted_user_takes_its_attributes_along() -> None:
    """No attribute of a deleted user stays ours; other users' do, even those whose name begins the same."""
    anabel = Slot(Key("tenant", "t", "user", "anabel"), "phone")
    entries = [adopted(ANA, "present"), adopted(PHONE, "1"), adopted(anabel, "2"), *wrote(ANA, "present", None)]
    assert set(fold(journal(*entries)).owned) == {anabel.address}


def test_carried_slots_are_written_with_their_step() -> None:
    """What does not exist without the resource is ours once the resource is made, and a rollback removes it."""
    carried = [noted(PHONE, "5555", protect=True)]
    made = [begin(write(ANA, None, "present", carried=carried)), end("done", "1", remote_id="obj-1")]
    ledger = fold(journal(*made))
    assert ledger.owned[PHONE.address].value == fingerprint("5555")
    assert ledger.owned[PHONE.address].protect
    assert ledger.touched("r")[PHONE.address].value is None
    assert fold(journal(*made, *rolled_back())).owned == {}


def test_value_from_an_unknown_source_is_remembered() -> None:
    """What a source last named, written or adopted, outlives a value that the spec gave itself (rule 5)."""
    source = "tenant/t/domain/example.com#MX/@"
    for first in (wrote(MX, OLD, NEW, source=source), [adopted(MX, NEW, source=source)]):
        pinned = fold(journal(*first, *wrote(MX, NEW, OLD))).owned[MX.address]
        assert (pinned.value, pinned.source, pinned.source_value) == (OLD, source, NEW)
    assert fold(journal(*wrote(MX, OLD, NEW))).owned[MX.address].source_value is None


def test_user_is_bound_to_its_object() -> None:
    """The object id comes with the outcome or the adoption, both ways round; attributes alone bind too."""
    made = [begin(write(ANA, None, "present")), end("done", "1", remote_id="obj-1")]
    for entries in (made, [adopted(ANA, "present", remote_id="obj-1")], [adopted(PHONE, "1", remote_id="obj-1")]):
        ledger = fold(journal(*entries))
        assert ledger.remote == {"tenant/t/user/ana": "obj-1"}
        assert ledger.known == {"obj-1": "tenant/t/user/ana"}
    licences = Slot(Key("tenant", "t", "licenses", "ana"), "SKU")
    assert fold(journal(adopted(licences, "direct", remote_id="obj-1"))).remote == {}


@pytest.mark.parametrize("forget_first", [True, False])
def test_renamed_user_stays_the_same_object(forget_first: bool) -> None:
    """Under a new spec id the object keeps its one name, and the old name leads to nobody (rule 16)."""
    eva = Slot(Key("tenant", "t", "user", "eva"), "")
    moved = [forgot(ANA, PHONE), adopted(eva, "present", remote_id="obj-1")]
    moved = moved if forget_first else moved[::-1]
    ledger = fold(journal(adopted(ANA, "present", remote_id="obj-1"), *moved))
    assert ledger.remote == {"tenant/t/user/eva": "obj-1"}
    assert ledger.known == {"obj-1": "tenant/t/user/eva"}


def test_name_that_is_given_up_leads_to_nobody() -> None:
    """A forgotten person's name can be given to somebody else without handing over the first one's account."""
    known = adopted(ANA, "present", remote_id="obj-1")
    assert fold(journal(known, forgot(ANA))).remote == fold(journal(known, forgot(ANA))).known == {}
    assert fold(journal(known, forgot(PHONE))).remote == {"tenant/t/user/ana": "obj-1"}


def test_deleted_user_is_still_known() -> None:
    """A soft-deleted account can be restored: its object id stays known, until another object takes the name."""
    gone = [adopted(ANA, "present", remote_id="obj-1"), *wrote(ANA, "present", None)]
    assert fold(journal(*gone)).remote == {"tenant/t/user/ana": "obj-1"}
    again = fold(
        journal(*gone, adopted(ANA, "present", remote_id="obj-2"), adopted(PHONE, "1"), *wrote(PHONE, "1", "2"))
    )
    assert again.remote == {"tenant/t/user/ana": "obj-2"}
    assert again.known == {"obj-2": "tenant/t/user/ana"}


def test_old_object_id_of_an_attribute_binds_nothing() -> None:
    """An attribute written without an object id does not bring back the object its name once had."""
    entries = [
        adopted(PHONE, "1", remote_id="obj-1"),
        adopted(ANA, "present", remote_id="obj-2"),
        *wrote(PHONE, "1", "2"),
    ]
    assert fold(journal(*entries)).remote == {"tenant/t/user/ana": "obj-2"}


def lowered(*ttls: int | None, route: str = "r") -> list[tuple[str, Mapping[str, Any]]]:
    """The TTL of the MX record set goes from each to the next."""
    return [
        entry
        for before, after in pairwise(ttls)
        for entry in wrote(MX_TTL, before, after, before_ttl=before, route=route)
    ]


@pytest.mark.parametrize(
    ("ttls", "expected"),
    [
        ((3600, 300), 3600),
        ((3600, 600, 300), 3600),
        ((3600, 300, 600), 3600),
        ((3600, 300, 3600), None),
        ((3600, 300, 7200), None),
        ((3600, 7200), None),
        ((3600, 300, 3600, 60), 3600),
        ((3600, 300, None, 300), None),
        ((None, 300), None),
    ],
)
def test_ttl_before_lowering(ttls: tuple[int | None, ...], expected: int | None) -> None:
    """The TTL to restore is the one before the record set was first lowered, as long as it is lowered (rule 14)."""
    ledger = fold(journal(*lowered(*ttls)))
    assert ledger.before_lowering(MX.key.address) == expected
    assert ledger.before_lowering("dns/example.com/A/@") is None


def test_lowering_is_looked_for_on_one_route() -> None:
    """What the spec lowered for good before is not what a migration restores."""
    ledger = fold(journal(*lowered(3600, 600, route="daily"), *lowered(600, 300, route="migration")))
    assert ledger.before_lowering(MX.key.address, "migration") == 600
    assert ledger.before_lowering(MX.key.address) == 3600


def test_every_change_of_a_record_set_is_in_its_history() -> None:
    """How long caches may hold the old answer is known for each change, from the time when it was read back."""
    entries = [
        *wrote(MX, None, OLD, carried=[noted(MX_TTL, 3600)]),
        *wrote(MX, OLD, NEW, before_ttl=3600, ttl=300),
        *wrote(SPF, "a", "b", before_ttl=600),
        *wrote(MX, NEW, None, before_ttl=300),
    ]
    ledger = fold(journal(*entries))
    assert ledger.ttl_history[MX.key.address] == (
        (at(1), None, 3600, "r"),
        (at(3), 3600, 300, "r"),
        (at(7), 300, None, "r"),
    )
    assert ledger.ttl_history[SPF.key.address] == ((at(5), 600, 600, "r"),)
    assert set(ledger.ttl_history) == {MX.key.address, SPF.key.address}


def test_one_batch_is_one_change() -> None:
    """Values and TTL written at once are one entry of the history."""
    both = begin(write(MX, OLD, NEW, "1", before_ttl=3600, ttl=300), write(MX_TTL, 3600, 300, "2", before_ttl=3600))
    assert len(fold(journal(both, end("done", "1", "2"))).ttl_history[MX.key.address]) == 1


def test_tenants_have_no_ttl() -> None:
    """Nothing of a tenant is in the history of TTLs."""
    assert fold(journal(*wrote(PHONE, "1", "2"))).ttl_history == {}


def test_tenant_values_are_fingerprints() -> None:
    """Nothing of a tenant is recorded but a fingerprint; DNS is recorded in full; absent stays absent."""
    assert recorded(MX, OLD) == OLD
    assert recorded(MX, None) is recorded(ANA, None) is None
    assert recorded(PHONE, "5555") == fingerprint("5555")
    text = str([write(PHONE, "secret-1", "secret-2", carried=[noted(ANA, "secret-3")]), noted(PHONE, "secret-4")])
    assert "secret" not in text


@given(*[st.one_of(st.text(), st.integers(), st.booleans(), st.lists(st.text()).map(tuple))] * 2)
def test_fingerprints_are_equal_for_equal_values_alone(one: Value, other: Value) -> None:
    """Equal value and kind, equal fingerprint, and only then."""
    assert (fingerprint(one) == fingerprint(other)) == (type(one) is type(other) and one == other)
    assert len(fingerprint(one)) == len("sha256:") + 16


def test_fingerprint_never_changes() -> None:
    """Journals outlive versions: these are on record."""
    assert fingerprint("present") == "sha256:94332144d941eb12"
    assert fingerprint(("a", "\udcff")) == "sha256:c0da75d9b2adfcdf"
    assert len({fingerprint(value) for value in (True, 1, "1", "true", ("1",), "")}) == 6


def test_owned_of_a_value_to_come() -> None:
    """A later stage compares with what an earlier one will have written, in recorded form."""
    assert Owned.of(MX, NEW).value == NEW
    assert Owned.of(PHONE, "5555").value == recorded(PHONE, "5555")


def test_ledger_is_read_only() -> None:
    """Nobody changes the past."""
    ledger = fold(journal(approve("1"), adopted(MX, OLD), *wrote(MX, OLD, NEW)))
    with pytest.raises(TypeError):
        ledger.owned[MX.address] = Owned(OLD)  # type: ignore[index]
    with pytest.raises(TypeError):
        ledger.touched("r")[MX.address] = None  # type: ignore[index]
    with pytest.raises(AttributeError):
        ledger.approved["r"].add("2")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("begin", {"route": "r", "stage": "s", "steps": [{"id": "1"}]}),
        ("begin", {"route": "r", "stage": "s", "steps": 5}),
        ("adopt", {"slots": [["dns/x/MX/@", "y"]]}),
        ("adopt", {"slots": [["dns/x/MX/@", "y", {"manage": "everything"}]]}),
        ("end", {"outcomes": ["done"]}),
        ("approve", {"route": [], "steps": []}),
        ("stage", {"route": [], "stage": "s"}),
    ],
)
def test_entry_that_cannot_be_understood(kind: str, payload: Mapping[str, Any]) -> None:
    """A whole line with a senseless content is refused by number, never a traceback."""
    with pytest.raises(Refused, match=f"entry 2 of the journal .{kind}."):
        fold(journal(approve("1"), (kind, payload)))


SLOTS = (MX, MX_TTL, SPF, ANA, PHONE)
VALUES: Mapping[Slot, Sequence[Value]] = {slot: (300, 3600) if slot.part == "ttl" else ("a", "b") for slot in SLOTS}


@st.composite
def one_entry(draw: st.DrawFn) -> tuple[str, Mapping[str, Any]]:
    """Any entry over a few routes, slots and ids, in any order: sense is not asked for."""
    route, stage = draw(st.sampled_from(["r", "other"])), draw(st.sampled_from(["claim", "deliver"]))
    slot, ids = draw(st.sampled_from(SLOTS)), draw(st.lists(st.sampled_from("123"), min_size=1, unique=True))
    value = draw(st.sampled_from(VALUES[slot]))
    status = draw(st.sampled_from(["done", "failed", "waiting", "unknown", "not_found"]))
    before, after = draw(st.permutations([value, None]))
    object_id = draw(st.sampled_from(["", "obj-1", "obj-2"]))
    choices: list[tuple[str, Mapping[str, Any]]] = [
        approve(*ids, route=route),
        begin(*(write(slot, before, after, one) for one in ids), route=route, stage=stage),
        end(status, *ids, remote_id=object_id),
        ended(stage, route),
        adopted(slot, value, remote_id=object_id),
        forgot(slot),
        *rolled_back(stage, route),
        ("confirm", {"route": route, "task": "phones", "by": "ana"}),
    ]
    return choices[draw(st.integers(0, len(choices) - 1))]


entries_of_any_kind = st.lists(one_entry(), max_size=25).map(lambda written: journal(*written))


@given(entries_of_any_kind, st.integers(0, 25))
@settings(max_examples=1000 if LONG else 150)
def test_folding_goes_on(entries: tuple[Entry, ...], cut: int) -> None:
    """The fold of all is the fold of the first ones gone on with; the earlier ledger is not changed by that."""
    earlier = fold(entries[:cut])
    assert extend(earlier, entries[cut:]) == fold(entries)
    assert earlier == fold(entries[:cut])


@given(entries_of_any_kind)
@settings(max_examples=1000 if LONG else 150)
def test_what_always_holds(entries: tuple[Entry, ...]) -> None:
    """Whatever happened: no id is both approved and spent, names and objects pair up, nothing is open twice."""
    ledger = fold(entries)
    for route, ids in ledger.approved.items():
        assert not ids & ledger.spent.get(route, frozenset())
    assert {key: object_id for object_id, key in ledger.known.items()} == dict(ledger.remote)
    still = [one.id for one in ledger.open]
    assert len(set(still)) == len(still)
    assert not set(still) & set(ledger.waiting)
    assert {route for route, _ in ledger.ended_at} == set(ledger.ended)


@given(entries_of_any_kind)
@settings(max_examples=1000 if LONG else 150)
def test_approval_by_the_rule(entries: tuple[Entry, ...]) -> None:
    """An id is approved exactly if its last approval comes after its last done end and its route's last rollback."""
    ledger = fold(entries)
    for route in ("r", "other"):
        expected = {one for one in "123" if _approved(entries, ledger, route, one)}
        assert ledger.approved.get(route, frozenset()) == expected


def _approved(entries: tuple[Entry, ...], ledger: Ledger, route: str, one: str) -> bool:
    """The rule, read backwards from the end of the journal."""
    for index in range(len(entries) - 1, -1, -1):
        kind, payload = entries[index].type, entries[index].payload
        if kind == "rollback" and payload["phase"] == "end" and payload["route"] == route:
            return False
        if kind == "end" and one in [out["id"] for out in payload["outcomes"] if out["status"] == "done"]:
            before = fold(entries[:index])
            begun = {step.id: step for step in (*before.waiting.values(), *before.open)}
            if one in begun and begun[one].route == route:
                return False
        if kind == "approve" and payload["route"] == route and one in payload["steps"]:
            return True
    return False


def test_folding_is_fast() -> None:
    """Adopting 10,000 slots folds in under 60 ms of CPU, and 1,000 customers without a past cost nothing."""
    names = [Slot(Key("dns", "example.com", "A", f"h{number}"), "") for number in range(10_000)]
    big = journal(("adopt", {"slots": [noted(slot, ("192.0.2.1",), ttl=3600, route="r") for slot in names]}))
    assert min(cpu(big) for _ in range(5)) < 0.06
    start = time.process_time()
    for _ in range(1000):
        fold(())
    assert time.process_time() - start < 0.01


def cpu(entries: tuple[Entry, ...]) -> float:
    """Seconds of CPU that folding takes."""
    start = time.process_time()
    fold(entries)
    return time.process_time() - start
