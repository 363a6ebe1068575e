"""Arguments that are domains or DNS servers, and which servers a command asks; shared by `check` and `import`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.model.diagnostic import Diagnostic, error

if TYPE_CHECKING:
    from reconciler.spec.workspace import ResolverSpec

#: Why the servers of zones are not asked themselves.
UNASKED = "`authoritative: true` at `resolver:` in workspace.yaml asks them too"

Function = TypeVar("Function", bound=Callable[..., Any])


def servers(function: Function) -> Function:
    """`--resolver`, repeatable."""
    return click.option(
        "--resolver",
        "servers",
        metavar="ADDRESS[:PORT]",
        multiple=True,
        help="DNS server to ask, and no other; repeatable. Default: those of the workspace, else this machine's own.",
    )(function)


def read(texts: Iterable[str], function: Callable[[object], str], found: list[Diagnostic]) -> tuple[str, ...]:
    """Values in their normal form, each once; what is none goes to `found`."""
    from pydantic_core import PydanticCustomError

    values = []
    for text in texts:
        try:
            values.append(function(text))
        except PydanticCustomError as problem:
            context: dict[str, Any] = problem.context or {}
            found.append(error(problem.type, context["summary"], remedy=context["remedy"]))
    return tuple(dict.fromkeys(values))


def given(texts: Iterable[str], found: list[Diagnostic]) -> ResolverSpec | None:
    """The servers of `--resolver`; none when none was given. What is no server goes to `found`."""
    from reconciler.spec import scalars
    from reconciler.spec.workspace import ResolverSpec

    addresses = read(texts, scalars.server, found)
    return ResolverSpec(servers=addresses) if addresses else None


def chosen(first: ResolverSpec | None, workspace: ResolverSpec | None) -> ResolverSpec:
    """Whom to ask: those given, else the workspace's, else this machine's own."""
    from reconciler.spec.workspace import ResolverSpec

    return first or workspace or ResolverSpec(servers=("system",))
