"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.world import World

Function = TypeVar("Function", bound=Callable[..., Any])

WORKSPACE, CUSTOMER = "workspace.yaml", "customer.yaml"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which specs, and which of their customers.

    Attributes:
        names: only these; empty = all.
        since: only customers whose files changed since this commit; empty = all.
    """

    folder: Path
    names: tuple[str, ...] = ()
    since: str = ""


def folder_of(given: str | None) -> Path:
    """The folder of specs: as given, else `specs` if it holds a workspace, else here."""
    if given:
        return Path(given)
    return Path("specs") if Path("specs", WORKSPACE).is_file() else Path()


def over_specs(function: Function) -> Function:
    """`--specs`, `--customer`, `--changed-since`, `--json`, `--no-color`."""
    since = click.option(
        "--changed-since", "since", metavar="REF", default="", help="Only customers whose files changed since a commit."
    )
    return specs(customers(since(plain(function))))


def specs(function: Function) -> Function:
    """`--specs`."""
    return click.option(
        "--specs",
        metavar="FOLDER",
        envvar="RECONCILER_SPECS",
        type=click.Path(),
        help="Folder of the specs; default: specs if it holds a workspace.yaml, else the current one.",
    )(function)


def customers(function: Function) -> Function:
    """`--customer`, repeatable."""
    return click.option(
        "--customer",
        "names",
        metavar="NAME",
        multiple=True,
        shell_complete=complete_customer,
        help="Only this customer; repeatable. Default: all.",
    )(function)


def plain(function: Function) -> Function:
    """`--json`, `--no-color`."""
    machine = click.option(
        "--json", "as_json", is_flag=True, expose_value=False, is_eager=True, callback=_json, help="For machines."
    )
    colour = click.option(
        "--no-color", is_flag=True, expose_value=False, is_eager=True, callback=_no_colour, help="No colours."
    )
    return machine(colour(function))


def complete_customer(ctx: click.Context, param: click.Parameter, incomplete: str) -> Sequence[str]:  # noqa: ARG001
    """Names of customers' folders that begin so."""
    try:
        folders = [path.parent.name for path in folder_of(ctx.params.get("specs")).glob(f"*/{CUSTOMER}")]
    except OSError:
        return []
    return sorted(name for name in folders if name.startswith(incomplete))


def _json(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001
    if value:
        ctx.find_object(World).json = True  # type: ignore[union-attr]  # the front always brings a world


def _no_colour(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001
    if value:
        ctx.find_object(World).screen.colour = False  # type: ignore[union-attr]  # as above
