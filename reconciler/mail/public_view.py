"""What public DNS shows of a domain right now: each server of its zone, each resolver that is configured, side by side.

A server of the zone tells what stands there; a resolver may keep an older answer until its time runs out. Nothing is
asked here.
Source: RFC 1034, 4.3.5 (serials, zone transfer), RFC 1035, 3.3.13 (SOA) and 7 (TTL), RFC 2308, 5 (absence is kept too).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.mail import dnssec
from reconciler.mail.look import Look
from reconciler.mail.public_findings import Found, findings
from reconciler.mail.public_rows import ALIAS, Row, Seen, rows, server_states, who
from reconciler.mail.tags import NAMED, plain, worst_first
from reconciler.model.answer import Answer, NameServer, Question, Status
from reconciler.model.diagnostic import Origin

SUBJECT = "public-view"
_NAMES = (
    ("", "NS"),
    ("", "SOA"),
    ("", "MX"),
    ("", "TXT"),
    ("", "DNSKEY"),
    ("_dmarc.", "TXT"),
    ("_mta-sts.", "TXT"),
    ("_smtp._tls.", "TXT"),
    ("autodiscover.", "CNAME"),
    ("autodiscover.", "A"),
)
#: Characters of a value that are shown; keys are long, and their beginnings alike.
_WIDE = 120
#: Name servers of a parent that the document holds.
SHOWN = 32

Told = Mapping[Question, Answer]


@dataclass(frozen=True, slots=True)
class View:
    """Everything that was asked for one domain.

    Attributes:
        zone: the zone that holds the domain; empty when none was found.
        servers: what each server of the zone answered; empty when they were not asked.
        why: why they were not; empty when they were.
        resolvers: by address and port, what each resolver answered.
        unchecked: the same for questions that it was to answer without checking DNSSEC.
        parent: the name servers that the zone above names, absolute; empty where that is not known.
    """

    zone: str = ""
    servers: Mapping[NameServer, Told] = field(default_factory=dict)
    why: str = ""
    resolvers: Mapping[str, Told] = field(default_factory=dict)
    unchecked: Mapping[str, Told] = field(default_factory=dict)
    parent: tuple[str, ...] = ()


def questions(domain: str, selectors: Iterable[str] = ()) -> list[Question]:
    """What resolvers are asked of a domain (lower case, A-labels, without final dot), with the DKIM selectors of it."""
    found = [Question(f"{prefix}{domain}", kind) for prefix, kind in (*_NAMES, ("", "DS"))]
    return found + [Question(f"{one}._domainkey.{domain}", kind) for one in selectors for kind in ("CNAME", "TXT")]


def of_servers(zone: str, asked: Iterable[Question]) -> list[Question]:
    """The same for the servers of a zone: its SOA first; DS records are the parent's."""
    own = [Question(zone, kind) for kind in ("SOA", "NS", "DNSKEY")]
    return list(dict.fromkeys([*own, *(one for one in asked if one.type != "DS")]))


def doubtful(told: Told) -> list[Question]:
    """The question that a resolver is to answer again without checking DNSSEC, if one shows that it has to."""
    return [question for question, answer in told.items() if answer.code == "SERVFAIL"][:1]


def look(domain: str, asked: Sequence[Question], view: View, now: datetime, origin: Origin = Origin()) -> Look:
    """The public view of one domain.

    Args:
        domain: lower case, A-labels, without final dot.
        asked: what was asked of the resolvers, in order.
        now: when; aware.
    """
    states = server_states(view.zone, view.servers)
    shown = rows(asked, view.servers, view.resolvers)
    found = Found(domain, view.zone, states, shown, _dnssec(domain, view), view.parent)
    answering = any(one.state == "answers" for one in states)
    return Look(
        SUBJECT,
        _summary(found, view),
        tuple(_lines(found, view)),
        worst_first(findings(found, now, origin)),
        _data(found, view),
        unanswered=any(one.unanswered for one in found.rows) or (bool(states) and not answering),
    )


def _dnssec(domain: str, view: View) -> tuple[str, str]:
    """As `dnssec.state`; empty where the domain is no zone of its own, and so has no keys of its own."""
    told = view.resolvers.values()
    if bogus := _bogus(view):
        return "broken", bogus
    if view.zone != domain and not any(some.get(Question(domain, "NS"), _NOBODY).values for some in told):
        return "", ""
    parent = _answers(told, Question(domain, "DS"))
    own = _answers(view.servers.values(), Question(domain, "DNSKEY"))
    return dnssec.state(parent, own or _answers(told, Question(domain, "DNSKEY")))


def _answers(told: Iterable[Told], question: Question) -> list[Answer]:
    """What was really answered."""
    return [some[question] for some in told if question in some and some[question].status is not Status.FAILED]


