"""The XML of Route 53, read and written."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.emulators.route53 import names, values
from tests.emulators.route53.rules import VALUE, Change
from tests.emulators.route53.state import RecordSet, State, Zone

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"


class Unreadable(ValueError):
    """InvalidInput: what was sent has not the form of a request."""


def element(tag: str, *inside: str) -> str:
    """An element around ready XML."""
    return f"<{tag}>{''.join(inside)}</{tag}>"


def text(tag: str, value: object) -> str:
    """An element around a text."""
    return f"<{tag}>{escape(str(value))}</{tag}>"


def document(tag: str, *inside: str) -> str:
    """A whole answer."""
    return f'<?xml version="1.0"?>\n<{tag} xmlns="{NAMESPACE}">{"".join(inside)}</{tag}>'


def failure(code: str, message: str, request: str) -> str:
    """An error as all AWS services with XML answer it."""
    kind = text("Type", "Sender")
    return document("ErrorResponse", element("Error", kind, text("Code", code), text("Message", message)),
                    text("RequestId", request))  # fmt: skip


def hosted_zone(zone: Zone) -> str:
    private = text("PrivateZone", str(zone.private).lower())
    return element("HostedZone", text("Id", f"/hostedzone/{zone.id}"), text("Name", names.written(zone.name)),
                   text("CallerReference", zone.reference), element("Config", private),
                   text("ResourceRecordSetCount", len(zone.sets)))  # fmt: skip


def change_info(state: State, change: str) -> str:
    submitted = state.changes[change].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return element("ChangeInfo", text("Id", f"/change/{change}"), text("Status", state.status(change)),
                   text("SubmittedAt", submitted))  # fmt: skip


def record_set(one: RecordSet) -> str:
    parts = [text("Name", names.written(one.name)), text("Type", one.type)]
    parts += [text("SetIdentifier", one.identifier)] if one.identifier else []
    parts += [_field(tag, value) for tag, value in one.fields]
    parts += [text("TTL", one.ttl)] if one.ttl is not None else []
    if one.values:
        parts.append(element("ResourceRecords", *(element("ResourceRecord", text("Value", v)) for v in one.values)))
    return element("ResourceRecordSet", *parts)


def _field(tag: str, value: object) -> str:
    if isinstance(value, tuple):
        return element(tag, *(_field(inner, held) for inner, held in value))
    return text(tag, value)


def batch(body: bytes) -> list[Change]:
    """The changes of a request.

    Raises:
        Unreadable: it is none.
    """
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as problem:
        raise Unreadable(f"Unable to parse the request: {problem}") from problem
    found = []
    for one in root.iterfind(_path("ChangeBatch", "Changes", "Change")):
        action, held = one.findtext(_path("Action")), one.find(_path("ResourceRecordSet"))
        if action not in ("CREATE", "DELETE", "UPSERT") or held is None:
            raise Unreadable(f"Value '{action}' at 'action' is none of CREATE, DELETE, UPSERT")
        found.append(Change(action, _record_set(held)))
    if not found:
        raise Unreadable("Member 'changes' must have length greater than or equal to 1")
    return found


def _record_set(held: ElementTree.Element) -> RecordSet:
    kind, name, ttl = (held.findtext(_path(tag)) or "" for tag in ("Type", "Name", "TTL"))
    if kind not in values.TYPES:
        raise Unreadable(f"Value '{kind}' at 'type' failed to satisfy constraint: Member must satisfy enum value set")
    if ttl and not 0 <= int(ttl) < 2**31:
        raise Unreadable(f"Value '{ttl}' at 'tTL' is outside 0 to {2**31 - 1}")
    given = tuple(one.text or "" for one in held.iterfind(_path("ResourceRecords", "ResourceRecord", "Value")))
    if any(len(one) > VALUE for one in given):
        raise Unreadable(f"Member 'value' must have length less than or equal to {VALUE}")
    try:
        labels = names.parse(name)
    except names.Broken as problem:
        raise Unreadable(f"Invalid domain name: {problem}") from problem
    plain = {"Name", "Type", "TTL", "SetIdentifier", "ResourceRecords"}
    fields = tuple((_tag(one), _nested(one)) for one in held if _tag(one) not in plain)
    identifier = held.findtext(_path("SetIdentifier")) or ""
    return RecordSet(labels, kind, identifier, int(ttl) if ttl else None, given, fields)


def _nested(one: ElementTree.Element) -> object:
    return tuple((_tag(inner), _nested(inner)) for inner in one) if len(one) else one.text or ""


def _tag(one: ElementTree.Element) -> str:
    return one.tag.rpartition("}")[2]


def _path(*tags: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{tag}" for tag in tags)


def listing(tag: str, listed: Iterable[str], following: dict[str, str], limit: int) -> str:
    """A page; `following` says where the next begins, empty on the last."""
    return element(tag, *listed) + text("IsTruncated", str(bool(following)).lower()) + "".join(
        text(name, value) for name, value in following.items()
    ) + text("MaxItems", limit)  # fmt: skip
