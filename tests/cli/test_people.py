"""`passwords`: who may look, and that each look is on record before anything is shown."""

import json
import subprocess
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # it brings no types
import pytest

from tests.cli.folder import Folder
from tests.cli.terminal import terminal
from tests.cli.test_apply import PROMPT, planned

USER = "ana@acme.onmicrosoft.com"


@pytest.fixture(scope="module")
def identity() -> pyrage.x25519.Identity:
    """A key pair."""
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def acme(tmp_path: Path, identity: pyrage.x25519.Identity) -> Folder:
    """A customer with a new user whose password is sealed to the key; the key is in key.txt."""
    folder = Folder(tmp_path).with_people(str(identity.to_public()))
    (tmp_path / "key.txt").write_text(f"# made for a test\n{identity}\n")
    assert folder.call("apply", planned(folder)).code == 0
    return folder


def key(folder: Folder) -> list[str]:
    return ["--identity", str(folder.root / "key.txt")]


def reveals(folder: Folder) -> list[str]:
    """Whose passwords were looked at, says the journal."""
    return [entry["user"] for entry in folder.journal("acme") if entry["type"] == "reveal"]


def test_slips(acme: Folder) -> None:
    """The slip names the account and its password, and the look is on record."""
    done = acme.call("passwords", *key(acme))
    assert (done.code, done.out.splitlines()[0]) == (0, USER)
    assert len(done.out.split("password  ")[1].split()[0]) == 20
    assert reveals(acme) == [USER]
    assert acme.call("plan").code == 0, "the journal is whole"


def test_json(acme: Folder) -> None:
    """For machines the slips are a document."""
    paper = acme.call("passwords", "--json", *key(acme), "--user", USER).json
    assert (paper["kind"], paper["customer"], paper["slips"][0]["upn"]) == ("passwords", "acme", USER)


def test_only_who_was_asked_for(acme: Folder) -> None:
    """An unknown user is exit 1 and no look; nothing is shown."""
    done = acme.call("passwords", *key(acme), "--user", "bob")
    assert (done.code, done.out, reveals(acme)) == (1, "", [])
    assert USER in done.err


def test_the_wrong_key_is_3(acme: Folder) -> None:
    """A key that opens nothing is refused."""
    (acme.root / "key.txt").write_text(str(pyrage.x25519.Identity.generate()))
    done = acme.call("passwords", *key(acme))
    assert (done.code, done.out, reveals(acme)) == (3, "", [])


@pytest.mark.parametrize("text", ["AGE-SECRET-KEY-1BROKEN", None])
def test_no_key_is_1(acme: Folder, text: str | None) -> None:
    """A broken or missing key file is an error."""
    (acme.root / "key.txt").unlink()
    if text:
        (acme.root / "key.txt").write_text(text)
    assert acme.call("passwords", *key(acme)).code == 1


def test_nobody_to_ask_is_1(acme: Folder) -> None:
    """Without --identity and without a terminal nobody can give a passphrase."""
    assert acme.call("passwords").code == 1


def test_no_passwords_is_3(acme: Folder) -> None:
    """A named customer without new users says so; unnamed ones are left out."""
    acme.with_zone("beta")
    assert acme.call("passwords", *key(acme), "--customer", "beta").code == 3
    assert acme.call("passwords", *key(acme)).code == 0
    assert not acme.state("beta").exists()


def test_a_look_that_cannot_be_recorded_is_3(acme: Folder) -> None:
    """No record, no password: the journal comes first."""
    journal = acme.state("acme") / "journal.jsonl"
    journal.write_text(journal.read_text().replace("apply", "appli", 1))
    done = acme.call("passwords", *key(acme))
    assert (done.code, done.out) == (3, "")


def test_a_password_that_cannot_be_opened_is_1(acme: Folder) -> None:
    """What can be opened is shown; what cannot is told, with exit 1."""
    with (acme.state("acme") / "passwords.jsonl").open("a") as store:
        entry = {"user": "bob", "upn": "bob@x", "sealed": "AAAA", "run": "r", "time": "t"}
        store.write(json.dumps(entry) + "\n")
    done = acme.call("passwords", *key(acme))
    assert (done.code, USER in done.out, reveals(acme)) == (1, True, [USER])
    assert "1 of 2" in done.err


def test_the_passphrase(tmp_path: Path) -> None:
    """Without a key in the spec the passphrase that was typed at apply opens them; it is never shown."""
    folder = Folder(tmp_path).with_people()
    with terminal(folder, "apply") as shown:
        shown.expect(PROMPT)
        shown.type("yes")
        for prompt in ("New passphrase: ", "The same again: "):
            shown.expect(prompt)
            shown.type("horse-battery")
        assert shown.end() == 0
    with terminal(folder, "passwords") as shown:
        shown.expect("Passphrase of the passwords: ")
        shown.type("horse-battery")
        assert shown.end() == 0
        assert USER in shown.seen
        assert "horse" not in shown.seen
    with terminal(folder, "passwords") as shown:
        shown.expect("Passphrase of the passwords: ")
        shown.type("wrong")
        assert shown.end() == 3
    clear = [path for path in tmp_path.rglob("*") if path.is_file() and b"horse-battery" in path.read_bytes()]
    assert clear == []


def test_passwords_are_nowhere_else(acme: Folder) -> None:
    """The password is on the slip alone: not in the tenant's file, the journal, the plan or the store."""
    paper = acme.call("passwords", "--json", *key(acme)).json
    password = paper["slips"][0]["password"].encode()
    files = [path for path in acme.root.rglob("*") if path.is_file()]
    assert [path for path in files if password in path.read_bytes()] == []
    assert subprocess.run(["grep", "-c", "reveal", acme.state("acme") / "journal.jsonl"], check=True).returncode == 0
