"""A small world of DNS for SPF tests: zones in memory that answer as a resolver does."""

from collections.abc import Mapping, Sequence

from reconciler.model.answer import Answer, Question, Status

NXDOMAIN = Answer(Status.NXDOMAIN)
EMPTY = Answer(Status.EMPTY)
FAILED = Answer(Status.FAILED, detail="time is up")


class Zones:
    """Answers for names in written form, lower case, without final dot.

    Attributes:
        asked: every question in order, repeats too.
    """

    def __init__(
        self, records: Mapping[str, Mapping[str, Sequence[str]]], failing: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._records = records
        self._failing = frozenset(failing)
        self.asked: list[Question] = []

    def ask(self, name: str, kind: str) -> Answer:
        """The answer, as `check_host` wants it."""
        self.asked.append(Question(name, kind))
        if (name, kind) in self._failing:
            return FAILED
        if name not in self._records:
            return NXDOMAIN
        values = self._records[name].get(kind)
        return Answer(Status.FOUND, tuple(values), 300) if values else EMPTY
