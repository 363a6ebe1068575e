"""Turns what went wrong into diagnostics and an exit code; a bug becomes one line and a private file."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.cli import codes
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import ContractBroken, ProviderError, ReconcilerError, Refused, SpecError

FORMAT = "1.0"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is told of a failure: `diagnostics` is never empty."""

    diagnostics: tuple[Diagnostic, ...]
    code: int


def of(problem: Exception, secrets: Sequence[str] = ()) -> Trouble:
    """Tell what any exception means; one nobody expected is our bug."""
    if isinstance(problem, SpecError):
        return Trouble(problem.diagnostics, codes.ERROR)
    if isinstance(problem, Refused):
        return Trouble(problem.diagnostics, codes.REFUSED)
    if isinstance(problem, ProviderError):
        name = type(problem).__name__.lower()
        return Trouble((error(f"provider/{name}", str(problem)),), codes.ERROR)
    if isinstance(problem, ContractBroken):
        remedy = f"Report it to the authors of {problem.provider}."
        return Trouble((error("provider/contract", str(problem), remedy=remedy),), codes.ERROR)
    if isinstance(problem, ReconcilerError):
        return Trouble((error("error", str(problem)),), codes.ERROR)
    return Trouble((_bug(problem, secrets),), codes.ERROR)


def paper(found: Iterable[Diagnostic], code: int, customer: str = "") -> dict[str, Any]:
    """The public document of a failure."""
    whose = {"customer": customer} if customer else {}
    return {
        "format_version": FORMAT,
        "kind": "error",
        **whose,
        "diagnostics": [one.as_json() for one in found],
        "exit_code": code,
    }


def _bug(problem: Exception, secrets: Sequence[str]) -> Diagnostic:
    from reconciler.report.escape import line
    from reconciler.report.redact import redact

    summary = f"this is a bug in reconciler: {type(problem).__name__}: {line(problem, 200)}"
    place = _written(redact("".join(traceback.format_exception(problem)), secrets))
    remedy = f"please report it with {place}, which has the details" if place else "please report it"
    return error("bug", redact(summary, secrets), remedy=remedy)


def _written(text: str) -> str:
    """Where the traceback was put; empty when it cannot be written. Source: mkstemp(3), the file is made 0600."""
    try:
        file, path = tempfile.mkstemp(prefix="reconciler-bug-", suffix=".txt")
        with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError:
        return ""
    return path
