"""Looks at the mail of some domains in public DNS and makes the health report of it; nothing else is asked or opened.

The questions of all domains go out together, round by round, so that a thousand domains take no more rounds than one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from reconciler import document
from reconciler.mail import discover, public_view
from reconciler.mail.catalogue import vendor
from reconciler.mail.health import body, examine, to_fetch
from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.mail.public_view import View
from reconciler.mail.senders import slug
from reconciler.mail.sightings import DKIM
from reconciler.mail.sightings import View as Sightings
from reconciler.model.answer import Answer, Fetched, Question, Status
from reconciler.model.diagnostic import Diagnostic, Origin
from reconciler.session.answering import ROUNDS, Answers
from reconciler.session.opened import Fetch
from reconciler.session.viewing import Viewing
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DomainSpec

#: Questions that are handed to the resolver at once; it allows each lot 300 seconds.
LOT = 10_000
#: Policies that are fetched side by side.
FETCHES = 8


#: Shows what is being done meanwhile.
Doing = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Subject:
    """One domain to look at.

    Attributes:
        name: lower case, A-labels, without final dot.
        selectors: DKIM selectors that somebody named, lower case, each once; those in wide use are tried anyway.
        places: where a spec asks for something: by subject of a look (`spf`), by selector (`dkim/selector1`), and for
            all the rest under the empty name; empty when no spec names the domain.
    """

    name: str
    selectors: tuple[str, ...] = ()
    places: Mapping[str, Origin] = field(default_factory=dict)

    def beside(self, selectors: Iterable[str]) -> Subject:
        """The same with further selectors."""
        return replace(self, selectors=tuple(dict.fromkeys((*self.selectors, *selectors))))


def subjects(customer: CustomerSpec) -> list[Subject]:
    """The domains of a spec, in its order."""
    return [_subject(one) for one in customer.domains.values()]


def get(host: str, path: str, addresses: Sequence[str]) -> Fetched:
    """A policy by HTTPS, judged by the certificates that this machine trusts."""
    from reconciler.probe import https

    return https.get(host, path, addresses)


def report(
    customer: str,
    wanted: Iterable[Subject],
    answers: Answers,
    now: datetime,
    *,
    servers: Sequence[str],
    fetch: Fetch = get,
    viewing: Viewing | None = None,
    diagnostics: Sequence[Diagnostic] = (),
    sources: Mapping[str, Any] | None = None,
    doing: Doing = nullcontext,
) -> dict[str, Any]:
    """The public health report.

    Args:
        customer: whose domains these are; empty = nobody's in particular, or several customers'.
        wanted: each domain once.
        answers: who is asked, and what is known already.
        servers: the addresses that are asked, for the report.
        viewing: who is asked for the public view; none = there is none in the report.
        diagnostics: what is known already of domains that are not among `wanted`.
        sources: what DMARC reports saw; none = no report was given.
    """
    check = _Check(answers, fetch, doing)
    cases = [_Case(one) for one in wanted]
    if viewing is None:
        check.run(cases)
    else:
        views = {one.subject.name: public_view.questions(one.subject.name, one.subject.selectors) for one in cases}
        check.run(cases, viewing.begin([question for some in views.values() for question in some], answers))
        found = viewing.views(views, answers, doing)
        for one in cases:
            one.view(views[one.subject.name], found[one.subject.name], now)
        check.questions += viewing.questions
    return document.check(
        customer,
        now,
        asked=servers,
        questions=check.questions,
        domains=[body(one.subject.name, one.placed()) for one in cases],
        diagnostics=diagnostics,
        sources=sources,
    )


class _Case:
    """One domain on its way.

    Attributes:
        looks: what is known so far. `open`: what has to be asked before more is.
        policy: the MTA-STS policy; none = not fetched.
        fetch: where the policy has to be fetched now, host, path and addresses; none = nowhere.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.looks: tuple[Look, ...] = ()
        self.open: Iterable[Question] = ()
        self.policy: Fetched | None = None
        self.fetch: tuple[str, str, list[str]] | None = None
        guessed = [one for one in discover.probed() if one not in subject.selectors]
        self._selectors = (*subject.selectors, *guessed)
        self._guessed = frozenset(f"{one}.{DKIM}.{subject.name}" for one in guessed)

    def look(self, known: Mapping[Question, Answer]) -> None:
        """Look at every subject, with what is known by now."""
        notebook = _Wary(known, self.subject.name, self._guessed)
        self.looks = examine(self.subject.name, notebook, self.policy, self._selectors, expected=self.subject.selectors)
        self.fetch = self._to_fetch(notebook) if self.policy is None else None
        self.open = notebook.open

    def view(self, asked: Sequence[Question], found: View, now: datetime) -> None:
        """Look at what public DNS shows right now, beside all the rest."""
        self.looks = (*self.looks, public_view.look(self.subject.name, asked, found, now))

    def _to_fetch(self, notebook: Notebook) -> tuple[str, str, list[str]] | None:
        host, _, path = to_fetch(self.subject.name, notebook).removeprefix("https://").partition("/")
        found = [notebook.ask(host, kind) for kind in ("A", "AAAA")] if host else []
        known = [one for one in found if one is not None]
        addresses = [value for one in known for value in one.values]
        # Without an address because nobody answered, nothing is known of the policy: its host is not blamed.
        sure = bool(addresses) or all(one.void for one in known)
        return (host, f"/{path}", addresses) if len(known) == 2 and sure else None

    def placed(self) -> list[Look]:
        """The looks with the places of the spec."""
        return [
            replace(look, diagnostics=tuple(replace(one, origin=self._place(look, one)) for one in look.diagnostics))
            for look in self.looks
        ]

    def _place(self, look: Look, one: Diagnostic) -> Origin:
        selector = one.address.rpartition("/")[2].removesuffix(f".{DKIM}")
        names = ([f"dkim/{selector}"] if look.subject == "dkim" else []) + [look.subject, ""]
        return next((self.subject.places[name] for name in names if name in self.subject.places), one.origin)


