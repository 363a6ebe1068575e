"""DMARC (RFC 9989): the policy record at `_dmarc`.

Merge rule: all values of the class `dmarc` at the name are one slot. Two of them count as none (RFC 9989, 4.10), so a
change that writes the slot leaves one, the spec's. A record that somebody else wrote is replaced as a whole, and only
where the spec adopts it: no tag of it is carried over, because nobody can tell whose it is. What such a change takes
away is said by `dmarc_lint.losses`. Other TXT values at the name stay.

The text of RFC 9989 (May 2026) was not to be had: what is said of it is said by draft-ietf-dmarc-dmarcbis-41, which
went to the RFC Editor with the same sections, and by checkdmarc's release notes for 5.16 (both read 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.mail.report_uri import ReportUri, mailto, uris
from reconciler.mail.tags import TagList
from reconciler.mail.tags import read as read_tags
from reconciler.mail.txt import txt_part
from reconciler.mail.wants import Asked, MailDomain, Row, record_wants

#: From the mildest to the strictest.
POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Policy:
    """What receivers do with mail that fails.

    Attributes:
        policy: one of `POLICIES`. `subdomains`: the same for subdomains; empty = as `policy`.
        reports_to: mail addresses for aggregate reports. `failures_to`: for reports on single messages.
        nonexistent: the same as `policy` for subdomains that do not exist; empty = as `subdomains`.
        testing: receivers are asked to do one step less than the policies say.
    """

    policy: str
    subdomains: str = ""
    reports_to: Sequence[str] = ()
    failures_to: Sequence[str] = ()
    nonexistent: str = ""
    testing: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A DMARC record as it stands; what a receiver ignores is kept too.

    Attributes:
        list: the tags in the order written, and what is no tag. The names count in lower case only (RFC 6376, 3.2,
            whose syntax DMARC has), the values of policies and flags in any case (RFC 9989, 4.8).
        rua, ruf: where aggregate and failure reports go, as written, in order.
    """

    list: TagList = field(compare=False)
    policy: str = ""
    subdomains: str = ""
    nonexistent: str = ""
    psd: str = ""
    testing: bool = False
    rua: tuple[ReportUri, ...] = ()
    ruf: tuple[ReportUri, ...] = ()

    @property
    def reported(self) -> bool:
        """At least one aggregate report has somewhere to go."""
        return any(uri.host for uri in self.rua)

    @property
    def sound(self) -> bool:
        """`p` is there, and none of `p`, `sp` and `np` has a value of its own invention."""
        others = {self.subdomains, self.nonexistent} - {""}
        return self.policy in POLICIES and others <= set(POLICIES)

    def applied(self, tag: str) -> str:
        """What receivers do under `p`, `sp` or `np`, before testing: a policy, or empty where DMARC is not applied.

        Source: RFC 9989, 4.7 (np falls back to sp, sp to p) and 4.10.1 (p=none when a policy is not valid).
        """
        if not self.sound:
            return POLICIES[0] if self.reported else ""
        chain = {"p": "", "sp": self.subdomains, "np": self.nonexistent or self.subdomains}
        return chain[tag] or self.policy

    def asked(self) -> Policy:
        """The policy for which `text` writes a record of this meaning; tags that it does not know are left out."""
        rua = tuple(uri.address for uri in self.rua if uri.address)
        ruf = tuple(uri.address for uri in self.ruf if uri.address)
        return Policy(self.policy, self.subdomains, rua, ruf, self.nonexistent, self.testing)


def dmarc(domain: MailDomain, policy: Policy) -> list[Asked]:
    """Ask for the domain's policy in `prepare`."""
    return record_wants(domain, "prepare", [Row("_dmarc", "TXT", text(policy), origin=domain.origin)])


def text(policy: Policy) -> str:
    """The record's text: version, p, sp, np, t, rua, ruf."""
    tags = ["v=DMARC1", f"p={policy.policy}"]
    for tag, value in (("sp", policy.subdomains), ("np", policy.nonexistent), ("t", "y" if policy.testing else "")):
        if value:
            tags.append(f"{tag}={value}")
    for tag, addresses in (("rua", policy.reports_to), ("ruf", policy.failures_to)):
        if addresses:
            tags.append(f"{tag}=" + ",".join(map(mailto, addresses)))
    return "; ".join(tags)


def is_dmarc(value: str) -> bool:
    """Tell whether a TXT value at `_dmarc` is a DMARC record; others there are ignored (RFC 9989, 4.7 and 4.10)."""
    return txt_part("_dmarc", value) == "dmarc"


def read(value: str) -> Record:
    """Read a record leniently: it holds whatever can be told of any text. What is wrong is said by `dmarc_lint`."""
    tags = read_tags(value)
    return Record(
        tags,
        policy=_low(tags, "p"),
        subdomains=_low(tags, "sp"),
        nonexistent=_low(tags, "np"),
        psd=_low(tags, "psd"),
        testing=_low(tags, "t") == "y",
        rua=_uris(tags, "rua"),
        ruf=_uris(tags, "ruf"),
    )


def _low(tags: TagList, name: str) -> str:
    return (tags.get(name) or "").lower()


def _uris(tags: TagList, name: str) -> tuple[ReportUri, ...]:
    value = tags.get(name)
    return tuple(uris(value)) if value else ()
