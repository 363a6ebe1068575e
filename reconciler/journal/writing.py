"""Appends to a journal: one write and one fsync for each entry, or a refusal before anything else is changed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from reconciler import ordinary
from reconciler.clock import Clock
from reconciler.journal import problems
from reconciler.journal.entry import Entry, canonical, check, compose
from reconciler.journal.reading import Reading, content, head_path, read, read_head
from reconciler.model.errors import Refused


class Journal:
    """The journal of one customer, to append to. Whoever holds one holds the customer's lease."""

    def __init__(self, path: Path, clock: Clock, run: str, reading: Reading) -> None:
        """Use `open`; `reading` is what stands at `path` now."""
        self.path, self.warnings = path, reading.warnings
        self._clock, self._run = clock, run
        self._entries, self._size = list(reading.entries), reading.size
        self._broken = False

    @classmethod
    def open(cls, path: Path, clock: Clock, run: str) -> Journal:
        """Read, verify and go on with the journal at `path`; a line that was cut in the middle of its write goes.

        Raises:
            Refused: it is damaged, missing though `head.json` says it was there, or cannot be read or written.
        """
        reading = read(path)
        if reading.state == "missing":
            raise Refused([problems.missing(path)])
        if reading.cut:
            with _writing(path), _locked(path, reading.size + reading.cut) as file:
                os.ftruncate(file, reading.size)
                os.fsync(file)
        return cls(path, clock, run, reading)

    def entries(self) -> tuple[Entry, ...]:
        """Everything in the journal, oldest first, with what was appended here."""
        return tuple(self._entries)

    def append(self, kind: str, payload: Mapping[str, Any]) -> Entry:
        """Add one entry; it is on the disk when this returns.

        Raises:
            Refused: it cannot be written (disk full, no permission, another writer). Nothing may be changed any
                more, and this journal takes no further entry.
            ValueError: a bug: an unknown type, a key too few, or a tenant's value that is no fingerprint.
        """
        check(kind, payload)
        last = self._entries[-1] if self._entries else None
        seq, prev = (last.seq + 1, last.hash) if last else (1, "")
        line, entry = compose(kind, payload, seq=seq, prev=prev, time=self._clock.now(), run=self._run)
        with _writing(self.path):
            if self._broken:
                raise OSError("an earlier entry could not be written")
            self._broken = True
            self._write(line)
        self._broken = False
        self._entries.append(entry)
        self._size += len(line)
        return entry

    def seal(self) -> None:
        """Say in `head.json` how far the journal reaches; from here on a lost tail is seen.

        Raises:
            Refused: it cannot be written.
        """
        if not self._entries:
            return
        last = self._entries[-1]
        with _writing(self.path):
            _replace(head_path(self.path), canonical({"seq": last.seq, "hash": last.hash}) + "\n")

    def _write(self, line: bytes) -> None:
        if not self._size:
            _make(self.path)
        with _locked(self.path, self._size) as file:
            try:
                if os.write(file, line) != len(line):
                    raise OSError("only a part of the entry could be written")
                os.fsync(file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, self._size)
                raise


def start_anew(path: Path, clock: Clock, run: str) -> Journal:
    """Move a missing or damaged journal's files aside (`journal.jsonl.<seq>.old`) and begin a new one.

    Raises:
        Refused: the journal is in order, of a newer version, or its files cannot be moved.
    """
    seq = _given_up(path)
    with _writing(path):
        # The journal goes first: without its head a shortened journal would look whole.
        files = [_aside(file, seq) for file in (path, head_path(path)) if file.exists()]
    journal = Journal(path, clock, run, Reading("new"))
    journal.append("new_ledger", {"files": files})
    journal.seal()
    return journal


def _given_up(path: Path) -> int:
    """Number of the last entry of a journal that is not in order; 0 when nothing is known of it."""
    try:
        reading, head = read(path), read_head(path)
    except Refused as refused:
        if refused.diagnostics[0].rule != "journal/damaged":
            raise
        return (content(path) or b"").count(b"\n")
    if reading.state == "ok":
        raise Refused([problems.in_order(path)])
    return int(head["seq"]) if head else 0


def _aside(file: Path, seq: int) -> str:
    names = (f"{file.name}.{seq}{again}.old" for again in ("", *(f".{number}" for number in range(2, 1000))))
    target = next(file.with_name(name) for name in names if not file.with_name(name).exists())
    file.rename(target)
    _sync(file.parent)
    return target.name


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise Refused([problems.unwritable(path, problem)]) from problem


@contextmanager
def _locked(path: Path, size: int) -> Iterator[int]:
    """The journal open to append, while nobody else can write to it; it must still be `size` bytes long.

    The lease keeps others out; should one be lost unseen, two chains must still not be mixed.
    """
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        now = os.fstat(file)
        if now.st_size != size:
            raise OSError("another process has written to it")
        if now.st_mode & 0o077:
            os.fchmod(file, 0o600)
        yield file
    finally:
        os.close(file)


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for folder in (path.parent, path.parent.parent):
        _sync(folder)


def _replace(path: Path, text: str) -> None:
    """Write a whole file so that it is the old or the new one, never a part."""
    beside = path.with_name(f"{path.name}.new")
    ordinary.check(beside)
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(file)
    beside.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make names created or moved in a folder durable."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
