"""Which customers a command is about: named, or changed since a commit."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.cli.options import CUSTOMER, WORKSPACE, Chosen
from reconciler.cli.world import Work, World
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import SpecError


def opened(world: World, chosen: Chosen) -> Work:
    """The specs with the customers asked for; what was found beside mistakes is told.

    Raises:
        SpecError: the workspace is wrong, a customer does not exist, or git cannot say what changed.
    """
    names = tuple(dict.fromkeys(chosen.names)) or None
    if chosen.since:
        names = _changed(world, chosen, names)
    work = world.open(chosen.folder, names)
    world.screen.tell(work.warnings)
    return work


def everyone(work: Work) -> list[str]:
    """All customers, those with mistakes too, in order."""
    return sorted({*work.names, *work.failed})


def _changed(world: World, chosen: Chosen, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    paths = changed_files(chosen.folder, chosen.since)
    if any(path == Path(WORKSPACE) for path in paths):
        return names
    folders = {path.parts[0] for path in paths if len(path.parts) > 1}
    found = {name for name in folders if (chosen.folder / name / CUSTOMER).is_file()}
    shared = {Path(os.path.normpath(chosen.folder / path)) for path in paths if path.parts[0] not in found}
    if shared:  # a table that several customers name, say
        work = world.open(chosen.folder, None)
        used = {name: {Path(os.path.normpath(file)) for file in work.files(name)} for name in work.names}
        found |= {name for name, files in used.items() if files & shared}
    return tuple(sorted(found if names is None else found & set(names)))


def changed_files(folder: Path, since: str) -> list[Path]:
    """Files that differ from a commit, and files git does not know yet, relative to `folder`.

    Raises:
        SpecError: git says no, or is not there. Source: git-diff(1), git-ls-files(1).
    """
    if since.startswith("-"):
        raise SpecError([error("cli/git", f"{since!r} is no commit")])
    differing = _git(folder, "diff", "--name-only", "-z", "--relative", since, "--", ".")
    unknown = _git(folder, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    return sorted({Path(name) for name in [*differing.split("\0"), *unknown.split("\0")] if name})


def _git(folder: Path, *arguments: str) -> str:
    import subprocess

    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL
        )
    except OSError as problem:
        raise SpecError([_no_git(f"git cannot be run: {problem.strerror}")]) from problem
    except subprocess.CalledProcessError as problem:
        said = problem.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SpecError([_no_git(said[0] if said else f"git ended with {problem.returncode}")]) from problem
    return os.fsdecode(done.stdout)


def _no_git(why: str) -> Diagnostic:
    remedy = "Name a commit that this clone has (a shallow clone has few), or use --customer."
    return error("cli/git", f"what changed cannot be told: {why}", remedy=remedy)
