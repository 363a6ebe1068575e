"""Turns what a domain says of its own mail into wishes: DKIM, DMARC, MTA-STS, TLS-RPT. All are added in `prepare`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.exchange import PRESENT, SYSTEM
from reconciler.mail import dkim_lint, dkim_microsoft, dmarc, dmarc_lint, dmarc_walk, mta_sts, tls_rpt
from reconciler.mail.wants import Asked, MailDomain, Row, record_wants
from reconciler.model.diagnostic import Diagnostic, info, warning
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import SIGN, Want
from reconciler.model.value import Constraint, Unknown
from reconciler.spec.domain import DomainSpec
from reconciler.spec.mail_policy import DkimSelector, DmarcSpec, MtaStsSpec, TlsRptSpec
from reconciler.zones import Zones


def wishes(
    at: MailDomain, domain: DomainSpec, others: Mapping[str, DomainSpec], zones: Zones, found: list[Diagnostic]
) -> Iterator[Asked]:
    """Everything that a domain asks for here; what is wrong or doubtful goes to `found`.

    Args:
        others: the customer's domains: a record in one of their zones is made under that one's settings.
    """
    for selector in domain.dkim:
        yield from _dkim(_under(at, selector), selector, found)
    if domain.dmarc:
        yield from _dmarc(_under(at, domain.dmarc), domain.dmarc, zones, found)
        yield from _permissions(at, domain.dmarc, others, zones, found)
    if domain.mta_sts:
        text = policy(domain.mta_sts)
        yield from mta_sts.mta_sts(_under(at, domain.mta_sts), text)
        what = f"{mta_sts.url(at.name)} must show these lines: {' | '.join(text.splitlines())}"
        why = "The record's id is made from them, and is written once they are there (CRLF or LF at each end)."
        found.append(info("mta-sts/policy", what, why, origin=domain.mta_sts.origin))
    if domain.tls_rpt:
        yield from tls_rpt.tls_rpt(_under(at, domain.tls_rpt), domain.tls_rpt.reports_to)


def policy(spec: MtaStsSpec) -> str:
    """The text that the spec wants the domain's web server to show."""
    return mta_sts.policy_text(spec.mode, [one.lower().removesuffix(".") for one in spec.mx], spec.max_age)


def _under(at: MailDomain, spec: DkimSelector | DmarcSpec | MtaStsSpec | TlsRptSpec) -> MailDomain:
    """The domain under the part's own settings."""
    ttl = spec.ttl if spec.ttl is not None else at.ttl
    return replace(at, ttl=ttl, overwrite=spec.adopt is not None, origin=spec.origin)


def _dkim(at: MailDomain, spec: DkimSelector, found: list[Diagnostic]) -> Iterator[Asked]:
    name = f"{spec.selector.lower()}._domainkey"
    if spec.key is not None:
        found += dkim_lint.lint([spec.key], spec.selector, at.name, spec.origin)
        yield from record_wants(at, "prepare", [Row(name, "TXT", spec.key, origin=spec.origin)])
    elif spec.target is not None:
        if dkim_microsoft.is_microsoft(spec.target) or (at.tenant and spec.selector in dkim_microsoft.SELECTORS):
            found += dkim_microsoft.microsoft_target(spec.selector, at.name, spec.target, spec.origin)
        yield from record_wants(at, "prepare", [Row(name, "CNAME", f"{spec.target}.", origin=spec.origin)])
    else:
        yield from _not_given(at, name, spec, found)


