"""`apply`: the approval, the prompt, the signals, and each of its exit codes."""

import json
import signal
import time
from pathlib import Path

import pytest

from reconciler.session.applying import How
from tests.cli.fake import FakeWork, document, run
from tests.cli.folder import Folder
from tests.cli.terminal import terminal

PROMPT = "Only `yes` will be accepted: "


@pytest.fixture
def acme(tmp_path: Path) -> Folder:
    """One customer that wants one new record."""
    return Folder(tmp_path).with_zone("acme")


def planned(folder: Folder, *options: str) -> str:
    """A saved plan."""
    file = str(folder.root / "plan.json")
    done = folder.call("plan", "--out", file, *options)
    assert done.code == 0, done
    return file


def test_a_plan_file_is_done_without_a_question(acme: Folder) -> None:
    """With a plan file nothing is asked; again there is nothing to do."""
    file = planned(acme)
    assert acme.run("apply", file).code == 0
    assert "shop" in acme.zone("acme").read_text()
    again = acme.run("apply", file)
    assert (again.code, "nothing to do" in again.out) == (0, True)


def test_without_approval_is_3(acme: Folder) -> None:
    """Without a plan file, a terminal or an approval on record nothing is written."""
    done = acme.call("apply")
    assert (done.code, done.out) == (3, "")
    assert "none of them approved" in done.err
    assert "shop" not in acme.zone("acme").read_text()


def test_a_stale_plan_is_3(acme: Folder) -> None:
    """A plan of another spec is refused."""
    file = planned(acme)
    acme.with_zone("acme", "{name: other, type: A, values: [192.0.2.82]}")
    done = acme.call("apply", file)
    assert (done.code, "another spec" in done.err) == (3, True)


def test_a_held_lock_is_3(acme: Folder) -> None:
    """Two applies at once: the second is refused and names the first."""
    file = planned(acme)
    with terminal(acme, "apply") as first:
        first.expect(PROMPT)
        done = acme.run("apply", file)
        assert (done.code, "is being worked on by" in done.err) == (3, True)
        waited = acme.run("apply", file, "--lock-timeout", "1s")
        assert waited.code == 3
        first.type("yes")
        assert first.end() == 0


def test_a_hand_edit_between_plan_and_apply_is_4(acme: Folder) -> None:
    """The change whose place was edited by hand is refused, the other is made."""
    acme.with_zone("acme", "{name: a, type: A, values: [192.0.2.1]}", "{name: b, type: A, values: [192.0.2.2]}")
    file = planned(acme)
    acme.zone("acme").write_text(acme.zone("acme").read_text() + "a A 192.0.2.77\n")
    done = acme.call("apply", file, "--json")
    assert done.code == done.json["exit_code"] == 4
    text = acme.zone("acme").read_text()
    assert ("192.0.2.77" in text, "192.0.2.2" in text, "192.0.2.1\n" in text) == (True, True, False)


def test_waiting_is_5(tmp_path: Path) -> None:
    """What can be done is done; the rest waits, and a later run goes on without a question."""
    folder = Folder(tmp_path).with_mail()
    done = folder.call("apply", planned(folder), "--json")
    assert done.code == done.json["exit_code"] == 5
    assert done.json["waiting"]
    assert folder.call("apply").code == 5


def test_waiting_ends_when_asked(tmp_path: Path) -> None:
    """--wait stays; a signal ends it, and what waits still waits."""
    folder = Folder(tmp_path).with_mail()
    file = planned(folder)
    with terminal(folder, "apply", "--wait", file) as shown:
        shown.expect("waiting: ")
        assert not (folder.state("acme") / "lease.json").exists()
        shown.press(signal.SIGTERM)
        assert shown.end() == 5, shown.seen


def test_a_mistake_in_the_spec_is_1(acme: Folder) -> None:
    """A spec that cannot be loaded is an error."""
    acme.spec("acme").write_text("domainz: {}\n")
    assert acme.call("apply").code == 1


