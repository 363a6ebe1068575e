r"""The first spec of a domain and the snapshot of its mail records, as YAML text made of what discovery found.

DNS is written by strangers. Whatever a value holds, it stands in the text as one quoted string of printable ASCII, or
not at all; nothing of it can become a key, a comment or a line of its own. What was only guessed stands in comments.
Source: YAML 1.2.2, 5.7 (escapes) and 7.3.1 (double-quoted style), 2021-10-01.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.mail.catalogue import vendor
from reconciler.mail.discover import Discovery, Found
from reconciler.mail.sightings import SpfTerm
from reconciler.mail.signatures import Match, includes
from reconciler.mail.spf.terms import identity
from reconciler.model.rdata import txt_to_presentation

#: What no spec can hold in a value: line ends and other controls, and what turns the reading order round.
_UNSAYABLE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
#: Pieces of evidence shown for one service, and values left out that are shown one by one.
_MOST_SHOWN = 6
_ROLES = {
    "mailbox": "mailboxes or forwarding",
    "gateway": "gateway before the mailboxes",
    "sender": "sender",
    "dmarc": "collector of DMARC reports",
}


def draft(found: Discovery, date: str) -> str:
    """The `domains` section of a customer.yaml: recognised senders, and the rest as comments; ends with a line end.

    Args:
        date: the day on which DNS was asked, `2026-11-21`.
    """
    lines = [
        f"# Draft made from public DNS on {date}. Read every line: what DNS shows is evidence, not the whole truth.",
        "domains:",
        f"  {quoted(found.domain)}:",
    ]
    body = [*_services(found), *_senders(found), *_others(found), *_mailing(found), *_unseen(found)]
    live = any(not line.lstrip().startswith("#") for line in body)
    if not live:
        lines[-1] += " {}"
    return "\n".join([*lines, *(f"    {line}" for line in body)]) + "\n"


def before(found: Discovery, date: str) -> str:
    """The snapshot that `migration.from.as_found` names: every mail record as it was; ends with a line end.

    A value that no spec can hold is left out, with a comment that shows it.

    Args:
        date: the day on which DNS was asked, `2026-11-21`.
    """
    lines = [
        f"# Mail records of {found.domain} in public DNS. Made by `reconciler import`; not to be edited.",
        "# A resolver's cache counts a TTL down: the one that stands in the zone may be longer.",
        f"found: {date}",
        "records:" if any(_kept(one) for one in found.records) else "records: []",
    ]
    for one in found.records:
        kept = _kept(one)
        left = [value for value in one.values if value not in kept]
        lines += [f"  # left out of {one.name} {one.type}: {_comment(one.type, value)}" for value in left]
        if kept:
            head = f"name: {quoted(one.name)}, type: {one.type}, ttl: {one.ttl}"
            lines.append(f"  - {{{head}, values: [{', '.join(map(quoted, kept))}]}}")
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    r"""A text as a double-quoted YAML string of printable ASCII.

    Raises:
        ValueError: it holds surrogates, which YAML cannot write.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("octets that are no UTF-8 cannot be written in YAML")
    return '"' + "".join(map(_letter, text)) + '"'


def _letter(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if " " <= letter <= "~":
        return letter
    code = ord(letter)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _comment(kind: str, value: str) -> str:
    """A value for a comment, printable ASCII whatever it holds, cut where it is long."""
    shown = txt_to_presentation(value) if kind == "TXT" else ascii(value)
    return shown if len(shown) <= 200 else f"{shown[:197]}..."


def _plain(text: str) -> str:
    """A text of ours that may quote a stranger's, for a comment."""
    shown = "".join(letter if " " <= letter <= "~" else ascii(letter)[1:-1] for letter in text)
    return shown if len(shown) <= 300 else f"{shown[:297]}..."


def _kept(one: Found) -> list[str]:
    """The values that a spec can hold."""
    return [value for value in one.values if _sayable(one, value)]


def _sayable(one: Found, value: str) -> bool:
    if one.type == "MX" and value == "0 ." and len(one.values) > 1:
        return False  # a null MX beside others (RFC 7505, 3)
    if _UNSAYABLE.search(value):
        return False
    return not (one.type == "TXT" and len(value) > 1 and value[0] == value[-1] == '"')


def _services(found: Discovery) -> Iterator[str]:
    hosts = ", ".join(found.hosts) or "nobody says"
    yield f"# dns: NAME  # your provider for it, or {{ask: ADDRESS}}; its name servers: {_plain(hosts)}"
    for match in found.matches:
        if match.role != "sender":
            yield from _match(match)
    if not any(match.role in {"mailbox", "gateway"} for match in found.matches):
        yield "# who keeps its mailboxes: no sign of a service we know"
    elif all(match.role != "mailbox" for match in found.matches):
        yield "# who keeps its mailboxes behind the gateway: no sign of a service we know"


def _match(match: Match) -> Iterator[str]:
    yield f"# {_ROLES[match.role]}: {match.name} ({match.level}, {match.confidence})"
    yield from (f"#   {_plain(one)}" for one in match.evidence[:_MOST_SHOWN])


def _senders(found: Discovery) -> Iterator[str]:
    """Recognised senders: as lines those that ask for nothing that is not there, the others as comments."""
    entries = [(match, *_entry(match, found)) for match in found.matches if match.role == "sender"]
    if not entries:
        return
    yield "senders:" if any(entry for _, entry, _ in entries) else "# senders:"
    for match, entry, why in entries:
        yield from (f"  {line}" for line in _match(match))
        yield f"  - {entry}" if entry else f"  # - {match.vendor}  # {_plain(why)}"


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
        yield from (f"#   {_plain(one.text)}{_at(one)}" for one in strange)


def _at(term: SpfTerm) -> str:
    return "" if term.owner == "@" else f"  (in {_plain(term.owner)})"


def _mailing(found: Discovery) -> Iterator[str]:
    if found.wildcards:
        yield f"# a wildcard answers for every name: {', '.join(found.wildcards)}; it shadows names that do not exist"
    for name, hosts in found.delegated.items():
        yield f"# {name} is a zone of its own at {_plain(', '.join(hosts))}: its records are changed there"
    yield "# mail: microsoft365  # once the tenant is named above"
    yield "# migration:"
    yield "#   from: {service: WHAT IT IS, as_found: before.yaml}"
    yield "#   window: {start: DAY AND TIME, length: 3h, time_zone: REGION/CITY}"


def _unseen(found: Discovery) -> Iterator[str]:
    yield "# Not visible from outside:"
    yield from (f"# - {_plain(one)}" for one in found.unseen)
