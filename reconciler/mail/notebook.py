"""Answers from DNS as mail knowledge reads them: what is known is read, what is not is written down as a question.

A pure function that needs DNS is given a notebook and run; while `open` is not empty, somebody who may ask answers
those questions and runs the function again.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.answer import Answer, Question


class Unanswered(Exception):
    """A function cannot go on before a question, now among the notebook's open ones, is answered."""


class Notebook:
    """One run's view of the answers; not shared between threads.

    Attributes:
        open: what was asked and is not known, in the order first asked.
    """

    def __init__(self, answers: Mapping[Question, Answer]) -> None:
        self._answers = answers
        self.open: dict[Question, None] = {}

    def ask(self, name: str, kind: str) -> Answer | None:
        """The answer; none when it is not known yet, and then the question is open.

        Args:
            name: in written form, absolute; a final dot makes no difference.
            kind: record type in upper case.
        """
        question = Question(name.removesuffix("."), kind)
        answer = self._answers.get(question)
        if answer is None:
            self.open[question] = None
        return answer

    def must(self, name: str, kind: str) -> Answer:
        """The answer.

        Raises:
            Unanswered: it is not known yet.
        """
        answer = self.ask(name, kind)
        if answer is None:
            raise Unanswered(f"{name} {kind}")
        return answer
