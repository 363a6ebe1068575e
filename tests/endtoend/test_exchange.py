"""What Graph cannot make: the script, whoever runs it in every way, what it brings back, and what is said of it."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from providers.tenantfile import TenantFileProvider
from reconciler.clock import SystemClock
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.resource import User
from reconciler.provider import Capabilities, Reader
from reconciler.session import applying, planning
from reconciler.session.opened import Session
from tests.endtoend.exchanging import ANA, BOSS, INFO, SPEC, TEAM, WORKSPACE, ZONE, Exchanging, box, target
from tests.endtoend.place import TENANT

SIGN = f"exchange/{TENANT}/dkim/{ZONE}#enabled"


@pytest.fixture
def place(tmp_path: Path) -> Exchanging:
    """Nobody was asked yet, and nothing is known of Exchange."""
    return Exchanging(tmp_path)


def test_the_whole_story(place: Exchanging) -> None:
    """Plan, script, what it brings back, MX, the DKIM records, signing, an empty plan: one approval."""
    first = place.approved()
    assert (first.code, first.json["outcome"]) == (5, "waiting")
    assert {one["stage"] for one in first.json["scripts"]} == {"accounts"}
    script = place.state() / "scripts" / "accounts.ps1"
    assert stat.S_IMODE(script.stat().st_mode) == 0o600
    assert script.read_bytes().startswith(b"\xef\xbb\xbf")
    command = f"run {script} -Evidence {place.evidence}, then apply again"
    assert command in str(first.json["waiting"])
    assert stat.S_IMODE(place.evidence.parent.stat().st_mode) == 0o700, "there is no place for what it writes"
    assert f"{script} -Evidence {place.evidence}" in place.run("tasks").out
    assert "mx.host.example." in place.zone().read_text(), "mail moved before its mailboxes are there"
    written = script.stat().st_mtime_ns
    again = place.goes_on()
    assert (again.code, script.stat().st_mtime_ns) == (5, written), "what has not changed is not written again"
    assert command in place.run("apply").out
    assert (place.run("status").code, place.told("exchange/as-of")) == (5, [])
    assert "accounts.ps1 was not run yet" in str(again.json["steps"])
    place.runs(first)
    second = place.goes_on()
    assert (second.code, {one["stage"] for one in second.json["scripts"]}) == (5, {"sign"})
    assert all(target(one) in place.zone().read_text() for one in (1, 2))
    assert "mail.protection.outlook.com" in place.zone().read_text() or "mx.microsoft" in place.zone().read_text()
    place.runs(second)
    last = place.goes_on()
    assert (last.code, last.json["scripts"]) == (0, [])
    assert [one.name for one in script.parent.iterdir()] == ["look.ps1"], "an old script would do old things again"
    assert "Step '" not in place.script("look")
    place.assert_still()
    empty = dict.fromkeys(("add", "change", "destroy", "adopt", "forget"), 0)
    assert place.run("plan", "--json").json["counts"] == empty
    assert place.run("tasks").code == 0
    shown = place.exchange.shared[INFO]
    assert shown["displayName"] == "D'Información; Remove-Mailbox"
    assert (shown["aliases"], shown["fullAccess"], shown["sendAs"]) == ([f"hola@{ZONE}"], [ANA], [ANA])
    assert place.exchange.lists[TEAM]["members"] == [ANA, "bob@gmail.example"]
    assert place.exchange.lists[BOSS]["members"] == ["out@away.example"]


def test_the_plan_holds_the_scripts(place: Exchanging) -> None:
    """To be reviewed: in JSON with text and steps, named in each view, the text folded in the comment."""
    plan = place.planned()
    accounts, sign = plan.json["scripts"]
    assert (accounts["stage"], accounts["name"], sign["name"]) == ("accounts", "accounts.ps1", "sign.ps1")
    ids = {step["id"]: step["stage"] for step in plan.json["steps"] if step["address"].startswith("exchange/")}
    assert {step["id"] for step in accounts["steps"]} == {one for one, stage in ids.items() if stage == "accounts"}
    assert all(one in accounts["text"] for one in (step["id"] for step in accounts["steps"]))
    assert place.planned().json["scripts"] == plan.json["scripts"]
    for form in ("text", "html", "markdown"):
        assert accounts["path"] in place.run("plan", "--format", form).out, form
    folded = place.run("plan", "--format", "markdown").out
    assert "<details><summary><b>Scripts for Exchange Online: accounts.ps1</b>" in folded
    assert "Add-SharedMailbox 'info@acme.example' 'info@acme.example' 'D''Información; Remove-Mailbox'" in folded
    assert not (place.state() / "scripts").exists(), "a plan writes nothing"


def test_without_a_provider_it_is_by_hand(tmp_path: Path) -> None:
    """Nothing changes for whoever has not asked for scripts."""
    place = Exchanging(tmp_path, workspace=WORKSPACE.replace(", exchange: exchange}", "}"))
    plan = place.planned()
    assert (plan.json["scripts"], "accounts/by-hand" in plan.rules, "dkim/not-given" in plan.rules) == ([], True, True)
    assert not any(step["address"].startswith("exchange/") for step in plan.json["steps"])


def test_a_step_that_failed(place: Exchanging) -> None:
    """The rest is done; the step waits with Exchange's words, and is done when the script runs again."""
    first = place.approved()
    place.exchange.troubles["full-access"] = "The user 'ana' isn't found"
    place.runs(first)
    again = place.goes_on()
    assert (again.code, again.statuses()) == (5, {box(INFO, f"fullAccess/{ANA}"): "waiting"})
    (step,) = again.json["steps"]
    assert "Exchange said: The user 'ana' isn't found" in step["detail"]
    assert "exchange/failed" in again.rules
    tasks = place.run("tasks")
    assert (tasks.code, "isn't found" in tasks.out) == (5, True)
    assert "Add-SharedMailbox 'info" not in place.script("accounts"), "what is done is not asked for again"
    place.exchange.troubles.clear()
    place.runs(again)
    assert place.goes_on().json["outcome"] == "waiting"
    assert place.told("exchange/failed") == []