def test_a_new_user_without_a_key_or_a_terminal_is_1(tmp_path: Path) -> None:
    """Where a password could not be kept no account is made."""
    folder = Folder(tmp_path).with_people()
    done = folder.call("apply", planned(folder))
    assert (done.code, "sealed" in done.err) == (1, True)
    assert json.loads(folder.tenant.read_text())["users"] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("[]", "no document"),
        ("{}", "no plan file"),
        ("[" * 100_000, "no JSON"),
        ('{"kind": "drift", "format_version": "1.0"}', "not a plan"),
        ('{"kind": "plan", "format_version": "2.0"}', "this version reads 1.x"),
        ('{"kind": "plans", "format_version": "1.0", "documents": 1}', "no list of plans"),
        ('{"kind": "plans", "format_version": "1.0", "documents": []}', "holds no plan"),
        ('{"kind": "plan", "format_version": "1.0", "steps": [1]}', "customer is no text"),
        ("\udcff", "UTF-8"),
    ],
)
def test_a_file_that_is_no_plan_is_1(acme: Folder, text: str, said: str) -> None:
    """Whatever the file holds, the reason is a sentence."""
    file = acme.root / "plan.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = acme.call("apply", str(file))
    assert (done.code, said in done.err) == (1, True), done


def test_a_damaged_step_is_1(acme: Folder) -> None:
    """Every step of a plan file is checked before anything is done."""
    file = Path(planned(acme))
    for change in ({"address": "nowhere"}, {"id": 1}, {"allowed": "yes"}):
        paper = json.loads(file.read_text())
        paper["steps"][0] |= change
        damaged = acme.root / "damaged.json"
        damaged.write_text(json.dumps(paper))
        done = acme.call("apply", str(damaged))
        assert (done.code, "steps[0]" in done.err) == (1, True), done


def test_no_such_plan_file_is_1(acme: Folder) -> None:
    """A file that is not there is said to be not there."""
    done = acme.call("apply", "gone.json")
    assert (done.code, "gone.json cannot be read" in done.err) == (1, True)


def test_plans_of_several_customers(acme: Folder) -> None:
    """A file of several plans is applied for each, or for the one that is named; a stranger is an error."""
    file = planned(acme.with_zone("beta").with_zone("gamma"), "--customer", "acme", "--customer", "beta")
    assert acme.call("apply", file, "--customer", "gamma").code == 1
    one = acme.call("apply", file, "--customer", "beta")
    assert (one.code, "shop" in acme.zone("acme").read_text()) == (0, False)
    both = acme.call("apply", file)
    assert [line.split()[:3] for line in both.out.splitlines()[-2:]] == [
        ["acme", "0", "done"],
        ["beta", "0", "nothing"],
    ]
    assert "shop" not in acme.zone("gamma").read_text()


def test_two_plans_of_one_customer_are_1(acme: Folder) -> None:
    """A file with two plans of one customer is not a choice that we make."""
    paper = json.loads(Path(planned(acme)).read_text())
    file = acme.root / "two.json"
    file.write_text(json.dumps({"format_version": "1.0", "kind": "plans", "documents": [paper, paper]}))
    assert "two plans of acme" in acme.call("apply", str(file)).err


def test_a_plan_made_to_fix_drift_fixes_drift(acme: Folder) -> None:
    """The file is the approval: --fix-drift need not be said again."""
    acme.call("apply", planned(acme))
    acme.zone("acme").write_text(acme.zone("acme").read_text().replace("192.0.2.81", "192.0.2.99"))
    done = acme.call("apply", planned(acme, "--fix-drift"))
    assert (done.code, "192.0.2.81" in acme.zone("acme").read_text()) == (0, True), done


def test_a_plan_of_a_target_does_the_target(acme: Folder) -> None:
    """What --target left out of the plan is left out of its apply, and refuses nothing."""
    acme.with_zone("acme", "{name: a, type: A, values: [192.0.2.1]}", "{name: b, type: A, values: [192.0.2.2]}")
    done = acme.call("apply", planned(acme, "--target", "dns/acme.example/A/a"))
    text = acme.zone("acme").read_text()
    assert (done.code, "192.0.2.1\n" in text, "192.0.2.2" in text) == (0, True, False), done
    assert acme.call("plan", "--json").json["counts"]["add"] == 1


def test_an_edited_plan_file_is_3(acme: Folder) -> None:
    """A plan file that says something else than it did when it was made is refused."""
    file = Path(planned(acme))
    file.write_text(file.read_text().replace("192.0.2.81", "192.0.2.66"))
    done = acme.call("apply", str(file))
    assert (done.code, "changed after it was made" in done.err) == (3, True), done


def test_a_lost_journal_is_3_until_a_new_one_is_begun(acme: Folder) -> None:
    """A journal that was there and is gone is refused; --new-ledger begins anew; a whole one is not given up."""
    assert acme.call("apply", planned(acme)).code == 0
    assert acme.call("apply", "--new-ledger").code == 3
    (acme.state("acme") / "journal.jsonl").unlink()
    assert acme.call("apply").code == 3
    assert acme.call("apply", "--new-ledger").code == 0


