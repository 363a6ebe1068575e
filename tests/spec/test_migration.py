"""A migration is understood and checked whole: window, time zone, snapshot."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reconciler.spec.load import load
from tests.spec.folders import WORKSPACE, complaints, loaded, write

BEFORE = "found: 2026-11-20\nrecords:\n  - {name: '@', type: MX, ttl: 1h, values: [10 mx.old.example]}\n"


def spec(start: str = "Friday 2026-12-04 22:00", zone: str = "America/Monterrey", rest: str = "") -> str:
    """A customer with a domain that moves."""
    return f"""tenant: x.onmicrosoft.com
domains:
  x.example:
    mail: microsoft365
    migration:
      from: {{service: hosted-exchange, as_found: before.yaml}}
      window: {{start: {start}, length: 3h30m, time_zone: {zone}}}
{rest}"""


def test_values(tmp_path: Path) -> None:
    """The window has its time zone, the snapshot its records in normal form."""
    move = loaded(tmp_path, spec(), before__yaml=BEFORE).customers[0].domains["x.example"].migration
    assert move is not None
    assert move.window.start == datetime(2026, 12, 4, 22, tzinfo=ZoneInfo("America/Monterrey"))
    assert move.window.start.utcoffset() == timedelta(hours=-6)
    assert (move.window.length, move.mode, move.hold) == (12_600, "cutover", 259_200)
    assert (move.source.service, move.source.as_found.found, move.source.as_found.file) == (
        "hosted-exchange", date(2026, 11, 20), "before.yaml",
    )  # fmt: skip
    assert [(one.name, one.type, one.ttl, one.values) for one in move.source.as_found.records] == [
        ("@", "MX", 3600, ("10 mx.old.example.",))
    ]


def test_hold_from_the_workspace(tmp_path: Path) -> None:
    """How long the old service stays is the migration's word, then the workspace's."""
    files = {"workspace.yaml": WORKSPACE + "  hold: 5d\n", "c/customer.yaml": spec(), "c/before.yaml": BEFORE}
    for rest, hold in [("", 432_000), ("      hold: 0\n", 0)]:
        one = load(write(tmp_path, {**files, "c/customer.yaml": spec(rest=rest)})).customers[0]
        move = one.domains["x.example"].migration
        assert move is not None
        assert move.hold == hold


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (spec("Thursday 2026-12-04 22:00"), ["7:23 spec/weekday `start`: 2026-12-04 is a Friday, not a Thursday"]),
        (spec("2026-12-04"), ["7:23 spec/time `start`: '2026-12-04' is no date and time"]),
        (spec(zone="America/Monterey"), ["7:74 spec/time-zone `time_zone`: 'America/Monterey' is no time zone"]),
        (
            spec("2027-03-28 02:30", "Europe/Madrid"),
            ["7:23 spec/time the clock is put forward then: this hour does not exist"],
        ),
        (
            spec("2026-10-25 02:30", "Europe/Madrid"),
            [
                "6:50 spec/date the snapshot was made on 2026-11-20, after the window",
                "7:23 spec/time the clock is put back then: this hour comes twice",
            ],
        ),
        (spec("2026-11-01 12:00"), ["6:50 spec/date the snapshot was made on 2026-11-20, after the window"]),
        (
            spec().replace("before.yaml", "bfore.yaml"),
            ["6:50 spec/file 'bfore.yaml' cannot be read: No such file or directory"],
        ),
        (
            spec().replace("as_found: before.yaml", "as_found: [a]"),
            ["6:50 spec/type `as_found`: as_found is the name of a file"],
        ),
        (
            spec().replace("    mail: microsoft365\n", "    default: true\n"),
            ["5:5 spec/missing `mail` is missing in domains.x.example"],
        ),
        (spec(rest="      mode: slow\n"), ["8:13 spec/choice `mode`: 'slow' is none of the choices"]),
    ],
)
def test_mistakes(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    """Each mistake is named at its line and column."""
    assert complaints(tmp_path, text, before__yaml=BEFORE) == mistakes


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("", ["c/before.yaml:1:1 yaml/empty the file is empty"]),
        ("records: []", ["c/before.yaml:1:1 spec/missing `found` is missing"]),
        ("found: soon\nrecords: []", ["c/before.yaml:1:8 spec/date `found`: 'soon' is no date"]),
        (
            "found: 2026-11-20\nrecords: [{name: a, type: A, values: b}]",
            ["c/before.yaml:2:38 spec/value 'b' is no A value"],
        ),
    ],
)
def test_mistakes_in_snapshots(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    """The snapshot's own mistakes are named in its file."""
    assert complaints(tmp_path, spec(), before__yaml=text) == mistakes


def test_contacts_on_the_moving_domain(tmp_path: Path) -> None:
    """A warning, no error, when nobody could be reached by mail while it moves."""
    contacts = "contacts: {onsite_admin: {name: A, email: a@x.example}}\n"
    found = loaded(tmp_path, spec(rest=contacts), before__yaml=BEFORE)
    assert [one.id for one in found.customers] == ["c"]
    (one,) = found.diagnostics
    assert (one.severity, one.rule, one.origin.line) == ("warning", "spec/contacts", 8)
    elsewhere = contacts.replace("{onsite", "{admins: [{name: B, email: b@y.example}], onsite")
    assert loaded(tmp_path, spec(rest=elsewhere), before__yaml=BEFORE).diagnostics == ()
