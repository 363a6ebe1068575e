"""What accounts that Graph cannot make ask of Exchange, slots and back; a route signs between mail and retiring."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reconciler import exchange, folding
from reconciler.desired import desired
from reconciler.model.diagnostic import Severity
from reconciler.model.key import Key
from reconciler.model.resource import AcceptedDomain, Mailbox, MailList, Resource, Signing
from reconciler.spec.load import load
from reconciler.zones import Zones
from tests.spec.folders import write

TENANT = "acme.onmicrosoft.com"
WORKSPACE = """\
providers:
  zones: {type: zonefile, directory: z}
  t: {type: tenantfile, directory: t}
  e: {type: exchange, directory: e}
defaults: {dns: zones, tenants: t, exchange: e}
"""
CUSTOMER = f"""\
tenant: {TENANT}
domains: {{acme.example: {{mail: microsoft365, dkim: microsoft365}}}}
accounts: accounts.csv
"""
ROWS = """\
address,kind,name,goes_to,full_access,send_as
ana@acme.example,person,Ana,,,
annie@acme.example,alias,,ana@acme.example,,
info@acme.example,shared,,,Annie@acme.example;bob@acme.example,ana@acme.example
hola@acme.example,alias,,info@acme.example,,
team@acme.example,list,Team,annie@acme.example; hola@acme.example; out@away.example,,
boss@acme.example,forward,,out@away.example,,
"""


def asked(folder: Path, rows: str = ROWS) -> dict[str, dict[str, object]]:
    """By stage, what is asked of Exchange, by slot without what all have in common."""
    found = load(write(folder, {"workspace.yaml": WORKSPACE, "acme/customer.yaml": CUSTOMER,
                                "acme/accounts.csv": rows}))  # fmt: skip
    assert not found.failed, found.diagnostics
    (route, *_) = desired(found.customers[0], {}, date(2026, 11, 22), Zones({}, (), {})).routes
    return {
        stage.name: {
            slot.address.removeprefix(f"exchange/{TENANT}/"): want.value
            for slot, want in stage.wants.items()
            if slot.key.system == "exchange"
        }
        for stage in route.stages
    }


def test_what_is_asked(tmp_path: Path) -> None:
    """Rights and members by first addresses, as Exchange tells them; a forward is a list of one."""
    found = asked(tmp_path)
    assert list(found) == ["claim", "prove", "verify", "accounts", "prepare", "deliver", "sign", "retire"]
    assert found["sign"] == {"dkim/acme.example#enabled": True}
    assert found["accounts"] == {
        "mailbox/info@acme.example": "present",
        "mailbox/info@acme.example#displayName": "info@acme.example",
        "mailbox/info@acme.example#aliases/hola@acme.example": "present",
        "mailbox/info@acme.example#fullAccess/ana@acme.example": "present",
        "mailbox/info@acme.example#fullAccess/bob@acme.example": "present",
        "mailbox/info@acme.example#sendAs/ana@acme.example": "present",
        "list/team@acme.example": "present",
        "list/team@acme.example#displayName": "Team",
        "list/team@acme.example#members/ana@acme.example": "present",
        "list/team@acme.example#members/info@acme.example": "present",
        "list/team@acme.example#members/out@away.example": "present",
        "list/boss@acme.example": "present",
        "list/boss@acme.example#displayName": "boss@acme.example",
        "list/boss@acme.example#members/out@away.example": "present",
        "dkim/acme.example": "present",
    }
    assert all(not found[stage] for stage in ("claim", "prove", "verify", "prepare", "deliver", "retire"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x@acme.example,person,,,ana@acme.example,", "no shared mailbox"),
        ("x@acme.example,shared,,,,team@acme.example", "is a list"),
        ("x@acme.example,shared,,,nobody,", "no e-mail address"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, row: str, said: str) -> None:
    """Rights are of shared mailboxes, and of people; with the line of the row."""
    files = {"workspace.yaml": WORKSPACE, "acme/customer.yaml": CUSTOMER, "acme/accounts.csv": f"{ROWS}{row}\n"}
    (one,) = [one for one in load(write(tmp_path, files)).diagnostics if one.severity is Severity.ERROR]
    assert (said in one.summary, Path(one.origin.file).name, one.origin.line) == (True, "accounts.csv", 8)


def _strangers(folder: Path, accounts: str) -> list[tuple[str, str, int]]:
    """What is warned of, of addresses that nobody makes: the address, file and line."""
    files = {"workspace.yaml": WORKSPACE, "acme/customer.yaml": CUSTOMER.replace("accounts.csv", accounts),
             "acme/accounts.csv": ROWS}  # fmt: skip
    found = load(write(folder, files))
    assert not found.failed
    told = [one for one in found.diagnostics if one.rule == "spec/no-account"]
    assert all(one.severity is Severity.WARNING for one in told)
    return [(one.summary.split()[1], Path(one.origin.file).name, one.origin.line) for one in told]


def test_an_address_that_nobody_makes(tmp_path: Path) -> None:
    """On a domain of this customer, and no account: with its line; who lives elsewhere gets a contact."""
    assert _strangers(tmp_path, "accounts.csv") == [("bob@acme.example", "accounts.csv", 4)]
    accounts = """
  - {address: ana@acme.example}
  - address: info@acme.example
    kind: shared
    send_as: [ana@acme.example, x1@acme.example]
    full_access: [x2@acme.example, out@away.example]
  - address: team@acme.example
    kind: list
    goes_to: "Ana@acme.example; out@away.example; x3@acme.example; x3@acme.example"
  - {address: boss@acme.example, kind: forward, goes_to: x4@acme.onmicrosoft.com}
"""
    assert _strangers(tmp_path / "other", accounts) == [
        ("x1@acme.example", "customer.yaml", 7),
        ("x2@acme.example", "customer.yaml", 8),
        ("x3@acme.example", "customer.yaml", 11),
        ("x4@acme.onmicrosoft.com", "customer.yaml", 12),
    ]


def _key(kind: str) -> Key:
    return Key("exchange", TENANT, kind, "x.example")


@pytest.mark.parametrize(
    "one",
    [
        Mailbox(_key("mailbox"), "X", ("a@x.example",), ("b@x.example",), ("c@x.example",)),
        MailList(_key("list"), "X", ("a@x.example", "b@x.example")),
        Signing(_key("dkim"), True),
        Signing(_key("dkim")),
        AcceptedDomain(_key("accepted-domain"), "internal-relay"),
    ],
)
def test_apart_and_back(one: Resource) -> None:
    """All slots written are the resource again; what nobody names stays; existence taken away is all of it."""
    parts = folding.parts(one)
    assert folding.fold(one.key, None, parts) == one
    assert folding.fold(one.key, one, {name: value for name, value in parts.items() if name == "relay"}) == one
    if "" in parts:
        assert folding.fold(one.key, one, {"": None}) is None


def test_one_of_several() -> None:
    """An address comes and one goes; the others stay, and so does what Exchange sets."""
    box = Mailbox(_key("mailbox"), "X", ("a@x.example", "by-hand@x.example"))
    after = exchange.fold(box.key, box, {"aliases/a@x.example": None, "aliases/b@x.example": "present"})
    assert after == Mailbox(box.key, "X", ("b@x.example", "by-hand@x.example"))
    signing = Signing(_key("dkim"), False, (("selector1", "host.example"),))
    assert exchange.fold(signing.key, signing, {"enabled": True}) == Signing(signing.key, True, signing.targets)
