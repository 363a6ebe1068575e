"""The rounds in which a function that asks DNS gets its questions answered."""

from collections.abc import Callable
from typing import TypeVar

from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Answer, Question

T = TypeVar("T")
MANY = 50


class Rounds:
    """Answers for one run after the other.

    Attributes:
        asked: of the last run, the questions that were open after each call; the last call leaves none open.
    """

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        self._answer = answer
        self.asked: list[list[Question]] = []

    def run(self, function: Callable[[Notebook], T]) -> T:
        """Call the function until it asks nothing new."""
        answers: dict[Question, Answer] = {}
        self.asked = []
        while len(self.asked) < MANY:
            notebook = Notebook(answers)
            result = function(notebook)
            self.asked.append(list(notebook.open))
            if not notebook.open:
                return result
            answers |= {question: self._answer(*question) for question in notebook.open}
        raise AssertionError(f"questions without end: {self.asked[-1]}")


def spf(**records: str) -> dict[str, dict[str, list[str]]]:
    """Records at `<name>.example`."""
    return {f"{name}.example": {"TXT": [text]} for name, text in records.items()}
