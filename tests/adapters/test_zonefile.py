"""The zone file provider passes the suite, edits by line, and never leaves half a file or a stranger's edit undone."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from providers.zonefile import ZoneFileProvider
from reconciler.conformance.harness import Harness
from reconciler.conformance.suite import Conformance
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import Forbidden, Invalid, NotFound, SpecError, Unavailable, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import Group, RecordSet
from reconciler.provider import Reader, Scope, Writer
from tests.conformance.zonefile_harness import ZoneFileHarness

ROOT = Path(__file__).resolve().parents[2]
ZONE = "example.com"
TEXT = """\
; by hand
$TTL 3600
@ IN SOA ns1.example.net. host.example.com. 2026112001 7200 3600 1209600 300
  IN NS ns1.example.net.
  IN MX 10 mail ; the old one
mail A 192.0.2.1
www CNAME mail
"""


class TestZoneFile(Conformance):
    """One zone in a folder."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return ZoneFileHarness(tmp_path)


class Impatient(ZoneFileProvider):
    """It waits for no other writer, and its day is fixed."""

    patience = 0.05

    def today(self) -> date:
        return date(2026, 11, 21)


def key(kind: str, name: str) -> Key:
    return Key("dns", ZONE, kind, name)


def record_set(kind: str, name: str, ttl: int, *values: str) -> RecordSet:
    return RecordSet(key(kind, name), ttl, tuple(sorted(values)))


MX = record_set("MX", "@", 3600, "10 mail.example.com.")
NEW_MX = record_set("MX", "@", 3600, "0 example-com.mail.protection.outlook.com.")
MAIL = record_set("A", "mail", 3600, "192.0.2.1")
WWW = record_set("CNAME", "www", 3600, "mail.example.com.")
SPF = record_set("TXT", "@", 300, "v=spf1 -all")
SCOPE = Scope("dns", ZONE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "zones").mkdir()
    path = tmp_path / "zones" / f"{ZONE}.zone"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def provider(tmp_path: Path, file: Path) -> Impatient:
    return Impatient("files", {"directory": "zones"}, tmp_path)


def change(before: RecordSet | None, after: RecordSet | None) -> Change:
    one = after or before
    assert one is not None
    return Change(one.key, before, after)


def statuses(outcomes: object) -> list[Status]:
    assert isinstance(outcomes, list)
    return [one.status for one in outcomes if isinstance(one, Outcome)]


def test_it_meets_the_contract(provider: Impatient) -> None:
    """It reads and writes every type but the SOA, at once and atomically."""
    assert isinstance(provider, Reader)
    assert isinstance(provider, Writer)
    assert {"A", "TXT", "HTTPS", "LOC"} <= set(provider.kinds)
    for kind in ("A", "TXT", "TYPE65280", "DNAME"):
        assert provider.kinds[kind].atomic
        assert provider.kinds[kind].delay == 0
    for kind in ("SOA", "TYPE6", "FOO", "ANY", "user", "mx"):
        assert kind not in provider.kinds


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ({}, ["provider files: directory is missing"]),
        ({"directory": 7}, ["directory must be a text"]),
        ({"directory": ""}, ["directory must be a text"]),
        ({"directory": "a\0b"}, ["directory must be a text"]),
        ({"folder": "zones", "ttl": 3}, ["directory is missing", "unknown option folder", "unknown option ttl"]),
    ],
)
def test_wrong_options(tmp_path: Path, options: dict[str, object], texts: list[str]) -> None:
    """Every wrong option is named at once, with the provider."""
    with pytest.raises(SpecError) as caught:
        ZoneFileProvider("files", options, tmp_path)
    found = [one.summary for one in caught.value.diagnostics]
    assert len(found) == len(texts)
    assert all("provider files" in one and text in one for one, text in zip(found, texts, strict=True))


def test_observe(provider: Impatient) -> None:
    """All record sets but the SOA, whose serial is the version; or those of some names."""
    whole = provider.observe(SCOPE)
    assert set(whole.resources) == {key("NS", "@"), MX.key, MAIL.key, WWW.key}
    assert whole.resources[MX.key] == MX
    assert whole.version == "2026112001"
    some = provider.observe(Scope("dns", ZONE, frozenset({"mail", "absent"})))
    assert dict(some.resources) == {MAIL.key: MAIL}
    assert provider.ready(MX.key).ready


