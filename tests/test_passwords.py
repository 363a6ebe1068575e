"""First passwords: strong, sealed at once, durable, opened only by the right key, and never in the clear on disk."""

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # it brings no types
import pytest

from reconciler.model.diagnostic import Severity
from reconciler.model.errors import Refused, SpecError
from reconciler.model.value import Secret
from reconciler.passwords import CLASSES, PasswordStore, Revealed, Sink, generate, needs_passphrase, open_store, reveal

ROOT = Path(__file__).resolve().parents[1]
PASSPHRASE = Secret("horse, battery and staple")


class Now:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 21, 20, 0, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")


class Keys:
    """A key pair of age."""

    def __init__(self) -> None:
        identity = pyrage.x25519.Identity.generate()
        self.private, self.public = Secret(str(identity)), str(identity.to_public())


@pytest.fixture
def keys() -> Keys:
    """A fresh key pair."""
    return Keys()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store will be: in a folder that is not there yet."""
    return tmp_path / "state" / "passwords.jsonl"


@pytest.fixture(scope="module")
def sealed_with_passphrase(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with an own key and one password in it, made once because scrypt is slow."""
    path = tmp_path_factory.mktemp("made") / "passwords.jsonl"
    store = open_store(path, clock=Now(), run="run-1", passphrase=PASSPHRASE)
    store.keep("ana", "ana@shop.example", Secret("first"))
    return path.read_bytes()


def opened(path: Path, keys: Keys) -> PasswordStore:
    """The store at a path, sealing to a key pair."""
    return open_store(path, clock=Now(), run="run-1", recipient=keys.public)


def shown(found: Revealed) -> list[tuple[str, str]]:
    """Whose password, and which."""
    return [(slip.kept.user, slip.password.reveal()) for slip in found.slips]


def test_passwords_are_strong_and_legible() -> None:
    """Twenty characters, each class in each, a letter first, no look-alikes, never the same twice."""
    made = [generate().reveal() for _ in range(500)]
    assert len(set(made)) == 500
    for text in made:
        assert len(text) == 20
        assert text[0].isalpha()
        assert all(set(text) & set(one) for one in CLASSES)
        assert not set(text) & set("IlO0o1|'\"\\`$&<>,; ")
    assert set("".join(made)) == set("".join(CLASSES))


def test_it_is_a_sink(path: Path, keys: Keys) -> None:
    """The store can stand where a sink is asked for."""
    sink: Sink = opened(path, keys)
    assert sink.keep("ana", "ana@shop.example", generate()) is None  # type: ignore[func-returns-value]


def test_what_was_kept_is_revealed(path: Path, keys: Keys) -> None:
    """In order, with whose it is, from which run and when; a second run adds to the first."""
    opened(path, keys).keep("ana", "ana@shop.example", Secret("ñ-first"))
    open_store(path, clock=Now(), run="run-2", recipient=keys.public).keep("ben", "b@shop.example", Secret("second"))
    found = reveal(path, keys.private)
    assert shown(found) == [("ana", "ñ-first"), ("ben", "second")]
    assert found.diagnostics == ()
    kept = found.slips[1].kept
    assert (kept.upn, kept.run, kept.time) == ("b@shop.example", "run-2", "2026-11-21T20:00:00+00:00")


def test_a_whole_key_file_opens_too(path: Path, keys: Keys) -> None:
    """The text of a key file with its comments, or several keys, will do."""
    opened(path, keys).keep("ana", "a@shop.example", Secret("first"))
    file = f"# created: 2026\n# public key: {keys.public}\n{Keys().private.reveal()}\n{keys.private.reveal()}\n"
    assert shown(reveal(path, Secret(file))) == [("ana", "first")]


def test_no_password_on_disk(path: Path, keys: Keys) -> None:
    """No file of the folder holds a clear password, and a slip does not print one."""
    store = opened(path, keys)
    password = generate()
    store.keep("ana", "a@shop.example", password)
    for file in path.parent.iterdir():
        assert password.reveal().encode() not in file.read_bytes()
    assert password.reveal() not in repr(reveal(path, keys.private))


