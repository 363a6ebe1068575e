"""Stories about DNS records: what leaves, what stays, and what is only looked at."""

from pathlib import Path

import pytest

from tests.endtoend.place import Place

FIRST = """\
domains:
  acme.example:
    senders:
      - mailgun
      - {name: copier, address: 203.0.113.7, method: direct}
    records:
      - {name: shop, type: A, values: [192.0.2.81]}
"""
COPIER = "dns/acme.example/TXT/@#spf/ip4:203.0.113.7"


def _place(folder: Path, text: str) -> Place:
    place = Place.empty(folder).spec(text)
    place.zone()
    return place


def _spf(place: Place) -> str:
    return next(line for line in place.zone().read_text().splitlines() if "v=spf1" in line)


def _rest(place: Place) -> list[str]:
    """Lines that no spec here mentions."""
    lines = place.zone().read_text().splitlines()
    return [line for line in lines if "SOA" not in line and "v=spf1" not in line and not line.startswith("shop")]


def test_sender_removed(tmp_path: Path) -> None:
    """A sender that left the spec goes only when `destroy` says so, and takes nobody else's term with it."""
    place = _place(tmp_path, FIRST)
    untouched = _rest(place)
    place.settled()
    place.edit("      - {name: copier, address: 203.0.113.7, method: direct}\n", "")
    plan = place.planned()
    assert plan.code == 3
    assert "destroy: 1" in plan.refusals()[COPIER]
    before = place.world()
    done = place.applied()
    assert (done.code, done.json["outcome"], place.world()) == (3, "refused", before)
    place.edit("domains:", "destroy: 1\ndomains:").settled()
    assert _spf(place) == '@ 900 IN TXT "v=spf1 ip4:198.51.100.25 include:_spf.host.example include:mailgun.org ?all"'
    assert _rest(place) == untouched
    place.assert_still()


def test_left_out_and_absent(tmp_path: Path) -> None:
    """A record left out goes when its address is acknowledged; `absent` removes one value and no other."""
    place = _place(tmp_path, FIRST).settled()
    place.edit("      - {name: shop, type: A, values: [192.0.2.81]}\n", "")
    place.edit("    records:\n", "    absent: [{name: '@', type: TXT, value: vendor=1}, {name: www, type: AAAA}]\n")
    place.edit("domains:", "destroy: [dns/acme.example/A/shop]\ndomains:").settled()
    text = place.zone().read_text()
    assert "shop" not in text
    assert "vendor=1" not in text
    assert "www        A     192.0.2.80   ; keep\n" in text
    place.assert_still()


LEVELS = """\
domains:
  acme.example:
    records:
      - {name: www, type: A, values: [192.0.2.99]}
      - {name: seen, type: A, values: [192.0.2.1], manage: observe}
      - {name: kept, type: A, values: [192.0.2.2], protect: true}
      - {name: made, type: A, values: [192.0.2.3], manage: create}
      - {name: old, type: A, values: [192.0.2.4], until: 2026-01-02}
      - {name: later, type: A, values: [192.0.2.5], until: 2099-01-02}
"""


def _names(place: Place) -> set[str]:
    lines = place.zone().read_text().splitlines()
    return {line.split()[0] for line in lines if " A " in line}


def test_levels(tmp_path: Path) -> None:
    """A conflict is left alone until `adopt: overwrite`; `observe` writes nothing; a past `until` takes its record."""
    place = _place(tmp_path, LEVELS)
    plan = place.planned()
    conflicts = [one["address"] for one in plan.json["drift"] if one["class"] == "conflict"]
    assert conflicts == ["dns/acme.example/A/www"]
    assert place.applied().code == 5, "a conflict awaits a person"
    assert "www        A     192.0.2.80   ; keep\n" in place.zone().read_text()
    place.edit("values: [192.0.2.99]", "values: [192.0.2.99], adopt: overwrite")
    assert place.planned().code == 0
    done = place.applied()
    assert (done.code, done.json["outcome"]) == (0, "done"), "a removal years ahead leaves nothing to be done now"
    assert [one["until"] for one in done.json["waiting"]] == ["2099-01-02T00:00:00Z"]
    assert _names(place) == {"www", "kept", "made", "later"}
    drift = place.drift().json
    assert [one["address"] for one in drift["missing"]] == ["dns/acme.example/A/seen"]
    assert drift["changed"] == [], "a removal whose day has not come is no drift"


