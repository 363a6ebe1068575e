"""`providers`, `schema`, `unlock`, `completion`, and `--changed-since`."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.clock import SystemClock
from reconciler.lease import acquire, peek, this_process
from tests.cli.folder import Folder
from tests.running import surroundings

INSTALLED = (
    "installed adapters: cloudflare, exchange, manual, memory, microsoft365, rfc2136, route53, tenantfile, zonefile"
)


@pytest.fixture
def acme(tmp_path: Path) -> Folder:
    """One customer with a zone."""
    return Folder(tmp_path).with_zone("acme")


# providers


def test_providers_lists_adapters_and_providers(acme: Folder) -> None:
    """Installed adapters, and the workspace's providers with what they can do."""
    done = acme.call("providers")
    assert done.code == 0
    assert INSTALLED in done.out
    assert "zones (zonefile)" in done.out
    paper = acme.call("providers", "--json").json
    assert [one["name"] for one in paper["providers"]] == ["zones", "tenants"]
    assert paper["providers"][0]["kinds"]["MX"]["verbs"] == ["create", "delete", "update"]


def test_providers_without_a_workspace(tmp_path: Path) -> None:
    """The adapters can be listed before there is a workspace; a folder that was named must be one."""
    folder = Folder(tmp_path)
    (folder.specs / "workspace.yaml").unlink()
    done = folder.run("providers")
    assert (done.code, done.out) == (
        0,
        f"{INSTALLED}\n",
    )
    assert folder.run("providers", "--specs", "specs").code == 1


def test_check_reads_everything(acme: Folder) -> None:
    """--check says of each zone and tenant whether it can be read; exit 1 when one cannot."""
    acme.with_zone("beta")
    good = acme.call("providers", "--check")
    assert (good.code, "acme  zones:acme.example  2 read 1" in good.out) == (0, True), good
    acme.zone("beta").unlink()
    bad = acme.call("providers", "--check", "--json")
    assert (bad.code, [one["readable"] for one in bad.json["checks"]]) == (1, [True, False])
    assert "NOT READ" in acme.call("providers", "--check").out
    assert acme.call("providers", "--check", "--customer", "acme").code == 0


def test_a_provider_that_cannot_be_opened_is_1(acme: Folder) -> None:
    """A wrong option is told; the other providers are listed."""
    workspace = acme.specs / "workspace.yaml"
    workspace.write_text(workspace.read_text().replace("directory: tenants", "folder: tenants"))
    for options in ([], ["--check"]):
        done = acme.call("providers", *options)
        assert (done.code, "zones (zonefile)" in done.out, "folder" in done.err) == (1, True, True), done
        assert "workspace.yaml:3:" in done.err


def test_check_of_a_customer_with_mistakes_is_1(acme: Folder) -> None:
    """A spec with mistakes is told, and the other customers are read."""
    acme.with_zone("beta")
    acme.spec("acme").write_text("domainz: {}\n")
    done = acme.call("providers", "--check")
    assert (done.code, "zones:beta.example" in done.out, "domainz" in done.err) == (1, True, True)


# schema


@pytest.mark.parametrize("kind", ["customer", "workspace", "snapshot"])
def test_schema(acme: Folder, kind: str) -> None:
    """The schema is JSON Schema, and needs no folder of specs."""
    done = acme.call("schema", kind, RECONCILER_SPECS="/nonexistent")
    assert (done.code, done.json["$schema"]) == (0, "https://json-schema.org/draft/2020-12/schema")


# unlock


def held(folder: Folder) -> Path:
    """A lease that a living process holds: this one, as run `run7`."""
    path = folder.state("acme") / "lease.json"
    acquire(path, this_process("run7", "https://ci.example/7"), SystemClock())
    return path


def test_unlock_says_who_held_it(acme: Folder) -> None:
    """The holder is named first, then the lock is gone."""
    path = held(acme)
    assert acme.call("plan").code == 0, "a plan takes no lock"
    done = acme.call("unlock", "run7", "--customer", "acme")
    assert (done.code, done.out.splitlines()[1]) == (0, "unlocked")
    assert f"pid {os.getpid()} (run run7, https://ci.example/7)" in done.out
    assert peek(path) is None


def test_unlock_json(acme: Folder) -> None:
    """For machines it is one document."""
    held(acme)
    paper = acme.call("unlock", "run7", "--customer", "acme", "--json").json
    assert (paper["kind"], paper["run"], paper["customer"]) == ("unlock", "run7", "acme")


def test_unlock_of_another_run_is_3(acme: Folder) -> None:
    """Never another run's lock than the one meant; no lock is refused too."""
    assert acme.call("unlock", "run7", "--customer", "acme").code == 3
    path = held(acme)
    done = acme.call("unlock", "run8", "--customer", "acme")
    assert (done.code, "run7" in done.out, peek(path) is None) == (3, True, False)


def test_unlock_with_a_wrong_spec(acme: Folder) -> None:
    """A mistake in the spec does not keep the lock."""
    held(acme)
    acme.spec("acme").write_text("domainz: {}\n")
    assert acme.call("unlock", "run7", "--customer", "acme").code == 0


def test_unlock_of_no_customer_is_1(acme: Folder) -> None:
    """A mistyped customer is an error."""
    assert acme.call("unlock", "run7", "--customer", "amce").code == 1


# completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(acme: Folder, shell: str) -> None:
    """Each shell gets a script that asks us."""
    done = acme.call("completion", shell)
    assert (done.code, "_RECONCILER_COMPLETE" in done.out) == (0, True)


