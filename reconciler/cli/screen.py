"""Where text goes: standard output for results, standard error for everything else, and who sits before it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, TextIO

from reconciler.model.diagnostic import Diagnostic


class Screen:
    """Writes text; a reader who went away is no error, and no terminal is too simple.

    Attributes:
        secrets: texts that never leave, whatever brings them; filled as they become known.
        colour: `--no-color` was not given.
        interactive: a person can be asked.
        failed: why standard output could not be written; empty as long as it could.
    """

    def __init__(self, interactive: bool | None = None) -> None:
        """`interactive`: none = as the terminal says."""
        self.secrets: list[str] = []
        self.colour = True
        self.interactive = _tty(sys.stdin) and _tty(sys.stderr) if interactive is None else interactive
        self.failed = ""
        self._gone = False

    def out(self, text: str) -> None:
        """Write a result."""
        if text:
            self._write(text)

    def flush(self) -> None:
        """Find out whether what others wrote (help, say) can be written at all."""
        self._write("")

    def _write(self, text: str) -> None:
        stream = sys.stdout
        if self._gone or self.failed:
            return
        try:
            _forgiving(stream).write(self._fit(text, stream))
            stream.flush()
        except BrokenPipeError:
            self._gone = True
            _silence(stream)
        except OSError as problem:
            self.failed = problem.strerror or str(problem)
            _silence(stream)
        except (AttributeError, ValueError):  # it was closed before we began
            self.failed = "it is closed"

    def err(self, text: str) -> None:
        """Write something about the run; nobody may be listening."""
        stream = sys.stderr
        try:
            _forgiving(stream).write(self._fit(text, stream))
            stream.flush()
        except OSError:
            _silence(stream)
        except (AttributeError, ValueError):  # it was closed before we began
            return

    def tell(self, found: Iterable[Diagnostic | Mapping[str, Any]]) -> None:
        """Write diagnostics, also such as public documents hold, one line each."""
        from reconciler.report.values import diagnostic
        from reconciler.report.words import Words

        for one in found:
            self.err(f"{diagnostic(one.as_json() if isinstance(one, Diagnostic) else one, Words())}\n")

    def redacted(self, text: str) -> str:
        """The text without secrets."""
        if not self.secrets:
            return text
        from reconciler.report.redact import redact

        return redact(text, self.secrets)

    def watched(self) -> bool:
        """Progress is worth showing: a person looks at standard error."""
        return _tty(sys.stderr) and os.environ.get("TERM") != "dumb"

    def painted(self, stream: TextIO) -> bool:
        """Colours are wanted and understood. Source: the NO_COLOR convention (not empty = none)."""
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return self.colour and not plain and _tty(stream)

    def _fit(self, text: str, stream: TextIO) -> str:
        text = self.redacted(text)
        if not self.painted(stream):
            return text
        from reconciler.report.colour import paint

        return paint(text)


def _tty(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _forgiving(stream: TextIO) -> TextIO:
    """What the terminal's encoding has no sign for is written as an escape."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and stream.errors != "backslashreplace":
        reconfigure(errors="backslashreplace")
    return stream


def _silence(stream: TextIO) -> None:
    """What is still buffered goes nowhere, so that the interpreter's last flush finds nothing to complain of."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
