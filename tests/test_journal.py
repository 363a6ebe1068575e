"""The journal keeps what it was told, and finds whatever was done to it since."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.journal import TYPES, Journal, Reading, read, start_anew
from reconciler.model.errors import Refused

ROOT = Path(__file__).resolve().parents[1]
LONG = os.environ.get("LONG") == "1"
STAGE = {"route": "r", "stage": "claim"}


@dataclass
class Clock:
    """Stands still, but for sleeping."""

    time: datetime = field(default=datetime(2026, 11, 21, 20, 3, 11, tzinfo=UTC))

    def now(self) -> datetime:
        """The instant it stands at."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Go on by as much."""
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a customer's journal belongs; nothing is there yet."""
    return tmp_path / "state" / "ferreteria" / "journal.jsonl"


def filled(path: Path, count: int = 5, seal: bool = True) -> Journal:
    """A journal of `count` entries."""
    journal = Journal.open(path, Clock(), "01RUN")
    for number in range(count):
        journal.append("stage", {"route": f"r{number}", "stage": "claim", "subject": 'Ñandú "hash":"sha256:0", \udcff'})
    if seal:
        journal.seal()
    return journal


def rule(refused: pytest.ExceptionInfo[Refused]) -> str:
    """The rule of the only diagnostic."""
    (diagnostic,) = refused.value.diagnostics
    return diagnostic.rule


def lines(path: Path) -> list[str]:
    """The lines of a file, each with its newline."""
    return path.read_text(encoding="ascii").splitlines(keepends=True)


def rehashed(content: dict[str, Any]) -> str:
    """A line whose own hash is right, made apart from the code under test."""
    content.pop("hash", None)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    content["hash"] = "sha256:" + sha256(text.encode()).hexdigest()
    return json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n"


def test_what_is_appended_is_read_back(path: Path) -> None:
    """Reading gives the entries that appending returned, values and all."""
    journal = filled(path)
    reading = read(path)
    assert reading.state == "ok"
    assert reading.entries == journal.entries()
    assert Journal.open(path, Clock(), "02RUN").entries() == journal.entries()
    assert [entry.seq for entry in reading.entries] == [1, 2, 3, 4, 5]
    assert reading.warnings == ()


def test_line_is_canonical_and_chained(path: Path) -> None:
    """Each line can be verified with a JSON library and SHA-256 alone, as an auditor would."""
    filled(path)
    prev = ""
    for line in lines(path):
        content = json.loads(line)
        assert set(content) == {"v", "seq", "time", "run", "type", "route", "stage", "subject", "prev", "hash"}
        assert content["prev"] == prev
        assert content["time"] == "2026-11-21T20:03:11Z"
        assert rehashed(dict(content)) == line
        prev = content["hash"]
    head = json.loads(path.with_name("head.json").read_text())
    assert head == {"seq": 5, "hash": prev}


def test_payload_comes_back_as_json_gives_it(path: Path) -> None:
    """A tuple is a list already in the entry that append returns, so a fold never depends on who read it."""
    entry = Journal.open(path, Clock(), "r").append("approve", {"route": "r", "steps": ("a", "b"), "by": "ana"})
    assert entry.payload == {"route": "r", "steps": ["a", "b"], "by": "ana"}


