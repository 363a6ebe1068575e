"""Specs that exist only here: what each customer's command gives or raises is said beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from reconciler.cli.front import front
from reconciler.cli.screen import Screen
from reconciler.cli.world import Paper, World
from reconciler.clock import Clock, SystemClock
from reconciler.live import Read
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.provider import Reader
from reconciler.session.applying import How
from reconciler.session.checking import Subject
from reconciler.session.planning import Options
from reconciler.session.sources import Senders
from reconciler.spec.workspace import ProviderEntry, ResolverSpec

DOCUMENTS = Path(__file__).resolve().parents[1] / "report" / "documents"

#: What a customer's command gives, or does before it gives or raises.
Answer = Paper | Exception | Callable[[How], Paper]


def document(name: str, **more: Any) -> dict[str, Any]:
    """A public document from the views' samples, with other fields."""
    found: dict[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
    return found | more


class FakeWork:
    """Answers by customer; every command of one customer gives the same."""

    def __init__(self, answers: Mapping[str, Answer], failed: Mapping[str, list[Diagnostic]] | None = None) -> None:
        self.answers, self.failed = answers, failed or {}
        self.names: Sequence[str] = [name for name in answers if name not in self.failed]
        self.warnings: Sequence[Diagnostic] = []
        self.clock: Clock = SystemClock()
        self.run, self.actor = "run1", "ana@desk"
        self.asked: list[str] = []
        self.resolver: ResolverSpec | None = None

    def _answer(self, name: str, how: How) -> Paper:
        self.asked.append(name)
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer(how) if callable(answer) else answer

    def plan(self, name: str, options: Options) -> Paper:
        return self._answer(name, How(options=options))

    def apply(self, name: str, how: How) -> Paper:
        return self._answer(name, how)

    def drift(self, name: str) -> Paper:
        return self._answer(name, How())

    def status(self, name: str) -> Paper:
        return self._answer(name, How())

    def tasks(self, name: str) -> Paper:
        return self._answer(name, How())

    def check(self, name: str) -> Sequence[Diagnostic]:
        return ()

    def subjects(self, name: str) -> Sequence[Subject]:
        return ()

    def senders(self, name: str) -> Mapping[str, Senders | None]:
        return {}

    def digest(self, name: str) -> str:
        return f"sha256:{name}"

    def files(self, name: str) -> Sequence[str]:
        return [f"specs/{name}/customer.yaml"]

    def state(self, name: str) -> Path:
        return Path("nowhere") / name

    def providers(self) -> Mapping[str, ProviderEntry]:
        return {}

    def provider(self, name: str) -> Reader:
        raise KeyError(name)

    def read(self, name: str) -> Sequence[Read]:
        return []


def run(
    work: FakeWork | Exception, *arguments: str, interactive: bool = False, typed: str = "", **environment: str
) -> Result:
    """One command on such specs; what would be a traceback fails the test."""

    def opener(folder: Path, names: Sequence[str] | None) -> FakeWork:
        if isinstance(work, Exception):
            raise work
        if names is not None:
            work.names = [name for name in work.names if name in names]
        return work

    world = World(opener, Screen(interactive))
    result = CliRunner().invoke(
        front(), arguments, obj=world, input=typed, env={"RECONCILER_SPECS": None, **environment}
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def mistake(text: str = "no such type", rule: str = "spec/test") -> Diagnostic:
    """An error in a spec."""
    return error(rule, text)


NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
