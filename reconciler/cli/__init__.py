"""The command line. Nothing heavy is imported before a command runs, so that `--help` is there at once."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

#: 128 + SIGINT, as shells count.
_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command that `sys.argv` names, and exit with its code."""
    # Looking for plugins of pydantic in every installed distribution costs more than reading a customer's spec.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from reconciler.cli.front import front

        front().main(prog_name="reconciler")
    except KeyboardInterrupt:  # before anything of ours could listen
        _leave()
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _leave()
        raise


def _leave() -> NoReturn:
    """Leave at once: a reading that still hangs in a thread must not keep a person who wants to go."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(_INTERRUPTED)