def test_files_are_private(path: Path) -> None:
    """Nobody but the owner may read the journal or its head, even where a checkout has loosened them."""
    journal = filled(path)
    path.chmod(0o644)
    journal.append("stage", STAGE)
    for file in (path, path.with_name("head.json")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_new_and_missing(path: Path) -> None:
    """No journal and no head is new; a head alone means that the journal was lost."""
    assert read(path) == Reading("new")
    assert not path.parent.exists(), "reading writes nothing"
    filled(path)
    path.unlink()
    assert read(path) == Reading("missing")
    with pytest.raises(Refused) as refused:
        Journal.open(path, Clock(), "r")
    assert rule(refused) == "journal/missing"


def test_no_head_yet(path: Path) -> None:
    """A first run that was killed before it sealed leaves a journal in order."""
    filled(path, seal=False)
    assert read(path).state == "ok"


def test_entries_after_the_head_are_in_order(path: Path) -> None:
    """The head is a prefix: a run that was killed before it sealed again is no damage."""
    journal = filled(path)
    journal.append("stage", STAGE)
    assert len(read(path).entries) == 6


def change_value(text: list[str]) -> list[str]:
    """Edit a value by hand."""
    return [*text[:2], text[2].replace('"r2"', '"r9"'), *text[3:]]


def change_value_and_hash(text: list[str]) -> list[str]:
    """Edit a value and compute the line's own hash anew."""
    return [*text[:2], rehashed({**json.loads(text[2]), "route": "r9"}), *text[3:]]


def change_time(text: list[str]) -> list[str]:
    """Let an entry be older."""
    return [*text[:2], text[2].replace("2026-", "2025-"), *text[3:]]


def add_space(text: list[str]) -> list[str]:
    """Same content, other text."""
    return [*text[:2], text[2].replace('"v":1', '"v": 1'), *text[3:]]


def remove(text: list[str]) -> list[str]:
    """Take a line out."""
    return [*text[:2], *text[3:]]


def remove_and_renumber(text: list[str]) -> list[str]:
    """Take a line out and number the next as if nothing had been, its own hash computed anew."""
    return [*text[:2], *(rehashed({**json.loads(one), "seq": json.loads(one)["seq"] - 1}) for one in text[3:])]


def skip_a_number(text: list[str]) -> list[str]:
    """A chain that is right but for its numbers."""
    content = json.loads(text[2])
    return [*text[:2], rehashed({**content, "seq": 4})]


def swap(text: list[str]) -> list[str]:
    """Exchange two lines."""
    return [*text[:2], text[3], text[2], *text[4:]]


def repeat(text: list[str]) -> list[str]:
    """Have a line twice."""
    return [*text[:2], text[1], *text[2:]]


def garble(text: list[str]) -> list[str]:
    """Cut a line in the middle of the file."""
    return [*text[:2], text[2][:40] + "\n", *text[3:]]


def blank(text: list[str]) -> list[str]:
    """An empty line."""
    return [*text[:2], "\n", *text[2:]]


def no_entry(text: list[str]) -> list[str]:
    """JSON, but no entry."""
    return [*text[:2], "[]\n", *text[3:]]


def deep(text: list[str]) -> list[str]:
    """JSON nested deeper than Python can go."""
    return [*text[:2], "[" * 100_000 + "\n", *text[3:]]


DAMAGE = [
    change_value, change_value_and_hash, change_time, add_space, remove, remove_and_renumber, skip_a_number, swap,
    repeat, garble, blank, no_entry, deep,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("sealed", [True, False])
def test_damage_is_found_and_named(path: Path, sealed: bool, damage: Callable[[list[str]], list[str]]) -> None:
    """Whatever is done to a line in the middle is found, and the message names the entry and what to do."""
    filled(path, seal=sealed)
    path.write_text("".join(damage(lines(path))), encoding="ascii")
    with pytest.raises(Refused) as refused:
        read(path)
    (diagnostic,) = refused.value.diagnostics
    number = 4 if damage is change_value_and_hash else 3
    assert diagnostic.rule == "journal/damaged"
    assert f"entry {number} (line {number})" in diagnostic.summary
    assert (diagnostic.origin.file, diagnostic.origin.line) == (str(path), number)
    assert "--new-ledger" in diagnostic.remedy
    with pytest.raises(Refused):
        Journal.open(path, Clock(), "r")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A sealed journal of three entries to spoil, and what it holds when whole."""
    path = tmp_path_factory.mktemp("sealed") / "journal.jsonl"
    filled(path, 3)
    return path, path.read_bytes()


@given(st.data())
def test_no_changed_byte_goes_unseen(sealed: tuple[Path, bytes], data: st.DataObject) -> None:
    """A sealed journal with any one byte changed is refused, never read as something else and never a traceback."""
    path, whole = sealed
    content = bytearray(whole)
    where = data.draw(st.integers(0, len(content) - 1))
    content[where] = data.draw(st.integers(0, 255).filter(lambda other: other != content[where]))
    path.write_bytes(bytes(content))
    with pytest.raises(Refused):
        read(path)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, as_head: bool) -> None:
    """Arbitrary bytes in either file give a reading without entries or a refusal."""
    path = tmp_path_factory.mktemp("any") / "journal.jsonl"
    (path.with_name("head.json") if as_head else path).write_bytes(data)
    try:
        entries, rules = read(path).entries, ["journal/damaged"]
    except Refused as refused:
        entries, rules = (), [one.rule for one in refused.diagnostics]
    assert (entries, rules) == ((), ["journal/damaged"])


@pytest.mark.parametrize("left", [0, 1, 3])
def test_lost_tail_is_found(path: Path, left: int) -> None:
    """A journal cut to fewer whole lines than were sealed is damaged, even to none."""
    filled(path)
    path.write_text("".join(lines(path)[:left]), encoding="ascii")
    with pytest.raises(Refused, match=f"entry {left + 1} .line {left + 1}.: it is missing"):
        read(path)


def test_lost_line_is_named(path: Path) -> None:
    """Where a line is missing the message says which one is there instead."""
    filled(path)
    path.write_text("".join(remove(lines(path))), encoding="ascii")
    with pytest.raises(Refused, match="entry 4 stands in its place"):
        read(path)


def test_rewritten_journal_is_found(path: Path, tmp_path: Path) -> None:
    """A whole other journal, right in itself, is not the one that was sealed."""
    filled(path)
    other = tmp_path / "other.jsonl"
    journal = Journal.open(other, Clock(), "other")
    for _ in range(7):
        journal.append("stage", STAGE)
    path.write_bytes(other.read_bytes())
    with pytest.raises(Refused, match=r"not the entry that head\.json names"):
        read(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"seq":0,"hash":"x"}', '{"seq":"5","hash":"x"}', '{"seq":5}', "5"])
def test_damaged_head(path: Path, text: str) -> None:
    """A head that says nothing is damage: it may not be taken for none."""
    filled(path)
    path.with_name("head.json").write_text(text)
    with pytest.raises(Refused) as refused:
        read(path)
    assert rule(refused) == "journal/damaged"


def test_torn_line_at_every_byte(path: Path) -> None:
    """A write cut after any number of its bytes is not damage: readers leave it out, the next writer takes it off."""
    filled(path)
    whole = path.read_bytes()
    journal = Journal.open(path, Clock(), "02RUN")
    journal.append("stage", {"route": "torn", "stage": "claim"})
    line = path.read_bytes()[len(whole) :]
    for cut in range(1, len(line)) if LONG else (1, 2, 50, len(line) - 2, len(line) - 1):
        path.write_bytes(whole + line[:cut])
        reading = read(path)
        assert len(reading.entries) == 5
        assert [one.rule for one in reading.warnings] == ["journal/torn"]
        assert path.read_bytes() == whole + line[:cut], "readers change nothing"
        again = Journal.open(path, Clock(), "03RUN")
        assert path.read_bytes() == whole
        assert [one.rule for one in again.warnings] == ["journal/torn"]
    assert Journal.open(path, Clock(), "04RUN").append("stage", STAGE).seq == 6
    assert read(path).warnings == ()


def test_torn_first_line(path: Path) -> None:
    """A first write that was cut leaves a journal that is new."""
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"hash":"sha')
    assert read(path).state == "new"
    assert Journal.open(path, Clock(), "r").append("stage", STAGE).seq == 1
    assert read(path).state == "ok"


def test_garbled_last_line_with_newline_is_torn(path: Path) -> None:
    """What a power cut leaves as zeros before a newline was never acknowledged."""
    filled(path)
    with path.open("ab") as file:
        file.write(b"\0\0\0\0\n")
    assert len(read(path).entries) == 5


def test_sealed_last_line_cannot_be_torn(path: Path) -> None:
    """A cut in a line that was sealed is damage: it had been acknowledged."""
    filled(path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(Refused) as refused:
        read(path)
    assert rule(refused) == "journal/damaged"


def test_wrong_last_line_is_damage(path: Path) -> None:
    """A last line that is whole but wrong was changed, not cut."""
    filled(path, seal=False)
    path.write_text("".join(lines(path)).replace('"r4"', '"r9"'), encoding="ascii")
    with pytest.raises(Refused, match="entry 5"):
        read(path)


@pytest.mark.parametrize("change", [{"v": 2}, {"type": "telepathy"}])
def test_newer_version(path: Path, change: dict[str, Any]) -> None:
    """An entry of a later version is refused as such, and --new-ledger does not throw it away."""
    filled(path, 2)
    content = {**json.loads(lines(path)[1]), **change, "seq": 3, "prev": json.loads(lines(path)[1])["hash"]}
    path.write_text("".join([*lines(path), rehashed(content)]), encoding="ascii")
    for attempt in (lambda: read(path), lambda: start_anew(path, Clock(), "r")):
        with pytest.raises(Refused) as refused:
            attempt()
        assert rule(refused) == "journal/newer"


def test_another_writer_is_noticed(path: Path) -> None:
    """Two that write at once never mix two chains: the second is refused and the journal stays in order."""
    first, second = filled(path), Journal.open(path, Clock(), "02RUN")
    second.append("stage", STAGE)
    with pytest.raises(Refused) as refused:
        first.append("stage", STAGE)
    assert rule(refused) == "journal/unwritable"
    assert len(read(path).entries) == 6


def test_two_first_writers(path: Path) -> None:
    """The same where neither found a journal."""
    first, second = (Journal.open(path, Clock(), run) for run in ("a", "b"))
    second.append("stage", STAGE)
    with pytest.raises(Refused):
        first.append("stage", STAGE)
    assert [entry.run for entry in read(path).entries] == ["b"]


def test_journal_that_vanishes_is_not_begun_again(path: Path) -> None:
    """A journal removed while a run holds it stops that run."""
    journal = filled(path)
    path.unlink()
    with pytest.raises(Refused, match="nothing further was changed"):
        journal.append("stage", STAGE)
    assert not path.exists()


def test_after_a_failed_write_nothing_is_taken(path: Path) -> None:
    """Once an entry could not be written, no later one is, even if the cause has gone."""
    journal = filled(path)
    aside = path.rename(path.with_name("aside"))
    with pytest.raises(Refused):
        journal.append("stage", STAGE)
    aside.rename(path)
    with pytest.raises(Refused, match="earlier entry"):
        journal.append("stage", STAGE)


@pytest.mark.parametrize("room", [0, 1, 100])
def test_full_disk(path: Path, room: int) -> None:
    """A disk that fills up in the middle of an entry gives a refusal, and leaves a journal in order."""
    journal = filled(path)
    before = path.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + room, limit[1]))
    try:
        with pytest.raises(Refused) as refused:
            journal.append("stage", STAGE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert rule(refused) == "journal/unwritable"
    assert path.read_bytes() == before


def test_entry_is_on_the_disk_when_append_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry is synced after it is written, the names of new files too, before anybody relies on them."""
    synced: list[tuple[int, int]] = []
    sync = os.fsync

    def watch(file: int) -> None:
        synced.append((os.fstat(file).st_ino, os.fstat(file).st_size))
        sync(file)

    monkeypatch.setattr(os, "fsync", watch)
    journal = Journal.open(path, Clock(), "r")
    for _ in range(2):
        journal.append("stage", STAGE)
        assert synced[-1] == (path.stat().st_ino, path.stat().st_size)
    assert {path.parent.stat().st_ino, path.parent.parent.stat().st_ino} <= {inode for inode, _ in synced}
    journal.seal()
    head = path.with_name("head.json").stat()
    assert (head.st_ino, head.st_size) in synced
    assert synced[-1][0] == path.parent.stat().st_ino


def test_failed_sync_is_a_failed_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of which the disk does not say that it has it was not written."""
    journal = filled(path)
    before = path.read_bytes()

    def fail(file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Refused, match="Input/output error"):
        journal.append("stage", STAGE)
    assert path.read_bytes() == before


def test_reading_while_another_seals(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head written after reading began knows entries that were not read: that is no damage."""
    journal = filled(path)
    read_bytes, files = Path.read_bytes, []

    def slow_read(self: Path) -> bytes:
        content = read_bytes(self)
        files.append(self.name)
        if len(files) == 1:  # between the two files, another process goes on
            journal.append("stage", STAGE)
            journal.seal()
        return content

    monkeypatch.setattr(Path, "read_bytes", slow_read)
    assert read(path).state == "ok"
    assert len(files) == 2


def test_unreadable(path: Path) -> None:
    """What cannot be read is refused, not taken for new."""
    path.mkdir(parents=True)
    with pytest.raises(Refused) as refused:
        read(path)
    assert rule(refused) == "journal/unreadable"


def test_folder_cannot_be_made(tmp_path: Path) -> None:
    """A state folder that is a file gives a refusal."""
    (tmp_path / "state").write_text("")
    with pytest.raises(Refused):
        Journal.open(tmp_path / "state" / "c" / "journal.jsonl", Clock(), "r")


def test_bugs_of_the_caller_are_not_recorded(path: Path) -> None:
    """An unknown type, a key too few or one of the line's own is refused before anything is written."""
    journal = Journal.open(path, Clock(), "r")
    for kind, payload in [("stge", STAGE), ("stage", {"route": "r"}), ("stage", {**STAGE, "hash": "x"})]:
        with pytest.raises(ValueError, match=r"stge|stage"):
            journal.append(kind, payload)
    assert not path.exists()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("adopt", {"slots": [["tenant/t/user/ana#phone", "+52 81 5555 0100", {}]]}),
        ("begin", {"before": "Ana López", "after": None}),
        ("begin", {"before": None, "after": True}),
        ("begin", {"before": None, "after": None, "carried": [["tenant/t/user/ana#phone", "5555", {}]]}),
    ],
)
def test_tenant_values_never_reach_the_file(path: Path, kind: str, payload: dict[str, Any]) -> None:
    """A tenant's attribute that is no fingerprint is refused, wherever in the entry it stands."""
    if kind == "begin":
        payload = {"route": "r", "stage": "s", "steps": [{"id": "1", "address": "tenant/t/user/ana", **payload}]}
    with pytest.raises(ValueError, match="fingerprint"):
        Journal.open(path, Clock(), "r").append(kind, payload)


