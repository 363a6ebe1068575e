"""What the answers about one domain show: its own records told from a wildcard's, its SPF terms, its DKIM keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.mail.notebook import Notebook
from reconciler.mail.report_uri import uris
from reconciler.mail.signatures import Evidence, includes
from reconciler.mail.spf.terms import divide, is_spf, parse
from reconciler.mail.tags import read
from reconciler.model.answer import Answer, Status

#: Below this name DKIM keys stand (RFC 6376, 3.6.2.1).
DKIM = "_domainkey"
#: SPF records below the domain that are followed; a verifier stops at ten lookups (RFC 7208, 4.6.4).
_MOST_FOLLOWED = 10
_PLACES = {"MX": 1, "SRV": 3}
_PLAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_DOMAIN = re.compile(r"[+?~]?(?:include|exists|a|mx|ptr):([^/]+)(?:/.*)?|redirect=(.+)", re.DOTALL)


class SpfTerm(NamedTuple):
    """One term of the domain's SPF record, or of one below the domain that it includes.

    Attributes:
        owner: the name whose record holds it, relative to the domain.
        text: as written.
        vendor: the slug of the service that is known by it; empty when none is.
        own: it names a record below the domain, whose terms follow.
    """

    owner: str
    text: str
    vendor: str
    own: bool


class View:
    """The answers about one domain so far, by name relative to it.

    Attributes:
        label: a label that nobody has, the same in every run: what it answers is made up by a wildcard. `?` stands
            for it in a question.
        asked: every question and its answer; none where it is not known yet.
    """

    def __init__(self, domain: str) -> None:
        from hashlib import sha256

        self.domain = domain
        self.label = f"x{sha256(domain.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
        self.asked: dict[tuple[str, str], Answer | None] = {}

    def absolute(self, name: str) -> str:
        """A relative name without final dot."""
        return self.domain if name == "@" else f"{name}.{self.domain}"

    def ask(self, name: str, kind: str, notebook: Notebook) -> Answer | None:
        """Ask and remember; the answer, none when it is not known yet."""
        name = name.replace("?", self.label)
        answer = notebook.ask(self.absolute(name), kind)
        self.asked[name, kind] = answer
        return answer

    def get(self, name: str, kind: str) -> Answer | None:
        """The answer to a question asked before; none when it was not, or is not known."""
        return self.asked.get((name, kind))

    def own(self, name: str, kind: str) -> Answer | None:
        """The answer when it is a record set that stands at the name itself: no CNAME led away, no wildcard made it."""
        answer = self.get(name, kind)
        if answer is None or answer.status is not Status.FOUND or (answer.alias and kind != "CNAME"):
            return None
        return None if self._made_up(name, kind, answer) else answer

    def targets(self, name: str, kind: str) -> tuple[str, ...]:
        """The hosts that the values name, without final dot; the root, which stands for no host, is left out."""
        answer = self.get(name, kind)
        values = answer.values if answer else ()
        place = _PLACES.get(kind, 0)
        hosts = [value.split(" ")[place] for value in values if value.count(" ") >= place]
        return tuple(host.removesuffix(".") for host in hosts if host not in {".", ""})

    def _made_up(self, name: str, kind: str, answer: Answer) -> bool:
        if name in {"@", self.label}:
            return False
        wild = [self.get(self.label, kind)]
        if name.endswith(f".{DKIM}") and name != f"{self.label}.{DKIM}":
            wild.append(self.get(f"{self.label}.{DKIM}", kind))
        return any(one is not None and one.values == answer.values for one in wild)


def spf_terms(view: View, notebook: Notebook) -> tuple[SpfTerm, ...]:
    """The terms in force, in order; records below the domain are followed, each once.

    What comes after `all`, `all` itself and terms that refuse (`-`) name no sender and are left out. A record that is
    not known yet has no terms.
    """
    found: list[SpfTerm] = []
    waiting, seen = ["@"], {"@"}
    while waiting:
        owner = waiting.pop(0)
        answer = view.ask(owner, "TXT", notebook)
        for text in _sends(answer.values if answer else ()):
            host = _domain(text)
            name = plain_below(host, view.domain) if _includes(text) else ""
            service = includes(host) if host and not name else None
            found.append(SpfTerm(owner, text, service.slug if service else "", bool(name)))
            if name and name not in seen and len(seen) <= _MOST_FOLLOWED:
                seen.add(name)
                waiting.append(name)
    return tuple(found)


def key_names(view: View) -> dict[str, str]:
    """By selector that has a key, the host its CNAME leads to; empty for a key in the domain's own zone."""
    found: dict[str, str] = {}
    for name, kind in view.asked:
        selector, _, below = name.rpartition(f".{DKIM}")
        if not selector or below or selector == view.label:
            continue
        if kind == "CNAME" and view.own(name, kind):
            for host in view.targets(name, kind):
                found[selector] = host
        elif kind == "TXT" and (answer := view.own(name, kind)) and any(map(_is_key, answer.values)):
            found.setdefault(selector, "")
    return found


