"""Writes the generated files of the folder of specs: the schemas, and the reference inside its README.

`python -m reconciler.spec.reference specs` writes them anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from reconciler.spec.migration import START
from reconciler.spec.scalars import COUNTRY, DATE, DURATION, PERCENT
from reconciler.spec.schema import Kind, schema, text

BEGIN, END = "<!-- reference: begin (generated) -->", "<!-- reference: end -->"
TITLES = {
    "workspace": "`workspace.yaml`",
    "customer": "`customer.yaml`",
    "snapshot": "The snapshot that `as_found` names",
}


_BY_PATTERN: dict[str | None, str] = {
    COUNTRY: "country code",
    DATE: "date",
    DURATION: "duration",
    PERCENT: "percentage",
    START: "date and time",
}


def reference() -> str:
    """Every key of every file: type, default, meaning, example; Markdown."""
    parts = []
    shown: set[str] = set()
    for kind in ("workspace", "customer", "snapshot"):
        whole = schema(kind)
        parts += [f"## {TITLES[kind]}", "", whole["description"], "", *_table(whole), ""]
        for name in _order(whole):
            if name not in shown and "properties" in whole["$defs"][name]:
                shown.add(name)
                part = whole["$defs"][name]
                parts += [f"### {_heading(name)}", "", part["description"], "", *_table(part), ""]
    return "\n".join(parts)


def inserted(readme: str) -> str:
    """A README with the reference between its two markers written anew."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{reference()}\n{END}{tail}"


def _order(whole: dict[str, Any]) -> list[str]:
    """Names of the models in the order in which a reader meets them."""
    found: list[str] = []
    queue = [whole]
    while queue:
        for name in _references(queue.pop(0).get("properties", {})):
            if name not in found:
                found.append(name)
                queue.append(whole["$defs"][name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for key, one in node.items():
            if key != "examples":
                yield from _references(one)
    elif isinstance(node, list):
        for one in node:
            yield from _references(one)


def _heading(name: str) -> str:
    """`MailSpec` as a heading: Mail."""
    bare = name.removesuffix("Spec")
    return "".join(f" {letter.lower()}" if letter.isupper() and at else letter for at, letter in enumerate(bare))


def _table(part: dict[str, Any]) -> list[str]:
    rows = ["| key | value | default | meaning | example |", "| --- | --- | --- | --- | --- |"]
    for key, field in part.get("properties", {}).items():
        default = "needed" if key in part.get("required", []) else _code(field["default"]) if "default" in field else ""
        example = _code(field["examples"][0])
        cells = (f"`{key}`", _kind(field), default, field["description"], example)
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return rows


def _code(value: object) -> str:
    return f"`{value if isinstance(value, str) else _flow(value)}`"


def _flow(value: object) -> str:
    """A value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    bare = isinstance(value, str) and not set(value) & set(",[]{}:#@") and not value.startswith(("-", "*", "&", "!"))
    return value if isinstance(value, str) and bare else json.dumps(value, ensure_ascii=False)


def _kind(field: dict[str, Any]) -> str:
    """What a value is, in words."""
    patterns = {field.get("pattern"), *(one.get("pattern") for one in field.get("anyOf", []))}
    for pattern in patterns & _BY_PATTERN.keys():
        return _BY_PATTERN[pattern]
    if "anyOf" in field or "oneOf" in field:
        return " or ".join(dict.fromkeys(_kind(one) for one in [*field.get("anyOf", []), *field.get("oneOf", [])]))
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        heading = _heading(name)
        return "see meaning" if name == "Manage" else f"[{heading.lower()}](#{heading.lower().replace(' ', '-')})"
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    if field.get("type") == "object":
        inner = next(iter(field.get("patternProperties", {}).values()), field.get("additionalProperties", {}))
        return f"names, each with {_kind(inner)}"
    return {"string": "text", "integer": "number", "boolean": "`true` or `false`"}.get(str(field.get("type")), "text")


def write(folder: Path) -> None:
    """Write all generated files anew."""
    readme = folder / "README.md"
    readme.write_text(inserted(readme.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "schema").mkdir(exist_ok=True)
    for kind in get_args(Kind):
        (folder / "schema" / f"{kind}.schema.json").write_text(text(kind), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
