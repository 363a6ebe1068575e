"""Files that the command line writes and reads: only their owner may read them, and they are whole or not there."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from reconciler import ordinary
from reconciler.model.diagnostic import Origin, error
from reconciler.model.errors import SpecError

#: Bytes of a plan file; one for 100,000 record sets has about 60 million.
LARGEST = 500_000_000


def write(path: Path, text: str) -> None:
    """Put a text where a file was or was not; mode 0600, on the disk when this returns. A link stays one.

    Raises:
        SpecError: it cannot be written; what was there stays.
    """
    scratch = ""
    try:
        whole = path.resolve()
        ordinary.check(whole)
        file, scratch = tempfile.mkstemp(prefix=f".{whole.name}.", dir=whole.parent)
        with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(scratch).replace(whole)
    except (OSError, ValueError) as problem:
        if scratch:
            with suppress(OSError):
                Path(scratch).unlink(missing_ok=True)
        why = getattr(problem, "strerror", None) or str(problem)
        remedy = "Name a file in a folder that exists and that you may write to."
        raise SpecError([error("cli/unwritable", f"{path} cannot be written: {why}", remedy=remedy)]) from problem


def read(path: Path) -> str:
    """A whole text file.

    Raises:
        SpecError: it cannot be read, or is no UTF-8.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise OSError(f"it is larger than {LARGEST:,} bytes")
        return data.decode("utf-8-sig")
    except (OSError, ValueError) as problem:
        why = "it is no UTF-8 text" if isinstance(problem, UnicodeError) else None
        why = why or getattr(problem, "strerror", None) or str(problem)
        raise SpecError([error("cli/unreadable", f"{path} cannot be read: {why}")]) from problem


def read_json(path: Path) -> dict[str, Any]:
    """A file that holds one JSON object.

    Raises:
        SpecError: it does not.
    """
    try:
        found = json.loads(read(path))
    except json.JSONDecodeError as problem:
        place = Origin(str(path), problem.lineno, problem.colno)
        raise SpecError([error("cli/json", f"this is no JSON: {problem.msg}", origin=place)]) from problem
    except (ValueError, RecursionError) as problem:
        raise SpecError([error("cli/json", "this is no JSON that can be read", origin=Origin(str(path)))]) from problem
    if not isinstance(found, dict):
        raise SpecError([error("cli/json", "this is no document of reconciler", origin=Origin(str(path)))])
    return found
