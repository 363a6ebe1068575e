"""From a customer's spec and the facts to routes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from reconciler.desired import NOTHING, Desired, desired
from reconciler.ledger import Owned
from reconciler.model.diagnostic import Severity
from reconciler.model.route import STAGES, Facts, Wait, Want
from reconciler.model.value import Unknown
from reconciler.spec.load import load
from reconciler.zones import Zones
from tests.spec.folders import write

TENANT = "shop.onmicrosoft.com"
TODAY = date(2026, 11, 22)
FACTS: Facts = {
    f"tenant/{TENANT}#sku/business standard": "O365_BUSINESS_PREMIUM",
    f"tenant/{TENANT}#sku/both": ("ONE", "TWO"),
    f"tenant/{TENANT}#skus": "O365_BUSINESS_PREMIUM, ONE, TWO",
    f"tenant/{TENANT}#seats/O365_BUSINESS_PREMIUM": 3,
}
WORKSPACE = """
providers: {zones: {type: zonefile, directory: zones}, tenants: {type: tenantfile, directory: tenants}}
defaults: {dns: zones, tenants: tenants}
"""


def made(
    tmp_path: Path,
    spec: str,
    facts: Facts = FACTS,
    ours: Mapping[str, Owned] = NOTHING,
    begun: frozenset[str] = frozenset(),
    **files: str,
) -> Desired:
    """The routes of one customer; its spec must load."""
    named = {f"c/{name.replace('_', '.')}": text for name, text in files.items()}
    write(tmp_path, {"workspace.yaml": WORKSPACE, "c/customer.yaml": spec, **named})
    loaded = load(tmp_path)
    assert not loaded.failed, loaded.failed
    return desired(loaded.customers[0], facts, TODAY, Zones({}, (), {}), ours, begun=begun)


def wants(found: Desired, route: int = 0) -> dict[str, tuple[str, Want]]:
    """Stage and want by address; the last stage that asks wins."""
    stages = found.routes[route].stages
    return {slot.address: (stage.name, want) for stage in stages for slot, want in stage.wants.items()}


def test_stages_of_a_mail_domain(tmp_path: Path) -> None:
    """A domain at Microsoft 365 walks every stage in order; what the tenant names stays unknown."""
    found = made(tmp_path, f"tenant: {TENANT}\ndomains:\n  shop.example: {{mail: microsoft365}}\n")
    route = found.routes[0]
    assert [stage.name for stage in route.stages] == list(STAGES)
    asked = wants(found)
    key = f"tenant/{TENANT}/domain/shop.example"
    assert asked[key] == ("claim", asked[key][1])
    assert asked[f"{key}#verified"][0] == "verify"
    for address, stage in (("TXT/@#ms-verification", "prove"), ("MX/@", "deliver"), ("CNAME/autodiscover", "deliver")):
        assert asked[f"dns/shop.example/{address}"][0] == stage
        assert isinstance(asked[f"dns/shop.example/{address}"][1].value, Unknown)
    assert asked["dns/shop.example/TXT/@#spf/include:spf.protection.outlook.com"][0] == "prepare"
    verify = route.stages[STAGES.index("verify")]
    assert [gate.rule for gate in verify.gates if isinstance(gate, Wait)] == ["seen"]


def test_a_route_is_the_domain_and_its_service(tmp_path: Path) -> None:
    """The id of a route depends on nothing that changes while it is walked."""
    one = made(tmp_path / "a", "domains: {shop.example: {records: [{name: www, type: A, values: 192.0.2.1}]}}")
    two = made(tmp_path / "b", "domains: {shop.example: {records: [{name: ftp, type: A, values: 192.0.2.2}]}}")
    mail = made(tmp_path / "c", f"tenant: {TENANT}\ndomains: {{shop.example: {{mail: microsoft365}}}}")
    assert one.routes[0].id == two.routes[0].id != mail.routes[0].id


def test_dated_removal(tmp_path: Path) -> None:
    """A sender with a last day leaves behind a wait for that day, unless another sender keeps its term."""
    spec = """
domains:
  shop.example:
    senders:
      - {name: old, include: spf.old.example, until: 2027-01-15}
      - {name: both, include: spf.both.example, until: 2027-01-15}
      - {name: kept, include: spf.both.example}
