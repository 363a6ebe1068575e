"""Reads CSV files as people and spreadsheets save them: comma or semicolon, with or without a byte order mark."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.spec.scalars import nearest, show
from reconciler.spec.yaml_text import MAX_BYTES

CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class CsvReader(Protocol):
    """What the standard library's reader offers."""

    @property
    def line_num(self) -> int:
        """Lines read so far."""
        ...

    def __iter__(self) -> Iterator[list[str]]:
        """Rows."""
        ...


@dataclass(slots=True)
class Sheet:
    """A table.

    Attributes:
        rows: line number in the file, from 1, and the cells that are not empty by column; in the file's order.
        delimiter: `,` or `;`.
        found: mistakes; rows that have one are left out.
    """

    file: str
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    delimiter: str = ","
    found: list[Diagnostic] = field(default_factory=list)

    def wrong(self, rule: str, line: int, summary: str, detail: str = "", remedy: str = "") -> None:
        """Report a mistake."""
        self.found.append(error(rule, summary, detail, remedy, origin=Origin(self.file, line)))


def read_sheet(data: bytes, file: str, columns: Mapping[str, str], needed: tuple[str, ...]) -> Sheet:
    """Read a table with a header.

    Args:
        columns: what a header may say, in lower case, and the column it means.
        needed: columns that must be there.
    """
    sheet = Sheet(file)
    if len(data) > MAX_BYTES:
        sheet.wrong("csv/size", 0, f"the file has more than {MAX_BYTES:,} bytes", remedy="split it")
        return sheet
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        remedy = "save it as CSV UTF-8"
        sheet.wrong(
            "csv/encoding",
            data.count(b"\n", 0, bad.start) + 1,
            f"byte 0x{data[bad.start]:02x} is no UTF-8",
            remedy=remedy,
        )
        return sheet
    first = text.partition("\n")[0]
    sheet.delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sheet.delimiter, strict=True)
    try:
        _rows(reader, sheet, columns, needed)
        if not sheet.rows and not sheet.found:
            sheet.wrong("csv/empty", max(1, reader.line_num), "the table has no rows")
    except csv.Error as bad:
        sheet.wrong(
            "csv/syntax", reader.line_num, f"the table cannot be read from here on: {bad}", remedy="check its quotes"
        )
    return sheet


def _rows(reader: CsvReader, sheet: Sheet, columns: Mapping[str, str], needed: tuple[str, ...]) -> None:
    header: list[str] = []
    line = 1
    for cells in reader:
        start, line = line, reader.line_num + 1
        if not any(cells):
            continue
        if not header:
            header = _header(cells, start, sheet, columns, needed)
            if not header:
                return
            continue
        if len(cells) > len(header) and any(cells[len(header) :]):
            remedy = f"quote a cell that holds {sheet.delimiter}"
            sheet.wrong("csv/cells", start, f"{len(cells)} cells under {len(header)} columns", remedy=remedy)
            continue
        row = {column: text for column, cell in zip(header, cells, strict=False) if column and (text := cell.strip())}
        unprintable = [column for column, cell in row.items() if not cell.isprintable() and CONTROL.search(cell)]
        for column in unprintable:
            sheet.wrong("csv/control", start, f"{column}: {show(row[column])} holds a control character")
        if row and not unprintable:
            sheet.rows.append((start, row))


def _header(
    cells: list[str], line: int, sheet: Sheet, columns: Mapping[str, str], needed: tuple[str, ...]
) -> list[str]:
    """The columns by their own names; empty when the header is wrong."""
    header = []
    for cell in cells:
        word = cell.strip().lower()
        column = columns.get(word.replace(" ", "_"), "")
        if not column and word:
            remedy = nearest(word, dict.fromkeys(columns.values()))
            sheet.wrong("csv/header", line, f"unknown column {show(cell.strip())}", remedy=remedy)
        elif column in header and column:
            sheet.wrong("csv/header", line, f"the column {column} again", remedy="keep one")
        header.append(column)
    missing = [column for column in needed if column not in header]
    if missing:
        remedy = f"the first line names the columns: {','.join(dict.fromkeys(columns.values()))}"
        sheet.wrong("csv/header", line, f"the column {missing[0]} is missing", remedy=remedy)
    return [] if sheet.found else header
