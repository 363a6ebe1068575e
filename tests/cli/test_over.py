"""Several customers: each by itself, one table, one exit code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.errors import ReconcilerError, Refused, SpecError, Unavailable
from reconciler.session.applying import How
from tests.cli.fake import FakeWork, document, mistake, run

GOOD = {
    "plan": document("plan-clean"),
    "apply": document("apply", outcome="done", exit_code=0),
    "drift": document("drift", outcome="clean"),
    "status": document("status", routes=[]),
}
KINDS = {"plan": "plans", "apply": "applies", "drift": "drifts", "status": "statuses"}
FAILURES = [
    (SpecError([mistake("wrong option")]), 1, "error"),
    (Refused([mistake("journal damaged"), mistake("and more")]), 3, "refused"),
    (Unavailable("zones", "it is down"), 1, "error"),
    (ReconcilerError("odd"), 1, "error"),
]


@pytest.mark.parametrize("command", KINDS)
@pytest.mark.parametrize(("failure", "code", "outcome"), FAILURES)
def test_one_failure_stops_no_other(command: str, failure: Exception, code: int, outcome: str) -> None:
    """The customers after a failed one are done, and the run has the failure's code."""
    work = FakeWork({"acme": failure, "beta": GOOD[command], "gamma": GOOD[command]})
    result = run(work, command)
    assert (result.exit_code, work.asked) == (code, ["acme", "beta", "gamma"])
    assert result.stdout.splitlines()[-3].split()[:3] == ["acme", str(code), outcome]
    assert result.stderr.count("error: ") >= 1


@pytest.mark.parametrize("command", KINDS)
def test_a_customer_with_mistakes_stops_no_other(command: str) -> None:
    """A spec that cannot be loaded is its own customer's affair."""
    work = FakeWork({"beta": GOOD[command]}, {"acme": [mistake("unknown key"), mistake("second")]})
    result = run(work, command)
    assert (result.exit_code, work.asked) == (1, ["beta"])
    assert "unknown key and 1 more" in result.stdout
    assert "second" in result.stderr


