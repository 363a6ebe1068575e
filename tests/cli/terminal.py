"""The real command before a terminal of its own, with somebody who reads and types."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from tests.cli.folder import Folder
from tests.running import surroundings

#: Takes the terminal as its own, as a login does: a hidden prompt asks there.
LAUNCH = (
    "import fcntl, runpy, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "runpy.run_module('reconciler', run_name='__main__', alter_sys=True)"
)
PATIENCE = 30.0


class Terminal:
    """What is on the screen so far, and a keyboard."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process, self.seen = process, ""
        self._master, self._read = master, 0

    def expect(self, text: str) -> None:
        """Wait until a text appears after the last one that was expected."""
        end = time.monotonic() + PATIENCE
        while text not in self.seen[self._read :]:
            assert time.monotonic() < end, f"no {text!r} in:\n{self.seen}"
            if not self._more(end - time.monotonic()):
                assert text in self.seen[self._read :], f"ended without {text!r}:\n{self.seen}"
        self._read = self.seen.index(text, self._read) + len(text)

    def type(self, text: str) -> None:
        """Type a line; a hidden prompt may only just be switching the echo off."""
        time.sleep(0.2)
        os.write(self._master, text.encode() + b"\n")

    def press(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._more(end - time.monotonic()):
            pass
        return self.process.wait(PATIENCE)

    def _more(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError:  # Linux says EIO once the last writer is gone
            data = b""
        self.seen += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)


@contextmanager
def terminal(
    folder: Folder, *arguments: str, out: int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run a command before a terminal; `out`: where standard output goes instead."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, *arguments],
            cwd=folder.root,
            env=surroundings(environment or {}),
            stdin=slave,
            stdout=slave if out is None else out,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        yield Terminal(process, master)
    finally:
        with suppress(ProcessLookupError, UnboundLocalError):
            process.kill()
            process.wait()
        os.close(master)