"""
    found = made(tmp_path, spec)
    (last,) = [stage for stage in found.routes[0].stages if stage.name.startswith("until")]
    assert [slot.part for slot in last.wants] == ["spf/include:spf.old.example"]
    (gate,) = last.gates
    assert isinstance(gate, Wait)
    assert gate.instant == datetime(2027, 1, 15, tzinfo=UTC)


def test_one_slot_asked_twice(tmp_path: Path) -> None:
    """Two lines that contradict each other are an error at the second; two that agree share the slot."""
    spec = """
tenant: shop.onmicrosoft.com
domains:
  shop.example:
    mail: microsoft365
    records: [{name: autodiscover, type: CNAME, values: mail.example.net}]
    senders: [{name: a, address: 198.51.100.7}, {name: b, address: 198.51.100.7}]
"""
    found = made(tmp_path, spec)
    assert [one.rule for one in found.diagnostics if one.severity == "error"] == ["desired/twice"]
    assert wants(found)["dns/shop.example/TXT/@#spf/ip4:198.51.100.7"][1].owner == "a, b"


def test_the_smallest_ttl_counts(tmp_path: Path) -> None:
    """Of several wishes for a record set's TTL the smallest is asked for."""
    spec = """
domains:
  shop.example:
    records:
      - {name: "@", type: TXT, ttl: 2h, values: token=1}
    senders: [{name: a, address: 198.51.100.7, ttl: 5m}]
"""
    assert wants(made(tmp_path, spec))["dns/shop.example/TXT/@#ttl"][1].value == 300


def test_people(tmp_path: Path) -> None:
    """A person follows the route of its domain; licences are named by part number; aliases go to their person."""
    accounts = """address,kind,name,goes_to
ana@shop.example,person,Ana,
info@shop.example,alias,,ana@shop.example
root@shop.onmicrosoft.com,person,Root,
room@shop.example,shared,Room,
"""
    spec = f"""
tenant: {TENANT}
users: {{usage_location: MX}}
licenses: {{business standard: {{seats: 3}}}}
domains: {{shop.example: {{mail: microsoft365}}}}
accounts: accounts.csv
"""
    found = made(tmp_path, spec, accounts_csv=accounts)
    asked = wants(found)
    user = f"tenant/{TENANT}/user/ana@shop.example"
    assert asked[user][1].value == "present"
    assert asked[f"{user}#aliases/info@shop.example"][1].value == "present"
    assert asked[f"{user}#usageLocation"][1].value == "MX"
    assert f"tenant/{TENANT}/licenses/ana@shop.example#O365_BUSINESS_PREMIUM" in asked
    assert found.routes[1].subject == TENANT
    assert f"tenant/{TENANT}/user/root@{TENANT}" in wants(found, 1)
    assert "accounts/by-hand" in [one.rule for one in found.diagnostics]


@pytest.mark.parametrize(
    ("licence", "location", "rule"),
    [
        ("business standard", "", "accounts/usage-location"),
        ("unheard of", "MX", "accounts/sku"),
        ("both", "MX", "accounts/sku"),
    ],
)
def test_licences_that_cannot_be_given(tmp_path: Path, licence: str, location: str, rule: str) -> None:
    """A licence needs a usage location, and a name that means one product of the tenant."""
    where = f"users: {{usage_location: {location}}}\n" if location else ""
    spec = f"""
tenant: {TENANT}
{where}licenses: {{{licence}: {{seats: 1}}}}
domains: {{shop.example: {{mail: microsoft365}}}}
accounts: [{{address: ana@shop.example}}]
"""
    found = made(tmp_path, spec)
    assert [one.rule for one in found.diagnostics if one.severity == "error"] == [rule]
    assert not [address for address in wants(found) if "/licenses/" in address]


def test_seats_that_differ(tmp_path: Path) -> None:
    """What is paid for and what the tenant has must be the same number."""
    spec = f"tenant: {TENANT}\nlicenses: {{business standard: {{seats: 25}}}}\n"
    (one,) = made(tmp_path, spec).diagnostics
    assert one.rule == "accounts/seats"
    assert "25" in one.summary
    assert "the tenant has 3" in one.summary


