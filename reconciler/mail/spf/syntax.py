"""An SPF record read as strictly as a verifier reads it: its directives and modifiers, and every mistake in it.

One mistake anywhere, after `all` too, makes the result `permerror` for every message.
Source: RFC 7208, sections 4.6 (the whole record is checked first), 4.6.1 (terms), 5, 6, 7.1 and 12 (grammar).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reconciler.mail.spf import macros

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"([+\-?~]?)([A-Za-z][A-Za-z0-9_.-]*)([:/].*)?", re.DOTALL)
_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
_LENGTHS = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?")
_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]{2,45}")
_TOP_LABEL = re.compile(r"(?=.*[A-Za-z-])[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_VISIBLE = re.compile(r"[!-~]*")
#: Longer terms are read each time: what strangers publish does not fill the memory.
_CACHED = 255


class Problem(NamedTuple):
    """One mistake in a record.

    Attributes:
        rule: `S5` no term at all, `S11` a modifier twice, `S12` no such mechanism, `S16` a prefix length or an
            address, `S17` a macro, `S19` the end of a domain, `S22` letters beyond ASCII.
        term: as written.
        text: one line for people, no final full stop.
    """

    rule: str
    term: str
    text: str


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism with its qualifier.

    Attributes:
        text: as written.
        qualifier: `+`, `-`, `~` or `?`; `+` where none is written.
        name: `all`, `include`, `a`, `mx`, `ptr`, `ip4`, `ip6` or `exists`.
        domain: as written, macros and final dot included; empty when none is given.
        network: of `ip4` and `ip6`, without host bits; none for all others.
        four: prefix length in bits for IPv4 addresses, of `a` and `mx`.
        six: the same for IPv6 addresses.
    """

    text: str
    qualifier: str
    name: str
    domain: str = ""
    network: IPv4Network | IPv6Network | None = None
    four: int = 32
    six: int = 128

    @property
    def has_macro(self) -> bool:
        """Its domain depends on the message, so that it cannot be known beforehand."""
        return macros.present(self.domain)


@dataclass(frozen=True, slots=True)
class Modifier:
    """A modifier; only `redirect` and `exp` have a meaning.

    Attributes:
        text: as written.
        name: lower case.
        value: as written, after the `=`.
    """

    text: str
    name: str
    value: str

    @property
    def has_macro(self) -> bool:
        """Its value depends on the message, so that it cannot be known beforehand."""
        return macros.present(self.value)


@dataclass(frozen=True, slots=True)
class Record:
    """One SPF record.

    Attributes:
        terms: those that can be read, in order.
        problems: every mistake, at most one for each term and one for each modifier that stands twice, in order; not
            empty exactly when the record by itself makes the result `permerror`.
    """

    terms: tuple[Directive | Modifier, ...]
    problems: tuple[Problem, ...]

    @property
    def directives(self) -> tuple[Directive, ...]:
        """The directives in order."""
        return tuple(one for one in self.terms if isinstance(one, Directive))

    @property
    def redirect(self) -> str:
        """The domain of the first `redirect=`, as written, whether an `all` makes it idle or not; empty for none."""
        return self._value("redirect")

    @property
    def explanation(self) -> str:
        """The domain of the first `exp=`, as written; empty for none."""
        return self._value("exp")

    def _value(self, name: str) -> str:
        return next((one.value for one in self.terms if isinstance(one, Modifier) and one.name == name), "")


@lru_cache(maxsize=1024)
def read(text: str) -> Record:
    """Read a record.

    Args:
        text: a TXT value of which `terms.is_spf` is true: its strings joined, decoded.
    """
    terms: list[Directive | Modifier] = []
    problems: list[Problem] = []
    once: set[str] = set()
    for word in text.split(" ")[1:]:
        if not word:
            continue
        one = _cached(word) if len(word) <= _CACHED else _term(word)
        if isinstance(one, Problem):
            problems.append(one)
            continue
        if isinstance(one, Modifier) and one.name in {"redirect", "exp"}:
            if one.name in once:
                problems.append(Problem("S11", word, f"{one.name}= stands more than once"))
            once.add(one.name)
        terms.append(one)
    return Record(tuple(terms), tuple(problems))


