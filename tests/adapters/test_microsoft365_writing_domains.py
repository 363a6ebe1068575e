"""Domains and the protection of sign-in written to Microsoft Graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.model.change import Status
from reconciler.model.resource import SignIn, Sku, TenantDomain
from tests.adapters.microsoft365_stand import TENANT, Stand, all_done, domain, gone, key, new, person, stand, turn
from tests.emulators.graph import dns_records
from tests.emulators.graph.server import Trouble

NAME = "shop.example"
USUAL = ("Email",)


@pytest.fixture
def desk() -> Iterator[Stand]:
    with stand() as made:
        made.server.resolver = lambda _name, _kind: []
        yield made


def prove(desk: Stand, name: str = NAME) -> None:
    """The world sees the proof."""
    text = f"MS={dns_records.proof(desk.tenant, name)}"
    desk.server.resolver = lambda asked, kind: [text] if (asked, kind) == (name, "TXT") else []


def found(desk: Stand, name: str = NAME) -> TenantDomain:
    """The domain as it really is, as it is compared."""
    one = desk.truth()[key("domain", name)]
    assert isinstance(one, TenantDomain)
    return replace(one, records=(), verification="")


def test_a_domain_is_added_once(desk: Stand) -> None:
    for _ in range(2):
        all_done(desk.drive(desk.open(), [new(domain(NAME))]))
    assert found(desk) == domain(NAME)
    assert desk.server.writes == 1


def test_a_proof_that_is_not_seen_is_waited_for(desk: Stand) -> None:
    provider = desk.open()
    (outcome,) = desk.drive(provider, [new(domain(NAME, verified=True))])
    assert (outcome.status, outcome.retry_after) == (Status.WAITING, 0)
    text = f"MS={dns_records.proof(desk.tenant, NAME)}"
    assert outcome.detail.startswith(f"the tenant does not see TXT {text} at {NAME} yet")
    prove(desk)
    all_done(desk.drive(provider, [turn(domain(NAME), verified=True)]))
    assert found(desk) == domain(NAME, verified=True, services=USUAL)


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_no_refusal_of_a_proof_is_final(desk: Stand, status: int) -> None:
    all_done(desk.drive(desk.open(), [new(domain(NAME))]))
    with desk.server.trouble(Trouble(status, "domain.verify")):
        (outcome,) = desk.open().apply([turn(domain(NAME), verified=True)])
    assert (outcome.status, outcome.retry_after) == (Status.WAITING, 0)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_who_may_not_ask_has_failed(desk: Stand, status: int) -> None:
    all_done(desk.drive(desk.open(), [new(domain(NAME))]))
    with desk.server.trouble(Trouble(status, "domain.verify")):
        (outcome,) = desk.open().apply([turn(domain(NAME), verified=True)])
    assert outcome.status in (Status.FAILED, Status.UNKNOWN)
    assert bool(outcome.retry_after) == (status in (429, 503))


@pytest.mark.parametrize("there", [(), ("Email",), ("Email", "Sharepoint"), (*USUAL, "Intune")])
def test_mail_and_calls_are_on_as_soon_as_it_is_verified(desk: Stand, there: tuple[str, ...]) -> None:
    desk.server.services_at_verify = there
    all_done(desk.drive(desk.open(), [new(domain(NAME))]))
    prove(desk)
    all_done(desk.drive(desk.open(), [turn(domain(NAME), verified=True)]))
    assert {*desk.tenant.domains[NAME].services} == {*there, *USUAL}
    writes = desk.server.writes
    all_done(desk.drive(desk.open(), [turn(domain(NAME), verified=True)]))
    assert desk.server.writes == writes


def test_the_services_come_even_when_the_process_dies_in_between(desk: Stand) -> None:
    all_done(desk.drive(desk.open(), [new(domain(NAME))]))
    prove(desk)
    with desk.server.trouble(Trouble(503, "domain.update", times=9)):
        (outcome,) = desk.open().apply([turn(domain(NAME), verified=True)])
    assert outcome.retry_after > 0
    assert desk.tenant.domains[NAME].verified
    all_done(desk.drive(desk.open(), [turn(domain(NAME), verified=True)]))
    assert found(desk).services == USUAL


def test_users_on_a_domain_verified_in_this_run_are_tried_again(desk: Stand) -> None:
    desk.server.fresh = 2
    provider = desk.open()
    all_done(desk.drive(provider, [new(domain(NAME))]))
    prove(desk)
    all_done(desk.drive(provider, [turn(domain(NAME), verified=True)]))
    all_done(desk.drive(provider, [new(person("ana", upn=f"ana@{NAME}"))]))
    assert desk.rounds == 3


def test_below_a_verified_domain_nothing_is_asked_for(desk: Stand) -> None:
    desk.tenant.domain(NAME)
    all_done(desk.drive(desk.open(), [new(domain(f"mx.{NAME}"))]))
    assert found(desk, f"mx.{NAME}") == domain(f"mx.{NAME}", verified=True, services=USUAL)
    all_done(desk.drive(desk.open(), [new(domain(f"my.{NAME}", verified=True))]))
    assert "domain.verify" not in desk.server.inner


def test_services_are_changed_and_others_kept(desk: Stand) -> None:
    desk.tenant.domain(NAME).services = (*USUAL, "Sharepoint")
    all_done(desk.drive(desk.open(), [turn(found(desk), services=("Email", "Yammer"))]))
    assert {*desk.tenant.domains[NAME].services} == {"Email", "Yammer", "Sharepoint"}


def test_one_default_is_made_by_making_it(desk: Stand) -> None:
    desk.tenant.domain(NAME)
    all_done(desk.drive(desk.open(), [turn(found(desk), default=True)]))
    assert [one.name for one in desk.tenant.domains.values() if one.default] == [NAME]
    assert [body for sort, body in desk.server.sent if sort == "domain.update"] == [{"isDefault": True}]


def test_what_is_never_undone(desk: Stand) -> None:
    desk.tenant.domain(NAME)
    initial = found(desk, TENANT)
    wishes = [turn(found(desk), verified=False), turn(initial, default=False), gone(found(desk)), gone(initial)]
    desk.tenant.domain("fed.example", federated=True)
    wishes.append(turn(found(desk, "fed.example"), default=True))
    for wish in wishes:
        (outcome,) = desk.open().apply([wish])
        assert outcome.status is Status.REFUSED, wish
    assert desk.server.writes == 0
    all_done(desk.open().apply([gone(domain("gone.example"))]))


def test_what_moved_is_refused(desk: Stand) -> None:
    desk.tenant.domain(NAME)
    before = found(desk)
    desk.tenant.domains[NAME].services = ("Email",)
    (outcome,) = desk.open().apply([turn(before, default=True)])
    assert outcome.status is Status.REFUSED
    assert outcome.detail == "moved since it was read: service OfficeCommunicationsOnline"
    (outcome,) = desk.open().apply([turn(domain("gone.example"), verified=True)])
    assert outcome.detail == "moved since it was read: existence"


# Sign-in


def sign_in(**attributes: object) -> SignIn:
    return replace(SignIn(key("sign-in", "@")), **attributes)  # type: ignore[arg-type]


def test_security_defaults_are_put_on_and_off(desk: Stand) -> None:
    for wished in (True, False):
        for _ in range(2):
            all_done(desk.drive(desk.open(), [turn(sign_in(defaults=not wished), defaults=wished)]))
            assert desk.tenant.security_defaults is wished
    assert desk.server.writes == 2


@pytest.mark.parametrize(("state", "status"), [("enabled", Status.REFUSED), ("disabled", Status.DONE)])
def test_security_defaults_stay_off_beside_policies_that_are_enforced(desk: Stand, state: str, status: Status) -> None:
    desk.tenant.conditional_access.append({"id": "1", "displayName": "MFA for all", "state": state})
    (outcome,) = desk.drive(desk.open(), [turn(sign_in(), defaults=True)])
    assert outcome.status is status
    assert ("MFA for all" in outcome.detail) == (status is Status.REFUSED)


def test_what_is_not_written_here_is_refused(desk: Stand) -> None:
    sku = Sku(key("sku", "SPB"), "id")
    elsewhere = new(replace(domain(NAME), key=key("domain", NAME)._replace(scope="other.onmicrosoft.com")))
    outcomes = [*desk.open().apply([new(sku), turn(sign_in(), defaults=True)])]
    outcomes += desk.open().apply([turn(sign_in(defaults=True), defaults=True), elsewhere])
    refused, done = Status.REFUSED, Status.DONE
    assert [one.status for one in outcomes] == [refused, done, done, refused]
    assert [one.key.scope for one in outcomes] == [TENANT] * 3 + ["other.onmicrosoft.com"]
