"""Puts a customer's new folder of specs in its place, whole or not at all; nothing that exists is changed.

The folder is written beside its place and moved there in one step, so that a run that is killed leaves all of it or
nothing.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.model.errors import Refused, SpecError
from reconciler.spec import load

WORKSPACE = load.WORKSPACE
#: What stands beside a customer's folder while it is made, with the id of the process that makes it.
_STAGE = re.compile(r"\.import-([0-9]+)")
#: What a system says where something stands already. Source: rename(2), link(2).
_THERE = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})


def taken(where: Path) -> Diagnostic:
    """Something stands where the import would write."""
    remedy = "Nothing is overwritten: name another customer with --customer, or move it away."
    return error("import/exists", f"{where} is there already", remedy=remedy, origin=Origin(str(where)))


def put(specs: Path, customer: str, files: Mapping[Path, str]) -> None:
    """Write the files, all or none.

    Args:
        files: texts by path: the customer's, then the workspace if there is none yet.

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

    The workspace goes first: alone it is sound, and a run after this one was killed goes on with it.
    Source: rename(2), link(2): a folder replaces an empty one at most, a link nothing.
    """
    specs.mkdir(parents=True, exist_ok=True)
    _sweep(specs)
    stage = specs / f".import-{os.getpid()}"
    workspace = specs / WORKSPACE
    linked = moved = False
    try:
        (stage / customer).mkdir(parents=True)
        for path, text in files.items():
            _write(stage / path.relative_to(specs), text)
        _sync(stage / customer)
        if workspace in files:
            workspace.hardlink_to(stage / WORKSPACE)
            linked = True
        (stage / customer).rename(specs / customer)
        moved = True
        _sync(specs)
    finally:
        if linked and not moved:
            workspace.unlink()
        shutil.rmtree(stage, ignore_errors=True)


def _sweep(specs: Path) -> None:
    """Clear away what runs left that were killed."""
    for path in specs.iterdir():
        found = _STAGE.fullmatch(path.name)
        if found and not _alive(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


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


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as stream:
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
