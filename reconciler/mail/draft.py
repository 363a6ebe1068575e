"""The first spec of a domain and the snapshot of its mail records, as YAML text made of what discovery found.

What was only guessed stands in comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.mail.catalogue import vendor
from reconciler.mail.discover import Discovery, Found
from reconciler.mail.quoting import comment, plain, quoted, sayable
from reconciler.mail.sightings import SpfTerm
from reconciler.mail.signatures import Match, includes
from reconciler.mail.spf.terms import identity

#: Pieces of evidence shown for one service, and values left out that are shown one by one.
_MOST_SHOWN = 6
_ROLES = {
    "mailbox": "mailboxes or forwarding",
    "gateway": "gateway before the mailboxes",
    "sender": "sender",
    "dmarc": "collector of DMARC reports",
}


def draft(found: Discovery, snapshot: str = "before.yaml") -> list[str]:
    """The entry of a domain under `domains:`: recognised senders, and the rest as comments; one line each.

    Args:
        snapshot: the file that keeps its mail records of today.
    """
    head = f"  {quoted(found.domain)}:"
    body = [*_services(found), *_senders(found), *_others(found), *_mailing(found, snapshot), *_unseen(found)]
    live = any(not line.lstrip().startswith("#") for line in body)
    nothing = f"{head} {{}}  # take the {{}} away once something stands below it"
    return [head if live else nothing, *(f"    {line}" for line in body)]


def before(
    domain: str, records: Sequence[Found], date: str, whence: Sequence[str], lost: Sequence[tuple[str, str]] = ()
) -> str:
    """The snapshot that `migration.from.as_found` names: every mail record as it was; ends with a line end.

    A value that no spec can hold is left out, with a comment that shows it.

    Args:
        date: the day on which they were read, `2026-11-21`.
        whence: where they were read, after the domain's name, and what must be known of that; one line each.
        lost: record sets that are missing here, as `MX @`, and why.
    """
    lines = [
        f"# Mail records of {domain} {whence[0]}. Made by `reconciler import`; not to be edited.",
        *(f"# {plain(one)}" for one in whence[1:]),
        *(f"# {plain(name)}: {plain(why)}; write down yourself what it holds" for name, why in lost),
        f"found: {date}",
        "records:" if any(_kept(one) for one in records) else "records: []",
    ]
    for one in records:
        kept = _kept(one)
        left = [value for value in one.values if value not in kept]
        lines += [f"  # left out of {one.name} {one.type}: {comment(one.type, value)}" for value in left]
        if kept:
            head = f"name: {quoted(one.name)}, type: {one.type}, ttl: {one.ttl}"
            lines.append(f"  - {{{head}, values: [{', '.join(map(quoted, kept))}]}}")
    return "\n".join(lines) + "\n"


def _kept(one: Found) -> list[str]:
    """The values that a spec can hold."""
    return [value for value in one.values if _sayable(one, value)]


def _sayable(one: Found, value: str) -> bool:
    if one.type == "MX" and value == "0 ." and len(one.values) > 1:
        return False  # a null MX beside others (RFC 7505, 3)
    if not sayable(value):
        return False
    return not (one.type == "TXT" and len(value) > 1 and value[0] == value[-1] == '"')


def _services(found: Discovery) -> Iterator[str]:
    hosts = ", ".join(found.hosts) or "nobody says"
    yield f"# dns: NAME  # your provider for it, or {{ask: ADDRESS}}; its name servers: {plain(hosts)}"
    for match in found.matches:
        if match.role != "sender":
            yield from signs(match)
    if not any(match.role in {"mailbox", "gateway"} for match in found.matches):
        yield "# who keeps its mailboxes: no sign of a service we know"
    elif all(match.role != "mailbox" for match in found.matches):
        yield "# who keeps its mailboxes behind the gateway: no sign of a service we know"


def signs(match: Match) -> Iterator[str]:
    """A service that may stand behind the mail, and what speaks for it, as comments."""
    yield f"# {_ROLES[match.role]}: {match.name} ({match.level}, {match.confidence})"
    yield from (f"#   {plain(one)}" for one in match.evidence[:_MOST_SHOWN])


def _senders(found: Discovery) -> Iterator[str]:
    """Recognised senders: as lines those that ask for nothing that is not there, the others as comments."""
    entries = [(match, *_entry(match, found)) for match in found.matches if match.role == "sender"]
    if not entries:
        return
    yield "senders:" if any(entry for _, entry, _ in entries) else "# senders:"
    for match, entry, why in entries:
        yield from (f"  {line}" for line in signs(match))
        yield f"  - {entry}" if entry else f"  # - {match.vendor}  # {plain(why)}"


def _entry(match: Match, found: Discovery) -> tuple[str, str]:
    """The entry of a sender, or nothing and why not: it must ask for no more than DNS shows already.

    A service that gives each account its own records is written with the include that the domain has.
    """
    service = vendor(match.vendor)
    if service is None or match.level != "high":
        return "", "ask whether it still sends"
    here = [identity(one.text) for one in found.terms if one.owner == "@"]
    if service.table:
        hosts = [term.removeprefix("include:") for term in here if (one := _known(term)) and one == service.slug]
        hosts = [host for host in hosts if _HOST.fullmatch(host)]
        if service.wants == "dkim" or not hosts:
            return "", f"its own list is needed as dns_table: {service.table}"
        return f"{{name: {match.vendor}, include: {quoted(hosts[0])}}}", ""
    there = {(one.name, one.type, value) for one in found.records for value in one.values}
    lacking = [f"{kind} {name}" for name, kind, value in service.records if (name, kind, value) not in there]
    if service.term and service.term not in here:
        lacking.append(service.term)
    return ("", f"it would add {', '.join(lacking)}") if lacking else (match.vendor, "")


def _known(term: str) -> str:
    service = includes(term.removeprefix("include:")) if term.startswith("include:") else None
    return service.slug if service else ""


#: A host as a sender's `include` takes it.
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_][a-z0-9_-]{0,62}\.)+[a-z][a-z0-9-]{0,62}")


def _others(found: Discovery) -> Iterator[str]:
    """SPF terms that nobody is known by."""
    strange = [one for one in found.terms if not one.vendor and not one.own]
    if strange:
        yield "# SPF terms of senders nobody knows by name; they stay as they are until you retire them:"
        yield from (f"#   {plain(one.text)}{_at(one)}" for one in strange)


def _at(term: SpfTerm) -> str:
    return "" if term.owner == "@" else f"  (in {plain(term.owner)})"


def _mailing(found: Discovery, snapshot: str) -> Iterator[str]:
    if found.wildcards:
        yield f"# a wildcard answers for every name: {', '.join(found.wildcards)}; it shadows names that do not exist"
    for name, hosts in found.delegated.items():
        yield f"# {name} is a zone of its own at {plain(', '.join(hosts))}: its records are changed there"
    yield "# mail: microsoft365  # once the tenant is named above"
    yield "# migration:"
    yield f"#   from: {{service: WHAT IT IS, as_found: {snapshot}}}"
    yield "#   window: {start: DAY AND TIME, length: 3h, time_zone: REGION/CITY}"


def _unseen(found: Discovery) -> Iterator[str]:
    yield "# Not visible from outside:"
    yield from (f"# - {plain(one)}" for one in found.unseen)
