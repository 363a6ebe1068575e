"""Loads a folder of specs: the workspace, and every customer by itself, so that one's mistake stops no other."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from reconciler import ordinary
from reconciler.model.diagnostic import Diagnostic, Origin, Severity, error, warning
from reconciler.model.errors import SpecError
from reconciler.spec.checks import check_domains, check_tenant
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.files import Files
from reconciler.spec.finish import Finisher
from reconciler.spec.mistakes import Places, check
from reconciler.spec.rows import read_accounts
from reconciler.spec.scalars import nearest, show
from reconciler.spec.settle import check_absences, check_contacts, settle_accounts, settle_groups
from reconciler.spec.together import clashes
from reconciler.spec.workspace import REFERENCES, SECRET, Workspace
from reconciler.spec.written import put
from reconciler.spec.yaml_text import read
from reconciler.spec.yaml_tree import Child, Document, Map

WORKSPACE, CUSTOMER = "workspace.yaml", "customer.yaml"
CUSTOMER_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder of specs holds.

    Attributes:
        customers: those without an error, in the order of their names.
        diagnostics: everything found in what was asked for, warnings too, in the order of names.
        failed: by customer, what is wrong with it; at least one error each.
    """

    workspace: Workspace
    customers: tuple[CustomerSpec, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    failed: Mapping[str, list[Diagnostic]] = field(default_factory=dict)


@dataclass(slots=True)
class _Read:
    """One customer as far as it could be read."""

    id: str
    spec: CustomerSpec | None
    found: list[Diagnostic]


@lru_cache(maxsize=1)
def _customers() -> TypeAdapter[CustomerSpec]:
    return TypeAdapter(CustomerSpec)


@lru_cache(maxsize=1)
def _workspaces() -> TypeAdapter[Workspace]:
    return TypeAdapter(Workspace)


def load(folder: Path, customers: Sequence[str] | None = None) -> Loaded:
    """Load the workspace and its customers, or some of them.

    All customers are read, also when some are asked for: what two claim at once is an error on both.

    Raises:
        SpecError: the workspace is wrong, or there is no customer of that name.
    """
    workspace = load_workspace(folder)
    names, stray = _folders(folder)
    unknown = [
        error("spec/customer", f"there is no customer {name!r}", remedy=nearest(name, names))
        for name in customers or ()
        if name not in names
    ]
    if unknown:
        raise SpecError(unknown)
    everyone = [_customer(folder, name, workspace) for name in names]
    clashing = clashes(one.spec for one in everyone if one.spec)
    for one in everyone:
        one.found.extend(clashing.get(one.id, ()))
    asked = [one for one in everyone if customers is None or one.id in customers]
    failed = {one.id: one.found for one in asked if _wrong(one)}
    sound = tuple(one.spec for one in asked if one.spec and one.id not in failed)
    diagnostics = [*stray, *(each for one in asked for each in one.found)]
    diagnostics += [
        _unread(one) for one in everyone if one.spec is None and customers is not None and one.id not in customers
    ]
    return Loaded(workspace, sound, tuple(diagnostics), failed)


def _wrong(one: _Read) -> bool:
    return one.spec is None or any(each.severity is Severity.ERROR for each in one.found)


def _unread(one: _Read) -> Diagnostic:
    summary = f"{show(one.id)} cannot be read, so nobody knows whether it claims the same domains"
    return warning("spec/unread", summary, remedy="run validate", origin=one.found[0].origin)


def _folders(folder: Path) -> tuple[list[str], list[Diagnostic]]:
    """Names of the customers' folders, and folders that look like one but are not read."""
    names, stray = [], []
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        if entry.name.startswith(".") or not entry.is_dir():
            continue
        if os.path.lexists(os.path.join(entry.path, CUSTOMER)):  # noqa: PTH118
            names.append(entry.name)
        else:
            stray += [_stray(entry.path, name) for name in sorted(os.listdir(entry.path)) if _alike(name)]  # noqa: PTH208
    return names, stray


def _alike(name: str) -> bool:
    return name != CUSTOMER and name.lower().endswith((".yaml", ".yml")) and "ustomer" in name


def _stray(folder: str, name: str) -> Diagnostic:
    summary = f"this folder is not read: it has {name}, but no {CUSTOMER}"
    return warning("spec/stray", summary, remedy=f"rename it to {CUSTOMER}", origin=Origin(os.path.join(folder, name)))  # noqa: PTH118


def load_workspace(folder: Path) -> Workspace:
    """Load `workspace.yaml` alone.

    Raises:
        SpecError: it is missing or wrong; all mistakes at once.
    """
    path = folder / WORKSPACE
    try:
        data = ordinary.content(path)
    except OSError as bad:
        raise SpecError([_no_workspace(path, bad)]) from None
    document = read(data, str(path))
    found = [*document.found, *_secrets(document)]
    workspace, places, wrong = check(document, _workspaces(), Workspace)
    found += wrong
    if workspace is not None:
        found += _providers(workspace, places)
    if workspace is None or found:
        raise SpecError(sorted(found, key=lambda one: one.origin[1:3]))
    return workspace


def _no_workspace(path: Path, bad: OSError) -> Diagnostic:
    remedy = "write one: providers: {zones: {type: zonefile, directory: zones}}, and defaults: {dns: zones}"
    summary = f"there is no {WORKSPACE}" if isinstance(bad, FileNotFoundError) else f"{WORKSPACE}: {bad.strerror}"
    return error(
        "spec/workspace",
        summary,
        "It names the providers, the defaults and the policy.",
        remedy,
        origin=Origin(str(path)),
    )


def _providers(workspace: Workspace, places: Places) -> Iterator[Diagnostic]:
    for key in ("dns", "tenants", "exchange"):
        name = getattr(workspace.defaults, key)
        if name is not None and name not in workspace.providers:
            summary = f"`{key}`: there is no provider {show(name)}"
            yield error(
                "spec/provider", summary, remedy=nearest(name, workspace.providers), origin=places.at("defaults", key)
            )


def _secrets(document: Document) -> Iterator[Diagnostic]:
    """Options of providers that hold a secret, or a broken reference to one; the value is never shown."""
    value = document.value
    for top in document.children(value):
        if top.key == "providers":
            for entry in document.children(top.value):
                for option in document.children(entry.value):
                    yield from _option(document, option, f"providers.{entry.key}.{option.key}", secret=False)


def _option(document: Document, child: Child, path: str, secret: bool) -> Iterator[Diagnostic]:
    hidden = secret or (isinstance(child.key, str) and bool(SECRET.search(child.key)))
    inner = list(document.children(child.value))
    remedy = "write {env: NAME}, {file: PATH} or {command: [program, argument]}"
    origin = document.origin(child.node, path)
    if isinstance(child.value, Map) and len(inner) == 1 and inner[0].key in REFERENCES:
        if not _sound(str(inner[0].key), inner[0].value):
            what = "a list of words" if inner[0].key == "command" else "a text"
            yield error("spec/secret", f"{path}: {inner[0].key} is {what}", remedy=remedy, origin=origin)
    elif inner:
        # What names its own secret (a key with name, algorithm and secret) has the rest in the open.
        inherits = hidden and not any(isinstance(one.key, str) and SECRET.search(one.key) for one in inner)
        for one in inner:
            yield from _option(document, one, f"{path}.{one.key}", inherits)
    elif hidden:
        yield error("spec/secret", f"{path}: a secret is never written here", "", remedy, origin=origin)


def _sound(kind: str, value: Any) -> bool:
    if kind == "command":
        return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)
    return isinstance(value, str) and bool(value)


