"""pyspf as a second opinion, and what it does otherwise than RFC 7208: one small repair for each point.

A repair brings pyspf's behaviour on one point to what the RFC says, written without a line of ours. Where two opinions
differ, the repair that makes them agree is the reason.
"""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from reconciler.model import names
from reconciler.model.answer import Status
from tests.mail.spf.worlds import World

with warnings.catch_warnings():
    # It was written for older versions of Python and says so while it is imported.
    warnings.simplefilter("ignore")
    import spf  # type: ignore[import-untyped]

#: What pyspf does otherwise: a short name, and what the RFC says about it.
KNOWN = {
    "voids": "4.6.4 limits terms whose lookup is void; the hosts that an MX or PTR names, and %{p}, are no terms",
    "self": "4.6: to include the record itself is no error of syntax; it ends at the limit, if it is reached",
    "twice": "6: only redirect= and exp= must not stand twice, modifiers that nobody knows may",
    "capitals": "12 and RFC 5234, 2.3: the name of a modifier may be written in capitals",
    "grammar": "7.1: a macro that the grammar does not know is an error, and %% at the end is none",
    "joined": "7.3: the parts of a macro are joined with dots, whatever they were split at, in every macro",
    "long": "7.3: labels go from the left until the name has 253 characters, not one alone",
    "characters": "7.1: a term holds visible characters of ASCII and nothing else",
    "pointers": "5.5 and 7.3: no answer for a PTR, or for a name it holds, is no match and no error",
    "redirect": "6.1: redirect= asks, and counts, only when nothing has matched",
    "hosts": "5.4: the first MX host that matches decides; whether a later one answers does not matter",
    "postmaster": "4.3: a sender without local part is postmaster in %{s} too",
    "nearest": "7.3: %{p} is the name next to the domain whose record is read, also after an include",
}
ALL = frozenset(KNOWN)

_NEVER = re.compile(r"(?!)")
_GRAMMAR = re.compile(r"(?:[!-$&-~]|%[%_-]|%\{[slodipvhcrt](?!0+[^0-9])[0-9]*r?[-.+,/_=]*\})*", re.IGNORECASE)
_CAPITALS = re.compile(r"(%\{[a-z][0-9]*)R", re.IGNORECASE)
_OWN = re.compile(r"[a-z][a-z0-9_.-]*=", re.IGNORECASE)


class Opinion(NamedTuple):
    """A result, and the explanation of a `fail`."""

    result: str
    explanation: str = ""


def opinion(world: World, repaired: frozenset[str] = frozenset()) -> Opinion:
    """What pyspf thinks, with repairs by name."""
    with _settings(world, repaired):
        return _told(_Repaired(world, repaired))


def untouched(world: World) -> Opinion:
    """What pyspf thinks, without a line of this module but its answers from DNS."""
    with _settings(world, frozenset()):
        return _told(spf.query(i=world.ip, s=world.sender, h=world.helo))


def _told(query: Any) -> Opinion:
    result, _, text = query.check()
    return Opinion(result, "" if result != "fail" or text == spf.EXPLANATIONS["fail"] else text)


@contextmanager
def _settings(world: World, repaired: frozenset[str]) -> Iterator[None]:
    """pyspf keeps its way to DNS and its patterns in its module."""
    kept = spf.DNSLookup, spf.RE_INVALID_MACRO, spf.JOINERS
    spf.DNSLookup = _lookup(world)
    if "grammar" in repaired:
        spf.RE_INVALID_MACRO = _NEVER
    if "joined" in repaired:
        spf.JOINERS = dict.fromkeys("slodipvhcrt", ".")
    try:
        yield
    finally:
        spf.DNSLookup, spf.RE_INVALID_MACRO, spf.JOINERS = kept


def _lookup(world: World) -> Callable[[str, str, bool, float], list[tuple[tuple[str, str], Any]]]:
    def look(name: str, kind: str, strict: bool, seconds: float) -> list[tuple[tuple[str, str], Any]]:
        answer = world.ask(names.written(label.encode() for label in name.split(".")), kind)
        if answer.status is Status.FAILED:
            raise spf.TempError("time is up")
        return [((name, kind), _value(kind, value)) for value in answer.values]

    return look


