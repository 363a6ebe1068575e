"""One value of each record type in Cloudflare's JSON and back.

Plain types carry `content`, MX a `priority` beside it, the rest `data`. Host names have no final dot there; a target
that names nothing is `.`. TXT is sent as quoted strings and may come back without quotes where it was stored long ago.
Source: Cloudflare API v4, DNS records (create, fields of `data` by type), read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.model import rdata

#: What the API stores and we write. It also knows CERT, DNSKEY and URI, which nobody asks a mail zone for.
KINDS = frozenset({*rdata.TYPES, "OPENPGPKEY", "SMIMEA"})
#: Types that Cloudflare can answer for with addresses of its own.
PROXIABLE = frozenset({"A", "AAAA", "CNAME"})

_CERTIFICATE = ("usage", "selector", "matching_type", "certificate")
#: The words of a value, in order, by their names in `data`.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "DS": ("key_tag", "algorithm", "digest_type", "digest"),
    "HTTPS": ("priority", "target", "value"),
    "LOC": (
        "lat_degrees", "lat_minutes", "lat_seconds", "lat_direction",
        "long_degrees", "long_minutes", "long_seconds", "long_direction",
        "altitude", "size", "precision_horz", "precision_vert",
    ),
    "SMIMEA": _CERTIFICATE,
    "SRV": ("priority", "weight", "port", "target"),
    "SSHFP": ("algorithm", "type", "fingerprint"),
    "SVCB": ("priority", "target", "value"),
    "TLSA": _CERTIFICATE,
}  # fmt: skip
_TEXTS = frozenset({"certificate", "digest", "fingerprint", "lat_direction", "long_direction", "value"})
_METRES = frozenset({"altitude", "size", "precision_horz", "precision_vert"})
_HOSTS = frozenset({"CNAME", "NS", "PTR"})
_CAA = re.compile(r'([0-9]+) ([a-z0-9]+) "([^"\\]*)"')
_NAPTR = re.compile(r'([0-9]+) ([0-9]+) "([^"\\]*)" "([^"\\]*)" "([^"\\]*)" (\S+)')


def payload(kind: str, value: str) -> dict[str, Any]:
    """The fields that carry a canonical value.

    Raises:
        ValueError: it cannot be said there, with the reason in words.
    """
    if kind == "TXT":
        return {"content": rdata.txt_to_presentation(value)}
    if kind in _HOSTS:
        return {"content": _undotted(value)}
    if kind == "MX":
        preference, host = value.split(" ")
        return {"content": _undotted(host), "priority": int(preference)}
    if kind == "CAA":
        flags, tag, text = _matched(_CAA, kind, value)
        return {"data": {"flags": int(flags), "tag": tag, "value": text}}
    if kind == "NAPTR":
        order, preference, flags, service, regex, replacement = _matched(_NAPTR, kind, value)
        texts = {"flags": flags, "service": service, "regex": regex, "replacement": _undotted(replacement)}
        return {"data": {"order": int(order), "preference": int(preference), **texts}}
    if kind in _FIELDS:
        fields = _FIELDS[kind]
        words = [*value.split(" ", len(fields) - 1), ""][: len(fields)]  # HTTPS and SVCB may have no parameters
        return {"data": {field: _said(field, word) for field, word in zip(fields, words, strict=True)}}
    return {"content": value}


def value_of(record: Mapping[str, Any]) -> str:
    """The canonical value of a record as the API lists it.

    Raises:
        ValueError: it cannot be read. KeyError, TypeError: a field is missing or is something else.
    """
    kind, content, data = record["type"], record.get("content"), record.get("data")
    if kind == "TXT":
        return _text(content or "")
    if kind in _HOSTS:
        return rdata.canonical(kind, _dotted(content))
    if kind == "MX":
        return rdata.canonical(kind, f"{record['priority']} {_dotted(content)}")
    if kind == "CAA" and data:
        return rdata.canonical(kind, f"{data['flags']} {data['tag']} {_quoted(data['value'])}")
    if kind == "NAPTR" and data:
        texts = " ".join(_quoted(data[field]) for field in ("flags", "service", "regex"))
        return rdata.canonical(kind, f"{data['order']} {data['preference']} {texts} {_dotted(data['replacement'])}")
    if kind in {"HTTPS", "SVCB"} and content:  # parameters come half parsed in `data`
        priority, target, *rest = content.split(None, 2)
        return rdata.canonical(kind, " ".join((priority, _dotted(target), *rest)))
    if kind in _FIELDS and data:
        return rdata.canonical(kind, " ".join(_word(field, data[field]) for field in _FIELDS[kind]).strip())
    if kind == "SRV":  # its content leaves the priority out
        return rdata.canonical(kind, f"{record['priority']} {_dotted(content)}")
    return rdata.canonical(kind, content or "")


def _text(content: str) -> str:
    """Quoted strings where that is what it is, else the text itself: older records have no quotes."""
    if len(content) >= 2 and content[0] == content[-1] == '"':
        try:
            return rdata.txt_from_presentation(content)
        except ValueError:
            return content
    return content


def _matched(form: re.Pattern[str], kind: str, value: str) -> tuple[str, ...]:
    found = form.fullmatch(value)
    if found is None:
        raise ValueError(f"quotes and backslashes inside a {kind} value: Cloudflare does not say how it keeps them")
    return found.groups()


def _said(field: str, word: str) -> object:
    if field == "target":
        return _undotted(word)
    if field in _TEXTS:
        return word
    number = float(word.removesuffix("m"))
    return int(number) if number.is_integer() else number


def _word(field: str, said: Any) -> str:
    if field == "target":
        return _dotted(said)
    if field in {"lat_seconds", "long_seconds"}:
        return f"{said:.3f}"
    return f"{said:.2f}m" if field in _METRES else str(said)


def _dotted(host: Any) -> str:
    """Absolute; a null target once came back as `false`."""
    text = "" if host is None or host is False else str(host)
    return text if text.endswith(".") else f"{text}."


def _undotted(host: str) -> str:
    return host.removesuffix(".") or "."


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
