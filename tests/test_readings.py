"""Readings of a tenant over time: what lags behind our own write is waited for, what was kept is brought up to date."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler import live
from reconciler.ledger import EMPTY, Ledger
from reconciler.model.errors import AuthFailed, Moved, ProviderError, Unavailable
from reconciler.model.key import Slot
from reconciler.model.resource import RecordSet
from reconciler.provider import Capabilities, Observation, Scope
from reconciler.session import drifting
from reconciler.session.places import Places
from reconciler.session.planning import Options, make_from
from reconciler.session.readings import KEPT, PATIENCE, look
from tests.semantics.world import START, Clock, System
from tests.tenant_copies import ALL, ANA, DELAY, SPEC, TENANT, Copies, Following, Place, Wrote, key

NAME = Slot(key("user", "a"), "displayName")
NEW = replace(ANA, display_name="Anita")


def read(place: Place, known: Ledger = EMPTY, *, follow: bool = False) -> live.Live:
    """What the core sees of the tenant."""
    places = Places(place.systems, (("tenants", place.scope),))
    return look(place, place.loaded.customers[0], known, places, follow=follow)[0]


def waited(clock: Clock) -> float:
    """Seconds since the test began."""
    return (clock.now() - START).total_seconds()


# What lags behind a write


def renamed(folder: Path, *lags: float, how: str = "written") -> tuple[Place, Copies, Ledger]:
    """Ana was renamed a moment ago."""
    clock = Clock()
    tenant = Copies(clock, *lags)
    tenant.write(NEW)
    known = Wrote()(NAME, "Anita", clock.now(), how).ledger(a="u-ana")
    return Place(folder, clock, {"tenants": tenant}), tenant, known


def test_stale_copy_is_waited_for(tmp_path: Path) -> None:
    """Until it shows what we wrote, and no longer; what is seen then counts."""
    place, tenant, known = renamed(tmp_path, 60, 60, 0)
    assert read(place, known).resources[ANA.key] == NEW
    assert [(one - START).total_seconds() for one in tenant.reads] == [0, DELAY, 2 * DELAY]


def test_stale_for_ever_is_believed(tmp_path: Path) -> None:
    """There is a deadline: somebody else may have set it back."""
    place, tenant, known = renamed(tmp_path, 10**5)
    assert read(place, known).resources[ANA.key] == ANA
    assert waited(tenant.clock) == DELAY * PATIENCE
    assert len(tenant.reads) == PATIENCE + 1


def test_deadline_counts_from_the_write(tmp_path: Path) -> None:
    """Half of it has gone by when the plan begins."""
    place, tenant, known = renamed(tmp_path, 10**5)
    tenant.clock.sleep(DELAY * (PATIENCE - 2))
    read(place, known)
    assert waited(tenant.clock) == DELAY * PATIENCE


@pytest.mark.parametrize("case", ["shown", "adopted", "old", "nothing", "elsewhere", "unread", "no delay", "stopped"])
def test_nothing_is_waited_for(case: str, tmp_path: Path) -> None:
    """What is shown; what we did not write, or long ago; what nobody could read; a system that has one copy."""
    place, tenant, known = renamed(tmp_path, *([] if case == "shown" else [10**5]))
    if case == "adopted":
        known = renamed(tmp_path, how="adopted")[2]
    elif case == "old":
        tenant.clock.sleep(DELAY * PATIENCE)
    elif case == "nothing":
        known = EMPTY
    elif case == "elsewhere":
        far = NAME.address.replace(TENANT, "other.onmicrosoft.com")
        known = replace(known, owned={far: known.owned[NAME.address]})
    elif case == "unread":
        tenant.problem = AuthFailed("fake", "no")
    elif case == "no delay":
        tenant.kinds = dict.fromkeys(tenant.kinds, Capabilities())
    elif case == "stopped":
        place.patience = replace(place.patience, stop=lambda: True)
    before = tenant.clock.now()
    read(place, known)
    assert (tenant.clock.now(), len(tenant.reads)) == (before, 1)


def test_account_under_another_id_is_the_same(tmp_path: Path) -> None:
    """What we wrote under its old id is looked for under the new one."""
    place, tenant, _ = renamed(tmp_path)
    old = Slot(key("user", "before"), "displayName")
    known = Wrote()(old, "Anita", tenant.clock.now()).ledger(before="u-ana")
    read(place, known)
    assert len(tenant.reads) == 1


def test_only_what_lags_is_read_again(tmp_path: Path) -> None:
    """A zone beside it is read once; and it was said what is waited for."""
    place, tenant, known = renamed(tmp_path, 60, 0)
    said = list[str]()
    place.patience = replace(place.patience, say=said.append)
    tenant.kinds = dict.fromkeys(tenant.kinds, Capabilities(delay=20.0))
    zone = Scope("dns", "acme.example")
    records = RecordSet(key("A", "www")._replace(system="dns", scope=zone.name), 60, ("192.0.2.1",))
    host = _Counting([records])
    places = Places({"tenants": tenant, "zones": host}, (("zones", zone), ("tenants", place.scope)))
    picture, bound = look(place, place.loaded.customers[0], known, places, follow=False)
    assert (len(tenant.reads), host.reads) == (2, 1)
    assert {records.key, ANA.key} <= picture.resources.keys()
    assert bound.remote["user", "a"] == "u-ana"
    assert said == [f"waits 20 s: {TENANT} may not show yet what was just written"]


def test_delay_of_another_system_does_not_count(tmp_path: Path) -> None:
    """A slow zone beside it makes nobody wait longer for the tenant."""
    place, tenant, known = renamed(tmp_path, 10**5)
    tenant.clock.sleep(DELAY * PATIENCE)
    slow = System()  # a minute, each kind
    places = Places(
        {"tenants": tenant, "zones": slow}, (("zones", Scope("dns", "z.example")), ("tenants", place.scope))
    )
    look(place, place.loaded.customers[0], known, places, follow=False)
    assert len(tenant.reads) == 1


def test_of_a_tenant_that_was_not_read_nothing_is_told(tmp_path: Path) -> None:
    """That it could not be read is the one finding; what it may hold speaks neither for nor against the spec."""
    tenant = Copies(Clock())
    place = Place(tmp_path, tenant.clock, {"tenants": tenant}, f"{SPEC}sign_in: {{security_defaults: true}}\n")

    def rules() -> set[str]:
        made = make_from(place, place.loaded.customers[0], Options(), EMPTY)
        return {one.rule for one in made.plan.diagnostics if one.rule.startswith("tenant/")}

    tenant.history = [(START - timedelta(days=365), {one: ALL[one] for one in ALL if one.kind != "sign-in"})]
    assert rules() == {"tenant/sign-in"}
    tenant.problem = AuthFailed("fake", "no")
    assert rules() == set()


class _Counting(System):
    """A zone that counts its readings."""

    reads = 0

    def observe(self, scope: Scope) -> Observation:
        self.reads += 1
        return super().observe(scope)


def test_plan_after_a_stale_reading_has_nothing_to_do(tmp_path: Path) -> None:
    """Without the wait it would write the new name once more, as drift."""
    place, tenant, _ = renamed(tmp_path, 60, 0)
    customer = place.loaded.customers[0]
    known = Wrote()(Slot(key("user", "a"), ""), "present", START)(NAME, "Anita", START).ledger(a="u-ana")
    text = (place.folder / "acme" / "customer.yaml").read_text()
    assert "name: Ana," in text
    made = make_from(place, replace_name(customer), Options(), known)
    shown = [row for leg in made.plan.legs for row in leg.rows if row.slot == NAME]
    assert [str(row.verdict) for row in shown] == ["same"]
    assert len(tenant.reads) == 2


def replace_name(customer: Any) -> Any:
    """The spec says what was written."""
    return replace(customer, accounts=tuple(replace(one, name="Anita") for one in customer.accounts))


# What an earlier run kept


def following(folder: Path, spec: str = SPEC) -> tuple[Place, Following]:
    """A tenant that can tell what has changed, and has been read once by `drift`."""
    tenant = Following(Clock())
    place = Place(folder, tenant.clock, {"tenants": tenant}, spec)
    read(place, follow=True)
    assert (len(tenant.reads), tenant.followed) == (1, [])
    return place, tenant


def kept(place: Place) -> Path:
    """Where the reading lies."""
    return place.state("acme") / KEPT


def test_kept_reading_is_followed(tmp_path: Path) -> None:
    """Exactly as it was read; then the followed one is kept. Nobody else on the machine can read it."""
    place, tenant = following(tmp_path)
    assert kept(place).stat().st_mode & 0o777 == 0o600
    tenant.write(NEW)
    assert read(place, follow=True).resources[ANA.key] == NEW
    (before,) = tenant.followed
    assert before == Observation(place.scope, ALL, "v1")
    read(place, follow=True)
    assert (tenant.followed[1].resources[ANA.key], tenant.followed[1].version) == (NEW, "v2")
    assert len(tenant.reads) == 1
    assert [one.name for one in kept(place).parent.iterdir()] == [KEPT], "no scratch file is left"


def test_only_drift_follows(tmp_path: Path) -> None:
    """A plan reads anew, and leaves what is kept as it is; the drift report follows."""
    place, tenant = following(tmp_path)
    content = kept(place).read_bytes()
    tenant.write(NEW)
    assert read(place).resources[ANA.key] == NEW
    make_from(place, place.loaded.customers[0], Options(), EMPTY)
    assert (len(tenant.reads), tenant.followed, kept(place).read_bytes()) == (3, [], content)
    drifting.report(place, place.loaded.customers[0])
    assert (len(tenant.reads), len(tenant.followed)) == (3, 1)


def test_plan_keeps_nothing(tmp_path: Path) -> None:
    """Nor does a system that names no state, or cannot tell what changed."""
    tenant = Following(Clock())
    place = Place(tmp_path, tenant.clock, {"tenants": tenant})
    read(place)
    tenant.version = ""
    read(place, follow=True)
    place.systems = {"tenants": Copies(tenant.clock)}
    read(place, follow=True)
    assert not kept(place).exists()


def _with_record(content: dict[str, Any], record: object) -> dict[str, Any]:
    values = [True, False, "", [record], [], False, False]
    return content | {"resources": [["domain", TENANT, values]]}


Spoil = Callable[[dict[str, Any]], object]
SPOILT: Mapping[str, Spoil] = {
    "empty": lambda _: b"",
    "null": lambda _: b"null",
    "a list": lambda _: b"[]",
    "cut": lambda one: json.dumps(one).encode()[:-9],
    "no text": lambda _: b"\xff\xfe",
    "deep": lambda _: b"[" * 200_000,
    "provider": lambda one: one | {"provider": "others"},
    "tenant": lambda one: one | {"tenant": "other.onmicrosoft.com"},
    "no tenant": lambda one: {name: value for name, value in one.items() if name != "tenant"},
    "no version": lambda one: one | {"version": ""},
    "fewer names": lambda one: one | {"names": one["names"][1:]},
    "names": lambda one: one | {"names": 5},
    "resources": lambda one: one | {"resources": None},
    "row": lambda one: one | {"resources": [["user", "u-ana"]]},
    "kind": lambda one: one | {"resources": [["mailbox", "a@acme.example", []]]},
    "record": lambda one: _with_record(one, ["@", "MX", "0 a.b.", "Email", "3600", True]),
    "short record": lambda one: _with_record(one, ["@", "MX"]),
    "no record": lambda one: _with_record(one, 5),
    "kind of a kind": lambda one: one | {"resources": [[["user"], "u-ana", []]]},
    "fewer values": lambda one: one | {"resources": [["licenses", "u-ana", ["u-ana"]]]},
    "more values": lambda one: one | {"resources": [["licenses", "u-ana", ["u-ana", [], [], [], [], 1]]]},
    "flag": lambda one: one | {"resources": [["group", "g-1", ["staff", True, "security", []]]]},
    "text": lambda one: one | {"resources": [["group", "g-1", ["staff", "g-1", "security", "u-ana"]]]},
    "number": lambda one: one | {"resources": [["group", "g-1", ["staff", 1, "security", []]]]},
}


@pytest.mark.parametrize("case", SPOILT)
def test_kept_reading_that_cannot_be_trusted(case: str, tmp_path: Path) -> None:
    """Damaged, of another tenant or provider, of fewer names: everything is read anew, and kept again."""
    place, tenant = following(tmp_path)
    good = kept(place).read_bytes()
    spoilt = SPOILT[case](json.loads(good))
    kept(place).write_bytes(spoilt if isinstance(spoilt, bytes) else json.dumps(spoilt).encode())
    assert dict(read(place, follow=True).resources) == dict(ALL)
    assert (len(tenant.reads), tenant.followed) == (2, [])
    assert kept(place).read_bytes() == good


@pytest.mark.parametrize("case", ["folder", "pipe", "absent"])
def test_something_else_stands_there(case: str, tmp_path: Path) -> None:
    """Neither waited for nor stumbled over."""
    place, tenant = following(tmp_path)
    kept(place).unlink()
    if case == "folder":
        (kept(place) / "sub").mkdir(parents=True)
    elif case == "pipe":
        os.mkfifo(kept(place))
    assert read(place, follow=True).complete
    assert (len(tenant.reads), tenant.followed) == (2, [])


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    """An auditor still gets the report: here a file stands in the place of the state folder."""
    tenant = Following(Clock())
    place = Place(tmp_path, tenant.clock, {"tenants": tenant})
    place.state("acme").parent.write_text("no folder")
    assert read(place, follow=True).complete
    assert place.state("acme").parent.read_text() == "no folder"


def test_text_that_no_file_can_hold(tmp_path: Path) -> None:
    """Half of a surrogate pair in a name: nothing is kept, and nothing is left lying about."""
    tenant = Following(Clock())
    tenant.write(replace(ANA, display_name="\ud800"))
    place = Place(tmp_path, tenant.clock, {"tenants": tenant})
    assert read(place, follow=True).complete
    assert list(place.state("acme").iterdir()) == []


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "more names"])
def test_kept_reading_of_more_is_followed_as_it_is(whole: bool, tmp_path: Path) -> None:
    """It is a reading of its own names, and says so; what is not in it any more needs no new one."""
    tenant = Following(Clock())
    tenant.whole = whole
    other = f"  - {{address: bea@{TENANT}, name: Bea, id: b}}\n"
    place = Place(tmp_path, tenant.clock, {"tenants": tenant}, SPEC.replace("groups:", f"{other}groups:"))
    names = None if whole else place.scope.names
    read(place, follow=True)
    later = Place(tmp_path, tenant.clock, {"tenants": tenant})
    picture = read(later, follow=True)
    assert (len(tenant.reads), [one.scope.names for one in tenant.followed]) == (1, [names])
    assert picture.covers(key("user", f"bea@{TENANT}"))


@pytest.mark.parametrize("problem", [Moved("fake", "forgotten"), AuthFailed("fake", "no"), Unavailable("fake", "down")])
def test_what_cannot_be_followed_is_read_whole(problem: ProviderError, tmp_path: Path) -> None:
    """The system forgot that state, or did not answer: the full reading says what is wrong, if anything is."""
    place, tenant = following(tmp_path)
    tenant.lost = problem
    tenant.write(NEW)
    picture = read(place, follow=True)
    assert (picture.complete, picture.resources[ANA.key]) == (True, NEW)
    assert (len(tenant.reads), len(tenant.followed)) == (2, 1)


def test_unread_tenant_leaves_what_is_kept(tmp_path: Path) -> None:
    """A bad day does not cost the next report a full reading."""
    place, tenant = following(tmp_path)
    content = kept(place).read_bytes()
    tenant.lost = tenant.problem = AuthFailed("fake", "no")
    assert not read(place, follow=True).complete
    assert kept(place).read_bytes() == content


def test_followed_reading_that_lags_is_read_whole(tmp_path: Path) -> None:
    """After a delay; whoever tells what changed may be behind as well."""
    place, tenant = following(tmp_path)
    tenant.lags = [60, 0]
    tenant.write(NEW)
    known = Wrote()(NAME, "Anita", tenant.clock.now()).ledger(a="u-ana")
    assert read(place, known, follow=True).resources[ANA.key] == NEW
    assert (len(tenant.followed), tenant.reads[1:]) == (1, [START + timedelta(seconds=DELAY)])
