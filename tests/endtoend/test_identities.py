"""`providers --check` at live hosts: what can be read, and who may write; nothing is changed by asking."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.emulators.cloudflare.zones import Token
from tests.live.bind_host import BindHost
from tests.live.cloudflare_host import READER, WRITER, CloudflareHost
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


@pytest.mark.parametrize(
    ("edits", "code", "said"), [((False, False), 1, "cannot write"), ((True, True), 0, "can write")]
)
def test_identities_that_are_wrong(edits: tuple[bool, bool], code: int, said: str, tmp_path: Path) -> None:
    """The one for apply that may not write is an error; the one for plans that may is a warning."""
    host = CloudflareHost()
    try:
        host.make(ZONE, SETS)
        for (token, _), able in zip((READER, WRITER), edits, strict=True):
            host.server.tokens[token] = Token(edits=able)
        place = LivePlace(tmp_path, {"host": host}).records("host", {ZONE: SETS})
        found = place.run("providers", "--check")
    finally:
        host.close()
    assert found.code == code
    assert f"identity of apply: reads, {said}" in found.out
    assert ("the identity of plans can write" in found.err) is edits[0]


def test_one_identity_that_only_reads(tmp_path: Path) -> None:
    """Good for pull requests; told, lest `apply` be the first to find out."""
    host = CloudflareHost()
    try:
        host.make(ZONE, SETS)
        place = LivePlace(tmp_path, {"host": host}).records("host", {ZONE: SETS})
        workspace = place.specs / "workspace.yaml"
        one = {"type": "cloudflare", "token": host.options()["token"], "endpoint": host.options()["endpoint"]}
        workspace.write_text(f"providers: {{host: {json.dumps(one)}}}\n")
        found = place.run("providers", "--check")
    finally:
        host.close()
    assert found.code == 0
    assert "one identity for plan and apply: reads, cannot write" in found.out
    assert "nobody can write there" in found.err


def test_nothing_to_check(tmp_path: Path) -> None:
    """An empty folder is not a green light."""
    place = LivePlace(tmp_path, {})
    assert "nothing was checked" in place.run("providers", "--check").err
