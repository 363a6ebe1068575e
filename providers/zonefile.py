"""Zone files in a folder, `<directory>/<zone>.zone`, edited by line and replaced atomically.

The file is locked while it is edited (flock; the lock is on the file itself, so nothing is left behind), written
beside it, synced and renamed: a kill at any moment leaves the old file or the new one. Telling the name server to load
it again is somebody else's step.
Source: RFC 1035 section 5 (master files), rename(2), fsync(2), flock(2).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

from reconciler import ordinary
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Forbidden, Invalid, NotFound, ProviderError, Unavailable, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.model.zone import Scan
from reconciler.model.zone_edit import edit
from reconciler.model.zone_scan import scan
from reconciler.provider import Capabilities, Observation, Readiness, Scope
from reconciler.wire import records
from reconciler.wire.options import Options

#: Changes in one call: the file is written once for all of them.
BATCH = 100_000
#: Findings told of one damaged file; the rest are counted.
SHOWN = 50


class ZoneFileProvider:
    """DNS zones kept as files. Option: `directory`, where they are, relative to the workspace."""

    patience = 10.0  # seconds to wait for another writer of the same file

    def __init__(self, name: str, options: Mapping[str, object], folder: Path) -> None:
        given = Options(name, options, folder)
        directory = given.text("directory", "zones")
        given.end()
        self._name = name
        self._shown = Path(directory)
        self._folder = folder / directory
        self.kinds: Mapping[str, Capabilities] = records.AllTypes(Capabilities(batch=BATCH, atomic=True, local=True))

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:
        """What a zone file cannot hold, each finding at its record set."""
        return records.refusals("zonefile/refused", "a zone file", desired, self.kinds, records.unproxied)

    def normalise(self, desired: Resource) -> Resource:
        """Values in canonical form, sorted, without repeats; what is refused anyway stays as it is."""
        return records.normal(desired)

    def observe(self, scope: Scope) -> Observation:
        """Read the zone's file; the version is its serial."""
        if scope.system != "dns":
            raise Unsupported(self._name, f"a zone file holds no {scope.system}")
        path = self._path(scope.name)
        try:
            data = ordinary.content(path)
        except OSError as problem:
            raise self._unreadable(scope.name, problem) from problem
        held = self._scan(data, scope.name)
        sets: Mapping[Key, Resource] = held.sets
        if scope.names is not None:
            sets = {key: one for key, one in held.sets.items() if key.name in scope.names}
        return Observation(scope, sets, str(held.serial), tuple(held.diagnostics))

    def ready(self, key: Key) -> Readiness:  # noqa: ARG002
        """A file shows what was written at once."""
        return Readiness(True)

    def apply(self, batch: Sequence[Change]) -> Iterable[Outcome]:
        """Edit the file once for all changes whose `before` holds, and read it back."""
        if not batch:
            return []
        try:
            return self._locked_apply(batch[0].key.scope, batch)
        except TimeoutError:
            detail, wait = "another process is writing this file", self.patience
        except ProviderError as problem:
            detail, wait = str(problem), 0.0
        return [Outcome(one.key, Status.FAILED, detail, retry_after=wait) for one in batch]

    def today(self) -> date:
        """The day for a serial that is a date, in UTC."""
        return datetime.now(UTC).date()

    def _locked_apply(self, zone: str, batch: Sequence[Change]) -> list[Outcome]:
        path = self._path(zone)
        try:
            with _locked(path, self.patience) as file:
                return self._apply(file, path, zone, batch)
        except TimeoutError:
            raise
        except OSError as problem:
            raise self._unreadable(zone, problem) from problem

    def _apply(self, file: BinaryIO, path: Path, zone: str, batch: Sequence[Change]) -> list[Outcome]:
        as_read = os.fstat(file.fileno())
        held = self._scan(file.read(), zone)
        wished = [replace(one, after=one.after and self.normalise(one.after)) for one in batch]
        outcomes = records.judged(wished, held.sets, zone, self._unholdable)
        wanted = {one.key: one.after for one in wished if one.key not in outcomes}
        if wanted:
            status, detail = self._write(as_read, path, held, _record_sets(wanted))
            outcomes |= {key: Outcome(key, status, detail) for key in wanted}
        return [outcomes[one.key] for one in batch]

    def _unholdable(self, change: Change) -> str:
        if change.after is None:
            return "a zone without NS at its own name is not loaded" if change.key[2:] == ("NS", "@") else ""
        return next((one.summary for one in self.refusals([change.after])), "")

    def _write(
        self, as_read: os.stat_result, path: Path, held: Scan, wanted: Mapping[Key, RecordSet | None]
    ) -> tuple[Status, str]:
        """Replace the file and read it back; tells what became of it, in words unless it is done."""
        try:
            after = edit(held.text, held.zone, wanted, self.today()).encode("utf-8", "surrogateescape")
        except ValueError as problem:
            return Status.FAILED, str(problem)
        try:
            if not _replace(as_read, path, after):
                return Status.REFUSED, "moved: somebody else wrote the file just now: plan again"
        except OSError as problem:
            return Status.FAILED, f"the file could not be written: {problem.strerror or problem}"
        try:
            _sync_folder(path.parent)
            same = path.read_bytes() == after
        except OSError as problem:
            return Status.UNKNOWN, f"the file was replaced, but not read back: {problem.strerror or problem}"
        return (Status.DONE, "") if same else (Status.FAILED, "the file no longer holds what was written: plan again")

    def _scan(self, data: bytes, zone: str) -> Scan:
        text = data.decode("utf-8", "surrogateescape")
        held = scan(text, zone, str(self._shown / f"{zone}.zone"))
        errors = held.errors
        if errors:
            lines = [str(one) for one in errors[:SHOWN]]
            if len(errors) > SHOWN:
                lines.append(f"and {len(errors) - SHOWN} more")
            raise Invalid(self._name, f"the file of zone {zone} cannot be understood: {'; '.join(lines)}")
        return held

    def _path(self, zone: str) -> Path:
        """The zone's file, behind any symbolic link, so that the link stays."""
        if not zone or "/" in zone or "\0" in zone or zone.startswith("."):
            raise NotFound(self._name, f"no file can be named after the zone {zone!r}")
        return Path(os.path.realpath(self._folder / f"{zone}.zone"))

    def _unreadable(self, zone: str, problem: OSError) -> NotFound | Forbidden | Unavailable:
        place = self._shown / f"{zone}.zone"
        if isinstance(problem, FileNotFoundError | NotADirectoryError):
            return NotFound(self._name, f"{place}: there is no such file")
        if isinstance(problem, PermissionError):
            return Forbidden(self._name, f"{place}: this user may not read or write it")
        return Unavailable(self._name, f"{place}: {problem.strerror or problem}")


