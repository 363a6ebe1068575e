"""A journal that is lost or damaged: the tool becomes more careful, and nothing is lost with it."""

from pathlib import Path

import pytest

from tests.endtoend.place import Place

SPEC = """\
destroy: 5
domains:
  acme.example:
    senders: [mailgun]
    records:
      - {name: a1, type: A, values: [192.0.2.1]}
      - {name: a2, type: A, values: [192.0.2.2]}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Everything applied."""
    place = Place.empty(tmp_path_factory.mktemp("finished")).spec(SPEC)
    place.zone()
    return place.settled()


def test_deleted(finished: Place, tmp_path: Path) -> None:
    """The plan deletes nothing and says what is no longer known; apply needs --new-ledger, and converges."""
    place = finished.copy(tmp_path)
    (place.state() / "journal.jsonl").unlink()
    place.edit("a2, type: A, values: [192.0.2.2]", "a3, type: A, values: [192.0.2.3]")
    plan = place.planned()
    assert plan.code == 0
    assert plan.json["counts"]["destroy"] == 0
    lost = next(one for one in plan.json["diagnostics"] if one["rule"] == "journal/missing")
    assert "no longer known" in lost["detail"]
    refused = place.run("apply", str(place.plan), "--json")
    assert (refused.code, refused.rules) == (3, {"journal/missing"})
    done = place.applied("--new-ledger")
    assert done.code == 0, done
    assert [one["address"] for one in done.json["steps"]] == ["dns/acme.example/A/a3"]
    assert "a2 3600 IN A 192.0.2.2\n" in place.zone().read_text()
    place.assert_still()


def test_damaged(finished: Place, tmp_path: Path) -> None:
    """A byte flipped in the middle: plan, apply and drift exit 3 and name the line; the old file is kept aside."""
    place = finished.copy(tmp_path)
    path = place.state() / "journal.jsonl"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = place.world()
    for words in (["plan"], ["apply", str(place.plan)], ["drift"]):
        done = place.run(*words, "--json")
        assert (done.code, done.rules) == (3, {"journal/damaged"})
        assert done.json["diagnostics"][0]["origin"]["line"] > 1
    assert place.run("apply", "--new-ledger", "--json").code == 0
    assert any(file.name.startswith("journal.jsonl.") and file.read_bytes() == data for file in place.state().iterdir())
    assert place.world() == before
    place.assert_still()


def test_tail_cut(finished: Place, tmp_path: Path) -> None:
    """Whole lines missing at the end are seen, since head.json knows more."""
    place = finished.copy(tmp_path)
    path = place.state() / "journal.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    assert place.run("plan", "--json").rules == {"journal/damaged"}
    done = place.run("apply", "--json")
    assert (done.code, done.rules) == (3, {"journal/damaged"})


def test_torn_line(finished: Place, tmp_path: Path) -> None:
    """A last line cut in its write is a warning; the next apply takes it off and goes on."""
    place = finished.copy(tmp_path)
    path = place.state() / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq": 99, "ty')
    place.edit("192.0.2.1", "192.0.2.7")
    plan = place.planned()
    assert (plan.code, "journal/torn" in plan.rules) == (0, True)
    assert place.applied().code == 0
    assert path.read_bytes().startswith(whole)
    place.assert_still()
