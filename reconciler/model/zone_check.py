"""From a zone file's records to its record sets, and what only shows when all records are known.

Source: RFC 1035 section 3.6.2 and RFC 2181 section 10.1 (CNAME stands alone), RFC 4034 sections 3 and 4 (but for the
records that sign it), RFC 2181 sections 5 (duplicates) and 5.2 (one TTL a set).
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model.diagnostic import Origin, error, warning
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.model.zone import Record, Scan

_BESIDE_CNAME = frozenset({"CNAME", "RRSIG", "NSEC", "KEY"})
_HOSTED = frozenset({"CNAME", "DNAME", "MX", "NS", "PTR", "SRV"})
#: Last labels that a name inside a zone hardly ever has, except when a final dot was forgotten.
_TOP_LEVEL = frozenset("biz ca co com de edu es eu fr gov info io it mx net nl org pt uk us".split())  # noqa: SIM905

Place = Callable[[int], Origin]
Groups = dict[tuple[str, str], list[Record]]


def settle(scan: Scan, place: Place) -> None:
    """Fill in the record sets and the findings about them; `place` turns an offset into a line and a column."""
    groups = _grouped(scan.records)
    for (name, kind), group in groups.items():
        if kind == "SOA":
            continue
        key = Key("dns", scan.zone, kind, name)
        if len(group) == 1:
            scan.sets[key] = RecordSet(key, group[0].ttl, (group[0].value,))
        else:
            values, ttl = tuple(sorted({one.value for one in group})), min(one.ttl for one in group)
            scan.sets[key] = RecordSet(key, ttl, values)
            _compare(scan, group, ttl, len(values), place)
        if kind in _HOSTED:
            _suspect(scan, group, place)
    _stands_alone(scan, groups, place)


def _grouped(records: list[Record]) -> Groups:
    groups: Groups = {}
    for record in records:
        group = groups.get(record[:2])
        if group is None:
            groups[record[:2]] = [record]
        else:
            group.append(record)
    return groups


def _compare(scan: Scan, group: list[Record], ttl: int, different: int, place: Place) -> None:
    """Two records of a set: the lower TTL holds, a repeated value counts once; servers load both with a warning."""
    last = group[-1]
    what = f"{last.name} {last.kind}"
    if any(one.ttl != ttl for one in group):
        summary = f"{what}: the records of a set have different TTLs, {ttl} is taken for all"
        scan.diagnostics.append(warning("zone/ttl-differs", summary, origin=place(last.start)))
    if different < len(group):
        summary = f"{what}: the same value twice"
        scan.diagnostics.append(warning("zone/duplicate", summary, origin=place(last.start)))


def _suspect(scan: Scan, group: list[Record], place: Place) -> None:
    """A target inside the zone whose inner part looks like a whole name: its final dot was forgotten."""
    inside = f".{scan.zone}."
    tops = _TOP_LEVEL | {scan.zone.rpartition(".")[2]}
    for record in group:
        if record.value.endswith(inside):
            host = record.value.rpartition(" ")[2].removesuffix(inside)
            if host.rpartition(".")[2] in tops and "." in host:
                summary = f"{record.name} {record.kind} points to {host}{inside}"
                remedy = f"If {host} is meant, put a dot behind it."
                scan.diagnostics.append(warning("zone/final-dot", summary, "", remedy, origin=place(record.start)))


def _stands_alone(scan: Scan, groups: Groups, place: Place) -> None:
    aliases = {name for name, kind in groups if kind == "CNAME"}
    if not aliases:
        return
    for (name, kind), group in groups.items():
        if kind == "CNAME" and len({one.value for one in group}) > 1:
            _refuse(scan, f"{name} has two CNAME records", group[-1], place)
        if name in aliases and kind not in _BESIDE_CNAME:
            _refuse(scan, f"{name} has a CNAME and {kind} data", group[0], place)


def _refuse(scan: Scan, summary: str, record: Record, place: Place) -> None:
    detail = "Servers refuse the file, or drop one of the two."
    scan.diagnostics.append(error("zone/cname", summary, detail, "Keep one of them.", origin=place(record.start)))
