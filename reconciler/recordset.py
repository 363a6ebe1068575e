"""Between whole record sets, as DNS changes them, and slots, as the spec owns them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.mail.spf.compose import compose, slots
from reconciler.mail.txt import txt_part
from reconciler.model.key import TRAITS, Key
from reconciler.model.resource import RecordSet
from reconciler.model.value import Value

#: Seconds; for a record set that is made without anybody's wish.
DEFAULT_TTL = 3600

_END = "spf/all"


def parts(rs: RecordSet) -> dict[str, Value]:
    """A record set as slot parts.

    Returns:
        `ttl`, `proxied` where its host proxies at all, and for TXT one part for each class (text; a tuple when several
        values share a class that owns all of them) and for each SPF term; for other types the part "" with all values.
        `spf` itself is there only when several SPF records stand side by side, which is a mistake: their texts.
    """
    found: dict[str, Value] = {"ttl": rs.ttl}
    if rs.proxied is not None:
        found["proxied"] = rs.proxied
    if rs.key.kind != "TXT":
        return {"": rs.values, **found}
    for part, texts in _classes(rs).items():
        if part == "spf":
            found.update(slots(*texts))
        if part != "spf" or len(texts) > 1:
            found[part] = _value(texts)
    return found


def fold(key: Key, live: RecordSet | None, writes: Mapping[str, Value | None]) -> RecordSet | None:
    """The record set after the writes; what they do not name stays.

    Args:
        writes: by slot part; none removes it. Naming a part of SPF merges several SPF records into one; a `ttl` of
            none means nobody's wish.

    Returns:
        None when no value is left.

    Raises:
        ValueError: a part does not fit the type of the record set, or a value its part.
    """
    values = _texts(key, live, writes) if key.kind == "TXT" else _whole(key, live, writes)
    if not values:
        return None
    ttl = writes.get("ttl")
    if ttl is None:
        ttl = live.ttl if live else DEFAULT_TTL
    proxied = writes.get("proxied", live.proxied if live else None)
    return RecordSet(key, int(str(ttl)), tuple(sorted(set(values))), None if proxied is None else bool(proxied))


def merged(texts: Value) -> str | None:
    """The one SPF record with every term of several."""
    return compose(_tuple(texts), [], (), None)


def replaced(key: Key, kinds: Iterable[str]) -> bool:
    """Tell whether a record set must leave before one of `kinds` can stand at its name."""
    others = set(kinds) - {key.kind}
    return bool(others) if key.kind == "CNAME" else "CNAME" in others


def _whole(key: Key, live: RecordSet | None, writes: Mapping[str, Value | None]) -> tuple[str, ...]:
    for part in writes:
        if part and part not in TRAITS:
            raise ValueError(f"{key.address} has no part {part!r}")
    return _tuple(writes[""]) if "" in writes else (live.values if live else ())


def _texts(key: Key, live: RecordSet | None, writes: Mapping[str, Value | None]) -> list[str]:
    classes = _classes(live) if live else {}
    records = classes.get("spf", ())
    for part, value in writes.items():
        if part not in TRAITS and not part.startswith("spf/"):
            classes[part] = _fitting(key, part, value)
    if not writes.get("spf"):
        _spf(classes, records, writes)
    return [text for texts in classes.values() for text in texts]


def _spf(classes: dict[str, Sequence[str]], records: Sequence[str], writes: Mapping[str, Value | None]) -> None:
    named = {part: value for part, value in writes.items() if part == "spf" or part.startswith("spf/")}
    if not named:
        return
    terms = {part.removeprefix("spf/"): value for part, value in named.items() if part not in {"spf", _END}}
    put = [name for name, value in terms.items() if value is not None]
    drop = {name for name, value in terms.items() if value is None}
    end = named.get(_END)
    if _END in named and end is None:
        drop.add("all")
    text = compose(records, put, drop, None if end is None else str(end))
    classes["spf"] = (text,) if text is not None else ()


def _classes(rs: RecordSet) -> dict[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for text in rs.values:
        found.setdefault(txt_part(rs.key.name, text), []).append(text)
    return dict(found)


def _fitting(key: Key, part: str, value: Value | None) -> tuple[str, ...]:
    texts = _tuple(value)
    for text in texts:
        if txt_part(key.name, text) != part:
            raise ValueError(f"{key.address}#{part} cannot hold {text!r}")
    return texts


def _tuple(value: Value | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (str(value),)


def _value(texts: Sequence[str]) -> Value:
    return texts[0] if len(texts) == 1 else tuple(texts)
