"""What a reading can say does not exist."""

from dataclasses import replace

import pytest

from reconciler.model.key import Key
from reconciler.provider import Observation, Scope

TENANT, ZONE = "acme.onmicrosoft.com", "acme.example"
PEOPLE = Scope("tenant", TENANT, frozenset({"a", "ana@acme.example", "group/staff"}))
NAMES = Scope("dns", ZONE, frozenset({"@", "www"}))


def key(kind: str, name: str, scope: str = TENANT, system: str = "tenant") -> Key:
    return Key(system, scope, kind, name)


@pytest.mark.parametrize(
    ("asked", "covered"),
    [
        (key("user", "a"), True),
        (key("licenses", "ana@acme.example"), True),
        (key("user", "b"), False),
        (key("licenses", "b"), False),
        (key("group", "staff"), True),
        (key("group", "a"), False),
        (key("user", "group/staff"), True),
        (key("user", "staff"), False),
        (key("domain", "any.example"), True),
        (key("sku", "ANY"), True),
        (key("sign-in", "@"), True),
        (key("user", "a", "other.onmicrosoft.com"), False),
        (key("domain", "any.example", "other.onmicrosoft.com"), False),
        (key("user", "a", system="exchange"), False),
    ],
)
def test_reading_of_some_names_of_a_tenant(asked: Key, covered: bool) -> None:
    """People and groups that were named; of everything else all of it. A group is no account of the same name."""
    assert Observation(PEOPLE, {}).covers(asked) is covered
    whole = Observation(replace(PEOPLE, names=None), {})
    assert whole.covers(asked) is ((asked.system, asked.scope) == ("tenant", TENANT))


def test_reading_of_some_names_of_a_zone() -> None:
    """Those names alone, of every type."""
    found = Observation(NAMES, {})
    assert found.covers(key("MX", "@", ZONE, "dns"))
    assert not found.covers(key("MX", "mail", ZONE, "dns"))
    assert Observation(replace(NAMES, names=None), {}).covers(key("MX", "mail", ZONE, "dns"))
