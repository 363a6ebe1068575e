"""`status`, `drift`, `validate` and `show`: what they say, and each of their exit codes."""

import json
from pathlib import Path

import pytest

from tests.cli.fake import FakeWork, document, run
from tests.cli.folder import Folder
from tests.cli.test_apply import planned


@pytest.fixture
def acme(tmp_path: Path) -> Folder:
    """One customer whose one record was applied."""
    folder = Folder(tmp_path).with_zone("acme")
    assert folder.call("apply", planned(folder)).code == 0
    return folder


def moved(folder: Folder) -> Folder:
    """Somebody changed our record by hand."""
    zone = folder.zone("acme")
    zone.write_text(zone.read_text().replace("192.0.2.81", "192.0.2.99"))
    return folder


def damaged(folder: Folder) -> Folder:
    """Somebody changed the journal."""
    journal = folder.state("acme") / "journal.jsonl"
    journal.write_text(journal.read_text().replace("apply", "appli", 1))
    return folder


# status


def test_status_of_one_is_a_screen(acme: Folder) -> None:
    """For one customer `status` says whether stopping is safe and when the last change was."""
    done = acme.call("status")
    assert (done.code, "stopping now is safe" in done.out) == (0, True)
    assert "A shop of acme.example at 2" in done.out


def test_status_of_many_is_a_line_each(acme: Folder) -> None:
    """For many customers `status` is one line for each."""
    done = acme.with_zone("beta").call("status")
    assert [line.split()[:3] for line in done.out.splitlines()] == [["acme", "0", "done"], ["beta", "0", "open"]]


def test_status_waiting_is_5(tmp_path: Path) -> None:
    """Something awaited is exit 5, and the line says what."""
    folder = Folder(tmp_path).with_mail()
    folder.call("apply", planned(folder))
    done = folder.with_zone("beta").call("status")
    assert done.code == 5
    assert "waiting: the tenant does not see" in done.out


def test_status_of_a_damaged_journal_is_3(acme: Folder) -> None:
    """A damaged journal is refused, never taken for an empty one."""
    assert damaged(acme).call("status").code == 3


def test_status_says_when_not_to_stop() -> None:
    """In the line of many customers a route that must not be left stands out."""
    text = run(FakeWork({"a": document("status"), "b": document("status")}), "status").stdout
    assert "do NOT stop now: one change was begun and not read back" in text
    assert "being worked on by raul@desk" in text


# drift


def test_drift_clean_is_0(acme: Folder) -> None:
    """In sync is exit 0, also with --detailed-exitcode."""
    done = acme.call("drift", "--detailed-exitcode")
    assert (done.code, "no drift" in done.out.lower()) == (0, True), done


def test_drift_is_0_or_2(acme: Folder) -> None:
    """Drift is exit 0, and 2 only with --detailed-exitcode; sentence and code come from one value."""
    moved(acme)
    plain, detailed = acme.call("drift"), acme.call("drift", "--detailed-exitcode")
    assert (plain.code, detailed.code, "1 changed" in plain.out) == (0, 2, True)


def test_drift_inconclusive_is_1(acme: Folder) -> None:
    """What could not be read is never in sync."""
    acme.zone("acme").unlink()
    done = acme.call("drift", "--detailed-exitcode", "--json")
    assert (done.code, done.json["outcome"]) == (1, "inconclusive")


def test_drift_of_a_damaged_journal_is_3(acme: Folder) -> None:
    """Without a sound journal nobody knows what was agreed."""
    assert damaged(acme).call("drift").code == 3


def test_drift_reports(acme: Folder) -> None:
    """One reading, many forms, each in a private file."""
    forms = {"html": "<!doctype html>", "markdown": "<!-- ", "text": "acme: drift", "json": "{"}
    copies = [word for form in forms for word in ("--output", f"{form}://{acme.root / form}")]
    assert moved(acme).call("drift", *copies).code == 0
    for form, start in forms.items():
        file = acme.root / form
        assert file.read_text().startswith(start)
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_report_that_cannot_be_written_is_1(acme: Folder) -> None:
    """A report that cannot be written is an error."""
    assert acme.call("drift", "--output", f"text://{acme.root / 'gone' / 'x'}").code == 1


# validate


def test_validate_sound_is_0(acme: Folder) -> None:
    """Sound specs are exit 0."""
    done = acme.call("validate")
    assert (done.code, done.out, done.err) == (0, "1 customer: 0 errors, 0 warnings\n", "")


def test_validate_needs_no_provider(acme: Folder) -> None:
    """It is offline: it reads no zone, no tenant, no journal."""
    acme.zone("acme").unlink()
    assert damaged(acme).call("validate").code == 0


