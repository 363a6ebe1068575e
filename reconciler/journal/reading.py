"""Reads and verifies a journal; writes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from reconciler import ordinary
from reconciler.journal import problems
from reconciler.journal.entry import Entry, WrongError, parse
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Refused


class Reading(NamedTuple):
    """A verified journal.

    Attributes:
        state: `ok`; `new`: there never was one; `missing`: `head.json` says that there was.
        entries: in order; empty unless `ok`.
        warnings: a last line that was cut in the middle of its write.
        size: bytes of the whole lines.
        cut: bytes of the cut line that follows them.
    """

    state: str
    entries: tuple[Entry, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    size: int = 0
    cut: int = 0


def read(path: Path) -> Reading:
    """Read and verify a whole journal; writes nothing.

    Raises:
        Refused: it is damaged, of a newer version, or cannot be read.
    """
    head = read_head(path)  # before the journal: another process may add to both meanwhile
    data = content(path)
    if data is None:
        return Reading("missing" if head else "new")
    entries, size = _verify(path, data)
    _reaches(path, entries, head)
    cut = len(data) - size
    warnings = (problems.torn(path, len(entries), cut),) if cut else ()
    return Reading("ok" if entries else "new", entries, warnings, size, cut)


def _verify(path: Path, data: bytes) -> tuple[tuple[Entry, ...], int]:
    """The entries, and the bytes of their lines; a last line that was cut is left out."""
    *lines, rest = data.decode("latin-1").split("\n")  # bytes stay bytes; what is not ASCII breaks the hash
    entries: list[Entry] = []
    prev, size = "", 0
    for number, line in enumerate(lines, start=1):
        try:
            entry = parse(line, number, prev)
        except WrongError as wrong:
            if wrong.torn and number == len(lines) and not rest:
                break
            raise Refused([problems.damaged(path, number, wrong)]) from None
        entries.append(entry)
        prev = entry.hash
        size += len(line) + 1
    return tuple(entries), size


def _reaches(path: Path, entries: tuple[Entry, ...], head: Mapping[str, Any] | None) -> None:
    if head is None:
        return
    seq = head["seq"]
    if seq > len(entries):
        wrong = WrongError(f"it is missing: head.json knows {seq} entries, the journal ends after {len(entries)}")
        raise Refused([problems.damaged(path, len(entries) + 1, wrong)])
    if entries[seq - 1].hash != head["hash"]:
        raise Refused([problems.damaged(path, seq, WrongError("it is not the entry that head.json names"))])


def read_head(path: Path) -> Mapping[str, Any] | None:
    """What `head.json` says (`seq`, `hash`); none without one.

    Raises:
        Refused: it is damaged, or cannot be read.
    """
    data = content(head_path(path))
    if data is None:
        return None
    try:
        head = json.loads(data)
    except (ValueError, RecursionError):
        head = None
    if isinstance(head, dict) and isinstance(head.get("seq"), int) and head["seq"] >= 1 and "hash" in head:
        return head
    wrong = WrongError("it does not say how far the journal reaches")
    raise Refused([problems.damaged(head_path(path), 1, wrong)])


def head_path(path: Path) -> Path:
    """Where the head of the journal at `path` is kept."""
    return path.with_name("head.json")


def content(path: Path) -> bytes | None:
    """The bytes of a file; none when it does not exist.

    Raises:
        Refused: it cannot be read.
    """
    try:
        return ordinary.content(path)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise Refused([problems.unreadable(path, problem)]) from problem
