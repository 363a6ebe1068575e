"""What is to be said of a public view: who shows something else, until when, and who is of no use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from reconciler.mail.public_rows import Row, Seen, ServerState, who
from reconciler.mail.tags import NAMED, some
from reconciler.model.answer import Question
from reconciler.model.diagnostic import Diagnostic, Origin, error, info, warning

_NOT_ASKED = "it has no address"


class Found(NamedTuple):
    """What was made of the answers about one domain.

    Attributes:
        zone: the zone that holds it; empty when its servers were not asked.
        states: how each server of the zone behaves. `rows`: the answers, question by question.
        dnssec: how it stands, and why, as `dnssec.state` tells; both empty where the domain is no zone of its own.
        parent: the name servers that the zone above names; empty where that is not known.
    """

    domain: str
    zone: str
    states: Sequence[ServerState]
    rows: Sequence[Row]
    dnssec: tuple[str, str]
    parent: tuple[str, ...]


def findings(found: Found, now: datetime, origin: Origin) -> list[Diagnostic]:
    """All findings, in no order."""
    place: dict[str, Any] = {"origin": origin, "address": f"dns/{found.domain}/NS/@"}
    return [
        *_servers(found.zone, found.states, place),
        *_serials(found, place),
        *_delegation(found, place),
        *(told for row in found.rows for told in _row(found.domain, row, now, origin)),
        *_dnssec(found.domain, found.dnssec, place),
    ]


def _servers(zone: str, states: Sequence[ServerState], place: dict[str, Any]) -> Iterator[Diagnostic]:
    lame = [one for one in states if one.state == "lame"]
    well = [one for one in states if one.state == "answers"]
    for one in lame[:NAMED]:
        say = warning if well else error
        what = f"the name server {who(one.server)} is lame: it does not answer for {zone}"
        why = f"Whoever asks it gets no answer, or is late: {one.detail} (RFC 1912, section 2.8)."
        yield say(
            "dns/lame", what, why, "set the zone up there, or remove its NS record here and at the parent", **place
        )
    silent = [one for one in states if one.state == "silent"]
    if silent and well:
        for one in silent[:NAMED]:
            what = f"the name server {who(one.server)} says nothing"
            why = f"Whoever asks it first waits: {one.detail}."
            yield warning("dns/silent", what, why, "start it, or remove its NS record here and at the parent", **place)
    elif silent:
        what = f"no name server of {zone} said a word"
        why = "Resolvers may still answer from what they keep; or this network lets no DNS questions out."
        yield info("dns/silent", what, why, "ask again from another network", **place)
    for one in states:
        if one.state == "unasked" and one.detail == _NOT_ASKED:
            what = f"the name server {who(one.server)} has no address"
            yield warning(
                "dns/no-address", what, "Nobody can ask it.", "correct the NS record, or its address", **place
            )


def _serials(found: Found, place: dict[str, Any]) -> Iterator[Diagnostic]:
    """Servers with different versions; where their answers differ as well, that is said row by row."""
    by_serial: dict[int, list[str]] = {}
    for one in found.states:
        if one.serial is not None:
            by_serial.setdefault(one.serial, []).append(who(one.server))
    if len(by_serial) < 2:
        return
    held = "; ".join(f"{serial}: {', '.join(names[:NAMED])}" for serial, names in by_serial.items())
    apart = any(len(row.groups(authoritative=True)) > 1 for row in found.rows)
    why = "A change may be on its way to the others." if apart else "The answers looked at here are the same."
    remedy = "look again in some minutes; if it stays so, mend the zone transfer"
    yield info(
        "dns/serials", f"the name servers of {found.zone} hold different versions ({held})", why, remedy, **place
    )


def _delegation(found: Found, place: dict[str, Any]) -> Iterator[Diagnostic]:
    """What the parent names against what the zone names; where its servers differ on that, it is said row by row."""
    own = [row.groups(authoritative=True) for row in found.rows if row.question == Question(found.zone, "NS")]
    named = next(iter(own[0])) if own and len(own[0]) == 1 else ()
    if not found.parent or not named or set(named) == set(found.parent):
        return
    only_there, only_here = sorted(set(found.parent) - set(named)), sorted(set(named) - set(found.parent))
    parts = [f"only the parent names {some(only_there)}"] if only_there else []
    parts += [f"only the zone names {some(only_here)}"] if only_here else []
    what = f"the name servers of {found.zone} are not the same at its parent: {', '.join(parts)}"
    why = "Most resolvers go where the parent sends them (RFC 1034, section 4.2.2: the two should agree)."
    yield warning("dns/delegation", what, why, "enter the same name servers at the registrar and in the zone", **place)


def _row(domain: str, row: Row, now: datetime, origin: Origin) -> Iterator[Diagnostic]:
    name, kind = row.question
    relative = "@" if name == domain else name.removesuffix(f".{domain}")
    place: dict[str, Any] = {"origin": origin, "address": f"dns/{domain}/{kind}/{relative}"}
    own, kept = row.groups(authoritative=True), row.groups(authoritative=False)
    if len(own) > 1:
        what = f"the name servers differ on {row.name}: {_groups(own)}"
        why = "Which answer somebody gets depends on chance."
        remedy = "look again in some minutes; if it stays so, mend the server that is behind"
        yield warning("dns/servers-differ", what, why, remedy, **place)
    if len(own) == 1:
        for values, some_who in kept.items():
            if values not in own:
                yield _old(row, values, some_who, now, place)
    elif not own and len(kept) > 1:
        what = f"the resolvers differ on {row.name}: {_groups(kept)}"
        longest = max(one.answer.ttl for one in row.seen)
        why = f"One of them may keep an older answer, until {_until(now, longest)} at the latest."
        yield warning("dns/resolvers-differ", what, why, "look again then", **place)


def _old(row: Row, values: tuple[str, ...], seen: Sequence[Seen], now: datetime, place: dict[str, Any]) -> Diagnostic:
    whom = ", ".join(one.who for one in seen[:NAMED])
    shows = "still show" if len(seen) > 1 else "still shows"
    what = f"{whom} {shows} {_values(values)} for {row.name}; the servers of the zone do not"
    left = max(one.answer.ttl for one in seen)
    until = f"until {_until(now, left)} at the latest" if left else "for as long as it keeps that there is none"
    return warning("dns/old-answer", what, f"It may keep its answer {until}.", "look again then", **place)


def _dnssec(domain: str, signed: tuple[str, str], place: dict[str, Any]) -> Iterator[Diagnostic]:
    if signed[0] == "broken":
        what = f"DNSSEC of {domain} is broken: {signed[1]}"
        why = "Resolvers that check, and the mail servers behind them, get no answers at all (RFC 4035, section 5.5)."
        remedy = "sign the zone with the key that the parent names, or take the DS records away at the registrar"
        yield error("dns/dnssec", what, why, remedy, **place)
    elif signed[0] == "island":
        what = f"{domain} is signed, and its parent has no DS record for it"
        yield info(
            "dns/dnssec", what, "Nobody can check the signatures.", "enter the DS records at the registrar", **place
        )


def _groups(groups: dict[tuple[str, ...], list[Seen]]) -> str:
    return "; ".join(
        f"{', '.join(one.who for one in seen[:NAMED])}: {_values(values)}"
        for values, seen in list(groups.items())[:NAMED]
    )


def _values(values: tuple[str, ...]) -> str:
    return some(values) if values else "nothing"


def _until(now: datetime, seconds: int) -> str:
    return f"{now.astimezone(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"
