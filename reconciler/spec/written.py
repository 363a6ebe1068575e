"""What all models of the spec have in common: frozen, slotted, strict, and each knows the line that asked for it.

Modules that define models do not postpone their annotations: reading them back from text would cost every command that
loads a spec 20 ms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic.json_schema import SkipJsonSchema

from reconciler.model.diagnostic import Origin


def doc(text: str, *examples: object, **limits: Any) -> FieldInfo:
    """What a field means, with its unit and what stands for it when it is left out; examples as authors write them."""
    info: FieldInfo = Field(description=text, examples=list(examples), **limits)
    return info


def given(name: str, keep: bool = False) -> FieldInfo:
    """A field that the loader fills in; no author can write this key. `keep`: it is part of the spec's content."""
    info: FieldInfo = Field(validation_alias=f"\0{name}", exclude=not keep)
    return info


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Something an author wrote.

    The constructor checks nothing: only the loader does. Values are in normal form.

    Attributes:
        origin: where; without a file for what nobody wrote.
    """

    origin: Annotated[Any, SkipJsonSchema(), given("origin")] = Origin()

    __pydantic_config__ = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


def put(thing: Written, **values: Any) -> None:
    """Fill fields of a model that the loader is still making."""
    for name, value in values.items():
        object.__setattr__(thing, name, value)


class Key(NamedTuple):
    """A key that authors may write: the attribute it fills, and the type in it without annotations."""

    attribute: str
    hint: Any


_KEYS: dict[Any, Mapping[str, Key]] = {}
_NESTED: dict[Any, Mapping[str, str]] = {}


def keys(model: type[Written]) -> Mapping[str, Key]:
    """The keys of a model as authors write them, in order."""
    if model not in _KEYS:
        plain = get_type_hints(model)
        written = {_alias(hint) or name: name for name, hint in get_type_hints(model, include_extras=True).items()}
        _KEYS[model] = {key: Key(name, plain[name]) for key, name in written.items() if not key.startswith("\0")}
    return _KEYS[model]


def nested(model: type[Written]) -> Mapping[str, str]:
    """Keys that hold further models, and the attributes they fill."""
    if model not in _NESTED:
        _NESTED[model] = {key: field.attribute for key, field in keys(model).items() if models(field.hint)}
    return _NESTED[model]


def _alias(hint: Any) -> str:
    notes = getattr(hint, "__metadata__", ())
    aliases = [note.validation_alias for note in notes if isinstance(note, FieldInfo) and note.validation_alias]
    return str(aliases[0]) if aliases else ""


def models(hint: Any) -> list[type[Written]]:
    """The models that a type can hold, through unions, tuples and mappings."""
    if isinstance(hint, type) and get_origin(hint) is None:
        return [hint] if issubclass(hint, Written) else []
    return [model for inner in get_args(hint) for model in models(inner)]


def inside(hints: list[Any], step: object) -> list[Any]:
    """The types behind one step of a path: a key of a model or a mapping, or an index."""
    found: list[Any] = []
    for hint in hints:
        origin = get_origin(hint)
        if origin in {Union, UnionType}:
            found += inside(list(get_args(hint)), step)
        elif origin is dict:
            found.append(get_args(hint)[1])
        elif origin is tuple:
            found.append(get_args(hint)[0])
        elif isinstance(hint, type) and issubclass(hint, Written) and step in keys(hint):
            found.append(keys(hint)[str(step)].hint)
    return found
