"""Finds what does not fit together in one customer's spec, beyond its accounts."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DomainSpec
from reconciler.spec.mistakes import Places
from reconciler.spec.scalars import nearest, show
from reconciler.spec.workspace import Workspace

_FROM_TENANT = ("teams", "devices", "default", "retire_verification")


def check_tenant(spec: CustomerSpec, workspace: Workspace, places: Places, found: list[Diagnostic]) -> None:
    """What a tenant is needed for is written together with one, and its provider is known."""
    if spec.tenants is not None and spec.tenants not in workspace.providers:
        summary = f"`tenants`: there is no provider {show(spec.tenants)} in workspace.yaml"
        remedy = nearest(spec.tenants, workspace.providers)
        found.append(error("spec/provider", summary, remedy=remedy, origin=places.at("tenants")))
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


def check_domains(spec: CustomerSpec, places: Places, found: list[Diagnostic]) -> None:
    """Senders, SPF and DMARC are asked for in one place each; one domain is the default."""
    chosen = [one for one in spec.domains.values() if one.default]
    for one in chosen[1:]:
        summary = f"{one.name} and {chosen[0].name} both are the default domain"
        found.append(error("spec/twice", summary, remedy="keep one", origin=one.origin))
    for one in spec.domains.values():
        found += _senders(one)
        found += _elsewhere(one)
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
