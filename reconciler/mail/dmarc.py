"""DMARC (RFC 9989): the policy record at `_dmarc`."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.mail.wants import Asked, MailDomain, Row, record_wants
from reconciler.model.diagnostic import Origin

#: From the mildest to the strictest.
POLICIES = ("none", "quarantine", "reject")


def dmarc(domain: MailDomain, policy: str, reports_to: Sequence[str] = (), origin: Origin | None = None) -> list[Asked]:
    """Ask for the domain's policy in `prepare`.

    Args:
        policy: one of `POLICIES`.
        reports_to: mail addresses for aggregate reports.
    """
    place = domain.origin if origin is None else origin
    return record_wants(domain, "prepare", [Row("_dmarc", "TXT", text(policy, reports_to), origin=place)])


def text(policy: str, reports_to: Sequence[str] = ()) -> str:
    """The record's text."""
    tags = ["v=DMARC1", f"p={policy}"]
    if reports_to:
        tags.append("rua=" + ",".join(f"mailto:{_escaped(address)}" for address in reports_to))
    return "; ".join(tags)


def _escaped(address: str) -> str:
    # What has a meaning in the tag list or in a URI (RFC 9989, 4.7; RFC 6068, 2).
    return "".join(f"%{ord(letter):02X}" if letter in "%!,;?& " else letter for letter in address)
