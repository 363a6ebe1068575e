"""Who stands behind a domain's mail, by the signs it leaves in public DNS: evidence and confidence, never a decision.

MX speaks for mailboxes or a gateway, SPF for senders, DKIM for senders that SPF hides, autodiscover for the mailboxes
behind a gateway; a gateway at MX does not say where the mailboxes are. Source of the signs: `vendors`, each with its
own source and date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from reconciler.mail.catalogue import Sign, Vendor, vendors

#: From here up a confidence is called high, medium; below it is low.
HIGH, MEDIUM = 0.8, 0.5
#: Roles in the order in which a person asks for them.
_ORDER = ("mailbox", "gateway", "sender", "dmarc")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of one domain. Host names are in lower case without final dot.

    Attributes:
        mx: the hosts named.
        spf: the domains named by `include`, `redirect`, `exists` and the like, macros as written.
        dkim: by selector that has a key, the host its CNAME leads to; empty for a key in the zone itself.
        txt: the values at the domain itself, decoded.
        autodiscover: the hosts to which clients are sent; the name itself where it has an address of its own.
        ns: by delegated name (`_dmarc`), its name servers.
        cname: by other name below the domain, the host its CNAME leads to.
        rua: the domains of the addresses for DMARC reports.
        names: labels below the domain that exist, those a wildcard makes up left out.
    """

    domain: str
    mx: tuple[str, ...] = ()
    spf: tuple[str, ...] = ()
    dkim: Mapping[str, str] = field(default_factory=dict)
    txt: tuple[str, ...] = ()
    autodiscover: tuple[str, ...] = ()
    ns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cname: Mapping[str, str] = field(default_factory=dict)
    rua: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One service that may stand behind the domain's mail.

    Attributes:
        role: `mailbox`, `gateway`, `sender` or `dmarc`.
        vendor: its slug. `name`: as people call it.
        confidence: from 0 to below 1; see `_sure`.
        evidence: what speaks for it, for people, one sentence each without full stop; never empty.
    """

    role: str
    vendor: str
    name: str
    confidence: float
    evidence: tuple[str, ...]

    @property
    def level(self) -> str:
        """The confidence in a word: high, medium or low."""
        if self.confidence >= HIGH:
            return "high"
        return "medium" if self.confidence >= MEDIUM else "low"

    def as_json(self) -> dict[str, Any]:
        """As public documents hold it."""
        return {
            "role": self.role,
            "vendor": self.vendor,
            "name": self.name,
            "confidence": self.confidence,
            "level": self.level,
            "evidence": list(self.evidence),
        }


def classify(evidence: Evidence) -> list[Match]:
    """Everybody who may have a part in the domain's mail, by role, the surest first; empty when nothing speaks."""
    found = {one.slug: match for one in vendors() if (match := _match(one, evidence))}
    kept = [found[one.slug] for one in vendors() if one.slug in found and (not one.beside or one.beside in found)]
    return sorted(kept, key=lambda match: (_ORDER.index(match.role), -match.confidence, match.vendor))


def gateway_of(mx_hosts: Iterable[str]) -> str:
    """The name of the gateway that these MX hosts belong to; empty when they belong to none that is known."""
    plain = [host.lower().removesuffix(".") for host in mx_hosts]
    best: tuple[int, str] = (0, "")
    for one in vendors():
        if one.role == "gateway":
            weights = [
                sign.weight
                for sign in one.signs
                if sign.field == "mx" and any(_fits(sign.match, host) for host in plain)
            ]
            best = max(best, (max(weights, default=0), one.name), key=lambda pair: pair[0])
    return best[1]


def includes(host: str) -> Vendor | None:
    """The service that is known by this domain in an SPF record; none when nobody is. Bulk senders go first."""
    for one in vendors():
        if not one.beside and any(sign.field == "spf" and _fits(sign.match, host) for sign in one.signs):
            return one
    return None


def speaks_for(field: str, text: str) -> str:
    """The name of the service that one host, or the beginning of one text, is the strongest sign of; empty for none.

    Args:
        field: `mx`, `dkim`, `autodiscover` or `cname` for a host in lower case without final dot; `txt` for a text.
    """
    best: tuple[int, str] = (0, "")
    for match, weight, name in _signs_of(field):
        if weight > best[0] and (_begins(text, match) if field == "txt" else _fits(match, text)):
            best = (weight, name)
    return best[1]


@lru_cache(maxsize=8)
def _signs_of(field: str) -> tuple[tuple[str, int, str], ...]:
    """The signs of one field that are the same for every domain: what fits, weight, and the name of the service."""
    signs = [(sign, one.name) for one in vendors() for sign in one.signs]
    fit = [(one, name) for one, name in signs if one.field == field and "{" not in one.match]
    return tuple((one.match, one.weight, name) for one, name in fit)


def _match(one: Vendor, evidence: Evidence) -> Match | None:
    weights: dict[str, int] = {}
    said: dict[str, None] = {}
    for sign in one.signs:
        for sentence in _seen(sign, evidence):
            weights[sign.field] = max(weights.get(sign.field, 0), sign.weight)
            said[sentence] = None
    if not weights:
        return None
    return Match(one.role, one.slug, one.name, _sure(weights.values()), tuple(said))


def _sure(weights: Iterable[int]) -> float:
    """How sure independent signs make together; of one field only the strongest counts, two MX hosts are one sign."""
    doubt = 1.0
    for weight in weights:
        doubt *= 1 - weight / 100
    return round(min(1 - doubt, 0.99), 2)


def _seen(sign: Sign, evidence: Evidence) -> Iterator[str]:
    """What fits a sign, as sentences."""
    match = sign.match.replace("{domain}", evidence.domain)
    if sign.field == "mx":
        yield from (f"MX names {host}" for host in evidence.mx if _fits(match, host))
    elif sign.field == "spf":
        yield from (f"SPF names {host}" for host in evidence.spf if _fits(match, host))
    elif sign.field == "dkim":
        yield from _keys(match, evidence.dkim)
    elif sign.field == "txt":
        yield from (f"a TXT value begins with {match}" for text in evidence.txt if _begins(text, match))
    elif sign.field == "autodiscover":
        yield from (f"autodiscover leads to {host}" for host in evidence.autodiscover if _fits(match, host))
    elif sign.field == "ns":
        for name, hosts in evidence.ns.items():
            yield from (f"{name} is delegated to {host}" for host in hosts if _fits(match, host))
    elif sign.field == "cname":
        yield from (f"{name} leads to {host}" for name, host in evidence.cname.items() if _fits(match, host))
    elif sign.field == "rua":
        yield from (f"DMARC reports go to {host}" for host in evidence.rua if _fits(match, host))
    elif sign.field == "name" and match in evidence.names:
        yield f"the name {match} exists"


def _keys(match: str, keys: Mapping[str, str]) -> Iterator[str]:
    if "." in match:
        yield from (f"DKIM selector {name} leads to {host}" for name, host in keys.items() if _fits(match, host))
    elif keys.get(match) == "":
        yield f"DKIM selector {match} has a key"


def _begins(text: str, match: str) -> bool:
    return text[: len(match)].lower() == match.lower()


def _fits(match: str, host: str) -> bool:
    r"""Compare by labels. An escaped dot (`a\.mimecast.com`) is no border of labels: such a name fits nothing."""
    if "\\" in host:
        return False
    wanted, have = match.split("."), host.split(".")
    if wanted[0] == "*":
        wanted = wanted[1:]
        if len(have) <= len(wanted):
            return False
        have = have[-len(wanted) :]
    return len(wanted) == len(have) and all(one in ("*", other) for one, other in zip(wanted, have, strict=True))
