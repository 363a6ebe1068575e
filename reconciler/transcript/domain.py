"""One zone as a domain's entry in a spec: every record set in it is asked for as it is, or named as not managed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.mail.draft import signs
from reconciler.mail.quoting import comment, plain, quoted
from reconciler.mail.spf.compose import slots
from reconciler.mail.spf.terms import is_spf
from reconciler.mail.tokens import service_of
from reconciler.mail.txt import txt_part
from reconciler.model.key import Key
from reconciler.transcript import mail_keys
from reconciler.transcript.choice import Choice, Left, Line
from reconciler.transcript.senders import Composed, composed
from reconciler.transcript.zone import HOSTS_OWN, SIGNERS_OWN, Zone, mails, spf_of, spoken, unspeakable

NO_MAIL = "no record of mail"


@dataclass(slots=True)
class Entry:
    """What became of one zone.

    Attributes:
        lines: of the customer's file, below `domains:`.
        left: what is there and not in the spec.
        asked: record sets that the spec asks for, whole or in part.
        services: by service, the records it is known by, as `TXT @`.
    """

    lines: list[Line] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    asked: set[Key] = field(default_factory=set)
    services: dict[str, list[str]] = field(default_factory=dict)


def entry(zone: Zone, choice: Choice) -> Entry:
    """Write a zone down as far as the choice allows."""
    made = Entry()
    wanted = mails(zone) if zone.only_mail else {key: one.values for key, one in zone.sets.items()}
    pieces, taken = _pieces(zone, choice)
    made.asked |= taken.keys()
    rest: dict[Key, list[str]] = {}
    for key, one in sorted(zone.sets.items(), key=_place):
        said = {value for some in taken.get(key, ()) for value in some}
        kept = wanted.get(key, ())
        made.left += _not_mails(key, [value for value in one.values if value not in kept and value not in said])
        rest[key] = [value for value in one.values if value in kept and value not in said]
        _recognise(made, key, one.values)
    records = list(_records(zone, choice, rest, made))
    made.left += [Left(_name(key), reason) for key, reason in sorted(zone.locked.items(), key=_place)]
    body = [*_head(zone), *pieces, *([Line("records:"), *records] if records else []), *_unmanaged(made.left)]
    live = any(not one.text.startswith("#") for one in body)
    head = f"  {quoted(zone.domain)}:{'' if live else ' {}'}"
    made.lines = [Line(head, f"{zone.domain} senders"), *(one._replace(text=f"    {one.text}") for one in body)]
    return made


def _place(item: tuple[Key, object]) -> tuple[bool, str, str]:
    """The apex first, then by name."""
    key = item[0]
    return key.name != "@", key.name, key.kind


def _name(key: Key, value: str | None = None) -> str:
    return f"{key.kind} {key.name}" + (f" {comment(key.kind, value)}" if value is not None else "")


def _not_mails(key: Key, values: Iterable[str]) -> list[Left]:
    some = list(values)
    reason = (_whole(key) if some else "") or NO_MAIL
    if key.kind == "TXT":
        return [Left(_name(key, value), reason) for value in some]
    return [Left(_name(key), reason)] if some else []


def _pieces(zone: Zone, choice: Choice) -> tuple[list[Line], dict[Key, list[tuple[str, ...]]]]:
    """Everything that a spec has a word of its own for, and the values that it takes."""
    said = mail_keys.service(zone, choice)
    spf = composed(zone, choice, mail_keys.include(zone)) if said else None
    if spf is None:
        said, spf = [], composed(zone, choice)
    if zone.claim is not None and zone.claim.default and choice.takes(f"{zone.domain} default"):
        said.append((Line("default: true", f"{zone.domain} default"), {}))
    lines = [line for line, _ in said]
    taken: dict[Key, list[tuple[str, ...]]] = {}
    for _, some in said:
        _take(taken, some)
    if spf:
        _take(taken, _of_spf(zone, spf))
        ttls = {zone.sets[key].ttl for key in taken}
        lines += [*([Line(f"ttl: {ttls.pop()}", f"{zone.domain} senders")] if len(ttls) == 1 else []), *spf.lines]
    selectors = [one for one in mail_keys.keys(zone, choice) if not one[1].keys() & taken.keys()]
    lines += [*([Line("dkim:")] if selectors else []), *(line for line, _ in selectors)]
    others = list(mail_keys.authentication(zone, choice))
    lines += [line for line, _ in others]
    for _, some in [*selectors, *others]:
        _take(taken, some)
    return lines, taken


def _take(taken: dict[Key, list[tuple[str, ...]]], some: Mapping[Key, tuple[str, ...]]) -> None:
    for key, values in some.items():
        taken.setdefault(key, []).append(values)


def _of_spf(zone: Zone, spf: Composed) -> dict[Key, tuple[str, ...]]:
    apex = Key("dns", zone.domain, "TXT", "@")
    return {apex: (spf.text,), **{key: (value,) for key, value in spf.records.items()}}


def _recognise(made: Entry, key: Key, values: Iterable[str]) -> None:
    for value in values:
        service = service_of(key.kind, key.name, value)
        if service:
            named = made.services.setdefault(service, [])
            if not named or named[-1] != _name(key):
                named.append(_name(key))


def _records(zone: Zone, choice: Choice, rest: Mapping[Key, list[str]], made: Entry) -> Iterator[Line]:
    """A line for each record set, after a comment where it is known whose it is; what cannot be said is left."""
    for key, values in rest.items():
        if not values:
            continue
        reason = _whole(key) or choice.why(key.address)
        if key.kind != "TXT" and not reason:
            reason = next((why for value in values if (why := unspeakable(key.kind, value))), "")
        if reason:
            made.left.append(Left(_name(key), reason))
            continue
        kept = [value for value in values if not _unholdable(key, value, values, choice, made)]
        if kept:
            made.asked.add(key)
            yield from _known(key, kept)
            one = zone.sets[key]
            # The host of a proxied record set names its TTL.
            trait = "proxied: true" if one.proxied else f"ttl: {one.ttl}"
            head = f"name: {quoted(spoken(key))}, type: {key.kind}, {trait}"
            yield Line(f"  - {{{head}, values: [{', '.join(map(quoted, kept))}]}}", key.address)


def _whole(key: Key) -> str:
    """Why a record set is none of a spec's, whatever it holds; empty when it may be."""
    if key.kind in HOSTS_OWN or (key.kind == "NS" and key.name == "@"):
        return "it belongs to the zone's host"
    if key.kind in SIGNERS_OWN:
        return "it belongs to whoever signs the zone"
    return "" if spoken(key) else "no spec can write this name"


