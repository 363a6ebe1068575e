"""What commands work with; tests hand in others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.clock import Clock
    from reconciler.live import Read
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.provider import Reader
    from reconciler.session.applying import How
    from reconciler.session.planning import Options
    from reconciler.spec.workspace import ProviderEntry

Paper = Mapping[str, Any]


class Work(Protocol):
    """A folder of specs, opened; customers go by name. What is asked of one may raise what `reconciler.model.errors` lists.

    Attributes:
        names: customers without a mistake, in order.
        failed: what is wrong with the others.
        warnings: everything else that was found.
        run: id of this run. actor: who runs it.
    """

    names: Sequence[str]
    failed: Mapping[str, Sequence[Diagnostic]]
    warnings: Sequence[Diagnostic]
    clock: Clock
    run: str
    actor: str

    def plan(self, name: str, options: Options) -> Paper:
        """The public plan document."""
        ...

    def apply(self, name: str, how: How) -> Paper:
        """The public apply document."""
        ...

    def drift(self, name: str) -> Paper:
        """The public drift document."""
        ...

    def status(self, name: str) -> Paper:
        """The public status document."""
        ...

    def digest(self, name: str) -> str:
        """Of what a customer's spec says now."""
        ...

    def files(self, name: str) -> Sequence[str]:
        """A customer's files, as the user would type them."""
        ...

    def state(self, name: str) -> Path:
        """The folder of a customer's journal, lease and passwords."""
        ...

    def providers(self) -> Mapping[str, ProviderEntry]:
        """The workspace's providers."""
        ...

    def provider(self, name: str) -> Reader:
        """One of them, opened."""
        ...

    def read(self, name: str) -> Sequence[Read]:
        """Read everything a customer's plan would read."""
        ...


#: Opens a folder of specs for some customers (none = all).
Opener = Callable[[Path, Sequence[str] | None], Work]


def _open(folder: Path, names: Sequence[str] | None) -> Work:
    from reconciler.cli.work import Opened

    return Opened(folder, names)


class World:
    """Handed to every command.

    Attributes:
        json: `--json` was given, so failures are JSON too.
    """

    def __init__(self, opener: Opener = _open, screen: Screen | None = None) -> None:
        self.open = opener
        self.screen = screen or Screen()
        self.json = False


#: Gives a command the world as its first argument.
pass_world = click.make_pass_decorator(World)