@pytest.mark.parametrize("command", KINDS)
def test_json_of_one_is_its_document(command: str) -> None:
    """For one customer standard output is the public document itself, and nothing else."""
    result = run(FakeWork({"acme": GOOD[command]}), command, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == GOOD[command]
    assert result.stderr == ""


@pytest.mark.parametrize("command", KINDS)
def test_json_of_several(command: str) -> None:
    """For several there is one document with all of them, the failed with what is wrong, and a row for each."""
    result = run(FakeWork({"acme": GOOD[command], "beta": Refused([mistake("no")])}), command, "--json")
    paper = json.loads(result.stdout)
    assert (result.exit_code, paper["kind"], paper["format_version"]) == (3, KINDS[command], "1.0")
    assert paper["documents"][0] == GOOD[command]
    failed = paper["documents"][1]
    assert (failed["kind"], failed["customer"], failed["exit_code"]) == ("error", "beta", 3)
    assert failed["diagnostics"][0]["summary"] == "no"
    assert [(row["customer"], row["exit_code"]) for row in paper["customers"]] == [("acme", 0), ("beta", 3)]
    assert result.stderr == ""


@pytest.mark.parametrize("command", KINDS)
def test_json_of_none(command: str) -> None:
    """No customer is an empty list, not an error."""
    result = run(FakeWork({}), command, "--json")
    assert (result.exit_code, json.loads(result.stdout)["customers"]) == (0, [])
    assert run(FakeWork({}), command).stdout == "no customers\n"


def test_json_of_one_that_failed() -> None:
    """A single failed customer's document is the error's."""
    result = run(FakeWork({"acme": Refused([mistake("no")])}), "plan", "--json")
    assert (result.exit_code, json.loads(result.stdout)["kind"]) == (3, "error")


def test_quiet_customers_have_a_line_only() -> None:
    """Of many customers only those with news are shown at length; each has its line."""
    work = FakeWork({"acme": document("plan-clean"), "ferreteria-lopez": document("plan-migration")})
    text = run(work, "plan").stdout
    assert "No changes." not in text
    assert "Stage deliver" in text
    assert "acme" in text.splitlines()[-2]


def test_a_document_that_cannot_be_judged_is_a_bug_of_one() -> None:
    """A malformed document is that customer's failure."""
    result = run(FakeWork({"acme": {"kind": "plan"}, "beta": GOOD["plan"]}), "plan")
    assert result.exit_code == 1
    assert "this is a bug in reconciler: KeyError" in result.stderr


def writes(paper: Mapping[str, Any]) -> Any:
    """An apply that writes before it gives its document."""

    def answer(how: How) -> Mapping[str, Any]:
        how.say("deliver: update dns/a.example/MX/@")
        return paper

    return answer


def fails_after_writing(how: How) -> Mapping[str, Any]:
    how.say("deliver: update dns/a.example/MX/@")
    raise Refused([mistake("the lease is lost")])


def fails_while_waiting(how: How) -> Mapping[str, Any]:
    how.say("waiting: for the TTL")
    raise Refused([mistake("the lease is held")])


def test_a_refusal_after_a_write_is_4() -> None:
    """Refused after something was written is not `nothing was written`."""
    assert run(FakeWork({"acme": fails_after_writing}), "apply").exit_code == 4
    assert run(FakeWork({"acme": fails_while_waiting}), "apply").exit_code == 3


@pytest.mark.parametrize(("code", "folded"), [(0, 0), (1, 4), (3, 4), (4, 4), (5, 5), (130, 4)])
def test_a_document_after_a_write(code: int, folded: int) -> None:
    """A run of several passes may end badly after an earlier pass wrote."""
    work = FakeWork({"acme": writes(document("apply", outcome="x", exit_code=code))})
    assert run(work, "apply").exit_code == folded


def test_copies_of_what_failed(tmp_path: Path) -> None:
    """A copy is written of what there is: of a failure only the JSON one."""
    text, machine = tmp_path / "a.txt", tmp_path / "a.json"
    copies = ["--output", f"text://{text}", "--output", f"json://{machine}"]
    assert run(FakeWork({"acme": Refused([mistake()])}), "drift", *copies).exit_code == 3
    assert (text.exists(), json.loads(machine.read_text())["kind"]) == (False, "error")
    work = FakeWork({"acme": Refused([mistake()]), "ferreteria-lopez": document("drift")})
    assert run(work, "drift", *copies).exit_code == 3
    assert "ferreteria-lopez: drift found" in text.read_text()
    assert "acme" in text.read_text()


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_page_of_several_is_refused_before_the_work(command: str, tmp_path: Path) -> None:
    """An HTML page shows one customer; that is said before anything is read."""
    work = FakeWork({"acme": GOOD[command], "beta": GOOD[command]})
    for options in (["--format", "html"], ["--output", f"html://{tmp_path / 'x'}"]):
        result = run(work, command, *options)
        assert (result.exit_code, work.asked, result.stdout) == (1, [], "")
        assert "--customer" in result.stderr


@pytest.mark.parametrize(("form", "start"), [("text", "No ch"), ("markdown", "<!-- "), ("html", "<!doctype html>")])
def test_forms(form: str, start: str, tmp_path: Path) -> None:
    """Each form goes to standard output or to a private file, with the same content."""
    file = tmp_path / "copy"
    result = run(FakeWork({"acme": GOOD["plan"]}), "plan", "--format", form, "--output", f"{form}://{file}")
    assert result.exit_code == 0
    assert result.stdout.lower().startswith(start.lower())
    assert file.read_text(encoding="utf-8") == result.stdout
    assert file.stat().st_mode & 0o777 == 0o600


def test_markdown_of_several() -> None:
    """In Markdown several customers are one table."""
    work = FakeWork({"acme": GOOD["plan"], "beta": Refused([mistake("no")])})
    text = run(work, "plan", "--format", "markdown").stdout
    assert "2 customers" in text
    assert "beta: refused (3), no" in text
