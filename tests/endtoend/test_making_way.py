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


def test_an_spf_text_under_records(tmp_path: Path) -> None:
    """It is the text itself: its order and its end; where another end stands, `adopt: overwrite` decides."""
    text = "v=spf1 ip4:198.51.100.7 -ip4:198.51.100.0/24 include:z.example a -all"
    spec = "domains:\n  acme.example:\n    records: [{{name: {}, type: TXT, values: ['{}']{}}}]\n"
    place = Place.empty(tmp_path).spec(spec.format("news", text, ""))
    place.zone()
    place.settled()
    assert _lines(place, "news") == [f'news 3600 IN TXT "{text}"']
    assert "desired/spf-order" in place.run("validate", "--json").rules
    place.assert_still()
    place.spec(spec.format("'@'", "v=spf1 -all", ""))
    place.edit("domains:", "destroy: 5\ndomains:")
    drift = place.drift().json
    assert [one["address"] for one in drift["changed"] if not one["direction"]] == ["dns/acme.example/TXT/@#spf/all"]
    place.spec(spec.format("'@'", "v=spf1 -all", ", adopt: overwrite")).edit("domains:", "destroy: 5\ndomains:")
    place.settled()
    assert "-all" in next(line for line in place.zone().read_text().splitlines() if "spf1" in line and "@" in line)
    place.spec("domains:\n  acme.example:\n    records: [{name: x, type: TXT, values: [v=spf1 -all, v=spf1 a -all]}]\n")
    assert "desired/two-spf" in place.planned().rules


def test_what_has_ended_is_not_made(tmp_path: Path) -> None:
    """A sender and a record whose day has passed are not written, and nobody else's value leaves in their name."""
    place = Place.empty(tmp_path).spec(
        "domains:\n  acme.example:\n    senders: [{name: x, include: x.example, until: 2020-01-01}]\n"
        "    records:\n      - {name: tmp, type: A, values: [192.0.2.1], until: 2020-01-01}\n"
        "      - {name: www, type: A, values: [192.0.2.1], until: 2020-01-01}\n"
    )
    place.zone()
    before = place.world()
    plan = place.planned()
    assert plan.json["steps"] == []
    place.applied()
    assert place.world() == before


def test_mx_and_autodiscover_move_together_at_apply(tmp_path: Path) -> None:
    """A hand edit of MX after the plan was made holds autodiscover back as well."""
    place = Place.empty(tmp_path).spec(MAIL.replace("    absent: [{name: autodiscover, type: A}]\n", ""))
    place.zone()
    place.tenant()
    place.planned()
    place.change_zone("10 mx.host.example.", "10 mx9.host.example.")
    done = place.applied()
    assert done.code == 4
    status = done.statuses()
    assert status["dns/acme.example/MX/@"] == status["dns/acme.example/CNAME/autodiscover"] == "refused"
    assert _lines(place, "autodiscover") == []


@pytest.mark.parametrize(("level", "code"), [("manage: observe", 0), ("protect: true", 3)])
def test_absent_obeys_the_domain(tmp_path: Path, level: str, code: int) -> None:
    """What the domain only observes, or protects, is not removed by `absent` either."""
    place = Place.empty(tmp_path).spec(
        f"domains:\n  acme.example:\n    {level}\n    spf: {{absent: ['ip4:198.51.100.25']}}\n"
        "    absent: [{name: www, type: A}, {name: '@', type: TXT, value: vendor=1}]\n"
    )
    place.zone()
    before = place.world()
    assert place.planned().code == code
    assert place.applied().code == code
    assert place.world() == before


def test_the_end_of_a_new_record(tmp_path: Path) -> None:
    """A sender's table brings its own end to a record that is made; one that stands keeps its own."""
    spec = "domains:\n  acme.example:\n    senders: [{name: shop, dns_table: shop.csv}]\n"
    place = Place.empty(tmp_path).spec(spec)
    place.zone()
    table = "name,type,value\nnews,TXT,v=spf1 a -all\n@,TXT,v=spf1 include:shop.example -all\n"
    (place.specs / "acme" / "shop.csv").write_text(table)
    place.settled()
    assert _lines(place, "news") == ['news 3600 IN TXT "v=spf1 a -all"']
    (own,) = [line for line in _lines(place, "@") if "spf1" in line]
    assert own.endswith('include:shop.example ?all"')
    place.assert_still()


@pytest.mark.parametrize("beside", ["www AAAA 2001:db8::1\n", ""], ids=["another record stays", "it is protected"])
def test_nothing_leaves_for_what_may_not_come(tmp_path: Path, beside: str) -> None:
    """Where the CNAME is refused the address record stays, and where that may not leave the CNAME is refused."""
    place = Place.empty(tmp_path).spec(
        CNAME if beside else CNAME.replace("    records", "    protect: true\n    records")
    )
    place.zone(text=ZONE + beside)
    before = place.world()
    plan = place.planned()
    assert set(plan.refusals()) == {"dns/acme.example/A/www", "dns/acme.example/CNAME/www"}
    assert place.applied().code == 3
    assert place.world() == before
