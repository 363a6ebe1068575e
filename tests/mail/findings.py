"""What a test says of findings: their rules and how bad they are, in order."""

from collections.abc import Iterable

from reconciler.model.diagnostic import Diagnostic


def rules(found: Iterable[Diagnostic]) -> list[str]:
    """`error dmarc/several`, in the order given."""
    return [f"{one.severity} {one.rule}" for one in found]
