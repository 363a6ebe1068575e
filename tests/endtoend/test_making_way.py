"""Stories about what cannot stand side by side: it makes way in one step, and nobody loses what is not replaced."""

from pathlib import Path

import pytest

from tests.endtoend.people import SKUS, account, company, licence
from tests.endtoend.place import TENANT, ZONE, Place

MAIL = f"""\
tenant: {TENANT}
domains:
  acme.example:
    mail: {{service: microsoft365, adopt: overwrite}}
    absent: [{{name: autodiscover, type: A}}]
"""
CNAME = """\
domains:
  acme.example:
    records: [{name: www, type: CNAME, values: [shop.host.example.]}]
    absent: [{name: www, type: A}]
"""
DMARC = "dns/acme.example/TXT/_dmarc#dmarc"


def _lines(place: Place, start: str) -> list[str]:
    return [" ".join(line.split()) for line in place.zone().read_text().splitlines() if line.startswith(start)]


def test_a_record_at_the_name_of_autodiscover(tmp_path: Path) -> None:
    """The address record of the old host leaves in the step in which the CNAME comes, with MX."""
    place = Place.empty(tmp_path).spec(MAIL)
    place.zone(text=ZONE + "autodiscover A 192.0.2.9\n")
    place.tenant()
    place.settled()
    assert _lines(place, "autodiscover") == ["autodiscover 3600 IN CNAME autodiscover.outlook.com."]
    place.assert_still()


def test_cname_instead_of_an_address(tmp_path: Path) -> None:
    """The same for any record set that the spec replaces by a CNAME."""
    place = Place.empty(tmp_path).spec(CNAME)
    place.zone()
    place.settled()
    assert _lines(place, "www") == ["www 3600 IN CNAME shop.host.example."]
    place.assert_still()


def test_no_seat_for_the_other_licence(tmp_path: Path) -> None:
    """A swap whose second half cannot be is no swap: the first licence stays."""
    place = Place.empty(tmp_path).spec(company(ana="new: true, licenses: [BASIC]"))
    place.tenant(skus=[SKUS[0], {**SKUS[1], "enabled": 0}])
    place.settled()
    place.spec(company(ana="licenses: [STANDARD]"))
    plan = place.planned()
    assert plan.code == 3
    assert set(plan.refusals()) == {licence("ana", "BASIC"), licence("ana", "STANDARD")}
    assert place.applied().code == 3
    assert place.users()[account("ana")]["licenses"] == ["BASIC"]


def test_two_spf_records_become_one(tmp_path: Path) -> None:
    """The plan shows the one record that stays; a second one put there by hand is drift of the world."""
    place = Place.empty(tmp_path).spec("domains:\n  acme.example:\n    senders: [mailgun]\n")
    place.zone()
    place.settled()
    with place.zone().open("a") as zone:
        zone.write('@ TXT "v=spf1 include:evil.example -all"\n')
    plan = place.planned()
    step = next(one for one in plan.json["steps"] if one["address"].endswith("#spf"))
    merged = "v=spf1 include:evil.example ip4:198.51.100.25 include:_spf.host.example include:mailgun.org ?all"
    assert (step["action"], step["after"], len(step["before"])) == ("update", merged, 2)
    drift = place.drift().json
    assert [(one["direction"], one["expected"]) for one in drift["changed"]] == [("world", merged)]
    assert place.applied().code == 0
    assert [line for line in place.zone().read_text().splitlines() if "spf1" in line] == [f'@ 900 IN TXT "{merged}"']
    place.assert_still()


@pytest.mark.parametrize("gone", [False, True])
def test_accepted_drift_stays(tmp_path: Path, gone: bool) -> None:
    """What somebody answers for is written back by no run, also when it is gone; when the day has passed it is."""
    spec = "domains:\n  acme.example:\n    dmarc: {policy: reject}\n"
    place = Place.empty(tmp_path).spec(spec)
    place.zone()
    place.settled()
    was = _lines(place, "_dmarc")[0]
    lines = place.zone().read_text().splitlines(keepends=True)
    moved = [line.replace("reject", "none") for line in lines if not gone or "DMARC1" not in line]
    place.zone().write_text("".join(moved))
    accepted = "accepted_drift: [{{address: {}, owner: Jo, reason: agreed, until: {}}}]\n"
    place.spec(spec + accepted.format(DMARC, "2099-01-01"))
    place.planned("--fix-drift")
    assert place.applied().json["outcome"] == "nothing"
    assert place.drift().json["outcome"] == "clean"
    place.spec(spec + accepted.format(DMARC, "2020-01-01"))
    assert place.drift().json["outcome"] == "drift"
    place.planned("--fix-drift")
    assert place.applied().code == 0
    assert _lines(place, "_dmarc") == [was]
