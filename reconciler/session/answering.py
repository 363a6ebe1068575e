"""Answers the questions that pure functions leave open, from the configured resolver alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Answer, Question
from reconciler.model.diagnostic import error
from reconciler.model.errors import SpecError
from reconciler.spec.workspace import ResolverSpec

if TYPE_CHECKING:
    from reconciler.probe.authority import Authority
    from reconciler.probe.resolver import Resolver

#: A function that leads on from answer to answer ends long before: SPF allows ten lookups, a tree walk eight.
ROUNDS = 40

#: In a list of servers, those that the machine itself uses.
SYSTEM = "system"
#: Questions on their way at once: at 20 ms each, three thousand a second.
WORKERS = 64

Noted = TypeVar("Noted", bound=Notebook)
Result = TypeVar("Result")


class Asker(Protocol):
    """Who may ask the world."""

    def ask(self, questions: Iterable[Question]) -> Mapping[Question, Answer]:
        """An answer for each question, failed ones too."""
        ...


def asker(chosen: ResolverSpec | None) -> Asker | None:
    """The configured resolver; none when none is configured, and then nobody is asked.

    Raises:
        SpecError: the machine's own servers were chosen, and it names none.
    """
    return None if chosen is None else resolver(chosen)


def resolver(chosen: ResolverSpec) -> Resolver:
    """The configured resolver.

    Raises:
        SpecError: the machine's own servers were chosen, and it names none.
    """
    from reconciler.probe.resolver import Resolver

    return Resolver(servers(chosen), timeout=chosen.timeout, workers=WORKERS)


def authority(chosen: ResolverSpec, finder: Resolver) -> Authority | None:
    """Who asks the servers of zones themselves; none where the configuration does not let anybody."""
    if not chosen.asks_authoritative:
        return None
    from reconciler.probe.authority import Authority

    return Authority(finder, chosen.places)


def servers(chosen: ResolverSpec) -> list[tuple[str, int]]:
    """The chosen servers' addresses and ports, in the order in which they are tried.

    Raises:
        SpecError: the machine's own servers were chosen, and it names none.
    """
    return [server for name in chosen.servers for server in _servers(name, chosen)]


def _servers(name: str, chosen: ResolverSpec) -> list[tuple[str, int]]:
    from reconciler.probe.resolver import from_machine

    if name != SYSTEM:
        host, _, port = name.rpartition(":")
        return [(host.strip("[]"), int(port))]
    try:
        found = [(one.address, one.port) for one in from_machine()]
    except OSError as problem:
        found, why = [], str(problem)
    else:
        why = "/etc/resolv.conf names none"
    if not found:
        remedy = "Write the address of one at `resolver:` in workspace.yaml, or give --resolver."
        what = "this machine names no DNS server"
        raise SpecError([error("spec/resolver", what, why, remedy, origin=chosen.origin)])
    return found


def asked(chosen: ResolverSpec) -> list[str]:
    """The addresses of the servers as a report names them, in the order in which they are tried."""
    from reconciler.probe.resolver import from_machine

    own = (
        [f"{one.address}:{one.port} (this machine's own)" for one in from_machine()] if SYSTEM in chosen.servers else []
    )
    return [text for name in chosen.servers for text in (own if name == SYSTEM else [name])]


class Answers:
    """What was asked so far in this run; each question is asked once.

    Attributes:
        known: every answer.
        asker: none = nobody may be asked, and what is open stays open.
    """

    def __init__(self, asker: Asker | None = None) -> None:
        self.asker = asker
        self.known: dict[Question, Answer] = {}

    def settled(self, note: Callable[[Mapping[Question, Answer]], Noted], run: Callable[[Noted], Result]) -> Result:
        """Run a function again and again until it leaves no question open that somebody can answer."""
        notebook = note(self.known)
        result = run(notebook)
        for _ in range(ROUNDS):
            if not self.learn(notebook.open):
                break
            notebook = note(self.known)
            result = run(notebook)
        return result

    def learn(self, questions: Iterable[Question]) -> bool:
        """Ask what is not known yet; tells whether anything was."""
        new = [one for one in questions if one not in self.known]
        if self.asker is None or not new:
            return False
        self.known.update(self.asker.ask(new))
        return True
