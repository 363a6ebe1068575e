"""Asks a person at the terminal: for a yes, for a passphrase."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from getpass import getpass

from reconciler.cli.output import rendered
from reconciler.cli.progress import Progress
from reconciler.cli.screen import Screen
from reconciler.cli.world import Paper
from reconciler.model.diagnostic import error
from reconciler.model.errors import Refused
from reconciler.model.value import Secret

TRIES = 3


class Asker:
    """Questions go to standard error, so that a result can be piped."""

    def __init__(self, screen: Screen, progress: Progress) -> None:
        self._screen, self._progress = screen, progress
        self._passphrase: Secret | None = None

    def approve(self, plan: Paper) -> bool:
        """Show a plan and ask for a `yes`; anything else is a no."""
        with self._progress.quiet():
            self._screen.err(f"{rendered(plan, 'text')}\nApply this to {plan['customer']}?")
            self._screen.err(" Only `yes` will be accepted: ")
            answer = _line()
            if not answer.endswith("\n"):
                self._screen.err("\n")
            return answer.strip() == "yes"

    def new_passphrase(self) -> Secret:
        """The passphrase for new passwords, typed twice, asked once in a run.

        Raises:
            Refused: none was given.
        """
        if self._passphrase is None:
            with self._progress.quiet():
                self._screen.err("New passwords are encrypted to a passphrase; `reconciler passwords` asks for it.\n")
                self._passphrase = self._typed(self._twice)
        return self._passphrase

    def passphrase(self) -> Secret:
        """A passphrase that exists, typed once.

        Raises:
            Refused: none was given.
        """
        return self._typed(lambda: _hidden("Passphrase of the passwords: "))

    def _twice(self) -> str:
        first = _hidden("New passphrase: ")
        if first and _hidden("The same again: ") != first:
            self._screen.err("They differ.\n")
            return ""
        return first

    def _typed(self, ask: Callable[[], str]) -> Secret:
        for _ in range(TRIES):
            try:
                text = ask()
            except (EOFError, UnicodeError):
                break
            if text:
                self._screen.secrets.append(text)
                return Secret(text)
        raise Refused([error("cli/passphrase", "no passphrase was given; nothing was changed")])


def _line() -> str:
    """A line from the terminal. A signal that comes just before a blocking read would wait for the next key: so the
    wait is cut in pieces.
    """
    while not select.select([sys.stdin], [], [], 0.5)[0]:
        pass
    return sys.stdin.readline()


def _hidden(prompt: str) -> str:
    return getpass(prompt, stream=sys.stderr)