def test_the_file_is_the_owners_alone(path: Path, keys: Keys) -> None:
    """Folder 0700, file 0600, also when it had been opened wider."""
    store = opened(path, keys)
    store.keep("ana", "a@shop.example", Secret("x"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    store.keep("ben", "b@shop.example", Secret("x"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lines_have_the_published_shape(path: Path, keys: Keys) -> None:
    """Each line is one JSON object with these names and no other."""
    opened(path, keys).keep("ana", "a@shop.example", Secret("x"))
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert set(json.loads(line)) == {"user", "upn", "sealed", "run", "time"}


def test_find_tells_what_is_kept(path: Path, keys: Keys) -> None:
    """The last one of a user; none for another, or before anything was kept."""
    store = opened(path, keys)
    assert store.find("ana") is None
    store.keep("ana", "old@shop.example", Secret("1"))
    store.keep("ana", "new@shop.example", Secret("2"))
    found = store.find("ana")
    assert found is not None
    assert found.upn == "new@shop.example"
    assert store.find("ben") is None


def test_a_wrong_key_opens_nothing(path: Path, keys: Keys) -> None:
    """It is said plainly; a broken key is the author's mistake."""
    opened(path, keys).keep("ana", "a@shop.example", Secret("x"))
    with pytest.raises(Refused, match="opens none"):
        reveal(path, Keys().private)
    with pytest.raises(SpecError, match="no age private key"):
        reveal(path, Secret("AGE-SECRET-KEY-1NONSENSE"))
    with pytest.raises(Refused, match="no passphrase was ever set"):
        reveal(path, PASSPHRASE)


def test_what_another_key_sealed_is_counted(path: Path, keys: Keys) -> None:
    """After the spec's key changed, either key opens its own passwords and names how many it does not open."""
    opened(path, keys).keep("ana", "a@shop.example", Secret("x"))
    opened(path, Keys()).keep("ben", "b@shop.example", Secret("y"))
    found = reveal(path, keys.private)
    assert shown(found) == [("ana", "x")]
    assert "1 of 2" in found.diagnostics[0].summary
    assert found.diagnostics[0].severity is Severity.ERROR


@pytest.mark.parametrize("recipient", ["x", "age1qqqq", "AGE-SECRET-KEY-1X", "ssh-ed25519 AAAA"])
def test_a_wrong_recipient_is_the_authors_mistake(path: Path, recipient: str) -> None:
    """Found before any password is made, and nothing is written."""
    with pytest.raises(SpecError, match="no age public key"):
        open_store(path, clock=Now(), run="r", recipient=recipient)
    assert not path.exists()


def test_something_must_seal(path: Path) -> None:
    """Without recipient, passphrase and own key there is no store, and an empty passphrase is none."""
    assert needs_passphrase(path)
    with pytest.raises(SpecError, match="nothing to be sealed to"):
        open_store(path, clock=Now(), run="r")
    with pytest.raises(Refused, match="empty"):
        open_store(path, clock=Now(), run="r", passphrase=Secret(""))
    with pytest.raises(Refused, match="there is no password store"):
        reveal(path, PASSPHRASE)
    assert not path.exists()


def test_a_passphrase_is_asked_once(path: Path, sealed_with_passphrase: bytes) -> None:
    """Later runs seal to the store's own key without it; the passphrase opens everything."""
    path.parent.mkdir()
    path.write_bytes(sealed_with_passphrase)
    assert not needs_passphrase(path)
    store = open_store(path, clock=Now(), run="run-2")
    for number in range(3):
        store.keep(f"user{number}", "u@shop.example", Secret(str(number)))
    assert shown(reveal(path, PASSPHRASE)) == [("ana", "first"), ("user0", "0"), ("user1", "1"), ("user2", "2")]
    assert path.read_bytes().count(b'"identity"') == 1
    assert PASSPHRASE.reveal().encode() not in path.read_bytes()
    assert b"AGE-SECRET-KEY" not in path.read_bytes()


def test_a_wrong_passphrase_is_refused(path: Path, sealed_with_passphrase: bytes) -> None:
    """When opening to seal and when revealing; nothing is written."""
    path.parent.mkdir()
    path.write_bytes(sealed_with_passphrase)
    with pytest.raises(Refused, match="not the one"):
        reveal(path, Secret("wrong"))
    with pytest.raises(Refused, match="not the one"):
        open_store(path, clock=Now(), run="r", passphrase=Secret("wrong"))
    assert path.read_bytes() == sealed_with_passphrase


def test_a_line_cut_anywhere_is_ignored(path: Path, keys: Keys) -> None:
    """However short a crash cut the last line, the others are read, and the next line starts afresh."""
    store = opened(path, keys)
    store.keep("ana", "a@shop.example", Secret("x"))
    first = path.read_bytes()
    store.keep("ben", "b@shop.example", Secret("y"))
    second = path.read_bytes()[len(first) :]
    for length in range(1, len(second) - 1):
        path.write_bytes(first + second[:length])
        assert store.find("ben") is None
    for length in (1, 40, len(second) - 2):
        path.write_bytes(first + second[:length])
        store.keep("eve", "e@shop.example", Secret("z"))
        found = reveal(path, keys.private)
        assert shown(found) == [("ana", "x"), ("eve", "z")]
        (told,) = found.diagnostics
        assert (told.severity, told.origin.line) == (Severity.WARNING, 2)


def test_a_whole_line_without_its_end_counts(path: Path, keys: Keys) -> None:
    """Only the line end is missing: the password is there, and the next line does not run into it."""
    store = opened(path, keys)
    store.keep("ana", "a@shop.example", Secret("x"))
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert store.find("ana")
    store.keep("ben", "b@shop.example", Secret("y"))
    assert shown(reveal(path, keys.private)) == [("ana", "x"), ("ben", "y")]


DAMAGE = ['{"user": "ana"}', '{"user": 1, "upn": "", "sealed": "", "run": "", "time": ""}', "{nonsense}", "\x00}", "{}"]


@pytest.mark.parametrize("line", DAMAGE)
def test_a_damaged_store_is_named(path: Path, keys: Keys, line: str) -> None:
    """Nothing is resumed on a damaged store; what can be revealed is, with file and line of what cannot."""
    store = opened(path, keys)
    store.keep("ana", "a@shop.example", Secret("x"))
    path.write_bytes(line.encode() + b"\n" + path.read_bytes())
    with pytest.raises(Refused, match="damaged"):
        store.find("ana")
    found = reveal(path, keys.private)
    assert shown(found) == [("ana", "x")]
    (told,) = found.diagnostics
    assert (told.severity, told.origin) == (Severity.ERROR, (str(path), 1, 0, ""))


def test_a_damaged_password_is_counted(path: Path, keys: Keys) -> None:
    """A sealed text that was altered opens no more, and the rest does."""
    store = opened(path, keys)
    store.keep("ana", "a@shop.example", Secret("x"))
    entry = json.loads(path.read_text(encoding="utf-8"))
    for sealed in ("", "!", entry["sealed"][:-8] + "AAAAAAA="):
        path.write_text(json.dumps(entry | {"sealed": sealed}) + "\n", encoding="utf-8")
        store.keep("ben", "b@shop.example", Secret("y"))
        found = reveal(path, keys.private)
        assert shown(found) == [("ben", "y")]
        assert "1 of 2" in found.diagnostics[0].summary


def test_a_store_that_cannot_be_written_refuses(tmp_path: Path, keys: Keys) -> None:
    """The account is not made: keeping raises, and says why."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Refused, match="cannot be used"):
        opened(tmp_path / "file" / "passwords.jsonl", keys).keep("ana", "a@shop.example", Secret("x"))
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="cannot be used"):
        opened(tmp_path / "link", keys).keep("ana", "a@shop.example", Secret("x"))
    with pytest.raises(Refused, match="cannot be used"):
        opened(tmp_path, keys).find("ana")


WRITER = """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from reconciler.clock import SystemClock
    from reconciler.model.value import Secret
    from reconciler.passwords import open_store

    store = open_store(Path(sys.argv[1]), clock=SystemClock(), run="r", recipient=sys.argv[2])
    for number in range(100_000):
        store.keep(str(number), "u@shop.example", Secret(str(number)))
        print(number, flush=True)
"""


def test_what_keep_returned_for_survives_a_kill(path: Path, keys: Keys) -> None:
    """SIGKILL between any two moments: every password that was reported as kept is in the store."""
    for wait in (1, 7, 30):
        path.unlink(missing_ok=True)
        command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), keys.public]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as child:
            assert child.stdout
            reported = [child.stdout.readline().strip() for _ in range(wait)]
            child.send_signal(signal.SIGKILL)
        found = [user for user, _ in shown(reveal(path, keys.private))]
        assert found[:wait] == reported


def test_two_writers_do_not_mix_lines(path: Path, keys: Keys) -> None:
    """Lines of two processes never run into each other."""
    path.parent.mkdir()
    script = textwrap.dedent(WRITER).replace("100_000", "30")
    command = [sys.executable, "-c", script, str(path), keys.public]
    children = [subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) for _ in range(2)]
    assert [child.wait() for child in children] == [0, 0]
    found = reveal(path, keys.private)
    assert len(found.slips) == 60
    assert found.diagnostics == ()


def test_reading_needs_no_age(path: Path) -> None:
    """The library that seals is loaded when something is sealed or opened, not before."""
    code = "import sys, reconciler.passwords; sys.exit('pyrage' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, env=os.environ).returncode == 0
