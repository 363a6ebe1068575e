"""One DMARC aggregate report as data, and why one is refused.

Source: RFC 7489, appendix C (March 2015), and RFC 9990 (May 2026), which takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reconciler.model.diagnostic import Diagnostic, Origin, error

_EPOCH = date(1970, 1, 1).toordinal()


class Refused(Exception):
    """Bytes that are not read as a report, and why.

    Attributes:
        rule: the last part of the rule's name. `what`: follows the file's name. `why`, `remedy`: may be empty.
    """

    def __init__(self, rule: str, what: str, why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.rule, self.what, self.why, self.remedy = rule, what, why, remedy

    def diagnostic(self, name: str, entry: str = "") -> Diagnostic:
        """As an error in the file `name`; `entry` is the name inside an archive."""
        return error(f"dmarc-report/{self.rule}", said(entry, self.what), self.why, self.remedy, origin=Origin(name))


def said(entry: str, what: str) -> str:
    """A sentence about the file, or about one in an archive."""
    return f"{entry[:80]!r} in it {what}" if entry else f"the file {what}"


@dataclass(frozen=True, slots=True)
class Published:
    """The policy that the reporter found; each text is empty where the report says nothing.

    Attributes:
        domain: where the policy was found; lower case, no final dot.
        policy, subdomains, nonexistent: the tags p, sp and np.
        dkim, spf: alignment, `r` or `s`.
        testing: `y` or `n`. `discovery`: `psl` or `treewalk`. Both since RFC 9990.
    """

    domain: str
    policy: str = ""
    subdomains: str = ""
    nonexistent: str = ""
    dkim: str = ""
    spf: str = ""
    testing: str = ""
    discovery: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Checked:
    """What a check of a signature or of SPF came to.

    Attributes:
        domain: lower case, no final dot; may be empty.
        result: of RFC 8601, section 2.7, in lower case: `pass`, `fail`, `none`, ...
        selector: of a signature; empty for SPF.
    """

    domain: str
    result: str
    selector: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """Messages of one address that came out alike.

    Attributes:
        address: IPv4 or IPv6 in its shortest form; an IPv6 address that stands for an IPv4 one is that.
        count: messages, at least 1.
        disposition: what the reporter did: `none`, `pass`, `quarantine`, `reject`; empty where it does not say.
        dkim, spf: there is a pass that is aligned with `header_from`; what is not said is no pass.
        header_from: domain of the From header. `envelope_from`: of the envelope; may be empty.
        signatures, checks: every DKIM and SPF result, aligned or not; may be empty.
    """

    address: str
    count: int
    disposition: str
    dkim: bool
    spf: bool
    header_from: str
    envelope_from: str = ""
    signatures: tuple[Checked, ...] = ()
    checks: tuple[Checked, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one reporter about one policy domain.

    Attributes:
        file: where it came from, for people.
        reporter: the organisation's name for itself; nobody has proved it.
        begin, end: seconds since 1970, UTC.
        rows: in the report's order.
        left_out: rows that could not be read.
    """

    file: str
    reporter: str
    id: str
    begin: int
    end: int
    published: Published
    rows: tuple[Row, ...]
    left_out: int = 0

    @property
    def first(self) -> date:
        """The first day, UTC."""
        return day(self.begin)

    @property
    def last(self) -> date:
        """The last day, UTC; an end at midnight belongs to the day before."""
        return day(max(self.begin, self.end - 1))

    @property
    def messages(self) -> int:
        """Messages of all rows that could be read."""
        return sum(row.count for row in self.rows)


def day(moment: int) -> date:
    """The day of an instant.

    Args:
        moment: seconds since 1970, UTC; from 0 to the year 9999.
    """
    return date.fromordinal(_EPOCH + moment // 86_400)