@pytest.mark.parametrize("answer", ["yes", "  yes "])
def test_a_yes(acme: Folder, answer: str) -> None:
    """At a terminal the plan is shown and a yes applies it."""
    with terminal(acme, "apply") as shown:
        shown.expect("Plan: 1 to add")
        shown.expect(PROMPT)
        assert "shop" not in acme.zone("acme").read_text()
        shown.type(answer)
        assert shown.end() == 0
    assert "shop" in acme.zone("acme").read_text()


@pytest.mark.parametrize("answer", ["no", "y", "YES", "", "yes please", "\x04"])
def test_anything_else_is_a_no(acme: Folder, answer: str) -> None:
    """Only `yes` is a yes; nothing is written and the exit code is 3."""
    with terminal(acme, "apply") as shown:
        shown.expect(PROMPT)
        shown.type(answer)
        assert shown.end() == 3
    assert "shop" not in acme.zone("acme").read_text()
    assert not (acme.state("acme") / "lease.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_prompt_is_130(acme: Folder, number: signal.Signals) -> None:
    """Interrupted at the question: nothing is written, the lock is free, no further customer is begun."""
    acme.with_zone("beta")
    with terminal(acme, "apply") as shown:
        shown.expect(PROMPT)
        shown.press(number)
        assert shown.end() == 130
        assert "not begun" in shown.seen
    assert not (acme.state("acme") / "lease.json").exists()
    assert not acme.state("beta").exists()


def test_a_signal_while_another_holds_the_lock_is_130(acme: Folder) -> None:
    """Waiting for a lock ends when a person wants to go."""
    file = planned(acme)
    with terminal(acme, "apply") as first:
        first.expect(PROMPT)
        with terminal(acme, "apply", file, "--lock-timeout", "1h") as second:
            second.expect("applying acme")
            second.press(signal.SIGINT)
            assert second.end() == 130, second.seen


SILENT = """
import time
from providers.zonefile import ZoneFileProvider

class Silent(ZoneFileProvider):
    def observe(self, scope):
        time.sleep(600)
"""


def _without_answer(folder: Folder) -> None:
    """The zones are at a third party's provider, which never answers."""
    (folder.root / "silent.py").write_text(SILENT)
    installed = folder.root / "silent-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: silent\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[reconciler.providers]\nsilent = silent:Silent\n")
    workspace = folder.specs / "workspace.yaml"
    workspace.write_text(workspace.read_text().replace("type: zonefile", "type: silent"))


@pytest.mark.parametrize("command", ["plan", "apply", "status", "drift"])
def test_a_reading_that_hangs_keeps_nobody(acme: Folder, command: str) -> None:
    """Interrupted while a system does not answer: the command is gone at once, with 130 and without noise."""
    acme.with_zone("beta")
    records = acme.spec("beta").read_text()
    acme.spec("acme").write_text(records.replace("beta", "acme") + records.removeprefix("domains:\n"))
    acme.spec("beta").unlink()
    _without_answer(acme)
    with terminal(acme, command) as shown:
        shown.expect("acme")
        time.sleep(0.3)
        shown.press(signal.SIGINT)
        assert shown.end() == 130, shown.seen
    assert "Traceback" not in shown.seen
    assert "nothing was written" in shown.seen


def test_the_question_leaves_standard_output_alone(acme: Folder, tmp_path: Path) -> None:
    """With --json plan and question go to the terminal, and standard output is the document."""
    with (tmp_path / "out.json").open("wb") as out, terminal(acme, "apply", "--json", out=out.fileno()) as shown:
        shown.expect(PROMPT)
        shown.type("yes")
        assert shown.end() == 0
    assert json.loads((tmp_path / "out.json").read_text())["outcome"] == "done"


def test_a_passphrase_is_asked_once_and_typed_twice(tmp_path: Path) -> None:
    """A new user's password is sealed to a passphrase that is typed twice and never shown."""
    folder = Folder(tmp_path).with_people()
    with terminal(folder, "apply") as shown:
        shown.expect(PROMPT)
        shown.type("yes")
        for first, second in [("horse-battery", "horse-batter"), ("horse-battery", "horse-battery")]:
            shown.expect("New passphrase: ")
            shown.type(first)
            shown.expect("The same again: ")
            shown.type(second)
        assert shown.end() == 0
        assert "horse" not in shown.seen
        assert "They differ." in shown.seen
    (user,) = json.loads(folder.tenant.read_text())["users"]
    assert user["upn"] == "ana@acme.onmicrosoft.com"


