"""Requests and answers held against the vendor's description, where that is at hand; compiled once a process."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import referencing

SHARED = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "cloudflare-dns.openapi.json"
_BASE = "urn:cloudflare"
_ODD = {"OPENPGPKEY": "Openpgpkey"}


class Contract:
    """The description; what it says of records is looked up by type, which is quicker than trying all."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]
        self._paths: Mapping[str, Any] = document["paths"]
        resource = referencing.Resource.from_contents(
            document, default_specification=referencing.jsonschema.DRAFT202012
        )
        self._registry: Any = referencing.Registry().with_resource(_BASE, resource)

    def parameters(self, path: str, method: str, asked: Mapping[str, str]) -> Iterator[str]:
        """What is wrong with the parameters of a request."""
        known = {one["name"]: one["schema"] for one in self._paths[path][method].get("parameters", ())}
        for name, text in asked.items():
            schema = known.get(name)
            if schema is None:
                yield f"{method} {path} knows no parameter {name}"
                continue
            value: object = int(text) if schema.get("type") == "integer" and text.isdigit() else text
            if schema.get("type") == "boolean":
                value = {"true": True, "false": False}.get(text, text)
            yield from self._inline(schema, value, f"{path} {name}")

    def create(self, sent: Mapping[str, Any], prefix: str, suffix: str = "Record") -> Iterator[str]:
        """What is wrong with a record that is to be made (`RecordCreate`, or `RecordBatch` with `RecordParam`)."""
        name = self._of(prefix, str(sent.get("type")), suffix)
        yield from self._known(name, sent)
        yield from self._check(name, sent)

    def batch(self, sent: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a batch."""
        schema = self._schemas["RecordBatch"]["properties"]
        for verb, operations in sent.items():
            if verb not in schema:
                yield f"a batch has no {verb}"
            for one in operations if verb in {"deletes", "patches"} else ():
                items = schema[verb]["items"]
                named = self._schemas[items["$ref"].rpartition("/")[2]] if "$ref" in items else items
                yield from (f"{verb} know no {name}" for name in one.keys() - named["properties"].keys())
                yield from self._inline(items, one, verb)
            for one in operations if verb == "posts" else ():
                yield from self.create(one, "RecordBatch", "RecordParam")

    def zone(self, shown: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a zone in an answer."""
        yield from self._check("Zone", shown)

    def record(self, shown: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a record in an answer."""
        yield from self._check(self._of("Record", shown["type"], "Record"), shown)

    def error(self, shown: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with an answer that is no success."""
        yield from self._check("Error", shown)

    def _of(self, prefix: str, kind: str, suffix: str) -> str:
        for name in (f"{prefix}_{kind}{suffix}", f"{prefix}_{_ODD.get(kind, kind)}{suffix}"):
            if name in self._schemas:
                return name
        odd = [name for name in self._schemas if name.startswith(f"{prefix}_") and name.endswith("OpenpgpkeyRecord")]
        return odd[-1] if kind in _ODD and odd else f"{prefix}_{kind}{suffix}"

    def _known(self, name: str, sent: Mapping[str, Any]) -> Iterator[str]:
        properties = self._schemas.get(name, {}).get("properties", {})
        yield from (f"{name} has no {one}" for one in sent.keys() - properties.keys())

    def _check(self, name: str, value: object) -> Iterator[str]:
        if name not in self._schemas:
            yield f"the description has no {name}"
            return
        yield from (f"{name}: {one.message}" for one in self._validator(name).iter_errors(value))

    @functools.cache  # noqa: B019  # one contract lives as long as the process
    def _validator(self, name: str) -> jsonschema.Draft202012Validator:
        schema = {"$ref": f"{_BASE}#/components/schemas/{name}"}
        return jsonschema.Draft202012Validator(schema, registry=self._registry)

    def _inline(self, schema: Mapping[str, Any], value: object, where: str) -> Iterator[str]:
        whole = {**schema, "$ref": _BASE + schema["$ref"]} if "$ref" in schema else schema
        validator = jsonschema.Draft202012Validator(whole, registry=self._registry)
        yield from (f"{where}: {one.message}" for one in validator.iter_errors(value))


@functools.cache
def at_hand() -> Contract | None:
    """The description kept beside the checkout; none where it is absent."""
    if not SHARED.is_file():
        return None
    return Contract(json.loads(SHARED.read_text(encoding="utf-8")))