def test_every_type_can_be_written(path: Path) -> None:
    """Each type is taken with what it must hold."""
    journal = Journal.open(path, Clock(), "r")
    for kind, keys in TYPES.items():
        journal.append(kind, {key: [] for key in keys})
    assert [entry.type for entry in read(path).entries] == list(TYPES)


@pytest.mark.parametrize("how", ["missing", "damaged", "both lost", "head damaged"])
def test_start_anew(path: Path, how: str) -> None:
    """A new journal says that it is one, and what was there is kept aside."""
    filled(path)
    old = path.read_bytes()
    if how in ("missing", "both lost"):
        path.unlink()
    if how == "both lost":
        path.with_name("head.json").unlink()
    if how == "damaged":
        path.write_bytes(old[10:])
    if how == "head damaged":
        path.with_name("head.json").write_text("")
    journal = start_anew(path, Clock(), "new")
    assert [entry.type for entry in journal.entries()] == ["new_ledger"]
    assert read(path).entries == journal.entries()
    kept = {file.name for file in path.parent.glob("*.old")}
    assert set(journal.entries()[0].payload["files"]) == kept
    expected = {
        "missing": {"head.json.5.old"},
        "damaged": {"journal.jsonl.5.old", "head.json.5.old"},
        "both lost": set(),
        "head damaged": {"journal.jsonl.5.old", "head.json.5.old"},
    }
    assert kept == expected[how]


