"""What is really in a zone, in the words of the product and without its adapter; and how to change it from behind."""

from __future__ import annotations

import re

from reconciler.model import names as keys
from reconciler.model import rdata
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.emulators.route53 import state, values

_DECIMAL = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)


def truth(zone: state.Zone) -> dict[Key, RecordSet]:
    """The simple sets, in normal form, without the SOA."""
    scope = keys.written(zone.name)
    found = {}
    for one in zone.sets.values():
        if one.type == "SOA" or one.policies or one.fields:
            continue
        key = Key("dns", scope, one.type, keys.written(one.name[: len(one.name) - len(zone.name)]) or "@")
        held = {_value(one.type, value) for value in one.values}
        found[key] = RecordSet(key, one.ttl or 0, tuple(sorted(held)))
    return found


def edit(zone: state.Zone, key: Key, wished: RecordSet | None) -> None:
    """Make or remove a simple set."""
    labels = keys.labels(keys.fqdn(key.name, key.scope))
    if wished is None:
        zone.sets.pop((labels, key.kind, ""), None)
        return
    native = tuple(_native(key.kind, value) for value in wished.values)
    zone.put(state.RecordSet(labels, key.kind, ttl=wished.ttl, values=native))


def _value(kind: str, value: str) -> str:
    if kind == "TXT":
        return b"".join(values.strings(value)).decode("utf-8", "surrogateescape")
    return rdata.canonical_at(kind, values.decimal(value), ".")


def _native(kind: str, value: str) -> str:
    """Every octet of a TXT value as an escape: another spelling than the adapter's."""
    if kind != "TXT":
        return _DECIMAL.sub(lambda found: f"\\{int(found[1]):03o}" if len(found[1]) == 3 else found[0], value)
    octets = value.encode("utf-8", "surrogateescape")
    parts = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
    return " ".join(f'"{"".join(f"{chr(92)}{octet:03o}" for octet in part)}"' for part in parts)
