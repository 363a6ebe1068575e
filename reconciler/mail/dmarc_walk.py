"""Which DMARC record applies to a domain, which organisation it belongs to, and who must allow its reports.

Source: RFC 9989, 4.10 (tree walk, at most eight queries), 4.10.1 (which record) and 4.10.2 (organisational domain); RFC
9990, section on verifying external destinations. Their texts were not to be had: read were the drafts that went to the
RFC Editor, draft-ietf-dmarc-dmarcbis-41 and draft-ietf-dmarc-aggregate-reporting-32 (2026-11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from reconciler.mail.dmarc import Record, is_dmarc, read
from reconciler.mail.notebook import Notebook
from reconciler.mail.report_uri import LONGEST
from reconciler.model.answer import Status

#: Queries of one walk (RFC 9989, 4.10).
MOST = 8
#: Foreign hosts for reports that are looked at in one record; each may cost a walk.
HOSTS = 10
#: What a host that takes reports of others says (RFC 9990; a `rua` may follow).
CONSENT = "v=DMARC1"


@dataclass(frozen=True, slots=True)
class Found:
    """What a walk found.

    Attributes:
        organisation: the organisational domain; the domain itself where no record says otherwise.
        at: the domain whose record applies; empty when none does.
        tag: the tag of that record that speaks of the domain: `p`, `sp` or `np`.
        policy: what receivers do with mail that fails: `none`, `quarantine`, `reject`; empty when they do not apply
            DMARC. `t=y` is not taken off.
        silent: domains of which nobody answered; what stands there is not known.
    """

    organisation: str
    at: str = ""
    record: Record | None = None
    tag: str = ""
    policy: str = ""
    silent: tuple[str, ...] = ()


class Permission(NamedTuple):
    """The consent that a foreign host must publish before receivers send it reports.

    Attributes:
        host: whom the reports would reach.
        name: of the TXT record, absolute, without final dot; the same below `*._report._dmarc` will do.
        text: its value.
        granted: none = not known (yet).
    """

    host: str
    name: str
    text: str
    granted: bool | None


def walk(domain: str) -> tuple[str, ...]:
    """The domains whose `_dmarc` is asked for, the longest first; with eight labels and more the middle is left out.

    Args:
        domain: lower case, A-labels, without final dot, no escapes.
    """
    labels = domain.split(".")
    rest = labels[1:] if len(labels) < MOST else labels[1 - MOST :]
    return (domain, *(".".join(rest[place:]) for place in range(len(rest))))


def policy_of(domain: str, notebook: Notebook) -> Found | None:
    """The record that applies to a domain; none while a question of the walk is open.

    All questions of a walk are asked in one round. A name of which nobody answered counts as one without record.
    """
    records, silent, known = _records(domain, notebook)
    if not known:
        return None
    organisation = _organisation(domain, records)
    own = records.get(domain)
    if own is not None:
        return Found(organisation, domain, own, "p", own.applied("p"), silent)
    suffix = next((at for at, record in records.items() if record.psd == "y"), "")
    at = organisation if organisation in records else suffix
    if not at:
        return Found(organisation, silent=silent)
    record = records[at]
    tag = "sp"
    if record.applied("np") != record.applied("sp"):
        # A name exists unless a query for it ends in NXDOMAIN (RFC 9989, 3.2.13, and RFC 8020).
        answer = notebook.ask(domain, "MX")
        if answer is None:
            return None
        tag = "np" if answer.status is Status.NXDOMAIN else "sp"
    return Found(organisation, at, record, tag, record.applied(tag), silent)


def external(domain: str, record: Record, notebook: Notebook) -> list[Permission]:
    """The consent that each foreign host in `rua` and `ruf` must give, in order, each host once, at most `HOSTS`.

    A host is foreign when its organisational domain is another than that of the record's domain.

    Args:
        domain: where the record stands.
    """
    hosts = dict.fromkeys(uri.host for uri in (*record.rua, *record.ruf) if uri.host and uri.host != domain)
    if not hosts:
        return []
    ours, certain = _home(domain, notebook)
    found = []
    for host in list(hosts)[:HOSTS]:
        theirs, sure = _home(host, notebook)
        name = f"{domain}._report._dmarc.{host}"
        consent = _consent(name, notebook)
        if ours != theirs or not (certain and sure):
            found.append(Permission(host, name, CONSENT, consent if consent or (certain and sure) else None))
    return found


def _home(domain: str, notebook: Notebook) -> tuple[str, bool]:
    """The organisational domain as far as it is known, and whether every question of the walk was answered."""
    records, silent, known = _records(domain, notebook)
    return _organisation(domain, records), known and not silent


def _records(domain: str, notebook: Notebook) -> tuple[dict[str, Record], tuple[str, ...], bool]:
    """The valid records of a walk, the longest name first; who did not answer; whether all questions have answers."""
    records: dict[str, Record] = {}
    silent = []
    stopped = False
    places = walk(domain)
    answers = [notebook.ask(f"_dmarc.{place}", "TXT") for place in places]
    known = all(answer is not None for answer in answers)
    for place, answer in zip(places, answers, strict=True):
        if answer is None or stopped:
            continue
        if answer.status is Status.FAILED:
            silent.append(place)
        texts = [value for value in answer.values if is_dmarc(value)]
        if len(texts) == 1:
            records[place] = read(texts[0])
            stopped = records[place].psd in {"y", "n"}
    return records, tuple(silent), known


def _organisation(domain: str, records: dict[str, Record]) -> str:
    for place, record in records.items():
        if record.psd == "n":
            return place
        if record.psd == "y":
            # Where the walk started, this is the domain itself.
            return ".".join(domain.split(".")[-place.count(".") - 2 :])
    return list(records)[-1] if records else domain


def _consent(name: str, notebook: Notebook) -> bool | None:
    if len(name) > LONGEST:
        return False
    answer = notebook.ask(name, "TXT")
    if answer is None or answer.status is Status.FAILED:
        return None
    return any(is_dmarc(value) for value in answer.values)
