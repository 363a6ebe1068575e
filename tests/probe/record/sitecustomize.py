"""Writes down where a Python process goes: addresses it sends to, names it lets the system look up, programs it starts.

Loaded by the interpreter of a child whose PYTHONPATH names this folder; the product knows nothing of it. RECORD_LOG is
a file that gets a line of JSON for each: the event and what it was about. Source: Python's table of audit events.
"""

import json
import os
import sys
from typing import Any

_LOG = os.environ.get("RECORD_LOG", "")
#: Event, and which of its arguments says where to.
_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.getnameinfo": 0,
    "subprocess.Popen": 0,
    "os.system": 0,
    "os.exec": 0,
    "os.posix_spawn": 0,
}


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    place = _EVENTS.get(event)
    if place is None or not _LOG:
        return
    line = json.dumps([event, arguments[place]], default=repr)
    file = os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{line}\n".encode())
    os.close(file)


sys.addaudithook(_note)
