"""Finds what does not fit together in one customer's spec, beyond its accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.mail import mta_sts
from reconciler.mail.dkim_microsoft import SELECTORS
from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DomainSpec
from reconciler.spec.mistakes import Places
from reconciler.spec.scalars import nearest, show
from reconciler.spec.workspace import Workspace

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_FROM_TENANT = ("teams", "devices", "default", "retire_verification", "accepted")


def check_tenant(spec: CustomerSpec, workspace: Workspace, places: Places, found: list[Diagnostic]) -> None:
    """What a tenant is needed for is written together with one, and its provider is known."""
    for key in ("tenants", "exchange"):
        name = getattr(spec, key)
        if name is not None and name not in workspace.providers and name != getattr(workspace.defaults, key):
            summary = f"`{key}`: there is no provider {show(name)} in workspace.yaml"
            remedy = nearest(name, workspace.providers)
            found.append(error("spec/provider", summary, remedy=remedy, origin=places.at(key)))
    if spec.tenant and not (spec.tenants or workspace.defaults.tenants):
        remedy = "write `tenants: NAME` with a provider of workspace.yaml, or defaults.tenants there"
        found.append(error("spec/missing", "`tenants` is missing", "", remedy, origin=places.at("tenant", key=True)))
    if not spec.tenant:
        for what, origin in _needs_tenant(spec, places):
            remedy = "write its initial domain, like tenant: contoso.onmicrosoft.com"
            found.append(error("spec/missing", f"`tenant` is missing, {what} needs one", remedy=remedy, origin=origin))


def _needs_tenant(spec: CustomerSpec, places: Places) -> Iterator[tuple[str, Origin]]:
    for one in spec.domains.values():
        if one.mail and one.mail.service == "microsoft365":
            yield "microsoft365", one.mail.origin
        for key in _FROM_TENANT:
            if getattr(one, key):
                yield f"`{key}`", one.origin
    for key in ("licenses", "groups", "absent"):
        if getattr(spec, key):
            yield f"`{key}`", places.at(key, key=True)
    if spec.sign_in.mentioned:
        yield "`sign_in`", places.at("sign_in", key=True)


def check_domains(spec: CustomerSpec, places: Places, found: list[Diagnostic]) -> None:
    """Senders, SPF and DMARC are asked for in one place each; one domain is the default."""
    chosen = [one for one in spec.domains.values() if one.default]
    for one in chosen[1:]:
        summary = f"{one.name} and {chosen[0].name} both are the default domain"
        found.append(error("spec/twice", summary, remedy="keep one", origin=one.origin))
    for one in spec.domains.values():
        found += _senders(one)
        found += _elsewhere(one)
        found += _dkim(one, spec.tenant)
        found += _mta_sts(one)
        if one.accepted and not spec.exchange:
            what = f"`accepted` of {one.name} is set in Exchange, and no provider reads that"
            remedy = "write `exchange: NAME` with a provider of type exchange, or defaults.exchange in workspace.yaml"
            found.append(error("spec/missing", what, "", remedy, origin=one.origin))
    for name in spec.users.licenses:
        if name not in spec.licenses:
            summary = f"users.licenses: {name!r} is not among `licenses`"
            place = places.at("users", "licenses")
            found.append(error("spec/license", summary, remedy=nearest(name, spec.licenses), origin=place))


def _senders(one: DomainSpec) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for sender in one.senders:
        if sender.name.casefold() in seen:
            yield error("spec/twice", f"the sender {show(sender.name)} again", remedy="keep one", origin=sender.origin)
        seen.add(sender.name.casefold())
        if sender.method == "smtp-auth" and (sender.include or sender.address):
            summary = f"{show(sender.name)} sends through a mailbox: it needs no address in SPF"
            yield error(
                "spec/sender", summary, remedy="remove include and address, or the method", origin=sender.origin
            )


def _dkim(one: DomainSpec, tenant: str | None) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for selector in one.dkim:
        name = selector.selector.lower()
        if not _SELECTOR.fullmatch(name):
            remedy = "write what stands before ._domainkey, like selector1"
            yield error("spec/dkim", f"{show(name)} is no selector", remedy=remedy, origin=selector.origin)
        if name in seen:
            yield error("spec/twice", f"the selector {show(name)} again", remedy="keep one", origin=selector.origin)
        seen.add(name)
        if selector.target and selector.key:
            what = f"the selector {show(name)} has a target and a key"
            yield error("spec/dkim", what, remedy="keep the one that the service gives", origin=selector.origin)
        if not (selector.target or selector.key or selector.config or (tenant and name in SELECTORS)):
            what = f"nothing says what the selector {show(name)} holds"
            yield error("spec/dkim", what, remedy="write its `target` or its `key`", origin=selector.origin)


def _mta_sts(one: DomainSpec) -> Iterator[Diagnostic]:
    if one.mta_sts is None:
        return
    for pattern in one.mta_sts.mx:
        if not mta_sts.is_pattern(pattern.removesuffix(".")):
            remedy = "write mail.example.com, or *.example.com for every host right below it"
            yield error("spec/mta-sts", f"{show(pattern)} is no MX pattern", remedy=remedy, origin=one.mta_sts.origin)
    if one.mta_sts.max_age > mta_sts.LONGEST_AGE:
        what = "`max_age` is longer than a policy may be kept, about a year (RFC 8461, section 3.2)"
        yield error("spec/mta-sts", what, remedy="write 1w to 52w", origin=one.mta_sts.origin)
    if not one.mta_sts.mx and one.mta_sts.mode != "none":
        remedy = "list the hosts that may receive"
        yield error("spec/mta-sts", "`mx` names no host", remedy=remedy, origin=one.mta_sts.origin)


def _elsewhere(one: DomainSpec) -> Iterator[Diagnostic]:
    """Records that another section writes."""
    spf = one.mail or one.senders or one.spf.all
    for record in one.records:
        if record.type != "TXT":
            continue
        for text in record.values:
            lower = text.lower()
            if spf and record.name == "@" and (lower == "v=spf1" or lower.startswith("v=spf1 ")):
                remedy = "list who sends under `senders`, the end under `spf`"
                yield error(
                    "spec/spf", "the SPF record is composed from `mail` and `senders`", "", remedy, origin=record.origin
                )
            if one.dmarc and record.name == "_dmarc" and lower.startswith("v=dmarc1"):
                yield error("spec/dmarc", "`dmarc` writes this record", "", "keep one of them", origin=record.origin)
