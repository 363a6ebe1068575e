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
    from reconciler.session.checking import Subject
    from reconciler.session.planning import Options
    from reconciler.session.sources import Senders
    from reconciler.spec.workspace import ProviderEntry, ResolverSpec

Paper = Mapping[str, Any]


class Work(Protocol):
    """A folder of specs, opened; customers go by name.

    Whatever is asked of one may raise what `reconciler.model.errors` lists.

    Attributes:
        clock: the session's.
        run: id of this run.
        actor: who runs it.
    """

    clock: Clock
    run: str
    actor: str

    @property
    def names(self) -> Sequence[str]:
        """Customers without a mistake, in order."""
        ...

    @property
    def failed(self) -> Mapping[str, Sequence[Diagnostic]]:
        """What is wrong with the others."""
        ...

    @property
    def warnings(self) -> Sequence[Diagnostic]:
        """Everything else that was found."""
        ...

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

    def tasks(self, name: str) -> Paper:
        """The public tasks document."""
        ...

    def check(self, name: str) -> Sequence[Diagnostic]:
        """What can be found wrong in a customer's spec without looking at anything else."""
        ...

    @property
    def resolver(self) -> ResolverSpec | None:
        """The DNS servers that the workspace names; none when it names none."""
        ...

    def subjects(self, name: str) -> Sequence[Subject]:
        """A customer's domains, as a health report looks at them."""
        ...

    def senders(self, name: str) -> Mapping[str, Senders | None]:
        """Who may send for each of a customer's domains."""
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
