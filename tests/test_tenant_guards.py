"""Guards that know tenants: each stops exactly what it is for, and says what in a tenant speaks against the spec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import tenant_guards
from reconciler.diff import Row
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.key import Key, Slot
from reconciler.model.resource import Resource, SignIn, TenantDomain
from reconciler.model.route import Want
from reconciler.model.value import Value
from reconciler.spec.load import load
from reconciler.verdict import Verdict
from tests.running import WORKSPACE
from tests.spec.folders import write

TENANT, DOMAIN = "acme.onmicrosoft.com", "acme.example"
SIGN_IN = Key("tenant", TENANT, "sign-in", "@")


def domain(name: str = DOMAIN, tenant: str = TENANT, **state: Any) -> TenantDomain:
    return TenantDomain(Key("tenant", tenant, "domain", name), verified=True, **state)


def row(key: Key, part: str, after: Value | None, verdict: Verdict = Verdict.UPDATE, **carried: str) -> Row:
    """One act; what travels with it by slot part."""
    wants = {part: Want(value) for part, value in carried.items()}
    return Row(Slot(key, part), 0, verdict, "", None, after, carried=wants, named=after)


def user(name: str = "ana", tenant: str = TENANT) -> Key:
    return Key("tenant", tenant, "user", name)


def refused(one: Row, *live: Resource) -> str:
    """Why the act may not go ahead; empty when it may."""
    found = dict(tenant_guards.refusals([one], {resource.key: resource for resource in live}))
    assert found.keys() <= {one.slot}
    return found.get(one.slot, "")


@pytest.mark.parametrize("kind", ["MX", "TXT", "CNAME"])
def test_zone_that_microsoft_keeps(kind: str) -> None:
    """No record of it is written, and no record of any other zone is stopped."""
    mx = row(Key("dns", DOMAIN, kind, "@"), "", ("x.",))
    assert refused(mx, domain(hosted=True)) == (
        f"Microsoft keeps the zone of {DOMAIN} itself, for {TENANT}: change it in its admin centre"
    )
    assert not refused(mx, domain())
    assert not refused(mx, domain("other.example", hosted=True))
    assert not refused(row(user(), "phone", "1"), domain(hosted=True))


def test_federated_domain_is_no_default() -> None:
    """Everything else of it may be changed."""
    default = row(domain().key, "default", True)
    assert "cannot be the default one" in refused(default, domain(federated=True))
    assert not refused(default, domain(), domain("other.example", federated=True))
    assert not refused(row(domain().key, "services/Email", "present"), domain(federated=True))


@pytest.mark.parametrize(
    ("act", "stopped"),
    [
        (row(user(), "", "present", Verdict.CREATE, upn=f"ana@{DOMAIN}"), True),
        (row(user(), "upn", f"ana@{DOMAIN}"), True),
        (row(user(), "", "present", Verdict.CREATE, upn=f"ana@{TENANT}"), False),
        (row(user(), "upn", f"ana@sub.{DOMAIN}"), False),
        (row(user(), "", "blocked"), False),
        (row(user(), "", None, Verdict.DESTROY), False),
        (row(user(), "displayName", f"ana@{DOMAIN}"), False),
        (row(user(tenant="other.onmicrosoft.com"), "upn", f"ana@{DOMAIN}"), False),
        (row(user()._replace(kind="licenses"), "BASIC", "direct"), False),
    ],
)
def test_accounts_of_a_federated_domain(act: Row, stopped: bool) -> None:
    """They are made, and get such an address, at the system that signs them in; here they are changed as others are."""
    others = (domain(TENANT), domain(f"sub.{DOMAIN}"), domain(tenant="other.onmicrosoft.com"))
    assert ("asked elsewhere" in refused(act, domain(federated=True), *others)) is stopped
    assert not refused(act, domain(), *others)


@pytest.mark.parametrize(
    ("act", "stopped"),
    [
        (row(user(), "", "present", Verdict.CREATE, upn=f"ana@{DOMAIN}"), True),
        (
            row(user(), "", "present", Verdict.CREATE, **{"upn": f"ana@{TENANT}", f"aliases/a@{DOMAIN}": "present"}),
            True,
        ),
        (row(user(), "upn", f"ana@{DOMAIN}"), True),
        (row(user(), f"aliases/a@{DOMAIN}", "present"), True),
        (row(user(), f"aliases/a@{DOMAIN}", None, Verdict.OMITTED), False),
        (row(user(), "", "present", Verdict.CREATE, upn=f"ana@{TENANT}"), False),
        (row(user(), "displayName", f"ana@{DOMAIN}"), False),
        (row(user()._replace(kind="group"), "", "present", Verdict.CREATE, upn=f"ana@{DOMAIN}"), False),
    ],
)
def test_address_in_a_domain_that_is_not_verified(act: Row, stopped: bool) -> None:
    """Neither one that the tenant has unproven, nor another tenant's; one that this plan verifies will do."""
    unproven = replace(domain(), verified=False)
    for live in ([unproven], [], [domain(tenant="other.onmicrosoft.com")]):
        assert (f"{DOMAIN} is not verified in {TENANT}" in refused(act, domain(TENANT), *live)) is stopped
    assert not refused(act, domain(TENANT), domain())
    resources = {one.key: one for one in (domain(TENANT), unproven)}
    proves = row(domain().key, "verified", True)
    assert not dict(tenant_guards.refusals([act, proves], resources))


