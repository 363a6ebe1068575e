"""Carries out a plan, stage by stage; never raises for a failed step.

Each batch is folded into whole resources over what the plan has just read, journalled as begun, written, and journalled
as ended. A provider refuses what has changed since; it is read again then, once. What cannot be done now is said, and
the next run goes on from there.
"""

from reconciler.apply.hands import Answer, Awaited, Book, Hands, Report, StepResult
from reconciler.apply.recovering import recover
from reconciler.apply.walking import run

__all__ = ["Answer", "Awaited", "Book", "Hands", "Report", "StepResult", "recover", "run"]
