"""A table of records as a hosting company mails it: CSV with a heading, in English or Spanish."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from reconciler.mail.wants import Row
from reconciler.model import names, rdata
from reconciler.model.diagnostic import Diagnostic, Origin, error, warning

_COLUMNS = {
    "name": "name",
    "nombre": "name",
    "type": "type",
    "tipo": "type",
    "value": "value",
    "valor": "value",
    "ttl": "ttl",
    "priority": "priority",
    "prioridad": "priority",
}
_NEEDED = ("name", "type", "value")
_TTL = re.compile(r"([0-9]{1,10})\s*([smhd]?)", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
#: Words in a value whose first is a priority.
_WORDS_WITH_PRIORITY = {"MX": 2, "SRV": 4}
_QUOTES = "Put a value that holds the separator in quotes."

P = ParamSpec("P")
T = TypeVar("T")


def parse_table(text: str, file: str, zone: str) -> tuple[list[Row], list[Diagnostic]]:
    """Read a table of records.

    The heading names the columns in any order and case: name, type, value, and perhaps ttl and priority (nombre, tipo,
    valor, prioridad). Cells are separated by commas or semicolons. A name is `@`, relative, or absolute inside the
    zone with or without final dot.

    Args:
        text: the file's text.
        file: its path for messages.
        zone: lower case, no final dot.

    Returns:
        The rows in order, values in normal form, and one diagnostic for each mistake; a row with one is left out.
    """
    found: list[Diagnostic] = []
    lines = list(_lines(text.removeprefix("\ufeff"), file, found))
    if not lines:
        return [], found or [error("table/empty", "the table is empty", origin=Origin(file, 1))]
    columns = _heading(lines[0][1], Origin(file, lines[0][0]), found)
    if columns is None:
        return [], found
    rows = []
    for number, cells in lines[1:]:
        origin = Origin(file, number)
        if any(cells[len(lines[0][1]) :]):
            found.append(
                error("table/cells", "the line has more cells than the heading", remedy=_QUOTES, origin=origin)
            )
        else:
            rows.append(_row(cells, columns, origin, zone, found))
    return [row for row in rows if row is not None], found


def _lines(text: str, file: str, found: list[Diagnostic]) -> Iterator[tuple[int, list[str]]]:
    """Lines with something in them, by the number of their first line."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            found.append(error("table/unreadable", f"the table cannot be read: {problem}", origin=Origin(file, number)))
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield number, [cell.strip() for cell in cells]


def _heading(cells: list[str], origin: Origin, found: list[Diagnostic]) -> dict[str, int] | None:
    columns: dict[str, int] = {}
    for at, cell in enumerate(cells):
        column = _COLUMNS.get(cell.lower())
        if column is None:
            text = f"the column {cell!r} is not known and not read"
            found.append(warning("table/column", text, remedy=_expected(), origin=origin))
        elif column in columns:
            found.append(error("table/column", f"two columns hold the {column}", remedy=_expected(), origin=origin))
            return None
        else:
            columns[column] = at
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        text = f"the heading lacks {' and '.join(missing)}"
        found.append(error("table/heading", text, remedy=_expected(), origin=origin))
        return None
    return columns


def _expected() -> str:
    return "The first line must be: name,type,value,ttl,priority (the last two may be missing)."


def _row(cells: list[str], columns: dict[str, int], origin: Origin, zone: str, found: list[Diagnostic]) -> Row | None:
    held = {column: cells[at] if at < len(cells) else "" for column, at in columns.items()}
    mistakes = [f"the {column} is missing" for column in _NEEDED if not held[column]]
    name = _tried(mistakes, _name, held["name"], zone) if held["name"] else None
    kind = _tried(mistakes, rdata.type_name, held["type"]) if held["type"] else None
    value = _tried(mistakes, _value, kind, held["value"], held.get("priority", "")) if kind and held["value"] else None
    ttl = _tried(mistakes, _ttl, held.get("ttl", ""))
    found += [error("table/value", mistake, origin=origin) for mistake in mistakes]
    return None if mistakes or name is None or kind is None or value is None else Row(name, kind, value, ttl, origin)


def _tried(mistakes: list[str], make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    try:
        return make(*args, **kwargs)
    except ValueError as problem:
        mistakes.append(str(problem))
        return None


def _name(text: str, zone: str) -> str:
    # Letters write whole names mostly without their final dot; no host is called example.com.example.com.
    whole = text.lower().removesuffix(".")
    if not names.ends_with_dot(text) and (whole == zone or whole.endswith(f".{zone}")):
        text = f"{text}."
    return names.owner(text, zone)


def _value(kind: str, text: str, priority: str) -> str:
    if kind == "SOA":
        raise ValueError("a SOA record is kept by the zone's own server: leave it out")
    if kind == "TXT":
        return rdata.canonical(kind, rdata.txt_from_presentation(text) if text.startswith('"') else text)
    if priority and kind in _WORDS_WITH_PRIORITY:
        words = text.split()
        if len(words) == _WORDS_WITH_PRIORITY[kind] and words[0] != priority:
            raise ValueError(f"the value begins with {words[0]}, but the priority says {priority}")
        text = text if len(words) == _WORDS_WITH_PRIORITY[kind] else f"{priority} {text}"
    return rdata.canonical(kind, text)


def _ttl(text: str) -> int | None:
    if text.lower() in {"", "auto", "default"}:
        return None
    match = _TTL.fullmatch(text)
    seconds = int(match.group(1)) * _SECONDS[match.group(2).lower()] if match else -1
    if not 0 <= seconds < 2**31:
        raise ValueError(f"{text!r} is no TTL: write seconds, or 5m, 1h, 1d")
    return seconds