def test_start_anew_twice_keeps_both(path: Path) -> None:
    """What was moved aside once is not overwritten the second time."""
    for _ in range(2):
        if not path.exists():
            filled(path)
        path.write_bytes(path.read_bytes().replace(b'"v":1', b'"v":3'))
        start_anew(path, Clock(), "new")
        path.with_name("head.json").unlink()
        path.write_bytes(b"x\n" * 4 + path.read_bytes())
    assert len(list(path.parent.glob("journal.jsonl.*.old"))) == 2


def test_a_whole_journal_is_not_given_up(path: Path) -> None:
    """--new-ledger by habit does not make us forget what is ours."""
    filled(path)
    with pytest.raises(Refused) as refused:
        start_anew(path, Clock(), "new")
    assert rule(refused) == "journal/in-order"
    assert len(read(path).entries) == 5


WRITER = """
import sys
from pathlib import Path
from reconciler.clock import SystemClock
from reconciler.journal import Journal
journal = Journal.open(Path(sys.argv[1]), SystemClock(), "run")
while True:
    entry = journal.append("stage", {"route": "r" * 20000, "stage": "claim"})
    print(entry.seq, flush=True)
    if entry.seq % 3 == 0:
        journal.seal()
"""


def test_killed_writer_loses_nothing_acknowledged(path: Path) -> None:
    """SIGKILL at any moment, and a reader at any moment: each entry that append returned is there, in order."""
    acknowledged = 0
    for attempt in range(40 if LONG else 8):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            for _ in range(1 + attempt % 5):
                acknowledged = int(process.stdout.readline())
            assert len(read(path).entries) >= acknowledged, "while the other writes"
            time.sleep(attempt * 0.0007)
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:
                acknowledged = int(line) if line.endswith(b"\n") else acknowledged
        entries = read(path).entries
        assert acknowledged <= len(entries) <= acknowledged + 1