def test_what_cannot_be_observed(provider: Impatient, file: Path) -> None:
    """Each way not to find a zone is an error of its own, never an empty zone."""
    with pytest.raises(Unsupported):
        provider.observe(Scope("tenant", "x.onmicrosoft.com"))
    for zone in ("example.org", "", "../example.com", ".", "a\0b"):
        with pytest.raises(NotFound):
            provider.observe(Scope("dns", zone))
    file.unlink()
    file.mkdir()
    with pytest.raises((Unavailable, Forbidden)):
        provider.observe(SCOPE)


@pytest.mark.parametrize("data", [b"", b"\0" * 512, TEXT.encode("utf-16"), TEXT.encode()[:60], b"\xff\xfe"])
def test_a_damaged_file_is_no_empty_zone(provider: Impatient, file: Path, data: bytes) -> None:
    """Empty, zeroed, cut off or in another encoding: refused with the file's name, and left alone."""
    file.write_bytes(data)
    with pytest.raises(Invalid, match=r"zones/example\.com\.zone:1"):
        provider.observe(SCOPE)
    (outcome,) = provider.apply([change(None, SPF)])
    assert outcome.status is Status.FAILED
    assert file.read_bytes() == data


def test_all_mistakes_of_a_file_at_once(provider: Impatient, file: Path) -> None:
    """The message names each with its line; of very many, the first and how many more."""
    file.write_text(TEXT + "a A x\n$INCLUDE y\nb MX\n", encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        provider.observe(SCOPE)
    for place in ("zones/example.com.zone:8:1", "zones/example.com.zone:9:1", "zones/example.com.zone:10:1"):
        assert place in str(caught.value)
    file.write_text(TEXT + "a A x\n" * 120, encoding="utf-8")
    with pytest.raises(Invalid, match="and 70 more"):
        provider.observe(SCOPE)


def test_octets_that_are_no_text_survive(provider: Impatient, file: Path) -> None:
    """Latin-1 in a comment or a text, and CRLF, come through an edit octet for octet."""
    data = TEXT.encode().replace(b"; by hand", b"; c\xf3pia") + b'x TXT "\xf3" ; \xff\n'
    data = data.replace(b"\n", b"\r\n")
    file.write_bytes(data)
    assert statuses(provider.apply([change(MAIL, None)])) == [Status.DONE]
    expected = data.replace(b"mail A 192.0.2.1\r\n", b"").replace(b"2026112001", b"2026112101")
    assert file.read_bytes() == expected


def test_apply_is_one_edit(provider: Impatient, file: Path) -> None:
    """A batch is written at once, as a person would have written it."""
    host = record_set("A", "www", 60, "192.0.2.7")
    batch = [change(MX, NEW_MX), change(None, SPF), change(WWW, None), change(None, host)]
    assert statuses(provider.apply(batch)) == [Status.DONE] * 4
    assert (
        file.read_text(encoding="utf-8")
        == """\
; by hand
$TTL 3600
@ IN SOA ns1.example.net. host.example.com. 2026112101 7200 3600 1209600 300
  IN NS ns1.example.net.
@ 3600 IN MX 0 example-com.mail.protection.outlook.com.
@ 300 IN TXT "v=spf1 -all"
mail A 192.0.2.1
www 60 IN A 192.0.2.7
"""
    )
    assert list(file.parent.iterdir()) == [file]


def test_applied_again_nothing_is_written(provider: Impatient, file: Path) -> None:
    """What holds already is done, and the file is not touched: same inode, same time."""
    batch = [change(MX, NEW_MX), change(WWW, None)]
    assert statuses(provider.apply(batch)) == [Status.DONE, Status.DONE]
    before = file.stat()
    assert statuses(provider.apply(batch)) == [Status.DONE, Status.DONE]
    assert statuses(provider.apply([])) == []
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_change_that_moved_is_refused_alone(provider: Impatient, file: Path) -> None:
    """A hand edit is kept, the change that did not know of it is refused, the others go on."""
    file.write_text(TEXT.replace("10 mail", "20 mail"), encoding="utf-8")
    moved, done = provider.apply([change(MX, NEW_MX), change(None, SPF)])
    assert (moved.status, done.status) == (Status.REFUSED, Status.DONE)
    assert "plan again" in moved.detail
    assert "IN MX 20 mail ; the old one" in file.read_text(encoding="utf-8")
    assert '"v=spf1 -all"' in file.read_text(encoding="utf-8")


def test_a_change_that_cannot_be_held_fails_alone(provider: Impatient, file: Path) -> None:
    """What a zone cannot hold fails with its reason, before anything is written; the others go on."""
    bad = [
        change(None, record_set("CNAME", "mail", 60, "a.example.")),
        change(None, record_set("A", "x", 60, "192.0.2.999")),
        change(None, record_set("A", "y", -1, "192.0.2.9")),
        change(None, record_set("SOA", "@", 60, "a. b. 1 2 3 4 5")),
        change(None, record_set("A", "Upper", 60, "192.0.2.9")),
        change(record_set("NS", "@", 3600, "ns1.example.net."), None),
        Change(
            Key("dns", "example.org", "A", "x"), None, RecordSet(Key("dns", "example.org", "A", "x"), 1, ("1.1.1.1",))
        ),
    ]
    outcomes = list(provider.apply([change(None, SPF), *bad]))
    assert statuses(outcomes) == [Status.DONE] + [Status.FAILED] * len(bad)
    assert all(one.detail for one in outcomes[1:])
    assert [one.key for one in outcomes] == [SPF.key, *(one.key for one in bad)]
    assert '"v=spf1 -all"' in file.read_text(encoding="utf-8")


def test_values_are_put_into_normal_form(provider: Impatient) -> None:
    """What is not in normal form is written in it, and counts as the same."""
    loose = record_set("MX", "@", 3600, "10 MAIL.example.com")
    assert provider.normalise(loose) == MX
    assert provider.normalise(MX) is MX
    assert statuses(provider.apply([change(None, loose)])) == [Status.DONE]
    assert provider.observe(SCOPE).version == "2026112001"


def test_mode_owner_and_link_stay(provider: Impatient, file: Path) -> None:
    """The new file has the mode and owner of the old one, and a symbolic link stays one."""
    real = file.parent.parent / "real.zone"
    file.rename(real)
    file.symlink_to(real)
    real.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(real, 1234, 1235)
    before = real.stat()
    assert statuses(provider.apply([change(None, SPF)])) == [Status.DONE]
    after = real.stat()
    assert after.st_ino != before.st_ino
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert file.is_symlink()


def test_a_locked_file_is_waited_for_in_vain(provider: Impatient, file: Path) -> None:
    """While another process writes, nothing is written, and the outcome says when to come back."""
    with file.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        (outcome,) = provider.apply([change(None, SPF)])
    assert outcome.status is Status.FAILED
    assert outcome.retry_after > 0
    assert file.read_text(encoding="utf-8") == TEXT
    assert statuses(provider.apply([change(None, SPF)])) == [Status.DONE]


class Overtaken(Impatient):
    """Somebody writes the file by hand between our reading and our writing."""

    def today(self) -> date:
        path = next(self.folder.glob("*.zone"))
        path.write_text(TEXT + "hand A 192.0.2.3\n", encoding="utf-8")
        return super().today()

    folder = Path()


def test_an_edit_in_the_last_moment_is_kept(tmp_path: Path, file: Path) -> None:
    """An editor that knows no lock wins: its text stays, our change is refused."""
    provider = Overtaken("files", {"directory": "zones"}, tmp_path)
    provider.folder = file.parent
    (outcome,) = provider.apply([change(None, SPF)])
    assert outcome.status is Status.REFUSED
    assert file.read_text(encoding="utf-8") == TEXT + "hand A 192.0.2.3\n"
    assert list(file.parent.iterdir()) == [file]


def test_what_a_killed_run_left_is_no_hindrance(provider: Impatient, file: Path) -> None:
    """A temporary file from a run that was killed is replaced, and gone afterwards."""
    (file.parent / f".{file.name}.new").write_text("half", encoding="utf-8")
    assert statuses(provider.apply([change(None, SPF)])) == [Status.DONE]
    assert list(file.parent.iterdir()) == [file]


WRITER = """
import sys
from pathlib import Path
from providers.zonefile import ZoneFileProvider
from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet

folder, start, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
provider = ZoneFileProvider("files", {"directory": "zones"}, folder)
print("ready", flush=True)
for number in range(start, start + count):
    key = Key("dns", "example.com", "TXT", f"h{number}")
    (outcome,) = provider.apply([Change(key, None, RecordSet(key, 60, ("x" * 200,)))])
    assert outcome.status == "done", outcome
"""


def writer(folder: Path, start: int, count: int) -> subprocess.Popen[bytes]:
    """A process that adds so many record sets, one by one; it is at it when this returns."""
    command = [sys.executable, "-c", WRITER, str(folder), str(start), str(count)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_two_writers_lose_nothing(tmp_path: Path, file: Path) -> None:
    """Two processes that write the same file at once both get all their changes in."""
    both = [writer(tmp_path, 0, 30), writer(tmp_path, 100, 30)]
    assert [one.wait() for one in both] == [0, 0]
    provider = Impatient("files", {"directory": "zones"}, tmp_path)
    names = {one.name for one in provider.observe(SCOPE).resources}
    assert {f"h{number}" for number in [*range(30), *range(100, 130)]} <= names
    for one in both:
        assert one.stdout is not None
        one.stdout.close()


def test_a_kill_leaves_a_whole_file(tmp_path: Path, file: Path) -> None:
    """Killed at any moment, a writer leaves a file that can be read and that holds each of its changes whole."""
    for round_ in range(8):
        process = writer(tmp_path, round_ * 10_000, 10_000)
        time.sleep(0.003 * round_)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        held = Impatient("files", {"directory": "zones"}, tmp_path).observe(SCOPE).resources
        assert {MX.key, MAIL.key, WWW.key} <= set(held)
        numbers = sorted(int(one.name[1:]) for one in held if one.name.startswith("h"))
        last = [number for number in numbers if number >= round_ * 10_000]
        assert last == list(range(round_ * 10_000, round_ * 10_000 + len(last)))


@pytest.mark.parametrize(
    ("wished", "reason"),
    [
        (record_set("CNAME", "@", 60, "a.example."), "cannot stand at the zone's own name"),
        (record_set("CNAME", "x", 60, "a.example.", "b.example."), "one CNAME"),
        (record_set("A", "x", 2**31, "192.0.2.1"), "outside 0 to"),
        (record_set("A", "x", -1, "192.0.2.1"), "outside 0 to"),
        (record_set("A", "x", 60), "needs a value"),
        (record_set("A", "x", 60, "nonsense"), "IPv4"),
        (record_set("MX", "x", 60, "10 mail"), "one label"),
        (record_set("TXT", "x", 60, "x" * 65536), "too long"),
        (record_set("SOA", "@", 60, "a. b. 1 2 3 4 5"), "cannot be written"),
        (record_set("FOO", "@", 60, "x"), "cannot be written"),
        (record_set("A", "x" * 64, 60, "192.0.2.1"), "63 octets"),
        (record_set("A", "X", 60, "192.0.2.1"), "lower case"),
        (Group(Key("tenant", "t", "group", "g"), "g"), "holds no group"),
    ],
)
def test_refusals(provider: Impatient, wished: RecordSet | Group, reason: str) -> None:
    """What a zone file cannot hold is found offline, at its address."""
    (found,) = provider.refusals([wished])
    assert reason in str(found)
    assert found.address == wished.key.address


def test_a_cname_beside_other_wishes_is_refused(provider: Impatient) -> None:
    """Two wishes that cannot stand at one name are one finding; the same names in two zones are none."""
    elsewhere = RecordSet(Key("dns", "example.org", "A", "www"), 60, ("192.0.2.1",))
    assert list(provider.refusals([WWW, MAIL, elsewhere])) == []
    (found,) = provider.refusals([WWW, record_set("A", "www", 60, "192.0.2.1"), record_set("TXT", "www", 60, "x")])
    assert "beside A, TXT" in found.summary
    assert found.address == WWW.key.address
