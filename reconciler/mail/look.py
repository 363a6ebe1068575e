"""What one subject of a domain's mail (SPF, MX, DMARC, ...) looks like in DNS, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.diagnostic import Diagnostic, Severity


@dataclass(frozen=True, slots=True)
class Look:
    """One subject of one domain.

    Attributes:
        subject: `spf`, `mx`, `dkim`, `dmarc`, `mta-sts`, `tls-rpt`, `autodiscover`, `public-view`.
        summary: one line for people, no final full stop.
        lines: what was found, for people, one line each, indented where something lies below something else.
        diagnostics: what is wrong or doubtful, the worst first.
        data: the same findings for machines; plain JSON values.
        unanswered: a DNS question that mattered has no answer (nobody replied): the verdict is `unknown`, never `pass`.
    """

    subject: str
    summary: str
    lines: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    unanswered: bool = False

    @property
    def verdict(self) -> str:
        """`fail` with an error, else `unknown` where an answer is missing, else `warn` with a warning, else `pass`."""
        worst = {one.severity for one in self.diagnostics}
        if Severity.ERROR in worst:
            return "fail"
        if self.unanswered:
            return "unknown"
        return "warn" if Severity.WARNING in worst else "pass"
