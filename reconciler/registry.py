"""Finds adapters through entry points, and opens the ones a workspace names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points, packages_distributions
from pathlib import Path
from typing import cast

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.model.errors import SpecError
from reconciler.provider import Opener, Reader

GROUP = "reconciler.providers"


def names() -> list[str]:
    """Every installed adapter, in alphabetical order."""
    return sorted({one.name for one in entry_points(group=GROUP)})


def open_provider(
    name: str, kind: str, options: Mapping[str, object], folder: Path, origin: Origin = Origin()
) -> Reader:
    """Open one provider of the workspace.

    Args:
        name: in the workspace. `kind`: the adapter's name.
        folder: where relative paths in `options` start.

    Raises:
        SpecError: no such adapter, it cannot be loaded, or an option is wrong.
    """
    found = list(entry_points(group=GROUP, name=kind))
    if not found:
        remedy = f"use one of: {', '.join(names())}"
        raise SpecError([error("registry/unknown", f"provider {name} has the type {kind!r}, which is not installed",
                               remedy=remedy, origin=origin)])  # fmt: skip
    opener = cast(Opener, _load(found[0], name, origin))
    try:
        provider = opener(name, options, folder)
    except SpecError as problem:
        raise SpecError(replace(one, origin=origin) for one in problem.diagnostics) from problem
    if not isinstance(provider, Reader):
        raise SpecError([error("registry/contract", f"adapter {kind} is no provider: it lacks part of the contract",
                               remedy=f"report it to the authors of {found[0].value}", origin=origin)])  # fmt: skip
    return provider


def _load(entry: EntryPoint, name: str, origin: Origin) -> object:
    try:
        return entry.load()
    except (ImportError, AttributeError) as problem:
        raise SpecError([_not_loaded(entry, name, problem, origin)]) from problem


def _not_loaded(entry: EntryPoint, name: str, problem: Exception, origin: Origin) -> Diagnostic:
    package = entry.value.partition(":")[0].partition(".")[0]
    owners: Iterable[str] = packages_distributions().get(package, ())
    summary = f"provider {name}: its adapter {entry.value} cannot be loaded: {problem}"
    detail = f"The package {package!r} belongs to: {', '.join(owners) or 'nobody installed'}."
    remedy = "install mail-domain-reconciler again; uninstall another distribution that owns the same package"
    return error("registry/load", summary, detail, remedy, origin=origin)
