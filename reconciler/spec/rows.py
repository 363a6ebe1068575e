"""Reads `accounts.csv` into accounts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.spec.accounts import Account
from reconciler.spec.csv_text import read_sheet
from reconciler.spec.files import Files
from reconciler.spec.mistakes import words
from reconciler.spec.written import keys

FLAGS = ("new", "blocked", "protect")
_WORDS = {"true": True, "false": False}


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[tuple[Account, ...]]:
    return TypeAdapter(tuple[Account, ...])


def read_accounts(name: str, files: Files, origin: Origin, found: list[Diagnostic]) -> tuple[Account, ...]:
    """The accounts of a CSV file, in its order; rows with mistakes are reported and left out."""
    content = files.read(name, origin)
    if content is None:
        return ()
    path, data = content
    sheet = read_sheet(data, path, {column: column for column in keys(Account)}, ("address",))
    found += sheet.found
    rows = [(line, _typed(row)) for line, row in sheet.rows]
    while rows:
        try:
            made = _adapter().validate_python([row for _, row in rows])
        except ValidationError as bad:
            errors = bad.errors(include_url=False)
        else:
            for (line, _), account in zip(rows, made, strict=True):
                object.__setattr__(account, "origin", Origin(path, line, 0, origin.rule))
            return made
        for one in errors:
            rule, summary, remedy = words(one)
            place = Origin(path, rows[int(one["loc"][0])][0])
            column = f"{one['loc'][1]}: " if len(one["loc"]) > 1 else ""
            found.append(error(rule, f"{column}{summary}", remedy=remedy, origin=place))
        wrong = {one["loc"][0] for one in errors}
        rows = [row for index, row in enumerate(rows) if index not in wrong]
    return ()


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    """Cells as the model takes them: flags as booleans, licences as a list."""
    typed: dict[str, Any] = dict(row)
    for column in FLAGS:
        if column in row:
            typed[column] = _WORDS.get(row[column].lower(), row[column])
    if "licenses" in row:
        typed["licenses"] = [word.strip() for word in row["licenses"].split(";") if word.strip()]
    return typed
