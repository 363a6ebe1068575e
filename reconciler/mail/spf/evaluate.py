"""What a verifier makes of a message: `check_host`, with whoever answers from DNS injected.

Source: RFC 7208, sections 2.6 (results), 4 (the function), 4.6.4 (limits), 5 (mechanisms), 6 (modifiers), 7 (macros).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from reconciler.mail.notebook import Unanswered
from reconciler.mail.spf import macros
from reconciler.mail.spf.syntax import Directive, Record, read
from reconciler.mail.spf.terms import is_spf
from reconciler.model import names
from reconciler.model.answer import Answer, Status

#: RFC 7208, 4.6.4: terms that ask DNS, of these the void ones, MX hosts and names of an address looked at.
LOOKUPS, VOIDS, HOSTS, POINTERS = 10, 2, 10, 10

_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
#: What each mechanism asks first; an empty type is that of the sender's address.
_ASKS = {"include": "TXT", "exists": "A", "mx": "MX", "a": "", "ptr": "PTR"}
_PLAIN = re.compile(names.PLAIN)
_PRINTABLE = re.compile(r"[ -~]*")
_LONGEST = 253
_NOTHING = Answer(Status.EMPTY)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_address = lru_cache(maxsize=4096)(ipaddress.ip_address)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one message.

    Attributes:
        result: `none`, `neutral`, `pass`, `fail`, `softfail`, `temperror` or `permerror`.
        term: the term that decided, as written, of the last record on the path; empty when no term did.
        path: the domains whose records led there, the one checked first.
        detail: why, for people; one line, no final full stop.
        lookups: terms that asked DNS, up to and with the one that decided; 11 when the limit ended it.
        voids: of these, the terms whose name has no such records.
        explanation: what the domain tells the sender who fails, ASCII; empty when it was not asked for or says nothing.
    """

    result: str
    term: str
    path: tuple[str, ...]
    detail: str
    lookups: int
    voids: int
    explanation: str = ""


def check_host(
    ip: str,
    domain: str,
    sender: str,
    helo: str,
    ask: Callable[[str, str], Answer],
    *,
    text: str | None = None,
    explain: bool = False,
    now: int = 0,
) -> Verdict:
    """Tell whether an address may send for a domain.

    A void lookup is counted for the name that a term asks for, once a term, not for the hosts found below it: a sender
    with IPv6 is not punished for an `mx` whose hosts have none (RFC 7208, 4.6.4, speaks of terms).

    Args:
        ip: of the sender; an IPv4 address mapped into IPv6 counts as IPv4.
        domain: whose record is checked; a final dot makes no difference.
        sender: address of MAIL FROM; without local part, or empty, it is the domain's postmaster.
        helo: name given in HELO or EHLO.
        ask: answers a name (written form, no final dot) and a type; what it raises goes through. Where it raises
            `Unanswered`, what the rest of the record will ask first has been asked too.
        text: a record to read in place of the one that the domain publishes.
        explain: get the explanation of a `fail`.
        now: seconds since 1970 began in UTC, for the macro `t` of an explanation.

    Raises:
        ValueError: `ip` is no address.
    """
    local, at, place = sender.rpartition("@")
    domain = domain.removesuffix(".")
    message = _Message(_sender(ip), domain, local or "postmaster", place if at else (sender or domain), helo, now)
    check = _Check(message, ask, text)
    try:
        end = check.begin()
    except _Error as error:
        end = error.end
    told = check.explanation(end) if explain and end.result == "fail" else ""
    return Verdict(end.result, end.term, end.path, end.detail, check.lookups, check.voids, told)


class _Message(NamedTuple):
    """What is known of a message; `local` and `place` are the two parts of its sender."""

    ip: _Address
    domain: str
    local: str
    place: str
    helo: str
    now: int

    def value(self, letter: str) -> str:
        """What a macro's letter stands for, of those that need neither a record nor DNS."""
        match letter:
            case "s":
                return f"{self.local}@{self.place}"
            case "l":
                return self.local
            case "o":
                return self.place
            case "i":
                return str(self.ip) if self.ip.version == 4 else ".".join(self.ip.exploded.replace(":", "").upper())
            case "v":
                return "in-addr" if self.ip.version == 4 else "ip6"
            case "h":
                return self.helo
            case "c":
                return str(self.ip)
            case "t":
                return str(self.now)
            case _:
                # The name of the verifier, which RFC 7208, 7.3, lets be this word.
                return "unknown"


class _End(NamedTuple):
    """How a record's evaluation ended; the explanation is that of the record which the result is taken from."""

    result: str
    term: str
    path: tuple[str, ...]
    detail: str
    domain: str = ""
    explanation: str = ""


class _Error(Exception):
    """A temporary or permanent error, which ends everything."""

    def __init__(self, result: str, term: str, path: tuple[str, ...], detail: str) -> None:
        super().__init__(detail)
        self.end = _End(result, term, path, detail)


