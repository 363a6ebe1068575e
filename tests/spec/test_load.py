"""Many customers: each by itself, none under two names, and what a plan lacks."""

from pathlib import Path

import pytest

from reconciler.model.diagnostic import Severity
from reconciler.provider import Scope
from reconciler.spec.digest import digest
from reconciler.spec.load import load
from reconciler.spec.missing import missing
from reconciler.spec.scope import scopes
from tests.spec.folders import RICH, WORKSPACE, loaded, told, write


def folder(path: Path, **customers: str) -> Path:
    """A folder with these customers."""
    files = {f"{name}/customer.yaml": text for name, text in customers.items()}
    return write(path, {"workspace.yaml": WORKSPACE, **files})


def test_in_order_of_names(tmp_path: Path) -> None:
    """Customers come in the order of their names; folders without a customer.yaml are none."""
    folder(tmp_path, b="domains: {b.example: {}}", a="domains: {a.example: {}}")
    (tmp_path / "state").mkdir()
    (tmp_path / ".git").mkdir()
    found = load(tmp_path)
    assert [one.id for one in found.customers] == ["a", "b"]
    assert found.customers[0].folder == tmp_path / "a"
    assert found.customers[0].files == (f"{tmp_path}/a/customer.yaml",)
    assert [one.id for one in load(tmp_path, ["b"]).customers] == ["b"]


def test_one_failure_stops_no_other(tmp_path: Path) -> None:
    """A customer with a mistake is left out; the others load."""
    folder(tmp_path, a="domains: {a.example: {}}", b="domains: [", c="domains: {c.example: {dns: x}}")
    found = load(tmp_path)
    assert [one.id for one in found.customers] == ["a"]
    assert {name: [one.rule for one in wrong] for name, wrong in found.failed.items()} == {
        "b": ["yaml/syntax"],
        "c": ["spec/provider"],
    }
    assert len(found.diagnostics) == 2


def test_one_thing_under_two_customers(tmp_path: Path) -> None:
    """A domain or a tenant under two customers is an error on both, also when one alone is asked for."""
    same = "tenant: x.onmicrosoft.com\ndomains: {x.example: {}}\n"
    folder(tmp_path, a=same, b=same.replace("x.example", "X.example."), c="domains: {c.example: {}}")
    found = load(tmp_path)
    assert [one.id for one in found.customers] == ["c"]
    assert told(found.diagnostics, tmp_path) == [
        "a/customer.yaml:2:11 spec/clash the domain x.example is under another customer too: b (b/customer.yaml:2:11)",
        (
            "a/customer.yaml:1:1 spec/clash the tenant x.onmicrosoft.com is under another customer too: "
            "b (b/customer.yaml:1:1)"
        ),
        "b/customer.yaml:2:11 spec/clash the domain x.example is under another customer too: a (a/customer.yaml:2:11)",
        (
            "b/customer.yaml:1:1 spec/clash the tenant x.onmicrosoft.com is under another customer too: "
            "a (a/customer.yaml:1:1)"
        ),
    ]
    alone = load(tmp_path, ["b"])
    assert (alone.customers, list(alone.failed)) == ((), ["b"])


def test_one_address_under_two_customers(tmp_path: Path) -> None:
    """An address under two customers is an error on both, even where one of them has other mistakes."""
    one = "domains: {x.example: {}}\naccounts: [{address: u@x.example}]\n"
    found = load(folder(tmp_path, a=one, b=f"{one}destroy: -1\n"))
    assert sum("the address u@x.example" in one.summary for one in found.diagnostics) == 2


def test_unread_customers_are_named(tmp_path: Path) -> None:
    """A customer that was not asked for and cannot be read is a warning: nobody knows what it claims."""
    folder(tmp_path, a="domains: {a.example: {}}", b="domains: [")
    found = load(tmp_path, ["a"])
    assert [one.id for one in found.customers] == ["a"]
    assert found.failed == {}
    assert [(one.severity, one.rule) for one in found.diagnostics] == [(Severity.WARNING, "spec/unread")]


def test_stray_and_misnamed_folders(tmp_path: Path) -> None:
    """A folder that only looks like a customer is a warning, a name that is none an error."""
    write(
        tmp_path, {"workspace.yaml": WORKSPACE, "a/customer.yml": "{}", "B b/customer.yaml": "domains: {b.example: {}}"}
    )
    found = load(tmp_path)
    assert [(one.severity, one.rule) for one in found.diagnostics] == [
        (Severity.WARNING, "spec/stray"),
        (Severity.ERROR, "spec/customer"),
    ]