def test_security_defaults_beside_conditional_access() -> None:
    """They cannot come on; off they may go. Only some names are told."""
    on, off = row(SIGN_IN, "defaults", True), row(SIGN_IN, "defaults", False)
    guarded = SignIn(SIGN_IN, policies=("A", "B", "C", "D"))
    assert refused(on, guarded) == "conditional access is in force (A, B, C), and security defaults exclude it"
    assert not refused(off, guarded)
    assert not refused(on, SignIn(SIGN_IN))
    assert not refused(on)


def told(folder: Path, spec: str, *live: Resource) -> list[Diagnostic]:
    """What the tenant says against a spec."""
    write(folder, {"workspace.yaml": WORKSPACE, "acme/customer.yaml": f"tenant: {TENANT}\n{spec}"})
    loaded = load(folder)
    assert not loaded.failed, loaded.failed
    return list(tenant_guards.findings(loaded.customers[0], {one.key: one for one in live}))


REQUIRED = "sign_in: {conditional_access: required}\n"


def test_conditional_access_is_asserted(tmp_path: Path) -> None:
    """An error at its line where no policy is in force, with what there is instead."""
    assert not told(tmp_path, REQUIRED, SignIn(SIGN_IN, policies=("MFA",)))
    (bare,) = told(tmp_path, REQUIRED, SignIn(SIGN_IN))
    assert (bare.severity, bare.rule, bare.origin.line) == (Severity.ERROR, "tenant/conditional-access", 2)
    assert bare.detail == "Nothing asks anybody for a second factor."
    (guarded,) = told(tmp_path, REQUIRED, SignIn(SIGN_IN, defaults=True))
    assert guarded.detail == "Security defaults are on."


@pytest.mark.parametrize("spec", [REQUIRED, "sign_in: {security_defaults: false}\n"])
def test_sign_in_that_nobody_could_read(spec: str, tmp_path: Path) -> None:
    """It is an error where the spec asks for something there, and nothing where it does not."""
    (one,) = told(tmp_path, spec)
    assert (one.severity, one.rule, one.origin.line) == (Severity.ERROR, "tenant/sign-in", 2)
    assert not told(tmp_path, "")
    assert not told(tmp_path, "", SignIn(SIGN_IN))


def test_zone_of_microsoft_is_told_once(tmp_path: Path) -> None:
    """At the domain's line, as a warning; a domain of the tenant that the spec does not have is nobody's business."""
    spec = f"domains:\n  {DOMAIN}: {{mail: microsoft365}}\n  other.example: {{mail: microsoft365}}\n"
    live = (domain(hosted=True), domain("other.example"), domain("third.example", hosted=True))
    (one,) = told(tmp_path, spec, *live)
    assert (one.severity, one.rule, one.origin.line) == (Severity.WARNING, "tenant/hosted", 3)
    assert DOMAIN in one.summary
