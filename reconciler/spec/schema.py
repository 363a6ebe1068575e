"""The JSON Schema of the spec's files, for editors, made from the models."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import TypeAdapter

from reconciler.spec.customer import CustomerSpec
from reconciler.spec.migration import Snapshot
from reconciler.spec.workspace import Workspace

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Kind = Literal["customer", "workspace", "snapshot"]
MODELS: dict[str, Any] = {"customer": CustomerSpec, "workspace": Workspace, "snapshot": Snapshot}


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of `customer.yaml`, of `workspace.yaml` or of a snapshot that `as_found` names.

    It knows less than the loader (calendars, record types, what stands elsewhere), and wants numbers quoted where a
    text belongs.
    """
    made = _cleaned(TypeAdapter(MODELS[kind]).json_schema())
    if kind == "workspace":
        made["$defs"]["ProviderEntry"]["additionalProperties"] = True
    return {"$schema": DIALECT, **made}


def text(kind: Kind) -> str:
    """The schema as the file that is checked in."""
    return json.dumps(schema(kind), ensure_ascii=False, indent=1) + "\n"


def _cleaned(node: Any) -> Any:
    """Without what the loader fills in, without null (nothing is ever left empty) and without generated titles."""
    if isinstance(node, list):
        return [_cleaned(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "anyOf" in node:
        node = _without_null(node)
    kept = {key: one for key, one in node.items() if not (key == "title" and isinstance(one, str))}
    if "default" in kept:
        kept |= _default(kept.pop("default"))
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].partition("\n\n")[0].split())
    for key in ("properties", "$defs"):
        if key in kept:
            kept[key] = {name: _cleaned(one) for name, one in kept[key].items() if not name.startswith("\0")}
    return {
        key: one if key in {"properties", "$defs", "examples", "default"} else _cleaned(one)
        for key, one in kept.items()
    }


def _default(value: Any) -> dict[str, Any]:
    """A default as an author would write it; nothing for what is simply left out."""
    if value in (None, "", []) or isinstance(value, dict):
        return {}
    return {"default": f"{value:.0%}" if isinstance(value, float) else value}


def _without_null(node: dict[str, Any]) -> dict[str, Any]:
    rest = {key: one for key, one in node.items() if key != "anyOf"}
    choices = [one for one in node["anyOf"] if one != {"type": "null"}]
    return {**choices[0], **rest} if len(choices) == 1 else {**rest, "anyOf": choices}
