"""`resolver:` in a workspace: who is asked, and whether the servers of zones are asked themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.spec.load import load_workspace
from reconciler.spec.workspace import ResolverSpec
from tests.spec.folders import refused, write

PROVIDERS = "providers: {zones: {type: zonefile}}\n"


def resolver(tmp_path: Path, text: str) -> ResolverSpec:
    """What is made of `resolver:`."""
    found = load_workspace(write(tmp_path, {"workspace.yaml": f"{PROVIDERS}resolver: {text}\n"})).resolver
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "asks", "places"),
    [
        ("system", True, None),
        ("192.0.2.53", False, None),
        ("[192.0.2.53, system]", False, None),
        ("{servers: system, authoritative: false}", False, None),
        ("{servers: 192.0.2.53, authoritative: true}", True, None),
        ("{servers: 192.0.2.53, authoritative: {}}", False, {}),
        (
            "{servers: system, authoritative: {192.0.2.1: '127.0.0.1:5301', 2001:DB8::0:2: '[::1]:54'}}",
            True,
            {"192.0.2.1": "127.0.0.1:5301", "2001:db8::2": "[::1]:54"},
        ),
        ("{servers: system, authoritative: {192.0.2.9: 192.0.2.9}}", True, {"192.0.2.9": "192.0.2.9:53"}),
    ],
)
def test_who_is_asked(tmp_path: Path, text: str, asks: bool, places: Mapping[str, str] | None) -> None:
    """Only the machine's own servers bring the zones' servers with them; whoever lists servers says the rest too."""
    found = resolver(tmp_path, text)
    assert (found.asks_authoritative, found.places) == (asks, places)


@pytest.mark.parametrize(
    ("value", "mistake"),
    [
        ("maybe", "2:48 spec/type `authoritative`: true or false is needed, this is 'maybe'"),
        ("[192.0.2.1]", "2:48 spec/type `authoritative`: true or false is needed, this is a list"),
        ("{ns1.host.test: 127.0.0.1}", "2:49 spec/address 'ns1.host.test' is no address"),
        ("{192.0.2.0/24: 127.0.0.1}", "2:49 spec/address '192.0.2.0/24' is a range"),
        ("{192.0.2.1: system}", "2:60 spec/server `192.0.2.1`: 'system' is no name server"),
        ("{192.0.2.1: host.test}", "2:60 spec/server `192.0.2.1`: 'host.test' is no DNS server"),
        ("{192.0.2.1: '127.0.0.1:0'}", "2:60 spec/server `192.0.2.1`: '127.0.0.1:0' is no DNS server"),
    ],
)
def test_mistakes(tmp_path: Path, value: str, mistake: str) -> None:
    """Each is told once, at its place."""
    text = f"{PROVIDERS}resolver: {{servers: 192.0.2.53, authoritative: {value}}}\n"
    (found,) = refused(tmp_path, text)
    assert found.startswith(mistake), found
