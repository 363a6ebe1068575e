"""What public DNS says of a domain's mail today: who stands behind it, every mail record, and what cannot be seen.

All questions whose names are known from the start go out in the first round; only SPF records that lie below the
domain, and hosts of its own that MX names, need further ones. No zone transfer is tried.
Source: RFC 4592 (wildcards), RFC 8020 (a name below which something exists answers without an error), RFC 6376, 3.6.2
(selectors cannot be listed).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.mail.catalogue import selectors
from reconciler.mail.notebook import Notebook
from reconciler.mail.sightings import DKIM, SpfTerm, View, evidence_of, key_names, plain_below, spf_terms
from reconciler.mail.signatures import Match, classify
from reconciler.model.answer import Answer, Status

_APEX = ("SOA", "NS", "MX", "TXT", "A", "AAAA", "CNAME", "CAA", "DS")
_TEXTS = ("_dmarc", "_mta-sts", "_smtp._tls", "default._bimi", "exchangedelegation")
_SERVICES = ("_autodiscover._tcp", "_sip._tls", "_sipfederationtls._tcp")
#: Names below the domain that mail services use; the last row is where bulk senders keep their return paths.
_HOSTS = (
    "autodiscover", "autoconfig", "mail", "webmail", "smtp", "imap", "mta-sts", "owa", "cpanel",
    "sip", "lyncdiscover", "enterpriseregistration", "enterpriseenrollment", "msoid",
    "pm-bounces", "fwdkim1", "send",
)  # fmt: skip
#: Names that are handed to others as whole zones.
_DELEGATED = ("_dmarc", DKIM)
#: Selectors in wide use that belong to no single service, or to one that is known by other signs.
_SELECTORS = (
    "default", "dkim", "mail", "mx", "k1", "k2", "k3", "s1", "s2", "key1", "key2", "key3", "selector1", "selector2",
    "fm1", "fm2", "fm3", "protonmail", "protonmail2", "protonmail3", "hs1", "hs2", "sig1", "secureserver1",
    "secureserver2", "smtp",
)  # fmt: skip
#: Hosts of its own that MX names, beyond which no more are asked for.
_MOST_HOSTS = 10
#: Unanswered questions that are told one by one.
_MOST_TOLD = 20

#: What nobody outside can see, whatever DNS answers.
ALWAYS = (
    "internal relays and devices that hand mail to them: ask the site",
    "who sends through a mailbox with SMTP AUTH (copiers, line-of-business programs): ask, or read the sign-in logs",
    "split-horizon DNS: inside, the same names may lead elsewhere",
    "subdomains that send or receive by themselves: no list of them is public",
)


@dataclass(frozen=True, slots=True)
class Found:
    """One record set as DNS answered it.

    Attributes:
        name: relative to the domain, `@` is the domain itself, `*` a wildcard.
        type: upper case.
        ttl: seconds, as answered: a resolver's cache counts it down.
        values: in the normal form of record sets, sorted, at least one.
    """

    name: str
    type: str
    ttl: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found of one domain.

    Attributes:
        domain: lower case, A-labels, without final dot.
        matches: who may stand behind its mail, see `classify`.
        records: every mail record set of the domain's own zone, by name and type; a name that a wildcard makes up is
            not among them, the wildcard is.
        terms: what its SPF record names, in order, each with the service that is known by it.
        wildcards: the types that a wildcard answers for any name, in the order asked.
        delegated: by name, the name servers it is delegated to.
        hosts: the name servers of the domain itself.
        signed: the parent zone holds a DS record.
        unseen: what could not be seen, for people, one sentence each.
    """

    domain: str
    matches: tuple[Match, ...]
    records: tuple[Found, ...]
    terms: tuple[SpfTerm, ...]
    wildcards: tuple[str, ...]
    delegated: Mapping[str, tuple[str, ...]]
    hosts: tuple[str, ...]
    signed: bool
    unseen: tuple[str, ...]


def discover(domain: str, notebook: Notebook, selectors: Iterable[str] = ()) -> Discovery:
    """Ask everything about a domain's mail and judge what is answered so far; complete when nothing is open.

    Args:
        domain: lower case, A-labels, without final dot.
        selectors: of DKIM keys that are known to be there, beside those that are tried.
    """
    view = View(domain)
    for name, kind in _questions(selectors):
        view.ask(name, kind, notebook)
    terms = spf_terms(view, notebook)
    for name in _own_hosts(view):
        for kind in ("A", "AAAA", "CNAME"):
            view.ask(name, kind, notebook)
    delegated = {name: view.targets(name, "NS") for name in _DELEGATED if view.own(name, "NS")}
    return Discovery(
        domain,
        tuple(classify(evidence_of(view, terms, delegated))),
        tuple(sorted(_records(view, delegated), key=lambda one: (one.name != "@", one.name, one.type))),
        terms,
        tuple(kind for name, kind in view.asked if name == view.label and view.own(name, kind)),
        delegated,
        view.targets("@", "NS"),
        view.own("@", "DS") is not None,
        tuple(_unseen(view, delegated)),
    )