def _value(kind: str, value: str) -> Any:
    if kind == "MX":
        rank, host = value.split(" ")
        return int(rank), host.removesuffix(".")
    if kind == "TXT":
        return (value.encode("utf-8", "surrogateescape"),)
    return value.removesuffix(".")


class _Repaired(spf.query):  # type: ignore[misc]
    """A query with some of pyspf's habits put right."""

    def __init__(self, world: World, repaired: frozenset[str]) -> None:
        self.repaired = repaired
        self.below = 0  # how deep among hosts and names that are no terms
        self.owed = False  # the next lookup that is counted is that of a redirect= which may never run
        self.paid = True  # the record that is fetched next has been counted
        super().__init__(i=world.ip, s=world.sender, h=world.helo)
        if "postmaster" in repaired:
            self.s = f"{self.l}@{self.o}"

    def check0(self, text: str | None, recursion: int) -> Any:
        if text:
            if "characters" in self.repaired and not re.fullmatch("[ -~]*", text):
                raise spf.PermError("a character that is not visible")
            words = [self._modifier(place, word) for place, word in enumerate(text.split(" "))]
            text = " ".join(words)
            self.owed = "redirect" in self.repaired and any(word.startswith("redirect=") for word in words)
        return super().check0(text, recursion)

    def _modifier(self, place: int, word: str) -> str:
        match = _OWN.match(word)
        name, value = (match.group(), word[match.end() :]) if match and place else ("", word)
        if "capitals" in self.repaired:
            name = name.lower()
        if "twice" in self.repaired and name and name.lower() not in {"redirect=", "exp="}:
            name = f"{name[:-1]}-{place}="
        return name + value

    def validate_mechanism(self, mech: str) -> Any:
        try:
            return super().validate_mechanism(mech)
        except spf.PermError as error:
            if "self" in self.repaired and error.msg == "include has trivial recursion":
                return mech, "include", self.d, self.cidrmax, spf.RESULTS.get(mech[0], "pass")
            raise

    def check_lookups(self) -> None:
        if self.owed:
            self.owed = False
            return
        self.paid = True
        super().check_lookups()

    def dns_spf(self, domain: str) -> Any:
        if not self.paid:
            super().check_lookups()
        found = super().dns_spf(domain)
        self.paid = "redirect" not in self.repaired
        return found

    def expand(self, text: str, stripdot: bool = True) -> str:
        if "grammar" in self.repaired:
            if not all(_GRAMMAR.fullmatch(word) for word in ([text] if stripdot else text.split(" "))):
                raise spf.PermError("invalid macro")
            text = _CAPITALS.sub(r"\1r", text)
        result: str = super().expand(text, stripdot)
        while "long" in self.repaired and stripdot and len(result) > 253 and "." in result:
            result = result.partition(".")[2]
        return result

    def getp(self) -> Any:
        if "nearest" in self.repaired:
            self.p = None
        self.below += 1
        try:
            return super().getp()
        finally:
            self.below -= 1

    def dns(self, name: str, qtype: str, cnames: Any = None, ignore_void: bool = False) -> Any:
        if "redirect" in self.repaired:
            self.paid = False
        return super().dns(name, qtype, cnames, ignore_void or ("voids" in self.repaired and self.below > 0))

    def _host(self, name: str) -> Any:
        self.below += 1
        try:
            return self.dns_a(name, self.A)
        finally:
            self.below -= 1

    def dns_mx(self, domain: str) -> Any:
        hosts = sorted(self.dns(domain, "MX"))
        if len(hosts) > spf.MAX_MX:
            raise spf.PermError("too many MX hosts")
        found = (address for _, host in hosts for address in self._host(host))
        return found if "hosts" in self.repaired else list(found)

    def cidrmatch(self, addresses: Any, length: int) -> bool:
        return any(super(_Repaired, self).cidrmatch([address], length) for address in addresses)

    def validated_ptrs(self) -> Sequence[str]:
        try:
            found = self.dns_ptr(self.i)[: spf.MAX_PTR]
        except spf.TempError:
            if "pointers" in self.repaired:
                return []
            raise
        return [name for name in found if self._valid(name)]

    def _valid(self, name: str) -> bool:
        try:
            return self.cidrmatch(self._host(name), self.cidrmax)
        except spf.TempError:
            if "pointers" in self.repaired:
                return False
            raise