def test_a_part_number_is_said_once(tmp_path: Path) -> None:
    """An author may name a product as the tenant does."""
    facts = {**FACTS, f"tenant/{TENANT}#sku/o365_business_premium": "O365_BUSINESS_PREMIUM"}
    spec = f"tenant: {TENANT}\nlicenses: {{O365_business_premium: {{seats: 25}}}}\n"
    (one,) = made(tmp_path, spec, facts).diagnostics
    assert one.summary == "25 seats of O365_business_premium are paid for, the tenant has 3"


PEOPLE = f"""
tenant: {TENANT}
users: {{usage_location: MX}}
accounts:
  - {{address: ana@{TENANT}, id: a}}
  - {{address: bea@{TENANT}}}
  - {{address: x@{TENANT}, kind: alias, goes_to: ana@{TENANT}}}
"""


def test_an_alias_of_ours_that_came_first_goes_back(tmp_path: Path) -> None:
    """One that we wrote, or began to; somebody else's first address is said, and left alone."""
    user, alias = f"tenant/{TENANT}/user/a", f"x@{TENANT}"
    facts = {**FACTS, f"tenant/{TENANT}#mail/a": alias, f"tenant/{TENANT}#mail/bea@{TENANT}": f"z@{TENANT}"}
    slot = f"{user}#aliases/{alias}"
    others = f"that of bea@{TENANT} as z@{TENANT}"
    for number, (ours, begun) in enumerate((({slot: Owned("present")}, ()), ({}, (slot,)))):
        found = made(tmp_path / str(number), PEOPLE, facts, ours, frozenset(begun))
        stage, want = wants(found)[f"{user}#mail"]
        assert (stage, want.value, want.only) == ("accounts", None, alias)
        assert f"tenant/{TENANT}/user/bea@{TENANT}#mail" not in wants(found)
        (one,) = found.diagnostics
        assert (one.severity, one.rule) == (Severity.INFO, "accounts/first-address")
        assert one.summary == f"mail goes out under another address than the spec's: {others}"
    adopted = made(tmp_path / "adopted", PEOPLE, facts, ours={slot: Owned("present", "adopted")})
    assert f"{user}#mail" not in wants(adopted)
    (one,) = adopted.diagnostics
    assert one.summary.endswith(f": that of ana@{TENANT} as {alias}, {others}")
    assert made(tmp_path / "nobody", PEOPLE, ours={slot: Owned("present")}).diagnostics == ()


def test_absences(tmp_path: Path) -> None:
    """What must not exist is asked for in `retire`; a TXT value that cannot be told from others is an error."""
    spec = """
domains:
  shop.example:
    spf: {absent: ["include:OLD.example"]}
    absent:
      - {name: old, type: CNAME}
      - {name: www, type: A, value: 192.0.2.9}
      - {name: "@", type: TXT, value: token=1}
      - {name: _dmarc, type: TXT}
      - {name: "@", type: TXT}
"""
    found = made(tmp_path, spec)
    asked = {address.removeprefix("dns/shop.example/"): want for address, want in wants(found).items()}
    assert {stage for stage, _ in asked.values()} == {"retire"}
    assert all(want.value is None for _, want in asked.values())
    assert asked["A/www"][1].only == ("192.0.2.9",)
    assert {"CNAME/old", "TXT/@#spf/include:old.example", "TXT/_dmarc#dmarc"} < set(asked)
    assert [one.rule for one in found.diagnostics] == ["desired/absent-txt"]


def test_absent_people(tmp_path: Path) -> None:
    """A user is blocked or deleted by name, and a licence taken by name."""
    spec = f"""
tenant: {TENANT}
licenses: {{business standard: {{seats: 3}}}}
domains: {{shop.example: {{mail: microsoft365}}}}
absent:
  - {{user: a@shop.example}}
  - {{user: b@shop.example, state: deleted}}
  - {{user: c@shop.example, license: business standard}}
"""
    asked = wants(made(tmp_path, spec))
    base = f"tenant/{TENANT}"
    shut, deleted = (asked[f"{base}/user/{one}@shop.example"] for one in "ab")
    assert (shut[0], shut[1].value) == ("accounts", "blocked"), "who left is shut out before anything else waits"
    assert (deleted[0], deleted[1].value) == ("retire", None)
    taken = asked[f"{base}/licenses/c@shop.example#O365_BUSINESS_PREMIUM"]
    assert (taken[0], taken[1].value) == ("accounts", None), "beside what is given, so that a swap is one change"


