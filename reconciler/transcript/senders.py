"""An SPF record as `senders` and an end, where those compose the very same text; else it stays a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.mail.catalogue import Vendor
from reconciler.mail.quoting import quoted
from reconciler.mail.signatures import includes
from reconciler.mail.spf.compose import compose
from reconciler.mail.spf.terms import Term, divide, parse
from reconciler.model.key import Key
from reconciler.transcript.choice import Choice, Line
from reconciler.transcript.zone import Zone, spf_of

ENDS = {"-all": "fail", "~all": "softfail", "?all": "neutral"}


@dataclass(frozen=True, slots=True)
class Composed:
    """An SPF record in the words of a spec.

    Attributes:
        text: the record. `lines`: of the domain's entry. `records`: what the senders ask for besides, by key.
    """

    text: str
    lines: tuple[Line, ...]
    records: dict[Key, str]


def composed(zone: Zone, choice: Choice, service: str = "") -> Composed | None:
    """The zone's SPF record as senders; none when they would not give the same text.

    Args:
        service: the term that the domain's mail service asks for, which comes first; empty without one.
    """
    apex = zone.set("TXT")
    texts = spf_of(apex.values) if apex else []
    if len(texts) != 1 or not choice.takes(f"{zone.domain} senders"):
        return None
    parts = divide(parse(texts[0]))
    terms = list(parts.before)
    if parts.end is None or parts.end.identity not in ENDS or not all(map(_plain, terms)):
        return None
    asked = [one.identity for one in terms]
    if service and asked[:1] != [service]:
        return None
    if compose([], asked, (), parts.end.identity) != texts[0]:
        return None
    lines, records = _lines(zone, choice, terms[1:] if service else terms)
    end = Line(f"spf: {{all: {ENDS[parts.end.identity]}}}", f"{zone.domain} senders")
    return Composed(texts[0], (*lines, end), records)


def _plain(term: Term) -> bool:
    """A sender can be described by it: an include or an address that is let pass."""
    return term.identity.startswith(("include:", "ip4:", "ip6:")) and "%" not in term.identity


def _lines(zone: Zone, choice: Choice, terms: Sequence[Term]) -> tuple[list[Line], dict[Key, str]]:
    lines: list[Line] = []
    records: dict[Key, str] = {}
    taken: set[str] = set()
    for one in terms:
        kind, _, value = one.identity.partition(":")
        known = includes(value) if kind == "include" else None
        subject = f"{zone.domain} sender {one.identity}"
        if known and known.slug not in taken and choice.takes(subject) and (entry := _by_name(zone, known, value)):
            taken.add(known.slug)
            records |= {Key("dns", zone.domain, type_, name): target for name, type_, target in known.records}
            lines.append(Line(f"  - {entry}", subject))
            continue
        field = "include" if kind == "include" else "address"
        said = f"  # {known.name}" if known else ""
        lines.append(Line(f"  - {{name: {quoted(value)}, {field}: {quoted(value)}}}{said}", f"{zone.domain} senders"))
    return ([Line("senders:", f"{zone.domain} senders"), *lines] if lines else []), records


def _by_name(zone: Zone, known: Vendor, host: str) -> str:
    """The entry of a sender of the catalogue; empty when it would ask for more than is there."""
    if not known.sends or known.term not in {"", f"include:{host}"}:
        return ""
    for name, kind, value in known.records:
        there = zone.set(kind, name)
        if there is None or there.values != (value,):
            return ""
    return known.slug if known.term and not known.table else f"{{name: {known.slug}, include: {quoted(host)}}}"
