"""How one address, value, place or moment reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.key import Slot, parse_slot
from reconciler.report.escape import SHORT, line
from reconciler.report.words import Words

#: Parts that the title of a thing names already, beside `other:...`.
_IN_TITLE = frozenset({"", "ttl", "proxied", "dmarc", "dkim", "mta-sts", "tls-rpt", "ms-verification"})

Document = Mapping[str, Any]

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|\+00:00|[+-]\d\d:\d\d)", re.ASCII)


def slot(address: object) -> Slot | None:
    """The slot that an address names; none when it is no address."""
    try:
        return parse_slot(str(address))
    except ValueError:
        return None


def title(address: object, words: Words) -> str:
    """What an address names, for a person: `TXT @ (spf) of example.com`; something else is shown as it is."""
    found = slot(address)
    if found is None:
        return line(address, SHORT)
    key = found.key
    pieces = {"type": key.kind, "name": key.name, "scope": key.scope, "part": heading_part(found)}
    shown = {name: line(text, SHORT) for name, text in pieces.items()}
    if key.system == "dns":
        return words("title.dns.part" if shown["part"] else "title.dns", **shown)
    whose = {"domain", "user", "licenses", "group", "sku", "mailbox", "list", "dkim", "accepted-domain"}
    return words(f"title.{key.kind}", **shown) if key.kind in whose else line(address, SHORT)


def exact_title(address: object, words: Words) -> str:
    """The same down to the slot: the attribute or SPF term is named too."""
    found = slot(address)
    label = part_label(found.part) if found else ""
    return f"{title(address, words)}, {label}" if label else title(address, words)


def heading_part(found: Slot) -> str:
    """The part of a DNS slot that belongs in a heading: a TXT class, `ttl`, or nothing."""
    return found.part.split("/", 1)[0] if found.key.system == "dns" else ""


def part_label(part: str) -> str:
    """What of a thing a slot is, where its title does not say so: an attribute, an SPF term, a member."""
    name, _, rest = part.partition("/")
    if name == "spf":
        return line(rest, SHORT)
    if name == "members":
        return f"member {line(rest, SHORT)}"
    return "" if name in _IN_TITLE or ":" in name else line(part, SHORT)


def value(one: object, words: Words, *, quoted: bool = False) -> str:
    """A slot's value on one line: lists with commas; texts in quotes where they are free text."""
    if one is None:
        return words("value.nothing")
    if isinstance(one, bool):
        return "true" if one else "false"
    if isinstance(one, list | tuple):
        return line(", ".join(map(str, one))) if one else "[]"
    text = line(one)
    free = (quoted and isinstance(one, str)) or text != text.strip() or not text
    return '"' + text.replace('"', '\\"') + '"' if free else text


def is_free_text(address: object) -> bool:
    """Tell whether a slot's text was written freely: a TXT value or an attribute of a user or group."""
    found = slot(address)
    if found is None:
        return True
    if found.key.system == "dns":
        return found.key.kind == "TXT" and not found.part.startswith("spf/")
    return bool(found.part)


def unknown(missing: Mapping[str, Any], words: Words) -> str:
    """The sentence in the place of a value that somebody else will name: after which stage, and within what."""
    # A tenant names the verification text once the domain is added, everything else once it is verified.
    stage = "claim" if str(missing.get("source", "")).endswith("#verification") else "verify"
    return words("value.unknown", stage=stage, text=line(missing.get("text", ""), SHORT))


def place(origin: Mapping[str, Any] | None) -> str:
    """`file:line (rule)`, as far as known; empty when nothing is."""
    if not origin:
        return ""
    where = ":".join(line(origin[name], SHORT) for name in ("file", "line") if origin.get(name))
    rule = line(origin.get("rule") or "", SHORT)
    return f"{where} ({rule})" if where and rule else where or rule


def moment(text: object) -> str:
    """`2026-11-21 20:00 UTC` from an ISO 8601 instant; anything else as it is."""
    found = _MOMENT.fullmatch(str(text))
    if not found:
        return line(text, SHORT)
    day, clock, zone = found.groups()
    return f"{day} {clock} {'UTC' if zone in {'Z', '+00:00'} else zone}"


def number(count: object) -> str:
    """A count with thousands separated."""
    return f"{count:,}" if isinstance(count, int) else line(count, SHORT)


def _capital(sentence: str) -> str:
    """A sentence as it begins; an address stays as it is written."""
    return sentence if "@" in sentence.partition(" ")[0] else sentence[:1].upper() + sentence[1:]


def _joined(sentences: Sequence[str]) -> str:
    """Sentences on one line, without the last one's end; a question keeps its mark alone."""
    return " ".join([*(one if one.endswith("?") else f"{one}." for one in sentences[:-1]), *sentences[-1:]])


def diagnostic(one: Mapping[str, Any], words: Words) -> str:
    """One finding on one line: place or address, severity, what, why, what to do."""
    origin = one.get("origin") or {}
    parts = [line(origin[name], SHORT) for name in ("file", "line", "column") if origin.get(name)]
    where = ":".join(parts) or line(one.get("address") or "", SHORT)
    said = [line(one[name]).rstrip(".") for name in ("summary", "detail", "remedy") if one.get(name)]
    sentences = _joined([*said[:1], *map(_capital, said[1:])])
    rule = f" [{line(one['rule'], SHORT)}]" if one.get("rule") else ""
    return f"{where + ': ' if where else ''}{words.named('severity', one.get('severity', ''))}: {sentences}{rule}"
