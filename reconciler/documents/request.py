"""A request to whoever keeps a DNS zone, from its public JSON: Markdown, HTML, CSV and a zone file's lines.

Every value stands in full: somebody copies it. Nothing of it becomes markup, a formula or a line of its own.
Source: OWASP, CSV Injection (cells that begin with = + - @, tab or return), read 2026-11; GFM 4.10 (tables), 6.1 (code
spans); RFC 1035, section 5.1 (master files).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.documents.words import Words
from reconciler.model.rdata import txt_to_presentation
from reconciler.report import page
from reconciler.report.escape import SHORT, line, visible
from reconciler.report.page import Html, element

Paper = Mapping[str, Any]
Row = Mapping[str, Any]

COLUMNS = ("do", "name", "full_name", "type", "value", "ttl", "old_value", "notes")
#: Columns with the world's words, which somebody copies.
COPIED = ("name", "full_name", "type", "value", "ttl", "old_value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TARGETED = {"CNAME", "MX", "NS", "PTR", "SRV"}


def texts(paper: Paper) -> dict[str, str]:
    """The whole request in every form, by the ending of its file, in the customer's language."""
    words = Words(str(paper.get("language")))
    return {"md": markdown(paper, words), "html": html(paper, words), "csv": table(paper, words),
            "zone": zone(paper, words)}  # fmt: skip


def markdown(paper: Paper, words: Words) -> str:
    """A message that can be sent as it is."""
    parts = [[f"# {_title(paper, words, _code)}"], [*_head(paper, words, _code)]]
    for name in paper["zones"]:
        heads = [words(f"column.{column}") for column in COLUMNS]
        rows = [" | ".join(map(_cell, COLUMNS, _cells(row, words))) for row in _of(paper, name)]
        lines = [f"| {text} |" for text in (" | ".join(heads), " | ".join(["---"] * len(heads)), *rows)]
        parts.append([f"## {words('zone', zone=_code(name))}", "", *lines])
    parts.append([f"## {words('how')}", "", *(f"- {text}" for text in _how(paper, words))])
    people = [f"- {text}" for text in _contacts(paper, words, _code)]
    parts += [[f"## {words('contacts')}", "", *people]] if people else []
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def html(paper: Paper, words: Words) -> str:
    """One page, for a mail client and a printer."""
    body: list[Html] = [element("h1", _title(paper, words)), *(element("p", text) for text in _head(paper, words))]
    for name in paper["zones"]:
        heads = [words(f"column.{column}") for column in COLUMNS]
        rows = [[_shown(column, cell) for column, cell in zip(COLUMNS, _cells(row, words), strict=True)]
                for row in _of(paper, name)]  # fmt: skip
        body.append(page.section(words("zone", zone=line(name, SHORT)), page.table(heads, rows)))
    body.append(page.section(words("how"), page.items(_how(paper, words))))
    people = list(_contacts(paper, words))
    body += [page.section(words("contacts"), page.items(people))] if people else []
    made = words("page.made", moment=_moment(paper["created"]), version=line(paper.get("tool_version") or "", SHORT))
    body.append(element("footer", element("p", made)))
    return page.page(_title(paper, words), str(paper.get("language") or "en"), *body)


def table(paper: Paper, words: Words) -> str:
    """One line for each record, for a spreadsheet; a cell that would be a formula has an apostrophe before it."""
    out = io.StringIO()
    rows = csv.writer(out, quoting=csv.QUOTE_ALL)
    rows.writerow([words("column.zone"), *(words(f"column.{column}") for column in COLUMNS)])
    for name in paper["zones"]:
        rows.writerows([_safe(name), *map(_safe, _cells(row, words))] for row in _of(paper, name))
    return out.getvalue()


def zone(paper: Paper, words: Words) -> str:
    """Lines for a zone file: whole names, TXT quoted, what is to go as a comment."""
    lines = [f"; {words('reference', id=line(paper['id'], SHORT))}", f"; {words('zone.note')}"]
    for row in paper["records"]:
        lines.append(
            f"; {words.named('do', str(row['action']))}: {line(row['type'], SHORT)} {line(row['full_name'], SHORT)}"
        )
        if row["old_value"] is not None:
            lines.append(f"; {_record(row, row['old_value'], row['old_ttl'])}")
        if row["value"] is not None:
            lines.append(_record(row, row["value"], row["ttl"]))
    return "\n".join(lines) + "\n"


def _record(row: Row, value: str, ttl: object) -> str:
    data = txt_to_presentation(value) if row["type"] == "TXT" else " ".join(visible(value).split())
    return f"{line(row['full_name'], 1100)}. {ttl} IN {line(row['type'], SHORT)} {data}"


def _of(paper: Paper, name: str) -> list[Row]:
    return [row for row in paper["records"] if row["zone"] == name]


def _cells(row: Row, words: Words) -> list[str]:
    """As `COLUMNS`; empty where there is nothing."""
    notes = " ".join(words.named("note", str(one)) for one in row["notes"])
    ttl = "" if row["ttl"] is None else str(row["ttl"])
    plain = [row["name"], row["full_name"], row["type"], row["value"] or "", ttl, row["old_value"] or ""]
    return [words.named("do", str(row["action"])), *map(str, plain), notes]


def _title(paper: Paper, words: Words, shown: Any = None) -> str:
    return words("title", zones=_zones(paper, shown))


def _zones(paper: Paper, shown: Any = None) -> str:
    return ", ".join((shown or _line)(one) for one in paper["zones"])


def _head(paper: Paper, words: Words, shown: Any = None) -> Iterator[str]:
    put = shown or _line
    yield words("lead", zones=_zones(paper, shown), customer=put(paper["customer_name"]))
    yield words("reference", id=put(paper["id"])) + " — " + words("to", ask=put(paper["ask"]))
    yield words("expected", moment=_moment(paper["expected_by"]))
    if paper.get("send_by"):
        yield words("send", moment=_moment(paper["send_by"]), window=_moment(paper["window"]))


def _how(paper: Paper, words: Words) -> list[str]:
    kinds = {row["type"] for row in paper["records"] if row["value"] is not None}
    said = [words("how.rest"), words("how.name")]
    said += [words("how.target")] if kinds & _TARGETED else []
    said += [words("how.text")] if "TXT" in kinds else []
    said += [words("how.change")] if any(row["action"] == "change" for row in paper["records"]) else []
    return [*said, words("how.ttl")] if kinds else said


def _contacts(paper: Paper, words: Words, shown: Any = None) -> Iterator[str]:
    put = shown or _line
    for one in paper["contacts"]:
        said = [put(one[name]) for name in ("name", "email", "phone") if one.get(name)]
        yield f"{', '.join(said)} ({words.named('role', str(one.get('role')))})"


def _moment(text: object) -> str:
    """An instant as the documents hold it, for people: `2026-12-05 04:00 UTC`."""
    return line(text, SHORT).replace("T", " ").removesuffix("Z").rpartition(":")[0] + " UTC"


def _line(text: object) -> str:
    return line(text, SHORT)


def _code(text: object) -> str:
    """A code span that nothing inside can end; the whole text."""
    shown = visible(str(text))
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[:1] in ("`", " ") or shown[-1:] in ("`", " ") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}" if shown.strip(" ") else "-"


def _cell(column: str, text: str) -> str:
    return (_code(text) if column in COPIED else line(text)).replace("|", "\\|")


def _shown(column: str, text: str) -> Html | str:
    return page.code(text) if column in COPIED and text else text


def _safe(text: str) -> str:
    return f"'{visible(text)}" if text.startswith(_FORMULA) else visible(text)
