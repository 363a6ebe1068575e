"""Puts a customer's new folder of specs in its place, whole or not at all; nothing that exists is changed.

The folder is written beside its place and moved there in one step, so that a run that is killed leaves all of it or
nothing of it. What stands beside the folder (the workspace, the copy of a tenant) is put there before.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.model.errors import Refused, SpecError
from reconciler.spec import load

WORKSPACE = load.WORKSPACE
#: The folder for copies of tenants, which are for nobody else's eyes.
TENANTS = "tenants"
#: What stands beside a customer's folder while it is made, with the id of the process that makes it.
_STAGE = re.compile(r"\.import-([0-9]+)")
#: What a system says where something stands already. Source: rename(2), link(2).
_THERE = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})


def taken(where: Path) -> Diagnostic:
    """Something stands where the import would write."""
    other = "" if where.parent.name == TENANTS else "name another customer with --customer, or "
    remedy = f"Nothing is overwritten: {other}move it away."
    return error("import/exists", f"{where} is there already", remedy=remedy, origin=Origin(str(where)))


def put(specs: Path, customer: str, files: Mapping[Path, str]) -> None:
    """Write the files, all or none.

    Args:
        files: texts by path: the customer's, then what stands beside its folder and is not there yet.

    Raises:
        Refused: one of them has come into being meanwhile.
        SpecError: they cannot be written.
    """
    try:
        _move(specs, customer, files)
    except OSError as problem:
        if problem.filename2 and problem.errno in _THERE:  # of link and rename alone, which have two names
            raise Refused([taken(Path(problem.filename2))]) from problem
        what = f"{specs / customer} cannot be written: {problem.strerror or problem}"
        remedy = "Name a folder that you may write to with --specs."
        raise SpecError([error("import/unwritable", what, remedy=remedy)]) from problem


def _move(specs: Path, customer: str, files: Mapping[Path, str]) -> None:
    """Write everything beside its place, then move it there without replacing anything.

    What stands beside the folder goes first: alone it is sound, and a run after this one was killed goes on with it.
    Source: rename(2), link(2): a folder replaces an empty one at most, a link nothing.
    """
    specs.mkdir(parents=True, exist_ok=True)
    _sweep(specs)
    stage = specs / f".import-{os.getpid()}"
    placed = {one: one.relative_to(specs) for one in files}
    linked: list[Path] = []
    moved = False
    try:
        (stage / customer).mkdir(parents=True)
        for path, text in files.items():
            _write(stage / placed[path], text, 0o600 if placed[path].parts[0] == TENANTS else 0o666)
        _sync(stage / customer)
        for path in (one for one, name in placed.items() if name.parts[0] != customer):
            path.parent.mkdir(exist_ok=True)
            path.hardlink_to(stage / placed[path])
            linked.append(path)
        if (specs / TENANTS).is_dir():
            _sync(specs / TENANTS)
        (stage / customer).rename(specs / customer)
        moved = True
        _sync(specs)
    finally:
        for path in () if moved else linked:
            path.unlink()
        shutil.rmtree(stage, ignore_errors=True)


def stands(where: Path, specs: Path) -> bool:
    """Tell whether something is at a place, other than what a run left there that was killed."""
    return os.path.lexists(where) and where not in set(_abandoned(specs))


def _sweep(specs: Path) -> None:
    """Clear away what runs left that were killed."""
    for path in list(_abandoned(specs)):
        path.unlink()
    for path in _dead(specs):
        shutil.rmtree(path, ignore_errors=True)


def _dead(specs: Path) -> list[Path]:
    """Where runs wrote that were killed."""
    marks = ((path, _STAGE.fullmatch(path.name)) for path in specs.iterdir())
    return [path for path, found in marks if found and not _alive(int(found[1]))]


def _abandoned(specs: Path) -> Iterator[Path]:
    """Copies of tenants that were put in their place by runs that were killed before the customer's folder was."""
    for stage in _dead(specs):
        if any(one.is_dir() and one.name != TENANTS for one in stage.glob("*")):
            for one in (stage / TENANTS).glob("*"):
                place = specs / TENANTS / one.name
                if _same(one, place):
                    yield place


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _alive(process: int) -> bool:
    """Tell whether another process has this id."""
    if process == os.getpid():  # in a container every run may have the same
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Put the names in a folder on the disk; a system that cannot is no worse off. Source: fsync(2)."""
    file = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(file)
    finally:
        os.close(file)
