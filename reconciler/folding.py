"""Resources of any kind taken apart into slots, and folded back."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import exchange, recordset, tenant
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.model.value import Value


def parts(resource: Resource | None) -> dict[str, Value]:
    """A live resource's slots; empty when it does not exist."""
    if resource is None:
        return {}
    if resource.key.system == "exchange":
        return exchange.parts(resource)
    return recordset.parts(resource) if isinstance(resource, RecordSet) else tenant.parts(resource)


def fold(key: Key, live: Resource | None, writes: Mapping[str, Value | None]) -> Resource | None:
    """The whole resource after the writes; what they do not name stays. None = it shall not exist."""
    if key.system == "tenant":
        return tenant.fold(key, live, writes)
    if key.system == "exchange":
        return exchange.fold(key, live, writes)
    return recordset.fold(key, live if isinstance(live, RecordSet) else None, writes)
