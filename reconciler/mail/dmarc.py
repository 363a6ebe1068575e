"""DMARC (RFC 9989): the policy record at `_dmarc`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.mail.wants import Asked, MailDomain, Row, record_wants

#: From the mildest to the strictest.
POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Policy:
    """What receivers do with mail that fails.

    Attributes:
        policy: one of `POLICIES`. `subdomains`: the same for subdomains; empty = as `policy`.
        reports_to: mail addresses for aggregate reports. `failures_to`: for reports on single messages.
    """

    policy: str
    subdomains: str = ""
    reports_to: Sequence[str] = ()
    failures_to: Sequence[str] = ()


def dmarc(domain: MailDomain, policy: Policy) -> list[Asked]:
    """Ask for the domain's policy in `prepare`."""
    return record_wants(domain, "prepare", [Row("_dmarc", "TXT", text(policy), origin=domain.origin)])


def text(policy: Policy) -> str:
    """The record's text."""
    tags = ["v=DMARC1", f"p={policy.policy}"]
    if policy.subdomains:
        tags.append(f"sp={policy.subdomains}")
    for tag, addresses in (("rua", policy.reports_to), ("ruf", policy.failures_to)):
        if addresses:
            tags.append(f"{tag}=" + ",".join(f"mailto:{_escaped(address)}" for address in addresses))
    return "; ".join(tags)


def _escaped(address: str) -> str:
    # What has a meaning in the tag list or in a URI (RFC 9989, 4.7; RFC 6068, 2).
    return "".join(f"%{ord(letter):02X}" if letter in "%!,;?& " else letter for letter in address)
