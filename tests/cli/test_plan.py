"""`plan`: what is shown, what is saved, and each of its exit codes."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.fake import FakeWork, document, run
from tests.cli.folder import Folder
from tests.running import Done

COUNTS = "Plan: 1 to add, 0 to change, 0 to destroy, 0 to adopt, 0 to forget."


@pytest.fixture
def acme(tmp_path: Path) -> Folder:
    """One customer that wants one new record."""
    return Folder(tmp_path).with_zone("acme")


def test_changes_are_0_or_2(acme: Folder) -> None:
    """Changes are exit 0, and 2 only with --detailed-exitcode."""
    plain, detailed = acme.call("plan"), acme.call("plan", "--detailed-exitcode")
    assert (plain.code, detailed.code) == (0, 2)
    assert plain.out == detailed.out
    assert plain.out.endswith(COUNTS + "\n")


def test_adopting_is_no_change(tmp_path: Path) -> None:
    """A plan that only adopts exits 0, also with --detailed-exitcode."""
    folder = Folder(tmp_path).with_zone("acme", "{name: www, type: A, ttl: 1h, values: [192.0.2.80]}")
    done = folder.call("plan", "--detailed-exitcode")
    assert (done.code, "2 to adopt" in done.out) == (0, True), done


def test_drift_is_a_change(acme: Folder) -> None:
    """A plan that finds drift and does nothing about it exits 2 with --detailed-exitcode."""
    assert approved(acme).code == 0
    acme.zone("acme").write_text(acme.zone("acme").read_text().replace("192.0.2.81", "192.0.2.99"))
    assert acme.call("plan", "--detailed-exitcode").code == 2
    assert acme.call("plan").code == 0
    fixed = acme.call("plan", "--fix-drift", "--json")
    assert [step["address"] for step in fixed.json["steps"]] == ["dns/acme.example/A/shop"]


def test_nothing_to_do_is_0(acme: Folder) -> None:
    """After an apply the plan is empty, also with --detailed-exitcode."""
    assert approved(acme).code == 0
    done = acme.call("plan", "--detailed-exitcode")
    assert (done.code, "No changes." in done.out) == (0, True)


def approved(folder: Folder) -> Done:
    """Plan and apply."""
    file = folder.root / "plan.json"
    folder.call("plan", "--out", str(file))
    return folder.call("apply", str(file))


def test_an_unreadable_zone_is_1(acme: Folder) -> None:
    """What cannot be read is an error, never an empty zone."""
    acme.zone("acme").unlink()
    done = acme.call("plan", "--detailed-exitcode")
    assert (done.code, "Not read" in done.out) == (1, True)


def test_a_refused_part_is_3(acme: Folder) -> None:
    """A plan that policy refuses in part says so with exit 3."""
    assert approved(acme).code == 0
    acme.with_zone("acme", "{name: other, type: A, values: [192.0.2.82]}")
    acme.zone("acme").write_text(acme.zone("acme").read_text() + "shop A 192.0.2.81\n")
    done = acme.call("plan", "--json")
    assert (done.code, done.json["policy"]["result"], done.json["counts"]["destroy"]) == (3, "fail", 1)


def test_a_target_that_matches_nothing_is_1(acme: Folder) -> None:
    """A mistyped target is an error, never an empty plan."""
    done = acme.call("plan", "--target", "dns/acme.example/A/shpo")
    assert (done.code, done.out) == (1, "")
    assert "shpo" in done.err


def test_a_target(acme: Folder) -> None:
    """A target leaves the rest out, and the plan says that it is not complete."""
    acme.with_zone("acme", "{name: a, type: A, values: [192.0.2.1]}", "{name: b, type: A, values: [192.0.2.2]}")
    done = acme.call("plan", "--json", "--target", "dns/acme.example/A/a")
    assert [step["address"] for step in done.json["steps"]] == ["dns/acme.example/A/a"]
    assert done.json["complete"] is False


def test_the_saved_plan_of_one(acme: Folder) -> None:
    """--out saves the public document, for its owner alone, and replaces what was there."""
    file = acme.root / "plan.json"
    file.write_text("an old plan")
    done = acme.call("plan", "--json", "--out", str(file))
    assert json.loads(file.read_text()) == done.json
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in acme.root.iterdir() if "plan" in path.name] == ["plan.json"]


def test_the_saved_plan_of_several(acme: Folder) -> None:
    """--out saves all plans that could be made; what failed is not in it."""
    acme.with_zone("beta").with_zone("wrong")
    acme.spec("wrong").write_text("domainz: {}\n")
    file = acme.root / "plan.json"
    assert acme.call("plan", "--out", str(file)).code == 1
    paper = json.loads(file.read_text())
    assert (paper["kind"], [one["customer"] for one in paper["documents"]]) == ("plans", ["acme", "beta"])


def test_no_plan_is_not_saved(acme: Folder) -> None:
    """Where no plan could be made no file is written, and that is said."""
    acme.spec("acme").write_text("domainz: {}\n")
    done = acme.call("plan", "--out", str(acme.root / "plan.json"))
    assert (done.code, (acme.root / "plan.json").exists()) == (1, False)
    assert "was not written" in done.err


@pytest.mark.parametrize("place", ["gone/plan.json", "specs", "pipe"])
def test_a_file_that_cannot_be_written_is_1(acme: Folder, place: str) -> None:
    """A plan that cannot be saved is an error, and leaves nothing behind; a pipe or a device is not replaced."""
    os.mkfifo(acme.root / "pipe")
    before = sorted(acme.root.iterdir())
    done = acme.call("plan", "--out", str(acme.root / place))
    assert (done.code, "cannot be written" in done.err) == (1, True)
    assert sorted(acme.root.iterdir()) == before


def test_a_link_stays_one(acme: Folder) -> None:
    """What a link points at is written, not the link."""
    (acme.root / "plan.json").symlink_to("kept.json")
    assert acme.call("plan", "--out", str(acme.root / "plan.json")).code == 0
    assert (acme.root / "plan.json").is_symlink()
    assert json.loads((acme.root / "kept.json").read_text())["kind"] == "plan"


def test_not_applyable_is_visible() -> None:
    """A plan that lacks something for apply is shown all the same, with exit 0."""
    result = run(FakeWork({"a": document("plan-migration"), "b": document("plan-clean")}), "plan")
    assert result.exit_code == 0
    assert "cannot be applied yet: 1 missing" in result.stdout


def test_warnings_of_the_spec_are_told(acme: Folder) -> None:
    """What the loader only warns of goes to standard error."""
    (acme.specs / "stray").mkdir()
    (acme.specs / "stray" / "Customer.yml").write_text("a: 1\n")
    done = acme.call("plan", "--json")
    assert (done.code, "stray" in done.err) == (0, True)
