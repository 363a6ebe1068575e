"""`check` beside real name servers: signed, unsigned, forged, and signed with a key that the parent does not name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live.signed_zones import ADDRESS, FORGED, GOOD, ISLAND, PLAIN, STALE, Bind, serving
from tests.running import run


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    """Both servers."""
    with serving(tmp_path_factory.mktemp("bind")) as found:
        yield found


@pytest.fixture(scope="module")
def views(bind: Bind, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The public view of each zone."""
    folder = tmp_path_factory.mktemp("work")
    places = f"{{{ADDRESS}: '{bind.authoritative}'}}"
    (folder / "specs").mkdir()
    resolver = f"resolver: {{servers: ['{bind.resolver}'], authoritative: {places}}}"
    (folder / "specs" / "workspace.yaml").write_text(f"providers: {{}}\n{resolver}\n")
    done = run(("check", GOOD, FORGED, STALE, ISLAND, PLAIN, "--json"), folder, {})
    assert done.code in (0, 1), done
    return {one["domain"]: one["sections"][-1] for one in json.loads(done.out)["domains"]}


def findings(view: Any) -> dict[str, str]:
    """Severities by rule."""
    return {one["rule"]: one["severity"] for one in view["diagnostics"]}


@pytest.mark.parametrize(
    ("zone", "state", "found"),
    [
        (GOOD, "signed", {}),
        (FORGED, "broken", {"dns/dnssec": "error"}),
        (STALE, "broken", {"dns/dnssec": "error"}),
        (ISLAND, "island", {"dns/dnssec": "info"}),
        (PLAIN, "unsigned", {}),
    ],
)
def test_how_a_zone_is_signed(views: dict[str, Any], zone: str, state: str, found: dict[str, str]) -> None:
    """Each is told for what it is, and the server of the zone is asked itself."""
    view = views[zone]
    assert view["data"]["dnssec"]["state"] == state, view
    assert findings(view) == found, view


def test_who_proves_it(views: dict[str, Any]) -> None:
    """A resolver that checks says so where there is something to prove."""
    proven = {
        zone: {one["proven"] for row in view["data"]["records"] for one in row["answers"] if not one["authoritative"]}
        for zone, view in views.items()
    }
    assert proven[GOOD] == {True}
    assert proven[PLAIN] - {True} == {False}
    assert any("says that it is proven" in line for line in views[GOOD]["lines"])


def test_what_a_real_server_says(views: dict[str, Any]) -> None:
    """Its serial, its primary, and the TTL of the zone against what the resolver has left."""
    data = views[GOOD]["data"]
    (server,) = data["servers"]
    assert (server["state"], server["serial"], server["mname"]) == ("answers", 10, "ns.test")
    (mx,) = [row for row in data["records"] if row["type"] == "MX"]
    own, kept = mx["answers"]
    assert (own["ttl"], own["values"]) == (3600, ["10 mx.test."])
    assert 3500 < kept["ttl"] <= 3600