def _bogus(view: View) -> str:
    for name, told in view.unchecked.items():
        for question, answer in told.items():
            if answer.status is not Status.FAILED:
                what = f"{question.name} {question.type}"
                return f"{name} answers SERVFAIL for {what}, and answers it when it is told not to check DNSSEC"
    return ""


_NOBODY = Answer(Status.FAILED)


def _summary(found: Found, view: View) -> str:
    states, shown = found.states, found.rows
    if all(one.status is Status.NXDOMAIN for told in view.resolvers.values() for one in told.values()):
        return f"{found.domain} does not exist" if any(view.resolvers.values()) else "nobody was asked"
    well = sum(one.state == "answers" for one in states)
    many = len(view.resolvers)
    who_said = [f"{well} of {len(states)} name servers"] if states else []
    who_said += [f"{many} resolver{'s' if many > 1 else ''}"]
    apart = sum(one.differs for one in shown)
    agreed = f"{apart} of {len(shown)} questions answered differently" if apart else "the same answers everywhere"
    if not any(one.seen for one in shown):
        agreed = "no answers"
    tail = f"; DNSSEC: {found.dnssec[0]}" if found.dnssec[0] else ""
    return f"{' and '.join(who_said)}: {agreed}{tail}"


def _lines(found: Found, view: View) -> Iterator[str]:
    states, signed = found.states, found.dnssec
    if states:
        yield f"name servers of {view.zone}"
    else:
        yield f"the zone's own servers were not asked: {plain(view.why)}"
    for one in states:
        yield f"  {plain(who(one.server))}: {plain(one.text)}"
    if signed[0]:
        yield f"DNSSEC: {signed[0]}{': ' + plain(signed[1]) if signed[1] else ''}"
        proven = [name for name, told in view.resolvers.items() if _proves(found.domain, told)]
        yield from (f"  {name} says that it is proven" for name in proven if signed[0] == "signed")
    for row in found.rows:
        yield from _of_row(row, sum(one.state == "answers" for one in states))


def _proves(domain: str, told: Told) -> bool:
    answer = told.get(Question(domain, "SOA"))
    return answer is not None and answer.authentic


def _of_row(row: Row, answering: int) -> Iterator[str]:
    if row.question.type in ("SOA", "DNSKEY", "DS") and not row.differs:
        return
    groups = row.groups()
    if all(values in ((), ALIAS) for values in groups):
        return
    yield f"{plain(row.name)}{': the answers differ' if row.differs else ''}"
    for values, some in groups.items():
        listed = [plain(value if len(value) <= _WIDE else f"{value[:_WIDE]}...") for value in values[:NAMED]]
        rest = [f"{len(values) - NAMED} more"] if len(values) > NAMED else []
        yield f"  {' | '.join([*listed, *rest]) or 'nothing'}"
        yield from (f"    {plain(text)}" for text in _holders(some, row, answering))


def _holders(some: Sequence[Seen], row: Row, answering: int) -> Iterator[str]:
    """Who shows it: the servers of the zone by their TTL, then resolvers with the time for which they may keep it."""
    by_ttl: dict[int, list[str]] = {}
    for one in some:
        if one.authoritative:
            by_ttl.setdefault(one.answer.ttl, []).append(one.who)
    for ttl, names in by_ttl.items():
        everyone = len(names) == answering > 1
        yield f"{'every name server that answers' if everyone else ', '.join(names)}{f': TTL {ttl} s' if ttl else ''}"
    for one in some:
        if not one.authoritative:
            whole = f" of {row.ttl}" if row.ttl >= one.answer.ttl > 0 else ""
            yield f"{one.who}{f': {one.answer.ttl}{whole} s left' if one.answer.ttl else ''}"


def _data(found: Found, view: View) -> dict[str, Any]:
    states, shown, signed = found.states, found.rows, found.dnssec
    return {
        "zone": view.zone,
        "asked": bool(states),
        "why": plain(view.why),
        "parent": [plain(one) for one in view.parent[:SHOWN]],
        "dnssec": {"state": signed[0], "why": plain(signed[1])},
        "servers": [
            {
                "name": plain(one.server.name),
                "address": one.server.address,
                "state": one.state,
                "serial": one.serial,
                "mname": plain(one.mname),
                "detail": plain(one.detail),
            }
            for one in states
        ],
        "records": [
            {
                "name": row.question.name,
                "type": row.question.type,
                "differs": row.differs,
                "ttl": row.ttl,
                "answers": [
                    {
                        "who": plain(one.who),
                        "authoritative": one.authoritative,
                        "status": str(one.answer.status),
                        "values": [plain(value) for value in one.answer.values[:NAMED]],
                        "count": len(one.answer.values),
                        "alias": plain(one.answer.alias),
                        "ttl": one.answer.ttl,
                        "proven": one.answer.authentic,
                        "detail": plain(one.answer.detail),
                    }
                    for one in (*row.seen, *row.failed)
                ],
            }
            for row in shown
            if not row.empty
        ],
        "empty": [row.name for row in shown if row.empty],
    }
