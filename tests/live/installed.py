"""Real servers for tests: installed where they are missing, run in the foreground, ended by whoever started them."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest

#: Seconds that a server may take until it answers, or until it has ended.
START, STOP = 20.0, 5.0
#: Seconds between two looks.
_PAUSE = 0.01
_POLICY = Path("/usr/sbin/policy-rc.d")
_PLACES = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"


def need(program: str, *packages: str) -> Path:
    """The program's path; where it is missing and we may install, it is installed first.

    Args:
        packages: the Debian packages that bring it.
    """
    found = shutil.which(program, path=_PLACES)
    if found is None:
        reason = _install(packages)
        found = shutil.which(program, path=_PLACES)
        if found is None:
            pytest.skip(f"{program} is missing ({' '.join(packages)}): {reason}")
    return Path(found)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now, neither for UDP nor for TCP."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            port = int(udp.getsockname()[1])
            with contextlib.suppress(OSError):
                tcp.bind(("127.0.0.1", port))
                return port


class Daemon:
    """A server in the foreground; it is there when the constructor returns, and gone after `close`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        ready: Callable[[], bool],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            ready: asks the service itself; false, or an OSError, is "not yet".
            folder: where it runs; its log is `<program>.log` there.
            environment: variables besides ours.
        """
        self.log = folder / f"{Path(command[0]).name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        try:
            self.wait(ready)
        except BaseException:
            self.close()
            raise

    def wait(self, ready: Callable[[], bool]) -> None:
        """Until it answers.

        Raises:
            AssertionError: it ended, or did not answer in time; shows the end of its log.
        """
        deadline = time.monotonic() + START
        while True:
            with contextlib.suppress(OSError):
                if ready():
                    return
            if self.process.poll() is not None:
                raise AssertionError(f"{self.log.stem} ended with {self.process.returncode}:\n{self.said()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.log.stem} did not answer within {START:.0f} s:\n{self.said()}")
            time.sleep(_PAUSE)

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def close(self) -> None:
        """End it: asked first, then forced."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def __enter__(self) -> Daemon:
        """It runs already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()


def _install(packages: Sequence[str]) -> str:
    """Install them; tells why they are not there all the same."""
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") is None:
        return "there is no apt-get"
    if may and _fails([*may, "true"]):
        return "only root may install it"
    apt = [*may, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=600"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    with _no_services(may):
        problem = _fails(install) and (_fails([*apt, "update"]) or _fails(install))
    return problem or "the packages do not bring it"


@contextlib.contextmanager
def _no_services(may: Sequence[str]) -> Iterator[None]:
    """What is installed in this block starts no service: its maintainer scripts ask a program, which says no.

    Source: Debian Policy 9.3.3.1 and invoke-rc.d(8): exit code 101 of policy-rc.d forbids.
    """
    if _POLICY.exists():
        yield
        return
    script = f"printf '#!/bin/sh\nexit 101\n' > {_POLICY} && chmod 755 {_POLICY}"
    subprocess.run([*may, "sh", "-c", script], check=True, timeout=60)
    try:
        yield
    finally:
        subprocess.run([*may, "rm", "-f", str(_POLICY)], check=True, timeout=60)


def _fails(command: Sequence[str]) -> str:
    """Why a command fails; empty when it does not."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    last = (done.stderr or done.stdout).strip().splitlines()[-1:]
    return "" if done.returncode == 0 else f"{command[0]} ended with {done.returncode}: {' '.join(last)}"