def probed() -> tuple[str, ...]:
    """The DKIM selectors that are tried, since nobody can list those that exist."""
    return tuple(dict.fromkeys((*_SELECTORS, *selectors())))


def _questions(further: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names relative to the domain, and types, known from the start; the label of the wildcard test is `?`."""
    yield from (("@", kind) for kind in _APEX)
    yield from ((name, kind) for name in _TEXTS for kind in ("TXT", "CNAME"))
    yield from ((name, kind) for name in _HOSTS for kind in ("A", "AAAA", "CNAME"))
    yield from ((name, "SRV") for name in _SERVICES)
    yield from ((name, "NS") for name in _DELEGATED)
    yield DKIM, "TXT"
    yield from ((f"{name}.{DKIM}", kind) for name in dict.fromkeys((*probed(), *further)) for kind in ("TXT", "CNAME"))
    yield from (("?", kind) for kind in ("A", "AAAA", "MX", "TXT", "CNAME", "SRV"))
    yield from ((f"?.{DKIM}", kind) for kind in ("TXT", "CNAME"))


def _own_hosts(view: View) -> list[str]:
    """Names below the domain that MX leads to and that are not asked for yet."""
    names = dict.fromkeys(plain_below(host, view.domain) for host in view.targets("@", "MX"))
    return [name for name in names if name and name != "@" and name not in _HOSTS][:_MOST_HOSTS]


def _records(view: View, delegated: Iterable[str]) -> Iterator[Found]:
    """The record sets of the domain's own zone; what lies behind a CNAME or a delegation belongs to others."""
    aliased = {name for name, kind in view.asked if kind == "CNAME" and view.own(name, "CNAME")}
    for name, kind in view.asked:
        answer = view.own(name, kind)
        if answer is None or (name == "@" and kind not in {"MX", "TXT"}):
            continue
        if (kind != "CNAME" and name in aliased) or (kind == "NS") != (name in delegated):
            continue
        if any(name.endswith(f".{zone}") for zone in delegated):
            continue
        yield Found(_shown(name, view.label), kind, answer.ttl, answer.values)


def _shown(name: str, label: str) -> str:
    """The label of the wildcard test stands for the wildcard."""
    return "*" + name[len(label) :] if name.split(".")[0] == label else name


def _unseen(view: View, delegated: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if (soa := view.get("@", "SOA")) and soa.status is Status.NXDOMAIN:
        yield f"everything: DNS knows no {view.domain}"
    for name, hosts in delegated.items():
        yield f"what else stands below {name}.{view.domain}: it is a zone of its own at {', '.join(hosts)}"
    count = len(probed())
    parent = view.get(DKIM, "TXT")
    if not key_names(view) and parent and parent.status is Status.EMPTY and DKIM not in delegated:
        yield f"a DKIM selector that exists: {DKIM} answers without data, but none of the {count} probed ones is there"
    yield f"DKIM selectors nobody guesses: {count} were probed, a list exists nowhere"
    yield from ALWAYS
    yield from _silent(view)


def _silent(view: View) -> Iterator[str]:
    missing = [(name, kind, one) for (name, kind), one in view.asked.items() if one is None or _failed(one)]
    for name, kind, one in missing[:_MOST_TOLD]:
        why = f" ({one.detail})" if one and one.detail else ""
        yield f"{kind} of {view.absolute(name)}: nobody answered{why}"
    if len(missing) > _MOST_TOLD:
        yield f"{len(missing) - _MOST_TOLD} more questions that nobody answered"


def _failed(answer: Answer) -> bool:
    return answer.status is Status.FAILED


def as_json(found: Discovery) -> dict[str, Any]:
    """As public documents hold it; plain JSON values."""
    return {
        "domain": found.domain,
        "matches": [one.as_json() for one in found.matches],
        "records": [
            {"name": one.name, "type": one.type, "ttl": one.ttl, "values": list(one.values)} for one in found.records
        ],
        "spf": [{"owner": one.owner, "term": one.text, "vendor": one.vendor} for one in found.terms],
        "wildcards": list(found.wildcards),
        "delegated": {name: list(hosts) for name, hosts in found.delegated.items()},
        "name_servers": list(found.hosts),
        "signed": found.signed,
        "unseen": list(found.unseen),
    }