def _term(word: str) -> Directive | Modifier | Problem:
    if _VISIBLE.fullmatch(word) is None:
        return _foreign(word)
    modifier = _MODIFIER.fullmatch(word)
    if modifier is not None:
        return _modifier(word, modifier.group(1).lower(), modifier.group(2))
    directive = _DIRECTIVE.fullmatch(word)
    if directive is None:
        return Problem("S5", word, "neither a mechanism nor a modifier")
    name, rest = directive.group(2).lower(), directive.group(3) or ""
    if name not in _MECHANISMS:
        hint = f": {name} is a modifier and takes =" if name in {"redirect", "exp"} else ""
        return Problem("S12", word, f"there is no such mechanism{hint}")
    qualifier = directive.group(1) or "+"
    if name in {"ip4", "ip6"}:
        return _network(word, qualifier, name, rest)
    return _mechanism(word, qualifier, name, rest)


_cached = lru_cache(maxsize=8192)(_term)


def _foreign(word: str) -> Problem:
    if word.isascii():
        return Problem("S5", word, "a control character: terms are separated by spaces and hold visible characters")
    return Problem("S22", word, "a character beyond ASCII: a name is written with A-labels (xn--...)")


def _modifier(word: str, name: str, value: str) -> Modifier | Problem:
    if name in {"redirect", "exp"}:
        return _domain_problem(word, value) or Modifier(word, name, value)
    # A modifier that nobody knows is ignored, but its value must be a macro string.
    wrong = macros.mistake(value)
    return Problem("S17", word, wrong) if wrong else Modifier(word, name, value)


def _mechanism(word: str, qualifier: str, name: str, rest: str) -> Directive | Problem:
    if name == "all":
        return Problem("S5", word, "all takes nothing after it") if rest else Directive(word, qualifier, name)
    domain, lengths = _cut(rest)
    if lengths and name not in {"a", "mx"}:
        return Problem("S16", word, f"{name} takes no prefix length")
    if domain or name in {"include", "exists"}:
        problem = _domain_problem(word, domain[1:])
        if problem is not None:
            return problem
    match = _LENGTHS.fullmatch(lengths)
    four, six = match.groups() if match else ("", "")
    if match is None or int(four or 0) > 32 or int(six or 0) > 128:
        return Problem(
            "S16", word, "prefix lengths are written /0 to /32, then //0 to //128 for IPv6, without leading zeros"
        )
    return Directive(word, qualifier, name, domain[1:], None, int(four or 32), int(six or 128))


def _cut(rest: str) -> tuple[str, str]:
    """A domain with its colon, and the prefix lengths after it: a slash may belong to the domain too."""
    if not rest.startswith(":"):
        return "", rest
    body = len(rest.rstrip("/0123456789"))
    slash = rest.find("/", body)
    return (rest, "") if slash < 0 else (rest[:slash], rest[slash:])


def _domain_problem(word: str, domain: str) -> Problem | None:
    if not domain:
        return Problem("S19", word, "the domain is missing")
    wrong = macros.mistake(domain)
    if wrong:
        return Problem("S17", word, wrong)
    _, dot, top = domain.removesuffix(".").rpartition(".")
    if (dot and _TOP_LABEL.fullmatch(top)) or macros.ends_in_macro(domain):
        return None
    if _IPV4.fullmatch(domain):
        return Problem("S19", word, f"an address where a name is needed: ip4:{domain} is meant, perhaps")
    if not dot:
        return Problem("S19", word, "the domain has one label only")
    return Problem("S19", word, "the domain does not end in a top-level label (letters, digits and inner hyphens)")


def _network(word: str, qualifier: str, name: str, rest: str) -> Directive | Problem:
    import ipaddress

    most = 32 if name == "ip4" else 128
    address, slash, length = rest[1:].partition("/")
    if not rest.startswith(":") or (_IPV4 if name == "ip4" else _IPV6).fullmatch(address) is None:
        return _no_address(word, name)
    if slash and (_LENGTH.fullmatch(length) is None or int(length) > most):
        return Problem("S16", word, f"the prefix length is written /0 to /{most}, without leading zeros")
    size = int(length) if slash else most
    if name == "ip4":
        return Directive(word, qualifier, name, network=ipaddress.IPv4Network((address, size), strict=False))
    try:
        return Directive(word, qualifier, name, network=ipaddress.IPv6Network((address, size), strict=False))
    except ValueError:
        return _no_address(word, name)


def _no_address(word: str, name: str) -> Problem:
    kind, example = ("IPv4", "192.0.2.1") if name == "ip4" else ("IPv6", "2001:db8::1")
    return Problem("S16", word, f"{name} needs one {kind} address or network, such as {example}")
