"""Ctrl-C and SIGTERM while something may be written: once to stop between batches, twice to leave at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType

from reconciler.cli.codes import INTERRUPTED

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_TOLD = b"\nstopping when the running batch is done; once more leaves at once\n"
#: ECMA-48 DECTCEM: a spinner may have hidden the cursor.
_CURSOR = b"\x1b[?25h"


class Stop:
    """Listens while it is entered.

    Before a customer's first write a signal ends its run where it stands, since nothing has to be finished;
    afterwards the running batch ends first.

    Attributes:
        asked: a person asked to stop.
        writing: the present customer's run has begun to write.
    """

    def __init__(self) -> None:
        self.asked = False
        self.writing = False
        self._working = False
        self._before: list[object] = []

    @contextmanager
    def customer(self) -> Iterator[None]:
        """One customer's run begins, with nothing written yet."""
        self.writing, self._working = False, True
        try:
            yield
        finally:
            self._working = False

    def __enter__(self) -> Stop:
        self._before = [signal.signal(one, self._heard) for one in _SIGNALS]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one, before in zip(_SIGNALS, self._before, strict=True):
            signal.signal(one, before)  # type: ignore[arg-type]  # it came from there

    def _heard(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.asked:
            with suppress(OSError):
                os.write(2, _CURSOR if os.isatty(2) else b"")
            os._exit(INTERRUPTED)
        self.asked = True
        if self._working and not self.writing:
            raise KeyboardInterrupt
        with suppress(OSError):  # no stream of Python's: it may be in the middle of a write
            os.write(2, _TOLD)
