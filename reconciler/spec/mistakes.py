"""Turns what validation finds into diagnostics with places, and keeps going with what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.spec.scalars import nearest, show
from reconciler.spec.written import Written, inside, keys, models, nested
from reconciler.spec.yaml_tree import Child, Document, Gone, Map, Seq

Model = TypeVar("Model", bound=Written)
Path = Sequence[Any]
_WANTED = {
    "bool_type": ("true or false", "write true or false, without quotes"),
    "int_type": ("a whole number", "write it without quotes"),
    "string_type": ("a text", "quote it"),
    "tuple_type": ("a list", "write [a, b], or lines that begin with -"),
    "dict_type": ("a mapping", "write keys and values"),
    "dataclass_type": ("a mapping", "write keys and values"),
}


#: Taking out what is wrong can make what holds it wrong, once for each level of the models.
ROUNDS = 30


class Step(NamedTuple):
    """One step of a path that was found in a document."""

    container: Map | Seq
    child: Child


class Places:
    """Finds the places of paths in a document; remembers what it has walked, so that many mistakes cost no more."""

    def __init__(self, document: Document) -> None:
        """Nothing is walked yet."""
        self.document = document
        self._known: dict[int, Mapping[Any, Child]] = {}

    def trail(self, path: Path) -> list[Step]:
        """The steps of a path as far as they exist; an index counts what is not gone."""
        found: list[Step] = []
        here = self.document.value
        for step in path:
            child = self._children(here).get(step) if isinstance(here, Map | Seq) else None
            if child is not None:
                found.append(Step(here, child))
                here = child.value
        return found

    def _children(self, container: Map | Seq) -> Mapping[Any, Child]:
        known = self._known.get(id(container))
        if known is None:
            entries = self.document.children(container)
            known = {one.key: one for one in entries} if isinstance(container, Map) else dict(enumerate(entries))
            self._known[id(container)] = known
        return known

    def forget(self) -> None:
        """Walk again from now on: something is gone."""
        self._known.clear()

    def raw(self, *path: Any) -> list[Any]:
        """The items of a list that are not gone, as written."""
        steps = self.trail(path)
        return [child.value for child in self.document.children(steps[-1].child.value)] if steps else []

    def raw_map(self, *path: Any) -> Mapping[str, Any]:
        """A mapping as written; empty for a scalar."""
        value = self.trail(path)[-1].child.value
        return value if isinstance(value, Map) else {}

    def at(self, *path: Any, key: bool = False) -> Origin:
        """The place of a value, or of its key; of what holds it when it does not exist."""
        steps = self.trail(path)
        if not steps:
            return self.document.origin(0)
        child = steps[-1].child
        on_key = key and isinstance(steps[-1].container, Map)
        return self.document.origin(child.node - on_key, wording(steps))


def wording(steps: Sequence[Step]) -> str:
    """A path in the author's words: `domains.x.example.records[3]`."""
    parts = [f"[{one.child.key}]" if isinstance(one.container, Seq) else f".{one.child.key}" for one in steps]
    return "".join(parts).removeprefix(".")


class Checked(NamedTuple, Generic[Model]):
    """What validation made of a document: the model as far as it could be read, and where its parts stand."""

    thing: Model | None
    places: Places
    found: list[Diagnostic]


def check(document: Document, adapter: TypeAdapter[Model], model: type[Model]) -> Checked[Model]:
    """Validate a document; wrong parts are reported and taken out until the rest is sound."""
    places = Places(document)
    found: dict[tuple[Any, ...], Diagnostic] = {}
    for _ in range(ROUNDS):
        if document.value is None:
            break
        data = _sound(document.value) if document.holes else document.value
        try:
            thing = adapter.validate_python(data)
        except ValidationError as bad:
            errors = bad.errors(include_url=False)
        else:
            attach(thing, document.value, 0, "", document)
            return Checked(thing, places, list(found.values()))
        for one in errors:
            steps = places.trail(one["loc"])
            if not _answered(one, steps, document):
                diagnostic = _diagnostic(one, steps, document, model)
                found.setdefault((diagnostic.origin, diagnostic.rule, diagnostic.summary), diagnostic)
        for one in errors:
            _take_out(one, places, document)
        places.forget()
    return Checked(None, places, list(found.values()))


