"""Brings records into normal form: names, types, values; and finds those that cannot stand beside each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from reconciler.model import names, rdata
from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.spec.csv_text import CONTROL, read_sheet
from reconciler.spec.files import Files
from reconciler.spec.record import AbsentRecord, DnsTable, Record
from reconciler.spec.scalars import seconds, show
from reconciler.spec.written import put

#: Where a record's part stands: its path inside the record.
Where = Callable[..., Origin]
#: One plain label is its own normal form; a zone has two, so it cannot repeat the zone's name.
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
type_name = lru_cache(maxsize=256)(rdata.type_name)
#: What a hosting company's letter calls the columns.
COLUMNS = {
    "name": "name", "host": "name", "nombre": "name", "registro": "name",
    "type": "type", "tipo": "type",
    "value": "value", "valor": "value", "points_to": "value", "destino": "value", "apunta_a": "value", "data": "value",
    "ttl": "ttl",
    "priority": "priority", "prioridad": "priority", "preference": "priority",
}  # fmt: skip


#: Types that a DNS host can proxy.
PROXIED = frozenset({"A", "AAAA", "CNAME"})


def settle(record: Record, zone: str, where: Where, found: list[Diagnostic]) -> None:
    """Bring one record into normal form; mistakes go to `found` and leave the part as it was."""
    kind = _kind(record.type, where, found)
    name = _owner(record.name, zone, where, found)
    values = []
    for index, text in enumerate(record.values):
        try:
            values.append(value(kind, text) if kind else text)
        except ValueError as bad:
            found.append(error("spec/value", str(bad), origin=where("values", index)))
    if len(values) > 1:
        values = sorted(set(values))
    object.__setattr__(record, "type", kind or record.type)
    object.__setattr__(record, "name", name)
    object.__setattr__(record, "values", tuple(values))


def value(kind: str, text: str) -> str:
    """One value in normal form.

    Raises:
        ValueError: with the reason in words.
    """
    if kind == "TXT" and len(text) > 1 and text[0] == text[-1] == '"':
        raise ValueError(f"{show(text)} is quoted twice: write the text itself, without the quotes a zone file has")
    if not text.isprintable() and CONTROL.search(text):
        raise ValueError(f"{show(text)} holds a control character or a line end: write it on one line")
    return rdata.canonical(kind, text)


def _kind(text: str, where: Where, found: list[Diagnostic]) -> str:
    try:
        kind = type_name(text)
        if kind == "SOA":
            raise ValueError("SOA belongs to the DNS host: it cannot be written here")
    except ValueError as bad:
        found.append(error("spec/type", str(bad), origin=where("type")))
        return ""
    return kind


def _owner(text: str, zone: str, where: Where, found: list[Diagnostic]) -> str:
    if len(zone) < 190 and _LABEL.fullmatch(text):
        return text
    try:
        return names.owner(text, zone)
    except ValueError as bad:
        found.append(error("spec/name", str(bad), origin=where("name")))
        return text


def settle_absent(record: AbsentRecord, zone: str, where: Where, found: list[Diagnostic]) -> None:
    """The same for a record that must not exist."""
    kind = _kind(record.type, where, found)
    put(record, type=kind or record.type, name=_owner(record.name, zone, where, found))
    if record.value is not None and kind:
        try:
            put(record, value=value(kind, record.value))
        except ValueError as bad:
            found.append(error("spec/value", str(bad), origin=where("value")))


def beside(records: Iterable[Record], found: list[Diagnostic]) -> None:
    """Report records of one zone that cannot stand beside each other."""
    first: dict[tuple[str, str], Record] = {}
    kinds: dict[str, str] = {}
    for one in records:
        there = first.setdefault((one.name, one.type), one)
        if there is not one:
            detail = f"The first one is at {there.origin}."
            summary = f"{one.name} {one.type} again"
            found.append(error("spec/twice", summary, detail, "put all values into one", origin=one.origin))
            continue
        if one.type == "MX" and "0 ." in one.values and len(one.values) > 1:
            detail = "A null MX says that the name takes no mail at all (RFC 7505 section 3)."
            found.append(
                error("spec/null-mx", "a null MX beside others", detail, "keep one of them", origin=one.origin)
            )
        if one.proxied is not None and one.type not in PROXIED:
            detail = "Web requests are passed on; no other type can be (Cloudflare, proxied records, 2026-11)."
            summary = f"{one.name} {one.type} cannot be proxied"
            found.append(error("spec/proxied", summary, detail, "leave `proxied` out", origin=one.origin))
        other = kinds.setdefault(one.name, one.type)
        if one.type == "CNAME" and one.name == "@":
            summary = "a CNAME cannot stand at the domain itself"
            found.append(error("spec/cname", summary, "SOA and NS stand there.", "write addresses", origin=one.origin))
        elif "CNAME" in {one.type, other} and one.type != other:
            detail = "A name with a CNAME has no other records (RFC 1034 section 3.6.2)."
            summary = f"{one.name} has a CNAME and {other if one.type == 'CNAME' else one.type}"
            found.append(error("spec/cname", summary, detail, "keep one of them", origin=one.origin))


def read_table(table: DnsTable, zone: str, files: Files, origin: Origin, found: list[Diagnostic]) -> None:
    """Read the CSV file of a table into its records."""
    content = files.read(table.file, origin)
    if content is None:
        return
    path, data = content
    sheet = read_sheet(data, path, COLUMNS, ("name", "type", "value"))
    found += sheet.found
    rows: dict[tuple[str, str], Record] = {}
    for line, row in sheet.rows:
        made = _row(row, zone, Origin(path, line, 0, origin.rule), found)
        if made is None:
            continue
        there = rows.setdefault((made.name, made.type), made)
        if there is not made:
            ttls = [ttl for ttl in (there.ttl, made.ttl) if ttl is not None]
            put(there, values=tuple(sorted({*there.values, *made.values})), ttl=min(ttls, default=None))
    beside(rows.values(), found)
    put(table, records=tuple(rows.values()))


def _row(row: Mapping[str, str], zone: str, origin: Origin, found: list[Diagnostic]) -> Record | None:
    lacking = [column for column in ("name", "type", "value") if column not in row]
    if lacking:
        found.append(error("csv/cell", f"the cell {lacking[0]} is empty", origin=origin))
        return None
    text, ttl = row["value"], None
    if "priority" in row and row["type"].upper() in {"MX", "SRV"}:
        text = f"{row['priority']} {text}"
    try:
        ttl = seconds(row["ttl"]) if "ttl" in row else None
    except ValueError as bad:
        found.append(error("spec/duration", f"ttl: {bad}", remedy="write 3600 or 1h", origin=origin))
    record = Record(name=_whole(row["name"], zone), type=row["type"], values=(text,), ttl=ttl, origin=origin)
    before = len(found)
    settle(record, zone, lambda *_: origin, found)
    return record if len(found) == before else None


def _whole(name: str, zone: str) -> str:
    """Letters give names whole and without a final dot."""
    bare = name.lower().removesuffix(".")
    return f"{bare}." if bare == zone or bare.endswith(f".{zone}") else name


def place_in(places: Any, *path: Any) -> Where:
    """Places of a record's parts in a YAML file, found only when asked for."""
    return lambda *inner: places.at(*path, *inner)