def test_protected(tmp_path: Path) -> None:
    """`protect` holds after its line is gone, from the day it is written, until a change of its own takes it away."""
    text = "destroy: 1\ndomains: {acme.example: {records: [{name: kept, type: A, values: [192.0.2.2]}]}}\n"
    place = _place(tmp_path, text).settled()
    place.edit("[192.0.2.2]}", "[192.0.2.2], protect: true}").settled()
    place.spec("destroy: 1\ndomains: {acme.example: {records: [{name: x, type: A, values: [192.0.2.9]}]}}\n")
    plan = place.planned()
    assert plan.code == 3
    assert plan.refusals()["dns/acme.example/A/kept"].startswith("protected")
    assert place.applied().code == 4
    assert _names(place) == {"www", "kept", "x"}
    place.spec(text).planned()
    place.applied()
    place.spec("destroy: 1\ndomains: {acme.example: {records: [{name: x, type: A, values: [192.0.2.9]}]}}\n").settled()
    assert _names(place) == {"www", "x"}
    place.assert_still()


def test_emptied(tmp_path: Path) -> None:
    """A spec that mentions nothing any more removes nothing by itself, whatever `destroy` says; it is said."""
    place = _place(tmp_path, FIRST).settled()
    before = place.world()
    place.spec("destroy: 19\ndomains: {acme.example: {}}\n")
    plan = place.planned()
    assert plan.code == 3
    assert all("removes nothing by itself" in reason for reason in plan.refusals().values())
    assert place.applied().code == 3
    place.spec("destroy: 19\ndomains: {}\n")
    assert "plan/left-behind" in place.planned().rules
    assert place.applied().code == 0
    assert place.world() == before


TABLE = """\
name,type,value,ttl,priority
@,MX,mail.table.example,3600,10
@,TXT,v=spf1 include:spf.table.example -all,3600,
autodiscover,CNAME,ad.table.example,3600,
"""


def test_table_subdomain_name_servers(tmp_path: Path) -> None:
    """A hosting company's table is merged; a delegation is a record; the NS of the zone are never changed."""
    place = _place(
        tmp_path,
        """\
domains:
  acme.example:
    mail: {service: table, table: letter.csv, adopt: overwrite}
    records:
      - {name: '@', type: NS, values: [ns1.host.example., ns9.host.example.], adopt: overwrite}
      - {name: sub, type: NS, values: [ns1.host.example.]}
  sub.acme.example:
    records:
      - {name: '@', type: A, values: [192.0.2.7]}
""",
    )
    place.zone("sub.acme.example", "@ 1h SOA ns1.host.example. h.host.example. 1 2 3 4 5\n@ 1h NS ns1.host.example.\n")
    (place.specs / "acme" / "letter.csv").write_text(TABLE)
    plan = place.planned()
    assert plan.code == 3
    assert "by hand" in plan.refusals()["dns/acme.example/NS/@"]
    assert place.applied().code == 4
    own = "      - {name: '@', type: NS, values: [ns1.host.example., ns9.host.example.], adopt: overwrite}\n"
    place.edit(own, "").settled()
    text = place.zone().read_text()
    assert "MX 10 mail.table.example." in text
    assert "include:_spf.host.example include:spf.table.example ?all" in text
    assert "sub 3600 IN NS ns1.host.example.\n" in text
    assert "@          NS    ns1.host.example.\n@          NS    ns2.host.example.\n" in text
    assert "A 192.0.2.7" in place.zone("sub.acme.example").read_text()
    place.assert_still()


@pytest.mark.parametrize(("until", "ignored"), [("2099-01-02", 1), ("2026-01-02", 0)])
def test_accepted_drift(until: str, ignored: int, tmp_path: Path) -> None:
    """Drift that somebody answers for is ignored by name until its day, and then counted again."""
    place = _place(tmp_path, FIRST).settled()
    place.change_zone("shop 3600 IN A 192.0.2.81", "shop 3600 IN A 192.0.2.1")
    accepted = f"{{address: dns/acme.example/A/shop, owner: Luis, until: {until}, reason: a test}}"
    place.edit("domains:", f"accepted_drift: [{accepted}]\ndomains:")
    drift = place.run("drift", "--json", "--detailed-exitcode")
    assert (len(drift.json["ignored"]), len(drift.json["changed"])) == (ignored, 1 - ignored)
    assert (drift.code, drift.json["outcome"]) == ((0, "clean") if ignored else (2, "drift"))


def test_only_one_address(tmp_path: Path) -> None:
    """`--target` plans and applies what it names and nothing else; one that names nothing is an error."""
    place = _place(tmp_path, FIRST)
    plan = place.planned("--target", "dns/acme.example/A/shop")
    assert (set(plan.actions()), plan.json["complete"]) == ({"dns/acme.example/A/shop"}, False)
    done = place.applied("--target", "dns/acme.example/A/shop")
    assert (done.code, done.statuses()) == (0, {"dns/acme.example/A/shop": "done"})
    assert "mailgun" not in place.zone().read_text()
    assert place.run("plan", "--target", "dns/acme.example/A/nothing").code == 1
