"""A person who thinks before saying yes: what others do meanwhile is seen, and nothing of theirs is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.session import applying, planning
from reconciler.session.applying import How
from tests.mail_place import session, zone

SPEC = """
domains:
  acme.example:
    records:
      - {name: "@", type: TXT, values: [ours=1]}
      - {name: www, type: A, values: [192.0.2.1]}
"""
DOMAIN = "acme.example"


@pytest.mark.parametrize(
    ("theirs", "outcome"),
    [
        ('@ TXT "theirs=2"\n', "done"),  # beside ours
        ("www A 192.0.2.9\n", "partial"),  # in the place of ours
        ("ftp A 192.0.2.9\n", "done"),
    ],
)
def test_what_others_write_meanwhile(tmp_path: Path, theirs: str, outcome: str) -> None:
    """It stands afterwards; ours is written beside it, and where it is in the way ours waits for a new plan."""
    opened = session(tmp_path, SPEC, {DOMAIN: zone('@ TXT "theirs=1"')})
    path = tmp_path / "zones" / f"{DOMAIN}.zone"

    def ask(_: Mapping[str, Any]) -> bool:
        path.write_text(path.read_text() + theirs)
        return True

    done = applying.run(opened, opened.loaded.customers[0], How(ask=ask))
    text = path.read_text()
    assert "theirs=1" in text
    assert theirs in text
    assert "ours=1" in text
    assert ("192.0.2.1" in text) is (outcome == "done")
    assert done["outcome"] == outcome
    assert len(done["steps"]) == 2
    after = session(tmp_path, SPEC, {}) if outcome == "done" else None
    assert after is None or applying.run(after, after.loaded.customers[0], How())["outcome"] == "nothing"


SPF = """
domains:
  acme.example:
    senders: [{name: copier, address: 203.0.113.7}]
"""


@pytest.mark.parametrize(
    "there", ["", '@ TXT "v=spf1 ip4:198.51.100.25 -all"\n@ TXT "v=spf1 ip4:198.51.100.26 ~all"\n']
)
def test_no_record_is_made_of_a_term_alone(tmp_path: Path, there: str) -> None:
    """Approved was one more term; the record is gone meanwhile, or has a twin: nothing is made up or merged."""
    before = '@ TXT "v=spf1 ip4:198.51.100.25 -all"\n'
    opened = session(tmp_path, SPF, {DOMAIN: zone(before.strip())})
    made = planning.make(opened, opened.loaded.customers[0], planning.Options())
    path = tmp_path / "zones" / f"{DOMAIN}.zone"
    path.write_text(path.read_text().replace(before, there))
    done = applying.run(opened, opened.loaded.customers[0], How(file=made.document))
    text = path.read_text()
    assert "203.0.113.7" not in text
    assert text.count("v=spf1") == there.count("v=spf1")
    assert done["exit_code"] == 3
