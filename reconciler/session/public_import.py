"""What public DNS shows of domains, as drafts of their entries: never complete, nobody can list a zone from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reconciler.mail import discover
from reconciler.mail.draft import draft
from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Question, Status
from reconciler.model.diagnostic import Diagnostic, error, warning
from reconciler.model.errors import SpecError
from reconciler.session.answering import Answers, Asker

#: What a snapshot out of public DNS says of itself.
WHENCE = ("in public DNS", "A resolver's cache counts a TTL down: the one that stands in the zone may be longer.")


@dataclass(frozen=True, slots=True)
class Draft:
    """One domain as public DNS shows it.

    Attributes:
        questions: how many were asked. `silent`: those that nobody answered.
    """

    found: discover.Discovery
    questions: int
    silent: tuple[Question, ...]

    @property
    def domain(self) -> str:
        """Its name."""
        return self.found.domain

    @property
    def records(self) -> Sequence[discover.Found]:
        """Its mail records."""
        return self.found.records

    def lines(self, snapshot: str) -> list[str]:
        """Its entry in a spec that keeps its mail records of today in this file."""
        return draft(self.found, snapshot)

    @property
    def gaps(self) -> str:
        """What its snapshot must say of questions without an answer."""
        what = "# Nobody answered, so nothing is known of it:"
        return "".join(f"{what} {one.type} of {one.name}\n" for one in self.silent)

    def told(self, snapshot: str, folder: Path) -> list[Diagnostic]:
        """What is missing because nobody answered."""
        if not self.silent:
            return []
        what = f"{len(self.silent):,} of {self.questions:,} questions got no answer: {snapshot} lacks what stands there"
        remedy = f"Ask again later: move {folder} away and run the same command."
        return [warning("import/unanswered", what, remedy=remedy)]

    def as_json(self) -> dict[str, Any]:
        """As the public document holds it: public DNS is never complete."""
        return {
            **discover.as_json(self.found),
            "provider": "",
            "complete": False,
            "managed": {},
            "services": [],
            "unmanaged": [],
        }


def drafts(
    domains: Iterable[str], asker: Asker | None, doing: Callable[[str], AbstractContextManager[object]]
) -> list[Draft]:
    """Ask public DNS everything about the mail of some domains.

    Raises:
        SpecError: nobody answered, or there is no such domain.
    """
    made = []
    for domain in domains:
        own = Answers(asker)
        with doing(f"asking DNS about the mail of {domain}"):
            found = own.settled(Notebook, partial(discover.discover, domain))
        silent = tuple(question for question, answer in own.known.items() if answer.status is Status.FAILED)
        _something(found, own, silent)
        made.append(Draft(found, len(own.known), silent))
    return made


def _something(found: discover.Discovery, answers: Answers, silent: Sequence[Question]) -> None:
    """There is something to write down.

    Raises:
        SpecError: there is not.
    """
    domain = found.domain
    if len(silent) == len(answers.known):
        why = answers.known[silent[0]].detail
        remedy = "See that the DNS server can be reached, or name another with --resolver."
        raise SpecError([error("import/silence", f"nobody answers questions about {domain}", why, remedy)])
    apex = answers.known[Question(domain, "SOA")]
    if apex.status is Status.NXDOMAIN and not found.records:
        remedy = "Look at the spelling; for a domain that is still to be registered write the spec by hand."
        raise SpecError([error("import/no-domain", f"DNS knows no {domain}", remedy=remedy)])