def test_signing_waits_without_holding_mail(place: Exchanging) -> None:
    """Exchange may need days to see the records: MX has moved by then, and the script is run again."""
    place.exchange.sees = lambda _: False
    place.runs(place.approved())
    second = place.goes_on()
    assert "mx.host.example." not in place.zone().read_text()
    place.runs(second)
    third = place.goes_on()
    assert (third.code, set(third.statuses())) == (5, {SIGN})
    assert "CNAME record does not exist" in str(third.json["steps"])
    place.exchange.sees = lambda _: True
    place.runs(third)
    assert place.goes_on().code == 0


def test_what_is_done_and_does_not_show_yet(place: Exchanging) -> None:
    """Exchange takes some minutes: wait, and only then run it again."""
    first = place.approved()
    wrote = place.exchange.run(first.json["scripts"][0])
    for one in wrote["sharedMailboxes"]:
        one["fullAccess"] = []
    place.saves(wrote)
    again = place.goes_on()
    assert again.statuses() == {box(INFO, f"fullAccess/{ANA}"): "waiting"}
    (step,) = again.json["steps"]
    assert "wait some minutes and apply again; if it still does not show, run it again" in step["detail"]


def test_what_needs_each_other_is_in_one_script(place: Exchanging) -> None:
    """Lists in lists, forwards and aliases in lists: all is made first, and one run does all."""
    place.edit(
        "accounts:\n",
        f"accounts:\n  - {{address: a@{ZONE}, kind: list, goes_to: 'b@{ZONE}; {BOSS}; {TEAM}; hola@{ZONE}'}}\n"
        f"  - {{address: b@{ZONE}, kind: list, goes_to: 'a@{ZONE}; out@away.example'}}\n",
    )
    first = place.approved()
    (script,) = first.json["scripts"]
    does = list(dict.fromkeys(step["do"] for step in script["steps"]))
    assert does == ["mailbox", "list", "alias", "member", "full-access", "send-as", "dkim"]
    place.runs(first)
    assert place.told("exchange/failed") == []
    assert {one["stage"] for one in place.goes_on().json["scripts"]} == {"sign"}
    assert place.exchange.lists[f"a@{ZONE}"]["members"] == [f"b@{ZONE}", BOSS, INFO, TEAM]


