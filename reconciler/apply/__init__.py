"""Carries out a plan, stage by stage; never raises for a failed step.

Each batch is re-read right before it is written, folded into whole resources, journalled as begun, written, and
journalled as ended. What cannot be done now is said, and the next run goes on from there.
"""

from reconciler.apply.hands import Answer, Awaited, Book, Hands, Report, StepResult
from reconciler.apply.recovering import recover
from reconciler.apply.walking import run

__all__ = ["Answer", "Awaited", "Book", "Hands", "Report", "StepResult", "recover", "run"]
