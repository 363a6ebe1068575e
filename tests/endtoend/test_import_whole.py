"""`import` from providers through the real command: what it writes plans to nothing, is adopted, and stays so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_import import go
from tests.emulators.dns_server import DnsServer
from tests.endtoend.place import TENANT, ZONE, Place
from tests.running import Done

DOMAIN = "acme.example"
ZONE_OF = ("import", DOMAIN, "--provider", "zones")
ANA = {"id": "u-1", "upn": f"ana@{DOMAIN}", "display_name": "Ana", "usage_location": "MX", "licenses": ["E3"]}
SKU = {"part_number": "E3", "sku_id": "1", "product": "Office 365 E3", "enabled": 3}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A zone and a tenant that nobody has written down yet."""
    made = Place.empty(tmp_path)
    made.zone()
    domains = [{"name": TENANT, "initial": True, "default": True}, {"name": DOMAIN, "verified": True}]
    made.tenant(users=[ANA], skus=[SKU], domains=domains)
    return made


def quick(place: Place, *words: str) -> Done:
    """The command in this process."""
    return go(*words, RECONCILER_SPECS=str(place.specs))


def left(place: Place) -> dict[str, bytes]:
    """Every file below the folder of specs."""
    return {str(one.relative_to(place.specs)): one.read_bytes() for one in place.specs.rglob("*") if one.is_file()}


def test_import_plan_apply_plan(place: Place) -> None:
    """0 to add, 0 to change, 0 to destroy; the apply adopts; then nothing is left to say. No system is touched."""
    world, workspace = place.world(), (place.specs / "workspace.yaml").read_bytes()
    done = place.run(*ZONE_OF, "--tenant", TENANT, "--json")
    assert (done.code, done.err, done.json["outcome"]) == (0, "", "written"), done
    assert sorted(left(place).keys() - {"workspace.yaml"} - {f"zones/{DOMAIN}.zone", f"tenants/{TENANT}.json"}) == [
        "acme/accounts.csv", "acme/before.yaml", "acme/customer.yaml",
    ]  # fmt: skip
    assert place.run("validate").code == 0
    shown = place.run("plan")
    assert "Plan: 0 to add, 0 to change, 0 to destroy, " in shown.out
    planned = place.planned().json
    assert (planned["steps"], planned["applyable"], planned["complete"]) == ([], True, True)
    assert planned["adopt"]["count"] > 10
    assert place.applied().code == 0
    again = place.planned().json
    assert (again["steps"], again["adopt"]["count"]) == ([], 0)
    place.assert_still()
    assert place.world() == world
    assert (place.specs / "workspace.yaml").read_bytes() == workspace


def test_what_is_taken_out_again_would_go(place: Place) -> None:
    """Imported records are ours after the apply: one that leaves the spec is a removal, which must be meant."""
    assert place.run(*ZONE_OF).code == 0
    place.settled()
    text = (place.specs / "acme" / "customer.yaml").read_text()
    (line,) = [one for one in text.splitlines(keepends=True) if '"www"' in one]
    place.edit(line, "")
    assert place.planned().refusals().keys() == {f"dns/{DOMAIN}/A/www"}


def test_the_report(place: Place) -> None:
    """What was read from where, how much of it is in the spec, and what is not, by name."""
    out = quick(place, *ZONE_OF, "--tenant", TENANT, "--only", "mail").out
    for text in (
        f"What stands in {DOMAIN} today\n",
        f"{DOMAIN} was read whole through zones: complete.\n",
        "In the spec: MX 1, TXT 1; not managed: 3.\n",
        f"The tenant {TENANT} was read whole through tenants.\n",
        "In the spec: person 2, alias 0, license 1, group 0; not managed: 0.\n",
        "Not managed:\n  it belongs to the zone's host\n    NS @\n",
        "  no record of mail\n",
        "    A www\n",
        "Files written:\n  specs/acme/customer.yaml\n  specs/acme/accounts.csv\n  specs/acme/before.yaml\n",
        "--customer acme && reconciler plan ",
    ):
        assert text.replace("specs/acme", str(place.specs / "acme")) in out, (text, out)


def test_no_dns_server_is_asked(place: Place) -> None:
    """A workspace's resolver is for plans: what the provider shows is enough here."""
    with DnsServer() as server:
        path = place.specs / "workspace.yaml"
        path.write_text(f"{path.read_text()}resolver: {server.address[0]}:{server.address[1]}\n")
        assert place.run(*ZONE_OF, "--tenant", TENANT).code == 0
        assert server.log == []


def test_several_domains(place: Place) -> None:
    """One customer, one spec, a snapshot for each."""
    place.zone("acme.test", ZONE.replace("acme.example", "acme.test"))
    assert quick(place, "import", DOMAIN, "acme.test", DOMAIN, "--provider", "zones").code == 0
    assert {f"acme/before-{DOMAIN}.yaml", "acme/before-acme.test.yaml"} <= left(place).keys()
    assert quick(place, "plan", "--json").json["steps"] == []


