"""Signs of life for a person at a terminal; everyone else sees none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status


class Progress:
    """A spinner with what is being done, and lines above it, on standard error."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._console: Console | None = None
        self._status: Status | None = None
        if screen.watched():
            from rich.console import Console

            self._console = Console(file=sys.stderr, no_color=not screen.painted(sys.stderr), highlight=False)

    @contextmanager
    def doing(self, text: str) -> Iterator[None]:
        """Show a spinner meanwhile."""
        if self._console is None:
            yield
            return
        self._status = self._console.status(self._safe(text))
        try:
            with self._status:
                yield
        finally:
            self._status = None

    def say(self, text: str) -> None:
        """One line that stays."""
        if self._console is not None:
            self._console.print(self._safe(text), soft_wrap=True)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """No spinner while a person is asked."""
        if self._status is None:
            yield
            return
        self._status.stop()
        try:
            yield
        finally:
            self._status.start()

    def _safe(self, text: str) -> str:
        from rich.markup import escape

        from reconciler.report.escape import line

        return escape(line(self._screen.redacted(text)))
