"""What is read of a tenant: everybody whom the spec or the journal may touch, by each name that may be theirs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.provider import Scope
from reconciler.spec.load import load
from reconciler.spec.scope import NONE, scopes
from tests.running import WORKSPACE
from tests.spec.folders import write

TENANT = "acme.onmicrosoft.com"
SPEC = f"""\
tenant: {TENANT}
domains: {{acme.example: {{mail: microsoft365}}}}
accounts:
  - {{address: ana@acme.example, id: a, renamed_from: old@acme.example}}
  - {{address: info@acme.example, kind: alias, goes_to: ana@acme.example}}
  - {{address: team@acme.example, kind: shared}}
groups: {{staff: {{display_name: All of us}}, board: {{}}}}
absent: [{{user: bob@acme.example}}, {{domain: gone.example}}, {{group: former}}]
"""
NAMED = {TENANT, "acme.example", "gone.example"} | {
    *("a", "ana@acme.example", "old@acme.example", "info@acme.example", "team@acme.example", "bob@acme.example"),
    *("group/staff", "group/All of us", "group/board"),
}


def of_tenant(folder: Path, spec: str, remote: Mapping[str, str] = NONE) -> list[tuple[str, Scope]]:
    write(folder, {"workspace.yaml": WORKSPACE, "acme/customer.yaml": spec})
    loaded = load(folder)
    assert not loaded.failed, loaded.failed
    return [one for one in scopes(loaded.customers[0], loaded.workspace, (), remote) if one[1].system == "tenant"]


def test_names_of_the_spec(tmp_path: Path) -> None:
    """Ids and addresses, old and new, aliases that somebody else may have, groups by both names, domains."""
    assert of_tenant(tmp_path, SPEC) == [("tenants", Scope("tenant", TENANT, frozenset(NAMED)))]


def test_names_of_the_journal(tmp_path: Path) -> None:
    """Whoever left the spec is still looked at, by object id, in this tenant alone; a group is no account."""
    remote = {
        f"tenant/{TENANT}/user/left@acme.example": "u-1",
        f"tenant/{TENANT}/group/former": "g-1",
        "tenant/other.onmicrosoft.com/user/x@other.example": "u-9",
    }
    ((_, found),) = of_tenant(tmp_path, SPEC, remote)
    assert set(found.names or ()) == NAMED | {"left@acme.example", "u-1", "group/former", "group/g-1"}


def test_tenant_is_read_where_it_is_mentioned(tmp_path: Path) -> None:
    """What must protect sign-in mentions it, so does a domain that leaves; its bare name does not."""
    for at, more in enumerate(("sign_in: {security_defaults: false}", "absent: [{domain: gone.example}]")):
        assert of_tenant(tmp_path / str(at), f"tenant: {TENANT}\n{more}\n")
    assert not of_tenant(tmp_path / "bare", f"tenant: {TENANT}\n")
