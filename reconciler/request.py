"""What a person is asked to change in a DNS zone, as public JSON: one request for one contact, over zones and stages.

Pure. Its id comes from the steps, from what is to be made of each record, and from whom is asked: the same in all three
is the same request (rule 17 of the route).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reconciler import document
from reconciler.mail.txt import txt_part
from reconciler.model import names
from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.plan import digest, request_id

ADD, CHANGE, REMOVE = "add", "change", "remove"
#: Which notes a row may carry; documents have the words.
ALONE, BESIDE, SPLIT = "alone", "beside", "split"
#: Longest string in a TXT record, in octets. Source: RFC 1035, section 3.3.14.
STRING = 255


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is asked, and for whom.

    Attributes:
        ask: address. `answers_in`: seconds that an answer takes as a rule.
        name: of the customer, for people; empty = its id.
        contacts: role, name, email and phone of people to turn to.
        window: when the migration that this is for begins; none = there is none.
    """

    ask: str
    answers_in: int
    customer: str
    name: str = ""
    language: str = "en"
    contacts: Sequence[Mapping[str, str]] = ()
    window: datetime | None = None


def paper(whom: Whom, changes: Iterable[Change], now: datetime) -> dict[str, Any]:
    """The request's public document; zones, then names in the order of the changes."""
    listed = [one for one in changes if one.key.system == "dns"]
    steps = sorted({step for one in listed for step in one.steps})
    latest = whom.window - timedelta(seconds=whom.answers_in) if whom.window else None
    rows = [row for one in listed for row in _rows(one)]
    body: dict[str, Any] = {
        "id": request_id([*steps, whom.ask, *(_content(row) for row in rows)]),
        "ask": whom.ask,
        "customer_name": whom.name or whom.customer,
        "language": whom.language,
        "contacts": [dict(one) for one in whom.contacts],
        "zones": list(dict.fromkeys(one.key.scope for one in listed)),
        "answers_in": whom.answers_in,
        "expected_by": document.when(now + timedelta(seconds=whom.answers_in)),
        "send_by": document.when(latest),
        "window": document.when(whom.window),
        "steps": steps,
        "changes": [_change(one) for one in listed],
        "records": rows,
    }
    return {**document.head("request", whom.customer, now), **body, "digest": digest(body)}


def _content(row: Mapping[str, Any]) -> str:
    """What a row asks for; how it was before counts only where it is to go."""
    value = row["old_value"] if row["value"] is None else row["value"]
    named = [row["zone"], row["name"], row["type"], row["value"] is None, value, row["ttl"]]
    return json.dumps(named)


def sets(change: Mapping[str, Any]) -> tuple[Key, RecordSet | None, RecordSet | None]:
    """A change of a request's document read back: key, before, after.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    key = Key("dns", str(change["zone"]), str(change["type"]), str(change["name"]))
    return key, _set(key, change["before"]), _set(key, change["after"])


def check(paper: Any) -> None:
    """Look at every field that is used later.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OverflowError: it is no request.
    """
    if paper["kind"] != "request" or not paper["format_version"].startswith("1."):
        raise ValueError("it is of another kind or version")
    texts = [paper[name] for name in ("id", "ask", "created", "expected_by")]
    texts += [*_list(paper["zones"]), *_list(paper["steps"])]
    texts += [paper["send_by"]] if paper["send_by"] is not None else []
    for change in _list(paper["changes"]):
        texts += [change["zone"], change["type"], change["name"], *_list(change["steps"])]
        key, before, after = sets(change)
        if change["address"] != key.address or change["zone"] not in paper["zones"]:
            raise ValueError("a change is in another place than it says")
        texts += [value for name in ("before", "after") if change[name] for value in _list(change[name]["values"])]
        if any(held and not 0 <= held.ttl < 2**31 for held in (before, after)):
            raise ValueError("a TTL is none")
    if not all(isinstance(one, str) for one in texts):
        raise ValueError("a text is none")
    for name in ("created", "expected_by"):
        if datetime.fromisoformat(paper[name]).utcoffset() is None:
            raise ValueError("a time is none")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _set(key: Key, held: Mapping[str, Any] | None) -> RecordSet | None:
    if held is None:
        return None
    return RecordSet(key, int(held["ttl"]), tuple(str(value) for value in held["values"]))


def _change(one: Change) -> dict[str, Any]:
    key = one.key
    return {
        "address": key.address,
        "zone": key.scope,
        "name": key.name,
        "type": key.kind,
        "before": _held(one.before),
        "after": _held(one.after),
        "steps": list(one.steps),
    }


def _held(one: Resource | None) -> dict[str, Any] | None:
    return {"ttl": one.ttl, "values": list(one.values)} if isinstance(one, RecordSet) else None


def _rows(one: Change) -> Iterator[dict[str, Any]]:
    """A line for each record that is to be made, changed or removed; removals that make way come first."""
    before, after = (held if isinstance(held, RecordSet) else None for held in (one.before, one.after))
    old = list(before.values) if before else []
    new = list(after.values) if after else []
    gone, come = [value for value in old if value not in new], [value for value in new if value not in old]
    stay = [value for value in old if value in new]
    for was, value in _pairs(one.key, gone, come):
        yield _row(one.key, (was, value), (before, after), stay)
    if not gone and not come and before and after and before.ttl != after.ttl:
        for value in stay:
            yield _row(one.key, (value, value), (before, after), [])


def _pairs(key: Key, gone: Sequence[str], come: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """What is changed into what: texts of one purpose, or the only value for the only other."""
    left, used = list(gone), set[str]()
    for value in come:
        was = next((one for one in left if _same_purpose(key, one, value, len(gone) == len(come) == 1)), None)
        if was is not None:
            left.remove(was)
            used.add(value)
            yield was, value
    yield from ((was, None) for was in left)
    yield from ((None, value) for value in come if value not in used)


def _same_purpose(key: Key, old: str, new: str, only: bool) -> bool:
    if key.kind != "TXT":
        return only
    part = txt_part(key.name, new)
    return not part.startswith("other:") and part == txt_part(key.name, old)


def _row(
    key: Key,
    values: tuple[str | None, str | None],
    sets_: tuple[RecordSet | None, RecordSet | None],
    stay: Sequence[str],
) -> dict[str, Any]:
    (was, value), (before, after) = values, sets_
    notes = [ALONE] if key.kind == "CNAME" and value is not None else []
    notes += [BESIDE] if stay else []
    notes += [SPLIT] if key.kind == "TXT" and value and len(value.encode("utf-8", "surrogateescape")) > STRING else []
    return {
        "zone": key.scope,
        "name": key.name,
        "full_name": names.fqdn(key.name, key.scope).removesuffix("."),
        "type": key.kind,
        "action": REMOVE if value is None else ADD if was is None else CHANGE,
        "value": value,
        "old_value": was,
        "ttl": after.ttl if after and value is not None else None,
        "old_ttl": before.ttl if before and was is not None else None,
        "notes": notes,
    }