def _sound(value: Any) -> Any:
    """A copy without what is gone."""
    if isinstance(value, Map):
        return {key: _sound(one) for key, one in value.items() if not isinstance(one, Gone)}
    if isinstance(value, Seq):
        return [_sound(one) for one in value if not isinstance(one, Gone)]
    return value


def _answered(one: Any, steps: Sequence[Step], document: Document) -> bool:
    """A key is missing only because what stood there was wrong."""
    if one["type"] != "missing":
        return False
    holder = steps[-1].child.value if steps else document.value
    return isinstance(holder, Map) and isinstance(holder.get(one["loc"][-1]), Gone)


def _take_out(one: Any, places: Places, document: Document) -> None:
    document.holes = True
    steps = places.trail(one["loc"])
    if not steps:
        document.value = None
        return
    container, child = steps[-1]
    container[child.key] = Gone(child.node, child.end)  # type: ignore[index]


def _diagnostic(one: Any, steps: Sequence[Step], document: Document, model: type[Written]) -> Diagnostic:
    kind, path = one["type"], wording(steps)
    node = steps[-1].child.node if steps else 0
    last = str(one["loc"][-1]) if one["loc"] else ""
    if kind == "missing":
        where = f" in {path}" if path else ""
        return error("spec/missing", f"`{last}` is missing{where}", origin=document.origin(node, path))
    if kind == "unexpected_keyword_argument":
        above = wording(steps[:-1]) or "this file"
        remedy = nearest(last, _keys_at(model, one["loc"][:-1]))
        summary = f"unknown key `{last}` in {above}"
        return error("spec/unknown-key", summary, remedy=remedy, origin=document.origin(node - 1, path))
    origin = document.origin(node - (last == "[key]"), path)
    rule, summary, remedy = words(one)
    named = f"`{steps[-1].child.key}`: " if steps and isinstance(steps[-1].container, Map) and last != "[key]" else ""
    return error(rule, f"{named}{summary}", remedy=remedy, origin=origin)


def _keys_at(model: type[Written], path: Path) -> list[str]:
    hints: list[Any] = [model]
    for step in path:
        hints = inside(hints, step) or hints
    return [key for hint in hints for one in models(hint) for key in keys(one)]


def words(one: Any) -> tuple[str, str, str]:
    """Rule, sentence and remedy of one error that validation found."""
    kind, value, context = one["type"], one["input"], one.get("ctx", {})
    if kind.startswith("spec/"):
        return kind, context["summary"], context["remedy"]
    if kind == "missing":
        return "spec/missing", "nothing is written", ""
    if kind == "too_short":
        return "spec/value", "at least one is needed", ""
    if kind in _WANTED:
        wanted, remedy = _WANTED[kind]
        return "spec/type", f"{wanted} is needed, this is {show(value)}", remedy
    if kind in {"literal_error", "enum"}:
        choices = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        return "spec/choice", f"{show(value)} is none of the choices", nearest(value, choices)
    if kind == "string_pattern_mismatch":
        return "spec/text", f"{show(value)} is no text of one line that fits here", ""
    return "spec/value", f"{show(value)}: {one['msg'][:1].lower()}{one['msg'][1:]}", ""


def attach(thing: Any, value: Any, node: int, path: str, document: Document) -> None:
    """Tell each model where its key or its item stands; walks models and document side by side."""
    if isinstance(thing, Written):
        rule = path if isinstance(value, Map) else f"{path}: {value}"
        object.__setattr__(thing, "origin", document.origin(node, rule))
        further = nested(type(thing))
        if not further or not isinstance(value, Map):
            return
        for child in document.children(value):
            if child.key in further:
                inner = f"{path}.{child.key}" if path else str(child.key)
                attach(getattr(thing, further[str(child.key)]), child.value, child.node - 1, inner, document)
    elif isinstance(thing, tuple):
        for one, child in zip(thing, document.children(value), strict=False):
            attach(one, child.value, child.node, f"{path}[{child.key}]", document)
    elif isinstance(thing, dict):
        for child in document.children(value):
            attach(thing[child.key], child.value, child.node - 1, f"{path}.{child.key}", document)
