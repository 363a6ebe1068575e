"""What we tell a person about one mistake, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Severity(StrEnum):
    """How bad it is: an error stops the customer it belongs to, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Origin(NamedTuple):
    """The place in a file that asked for something.

    Attributes:
        file: path as the user would type it; empty when no file is behind it.
        line: from 1; 0 when unknown.
        column: from 1; 0 when unknown.
        rule: what in the spec asked, in the author's words (`domains.example.com.mail: microsoft365`).
    """

    file: str = ""
    line: int = 0
    column: int = 0
    rule: str = ""

    def __str__(self) -> str:
        """`file:line:column`, shortened to what is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what, where, why, and what to do.

    Attributes:
        rule: a stable short name that scripts can match (`spec/unknown-key`, `policy/last-mx`).
        summary: one line, no final full stop.
        detail: why it matters; may be empty.
        remedy: what to do; may be empty.
        address: the resource or slot it is about; may be empty.
    """

    severity: Severity
    rule: str
    summary: str
    detail: str = ""
    remedy: str = ""
    origin: Origin = Origin()
    address: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the public documents hold it."""
        return {
            "severity": str(self.severity),
            "rule": self.rule,
            "summary": self.summary,
            "detail": self.detail,
            "remedy": self.remedy,
            "origin": self.origin._asdict(),
            "address": self.address,
        }

    def __str__(self) -> str:
        """One paragraph for a terminal: `file:line:column: error: summary. detail remedy`."""
        place = f"{self.origin}: " if self.origin.file else (f"{self.address}: " if self.address else "")
        tail = " ".join(part for part in (self.detail, self.remedy) if part)
        return f"{place}{self.severity}: {self.summary}{'. ' + tail if tail else ''}"


def error(rule: str, summary: str, detail: str = "", remedy: str = "", **where: object) -> Diagnostic:
    """An error; `where` takes `origin` and `address`."""
    return Diagnostic(Severity.ERROR, rule, summary, detail, remedy, **where)  # type: ignore[arg-type]


def warning(rule: str, summary: str, detail: str = "", remedy: str = "", **where: object) -> Diagnostic:
    """A warning; `where` takes `origin` and `address`."""
    return Diagnostic(Severity.WARNING, rule, summary, detail, remedy, **where)  # type: ignore[arg-type]


def info(rule: str, summary: str, detail: str = "", remedy: str = "", **where: object) -> Diagnostic:
    """A remark; `where` takes `origin` and `address`."""
    return Diagnostic(Severity.INFO, rule, summary, detail, remedy, **where)  # type: ignore[arg-type]
