"""What a hostile tester tried first: each of these once went wrong."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from reconciler.spec.yaml_text import read
from tests.endtoend.people import SKUS, account, company
from tests.endtoend.place import TENANT, Place


def _place(folder: Path, text: str) -> Place:
    place = Place.empty(folder).spec(text)
    place.tenant(users=(), skus=SKUS)
    return place


def test_absent_people(tmp_path: Path) -> None:
    """Somebody who is not there is no reason to stop, and one who had an id of its own is found by address."""
    place = _place(tmp_path, company(eva="new: true, id: e1", root="new: true")).settled()
    nobody = f"{{user: {account('nobody')}}}"
    place.spec(company(more=f"absent: [{nobody}, {{user: {account('eva')}, state: deleted}}]\n", root=""))
    place.settled()
    assert place.users()[account("eva")]["deleted"] is True
    place.assert_still()


def test_an_alias_changes_hands(tmp_path: Path) -> None:
    """Who gives an address up goes before who takes it, whatever their names."""

    def aliased(who: str) -> str:
        return company(
            ana="new: true", bob="new: true", post=f"kind: alias, goes_to: {account(who)}", second="kind: alias, "
            f"goes_to: {account('ana')}", third=f"kind: alias, goes_to: {account('bob')}"
        )  # fmt: skip

    place = _place(tmp_path, aliased("bob")).settled()
    place.spec(aliased("ana")).settled()
    assert account("post") in place.users()[account("ana")]["aliases"]
    place.spec(aliased("bob")).settled()
    assert account("post") in place.users()[account("bob")]["aliases"]


def test_many_people_in_small_batches(tmp_path: Path) -> None:
    """One call carries 20 users: between two of them the lease is renewed and a stop is heard."""
    people: dict[str, Any] = {f"u{number}": "new: true" for number in range(45)}
    place = _place(tmp_path, company(**people)).settled()
    begins = [entry for entry in place.journal() if entry["type"] == "begin"]
    assert [len(entry["steps"]) for entry in begins] == [20, 20, 5]


def test_a_target_too_early(tmp_path: Path) -> None:
    """A step whose stage cannot be reached is named, and the run says that it was not done."""
    spec = f"tenant: {TENANT}\ndomains: {{acme.example: {{mail: {{service: microsoft365, adopt: overwrite}}}}}}\n"
    place = _place(tmp_path, spec)
    place.zone()
    assert place.planned("--target", "dns/acme.example/MX/@").code == 0
    done = place.applied()
    assert done.code == 3
    assert [one["status"] for one in done.json["steps"]] == ["skipped"]


def test_a_customer_that_cannot_be_read(tmp_path: Path) -> None:
    """A link to nowhere in the place of customer.yaml is a mistake, not a customer fewer."""
    place = Place.empty(tmp_path).spec("domains: {acme.example: {records: [{name: x, type: A, values: 192.0.2.1}]}}\n")
    place.zone()
    (place.specs / "beta").mkdir()
    (place.specs / "beta" / "customer.yaml").symlink_to("nowhere.yaml")
    done = place.run("validate")
    assert done.code == 1
    assert "beta/customer.yaml" in done.err


@pytest.mark.parametrize("name", ["workspace.yaml", "zones/acme.example.zone"])
def test_only_ordinary_files(tmp_path: Path, name: str) -> None:
    """A pipe in the place of a file is a mistake, not a wait without end."""
    place = Place.empty(tmp_path).spec("domains: {acme.example: {records: [{name: x, type: A, values: 192.0.2.1}]}}\n")
    place.zone()
    path = place.specs / name
    path.unlink()
    os.mkfifo(path)
    done = place.run("plan", "--json")
    assert done.code == 1
    assert "ordinary" in done.out + done.err


@pytest.mark.parametrize("name", ["lease.json", "lease.json.new", "head.json.new", "passwords.jsonl"])
def test_only_ordinary_files_of_state(tmp_path: Path, name: str) -> None:
    """The same beside the journal: what cannot be done is said, and nothing waits."""
    place = Place.empty(tmp_path).spec("domains: {acme.example: {records: [{name: x, type: A, values: 192.0.2.1}]}}\n")
    place.zone()
    place.planned()
    place.state().mkdir(parents=True)
    os.mkfifo(place.state() / name)
    words = ("passwords", "--customer", "acme", "--identity", "/dev/null") if name.startswith("pass") else ()
    done = place.run(*(words or ("apply", str(place.plan))))
    assert done.code in (1, 3, 4)
    assert "ordinary" in done.out + done.err


def test_deep_brackets() -> None:
    """A hundred thousand brackets are refused at once."""
    (found,) = read(b"[" * 100_000, "customer.yaml").found
    assert (found.rule, found.origin.line) == ("yaml/deep", 1)


def test_deep_sightings(tmp_path: Path) -> None:
    """A damaged file of dates makes all findings new, nothing else."""
    place = Place.empty(tmp_path).spec("domains: {acme.example: {records: [{name: x, type: A, values: 192.0.2.1}]}}\n")
    place.zone()
    place.settled()
    kept = place.specs / "state" / "acme" / "sightings.json"
    kept.write_text('{"a":' * 50_000 + "1" + "}" * 50_000)
    assert place.run("drift", "--json").code == 0
    assert json.loads(kept.read_text())
