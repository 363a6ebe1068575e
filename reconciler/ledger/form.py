"""The form in which the journal keeps values: DNS in full, tenant attributes as fingerprints only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from reconciler.model.key import Slot
from reconciler.model.value import Value


def fingerprint(value: Value) -> str:
    """What the journal keeps of a value that is not public: `sha256:` and 16 hex digits; equal for equal values.

    The kind counts: True, 1 and "1" differ.
    """
    text = json.dumps(value, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()[:16]}"


def recorded(slot: Slot, value: Value | None) -> Value | None:
    """The form in which the journal keeps a slot's value; none (absent) stays none."""
    return value if value is None or slot.key.system == "dns" else fingerprint(value)


def noted(slot: Slot, value: Value, **meta: Any) -> list[Any]:
    """One slot of an `adopt` entry, or one `carried` by a step: `[address, recorded value, meta]`.

    Args:
        meta: what is known and not the default of `manage`, `protect`, `owner`, `ttl`, `remote_id`, `source` (of the
            Unknown that the value stood in for), `route`, `stage`. What is left out stays as it was known.
    """
    return [slot.address, recorded(slot, value), meta]


def step(
    step_id: str,
    slot: Slot,
    action: str,
    *,
    before: Value | None,
    after: Value | None,
    before_ttl: int | None = None,
    carried: Sequence[list[Any]] = (),
    **meta: Any,
) -> dict[str, Any]:
    """One step of a `begin` entry (rule 13).

    Args:
        before: as last read before the write; none = absent. `after`: resolved; none = absent.
        before_ttl: of the record set, in seconds; none when absent, or not DNS.
        carried: slots written with this one because they do not exist without it (`noted`).
        meta: as in `noted`; `gone=True` when the record set does not exist afterwards; `how="adopted"` for a value
            that stands in for one that was not ours.
    """
    return {
        "id": step_id,
        "address": slot.address,
        "action": action,
        "before": recorded(slot, before),
        "before_ttl": before_ttl,
        "after": recorded(slot, after),
        "carried": list(carried),
        "meta": meta,
    }
