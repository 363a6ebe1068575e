"""Counts the calls by which a process changes the disk or says something to a server, and kills it around one of them.

Loaded by the interpreter of a child whose PYTHONPATH names this folder; the product knows nothing of it. KILL_AT is the
call's number from 1 and `before` or `after`; KILL_LOG is a file that gets a line for each call.
"""

import itertools
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

_AT, _, _WHEN = os.environ.get("KILL_AT", "0:").partition(":")
_LOG = os.environ.get("KILL_LOG", "")
_plain_write, _plain_open = os.write, os.open
_count = itertools.count(1)


def _note(name: str) -> None:
    if _LOG:
        file = _plain_open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        _plain_write(file, f"{name}\n".encode())
        os.close(file)


def _counted(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        number = next(_count)
        _note(name)
        if number == int(_AT) and _WHEN == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return plain(*args, **named)
        finally:
            if number == int(_AT) and _WHEN == "after":
                os.kill(os.getpid(), signal.SIGKILL)

    return call


def _to_disk(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Writes to a terminal or a pipe change nothing that lasts."""
    counted = _counted("write", plain)

    def call(file: int, data: Any) -> Any:
        return plain(file, data) if file <= 2 else counted(file, data)

    return call


os.write = _to_disk(os.write)
for _name in ("replace", "rename", "unlink", "link", "ftruncate", "fsync"):
    setattr(os, _name, _counted(_name, getattr(os, _name)))
for _name in ("send", "sendall", "connect"):
    setattr(socket.socket, _name, _counted(_name, getattr(socket.socket, _name)))
