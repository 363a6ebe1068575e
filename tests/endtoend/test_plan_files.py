"""What was approved is what is applied: less where live moved, never more, and never from a file that was changed."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.place import Place

SPEC = """\
domains:
  acme.example:
    senders: [mailgun]
    records:
      - {name: a1, type: A, values: [192.0.2.1]}
      - {name: a2, type: A, values: [192.0.2.2]}
      - {name: www, type: A, values: [192.0.2.99], adopt: overwrite}
"""
A1, A2, WWW = (f"dns/acme.example/A/{name}" for name in ("a1", "a2", "www"))
MAILGUN = "dns/acme.example/TXT/@#spf/include:mailgun.org"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A plan that is saved and not applied."""
    place = Place.empty(tmp_path_factory.mktemp("planned")).spec(SPEC)
    place.zone()
    assert place.planned().code == 0
    return place


def test_hand_edit_between(planned: Place, tmp_path: Path) -> None:
    """What was changed by hand is refused, the others go on, exit 4; a new plan shows it, the hand's work stays."""
    place = planned.copy(tmp_path)
    place.change_zone("www        A     192.0.2.80   ; keep", "www A 192.0.2.55 ; mine\na1 A 192.0.2.66")
    place.change_zone("include:_spf.host.example", "include:_spf.host.example include:late.example")
    done = place.applied()
    assert (done.code, done.json["outcome"]) == (4, "partial")
    assert done.statuses() == {WWW: "refused", A1: "refused", A2: "done", MAILGUN: "done"}
    assert "192.0.2.55" in next(one["detail"] for one in done.json["steps"] if one["address"] == WWW)
    text = place.zone().read_text()
    assert "www A 192.0.2.55 ; mine\na1 A 192.0.2.66\n" in text
    assert "include:_spf.host.example include:late.example include:mailgun.org ?all" in text
    plan = place.planned()
    assert plan.actions() == {WWW: "update"}
    assert [one["address"] for one in plan.json["drift"]] == [A1]


def test_done_by_hand_already(planned: Place, tmp_path: Path) -> None:
    """What somebody did already as planned is taken over without a write."""
    place = planned.copy(tmp_path)
    place.change_zone("www        A     192.0.2.80   ; keep", "www 1h A 192.0.2.99 ; by hand\na1 A 192.0.2.1")
    done = place.applied()
    assert (done.code, set(done.statuses())) == (0, {A2, MAILGUN})
    assert "www 1h A 192.0.2.99 ; by hand\n" in place.zone().read_text()
    place.assert_still()


def test_spec_edited_between(planned: Place, tmp_path: Path) -> None:
    """A plan of another spec, or of another customer, is refused before any write."""
    place = planned.copy(tmp_path).edit("192.0.2.2]", "192.0.2.3]")
    before = place.world()
    done = place.run("apply", str(place.plan), "--json")
    assert (done.code, done.rules) == (3, {"apply/stale"})
    place.spec("domains: {other.example: {records: [{name: x, type: A, values: [192.0.2.1]}]}}", "other")
    place.zone("other.example")
    text = place.plan.read_text().replace('"customer": "acme"', '"customer": "other"')
    place.plan.write_text(text)
    done = place.run("apply", str(place.plan), "--json")
    assert (done.code, done.rules) == (3, {"apply/stale", "apply/edited"})
    done = place.run("apply", str(place.plan), "--customer", "acme")
    assert (done.code, "holds no plan of acme" in done.err) == (1, True)
    assert {name: text for name, text in place.world().items() if name != "other.example.zone"} == before


def _one_more(paper: dict[str, Any]) -> None:
    step = copy.deepcopy(paper["steps"][0])
    paper["steps"].append({**step, "id": "0" * 16, "address": "dns/acme.example/A/evil", "after": ["192.0.2.6"]})


def _other_before(paper: dict[str, Any]) -> None:
    paper["steps"][0]["before"] = ["192.0.2.55"]


def _other_after(paper: dict[str, Any]) -> None:
    paper["steps"][0]["after"] = ["192.0.2.55"]


def _other_id(paper: dict[str, Any]) -> None:
    paper["steps"][0]["id"] = "0123456789abcdef"


def _one_less(paper: dict[str, Any]) -> None:
    paper["steps"].pop()


@pytest.mark.parametrize("change", [_one_more, _other_before, _other_after, _other_id, _one_less])
def test_edited_by_hand(planned: Place, change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    """A plan file that was changed after it was made is refused as a whole."""
    place = planned.copy(tmp_path)
    paper = json.loads(place.plan.read_text())
    change(paper)
    place.plan.write_text(json.dumps(paper))
    before = place.world()
    done = place.run("apply", str(place.plan), "--json")
    assert (done.code, done.rules) == (3, {"apply/edited"})
    assert place.world() == before
    assert place.journal() == []


HOSTILE = [
    "",
    "[1",
    "[" * 100_000,
    "null",
    "\udcff",
    '{"format_version": "1.0", "kind": "plans", "documents": []}',
    '{"format_version": "1.0", "kind": "plan", "customer": "../..", "digest": "", "steps": [], "spec": {"digest": ""}}',
]


def test_no_plan_file(planned: Place, tmp_path: Path) -> None:
    """A truncated or hostile file, and one of another format version, end with a message and exit 1."""
    place = planned.copy(tmp_path)
    text = place.plan.read_text()
    newer = text.replace('"format_version": "1.0"', '"format_version": "2.0"')
    before = place.world()
    for content in (*HOSTILE, text[: len(text) // 2], newer):
        place.plan.write_text(content, errors="surrogateescape")
        done = place.run("apply", str(place.plan))
        assert done.code == 1, (content[:80], done)
        assert "error: " in done.err
    assert place.world() == before
    assert place.journal() == []
