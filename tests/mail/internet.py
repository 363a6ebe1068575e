"""A small DNS for tests: it answers from a table, follows aliases as a resolver does, and counts what it is asked."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeVar

from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Answer, Question, Status

T = TypeVar("T")
#: `{"example.com MX": ["10 mail.example.net."]}`; an empty list = the name exists without such records.
Records = Mapping[str, list[str]]


class Internet:
    """Everything that can be asked.

    Args:
        records: by name and type; TXT values as decoded text.
        silent: names and types that nobody answers; `*` for all of them.

    Attributes:
        asked: how often each question came. `rounds`: how often somebody had to wait for answers.
    """

    def __init__(self, records: Records | None = None, silent: tuple[str, ...] = ()) -> None:
        self._records = {Question(*key.split(" ")): tuple(values) for key, values in (records or {}).items()}
        self._silent = silent
        self.asked: Counter[Question] = Counter()
        self.rounds = 0

    def run(self, function: Callable[[Notebook], T]) -> T:
        """The function's result once it has all answers."""
        answers: dict[Question, Answer] = {}
        for _ in range(50):
            notebook = Notebook(answers)
            made = function(notebook)
            if not notebook.open:
                return made
            self.rounds += 1
            answers |= {question: self.answer(question) for question in notebook.open}
        raise AssertionError("it never stops asking")

    def answer(self, question: Question) -> Answer:
        """What a resolver says."""
        self.asked[question] += 1
        if f"{question.name} {question.type}" in self._silent or "*" in self._silent:
            return Answer(Status.FAILED, detail="timed out")
        name, alias = question.name, ""
        while question.type != "CNAME" and (target := self._records.get(Question(name, "CNAME"))):
            name = alias = target[0].removesuffix(".")
        values = self._records.get(Question(name, question.type))
        if values:
            return Answer(Status.FOUND, tuple(sorted(values)), 3600, alias)
        known = values is not None or any(one.name == name for one in self._records)
        return Answer(Status.EMPTY if known else Status.NXDOMAIN, alias=alias)
