"""A run with recognisable secrets everywhere: no file, log or output contains them."""

import stat
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]  # it brings no types

from tests.cli.folder import Folder
from tests.cli.terminal import terminal
from tests.endtoend.people import account
from tests.endtoend.place import Place
from tests.running import Done

PHRASE = "correct horse battery staple"
SEED = "seed-that-nobody-may-see"
TOKEN = "token-out-of-the-environment"
#: Commands whose output anybody may read, with what they leave behind.
COMMANDS: tuple[tuple[Any, ...], ...] = (
    (0, "plan", "--json", "--customer", "acme", "--out", "plan.json", "--output", "html://plan.html"),
    (0, "apply", "plan.json", "--json"),
    (0, "show", "plan.json"),
    (0, "status"),
    (0, "drift", "--customer", "acme", "--output", "json://drift.json", "--output", "html://drift.html"),
    (0, "validate", "--json"),
    (1, "passwords", "--customer", "beta"),
)


class Stage:
    """Two customers with new users: one whose passwords go to a passphrase, one with a recipient."""

    def __init__(self, root: Path) -> None:
        self.identity = pyrage.x25519.Identity.generate()
        self.folder = Folder(root).with_people()
        self.place = Place(root)
        self.place.spec(
            "tenant: beta.onmicrosoft.com\nusers: {usage_location: MX}\n"
            f"passwords: {{recipient: {self.identity.to_public()}}}\n"
            "accounts: [{address: eva@beta.onmicrosoft.com, name: Eva, new: true}]\n",
            "beta",
        )
        self.place.tenant("beta.onmicrosoft.com", seed=SEED, users=[])
        (root / "key.txt").write_text(str(self.identity))
        (root / "tmp").mkdir()
        self.environment = {"TOKEN": TOKEN, "TMPDIR": str(root / "tmp"), "RECONCILER_SPECS": str(self.place.specs)}

    def applied(self) -> str:
        """Apply at a terminal; what was on the screen."""
        with terminal(self.folder, "apply", environment=self.environment) as shown:
            for text in ("yes", PHRASE, PHRASE, "yes"):
                shown.expect(": ")
                shown.type(text)
            assert shown.end() == 0, shown.seen
        return shown.seen

    def slips(self) -> tuple[str, str]:
        """The passwords of both, by passphrase and by identity; and what was on the screen."""
        with terminal(self.folder, "passwords", "--customer", "acme", environment=self.environment) as shown:
            shown.expect("Passphrase")
            shown.type(PHRASE)
            assert shown.end() == 0, shown.seen
        first = next(line.split()[1] for line in shown.seen.splitlines() if line.strip().startswith("password "))
        done = self.run("passwords", "--customer", "beta", "--identity", "key.txt", "--json")
        return first, done.json["slips"][0]["password"]

    def run(self, *words: str) -> Done:
        """A command without a terminal."""
        return self.place.run(*words, **self.environment)

    def files(self) -> dict[Path, str]:
        """Every file but the key itself."""
        files = (path for path in self.place.root.rglob("*") if path.is_file() and path.name != "key.txt")
        return {path: path.read_text(errors="replace") for path in files}


def test_nowhere(tmp_path: Path) -> None:
    """Passphrase, key, new passwords, seeds and the environment are in no file and on no screen."""
    stage = Stage(tmp_path)
    screens = [stage.applied()]
    users = [*stage.place.users().values(), *stage.place.users("beta.onmicrosoft.com").values()]
    assert {account("ana"), "eva@beta.onmicrosoft.com"} <= {one["upn"] for one in users}
    passwords = stage.slips()
    assert all(len(one) == 20 for one in passwords)
    for code, *words in COMMANDS:
        done = stage.run(*words)
        assert done.code == code, (words, done)
        screens.append(done.out + done.err)
    hidden = (PHRASE, str(stage.identity), *passwords, TOKEN)
    for text in (*screens, *stage.files().values()):
        assert not [one for one in hidden if one in text], text
    elsewhere = [text for path, text in stage.files().items() if path.parent.name != "tenants"]
    assert not [text for text in (*screens, *elsewhere) if SEED in text]

    _assert_private(stage)


def _assert_private(stage: Stage) -> None:
    """State, plans and reports may be read by their owner alone; who looked at a password is on record."""
    made = [path for path in stage.files() if path.parent.parent.name == "state" or path.parent == stage.place.root]
    assert {path.name for path in made} >= {"journal.jsonl", "head.json", "passwords.jsonl", "plan.json", "drift.html"}
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in made} == {path.name: 0o600 for path in made}
    reveals = [entry["user"] for entry in stage.place.journal("beta") if entry["type"] == "reveal"]
    assert reveals == ["eva@beta.onmicrosoft.com"]


def test_workspace(tmp_path: Path) -> None:
    """Neither a secret written out in the workspace nor the one a reference names is told with the mistake."""
    place = Place.empty(tmp_path).spec("domains: {acme.example: {}}\n")
    text = (place.specs / "workspace.yaml").read_text()
    for secret in ("{env: TOKEN}", TOKEN, f"[{TOKEN}]"):
        entry = f"directory: zones, api_token: {secret}}}"
        (place.specs / "workspace.yaml").write_text(text.replace("directory: zones}", entry))
        place.zone()
        for command in ("validate", "plan"):
            done = place.run(command, TOKEN=TOKEN)
            assert TOKEN not in done.out + done.err, done
            assert (done.code, "api_token" in done.err) == (1, True)
