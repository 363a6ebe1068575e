"""The fingerprint of what a customer's spec says, whatever its layout and comments."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from pydantic import TypeAdapter

from reconciler.spec.customer import CustomerSpec
from reconciler.spec.workspace import Workspace


@lru_cache(maxsize=1)
def _customers() -> TypeAdapter[CustomerSpec]:
    return TypeAdapter(CustomerSpec)


@lru_cache(maxsize=1)
def _workspaces() -> TypeAdapter[Workspace]:
    return TypeAdapter(Workspace)


def digest(customer: CustomerSpec) -> str:
    """`sha256:` and 64 hex digits over the normal form of everything the spec says, tables and workspace included."""
    shared = _workspaces().dump_json(customer.workspace, exclude_defaults=True)
    own = _customers().dump_json(customer, exclude_defaults=True)
    return f"sha256:{sha256(shared + b'|' + own).hexdigest()}"