def test_validate_tells_everything_at_once(acme: Folder) -> None:
    """All mistakes of all files, with their places, and exit 1."""
    acme.with_zone("beta")
    for name in ("acme", "beta"):
        acme.spec(name).write_text(f"domainz: {{}}\ndomains:\n  {name}.example: {{ttl: x}}\n")
    done = acme.call("validate")
    assert (done.code, done.out) == (1, "2 customers: 4 errors, 0 warnings\n")
    assert sum(line.count("customer.yaml:") for line in done.err.splitlines()) == 4
    paper = acme.call("validate", "--json").json
    assert (paper["exit_code"], len(paper["diagnostics"]), paper["customers"]) == (1, 4, ["acme", "beta"])


def test_validate_opens_the_providers(acme: Folder) -> None:
    """A provider of an unknown type or with a wrong option is found, without contacting anything."""
    workspace = acme.specs / "workspace.yaml"
    workspace.write_text(workspace.read_text().replace("type: tenantfile", "type: nosuch"))
    done = acme.call("validate")
    assert (done.code, "nosuch" in done.err) == (1, True)


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "status", "drift", "unlock"])
def test_no_workspace_is_1(tmp_path: Path, command: str) -> None:
    """A folder without a workspace is an error that names the missing file."""
    arguments = ["unlock", "run1", "--customer", "acme"] if command == "unlock" else [command]
    done = Folder(tmp_path).call(*arguments, "--specs", str(tmp_path))
    assert (done.code, "workspace.yaml" in done.err) == (1, True), done


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "status", "drift", "passwords", "providers"])
def test_no_such_customer_is_1(acme: Folder, command: str) -> None:
    """A mistyped customer is an error, never nothing to do."""
    done = acme.call(command, "--customer", "amce")
    assert (done.code, "'amce'" in done.err, "acme" in done.err) == (1, True, True), done


# show


def test_show_a_saved_plan(acme: Folder) -> None:
    """A saved plan is shown again as it was, in each form."""
    acme.with_zone("acme", "{name: other, type: A, values: [192.0.2.82]}")
    file = acme.root / "plan.json"
    shown = acme.call("plan", "--out", str(file))
    assert acme.call("show", str(file)).out == shown.out
    assert acme.call("show", str(file), "--json").json == json.loads(file.read_text())
    assert acme.call("show", str(file), "--format", "markdown").out.startswith("<!-- ")
    assert acme.call("show", str(file), "--format", "html").out.startswith("<!doctype html>")


def test_show_a_saved_drift_report(acme: Folder) -> None:
    """Reports are shown like plans."""
    file = acme.root / "drift.json"
    acme.call("drift", "--output", f"json://{file}")
    done = acme.call("show", str(file))
    assert (done.code, done.out) == (0, acme.call("show", str(file), "--specs", str(acme.root / "gone")).out)


def test_show_says_when_it_is_stale(acme: Folder) -> None:
    """A plan of another spec is shown, and said to be stale first; exit 0."""
    file = planned(acme)
    assert "STALE" not in acme.call("show", file).out
    acme.with_zone("acme", "{name: other, type: A, values: [192.0.2.82]}")
    done = acme.call("show", file)
    assert (done.code, done.out.startswith("STALE: the spec of acme has changed")) == (0, True)
    machine = acme.call("show", file, "--json")
    assert (machine.json["customer"], machine.err[:5]) == ("acme", "STALE")


@pytest.mark.parametrize(
    ("spec", "said"),
    [("domainz: {}\n", "the spec of acme has mistakes now"), (None, "there is no customer acme any more")],
)
def test_show_says_what_it_cannot_know(acme: Folder, spec: str | None, said: str) -> None:
    """Where the present spec cannot be read that is said."""
    file = planned(acme)
    if spec is None:
        acme.spec("acme").unlink()
    else:
        acme.spec("acme").write_text(spec)
    assert said in acme.call("show", file).out
    (acme.specs / "workspace.yaml").write_text("x\n")
    assert "is not known: the specs cannot be read" in acme.call("show", file).out


def test_show_several(acme: Folder) -> None:
    """A file of several plans shows each, then the table."""
    done = acme.call("show", planned(acme.with_zone("beta")))
    assert (done.code, done.out.count("\nPlan: ")) == (0, 2)
    assert done.out.splitlines()[-1].startswith("beta")


@pytest.mark.parametrize(
    "text", ["", "no", "[]", "{}", '{"kind": "plan"}', '{"kind": "plans", "documents": [], "customers": 1}']
)
def test_show_of_something_else_is_1(acme: Folder, text: str) -> None:
    """Whatever the file holds, the answer is a view or a sentence."""
    file = acme.root / "file.json"
    file.write_text(text)
    done = acme.call("show", str(file))
    assert done.code in {0, 1}
    assert "bug" not in done.err
    assert acme.call("show", str(acme.root / "gone.json")).code == 1


def test_show_a_view_that_does_not_exist_is_1(acme: Folder) -> None:
    """A page of several customers is a sentence, not a traceback."""
    done = acme.call("show", planned(acme.with_zone("beta")), "--format", "html")
    assert (done.code, "no html view" in done.err) == (1, True), done