def test_one_passphrase_for_all_customers_of_a_run(tmp_path: Path) -> None:
    """Who applies for two customers with new users types the passphrase once."""
    folder = Folder(tmp_path).with_people().with_people(name="beta")
    with terminal(folder, "apply") as shown:
        shown.expect(PROMPT)
        shown.type("yes")
        for prompt in ("New passphrase: ", "The same again: "):
            shown.expect(prompt)
            shown.type("horse-battery")
        shown.expect(PROMPT)
        shown.type("yes")
        assert shown.end() == 0, shown.seen


def test_no_passphrase_is_3(tmp_path: Path) -> None:
    """Without a passphrase no account is made."""
    folder = Folder(tmp_path).with_people()
    with terminal(folder, "apply") as shown:
        shown.expect(PROMPT)
        shown.type("yes")
        for _ in range(3):
            shown.expect("New passphrase: ")
            shown.type("")
        assert shown.end() == 3
    assert json.loads(folder.tenant.read_text())["users"] == []


def test_stopping_between_batches_is_told_to_the_session() -> None:
    """After the first write a signal only asks to stop; the session's answer is the result; 4, since it wrote."""

    def stopped(how: How) -> dict[str, object]:
        how.say("deliver: update dns/a.example/MX/@")
        assert not how.stop()
        signal.raise_signal(signal.SIGINT)
        assert how.stop()
        return document("apply", outcome="partial", exit_code=4)

    work = FakeWork({"acme": stopped, "beta": document("apply")})
    result = run(work, "apply")
    assert (result.exit_code, work.asked) == (4, ["acme"])
    assert "beta" in result.stdout.splitlines()[-1]


def test_interrupted_before_any_write_is_130() -> None:
    """Before the first write a signal ends the run where it stands."""

    def reading(how: How) -> dict[str, object]:
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("it went on")

    result = run(FakeWork({"acme": reading, "beta": document("apply")}), "apply")
    assert result.exit_code == 130
    assert "nothing was written" in result.stderr


def test_interrupted_after_another_customer_was_written_is_4() -> None:
    """130 promises that nothing was written, for any customer."""

    def wrote(how: How) -> dict[str, object]:
        how.say("deliver: update dns/a.example/MX/@")
        return document("apply", outcome="done", exit_code=0)

    def reading(how: How) -> dict[str, object]:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("it went on")

    assert run(FakeWork({"acme": wrote, "beta": reading}), "apply").exit_code == 4


def test_handlers_are_put_back() -> None:
    """After a run the signals do again what they did before."""
    before = signal.getsignal(signal.SIGINT)
    run(FakeWork({"acme": document("apply")}), "apply")
    assert signal.getsignal(signal.SIGINT) is before


def test_nobody_is_asked_without_a_terminal() -> None:
    """Without a terminal the session is told that nobody can be asked."""
    seen: list[How] = []

    def look(how: How) -> dict[str, object]:
        seen.append(how)
        return document("apply")

    run(FakeWork({"acme": look}), "apply")
    assert (seen[0].ask, seen[0].passphrase) == (None, None)


def test_a_plan_file_is_never_asked_about(tmp_path: Path) -> None:
    """With a plan file the session is given nobody to ask, also at a terminal."""
    seen: list[How] = []

    def look(how: How) -> dict[str, object]:
        seen.append(how)
        return document("apply")

    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document("plan-clean", customer="acme")))
    run(FakeWork({"acme": look}), "apply", str(file), interactive=True)
    run(FakeWork({"acme": look}), "apply", interactive=True)
    assert [how.ask is None for how in seen] == [True, False]
    assert [how.file is None for how in seen] == [False, True]


@pytest.mark.parametrize(("text", "seconds"), [("30", 30), ("30s", 30), ("5m", 300), ("1h", 3600), ("1d", 86400)])
def test_durations(text: str, seconds: float) -> None:
    """Durations are written as in the spec."""
    seen: list[float] = []

    def look(how: How) -> dict[str, object]:
        seen.append(how.lock_timeout)
        return document("apply")

    run(FakeWork({"acme": look}), "apply", "--lock-timeout", text)
    assert seen == [seconds]


@pytest.mark.parametrize("code", [0, 1, 3, 4, 5, 130])
def test_the_session_judges(code: int) -> None:
    """The exit code is the document's."""
    assert run(FakeWork({"acme": document("apply", exit_code=code)}), "apply").exit_code == code
