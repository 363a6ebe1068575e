"""An adapter's options, read one by one so that every mistake is told at once; secrets are references."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import AuthFailed, SpecError
from reconciler.model.value import Secret

#: Seconds a command may take to print a secret.
COMMAND_TIME = 30
#: Seconds.
YEAR = 31_536_000
_FORMS = "{env: NAME}, {file: PATH} or {command: [program, argument]}"


@dataclass(slots=True)
class Reference:
    """Where a secret is; it is looked up when it is first needed, and kept for the run."""

    provider: str
    option: str
    how: str
    place: str | tuple[str, ...]
    folder: Path
    _known: Secret | None = field(default=None, repr=False)

    def secret(self) -> Secret:
        """The secret itself.

        Raises:
            AuthFailed: it is not there, or empty.
        """
        if self._known is None:
            text = self._look().strip()
            if not text:
                raise self._missing("is empty")
            self._known = Secret(text)
        return self._known

    def _look(self) -> str:
        if self.how == "env":
            if str(self.place) not in os.environ:
                raise self._missing("is not set")
            return os.environ[str(self.place)]
        try:
            if self.how == "file":
                return (self.folder / str(self.place)).expanduser().read_text(encoding="utf-8")
            done = subprocess.run(
                self.place, cwd=self.folder, capture_output=True, text=True, check=False, timeout=COMMAND_TIME
            )
        except subprocess.TimeoutExpired:
            raise self._missing(f"printed nothing within {COMMAND_TIME} s") from None
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "it is no text"
            raise self._missing(f"cannot be read: {reason}") from None
        if done.returncode != 0:
            raise self._missing(f"ended with exit code {done.returncode}")
        return done.stdout

    def _missing(self, why: str) -> AuthFailed:
        place = self.place if isinstance(self.place, str) else self.place[0]
        words = {"env": "the environment variable", "file": "the file", "command": "the command"}[self.how]
        return AuthFailed(self.provider, f"{self.option}: {words} {place} {why}")


class Options:
    """The options of one provider of the workspace."""

    def __init__(self, provider: str, given: Mapping[str, object], folder: Path) -> None:
        """Args: `folder`: where relative paths start."""
        self._provider, self._given, self._folder = provider, given, folder
        self._known: list[str] = []
        self._found: list[Diagnostic] = []

    def text(self, option: str, example: str, default: str | None = None) -> str:
        """A text that is not empty; without a default it must be there."""
        value = self._value(option)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value and "\0" not in value:
            return value
        self._wrong(option, "must be a text" if value is not None else "is missing", f"{option}: {example}")
        return ""

    def texts(self, option: str, example: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """One text or a list of them."""
        value = self._value(option)
        if value is None and default is not None:
            return tuple(default)
        listed = value if isinstance(value, list | tuple) else [value]
        if value is not None and listed and all(isinstance(one, str) and one for one in listed):
            return tuple(str(one) for one in listed)
        why = "must be a text or a list of texts" if value is not None else "is missing"
        self._wrong(option, why, f"{option}: {example}")
        return ()

    def choice(self, option: str, choices: Sequence[str], default: str) -> str:
        """One of a few words."""
        value = self._value(option)
        if value is None:
            return default
        if value in choices:
            return str(value)
        self._wrong(option, f"is {value!r}", f"one of: {', '.join(choices)}")
        return default

    def number(self, option: str, default: float) -> float:
        """A number above nothing; seconds, as a rule, and never more than a year of them."""
        value = self._value(option)
        if value is None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= YEAR:
            return float(value)
        self._wrong(option, f"must be a number above 0, at most {YEAR:,}", f"{option}: {default:g}")
        return default

    def secret(self, option: str, *, needed: bool = True) -> Reference | None:
        """A reference to a secret; none when it is not given. The secret itself is never written in a spec."""
        value = self._value(option)
        if value is None and not needed:
            return None
        if isinstance(value, Mapping) and len(value) == 1:
            ((how, place),) = value.items()
            if how in ("env", "file") and isinstance(place, str) and place:
                return Reference(self._provider, option, how, place, self._folder)
            if how == "command" and isinstance(place, list) and place and all(isinstance(one, str) for one in place):
                return Reference(self._provider, option, how, tuple(place), self._folder)
        why = "is missing" if value is None else "must be a reference to a secret, never the secret itself"
        self._wrong(option, why, f"{option}: {_FORMS}")
        return None

    def has(self, option: str) -> bool:
        """Tell whether an option is given at all, be it right or wrong."""
        return self._value(option) is not None

    def inside(self, option: str, *, needed: bool = True) -> Options | None:
        """A mapping of further options; its mistakes are told with the others."""
        value = self._value(option)
        if isinstance(value, Mapping):
            inner = Options(self._provider, value, self._folder)
            inner._found = self._found  # one list: told together
            return inner
        if value is not None or needed:
            self._wrong(option, "must be a mapping", f"{option}: {{...}}")
        return None

    def wrong(self, option: str, why: str, remedy: str) -> None:
        """An option that reads well and makes no sense all the same."""
        self._wrong(option, why, remedy)

    def end(self) -> None:
        """All options were asked for: tell what was wrong, and what nobody asked for.

        Raises:
            SpecError: something was.
        """
        self.unknown()
        if self._found:
            raise SpecError(self._found)

    def unknown(self) -> None:
        """Note the options that nobody asked for."""
        remedy = f"Known: {', '.join(sorted(set(self._known)))}."
        for option in sorted(set(self._given) - set(self._known)):
            summary = f"provider {self._provider}: unknown option {option}"
            self._found.append(error("provider/unknown-option", summary, remedy=remedy))

    def _value(self, option: str) -> object:
        self._known.append(option)
        return self._given.get(option)

    def _wrong(self, option: str, why: str, remedy: str) -> None:
        self._found.append(error("provider/option", f"provider {self._provider}: {option} {why}", remedy=remedy))