def _unholdable(key: Key, value: str, values: Iterable[str], choice: Choice, made: Entry) -> bool:
    """Whether one text is left out, alone or with its class; it is told then."""
    if key.kind != "TXT":
        return False
    spf = is_spf(value)
    reason = choice.why(f"{key.address}#{'spf' if spf else txt_part(key.name, value)}") or unspeakable("TXT", value)
    if spf and len(spf_of(values)) > 1:
        reason = "several SPF records stand side by side, and none of them counts"
    elif spf and "spf/all" not in slots(value):
        reason = "its end says nothing, and a spec would write one"
    if reason:
        made.left.append(Left(_name(key, value), reason))
    return bool(reason)


def _known(key: Key, values: Iterable[str]) -> Iterator[Line]:
    for value in values:
        service = service_of(key.kind, key.name, value)
        if service:
            yield Line(f"  # {plain(service)}: {comment(key.kind, value)}")


def _head(zone: Zone) -> Iterator[Line]:
    if not zone.implied:
        yield Line(f"dns: {quoted(zone.provider)}")
    hosts = ", ".join(zone.found.hosts) or "nobody says"
    yield Line(f"# name servers: {plain(hosts)}")
    for match in zone.found.matches:
        yield from map(Line, signs(match))


def _unmanaged(left: Iterable[Left]) -> Iterator[Line]:
    """By reason, what is not in the spec."""
    reasons: dict[str, list[str]] = {}
    for one in left:
        reasons.setdefault(one.reason, []).append(one.name)
    for reason, names in reasons.items():
        yield Line(f"# not managed: {plain(reason)}")
        yield from (Line(f"#   {plain(name)}") for name in names)
