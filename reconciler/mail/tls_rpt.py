"""TLS-RPT (RFC 8460): the record at `_smtp._tls` that asks senders for reports on TLS.

Merge rule: all values of the class `tls-rpt` at the name are one slot. Two of them count as none (section 3), so a
change that writes the slot leaves one, the spec's. A record that somebody else wrote is replaced as a whole, and only
where the spec adopts it. Other TXT values at the name stay.

Source: RFC 8460, 3; read as draft-ietf-uta-smtp-tlsrpt in its last form before publication (August 2018), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.mail.report_uri import ReportUri, mailto, uris
from reconciler.mail.tags import NAMED, TagList, plain, some, worst_first
from reconciler.mail.tags import read as read_tags
from reconciler.mail.txt import txt_part
from reconciler.mail.wants import Asked, MailDomain, Row, record_wants
from reconciler.model.answer import Status
from reconciler.model.diagnostic import Diagnostic, Origin, error, info, warning

NAME = "_smtp._tls"
_SCHEMES = ("mailto", "https")
#: What has a meaning in a list of URIs or in the record.
_ESCAPES = str.maketrans({letter: f"%{ord(letter):02X}" for letter in ",!; "})


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands; fields that a sender does not know are ignored, and kept here.

    Attributes:
        rua: where reports go, as written, in order; several `rua` fields count together.
    """

    list: TagList = field(compare=False)
    rua: tuple[ReportUri, ...] = ()

    @property
    def reports_to(self) -> tuple[str, ...]:
        """The destinations as `text` takes them: mail addresses, and https addresses as written."""
        return tuple(one.address or one.text for one in self.rua if one.host and one.scheme in _SCHEMES)


def tls_rpt(domain: MailDomain, reports_to: Sequence[str]) -> list[Asked]:
    """Ask for the record in `prepare`."""
    return record_wants(domain, "prepare", [Row(NAME, "TXT", text(reports_to), origin=domain.origin)])


def text(reports_to: Sequence[str]) -> str:
    """The record's text.

    Args:
        reports_to: mail addresses, or https addresses; at least one.
    """
    return "v=TLSRPTv1; rua=" + ",".join(map(_destination, reports_to))


def read(value: str) -> Record:
    """Read a record leniently: it holds whatever can be told of any text."""
    tags = read_tags(value, tight=True)
    rua = [uri for tag in tags.tags if tag.name == "rua" for uri in uris(tag.value)]
    return Record(tags, tuple(rua))


def is_tls_rpt(value: str) -> bool:
    """Tell whether a TXT value is a TLS-RPT record; others at the name are ignored."""
    return txt_part(NAME, value) == "tls-rpt"


def lint(values: Sequence[str], domain: str, origin: Origin = Origin()) -> tuple[Diagnostic, ...]:
    """Judge all TXT values at `_smtp._tls` of a domain, the worst finding first; no record is worth a remark only."""
    where: dict[str, object] = {"origin": origin, "address": f"dns/{domain}/TXT/{NAME}"}
    records = [value for value in values if is_tls_rpt(value)]
    odd = [value for value in values if not is_tls_rpt(value) and value.lstrip(' "\t')[:8].lower() == "v=tlsrpt"]
    found = []
    if odd:
        what = f"{some(odd)} looks like a TLS-RPT record, but is none"
        why = "A record starts exactly with v=TLSRPTv1; (RFC 8460, section 3)."
        found.append(error("tls-rpt/look-alike", what, why, "write it again", **where))
    elif not records:
        what = f"{domain} asks for no reports on TLS"
        why = "Without them nobody notices when mail cannot be encrypted (RFC 8460, section 3)."
        remedy = f"publish {text([f'REPORTS@{domain}'])} at {NAME}.{domain}"
        found.append(info("tls-rpt/absent", what, why, remedy, **where))
    if len(records) > 1:
        what = f"{len(records)} TLS-RPT records stand at {NAME}.{domain}, and none of them counts"
        found.append(error("tls-rpt/several", what, "RFC 8460, section 3.", "keep one of them", **where))
    for value in records[:NAMED]:
        found += _record(read(value), where)
    return worst_first(found)


def look(domain: str, notebook: Notebook, origin: Origin = Origin()) -> Look:
    """The TLS-RPT record of a domain.

    Args:
        domain: lower case, A-labels, without final dot.
    """
    answer = notebook.ask(f"{NAME}.{domain}", "TXT")
    if answer is None:
        return Look("tls-rpt", "not known yet", unanswered=True)
    if answer.status is Status.FAILED:
        why = (f"{NAME}.{domain}: {plain(answer.detail)}",) if answer.detail else ()
        return Look("tls-rpt", "nobody answered for the TLS-RPT record", why, unanswered=True)
    records = [value for value in answer.values if is_tls_rpt(value)]
    targets = read(records[0]).reports_to if len(records) == 1 else ()
    summary = "no TLS-RPT record" if not records else f"reports to {plain(', '.join(targets[:NAMED])) or 'nobody'}"
    lines = tuple(f"{NAME}.{domain}: {plain(value)}" for value in records[:NAMED])
    data = {"reports_to": [plain(one) for one in targets], "records": len(records)}
    return Look("tls-rpt", summary, lines, lint(answer.values, domain, origin), data)


def _record(record: Record, where: dict[str, object]) -> Iterator[Diagnostic]:
    if record.list.broken:
        what = f"{some(record.list.broken)} in the TLS-RPT record is no name=value"
        yield error("tls-rpt/syntax", what, "RFC 8460, section 3.", "write name=value; without blanks at =", **where)
    lost = [one.text for one in record.rua if not one.host or one.scheme not in _SCHEMES]
    if len(lost) == len(record.rua):
        what = "the TLS-RPT record names nobody who could get a report"
        remedy = "write rua=mailto:NAME@DOMAIN, or an https address"
        yield error("tls-rpt/no-rua", what, "rua is required (RFC 8460, section 3).", remedy, **where)
    elif lost:
        what = f"nobody sends TLS reports to {some(lost)}"
        yield warning("tls-rpt/report-uri", what, "RFC 8460, section 3.", "write mailto: or https:", **where)


def _destination(target: str) -> str:
    return target.translate(_ESCAPES) if target.startswith("https://") else mailto(target)