class _Check:
    """One message; a path is the domains of the records being read, the present one last."""

    def __init__(self, message: _Message, ask: Callable[[str, str], Answer], text: str | None) -> None:
        self._message = message
        self._ip = message.ip
        self._kind = "A" if message.ip.version == 4 else "AAAA"
        self._domain = message.domain
        self._ask = ask
        self._text = text
        self._names: tuple[str, ...] | None = None
        self.lookups = 0
        self.voids = 0

    def begin(self) -> _End:
        if not _multi_label(self._domain):
            return _End("none", "", (), "this is no domain name of two labels or more")
        path = (self._domain,)
        text = self._record(path, "", path)
        if text is None:
            return _End("none", "", path, f"{self._domain} has no SPF record")
        return self._read(path, text)

    def explanation(self, end: _End) -> str:
        """The text that `exp=` of the record leads to; nothing where anything is amiss with it (RFC 7208, 6.2)."""
        name = self._target(end.explanation, end.domain) if end.explanation else ""
        answer = self._ask(name, "TXT") if name else _NOTHING
        if len(answer.values) != 1:
            return ""
        (text,) = answer.values
        if not _PRINTABLE.fullmatch(text):
            return ""
        if any(macros.mistake(word, macros.EXPLAINING) for word in text.split(" ")):
            return ""
        return macros.expand(text, lambda letter: self._value(letter, end.domain))

    def _record(self, path: tuple[str, ...], term: str, blamed: tuple[str, ...]) -> str | None:
        """The SPF record of the last domain; whoever led to it is blamed."""
        domain = path[-1]
        if self._text is not None and domain.lower() == self._domain.lower():
            return self._text if is_spf(self._text) else None
        answer = self._ask(_name(domain), "TXT") if _multi_label(domain) else _NOTHING
        if answer.status is Status.FAILED:
            raise _Error("temperror", term, blamed, _unreachable(domain, "TXT", answer))
        if term and answer.void:
            self.voids += 1
        found = [value for value in answer.values if is_spf(value)]
        if len(found) > 1:
            raise _Error("permerror", term, blamed, f"{domain} has {len(found)} SPF records where one is allowed")
        return found[0] if found else None

    def _read(self, path: tuple[str, ...], text: str) -> _End:
        record = read(text)
        domain = path[-1]
        if record.problems:
            first = record.problems[0]
            raise _Error("permerror", first.term, path, f"the record of {domain} cannot be read: {first.text}")
        try:
            for one in record.directives:
                inner = self._matches(one, path)
                if inner is not None:
                    return inner._replace(result=_RESULTS[one.qualifier], domain=domain, explanation=record.explanation)
            if record.redirect:
                return self._redirect(record, path)
        except Unanswered:
            self._look_ahead(record, domain)
            raise
        return _End("neutral", "", path, f"nothing in the record of {domain} matches {self._ip}")

    def _redirect(self, record: Record, path: tuple[str, ...]) -> _End:
        term = next(one.text for one in record.terms if not isinstance(one, Directive) and one.name == "redirect")
        self._count(term, path)
        return self._follow(term, self._target(record.redirect, path[-1]), path)

    def _follow(self, term: str, target: str, path: tuple[str, ...]) -> _End:
        further = (*path, target)
        text = self._record(further, term, path) if target else None
        if text is None:
            raise _Error("permerror", term, path, f"{target or 'what it leads to'} has no SPF record")
        return self._read(further, text)

    def _matches(self, one: Directive, path: tuple[str, ...]) -> _End | None:
        """How a directive matches, its own qualifier left aside; none when it does not."""
        if one.name == "all":
            return _End("", one.text, path, f"nothing before it in the record of {path[-1]} matches {self._ip}")
        if one.network is not None:
            return self._hit(one, path) if self._ip in one.network else None
        self._count(one.text, path)
        target = self._target(one.domain, path[-1]) if one.domain else path[-1]
        if one.name == "include":
            inner = self._follow(one.text, target, path)
            return inner if inner.result == "pass" else None
        if one.name == "ptr":
            return self._hit(one, path) if self._pointed_at(one, target, path) else None
        answer = self._own(one, target, path)
        if one.name == "mx":
            hit = self._exchanged(one, answer, path)
        else:
            hit = bool(answer.values) if one.name == "exists" else self._among(answer, one)
        return self._hit(one, path) if hit else None

    def _hit(self, one: Directive, path: tuple[str, ...]) -> _End:
        return _End("", one.text, path, f"it matches {self._ip} in the record of {path[-1]}")

    def _own(self, one: Directive, target: str, path: tuple[str, ...]) -> Answer:
        """The answer to what the term asks; a name that cannot be asked for has no records and costs nothing."""
        kind = _ASKS[one.name] or self._kind
        name = _name(target)
        answer = self._ask(name, kind) if name else _NOTHING
        if answer.status is Status.FAILED:
            raise _Error("temperror", one.text, path, _unreachable(name, kind, answer))
        if name and answer.void:
            self._void(one, path)
        return answer

    def _exchanged(self, one: Directive, answer: Answer, path: tuple[str, ...]) -> bool:
        if len(answer.values) > HOSTS:
            detail = f"there are {len(answer.values)} MX hosts where {HOSTS} are allowed"
            raise _Error("permerror", one.text, path, detail)
        ranked = sorted((int(rank), host) for rank, host in map(str.split, answer.values))
        hosts = [host.removesuffix(".") for _, host in ranked if host != "."]
        for host, found in zip(hosts, self._all(hosts), strict=True):
            if found.status is Status.FAILED:
                raise _Error("temperror", one.text, path, _unreachable(host, self._kind, found))
            if self._among(found, one):
                return True
        return False

    def _pointed_at(self, one: Directive, target: str, path: tuple[str, ...]) -> bool:
        pointer = self._ask(self._ip.reverse_pointer, "PTR")
        if pointer.void:
            self._void(one, path)
        name = _name(target)
        return (
            any(validated == name or validated.endswith(f".{name}") for validated in self._validated())
            if name
            else False
        )

    def _validated(self) -> tuple[str, ...]:
        """The names that the address points at and that point back, in the order of the answer, without final dot.

        Whatever has no answer is left out (RFC 7208, 5.5).
        """
        if self._names is None:
            pointer = self._ask(self._ip.reverse_pointer, "PTR")
            hosts = [value.removesuffix(".").lower() for value in pointer.values[:POINTERS] if value != "."]
            found = zip(hosts, self._all(hosts), strict=True)
            self._names = tuple(host for host, answer in found if self._among(answer, None))
        return self._names

    def _among(self, answer: Answer, one: Directive | None) -> bool:
        """Tell whether the sender is among the addresses, or in their networks of the directive's size."""
        whole = self._ip.max_prefixlen
        size = whole if one is None else (one.four if whole == 32 else one.six)
        mine = int(self._ip) >> (whole - size)
        return any(int(_address(value)) >> (whole - size) == mine for value in answer.values)

    def _all(self, hosts: Sequence[str]) -> list[Answer]:
        """The addresses of hosts, all of them asked before the first that is not known ends the run."""
        found, open_ = [], None
        for host in hosts:
            try:
                found.append(self._ask(host, self._kind))
            except Unanswered as error:
                open_ = error
        if open_ is not None:
            raise open_
        return found

    def _look_ahead(self, record: Record, domain: str) -> None:
        """Ask what the record's terms ask first, so that one round of answers serves them all."""
        asking = [one for one in record.directives if one.name in _ASKS][:LOOKUPS]
        wanted = [(one.domain, _ASKS[one.name] or self._kind) for one in asking if one.name != "ptr"]
        if record.redirect and len(asking) < LOOKUPS:
            wanted.append((record.redirect, "TXT"))
        for spec, kind in wanted:
            with suppress(Unanswered):
                name = _name(self._target(spec, domain) if spec else domain)
                if name:
                    self._ask(name, kind)

    def _count(self, term: str, path: tuple[str, ...]) -> None:
        self.lookups += 1
        if self.lookups > LOOKUPS:
            raise _Error("permerror", term, path, f"more than {LOOKUPS} terms ask DNS")

    def _void(self, one: Directive, path: tuple[str, ...]) -> None:
        self.voids += 1
        if self.voids > VOIDS:
            raise _Error("permerror", one.text, path, f"more than {VOIDS} terms name what has no such records")

    def _target(self, spec: str, domain: str) -> str:
        """The name that a domain-spec stands for, shortened from the left when too long, without final dot."""
        text = macros.expand(spec, lambda letter: self._value(letter, domain)).removesuffix(".")
        if len(text) <= _LONGEST:
            return text
        dot = text.find(".", len(text) - _LONGEST - 1)
        return text[dot + 1 :] if dot >= 0 else ""

    def _value(self, letter: str, domain: str) -> str:
        if letter == "d":
            return domain
        if letter == "p":
            return _nearest(self._validated(), domain.lower())
        return self._message.value(letter)


def _sender(ip: str) -> _Address:
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        # The number leaves the scope behind, which no record can name.
        return address.ipv4_mapped or ipaddress.IPv6Address(int(address))
    return address


def _nearest(validated: Iterable[str], domain: str) -> str:
    """The name for the macro `p`: the domain itself, else one below it, else any (RFC 7208, 7.3)."""
    ranked = sorted(validated, key=lambda name: (name != domain, not name.endswith(f".{domain}")))
    return ranked[0] if ranked else "unknown"


def _multi_label(domain: str) -> bool:
    return "." in domain and len(domain) <= _LONGEST and bool(_name(domain))


def _name(text: str) -> str:
    """A name without final dot as it is asked for; empty when no question can hold it.

    Source: RFC 7208, 4.3 and 4.8: such a name is like one that does not exist.
    """
    if _PLAIN.fullmatch(text) and text[-1] != ".":
        return text.lower()
    labels = text.lower().split(".")
    if not text.isascii() or any(not 0 < len(label) <= 63 for label in labels):
        return ""
    return names.written(label.encode() for label in labels)


def _unreachable(name: str, kind: str, answer: Answer) -> str:
    return f"nobody answers for {name} {kind}" + (f": {answer.detail}" if answer.detail else "")
