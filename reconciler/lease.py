"""The lease: one process at a time works for one customer, and a killed one does not lock others out for ever.

`lease.json` beside the journal names the holder. It is read and replaced only under a lock of the operating system on
`lease.lock`, so that of many processes one wins. The lock is held for moments; the lease lasts `ttl` seconds and is
renewed between steps. Whoever finds the lease lost stops before the next write.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler import ordinary
from reconciler.clock import Clock
from reconciler.model.diagnostic import Diagnostic, Origin, error, warning
from reconciler.model.errors import Refused

#: Seconds a lease lasts without being renewed.
TTL = 120.0
#: Seconds between two tries for a lease that is held: the first, and the longest; each is twice the one before.
FIRST_TRY, LAST_TRY = 1.0, 16.0


class LeaseLost(Refused):
    """Another process took the lease over, or somebody broke it: nothing further may be written."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease, or asks for one.

    Attributes:
        holder: for a person: `user@host pid 123`.
        run: id of the run.
        url: of the pipeline's run; empty outside of one.
        host: the machine as booted, with its process ids; two containers with one name differ.
        started: start of the process in the kernel's ticks, since process ids are used again; empty when not known.
    """

    holder: str
    run: str
    url: str
    pid: int
    host: str
    started: str


@dataclass(frozen=True, slots=True)
class LeaseInfo:
    """A lease as it stands in its file; `expires` is the instant from which others may take it."""

    by: Holder
    since: datetime
    expires: datetime


def this_process(run: str, url: str = "") -> Holder:
    """The running process as a holder."""
    pid, name = os.getpid(), socket.gethostname()
    boot = _text(Path("/proc/sys/kernel/random/boot_id"))[:8]
    space = str(Path("/proc/self/ns/pid").readlink()) if Path("/proc/self/ns/pid").exists() else ""
    return Holder(f"{user()}@{name} pid {pid}", run, url, pid, " ".join((name, boot, space)), _process(pid)[1])


class Lease:
    """A lease that is held. `warnings` says from whom it was taken over."""

    def __init__(
        self, path: Path, holder: Holder, clock: Clock, ttl: float, warnings: tuple[Diagnostic, ...] = ()
    ) -> None:
        """Use `acquire`."""
        self.path, self.holder, self.warnings = path, holder, warnings
        self._clock, self._ttl = clock, ttl

    def renew(self) -> None:
        """Make it last `ttl` seconds from now; to be called between steps.

        Raises:
            LeaseLost: it is no longer ours.
            Refused: it cannot be read or written.
        """
        with _locked(self.path):
            info = peek(self.path)
            if info is None or info.by != self.holder:
                raise LeaseLost([_lost(self.path, info)])
            _write(self.path, replace(info, expires=self._clock.now() + timedelta(seconds=self._ttl)))

    def release(self) -> None:
        """Give it up; one that is no longer ours stays with whoever has it.

        Raises:
            Refused: it cannot be read or removed.
        """
        with _locked(self.path):
            info = peek(self.path)
            if info is not None and info.by == self.holder:
                self.path.unlink()


def acquire(path: Path, holder: Holder, clock: Clock, ttl: float = TTL, wait: float = 0.0) -> Lease:
    """Take the lease; one whose process is dead on this machine, or that has expired, is taken over.

    Args:
        path: `lease.json`; its folder is made if need be.
        ttl: seconds it lasts unless renewed.
        wait: seconds to go on trying while another holds it.

    Raises:
        Refused: another holds it (named), or its file cannot be read or written.
    """
    _make(path)
    deadline, pause = clock.now() + timedelta(seconds=wait), FIRST_TRY
    while True:
        found = _try(path, holder, clock.now(), ttl)
        if isinstance(found, tuple):
            return Lease(path, holder, clock, ttl, found)
        left = (deadline - clock.now()).total_seconds()
        if left <= 0:
            raise Refused([_held(path, found)])
        clock.sleep(min(pause, left))
        pause = min(pause * 2, LAST_TRY)


def peek(path: Path) -> LeaseInfo | None:
    """The lease as it stands, dead or alive; none when nobody has one.

    Raises:
        Refused: its file cannot be read or understood.
    """
    try:
        return _understood(json.loads(ordinary.content(path)))
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise Refused([_trouble(path, problem)]) from problem
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as problem:
        raise Refused([_garbled(path)]) from problem


def break_(path: Path, run: str) -> LeaseInfo:
    """Take the lease away from whoever holds it; its holder stops before the next write.

    Args:
        run: the run that holds it, so that never another one's lease is broken than the one meant.

    Raises:
        Refused: nobody holds one, or another run does; or the file cannot be read or removed.
    """
    if peek(path) is None:
        raise Refused([_other(path, run, None)])
    with _locked(path):
        info = peek(path)
        if info is None or info.by.run != run:
            raise Refused([_other(path, run, info)])
        path.unlink()
        return info


def _try(path: Path, holder: Holder, now: datetime, ttl: float) -> tuple[Diagnostic, ...] | LeaseInfo:
    """Take the lease: what there is to say about it; or who has it."""
    with _locked(path):
        held = peek(path)
        why = free(held, holder, now) if held else ""
        if held and not why:
            return held
        _write(path, LeaseInfo(holder, now, now + timedelta(seconds=ttl)))
        return (_taken_over(path, held, why),) if held else ()


def _understood(content: Any) -> LeaseInfo:
    since, expires = (datetime.fromisoformat(content.pop(name)).astimezone(UTC) for name in ("since", "expires"))
    holder = Holder(**content)
    if any(isinstance(value, int) != (name == "pid") for name, value in content.items()):
        raise TypeError("a text where a number belongs, or the reverse")
    return LeaseInfo(holder, since, expires)


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise Refused([_trouble(path, problem)]) from problem


def free(held: LeaseInfo, asking: Holder, now: datetime) -> str:
    """Why a lease may be taken over; empty when it may not."""
    if now >= held.expires:
        return f"it expired {_stamp(held.expires)}"
    if held.by.host == asking.host and not _alive(held.by):
        return "its process is gone"
    return ""


def _alive(holder: Holder) -> bool:
    """Tell whether a process of this machine still runs; another one with the same id does not count."""
    state, started = _process(holder.pid)
    if state:
        return state not in "ZX" and started == (holder.started or started)  # Z, X: dead, not yet collected
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _process(pid: int) -> tuple[str, str]:
    """State and start of a process, in ticks since boot; empty when it is gone or may not be looked at.

    Source: proc_pid_stat(5), fields 3 (state) and 22 (starttime); the name before them may hold anything.
    """
    fields = _text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def user() -> str:
    """Who runs this, for people: a name, or a number."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have a number only
        return str(os.getuid())


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone with the lease's file; the lock is the kernel's and ends with the process.

    Raises:
        Refused: the system does not let us.
    """
    try:
        lock = os.open(path.with_name("lease.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
    except OSError as problem:
        raise Refused([_trouble(path, problem)]) from problem


def _write(path: Path, info: LeaseInfo) -> None:
    content = {**asdict(info.by), "since": _stamp(info.since), "expires": _stamp(info.expires)}
    beside = path.with_name(f"{path.name}.new")
    ordinary.check(beside)
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(json.dumps(content, sort_keys=True) + "\n")
        stream.flush()
        os.fsync(file)
    beside.replace(path)


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _named(info: LeaseInfo) -> str:
    where = f", {info.by.url}" if info.by.url else ""
    return f"{info.by.holder} (run {info.by.run}{where}) since {_stamp(info.since)}"


def _held(path: Path, info: LeaseInfo) -> Diagnostic:
    return error(
        "lease/held",
        f"{path.parent.name} is being worked on by {_named(info)}",
        f"Its lease lasts until {_stamp(info.expires)} and is renewed while it works.",
        "Wait for it, or try longer with --lock-timeout. If it surely no longer runs:"
        f" reconciler unlock --customer {path.parent.name} {info.by.run}",
        origin=Origin(str(path)),
    )


def _lost(path: Path, info: LeaseInfo | None) -> Diagnostic:
    who = f"{_named(info)} has it now" if info else "it was broken"
    return error(
        "lease/lost",
        f"the lease on {path.parent.name} is no longer ours: {who}",
        "Nothing further was changed.",
        "Run again when the other is done: what was begun is looked at first.",
        origin=Origin(str(path)),
    )


def _taken_over(path: Path, info: LeaseInfo, why: str) -> Diagnostic:
    summary = f"the lease of {_named(info)} was taken over: {why}"
    return warning("lease/taken-over", summary, "What it had begun is looked at first.", origin=Origin(str(path)))


def _other(path: Path, run: str, info: LeaseInfo | None) -> Diagnostic:
    who = f"{_named(info)} holds it" if info else "nobody holds one"
    summary = f"run {run} holds no lease on {path.parent.name}: {who}"
    return error("lease/not-held", summary, "Nothing was unlocked.", "`reconciler status` names the run that does.")


def _garbled(path: Path) -> Diagnostic:
    remedy = f"If no process works on {path.parent.name}, remove the file."
    return error(
        "lease/garbled", f"{path.name} says nothing that can be understood", "", remedy, origin=Origin(str(path))
    )


def _trouble(path: Path, problem: OSError) -> Diagnostic:
    why = problem.strerror or str(problem)
    summary = f"{path.name} cannot be read or written"
    return error("lease/unwritable", summary, f"{why}.", "Mend the permissions or make room.", origin=Origin(str(path)))