def test_reading_is_fast(path: Path) -> None:
    """10,000 entries are read and verified in under 0.3 s of CPU, and a customer without a journal costs nothing."""
    journal = Journal.open(path, Clock(), "r")
    journal.append("stage", STAGE)
    grow(path, 10_000)
    best = min(cpu(lambda: read(path)) for _ in range(3))
    assert len(read(path).entries) == 10_000
    assert best < 0.3
    nothing = path.parent / "nobody" / "journal.jsonl"
    assert min(cpu(lambda: [read(nothing) for _ in range(1000)]) for _ in range(3)) < 0.1


def grow(path: Path, count: int) -> None:
    """Fill a journal up to `count` entries without an fsync for each."""
    (first,) = lines(path)
    prev, text = json.loads(first)["hash"], [first]
    step = {"id": "3f2a9c0d12ab34cd", "address": "dns/example.com/TXT/@#spf/include:x", "before": None, "after": "x"}
    for seq in range(2, count + 1):
        content = {**json.loads(first), "seq": seq, "prev": prev, "type": "begin", "steps": [step]}
        text.append(rehashed(content))
        prev = content["hash"]
    path.write_text("".join(text), encoding="ascii")


def cpu(action: Callable[[], object]) -> float:
    """Seconds of CPU that something takes."""
    start = time.process_time()
    action()
    return time.process_time() - start