MOVE = """domains:
  x.example:
    mail: {service: table, table: t.csv}
    migration:
      from: {service: cpanel, as_found: before.yaml}
      window: {start: 2026-12-04 22:00, length: 1h, time_zone: UTC}
"""
ADMIN = "contacts: {onsite_admin: {name: A, email: a@b.example}}\n"
SUPPORT = """contacts:
  support:
    - {role: maintainer, name: B, email: b@b.example}
    - {role: onsite_admin, name: A, email: a@b.example}
"""


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("domains: {x.example: {}}\n", []),
        ("customer: {name: X}\n", ["maintainer", "onsite_admin"]),
        (f"customer: {{name: X}}\n{ADMIN}", ["maintainer"]),
        (f"customer: {{name: X}}\n{SUPPORT}", []),
        (MOVE, ["maintainer", "onsite_admin"]),
        (MOVE + ADMIN, ["maintainer"]),
    ],
)
def test_missing_contacts(tmp_path: Path, text: str, roles: list[str]) -> None:
    """A reseller's customer and a migration need both roles; the spec loads without them."""
    files = {"t__csv": "name,type,value\n@,MX,10 a.example\n", "before__yaml": "found: 2026-11-20\nrecords: []\n"}
    found = loaded(tmp_path, text, **files)
    (one,) = found.customers
    assert [line.summary.split()[1] for line in missing(one, found.workspace)] == roles


def test_the_workspace_maintainer_counts(tmp_path: Path) -> None:
    """The workspace's maintainer stands in for the customer's."""
    workspace = f"{WORKSPACE}  maintainer: {{name: S, email: s@b.example}}\n"
    write(tmp_path, {"workspace.yaml": workspace, "c/customer.yaml": f"customer: {{name: X}}\n{ADMIN}"})
    found = load(tmp_path)
    assert missing(found.customers[0], found.workspace) == ()


FERRETERIA = "ferreterialopez.onmicrosoft.com"


def test_scopes(tmp_path: Path) -> None:
    """A zone for each domain, and the tenant when something in it is mentioned; where one can only ask, by names."""
    found = load(write(tmp_path, RICH))
    asked, *rest = scopes(
        found.customers[0],
        found.workspace,
        ["dns/ferreterialopez.example/A/ours", "tenant/t/user/x"],
        {f"tenant/{FERRETERIA}/user/gone": "id-1", f"tenant/{FERRETERIA}/group/x": "id-2", "tenant/t/user/y": "id-3"},
    )
    assert (asked[0], asked[1].name) == ("manual:soporte@hosting.example", "ferreterialopez.example")
    names = asked[1].names or frozenset()
    assert {
        "@",
        "*",
        "_dmarc",
        "selector1._domainkey",
        "www",
        "hs1._domainkey",
        "k2._domainkey",
        "old",
        "ours",
    } <= names
    zone, (provider, tenant) = rest
    assert (zone, provider, tenant.name) == (("other", Scope("dns", "xn--and-6ma2c.example")), "tenants", FERRETERIA)
    mas = frozenset({"mas.example", "mas.onmicrosoft.com", "luz@mas.example"})
    otra = frozenset({"otra.example", "otra.onmicrosoft.com", "eva@otra.example", "ventas@otra.example"})
    assert [scopes(one, found.workspace) for one in found.customers[1:]] == [
        (("zones", Scope("dns", "mas.example")), ("tenants", Scope("tenant", "mas.onmicrosoft.com", mas))),
        (("zones", Scope("dns", "otra.example")), ("tenants", Scope("tenant", "otra.onmicrosoft.com", otra))),
    ]
    people = tenant.names or frozenset()
    assert {"ana", "ana@ferreterialopez.example", "alopez@ferreterialopez.example", FERRETERIA} <= people
    assert {"ferreterialopez.example", "group/ventas", "gone", "id-1", "group/id-2"} <= people
    assert not {"id-3", "y", "x"} & people
    quiet = loaded(tmp_path / "quiet", "tenant: x.onmicrosoft.com\ndomains: {x.example: {}}\n")
    assert scopes(quiet.customers[0], quiet.workspace) == (("zones", Scope("dns", "x.example")),)


def test_digest(tmp_path: Path) -> None:
    """The digest follows what is said, tables and workspace included, and nothing else."""
    text = "domains: {x.example: {mail: {service: table, table: t.csv}}}\n"
    table = "name,type,value\n@,MX,10 a.example\n"
    base = loaded(tmp_path / "1", text, t__csv=table)
    block = "# a comment\ndomains:\n  X.example:\n    mail:\n      table: t.csv\n      service: table\n"
    again = loaded(tmp_path / "2", block, t__csv=table.upper())
    assert digest(base.customers[0]) == digest(again.customers[0])
    changed = [
        loaded(tmp_path / "3", text, t__csv=table.replace("10", "20")),
        loaded(tmp_path / "4", text.replace("table: t.csv", "table: t.csv, adopt: overwrite"), t__csv=table),
        loaded(tmp_path / "5", text.replace("x.example", "y.example"), t__csv=table),
        load(write(tmp_path / "1", {"workspace.yaml": f"{WORKSPACE}policy: {{max_destroy: 1}}\n"})),
    ]
    assert len({digest(base.customers[0]), *(digest(one.customers[0]) for one in changed)}) == 5