class _Check:
    """One run over some domains.

    Attributes:
        questions: how many were asked.
    """

    def __init__(self, answers: Answers, fetch: Fetch, doing: Doing) -> None:
        self.questions = 0
        self._answers, self._get, self._doing = answers, fetch, doing

    def run(self, cases: Sequence[_Case], beside: Sequence[Question] = ()) -> None:
        """Look again and again at those that an answer or a policy was missing for; `beside` is asked all the same."""
        waiting = list(cases)
        for _ in range(ROUNDS):
            with self._doing(f"looking at {len(waiting):,} domains"):
                for one in waiting:
                    one.look(self._answers.known)
            waiting = [one for one in waiting if one.open or one.fetch]
            if not waiting and not beside:
                return
            self._ask(list(dict.fromkeys([*beside, *(question for one in waiting for question in one.open)])))
            beside = ()
            self._fetch([one for one in waiting if one.fetch])

    def _ask(self, questions: Sequence[Question]) -> None:
        known = self._answers.known
        for start in range(0, len(questions), LOT):
            some = questions[start : start + LOT]
            with self._doing(f"asking DNS ({start:,} of {len(questions):,} questions are answered)"):
                self._answers.learn(some)
            self.questions += len(some)
            if all(known[one].status is Status.FAILED for one in some):
                never = Answer(Status.FAILED, detail="not asked: none of the questions before it was answered")
                known.update(dict.fromkeys(questions[start + LOT :], never))
                return

    def _fetch(self, cases: Sequence[_Case]) -> None:
        if not cases:
            return
        places = [one.fetch for one in cases if one.fetch]
        with self._doing(f"fetching {len(cases):,} MTA-STS policies"), ThreadPoolExecutor(FETCHES) as pool:
            for one, got in zip(cases, pool.map(lambda place: self._get(*place), places), strict=True):
                one.policy = got


class _Wary(Notebook):
    """Takes what a wildcard makes up at a selector that nobody named for what it is: there is no such selector."""

    def __init__(self, answers: Mapping[Question, Answer], domain: str, guessed: Collection[str]) -> None:
        """`guessed`: whole names of the selectors that nobody named."""
        super().__init__(answers)
        self._guessed = guessed
        nobody = f"{Sightings(domain).label}.{DKIM}.{domain}"
        self._made = {kind: super(_Wary, self).ask(nobody, kind) for kind in ("CNAME", "TXT")}

    def ask(self, name: str, kind: str) -> Answer | None:
        """As for every notebook."""
        answer = super().ask(name, kind)
        if answer and (answer.values or answer.alias) and name in self._guessed:
            made = self._made.get(kind)
            if made and (made.values, made.alias) == (answer.values, answer.alias):
                return Answer(Status.NXDOMAIN)
        return answer


def _subject(domain: DomainSpec) -> Subject:
    parts = {
        "mx": domain.mail,
        "spf": domain.spf,
        "dkim": next(iter(domain.dkim), None),
        "dmarc": domain.dmarc,
        "mta-sts": domain.mta_sts,
        "tls-rpt": domain.tls_rpt,
        "autodiscover": domain.mail,
    }
    places = {"": domain.origin} | {name: one.origin for name, one in parts.items() if one and one.origin.file}
    found: dict[str, Origin] = {}
    for selector, origin in _selectors(domain):
        found.setdefault(selector, origin)
    return Subject(domain.name, tuple(found), places | {f"dkim/{name}": place for name, place in found.items()})


def _selectors(domain: DomainSpec) -> Iterator[tuple[str, Origin]]:
    """Each selector that the spec names somewhere, and where; the plainest place first."""
    yield from ((one.selector.lower(), one.origin) for one in domain.dkim)
    tables = [domain.mail.table if domain.mail else None, *(one.dns_table for one in domain.senders)]
    records = [*domain.records, *(record for table in tables if table for record in table.records)]
    rows = [(record.name, record.origin) for record in records]
    services = [(vendor(slug(one.name)), one.origin) for one in domain.senders]
    rows += [(name, origin) for service, origin in services if service for name, _, _ in service.records]
    yield from ((name.removesuffix(f".{DKIM}"), origin) for name, origin in rows if name.endswith(f".{DKIM}"))
