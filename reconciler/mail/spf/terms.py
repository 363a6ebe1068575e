"""An SPF record as a list of terms, each with its exact text and an identity that survives re-spelling.

Reading is lenient: whatever stands between spaces is a term and is kept as it is. Whether a verifier would accept it is
not judged here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

VERSION = "v=spf1"

_TERM = re.compile(r"([+\-?~]?)([A-Za-z][A-Za-z0-9_.-]*)(.*)", re.DOTALL)
_MODIFIER = re.compile(r"[a-z][a-z0-9_.-]*=")
_HOST = re.compile(r"(:.+?)?(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?", re.DOTALL)
_MACRO = re.compile(r"(%\{[^}]*\})")
_ADDRESS = re.compile(r":([0-9A-Fa-f.:]+)(?:/(0|[1-9][0-9]{0,2}))?")

#: From the strictest to the weakest end of a record.
_ENDS = ("-all", "~all", "?all", "all")


class Term(NamedTuple):
    """One term.

    Attributes:
        text: as written.
        identity: the same for all spellings of one meaning: no `+`, names in lower case without final dot, addresses
            in normal form. A term that cannot be understood is its own text.
    """

    text: str
    identity: str

    @property
    def is_all(self) -> bool:
        """Nothing after it is ever looked at."""
        return self.identity in _ENDS

    @property
    def is_redirect(self) -> bool:
        """It names the record to go on with when nothing matches."""
        return self.identity.startswith("redirect=")

    @property
    def is_modifier(self) -> bool:
        """It may stand anywhere, after `all` too."""
        return _MODIFIER.match(self.identity) is not None


class Parts(NamedTuple):
    """A record cut at its end: an `all`, else a `redirect=`, else none. All terms are in the order written.

    Attributes:
        before: what is looked at; a `redirect=` is never among them.
        after: what follows the end, and each `redirect=` that is ignored.
    """

    before: tuple[Term, ...]
    end: Term | None
    after: tuple[Term, ...]

    @property
    def force(self) -> tuple[Term, ...]:
        """The terms that have a meaning: those before the end, and modifiers wherever they stand."""
        return (*self.before, *(one for one in self.after if one.is_modifier and not one.is_redirect))


def is_spf(text: str) -> bool:
    """Tell whether a TXT value is an SPF record: `v=spf1` in any case, alone or before a space.

    Source: RFC 7208, 4.5. A leading space, a quote or `v=spf10` make it something else.
    """
    return text[:6].lower() == VERSION and text[6:7] in {"", " "}


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a record, in order, without the version."""
    return tuple(term(word) for word in text.split(" ")[1:] if word)


def term(text: str) -> Term:
    """One term."""
    return Term(text, identity(text))


def divide(terms: Sequence[Term]) -> Parts:
    """Cut a record at its end.

    Source: RFC 7208, 5.1 (nothing after `all` runs) and 6.1 (`redirect=` is ignored when there is an `all` anywhere).
    """
    cut = next((place for place, one in enumerate(terms) if one.is_all), None)
    ended = terms if cut is None else terms[:cut]
    redirects = tuple(one for one in ended if one.is_redirect)
    before = tuple(one for one in ended if not one.is_redirect)
    if cut is not None:
        return Parts(before, terms[cut], (*redirects, *terms[cut + 1 :]))
    return Parts(before, redirects[0] if redirects else None, redirects[1:])


def weakest(ends: Sequence[Term]) -> Term:
    """The `all` that rejects least; the first of equals. `ends` is not empty."""
    return max(ends, key=lambda one: _ENDS.index(one.identity))


@lru_cache(maxsize=4096)
def identity(text: str) -> str:
    """The identity of a term; the identity of an identity is itself."""
    match = _TERM.fullmatch(text)
    if match is None:
        return text
    sign, name, rest = match.group(1).removeprefix("+"), match.group(2).lower(), match.group(3)
    if rest.startswith("="):
        return text if match.group(1) else f"{name}={_domain(rest[1:]) if name in {'redirect', 'exp'} else rest[1:]}"
    return f"{sign}{name}{_argument(name, rest)}"


def _argument(name: str, rest: str) -> str:
    if name in {"a", "mx"}:
        return _host(rest)
    if name in {"ip4", "ip6"}:
        return _network(rest, 4 if name == "ip4" else 6)
    if name in {"include", "exists", "ptr"} and rest.startswith(":"):
        return f":{_domain(rest[1:])}"
    return rest


def _host(rest: str) -> str:
    match = _HOST.fullmatch(rest)
    if match is None:
        return rest
    domain, four, six = match.groups()
    name = f":{_domain(domain[1:])}" if domain else ""
    # Whole-address lengths say nothing: `a/32` is `a`.
    return name + (f"/{four}" if four not in {None, "32"} else "") + (f"//{six}" if six not in {None, "128"} else "")


def _domain(text: str) -> str:
    # The case of a macro letter has a meaning (RFC 7208, 7.3: upper case asks for URL escaping).
    pieces = _MACRO.split(text)
    low = "".join(piece if place % 2 else piece.lower() for place, piece in enumerate(pieces))
    return low[:-1] if low.endswith(".") and len(low) > 1 and not low.endswith("..") else low


def _network(rest: str, version: int) -> str:
    match = _ADDRESS.fullmatch(rest)
    if match is None:
        return rest
    import ipaddress

    kind = ipaddress.IPv4Network if version == 4 else ipaddress.IPv6Network
    try:
        network = kind(match.group(1) + (f"/{match.group(2)}" if match.group(2) else ""), strict=False)
    except ValueError:
        return rest
    length = "" if network.prefixlen == network.max_prefixlen else f"/{network.prefixlen}"
    return f":{_spell(network.network_address)}{length}"


def _spell(address: object) -> str:
    import ipaddress

    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is None:
        return str(address)
    # Python spells these differently from one version to the next; an identity must not.
    return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"