def _record_sets(wanted: Mapping[Key, Resource | None]) -> dict[Key, RecordSet | None]:
    return {key: one if isinstance(one, RecordSet) else None for key, one in wanted.items()}


@contextmanager
def _locked(path: Path, patience: float) -> Iterator[BinaryIO]:
    """The file, opened and locked, and surely still the one that has this name.

    Raises:
        TimeoutError: somebody else held the lock all the time. OSError: it cannot be opened.
    """
    deadline = time.monotonic() + patience
    while True:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError from None
                time.sleep(0.02)
                continue
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield file
                return


def _replace(as_read: os.stat_result, path: Path, after: bytes) -> bool:
    """Put a new file in the place of the locked one, with its mode and owner; false when that is no longer as read."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # left by a run that was killed: only the holder of the lock writes it
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            new.write(after)
            new.flush()
            made = os.fstat(new.fileno())
            if (made.st_uid, made.st_gid) != (as_read.st_uid, as_read.st_gid):
                os.fchown(new.fileno(), as_read.st_uid, as_read.st_gid)
            os.fchmod(new.fileno(), as_read.st_mode & 0o7777)
            os.fsync(new.fileno())
        if not _untouched(as_read, path.stat()):
            return False
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _untouched(old: os.stat_result, now: os.stat_result) -> bool:
    return os.path.samestat(old, now) and (old.st_mtime_ns, old.st_size) == (now.st_mtime_ns, now.st_size)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