def test_names_nobody_wrote(tmp_path: Path) -> None:
    """A name that the spec does not say is only for an account to be made; `adopt` takes over what is there."""
    spec = f"""
tenant: {TENANT}
users: {{usage_location: MX}}
domains: {{shop.example: {{mail: microsoft365}}}}
accounts: [{{address: a@shop.example}}, {{address: b@shop.example, name: B, adopt: overwrite}}]
"""
    asked = wants(made(tmp_path, spec))
    base = f"tenant/{TENANT}/user"
    assert asked[f"{base}/a@shop.example#displayName"][1].seed
    named = asked[f"{base}/b@shop.example#displayName"][1]
    assert (named.seed, named.overwrite) == (False, True)


def test_protected_domains(tmp_path: Path) -> None:
    """`protect` of a domain holds for everything asked of it."""
    spec = "domains: {shop.example: {protect: true, records: [{name: www, type: A, values: 192.0.2.1}]}}"
    assert all(want.protect for _, want in wants(made(tmp_path, spec)).values())


@pytest.mark.parametrize(
    "fight",
    [
        "records: [{name: www, type: A, values: 192.0.2.1}], absent: [{name: www, type: A}]",
        "records: [{name: www, type: A, values: 192.0.2.1}], absent: [{name: www, type: A, value: 192.0.2.1}]",
        "senders: [{name: a, include: spf.a.example}], spf: {absent: ['include:spf.a.example']}",
    ],
)
def test_wanted_and_absent(tmp_path: Path, fight: str) -> None:
    """What one line wants and another says must not exist is an error, not a race between stages."""
    found = made(tmp_path, f"domains: {{shop.example: {{{fight}}}}}")
    assert [one.rule for one in found.diagnostics if one.severity == "error"] == ["desired/twice"]


def test_licence_given_and_absent(tmp_path: Path) -> None:
    """The same for a licence that a person gets by default."""
    spec = f"""
tenant: {TENANT}
users: {{usage_location: MX}}
licenses: {{business standard: {{seats: 3}}}}
domains: {{shop.example: {{mail: microsoft365}}}}
accounts: [{{address: a@shop.example, id: ana}}]
absent: [{{user: a@shop.example, license: business standard}}]
"""
    found = made(tmp_path, spec)
    assert [one.rule for one in found.diagnostics if one.severity == "error"] == ["desired/twice"]


@pytest.mark.parametrize("whom", ["nobody", "ana", "team", "nick"])
def test_manager_who_is_no_other_person(tmp_path: Path, whom: str) -> None:
    """A stranger, oneself, a shared mailbox, an alias: an error at the account's line."""
    lines = [
        f"  - {{address: ana@{TENANT}, manager: {whom}@{TENANT}}}",
        f"  - {{address: bea@{TENANT}, id: b}}",
        f"  - {{address: team@{TENANT}, kind: shared}}",
        f"  - {{address: nick@{TENANT}, kind: alias, goes_to: bea@{TENANT}}}",
    ]
    found = made(tmp_path, "\n".join([f"tenant: {TENANT}", "accounts:", *lines, ""]))
    (told,) = (one for one in found.diagnostics if one.rule == "accounts/manager")
    assert f"{whom}@{TENANT}" in told.summary
    assert (told.severity, told.origin.line) == (Severity.ERROR, 3)


def test_manager_is_known_by_id(tmp_path: Path) -> None:
    """The wish holds the spec's id, so that a new address is no new manager."""
    spec = f"""
tenant: {TENANT}
accounts:
  - {{address: ana@{TENANT}, manager: bea@{TENANT}}}
  - {{address: bea@{TENANT}, id: b}}
"""
    asked = wants(made(tmp_path, spec))
    assert asked[f"tenant/{TENANT}/user/ana@{TENANT}#manager"][1].value == "b"
    assert f"tenant/{TENANT}/user/b#manager" not in asked
