"""Calls are counted by the servers, and README says what was counted; UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.bind_host import BindHost
from tests.live.calls import CHANGES, SETS, counted
from tests.live.cloudflare_host import CloudflareHost
from tests.live.host import Host
from tests.live.route53_host import Route53Host
from tests.running import ROOT

README = ROOT / "README.md"
BEGIN, END = "<!-- calls: counted by the servers -->\n", "<!-- end of calls -->\n"
HEAD = f"| a zone of {SETS:,} record sets, {CHANGES} changes | `plan` | `apply` |\n|---|---|---|\n"
#: The host, and the calls that a plan and an apply may cost at most.
HOSTS: dict[str, tuple[Callable[[Path], Host], int, int]] = {
    "Cloudflare": (lambda _: CloudflareHost(), 2, 5),
    "Route 53": (lambda _: Route53Host(), 5, 11),
    "RFC 2136 (BIND), messages": (BindHost, 1, 3),
}


@pytest.mark.parametrize("name", HOSTS)
def test_calls(name: str, tmp_path: Path) -> None:
    """Reading, writing and reading back, and nothing else; the row in README says so."""
    start, most_plan, most_apply = HOSTS[name]
    host = start(tmp_path)
    try:
        plan, apply = counted(host, tmp_path / "specs")
    finally:
        host.close()
    assert plan.total() <= most_plan, plan
    assert apply.total() <= most_apply, apply
    row = f"| {name} | {plan.total()} | {apply.total()} |\n"
    text = README.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    table, tail = rest.split(END)
    rows = {line.split("|")[1].strip(): line for line in table.splitlines(keepends=True)[2:]}
    if os.environ.get("UPDATE_GOLDEN") == "1":
        rows[name] = row
        whole = "".join(rows[one] for one in HOSTS if one in rows)
        README.write_text(f"{head}{BEGIN}{HEAD}{whole}{END}{tail}", encoding="utf-8")
    assert rows[name] == row