def completions(folder: Folder, *words: str) -> list[str]:
    """What the shell is offered for the last word."""
    given = {"_RECONCILER_COMPLETE": "bash_complete", "COMP_CWORD": str(len(words))}
    done = folder.run(COMP_WORDS="\n".join(["reconciler", *words]), **given)
    assert done.err == ""
    return [line.partition(",")[2] for line in done.out.splitlines() if line]


def test_completion_of_words(acme: Folder) -> None:
    """Commands, options and customers complete; a mistake on the line is no noise."""
    acme.with_zone("acid").with_zone("beta")
    assert completions(acme, "s") == ["status", "show", "schema"]
    assert "--detailed-exitcode" in completions(acme, "plan", "--d")
    assert completions(acme, "plan", "--customer", "ac") == ["acid", "acme"]
    assert completions(acme, "plan", "--specs", "gone", "--customer", "") == []
    completions(acme, "plam", "--customer", "")


# --changed-since


def git(folder: Folder, *arguments: str) -> None:
    """Run git there as somebody."""
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *arguments], cwd=folder.root, env=surroundings({}), check=True, capture_output=True)


@pytest.fixture
def repository(acme: Folder) -> Folder:
    """Three customers under version control."""
    acme.with_zone("beta").with_zone("gamma")
    (acme.root / ".gitignore").write_text("specs/state/\n")
    git(acme, "init")
    git(acme, "add", ".")
    git(acme, "commit", "-m", "first")
    return acme


def changed(folder: Folder, since: str = "HEAD", *more: str) -> list[str]:
    """Customers that --changed-since picks."""
    return [str(one) for one in folder.call("validate", "--json", "--changed-since", since, *more).json["customers"]]


def test_nothing_changed(repository: Folder) -> None:
    """Nothing changed is nothing to do, exit 0."""
    assert changed(repository) == []
    done = repository.call("plan", "--changed-since", "HEAD")
    assert (done.code, done.out) == (0, "no customers\n")
    page = repository.call("plan", "--changed-since", "HEAD", "--output", f"html://{repository.root / 'x'}")
    assert page.code == 0


def test_changed_folders(repository: Folder) -> None:
    """Edited, new and untracked files count; renamed and removed customers do not trouble."""
    repository.spec("beta").write_text(repository.spec("beta").read_text() + "# edited\n")
    assert changed(repository) == ["beta"]
    repository.with_zone("delta")
    shutil.rmtree(repository.spec("gamma").parent)
    assert changed(repository) == ["beta", "delta"]
    assert changed(repository, "HEAD", "--customer", "beta") == ["beta"]
    assert changed(repository, "HEAD", "--customer", "acme") == []
    git(repository, "add", ".")
    git(repository, "commit", "-m", "second")
    assert changed(repository) == []
    assert changed(repository, "HEAD~1") == ["beta", "delta"]


def test_a_changed_workspace_is_everyone(repository: Folder) -> None:
    """What all customers share changes all of them."""
    workspace = repository.specs / "workspace.yaml"
    workspace.write_text(workspace.read_text() + "# edited\n")
    assert changed(repository) == ["acme", "beta", "gamma"]
    assert changed(repository, "HEAD", "--customer", "beta") == ["beta"]


def test_a_shared_file_changes_who_uses_it(repository: Folder) -> None:
    """A file beside the customers' folders changes those whose spec names it; other files change nobody."""
    repository.with_people()
    spec = repository.spec("acme")
    spec.write_text(f"{spec.read_text().partition('accounts:')[0]}accounts: ../people.csv\n")
    people = repository.specs / "people.csv"
    people.write_text("address,kind,name\nana@acme.onmicrosoft.com,person,Ana\n")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "second")
    people.write_text(people.read_text().replace("Ana", "Ana Paz"))
    (repository.specs / "notes.txt").write_text("nobody's\n")
    repository.zone("gamma").write_text(repository.zone("gamma").read_text() + "; touched\n")
    assert changed(repository) == ["acme"]


@pytest.mark.parametrize("since", ["nosuchref", "--output=x", ""])
def test_git_says_no_is_1(repository: Folder, since: str) -> None:
    """A commit that git does not know is an error, never an empty list; an empty one is no limit."""
    done = repository.call("plan", "--changed-since", since)
    assert done.code == (1 if since else 0)
    assert not since or "cannot be told" in done.err or "is no commit" in done.err
    assert not Path("x").exists()


def test_no_repository_is_1(acme: Folder) -> None:
    """Outside a repository nothing can be told to have changed."""
    outside = acme.call("plan", "--changed-since", "HEAD", GIT_CEILING_DIRECTORIES="/")
    assert (outside.code, "cannot be told" in outside.err) == (1, True)


def test_no_git_is_1(acme: Folder) -> None:
    """Without git the sentence says so."""
    done = acme.run("plan", "--changed-since", "HEAD", PATH="/nonexistent")
    assert (done.code, "git cannot be run" in done.err) == (1, True)


def test_specs_are_found(acme: Folder) -> None:
    """`specs` is the default where it holds a workspace, else the current folder; the environment names another."""
    assert acme.run("validate").out.startswith("1 customer")
    shutil.move(acme.specs, acme.root / "other")
    assert acme.run("validate").code == 1
    assert acme.run("validate", RECONCILER_SPECS="other").code == 0
    assert acme.run("validate", "--specs", "other", RECONCILER_SPECS="gone").code == 0
    for path in (acme.root / "other").iterdir():
        shutil.move(path, acme.root / path.name)
    assert json.loads(acme.run("validate", "--json").out)["customers"] == ["acme"]