def test_an_address_is_freed_before_it_is_given(place: Exchanging) -> None:
    """From one mailbox to another; what is made may have had it too."""
    place.spec(SPEC + f"  - {{address: aaa@{ZONE}, kind: shared, name: A}}\n")
    _settled(place)
    place.edit(f"goes_to: {INFO}}}", f"goes_to: aaa@{ZONE}}}").edit("passwords:", "destroy: 2\npasswords:")
    done = place.approved()
    assert [(step["do"], step["of"]) for one in done.json["scripts"] for step in one["steps"]] == [
        ("no-alias", INFO), ("alias", f"aaa@{ZONE}"),
    ]  # fmt: skip


def test_strangers_are_seen(place: Exchanging) -> None:
    """Who else may open a mailbox or is in a list that the spec has is listed, never changed, and is no drift."""
    _settled(place)
    shared, team = place.exchange.shared[INFO], place.exchange.lists[TEAM]
    shared["aliases"].append(f"by-hand@{ZONE}")
    shared["fullAccess"].append(f"eve@{ZONE}")
    shared["sendAs"].append(f"mallory@{ZONE}")
    team["members"].append("oscar@away.example")
    place.looks()
    drift = place.drift()
    strangers = {
        box(INFO, f"aliases/by-hand@{ZONE}"), box(INFO, f"fullAccess/eve@{ZONE}"),
        box(INFO, f"sendAs/mallory@{ZONE}"), f"exchange/{TENANT}/list/{TEAM}#members/oscar@away.example",
    }  # fmt: skip
    seen = {one["address"] for one in drift.json["unmanaged"] if one["address"].startswith("exchange/")}
    assert (seen, drift.json["outcome"]) == (strangers, "clean")
    assert f"eve@{ZONE}" in place.run("drift").out
    assert {one for one in place.planned().json["unmanaged"]["addresses"] if one.startswith("exchange/")} == strangers
    spec = (place.specs / "acme" / "customer.yaml").read_text().splitlines(keepends=True)
    place.spec("".join(line for line in spec if TEAM not in line))
    assert place.approved().code == 0
    assert not any(TEAM in one["address"] for one in place.drift().json["unmanaged"]), "it is not ours any more"


def test_as_of_when(place: Exchanging) -> None:
    """Plan and drift say how old what they know of Exchange is."""
    _settled(place)
    place.looks("2026-11-20T10:20:30+00:00")
    said = f"Exchange in {TENANT} as of 2026-11-20 10:20 UTC"
    for words in (["plan"], ["drift"]):
        assert said in place.run(*words).out, words
        (told,) = [one for one in place.run(*words, "--json").json["diagnostics"] if one["rule"] == "exchange/as-of"]
        assert (told["summary"], told["severity"]) == (said, "info")


def test_a_folder_with_a_blank(tmp_path: Path) -> None:
    """What is printed can be typed as it is."""
    place = Exchanging(tmp_path / "Acme's files")
    first = place.approved()
    script = str(place.state() / "scripts" / "accounts.ps1").replace("'", "''")
    evidence = str(place.evidence).replace("'", "''")
    assert f"run & '{script}' -Evidence '{evidence}', then" in str(first.json["waiting"][0]["text"])