def _not_given(at: MailDomain, name: str, spec: DkimSelector, found: list[Diagnostic]) -> Iterator[Asked]:
    """The tenant names the target, Graph does not tell it, and it is never derived."""
    key = at.key("CNAME", name)
    source = f"{Key('tenant', at.tenant, 'domain', at.name).address}#CNAME/{name}"
    hosts = Constraint("the DKIM target that the tenant names, given in the spec", under=dkim_microsoft.UNDER)
    yield "prepare", Slot(key, ""), at.want(Unknown(source, hosts))
    if at.exchange:
        yield from _signing(at)
        return
    what = f"the target of {name}.{at.name} is not given yet, and the plan waits for it"
    why = "Microsoft 365 names it once the domain is verified; it cannot be derived from the domain's name."
    remedy = (
        f"Run `Get-DkimSigningConfig -Identity {at.name} | Format-List Selector*CNAME` in Exchange Online PowerShell "
        f"and write {{selector: {spec.selector}, target: ...}} under `dkim`."
    )
    found.append(info("dkim/not-given", what, why, remedy, origin=spec.origin, address=key.address))


def _signing(at: MailDomain) -> Iterator[Asked]:
    """Exchange names the targets once it is to sign, and signs once the world sees the records."""
    key = Key(SYSTEM, at.tenant, "dkim", at.name)
    yield "accounts", Slot(key, ""), Want(PRESENT, at.origin, manage=at.manage)
    yield SIGN, Slot(key, "enabled"), Want(True, at.origin, overwrite=True, manage=at.manage)


def _dmarc(at: MailDomain, spec: DmarcSpec, zones: Zones, found: list[Diagnostic]) -> Iterator[Asked]:
    asked = _policy(spec)
    text = dmarc.text(asked)
    found += dmarc_lint.lint([text], at.name, spec.origin)
    live = zones.set(at.key("TXT", "_dmarc"))
    if isinstance(live, RecordSet) and spec.adopt:
        found += dmarc_lint.losses(live.values, asked, at.name, spec.origin)
    yield from dmarc.dmarc(at, asked)


def _policy(spec: DmarcSpec) -> dmarc.Policy:
    return dmarc.Policy(
        spec.policy,
        spec.subdomain_policy or "",
        spec.reports_to,
        spec.failure_reports_to,
        spec.nonexistent_policy or "",
        spec.testing,
    )


def _permissions(
    at: MailDomain, spec: DmarcSpec, others: Mapping[str, DomainSpec], zones: Zones, found: list[Diagnostic]
) -> Iterator[Asked]:
    """Who gets reports on another's mail says so in DNS: planned where that zone is ours, else told."""
    for permission in dmarc_walk.external(at.name, dmarc.read(dmarc.text(_policy(spec))), zones):
        place = zones.place(permission.name)
        if permission.host.endswith(f".{at.name}") or at.name.endswith(f".{permission.host}"):
            continue  # with our own record both belong to one organisation
        if place is None:
            found += _foreign(at, permission)
        elif not permission.granted or _is_ours(permission, place, zones):
            zone = others[place[0]]
            here = MailDomain(zone.name, ttl=zone.ttl, manage=zone.manage, origin=spec.origin)
            for stage, slot, want in record_wants(here, "prepare", [Row(place[1], "TXT", permission.text)]):
                yield stage, slot, replace(want, protect=zone.protect)


def _is_ours(permission: dmarc_walk.Permission, place: tuple[str, str], zones: Zones) -> bool:
    """It is granted by the very text that we would write; any other grant, a wildcard's say, does as well."""
    live = zones.set(Key("dns", place[0], "TXT", place[1]))
    return live is not None and permission.text in live.values


def _foreign(at: MailDomain, permission: dmarc_walk.Permission) -> Iterator[Diagnostic]:
    record = f'TXT {permission.name} "{permission.text}"'
    remedy = f"Ask {permission.host} to publish {record}."
    if permission.granted is False:
        what = f"{permission.host} does not say that it wants DMARC reports on {at.name}, so it gets none"
        yield warning("dmarc/external", what, "", remedy, origin=at.origin, address=_at(at))
    elif permission.granted is None:
        what = f"reports on {at.name} go to {permission.host}, and nobody looked whether it wants them"
        yield info("dmarc/external", what, "", remedy, origin=at.origin, address=_at(at))


def _at(at: MailDomain) -> str:
    return at.key("TXT", "_dmarc").address
