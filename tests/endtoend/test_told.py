"""Stories about what a person is told: before anything is looked at, and of what waits for its day."""

from pathlib import Path

import pytest

from tests.endtoend.people import SKUS, company
from tests.endtoend.place import Place

ANN = "ann@acme.onmicrosoft.com"
DATED = """\
domains:
  acme.example:
    records: [{name: shop, type: A, values: [192.0.2.81], until: 2099-01-02}]
"""
ACCEPTED = "accepted_drift: [{{address: {}, owner: Jo, reason: agreed, until: {}}}]\n"


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("domains:\n  acme.example: {senders: [mailchmp]}\n", "sender/unknown"),
        (company(location="", ana="licenses: [BASIC]"), "accounts/usage-location"),
        (company(more="groups: {all: {members: [" + ANN + "]}}\n", ana=""), "accounts/member"),
        ("domains:\n  acme.example: {absent: [{name: '@', type: TXT}]}\n", "desired/absent-txt"),
    ],
)
def test_validate_needs_no_system(tmp_path: Path, spec: str, rule: str) -> None:
    """What is wrong whatever lives out there is found offline; no zone and no tenant is there at all."""
    done = Place.empty(tmp_path).spec(spec).run("validate", "--json")
    assert done.code == 1
    assert rule in done.rules


def test_validate_knows_no_tenant(tmp_path: Path) -> None:
    """Which licences are subscribed is for the tenant to say; how many are paid for, for the spec."""
    done = Place.empty(tmp_path).spec(company(ana="licenses: [BASIC]", bob="licenses: [BASIC]")).run("validate")
    assert done.code == 0, done
    text = company(ana="licenses: [BASIC]", bob="licenses: [BASIC]").replace("BASIC: {seats: 3}", "BASIC: {seats: 1}")
    assert "accounts/seats-paid" in Place(tmp_path).spec(text).run("validate", "--json").rules


def test_what_waits_for_its_day_is_nothing_to_do(tmp_path: Path) -> None:
    """A removal in 2099 is shown, and counted by nobody until then."""
    place = Place.empty(tmp_path).spec(DATED)
    place.zone()
    place.settled()
    done = place.run("plan", "--json", "--detailed-exitcode")
    assert (done.code, done.json["counts"]["destroy"], len(done.json["steps"])) == (0, 0, 1)
    assert "these changes would be made" not in place.run("plan").out


@pytest.mark.parametrize(
    ("address", "until", "rule"),
    [
        ("dns/acme.example/A/shopp", "2099-01-01", "drift/acceptance-empty"),
        ("dns/acme.example/A/shop", "2020-01-01", "drift/acceptance-ended"),
    ],
)
def test_an_acceptance_that_accepts_nothing(tmp_path: Path, address: str, until: str, rule: str) -> None:
    """A mistyped address, or a day that has passed, is told; the text report prints the address to copy."""
    place = Place.empty(tmp_path).spec(DATED + ACCEPTED.format(address, until))
    place.zone()
    place.settled()
    assert rule in place.drift().rules
    place.change_zone("192.0.2.81", "192.0.2.82")
    assert "dns/acme.example/A/shop" in place.run("drift").out


def test_a_tenant_that_was_not_read(tmp_path: Path) -> None:
    """Nobody is told that a licence is not subscribed when nobody could look."""
    place = Place.empty(tmp_path).spec(company(ana="licenses: [BASIC], new: true"))
    place.tenant(skus=SKUS).write_text("{")
    rules = place.run("plan", "--json").rules
    assert "live/unread" in rules
    assert "accounts/sku" not in rules


def test_what_a_host_cannot_store_is_told_at_its_line(tmp_path: Path) -> None:
    """An adapter knows no file; the plan does."""
    place = Place.empty(tmp_path)
    place.zone()
    place.spec(
        "domains:\n  acme.example:\n    records:\n      - {name: new, type: A, values: [192.0.2.1], proxied: true}\n"
    )
    done = place.planned()
    (told,) = [one for one in done.json["diagnostics"] if one["rule"] == "zonefile/refused"]
    assert done.code == 1
    assert told["origin"]["file"].endswith("customer.yaml")
    assert told["origin"]["line"] == 4
