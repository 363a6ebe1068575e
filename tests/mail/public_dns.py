"""A public DNS in memory: it answers questions as servers do, with aliases, wildcards and names that merely exist."""

from collections.abc import Mapping, Sequence

from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Answer, Question, Status

Zone = Mapping[tuple[str, str], Sequence[str]]


class PublicDns:
    """Names are absolute without final dot; `*.` before one makes a wildcard.

    Attributes:
        silent: questions that nobody answers. `rounds`: how often somebody came to ask.
    """

    def __init__(self, records: Zone, silent: Sequence[tuple[str, str]] = ()) -> None:
        self.records = {key: tuple(sorted(values)) for key, values in records.items()}
        self.names = {name for name, _ in self.records}
        self.silent = {Question(*one) for one in silent}
        self.rounds = 0
        self.answers: dict[Question, Answer] = {}

    def notebook(self) -> Notebook:
        """What is known so far."""
        return Notebook(self.answers)

    def answer(self, notebook: Notebook) -> bool:
        """Answer what is open; false when nothing is."""
        self.rounds += bool(notebook.open)
        self.answers |= {question: self._answer(*question) for question in notebook.open}
        return bool(notebook.open)

    def _answer(self, name: str, kind: str, alias: str = "", hops: int = 0) -> Answer:
        if Question(name, kind) in self.silent:
            return Answer(Status.FAILED, detail="timed out")
        owner = self._owner(name)
        values = self.records.get((owner, kind))
        if values:
            return Answer(Status.FOUND, values, 300, alias)
        led = self.records.get((owner, "CNAME"))
        if led and hops < 8:
            return self._answer(led[0].removesuffix("."), kind, led[0].removesuffix("."), hops + 1)
        return Answer(Status.EMPTY if self._exists(owner) else Status.NXDOMAIN, alias=alias)

    def _exists(self, name: str) -> bool:
        return any(one == name or one.endswith(f".{name}") for one in self.names)

    def _owner(self, name: str) -> str:
        """The name, or the wildcard that stands for it: the one below its closest ancestor that exists (RFC 4592)."""
        if self._exists(name):
            return name
        labels = name.split(".")
        for cut in range(1, len(labels)):
            ancestor = ".".join(labels[cut:])
            if self._exists(ancestor):
                return f"*.{ancestor}" if f"*.{ancestor}" in self.names else name
        return name