def _customer(specs: Path, name: str, workspace: Workspace) -> _Read:
    found: list[Diagnostic] = []
    files = Files(specs, specs / name, found)
    if not CUSTOMER_ID.fullmatch(name):
        remedy = "use lower case letters, digits, dots and hyphens"
        found.append(
            error(
                "spec/customer",
                f"{name!r} is no name for a customer's folder",
                remedy=remedy,
                origin=Origin(str(specs / name)),
            )
        )
    content = files.read(CUSTOMER, Origin(str(specs / name / CUSTOMER)))
    if content is None:
        return _Read(name, None, found)
    document = read(content[1], content[0])
    spec, places, wrong = check(document, _customers(), CustomerSpec)
    found += [*document.found, *wrong]
    if spec is not None:
        put(spec, id=name, folder=specs / name, workspace=workspace)
        _finish(spec, workspace, places, files, found)
        put(spec, files=tuple(files.used))
    rank = {path: number for number, path in enumerate(files.used)}
    found.sort(key=lambda one: (rank.get(one.origin.file, 0), one.origin.line, one.origin.column))
    return _Read(name, spec, found)


def _finish(spec: CustomerSpec, workspace: Workspace, places: Places, files: Files, found: list[Diagnostic]) -> None:
    put(spec, domains=Finisher(workspace, places, files, found).finish(spec.domains))
    if spec.customer and spec.customer.language is None:
        put(spec.customer, language=workspace.defaults.language)
    written: object = spec.accounts
    if isinstance(written, str):
        rows = read_accounts(written, files, places.at("accounts"), found)
        put(spec, accounts=rows)
        settle_accounts(spec, workspace, lambda index, _: rows[index].origin, found)
    else:
        settle_accounts(spec, workspace, lambda index, key: places.at("accounts", index, key), found)
    settle_groups(spec, found)
    check_absences(spec, found)
    check_contacts(spec, workspace, found)
    put(spec, exchange=spec.exchange or workspace.defaults.exchange)
    check_tenant(spec, workspace, places, found)
    check_domains(spec, places, found)