def evidence_of(view: View, terms: tuple[SpfTerm, ...], delegated: Mapping[str, tuple[str, ...]]) -> Evidence:
    """The answers in the form in which services are known by them."""
    apex = view.get("@", "TXT")
    leads = {name: view.targets(name, "CNAME") for name, kind in view.asked if kind == "CNAME" and view.own(name, kind)}
    names = {name for name, kind in view.asked if kind in {"A", "AAAA", "CNAME"} and view.own(name, kind)}
    if view.own("exchangedelegation", "TXT"):
        names.add("exchangedelegation")
    return Evidence(
        domain=view.domain,
        mx=view.targets("@", "MX"),
        spf=tuple(dict.fromkeys(host for one in terms if (host := _domain(one.text)))),
        dkim=key_names(view),
        txt=tuple(text for text in (apex.values if apex else ()) if not is_spf(text)),
        autodiscover=tuple(_autodiscover(view)),
        ns=delegated,
        cname={name: hosts[0] for name, hosts in leads.items() if hosts and DKIM not in name},
        rua=tuple(_reports(view)),
        names=tuple(sorted(names - {"@", view.label})),
    )


def _autodiscover(view: View) -> Iterator[str]:
    yield from view.targets("_autodiscover._tcp", "SRV") if view.own("_autodiscover._tcp", "SRV") else ()
    if view.own("autodiscover", "CNAME"):
        yield from view.targets("autodiscover", "CNAME")
    elif view.own("autodiscover", "A") or view.own("autodiscover", "AAAA"):
        yield view.absolute("autodiscover")


def _reports(view: View) -> Iterator[str]:
    answer = view.get("_dmarc", "TXT")
    for text in answer.values if answer else ():
        if text.lower().startswith("v=dmarc1"):
            yield from dict.fromkeys(one.host for one in uris(read(text).get("rua") or "") if one.host)


def _sends(values: tuple[str, ...]) -> list[str]:
    """The terms that admit senders, of every SPF record at the name."""
    texts = []
    for record in values:
        if is_spf(record):
            parts = divide(parse(record))
            terms = [*parts.before, *([parts.end] if parts.end and parts.end.is_redirect else [])]
            texts += [one.text for one in terms if not one.text.startswith("-") and not one.identity.startswith("exp=")]
    return texts


def _domain(text: str) -> str:
    """The domain a term names, lower case without final dot; empty when it names none. Macros stay as written."""
    match = _DOMAIN.fullmatch(text.lower())
    return (match[1] or match[2]).removesuffix(".") if match else ""


def plain_below(host: str, domain: str) -> str:
    """The name relative to the domain when it lies below it and needs no escape, `@` for the domain; else empty."""
    name = host.removesuffix(f".{domain}")
    if host == domain:
        return "@"
    return name if name != host and len(host) <= 253 and _PLAIN.fullmatch(name) else ""


def _includes(text: str) -> bool:
    return text.lower().lstrip("+?~").startswith(("include:", "redirect="))


def _is_key(text: str) -> bool:
    """A key; an empty `p=` is one that was revoked (RFC 6376, 3.6.1)."""
    return bool(read(text, blanks=" \t\r\n").get("p"))
