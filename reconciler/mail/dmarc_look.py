"""What a domain's DMARC looks like in DNS: its record, the one it inherits, and whether its reports may arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.mail.dmarc import Record, is_dmarc, read
from reconciler.mail.dmarc_lint import absent, address_of, lint, monitoring
from reconciler.mail.dmarc_walk import HOSTS, Found, Permission, external, policy_of
from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.mail.tags import NAMED, plain, shown, worst_first
from reconciler.model.answer import Status
from reconciler.model.diagnostic import Diagnostic, Origin, warning


def look(domain: str, notebook: Notebook, origin: Origin = Origin()) -> Look:
    """The DMARC record of a domain, or the one that applies to it, and the consent to its foreign reports.

    Args:
        domain: lower case, A-labels, without final dot.
    """
    found = policy_of(domain, notebook)
    answer = notebook.ask(f"_dmarc.{domain}", "TXT")
    records = [read(value) for value in answer.values if is_dmarc(value)] if answer else []
    foreign = external(domain, records[0], notebook) if len(records) == 1 else []
    if answer is None or found is None:
        return Look("dmarc", "not known yet", unanswered=True)
    if answer.status is Status.FAILED:
        why = (f"_dmarc.{domain}: {plain(answer.detail)}",) if answer.detail else ()
        return Look("dmarc", "nobody answered for the DMARC record", why, unanswered=True)
    diagnostics = list(_judged(domain, answer.values, found, origin))
    if records:
        diagnostics += _consents(domain, records[0], foreign, origin)
    alias = (f"_dmarc.{domain} is an alias of {plain(answer.alias)}",) if answer.alias else ()
    lines = (*alias, *_lines(domain, answer.values, found, foreign))
    unsure = (not records and bool(found.silent)) or any(one.granted is None for one in foreign)
    return Look("dmarc", _summary(domain, found), lines, worst_first(diagnostics), _data(found, foreign), unsure)


def _judged(domain: str, values: Sequence[str], found: Found, origin: Origin) -> Iterator[Diagnostic]:
    missing = not found.at and not found.silent
    told = lint(values, domain, origin)
    yield from (one for one in told if one.rule != "dmarc/absent")
    if missing and not any(map(is_dmarc, values)):
        yield absent(domain, origin)
    if found.at == domain and found.policy == "none":
        yield monitoring(domain, origin)
    record = found.record
    if found.at == domain != found.organisation and record and (record.subdomains or record.nonexistent):
        what = f"sp and np in the record of {domain} are not used: its organisation is {found.organisation}"
        why = "Names below it have the policy of the organisational domain (RFC 9989, section 4.7)."
        remedy = f"say it in the record of {found.organisation}, or write psd=n here"
        where: dict[str, object] = {"origin": origin, "address": address_of(domain)}
        yield warning("dmarc/not-used", what, why, remedy, **where)


def _consents(domain: str, record: Record, foreign: Sequence[Permission], origin: Origin) -> Iterator[Diagnostic]:
    where: dict[str, object] = {"origin": origin, "address": address_of(domain)}
    for one in foreign[:HOSTS]:
        if one.granted is False:
            what = f"{one.host} does not say that it takes DMARC reports about {domain}, so it gets none"
            why = (
                "Reports go to another organisation only with its consent (RFC 9990, verifying external destinations)."
            )
            remedy = f'ask {one.host} to publish: {one.name} TXT "{one.text}" (or at *._report._dmarc.{one.host})'
            yield warning("dmarc/external", what, why, remedy, **where)
    hosts = {uri.host for uri in (*record.rua, *record.ruf) if uri.host not in {"", domain}}
    if len(hosts) > HOSTS:
        what = f"reports go to {len(hosts)} foreign hosts; {HOSTS} of them were looked at"
        why = "Receivers may stop after a few addresses."
        yield warning("dmarc/many-reports", what, why, "keep one or two", **where)


def _summary(domain: str, found: Found) -> str:
    if not found.at:
        return "no DMARC record"
    tested = ", testing" if found.record and found.record.testing else ""
    policy = f"{found.tag}={found.policy}{tested}" if found.policy else "a record that receivers ignore"
    return policy if found.at == domain else f"{policy}, from {found.at}"


def _lines(domain: str, values: Sequence[str], found: Found, foreign: Sequence[Permission]) -> Iterator[str]:
    for value in values[:NAMED]:
        yield f"_dmarc.{domain}: {plain(value)}" if is_dmarc(value) else f"_dmarc.{domain}: {shown(value)} (other)"
    if found.at not in {"", domain}:
        yield f"the record of {found.at} applies ({found.tag})"
    if found.organisation != domain:
        yield f"organisational domain: {found.organisation}"
    for one in foreign:
        state = {True: "allowed", False: "not allowed", None: "nobody answered"}[one.granted]
        yield f"reports to {one.host}: {state} ({one.name})"
    for place in found.silent:
        yield f"nobody answered for _dmarc.{place}"


def _data(found: Found, foreign: Sequence[Permission]) -> dict[str, Any]:
    record = found.record
    return {
        "at": found.at,
        "organisation": found.organisation,
        "policy": found.policy,
        "tag": found.tag,
        "testing": bool(record and record.testing),
        "tags": [[tag.name, tag.value] for tag in record.list.tags] if record else [],
        "reports": [{"host": one.host, "name": one.name, "granted": one.granted} for one in foreign],
    }
