"""Sees whether code touches the world: in this process while it runs, and in a new one while it is imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

#: What counts as touching the world, by audit event. Source: Python 3.11 documentation, "Audit events table".
EVENTS = (
    "open", "socket.__new__", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen",
    "os.system", "os.posix_spawn", "os.remove", "os.rename", "os.mkdir",
)  # fmt: skip
#: An import reads these; it is allowed to happen late.
CODE = frozenset({".py", ".pyc", ".so", ".pyd"})

_seen: list[str] = []
_state = {"hooked": False, "closed": False}


@contextmanager
def closed_world() -> Iterator[list[str]]:
    """Forbid files, sockets and processes to all threads until the block ends.

    Yields:
        What was tried, in order, also when the code under judgement swallowed the error.
    """
    if not _state["hooked"]:
        sys.addaudithook(_hook)  # cannot be taken out again, hence one for all
        _state["hooked"] = True
    _seen.clear()
    _state["closed"] = True
    try:
        yield _seen
    finally:
        _state["closed"] = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _state["closed"] and event in EVENTS and not _is_code(event, arguments):
        tried = f"{event} {arguments[0] if arguments else ''}"
        _seen.append(tried)
        raise PermissionError(f"this must work offline: {tried}")


def _is_code(event: str, arguments: tuple[Any, ...]) -> bool:
    return event == "open" and isinstance(arguments[0], str) and PurePath(arguments[0]).suffix in CODE


#: Imports a module with sockets, processes and files closed, and says who reads the environment. Files of installed
#: packages may be opened: some read data of their own.
_PROBE = f"""
import importlib, os, sys
module, path = sys.argv[1], sys.argv[2:]
sys.path[:0] = path
installed = (sys.prefix, sys.base_prefix, sys.exec_prefix)
def hook(event, arguments):
    if event not in {EVENTS!r}:
        return
    if event == "open" and (not isinstance(arguments[0], str) or arguments[0].startswith(installed)
                            or arguments[0].endswith({tuple(sorted(CODE))!r})):
        return
    raise PermissionError(f"importing it touches the world: {{event}} {{arguments[:1]}}")
class Environment(type(os.environ)):
    def __getitem__(self, name):
        asked(name)
        return super().__getitem__(name)
    def __iter__(self):
        asked("all of it")
        return super().__iter__()
def asked(name):
    frame = sys._getframe(2)
    while frame and frame.f_globals.get("__name__") in ("os", "_collections_abc", "collections.abc"):
        frame = frame.f_back
    if frame and frame.f_globals.get("__name__") == module:
        raise PermissionError(f"importing it reads the environment: {{name}}")
os.environ.__class__ = Environment
sys.addaudithook(hook)
importlib.import_module(module)
"""


def import_alone(module: str) -> str:
    """Import a module in a new process with an empty environment, sockets and files closed.

    Returns:
        What went wrong, empty when nothing did.
    """
    command = [sys.executable, "-I", "-c", _PROBE, module, *filter(None, sys.path)]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=60)
    lines = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (lines[-1] if lines else f"exit code {done.returncode}")