def _damaged(place: Exchanging, script: Mapping[str, Any]) -> dict[str, str]:
    """What may be saved in the place of what the script writes, and what is said of it."""
    whole = json.dumps(place.exchange.run(script))
    other = whole.replace(TENANT, "other.onmicrosoft.com")
    deep = json.loads(whole) | {"lists": ["System.Collections.Specialized.OrderedDictionary"]}
    return {
        other: "it is of the tenant other.onmicrosoft.com",
        whole[: len(whole) // 2]: "not JSON",
        whole.replace('"complete": true', '"complete": null'): "ends before all was written",
        json.dumps(deep): "cut off at a -Depth",
        "": "it is empty",
        "[1, 2]": "not what the script prints",
    }


def test_what_is_no_evidence(place: Exchanging) -> None:
    """Another tenant's, half a file, one cut off: an error that names the file, and nothing is done."""
    first = place.approved()
    (script,) = first.json["scripts"]
    before = place.world()
    for text, said in _damaged(place, script).items():
        place.saves(text)
        plan = place.run("plan", "--json")
        assert plan.code == 1, text
        told = [one["detail"] for one in plan.json["diagnostics"] if one["rule"] == "live/unread"]
        assert any(said in one and str(place.evidence) in one for one in told), told
        assert not any(one["rule"].startswith("exchange/") for one in plan.json["diagnostics"]), "it is not gone"
        assert place.run("apply").code == 1
    assert place.world() == before
    place.runs(first)
    assert place.goes_on().code == 5


def test_evidence_that_cannot_be_read_is_not_gone(place: Exchanging) -> None:
    """After runs that have read it there is one error, the true one."""
    _settled(place)
    good = place.evidence.read_text()
    for bad in (good.replace(TENANT, "other.onmicrosoft.com"), good[: len(good) // 2]):
        place.saves(bad)
        told = [one for one in place.run("plan", "--json").json["diagnostics"] if one["severity"] == "error"]
        assert [one["rule"] for one in told] == ["live/unread"], told


def test_evidence_from_tomorrow(place: Exchanging) -> None:
    """It would be believed for ever: an error, until the script is run again."""
    _settled(place)
    good = json.loads(place.evidence.read_text())
    place.saves(good | {"taken": "2099-01-01T00:00:00+00:00"})
    plan = place.run("plan", "--json")
    assert [one["rule"] for one in plan.json["diagnostics"] if one["severity"] == "error"] == ["exchange/evidence"]
    assert (plan.code, plan.json["applyable"]) == (1, False)


def test_evidence_that_is_gone(place: Exchanging) -> None:
    """Then nothing is taken for absent, and nothing is forgotten."""
    place.runs(place.approved())
    place.runs(place.goes_on())
    assert place.goes_on().code == 0
    place.evidence.unlink()
    assert place.run("plan", "--json").code == 1
    assert any("is gone" in one for one in place.told("exchange/evidence"))
    assert place.run("apply").code == 1


def test_how_old_it_is(place: Exchanging) -> None:
    """Nothing yet: which script first. Older than what was asked for since; older than 30 days."""
    assert "there is no" in place.told("exchange/no-evidence")[0]
    first = place.approved()
    place.exchange.troubles["list"] = "no"
    old = place.exchange.run(first.json["scripts"][0]) | {"taken": "2026-01-01T00:00:00+00:00", "sharedMailboxes": []}
    place.saves(old | {"lists": [], "dkim": []})
    assert "is older than accounts.ps1" in place.told("exchange/not-run")[0]
    assert place.told("exchange/failed") == [], "said of an earlier script"
    assert "Exchange said" not in place.run("tasks").out
    place.exchange.troubles.clear()
    place.runs(first)
    assert place.told("exchange/not-run") == place.told("exchange/no-evidence") == []
    place.runs(place.goes_on())
    assert place.goes_on().code == 0
    assert place.told("exchange/old") == []
    place.saves(json.loads(place.evidence.read_text()) | {"taken": "2025-01-01T00:00:00+00:00"})
    assert "days ago" in place.told("exchange/old")[0]


def _settled(place: Exchanging) -> None:
    place.runs(place.approved())
    place.runs(place.goes_on())
    assert place.goes_on().code == 0


def test_what_comes_and_goes(place: Exchanging) -> None:
    """A member more, a right less; what nobody mentioned stays; a mailbox that leaves the spec is left alone."""
    _settled(place)
    place.exchange.shared[INFO]["aliases"].append(f"by-hand@{ZONE}")
    place.edit("; bob@gmail.example", "; carol@gmail.example").edit(f"full_access: [{ANA}], ", "")
    place.edit("passwords:", "destroy: 2\npasswords:")
    done = place.approved()
    assert {one["do"] for script in done.json["scripts"] for one in script["steps"]} == {
        "member", "no-member", "no-full-access",
    }  # fmt: skip
    place.runs(done)
    assert place.goes_on().code == 0
    place.assert_still()
    held = place.exchange.shared[INFO]
    assert (held["fullAccess"], f"by-hand@{ZONE}" in held["aliases"]) == ([], True)
    assert place.exchange.lists[TEAM]["members"] == [ANA, "carol@gmail.example"]
    spec = (place.specs / "acme" / "customer.yaml").read_text().splitlines(keepends=True)
    place.spec("".join(line for line in spec if INFO not in line))
    plan = place.planned()
    assert (plan.json["scripts"], plan.json["counts"]["destroy"]) == ([], 0)
    assert place.applied().code == 0
    assert INFO in place.exchange.shared
    place.assert_still()


def test_what_nobody_approved_is_in_no_script(place: Exchanging) -> None:
    """A mailbox that came into the spec since is planned, and not asked for."""
    place.approved()
    before = place.script("accounts")
    spec = (place.specs / "acme" / "customer.yaml").read_text()
    place.spec(f"{spec}  - {{address: new@{ZONE}, kind: shared, name: Novo}}\n")
    assert "new@" in str(place.planned().json["scripts"])
    assert place.goes_on().code in (3, 4)
    assert "Novo" not in place.script("accounts")
    assert before.count("\nStep '") == place.script("accounts").count("\nStep '")


def test_no_longer_wanted_before_it_was_done(place: Exchanging) -> None:
    """What was asked for and left the spec is asked for no more."""
    place.approved()
    spec = (place.specs / "acme" / "customer.yaml").read_text().splitlines(keepends=True)
    place.spec("".join(line for line in spec if TEAM not in line))
    assert place.approved().code == 5
    assert TEAM not in place.script("accounts").partition("Step '")[2].partition("$boxes")[0]
    for one in place.run("tasks", "--json").json["scripts"]:
        assert not any(TEAM in step["address"] for step in one["steps"])


@pytest.mark.parametrize("name", ["a\u0000b", "x\\ny", "\u202egnp.exe", "a\\u2028b"])
def test_names_that_no_script_may_hold(place: Exchanging, name: str) -> None:
    """Refused at plan time, with the line of the spec, before anything is written."""
    escaped = name if name.startswith(("x", "a\\")) else name.encode("unicode_escape").decode().replace("\\x00", "\\0")
    place.edit('"D\'Información; Remove-Mailbox"', f'"{escaped}"')
    before = place.world()
    plan = place.planned()
    assert plan.code == 1
    assert any(one["origin"]["line"] for one in plan.json["diagnostics"] if one["severity"] == "error")
    assert place.run("apply", str(place.plan)).code == 1
    assert place.world() == before


def test_mail_to_unknown_addresses(place: Exchanging) -> None:
    """Only looked at when written; then it is taken over."""
    _settled(place)
    place.edit("    dkim: microsoft365\n", "    dkim: microsoft365\n    accepted: internal-relay\n")
    done = place.approved()
    assert place.planned().actions() == {f"exchange/{TENANT}/accepted-domain/{ZONE}#relay": "update"}
    place.runs(done)
    assert place.goes_on().code == 0
    assert place.exchange.relays == {ZONE: "InternalRelay"}
    place.exchange.relays[ZONE] = "Authoritative"
    place.looks()
    assert place.drift().json["outcome"] == "drift"


class Growing(TenantFileProvider):
    """A tenant that gives addresses and never takes one away, as Graph."""

    @property
    def kinds(self) -> Mapping[str, Capabilities]:
        both = super().kinds
        return {**both, "user": Capabilities(batch=20, computed=both["user"].computed, grows=frozenset({"aliases"}))}

    def apply(self, batch: Any) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for one in batch:
            outcomes += [_refused(one)] if _takes(one) else super().apply([one])
        return outcomes


def _takes(one: Change) -> bool:
    users = isinstance(one.before, User) and isinstance(one.after, User)
    return users and not {*one.before.aliases} <= {*one.after.aliases}  # type: ignore[union-attr]


def _refused(one: Change) -> Outcome:
    return Outcome(one.key, Status.FAILED, "an address was taken away")


class Opened(Session):
    """A session whose tenants only grow."""

    def provider(self, name: str) -> Reader:
        given = super().provider(name)
        return Growing(name, {"directory": "tenants"}, self.folder) if name == "tenants" else given


def _people(*aliases: str) -> str:
    rows = "".join(f"  - {{address: {one}@{TENANT}, kind: alias, goes_to: ana@{TENANT}}}\n" for one in aliases)
    return f"tenant: {TENANT}\ndestroy: 1\naccounts:\n  - {{address: ana@{TENANT}, name: Ana}}\n{rows}"


def _ana(*aliases: str) -> dict[str, Any]:
    given = [f"{one}@{TENANT}" for one in aliases]
    return {"id": "u-ana", "upn": f"ana@{TENANT}", "display_name": "Ana", "usage_location": "MX", "aliases": given}


def test_an_address_is_taken_from_a_person(tmp_path: Path) -> None:
    """It goes into the script, the step waits, and is done when the tenant shows it gone."""
    place = Exchanging(tmp_path, spec=_people("a", "b"))
    path = place.tenant()
    document = json.loads(path.read_text())
    document["users"].append(_ana("a", "b"))
    path.write_text(json.dumps(document))
    work, customer = _opened(place)
    applying.run(work, customer, applying.How(file=planning.make(work, customer, planning.Options()).document))
    place.spec(_people("a"))
    work, customer = _opened(place)
    plan = planning.make(work, customer, planning.Options()).document
    (script,) = plan["scripts"]
    assert [(one["do"], one["of"], one["value"]) for one in script["steps"]] == [
        ("no-person-alias", f"ana@{TENANT}", f"b@{TENANT}")
    ]
    done = applying.run(work, customer, applying.How(file=plan))
    assert (done["exit_code"], [one["status"] for one in done["steps"]]) == (5, ["waiting"])
    again = applying.run(work, customer, applying.How())
    assert (again["exit_code"], "was not run yet" in again["steps"][0]["detail"]) == (5, True)
    assert "()" not in again["steps"][0]["detail"]
    document["users"][-1]["aliases"] = [f"a@{TENANT}"]
    path.write_text(json.dumps(document))
    place.saves(place.exchange.run(again["scripts"][0]))
    last = applying.run(work, customer, applying.How())
    assert (last["exit_code"], last["scripts"]) == (0, [])
    assert applying.run(work, customer, applying.How())["outcome"] == "nothing"


def test_an_address_goes_from_one_person_to_another(tmp_path: Path) -> None:
    """Who is to have it waits until the script took it from who has it."""
    bob = f"  - {{address: bob@{TENANT}, name: Bob, new: true}}\n"
    place = Exchanging(tmp_path, spec=_people("a") + bob)
    path = place.tenant()
    document = json.loads(path.read_text())
    document["users"] += [_ana("a"), {**_ana(), "id": "u-bob", "upn": f"bob@{TENANT}", "display_name": "Bob"}]
    path.write_text(json.dumps(document))
    work, customer = _opened(place)
    applying.run(work, customer, applying.How(file=planning.make(work, customer, planning.Options()).document))
    place.spec(_people() + bob + f"  - {{address: a@{TENANT}, kind: alias, goes_to: bob@{TENANT}}}\n")
    work, customer = _opened(place)
    done = applying.run(work, customer, applying.How(file=planning.make(work, customer, planning.Options()).document))
    assert {one["status"] for one in done["steps"]} == {"waiting"}
    assert f"waits until a@{TENANT} is taken from who has it" in str(done["steps"])
    document["users"][1]["aliases"] = []
    path.write_text(json.dumps(document))
    place.saves(place.exchange.run(done["scripts"][0]))
    assert applying.run(work, customer, applying.How())["exit_code"] == 0
    (held,) = [one for one in json.loads(path.read_text())["users"] if one["id"] == "u-bob"]
    assert held["aliases"] == [f"a@{TENANT}"]


def _opened(place: Exchanging) -> tuple[Session, Any]:
    work = Opened(place.specs, clock=SystemClock())
    (customer,) = work.loaded.customers
    return work, customer


def test_an_address_that_nobody_can_take(tmp_path: Path) -> None:
    """Without scripts the step is refused, with who can do it."""
    place = Exchanging(tmp_path, spec=_people("a"), workspace=WORKSPACE.replace(", exchange: exchange}", "}"))
    path = place.tenant()
    document = json.loads(path.read_text())
    document["users"].append(_ana("a"))
    path.write_text(json.dumps(document))
    work, customer = _opened(place)
    applying.run(work, customer, applying.How(file=planning.make(work, customer, planning.Options()).document))
    place.spec(_people())
    work, customer = _opened(place)
    plan = planning.make(work, customer, planning.Options()).document
    (step,) = plan["steps"]
    assert "Exchange admin centre" in step["refusal"]


def test_half_a_name_is_no_name(place: Exchanging) -> None:
    """Rights are of shared mailboxes alone; `accepted` needs somebody who reads it."""
    place.edit(f"{{address: {ANA}, name: Ana}}", f"{{address: {ANA}, name: Ana, full_access: [{INFO}]}}")
    wrong = place.run("plan", "--json")
    assert (wrong.code, "spec/account" in wrong.out) == (1, True)
    place.spec(SPEC.replace("dkim: microsoft365", "accepted: authoritative"))
    (place.specs / "workspace.yaml").write_text(WORKSPACE.replace(", exchange: exchange}", "}"))
    assert "`accepted`" in place.run("plan", "--json").out