def test_a_provider_that_is_not_the_default(place: Place) -> None:
    """The domain says who reads it, and the customer whose tenants they are."""
    path = place.specs / "workspace.yaml"
    path.write_text(path.read_text().partition("defaults:")[0])
    assert quick(place, *ZONE_OF, "--tenant", TENANT, "--tenants", "tenants").code == 0
    text = (place.specs / "acme" / "customer.yaml").read_text()
    assert 'dns: "zones"' in text
    assert 'tenants: "tenants"' in text
    assert quick(place, "plan", "--json").json["steps"] == []


@pytest.mark.parametrize(
    ("words", "code", "rule"),
    [
        (("other.example", "--provider", "zones"), 1, "import/unread"),
        ((DOMAIN, "other.example", "--provider", "zones"), 1, "import/unread"),
        ((DOMAIN, "--provider", "zone"), 1, "spec/provider"),
        ((DOMAIN, "--provider", "zones", "--tenant", "x.onmicrosoft.com"), 1, "import/unread"),
        ((DOMAIN, "--provider", "zones", "--tenant", DOMAIN), 1, "spec/tenant"),
        ((DOMAIN, "--provider", "zones", "--tenants", "tenants"), 1, "import/tenants"),
        ((DOMAIN, "--provider", "zones", "--tenant", TENANT, "--tenants", "no"), 1, "spec/provider"),
        ((DOMAIN, "--provider", "zones", "--resolver", "192.0.2.53"), 1, "import/resolver"),
        ((DOMAIN, "--provider", "tenants"), 1, "import/unread"),
    ],
)
def test_what_is_refused(place: Place, words: tuple[str, ...], code: int, rule: str) -> None:
    """An error that says what to do, and nothing is written."""
    kept = left(place)
    done = quick(place, "import", *words, "--json")
    assert (done.code, done.rules, left(place)) == (code, {rule}, kept)


def test_no_workspace(tmp_path: Path) -> None:
    """Nobody could say what the provider is."""
    place = Place(tmp_path)
    done = quick(place, *ZONE_OF, "--json")
    assert (done.code, done.rules, list(tmp_path.iterdir())) == (1, {"import/no-workspace"}, [])


def test_no_tenants(place: Place) -> None:
    """A workspace without a default provider of tenants wants one named."""
    path = place.specs / "workspace.yaml"
    path.write_text(path.read_text().replace(", tenants: tenants}", "}"))
    assert quick(place, *ZONE_OF, "--tenant", TENANT, "--json").rules == {"import/no-tenants"}


def test_no_dns(place: Place) -> None:
    """A tenant beside public DNS needs a host for the domain all the same: the spec would not load."""
    path = place.specs / "workspace.yaml"
    path.write_text(path.read_text().replace("dns: zones, ", ""))
    assert quick(place, "import", DOMAIN, "--tenant", TENANT, "--json").rules == {"import/no-dns"}


def test_what_another_customer_has(place: Place) -> None:
    """A domain or a tenant under two customers would spoil both specs."""
    assert quick(place, *ZONE_OF, "--tenant", TENANT).code == 0
    kept = left(place)
    place.zone("acme.test", ZONE)
    more = ("--customer", "b", "--provider", "zones", "--json")
    for words in ((DOMAIN,), ("acme.test", DOMAIN), ("acme.test", "--tenant", TENANT)):
        done = quick(place, "import", *words, *more)
        assert (done.code, done.rules) == (3, {"import/claimed"}), done
    assert {name: text for name, text in left(place).items() if "acme.test" not in name} == kept


def test_the_folder_is_there(place: Place) -> None:
    """Nothing is overwritten."""
    assert quick(place, *ZONE_OF).code == 0
    kept = left(place)
    assert (quick(place, *ZONE_OF).code, left(place)) == (3, kept)


def test_a_hostile_zone(place: Place) -> None:
    """5,000 names with texts that YAML would act on: all of it is said or named, and the plan is empty."""
    texts = ["a: b", "- x", "{x}", "&a *a !t", '\\"', "#", "\\010", "\\255", "%YAML", "null", "\\226\\128\\174", "'"]
    names = ["null", "yes", "0x1", "1e3", "~", "-", "true"]
    lines = [f'{names[at % 7]}{at or ""} 60 TXT "{texts[at % 12]}" "{at}"' for at in range(5_000)]
    place.zone().write_text(ZONE + "\n".join([*lines, ""]))
    done = quick(place, *ZONE_OF, "--json")
    assert done.code == 0
    assert len(done.json["domains"][0]["unmanaged"]) == 1 + 417 + 417 + 416  # NS, and three texts of the twelve
    plan = quick(place, "plan", "--json").json
    assert (plan["steps"], plan["applyable"]) == ([], True)
    assert plan["adopt"]["count"] > 3_000
