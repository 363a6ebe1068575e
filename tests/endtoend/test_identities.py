"""`providers --check` at live hosts: what can be read, and who may write; nothing is changed by asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.live.bind_host import BindHost
from tests.live.cloudflare_host import CloudflareHost
from tests.live.folder import LivePlace
from tests.live.host import Host
from tests.live.route53_host import Route53Host

ZONE = "asked.example"
SETS = [RecordSet(Key("dns", ZONE, "A", "www"), 300, ("192.0.2.1",))]
#: The host, and by identity whether it may write; none = the host cannot say.
HOSTS: dict[str, tuple[Callable[[Path], Host], Mapping[str, bool | None]]] = {
    "bind": (BindHost, {"plan": False, "apply": True}),
    "cloudflare": (lambda _: CloudflareHost(), {"plan": False, "apply": True}),
    "route53": (lambda _: Route53Host(), {"plan": None, "apply": None}),
}


@pytest.mark.parametrize("name", HOSTS)
def test_identities(name: str, tmp_path: Path) -> None:
    """Each says what it may; in words, and as data."""
    start, expected = HOSTS[name]
    host = start(tmp_path)
    try:
        host.make(ZONE, SETS)
        place = LivePlace(tmp_path / "specs", {"host": host}).records("host", {ZONE: SETS})
        before = dict(host.truth(ZONE))
        found: dict[str, Any] = place.run("providers", "--check", "--json").json
        said = place.run("providers", "--check")
        assert dict(host.truth(ZONE)) == before
    finally:
        host.close()
    (check,) = found["checks"]
    assert check["readable"]
    assert {one["identity"]: one["writes"] for one in check["identities"]} == expected
    assert all(one["reads"] for one in check["identities"])
    assert (found["exit_code"], said.code) == (0, 0)
    assert "identity of plan: reads" in said.out
