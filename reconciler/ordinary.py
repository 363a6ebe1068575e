"""Ordinary files only: a pipe in the place of a file would be waited for without end, a device replaced or drained."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def check(path: Path) -> None:
    """Say whether a path may be read, or replaced, as a file; what does not exist may.

    Raises:
        OSError: something else stands there.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  # one call less, thousands of times
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no ordinary file")


def content(path: Path) -> bytes:
    """The bytes of an ordinary file.

    Raises:
        OSError: it cannot be read, or is no ordinary file.
    """
    check(path)
    return path.read_bytes()
